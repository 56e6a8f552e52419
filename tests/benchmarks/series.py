"""Time all changes and all trends of a study of ten waves, from one table of sums.

`python tests/benchmarks/series.py [--rows ROWS] [--profile]`: made-up answers, 100 questions of
four answers, ten groups, 50 strata of 40 sampling units in each wave. The table is collapsed once,
in a process of its own, whose time and memory are told apart; then every change from year to year,
and from the first to the last, and every trend of every answer in every group has LIMIT seconds in
all, and MOST_MEMORY megabytes with the table.
"""

import argparse
import cProfile
import itertools
import multiprocessing
import pickle
import pstats
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from engine_data import uniform, whole

import surveylib as sl

LIMIT = 30
MOST_MEMORY = 3_000
WAVES = range(2015, 2025)
GROUPS, STRATA, UNITS = 10, 50, 40
#: Where the four answers of a question end, in parts of all respondents.
ENDS = (0.4, 0.7, 0.9)
#: Functions that a profile names.
NAMED = 40


def answered(question):
    """One of four answers; a third of the questions move from wave to wave, by 1 point a year."""
    moves = 0.01 if question % 3 == 0 else 0.0
    drawn = f"{uniform(f'question {question}')} + {moves} * (wave - {WAVES[0]})"
    cases = " ".join(f"WHEN drawn < {end} THEN {place}" for place, end in enumerate(ENDS))
    cases = cases.replace("drawn", f"({drawn})")
    return f"CASE {cases} ELSE {len(ENDS)} END"


def statement(rows, names):
    """The rows as SQL: units are other ones in each wave, weights are sums of exponentials."""
    weight = " * ".join(uniform(f"weight {part}") for part in range(4))
    questions = ", ".join(
        f"{answered(place)}::TINYINT AS {name}" for place, name in enumerate(names)
    )
    return f"""
    SELECT wave, stratum, psu, weight, region, {questions}
    FROM (
        SELECT row, {WAVES[0]} + {whole(len(WAVES), "wave")} AS wave,
               {whole(STRATA, "stratum")} AS stratum,
               (wave * 100 + stratum) * 100 + {whole(UNITS, "unit")} AS psu,
               0.2 - ln({weight}) / 4 AS weight, {whole(GROUPS, "region")} AS region
        FROM range({rows}) AS rows(row)
    )"""  # noqa: S608 - made of constants above


def peak():
    """The most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(name, work):
    """Do the work, and tell its seconds."""
    start = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - start
    print(f"{name:10}{seconds:8.1f} s {peak():8.0f} MB", flush=True)
    return found, seconds


def write(rows, names, file):
    """Write the answers."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({statement(rows, names)}) TO '{file}'")


def collapse(file, names, kept):
    """Write the sums of all questions by wave, sampling unit and group."""
    design = sl.Design(weights="weight", strata="stratum", psu="psu")
    sums, _ = timed(
        "collapse", lambda: sl.collapse(file, names, by="region", wave="wave", design=design)
    )
    with kept.open("wb") as stream:
        pickle.dump(sums, stream, protocol=5)


def apart(work, *given):
    """Do work in a process of its own, so that its memory is not counted here."""
    worker = multiprocessing.get_context("spawn").Process(target=work, args=given)
    worker.start()
    worker.join()
    if worker.exitcode:
        sys.exit(f"could not {work.__name__} the answers")


def collapsed(rows, names, folder):
    """The sums of all questions by wave, sampling unit and group."""
    file, kept = folder / "rows.parquet", folder / "sums"
    apart(write, rows, names, file)
    apart(collapse, file, names, kept)
    with kept.open("rb") as stream:
        return pickle.load(stream)  # noqa: S301 - written above


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")
    given = parser.parse_args()
    names = [f"q{place}" for place in range(given.questions)]
    with tempfile.TemporaryDirectory() as folder:
        sums, _ = timed("sums", lambda: collapsed(given.rows, names, Path(folder)))
    profile = cProfile.Profile()
    if given.profile:
        profile.enable()
    changes, first = timed("changes", lambda: sl.change(sums, names, by="region"))
    trends, second = timed("trends", lambda: sl.trend(sums, names, by="region"))
    profile.disable()
    pairs = len(list(itertools.pairwise(WAVES))) + 1
    series = len(names) * (len(ENDS) + 1) * GROUPS
    found = len(changes.rows), len(trends.rows)
    print(f"{found[0]:,} changes and {found[1]:,} trends from {len(sums.totals):,} lines of sums")
    if given.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(NAMED)
    if found != (series * pairs, series):
        sys.exit(f"wanted {series * pairs:,} changes and {series:,} trends")
    print(f"changes and trends took {first + second:.1f} s of at most {LIMIT} s")
    print(f"and, with the table, {peak():.0f} MB of at most {MOST_MEMORY:,} MB")
    if (first + second > LIMIT or peak() > MOST_MEMORY) and not given.profile:
        sys.exit("too slow, or too much")


if __name__ == "__main__":
    main()
