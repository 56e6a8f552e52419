"""The level of Lake Huron in 16 years, and what R makes of it."""

import numpy as np

from tests.stats.schools import rows

REFERENCE = rows("joinpoint.csv")


def lake():
    """Times, levels and covariance of the waves."""
    found = [row for row in REFERENCE if row["model"] == "data"]
    times, levels = (
        np.array([float(row["value"]) for row in found if row["value_of"] == name])
        for name in ("time", "level")
    )
    spread = np.zeros((len(times), len(times)))
    for row in found:
        if row["value_of"] == "covariance":
            i, j = int(row["row"]), int(row["column"])
            spread[i, j] = spread[j, i] = float(row["value"])
    return times, levels, spread
