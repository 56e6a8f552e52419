"""Forms as SurveyJS shows them: installed from npm, opened and filled in in Chromium."""

import functools
import http.server
import json
import shutil
import subprocess
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from surveylib.instrument.formats.surveyjs import FORMAT
from surveylib.instrument.library import load_instrument
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import in_language
from tests.instrument.generated import instruments
from tests.journeys.programs import chromium, program

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "surveyjs"
SITE = ROOT / "build" / "surveyjs"
OFFERED = ("dont_know", "refused", "not_applicable")


def texts(english, german):
    return {"en": english, "de": german}


def options(**labels):
    return [
        {"code": code, "label": texts(label, f"{label} (de)")} for code, label in labels.items()
    ]


def question(name, kind, **fields):
    """A question of the made-up instrument."""
    usual = {
        "id": name,
        "kind": kind,
        "concept": name,
        "text": texts(f"The {name} {{single}}?", f"Deutsch: {name} {{single}}?"),
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "not_stated",
    }
    return (
        usual
        | ({"option_list": "complete"} if "options" in fields and kind != "derived" else {})
        | fields
    )


def where(*answers, of):
    return {"asked": "some", "if": {"question": of, "answers": list(answers)}}


EVERY_KIND = Instrument.model_validate(
    {
        "format": "surveylib.instrument/1",
        "id": "every_kind",
        "version": "1.0",
        "title": texts("Every kind", "Jede Art"),
        "introduction": texts("Please take your time.", "Bitte lassen Sie sich Zeit."),
        "languages": ["en", "de"],
        "provenance": "-",
        "population": "-",
        "missing_labels": {"dont_know": texts("Cannot say", "Kann ich nicht sagen")},
        "sections": [
            {
                "id": "lists",
                "title": texts("Lists", "Listen"),
                "questions": ["single", "ordered", "banded", "several", "coded", "mentions"],
            },
            {
                "id": "fields",
                "title": texts("Fields", "Felder"),
                "questions": ["number", "day", "month", "year", "words", "quantity"],
            },
            {
                "id": "grids",
                "title": texts("Grids", "Raster"),
                "questions": ["grid", "ticks", "after", "heavy"],
            },
        ],
        "questions": [
            question(
                "single",
                "single",
                options=[
                    *options(a="Apple", b="Pear"),
                    {"code": "1.5", "label": texts("Other", "Anderes"), "write_in": True},
                    {"code": "any", "label": texts("A net", "Ein Netz"), "net_of": ["a", "b"]},
                ],
                required=True,
                missing=["dont_know"],
                option_order="random",
            ),
            question("ordered", "ordered", options=options(low="Low", high="High")),
            question(
                "banded",
                "banded",
                unit="things",
                options=[
                    {"code": "b1", "label": texts("0 to 9", "0 bis 9"), "interval": [0, 9]},
                    {"code": "b2", "label": texts("10 or more", "10 +"), "interval": [10, "open"]},
                ],
            ),
            question(
                "several",
                "multi_answer",
                options=[
                    *options(x="Ex", y="Why", z="Zed"),
                    {"code": "none", "label": texts("None", "Keins"), "exclusive": True},
                ],
                min_selected=2,
                max_selected=2,
                missing=["dont_know"],
            ),
            question("coded", "open_coded", mentions="one", options=options(p="Pea", q="Queue")),
            question(
                "mentions",
                "open_coded",
                mentions="several",
                options=options(p="Pea", q="Queue"),
                missing=["dont_know"],
            ),
            question(
                "number",
                "number",
                unit="cm",
                minimum="1.5",
                maximum="99.5",
                decimals=1,
                required=True,
                missing=["refused"],
            ),
            question("day", "date", precision="day", earliest="2026-01-01"),
            question("month", "date", precision="month"),
            question("year", "date", precision="year", earliest="1900"),
            question("words", "text"),
            question("quantity", "text_quantity", unit="members"),
            question(
                "grid",
                "grid",
                cells="ordered",
                rows=[
                    {"id": "one", "text": texts("Row one", "Zeile eins")},
                    {"id": "two", "text": texts("Row two", "Zeile zwei")},
                ],
                options=options(low="Low", high="High"),
                required=True,
                missing=["dont_know"],
            ),
            question(
                "ticks",
                "grid",
                cells="multi_answer",
                rows=[{"id": "one", "text": texts("Row one", "Zeile eins")}],
                options=[
                    *options(low="Low", high="High"),
                    {"code": "none", "label": texts("None", "Keins"), "exclusive": True},
                    {"code": "x", "label": texts("A net", "Ein Netz"), "net_of": ["low", "high"]},
                ],
            ),
            question("after", "text", base=where("high", of="grid.two")),
            question(
                "heavy",
                "derived",
                options=[
                    {
                        "code": "yes",
                        "label": texts("Yes", "Ja"),
                        "when": {"question": "number", "at_least": "50"},
                    },
                    {
                        "code": "no",
                        "label": texts("No", "Nein"),
                        "when": {"none_of": [{"question": "number", "at_least": "50"}]},
                    },
                ],
            ),
        ],
    }
)


@pytest.fixture(scope="module")
def site():
    """A folder with the libraries, the page and the forms."""
    SITE.mkdir(parents=True, exist_ok=True)
    for file in HERE.iterdir():
        shutil.copy(file, SITE)
    subprocess.run(
        [program("npm"), "install", "--no-package-lock", "--no-audit", "--no-fund"],
        check=True,
        cwd=SITE,
        capture_output=True,
    )
    groups = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
    for instrument in (groups, EVERY_KIND):
        for name, raw in FORMAT.write(instrument).items():
            (SITE / name).write_bytes(raw)
    return SITE


class Silent(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(Silent, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/form.html"
        server.shutdown()
        serving.join()


@pytest.fixture(scope="module")
def browser():
    opened = chromium("--window-size=1000,1400")
    yield opened
    opened.quit()


class Form:
    """A form in the browser."""

    def __init__(self, browser, address, name):
        self.browser = browser
        browser.get_log("browser")
        browser.get(f"{address}?{name}")
        self.wait(lambda: self.run("return Boolean(window.survey)"))
        self.wait(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-name]"))

    def wait(self, until):
        WebDriverWait(self.browser, 10, poll_frequency=0.05).until(lambda _: until())

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    @property
    def data(self):
        return self.run("return survey.data")

    @property
    def text(self):
        return self.browser.find_element(By.TAG_NAME, "body").text

    def question(self, name):
        return self.browser.find_element(By.CSS_SELECTOR, f"[data-name='{name}']")

    def shows(self, name):
        return bool(self.browser.find_elements(By.CSS_SELECTOR, f"[data-name='{name}']"))

    def choice(self, name, value):
        """The box of a choice, found by its value."""
        boxes = self.question(name).find_elements(By.CSS_SELECTOR, "input")
        return next(box for box in boxes if box.get_attribute("value") == value)

    def tick(self, name, value):
        self.click(self.choice(name, value))

    def click(self, element):
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        self.run("arguments[0].click()", element)

    def press(self, title):
        self.click(self.browser.find_element(By.CSS_SELECTOR, f"input[value='{title}']"))

    def type(self, name, words):
        field = self.question(name).find_element(By.CSS_SELECTOR, "input, textarea")
        self.run("arguments[0].scrollIntoView({block: 'center'})", field)
        field.send_keys(words)
        self.run("arguments[0].blur()", field)


@pytest.fixture
def groups(browser, address):
    return Form(browser, address, "organised_groups-1.0.json")


@pytest.fixture
def kinds(browser, address):
    return Form(browser, address, "every_kind-1.0.json")


@pytest.fixture(params=["organised_groups-1.0.json", "every_kind-1.0.json"])
def any_form(browser, address, request):
    return Form(browser, address, request.param)


def test_the_library_finds_nothing_wrong_and_the_console_is_empty(any_form):
    assert any_form.run("return survey.jsonErrors") is None
    assert any_form.browser.get_log("browser") == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_text_stands_there_in_each_language(groups, language):
    groups.run("survey.locale = arguments[0]", language)
    groups.tick("groups_encountered", "yes")
    groups.wait(lambda: groups.shows("groups_count"))
    instrument = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
    told = [
        in_language(text, language)
        for asked in instrument.questions
        for text in (
            asked.text,
            *(option.label for option in asked.answers if asked.kind != "open_coded"),
        )
    ]
    told += [instrument.title[language], instrument.missing_label("dont_know", language)]
    # What has just come into view is not there at once.
    groups.wait(lambda: all(text in groups.text for text in told))


def test_a_follow_up_is_shown_where_it_is_asked_and_loses_its_answer_where_not(groups):
    assert not groups.shows("groups_count")
    groups.tick("groups_encountered", "yes")
    groups.wait(lambda: groups.shows("groups_count"))
    groups.tick("groups_count", "from_11")
    groups.tick("groups_encountered", "dont_know")
    groups.wait(lambda: not groups.shows("groups_count"))
    assert groups.data == {
        "groups_encountered": "dont_know",
        "instrument-version": "organised_groups@1.0",
    }


def test_not_knowing_and_places_exclude_each_other(groups):
    groups.tick("groups_encountered", "yes")
    groups.wait(lambda: groups.shows("groups_places"))
    for value, left in (
        ("darknet", ["darknet"]),
        ("games", ["darknet", "games"]),
        ("dont_know", ["dont_know"]),
        ("refused", ["refused"]),
        ("games", ["games"]),
    ):
        groups.tick("groups_places", value)
        assert groups.data["groups_places"] == left


def test_a_form_that_was_filled_in_holds_codes(groups):
    groups.tick("groups_encountered", "no")
    groups.tick("groups_number_change", "increased")
    groups.tick("region", "refused")
    groups.press("Complete")
    groups.wait(lambda: groups.run("return Boolean(window.completed)"))
    assert groups.run("return completed") == {
        "groups_encountered": "no",
        "groups_number_change": "increased",
        "region": "refused",
        "instrument-version": "organised_groups@1.0",
    }


def test_braces_in_a_text_stand_there_as_they_are(kinds):
    kinds.tick("single", "a")
    shown = kinds.text.replace("\u2060", "")
    assert "The ordered {single}?" in shown
    assert "Please take your time." in shown


def test_without_an_answer_to_a_required_question_nobody_goes_on(kinds):
    kinds.press("Next")
    assert kinds.run("return survey.currentPage.name") == "lists"
    assert "Response required" in kinds.question("single").text
    kinds.tick("single", "dont_know")
    kinds.tick("several", "dont_know")
    kinds.press("Next")
    kinds.wait(lambda: kinds.run("return survey.currentPage.name") == "fields")


def test_a_net_is_not_offered_and_ways_of_not_answering_come_last(kinds):
    boxes = kinds.question("single").find_elements(By.CSS_SELECTOR, "input")
    values = [box.get_attribute("value") for box in boxes]
    assert sorted(values[:-1]) == ["1.5", "a", "b"]
    assert values[-1] == "dont_know"


def test_the_text_of_an_option_is_asked_for_where_it_is_chosen(kinds):
    assert not kinds.shows("single-text-1.5")
    kinds.tick("single", "1.5")
    kinds.wait(lambda: kinds.shows("single-text-1.5"))
    kinds.type("single-text-1.5", "Quince")
    assert kinds.data["single"] == "1.5"
    assert kinds.data["single-text-1.5"] == "Quince"


def test_fewest_ticks_do_not_bind_who_chooses_what_stands_alone(kinds):
    kinds.tick("single", "a")
    kinds.tick("several", "x")
    kinds.press("Next")
    assert kinds.run("return survey.currentPage.name") == "lists"
    kinds.tick("several", "none")
    assert kinds.data["several"] == ["none"]
    kinds.press("Next")
    kinds.wait(lambda: kinds.run("return survey.currentPage.name") == "fields")


def test_a_respondent_adds_to_an_open_list_or_says_why_not(kinds):
    kinds.click(kinds.question("mentions").find_element(By.CSS_SELECTOR, ".sd-tagbox"))
    field = kinds.question("mentions").find_element(By.CSS_SELECTOR, "input[role='combobox']")
    kinds.wait(lambda: not field.get_attribute("readonly"))
    for words, left in (("Pea", ["p"]), ("Something new", ["p", "Something new"])):
        field.send_keys(words)
        kinds.wait(lambda words=words: words in kinds.text)
        field.send_keys(Keys.ENTER)
        kinds.wait(lambda left=left: kinds.data.get("mentions") == left)
    kinds.tick("mentions-missing", "dont_know")
    assert "mentions" not in kinds.data
    assert kinds.data["mentions-missing"] == "dont_know"


def to_fields(kinds):
    kinds.tick("single", "a")
    kinds.tick("several", "none")
    kinds.press("Next")
    kinds.wait(lambda: kinds.shows("number"))


@pytest.mark.parametrize(
    ("words", "accepted"), [("1.5", True), ("50.3", True), ("1.4", False), ("50.25", False)]
)
def test_a_number_keeps_its_limits_and_decimals(kinds, words, accepted):
    to_fields(kinds)
    kinds.type("number", words)
    kinds.press("Next")
    assert (kinds.run("return survey.currentPage.name") == "grids") == accepted


def test_who_refuses_a_required_number_goes_on_without_it(kinds):
    to_fields(kinds)
    kinds.type("number", "20")
    kinds.tick("number-missing", "refused")
    assert "number" not in kinds.data
    kinds.press("Next")
    kinds.wait(lambda: kinds.shows("grid"))
    assert "heavy" not in kinds.data


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("day", "2026-01-01", True),
        ("day", "2025-12-31", False),
        ("month", "2026-03", True),
        ("year", 1999, True),
        ("year", 199, False),
        ("year", 19999, False),
    ],
)
def test_a_date_is_as_exact_as_it_should_be(kinds, name, value, accepted):
    to_fields(kinds)
    kinds.type("number", "20")
    kinds.run("survey.setValue(arguments[0], arguments[1])", name, value)
    kinds.press("Next")
    assert (kinds.run("return survey.currentPage.name") == "grids") == accepted


def test_every_row_of_a_grid_is_answered_and_routes(kinds):
    to_fields(kinds)
    kinds.type("number", "60")
    kinds.press("Next")
    kinds.wait(lambda: kinds.shows("grid"))

    def cell(grid, row, column):
        line = kinds.question(grid).find_elements(By.CSS_SELECTOR, "tbody tr")[row]
        kinds.click(line.find_element(By.CSS_SELECTOR, f"input[value='{column}']"))

    cell("grid", 0, "dont_know")
    kinds.press("Complete")
    assert kinds.run("return survey.state") == "running"
    cell("grid", 1, "high")
    kinds.wait(lambda: kinds.shows("after"))
    for column, left in (("low", ["low"]), ("none", ["none"]), ("high", ["high"])):
        cell("ticks", 0, column)
        assert kinds.data["ticks"] == {"one": left}
    assert not kinds.question("ticks").find_elements(By.CSS_SELECTOR, "input[value='x']")
    kinds.press("Complete")
    kinds.wait(lambda: kinds.run("return Boolean(window.completed)"))
    assert kinds.run("return completed") == {
        "single": "a",
        "several": ["none"],
        "number": 60,
        "grid": {"one": "dont_know", "two": "high"},
        "ticks": {"one": ["high"]},
        "heavy": "yes",
        "instrument-version": "every_kind@1.0",
    }


@pytest.fixture(scope="module")
def engine(site):
    """SurveyJS without a page: takes a form and answers, gives what is true."""
    process = subprocess.Popen(
        [program("node"), "expressions.js"],
        cwd=site,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )

    def ask(**asked):
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait(timeout=10)
    process.stdout.close()


def answer(draw, item):
    """An answer that somebody can give: what it is here, and as SurveyJS keeps it."""
    states = [state for state in item.missing if state in OFFERED]
    codes = [option.code for option in item.answers if not option.net_of]
    kind = item.kind
    name = item.id
    if states and draw(st.integers(0, 3)) == 0:
        state = draw(st.sampled_from(states))
        if kind in {"open_coded", "number", "date", "text", "text_quantity"}:
            return (state if item.exclusive else frozenset([state])), {f"{name}-missing": state}
        return (state, {name: state}) if item.exclusive else (frozenset([state]), {name: [state]})
    if kind == "number":
        value = draw(st.integers(-20, 200))
        return Decimal(value) / 4, {name: value / 4}
    if not codes:
        return None, {}
    if item.exclusive:
        code = draw(st.sampled_from(codes))
        return code, {name: code}
    ticked = draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))
    return frozenset(ticked), {name: ticked}


def as_number(code):
    """What JavaScript makes of a code that looks like a number; the code itself otherwise."""
    try:
        return int(code, 16) if code[:2].lower() == "0x" else float(code.replace("_", "x"))
    except ValueError:
        return code.casefold()


def nested(data):
    """Rows of grids inside their grid, as SurveyJS keeps them."""
    found = {}
    for name, value in data.items():
        grid, _, row = name.partition(".")
        if row:
            found.setdefault(grid, {})[row] = value
        else:
            found[name] = value
    return found


def unrouted(form):
    """The form without routes, so that every answer given to it stays."""
    if isinstance(form, dict):
        routes = ("visibleIf", "enableIf", "resetValueIf", "calculatedValues")
        return {key: unrouted(value) for key, value in form.items() if key not in routes}
    return [unrouted(value) for value in form] if isinstance(form, list) else form


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(instrument=instruments(derived=False, languages=["en"], awkward_text=False), data=st.data())
def test_an_expression_is_true_exactly_where_its_condition_holds(engine, instrument, data):
    routed = [asked for asked in instrument.questions if asked.base.condition]
    assume(routed)
    given_, stored = {}, {}
    for item in instrument.items:
        seen = [as_number(option.code) for option in item.answers]
        assume(len(seen) == len(set(seen)))
        if data.draw(st.integers(0, 3)):
            given_[item.id], kept = answer(data.draw, item)
            stored |= kept
    (raw,) = FORMAT.write(instrument).values()
    form = json.loads(raw)
    told = {
        element["name"]: element.get("visibleIf")
        for page in form["pages"]
        for element in page["elements"]
    }
    expressions = [told[asked.id] for asked in routed]
    got = engine(form=unrouted(form), data=nested(stored), expressions=expressions)
    assert got["faults"] == []
    assert got["holds"] == [asked.base.condition.holds(given_) is True for asked in routed]


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(instrument=instruments())
def test_the_library_finds_nothing_wrong_with_any_form(engine, instrument):
    (raw,) = FORMAT.write(instrument).values()
    assert engine(form=json.loads(raw), data={}, expressions=[])["faults"] == []
