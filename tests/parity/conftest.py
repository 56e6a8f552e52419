"""One run of R for all samples: drawn, computed by R and by us, and set side by side."""

import csv
import math
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.parity.compared import compare
from tests.parity.differences import Pair
from tests.parity.drawn import CASES, draw
from tests.parity.files import write
from tests.parity.numeric import compare_numbers

HERE = Path(__file__).parent
INSTALL = "parity needs R with its package survey: apt-get install r-base-core r-cran-survey"


def of_r(folder):
    """What R computes of the samples in a folder: case → (what, groups and answers) → number."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.fail(f"Rscript is not on the PATH; {INSTALL}", pytrace=False)
    command = [program, str(HERE / "run.R"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode and "library(survey)" in ran.stderr:
        pytest.fail(f"R has no package survey; {INSTALL}", pytrace=False)
    if ran.returncode:
        pytest.fail(f"run.R stopped; {ran.stdout}{ran.stderr}", pytrace=False)
    found = {}
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = tuple(row[name] for name in ("what", "domain", "answer", "domain2", "answer2"))
            value = math.nan if row["value"] == "NA" else float(row["value"])
            found.setdefault(int(row["case"]), {})[key] = value
    return found


@pytest.fixture(scope="session")
def pairs(tmp_path_factory) -> dict[int, list[Pair]]:
    """Every number of ours beside R's, by case."""
    if find_spec("polars") is None:
        pytest.fail("parity needs frames of Polars: pip install polars", pytrace=False)
    folder = tmp_path_factory.mktemp("parity")
    cases = [draw(number) for number in range(CASES)]
    write(cases, folder)
    theirs = of_r(folder)
    return {
        case.number: [
            *compare(case, theirs[case.number]),
            *compare_numbers(case, theirs[case.number]),
        ]
        for case in cases
    }
