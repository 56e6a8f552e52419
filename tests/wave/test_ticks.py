"""Several answers in every layout: the same answers give the same wave."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.wave.cells import meaning
from surveylib.wave.sets import delimited as delimited_cell
from tests.wave.corruption import ingested, option, question, survey

few = settings(max_examples=30, deadline=None)

LABELS = {"a": "Apples", "b": "Bread, or cake; fresh", "c": "Cheese", "none": "None of these"}
SEVERAL = survey(
    question(
        "food",
        "multi_answer",
        *(option(code, label, exclusive=code == "none") for code, label in LABELS.items()),
        missing=["dont_know", "refused"],
    ),
    question("end", "single", option("yes"), option("no")),
)
ONE = survey(
    question(
        "food",
        "single",
        *(option(code, label) for code, label in LABELS.items()),
        missing=["dont_know", "refused"],
    ),
    question("end", "single", option("yes"), option("no")),
)
STATES = {"dont_know": "Don't know", "refused": "Refused"}
PER_OPTION = {"layout": "column_per_option", "options": {code: code for code in LABELS}}
PER_OPTION |= {"missing": {state: state for state in STATES}}


def per_option(chosen, ticked, not_ticked):
    """The cells of one respondent, by header."""
    return {
        name: (LABELS | STATES)[name] if ticked == "label" and name in chosen
        else ticked if name in chosen
        else not_ticked
        for name in (*LABELS, *STATES)
    }  # fmt: skip


def delimited(sign, *, quoted=False):
    def cells(chosen):
        labels = [(LABELS | STATES)[name] for name in chosen]
        if quoted:
            labels = [f'"{label}"' if sign in label else label for label in labels]
        return {"food": sign.join(labels)}

    return cells, {"layout": "delimited", "column": "food", "delimiter": sign}


def _ticked(ticked, not_ticked):
    declared = {"ticked": [ticked], "not_ticked": [not_ticked] if not_ticked else []}
    return lambda chosen: per_option(chosen, ticked, not_ticked), PER_OPTION | declared


def _mentions(chosen):
    texts = [(LABELS | STATES)[name] for name in chosen]
    return dict(zip(("first", "second", "third"), [*texts, "", "", ""], strict=False))


#: Layout → what writes the cells of one respondent, and how the manifest declares them.
LAYOUTS = {
    "one_and_zero": _ticked("1", "0"),
    "yes_and_no": _ticked("Yes", "No"),
    "true_or_blank": _ticked("TRUE", ""),
    "label_or_blank": (lambda chosen: per_option(chosen, "label", ""), PER_OPTION),
    "comma": delimited(","),
    "semicolon": delimited("; "),
    "semicolon_close": delimited(";"),
    "comma_quoted": delimited(",", quoted=True),
    "bar": delimited("|"),
    "mentions": (_mentions, {"layout": "mentions", "columns": ["first", "second", "third"]}),
}


def as_text(rows):
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


def asked(instrument, layout, people):
    write, declared = LAYOUTS[layout]
    rows = [{**write(chosen), "end": "Yes"} for chosen in people]
    return ingested(as_text(rows), instrument, columns={"food": declared, "end": "end"})


answers = (
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True)
    | st.sampled_from([["none"], ["dont_know"], ["refused"]])
    | st.just([])
)


@pytest.mark.parametrize("layout", LAYOUTS)
@few
@given(people=st.lists(answers, min_size=1, max_size=6))
def test_every_layout_gives_the_answers_that_were_given(layout, people):
    found = asked(SEVERAL, layout, people)
    assert found.aside == []
    for row, chosen in enumerate(people):
        state = chosen[0] if chosen and chosen[0] in STATES else "answered"
        assert found.wave["food:state"][row] == (state if chosen else "no_answer")
        for code in LABELS:
            known = int(code in chosen) if chosen and state == "answered" else -1
            assert found.wave[f"food/{code}"][row] == known


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if "co" not in name and name != "bar"])
@few
@given(people=st.lists(st.sampled_from([*LABELS, *STATES, ""]), min_size=1, max_size=6))
def test_one_answer_that_is_spread_over_columns_is_one_answer(layout, people):
    found = asked(ONE, layout, [[name] if name else [] for name in people])
    assert found.aside == []
    given = [name if name in LABELS else None for name in people]
    assert found.wave["food"] == given
    states = ["answered" if name in LABELS else name or "no_answer" for name in people]
    assert found.wave["food:state"] == states


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("chosen", "code"),
    [(["a", "none"], "ANSWERS-EXCLUSIVE"), (["a", "refused"], "ANSWERS-MISSING")],
)
def test_what_cannot_be_chosen_together_goes_aside_as_a_whole(layout, chosen, code):
    write, _ = LAYOUTS[layout]
    found = asked(SEVERAL, layout, [chosen, ["b"]])
    given = [text for text in write(chosen).values() if text]
    assert [text for _, _, text, _ in found.aside] == given
    assert {one[3] for one in found.aside} == {code}
    assert found.wave["food:state"] == ["invalid", "answered"]
    assert [found.wave[f"food/{name}"][0] for name in LABELS] == [-1] * 4


@pytest.mark.parametrize("layout", ["one_and_zero", "label_or_blank", "mentions"])
def test_two_answers_to_a_question_that_takes_one_go_aside(layout):
    write, _ = LAYOUTS[layout]
    found = asked(ONE, layout, [["a", "c"]])
    assert {one[3] for one in found.aside} == {"ANSWERS-SEVERAL"}
    assert len(found.aside) == sum(bool(text) for text in write(["a", "c"]).values())
    assert found.wave["food"] == [None]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_ways_of_not_answering_are_no_answer_that_could_be_told(layout):
    write, _ = LAYOUTS[layout]
    chosen = ["dont_know", "refused"]
    found = asked(SEVERAL, layout, [chosen])
    assert found.wave["food:state"] == ["invalid"]
    assert [text for _, _, text, _ in found.aside] == [one for one in write(chosen).values() if one]


def test_an_unknown_text_takes_the_whole_answer_with_it():
    text = "a,b,c,none,dont_know,refused,end\n1,0,maybe,,,,Yes\n"
    declared = LAYOUTS["one_and_zero"][1]
    found = ingested(text, SEVERAL, columns={"food": declared, "end": "end"})
    assert found.aside == [
        (2, "A", "1", "CELL-GROUP"),
        (2, "B", "0", "CELL-GROUP"),
        (2, "C", "maybe", "CELL-UNKNOWN"),
    ]
    assert found.wave["food:state"] == ["invalid"]


def one_row(text, **declared):
    found = ingested(
        f"a,b,c,end\n{text},Yes\n",
        survey(
            question("food", "multi_answer", *(option(code, LABELS[code]) for code in "abc")),
            question("end", "single", option("yes"), option("no")),
        ),
        columns={
            "food": {
                "layout": "column_per_option",
                "options": {code: code for code in "abc"},
                "ticked": ["1"],
                "not_ticked": ["0"],
                **declared,
            },
            "end": "end",
        },
    )
    return found.wave["food:state"][0], [found.wave[f"food/{code}"][0] for code in "abc"]


@pytest.mark.parametrize(
    ("text", "declared", "state", "ticks"),
    [
        ("1,0,", {}, "answered", [1, 0, -1]),
        ("1,0,", {"blank": "not_ticked"}, "answered", [1, 0, 0]),
        ("1,0,", {"blank": "unknown"}, "answered", [1, 0, -1]),
        (",,", {}, "no_answer", [-1, -1, -1]),
        (",,", {"none_ticked": "answered"}, "no_answer", [-1, -1, -1]),
        ("0,0,0", {}, "no_answer", [-1, -1, -1]),
        ("0,0,0", {"none_ticked": "answered"}, "answered", [0, 0, 0]),
        ("0,0,0", {"none_ticked": "answered", "blank": "unknown"}, "answered", [0, 0, 0]),
        ("0,,", {"none_ticked": "answered"}, "answered", [0, -1, -1]),
        ("0,,", {"none_ticked": "answered", "blank": "not_ticked"}, "answered", [0, 0, 0]),
    ],
)
def test_blanks_beside_ticks_are_what_the_manifest_says(text, declared, state, ticks):
    assert one_row(text, **declared) == (state, ticks)


def test_blanks_that_may_be_ticks_are_never_counted_as_not_chosen():
    state, ticks = one_row("0,,", none_ticked="answered", blank="unknown")
    assert ticks[1:] == [-1, -1]
    assert state == "answered" or ticks == [-1, -1, -1]


def test_an_option_that_nobody_chose_is_not_chosen_though_it_has_no_column():
    found = ingested(
        "a,b,end\n1,,Yes\n",
        survey(
            question("food", "multi_answer", *(option(code, LABELS[code]) for code in "abc")),
            question("end", "single", option("yes"), option("no")),
        ),
        columns={
            "food": {
                "layout": "column_per_option",
                "options": {"a": "a", "b": "b"},
                "ticked": ["1"],
                "absent": ["c"],
                "blank": "unknown",
            },
            "end": "end",
        },
    )
    assert [found.wave[f"food/{code}"][0] for code in "abc"] == [1, -1, 0]


def test_a_declared_value_holds_in_a_column_per_option():
    text = "a,b,c,none,dont_know,refused,end\n-99,-99,-99,-99,,,Yes\n"
    declared = LAYOUTS["one_and_zero"][1] | {"values": {"-99": "refused"}}
    found = ingested(text, SEVERAL, columns={"food": declared, "end": "end"})
    assert found.wave["food:state"] == ["refused"]


def test_an_option_is_chosen_by_its_text():
    instrument = survey(
        question("food", "multi_answer", option("a"), option("other", write_in=True)),
        question("end", "single", option("yes"), option("no")),
    )
    declared = {"layout": "column_per_option", "options": {"a": "a"}, "ticked": ["1"]}
    declared |= {"write_in": {"other": "text"}, "text_ticks": ["other"]}
    text = "a,text,end\n1,,Yes\n,Plums,Yes\n1,Plums,Yes\n,\xa0,Yes\n"
    found = ingested(text, instrument, columns={"food": declared, "end": "end"})
    assert found.wave["food/a"] == [1, 0, 1, -1]
    assert found.wave["food/other"] == [0, 1, 1, -1]
    assert found.wave["food/other:text"] == [None, "Plums", "Plums", None]
    assert found.wave["food:state"] == ["answered", "answered", "answered", "no_answer"]


def cell(raw, sign, *labels, **declared):
    options = [option(f"o{place}", label) for place, label in enumerate(labels)]
    instrument = survey(
        question("food", "multi_answer", *options, missing=["refused"]),
        question("end", "single", option("yes"), option("no")),
    )
    text = as_text([{"food": raw, "end": "Yes"}])
    layout = {"layout": "delimited", "column": "food", "delimiter": sign, **declared}
    found = ingested(text, instrument, columns={"food": layout, "end": "end"})
    chosen = {label for place, label in enumerate(labels) if found.wave[f"food/o{place}"] == [1]}
    return chosen if found.wave["food:state"] == ["answered"] else found.wave["food:state"][0]


@pytest.mark.parametrize(
    ("raw", "sign", "labels", "wanted"),
    [
        ("A,B", ",", ["A", "B", "A and B"], {"A", "B"}),
        ("A, with B,B", ",", ["A, with B", "B"], {"A, with B", "B"}),
        ('"A, with B",B', ",", ["A, with B", "B"], {"A, with B", "B"}),
        # Two ways to read it: nobody can tell.
        ("A,B", ",", ["A", "B", "A,B"], {"A,B"}),  # the cell is a label as a whole
        ("A,B,C", ",", ["A", "B,C", "A,B", "C"], "invalid"),
        ("A,A", ",", ["A", "B"], {"A"}),
        ("A,,B", ",", ["A", "B"], {"A", "B"}),
        (",A", ",", ["A", "B"], {"A"}),
        ("A,b", ",", ["A", "B"], "invalid"),
        ("A,Refused", ",", ["A", "B"], "invalid"),
        ("Refused", ",", ["A", "B"], "refused"),
        ("A B", " ", ["A", "B"], {"A", "B"}),
        ("A\nB", "\n", ["A", "B"], {"A", "B"}),
        (" A ;  B ", ";", ["A", "B"], {"A", "B"}),
    ],
)
def test_a_cell_with_a_delimiter_is_read_in_the_only_way_that_it_can_be(raw, sign, labels, wanted):
    assert cell(raw, sign, *labels) == wanted


@pytest.mark.parametrize("raw", ["A  B", "A B ", " A B", "A B\n"])
def test_spaces_too_many_between_answers_do_not_make_them_unclear(raw):
    assert cell(raw, " ", "A", "B") == {"A", "B"}


def test_quotes_and_line_breaks_of_any_kind_stop_nothing():
    assert cell('"A"\r;B', ";", "A", "B") in ("invalid", {"A", "B"})


def test_a_quote_by_itself_is_not_blank():
    assert cell('"', ";", "A", "B") == "invalid"


def test_a_repair_that_is_allowed_mends_a_part_of_a_cell():
    repaired = cell("10-Jan;B", ";", "1-10", "B", repair=["spreadsheet_date"])
    assert repaired == {"1-10", "B"}


class Counted:
    """What texts mean, with the number of times that it was asked."""

    def __init__(self, known):
        self.inner = known
        self.asked = 0

    def known(self, raw):
        self.asked += 1
        return self.inner.known(raw)

    def __getattr__(self, name):
        return getattr(self.inner, name)


@pytest.mark.parametrize("raw", [";" * 300, "A;" * 300, "A; " * 300 + "C", "odd;" * 300])
def test_a_cell_full_of_delimiters_is_not_joined_in_every_way_that_there_is(raw):
    # Joining each part with every later one takes hours for a cell of 64 KB.
    options = (option("a", "A"), option("b", "B; or more"))
    item = survey(question("food", "multi_answer", *options)).items[0]
    known, _ = meaning(item, {"a": 0, "b": 1}, {}, {})
    counted = Counted(known)
    delimited_cell(counted, ";")(raw)
    assert counted.asked <= 20 * 300


CODED = survey(
    question(
        "place",
        "open_coded",
        option("uk", "United Kingdom"),
        option("se", "Sweden"),
        mentions="several",
        missing=["dont_know"],
    ),
    question("end", "single", option("yes"), option("no")),
)


def coded(raw, **declared):
    layout = {"layout": "coded_text", "column": "place", **declared}
    text = as_text([{"place": raw, "end": "Yes"}])
    wave = ingested(text, CODED, columns={"place": layout, "end": "end"}).wave
    return wave["place:state"][0], wave["place/uk"][0], wave["place/se"][0], wave["place:text"][0]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("Sweden", ("answered", 0, 1, "Sweden")),
        ("sweden and United Kingdom", ("answered", 1, 1, "sweden and United Kingdom")),
        ("somewhere", ("answered", 0, 0, "somewhere")),
        ("", ("no_answer", -1, -1, None)),
        ("\xa0", ("no_answer", -1, -1, None)),
    ],
)
def test_a_text_is_coded_and_kept(raw, wanted):
    assert coded(raw) == wanted


def test_a_way_of_not_answering_is_known_in_a_coded_text():
    assert coded("Don't know")[:3] == ("dont_know", -1, -1)


def test_a_declared_value_is_coded_as_declared():
    assert coded("GB", values={"GB": "uk"}) == ("answered", 1, 0, "GB")
