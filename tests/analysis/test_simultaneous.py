"""Intervals that hold at once, the n of weights alone, and bands that overlap, in `estimate`."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import multinomial_proportions_confint

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import simultaneous
from surveylib.stats.banded import simple_sample
from surveylib.stats.turnbull import pooled

ROOT = Path(__file__).parents[2]
#: Sison and Glaz (1995), example 1.
COUNTS = (56, 72, 73, 59, 62, 87, 58)
laws = settings(deadline=None, max_examples=30)


def answers(counts, **more):
    """A frame with as many rows of each answer."""
    column = [f"a{place}" for place, count in enumerate(counts) for _ in range(count)]
    return pd.DataFrame(
        {"answer": column, **{name: made(len(column)) for name, made in more.items()}}
    )


def limits(found):
    return np.array([[row.ci_low, row.ci_high] for row in found.rows])


def test_goodman_has_the_limits_of_statsmodels():
    found = sl.estimate(answers(COUNTS), "answer", simultaneous="goodman")
    # statsmodels takes χ² with one degree of freedom at 1 - α/k, as Goodman does.
    expected = multinomial_proportions_confint(COUNTS, method="goodman")
    np.testing.assert_allclose(limits(found), expected, rtol=1e-12)


def test_sison_glaz_is_named_with_its_paper():
    found = sl.estimate(answers(COUNTS), "answer", simultaneous="sison-glaz")
    assert {row.interval for row in found.rows} == {"sison-glaz"}
    assert "Sison and Glaz (1995)" in found.explain()


@laws
@given(st.lists(st.integers(1, 60), min_size=2, max_size=7))
def test_those_of_a_simple_sample_are_those_of_its_counts(counts):
    for method in simultaneous.METHODS:
        found = sl.estimate(answers(counts), "answer", simultaneous=method)
        expected = simultaneous.multinomial(counts, method=method)
        np.testing.assert_allclose(limits(found).T, [expected.low, expected.high], rtol=1e-9)


def test_under_a_design_each_is_made_at_the_level_of_bonferroni():
    frame = answers(COUNTS, w=lambda n: 1 + np.arange(n) % 3)
    design = sl.Design(weights="w")
    found = sl.estimate(frame, "answer", design=design, simultaneous="bonferroni")
    alone = sl.estimate(frame, "answer", design=design, confidence_level=1 - 0.05 / len(COUNTS))
    np.testing.assert_allclose(limits(found), limits(alone), rtol=1e-12)
    assert {row.confidence_level for row in found.rows} == {0.95}


def test_groups_and_waves_are_families_of_their_own():
    frame = answers((30, 20, 10), wave=lambda n: np.arange(n) % 2, area=lambda n: np.arange(n) % 3)
    found = sl.estimate(frame, "answer", wave="wave", by="area", simultaneous="bonferroni")
    for row in found.rows:
        count = round(row.estimate * row.n)
        z = scipy_stats.norm.ppf(1 - 0.05 / 3 / 2)
        low = (count + z * z / 2 - z * math.sqrt(count * (row.n - count) / row.n + z * z / 4)) / (
            row.n + z * z
        )
        assert row.ci_low == pytest.approx(max(low, 0), abs=1e-12)


def test_printed_shares_hold_at_once_too():
    study = sl.load_study(ROOT / "waves" / "netclean")
    question = "organised_groups_encountered"
    found = sl.estimate(study, question, simultaneous="goodman")
    alone = sl.estimate(study, question, confidence_level=1 - 0.05 / 2)
    one = next(row for row in found.rows if row.answer == "yes")
    other = next(row for row in alone.rows if (row.wave, row.answer) == (one.wave, one.answer))
    assert (one.ci_low, one.envelope_high) == (other.ci_low, other.envelope_high)
    assert "hold at once: goodman" in str(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"simultaneous": "tukey"}, "called 'tukey'"),
        ({"simultaneous": "goodman", "interval": "wald"}, "has limits of its own"),
        ({"simultaneous": "goodman", "statistic": "mean"}, "belongs to statistic='share'"),
        ({"kish": "yes"}, "wanted True or False"),
        ({"kish": True, "statistic": "median"}, "kish belongs to statistic"),
        ({"simultaneous": "goodman", "design": sl.Design(weights="w")}, "has a design"),
    ],
)
def test_what_does_not_go_together_is_said(options, message):
    frame = answers(COUNTS, w=lambda n: 1 + np.arange(n) % 3)
    with pytest.raises(MethodError, match=message):
        sl.estimate(frame, "answer", **options)


def test_one_answer_alone_is_no_family():
    with pytest.raises(MethodError, match="its interval holds alone"):
        sl.estimate(answers(COUNTS), "answer/a1", simultaneous="bonferroni")


@pytest.mark.parametrize("psu", [None, "unit"])
@pytest.mark.parametrize("statistic", ["share", "mean", "total"])
def test_the_n_of_weights_alone_is_that_of_kish(psu, statistic):
    frame = answers((20, 30), w=lambda n: 1.0 + np.arange(n) % 4, unit=lambda n: np.arange(n) % 7)
    frame["number"] = np.arange(len(frame)) % 5
    frame.loc[3, ["answer", "number"]] = None
    known = frame["w"][frame["number"].notna()]
    design = sl.Design(weights="w", psu=psu)
    question = "answer" if statistic == "share" else "number"
    found = sl.estimate(frame, question, statistic=statistic, design=design, kish=True)
    # Kish (1965): (Σ w)² / Σ w², of those in the base.
    expected = known.sum() ** 2 / (known**2).sum()
    assert [row.n_kish for row in found.rows] == pytest.approx([expected] * len(found.rows))
    assert "n effective by weights" in str(found)


def test_sums_without_squares_say_so():
    frame = answers((20, 30), w=lambda n: 1.0 + np.arange(n) % 4, unit=lambda n: np.arange(n) % 7)
    sums = sl.collapse(frame, "answer", design=sl.Design(weights="w", psu="unit"))
    with pytest.raises(NotEstimableError, match="hold no squares of weights"):
        sl.estimate(sums, "answer", kish=True)


BANDS = {"a0": (1, 10), "a1": (11, math.inf), "a2": (1, 5), "a3": (6, math.inf)}


def test_bands_of_two_lists_give_the_shares_of_algebra():
    frame = answers((60, 40, 30, 70))
    found = sl.estimate(
        frame, "answer", statistic="share_up_to", threshold=[5, 10], bands=BANDS, model="turnbull"
    )
    # Up to 5: 30 of the 100 with the second list; up to 10: 60 of those with the first.
    assert [row.estimate for row in found.rows] == pytest.approx([0.3, 0.6])
    # Each is the share of a list of random size: p (1 - p) / 100 by the delta method; the variance
    # of a design has n - 1.
    errors = [math.sqrt(p * (1 - p) / 100 * 200 / 199) for p in (0.3, 0.6)]
    assert [row.standard_error for row in found.rows] == pytest.approx(errors)


def test_the_median_of_bands_that_overlap_is_a_range():
    frame = answers((60, 40, 30, 70))
    row = sl.estimate(frame, "answer", statistic="median", bands=BANDS, model="turnbull").rows[0]
    assert (row.estimate_low, row.estimate_high) == (6, 10)
    assert "6 to 10: 30.0 %" in " ".join(row.notes)


def test_bands_that_overlap_are_refused_without_it():
    with pytest.raises(MethodError, match="or model='turnbull'"):
        sl.estimate(answers((60, 40)), "answer", statistic="median",
                    bands={"a0": (1, 10), "a1": (5, 20)})  # fmt: skip


@laws
@given(st.lists(st.integers(1, 60), min_size=4, max_size=4))
def test_masses_move_with_shares_as_their_covariance_says(counts):
    lows, highs = np.array(list(BANDS.values())).T
    known = simple_sample(counts)
    found = pooled(lows, highs, known.estimate, known.covariance)
    if found.none:
        return
    step = 1e-6
    moves = []
    for place in range(4):  # a little more of one answer, and less of all others
        moved = (known.estimate + step * (np.arange(4) == place)) / (1 + step)
        moves.append((pooled(lows, highs, moved, known.covariance).shares.estimate
                      - found.shares.estimate) / step)  # fmt: skip
    of = np.array(moves).T
    # Shares s have the covariance diag(s)/n up to a part that this way of moving leaves out.
    expected = of @ np.diag(known.estimate / sum(counts)) @ of.T
    np.testing.assert_allclose(found.shares.covariance, expected, atol=1e-5)
