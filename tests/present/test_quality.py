"""The page on data quality: sums that add up, words for what was found, and nobody named."""

import csv
import hashlib
import re
import sys
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest

from surveylib.errors import MethodError, MissingExtraError
from surveylib.instrument.identity import instrument_hash
from surveylib.instrument.library import load_instrument
from surveylib.present import quality_words as words
from surveylib.present.quality import quality_page, write_quality
from surveylib.present.quality_rules import RULES
from surveylib.wave import blanks
from surveylib.wave.door import ingest
from surveylib.wave.states import STATES

#: Elements of HTML that have no end tag.
VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}

INSTRUMENT = """\
format: surveylib.instrument/1
id: demo
version: "1.0"
title: {en: "Questions on <pets> & homes"}
languages: [en]
provenance: Made up to test with.
population: People with and without pets.
mode: [paper]
questions:
  - id: owns
    kind: single
    concept: owns
    text: {en: "Do you keep a pet?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    missing: [dont_know]
    required: true
    option_list: complete
    options:
      - {code: "yes", label: {en: "Yes"}}
      - {code: "no", label: {en: "No"}}
  - id: how_many
    kind: number
    concept: how_many
    text: {en: "How many?"}
    wording: printed
    base: {asked: those who keep a pet, if: {question: owns, answers: ["yes"]}}
    period: not_stated
    unit: pets
    minimum: 1
    maximum: 20
  - id: which
    kind: multi_answer
    concept: which
    text: {en: "Which animals do you like?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    option_list: complete
    max_selected: 2
    options:
      - {code: cat, label: {en: "Cats"}}
      - {code: dog, label: {en: "Dogs"}}
      - {code: bird, label: {en: "Birds"}}
      - {code: none, label: {en: "None of these"}, exclusive: true}
  - id: agree
    title: {en: "Opinions"}
    kind: grid
    concept: agree
    text: {en: "Do you agree?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    cells: ordered
    rows:
      - {id: one, text: {en: "The first"}}
      - {id: two, text: {en: "The second"}}
      - {id: three, text: {en: "The third"}}
    option_list: complete
    options:
      - {code: agree, label: {en: "I agree"}}
      - {code: not, label: {en: "I do not agree"}}
  - id: remark
    kind: text
    concept: remark
    text: {en: "Anything else?"}
    wording: printed
    base: {asked: all}
    period: not_stated
  - id: named
    kind: open_coded
    concept: named
    text: {en: "Which one came last?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    mentions: one
    option_list: complete
    options:
      - {code: cat, label: {en: "Cat"}}
      - {code: dog, label: {en: "Dog"}}
  - id: home
    kind: derived
    concept: home
    text: {en: "Kind of home"}
    base: {asked: all}
    period: not_stated
    options:
      - {code: with, label: {en: "With pet"}, when: {question: owns, answers: ["yes"]}}
      - code: without
        label: {en: "Without"}
        when: {none_of: [{question: owns, answers: ["yes"]}]}
"""

HEADS = ["id", "kind", "secs", "Owns", "Many", "Which", "One", "Two", "Three", "Remark", "Named",
         "Mail", "Weight"]  # fmt: skip
AGREE, NOT = "I agree", "I do not agree"


def row(name, seconds, *answers, kind="real"):
    """A row of the file; a blank remark where seven answers are given."""
    remark = () if len(answers) == 8 else ("",)
    *first, named = answers
    return (name, kind, seconds, *first, *remark, named, "m", "1")


#: What each row is, from line 2 on.
ROWS = [
    # As asked; the remark holds an address and must not be shown.
    row("id-1", "300", "Yes", "2", "Cats", AGREE, AGREE, NOT, "me@example.org", "cat"),
    # A straight line, and a label with a space too many.
    row("id-2", "310", "Yes ", "3", "Dogs", AGREE, AGREE, AGREE, "dog"),
    # Led past the number, which is not applicable.
    row("id-3", "290", "No", "", "Birds", NOT, AGREE, NOT, "my own words", ""),
    # An answer against the route, and a speeder.
    row("id-4", "60", "No", "4", "Cats;Dogs", NOT, AGREE, AGREE, "cat"),
    # Out of range, too many ticks.
    row("id-5", "320", "Yes", "99", "Cats;Dogs;Birds", AGREE, NOT, AGREE, "cat"),
    # An answer that stands alone with another; a text that names two answers.
    row("id-6", "300", "Yes", "1", "Cats;None of these", AGREE, NOT, NOT, "cat and dog"),
    # A required question left open; a text that no rule explains, hostile and long.
    row("id-7", "305", "", "", "Cats", "<b>never</b>\n" + "x" * 80, NOT, AGREE, "dog"),
    # Do not know; an address where none belongs.
    row("id-8", "300", "Don't know", "", "Dogs", "who@example.org", AGREE, AGREE, "dog"),
    # The same answers as the first: texts in own words are not compared.
    row("id-9", "300", "Yes", "2", "Cats", AGREE, AGREE, NOT, "fine", "cat"),
    # The same id twice.
    row("id-twice", "300", "Yes", "2", "Cats", AGREE, AGREE, NOT, "cat"),
    row("id-twice", "300", "No", "", "Cats", AGREE, AGREE, NOT, "cat"),
    # No id.
    row("", "300", "No", "", "Cats", AGREE, AGREE, NOT, "cat"),
    # Excluded by the rule.
    row("id-10", "300", "Yes", "2", "Cats", AGREE, AGREE, NOT, "cat", kind="test"),
]  # fmt: skip

COLUMNS = {
    "respondent": {"column": "id"},
    "timing": {"seconds": "secs"},
    "exclude": [{"column": "kind", "texts": ["test"], "reason": "rows of the team"}],
    "columns": {
        "owns": "Owns",
        "how_many": "Many",
        "which": {"layout": "delimited", "column": "Which", "delimiter": ";"},
        "agree": {"layout": "grid", "rows": {"one": "One", "two": "Two", "three": "Three"}},
        "remark": "Remark",
        "named": {"layout": "coded_text", "column": "Named"},
    },
    "keep": {"weight": "Weight"},
    "ignore": [{"column": "Mail", "reason": "who <answered>"}],
}


class Page(HTMLParser):
    """Elements with their attributes, and the text of each place that has an id."""

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
        if data.strip() and "style" not in [tag for tag, _ in self.open]:
            self.said.append((" ".join(data.split()), list(self.open)))

    def every(self, *tags):
        return [attrs for tag, attrs in self.elements if tag in tags]

    @property
    def text(self):
        return " ".join(data for data, _ in self.said)

    def section(self, name):
        """The text of a check."""
        return " ".join(
            data
            for data, around in self.said
            if any(attrs.get("aria-labelledby") == name for _, attrs in around)
        )


def written(path, rows, heads=HEADS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


@pytest.fixture(scope="module")
def instrument(tmp_path_factory):
    path = tmp_path_factory.mktemp("instruments") / "demo" / "1.0.yaml"
    path.parent.mkdir()
    path.write_text(INSTRUMENT, "utf-8")
    return load_instrument(path)


@pytest.fixture(scope="module")
def taken(instrument, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("wave") / "answers.csv", ROWS)
    return ingest(path, instrument, columns=COLUMNS)


@pytest.fixture(scope="module")
def text(taken):
    return quality_page(taken)


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.fixture(scope="module")
def plain(instrument, tmp_path_factory):
    """The page of a wave in which all is well."""
    rows = [
        row("id-1", "300", "Yes", "2", "Cats", AGREE, AGREE, NOT, "cat"),
        row("id-2", "310", "Yes", "3", "Dogs", NOT, AGREE, NOT, "dog"),
    ]
    path = written(tmp_path_factory.mktemp("plain") / "answers.csv", rows)
    return Page(quality_page(ingest(path, instrument, columns=COLUMNS)))


MANIFEST = """\
format: surveylib.wave/1
survey: demo
wave: "2026"
instrument: demo@1.0
instrument_hash: {identity}
field_dates: {{from: 2026-03-01, to: 2026-03-31}}
frame: A made-up list
mode: On paper
response_rate: unknown
weighting: unknown
simulated: drawn by a program for <tests>
most_quarantined: 0.5
sources:
  - {{id: here, title: Nowhere, address: "https://example.org/", kind: publisher}}
responses: {{path: answers.csv, sha256: {digest}, source: here}}
blanks: {{trailing: no_answer, routed: by_respondents}}
respondent: {{column: id, blank: accept, repeated: first}}
exclude:
  - {{column: kind, texts: [test], reason: rows of the team}}
columns:
  owns: Owns
  how_many: Many
  which: {{layout: delimited, column: Which, delimiter: ";"}}
  agree: {{layout: grid, rows: {{one: One, two: Two, three: Three}}}}
  remark: Remark
  named: {{layout: not_in_file, reason: it was coded by hand}}
ignore:
  - {{from: Named, to: Weight, reason: not needed}}
  - {{column: secs, reason: not needed}}
"""


@pytest.fixture(scope="module")
def declared(instrument, tmp_path_factory):
    """The page of a wave with a manifest."""
    root = tmp_path_factory.mktemp("root")
    shelf = root / "instruments" / "demo"
    shelf.mkdir(parents=True)
    (shelf / "1.0.yaml").write_text(INSTRUMENT, "utf-8")
    wave = root / "waves" / "demo" / "2026"
    wave.mkdir(parents=True)
    path = written(wave / "answers.csv", ROWS)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest = MANIFEST.format(identity=instrument_hash(instrument), digest=digest)
    (wave / "wave.yaml").write_text(manifest, "utf-8")
    return Page(quality_page(ingest(wave)))


def test_the_page_is_written_into_a_folder_and_its_path_is_given(taken, text, tmp_path):
    path = write_quality(taken, tmp_path / "new")
    assert path == tmp_path / "new" / "quality.html"
    assert path.read_text("utf-8") == text
    assert [file.name for file in path.parent.iterdir()] == ["quality.html"]


def test_a_file_in_place_of_the_folder_is_refused(taken, tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(MethodError, match="is a file; wanted a folder"):
        write_quality(taken, tmp_path / "file")


def test_without_the_extra_the_message_says_what_to_install(taken, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"data quality needs .*surveylib\[report\]"):
        quality_page(taken)


def test_a_wave_on_disk_has_the_page_of_one_in_memory(instrument, text, tmp_path):
    path = written(tmp_path / "answers.csv", ROWS)
    stored = ingest(path, instrument, columns=COLUMNS, out=tmp_path / "wave")
    assert quality_page(stored) == text


def test_a_data_frame_has_no_hash_to_show(instrument):
    frame = pd.DataFrame(ROWS, columns=HEADS)
    page = Page(quality_page(ingest(frame, instrument, columns=COLUMNS)))
    assert "13 rows read = 9 accepted" in page.text
    assert "SHA-256" not in page.text


def test_the_same_wave_gives_the_same_bytes(taken, text):
    assert quality_page(taken) == text


def test_the_page_loads_nothing_and_runs_nothing(page, text):
    assert not page.every("script", "img", "iframe", "object", "embed", "form", "base")
    assert page.every("link") == [{"rel": "icon", "href": "data:,"}]
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    style = text.partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_headings_are_in_order_and_there_are_landmarks(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for landmark in ("header", "nav", "main", "footer"):
        assert len(page.every(landmark)) == 1
    assert page.every("html") == [{"lang": "en"}]


def test_every_id_stands_once_and_every_link_leads_there(page):
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs["href"].removeprefix("#") in ids for attrs in page.every("a"))
    assert {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a} <= set(ids)


def test_every_head_of_a_table_says_what_it_is_the_head_of(page):
    assert page.every("th")
    assert all(attrs.get("scope") in {"col", "row", "rowgroup"} for attrs in page.every("th"))


def test_the_head_names_wave_questionnaire_version_file_and_hash(taken, page):
    for told in ("Questions on <pets> & homes", "demo 1.0", "answers.csv", taken.wave.sha256[:12]):
        assert told in page.text
    assert {"title": taken.wave.sha256} in page.every("code")


def test_rows_read_are_the_sum_of_what_became_of_them(page):
    # Of 13 rows three have no id of their own, and one is a test.
    assert "13 rows read = 9 accepted + 3 in quarantine + 1 excluded." in page.text
    assert "9 accepted: they are the respondents of the wave (69.2 % of the rows read)" in page.text
    assert "1 excluded: rows of the team" in page.text


def test_the_pieces_of_every_bar_are_as_wide_as_the_bar(text):
    bars = re.findall(r'<div class="bar".*?</div>', text)
    assert len(bars) == 1 + 9
    for bar in bars:
        widths = [float(width) for width in re.findall(r"width:([\d.]+)%", bar)]
        assert sum(widths) == pytest.approx(100, abs=0.01)
        assert all(width > 0 for width in widths)


def test_it_is_said_what_was_decided_on_ids(page):
    assert "1 row without an id: 1 put into quarantine." in page.text
    assert "1 id stands in more than one row: 2 rows with such an id put into quarantine." in (
        page.text
    )
    assert "2 respondents of 9 have the same answers as another" in page.text


def row_of(text, name):
    """The numbers of a question, by what each is called."""
    found = next(
        row for row in re.findall(r"<tr.*?</tr>", text, re.DOTALL)
        if f"<code>{name}</code>" in row.replace("<wbr>", "") and "plot" in row
    )  # fmt: skip
    cells = re.findall(r'data-name="([^"]+)">(.*?)</td>', found, re.DOTALL)
    return {unescape(name): re.sub("<[^>]+>", "", cell).strip() for name, cell in cells}


def test_the_numbers_of_each_question_are_those_of_the_accounts(taken, text):
    for name, states in taken.accounts.questions.items():
        told = row_of(text, name)
        for state, label in words.STATES.items():
            if label in told:
                assert int(told[label]) == states.get(state, 0), (name, state)
            else:
                assert not states.get(state, 0)


def test_rates_have_those_asked_as_their_base(text):
    # Of nine respondents one left it open and one did not know: nobody was led past it.
    told = row_of(text, "owns")
    assert told["nonresponse, of those asked"] == "11.1\N{NO-BREAK SPACE}% 1 of 9"
    assert told["don't know, of those asked"] == "11.1\N{NO-BREAK SPACE}% 1 of 9"
    # Five keep a pet and one answered in spite of the route; the others are no part of the base.
    told = row_of(text, "how_many")
    assert told["in quarantine"] == "1"
    assert told["nonresponse, of those asked"].endswith(" of 6")


def test_a_rate_of_what_nobody_could_say_is_not_told_as_nobody_said_it(text):
    assert row_of(text, "which")["don't know, of those asked"] == "– not offered"


def test_rows_of_a_grid_stand_under_its_title(page, text):
    assert "Opinions agree The first agree.one" in page.text
    assert text.count('class="inside"') == 3


def test_a_question_that_follows_from_others_is_called_derived(page):
    assert "Home derived" in page.text


def test_cells_in_quarantine_are_shown_with_their_place_and_what_to_do(page):
    told = page.section("quarantine")
    assert "E: Many 99 1 6 CELL-RANGE out of range; wanted: at least 1, at most 20 pets" in told
    assert "correct it in the file" in told


def test_texts_of_respondents_are_escaped_and_cut(text):
    assert "<b>never" not in text
    shown = re.search(r"&lt;b&gt;never&lt;/b&gt;\\nx+…", text)
    assert shown
    assert len(shown[0].replace("&lt;", "<").replace("&gt;", ">")) <= 62


def test_nothing_on_the_page_names_a_respondent(taken, text):
    for issue in ("cat and dog", "my own words", "me@example.org", "who@example.org"):
        assert issue not in text
    assert "id-" not in re.sub(r'(class|id|href)="[^"]*"', "", text.partition("</style>")[2])
    assert "cat and dog" in "".join(taken.quarantine["raw"])


def test_it_is_said_which_texts_are_not_shown_and_why(page):
    told = page.section("quarantine")
    assert "not shown: own words" in told
    assert "not shown: holds an address" in told


def test_rows_in_quarantine_are_told_by_reason_with_their_lines(page):
    told = page.section("rows-quarantine")
    assert "the id of the row stands in other rows too 2 12, 13 ROW-ID-REPEATED" in told
    assert "the row has no id 1 14 ROW-ID-BLANK" in told


def test_repaired_cells_are_told_before_and_after_and_why(tmp_path):
    path = tmp_path / "demo" / "1.0.yaml"
    path.parent.mkdir()
    path.write_text(INSTRUMENT.replace("maximum: 20", "maximum: 5000"), "utf-8")
    columns = COLUMNS["columns"] | {"how_many": {"column": "Many", "repair": ["thousands"]}}
    rows = [[*ROWS[0][:4], "1,200", *ROWS[0][5:]]]
    answers = written(tmp_path / "answers.csv", rows)
    page = Page(quality_page(ingest(answers, path, columns=COLUMNS | {"columns": columns})))
    assert "E: Many 1,200 1200 1 2 its digits were grouped" in page.section("repairs")


def test_a_warning_of_ids_tells_no_id(instrument, tmp_path):
    rows = [["1.23456E+15", *ROWS[0][1:]]]
    answers = written(tmp_path / "answers.csv", rows)
    page = Page(quality_page(ingest(answers, instrument, columns=COLUMNS)))
    told = page.section("warnings")
    assert "ids in scientific notation, whose last digits are lost ID-DIGITS not shown" in told
    assert "1.23456E" not in page.text


def test_normalised_cells_are_counted_by_column(page):
    told = page.section("normalised")
    assert "D: Owns 1" in told


def test_answers_against_the_route_are_told_with_the_route(page):
    told = page.section("routes")
    assert "How many how_ many owns is 'yes' 1" in told


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("required", "Owns owns 1"),
        ("ticks", "Which which 1"),
        ("exclusive", "Which an answer that stands alone, with others ANSWERS-EXCLUSIVE 1"),
        ("range", "How many how_ many at least 1, at most 20 pets 1"),
        # Seven answered at least three rows: two have a cell in quarantine.
        ("straight", "Opinions agree 7 1 14.3"),
        ("duplicates", "Ids that stand in more than one row 1"),
        ("personal", "J: Remark remark 1"),
    ],
)
def test_each_check_counts_what_it_found(page, check, told):
    assert told in page.section(check)


def test_times_are_told_with_median_quartiles_and_speeders(page):
    # Of 60, 290, 300 four times, 305, 310 and 320 seconds the middle is 300.
    told = page.section("times")
    assert "Median 5 min 0 s" in told
    assert "Under a third of the median 11.1 % (1 of 9)" in told
    assert "Ended before they started 0.0 % (0 of 9)" in told


def test_where_nothing_was_found_the_page_says_what_was_checked(plain):
    # One warning of the file stays: a rule of the fixture excludes nothing here.
    for check in ("quarantine", "rows-quarantine", "repairs", "normalised", "routes", "required",
                  "ticks", "exclusive", "range", "straight", "times", "duplicates",
                  "personal"):  # fmt: skip
        told = plain.section(check)
        assert "Checked: " in told, check
        assert "Nothing to report." in told, check


def test_what_could_not_be_checked_is_not_called_checked(root, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("region\nusa\n", "utf-8")
    asked = load_instrument(root / "instruments" / "organised_groups" / "1.0.yaml")
    absent = {"layout": "not_in_file", "reason": "not asked"}
    columns = dict.fromkeys(asked.question_ids, absent) | {"region": "region"}
    page = Page(quality_page(ingest(path, asked, columns={"columns": columns})))
    for check in ("required", "ticks", "range", "straight", "times"):
        told = page.section(check)
        assert "Checked:" not in told, check
        assert "check" in told, check
    assert "No ids were read" in page.text
    assert "no ids were read" in page.section("duplicates")


def test_long_lists_are_cut_and_say_how_much_is_left(instrument, tmp_path):
    rows = [
        (f"id-{n}", "real", "300", f"word {n}", "", "", AGREE, NOT, NOT, "", "", "", "1")
        for n in range(40)
    ]
    path = written(tmp_path / "many.csv", rows)
    page = Page(quality_page(ingest(path, instrument, columns=COLUMNS)))
    told = page.section("quarantine")
    assert "… and 10 more kinds in quarantine.csv." in told
    assert told.count("CELL-UNKNOWN") == 30


def test_simulated_answers_are_said_to_be_simulated(declared, page):
    assert "Simulated answers. No respondent gave them: drawn by a program for <tests>" in (
        declared.text
    )
    assert "Simulated" not in page.text
    assert (
        "nothing says when and how it was collected, or whether its answers are real" in page.text
    )


def test_rules_for_blanks_are_told_as_the_manifest_says(declared):
    assert "wave.yaml says “no answer”. no answer: 9, rule 5 included." in declared.text
    assert "Not used: wave.yaml names no column that says who came to the end." in declared.text
    assert "wave.yaml says who carried out the routes: respondents did." in declared.text
    assert "named it was coded by hand" in declared.text
    assert "2026-03-01 to 2026-03-31" in declared.text


def test_without_a_manifest_the_page_says_what_the_call_declared(page):
    assert "Not used: the call names no column that says who came to the end." in page.text


def test_ids_that_are_accepted_or_taken_once_are_told_so(declared):
    assert "1 row without an id: 1 taken." in declared.text
    assert "none of these rows is in quarantine, those left out are among the excluded." in (
        declared.text
    )


def test_columns_that_were_not_read_are_listed_with_the_reason(page):
    assert "L Mail who <answered>" in page.text
    assert "Kept as they stand, beside the questions: 'weight'." in page.text


def test_every_state_has_a_word_and_a_pattern(text):
    assert tuple(words.STATES) == STATES
    style = text.partition("</style>")[0]
    looks = [re.search(rf"^\.{state} {{ background: (.*); }}$", style, re.MULTILINE)[1]
             for state in STATES]  # fmt: skip
    assert len(set(looks)) == len(STATES)


def test_the_page_tells_the_rules_that_the_module_on_blanks_states():
    stated = re.findall(r"^\d\. (.*?): ", blanks.__doc__, re.MULTILINE)
    assert stated == list(RULES)
