"""Full circle: a questionnaire becomes a form, the form is filled in, and its answers are counted.

The form is surveylib's own, shown by SurveyJS in Chromium. Fifty respondents are made up by a rule
that is no part of surveylib; what was clicked for them must be what surveylib counts.
"""

import json
from collections import Counter
from random import Random

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

import surveylib as sl
from surveylib.wave.door import ingest

# Fixtures of the journey through SurveyJS: the installed library, its server, the browser.
from tests.journeys.test_surveyjs_journey import (
    ROOT,
    Form,
    address,
    browser,
    site,
)

__all__ = ["address", "browser", "site"]

pytestmark = pytest.mark.journey

GROUPS = ROOT / "instruments" / "organised_groups" / "1.0.yaml"
FORM = "organised_groups-1.0.json"
RESPONDENTS = 50
#: Respondents whose answers are clicked with the mouse; those of the others are set in the form's
#: model, by its own interface, to keep the journey short. Both are saved by the form.
CLICKED = 14
#: What the form offers, written down from the questionnaire as printed.
ONE = {
    "groups_encountered": ("yes", "no", "dont_know", "refused"),
    "groups_count": (
        *("from_1", "from_11", "from_51", "from_101", "from_501", "from_1001"),
        *("dont_know", "refused"),
    ),
    "groups_number_change": ("decreased", "unchanged", "increased", "dont_know", "refused"),
    "organisation_level_change": ("less", "same", "more", "dont_know", "refused"),
    "caution_change": ("less", "same", "more", "dont_know", "refused"),
    "largest_group_size": (
        *("from_3", "from_11", "from_101", "from_1001", "from_10001"),
        *("dont_know", "refused"),
    ),
    "region": (
        *("usa", "canada", "sweden", "united_kingdom", "europe_other", "elsewhere"),
        "refused",
    ),
}
SEVERAL = {
    "groups_places": (
        *("open_internet", "messaging", "social_media", "darknet", "peer_to_peer", "games"),
        "elsewhere",
    ),
    "groups_platforms": ("facebook", "kik", "skype", "telegram", "whatsapp", "other"),
}
FOLLOW_UPS = ("groups_count", "groups_places", "groups_platforms", "largest_group_size")
ORDER = (
    *("groups_encountered", "groups_count", "groups_number_change", "organisation_level_change"),
    *("caution_change", "groups_places", "groups_platforms", "largest_group_size", "region"),
)
WRITTEN = "groups_platforms-text-other"
#: Texts that are easily damaged on their way.
TEXTS = ('Größe, "klein"', "first line\nsecond line", "=1+1", "  spaces  ", "你好; a|b")


def made_up():
    """What each respondent does: an option, a set of ticks, or nothing, by question."""
    random = Random(96)  # noqa: S311 - no secret is drawn
    plans = []
    for number in range(RESPONDENTS):
        plan = {}
        for name in ORDER:
            if name in FOLLOW_UPS and plan.get("groups_encountered") != "yes":
                continue
            drawn = random.random()
            if name in ONE:
                # Four in five have come across a group, so that follow-ups are asked.
                usual = name == "groups_encountered" and drawn < 0.75
                plan[name] = "yes" if usual else random.choice(ONE[name])
            elif drawn < 0.1:
                plan[name] = [random.choice(("dont_know", "refused"))]
            else:
                plan[name] = random.sample(SEVERAL[name], random.randint(1, 4))
            if random.random() < 0.08:
                del plan[name]
        if "other" in plan.get("groups_platforms", ()) and number % 4:
            plan[WRITTEN] = TEXTS[number % len(TEXTS)]
        plans.append(plan)
    return plans


PLANS = made_up()
COLUMNS = {
    "respondent": {"column": "id"},
    "version": {"column": "instrument-version", "values": {"organised_groups@1.0": "1.0"}},
    # Every form was sent in by its button: what is left open at its end was left open.
    "blanks": {"trailing": "no_answer"},
    "columns": {
        **{name: name for name in ONE},
        **{
            name: {
                "layout": "column_per_option",
                "options": {code: f"{name}/{code}" for code in codes},
                "missing": {state: f"{name}/{state}" for state in ("dont_know", "refused")},
                "ticked": ["1"],
                "not_ticked": ["0"],
                "write_in": {"other": WRITTEN} if "other" in codes else {},
            }
            for name, codes in SEVERAL.items()
        },
    },
}


class Respondent(Form):
    """A form that somebody fills in with the mouse and the keyboard."""

    def __init__(self, browser, address):
        super().__init__(browser, address, FORM)
        # What moves under the mouse is not hit.
        self.run("Survey.settings.animationEnabled = false")

    def point_at(self, name, value):
        """Move to a choice, found by its question and its value, click, and see that it is set."""
        box = self.choice(name, value)
        label = box.find_element(By.XPATH, "./ancestor::label")
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", label)
        self.wait(lambda: self.run(STILL, label))
        ActionChains(self.browser, duration=0).move_to_element(label).click().perform()
        self.wait(lambda: self.choice(name, value).is_selected())

    def fill_in(self, plan, *, wavers):
        """Do what the plan says; who wavers chooses something else first, everywhere."""
        if wavers and plan.get("groups_encountered") == "no":
            self.point_at("groups_encountered", "yes")
            self.wait(lambda: self.shows("groups_count"))
            self.point_at("groups_count", "from_11")
            self.point_at("groups_places", "darknet")
        for name in ORDER:
            if name not in plan:
                continue
            self.wait(lambda name=name: self.shows(name))
            if name in ONE:
                if wavers:
                    self.point_at(name, ONE[name][-1])
                self.point_at(name, plan[name])
                continue
            if wavers:
                self.point_at(name, "refused" if "dont_know" in plan[name] else "dont_know")
            for value in plan[name]:
                self.point_at(name, value)
        if WRITTEN in plan:
            self.wait(lambda: self.shows(WRITTEN))
            self.type(WRITTEN, plan[WRITTEN])

    def complete(self):
        """Press the button, and give what the form then saves."""
        self.press("Complete")
        self.wait(lambda: self.run("return Boolean(window.completed)"))
        return self.run("return window.completed")


#: Whether an element has stayed in its place since it was last looked at.
STILL = """
const place = JSON.stringify(arguments[0].getBoundingClientRect());
const before = window.placeBefore;
window.placeBefore = place;
return place === before;
"""
SET_AND_COMPLETE = """
const [plan, order] = arguments;
window.completed = undefined;
survey.clear(true, true);
for (const name of order) {
  if (name in plan) survey.setValue(name, plan[name]);
}
survey.doComplete();
return window.completed;
"""


@pytest.fixture(scope="module")
def results(browser, address, tmp_path_factory):
    """What the form saved for every respondent, as one JSON file."""
    saved = []
    for number, plan in enumerate(PLANS[:CLICKED]):
        form = Respondent(browser, address)
        form.fill_in(plan, wavers=number % 3 == 0)
        saved.append(form.complete())
    form = Form(browser, address, FORM)
    saved += [form.run(SET_AND_COMPLETE, plan, [*ORDER, WRITTEN]) for plan in PLANS[CLICKED:]]
    records = [{"id": f"r{number:03}"} | data for number, data in enumerate(saved)]
    file = tmp_path_factory.mktemp("circle") / "results.json"
    file.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return file


@pytest.fixture(scope="module")
def found(results):
    """The results, ingested."""
    return ingest(results, GROUPS, columns=COLUMNS)


def chosen(plan, name):
    """What one respondent clicked in one question."""
    if name not in plan:
        return []
    return [plan[name]] if name in ONE else plan[name]


def clicked(name):
    """How often each answer was clicked, and why others have none."""
    counts = Counter()
    for plan in PLANS:
        counts.update(chosen(plan, name))
        if name not in plan:
            routed = name in FOLLOW_UPS and plan.get("groups_encountered") != "yes"
            counts["not_applicable" if routed else "no_answer"] += 1
    return counts


def test_the_plans_hold_everything_that_can_be_clicked_and_every_way_of_having_no_answer():
    for name in ORDER:
        offered = ONE.get(name) or (*SEVERAL[name], "dont_know", "refused")
        beside = {"no_answer"} | ({"not_applicable"} if name in FOLLOW_UPS else set())
        assert set(clicked(name)) == {*offered, *beside}
    assert {plan.get(WRITTEN) for plan in PLANS} == {*TEXTS, None}
    wavering = PLANS[:CLICKED:3]
    assert {plan.get("groups_encountered") for plan in wavering} >= {"yes", "no"}


@pytest.mark.parametrize("name", ORDER)
def test_what_was_clicked_is_what_is_counted(found, name):
    counts = found.wave.counts(name)
    assert {answer: count for answer, count in counts.items() if count} == dict(clicked(name))


def test_every_respondent_and_every_cell_is_taken(found):
    assert found.accounts.accepted == found.accounts.rows_read == RESPONDENTS
    assert found.quarantine.to_dict("records") == []
    assert found.accounts.differences() == []
    ids = found.wave.column(":respondent").tolist()
    assert ids == [f"r{number:03}" for number in range(RESPONDENTS)]


@pytest.mark.parametrize("name", ORDER)
def test_each_respondent_has_their_own_answers(found, name):
    for answer in set(clicked(name)) - {"no_answer", "not_applicable"}:
        gave = [answer in chosen(plan, name) for plan in PLANS]
        assert found.wave.gave(name, answer).tolist() == gave


def test_what_was_written_beside_an_option_is_kept_as_it_was_written(found):
    texts = found.wave.column("groups_platforms/other:text").tolist()
    assert texts == [plan.get(WRITTEN) for plan in PLANS]


@pytest.mark.parametrize("name", ORDER)
def test_an_estimate_is_a_share_of_those_who_answered_or_were_asked(found, name):
    counts = clicked(name)
    asked = RESPONDENTS - counts["not_applicable"]
    answered = asked - counts["no_answer"] - counts["dont_know"] - counts["refused"]
    rows = sl.estimate(found.wave, name).rows
    assert {row.answer for row in rows} == set(counts) - {"no_answer", "not_applicable"}
    for row in rows:
        base = asked if row.answer in {"dont_know", "refused"} else answered
        assert row.n == base
        assert row.estimate == pytest.approx(counts[row.answer] / base)
        assert row.ci_low < row.estimate < row.ci_high


@pytest.mark.parametrize("name", ORDER)
def test_the_columns_are_found_without_a_word_about_them(found, results, name):
    # Nothing in the file says who came to the end: blanks after the last answer stay unclear.
    by_itself = ingest(results, GROUPS).wave
    states = [
        ["unknown_blank" if text == "no_answer" else text for text in wave.counts(name)]
        for wave in (found.wave, by_itself)
    ]
    assert set(states[0]) == set(states[1])
    for answer in set(clicked(name)) - {"no_answer", "not_applicable"}:
        assert by_itself.gave(name, answer).tolist() == found.wave.gave(name, answer).tolist()
    if name == "groups_platforms":
        assert by_itself.column(f"{name}/other:text").tolist() == [
            plan.get(WRITTEN) for plan in PLANS
        ]
