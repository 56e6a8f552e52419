"""Questions of sums that are taken in portions have the numbers of all at once."""

import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.series import sampled
from surveylib.errors import UnknownNameError

QUESTIONS = ["bread", "bread:white", "milk/yes", "bread/no"]


@pytest.fixture(scope="module")
def sums():
    """Three questions in four waves, in strata of four units; one's name begins with another's."""
    drawn, n = np.random.default_rng(7), 1_600
    frame = pd.DataFrame({
        "year": 2020 + np.arange(n) % 4,
        "part": np.where(np.arange(n) // 4 % 2, "north", "south"),
        "stratum": np.arange(n) // 8 % 5,
        "unit": np.arange(n) // 40 % 4 + 10 * (np.arange(n) % 4),
        "weight": drawn.uniform(1, 2, n),
    })  # fmt: skip
    for name in ("bread", "bread:white", "milk"):
        frame[name] = np.where(drawn.random(n) < 0.3 + 0.05 * (np.arange(n) % 4), "yes", "no")
    design = sl.Design(weights="weight", strata="stratum", psu="unit")
    names = ["bread", "bread:white", "milk"]
    return sl.collapse(frame, names, by="part", wave="year", design=design)


@pytest.mark.parametrize("by", [None, "part"])
@pytest.mark.parametrize("door", [sl.change, sl.trend])
def test_questions_one_by_one_have_the_rows_of_all_at_once(sums, monkeypatch, door, by):
    together = door(sums, QUESTIONS, by=by)
    monkeypatch.setattr(sampled, "_AT_ONCE", 1)
    apart = door(sums, QUESTIONS, by=by)
    assert len(together.rows) == (6 if by is None else 12) * (4 if door is sl.change else 1)
    # Roots are looked for until the last of a portion is found, which changes last digits.
    pd.testing.assert_frame_equal(apart.to_frame(), together.to_frame(), rtol=1e-11)


def test_a_question_of_a_later_portion_may_be_misspelt(sums, monkeypatch):
    monkeypatch.setattr(sampled, "_AT_ONCE", 1)
    with pytest.raises(UnknownNameError, match="'milk'"):
        sl.change(sums, ["bread", "mlik"])
