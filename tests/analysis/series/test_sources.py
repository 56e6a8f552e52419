"""The same numbers whatever holds the rows: pandas, DuckDB, a file, sums, waves of a study."""

import csv
from dataclasses import replace

import duckdb
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from tests.analysis.series.towns import VIEW, responses

UNITS = sl.Design(weights="w", strata="s", psu="unit")
DRAWN = sl.Design(weights="w", strata="s", psu="unit", population="size")
ORDER = ("low", "middle", "high")
SOURCES = ("pandas", "duckdb", "parquet", "csv", "sums")
ASKED = {
    "independent": {"design": DRAWN, "reused_ids": True},
    "shared": {"design": UNITS, "samples": "shared-psu"},
    "simple": {},
}
NUMBERS = ("difference", "effect", "standard_error", "df", "correlation", "ci_low", "ci_high",
           "p_value", "detectable")  # fmt: skip


@pytest.fixture(scope="module")
def made(sample, tmp_path_factory):
    """The sample in each kind of source; sums by the design that is asked for."""
    folder = tmp_path_factory.mktemp("sources")
    plain = sample.assign(q=sample.q.astype(object).where(sample.q.notna(), None))
    relation = duckdb.connect().from_df(plain)
    relation.write_parquet(str(folder / "rows.parquet"))
    plain.to_csv(folder / "rows.csv", index=False)

    def source(kind, design):
        return {
            "pandas": lambda: sample,
            "duckdb": lambda: relation,
            "parquet": lambda: folder / "rows.parquet",
            "csv": lambda: str(folder / "rows.csv"),
            "sums": lambda: sl.collapse(sample, "q", by="g", wave="year", design=design),
        }[kind]()

    return source


def alike(one, other, names):
    assert len(one) == len(other)
    for row, same in zip(one, other, strict=True):
        for name in names:
            wanted, found = getattr(row, name), getattr(same, name)
            if wanted is None:
                assert found is None, name
            else:
                assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("kind", SOURCES[1:])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("by", [None, "g"])
def test_changes_are_the_same_from_every_source(made, sample, kind, asked, by):
    options = {"wave": "year", "by": by, **ASKED[asked]}
    wanted = sl.change(sample, "q", **options)
    design = options.get("design")
    if kind == "sums":
        options |= {"wave": None, "design": None}
    found = sl.change(made(kind, design), "q", **options)
    key = [(row.from_wave, row.to_wave, row.domain, row.answer) for row in wanted.rows]
    assert [(row.from_wave, row.to_wave, row.domain, row.answer) for row in found.rows] == key
    alike(wanted.rows, found.rows, NUMBERS)
    assert [row.overlap for row in found.rows] == [row.overlap for row in wanted.rows]


@pytest.mark.parametrize("kind", SOURCES[1:])
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("test", [None, "least-squares", "mann-kendall"])
def test_trends_are_the_same_from_every_source(made, sample, kind, asked, test):
    options = {"wave": "year", "test": test, **ASKED[asked]}
    wanted = sl.trend(sample, "q", **options)
    design = options.get("design")
    if kind == "sums":
        options |= {"wave": None, "design": None}
    found = sl.trend(made(kind, design), "q", **options)
    alike(wanted.rows, found.rows, ("statistic", "p_value", "slope", "slope_low", "slope_high"))


@pytest.mark.parametrize("kind", SOURCES[1:])
@pytest.mark.parametrize("asked", ASKED)
def test_shifts_are_the_same_from_every_source(made, sample, kind, asked):
    options = {"wave": "year", "order": ORDER, **ASKED[asked]}
    wanted = sl.shift(sample, "q", 2016, 2018, **options)
    design = options.get("design")
    if kind == "sums":
        options |= {"wave": None, "design": None}
    found = sl.shift(made(kind, design), "q", 2016, 2018, **options)
    alike(wanted.rows, found.rows, ("superiority", "ci_low", "ci_high", "p_value"))


def test_adjusting_from_sums_needs_the_composition_among_their_groups(made, sample):
    options = {"test": "logistic", "adjust_for": "g", "reused_ids": True}
    wanted = sl.trend(sample, "q", wave="year", design=DRAWN, **options)
    found = sl.trend(made("sums", DRAWN), "q", **options)
    alike(wanted.rows, found.rows, ("statistic", "p_value"))


@pytest.mark.parametrize("ask", [sl.change, sl.trend])
def test_sums_know_no_respondents_and_have_their_design_in_them(made, ask):
    with pytest.raises(MethodError, match="sums know no respondents: for ids go back to the rows"):
        ask(made("sums", DRAWN), "q", ids="id", samples="rotating")
    with pytest.raises(MethodError, match="sums have their design in them"):
        ask(made("sums", DRAWN), "q", design=UNITS, reused_ids=True)


def test_people_are_known_again_in_a_relation_as_in_a_frame(made, sample):
    options = {"wave": "year", "ids": "id", "samples": "rotating"}
    wanted = sl.change(sample, "q", 2016, 2018, **options)
    found = sl.change(made("duckdb", None), "q", 2016, 2018, **options)
    alike(wanted.rows, found.rows, NUMBERS)
    one = sl.turnover(sample[sample.year < 2019], "q", wave="year", ids="id").rows
    other = sl.turnover(made("duckdb", None), "q", 2016, 2018, wave="year", ids="id").rows
    assert one == other


def test_waves_of_a_study_say_what_their_files_say_as_a_frame(towns):
    parts = []
    for wave in towns.wave_names:
        rows = list(csv.DictReader(responses(wave).splitlines()))
        parts.append(pd.DataFrame(rows).assign(year=int(wave)))
    frame = pd.concat(parts, ignore_index=True)
    wanted = sl.change(towns, "fair/yes", 2016, 2022).rows
    found = sl.change(frame, "fair/yes", 2016, 2022, wave="year").rows
    alike(wanted, found, ("difference", "ci_low", "ci_high", "p_value"))
    (worse, again) = sl.trend(towns, "view/worse").rows
    (first,) = sl.trend(frame[frame.year < 2020], "view/worse", wave="year", test=None).rows
    # The middle of fieldwork is a little earlier in a leap year, counted in years.
    assert first.statistic == pytest.approx(worse.statistic, rel=1e-3)
    (moved,) = sl.shift(towns, "view", 2020, 2022).rows
    (same,) = sl.shift(frame, "view", 2020, 2022, wave="year", order=VIEW).rows
    assert same.superiority == pytest.approx(moved.superiority)
    assert again.verdict == "falling"


def test_a_study_takes_a_design_for_all_its_waves(towns):
    plain = sl.change(towns, "fair", 2016, 2022).rows
    said = sl.change(towns, "fair", 2016, 2022, design=sl.Design()).rows
    assert [replace(row, standard_error=None).verdict for row in said] == [
        row.verdict for row in plain
    ]
