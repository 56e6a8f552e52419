"""The shipped figures against the table they were taken from, where that stands beside the project.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import csv
import os
from fractions import Fraction
from pathlib import Path

import pytest

import surveylib as sl

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SURVEYLIB_DATA", ROOT.parent / "shared" / "data"))
TABLE = DATA / "netclean" / "published_figures.csv"

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(not TABLE.is_file(), reason=f"no real inputs at {DATA}"),
]


def taken():
    """Each figure of the table: wave, printed text, address, certainty, base, range in percent."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield (
                row["wave"],
                row["published_text"],
                row["source_url"],
                row["confidence"],
                row["base_n"],
                Fraction(row["percent_low"]),
                Fraction(row["percent_high"]),
            )


def shipped():
    """Each shipped figure, with its wave."""
    study = sl.load_study(ROOT / "waves" / "netclean")
    return [(wave, figure) for wave in study.waves for figure in wave.figures]


def test_every_figure_of_the_table_is_shipped_once_with_its_text_and_source():
    ours = sorted(
        (wave.name, figure.printed, wave.source(figure).address, figure.certainty)
        for wave, figure in shipped()
    )
    assert ours == sorted(row[:4] for row in taken())


def test_every_range_holds_the_one_of_the_table():
    ranges = {}
    for wave, figure in shipped():
        key = (wave.name, figure.printed, wave.source(figure).address)
        ranges.setdefault(key, []).append((figure.share.low * 100, figure.share.high * 100))
    for wave, printed, address, _, _, low, high in taken():
        assert any(a <= low and high <= b for a, b in ranges[wave, printed, address])


def test_a_base_of_the_table_is_the_largest_that_the_figure_may_have():
    bases = {}
    for wave, figure in shipped():
        largest = str(figure.base_n[1]) if figure.base_n else ""
        key = (wave.name, figure.printed, wave.source(figure).address)
        bases.setdefault(key, set()).add(largest)
    for wave, printed, address, _, base, _, _ in taken():
        assert not base or base in bases[wave, printed, address]
