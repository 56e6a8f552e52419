"""A newcomer runs the report command and opens the page, on a desk and on a phone."""

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.journeys.colours import contrast
from tests.journeys.programs import chromium

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
TITLE = "NetClean Reports 2015 to 2020: what was found, and what changed"
WIDTHS = {"desk": (1280, 900), "phone": (390, 844), "small": (360, 740)}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page as the command wrote it."""
    out = tmp_path_factory.mktemp("journey") / "report"
    done = subprocess.run(
        [
            sys.executable,
            *("-c", "from surveylib.cli import main; main()"),
            *("report", "waves/netclean", "--out", str(out)),
        ],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert "index.html" in done.stdout
    return (out / "index.html").as_uri()


@pytest.fixture(scope="module")
def browser():
    opened = chromium()
    yield opened
    opened.quit()


def opened_at(browser, address, width):
    """The page, freshly opened in a view of this size."""
    wide, high = WIDTHS[width]
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": width != "desk"},
    )
    browser.get_log("browser")
    browser.get(address)
    return browser


@pytest.fixture(params=WIDTHS)
def page(browser, address, request):
    return opened_at(browser, address, request.param)


@pytest.fixture
def desk(browser, address):
    return opened_at(browser, address, "desk")


def press(page, *keys):
    chain = webdriver.ActionChains(page)
    for key in keys:
        chain.send_keys(key)
    chain.perform()


def text_of(page):
    return page.find_element(By.TAG_NAME, "body").text.replace("\u00a0", " ")


def test_the_page_is_as_wide_as_the_window(page):
    page.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    wide, window = page.execute_script(
        "return [document.documentElement.scrollWidth, window.innerWidth]"
    )
    assert wide <= window
    assert window in {1280, 390, 360}


def test_nothing_that_is_read_is_cut_off_at_the_right(page):
    outside = page.execute_script(
        """
        const scrolls = node => node && (getComputedStyle(node).overflowX !== 'visible'
            || scrolls(node.parentElement));
        return [...document.querySelectorAll('h1, h2, h3, p, li, summary, svg')]
            .filter(node => node.getBoundingClientRect().right > window.innerWidth + 1)
            .filter(node => !scrolls(node.parentElement))
            .map(node => node.outerHTML.slice(0, 120));
        """
    )
    assert outside == []


def test_the_title_and_the_heading_say_what_the_page_is(page):
    assert page.title == TITLE
    assert [entry.text for entry in page.find_elements(By.TAG_NAME, "h1")] == [TITLE]


def test_the_first_finding_is_85_percent_with_its_interval(page):
    text = text_of(page)
    assert re.search(
        r"More than four in five of officers who answered \(85 %, 95 % interval 80 to", text
    )
    assert re.search(r"85 %\s+80\.3–88\.8|85 %.{0,40}79\.8–89\.0", text, re.DOTALL)
    place = page.execute_script(
        "return document.querySelector('#found').getBoundingClientRect().top"
    )
    assert place < 1000


def test_the_console_is_empty(page):
    assert page.get_log("browser") == []


def test_nothing_is_loaded_from_anywhere(page):
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_every_chart_is_a_picture_with_a_text(page):
    charts = page.find_elements(By.TAG_NAME, "svg")
    assert len(charts) >= 5
    for chart in charts:
        picture = chart.find_element(By.XPATH, "./ancestor-or-self::*[@role='img'][last()]")
        text = picture.get_attribute("aria-label")
        assert re.search(r"Shares of “.+”: 20\d\d .*%; 20\d\d .*%", text.replace("\u00a0", " "))


def test_every_chart_is_drawn_with_a_size(page):
    sizes = page.execute_script(
        "return [...document.querySelectorAll('svg')].map(node => {"
        "const box = node.getBoundingClientRect(); return [box.width, box.height]})"
    )
    assert all(width > 150 and height > 100 for width, height in sizes)


def test_a_limited_change_stands_beside_its_note(page):
    text = " ".join(text_of(page).split())
    assert re.search(r"34 %.{0,600}46 %.{0,900}The categories differ", text)


def test_figures_that_must_not_be_compared_stand_with_the_reason(page):
    text = " ".join(text_of(page).split())
    assert "having met deepfakes in 2018, having used tools with artificial intelligence" in text


def test_the_first_tab_reaches_the_skip_link_and_enter_jumps_to_the_findings(desk):
    press(desk, Keys.TAB)
    link = desk.switch_to.active_element
    assert link.get_attribute("href").endswith("#found")
    assert link.rect["x"] >= 0
    press(desk, Keys.ENTER)
    assert desk.current_url.endswith("#found")


def test_tab_goes_through_the_search_and_the_contents_in_order(desk):
    press(desk, Keys.TAB, Keys.TAB)
    assert desk.switch_to.active_element.get_attribute("id") == "search"
    targets = []
    for _ in range(6):
        press(desk, Keys.TAB)
        targets.append(desk.switch_to.active_element.get_attribute("href").partition("#")[2])
    assert targets == ["found", "who", "questions", "apart", "computed", "sources"]


def test_every_element_that_can_be_used_is_reached_by_tab_and_none_traps_the_focus(desk):
    expected = desk.execute_script(
        """
        const shown = node => node.checkVisibility({contentVisibilityAuto: true});
        return [...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')]
            .filter(shown).length;
        """
    )
    desk.execute_script(
        """
        window.reached = new Set();
        document.addEventListener('focusin', event => window.reached.add(event.target));
        """
    )
    for _ in range(expected):
        press(desk, Keys.TAB)
    assert desk.execute_script("return window.reached.size") == expected


def found_by(desk, words):
    field = desk.find_element(By.ID, "search")
    field.send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE, words)
    return desk.execute_script(
        "return [...document.querySelectorAll('section.question')]"
        ".filter(part => part.checkVisibility()).map(part => part.querySelector('h3').textContent)"
    )


def test_a_search_leaves_the_questions_that_have_every_word(page):
    every = found_by(page, "")
    found = found_by(page, "SWEDEN region")
    assert "Region of respondents" in found
    assert 0 < len(found) < len(every)
    status = page.find_element(By.ID, "search-found").text
    assert status == f"{len(found)} of {len(every)} questions"
    assert found_by(page, "") == every


def test_a_search_that_finds_nothing_says_so(desk):
    assert found_by(desk, "nosuchword") == []
    assert "No question has these words." in text_of(desk)


def test_a_link_to_a_question_that_the_search_hides_shows_it_again(desk):
    target = desk.find_elements(By.CSS_SELECTOR, "section.question h3")[0].get_attribute("id")
    assert found_by(desk, "nosuchword") == []
    desk.execute_script("location.hash = arguments[0]", f"#{target}")
    desk.execute_async_script("setTimeout(arguments[0], 50)")
    assert desk.find_element(By.ID, target).is_displayed()


def test_enter_in_the_search_leads_to_the_first_question_found(desk):
    found = found_by(desk, "region")
    press(desk, Keys.ENTER)
    assert desk.switch_to.active_element.text == found[0]


def test_a_page_has_one_of_each_landmark_and_named_contents(desk):
    for tag in ("header", "nav", "main", "footer"):
        assert len(desk.find_elements(By.TAG_NAME, tag)) == 1
    assert desk.find_element(By.TAG_NAME, "nav").get_attribute("aria-label") == "Contents"


def test_paper_holds_every_page_of_the_report(desk):
    sheet = desk.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]
    pages = re.findall(rb"/Type\s*/Page[^s]", base64.b64decode(sheet))
    assert len(pages) > 10
    opened = desk.execute_script("return document.querySelectorAll('details.print[open]').length")
    assert opened > 40


def test_what_has_the_focus_can_be_seen(desk):
    for _ in range(12):
        press(desk, Keys.TAB)
        style = desk.execute_script(
            "const style = getComputedStyle(document.activeElement);"
            "return [style.outlineStyle, parseFloat(style.outlineWidth)]"
        )
        assert style[0] != "none"
        assert style[1] >= 2


def test_details_open_and_close_with_enter(desk):
    details = desk.find_element(By.TAG_NAME, "details")
    summary = details.find_element(By.TAG_NAME, "summary")
    desk.execute_script("arguments[0].focus()", summary)
    assert details.get_attribute("open") is None
    press(desk, Keys.ENTER)
    assert details.get_attribute("open") is not None
    press(desk, Keys.ENTER)
    assert details.get_attribute("open") is None


def test_a_source_number_leads_to_its_source(desk):
    link = desk.find_element(By.CSS_SELECTOR, "td a[href^='#source-']")
    target = link.get_attribute("href").partition("#")[2]
    desk.execute_script("arguments[0].closest('details').open = true; arguments[0].focus()", link)
    press(desk, Keys.ENTER)
    source = desk.find_element(By.ID, target)
    assert desk.current_url.endswith(f"#{target}")
    assert source.find_element(By.TAG_NAME, "a").get_attribute("href").startswith("http")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_a_contrast_of_4_5_to_its_ground(desk, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    desk.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    pairs = desk.execute_script(
        """
        const ground = node => {
            const colour = getComputedStyle(node).backgroundColor;
            if (colour !== 'rgba(0, 0, 0, 0)') return colour;
            return node.parentElement ? ground(node.parentElement) : 'rgb(128, 128, 128)';
        };
        const seen = new Set();
        for (const node of document.querySelectorAll('body *')) {
            const own = [...node.childNodes].some(each => each.nodeType === 3
                && each.textContent.trim());
            if (!own || node.closest('[aria-hidden=true], style')) continue;
            const style = getComputedStyle(node);
            const colour = node.closest('svg') ? style.fill : style.color;
            seen.add(colour + '|' + ground(node));
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
    desk.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
