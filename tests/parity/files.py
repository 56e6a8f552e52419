"""Samples as files that `run.R` reads."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tests.parity.drawn import Case

#: What a file for R holds of every row; replicate weights r1, r2 and on follow.
COLUMNS = ("s", "p", "u", "w", "population", "ssu_population", "q", "r", "g", "x", "z")


def write(cases: list[Case], folder: Path) -> None:
    """Write `rows.csv` and `cases.csv`, which `run.R` reads."""
    most = max(len(case.design.replicate_weights) for case in cases)
    names = [*COLUMNS, *(f"r{number}" for number in range(1, most + 1))]
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", *names])
        for case in cases:
            table = case.frame.assign(**case.sizes)
            columns = [_cells(table[name]) if name in table else _NONE for name in names]
            for row in range(len(table)):
                writer.writerow([case.number, *(_cell(column, row) for column in columns)])
    with (folder / "cases.csv").open("w", encoding="utf-8", newline="") as file:
        fields = ("number", "weights", "strata", "psu", "ssu", "population", "ssu_population",
                  "replication", "lonely", "df", "centre", "replicates", "scale", "factors",
                  "rho")  # fmt: skip
        written = csv.DictWriter(file, fields)
        written.writeheader()
        for case in cases:
            said = {name: getattr(case.design, name, None) or "" for name in fields}
            said |= {"number": case.number, "replicates": len(case.design.replicate_weights)}
            written.writerow(said | case.told)


_NONE: list[str] = []


def _cells(column: pd.Series) -> list[str]:
    values = column.tolist()
    return ["" if one is None or one != one else _text(one) for one in values]  # noqa: PLR0124 - NaN


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "Inf" if np.isinf(value) else repr(value)
    return str(value)


def _cell(column: list[str], row: int) -> str:
    return column[row] if column else ""
