"""Odds ratios of two proportions against papers, R, SciPy and algebra."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact
from scipy.stats.contingency import odds_ratio

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.odds import METHODS, fisher, independent

REFERENCES = Path(__file__).parent / "references"

EXACT = ("exact", "mid-p")
every_method = pytest.mark.parametrize("method", METHODS)
#: Woolf has an interval for few of the tables that show where limits change rule.
laws = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
levels = st.floats(0.5, 0.999)


@st.composite
def tallies(draw, most=200):
    """A whole count and its n; none and all are drawn often, because limits change rule there."""
    n = draw(st.integers(1, most))
    return draw(st.sampled_from([0, n]) | st.integers(0, n)), n


def compare(earlier, later, method, level=0.95):
    """Compare; leaves out what is refused, for which there are tests of their own."""
    (x1, n1), (x2, n2) = earlier, later
    if method != "woolf-adjusted":
        assume((x1 > 0 or x2 > 0) and (x1 < n1 or x2 < n2))
    assume(method != "woolf" or (0 < x1 < n1 and 0 < x2 < n2))
    assume(method != "mover" or {x1 / n1, x2 / n2} != {0, 1})
    return independent(x1, n1, x2, n2, method=method, confidence_level=level)


def rows(name):
    with (REFERENCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named(row):
    tally = f"{row['count_to']}/{row['n_to']}-{row['count_from']}/{row['n_from']}"
    return f"{row.get('method', '')} {tally} {row.get('confidence_level', '')}"


def counts(row):
    return [float(row[name]) for name in ("count_from", "n_from", "count_to", "n_to")]


def found_for(row):
    level = float(row.get("confidence_level", 0.95))
    return independent(*counts(row), method=row["method"], confidence_level=level)


def printed(number, like):
    """A number with as many decimals as a printed one."""
    return f"{number:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize(
    "row", [r for r in rows("ratios_published.csv") if r["measure"] == "odds"], ids=named
)
def test_limits_are_the_printed_ones(row):
    found = found_for(row)
    assert printed(found.low, row["low"]) == row["low"]
    assert printed(found.high, row["high"]) == row["high"]


@pytest.mark.parametrize("row", rows("odds.csv"), ids=named)
def test_limits_and_p_value_are_those_of_r(row):
    found = found_for(row)
    # R's optimize leaves the restricted estimates with about eight digits.
    digits = 1e-6 if "optimize" in row["source"] else 1e-8
    assert found.low == pytest.approx(float(row["low"]), rel=digits, abs=0)
    assert found.high == pytest.approx(float(row["high"]), rel=digits, abs=0)
    if row["p_value"]:
        assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-8)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows("odds.csv")} == set(METHODS)


@pytest.mark.parametrize("row", rows("fisher.csv"), ids=named)
def test_fisher_is_that_of_r(row):
    assert fisher(*counts(row)).p_value == pytest.approx(float(row["p_value"]), rel=1e-10)
    if row["estimate"]:
        theirs = float(row["estimate"])
        ours = independent(*counts(row), method="exact").estimate
        # R looks for the smaller of the estimate and 1 over it, and stops at 0.0001.
        below = (ours, theirs) if theirs <= 1 else (1 / ours, 1 / theirs)
        assert below[0] == pytest.approx(below[1], abs=1.3e-4)


def test_the_mid_p_of_fisher_is_the_published_one():
    # Fagerland, Lydersen and Laake (2017), chapter 4; R contingencytables: 0.02966 and 0.01042.
    assert f"{fisher(1, 34, 7, 34).mid_p:.5f}" == "0.02966"
    assert f"{fisher(48, 80, 56, 70).mid_p:.5f}" == "0.01042"


@laws
@given(earlier=tallies(60), later=tallies(60), level=levels)
def test_exact_limits_and_fisher_are_those_of_scipy(earlier, later, level):
    found = compare(earlier, later, "exact", level)
    (x1, n1), (x2, n2) = earlier, later
    table = [[x2, n2 - x2], [x1, n1 - x1]]
    theirs = odds_ratio(table)
    limits = theirs.confidence_interval(level)
    assert found.estimate == pytest.approx(theirs.statistic, rel=1e-6)
    assert found.low == pytest.approx(limits.low, rel=1e-6)
    assert found.high == pytest.approx(limits.high, rel=1e-6)
    assert fisher(x1, n1, x2, n2).p_value == pytest.approx(fisher_exact(table).pvalue, rel=1e-8)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_contains_the_estimate_and_is_never_a_point(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assert 0 <= found.low < found.high
    # At low levels an exact interval of a mid-p kind may miss what is most likely.
    if method != "mid-p" or level > 0.9:
        assert found.low * (1 - 1e-9) <= found.estimate <= found.high * (1 + 1e-9)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_swapping_the_samples_inverts_the_odds_ratio(method, earlier, later, level):
    forward = compare(earlier, later, method, level)
    backward = compare(later, earlier, method, level)
    for ours, theirs in ((forward.low, backward.high), (forward.high, backward.low)):
        inverse = math.inf if theirs == 0 else 1 / theirs
        assert ours == pytest.approx(inverse, rel=1e-8)
    assert forward.p_value == pytest.approx(backward.p_value, abs=1e-9)


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"mover"}))
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_counting_no_instead_of_yes_inverts_the_odds_ratio(method, earlier, later, level):
    # Mover's distances between odds are others than those between 1 over the odds.
    yes = compare(earlier, later, method, level)
    (x1, n1), (x2, n2) = earlier, later
    no = compare((n1 - x1, n1), (n2 - x2, n2), method, level)
    inverse = math.inf if no.high == 0 else 1 / no.high
    assert yes.low == pytest.approx(inverse, rel=1e-7)
    assert yes.p_value == pytest.approx(no.p_value, abs=1e-9)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_interval_excludes_1_exactly_when_p_is_below_alpha(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assume(abs(found.p_value - (1 - level)) > 1e-6)
    assert (found.low > 1 or found.high < 1) == (found.p_value < 1 - level)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_wider(method, earlier, later, level, step):
    narrow = compare(earlier, later, method, level)
    wide = compare(earlier, later, method, level + (1 - level) * step)
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high


@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_mid_p_lies_inside_exact(earlier, later, level):
    inner = compare(earlier, later, "mid-p", level)
    outer = compare(earlier, later, "exact", level)
    assert outer.low <= inner.low
    assert inner.high <= outer.high
    assert inner.p_value <= outer.p_value


@every_method
def test_arrays_broadcast_and_give_what_scalars_give(method):
    found = independent([[1], [2]], 10, [3, 4, 5], 20, method=method)
    alone = independent(2, 10, 5, 20, method=method)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name).shape == (2, 3)
        assert getattr(found, name)[1, 2] == pytest.approx(getattr(alone, name), rel=1e-12)
        assert type(getattr(alone, name)) is float
    assert (alone.method, alone.confidence_level) == (method, 0.95)
    assert fisher([[1], [2]], 10, [3, 4, 5], 20).mid_p.shape == (2, 3)


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"woolf-adjusted"}))
@pytest.mark.parametrize(
    ("tally", "who"), [((0, 10, 0, 20), "nobody"), ((10, 10, 20, 20), "everybody")]
)
def test_0_over_0_is_refused(method, tally, who):
    with pytest.raises(NotEstimableError, match=f"{who} gave the answer in both samples: the odds"):
        independent(*tally, method=method)


def test_adjusted_counts_always_have_an_odds_ratio():
    assert independent(0, 10, 0, 10, method="woolf-adjusted").estimate == 1


def test_methods_refuse_where_they_have_no_interval():
    with pytest.raises(MethodError, match=r"woolf has no interval where nobody or everybody"):
        independent(0, 10, 5, 20, method="woolf")
    with pytest.raises(MethodError, match=r"mover has no interval where nobody of one sample and"):
        independent(0, 10, 20, 20, method="mover")


@pytest.mark.parametrize("method", EXACT)
def test_exact_methods_refuse_counts_that_are_not_whole(method):
    with pytest.raises(MethodError, match=r"a count is 2\.5; wanted whole counts for an exact"):
        independent(2.5, 10, 5, 20, method=method)
    with pytest.raises(MethodError, match=r"a count is 20\.5; wanted whole counts for an exact"):
        fisher(2, 10, 5, 20.5)


def test_an_unknown_method_is_refused():
    with pytest.raises(MethodError, match="no odds ratio method called 'fisher'; choose one of"):
        independent(1, 10, 2, 10, method="fisher")
