"""A PySpark frame gives what the same answers give in DuckDB and pandas; only sums leave Spark."""

import numpy as np
import pytest

import surveylib as sl
from surveylib.errors import DesignError, UnknownNameError

pytestmark = [
    pytest.mark.spark,
    # Both told by PySpark at each collect; what is collected are columns of numbers and texts.
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated:DeprecationWarning:pyspark"),
]

DESIGNS = {
    "clusters": sl.Design(weights="weight", strata="stratum", psu="unit"),
    "sizes": sl.Design(weights="weight", strata="stratum", psu="unit", population="drawn_from"),
    "no weights": sl.Design(strata="stratum", psu="unit"),
    "no strata": sl.Design(weights="weight", psu="unit", df="design"),
    "people": sl.Design(weights="weight", strata="stratum"),
    "simple": None,
}
#: Design, questions, other arguments: every kind of column as question, group and condition.
ASKED = [
    ("clusters", "colour", {}),
    ("clusters", "rooms", {}),
    ("clusters", "garden", {}),
    ("clusters", "size", {}),
    ("clusters", "all_alike", {}),
    ("clusters", "colour/blue", {"by": "region"}),
    ("clusters", "colour", {"by": ["year", "garden"], "interval": "korn-graubard"}),
    ("clusters", "rooms", {"by": ["size", "region"]}),
    ("clusters", "garden", {"where": "region=o'er"}),
    ("clusters", "colour", {"where": "rooms=12", "by": "year"}),
    ("clusters", "garden", {"where": "size=2.5"}),
    ("sizes", "colour", {"by": "year"}),
    ("no weights", "colour", {"by": "region"}),
    ("no strata", "garden", {"by": "year", "interval": "logit"}),
    ("people", "colour", {"by": "region"}),
    ("simple", "rooms", {"by": "garden"}),
    ("clusters", ["colour", "rooms", "garden", "size"], {"by": "region"}),
    ("clusters", ["colour", "garden"], {"wave": "year"}),
    ("clusters", "colour", {"base": "all", "by": "year"}),
    ("clusters", "size", {"base": "all"}),
    ("clusters", "rent", {"statistic": "mean", "by": "region"}),
    ("clusters", "rooms", {"statistic": "mean", "wave": "year"}),
    ("clusters", "rent", {"statistic": "total", "where": "region=hills"}),
    ("clusters", "rent", {"statistic": "ratio", "over": "rooms", "by": "garden"}),
    ("clusters", "rent", {"statistic": "median", "by": "year"}),
    ("clusters", "colour", {"statistic": "mean", "scores": {"blue": 1, "green": 2.5}}),
    ("people", "rent", {"statistic": "mean"}),
]
NUMBERS = (
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "n_effective",
    "design_effect",
    "df",
)


def check_equal(found, wanted):
    """The same rows, numbers equal to 1e-12 of their size."""
    named = [(row.wave, row.question, row.domain, row.answer, row.n) for row in found.rows]
    assert named == [(row.wave, row.question, row.domain, row.answer, row.n) for row in wanted.rows]
    for one, other in zip(found.rows, wanted.rows, strict=True):
        for name in NUMBERS:
            numbers = getattr(one, name), getattr(other, name)
            assert numbers[0] == pytest.approx(numbers[1], rel=1e-12, abs=1e-15), (one, name)
    if wanted.covariance is None:  # of several questions, and of quantiles
        assert found.covariance is None
        return
    size = np.abs(wanted.covariance).max()
    assert found.covariance == pytest.approx(wanted.covariance, rel=1e-12, abs=1e-12 * size)


@pytest.mark.parametrize(("design", "question", "options"), ASKED)
@pytest.mark.parametrize("other", ["duckdb", "pandas"])
def test_spark_gives_the_numbers_of_another_library(frames, other, design, question, options):
    found, wanted = (
        sl.estimate(frames[name], question, design=DESIGNS[design], **options)
        for name in ("spark", other)
    )
    assert len(wanted.rows) > 0
    check_equal(found, wanted)


def test_the_number_of_partitions_does_not_matter(frames):
    options = {"by": "region", "design": DESIGNS["clusters"]}
    for partitions in (1, 7):
        found = sl.estimate(frames["spark"].repartition(partitions), "colour", **options)
        check_equal(found, sl.estimate(frames["spark"], "colour", **options))


def test_without_arrow_the_numbers_are_the_same(spark, frames):
    options = {"by": ["region", "size"], "design": DESIGNS["clusters"]}
    wanted = sl.estimate(frames["spark"], "garden", **options)
    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "false")
    try:
        check_equal(sl.estimate(frames["spark"], "garden", **options), wanted)
    finally:
        spark.conf.unset("spark.sql.execution.arrow.pyspark.enabled")


def test_only_sums_leave_spark_where_units_were_drawn(frames, monkeypatch):
    lines = []
    kind = type(frames["spark"])
    collect = kind.toPandas

    def counted(frame):
        found = collect(frame)
        lines.append(len(found))
        return found

    monkeypatch.setattr(kind, "toPandas", counted)
    sl.estimate(frames["spark"], "garden", by="year", design=DESIGNS["clusters"])
    assert max(lines) == 3 * 8 * 3  # 3 strata of 8 units, 3 years


def test_a_column_that_is_not_there_is_named_as_for_any_frame(frames):
    with pytest.raises(UnknownNameError, match="no column called 'color' in the data frame"):
        sl.estimate(frames["spark"], "color", design=DESIGNS["clusters"])


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("CASE WHEN unit = 1 THEN NULL ELSE weight END", "WEIGHT-MISSING"),
        ("CASE WHEN unit = 1 THEN double('NaN') ELSE weight END", "WEIGHT-"),
        ("CASE WHEN unit = 1 THEN -weight ELSE weight END", "WEIGHT-NEGATIVE"),
    ],
)
def test_weights_that_are_none_are_refused(frames, expression, code):
    wrong = frames["spark"].selectExpr("stratum", "unit", "colour", f"{expression} AS weight")
    with pytest.raises(DesignError, match=rf"\[{code}"):
        sl.estimate(wrong, "colour", design=DESIGNS["clusters"])


def test_a_unit_without_a_code_is_refused(frames):
    wrong = frames["spark"].selectExpr("stratum", "nullif(unit, 1) AS unit", "weight", "colour")
    with pytest.raises(DesignError, match=r"\[PSU-MISSING\]"):
        sl.estimate(wrong, "colour", design=DESIGNS["clusters"])
