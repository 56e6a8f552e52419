"""DDI-Codebook 2.5: what the file holds, and whether its elements stand where the schema wants.

The tables below are read off the published schema: the children of each element in their order, and
the words that an attribute may hold.
"""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings

from surveylib.instrument.formats.ddi import FORMAT
from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.library import load_instrument
from tests.instrument.formats.test_variables import asked, listed, questionnaire
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[3]
DDI = "{ddi:codebook:2_5}"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
LANGUAGE_OF_STUDY = "{http://purl.org/dc/elements/1.1/}language"

quickly = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

ORDER = {
    "codeBook": "docDscr stdyDscr fileDscr dataDscr otherMat",
    "docDscr": "citation guide docStatus docSrc controlledVocabUsed notes",
    "stdyDscr": "citation studyAuthorization stdyInfo studyDevelopment method dataAccs othrStdyMat "
    "notes",
    "citation": "titlStmt rspStmt prodStmt distStmt serStmt verStmt biblCit holdings notes "
    "language",
    "titlStmt": "titl subTitl altTitl parTitl IDNo",
    "verStmt": "version verResp notes",
    "stdyInfo": "studyBudget subject abstract sumDscr qualityStatement notes exPostEvaluation",
    "sumDscr": "timePrd collDate nation geogCover geogUnit geoBndBox boundPoly anlyUnit universe "
    "dataKind",
    "method": "dataColl notes anlyInfo stdyClas dataProcessing codingInstructions",
    "dataColl": "timeMeth dataCollector collectorTraining frequenc sampProc sampleFrame "
    "targetSampleSize deviat collMode resInstru",
    "dataDscr": "varGrp nCubeGrp var nCube notes",
    "varGrp": "labl txt concept defntn universe notes",
    "var": "location labl imputation security embargo respUnit anlysUnit qstn valrng invalrng "
    "undocCod universe TotlResp sumStat txt stdCatgry catgryGrp catgry codInstr verStmt concept "
    "derivation varFormat geoMap catLevel notes",
    "qstn": "preQTxt qstnLit postQTxt forward backward ivuInstr",
    "valrng": "item range key notes",
    "catgryGrp": "labl catStat txt",
    "catgry": "catValu labl txt catStat mrow",
    "derivation": "drvdesc drvcmd",
}
ONCE = {"titl", "version", "drvdesc", "derivation", "varFormat", "catValu", "defntn"}
WORDS = {
    ("var", "intrvl"): "contin discrete",
    ("var", "nature"): "nominal ordinal interval ratio percent other",
    ("var", "representationType"): "text numeric code datetime other",
    ("qstn", "responseDomainType"): "text numeric code category datetime geographic multiple other",
    ("varGrp", "type"): "section multipleResp grid display repetition subject version iteration "
    "analysis pragmatic record file randomized other",
    ("varFormat", "type"): "character numeric",
    ("varFormat", "schema"): "SAS SPSS IBM ANSI ISO XML-Data other",
    ("varFormat", "category"): "date time currency other",
    ("range", "UNITS"): "INT REAL",
    ("catgry", "missing"): "Y N",
}


def written(made):
    ((name, data),) = FORMAT.write(made).items()
    assert name == f"{made.id}-{made.version}.xml"
    return ET.fromstring(data)  # noqa: S314 - written just now


def tag(element):
    return element.tag.rpartition("}")[2]


def texts(element, name):
    """The texts of the children with this name, by language."""
    return {child.get(LANGUAGE): child.text for child in element.findall(f"{DDI}{name}")}


def told(element, name):
    """The notes of one type."""
    return [note.text for note in element.findall(f"{DDI}notes") if note.get("type") == name]


def variable(root, name):
    (found,) = [entry for entry in root.iter(f"{DDI}var") if entry.get("name") == name]
    return found


def code(category):
    """The code of the option that a category stands for; None where it stands for none."""
    lines = [text.text for text in category.findall(f"{DDI}txt")]
    found = [line.removeprefix("code: ") for line in lines if line.startswith("code: ")]
    return found[0] if found else None


def codes(element):
    """The codes of the options among the categories."""
    return list(filter(None, map(code, element.findall(f"{DDI}catgry"))))


def plain(labels):
    """Texts as XML gives them back: a line ends with a line feed alone."""
    return {name: re.sub("\r\n?", "\n", text) for name, text in labels.items()}


@pytest.fixture(scope="module")
def groups():
    return load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")


@pytest.fixture(scope="module")
def root(groups):
    return written(groups)


@quickly
@given(made=instruments())
def test_elements_stand_in_the_order_of_the_schema(made):
    for element in written(made).iter():
        children = [tag(child) for child in element]
        if not children:
            continue
        order = ORDER[tag(element)].split()
        places = [order.index(child) for child in children]
        assert places == sorted(places), tag(element)
        assert all(children.count(name) <= 1 for name in ONCE)


@quickly
@given(made=instruments())
def test_attributes_hold_words_of_the_schema(made):
    for element in written(made).iter():
        for (name, attribute), words in WORDS.items():
            if tag(element) == name and attribute in element.attrib:
                assert element.get(attribute) in words.split()


@quickly
@given(made=instruments())
def test_every_identifier_is_one_name_and_every_reference_leads_to_one(made):
    elements = list(written(made).iter())
    identifiers = [element.get("ID") for element in elements if element.get("ID")]
    assert len(set(identifiers)) == len(identifiers)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name) for name in identifiers)
    for element in elements:
        for attribute in ("var", "varGrp", "catgry"):
            assert set(element.get(attribute, "").split()) <= set(identifiers)


@quickly
@given(made=instruments())
def test_every_option_of_every_question_stands_once(made):
    found = [
        (told(element, "question")[0], name)
        for element in written(made).iter(f"{DDI}var")
        for name in codes(element)
    ]
    expected = [
        (item.id, option.code)
        for item in made.items
        for option in item.answers
        if not option.net_of
    ]
    assert sorted(found) == sorted(expected)


@quickly
@given(made=instruments())
def test_labels_and_questions_stand_in_every_language_they_have(made):
    root = written(made)
    for element in root.iter(f"{DDI}var"):
        item = made.question(told(element, "question")[0])
        labels = {option.code: dict(option.label) for option in item.answers}
        for category in element.findall(f"{DDI}catgry"):
            if name := code(category):
                assert texts(category, "labl") == plain(labels[name])
        question = element.find(f"{DDI}qstn")
        if question is None:
            assert item.kind == "derived"
            continue
        before, own = texts(question, "preQTxt"), texts(question, "qstnLit")
        if before:
            own = {name: f"{before[name]} {text}" for name, text in own.items() if name in before}
        assert own == plain(item.text)


@quickly
@given(made=instruments())
def test_missing_states_have_their_values_and_are_marked(made):
    values = {
        "dont_know": "-91",
        "refused": "-92",
        "no_answer": "-93",
        "not_applicable": "-94",
        "not_reached": "-95",
        "not_asked_design": "-96",
        "invalid": "-97",
        "withheld": "-98",
        "unknown_blank": "-99",
    }
    for element in written(made).iter(f"{DDI}var"):
        marked = {
            entry.get("missType"): entry.findtext(f"{DDI}catValu")
            for entry in element.findall(f"{DDI}catgry")
            if entry.get("missing") == "Y"
        }
        item = made.question(told(element, "question")[0])
        with_text = element.find(f"{DDI}varFormat").get("type") == "character"
        if told(element, "option") and with_text:
            assert marked == {}
        else:
            assert marked == {state: values[state] for state in item.missing}


@quickly
@given(made=instruments())
def test_the_same_instrument_gives_the_same_bytes(made):
    again = type(made).model_validate(made.model_dump(by_alias=True))
    assert FORMAT.write(made) == FORMAT.write(again)


def test_the_study_is_named_in_every_language(root, groups):
    statement = root.find(f"{DDI}stdyDscr/{DDI}citation/{DDI}titlStmt")
    assert texts(statement, "titl") == {"en": groups.title["en"]}
    assert texts(statement, "parTitl") == {"de": groups.title["de"]}
    assert statement.findtext(f"{DDI}IDNo") == "organised_groups"
    languages = root.findall(f"{DDI}stdyDscr/{DDI}citation/{LANGUAGE_OF_STUDY}")
    assert [entry.text for entry in languages] == ["en", "de"]
    universe = root.findtext(f"{DDI}stdyDscr/{DDI}stdyInfo/{DDI}sumDscr/{DDI}universe")
    assert universe == "Police officers who investigate sexual crime against children online."


def test_a_variable_says_who_was_asked_in_words_and_as_a_condition(root):
    found = variable(root, "groups_count").findtext(f"{DDI}universe")
    assert found == (
        "those who have come across a group in the last 12 months (groups_encountered is 'yes')"
    )


def test_a_band_is_ordinal_and_says_its_interval(root):
    found = variable(root, "groups_count")
    assert (found.get("nature"), found.get("measUnit")) == ("ordinal", "groups")
    last = found.findall(f"{DDI}catgry")[5]
    assert texts(last, "labl") == {"en": "More than 1,000", "de": "Mehr als 1.000"}
    assert [text.text for text in last.findall(f"{DDI}txt")] == [
        "code: from_1001",
        "interval: 1001 or more",
    ]


def test_an_ordered_answer_says_its_score(root):
    first = variable(root, "groups_number_change").find(f"{DDI}catgry")
    assert [text.text for text in first.findall(f"{DDI}txt")] == ["code: decreased", "score: -1.0"]


def test_concept_period_and_note_stand_with_the_variable(root):
    found = variable(root, "groups_count")
    assert found.findtext(f"{DDI}concept") == "organised_groups_count"
    assert told(found, "period") == ["P12M"]
    assert told(found, "kind") == ["banded"]
    (note,) = told(found, "note")
    assert note.startswith("The cuts at 10, 50 and 1,000")


def test_a_question_with_several_answers_is_a_group_of_variables(root):
    (group,) = [
        entry for entry in root.iter(f"{DDI}varGrp") if entry.get("name") == "groups_places"
    ]
    assert group.get("type") == "multipleResp"
    assert len(group.get("var").split()) == 7
    darknet = variable(root, "groups_places_darknet")
    assert texts(darknet, "labl")["de"] == "Gruppen: Orte: Darknet"
    assert [item.get("VALUE") for item in darknet.findall(f"{DDI}valrng/{DDI}item")] == ["0", "1"]
    assert darknet.get("ID") in group.get("var").split()


def test_a_grid_is_a_group_with_a_question_for_each_row():
    rows = [{"id": "cat", "text": {"en": "Cats"}}, {"id": "dog", "text": {"en": "Dogs"}}]
    root = written(questionnaire(listed("grid", "x", "y", rows=rows, cells="single")))
    (group,) = root.iter(f"{DDI}varGrp")
    assert (group.get("type"), group.get("var")) == ("grid", "var_q_cat var_q_dog")
    question = variable(root, "q_dog").find(f"{DDI}qstn")
    assert question.get("seqNo") == "1.2"
    assert texts(question, "preQTxt") == {"en": "A question?"}
    assert texts(question, "qstnLit") == {"en": "Dogs"}


def test_a_section_holds_the_variables_and_groups_of_its_questions():
    made = questionnaire(listed("multi_answer", "a", "b", name="many"), asked("text", "words"))
    part = {"id": "part", "title": {"en": "Part"}, "questions": ["many", "words"]}
    data = made.model_dump(by_alias=True) | {"sections": [part]}
    section = next(written(type(made).model_validate(data)).iter(f"{DDI}varGrp"))
    assert (section.get("type"), section.get("name")) == ("section", "part")
    assert (section.get("var"), section.get("varGrp")) == ("var_words", "multipleResp_many")


def test_a_number_has_its_limits_decimals_and_unit():
    made = questionnaire(asked("number", unit="years", minimum="0.5", maximum="120", decimals=1))
    found = variable(written(made), "q")
    limits = found.find(f"{DDI}valrng/{DDI}range").attrib
    assert limits == {"UNITS": "REAL", "min": "0.5", "max": "120"}
    assert (found.get("intrvl"), found.get("dcml")) == ("contin", "1")
    assert found.get("measUnit") == "years"


def test_a_date_is_written_as_exactly_as_it_was_asked():
    made = questionnaire(asked("date", precision="month", earliest="2020-01"))
    found = variable(written(made), "q")
    assert found.find(f"{DDI}varFormat").attrib == {
        "type": "character",
        "schema": "ISO",
        "category": "date",
        "formatname": "YYYY-MM",
    }
    assert told(found, "earliest") == ["2020-01"]


def test_ticks_and_answers_that_stand_alone_are_instructions():
    question = listed("multi_answer", "a", "b", "none", max_selected=2, required=True)
    question["options"][2]["exclusive"] = True
    found = variable(written(questionnaire(question)), "q_a").find(f"{DDI}qstn")
    assert [entry.text for entry in found.findall(f"{DDI}ivuInstr")] == [
        "An answer is required.",
        "Most answers: 2.",
        "Answers that stand alone: none.",
    ]


def test_a_net_is_a_group_of_categories_and_has_no_value():
    question = listed("single", "a", "b", "c", "any")
    question["options"][3] |= {"net_of": ["a", "c"], "net_complete": True}
    found = variable(written(questionnaire(question)), "q")
    assert codes(found) == ["a", "b", "c"]
    net = found.find(f"{DDI}catgryGrp")
    by_id = {entry.get("ID"): entry for entry in found.findall(f"{DDI}catgry")}
    assert [code(by_id[name]) for name in net.get("catgry").split()] == ["a", "c"]


def test_a_derived_variable_says_what_leads_to_each_value_and_was_never_asked():
    first = {"question": "q", "answers": ["a"]}
    derived = asked("derived", "d") | {
        "options": [
            {"code": "x", "label": {"en": "X"}, "when": first},
            {"code": "y", "label": {"en": "Y"}, "when": {"none_of": [first]}},
        ]
    }
    found = variable(written(questionnaire(listed("single", "a", "b"), derived)), "d")
    assert found.find(f"{DDI}qstn") is None
    words = found.findtext(f"{DDI}derivation/{DDI}drvdesc")
    assert words == "1: q is 'a'\n2: not (q is 'a')"


def test_characters_that_xml_has_no_place_for_are_replaced():
    made = questionnaire(asked("text") | {"text": {"en": "a\x0bb\ufffec"}})
    found = texts(variable(written(made), "q").find(f"{DDI}qstn"), "qstnLit")
    assert found == {"en": "a\ufffdb\ufffdc"}


def test_the_format_names_parts_of_an_instrument():
    assert FORMAT.keeps | set(FORMAT.partly) <= set(FEATURES)
    assert FORMAT.loses == ("retired", "verdicts")
