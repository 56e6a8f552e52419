"""Time and peak memory of estimates under a design, beside a bare group-by and other packages.

`python tests/benchmarks/engine.py [--rows ROWS]`: made-up answers of 10,000 rows and ten times as
many up to ROWS (10,000,000 where left out), as Parquet. The work is a question in bands by wave, a
yes/no question by wave and country, and eight options by wave, each with intervals, in 50 strata of
40 sampling units. Each run is a process of its own, and the best of three counts; other packages
take part up to a million rows, there with one run. Only work is timed, not the imports, and other
packages are given rows that are already read.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SMALLEST, LARGEST = 10_000, 10_000_000
#: Up to here the other packages take part.
SMALL = 1_000_000
REPEATS = 3


class Run(NamedTuple):
    """Seconds, megabytes at the peak, and the figures by which runs are compared."""

    seconds: float
    peak: float
    figures: tuple[float, ...]


def r_has_survey():
    """Whether R and its package survey are installed."""
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", "quit(status = !requireNamespace('survey', quietly = TRUE))"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


def contestants():
    """Name → command, kind of file, largest number of rows; what is missing is told."""
    python = [sys.executable, str(HERE / "engine_runs.py")]
    found = {
        "bare DuckDB": ([*python, "bare"], "parquet", None),
        "surveylib": ([*python, "surveylib"], "parquet", None),
    }
    if importlib.util.find_spec("svy"):
        found["Python svy"] = ([*python, "svy"], "parquet", SMALL)
    else:
        print("without Python svy: pip install svy")
    if r_has_survey():
        found["R survey"] = (["Rscript", str(HERE / "engine_survey.R")], "csv", SMALL)
    else:
        print("without R survey: apt-get install r-base-core r-cran-survey")
    return found


def measure(command):
    """One run in a process of its own, whose peak the system keeps."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    seconds, *figures = (float(number) for number in printed.split())
    return Run(seconds, used.ru_maxrss / 1024, tuple(figures))


def draw(rows, file):
    """Write the answers; in a process of its own, too: a child's peak begins with its parent's."""
    command = [sys.executable, str(HERE / "engine_data.py"), str(rows), str(file)]
    subprocess.run(command, check=True)


def compare(runs):
    """Say how far the share and the standard error of the packages are apart."""
    told = {name: run.figures for name, run in runs.items() if run.figures}
    own = told.pop("surveylib")
    for name, figures in told.items():
        apart = max(abs(one / other - 1) for one, other in zip(own, figures, strict=True))
        print(f"{'':12}{name} and surveylib differ by {apart:.0e} in a share or standard error")


def time_rows(rows, folder, every):
    """All contestants on a file of one size."""
    runs = {}
    for name, (command, kind, most) in every.items():
        if most is not None and rows > most:
            continue
        file = folder / f"{rows}.{kind}"
        if not file.exists():
            draw(rows, file)
        tries = REPEATS if most is None or rows < most else 1
        found = [measure([*command, str(file)]) for _ in range(tries)]
        run = min(found)._replace(peak=max(one.peak for one in found))
        runs[name] = run
        ratio = run.seconds / runs["bare DuckDB"].seconds
        print(f"{rows:>10,}  {name:12}{run.seconds:9.2f} s {run.peak:8.0f} MB {ratio:8.1f} x bare")
    for file in folder.glob(f"{rows}.*"):
        file.unlink()
    compare(runs)
    return runs


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=LARGEST, help="the largest file's rows")
    most = parser.parse_args().rows
    every = contestants()
    sizes = [SMALLEST * 10**power for power in range(12) if SMALLEST * 10**power <= most] or [most]
    print(f"{'rows':>10}  {'':12}{'seconds':>11} {'peak':>11} {'ratio':>8}")
    with tempfile.TemporaryDirectory() as place:
        took = [time_rows(rows, Path(place), every) for rows in sizes]
    print("seconds for ten times the rows:")
    for name in every:
        seconds = [runs[name].seconds for runs in took if name in runs]
        steps = (f"{after / before:5.1f} x" for before, after in pairwise(seconds))
        print(f"{'':12}{name:12}", *steps)


if __name__ == "__main__":
    main()
