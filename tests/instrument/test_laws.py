"""Laws that hold for every questionnaire: files keep it, comparisons are fair, hashes tell."""

import string
import unicodedata

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.instrument.dump import dump
from surveylib.instrument.identity import content_hashes, instrument_hash
from surveylib.instrument.model import Instrument
from surveylib.instrument.options import Option
from surveylib.instrument.versions import diff
from tests.instrument.generated import STATES, awkward_texts, codes, instruments

#: Generating a whole questionnaire takes a few milliseconds; 40 of them are a second.
quickly = settings(max_examples=40, deadline=None)

#: Every character but halves of pairs, which no file of UTF-8 holds.
any_text = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .map(lambda text: f"a{text}b")  # models strip spaces at the ends
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """Write the text of an instrument to its place and load it."""
    root = tmp_path_factory.mktemp("shelf")

    def reload(instrument, text):
        place = root / instrument.id / f"{instrument.version}.yaml"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(text.encode())
        return sl.load_instrument(place)

    return reload


def plain(instrument):
    """An instrument as data that a test may change."""
    return instrument.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def leaves(node):
    """Every key and every value of nested data, with where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value)
    else:
        yield node


def texts_of(question):
    """Each text by language that respondents see, in the plain data of a question."""
    yield question["text"]
    yield from (option["label"] for option in question.get("options", ()))
    yield from (row["text"] for row in question.get("rows", ()))


@quickly
@given(instrument=instruments())
def test_what_is_written_loads_as_the_same_instrument(shelf, instrument):
    text = dump(instrument)
    loaded = shelf(instrument, text)
    assert loaded == instrument
    assert dump(loaded) == text
    assert instrument_hash(loaded) == instrument_hash(instrument)


@quickly
@given(instrument=instruments())
def test_any_reader_of_yaml_finds_the_same_texts(instrument):
    read = yaml.safe_load(dump(instrument))
    for mine, theirs in zip(plain(instrument)["questions"], read["questions"], strict=True):
        assert [theirs["id"], theirs["kind"]] == [mine["id"], mine["kind"]]
        assert list(texts_of(theirs)) == list(texts_of(mine))
        assert theirs.get("missing", []) == mine.get("missing", [])
        for option, written in zip(mine.get("options", ()), theirs.get("options", ()), strict=True):
            assert written["code"] == option["code"]
            assert written.get("when") == option.get("when") or "at_" in str(option["when"])
    names = {key: value for key, value in read.items() if key in {"id", "version", "population"}}
    assert names == {key: plain(instrument)[key] for key in names}
    assert all(type(leaf) in {str, int, float, bool} for leaf in leaves(read))


@given(code=codes(most=1), label=st.one_of(awkward_texts, any_text), note=any_text)
def test_any_character_survives_in_a_text(code, label, note):
    option = Option(code=code[0], label={"no": label}, note=note)
    assert yaml.safe_load(dump(option)) == {"code": code[0], "label": {"no": label}, "note": note}


@given(label=any_text)
def test_the_loader_reads_any_character_that_was_written(shelf, label):
    instrument = Instrument.model_validate(small(label))
    assert shelf(instrument, dump(instrument)).questions[0].text["en"] == label


def small(text):
    """The least an instrument can be, with this text for its only question."""
    question = {"id": "why", "kind": "text", "concept": "why", "text": {"en": text}}
    question |= {"wording": "printed", "base": {"asked": "all"}, "period": "not_stated"}
    head = {"format": "surveylib.instrument/1", "id": "small", "version": "1", "languages": ["en"]}
    head |= {"title": {"en": "Small"}, "provenance": "Made up.", "population": "Anybody."}
    return head | {"questions": [question]}


@quickly
@given(instrument=instruments())
def test_an_instrument_does_not_differ_from_itself(instrument):
    assert diff(instrument, instrument).changes == ()
    assert diff(instrument, instrument).step is None


@quickly
@given(older=instruments(), newer=instruments())
def test_what_differs_does_so_in_both_directions(older, newer):
    there = {change.question for change in diff(older, newer).changes}
    back = {change.question for change in diff(newer, older).changes}
    assert there == back


@quickly
@given(older=instruments(), newer=instruments())
def test_a_question_is_added_there_where_it_is_removed_on_the_way_back(older, newer):
    def named(changes, kind):
        return {change.question for change in changes if change.kind == kind}

    there, back = diff(older, newer).changes, diff(newer, older).changes
    assert named(there, "question added") == named(back, "question removed")
    only = set(newer.question_ids) - set(older.question_ids)
    assert named(there, "question added") == only


#: Ways to set the same words. Letters beyond ASCII are left alone: not all have a case to change.
TYPOGRAPHY = {
    "capitals": str.maketrans(string.ascii_lowercase, string.ascii_uppercase),
    "no-break spaces": str.maketrans({" ": "\N{NO-BREAK SPACE}"}),
    "narrow spaces": str.maketrans({" ": "\N{NARROW NO-BREAK SPACE}"}),
    "wide spaces": str.maketrans({" ": "   "}),
    "quotes": str.maketrans({'"': "”", "'": "’"}),
    "dashes": str.maketrans({"-": "–"}),
}


def typeset(instrument, table):
    """The same instrument with its texts set in another way."""
    data = plain(instrument)
    for question in data["questions"]:
        for texts in texts_of(question):
            texts |= {name: text.translate(table) for name, text in texts.items()}
    return Instrument.model_validate(data)


@pytest.mark.parametrize("how", TYPOGRAPHY)
@settings(max_examples=15, deadline=None)
@given(instrument=instruments())
def test_typography_changes_no_normalised_hash_and_needs_a_patch_at_most(how, instrument):
    other = typeset(instrument, TYPOGRAPHY[how])
    for before, after in zip(instrument.questions, other.questions, strict=True):
        assert content_hashes(before)[1] == content_hashes(after)[1]
        same = list(texts_of(plain(before))) == list(texts_of(plain(after)))
        assert (content_hashes(before)[0] == content_hashes(after)[0]) is same
    found = diff(instrument, other)
    assert {change.kind for change in found.changes} <= {"typography"}
    assert not found.step  # none, or a patch


@quickly
@given(instrument=instruments(), data=st.data())
def test_another_word_anywhere_changes_both_hashes(instrument, data):
    changed = plain(instrument)
    question = data.draw(st.sampled_from(changed["questions"]))
    texts = data.draw(st.sampled_from(list(texts_of(question))))
    language = data.draw(st.sampled_from(sorted(texts)))
    texts[language] += " anew"
    other = Instrument.model_validate(changed)
    for before, after in zip(instrument.questions, other.questions, strict=True):
        hashes = zip(content_hashes(before), content_hashes(after), strict=True)
        touched = before.id == question["id"]
        assert [one == two for one, two in hashes] == [not touched, not touched]
    assert instrument_hash(instrument) != instrument_hash(other)


BESIDE = {
    "title": "Another title",
    "note": "A note that was not there.",
    "concept": "another_concept",
}


@pytest.mark.parametrize("field", BESIDE)
@settings(max_examples=15, deadline=None)
@given(instrument=instruments())
def test_what_stands_beside_a_question_changes_no_hash(field, instrument):
    data = plain(instrument)
    for question in data["questions"]:
        told = BESIDE[field]
        question[field] = dict.fromkeys(data["languages"], told) if field == "title" else told
    other = Instrument.model_validate(data)
    assert instrument_hash(other) == instrument_hash(instrument)
    assert [content_hashes(one) for one in other.questions] == [
        content_hashes(one) for one in instrument.questions
    ]


@settings(max_examples=15, deadline=None)
@given(instrument=instruments())
def test_what_stands_beside_a_questionnaire_changes_no_hash(instrument):
    beside = {"title": dict.fromkeys(instrument.languages, "T"), "provenance": "Elsewhere."}
    data = plain(instrument) | beside | {"note": "Corrected.", "status": "retired"}
    assert instrument_hash(Instrument.model_validate(data)) == instrument_hash(instrument)


@quickly
@given(instrument=instruments(), data=st.data())
def test_a_questionnaire_that_asks_otherwise_has_another_hash(instrument, data):
    changed = plain(instrument)
    question = data.draw(st.sampled_from(changed["questions"]))
    how = data.draw(
        st.sampled_from(["base", "period", "required", "missing", "population", "mode", "version"])
    )
    if how in {"population", "version"}:
        changed[how] += ".1"
    elif how == "mode":
        changed["mode"] = [*changed.get("mode", ()), "telephone"]
    elif how == "base":
        question["base"]["asked"] += " of them"
    elif how == "period":
        question["period"] = "P7D"
    elif how == "required":
        question["required"] = not question.get("required", False)
    else:
        offered = question.get("missing", [])
        question["missing"] = [*offered, next(state for state in STATES if state not in offered)]
    assert instrument_hash(Instrument.model_validate(changed)) != instrument_hash(instrument)
