"""Drafted manifests of the surveys on open source programmes against what is known of the exports.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import re
from functools import cache

import pytest

import surveylib as sl
from surveylib.instrument import yamltext
from surveylib.instrument.checking import validate
from surveylib.wave.draft import draft, manifest_text
from surveylib.wave.ingest import Ingestion
from surveylib.wave.manifest import ResponsesManifest
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.delimited import read
from tests.journeys.test_ospo_exports import DATA, EXPORTS, ROOT, columns, pytestmark

__all__ = ["pytestmark"]

#: Of each year, the fewest questions that are certain, and the fewest that are placed.
LEAST = {"2018": (19, 19), "2019": (15, 24), "2020": (24, 28), "2021": (0, 26)}
#: A question whose header is that of another: only its number tells it apart.
UNTOLD = {("2021", "foundation_member")}

each_year = pytest.mark.parametrize("year", EXPORTS)


def options(year):
    return ReadOptions(title_rows=EXPORTS[year][1], header_rows=2, fill_heads=True)


def instrument(year):
    return sl.load_instrument(ROOT / "instruments" / "ospo" / f"{year}.yaml")


@cache
def drafted(year):
    sheet = read(DATA / year / EXPORTS[year][0], options(year))
    return sheet, draft(sheet, instrument(year))


def placed(year):
    """Proposals for questions, by the question; rows of a grid under the grid."""
    _, found = drafted(year)
    by_question = {}
    for one in found.proposals:
        if one.layout:
            by_question.setdefault(one.target.partition(".")[0], []).append(one)
    return by_question


@each_year
def test_every_question_is_placed_and_many_for_certain(year):
    by_question = placed(year)
    wanted = {question.id for question in instrument(year).questions}
    missed = {name for what, name in UNTOLD if what == year}
    assert set(by_question) == wanted - missed
    certain = [name for name, made in by_question.items() if all(one.certain for one in made)]
    least_certain, least_placed = LEAST[year]
    assert len(certain) >= least_certain
    assert len(by_question) >= least_placed


@each_year
def test_no_proposal_takes_columns_of_another_question(year):
    by_question = placed(year)
    for question in instrument(year).questions:
        truth = set(columns(year, question))
        for one in by_question.get(question.id, ()):
            assert set(one.positions) <= truth, one.told


@each_year
def test_every_column_has_one_place(year):
    sheet, found = drafted(year)
    letters = [letter for one in found.proposals for letter in one.columns]
    assert sorted([*letters, *found.unplaced]) == sorted(one.letter for one in sheet.columns)


@pytest.mark.parametrize("name", ["projects_maintained", "contributing_developers"])
def test_dates_that_were_labels_are_doubtful_with_their_repair(name):
    (one,) = placed("2019")[name]
    assert not one.certain
    assert one.entry.repair == ("spreadsheet_date",)


def test_a_label_that_was_cut_is_doubtful_and_told():
    (one,) = placed("2021")["organisation_size"]
    assert not one.certain
    assert "the text is only the beginning of '2-50'" in one.told


def test_respondents_without_an_id_make_it_doubtful():
    (one,) = (one for one in drafted("2020")[1].proposals if one.target == "respondent")
    assert not one.certain
    assert "Rows without an id: 378 of all 1404 rows." in one.told


def test_addresses_of_machines_are_ignored_for_certain():
    ignored = [one for one in drafted("2021")[1].proposals if one.target == "ignore"]
    assert [one.columns for one in ignored if one.certain] == [("G",)]
    assert next(one for one in ignored if one.certain).entry.reason == "personal data"


@each_year
def test_the_manifest_passes_only_when_everything_is_decided(year, tmp_path):
    sheet, found = drafted(year)
    text = manifest_text(
        found,
        sheet,
        instrument(year),
        survey="ospo",
        wave=year,
        path=EXPORTS[year][0],
        options=options(year),
    )
    agreed = re.sub(r"^ *decide: undecided\n", "", text, flags=re.MULTILINE)
    agreed = agreed.replace("kind: undecided", "kind: publisher")
    path = tmp_path / "wave.yaml"
    for content, passes in ((text, False), (agreed, True)):
        path.write_text(content, encoding="utf-8", newline="\n")
        document = yamltext.read(path, "wave.yaml")
        assert document.faults == []
        manifest, faults = validate(document, ResponsesManifest)
        assert (faults == []) is passes
    # Whatever else is wrong with it: every column and question of the drafted manifest fits.
    Ingestion(sheet, manifest, [instrument(year)], document)
