"""Drafting a manifest: what is certain, what is doubtful and why, and the text to be decided."""

import csv
import io
import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.instrument import yamltext
from surveylib.instrument.checking import validate
from surveylib.instrument.formats.variables import variables
from surveylib.instrument.formats.xlsform.names import FormNames
from surveylib.instrument.model import Instrument
from surveylib.wave.draft import draft, manifest_text
from surveylib.wave.ingest import Ingestion
from surveylib.wave.layout import Columns
from surveylib.wave.manifest import ResponsesManifest
from surveylib.wave.readers.base import AnswerSet, Batch, Column, ReadOptions, Sheet
from surveylib.wave.readers.delimited import read
from surveylib.wave.sinks import Memory
from surveylib.wave.text import lossless
from tests.instrument.generated import instruments

SETTINGS = settings(max_examples=40, deadline=None)
TWO_ROWS = ReadOptions(delimiter=",", header_rows=2, fill_heads=True)


def question(name, kind="single", *, text=None, options=(), **fields):
    """A question as it stands in a file, with options as `code: label`."""
    made = {"id": name, "kind": kind, "concept": name, "wording": "printed", "period": "now"}
    made |= {"text": {"en": text or f"What about {name}?"}, "base": {"asked": "all"}}
    if options:
        listed = [
            entry if isinstance(entry, dict) else {"code": entry[0], "label": {"en": entry[1]}}
            for entry in options
        ]
        made |= {"option_list": "complete", "options": listed}
    return made | fields


def form(*questions, **fields):
    """A questionnaire."""
    plain = {"format": "surveylib.instrument/1", "id": "towns", "version": "1.0"}
    plain |= {"title": {"en": "Towns"}, "languages": ["en"], "provenance": "made for a test"}
    plain |= {"population": "people", "questions": list(questions)}
    return Instrument.model_validate(plain | fields)


SIZES = [("small", "1-10"), ("large", "11-50"), ("huge", "More than 50")]
SIZE = question("size", text="How large is your town?", options=SIZES)
OTHER = {"code": "other", "label": {"en": "Other (please specify)"}, "write_in": True}
PLACES = question(
    "places",
    "multi_answer",
    text="Which places do you visit?",
    options=[("park", "The park"), ("lake", "The lake"), OTHER],
)


@pytest.fixture
def drafted(tmp_path):
    """Drafts for a file with these rows, header rows first."""

    def of(instrument, *rows, options=None, **rest):
        sheet = opened(tmp_path, rows, options)
        return draft(sheet, instrument, **rest)

    return of


def opened(folder, rows, options=None):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    path = folder / "answers.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return read(path, options or ReadOptions(delimiter=","))


def the(found, target):
    """The only proposal with a target."""
    (one,) = (one for one in found.proposals if one.target == target)
    return one


# Certain: names of ours and wordings, with cells that can be read.


@pytest.mark.parametrize("header", ["size", "How large is your town?", "how large is YOUR town"])
def test_a_name_or_the_wording_over_readable_cells_is_certain(drafted, header):
    found = drafted(form(SIZE), [header], ["1-10"], ["huge"], [""], ["11–50 "])
    one = the(found, "size")
    assert (one.certain, one.columns, one.layout) == (True, ("A",), "one_column")
    assert found.columns.columns["size"].column.at == "A"
    assert list(found.unclear()) == []


def test_the_wording_in_another_language_is_certain_too(drafted):
    asked = SIZE | {"text": {"en": "How large?", "sv": "Hur stor är din stad?"}}
    found = drafted(form(asked, languages=["en", "sv"]), ["Hur stor är din stad?"], ["1-10"])
    assert the(found, "size").certain


def test_cells_that_are_no_answer_make_a_name_doubtful_and_are_counted(drafted):
    found = drafted(form(SIZE), ["size"], ["1-10"], ["tiny"], ["tiny"])
    one = the(found, "size")
    assert not one.certain
    assert "2 of 3 cells in 3 rows cannot be read: 'tiny' (2 times)" in one.told
    assert found.columns is None


def test_a_repair_that_would_restore_cells_is_proposed_and_not_certain(drafted):
    found = drafted(form(SIZE), ["size"], ["10-Jan"], ["11-50"])
    one = the(found, "size")
    assert not one.certain
    assert one.entry.repair == ("spreadsheet_date",)
    assert "'spreadsheet_date' would restore cells" in one.told


def test_the_label_of_a_missing_state_can_be_read_where_the_question_offers_it(drafted):
    asked = form(SIZE | {"missing": ["dont_know"]})
    assert the(drafted(asked, ["size"], ["Don't know"], ["1-10"]), "size").certain


def test_another_way_of_not_answering_is_proposed_under_values(drafted):
    found = drafted(form(SIZE), ["size"], ["Prefer not to say"], ["1-10"], ["N/A"])
    one = the(found, "size")
    assert not one.certain
    assert one.entry.values == {"Prefer not to say": "refused", "N/A": "not_applicable"}


def test_a_wording_with_other_words_is_doubtful_and_the_words_are_told(drafted):
    one = the(drafted(form(SIZE), ["How large is your village?"], ["1-10"]), "size")
    assert not one.certain
    assert "-town +village" in one.told


def test_a_number_in_front_of_the_wording_is_told(drafted):
    one = the(drafted(form(SIZE), ["Q2 01—How large is your town?"], ["1-10"]), "size")
    assert not one.certain
    assert "its wording, with 'Q2 01—' in front" in one.told


def test_a_header_that_fits_two_questions_is_doubtful(drafted):
    again = SIZE | {"id": "size_now"}
    found = drafted(form(SIZE, again), ["How large is your town?"], ["1-10"])
    one = the(found, "size")
    assert not one.certain
    assert "The header fits 'size_now' too" in one.told
    assert found.without_columns == ("size_now",)


def test_similar_words_give_way_to_the_wording_itself(drafted):
    found = drafted(
        form(SIZE), ["How large is your village?", "How large is your town?"], ["1-10", "1-10"]
    )
    assert the(found, "size").columns == ("B",)
    assert found.unplaced == ("A",)


@pytest.mark.parametrize(
    ("fields", "cells", "certain"),
    [
        ({"kind": "number", "unit": "people", "minimum": "0"}, ["3", "12"], True),
        ({"kind": "number", "unit": "people", "minimum": "0"}, ["3", "-1"], False),
        ({"kind": "number", "unit": "people"}, ["3", "1,234"], False),
        ({"kind": "date", "precision": "day"}, ["2026-03-01"], True),
        ({"kind": "date", "precision": "day"}, ["1.3.2026"], False),
        ({"kind": "text"}, ["anything", "at all"], True),
    ],
)
def test_numbers_dates_and_texts_are_judged_by_their_own_rules(drafted, fields, cells, certain):
    asked = form(question("many", **fields))
    assert the(drafted(asked, ["many"], *([cell] for cell in cells)), "many").certain is certain


def test_a_derived_question_is_not_read_from_its_column(drafted):
    when = [
        {"question": "size", "answers": ["small"]},
        {"none_of": [{"question": "size", "answers": ["small"]}]},
    ]
    options = [
        {"code": code, "label": {"en": code}, "when": condition}
        for code, condition in zip(("yes", "no"), when, strict=True)
    ]
    derived = question("is_small", "derived", options=options)
    del derived["option_list"], derived["wording"]
    found = drafted(form(SIZE, derived), ["size", "is_small"], ["1-10", "yes"])
    assert (the(found, "ignore").columns, the(found, "ignore").certain) == (("B",), True)
    assert "is_small" not in found.columns.columns


# Several answers.


def test_columns_named_question_slash_option_are_certain_and_others_absent(drafted):
    found = drafted(form(PLACES), ["places/park"], ["1"], ["0"], [""])
    one = the(found, "places")
    assert one.certain
    assert (one.entry.ticked, one.entry.not_ticked) == (("1",), ("0",))
    assert one.entry.absent == ("lake", "other")


def test_a_comment_column_holds_the_text_beside_the_option(drafted):
    heads = ["places/park", "places/lake", "places/other", "places-Comment"]
    found = drafted(form(PLACES), heads, ["1", "0", "1", "the shop"], ["0", "1", "0", ""])
    one = the(found, "places")
    assert one.certain
    assert one.entry.write_in["other"].at == "D"
    assert one.entry.text_ticks == ()


def test_a_text_beside_an_option_that_was_not_chosen_is_doubtful(drafted):
    heads = ["places/park", "places/lake", "places/other", "places-Comment"]
    one = the(drafted(form(PLACES), heads, ["1", "0", "0", "the shop"]), "places")
    assert not one.certain
    assert "A text stands beside 'other' once where it was not chosen" in one.told


@pytest.mark.parametrize(
    ("yes", "no"),
    [("1", "0"), ("TRUE", "FALSE"), ("Yes", "No"), ("Y", "N"), ("ticked", ""), ("The park", "")],
)
def test_known_pairs_and_the_label_say_which_was_ticked(drafted, yes, no):
    asked = form(question("places", "multi_answer", options=[("park", "The park")]))
    one = the(drafted(asked, ["places/park"], [yes], [no]), "places")
    assert one.certain
    assert one.entry.ticked == (() if yes == "The park" else (yes,))


def test_an_unknown_pair_is_doubtful(drafted):
    one = the(drafted(form(PLACES), ["places/park"], ["A"], ["B"]), "places")
    assert not one.certain
    assert "what these mean: 'A', 'B'" in one.told


def test_a_pair_that_is_also_labels_is_doubtful(drafted):
    asked = form(question("known", "multi_answer", options=[("0", "No"), ("1", "Yes")]))
    one = the(drafted(asked, ["known/0", "known/1"], ["0", "1"]), "known")
    assert not one.certain
    assert "may mean yes and no" in one.told


def test_options_under_the_wording_are_certain_by_their_labels(drafted):
    found = drafted(
        form(PLACES),
        ["Which places do you visit?", "", ""],
        ["The park", "The lake", "Other (please specify)"],
        ["The park", "", "the shop"],
        ["", "The lake", ""],
        options=TWO_ROWS,
    )
    one = the(found, "places")
    assert one.certain
    assert list(one.entry.options) == ["park", "lake"]
    assert one.entry.text_ticks == ("other",)
    assert one.entry.write_in["other"].at == "C"


def test_of_two_columns_of_one_option_one_holds_ticks_and_one_texts(drafted):
    other = "Other (please specify)"
    found = drafted(
        form(PLACES),
        ["Which places do you visit?", "", "", ""],
        ["The park", "The lake", other, other],
        ["The park", "", other, "the shop"],
        ["", "The lake", "", ""],
        options=TWO_ROWS,
    )
    one = the(found, "places")
    assert one.certain
    assert (one.entry.options["other"].at, one.entry.write_in["other"].at) == ("C", "D")


def test_a_label_with_a_number_behind_it_is_doubtful(drafted):
    found = drafted(
        form(PLACES),
        ["Which places do you visit?", "", ""],
        ["The park20", "The lake", "Other (please specify)"],
        ["The park", "", ""],
        options=TWO_ROWS,
    )
    one = the(found, "places")
    assert not one.certain
    assert one.entry.options["park"].at == "A"
    assert "'The park20', other than 'The park'" in one.told


@pytest.mark.parametrize("sign", [";", ",", "|"])
def test_several_answers_in_one_cell_are_doubtful_with_the_delimiter_proposed(drafted, sign):
    found = drafted(form(PLACES), ["places"], [f"The park{sign}The lake"], ["The lake"])
    one = the(found, "places")
    assert (one.layout, one.entry.delimiter, one.certain) == ("delimited", sign, False)
    assert f"1 of 2 cells hold '{sign}'" in one.told


@pytest.mark.parametrize("sign", [" ", ";", ",", "|", "/", "\n", "\t"])
def test_the_sign_that_parts_all_cells_into_codes_is_the_delimiter_for_certain(drafted, sign):
    found = drafted(form(PLACES), ["places"], [f"park{sign}lake"], ["lake"], ["dont_know"])
    assert not the(found, "places").certain  # the question does not offer it
    asked = form(PLACES | {"missing": ["dont_know"]})
    one = the(drafted(asked, ["places"], [f"park{sign}lake"], ["lake"], ["dont_know"]), "places")
    assert (one.layout, one.entry.delimiter, one.certain) == ("delimited", sign, True)


@pytest.mark.parametrize(
    "cells",
    [("park", "lake"), ("park;lake", "park,lake"), ("park lake", "The lake"), ("park lake", "sea")],
)
def test_cells_that_no_single_sign_parts_into_codes_are_doubtful(drafted, cells):
    one = the(drafted(form(PLACES), ["places"], *([cell] for cell in cells)), "places")
    assert (one.layout, one.certain) == ("delimited", False)


def test_labels_with_spaces_are_not_parted_at_them(drafted):
    one = the(drafted(form(PLACES), ["places"], ["The park"], ["The lake"]), "places")
    assert (one.entry.delimiter, one.certain) == (";", False)
    assert "no cell shows what is between them" in one.told


def test_the_text_column_of_our_own_form_stands_beside_codes_in_one_cell(drafted):
    asked = form(PLACES, SIZE)
    name = FormNames(asked).write_ins["places", "other"]
    assert name == "places_other_text"
    found = drafted(
        asked, ["places", "size", name], ["park other", "small", "the shop"], ["lake", "huge", ""]
    )
    one = the(found, "places")
    assert (one.columns, one.certain) == (("A", "C"), True)
    assert (one.entry.column.at, one.entry.write_in["other"].at) == ("A", "C")
    assert found.unplaced == ()
    assert "    A, C      places" in str(found)


def test_a_form_keeps_the_signs_of_a_code_in_the_name_of_its_text_column(drafted):
    other = OTHER | {"code": "other-place"}
    asked = form(PLACES | {"options": [*PLACES["options"][:2], other]})
    name = FormNames(asked).write_ins["places", "other-place"]
    found = drafted(asked, ["places", name], ["park other-place", "the shop"])
    assert the(found, "places").entry.write_in["other-place"].at == "B"


def test_a_text_beside_a_code_that_is_not_in_the_cell_is_doubtful(drafted):
    found = drafted(form(PLACES), ["places", "places_other_text"], ["park lake", "the shop"])
    one = the(found, "places")
    assert not one.certain
    assert "text stands beside 'other' once where it was not chosen" in one.told


def test_two_columns_for_one_answer_are_doubtful(drafted):
    head = "How large is your town?"
    one = the(drafted(form(SIZE), [head, head], ["1-10", ""], ["", "11-50"]), "size")
    assert (one.layout, one.columns, one.certain) == ("mentions", ("A", "B"), False)
    assert "0 of all 2 rows have a text in more than one" in one.told


def test_the_text_beside_one_answer_stands_beside_it(drafted):
    asked = form(question("town", text="Which town?", options=[("north", "North"), OTHER]))
    other = "Other (please specify)"
    found = drafted(
        asked,
        ["Which town?", ""],
        ["Response", other],
        ["North", ""],
        [other, "a village"],
        options=TWO_ROWS,
    )
    one = the(found, "town")
    assert (one.certain, one.columns) == (True, ("A", "B"))
    assert one.entry.write_in["other"].at == "B"


@pytest.mark.parametrize("by_name", [True, False])
def test_rows_of_a_grid_are_one_proposal(drafted, by_name):
    rows = [{"id": name, "text": {"en": f"The {name}"}} for name in ("park", "lake")]
    asked = form(
        question("visits", "grid", text="How often?", options=SIZES, rows=rows, cells="single")
    )
    heads = (
        [["visits.park", "visits.lake"]]
        if by_name
        else [["How often?", ""], ["The park", "The lake"]]
    )
    options = None if by_name else TWO_ROWS
    found = drafted(asked, *heads, ["1-10", "11-50"], options=options)
    one = the(found, "visits")
    assert (one.layout, one.certain, one.columns) == ("grid", True, ("A", "B"))
    assert list(found.columns.columns) == ["visits"]


# Open answers.


def test_a_column_of_texts_is_coded_only_if_somebody_says_so(drafted):
    asked = form(
        question("why", "open_coded", options=[("near", "Near"), ("far", "Far")], mentions="one")
    )
    one = the(drafted(asked, ["why"], ["It is near"], ["no idea"]), "why")
    assert (one.layout, one.certain) == ("coded_text", False)
    assert the(drafted(asked, ["why"], ["Near"], ["Far"]), "why").layout == "one_column"
    assert the(drafted(asked, ["why:text"], ["It is near"]), "why").certain


# What the file itself declares.


def declared(columns, cells, **rest):
    """A sheet of a format that describes its columns."""
    batch = Batch(range(1, len(cells[0]) + 1), range(1, len(cells[0]) + 1), cells)
    return Sheet(
        file="answers.sav",
        format="sav",
        sha256="0" * 64,
        columns=tuple(Column(position=place, **fields) for place, fields in enumerate(columns)),
        batches=lambda: iter([batch]),
        **rest,
    )


def test_labels_of_values_say_what_values_mean():
    labels = {"1": "1-10", "2": "11-50", "3": "More than 50"}
    sheet = declared([{"heads": ("size",), "values": labels}], [["1", "2", ""]])
    one = the(draft(sheet, form(SIZE)), "size")
    assert one.certain
    assert one.entry.values == {"1": "small", "2": "large", "3": "huge"}


def test_a_value_with_a_label_of_its_own_is_doubtful():
    sheet = declared([{"heads": ("size",), "values": {"9": "Somewhere"}}], [["9"]])
    one = the(draft(sheet, form(SIZE)), "size")
    assert not one.certain
    assert "The file labels '9' as 'Somewhere'" in one.told


def test_a_code_that_the_file_labels_as_another_answer_is_doubtful_before_it_occurs():
    asked = form(question("town", options=[("1", "North"), ("2", "South")]))
    sheet = declared([{"heads": ("town",), "values": {"1": "North", "2": "West"}}], [["1", "1"]])
    one = the(draft(sheet, asked), "town")
    assert not one.certain
    assert "The file labels '2' as 'West'" in one.told


def test_a_value_that_the_file_declares_missing_is_no_number_by_itself():
    asked = form(question("many", "number", unit="people"))
    sheet = declared([{"heads": ("many",), "missing": frozenset({"99"})}], [["3", "99"]])
    one = the(draft(sheet, asked), "many")
    assert not one.certain
    assert "The file declares '99' missing" in one.told


def test_a_missing_value_with_the_label_of_a_missing_state_is_that_state():
    asked = form(question("many", "number", unit="people", missing=["dont_know"]))
    column = {"heads": ("many",), "missing": frozenset({"-91"}), "values": {"-91": "Don't know"}}
    one = the(draft(declared([column], [["3", "-91"]]), asked), "many")
    assert one.certain
    assert one.entry.values == {"-91": "dont_know"}


def test_ticks_that_the_file_labels_the_other_way_round_are_doubtful():
    column = {"heads": ("places/park",), "values": {"0": "Yes", "1": "No"}}
    one = the(draft(declared([column], [["0", "1"]]), form(PLACES)), "places")
    assert not one.certain
    assert "The file labels '0' as 'Yes'" in one.told
    column["values"] = {"0": "Not selected", "1": "The park"}
    assert the(draft(declared([column], [["0", "1"]]), form(PLACES)), "places").certain


def test_a_declared_set_gives_the_columns_of_a_question():
    asked = form(
        question(
            "places", "multi_answer", text="Where?", options=[("park", "Park"), ("lake", "Lake")]
        )
    )
    columns = [{"heads": ("V1",), "label": "Park"}, {"heads": ("V2",), "label": "Lake"}]
    one_set = AnswerSet(label="Where?", kind="dichotomies", columns=("V1", "V2"), counted="2")
    sheet = declared(columns, [["2", "1"], ["1", "1"]], sets={"$where": one_set})
    one = the(draft(sheet, asked), "places")
    assert one.certain
    assert (one.entry.ticked, one.entry.not_ticked) == (("2",), ("1",))


# Columns without answers.


@pytest.mark.parametrize("header", ["Respondent ID", "ResponseId", "id", "respondent"])
def test_an_id_that_says_so_and_is_unique_is_certain(drafted, header):
    found = drafted(form(SIZE), [header, "size"], ["7", "1-10"], ["8", ""])
    assert the(found, "respondent").certain
    assert found.columns.respondent.column.at == "A"


@pytest.mark.parametrize(
    ("header", "cells", "told"),
    [
        ("id", ["1", "2", "3", "3"], "Ids that stand in more than one row: 1."),
        ("id", ["1", "2", "3", ""], "Rows without an id: 1 of all 4 rows."),
        ("Token", ["1", "2", "3", "4"], "Is it an id of respondents?"),
    ],
)
def test_any_other_id_is_doubtful(drafted, header, cells, told):
    found = drafted(form(SIZE), [header, "size"], *([cell, "1-10"] for cell in cells))
    assert not the(found, "respondent").certain
    assert told in the(found, "respondent").told


@pytest.mark.parametrize(
    ("first", "last", "form_of_time"),
    [
        ("2026-03-01 10:00:00", "2026-03-01 10:09:00", "iso"),
        ("43277.37956", "43277.38956", "spreadsheet"),
        ("03/31/2026 10:00:00 AM", "03/31/2026 10:09:00 AM", "%m/%d/%Y %I:%M:%S %p"),
        ("31.03.2026 10:00", "31.03.2026 10:09", "%d.%m.%Y %H:%M"),
    ],
)
def test_times_are_proposed_with_their_form(drafted, first, last, form_of_time):
    found = drafted(form(SIZE), ["Start Date", "End Date", "size"], [first, last, "1-10"])
    one = the(found, "timing")
    assert (one.certain, one.columns, one.entry.format) == (False, ("A", "B"), form_of_time)


def test_a_duration_in_seconds_is_proposed(drafted):
    found = drafted(form(SIZE), ["Duration (in seconds)", "size"], ["61", "1-10"])
    assert the(found, "timing").entry.seconds.at == "A"


def test_who_finished_is_proposed_with_the_texts_that_mean_yes(drafted):
    found = drafted(form(SIZE), ["Finished", "size"], ["True", "1-10"], ["False", ""])
    assert the(found, "finished").entry.texts == ("True",)
    pages = drafted(form(SIZE), ["lastpage", "size"], ["9", "1-10"], ["10", ""])
    assert the(pages, "finished").entry.texts == ("10",)


def test_a_column_of_versions_is_proposed(drafted):
    found = drafted(form(SIZE), ["version", "size"], ["1.0", "1-10"], ["0.9", ""])
    one = the(found, "version")
    assert one.entry.values == {"1.0": "1.0"}
    assert "'0.9'" in one.told


def test_a_weight_is_proposed_to_be_kept(drafted):
    found = drafted(form(SIZE), ["Weight", "size"], ["1.25", "1-10"])
    assert the(found, "keep:weight").columns == ("A",)
    assert not the(found, "keep:weight").certain


def test_personal_data_is_ignored_for_certain(drafted):
    found = drafted(form(SIZE), ["IP Address", "size"], ["192.0.2.1", "1-10"])
    one = the(found, "ignore")
    assert (one.certain, one.entry.reason) == (True, "personal data")
    assert found.columns.ignore[0].column.at == "A"


def test_a_question_named_like_personal_data_is_doubtful(drafted):
    asked = form(question("telefon", "text"), SIZE)
    found = drafted(asked, ["telefon", "size"], ["", "1-10"])
    assert not the(found, "ignore").certain


def test_a_column_without_values_is_certain_only_without_a_header(drafted):
    found = drafted(form(SIZE), ["size", "", "Remark"], ["1-10", "", ""], ["", "", ""])
    blank = {one.columns: one.certain for one in found.proposals if one.target == "ignore"}
    assert blank == {("B",): True, ("C",): False}


def test_of_columns_without_values_under_a_question_those_without_a_text_are_certain(drafted):
    found = drafted(
        form(SIZE),
        ["How large is your town?", "", ""],
        ["Response", "", "Response"],
        ["1-10", "", ""],
        options=TWO_ROWS,
    )
    assert the(found, "size").columns == ("A",)
    blank = {one.columns: one.certain for one in found.proposals if one.target == "ignore"}
    assert blank == {("B",): True, ("C",): False}


def test_a_file_without_rows_is_drafted_by_its_header(drafted):
    found = drafted(form(SIZE, PLACES), ["size", "places/park"])
    assert [one.target for one in found.proposals] == ["size", "places"]


def test_a_column_without_values_in_the_first_rows_is_never_certain(drafted):
    rows = [["size", ""], ["1-10", ""], ["1-10", ""], ["", "late"]]
    one = the(drafted(form(SIZE), *rows, sample_rows=2), "ignore")
    assert not one.certain
    assert "the first 2 rows" in one.told


def test_a_column_of_which_nothing_is_known_is_unplaced(drafted):
    found = drafted(form(SIZE), ["size", "Colour"], ["1-10", "red"])
    assert found.unplaced == ("B",)
    assert found.columns is None
    (what, _) = next(found.unclear())
    assert what == "columns that fit no question: 'B'"


def test_a_question_without_a_column_is_not_in_the_file(drafted):
    found = drafted(form(SIZE, PLACES), ["size"], ["1-10"])
    assert found.without_columns == ("places",)
    assert found.columns.columns["places"].layout == "not_in_file"


def test_a_file_without_any_question_is_not_mapped(drafted):
    found = drafted(form(SIZE), ["id"], ["1"])
    assert found.columns is None
    assert "no column fits a question" in [what for what, _ in found.unclear()]


def test_names_of_our_own_exports_are_certain(drafted):
    asked = form(SIZE, PLACES)
    heads = [variable.name for variable in variables(asked)]
    assert heads == ["size", "places_park", "places_lake", "places_other", "places_other_text"]
    found = drafted(asked, heads, ["1-10", "1", "0", "1", "the shop"])
    assert all(one.certain for one in found.proposals)


# The text of the manifest.


def written(folder, instrument, *rows, options=None):
    sheet = opened(folder, rows, options)
    found = draft(sheet, instrument)
    text = manifest_text(
        found, sheet, instrument, survey="towns", wave="2026", path="answers.csv", options=options
    )
    return found, text


def manifest_of(text, folder):
    """The manifest that a text is, and its faults."""
    path = folder / "wave.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    document = yamltext.read(path, "wave.yaml")
    made, faults = validate(document, ResponsesManifest)
    return made, [*document.faults, *faults]


def decided(text):
    """The text with every decision taken as proposed."""
    agreed = re.sub(r"^ +decide: undecided\n|^decide: undecided\n", "", text, flags=re.MULTILINE)
    return agreed.replace("kind: undecided", "kind: publisher")


HARD = [
    ["Start Date", "End Date", "size", "Which places do you visit?", "", "A: b # c", "x\u2028y"],
    ["", "", "", "The park20", "The lake", "", "\x7f"],
    ["43277.3", "43277.4", "tiny", "The park", "", "red", "1"],
    ["43278.3", "43278.4", "10-Jan", "", "The lake", "=1+1", "2"],
]


def test_what_is_doubtful_does_not_pass_before_it_is_decided(tmp_path):
    _, text = written(tmp_path, form(SIZE, PLACES), *HARD, options=TWO_ROWS)
    made, faults = manifest_of(text, tmp_path)
    assert made is None
    assert {fault.code for fault in faults} >= {"PROPOSAL-UNDECIDED", "VALUE"}
    made, faults = manifest_of(decided(text), tmp_path)
    assert faults == []
    assert isinstance(made, ResponsesManifest)
    assert made.responses.header_rows == 2
    assert made.responses.fill_heads == "yes"
    assert made.timing.format == "spreadsheet"
    assert made.columns["places"].absent == ("other",)


@pytest.mark.parametrize("line", range(6))
def test_each_decision_alone_stops_the_manifest(tmp_path, line):
    _, text = written(tmp_path, form(SIZE, PLACES), *HARD, options=TWO_ROWS)
    marks = [mark.start() for mark in re.finditer(r"undecided$", text, re.MULTILINE)]
    kept = text.rfind("\n", 0, marks[line % len(marks)])
    end = text.find("\n", kept + 1)
    one = decided(text[:kept]) + text[kept:end] + decided(text[end:])
    made, faults = manifest_of(one, tmp_path)
    assert made is None
    assert len(faults) >= 1


def test_the_evidence_stands_above_what_it_is_about(tmp_path):
    _, text = written(tmp_path, form(SIZE), ["size"], ["tiny"], ["1-10"])
    entry = text.partition("columns:\n  size:\n")[2]
    evidence, _, rest = entry.partition("    decide: undecided\n")
    assert all(line.startswith("    # ") for line in evidence.splitlines())
    assert "'tiny' (once)" in evidence
    assert rest == "    column: {header: size, at: A}\n"


def test_columns_that_fit_nothing_are_listed_in_runs(tmp_path):
    heads = ["size", "Colour", "Colour", "Colour", "Shape"]
    found, text = written(tmp_path, form(SIZE), heads, ["1-10", "a", "b", "c", "d"])
    assert found.unplaced == ("B", "C", "D", "E")
    made, faults = manifest_of(decided(text), tmp_path)
    assert faults == []
    ends = [(one.first and one.first.at, one.last and one.last.at) for one in made.ignore]
    assert ends == [("B", "D"), (None, None)]


def test_a_long_header_is_cut_and_still_found(tmp_path):
    long = "Which of these very many places that are known to you did you visit in the past year?"
    asked = form(SIZE | {"text": {"en": long}})
    found, text = written(tmp_path, asked, [long], ["1-10"])
    assert found.columns.columns["size"].column.header.endswith("…")
    made, _ = manifest_of(decided(text), tmp_path)
    sheet = opened(tmp_path, [[long], ["1-10"]])
    Ingestion(sheet, made, [asked])


def test_the_text_is_the_same_each_time(tmp_path):
    first = written(tmp_path, form(SIZE, PLACES), *HARD, options=TWO_ROWS)
    assert first == written(tmp_path, form(SIZE, PLACES), *HARD, options=TWO_ROWS)


def test_a_data_frame_has_no_manifest():
    sheet = declared([{"heads": ("size",)}], [["1-10"]])
    sheet = Sheet(
        file="frame", format="frame", sha256="", columns=sheet.columns, batches=sheet.batches
    )
    asked = form(SIZE)
    with pytest.raises(MethodError, match=r"a data frame has no wave\.yaml"):
        manifest_text(draft(sheet, asked), sheet, asked, survey="a", wave="b", path="c")


# Laws.

_TICKS = {"1", "0", "true", "false", "yes", "no", "y", "n", "ticked", "unticked", "selected"}


def answer(draw, instrument, item):
    """A cell that is an answer to a question, or blank."""
    texts = [label for option in own(item) for label in option.label.values()]
    texts += [
        label
        for state in item.missing
        if state not in FOUND
        for label in instrument.missing_labels.get(state, {}).values()
    ]
    rest = {
        "number": [str(getattr(item, "minimum", None) or getattr(item, "maximum", None) or 0)],
        "date": [getattr(item, "earliest", None) or getattr(item, "latest", None)],
        "text": ["a text"],
        "text_quantity": ["5"],
    }
    whole = {"year": "2020", "month": "2020-02", "day": "2020-02-02"}
    texts += [text or whole[item.precision] for text in rest.get(item.kind, [])]
    return draw(st.sampled_from(["", *texts]))


def own(item):
    return [option for option in item.answers if not option.net_of]


def plain(instrument):
    """Whether no text of a question means two things, or yes and no beside a label."""
    for item in instrument.items:
        texts = [{option.code, *option.label.values()} for option in own(item)] + [
            {
                state,
                *instrument.missing_labels.get(state, {}).values(),
                instrument.missing_label(state),
            }
            for state in item.missing
            if state not in FOUND
        ]
        told = [lossless(text) for entry in texts for text in {lossless(one) for one in entry}]
        if len(told) != len(set(told)) or "" in told:
            return False
        if not item.exclusive and {text.casefold() for text in told} & _TICKS:
            return False
    return True


#: What an ingest finds by itself, and nobody writes into a file.
FOUND = {"invalid", "unknown_blank"}


@st.composite
def files(draw):
    """A questionnaire, and the rows of a file with our own names and labels in its cells."""
    instrument = draw(instruments())
    assume(plain(instrument))
    asked = [item for item in instrument.items if item.kind != "derived"]
    heads = ["respondent"]
    for item in asked:
        if item.exclusive:
            heads.append(item.id)
        else:
            heads += [f"{item.id}/{option.code}" for option in own(item)]
    rows = []
    for number in range(draw(st.integers(1, 4))):
        row = [f"r{number}"]
        for item in asked:
            if item.exclusive:
                row.append(answer(draw, instrument, item))
                continue
            chosen = draw(st.sampled_from(own(item)))
            row += [
                next(iter(option.label.values())) if option is chosen else ""
                for option in own(item)
            ]
        rows.append(row)
    return instrument, [heads, *rows]


@SETTINGS
@given(made=files())
def test_our_own_names_with_labels_are_certain_and_taken(made, tmp_path_factory):
    instrument, rows = made
    folder = tmp_path_factory.mktemp("law")
    sheet = opened(folder, rows)
    found = draft(sheet, instrument)
    assert [one.told for one in found.proposals if not one.certain] == []
    assert found.unplaced == ()
    assert isinstance(found.columns, Columns)
    ingestion = Ingestion(sheet, found.columns, [instrument])
    taken = ingestion.run(Memory(ingestion.fields))
    assert taken.accounts.accepted == len(rows) - 1
    assert taken.issues.cells == []
    text = manifest_text(found, sheet, instrument, survey="s", wave="1", path="answers.csv")
    manifest, faults = manifest_of(decided(text), folder)
    assert faults == []
    assert manifest.columns == found.columns.columns


@SETTINGS
@given(
    heads=st.lists(st.text(max_size=80), min_size=1, max_size=5),
    cells=st.lists(st.text(max_size=5), min_size=5, max_size=5),
)
def test_whatever_the_headers_the_text_is_a_manifest_that_names_every_column(
    heads, cells, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("law")
    columns = [{"heads": (head,)} for head in ["size", *heads]]
    sheet = declared(columns, [["1-10"], *([cell] for cell in cells[: len(heads)])])
    asked = form(SIZE)
    found = draft(sheet, asked)
    places = [place for one in found.proposals for place in one.columns]
    assert sorted([*places, *found.unplaced]) == [column.letter for column in sheet.columns]
    text = manifest_text(found, sheet, asked, survey="s", wave="1", path="answers.csv")
    manifest, faults = manifest_of(decided(text), folder)
    assert faults == []
    Ingestion(sheet, manifest, [asked])


_HEADS = ("size", "How large is your town?", "places", "places/park", "places/lake", "Q1 size",
          "Which places do you visit?", "Which places do you visit? [The park]", "size:text",
          "places-Comment", "places/other", "id", "", "How large is your village?")  # fmt: skip
_CELLS = ("", "1", "0", "1-10", "10-Jan", "The park", "The lake", "Yes", "small", "park;lake", "x")


@SETTINGS
@given(data=st.data())
def test_what_is_certain_is_taken_without_a_cell_in_quarantine(data, tmp_path_factory):
    heads = data.draw(st.lists(st.sampled_from(_HEADS), min_size=1, max_size=4))
    pairs = st.sampled_from([("", "1", "0"), ("", "1-10", "small"), ("", "The park"), _CELLS])
    pools = [data.draw(pairs) for _ in heads]
    rows = [
        [f"r{number}", *(data.draw(st.sampled_from(pool)) for pool in pools)] for number in range(3)
    ]
    sheet = opened(tmp_path_factory.mktemp("law"), [["respondent", *heads], *rows])
    asked = form(SIZE, PLACES)
    found = draft(sheet, asked)
    places = [place for one in found.proposals for place in one.columns]
    assert sorted([*places, *found.unplaced]) == [column.letter for column in sheet.columns]
    if found.columns is None:
        return
    ingestion = Ingestion(sheet, found.columns, [asked])
    taken = ingestion.run(Memory(ingestion.fields))
    assert taken.issues.cells == []
    assert taken.issues.rows == []
