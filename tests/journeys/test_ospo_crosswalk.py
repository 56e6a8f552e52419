"""The crosswalk of the survey on open source programmes, on every answer of the four exports."""

from collections import Counter

import pytest

import surveylib as sl
from tests.journeys import test_ospo_exports as exports

pytestmark = exports.pytestmark

CROSSWALK = sl.load_crosswalk(exports.ROOT / "instruments" / "ospo")
VERSIONS = {
    entry.version: entry for entry in sl.load_versions(exports.ROOT / "instruments" / "ospo")
}
ONE_ANSWER = [
    (entry.id, source.version)
    for entry in CROSSWALK.harmonised
    for source in entry.sources
    if entry.kind != "multi_answer"
]


def column(year, question):
    """The position of a question's column; for a row of a grid, the one under its head."""
    grid, _, row = question.partition(".")
    asked = VERSIONS[year].question(grid)
    places = exports.columns(year, asked)
    if not row:
        (place,) = [place for place in places if "Other" not in exports.export(year)[1][place]][:1]
        return place
    text = next(entry.text["en"] for entry in asked.rows if entry.id == row)
    subheads = exports.export(year)[1]
    (place,) = [
        place
        for place in places
        if exports.plain(subheads[place]).rstrip("0123456789") == exports.plain(text)
    ]
    return place


def counted(year, question):
    """How many rows of the export hold each code or missing state; blanks are left out."""
    asked = VERSIONS[year].question(question)
    codes = {exports.plain(option.label["en"]): option.code for option in asked.answers}
    codes |= {exports.plain(VERSIONS[year].missing_label(state)): state for state in asked.missing}
    grid = VERSIONS[year].question(question.partition(".")[0])
    _, _, rows = exports.export(year)
    given = (exports.plain(row[column(year, question)]) for row in rows)
    return Counter(codes[exports.restored(year, grid, text)] for text in given if text)


@pytest.mark.parametrize(("name", "year"), ONE_ANSWER)
def test_every_answer_of_the_export_is_carried_over_and_none_is_lost(name, year):
    entry = CROSSWALK[name]
    before = counted(year, entry.source(year).question)
    after = entry.convert(year, before)
    assert sum(before.values()) > 100
    assert sum(after.values()) == sum(before.values())
    assert all(after[option.code] for option in entry.options)


@pytest.mark.parametrize("year", ["2018", "2019", "2020", "2021"])
def test_shares_at_the_cuts_of_organisation_size_are_exact_and_rise(year):
    size = CROSSWALK["organisation_size"]
    counts = counted(year, "organisation_size")
    shares = [size.share_up_to(threshold, year, counts) for threshold in size.thresholds]
    assert all(share.low == share.high for share in shares)
    assert shares == sorted(shares)
