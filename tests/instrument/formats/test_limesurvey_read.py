"""LimeSurvey files of others: both layouts, every type, old conditions, files that are wrong."""

import contextlib
import re
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveylib.errors import InstrumentError, UnknownNameError
from surveylib.instrument.formats.limesurvey import FORMAT, LSS_FORMAT
from surveylib.instrument.formats.limesurvey.equations import UnreadableError, parsed

quickly = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def read(raw, form=LSS_FORMAT):
    """The draft of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"survey{form.suffix}"
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
        return form.read(path, name="pets", version="1")


def row(**cells):
    return "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in cells.items())


def table(name, *rows):
    return f"<{name}><rows>{''.join(f'<row>{one}</row>' for one in rows)}</rows></{name}>"


def survey(*tables, kind="Survey"):
    head = f'<?xml version="1.0" encoding="UTF-8"?><document><LimeSurveyDocType>{kind}'
    return f"{head}</LimeSurveyDocType><DBVersion>641</DBVersion>{''.join(tables)}</document>"


def lost(draft):
    return "\n".join(map(str, draft.lost))


def asked(qid, title, kind, text, **more):
    """A question in the layout since version 3: its row, and the row of its text."""
    told = {"qid": qid, "parent_qid": "0", "sid": "7", "gid": "1", "type": kind, "title": title}
    told |= {"other": "N", "mandatory": "N", "relevance": "1", "question_order": qid} | more
    return row(**told), row(qid=qid, question=text, help="", language="en")


def newer(questions, *tables):
    """A survey in the layout since version 3, with one group."""
    settings_ = row(surveyls_language="en", surveyls_title="Pets &amp; people", surveyls_endtext="")
    return survey(
        table("surveys", row(sid="7", language="en", additional_languages="")),
        table("surveys_languagesettings", settings_),
        table("groups", row(gid="1", sid="7", group_order="1", grelevance="")),
        table("group_l10ns", row(gid="1", group_name="At home", description="", language="en")),
        table("questions", *(one[0] for one in questions)),
        table("question_l10ns", *(one[1] for one in questions)),
        *tables,
    )


def answers(qid, *codes):
    """Answers to a question, with ids of their own."""
    rows = [
        row(aid=f"{qid}{place}", qid=qid, code=code, sortorder=str(place), scale_id="0")
        for place, code in enumerate(codes)
    ]
    return rows, [
        row(aid=f"{qid}{place}", answer=f"<b>{code}</b>!", language="en")
        for place, code in enumerate(codes)
    ]


def parts(parent, *codes, scale="0", first=100):
    """Subquestions in the layout since version 3."""
    ids = [f"{parent}{first + place}" for place in range(len(codes))]
    rows = [
        row(qid=name, parent_qid=parent, gid="1", title=code, scale_id=scale, question_order=name)
        for name, code in zip(ids, codes, strict=True)
    ]
    return rows, [
        row(qid=name, question=f"the {code}", language="en")
        for name, code in zip(ids, codes, strict=True)
    ]


def test_the_layout_since_version_3_has_its_texts_in_tables_of_their_own():
    listed, labels = answers("1", "A1", "A2")
    ticked, shown = parts("2", "cat", "dog", "none")
    draft = read(
        newer(
            [
                asked("1", "hasPet", "L", "<p>Have you <em>any</em> pet?</p>", mandatory="Y"),
                asked("2", "which", "M", "Which?", relevance='((hasPet.NAOK == "A1"))'),
                asked(
                    "3", "age", "N", "How old?", relevance="which_cat.NAOK == 'Y' && hasPet != ''"
                ),
            ],
            table("subquestions", *ticked),
            table("question_l10ns", *shown),
            table("answers", *listed),
            table("answer_l10ns", *labels),
            table(
                "question_attributes",
                row(qid="2", attribute="exclude_all_others", value="none", language=""),
                row(qid="2", attribute="max_answers", value="2", language=""),
                row(qid="3", attribute="min_num_value_n", value="0", language=""),
                row(qid="3", attribute="num_value_int_only", value="1", language=""),
                row(qid="3", attribute="suffix", value="years", language="en"),
                row(qid="3", attribute="array_filter", value="which", language=""),
                row(qid="3", attribute="statistics_showgraph", value="1", language=""),
            ),
        )
    )
    found = draft.instrument
    assert found.title == {"en": "Pets & people"}
    assert found.status == "draft"
    assert [part.title["en"] for part in found.sections] == ["At home"]
    assert found.question_ids == ("haspet", "which", "age")
    pet, which, age = found.questions
    assert (pet.kind, pet.required, pet.answer_codes) == ("single", True, ("A1", "A2"))
    assert pet.text == {"en": "Have you any pet?"}
    assert pet.label("A1") == "A1!"
    assert (which.kind, which.max_selected) == ("multi_answer", 2)
    assert [option.exclusive for option in which.options] == [False, False, True]
    assert which.base.condition.in_words() == "haspet is 'A1'"
    assert age.base.condition.in_words() == "which is 'cat', and haspet is 'A1' or 'A2'"
    assert (age.unit, age.minimum, age.decimals) == ("years", Decimal(0), 0)
    for what in ("is called 'haspet' here", "formatting of the text 'Have you any", "array_filter"):
        assert what in lost(draft)
    assert "statistics_showgraph" not in lost(draft)


def test_the_layout_up_to_version_2_has_a_row_for_each_language():
    group = {"gid": "1", "sid": "7", "group_order": "0", "description": ""}
    question = {"qid": "5", "parent_qid": "0", "sid": "7", "gid": "1", "type": "L", "title": "a"}
    question |= {"other": "Y", "mandatory": "Y", "question_order": "1", "help": "Think!"}
    second = {"qid": "6", "parent_qid": "0", "sid": "7", "gid": "1", "type": "T", "title": "why"}
    second |= {"question_order": "2", "question": "Why?", "language": "en", "relevance": ""}
    rule = {"qid": "6", "cqid": "5", "cfieldname": "7X1X5", "method": "==", "scenario": "1"}
    draft = read(
        survey(
            table("surveys", row(sid="7", language="en", additional_languages="de")),
            table(
                "groups",
                row(**group, group_name="One", language="en"),
                row(**group, group_name="Eins", language="de"),
            ),
            table(
                "questions",
                row(**question, question="Which?", language="en"),
                row(**question, question="Welche?", language="de"),
                row(**second),
            ),
            table(
                "answers",
                row(qid="5", code="2", answer="Two", sortorder="2", language="en", scale_id="0"),
                row(qid="5", code="1", answer="One", sortorder="1", language="en", scale_id="0"),
                row(qid="5", code="1", answer="Eins", sortorder="1", language="de", scale_id="0"),
            ),
            table("conditions", row(**rule, value="1"), row(**rule, value="2")),
            table("quota", row(id="1", name="men")),
        )
    )
    first, why = draft.instrument.questions
    assert draft.instrument.languages == ("en", "de")
    assert draft.instrument.sections[0].title == {"en": "One", "de": "Eins"}
    assert first.text == {"en": "Which?", "de": "Welche?"}
    assert first.options[0].label == {"en": "One", "de": "Eins"}
    assert [option.code for option in first.options] == ["1", "2", "other"]
    assert first.options[2].write_in
    assert why.base.condition.answers == ("1", "2")
    assert "help text (en) left out: 'Think!'" in lost(draft)
    assert "table 'quota' with 1 rows, left out" in lost(draft)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("L", "single"),
        ("!", "single"),
        ("O", "single"),
        ("5", "ordered"),
        ("Y", "single"),
        ("G", "single"),
        ("M", "multi_answer"),
        ("P", "multi_answer"),
        ("N", "number"),
        ("D", "date"),
        ("S", "text"),
        ("T", "text"),
        ("U", "text"),
        ("F", "grid"),
        ("H", "grid"),
        ("A", "grid"),
        ("B", "grid"),
        ("C", "grid"),
        ("E", "grid"),
    ],
)
def test_each_type_of_limesurvey_has_its_kind(kind, wanted):
    listed, labels = answers("1", "A1", "A2")
    rows, texts = parts("1", "r1", "r2")
    raw = newer(
        [asked("1", "q", kind, "Which?")],
        table("question_l10ns", *texts),
        table("answers", *listed),
        table("answer_l10ns", *labels),
        table("subquestions", *rows),
    )
    assert read(raw).instrument.questions[0].kind == wanted


@pytest.mark.parametrize("kind", ["X", "R", "*", "|", "I", ";", ":", "?", ""])
def test_a_type_that_is_no_question_here_is_listed(kind):
    draft = read(newer([asked("1", "q", kind, "Hello"), asked("2", "t", "T", "Why?")]))
    assert draft.instrument.question_ids == ("t",)
    assert "left out" in next(str(entry) for entry in draft.lost if entry.question == "q")


def test_several_fields_and_two_scales_become_several_questions():
    rows, texts = parts("1", "r1", "r2")
    listed = [
        row(aid=f"{scale}{code}", qid="2", code=code, sortorder="1", scale_id=scale)
        for scale in "01"
        for code in ("a", "b")
    ]
    twos, more = parts("2", "x")
    raw = newer(
        [asked("1", "f", "Q", "Write"), asked("2", "s", "1", "Both")],
        table("subquestions", *rows, *twos),
        table("answers", *listed),
        table("question_l10ns", *texts, *more),
    )
    found = read(raw).instrument
    assert found.question_ids == ("f_r1", "f_r2", "s.x", "s_2.x")
    assert found.question("f_r1").text == {"en": "Write the r1"}


def test_one_question_by_itself_is_read_as_its_export_has_it():
    draft = read(
        survey(
            "<languages><language>en</language></languages>",
            table("questions", row(qid="142", gid="96", type="T", title="FREE")),
            table("question_l10ns", row(qid="142", question="<p>Text</p>", language="en")),
            kind="Question",
        )
    )
    assert draft.instrument.question("free").text == {"en": "Text"}


def test_rows_that_belong_to_nothing_are_listed_and_left_out():
    listed, labels = answers("9", "A1")
    rows, _ = parts("9", "x")
    stray, _ = asked("2", "u", "T", "Stray?", gid="77")
    nobodys = row(qid="55", question="Whose?", language="en")
    draft = read(
        newer(
            [asked("1", "t", "T", "Why?"), (stray, nobodys)],
            table("answers", *listed),
            table("answer_l10ns", *labels),
            table("subquestions", *rows),
            table("question_attributes", row(qid="8", attribute="hidden", value="1")),
            table("conditions", row(qid="8", cqid="1", cfieldname="", method="", value="")),
        )
    )
    assert draft.instrument.question_ids == ("t",)
    for what in (
        "u: a question of no group",
        "x: a subquestion of no question",
        "A1: an answer to no question",
        "1 texts of questions that belong to nothing",
        "1 texts of answers that belong to nothing",
        "1 attributes that belong to nothing",
        "1 conditions that belong to nothing",
    ):
        assert what in lost(draft)


def test_what_stands_twice_counts_once_or_gets_a_name_of_its_own():
    listed, labels = answers("1", "A1", "A1", "a1")
    questions = [asked("1", "q", "L", "One?"), asked("1", "q", "L", "Again?")]
    questions.append(asked("2", "Q", "T", "Two?"))
    draft = read(newer(questions, table("answers", *listed), table("answer_l10ns", *labels)))
    assert draft.instrument.question_ids == ("q", "q_2")
    assert draft.instrument.question("q").answer_codes == ("A1", "a1_2")
    assert "q: a question stands twice" in lost(draft)
    assert "q: answer code 'A1' stands twice" in lost(draft)


def routed(relevance):
    """The base of a text that is asked by a list, a number and boxes before it."""
    listed, labels = answers("1", "a", "b", "c")
    rows, texts = parts("3", "x", "y")
    raw = newer(
        [
            asked("1", "l", "L", "Which?"),
            asked("2", "n", "N", "How many?"),
            asked("3", "m", "M", "Which?"),
            asked("4", "t", "T", "Why?", relevance=relevance),
        ],
        table("answers", *listed),
        table("answer_l10ns", *labels),
        table("subquestions", *rows),
        table("question_l10ns", *texts),
    )
    draft = read(raw)
    return draft.instrument.question("t").base, lost(draft)


@pytest.mark.parametrize(
    ("relevance", "words"),
    [
        ('l == "a"', "l is 'a'"),
        ('((l.NAOK == "a"))', "l is 'a'"),
        ("l.NAOK eq 'a' or l.NAOK eq 'b'", "l is 'a' or 'b'"),
        ('"a" == l.NAOK', "l is 'a'"),
        ('m_x.NAOK == "Y"', "m is 'x'"),
        ('m_x.NAOK == "Y" and n.NAOK >= 2', "m is 'x', and n is at least 2"),
        ("n.NAOK >= 2 && n.NAOK <= 4.5", "n is at least 2 and at most 4.5"),
        ("n.NAOK == 3", "n is at least 3 and at most 3"),
        ("7X1X2 >= 3", "n is at least 3"),
        ("!is_empty(l.NAOK)", "l is 'a' or 'b' or 'c'"),
        ('!is_empty(l.NAOK) and l.NAOK != "a"', "not (l is 'a')"),
        ('!(n.NAOK <= 3) and l.NAOK == "a"', "not (n is at most 3), and l is 'a'"),
    ],
)
def test_an_equation_that_compares_answers_is_a_condition(relevance, words):
    base, listed = routed(relevance)
    assert base.condition.in_words() == words
    assert "t: asked where" not in listed


@pytest.mark.parametrize(
    "relevance",
    [
        "count(m_x, m_y) > 1",
        'l.NAOK == "zzz"',
        "later.NAOK == 1",
        "n.NAOK + 1 > 3",
        "is_empty(l.NAOK)",
        'm_x.NAOK == ""',
        "l.NAOK",
        "(((",
        "l ==",
        '"a',
        "(" * 100 + 'l == "a"' + ")" * 100,
        "l.shown == 'a'",
        "TOKEN:EMAIL == 'a'",
        "n.NAOK == 'many'",
        "!is_empty(n.NAOK)",
    ],
)
def test_another_equation_stands_in_words_and_is_listed(relevance):
    base, listed = routed(relevance)
    assert base.condition is None
    assert base.asked == f"those for whom {relevance}"
    assert "t: asked where" in listed


def test_what_limesurvey_decides_without_an_answer_is_listed():
    base, listed = routed('l.NAOK != "a"')
    assert base.condition.in_words() == "not (l is 'a')"
    assert "t: LimeSurvey decides also for those who did not answer l" in listed


def test_a_question_shown_always_is_asked_of_all():
    assert [routed(text)[0].asked for text in ("", "1", " 1 ")] == ["all"] * 3


BOMB = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><document>&b;
</document>"""


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (BOMB, "XML-ENTITY"),
        ('<!DOCTYPE d SYSTEM "file:///etc/passwd"><document/>', "XML-ENTITY"),
        ('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', "XML-ENTITY"),
        (newer([asked("1", "t", "T", "Why?")])[:-30], "XML-SYNTAX"),
        ("", "FILE-EMPTY"),
        ("<document>\0</document>", "FILE-CHARACTER"),
        (b"<document>\xff</document>", "FILE-ENCODING"),
        ("<html></html>", "LIMESURVEY-KIND"),
        ("<document></document>", "LIMESURVEY-KIND"),
        (survey(kind="Label set"), "LIMESURVEY-KIND"),
        (survey(), "LIMESURVEY-EMPTY"),
        (newer([asked("1", "x", "X", "Hello")]), "LIMESURVEY-EMPTY"),
        (b" " * (16 * 1024 * 1024 + 1), "FILE-SIZE"),
    ],
)
def test_a_file_that_is_no_survey_file_is_refused(raw, code):
    with pytest.raises(InstrumentError, match=re.escape(f"[{code}]")):
        read(raw)


HEADER = "class\ttype/scale\tname\trelevance\ttext\thelp\tlanguage\tmandatory\tother\n"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "FILE-EMPTY"),
        ("\n\n", "LIMESURVEY-HEADER"),
        ("a\tb\n1\t2\n", "LIMESURVEY-HEADER"),
        (f"name\t{HEADER}", "LIMESURVEY-HEADER"),
        (HEADER, "LIMESURVEY-EMPTY"),
        (f"{HEADER}A\t0\ta\t\tYes\n", "LIMESURVEY-ROW"),
        (f"{HEADER}Q\tT\tt\t\t{'x' * 200_000}\n", "LIMESURVEY-ROW"),
        ("\ufeff" + HEADER.replace("\t", ","), "LIMESURVEY-HEADER"),
        (HEADER.encode("utf-16"), "FILE-ENCODING"),
        (f"{HEADER}Q\tT\tt\t\t\0\n", "FILE-CHARACTER"),
    ],
)
def test_a_file_that_is_no_survey_structure_is_refused(raw, code):
    with pytest.raises(InstrumentError, match=re.escape(f"[{code}]")):
        read(raw, FORMAT)


@pytest.mark.parametrize("form", [FORMAT, LSS_FORMAT], ids=["structure", "survey file"])
def test_a_file_that_is_not_there_is_named(form, tmp_path):
    with pytest.raises(UnknownNameError, match="no file called 'none"):
        form.read(tmp_path / f"none{form.suffix}", name="a", version="1")


def test_a_structure_written_by_hand_is_read_with_its_translation_and_other():
    lines = [
        "S\t\tlanguage\t\ten",
        "S\t\tadditional_languages\t\tde",
        "SL\t\tsurveyls_title\t\tPets\t\ten",
        "G\t\tOne\t\t\t\ten",
        "Q\tL\tq\t1\tWhich?\tHelp!\ten\tY\tY",
        "A\t0\ta\t\tCat\t\ten",
        'Q\tT\twhy\tq.NAOK == "-oth-"\t"two\nlines"\t\ten',
        "G\t\tEins\t\t\t\tde",
        "Q\tL\tq\t1\tWelche?\t\tde\tY\tY",
        "A\t0\ta\t\tKatze\t\tde",
        "ZZ\t\t\t\t",
    ]
    draft = read(HEADER + "\n".join(lines) + "\n", FORMAT)
    question, why = draft.instrument.questions
    assert draft.instrument.sections[0].title == {"en": "One", "de": "Eins"}
    assert question.text == {"en": "Which?", "de": "Welche?"}
    assert question.options[0].label == {"en": "Cat", "de": "Katze"}
    assert (question.required, question.options[1].write_in) == (True, True)
    assert why.base.condition.answers == ("other",)
    assert "1 rows of class 'ZZ', left out" in lost(draft)


def faults_or_draft(raw, form):
    """What was found wrong with a file, or what was read."""
    try:
        return read(raw, form)
    except InstrumentError as error:
        return error.faults


WHOLE = newer(
    [asked("1", "l", "L", "Which?"), asked("2", "m", "M", "Which?", relevance='l == "a"')],
    table("answers", *answers("1", "a", "b")[0]),
    table("subquestions", *parts("2", "x", "y")[0]),
    table("question_attributes", row(qid="1", attribute="surveylib", value='{"id": "l"}')),
)
PIECES = [
    *("1", "2", "", "en", "de", "-1", "L", "F", ":", "1", "*", "zz-!", "x" * 300, "Y", "0"),
    *(
        '{"id": 1}',
        '{"id": "x", "more": {"text": 1}}',
        '{"kind": "banded"}',
        "[]",
        "{",
        '{"for": []}',
    ),
    *('{"id": "l", "options": {"a": {"code": 7}}, "nets": [[0, {}], 3]}', '{"derived": {"id": 1}}'),
    *('{"for": "l", "write_in": "a"}', '{"survey": {"mode": 1}}', '{"section": {"id": 5}}'),
    *('{"more": {"missing": [1], "options": 3}, "states": {"a": []}, "rows": {"x": {"id": []}}}',),
    *(
        '{"more": {"missing": [[1], {}]}}',
        '{"nets": [[0, {"code": []}], [[], 1], [-3, {"code": "a"}]]}',
    ),
    *('{"base": {"if": {"question": "l", "answers": ["zz"]}}}', "l == ", 'm_x == "Y"', "9" * 30),
]


@quickly
@given(
    places=st.lists(st.integers(0, 200), min_size=1, max_size=4),
    pieces=st.lists(st.sampled_from(PIECES), min_size=4, max_size=4),
)
def test_a_survey_file_with_other_values_is_read_or_refused(places, pieces):
    cells = re.split(r"(?<=CDATA\[)(.*?)(?=\]\])", WHOLE)
    for place, piece in zip(places, pieces, strict=False):
        cells[1 + 2 * (place % (len(cells) // 2))] = piece
    assert faults_or_draft("".join(cells), LSS_FORMAT)


@quickly
@given(
    lines=st.lists(
        st.lists(
            st.sampled_from(["", "Q", "SQ", "A", "G", "S", "SL", "C", "L", "M", "en", *PIECES]),
            max_size=10,
        ),
        max_size=8,
    )
)
def test_a_structure_of_any_rows_is_read_or_refused(lines):
    raw = HEADER.strip() + "\tsurveylib\n" + "\n".join("\t".join(line) for line in lines)
    assert faults_or_draft(raw, FORMAT)


@quickly
@given(st.text(st.sampled_from("l=!<>&|()\"' .1aXnot_empty,+"), max_size=30))
def test_any_equation_is_read_or_called_unreadable(text):
    with contextlib.suppress(UnreadableError):
        assert parsed(text).kind
