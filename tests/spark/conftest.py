"""A small Spark on this machine, and one set of made-up answers for it and for other libraries."""

import os
import shutil

import duckdb
import numpy as np
import pytest

#: Column → its type in Spark. Codes as whole numbers and texts, answers of every kind.
COLUMNS = {
    "stratum": "string",
    "unit": "bigint",
    "weight": "double",
    "drawn_from": "int",
    "year": "int",
    "region": "string",
    "size": "double",
    "colour": "string",
    "rooms": "bigint",
    "garden": "boolean",
    "rent": "double",
    "all_alike": "string",
}


def draw(rows):
    """Tuples of answers, of which some are missing and some no number."""
    make = np.random.default_rng(7)

    def some(values, missing=0.1):
        found = make.choice(np.array(values, object), rows)
        return np.where(make.random(rows) < missing, None, found)

    columns = {
        "stratum": some(["north", "south", "west"], 0),
        "unit": make.integers(1, 9, rows),
        "weight": make.gamma(4, 0.25, rows) + 0.1,
        "drawn_from": np.full(rows, 40),
        "year": make.integers(2020, 2023, rows),
        "region": some(["coast", "hills", "ländle", "o'er"]),
        "size": some([1.0, 2.0, 2.5, float("nan")]),
        "colour": some(["blue", "green", "red"]),
        "rooms": some([1, 2, 3, 12]),
        "garden": some([True, False]),
        "rent": some([*make.normal(500, 100, 40).round(2).tolist(), float("nan")]),
        "all_alike": some(["same"]),
    }
    return list(zip(*(column.tolist() for column in columns.values()), strict=True))


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """A session with two threads, without its web page, bound to this machine."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.fail("Spark needs Java: apt-get install openjdk-17-jre-headless, or set JAVA_HOME")
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional part
    except ImportError:
        pytest.fail("pyspark is not installed: pip install 'surveylib[spark]'")
    folder = tmp_path_factory.mktemp("spark")
    made = SparkSession.builder.master("local[2]")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "scratch"),
    }.items():
        made = made.config(name, value)
    session = made.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def stored(spark, tmp_path_factory):
    """The folder of Parquet files that Spark wrote the answers to."""
    folder = tmp_path_factory.mktemp("answers") / "parquet"
    schema = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    spark.createDataFrame(draw(1_500), schema).repartition(3).write.parquet(str(folder))
    return folder


@pytest.fixture(scope="session")
def frames(spark, stored):
    """The same answers as frames of three libraries."""
    relation = duckdb.sql(f"FROM '{stored}/*.parquet'")
    return {
        "spark": spark.read.parquet(str(stored)),
        "duckdb": relation,
        "pandas": relation.df(),
    }
