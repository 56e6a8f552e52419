"""The page for those who know other survey software: its blocks run, and its numbers are R's."""

import contextlib
import csv
import io
import re
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "translation.md").read_text("utf-8")
REFERENCES = Path(__file__).parent / "references"
SAME = "| R | here | number |"
DIFFERENT = "| R | here | R's number | ours | why |"


def rows_under(header):
    """The cells of each row of the tables with one header, code without its marks."""
    for table in PAGE.split(f"\n{header}\n")[1:]:
        for line in table.splitlines()[1:]:
            if not line.startswith("|"):
                break
            yield tuple(cell.strip().strip("`") for cell in line.strip("|").split(" | "))


def rounded(number, printed):
    """A number with as many decimals as are printed."""
    return f"{number:.{max(-Decimal(printed).as_tuple().exponent, 0)}f}"


@pytest.fixture(scope="module")
def names():
    """What the page's Python blocks leave behind, run one after the other as a reader would."""
    found = {}
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(io.StringIO()):
        for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
            exec(compile(block, "docs/translation.md", "exec"), found)  # noqa: S102 - our own page
    return found


@pytest.fixture(scope="module")
def expected():
    """The number that R gives for each call."""
    with (REFERENCES / "translation.csv").open(encoding="utf-8", newline="") as file:
        return {row["call"]: float(row["value"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize(("call", "here", "printed"), list(rows_under(SAME)))
def test_a_command_of_r_has_the_same_number_here(names, expected, call, here, printed):
    found = eval(here, names)  # noqa: S307 - our own page
    assert found == pytest.approx(expected[call], rel=1e-8)
    assert rounded(expected[call], printed) == printed


@pytest.mark.parametrize(("call", "here", "theirs", "ours", "why"), list(rows_under(DIFFERENT)))
def test_a_number_that_differs_is_printed_as_it_is_on_both_sides(
    names, expected, call, here, theirs, ours, why
):
    found = eval(here, names)  # noqa: S307 - our own page
    assert rounded(expected[call], theirs) == theirs
    assert rounded(found, ours) == ours
    assert theirs != ours
    assert why


def test_every_number_of_r_stands_on_the_page(expected):
    calls = [row[0] for header in (SAME, DIFFERENT) for row in rows_under(header)]
    assert set(calls) == set(expected)
    assert len(list(rows_under(SAME))) >= 30
    assert len(list(rows_under(DIFFERENT))) >= 10


def test_a_group_with_the_whole_designs_freedom_has_the_interval_of_r(names, expected):
    sl, design = names["sl"], {"weights": "pw", "psu": "dnum", "population": "fpc"}
    found = sl.estimate(
        names["clus1"],
        "api00",
        statistic="mean",
        by="stype",
        design=sl.Design(**design, df="design"),
    )
    wanted = expected["confint(types, df = degf(clustered))[2, 1]"]
    assert found.rows[1].ci_low == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([\w-]+)\)", PAGE))
def test_a_link_on_the_page_leads_to_a_heading(anchor):
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert anchor in {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
    }
