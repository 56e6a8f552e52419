"""Twenty waves of the General Social Survey, 1978 to 2016: numpy's and scipy's numbers.

The answers stand as counts in references/gss.csv, beside the script that made them.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveylib as sl

LEVELS = ["<12 yrs", "12 yrs", "13-15 yrs", "16 yrs", ">16 yrs"]


@pytest.fixture(scope="module")
def answers():
    counts = pd.read_csv(Path(__file__).parents[1] / "references" / "gss.csv")
    return counts.loc[counts.index.repeat(counts.n)].drop(columns="n").reset_index(drop=True)


@pytest.fixture(scope="module")
def born(answers):
    """Waves, respondents and the share born in the country."""
    known = answers[answers.nativeBorn.notna()]
    counts = known.groupby("year").nativeBorn.agg(["count", lambda one: (one == "yes").sum()])
    years = counts.index.to_numpy(dtype=float)
    return years, counts["count"].to_numpy(), counts.iloc[:, 1].to_numpy()


def test_the_test_for_trend_is_the_correlation_of_wave_and_answer(answers, born):
    (row,) = sl.trend(answers, "nativeBorn/yes", wave="year").rows
    years, n, _ = born
    assert len(row.waves) == len(years) == 20
    known = answers[answers.nativeBorn.notna()]
    r = np.corrcoef(known.year, known.nativeBorn == "yes")[0, 1]
    # Cochran and Armitage's z² is N r².
    assert row.statistic == pytest.approx(r * n.sum() ** 0.5, rel=1e-9)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(row.statistic)), rel=1e-6)
    assert row.verdict == "falling"


def test_the_order_of_twenty_shares_is_kendalls(answers, born):
    years, n, yes = born
    (row,) = sl.trend(answers, "nativeBorn/yes", wave="year", test="mann-kendall", draws=199).rows
    share = yes / n
    s = sum(np.sign(share[j] - share[i]) for i in range(20) for j in range(i + 1, 20))
    assert row.statistic == s
    theirs = stats.kendalltau(years, share, method="exact")
    assert row.p_value == pytest.approx(theirs.pvalue, rel=1e-6)
    low, high = stats.theilslopes(share, years)[2:]
    assert low < row.slope < high


def test_least_squares_of_twenty_shares_is_that_of_numpy(answers, born):
    years, n, yes = born
    (row,) = sl.trend(answers, "nativeBorn/yes", wave="year", test="least-squares").rows
    share = yes / n
    slope, _ = np.polyfit(years, share, 1, w=np.sqrt(n / (share * (1 - share))))
    # A share's variance has n - 1 for n.
    assert row.slope == pytest.approx(slope, rel=1e-3)
    assert row.lack_of_fit is not None


def test_waves_that_are_not_on_a_line_are_said_to_bend(answers):
    (row,) = sl.trend(answers, "educGroup/<12 yrs", wave="year", test="logistic", degree=2).rows
    assert row.verdict == "falling"
    assert row.curved is not None
    assert not any("few for a bend" in note for note in row.notes)


def test_joints_are_looked_for_in_twenty_waves(answers):
    (row,) = sl.trend(answers, "nativeBorn/yes", wave="year", test="joinpoint", draws=99).rows
    assert row.segments[0].from_time == 1978
    assert row.segments[-1].to_time == 2016
    ends = [part.to_time for part in row.segments[:-1]]
    assert ends == [part.from_time for part in row.segments[1:]]


def test_ordered_answers_of_twenty_waves_move_as_spearman_says(answers):
    options = {"wave": "year", "order": LEVELS}
    (row,) = sl.trend(answers, "educGroup", test="linear-by-linear", **options).rows
    known = answers[answers.educGroup.notna()]
    ranks = stats.rankdata(known.educGroup.map(LEVELS.index))
    r = np.corrcoef(known.year, ranks)[0, 1]
    assert row.statistic == pytest.approx((len(known) - 1) * r**2, rel=1e-9)
    assert row.verdict == "rising"
    (moved,) = sl.trend(answers, "educGroup", test="jonckheere-terpstra", **options).rows
    assert moved.verdict == "rising"


def test_every_change_from_wave_to_wave_is_one_of_a_family(answers):
    found = sl.change(answers, "nativeBorn/yes", wave="year", adjust="holm", family="question")
    assert len(found.rows) == 20
    assert all(row.p_adjusted >= row.p_value for row in found.rows)
    assert found.rows[-1].verdict == "decreased"
