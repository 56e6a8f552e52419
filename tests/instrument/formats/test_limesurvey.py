"""LimeSurvey: a survey structure written and read again, and what LimeSurvey makes of it."""

import csv
import json
import re
import tempfile
from itertools import product
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings

from surveylib.instrument.conditions import ways_to_answer
from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.formats.limesurvey import FORMAT, LSS_FORMAT
from surveylib.instrument.formats.limesurvey.codes import SurveyCodes
from surveylib.instrument.formats.limesurvey.equations import Variables, condition, parsed
from surveylib.instrument.formats.limesurvey.routes import equation
from surveylib.instrument.library import load_instrument
from surveylib.instrument.model import Instrument
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[3]

quickly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.fixture(scope="module")
def groups():
    return load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")


def written(instrument):
    """The bytes of the only file."""
    (raw,) = FORMAT.write(instrument).values()
    return raw


def read(raw, *, form=FORMAT, name="pets", version="1"):
    """The draft of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"survey{form.suffix}"
        path.write_bytes(raw)
        return form.read(path, name=name, version=version)


def as_imported(raw):
    """The rows as LimeSurvey's import takes them apart: by tabs, without quotes to undo."""
    header, *lines = raw.decode("utf-8-sig").split("\n")[:-1]
    columns = header.split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]


def kept(instrument, names):
    """Those parts of an instrument."""
    return {name: FEATURES[name].of(instrument) for name in names}


@quickly
@given(instrument=instruments())
def test_what_the_table_says_survives_there_and_back(instrument):
    draft = read(written(instrument), name=instrument.id, version=instrument.version)
    assert kept(draft.instrument, FORMAT.keeps) == kept(instrument, FORMAT.keeps)
    assert draft.lost == ()
    assert draft.instrument.status == "draft"


def stored(rows):
    """The survey file that LimeSurvey exports after it imported rows: the tables they make.

    Groups, questions and answers get a row for each language, and every filled cell that is no
    column of the structure is an attribute of its question.
    """
    tables = {"surveys": [{"language": rows[0]["text"], "additional_languages": rows[1]["text"]}]}
    beside = list(rows[0])[list(rows[0]).index("same_script") + 1 :]
    titles, group, question = {}, "", ""
    for order, row in enumerate(rows):
        own = {"language": row["language"]}
        if row["class"] == "SL":
            titles.setdefault(row["language"], {"surveyls_language": row["language"]})
            titles[row["language"]][row["name"]] = row["text"]
        elif row["class"] == "G":
            group = row["id"]
            own |= {"gid": group, "group_order": group, "group_name": row["name"]}
            tables.setdefault("groups", []).append(own)
        elif row["class"] == "Q":
            question = row["id"]
            own |= {"qid": question, "gid": group, "type": row["type/scale"], "title": row["name"]}
            own |= {"question": row["text"], "relevance": row["relevance"]}
            own |= {"mandatory": row["mandatory"], "question_order": question}
            tables.setdefault("questions", []).append(own)
            tables.setdefault("question_attributes", []).extend(
                {"qid": question, "attribute": name, "value": row[name]}
                | ({"language": row["language"]} if name == "suffix" else {})
                for name in beside
                if row[name]
            )
        elif row["class"] == "SQ":
            own |= {"qid": f"1{order:05}", "parent_qid": question, "gid": group}
            own |= {"title": row["name"], "question": row["text"], "scale_id": row["type/scale"]}
            own |= {"question_order": row["id"]}
            tables.setdefault("subquestions", []).append(own)
        elif row["class"] == "A":
            own |= {"qid": question, "code": row["name"], "answer": row["text"]}
            own |= {"scale_id": row["type/scale"], "sortorder": f"{order}"}
            tables.setdefault("answers", []).append(own)
    same = {}
    for row in tables.get("subquestions", []):
        key = (row["parent_qid"], row["scale_id"], row["title"])
        row["qid"] = same.setdefault(key, row["qid"])
    return tables | {"surveys_languagesettings": list(titles.values())}


def survey_file(tables, kind="Survey"):
    """Tables as LimeSurvey's XML."""
    found = [f"<document><LimeSurveyDocType>{kind}</LimeSurveyDocType><DBVersion>366</DBVersion>"]
    for name, rows in tables.items():
        found.append(f"<{name}><rows>")
        for row in rows:
            cells = "".join(f"<{key}>{escape(text)}</{key}>" for key, text in row.items())
            found.append(f"<row>{cells}</row>")
        found.append(f"</rows></{name}>")
    return ("".join(found) + "</document>").encode()


@quickly
@given(instrument=instruments())
def test_what_limesurvey_stores_of_it_gives_the_same_draft(instrument):
    file = survey_file(stored(as_imported(written(instrument))))
    draft = read(file, form=LSS_FORMAT, name=instrument.id, version=instrument.version)
    assert kept(draft.instrument, FORMAT.keeps) == kept(instrument, FORMAT.keeps)


@quickly
@given(instrument=instruments())
def test_limesurvey_accepts_every_code_and_no_two_are_the_same(instrument):
    rows = as_imported(written(instrument))
    source = [row for row in rows if row["language"] == instrument.languages[0]]
    lists = {"Q": []}
    question = ""
    for row in source:
        if row["class"] == "Q":
            question = row["name"]
            lists["Q"].append(question)
        elif row["class"] in {"SQ", "A"}:
            lists.setdefault((question, row["class"], row["type/scale"]), []).append(row["name"])
    longest = {"Q": 20, "SQ": 20, "A": 5}
    reserved = {"sid", "lang", "qid", "gid", "self", "that", "this", "time", "other", "comment"}
    for key, codes in lists.items():
        kind = key if key == "Q" else key[1]
        pattern = "[A-Za-z][A-Za-z0-9]*" if kind == "Q" else "[A-Za-z0-9]+"
        assert all(re.fullmatch(pattern, code) for code in codes)
        assert max(map(len, codes)) <= longest[kind]
        folded = [code.casefold() for code in codes]
        assert len(set(folded)) == len(folded)
        assert not set(folded) & reserved


@quickly
@given(instrument=instruments())
def test_each_language_has_the_same_rows_in_the_same_order(instrument):
    rows = as_imported(written(instrument))
    told = [
        [
            [row[name] for name in ("id", "class", "type/scale", "relevance", "mandatory")]
            + ([row["name"]] if row["class"] != "G" else [])
            for row in rows
            if row["language"] == language and row["class"] != "SL"
        ]
        for language in instrument.languages
    ]
    assert all(one == told[0] for one in told)


@quickly
@given(instrument=instruments())
def test_texts_hold_no_expression_and_no_markup_that_the_text_does_not(instrument):
    for row in as_imported(written(instrument)):
        assert not re.search(r"(?<!\\)[{}]", row["text"] if row["class"] != "S" else "")
        assert re.sub(r"<br />|&(\w+|#\d+);|[^<>&\"]", "", row["text"]) == ""


def test_the_same_instrument_gives_the_same_bytes_with_a_byte_order_mark(groups):
    raw = written(groups)
    assert raw == written(groups)
    assert raw.startswith(b"\xef\xbb\xbfid\trelated_id\tclass\ttype/scale\tname\trelevance\ttext\t")
    header = raw.decode("utf-8-sig").split("\n")[0].split("\t")
    documented = ["help", "language", "validation", "mandatory", "encrypted", "other", "default"]
    assert header[7:16] == [*documented, "same_default", "same_script"]


def compared(sign, left, right):
    """A comparison; an empty value has no size."""
    if sign == "==":
        return left == right
    sides = (float(left), float(right)) if left else (0, 1)
    return sides[0] >= sides[1] if sign == ">=" else bool(left) and sides[0] <= sides[1]


def valued(node, data):
    """What a leaf of an equation stands for."""
    name, _, suffix = node.value.partition(".")
    return (
        node.value
        if node.kind != "name"
        else {"relevanceStatus": "1"}.get(suffix, data.get(name, ""))
    )


def evaluated(node, data):
    """What LimeSurvey makes of an equation: true or false, and an unanswered value is empty."""
    if node.kind == "compare":
        return compared(node.value, *(valued(part, data) for part in node.parts))
    if node.kind == "call":
        return valued(node.parts[0], data) == ""
    told = [evaluated(part, data) for part in node.parts]
    return {"and": all(told), "or": any(told), "!": not told[0]}[node.kind]


def as_data(named, given_answer):
    """The values that LimeSurvey stores for an answer; None if it does not offer it."""
    known = {*named.codes, *named.ticks, *(option.code for option in named.question.answers)}
    told = given_answer if isinstance(given_answer, frozenset) else {given_answer}
    if given_answer is None:
        return {}
    if not all(answer in known for answer in told if isinstance(answer, str)):
        return None
    if named.ticks:
        return {named.ticks[code]: named.tick for code in told}
    beside = named.companion and given_answer in named.codes
    value = named.codes.get(given_answer, f"{given_answer}")
    return {named.companion if beside else named.variable: value}


def ways(found, questions):
    """Ways to answer, some of them without an answer where LimeSurvey can tell that."""
    every = ways_to_answer([found], questions) or []
    for way in every[:200]:
        yield way
        for name, question in questions.items():
            if question.exclusive:
                yield way | {name: None}


def each_condition(instrument):
    """Conditions on questions before, with the questions that they name."""
    items = {item.id: item for item in instrument.items}
    for question in instrument.questions:
        if question.base.condition is not None:
            names = {str(atom.question) for _, atom in question.base.condition.atoms()}
            yield question.base.condition, {name: items[name] for name in names}


@quickly
@given(instrument=instruments(derived=False, awkward_text=False))
def test_an_equation_is_true_exactly_where_the_condition_holds_for_sure(instrument):
    named = SurveyCodes(instrument).named
    for found, questions in each_condition(instrument):
        tree = parsed(equation(found, named))
        for way in ways(found, questions):
            told = [as_data(named[name], answer) for name, answer in way.items()]
            if None not in told:
                data = {name: value for part in told for name, value in part.items()}
                assert evaluated(tree, data) is (found.holds(way) is True)


@quickly
@given(instrument=instruments(derived=False, awkward_text=False))
def test_an_equation_read_again_holds_for_the_same_people(instrument):
    named = SurveyCodes(instrument).named
    for found, questions in each_condition(instrument):
        again, unsure = condition(equation(found, named), Variables(named.values()))
        assert unsure == ()
        for way in ways(found, questions):
            assert (again.holds(way) is True) is (found.holds(way) is True)


def test_a_changed_equation_counts_and_what_surveylib_kept_of_it_does_not(groups):
    raw = written(groups).decode()
    changed = raw.replace('groupsEncountered.NAOK == "yes"', 'groupsEncountered.NAOK == "no"', 1)
    draft = read(changed.encode(), name=groups.id)
    found = draft.instrument.question("groups_count").base
    assert found.condition.answers == ("no",)
    assert found.asked == "groups_encountered is 'no'"
    assert draft.instrument.question("groups_places").base.condition.answers == ("yes",)


def test_a_question_added_in_limesurvey_is_read_without_the_attribute_of_surveylib(groups):
    columns = written(groups).decode().split("\n")[0].lstrip("\ufeff").split("\t")
    cells = {"class": "Q", "type/scale": "S", "name": "newOne", "text": "And?", "language": "en"}
    line = "\t".join(cells.get(name, "") for name in columns)
    draft = read(written(groups) + f"{line}\n".encode(), name=groups.id)
    assert draft.instrument.question("newone").text == {"en": "And?"}
    assert draft.instrument.question_ids[:-1] == groups.question_ids


def plain_instrument(*questions):
    shared = {"concept": "c", "wording": "printed", "base": {"asked": "all"}}
    shared |= {"period": "not_stated"}
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "pets",
            "version": "1",
            "title": {"en": "Pets {and} <more>"},
            "languages": ["en"],
            "provenance": "p",
            "population": "p",
            "questions": [
                shared | {"id": f"q_{place}", "text": {"en": "Which?"}} | question
                for place, question in enumerate(questions)
            ],
        }
    )


def options(*codes, **fields):
    return {
        "option_list": "complete",
        "options": [{"code": code, "label": {"en": code}} | fields for code in codes],
    }


def rows_of(*questions):
    return as_imported(written(plain_instrument(*questions)))


def test_several_answers_are_subquestions_and_what_stands_alone_excludes_the_others():
    ticked = options("a", "b") | {"kind": "multi_answer", "missing": ["dont_know"]}
    ticked["options"].append({"code": "none", "label": {"en": "None"}, "exclusive": True})
    rows = rows_of(ticked | {"min_selected": 2, "max_selected": 2})
    question = next(row for row in rows if row["class"] == "Q")
    assert [row["name"] for row in rows if row["class"] == "SQ"] == ["a", "b", "none", "DK"]
    assert question["type/scale"] == "M"
    assert question["exclude_all_others"] == "none;DK"
    assert question["max_answers"] == "2"
    wanted = 'if(q0_none.NAOK == "Y" or q0_DK.NAOK == "Y", 1, 2)'
    assert question["min_answers"] == wanted


def test_a_required_number_may_be_left_out_by_those_who_say_that_they_do_not_know():
    number = {"kind": "number", "unit": "cats", "required": True, "missing": ["dont_know"]}
    asked, beside = [row for row in rows_of(number) if row["class"] == "Q"]
    assert (asked["type/scale"], asked["mandatory"], asked["suffix"]) == ("N", "N", "cats")
    assert asked["em_validation_q"] == "!is_empty(q0.NAOK) or !is_empty(q0Missing.NAOK)"
    assert (beside["type/scale"], beside["relevance"]) == ("L", "is_empty(q0.NAOK)")


def test_a_grid_of_boxes_is_an_array_with_two_axes():
    grid = options("a", "b") | {"kind": "grid", "cells": "multi_answer"}
    grid |= {"rows": [{"id": "first", "text": {"en": "First"}}]}
    grid["options"][1]["exclusive"] = True
    rows = rows_of(grid)
    question = next(row for row in rows if row["class"] == "Q")
    axes = [(row["name"], row["type/scale"]) for row in rows if row["class"] == "SQ"]
    assert (question["type/scale"], question["multiflexible_checkbox"]) == (":", "1")
    assert axes == [("first", "0"), ("a", "1"), ("b", "1")]
    wanted = '!(q0_first_b.NAOK == "1" and (q0_first_a.NAOK == "1"))'
    assert question["em_validation_q"] == wanted


def test_a_month_has_its_first_and_last_day_as_limits():
    date = {"kind": "date", "precision": "month", "earliest": "2023-02", "latest": "2024-02"}
    question = next(row for row in rows_of(date) if row["class"] == "Q")
    assert question["date_format"] == "yyyy-mm"
    assert (question["date_min"], question["date_max"]) == ("2023-02-01", "2024-02-29")


def test_long_titles_are_cut_in_limesurvey_and_come_back_whole():
    instrument = plain_instrument({"kind": "text"})
    instrument = instrument.model_copy(update={"title": {"en": "A long title & more " * 30}})
    titles = [row["text"] for row in as_imported(written(instrument)) if row["class"] == "SL"]
    assert len(titles[0]) <= 100
    assert read(written(instrument)).instrument.title == {
        "en": ("A long title & more " * 30).strip()
    }


def test_codes_with_a_number_keep_it_and_other_codes_keep_their_beginning():
    banded = options("from_11", "from_101", "decreased", "-1", "yes") | {"kind": "single"}
    codes = [row["name"] for row in rows_of(banded) if row["class"] == "A"]
    assert codes == ["f11", "f101", "decre", "A1", "yes"]


def test_a_spreadsheet_that_puts_quotes_around_cells_changes_nothing(groups):
    rows = [line.split("\t") for line in written(groups).decode("utf-8-sig").split("\n")[:-1]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.txt"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL).writerows(rows)
        draft = FORMAT.read(path, name=groups.id, version=groups.version)
    assert kept(draft.instrument, FORMAT.keeps) == kept(groups, FORMAT.keeps)


def test_what_surveylib_keeps_passes_through_filters_of_html():
    instrument = plain_instrument({"kind": "text", "note": 'a <b> & "c" \u2028 é'})
    (question,) = [row for row in as_imported(written(instrument)) if row["class"] == "Q"]
    assert re.fullmatch(r"[ -~]+", question["surveylib"])
    assert not set("<>&") & set(question["surveylib"])
    assert json.loads(question["surveylib"])["more"]["note"] == 'a <b> & "c" \u2028 é'


def test_ways_of_not_answering_survive_beside_every_kind_without_a_list():
    for kind, state in product(("text", "number", "date"), ("dont_know", "no_answer")):
        more = {"number": {"unit": "u"}, "date": {"precision": "day"}}.get(kind, {})
        instrument = plain_instrument({"kind": kind, "missing": [state]} | more)
        assert read(written(instrument)).instrument.questions[0].missing == (state,)
