"""XLSForm: what is kept both ways, and what converters make of it."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given

from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.formats.xlsform import FORMAT
from surveylib.instrument.library import load_instrument
from tests.instrument.formats.xlsform_forms import (
    XFORMS,
    again,
    base,
    binds,
    briefly,
    instrument,
    options,
    quickly,
    read,
    written,
    xform,
)
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[3]


@quickly
@given(made=instruments())
def test_what_the_format_keeps_survives_export_and_import(made):
    back = again(made).instrument
    for name in FORMAT.keeps:
        assert FEATURES[name].of(back) == FEATURES[name].of(made), name


@briefly
@given(made=instruments())
def test_reading_what_was_written_loses_nothing(made):
    assert again(made).lost == ()


@briefly
@given(made=instruments(awkward_text=False))
def test_what_only_the_form_keeps_with_a_limit_comes_back_too(made):
    back = again(made).instrument
    for name in FORMAT.partly:
        assert FEATURES[name].of(back) == FEATURES[name].of(made), name


def test_verdicts_on_earlier_versions_are_all_that_is_lost():
    assert FORMAT.loses == ("verdicts",)


def test_the_introduction_stands_before_the_first_question():
    words = {"en": "Read this."}
    made = instrument(base("text", "introduction"), introduction=words)
    assert next(xform(made).iter(f"{XFORMS}input")).get("ref") == "/data/introduction_2"
    assert again(made).instrument.introduction == words


def test_a_draft_has_the_id_and_version_that_were_asked_for():
    back = read(written(instrument(base("text"))), "other", "7").instrument
    assert (back.id, back.version, back.status) == ("other", "7", "draft")


@briefly
@given(made=instruments())
def test_the_same_instrument_gives_the_same_bytes(made):
    assert written(made) == written(made)


def test_the_workbook_does_not_say_when_it_was_written():
    with zipfile.ZipFile(io.BytesIO(written(instrument(base("text"))))) as archive:
        assert {member.date_time[0] for member in archive.infolist()} == {1980}
        assert b"1980-01-01T00:00:00Z</dcterms:modified>" in archive.read("docProps/core.xml")


@briefly
@given(made=instruments())
def test_every_cell_is_text_that_no_spreadsheet_converts(made):
    book = openpyxl.load_workbook(io.BytesIO(written(made)))
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}


# What a converter makes of it.


@quickly
@given(made=instruments())
def test_pyxform_accepts_every_form_without_a_warning(made):
    assert xform(made).tag == "{http://www.w3.org/1999/xhtml}html"


def test_pyxform_accepts_the_shipped_questionnaire_without_a_warning():
    made = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
    found = xform(made)
    texts = {node.text for node in found.iter(f"{XFORMS}value")}
    for question in made.questions:
        assert set(question.text.values()) <= texts


@pytest.mark.parametrize(
    "text",
    ["${q} and ${", "a < b & c", "=1+1", "'quoted\"", "instance('x')/y", "#N/A", "-5", "1e5"],
)
def test_texts_reach_the_form_as_they_were_written(text):
    found = xform(instrument(base("text", text={"en": text})))
    shown = [node.text.replace("\u2060", "") for node in found.iter(f"{XFORMS}value")]
    assert shown == [text]


def test_a_missing_translation_shows_the_source_text_and_is_none_when_read():
    made = instrument(
        base("single", text={"en": "Yes?", "de": "Ja?"}, **options("a")), languages=["en", "de"]
    )
    german = next(
        node for node in xform(made).iter(f"{XFORMS}translation") if "(de)" in node.get("lang")
    )
    shown = {node.text.strip("\u2060") for node in german.iter(f"{XFORMS}value")}
    assert shown == {"Ja?", "A"}
    assert again(made).instrument.question("q").label("a", "de") == "A"
    assert again(made).instrument.question("q").answers[0].label == {"en": "A"}


def test_languages_with_a_region_have_a_code_that_converters_know():
    made = instrument(
        base("text", text={"pt-BR": "Sim?", "zh-Hans": "?"}),
        title={"pt-BR": "T"},
        languages=["pt-BR", "zh-Hans"],
    )
    tongues = [node.get("lang") for node in xform(made).iter(f"{XFORMS}translation")]
    assert tongues == ["Portuguese pt-BR (pt)", "Chinese zh-Hans (zh)"]
    assert again(made).instrument.languages == ("pt-BR", "zh-Hans")


def test_a_grid_becomes_a_table_with_one_list():
    grid = base("grid", "g", cells="single", rows=[{"id": "r", "text": {"en": "R"}}])
    found = xform(instrument(grid | options("a", "b")))
    shown = [node.get("appearance") for node in found.iter(f"{XFORMS}select1")]
    assert shown == ["label", "list-nolabel"]
    assert "g/g.r" in binds(instrument(grid | options("a", "b")))


def test_the_order_of_options_is_shuffled_where_it_was_random_and_never_in_a_table():
    single = base("single", **options("a", "b"), option_order="random")
    grid = base("grid", "g", cells="single", rows=[{"id": "r", "text": {"en": "R"}}])
    grid |= options("a", "b") | {"option_order": "random"}
    sets = [
        node.get("nodeset") for node in xform(instrument(single, grid)).iter(f"{XFORMS}itemset")
    ]
    assert sets == ["randomize(instance('q')/root/item)", *["instance('g')/root/item"] * 2]


def test_sections_are_pages_of_the_form():
    sections = [{"id": "s", "title": {"en": "A page"}, "questions": ["q"]}]
    found = xform(instrument(base("text"), sections=sections))
    groups = [(node.get("ref"), node.get("appearance")) for node in found.iter(f"{XFORMS}group")]
    assert groups == [("/data/s", "field-list")]


def test_a_net_is_counted_and_never_offered():
    nets = options("a", "b", "both")
    nets["options"][2]["net_of"] = ["a", "b"]
    found = xform(instrument(base("single", **nets)))
    assert [node.text for node in found.iter(f"{XFORMS}name")] == ["a", "b"]


def test_names_that_a_form_reserves_or_uses_twice_make_way_and_come_back():
    made = instrument(
        base("single", "meta", **options("a", "A+", "A-")),
        base("number", "q", unit="pets", missing=["refused"]),
        base("text", "q_missing"),
        sections=[{"id": "q", "title": {"en": "Q"}, "questions": ["meta", "q", "q_missing"]}],
    )
    assert xform(made) is not None
    back = again(made).instrument
    assert back.question_ids == ("meta", "q", "q_missing")
    assert [part.id for part in back.sections] == ["q"]


def test_a_required_number_may_be_left_out_for_a_reason_only():
    made = instrument(base("number", unit="pets", missing=["dont_know"], required=True))
    found = binds(made)
    assert found["q"].get("required").split() == ["/data/q_missing", "=", "''"]
    assert found["q_missing"].get("constraint").split() == [
        *(".", "=", "''", "or", "/data/q", "=", "''"),
    ]


def test_a_derived_question_is_calculated():
    cases = options("low", "high")
    cases["options"][0]["when"] = {"question": "n", "at_most": "5"}
    cases["options"][1]["when"] = {"question": "n", "at_least": "6"}
    derived = base("derived", "d", options=cases["options"])
    del derived["wording"]
    found = binds(instrument(base("number", "n", unit="pets"), derived))
    told = " ".join(found["d"].get("calculate").split())
    assert told == "if( /data/n <= 5, 'low', if( /data/n >= 6, 'high', ''))"
