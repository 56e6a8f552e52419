"""Pages on a questionnaire: complete, the same each time, nothing from elsewhere, texts as such."""

import re
import sys
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from surveylib.errors import MethodError, MissingExtraError, OutputError
from surveylib.instrument.conditions import Condition
from surveylib.instrument.identity import content_hashes, instrument_hash
from surveylib.instrument.library import load_versions
from surveylib.instrument.model import Instrument
from surveylib.instrument.wording import normalised
from surveylib.present import codebook_routes as routes
from surveylib.present import codebook_words as words
from surveylib.present.codebook import write_pages
from surveylib.present.codebook_markdown import escaped
from surveylib.present.codebook_passage import redline

#: Elements of HTML that have no end tag.
VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}
#: Another maker's reader of Markdown, with the tables and strikes of GitHub.
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

ALL = {"asked": "all"}
YES_NO = [
    {"code": "yes", "label": {"en": "Yes", "de": "Ja"}},
    {"code": "no", "label": {"en": "No", "de": "Nein"}},
]


def question(name, kind, **parts):
    """A question as plain data, with what every kind needs."""
    whole = {
        "id": name,
        "kind": kind,
        "concept": name,
        "text": {"en": f"What about {name}?", "de": f"Was ist mit {name}?"},
        "wording": "printed",
        "base": ALL,
        "period": "not_stated",
    }
    if "options" in parts and kind != "derived":
        whole["option_list"] = "complete"
    return whole | parts


def options(*codes, **each):
    return [{"code": code, "label": {"en": f"{code.capitalize()}!"}, **each} for code in codes]


def questions():
    """A question of every kind."""
    return [
        question(
            "met", "single", options=YES_NO, missing=["dont_know", "no_answer"], period="P12M"
        ),
        question(
            "scale",
            "ordered",
            options=[
                {"code": "low", "label": {"en": "Low"}, "score": -1},
                {"code": "high", "label": {"en": "High"}, "score": 1},
                {"code": "net", "label": {"en": "All of them"}, "net_of": ["low", "high"]},
            ],
        ),
        question(
            "count",
            "banded",
            unit="groups",
            base={"asked": "those who met", "if": {"question": "met", "answers": ["yes"]}},
            options=[
                {"code": "few", "label": {"en": "1-10"}, "interval": [1, 10]},
                {"code": "more", "label": {"en": "up to 50"}, "interval": [1, 50]},
                {"code": "many", "label": {"en": "over 60"}, "interval": [61, "open"]},
            ],
            bands={
                "overlaps": [{"bands": ["few", "more"], "values": [1, 10]}],
                "gaps": [[0, 0], [51, 60]],
                "reading": "exclusive_of_lower",
            },
        ),
        question(
            "places",
            "multi_answer",
            max_selected=3,
            option_order="random",
            required=True,
            options=[
                *options("home", "work", "street", "net"),
                {"code": "other", "label": {"en": "Other"}, "write_in": True},
                {"code": "none", "label": {"en": "None"}, "exclusive": True},
            ],
            retired=[{"code": "moon", "label": {"en": "The moon"}, "until": "0.9"}],
        ),
        question("named", "open_coded", mentions="several", options=options("kik")),
        question("years", "number", unit="years", minimum="18", maximum="75", missing=["refused"]),
        question("since", "date", precision="month", earliest="2001-01"),
        question("quote", "text", period="since the law of 2020"),
        question("size", "text_quantity", unit="members"),
        question(
            "agree",
            "grid",
            cells="ordered",
            rows=[
                {"id": "one", "text": {"en": "The first"}},
                {"id": "two", "text": {"en": "Then"}},
            ],
            options=options("agree", "disagree"),
            missing=["dont_know"],
        ),
        question(
            "heavy",
            "derived",
            options=[
                {
                    "code": "heavy",
                    "label": {"en": "Heavy"},
                    "when": {"question": "places", "answers": ["street"]},
                },
                {
                    "code": "light",
                    "label": {"en": "Light"},
                    "when": {"none_of": [{"question": "places", "answers": ["street"]}]},
                },
            ],
        ),
        question(
            "last",
            "single",
            base={"asked": "heavy ones", "if": {"question": "heavy", "answers": ["heavy"]}},
            options=YES_NO,
        ),
    ]


def instrument(version="1.0", **parts):
    whole = {
        "format": "surveylib.instrument/1",
        "id": "demo",
        "version": version,
        "title": {"en": "Demo questionnaire"},
        "languages": ["en", "de"],
        "provenance": "Made up to test with.",
        "population": "People with and without pets.",
        "missing_labels": {"dont_know": {"en": "Do not know", "de": "Keine Ahnung"}},
        "questions": questions(),
    }
    return Instrument.model_validate(whole | parts)


def newer():
    """The version after: one question of each fate."""
    asked = [entry for entry in questions() if entry["id"] not in {"quote", "size", "since"}]
    asked[0] |= {
        "text": {"en": "What about met, or not?", "de": "Was ist mit met?"},
        "options": [*YES_NO, {"code": "perhaps", "label": {"en": "Perhaps"}}],
    }
    asked.append(question("fresh", "text"))
    asked.append(question("added", "text"))
    return instrument(
        "2.0",
        questions=asked,
        follows={
            "version": "1.0",
            "questions": [
                {
                    "question": "met",
                    "decision": "same",
                    "changed": ["wording", "option added"],
                    "verdict": "limited",
                    "reason": "People hesitated.",
                    "evidence": "A pretest with twelve people.",
                },
                {
                    "question": "quote",
                    "decision": "replaced",
                    "by": ["fresh"],
                    "reason": "Nobody understood it.",
                },
                {"question": "size", "decision": "dropped", "reason": "Too long."},
            ],
        },
        comparisons=[
            {
                "question": "years",
                "with": {"version": "1.0"},
                "verdict": "identical",
                "reason": "Asked in the same words.",
            },
        ],
    )


class Page(HTMLParser):
    """Elements with their attributes, and texts with the element they stand in."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.open = []
        self.said = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        around = [tag for tag, _ in self.open]
        if data.strip() and "style" not in around:
            self.said.append((" ".join(data.split()), list(self.open)))

    @property
    def text(self):
        return " ".join(data for data, _ in self.said)

    def every(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]

    def inside(self, tag):
        return [data for data, around in self.said if any(name == tag for name, _ in around)]


def written_text(pages, name):
    return next(path for path in pages.files if path.as_posix().endswith(name)).read_text("utf-8")


def page_of(pages, name):
    return Page(written_text(pages, name))


def bytes_of(pages):
    return [path.read_bytes() for path in pages.files]


@pytest.fixture(scope="module")
def versions():
    return [instrument(), newer()]


@pytest.fixture(scope="module")
def pages(versions, tmp_path_factory):
    return write_pages(versions, tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def shipped(root, tmp_path_factory):
    """The pages of every shipped questionnaire."""
    out = tmp_path_factory.mktemp("shipped")
    folders = sorted({path.parent for path in (root / "instruments").glob("*/*.yaml")})
    return {
        folder.name: write_pages(load_versions(folder), out / folder.name) for folder in folders
    }


@pytest.fixture(scope="module")
def every_page(pages, shipped):
    files = [path for found in (pages, *shipped.values()) for path in found.files]
    return {path: Page(path.read_text("utf-8")) for path in files if path.suffix == ".html"}


def test_each_version_has_a_codebook_and_a_questionnaire_in_each_language(pages):
    folder = pages.history.parent
    names = ["questionnaire.en", "questionnaire.de", "codebook"]
    files = {
        f"{v}/{name}.{end}" for v in ("1.0", "2.0") for name in names for end in ("html", "md")
    }
    assert {path.relative_to(folder).as_posix() for path in pages.files} == {
        *files,
        "history.html",
        "history.md",
    }
    assert all(path.is_file() for path in pages.files)


def test_the_same_versions_give_the_same_bytes(versions, pages, tmp_path):
    assert bytes_of(write_pages(versions, tmp_path)) == bytes_of(pages)


def test_a_page_loads_nothing_and_runs_nothing(every_page):
    for page in every_page.values():
        assert not page.every("script", "img", "iframe", "object", "embed", "form", "base")
        assert {attrs["href"] for attrs in page.every("link")} == {"data:,"}
        assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    style = "".join(path.read_text("utf-8").partition("</style>")[0] for path in every_page)
    assert "url(" not in style
    assert "@import" not in style


def test_headings_are_in_order_and_the_first_is_the_title(every_page):
    for path, page in every_page.items():
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_every_id_stands_once_and_every_link_leads_somewhere(every_page):
    for path, page in every_page.items():
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert len(ids) == len(set(ids)), path
        for attrs in page.every("a"):
            file, _, place = attrs["href"].partition("#")
            assert (path.parent / file).is_file() if file else place in ids, (path, attrs["href"])


def test_what_is_named_by_another_element_is_there(every_page):
    for page in every_page.values():
        ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
        named = {
            attrs["aria-labelledby"] for _, attrs in page.elements if "aria-labelledby" in attrs
        }
        assert named <= ids


def test_a_page_says_which_language_it_is_in(pages):
    assert page_of(pages, "1.0/questionnaire.de.html").every("html") == [{"lang": "de"}]
    assert page_of(pages, "1.0/questionnaire.en.html").every("html") == [{"lang": "en"}]


def test_respondents_meet_every_question_but_derived_ones_and_every_option_but_nets(pages):
    page = page_of(pages, "1.0/questionnaire.en.html")
    asked = [entry["id"] for entry in questions() if entry["kind"] != "derived"]
    ids = [attrs["id"] for attrs in page.every("h3")]
    assert ids == [f"q-{name}" for name in asked]
    assert "Low" in page.text
    assert "All of them" not in page.text
    assert "All of them" in page_of(pages, "1.0/codebook.html").text


def test_open_questions_show_no_categories(pages):
    assert "Kik!" not in page_of(pages, "1.0/questionnaire.en.html").text


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("questionnaire.en.html", "One answer. Reference period: 12 months."),
        ("questionnaire.en.html", "Choose up to three. An answer is needed to go on."),
        ("questionnaire.en.html", "Whole number, from 18 to 75."),
        ("questionnaire.en.html", "Month and year, not before 2001-01."),
        ("questionnaire.en.html", "One answer in each row."),
        ("questionnaire.en.html", "Only if you answered “Yes” to question 1."),
        ("questionnaire.de.html", "Eine Antwort. Zeitraum: 12 Monate."),
        ("questionnaire.de.html", "Höchstens drei Antworten ankreuzen."),
        ("questionnaire.de.html", "Nur wenn Sie Frage 1 mit „Ja“ beantwortet haben."),
    ],
)
def test_instructions_are_in_the_language_of_the_page(pages, file, told):
    assert told in page_of(pages, f"1.0/{file}").text
    markdown = MARKDOWN.render(written_text(pages, f"1.0/{file}".replace("html", "md")))
    assert told in Page(markdown).text


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (None, None, "Tick all that apply."),
        (1, None, "Tick all that apply, at least one."),
        (2, None, "Choose at least two."),
        (None, 3, "Choose up to three."),
        (3, 3, "Choose exactly three."),
        (1, 3, "Choose 1 to 3."),
        (None, 1, "One answer."),
    ],
)
def test_ticks_are_told_in_plain_words(tmp_path, low, high, told):
    asked = question(
        "q", "multi_answer", min_selected=low, max_selected=high, options=options(*"abcd")
    )
    pages = write_pages([instrument(questions=[asked])], tmp_path)
    assert told in page_of(pages, "questionnaire.en.html").inside("p")


def test_a_route_through_a_derived_question_is_told_by_what_respondents_answered(pages):
    told = "Only if you ticked “Street!” in question 4."
    assert told in page_of(pages, "1.0/questionnaire.en.html").text


def test_offered_ways_of_not_answering_stand_apart_and_others_are_not_shown(pages):
    page = page_of(pages, "1.0/questionnaire.en.html")
    apart = [
        data for data, around in page.said if any(a.get("class") == "states" for _, a in around)
    ]
    assert apart == ["Instead of an answer", "Do not know", "Instead of an answer", "Refused"]
    assert "Keine Ahnung" in page_of(pages, "1.0/questionnaire.de.html").text


def test_a_text_without_a_translation_is_in_the_source_language_and_marked(pages):
    page = page_of(pages, "1.0/questionnaire.de.html")
    foreign = [data for data, around in page.said if around[-1] == ("span", {"lang": "en"})]
    assert "Low" in foreign
    assert "Ja" not in foreign
    marks = [attrs for attrs in page.every("span") if attrs.get("class") == "foreign"]
    assert len(marks) == len(foreign)
    markdown = written_text(pages, "1.0/questionnaire.de.md")
    assert r"○ Low \[en, nicht übersetzt\]" in markdown


def test_a_language_without_instructions_has_them_in_english_and_says_so(tmp_path):
    asked = [
        question("q", "single", text={"sv": "Vad?"}, options=[{"code": "a", "label": {"sv": "Ja"}}])
    ]
    swedish = instrument(
        languages=["sv"], title={"sv": "Enkät"}, questions=asked, missing_labels={}
    )
    page = page_of(write_pages([swedish], tmp_path), "questionnaire.sv.html")
    assert "One answer." in page.text
    assert "Instructions are in English: there are none in 'sv'." in page.text


def test_every_language_of_instructions_has_every_instruction():
    names = {language: set(table) for language, table in words.WORDS.items()}
    assert names["de"] == names["en"]
    for name, text in words.WORDS["en"].items():
        fields = set(re.findall(r"{\w+}", text))
        assert set(re.findall(r"{\w+}", words.WORDS["de"][name])) == fields, name


def test_missing_states_have_the_codes_of_exports(pages):
    # One block from -91 to -99, so that a range can declare it in SPSS; in the order of the states.
    order = (
        "dont_know refused no_answer not_applicable not_reached not_asked_design invalid withheld "
        "unknown_blank"
    )
    rows = re.findall(r"\| `(\w+)` \|.*\| `(-\d+)` \|", written_text(pages, "1.0/codebook.md"))
    expected = [(name, str(-91 - place)) for place, name in enumerate(order.split())]
    assert [row for row in rows if row[0] in order.split()][:9] == expected


def test_the_codebook_has_the_hashes(pages, versions):
    page = page_of(pages, "1.0/codebook.html")
    assert instrument_hash(versions[0]) in page.text
    for entry in versions[0].questions:
        exact, normal = content_hashes(entry)
        assert {exact[:12], normal[:12]} <= set(page.inside("code"))


@pytest.mark.parametrize(
    "told",
    [
        "“1-10” and “up to 50” both hold 1 to 10",
        "no band holds 0, 51 to 60",
        "a value in two bands belongs to the lower one",
        "11 to 50",
        "stands alone",
        "with text",
        "sums up low, high (and more)",
        "“The moon”, until 0.9",
        "random: another one for each respondent",
        "met is yes (“Yes”)",
        "street (“Street!”) is ticked in places",
        "street (“Street!”) is not ticked in places",
        "−1",
        "no answer, offered; exported as −91",
        "no answer, not offered; exported as −93",
        "agree.two",
        "since the law of 2020",
        "restricted: leaves the project only redacted",
    ],
)
def test_the_codebook_holds_what_an_analyst_needs(pages, told):
    assert told in page_of(pages, "1.0/codebook.html").text.replace("_ ", "_")
    rendered = Page(MARKDOWN.render(written_text(pages, "1.0/codebook.md")))
    assert told in rendered.text


def row_of(pages, name):
    """The row of a question in the table of versions, as plain text."""
    text = written_text(pages, "history.md").partition("## 1.0 →")[0]
    line = next(line for line in text.splitlines() if f"`{name}` |" in line)
    return [cell.strip() for cell in line.strip("| ").split("|")][1:]


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("met", ["● asked", "≠ changed (wording, option added): **limited**"]),
        ("quote", ["● asked", "→ replaced (by fresh)"]),
        ("size", ["● asked", "× dropped"]),
        ("since", ["● asked", "? gone"]),
        ("years", ["● asked", "= unchanged: **identical**"]),
        ("scale", ["● asked", "= unchanged"]),
        ("added", ["–", "+ new"]),
    ],
)
def test_the_history_says_what_became_of_each_question(pages, name, marks):
    assert row_of(pages, name) == marks


def test_the_history_shows_decisions_with_reasons_and_evidence(pages):
    text = page_of(pages, "history.html").text
    for told in ("People hesitated.", "A pretest with twelve people.", "Too long."):
        assert told in text
    assert "The changes need a major step of the version number. From 1.0 to 2.0 is a major" in text


def test_changed_words_are_marked_and_alarms_pointed_out(pages):
    page = page_of(pages, "history.html")
    assert page.inside("ins") == ["or not?"]
    assert "Look twice – negation: not" in page.text
    assert "Look twice – and/or: or" in page.text
    assert "**+or not?**" in written_text(pages, "history.md")


def test_declared_comparisons_stand_with_verdict_and_reason(pages):
    rows = written_text(pages, "history.md").splitlines()
    line = next(line for line in rows if "Asked in the same words." in line)
    assert "**identical**" in line
    assert "1.0: Years `years`" in line


def test_a_step_that_is_too_small_is_called_so(tmp_path):
    small = newer().model_copy(update={"version": "1.1"})
    pages = write_pages([instrument(), small], tmp_path)
    assert "is a minor step, which is not enough." in page_of(pages, "history.html").text


def test_a_version_that_does_not_say_what_it_follows_is_given_no_reason(shipped):
    text = page_of(shipped["netclean"], "history.html").text
    assert "This version does not say what became of the questions before it." in text
    rows = written_text(shipped["netclean"], "history.md").splitlines()
    assert any("? gone" in row for row in rows)
    assert not any("× dropped" in row or "→ replaced" in row for row in rows)


def test_one_version_has_a_history_without_passages(tmp_path):
    page = page_of(write_pages([instrument()], tmp_path), "history.html")
    assert "1 version, 12 questions" in page.text
    assert not page.inside("del")


text_of_any_kind = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("<>|_*`~#&[]()!\\-+=1.: "),
    min_size=1,
).filter(lambda text: text.strip())


def shown_by(markdown):
    return " ".join(Page(MARKDOWN.render(markdown)).text.split())


@given(text_of_any_kind)
@settings(max_examples=300)
def test_markdown_shows_any_text_as_it_is(text):
    plain = " ".join(text.split())
    assert shown_by(escaped(text)) == plain
    assert shown_by(f"- {escaped(text)}") == plain
    assert shown_by(f"### {escaped(text)}") == plain
    cells = f"| {escaped(text)} | b |"
    assert shown_by(f"{cells}\n| --- | --- |\n{cells}") == f"{plain} b {plain} b"


HOSTILE = "<script>alert(1)</script> | _a_ *b* [c](d) `e` & {{ f }}"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Pages of two versions in which every text is markup."""

    def spoilt(value, name=""):
        if isinstance(value, dict):
            free = {"text", "label", "title", "dont_know"}
            return {
                key: HOSTILE if name in free and isinstance(entry, str) else spoilt(entry, key)
                for key, entry in value.items()
            }
        if isinstance(value, list):
            return [spoilt(entry, name) for entry in value]
        free = {"asked", "unit", "reason", "evidence", "note", "population", "provenance"}
        return HOSTILE if name in free and value != "all" else value

    plain = [version.model_dump(mode="json", by_alias=True) for version in (instrument(), newer())]
    for version in plain:
        version["note"] = version["questions"][0]["note"] = "a note"
    plain[0]["questions"][1]["text"]["en"] = "Other words before"
    first = spoilt(plain[0])
    first["questions"][0]["text"]["en"] = "Other words"
    made = [Instrument.model_validate(first), Instrument.model_validate(spoilt(plain[1]))]
    return write_pages(made, tmp_path_factory.mktemp("hostile"))


def test_markup_in_any_text_is_text_on_a_page(hostile):
    for path in hostile.files:
        if path.suffix == ".html":
            text = path.read_text("utf-8")
            page = Page(text)
            assert "<script" not in text
            assert not page.every("script")
            assert page.text.count("<script>alert(1)</script>") > 3, path


def test_markup_in_any_text_is_text_in_markdown(hostile):
    for path in hostile.files:
        if path.suffix == ".md":
            page = Page(MARKDOWN.render(path.read_text("utf-8")))
            assert not page.every("script")
            assert "d" not in {attrs.get("href") for attrs in page.every("a")}
            assert page.text.count("<script>alert(1)</script> | _a_ *b* [c](d) `e` &") > 3, path


def test_a_table_of_markdown_keeps_its_columns_whatever_the_labels_hold(hostile):
    for path in hostile.files:
        if path.suffix == ".md":
            tokens = MARKDOWN.parse(path.read_text("utf-8"))
            cells = [
                token.type for token in tokens if token.type in {"tr_open", "th_open", "td_open"}
            ]
            rows = (
                " ".join(cells)
                .replace("th_open", "cell")
                .replace("td_open", "cell")
                .split("tr_open")
            )
            assert all(row.strip() for row in rows[1:]), path


answers = st.sampled_from(["a", "b", "c"])
atoms = st.builds(
    lambda name, codes: {"question": name, "answers": sorted(codes)},
    st.sampled_from(["one", "two"]),
    st.sets(answers, min_size=1),
) | st.builds(
    lambda low, high: {"question": "years", "at_least": str(min(low, high)), "at_most": str(high)},
    st.integers(0, 9),
    st.integers(0, 9),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.builds(
        lambda name, parts: {name: parts},
        st.sampled_from(["all_of", "any_of", "none_of"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=6,
).map(Condition.model_validate)

#: Phrases that make a sentence a formula, so that it can be held against the condition.
FORMULA = routes.Voice(
    phrases={
        "and_parts": " and ",
        "or_parts": " or ",
        "or": " or ",
        "answered": "({answers})",
        "not_answered": "(not ({answers}))",
        "range_from_to": "({low} <= {question} <= {high})",
        "range_not_from_to": "({question} < {low} or {question} > {high})",
    },
    question=lambda name: name,
    answer=lambda name, code: f"{name} == '{code}'",
    several=lambda _: False,
)


@given(conditions, answers, answers, st.integers(0, 9))
def test_a_condition_in_words_says_what_the_condition_says(condition, one, two, years):
    given_answers = {"one": one, "two": two, "years": Decimal(years)}
    formula = routes.tell(condition, FORMULA)
    told = eval(formula, {"__builtins__": {}}, given_answers)  # noqa: S307 - our own formula
    assert told == condition.holds(given_answers)


sentences = st.lists(st.sampled_from(["a", "B,", "and", "or", "—", "12", "b"])).map(" ".join)


@given(sentences, sentences)
def test_marked_words_give_back_both_texts(before, after):
    found = list(redline(before, after))
    new = [word.text for word in found if word.fate != "gone"]
    assert " ".join(new) == after
    old = " ".join(word.text for word in found if word.fate != "new")
    assert [normalised(w) or w for w in old.split()] == [normalised(w) or w for w in before.split()]


def test_no_version_is_refused(tmp_path):
    with pytest.raises(MethodError, match="wanted versions of a questionnaire, oldest first"):
        write_pages([], tmp_path)


def test_versions_of_several_questionnaires_are_refused(tmp_path):
    other = instrument("2.0", id="other")
    with pytest.raises(MethodError, match="versions of several questionnaires: demo, other"):
        write_pages([instrument(), other], tmp_path)


def test_a_version_given_twice_is_refused(tmp_path):
    with pytest.raises(MethodError, match=r"version '1\.0' stands twice"):
        write_pages([instrument(), instrument()], tmp_path)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(MethodError, match="out is a file; wanted a folder"):
        write_pages([instrument()], tmp_path / "out")


def test_a_file_in_place_of_a_versions_folder_is_an_output_error(tmp_path):
    (tmp_path / "1.0").write_text("a file", "utf-8")
    with pytest.raises(OutputError, match=r"1\.0"):
        write_pages([instrument()], tmp_path)
    assert (tmp_path / "1.0").read_text("utf-8") == "a file"


def test_without_the_extra_the_message_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"surveylib\[report\]"):
        write_pages([instrument()], tmp_path / "out")
    assert not (tmp_path / "out").exists()
