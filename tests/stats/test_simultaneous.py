"""Intervals that hold together against papers, R, statsmodels and counting."""

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import multinomial_proportions_confint

from surveylib.errors import MethodError
from surveylib.stats.intervals import METHODS as SINGLE
from surveylib.stats.intervals import design_proportion, proportion
from surveylib.stats.simultaneous import METHODS, bonferroni, box_probability, multinomial

REFERENCES = Path(__file__).parent / "references"

#: What the smallest steps of a float may add up to; the laws hold to here.
ROUNDING = 1e-12
INFINITE = float("inf")

every_method = pytest.mark.parametrize("method", METHODS)
#: Methods whose limits move by whole counts, so that an upper one can fall at a higher level.
STEPPED = {"sison-glaz": "from c + 2γ to c + 1 where γ reaches 1"}
laws = settings(deadline=None, max_examples=50)
levels = st.floats(0.8, 0.999)
#: At least two answers that somebody gave, and any number that nobody or anybody did.
samples = st.tuples(
    st.lists(st.integers(1, 400), min_size=2, max_size=4),
    st.lists(st.sampled_from([0, 1]) | st.integers(0, 400), max_size=5),
).map(lambda parts: parts[0] + parts[1])

#: Printed with three decimals by Sison and Glaz (1995), J Am Stat Assoc 90:366, 95 %, in the
#: columns of Goodman's method: counts, low, high.
PRINTED = [
    (
        [56, 72, 73, 59, 62, 87, 58],
        [0.085, 0.115, 0.116, 0.091, 0.096, 0.143, 0.089],
        [0.166, 0.204, 0.207, 0.173, 0.181, 0.239, 0.171],
    ),
    ([5] * 50, [0.005] * 50, [0.075] * 50),
    (
        [1] * 10 + [12] * 10 + [5] * 10 + [3] * 10 + [4] * 10,
        [0.000] * 10 + [0.019] * 10 + [0.005] * 10 + [0.002] * 10 + [0.004] * 10,
        [0.049] * 10 + [0.114] * 10 + [0.075] * 10 + [0.062] * 10 + [0.069] * 10,
    ),
]
#: Many answers and none of them rare: the approximation of Sison and Glaz is good there.
DENSE = [counts for counts, _, _ in PRINTED]


def rows():
    with (REFERENCES / "multinomial.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def name(row):
    return f"{row['method']} {row['counts'][:20]} {row['answer']} {row['confidence_level']}"


def limits(counts, **named):
    found = multinomial(counts, **named)
    return np.column_stack([found.low, found.high])


@pytest.mark.parametrize(("counts", "low", "high"), PRINTED)
def test_goodmans_limits_are_those_printed_by_sison_and_glaz_1995(counts, low, high):
    found = multinomial(counts, method="goodman")
    # One printed limit was rounded up where the next digit is a 5.
    assert found.low == pytest.approx(low, abs=0.00055)
    assert found.high == pytest.approx(high, abs=0.00055)


@pytest.mark.parametrize("row", rows(), ids=name)
def test_limits_are_those_of_r(row):
    counts = [float(count) for count in row["counts"].split()]
    level = float(row["confidence_level"])
    found = multinomial(counts, method=row["method"], confidence_level=level)
    answer = int(row["answer"]) - 1
    assert found.low[answer] == pytest.approx(float(row["low"]), rel=1e-8, abs=ROUNDING)
    assert found.high[answer] == pytest.approx(float(row["high"]), rel=1e-8, abs=ROUNDING)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows()} == set(METHODS)


@pytest.mark.parametrize("counts", DENSE)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_sison_and_glaz_in_dense_tables_are_those_of_statsmodels(counts, level):
    theirs = multinomial_proportions_confint(counts, 1 - level, method="sison-glaz")
    # Theirs is the paper's expansion, good to about 1e-4 in the upper limit; ours is exact.
    assert limits(counts, method="sison-glaz", confidence_level=level) == pytest.approx(
        theirs, abs=1.5e-4
    )


@pytest.mark.parametrize("counts", [*DENSE, [91, 49, 37, 43], [6, 0, 0, 1]])
def test_goodmans_limits_are_those_of_statsmodels(counts):
    theirs = multinomial_proportions_confint(counts, 0.05, method="goodman")
    assert limits(counts) == pytest.approx(theirs, abs=1e-10)


@laws
@given(
    counts=st.lists(st.integers(0, 6), min_size=2, max_size=4).filter(any),
    c=st.integers(0, 7),
)
def test_the_probability_of_a_box_is_that_of_counting_its_samples(counts, c):
    n = sum(counts)
    sides = [range(max(count - c, 0), min(count + c, n) + 1) for count in counts]
    inside = [sample for sample in product(*sides) if sum(sample) == n]
    counted = stats.multinomial.pmf(inside, n, np.array(counts) / n).sum()
    assert box_probability(np.array(counts, dtype=float), c) == pytest.approx(counted, abs=ROUNDING)


def test_a_sparse_table_has_a_box_of_a_probability_below_1():
    # The expansion of Sison and Glaz says 1.03 here.
    counts = np.array([6, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], dtype=float)
    # Only two answers occur: a binomial number of 7 at 1/7, from 0 to 2.
    assert box_probability(counts, 1) == pytest.approx(stats.binom.cdf(2, 7, 1 / 7), abs=ROUNDING)


@laws
@given(counts=samples, level=levels)
def test_goodman_is_wilson_at_the_level_that_bonferroni_gives(counts, level):
    n = sum(counts)
    shares = np.array(counts) / n
    found = bonferroni(shares, n, n_effective=n, df=INFINITE, confidence_level=level)
    goodman = multinomial(counts, confidence_level=level)
    assert found.low == pytest.approx(goodman.low, abs=1e-10)
    assert found.high == pytest.approx(goodman.high, abs=1e-10)


@laws
@given(count=st.integers(0, 500), rest=st.integers(1, 500), level=levels)
def test_quesenberry_and_hurst_for_two_answers_are_wilson(count, rest, level):
    found = multinomial([count, rest], method="quesenberry-hurst", confidence_level=level)
    single = proportion(count, count + rest, confidence_level=level)
    assert (found.low[0], found.high[0]) == pytest.approx((single.low, single.high), abs=1e-10)


@every_method
@laws
@given(counts=samples, level=levels)
def test_intervals_lie_inside_0_and_1_are_no_points_and_hold_the_share(method, counts, level):
    found = multinomial(counts, method=method, confidence_level=level)
    shares = np.array(counts) / sum(counts)
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    assert (found.low < found.high).all()
    assert (found.low <= shares + ROUNDING).all()
    assert (found.high >= shares - ROUNDING).all()


@every_method
@laws
@given(counts=samples, level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_never_narrower(method, counts, level, step):
    narrow = multinomial(counts, method=method, confidence_level=level)
    wide = multinomial(counts, method=method, confidence_level=level + (1 - level) * step)
    assert (wide.low <= narrow.low + ROUNDING).all()
    if method not in STEPPED:
        assert (wide.high >= narrow.high - ROUNDING).all()


@every_method
@laws
@given(counts=samples, level=levels, turn=st.integers(1, 4))
def test_the_order_of_the_answers_does_not_matter(method, counts, level, turn):
    found = limits(counts, method=method, confidence_level=level)
    turned = limits(np.roll(counts, turn), method=method, confidence_level=level)
    assert turned == pytest.approx(np.roll(found, turn, axis=0), abs=1e-9)


@pytest.mark.parametrize("method", sorted(set(METHODS) - set(STEPPED)))
@laws
@given(counts=samples, times=st.integers(2, 20))
def test_a_larger_sample_with_the_same_shares_is_narrower(method, counts, times):
    small = multinomial(counts, method=method)
    large = multinomial(times * np.array(counts), method=method)
    whole = (large.low == 0) & (large.high == 1)
    assert (whole | (large.high - large.low < small.high - small.low)).all()


@every_method
def test_several_samples_give_what_each_gives_alone(method):
    several = np.array([[[5, 0, 9], [3, 3, 3]], [[90, 2, 40], [1, 1, 7]]])
    found = multinomial(several, method=method, confidence_level=0.9)
    assert found.low.shape == found.high.shape == several.shape
    assert (found.method, found.confidence_level) == (method, 0.9)
    for place in np.ndindex(2, 2):
        alone = multinomial(several[place], method=method, confidence_level=0.9)
        assert found.low[place] == pytest.approx(alone.low, abs=ROUNDING)
        assert found.high[place] == pytest.approx(alone.high, abs=ROUNDING)


def test_upper_limits_of_sison_and_glaz_lie_farther_out_than_lower_ones():
    counts = [56, 72, 73, 59, 62, 87, 58]
    found = multinomial(counts, method="sison-glaz")
    shares = np.array(counts) / sum(counts)
    assert (found.high - shares > shares - found.low).all()


def test_ten_million_respondents_are_no_burden_for_sison_and_glaz():
    n = 10**7
    found = multinomial([0.3 * n, 0.2 * n, 0.5 * n], method="sison-glaz")
    # Three shares of a normal sample: between one answer's interval and Bonferroni's for three.
    error = np.sqrt(0.25 / n)
    assert 1.96 * error < found.high[2] - 0.5 < 2.3940 * error


@pytest.mark.parametrize("method", SINGLE)
def test_bonferroni_is_each_methods_own_interval_at_a_kth_of_alpha(method):
    shares, effective = [0.0, 0.2, 0.35, 0.45], [float("nan"), 40, 55, 30]
    found = bonferroni(shares, 80, n_effective=effective, df=11, method=method)
    alone = design_proportion(
        shares, 80, n_effective=effective, df=11, method=method, confidence_level=1 - 0.05 / 4
    )
    assert found.low == pytest.approx(alone.low, abs=ROUNDING)
    assert found.high == pytest.approx(alone.high, abs=ROUNDING)
    assert (found.method, found.confidence_level) == (method, 0.95)


@pytest.mark.parametrize("counts", [[7], 7, []])
def test_fewer_than_two_answers_are_refused(counts):
    with pytest.raises(
        MethodError, match=r"counts has the shape .*; wanted .* two or more answers"
    ):
        multinomial(counts)


@pytest.mark.parametrize("count", [-1, float("nan"), INFINITE])
def test_a_count_that_is_no_number_of_people_is_refused(count):
    with pytest.raises(MethodError, match=f"a count is {count}; wanted a number of at least 0"):
        multinomial([3, count])


def test_a_sample_of_nobody_is_refused():
    with pytest.raises(MethodError, match="counts are all 0; wanted at least one respondent"):
        multinomial([[3, 4], [0, 0]])


def test_sison_and_glaz_refuse_counts_that_are_not_whole():
    with pytest.raises(MethodError, match=r"sison-glaz: a count is 2.5; wanted whole counts"):
        multinomial([3, 2.5], method="sison-glaz")


def test_sison_and_glaz_refuse_a_sample_that_gave_one_answer_only():
    message = "sison-glaz has no interval here: .* 100 % have these very counts; choose goodman"
    with pytest.raises(MethodError, match=message):
        multinomial([9, 0, 0], method="sison-glaz")


def test_an_unknown_method_is_refused_with_the_likely_one():
    with pytest.raises(MethodError, match=r"called 'godman'; did you mean 'goodman'[?]"):
        multinomial([3, 4], method="godman")


def test_a_level_in_percent_is_refused():
    with pytest.raises(MethodError, match=r"confidence_level is 95; wanted a number such as 0.95"):
        multinomial([3, 4], confidence_level=95)
    with pytest.raises(MethodError, match=r"confidence_level is 95; wanted a number such as 0.95"):
        bonferroni([0.3, 0.4], 20, n_effective=20, df=9, confidence_level=95)


@pytest.mark.parametrize("shares", [0.3, []])
def test_shares_that_are_no_list_are_refused(shares):
    with pytest.raises(MethodError, match=r"estimates is .*; wanted a list of shares"):
        bonferroni(shares, 20, n_effective=20, df=9)
