"""Time and memory of an ingest, beside a bare pass over the same rows.

`python tests/benchmarks/ingest.py [ROWS]`: a file of ROWS rows (1,000,000 where left out) and 30
columns, as CSV and as Parquet. Each run is a process of its own; ratios compare runs of one call.
"""

import csv
import random
import subprocess
import sys
import tempfile
from pathlib import Path

LABELS = ("Increased", "Stayed the same", "Decreased", "Don't know", "")
WEIGHTS = (30, 30, 25, 10, 5)
QUESTIONS, OPTIONS = 20, 8

INSTRUMENT = """\
format: surveylib.instrument/1
id: large
version: "1"
title: {en: A large wave}
languages: [en]
provenance: Made for a benchmark.
population: Nobody.
mode: [web]
missing_labels: {dont_know: {en: Don't know}}
questions:
"""
ORDERED = """\
  - id: q%d
    concept: q%d
    kind: ordered
    text: {en: "Question %d?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    missing: [dont_know]
    option_list: complete
    options:
      - {code: d, label: {en: Decreased}}
      - {code: s, label: {en: Stayed the same}}
      - {code: i, label: {en: Increased}}
"""
SEVERAL = """\
  - id: m
    concept: m
    kind: multi_answer
    text: {en: "Which?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    option_list: complete
    options: [%s]
  - id: age
    concept: age
    kind: number
    text: {en: "How old are you?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    unit: years
    minimum: 18
    maximum: 75
"""
BARE = """
import csv
with open({path!r}, newline="") as file:
    rows = sum(1 for _ in csv.reader(file))
"""
FRAME = """
import pandas
frame = pandas.read_csv({path!r}, dtype=str, keep_default_na=False)
"""
INGEST = """
import surveylib as sl
columns = {{f"q{{n}}": f"q{{n}}" for n in range({questions})}}
options = {{f"a{{n}}": f"m_{{n}}" for n in range({options})}}
columns["m"] = {{"layout": "column_per_option", "options": options, "ticked": ["1"],
                "not_ticked": ["0"]}}
columns["age"] = "age"
found = sl.ingest({path!r}, {instrument!r}, out={out!r},
                  columns={{"respondent": {{"column": "id"}}, "columns": columns}})
assert found.accounts.accepted == {rows}
"""
#: In a process of its own too: a child's peak begins with what its parent holds.
PARQUET = """
import duckdb
duckdb.sql("SET enable_progress_bar = false")
duckdb.sql("COPY (FROM read_csv('{table}', all_varchar = true)) TO '{parquet}'")
"""
MEASURE = """
import resource, sys, time
start = time.perf_counter()
exec(sys.argv[1])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{time.perf_counter() - start:.2f} {peak:.0f}")
"""


def write_instrument(folder):
    """The questionnaire of the file."""
    options = ", ".join(f"{{code: a{n}, label: {{en: Answer {n}}}}}" for n in range(OPTIONS))
    text = INSTRUMENT + "".join(ORDERED % (n, n, n) for n in range(QUESTIONS)) + SEVERAL % options
    path = folder / "large" / "1.yaml"
    path.parent.mkdir()
    path.write_text(text, "utf-8")
    return path


def write_rows(path, rows):
    """A file of made-up rows, the same on every machine."""
    draw = random.Random(1)  # noqa: S311 - nothing secret
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        several = [f"m_{n}" for n in range(OPTIONS)]
        writer.writerow(["id", *(f"q{n}" for n in range(QUESTIONS)), *several, "age"])
        for number in range(rows):
            answers = draw.choices(LABELS, WEIGHTS, k=QUESTIONS)
            ticks = draw.choices("10", k=OPTIONS)
            writer.writerow([number, *answers, *ticks, draw.randint(18, 75)])


def measure(code):
    """Seconds and megabytes of a piece of code in a process of its own."""
    command = [sys.executable, "-c", MEASURE, code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()
    return float(seconds), float(peak)


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        instrument, table = write_instrument(folder), folder / "rows.csv"
        write_rows(table, rows)
        parquet = folder / "rows.parquet"
        measure(PARQUET.format(table=str(table), parquet=str(parquet)))
        named = {"instrument": str(instrument), "questions": QUESTIONS, "options": OPTIONS}
        runs = {
            "csv.reader, bare": BARE.format(path=str(table)),
            "pandas.read_csv, as text": FRAME.format(path=str(table)),
            "ingest of CSV": INGEST.format(
                path=str(table), out=str(folder / "a"), rows=rows, **named
            ),
            "ingest of Parquet": INGEST.format(
                path=str(parquet), out=str(folder / "b"), rows=rows, **named
            ),
        }
        size = table.stat().st_size / 1e6
        print(f"{rows:,} rows x 30 columns, {size:.0f} MB of CSV")
        bare = 0.0
        for name, code in runs.items():
            seconds, peak = measure(code)
            bare = bare or seconds
            print(f"{name:26} {seconds:7.2f} s  {seconds / bare:5.1f} x bare  {peak:6.0f} MB")


if __name__ == "__main__":
    main()
