"""Columns of a manifest in a file: found, told apart, and every one of them accounted for."""

import pytest
from pydantic import ValidationError

from surveylib.errors import ManifestError, listed
from surveylib.wave.binding import bind, is_personal
from surveylib.wave.layout import Columns
from surveylib.wave.readers.base import Column, Sheet
from tests.wave.corruption import ingested, option, question, survey


def sheet(*heads):
    """A file with these headers and no rows; several header rows as tuples."""
    columns = tuple(
        Column(position=place, heads=(head,) if isinstance(head, str) else head)
        for place, head in enumerate(heads)
    )
    return Sheet(file="r.csv", format="csv", sha256="", columns=columns, batches=lambda: iter(()))


def found(heads, columns, **manifest):
    """The position of each question's column, and the faults."""
    columns = {
        name: one if isinstance(one, str) or "column" in one else {"column": one}
        for name, one in columns.items()
    }
    made, faults = bind(sheet(*heads), Columns.model_validate({"columns": columns, **manifest}))
    return {name: one.column for name, one in made.questions.items()}, faults


def codes(heads, columns, **manifest):
    return [fault.code for fault in found(heads, columns, **manifest)[1]]


@pytest.mark.parametrize(
    "name",
    [
        "How many?",
        " How  many? ",
        {"header": "How many?"},
        {"at": "B"},
        {"header": "How many?", "at": "B"},
        {"header": "How…"},
        {"header": "How m…", "at": "B"},
    ],
)
def test_a_column_is_found_by_its_header_its_letters_or_both(name):
    assert found(["id", "\ufeffHow many?\xa0"], {"a": name, "b": "id"}) == ({"a": 1, "b": 0}, [])


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ({"header": "Q1", "under": "Dogs"}, 1),
        ({"header": "Q1", "id": "c"}, 2),
        ({"under": "Other"}, 2),
        ({"id": "a"}, 0),
    ],
)
def test_several_header_rows_tell_columns_apart(name, position):
    heads = [("Q1", "Cats", "a"), ("Q1", "Dogs", "b"), ("Q1", "Other", "c")]
    others = [{"at": letter} for place, letter in enumerate("ABC") if place != position]
    columns = {"q": {"column": name}} | {
        f"o{number}": {"column": other} for number, other in enumerate(others)
    }
    where, faults = found(heads, columns)
    assert (where["q"], faults) == (position, [])


def test_a_header_that_stands_twice_is_told_apart_by_letters_only():
    where, faults = found(["pets", "pets"], {"a": {"header": "pets"}, "b": {"at": "B"}})
    assert [fault.code for fault in faults] == ["COLUMN-AMBIGUOUS", "COLUMN-UNMAPPED"]
    assert "A, B" in faults[0].what
    assert "at: A" in faults[0].todo
    assert where["a"] is None
    assert codes(["pets", "pets"], {"a": {"header": "pets", "at": "A"}, "b": {"at": "B"}}) == []


@pytest.mark.parametrize("name", ["Pets", "pets.", {"at": "C"}, {"header": "cats", "at": "A"}])
def test_a_column_that_is_not_there_is_missing_and_the_nearest_is_named(name):
    _, faults = found(["pets", "end"], {"a": name, "b": "end"})
    wanted = "COLUMN-HEADER" if isinstance(name, dict) and "header" in name else "COLUMN-MISSING"
    assert faults[0].code == wanted
    if isinstance(name, str):
        assert faults[0].todo == "is it 'pets'?"


def test_a_header_that_moved_is_found_again_for_the_message():
    _, faults = found(["new", "pets"], {"a": {"header": "pets", "at": "A"}, "b": "new"})
    assert faults[0].code == "COLUMN-HEADER"
    assert "stands in column B" in faults[0].todo


def test_every_column_that_has_no_use_is_named():
    _, faults = found(["pets", "odd", ""], {"a": "pets"})
    assert [fault.code for fault in faults] == ["COLUMN-UNMAPPED"] * 2
    assert "column B 'odd'" in faults[0].what
    assert "column C without a header" in faults[1].what


def test_hundreds_of_columns_without_a_use_are_counted():
    _, faults = found(["pets", *(f"q{number}" for number in range(300))], {"a": "pets"})
    assert len(faults) == 21
    assert faults[-1].what.startswith("280 more columns")


def test_a_column_has_one_use():
    assert codes(["pets"], {"a": "pets", "b": "pets"}) == ["COLUMN-TWICE"]
    ignored = [{"column": "pets", "reason": "x"}]
    assert codes(["pets"], {"a": "pets"}, ignore=ignored) == ["COLUMN-TWICE"]
    assert codes(["pets"], {"a": "pets"}, respondent={"column": "pets"}) == ["COLUMN-TWICE"]
    assert codes(["pets"], {"a": "pets"}, keep={"weight": "pets"}) == ["COLUMN-TWICE"]


def test_a_column_that_excludes_rows_may_have_another_use_and_needs_none():
    rule = [{"column": "status", "texts": ["x"], "reason": "test"}]
    assert codes(["pets", "status"], {"a": "pets"}, exclude=rule) == []
    assert codes(["pets", "status"], {"a": "pets", "b": "status"}, exclude=rule) == []


def test_a_run_of_columns_is_ignored():
    heads = ["pets", "b", "c", "d"]
    run = {"from": "b", "to": {"at": "D"}, "reason": "not ours"}
    assert codes(heads, {"a": "pets"}, ignore=[run]) == []
    turned = {"from": "d", "to": "b", "reason": "not ours"}
    assert codes(heads, {"a": "pets"}, ignore=[turned])[0] == "COLUMNS-REVERSED"


@pytest.mark.parametrize(
    "head",
    [
        *("IP Address", "ip", "E-mail", "Email", "Your e-mail address", "LocationLatitude"),
        *("First name", "RecipientEmail", "Telephone", "date of birth", "Vorname", "IPAddress"),
    ],
)
def test_personal_data_is_refused_unless_it_is_ignored(head):
    assert is_personal([head])
    assert codes(["pets", head], {"a": "pets", "b": head}) == ["PERSONAL-DATA"]
    assert codes(["pets", head], {"a": "pets"}, keep={"more": head}) == ["PERSONAL-DATA"]
    ignored = [{"column": head, "reason": "personal data"}]
    assert codes(["pets", head], {"a": "pets"}, ignore=ignored) == []


@pytest.mark.parametrize(
    "head", ["Do you answer e-mail within a day?", "Shipping", "zip", "Tip", "Streetcars", "pets"]
)
def test_a_question_that_mentions_such_data_is_none(head):
    assert not is_personal([head])


ASKED = survey(
    question("pets", "single", option("yes"), option("no"), missing=["refused"]),
    question("food", "multi_answer", option("a"), option("b")),
    question("count", "number", unit="pets"),
    question(
        "trust",
        "grid",
        option("low"),
        option("high"),
        cells="single",
        rows=[{"id": "calm", "text": {"en": "calm"}}, {"id": "loud", "text": {"en": "loud"}}],
    ),
)
RIGHT = {
    "pets": "pets",
    "food": {"layout": "delimited", "column": "food", "delimiter": ";"},
    "count": "count",
    "trust": {"layout": "grid", "rows": {"calm": "calm", "loud": "loud"}},
}
HEAD = "pets,food,count,calm,loud\nYes,a;b,3,Low,High\n"


def faults_of(columns, head=HEAD, **manifest):
    with pytest.raises(ManifestError, match="fault") as caught:
        ingested(head, ASKED, columns=columns, **manifest)
    return [fault.code for fault in caught.value.faults]


def test_columns_that_fit_are_read():
    found = ingested(HEAD, ASKED, columns=RIGHT)
    assert found.wave["pets"] == ["yes"]
    assert found.wave["trust.loud"] == ["high"]


def per_option(**parts):
    return {"layout": "column_per_option", "options": {"a": "food"}, **parts}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pest": "pets"}, "QUESTION-UNKNOWN"),
        ({"pets": {"column": "pets", "values": {"x": "maybe"}}}, "CODE-UNKNOWN"),
        ({"pets": {"column": "pets", "values": {"x": "answered"}}}, "CODE-UNKNOWN"),
        ({"pets": {"column": "pets", "write_in": {"other": "x"}}}, "CODE-UNKNOWN"),
        ({"pets": {"layout": "delimited", "column": "pets", "delimiter": ";"}}, "LAYOUT"),
        ({"food": "food"}, "LAYOUT"),
        ({"count": {"layout": "mentions", "columns": ["count"]}}, "LAYOUT"),
        ({"pets": {"layout": "coded_text", "column": "pets"}}, "LAYOUT"),
        ({"trust": "calm"}, "LAYOUT"),
        ({"pets": {"layout": "grid", "rows": {"calm": "pets"}}}, "LAYOUT"),
        ({"trust": {"layout": "grid", "rows": {"calm": "calm"}}}, "QUESTION-UNMAPPED"),
        ({"trust": {"layout": "grid", "rows": {"calm": "calm", "odd": "loud"}}}, "CODE-UNKNOWN"),
        ({"food": per_option()}, "OPTION-COLUMN"),
        ({"food": per_option(absent=["a", "b"])}, "OPTION-COLUMN"),
        ({"food": per_option(absent=["b", "c"])}, "CODE-UNKNOWN"),
        ({"food": {"layout": "column_per_option", "options": {"z": "food"}}}, "CODE-UNKNOWN"),
    ],
)
def test_what_does_not_fit_the_questionnaire_is_a_fault(change, code):
    assert code in faults_of(RIGHT | change)


def test_a_question_without_a_column_is_a_fault():
    assert "QUESTION-UNMAPPED" in faults_of({k: v for k, v in RIGHT.items() if k != "count"})


def test_two_places_for_one_row_of_a_grid_are_a_fault():
    head = "pets,food,count,calm,loud,again\nYes,a,3,Low,High,Low\n"
    assert faults_of(RIGHT | {"trust.calm": "again"}, head=head)


def test_a_text_that_means_yes_and_no_is_a_fault():
    both = {"layout": "column_per_option", "options": {"a": "food", "b": "b"}}
    both |= {"ticked": ["1"], "not_ticked": ["1", "0"]}
    with pytest.raises(ValidationError, match="'1' means that an option was chosen too"):
        faults_of(RIGHT | {"food": both}, head="pets,food,count,calm,loud,b\nYes,1,3,Low,High,\n")


def test_labels_that_differ_only_in_what_is_dropped_are_a_fault():
    instrument = survey(question("q", "single", option("a", "1–5"), option("b", "1-5")))
    with pytest.raises(ManifestError, match="TEXT-AMBIGUOUS"):
        ingested("q\na\n", instrument, columns={"q": "q"})


def test_values_that_differ_only_in_what_is_dropped_are_a_fault():
    values = {"Y": "yes", "Y ": "no"}
    assert "TEXT-AMBIGUOUS" in faults_of(RIGHT | {"pets": {"column": "pets", "values": values}})


def test_leaving_all_open_is_no_answer_to_a_question_that_takes_one():
    layout = {"layout": "column_per_option", "options": {"yes": "pets", "no": "no"}}
    layout |= {"ticked": ["1"], "none_ticked": "answered"}
    head = "pets,food,count,calm,loud,no\n1,a,3,Low,High,\n"
    assert faults_of(RIGHT | {"pets": layout}, head=head)


def test_every_fault_is_told_at_once():
    columns = {
        "pets": {"column": "pest", "values": {"x": "maybe"}},
        "food": "food",
        "odd": "calm",
        "trust": {"layout": "grid", "rows": {"calm": "calm"}},
    }
    found = faults_of(columns, respondent={"column": "id"}, keep={"mail": {"at": "Z"}})
    wanted = {
        "COLUMN-MISSING",
        "CODE-UNKNOWN",
        "LAYOUT",
        "QUESTION-UNKNOWN",
        "QUESTION-UNMAPPED",
        "COLUMN-TWICE",
        "COLUMN-UNMAPPED",
    }
    assert set(found) == wanted, listed(found)
    assert found.count("COLUMN-MISSING") == 3
    assert found.count("QUESTION-UNMAPPED") == 2


@pytest.mark.parametrize(
    ("options", "missing"),
    [
        ([option("a", "Same"), option("b", "Same")], []),
        ([option("a", "b"), option("b", "c")], []),
        ([option("a", "Refused"), option("b")], ["refused"]),
    ],
)
def test_a_text_that_could_mean_two_answers_has_to_be_declared(options, missing):
    instrument = survey(question("q", "single", *options, missing=missing))
    with pytest.raises(ManifestError, match="TEXT-AMBIGUOUS"):
        ingested("q\na\n", instrument, columns={"q": "q"})
    values = {text: one["code"] for one in options for text in one["label"].values()}
    found = ingested("q\na\n", instrument, columns={"q": {"column": "q", "values": values}})
    assert found.wave["q"] == ["a"]
