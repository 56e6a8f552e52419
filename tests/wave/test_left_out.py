"""A value that is not summed itself is what the others leave, for every kind of sum."""

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from surveylib.wave.collapsing import Rows, collapse_frame, side_by_side, sum_of
from surveylib.wave.left_out import summed_answers

LIBRARIES = pytest.mark.parametrize("library", ["pandas", "duckdb"])
QUESTIONS = {"met": (0, 1), "band": ("a", "b", "c"), "open": ("x", "y", None)}
FULL = {"met": 0, "band": "b", "open": "x"}


def drawn(*, share=0.4, n=300):
    random = np.random.default_rng(6)
    return pd.DataFrame(
        {
            "g": random.integers(0, 4, n),
            "met": (random.random(n) > share).astype(int),
            "band": random.choice(["a", "b", "c"], n),
            "open": random.choice(["x", "y", None], n),
            "w": random.choice([0.0, 0.5, 3.0], n),
        }
    )


def rows(library, frame, **more):
    native = frame if library == "pandas" else duckdb.connect().from_df(frame)
    return Rows(table=nw.from_native(native), weights="w", zeros=True, **more)


def summing(given, asked):
    def sum_up(summed, *, many):
        assert not many
        asked.append(list(summed))
        return [collapse_frame(given.table, ["g"], summed)]

    return sum_up


@LIBRARIES
@pytest.mark.parametrize("inside", [None, 1])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.4, 1.0])
def test_every_value_has_the_sums_that_it_has_when_it_is_summed_itself(library, inside, share):
    asked, holds = [], None if inside is None else nw.col("g") == inside
    given = rows(library, drawn(share=share), inside=holds)
    (found,) = summed_answers(summing(given, asked), given, (QUESTIONS, {}), FULL)
    wanted = collapse_frame(given.table, ["g"], side_by_side(given, QUESTIONS))
    for name in wanted.sums:
        np.testing.assert_allclose(found.sums[name], wanted.sums[name], rtol=1e-12, atol=1e-12)
        if name.endswith(":n"):
            np.testing.assert_array_equal(found.sums[name], wanted.sums[name])


@LIBRARIES
def test_one_value_of_each_full_question_is_not_summed(library):
    asked = []
    given = rows(library, drawn())
    summed_answers(summing(given, asked), given, (QUESTIONS, {}), FULL)
    (names,) = asked
    assert sum_of("met", 1, "n") in names
    assert sum_of("open", "x", "n") in names  # some rows have no answer to it
    assert sum_of("met", 0, "n") not in names
    assert sum_of("band", "b", "weight") not in names


@LIBRARIES
def test_a_rare_value_is_summed_itself_so_that_it_keeps_its_digits(library):
    frame = pd.DataFrame({"g": 1, "met": [0] + [1] * 999, "w": [1e-9] + [1e7] * 999})
    asked = []
    given = rows(library, frame)
    (found,) = summed_answers(summing(given, asked), given, ({"met": (0, 1)}, {}), {"met": 0})
    assert found.sums[sum_of("met", 0, "weight")].tolist() == [1e-9]
    assert sum_of("met", 0, "weight") in asked[1]
