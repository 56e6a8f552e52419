"""Numbers that handbooks and the documentation of Stata, SAS, SUDAAN and WesVar print."""

import csv
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from surveylib.stats import intervals, replicates, sizes, variance

HERE = Path(__file__).parent / "references"
#: Students with an answer: the data are sums by sampling unit.
STUDENTS = 8757


def read(name):
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def samples():
    """The sampling units of each sample as columns."""
    rows = defaultdict(list)
    for row in read("published_data.csv"):
        rows[row["data"]].append(row)
    return {
        name: {key: np.array([row[key] for row in units]) for key in units[0]}
        for name, units in rows.items()
    }


SAMPLES = samples()


def totals(name, group):
    """Strata, fractions, and weighted totals of y, x and 1 of each unit, 0 outside the group."""
    units = SAMPLES[name]
    strata, place = np.unique(units["stratum"], return_inverse=True)
    weight, y, x, population = (
        units[key].astype(float) for key in ("weight", "y", "x", "population")
    )
    inside = units["stratum"] == group if group else np.ones(len(y), bool)
    drawn = np.bincount(place)
    known = np.zeros(len(strata))
    known[place] = population
    fraction = np.divide(drawn, known, out=np.zeros(len(strata)), where=known > 0)
    return place, fraction, {"y": weight * y * inside, "x": weight * x * inside,
                             "1": weight * inside}  # fmt: skip


#: Each statistic: what stands above and, unless it is a total, below the line.
STATISTICS = {
    "total": ("y", None),
    "total of x": ("x", None),
    "mean": ("y", "1"),
    "mean of x": ("x", "1"),
    "ratio": ("y", "x"),
}


def computed(name, statistic, group):
    """An estimate, its standard error and its degrees of freedom."""
    place, fraction, of = totals(name, group)
    above, below = STATISTICS[statistic]
    top = of[above][:, None]
    estimate, linear = float(top.sum()), top
    if below is not None:
        found, linear = variance.shares(top, of[below][:, None])
        estimate = float(found[0])
    moments = variance.moments(linear, place, len(fraction))
    spread = variance.covariance(moments, fraction=fraction, lonely="certainty")
    df = variance.degrees_of_freedom(len(place), len(fraction))
    return {"estimate": estimate, "standard_error": float(spread[0, 0]) ** 0.5, "df": df}


def jackknifed_sum(name):
    """The sum of the sample itself, each unit left out in turn, of a quarter of all units."""
    y = SAMPLES[name]["y"].astype(float)
    kept = (1 - np.eye(len(y))) * len(y) / (len(y) - 1)
    made = replicates.scaling("jk1", len(y), fraction=0.25)
    spread = replicates.covariance(
        (kept @ y)[:, None], [y.sum()], scale=made.scale, factors=made.factors
    )
    return {"estimate": y.sum(), "standard_error": float(spread[0, 0]) ** 0.5}


def with_limits(found, method):
    """The numbers with the limits of an interval."""
    estimate, error = found["estimate"], found["standard_error"]
    if method == "t":
        half = float(sizes.quantile(np.array(found["df"]), 0.05)) * error
        return {**found, "low": estimate - half, "high": estimate + half}
    size = estimate * (1 - estimate) / error**2
    limits = intervals.design_proportion(
        estimate, STUDENTS, n_effective=size, df=found["df"], method=method
    )
    return {**found, "low": limits.low, "high": limits.high}


@pytest.mark.parametrize(
    "row",
    read("published.csv"),
    ids=lambda row: " ".join(filter(None, (row["data"], row["statistic"], row["group"],
                                           row["method"], row["what"]))),
)  # fmt: skip
def test_a_printed_number_is_found_to_its_last_digit(row):
    name, statistic = row["data"], row["statistic"]
    if statistic == "jackknifed sum":
        found = jackknifed_sum(name)
    else:
        found = computed(name, statistic, row["group"])
    if row["method"]:
        found = with_limits(found, row["method"])
    last_digit = 10.0 ** Decimal(row["printed"]).as_tuple().exponent
    assert found[row["what"]] == pytest.approx(
        float(row["printed"]), rel=0, abs=0.5 * last_digit * (1 + 1e-6)
    )


def test_a_unit_sure_to_be_drawn_adds_as_little_as_one_written_twice_with_half_its_weight():
    # As SUDAAN is told of it on the page that prints these numbers.
    place, fraction, of = totals("municipalities-certainty", "")
    top = np.concatenate([of["y"][:1] / 2, of["y"][:1] / 2, of["y"][1:]])[:, None]
    twice = np.concatenate([place[:1], place])
    moments = variance.moments(top, twice, len(fraction))
    once = computed("municipalities-certainty", "total", "")
    assert variance.covariance(moments)[0, 0] ** 0.5 == pytest.approx(once["standard_error"])
