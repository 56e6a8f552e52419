"""Replicate weights that a frame's own library sums, against sums by a loop."""

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from surveylib.wave import repeated as module
from surveylib.wave.collapsing import Rows, collapse_frame, sum_of
from surveylib.wave.repeated import REPEATED, Replicates, unused

NAMES = ("r1", "r2", "r3")
LIBRARIES = pytest.mark.parametrize("library", ["pandas", "duckdb"])
KEYS = pytest.mark.parametrize("keys", [[], ["g"], ["g", "h"]], ids=len)


def drawn(n=60):
    random = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "g": random.choice(["u", "v", None], n),
            "h": random.integers(1, 3, n),
            "q": random.choice(["a", "b", None], n),
            "t": random.choice([1, 2, 3], n),
            "x": np.where(random.random(n) < 0.2, np.nan, random.normal(5, 2, n).round(1)),
            "y": random.uniform(1, 2, n).round(2),
            "w": random.choice([0.0, 1.0, 2.5], n),
        }
    )
    return frame.assign(**{name: random.uniform(0, 2, n) for name in NAMES})


def replicates(library, frame, *, unit=1.0, lines=6):
    native = frame if library == "pandas" else duckdb.connect().from_df(frame)
    rows = Rows(table=nw.from_native(native), weights="w", unit=unit, zeros=True)
    return Replicates(rows=rows, names=NAMES, lines=lines)


def groups(frame, keys):
    """Each line's keys and rows, in order; a missing value is one of its own, and the last."""
    if not keys:
        return [((), frame)]
    found = [(key, part) for key, part in frame.groupby(keys, dropna=False)]
    return [(tuple(None if one != one else one for one in key), part) for key, part in found]  # noqa: PLR0124 - NaN


def keys_of(totals):
    return [
        tuple(totals.values[name][place[line]] for name, place in totals.keys.items())  # noqa: PD011
        for line in range(len(totals))
    ]


@LIBRARIES
@KEYS
@pytest.mark.parametrize("room", [1, 4_000_000])
@pytest.mark.parametrize("unit", [1.0, 4.0])
def test_every_value_of_every_question_has_its_sums_of_replicates(
    monkeypatch, library, keys, room, unit
):
    monkeypatch.setattr(module, "_ROOM", room)
    frame = drawn()
    values = {"q": ("a", "b", None), "t": (1, 2, 3)}
    found = replicates(library, frame, unit=unit).answers(keys, values)
    lines = groups(frame, keys)
    assert keys_of(found) == [key for key, _ in lines]
    for line, (_, part) in enumerate(lines):
        np.testing.assert_allclose(found.sums[REPEATED][line], part[[*NAMES]].sum() / unit)
        for name, known in values.items():
            for value in known:
                here = part[part[name].isna() if value is None else part[name] == value]
                sums = [found.sums[sum_of(name, value, kind)][line]
                        for kind in ("n", "weight", "square")]  # fmt: skip
                wanted = (here["w"] > 0).sum(), here["w"].sum() / unit, (here["w"] ** 2).sum()
                assert sums == pytest.approx([*wanted[:2], wanted[2] / unit**2])
                each = found.sums[sum_of(name, value, REPEATED)][line]
                np.testing.assert_allclose(each, here[[*NAMES]].sum() / unit)


@LIBRARIES
def test_questions_that_have_room_are_summed_in_one_pass(monkeypatch, library):
    passes = []

    def counted(table, keys, summed):
        passes.append(keys)
        return collapse_frame(table, keys, summed)

    monkeypatch.setattr(module, "collapse_frame", counted)
    values = {"q": ("a", "b", None), "t": (1, 2, 3), "h": (1, 2)}
    replicates(library, drawn()).answers(["g"], values)
    assert passes == [["g", "q", "t", "h"]]
    monkeypatch.setattr(module, "_ROOM", 6 * 6 * 9)
    replicates(library, drawn()).answers(["g"], values)
    assert passes[1:] == [["g", "q", "t"], ["g", "h"]]


@LIBRARIES
@KEYS
@pytest.mark.parametrize("bottom", [None, "y"])
def test_numbers_have_sums_of_both_by_each_replicate(library, keys, bottom):
    frame = drawn()
    each = replicates(library, frame)
    totals = collapse_frame(each.rows.table, keys, {})
    found = each.numbers(keys, [("x", bottom, 0.5), ("y", None, 0.0)], totals)
    for line, (_, part) in enumerate(groups(frame, keys)):
        known = part[part["x"].notna()]
        x = np.ones(len(known)) if bottom is None else known[bottom].to_numpy()
        y = known["x"].to_numpy() - 0.5
        for kind, number in (("y", y), ("x", x)):
            sums = found.sums[sum_of("x", bottom, f"{REPEATED}:{kind}")][line]
            np.testing.assert_allclose(sums, known[[*NAMES]].to_numpy().T @ number, atol=1e-12)
        assert found.sums[sum_of("x", bottom, "n")][line] == (known["w"] > 0).sum()
        product = found.sums[sum_of("x", bottom, "weight:yx")][line]
        assert product == pytest.approx((known["w"] * y * x).sum())
        assert found.sums[sum_of("y", None, "y")][line] == pytest.approx(
            (part["w"] * part["y"]).sum()
        )


@LIBRARIES
@KEYS
def test_numbers_fall_into_classes_by_the_ends_that_they_are_not_above(library, keys):
    frame = drawn()
    each = replicates(library, frame)
    totals = collapse_frame(each.rows.table, keys, {})
    found = each.classes(keys, "x", [4.0, 5.5], totals)
    for line, (_, part) in enumerate(groups(frame, keys)):
        parts = (
            part[part["x"] <= 4],
            part[part["x"].between(4, 5.5, "right")],
            part[part["x"] > 5.5],
        )
        for place, here in enumerate(parts):
            sums = found.sums[sum_of("x", place, REPEATED)][line]
            np.testing.assert_allclose(sums, here[[*NAMES]].sum())


@LIBRARIES
def test_each_number_that_occurs_has_a_line(library):
    frame = drawn()
    found = replicates(library, frame).each_number(["h"], "x")
    wanted = frame.dropna(subset=["x"]).groupby(["h", "x"])[[*NAMES]].sum()
    assert keys_of(found) == list(wanted.index)
    np.testing.assert_allclose(found.sums[REPEATED], wanted)


def test_a_name_that_no_column_has_is_found():
    table = nw.from_native(pd.DataFrame({"Surveylib_cell": [1], "surveylib_cell_": [2]}))
    assert unused(table, "cell") == "surveylib_cell__"
    assert unused(table, "class") == "surveylib_class"
