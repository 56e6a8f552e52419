"""The pages on change and trend: their blocks run, and their tables name what there is."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from surveylib.analysis.series.measures import MEASURES
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.series.trending import TESTS
from surveylib.stats import multiplicity

ROOT = Path(__file__).parents[2]
PAGES = ("change", "trend")


def page(name):
    """The text of a page."""
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


def first_cells(name):
    """The first cell of each row of each table, without the marks of code."""
    rows = re.findall(r"^\| (.+?) \|", page(name), re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`([^`]+)`", row)}


@pytest.fixture(scope="module")
def shown():
    """What the blocks of each page print, run one after the other as a reader would."""
    found = {}
    for name in PAGES:
        out, names = io.StringIO(), {}
        with contextlib.chdir(ROOT), contextlib.redirect_stdout(out):
            for block in re.findall(
                r"^```python\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL
            ):
                exec(compile(block, f"docs/{name}.md", "exec"), names)  # noqa: S102 - our own page
        found[name] = out.getvalue()
    return found


@pytest.mark.parametrize("name", PAGES)
def test_every_block_of_a_page_runs(shown, name):
    assert shown[name]


@pytest.mark.parametrize("name", PAGES)
def test_an_interval_told_in_a_block_is_the_one_that_it_prints(shown, name):
    told = re.findall(r"# .*?([+−][\d.]+ to [+−][\d.]+)", page(name))
    assert told
    assert [one for one in told if one not in shown[name]] == []


def test_the_page_names_every_relation_between_samples():
    assert set(SAMPLES) <= first_cells("change")
    assert all(words in page("change") for words in SAMPLES.values())


def test_the_page_names_every_measure_and_method_in_the_order_of_the_code():
    for name, measure in MEASURES.items():
        if name == "percent":  # told as that of the ratio
            continue
        for methods in (measure.simple, measure.panel):
            assert ", ".join(f"`{method}`" for method in methods) in page("change")
    methods = {one for measure in MEASURES.values() for one in (*measure.simple, *measure.panel)}
    assert methods - {"wald", "wilson"} <= first_cells("change")


def test_the_page_names_every_adjustment():
    assert all(f"`{name}`" in page("change").replace('adjust="holm"', "`holm`")
               for name in multiplicity.METHODS)  # fmt: skip


def test_the_page_names_every_test_of_a_trend():
    assert set(TESTS) <= first_cells("trend")
