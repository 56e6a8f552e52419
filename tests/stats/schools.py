"""R's samples of schools in made waves, collapsed for regressions, and simple samples."""

import csv
from pathlib import Path

import numpy as np

from surveylib.stats.regression import Sums

FOLDER = Path(__file__).parent / "references"


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


DATA = rows("logistic_data.csv")


class Schools:
    """One of R's samples of schools, in made waves, collapsed as the library would."""

    def __init__(self, design, base, lonely):
        sample, _, more = design.partition("_")
        data = [row for row in DATA if row["sample"] == {"lonely": "clus1"}.get(sample, sample)]
        self.text = {name: np.array([row[name] for row in data]) for name in data[0]}
        self.weight = self.text["pw"].astype(float)
        self.kept = self.text["api99"].astype(float) > 500 if base == "some" else self.weight > 0
        self.clustered = sample.startswith("clus")
        stratum = {"strat": "stype", "lonely": "dnum"}.get(sample)
        names = self.text[stratum] if stratum else np.full(len(data), "all")
        self.strata, self.of_school = np.unique(names, return_inverse=True)
        self.lonely = lonely
        self.there = self.text["fpc1"].astype(float) if more == "" and sample != "lonely" else None
        units = np.unique(self.text["dnum"], return_inverse=True)[1]
        self.unit = units if self.clustered else self.of_school
        self.n = np.bincount(self.of_school)
        self.fraction = None
        if self.there is not None:
            drawn = units.max() + 1 if self.clustered else self.n
            size = np.zeros(len(self.strata))
            size[self.of_school] = self.there
            self.fraction = drawn / size
        keys = np.stack([self.text["wave"], self.text["stype"]], axis=1)[self.kept]
        self.cells, self.cell = np.unique(keys, axis=0, return_inverse=True)
        self.cell = self.cell.reshape(-1)

    def sums(self, answer):
        """Sums by unit, cell and answer."""
        keys = np.stack([self.unit[self.kept], self.cell, answer[self.kept]], axis=1)
        lines, place = np.unique(keys, axis=0, return_inverse=True)
        weight = self.weight[self.kept]
        people = not self.clustered
        return Sums(
            unit=lines[:, 0],
            cell=lines[:, 1],
            answer=lines[:, 2],
            weight=np.bincount(place.reshape(-1), weight),
            strata=[str(name) for name in self.strata],
            stratum=None if people else np.zeros(self.unit.max() + 1, int),
            square=np.bincount(place.reshape(-1), weight**2) if people else None,
            n=self.n if people else None,
            fraction=self.fraction,
            lonely=self.lonely,
        )

    def columns(self, *trend):
        """The columns of each cell: a constant, the trend, and kinds of school but the first."""
        of_wave = {row["wave"]: [float(row[name]) for name in trend] for row in DATA}
        kinds = [[kind == "H", kind == "M"] for _, kind in self.cells]
        return np.column_stack([np.ones(len(kinds)), [of_wave[w] for w, _ in self.cells], kinds])


def simple(counts):
    """Sums of a simple sample from (C, 2) counts of no and yes."""
    table = np.asarray(counts)
    cell, answer = np.nonzero(table > -1)
    many = table[cell, answer]
    return Sums(
        unit=np.zeros(len(cell), int),
        cell=cell,
        answer=answer,
        weight=many,
        square=many,
        n=[table.sum()],
        strata=["all"],
    )
