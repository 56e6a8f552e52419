"""A colleague opens the pages on a questionnaire, on a desk and on a phone."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from surveylib.instrument.library import load_versions
from surveylib.present.codebook import write_pages
from tests.journeys.colours import contrast
from tests.journeys.programs import chromium

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
PAGES = {
    "questionnaire": "organised_groups/1.0/questionnaire.de.html",
    "codebook": "netclean/2018/codebook.html",
    "two languages": "organised_groups/1.0/codebook.html",
    "history": "netclean/history.html",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The pages of every questionnaire, as they were written."""
    out = tmp_path_factory.mktemp("journey")
    for place in {path.parent for path in (ROOT / "instruments").glob("*/*.yaml")}:
        write_pages(load_versions(place), out / place.name)
    return out


@pytest.fixture(scope="module")
def browser():
    opened = chromium()
    yield opened
    opened.quit()


def opened_at(browser, path, width):
    """A page, freshly opened in a view of this size."""
    wide, high = WIDTHS[width]
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": width == "phone"},
    )
    browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


#: What is looked at on every page, at once: to open a page takes longer than to look at it.
LOOK = """
const scrolls = node => node && (getComputedStyle(node).overflowX !== 'visible'
    || scrolls(node.parentElement));
const every = names => [...document.querySelectorAll(names)];
return {
    wide: document.documentElement.scrollWidth,
    window: window.innerWidth,
    cut: every('h1, h2, h3, h4, p, li, dd, dt, code')
        .filter(node => node.getBoundingClientRect().right > window.innerWidth + 1)
        .filter(node => !scrolls(node.parentElement))
        .map(node => node.outerHTML.slice(0, 120)),
    loaded: performance.getEntriesByType('resource').length,
    levels: every('h1, h2, h3, h4').map(node => +node.tagName[1]),
    title: document.title,
    heading: document.querySelector('h1').innerText,
    regions: every('.scroll').map(node =>
        [node.tabIndex, node.getAttribute('role'), node.getAttribute('aria-label')]),
};
"""


@pytest.fixture(scope="module")
def looks(browser, folder):
    """What each page looks like at each width, and what it wrote to the console."""
    found = {}
    for name, path in PAGES.items():
        for width in WIDTHS:
            opened = opened_at(browser, folder / path, width)
            found[name, width] = opened.execute_script(LOOK) | {"log": opened.get_log("browser")}
    return found


@pytest.fixture(params=[(page, width) for page in PAGES for width in WIDTHS], ids=" at the ".join)
def look(looks, request):
    return looks[request.param]


@pytest.fixture(params=["questionnaire", "codebook", "history"])
def desk(browser, folder, request):
    return opened_at(browser, folder / PAGES[request.param], "desk")


def press(page, *keys):
    chain = webdriver.ActionChains(page)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


def follow(page, by, words):
    """Go through a link by the keyboard."""
    page.execute_script("arguments[0].focus()", page.find_element(by, words))
    press(page, Keys.ENTER)


WIDE = "return [document.documentElement.scrollWidth, window.innerWidth]"


def test_the_pages_of_every_questionnaire_fit_on_a_phone(browser, folder):
    files = [*folder.glob("*/history.html"), *folder.glob("*/20[12][08]/*.html")]
    assert len(files) > 5
    for path in files:
        wide, window = opened_at(browser, path, "phone").execute_script(WIDE)
        assert (wide, window) == (390, 390), path


def test_a_page_is_as_wide_as_the_window(look):
    assert look["wide"] <= look["window"]
    assert look["window"] in {1280, 390}


def test_nothing_that_is_read_is_cut_off_at_the_right(look):
    assert look["cut"] == []


def test_the_console_is_empty(look):
    assert look["log"] == []


def test_nothing_is_loaded_from_anywhere(look):
    assert look["loaded"] == 0


def test_headings_go_down_one_level_at_a_time(look):
    levels = look["levels"]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_heading_says_what_the_page_is(look):
    assert look["title"].startswith(look["heading"].partition(":")[0])


def test_what_scrolls_sideways_can_be_reached_and_has_a_name(look):
    assert all(tab == 0 and role == "region" and name for tab, role, name in look["regions"])


def test_circles_and_boxes_to_tick_are_drawn(browser, folder):
    page = opened_at(browser, folder / PAGES["questionnaire"], "phone")
    drawn = page.execute_script(
        """
        return [...document.querySelectorAll('.radio, .tick')].map(node => {
            const box = node.getBoundingClientRect(), style = getComputedStyle(node);
            return [box.width, box.height, style.borderRadius, node.className];
        });
        """
    )
    assert len(drawn) > 40
    for width, height, radius, name in drawn:
        assert width > 12
        assert width == height
        assert (radius == "50%") is (name == "radio")


def test_the_first_tab_reaches_the_skip_link_and_enter_jumps(desk):
    press(desk, Keys.TAB)
    link = desk.switch_to.active_element
    target = link.get_attribute("href").partition("#")[2]
    assert link.rect["x"] >= 0
    press(desk, Keys.ENTER)
    assert desk.current_url.endswith(f"#{target}")
    assert desk.find_element(By.ID, target)


def test_what_has_the_focus_can_be_seen(desk):
    for _ in range(12):
        press(desk, Keys.TAB)
        name, style, wide = desk.execute_script(
            "const node = document.activeElement, style = getComputedStyle(node);"
            "return [node.tagName, style.outlineStyle, parseFloat(style.outlineWidth)]"
        )
        if name == "BODY":
            break  # the page has fewer places than that
        assert style != "none"
        assert wide >= 2


def test_an_entry_of_the_contents_leads_to_its_question(browser, folder):
    page = opened_at(browser, folder / PAGES["codebook"], "desk")
    follow(page, By.LINK_TEXT, "7Organised groups: how many")
    assert page.current_url.endswith("#q-organised_groups_count")
    heading = page.find_element(By.ID, "q-organised_groups_count")
    assert heading.text.startswith("7. Organised groups: how many")


def test_a_reader_goes_from_the_history_to_a_questionnaire_and_its_codebook(browser, folder):
    page = opened_at(browser, folder / PAGES["history"], "phone")
    follow(page, By.CSS_SELECTOR, "a[href='2018/questionnaire.en.html']")
    assert "Have you encountered organised forums or groups?" in page.page_source
    follow(page, By.LINK_TEXT, "Codebook")
    assert (
        page.title == "NetClean Report 2018: questions to police officers, version 2018: codebook"
    )
    follow(page, By.LINK_TEXT, "Version history")
    assert page.title == "netclean: version history"


def test_every_text_has_a_contrast_of_4_5_to_its_ground(desk):
    pairs = desk.execute_script(
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
    assert pairs
    for pair in pairs:
        one, two = (
            [float(part) for part in re.findall(r"[\d.]+", colour)[:3]]
            for colour in pair.split("|")
        )
        assert contrast(one, two) >= 4.5, pair
