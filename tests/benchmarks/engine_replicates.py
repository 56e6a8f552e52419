"""Time and peak memory of estimates with replicate weights: as sums, and row by row.

`python tests/benchmarks/engine_replicates.py [--rows ROWS] [--replicates R]`: the answers that the
engine is timed on, with half-samples of sampling units as replicate weights. The work is that of
`engine.py`. Each run is a process of its own; without `--one-by-one` rows are not looked at.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine_data import ITEMS, statement, uniform


def draw(rows, replicates, file):
    """Write the answers with replicate weights beside them."""
    import duckdb  # noqa: PLC0415 - a process imports only what it times

    names = [f"r{place}" for place in range(1, replicates + 1)]
    halves = [
        f"round(weight * if({uniform(name, 'psu')} < 0.5, 0.4, 1.6), 6) AS {name}" for name in names
    ]
    made = f"SELECT *, {', '.join(halves)} FROM ({statement(rows)})"  # noqa: S608 - of constants
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({made}) TO '{file}'")


def run(file, replicates, *, one_by_one):
    """Estimate, and print the seconds with a share and its standard error."""
    import duckdb  # noqa: PLC0415 - likewise
    import narwhals  # noqa: F401, PLC0415 - opened with the first frame: its import is not timed
    import pandas as pd  # noqa: F401, PLC0415 - likewise

    from surveylib import Design, estimate  # noqa: PLC0415 - likewise
    from surveylib.analysis import frames  # noqa: PLC0415 - likewise

    if one_by_one:
        frames._collapsed = lambda *_: None  # noqa: SLF001 - the way that is compared with
    design = Design(
        weights="weight",
        replicate_weights=Design.numbered("r", replicates),
        replication="fay",
        rho=0.4,
    )
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false")
        start = time.perf_counter()
        rows = connection.sql(f"FROM '{file}'")
        found = estimate(rows, ["bands", *ITEMS], by="wave", design=design)
        estimate(rows, "met", by=["wave", "country"], interval="korn-graubard", design=design)
        seconds = time.perf_counter() - start
    print(seconds, found.rows[0].estimate, found.rows[0].standard_error, found.rows[0].df)


def measure(command):
    """What a process of its own prints, and the most memory that it held, in megabytes."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return [float(number) for number in printed.split()], used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--replicates", type=int, default=80)
    parser.add_argument("--one-by-one", action="store_true", help="look at rows, too")
    parser.add_argument("--file", help="one run, on this file")
    parser.add_argument("--draw", help="only write the answers, to this file")
    asked = parser.parse_args()
    if asked.draw:
        draw(asked.rows, asked.replicates, asked.draw)
        return
    if asked.file:
        run(asked.file, asked.replicates, one_by_one=asked.one_by_one)
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "answers.parquet"
        numbers = ["--rows", str(asked.rows), "--replicates", str(asked.replicates)]
        subprocess.run([sys.executable, __file__, "--draw", str(file), *numbers], check=True)
        command = [sys.executable, __file__, "--file", str(file)]
        command += ["--replicates", str(asked.replicates)]
        ways = {"sums": command}
        if asked.one_by_one:
            ways["rows"] = [*command, "--one-by-one"]
        for name, way in ways.items():
            (seconds, *figures), peak = measure(way)
            print(f"{asked.rows:>10,} × {asked.replicates} {name:6}{seconds:8.2f} s {peak:7.0f} MB",
                  *figures)  # fmt: skip


if __name__ == "__main__":
    main()
