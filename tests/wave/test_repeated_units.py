"""How many replicates are independent: by rows, by sums over cells, and by products, the same."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import DesignError
from surveylib.stats.replicates import independent
from surveylib.wave import repeated_units as module
from surveylib.wave.design import Design
from surveylib.wave.framed import FrameColumns
from surveylib.wave.repeated_units import ReplicateColumns, check_products

LIBRARIES = pytest.mark.parametrize("library", ["pandas", "duckdb"])


def halves(seed, *, count=8, units=6, rows=200, equal=False):
    """Half-samples of pairs of units; more of them than there are pairs follow from others."""
    random = np.random.default_rng(seed)
    unit = np.concatenate([np.arange(2 * units), random.integers(0, 2 * units, rows)])
    signs = random.choice([-1, 1], (units, count))[unit // 2] * np.where(unit % 2, 1, -1)[:, None]
    weight = np.ones(len(unit)) if equal else random.uniform(0.5, 2, len(unit))
    weights = weight[:, None] * (1 + 0.6 * signs)
    frame = pd.DataFrame({"w": weight, "year": random.choice([2019.0, 2020.0], len(unit))})
    return frame.assign(**{f"r{place}": column for place, column in enumerate(weights.T, 1)})


def design(count=8, kind="brr", **more):
    return Design(
        weights="w", replicate_weights=Design.numbered("r", count), replication=kind, **more
    )


def columns(library, frame, *, wave=None, unit=1.0, drawn=None):
    native = frame if library == "pandas" else duckdb.connect().from_df(frame)
    table = FrameColumns(native)
    return ReplicateColumns(table=table, design=drawn or design(), wave=wave, unit=unit)


def weights_of(frame):
    return frame[list(design().replicate_weights)].to_numpy()


@LIBRARIES
@pytest.mark.parametrize("room", [0, module.ROOM])
@pytest.mark.parametrize("equal", [False, True])
@pytest.mark.parametrize("units", [3, 6, 20])
def test_as_many_are_independent_as_rows_say(monkeypatch, library, room, equal, units):
    monkeypatch.setattr(module, "ROOM", room)
    frame = halves(1, units=units, equal=equal)
    wanted = independent(weights_of(frame))
    assert columns(library, frame, unit=2.0).independent() == {None: wanted}
    by_year = {year: independent(weights_of(part)) for year, part in frame.groupby("year")}
    frame.loc[0, "year"] = np.nan
    assert columns(library, frame, wave="year").independent() == by_year


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), units=st.integers(2, 12), equal=st.booleans(),
       digits=st.sampled_from([1, 3, 8]))  # fmt: skip
def test_cells_and_rows_never_disagree(seed, units, equal, digits):
    frame = halves(seed, units=units, equal=equal).round(digits)
    wanted = columns("duckdb", frame).independent()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROOM", 0)
        assert columns("duckdb", frame).independent() in (wanted, None)


@LIBRARIES
@pytest.mark.parametrize("room", [0, module.ROOM])
@pytest.mark.parametrize("wave", [None, "year"])
def test_products_are_those_of_the_weights_and_of_the_main_one(monkeypatch, library, room, wave):
    monkeypatch.setattr(module, "ROOM", room)
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    frame = halves(2)
    found = columns(library, frame, wave=wave, unit=0.5).products()
    parts = {None: frame} if wave is None else dict(iter(frame.groupby("year")))
    assert list(found) == list(parts)
    for value, part in parts.items():
        both = part[[*design().replicate_weights, "w"]].to_numpy() / 0.5
        np.testing.assert_allclose(found[value], both.T @ both, rtol=1e-12)


WRONG = {
    "below 0": {"r3": -1.0},
    "none": {"r3": np.nan},
    "one missing": {"r3": [np.nan] + [1.0] * 211},
    "one infinite": {"r3": [np.inf] + [1.0] * 211},
    "texts": {"r3": "a"},
    "truth": {"r3": True},
    "one not named": {"r9": 1.0},
}
#: Wrong as a whole, and perhaps not so with the rows of other parts.
WRONG_TOGETHER = {
    "WEIGHT-ALL-ZERO": {"w": 0.0},
    "REPLICATE-ALL-ZERO": {"r3": 0.0},
    "REPLICATE-MAIN": {"r3": lambda made: made["w"]},
    "REPLICATE-ALL-MAIN": {f"r{place}": lambda made: made["w"] for place in range(1, 9)},
    "REPLICATE-TOTAL": {f"r{place}": 1e-6 for place in range(1, 9)},
}


@LIBRARIES
@pytest.mark.parametrize("room", [0, module.ROOM])
@pytest.mark.parametrize("name", [*WRONG, *WRONG_TOGETHER])
def test_weights_that_are_wrong_are_left_to_the_rows(monkeypatch, library, room, name):
    monkeypatch.setattr(module, "ROOM", room)
    change = {**WRONG, **WRONG_TOGETHER}[name]
    assert columns(library, halves(3).assign(**change)).independent() is None


@LIBRARIES
@pytest.mark.parametrize("room", [0, module.ROOM])
def test_weights_of_successive_differences_may_be_below_0_and_the_main_one(
    monkeypatch, library, room
):
    monkeypatch.setattr(module, "ROOM", room)
    frame = halves(3).assign(r1=lambda made: made["w"])
    frame.loc[0, "r2"] = -0.5
    found = columns(library, frame, drawn=design(kind="sdr")).independent()
    assert found == {None: independent(weights_of(frame))}


@LIBRARIES
@pytest.mark.parametrize("name", ["", *WRONG, *WRONG_TOGETHER])
def test_numbers_that_can_be_summed_are_told_from_others(library, name):
    change = {"": {}, **WRONG, **WRONG_TOGETHER}[name]
    assert columns(library, halves(3).assign(**change)).are_weights == (name not in WRONG)


@pytest.mark.parametrize("code", ["", *WRONG_TOGETHER])
def test_sums_say_which_replicate_weights_are_none(code):
    frame = halves(4).assign(**WRONG_TOGETHER.get(code, {}))
    both = frame[[*design().replicate_weights, "w"]].to_numpy()
    given = design(), both.T @ both, both.sum(axis=0), len(both), "the sums"
    if not code:
        check_products(*given)
        return
    with pytest.raises(DesignError, match=rf"\[{code}\]"):
        check_products(*given)
