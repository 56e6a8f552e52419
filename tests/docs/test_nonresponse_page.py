"""The page on who did not answer: its blocks run, and its tables name what there is."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from surveylib.analysis import bounded
from surveylib.analysis.nonresponse.missing import DONT_KNOW, MISSING

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "nonresponse.md").read_text("utf-8")
CODES = set(re.findall(r"`([^`\n]+)`", PAGE))


@pytest.fixture(scope="module")
def shown():
    """What the blocks print, run one after the other as a reader would."""
    out, names = io.StringIO(), {}
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out):
        for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
            exec(compile(block, "docs/nonresponse.md", "exec"), names)  # noqa: S102 - our own page
    return out.getvalue()


def test_the_numbers_told_are_those_that_are_printed(shown):
    for told in (
        "42.9 %",
        "54.3 %",
        "30.0 to 60.0 %",
        "38.0 to 68.0 %",
        "−22.0 to +38.0",
        "57.9 %",
    ):
        assert told in shown


def test_the_page_names_every_state_choice_and_verdict():
    verdicts = {bounded.HOLDS, bounded.HOLDS_ALIKE, bounded.DEPENDS, bounded.NOT_SHOWN}
    assert {*MISSING, *DONT_KNOW, *verdicts} <= CODES
