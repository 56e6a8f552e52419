"""Qualtrics survey files: what becomes of each type, of logic and codes, and of wrong files."""

import copy
import json
import re
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveylib.errors import InstrumentError, UnknownNameError
from surveylib.instrument.formats.qualtrics import FORMAT

quickly = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def choices(*names, **more):
    """Choices by id, in a list as Qualtrics has them."""
    return {name: {"Display": f"Statement {name}"} | more.get(f"c{name}", {}) for name in names}


def question(number, kind="MC", selector="SAVR", **more):
    """The element of one question."""
    payload = {
        "QuestionText": f"Text {number}",
        "DefaultChoices": False,
        "DataExportTag": f"Q{number}",
        "QuestionID": f"QID{number}",
        "QuestionType": kind,
        "Selector": selector,
        "Configuration": {"QuestionDescriptionOption": "UseText"},
        "Validation": {"Settings": {"ForceResponse": "OFF", "Type": "None"}},
        "GradingData": [],
        "Language": [],
    }
    element = {"Element": "SQ", "PrimaryAttribute": f"QID{number}"}
    return element | {"Payload": payload | more}


def listed(number, *names, selector="SAVR", **more):
    shown = {"Choices": choices(*names), "ChoiceOrder": list(names)}
    return question(number, "MC", selector, **(shown | more))


def survey(*questions, blocks=None, flow=None, **entry):
    """A survey file, in one block unless told otherwise."""
    ids = [element["Payload"]["QuestionID"] for element in questions]
    blocks = blocks or [("Default", "Default Question Block", ids)]
    payload = [
        {
            "Type": kind,
            "Description": title,
            "ID": f"BL_{place}",
            "BlockElements": [{"Type": "Question", "QuestionID": name} for name in inside],
        }
        for place, (kind, title, inside) in enumerate(blocks)
    ]
    usual = [{"Type": "Block", "ID": block["ID"], "FlowID": block["ID"]} for block in payload]
    about = {"SurveyID": "SV_1", "SurveyName": "Pets", "SurveyLanguage": "EN"}
    return {
        "SurveyEntry": about | entry,
        "SurveyElements": [
            {"Element": "BL", "PrimaryAttribute": "Survey Blocks", "Payload": payload},
            {"Element": "FL", "Payload": {"Flow": usual if flow is None else flow, "Type": "Root"}},
            {"Element": "SCO", "Payload": {"ScoringCategories": []}},
            *questions,
            {"Element": "QC", "Payload": None},
        ],
    }


def read(data):
    """The draft of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "survey.qsf"
        path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
        return FORMAT.read(path, name="pets", version="1")


def lost(draft):
    return "\n".join(map(str, draft.lost))


#: The published sample of answers in several columns: each question as its survey file has it, by
#: its tag: its id, its choices in order, and the recode values that differ from the ids.
SAMPLE = {
    "Q2": (2, "1 2 3", {}),
    "Q4": (5, "1 2 3", {"1": "10", "2": "11", "3": "12"}),
    "Q3": (3, "1 4 5 2 3", {}),
    "Q5": (
        6,
        "1 4 5 6 2 3 7",
        {"1": "10", "2": "14", "3": "15", "4": "11", "5": "12", "6": "13", "7": "16"},
    ),
    "mc_question_five": (4, "1 2 3", {}),
}
#: The columns of its data, as the newer export and the older one call them.
NEWER = (
    "Q2_1,Q2_2,Q2_3,Q4_10,Q4_11,Q4_12,Q3_1,Q3_4,Q3_5,Q3_2,Q3_3,Q5_10,Q5_11,Q5_12,Q5_13,Q5_14,"
    "Q5_15,Q5_16,mc_question_five_1,mc_question_five_2,mc_question_five_3,mc_question_five_2_TEXT"
)
OLDER = (
    "Q2_1,Q2_2,Q2_3,Q4_1,Q4_2,Q4_3,Q3_1,Q3_2,Q3_3,Q3_4,Q3_5,Q5_1,Q5_2,Q5_3,Q5_4,Q5_5,Q5_6,Q5_7,"
    "mc_question_five_1,mc_question_five_2,mc_question_five_2_TEXT,mc_question_five_3"
)
#: Where each column of the newer export comes from, in its third row.
IMPORTED = (
    "QID2-1,QID2-2,QID2-3,QID5-1,QID5-2,QID5-3,QID3-1,QID3-4,QID3-5,QID3-2,QID3-3,QID6-1,QID6-4,"
    "QID6-5,QID6-6,QID6-2,QID6-3,QID6-7,QID4-1,QID4-2,QID4-3,QID4-2-TEXT"
)


@pytest.fixture(scope="module")
def sample():
    written = {"c2": {"TextEntry": "true", "TextEntrySize": "Medium"}}
    questions = []
    for tag, (number, order, recodes) in SAMPLE.items():
        shown = choices(*sorted(order.split()), **(written if number == 4 else {}))
        more = {"Choices": shown, "ChoiceOrder": order.split(), "DataExportTag": tag}
        more |= {"RecodeValues": recodes} if recodes else {}
        questions.append(question(number, "MC", "MAVR", **more))
    return read(survey(*questions))


def columns(draft, renamed):
    """The columns of the draft's questions, in order, called by tags and renamed codes."""
    found = []
    for tag, one in zip(SAMPLE, draft.instrument.questions, strict=True):
        back = {value: name for name, value in renamed(tag).items()}
        found += [f"{tag}_{back.get(option.code, option.code)}" for option in one.options]
        texts = [option.code for option in one.options if option.write_in]
        found += [f"{tag}_{back.get(code, code)}_TEXT" for code in texts]
    return found


def test_codes_are_those_of_the_columns_of_the_newer_export(sample):
    assert columns(sample, lambda _: {}) == NEWER.split(",")
    assert [one.id for one in sample.instrument.questions] == [tag.lower() for tag in SAMPLE]


def test_codes_lead_back_to_the_columns_of_the_older_export_and_to_their_sources(sample):
    told = {
        entry.question: dict(re.findall(r"(\w+) is '(\w+)'", entry.what))
        for entry in sample.lost
        if "recode values" in entry.what
    }
    assert told == {tag: recodes for tag, (_, _, recodes) in SAMPLE.items() if recodes}
    older = columns(sample, lambda tag: told.get(tag, {}))
    assert sorted(older) == sorted(OLDER.split(","))
    sources = [re.sub("_([0-9])", r"-\1", name).replace("_TEXT", "-TEXT") for name in older]
    for tag, (number, _, _) in SAMPLE.items():
        sources = [re.sub(f"^{tag}-", f"QID{number}#", name) for name in sources]
    assert [name.replace("#", "-") for name in sources] == IMPORTED.split(",")


def settings_of(**more):
    return {"Validation": {"Settings": {"ForceResponse": "ON"} | more}}


def test_choices_stand_alone_are_required_shuffled_and_written_into():
    several = listed(
        1,
        "1",
        "2",
        "3",
        selector="MAVR",
        Choices=choices("1", "2", "3", c2={"TextEntry": "on"}, c3={"ExclusiveAnswer": True}),
        Randomization={"Type": "All"},
        **settings_of(Type="ChoiceRange", MinChoices="1", MaxChoices="2"),
    )
    (found,) = read(survey(several)).instrument.questions
    assert (found.kind, found.required, found.option_order) == ("multi_answer", True, "random")
    assert (found.min_selected, found.max_selected) == (1, 2)
    assert [option.write_in for option in found.options] == [False, True, False]
    assert [option.exclusive for option in found.options] == [False, False, True]


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        (listed(1, "1", "2"), "single"),
        (listed(1, "1", "2", selector="DL"), "single"),
        (listed(1, "0", "1", "2", selector="NPS"), "ordered"),
        (listed(1, "1", "2", selector="MACOL"), "multi_answer"),
        (question(1, "TE", "SL"), "text"),
        (question(1, "TE", "ESTB"), "text"),
        (
            question(1, "TE", "SL", **settings_of(Type="ContentType", ContentType="ValidNumber")),
            "number",
        ),
        (
            question(1, "TE", "SL", **settings_of(Type="ContentType", ContentType="ValidDate")),
            "date",
        ),
        (
            question(1, "TE", "SL", **settings_of(Type="ContentType", ContentType="ValidEmail")),
            "text",
        ),
        (question(1, "Slider", "HSLIDER", Choices=choices("1")), "number"),
    ],
)
def test_each_type_of_qualtrics_has_its_kind(element, kind):
    assert read(survey(element)).instrument.questions[0].kind == kind


@pytest.mark.parametrize(
    ("kind", "selector"),
    [
        ("DB", "TB"),
        ("Timing", "PageTimer"),
        ("Meta", "Browser"),
        ("RO", "DND"),
        ("SBS", "SBSMatrix"),
        ("Matrix", "Bipolar"),
        ("MC", "New"),
        ("", ""),
    ],
)
def test_a_type_that_is_no_question_here_is_listed(kind, selector):
    draft = read(survey(question(1, kind, selector), question(2, "TE", "SL")))
    assert draft.instrument.question_ids == ("q2",)
    assert "left out: 'Text 1'" in lost(draft)


def test_a_number_has_the_limits_that_its_answers_are_checked_for():
    limits = {"Min": "0", "Max": "99.5", "NumDecimals": "1"}
    checked = settings_of(Type="ContentType", ContentType="ValidNumber", ValidNumber=limits)
    (found,) = read(survey(question(1, "TE", "SL", **checked))).instrument.questions
    assert (found.minimum, found.maximum, found.decimals) == (Decimal(0), Decimal("99.5"), 1)


@pytest.mark.parametrize(
    ("sub", "cells"), [("SingleAnswer", "single"), ("MultipleAnswer", "multi_answer")]
)
def test_a_matrix_is_a_grid_whose_rows_have_their_tags(sub, cells):
    matrix = question(
        1,
        "Matrix",
        "Likert",
        SubSelector=sub,
        Choices=choices("1", "2"),
        ChoiceOrder=[2, "1"],
        ChoiceDataExportTags={"1": "Q1_price", "2": False},
        Answers=choices("1", "2", "3"),
        AnswerOrder=["1", "2", "3"],
        RecodeValues={"1": 5, "2": "-1"},
    )
    (found,) = read(survey(matrix)).instrument.questions
    assert (found.kind, found.cells) == ("grid", cells)
    assert [item.id for item in found.rows] == ["row_2", "q1_price"]
    assert [option.code for option in found.options] == ["5", "-1", "3"]


def test_several_fields_become_several_questions():
    form = question(1, "TE", "FORM", Choices=choices("4", "7"))
    found = read(survey(form)).instrument
    assert found.question_ids == ("q1_4", "q1_7")
    assert found.question("q1_7").text == {"en": "Text 1 Statement 7"}


def test_translations_stand_beside_the_language_of_the_survey():
    german = {"QuestionText": "Ein <b>Text</b>", "Choices": {"1": {"Display": "Aussage"}}}
    draft = read(survey(listed(1, "1", Language={"DE": german, "PT-BR": []}), SurveyLanguage="SV"))
    (found,) = draft.instrument.questions
    assert draft.instrument.languages == ("sv", "de")
    assert found.text == {"sv": "Text 1", "de": "Ein Text"}
    assert found.options[0].label == {"sv": "Statement 1", "de": "Aussage"}
    assert "formatting of the text 'Ein Text'" in lost(draft)


def test_markup_becomes_plain_text_and_what_is_filled_in_is_listed():
    raw = (
        "<div>How&nbsp;many<br>pets has ${q://QID1/ChoiceGroup/SelectedChoices}?</div><p>&lt;3</p>"
    )
    draft = read(survey(question(1, "TE", "SL", QuestionText=raw)))
    text = "How\u00a0many\npets has ${q://QID1/ChoiceGroup/SelectedChoices}?\n<3"
    assert draft.instrument.questions[0].text == {"en": text}
    assert "was filled in by Qualtrics" in lost(draft)


def where(locator, operator="Selected", value="", joined="And"):
    """One expression of some logic."""
    found = {"LogicType": "Question", "LeftOperand": locator, "Operator": operator}
    return found | {"RightOperand": value, "Conjuction": joined, "Type": "Expression"}


def logic(*groups):
    found = {"Type": "BooleanExpression", "inPage": False}
    for place, (word, *expressions) in enumerate(groups):
        found[str(place)] = {"Type": word} | {str(n): one for n, one in enumerate(expressions)}
    return found


def routed(shown):
    """A question that is asked by a list, a number and a matrix before it."""
    number = settings_of(Type="ContentType", ContentType="ValidNumber")
    draft = read(
        survey(
            listed(1, "1", "2", "3", RecodeValues={"1": "7"}),
            question(2, "TE", "SL", **number),
            question(
                3,
                "Matrix",
                "Likert",
                SubSelector="SingleAnswer",
                Choices=choices("1"),
                Answers=choices("1", "2"),
            ),
            question(4, "TE", "SL", DisplayLogic=shown),
        )
    )
    return draft.instrument.question("q4").base, lost(draft)


FIRST, SECOND = "q://QID1/SelectableChoice/1", "q://QID1/SelectableChoice/2"
COUNT = "q://QID2/ChoiceTextEntryValue"


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (logic(("If", where(FIRST))), "q1 is '7'"),
        (logic(("If", where(FIRST), where(SECOND, joined="Or"))), "q1 is '7' or '2'"),
        (logic(("If", where(FIRST)), ("OrIf", where(SECOND))), "q1 is '7' or '2'"),
        (
            logic(("If", where(FIRST), where(COUNT, "GreaterThanOrEqual", "3"))),
            "q1 is '7', and q2 is at least 3",
        ),
        (logic(("If", where(COUNT, "LessThan", "3"))), "not (q2 is at least 3)"),
        (logic(("If", where(COUNT, "EqualTo", "3"))), "q2 is at least 3 and at most 3"),
        (logic(("If", where("q://QID3/SelectableChoice/1/2"))), "q3.row_1 is '2'"),
    ],
)
def test_display_logic_that_compares_answers_is_a_condition(shown, words):
    base, told = routed(shown)
    assert base.condition.in_words() == words
    assert "display logic" not in told


@pytest.mark.parametrize(
    "shown",
    [
        logic(("If", where("q://QID1/SelectableChoice/9"))),
        logic(("If", where("q://QID9/SelectableChoice/1"))),
        logic(("If", where("q://QID4/SelectableChoice/1"))),
        logic(("If", where(FIRST, "Displayed"))),
        logic(("If", where(COUNT, "Contains", "x"))),
        logic(("If", where(COUNT, "EqualTo", "x"))),
        logic(("If", where(FIRST), where(COUNT, "EqualTo", "1"), where(SECOND, joined="Or"))),
        logic(("If", {"LogicType": "EmbeddedField", "LeftOperand": "a"})),
        logic(("If",)),
        {"0": 5},
        {"Type": "BooleanExpression"},
    ],
)
def test_other_display_logic_is_listed(shown):
    base, told = routed(shown)
    assert base.condition is None
    assert base.asked != "all"
    assert "Q4: display logic, which is no condition here" in told


def test_what_qualtrics_decides_without_an_answer_is_listed():
    base, told = routed(logic(("If", where(FIRST, "NotSelected"))))
    assert base.condition.in_words() == "not (q1 is '7')"
    assert "Q4: Qualtrics decides also for those who did not answer q1" in told


def test_blocks_are_sections_in_the_order_of_the_flow_and_branches_are_conditions():
    blocks = [
        ("Default", "First", ["QID1"]),
        ("Standard", "Second", ["QID2", "QID9"]),
        ("Standard", "Never", ["QID3"]),
        ("Trash", "Trash / Unused Questions", ["QID4"]),
    ]
    branch = {"Type": "Branch", "BranchLogic": logic(("If", where(FIRST)))}
    branch["Flow"] = [{"Type": "Standard", "ID": "BL_1"}, {"Type": "EndSurvey"}]
    flow = [{"Type": "EmbeddedData"}, {"Type": "Block", "ID": "BL_0"}, branch]
    asked = [listed(1, "1", "2"), *(question(number, "TE", "SL") for number in (2, 3, 4))]
    draft = read(survey(*asked, blocks=blocks, flow=flow))
    found = draft.instrument
    assert [(part.id, part.questions) for part in found.sections] == [
        ("first", ("q1",)),
        ("second", ("q2",)),
    ]
    assert found.question("q2").base.condition.answers == ("1",)
    for what in (
        "questions in the trash, left out: 'Q4'",
        "block 'Never' is never shown, left out: 'Q3'",
        "QID9: a block names a question that is not in the file",
        "'EmbeddedData' in the flow of the survey, left out",
        "'EndSurvey' in the flow of the survey, left out",
    ):
        assert what in lost(draft)


def test_a_file_without_blocks_has_its_questions_in_their_order():
    whole = survey(question(2, "TE", "SL"), question(1, "TE", "SL"))
    whole["SurveyElements"] = [one for one in whole["SurveyElements"] if one["Element"] == "SQ"]
    assert read(whole).instrument.question_ids == ("q2", "q1")


def test_names_that_do_not_fit_or_repeat_are_changed_and_listed():
    first = listed(1, "1", "2", DataExportTag="Où?", RecodeValues={"1": "a b", "2": "A_b"})
    draft = read(survey(first, question(2, "TE", "SL", DataExportTag="ou")))
    assert draft.instrument.question_ids == ("ou", "ou_2")
    assert draft.instrument.question("ou").answer_codes == ("a_b", "A_b_2")
    assert "ou: 'ou' is called 'ou_2' here" in lost(draft)
    assert "Où?: the code 'a b' is 'a_b' here" in lost(draft)


def test_what_cannot_be_is_left_out_of_limits_and_listed():
    ticks = settings_of(Type="ChoiceRange", MinChoices="5", MaxChoices="nine")
    draft = read(survey(listed(1, "1", "2", selector="MAVR", SkipLogic=[{"a": 1}], **ticks)))
    (found,) = draft.instrument.questions
    assert (found.min_selected, found.max_selected) == (None, None)
    for what in ("MinChoices '5' cannot be", "MaxChoices 'nine' cannot be", "skip logic, left out"):
        assert what in lost(draft)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "FILE-EMPTY"),
        (b"[]", "JSON-SYNTAX"),
        (json.dumps(survey(question(1))).encode()[:-40], "JSON-SYNTAX"),
        (b'{"a": NaN}', "JSON-SYNTAX"),
        (b'{"a": 1, "a": 2}', "JSON-DUPLICATE"),
        (b'{"a": ' * 60 + b"1" + b"}" * 60, "JSON-DEPTH"),
        (b'{"a": "\0"}', "FILE-CHARACTER"),
        (b'{"a": "\xff"}', "FILE-ENCODING"),
        (b" " * (16 * 1024 * 1024 + 1), "FILE-SIZE"),
        (b"{}", "QUALTRICS-EMPTY"),
        (b'{"SurveyElements": []}', "QUALTRICS-EMPTY"),
        (b'{"SurveyElements": 5}', "QUALTRICS-VALUE"),
        (json.dumps(survey(question(1, "DB", "TB"))).encode(), "QUALTRICS-EMPTY"),
        (json.dumps(survey(question(1, "TE", "SL", QuestionText=[1]))).encode(), "QUALTRICS-VALUE"),
    ],
)
def test_a_file_that_is_no_survey_is_refused(raw, code):
    with pytest.raises(InstrumentError, match=re.escape(f"[{code}]")):
        read(raw)


def test_a_value_of_the_wrong_type_is_found_with_its_place():
    with pytest.raises(InstrumentError) as caught:
        read(survey(question(1, "TE", "SL"), listed(2, "1", Choices=3, ChoiceOrder="x")))
    told = [fault.what for fault in caught.value.faults]
    assert "$.SurveyElements.4.Payload.Choices is of the wrong type" in told
    assert "$.SurveyElements.4.Payload.ChoiceOrder is of the wrong type" in told


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match="no file called 'none"):
        FORMAT.read(tmp_path / "none.qsf", name="a", version="1")


WHOLE = survey(
    listed(1, "1", "2", RecodeValues={"1": "7"}, Randomization={"Type": "All"}),
    listed(2, "1", "2", selector="MAVR", Language={"DE": {"QuestionText": "x", "Choices": {}}}),
    question(
        3,
        "Matrix",
        "Likert",
        SubSelector="SingleAnswer",
        Choices=choices("1"),
        Answers=choices("1"),
    ),
    question(4, "TE", "SL", DisplayLogic=logic(("If", where(FIRST), where(COUNT, "EqualTo", "1")))),
    question(5, "Slider", "HSLIDER", Choices=choices("1"), Configuration={"CSSliderMin": 0}),
)
JUNK = (
    *(None, True, False, 0, -1, 1.5, 10**30, "", "x", "\ud800", [], {}, [1], [[]], {"a": 1}),
    *("ON", "MC", "TE", "FORM", "Matrix", "Slider", "MAVR", "Likert", "QID2", "BL_0", "Trash"),
    *({"0": {"0": {}}}, {"Type": "All"}, ["QID1"], {"1": "1", "2": "1"}, "9" * 40),
)


def places(node, path=()):
    """Where every value of some JSON stands."""
    inner = node if isinstance(node, list) else []
    for name, inside in node.items() if isinstance(node, dict) else enumerate(inner):
        yield (*path, name)
        yield from places(inside, (*path, name))


PLACES = list(places(WHOLE))


@quickly
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(JUNK)), min_size=1, max_size=4
    )
)
def test_a_file_with_other_values_anywhere_is_read_or_refused(changes):
    data = copy.deepcopy(WHOLE)
    for (*path, last), junk in changes:
        node = data
        for name in path:
            inside = isinstance(node, dict) and name in node
            inside |= isinstance(node, list) and isinstance(name, int) and name < len(node)
            node = node[name] if inside else {}
        if isinstance(node, dict) or (isinstance(node, list) and node and isinstance(last, int)):
            node[last if isinstance(node, dict) else min(last, len(node) - 1)] = junk
    try:
        found = read(data).instrument.questions
    except InstrumentError as error:
        found = error.faults
    assert found
