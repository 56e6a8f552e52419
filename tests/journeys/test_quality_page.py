"""A research lead opens the page on data quality of a new wave, on a desk and on a phone."""

import csv
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from surveylib.present.quality import write_quality
from surveylib.present.quality_words import STATES
from surveylib.wave.door import ingest
from tests.journeys.colours import contrast
from tests.journeys.programs import chromium

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
#: Paper is a page of A4 without its margins, in pixels of 1/96 inch.
WIDTHS = {"desk": (1280, 900), "phone": (360, 740), "paper": (718, 1000)}
SCHEMES = ("light", "dark")

PLACES = ["open_internet", "messaging", "social_media", "darknet", "peer_to_peer", "games"]
HEADS = ["Id", "Seconds", "Encountered", "How many", "Change", "Level", "Caution",
         *PLACES, "elsewhere", "Platforms", "Largest", "Region", "Address"]  # fmt: skip
COLUMNS = {
    "respondent": {"column": "Id"},
    "timing": {"seconds": "Seconds"},
    "columns": {
        "groups_encountered": "Encountered",
        "groups_count": {"column": "How many", "repair": ["spreadsheet_date"]},
        "groups_number_change": "Change",
        "organisation_level_change": "Level",
        "caution_change": "Caution",
        "groups_places": {
            "layout": "column_per_option",
            "options": {place: place for place in (*PLACES, "elsewhere")},
            "ticked": ["x"],
        },
        "groups_platforms": {"layout": "delimited", "column": "Platforms", "delimiter": ","},
        "largest_group_size": "Largest",
        "region": "Region",
    },
    "ignore": [{"column": "Address", "reason": "Personal: never read."}],
}


def respondent(number):
    """One row of the file: most as asked, some with what happens in real files."""
    met = number % 3 != 0
    ticks = ["x" if met and (number + place) % 4 == 0 else "" for place in range(7)]
    ticks[0] = "x" if met else ""
    return [
        f"r{number % 60}",
        str(25 if number % 19 == 0 else 240 + 7 * (number % 13)),
        "Yes" if met else "Don't know" if number % 12 == 0 else "No",
        ("Nov 50" if number % 5 == 0 else "1 to 10 ") if met or number == 9 else "",
        "Increased"
        if number % 7
        else "rather more than before, <i>I think</i>, all over the place",
        "As organised as before" if number % 4 else "",
        "More careful" if number % 11 else "Prefer not to say",
        *ticks,
        "Facebook,Kik" if met else "",
        ("11 to 100" if number % 5 else "lots@example.org") if met else "",
        "Sweden" if number % 10 else "",
        f"somebody{number}@example.org",
    ]


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "round.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADS, *map(respondent, range(1, 62))])
    return ingest(path, ROOT / "instruments" / "organised_groups" / "1.0.yaml", columns=COLUMNS)


@pytest.fixture(scope="module")
def address(taken, tmp_path_factory):
    """The page as it was written."""
    return write_quality(taken, tmp_path_factory.mktemp("journey")).as_uri()


@pytest.fixture(scope="module")
def browser():
    opened = chromium(logs=("browser", "performance"))
    yield opened
    opened.quit()


def opened_at(browser, address, width, scheme="light"):
    """The page, freshly opened in a view of this size and scheme of colours."""
    wide, high = WIDTHS[width]
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": width == "phone"},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(address)
    return browser


@pytest.fixture(
    params=[(width, scheme) for width in ("desk", "phone") for scheme in SCHEMES], ids="-".join
)
def view(browser, address, request):
    return opened_at(browser, address, *request.param)


@pytest.fixture
def desk(browser, address):
    return opened_at(browser, address, "desk")


def requested(page):
    """The addresses that the page asked for."""
    told = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    return [
        entry["params"]["request"]["url"]
        for entry in told
        if entry["method"] == "Network.requestWillBeSent"
    ]


def test_the_console_is_empty_and_no_request_leaves_the_page(view, address):
    assert view.get_log("browser") == []
    asked = [url for url in requested(view) if not url.startswith("data:")]
    assert asked == [address]


def test_the_page_is_as_wide_as_the_window_and_nothing_read_is_cut_off(view):
    wide, window, cut = view.execute_script(
        """
        const scrolls = node => node && (getComputedStyle(node).overflowX !== 'visible'
            || scrolls(node.parentElement));
        const right = node => node.getBoundingClientRect().right;
        return [document.documentElement.scrollWidth, window.innerWidth,
            [...document.querySelectorAll('h1, h2, h3, p, li, dd, dt, code, .bar')]
            .filter(node => right(node) > window.innerWidth + 1 && !scrolls(node.parentElement))
            .map(node => node.outerHTML.slice(0, 120))];
        """
    )
    assert wide <= window
    assert window in {1280, 360}
    assert cut == []


def test_tables_do_not_have_to_be_pushed_sideways(view):
    pushed = view.execute_script(
        "return [...document.querySelectorAll('.scroll')].filter(node => "
        "node.scrollWidth > node.clientWidth + 1).map(node => node.getAttribute('aria-label'))"
    )
    assert pushed == []


def test_every_text_has_a_contrast_of_4_5_to_its_ground(view):
    pairs = view.execute_script(
        """
        const ground = node => {
            const colour = getComputedStyle(node).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
            return node.parentElement ? ground(node.parentElement) : 'rgb(255, 255, 255)';
        };
        const seen = new Set();
        for (const node of document.querySelectorAll('body *')) {
            const own = [...node.childNodes].some(each => each.nodeType === 3
                && each.textContent.trim());
            if (own) seen.add(getComputedStyle(node).color + '|' + ground(node));
        }
        return [...seen];
        """
    )
    assert len(pairs) > 3
    for pair in pairs:
        one, two = (
            [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
            for colour in pair.split("|")
        )
        assert contrast(one, two) >= 4.5, pair


def test_the_numbers_on_the_page_are_those_of_the_accounts(desk, taken):
    told = desk.execute_script(
        """
        return [...document.querySelectorAll('.cells tbody tr')].map(row => [
            row.querySelector('code').textContent,
            Object.fromEntries([...row.querySelectorAll('td.n')].map(
                cell => [cell.dataset.name, cell.textContent.trim()]))]);
        """
    )
    assert [name for name, _ in told] == list(taken.accounts.questions)
    for name, cells in told:
        states = taken.accounts.questions[name]
        assert sum(states.values()) == taken.accounts.accepted
        shown = {state: int(cells[label]) for state, label in STATES.items() if label in cells}
        assert {state: n for state, n in shown.items() if n} == states
    line = desk.find_element(By.CLASS_NAME, "headline").text
    numbers = [int(number) for number in re.findall(r"\d+", line)]
    assert numbers == [61, taken.accounts.accepted, taken.accounts.quarantined, 0]
    assert numbers[0] == sum(numbers[1:])


def test_pieces_of_a_bar_are_as_wide_as_what_they_stand_for(desk, taken):
    drawn = desk.execute_script(
        """
        return [...document.querySelectorAll('.cells tbody tr')].map(row => [
            row.querySelector('code').textContent,
            row.querySelector('.bar').clientWidth,
            [...row.querySelectorAll('.part')].map(part =>
                [part.classList[1], part.getBoundingClientRect().width])]);
        """
    )
    for name, whole, parts in drawn:
        assert sum(width for _, width in parts) == pytest.approx(whole, abs=1)
        states = taken.accounts.questions[name]
        for state, width in parts:
            wanted = whole * states[state] / taken.accounts.accepted
            # A piece is at least three pixels wide, which the others give up.
            assert width == pytest.approx(wanted, abs=6)


def test_every_state_of_the_legend_is_drawn_in_its_own_way(desk):
    looks = desk.execute_script(
        """
        return [...document.querySelectorAll('.key-of-cells .swatch')].map(node => {
            const style = getComputedStyle(node);
            return [node.getBoundingClientRect().width, style.backgroundImage,
                style.backgroundColor];
        });
        """
    )
    assert len(looks) >= 5
    assert all(width > 20 for width, _, _ in looks)
    # In grey two pictures must differ in their pattern: at most two are plain, one dark, one light.
    patterns = [image for _, image, _ in looks if image != "none"]
    assert len(set(patterns)) == len(patterns)
    assert len(looks) - len(patterns) <= 2


def test_headings_go_down_one_level_at_a_time(desk):
    levels = desk.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map(node => +node.tagName[1])"
    )
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def press(page, *keys):
    chain = webdriver.ActionChains(page)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


def test_a_lead_goes_by_the_keyboard_from_the_overview_to_what_was_found(desk):
    press(desk, Keys.TAB)
    assert desk.switch_to.active_element.rect["x"] >= 0
    press(desk, Keys.ENTER)
    assert desk.current_url.endswith("#rows")
    link = desk.find_element(By.CSS_SELECTOR, ".overview a[href='#routes']")
    desk.execute_script("arguments[0].focus()", link)
    style = desk.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert style != "none"
    press(desk, Keys.ENTER)
    assert desk.current_url.endswith("#routes")
    found = desk.find_element(By.CSS_SELECTOR, "section[aria-labelledby='routes']").text
    assert "groups_encountered is 'yes'" in found


def test_what_scrolls_sideways_can_be_reached_and_has_a_name(desk):
    regions = desk.execute_script(
        "return [...document.querySelectorAll('.scroll')].map(node => "
        "[node.tabIndex, node.getAttribute('role'), node.getAttribute('aria-label')])"
    )
    assert regions
    assert all(tab == 0 and role == "region" and name for tab, role, name in regions)


def test_texts_are_shown_as_text_and_addresses_are_not(desk):
    assert desk.find_elements(By.CSS_SELECTOR, "main i") == []
    shown = desk.find_element(By.TAG_NAME, "body").text
    assert "<i>I think</i>" in shown
    assert "example.org" not in desk.page_source


def test_on_paper_the_page_is_light_fits_and_the_bars_are_printed(browser, address):
    page = opened_at(browser, address, "paper", "dark")
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "media": "print",
            "features": [{"name": "prefers-color-scheme", "value": "dark"}],
        },
    )
    ground, adjust, nav, wide = page.execute_script(
        "const style = names => getComputedStyle(document.querySelector(names));"
        "return [style('body').backgroundColor, style('.part').printColorAdjust,"
        " style('nav').display, document.documentElement.scrollWidth]"
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert (ground, adjust, nav) == ("rgb(255, 255, 255)", "exact", "none")
    assert wide <= WIDTHS["paper"][0]
