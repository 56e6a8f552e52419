"""The contestants of the benchmark of the engine: `python engine_runs.py NAME FILE`.

Each does the same work on one file and prints its seconds and, where it has them, the share and the
standard error of the first band in the first wave, so that the runs can be compared.
"""

import sys
import time

from engine_data import BANDS, ITEMS, WAVES

#: Threads of every contestant that can be told how many.
THREADS = 2


def bare(file):
    """DuckDB alone: the sums that the estimates need, by sampling unit, and nothing after."""
    import duckdb  # noqa: PLC0415 - a process imports only what it times

    bands = ", ".join(f"sum(weight) FILTER (bands = '{band}')" for band in BANDS)
    items = ", ".join(f"sum(weight * {item})" for item in ITEMS)
    met = "sum(weight * met), sum(weight) FILTER (met IS NOT NULL)"
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute("SET enable_progress_bar = false")
        start = time.perf_counter()
        for keys, sums in (
            ("wave, stratum, psu", f"sum(weight), count(*), {bands}, {items}, {met}"),
            ("wave, country, stratum, psu", met),
        ):
            rows = connection.table_function("read_parquet", [file])
            rows.aggregate(f"{keys}, {sums}", keys).fetchnumpy()
        return time.perf_counter() - start, None


def surveylib(file):
    """This library, from the file to every estimate with its interval and all covariances."""
    import duckdb  # noqa: PLC0415 - likewise
    import narwhals  # noqa: F401, PLC0415 - opened with the first frame: its import is not timed
    import pandas as pd  # noqa: F401, PLC0415 - likewise

    from surveylib import Design, estimate  # noqa: PLC0415 - likewise

    design = Design(weights="weight", strata="stratum", psu="psu")
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute("SET enable_progress_bar = false")
        start = time.perf_counter()
        rows = connection.sql(f"FROM '{file}'")
        found = estimate(rows, ["bands", *ITEMS], by="wave", design=design)
        by = ["wave", "country"]
        estimate(rows, "met", by=by, interval="korn-graubard", design=design)
        seconds = time.perf_counter() - start
    first = next(
        row for row in found.rows if (row.domain, row.answer) == (f"wave={WAVES[0]}", "1-10")
    )
    return seconds, (first.estimate, first.standard_error)


def svy(file):
    """Python svy, from a Polars frame that is already read."""
    import polars as pl  # noqa: PLC0415 - likewise
    import svy as peer  # noqa: PLC0415 - likewise

    frame = pl.read_parquet(file).with_columns(pl.col("wave").cast(pl.String))
    start = time.perf_counter()
    sample = peer.Sample(frame, peer.Design(stratum="stratum", psu="psu", wgt="weight"))
    found = sample.estimation.prop("bands", by="wave", drop_nulls=True)
    by = ["wave", "country"]
    sample.estimation.prop("met", by=by, ci_method="korn-graubard", drop_nulls=True)
    for item in ITEMS:
        sample.estimation.prop(item, by="wave", drop_nulls=True)
    seconds = time.perf_counter() - start
    first = found.to_polars().filter(wave=str(WAVES[0]), bands="1-10")
    return seconds, (first["est"][0], first["se"][0])


RUNS = {run.__name__: run for run in (bare, surveylib, svy)}


def main():
    seconds, figures = RUNS[sys.argv[1]](sys.argv[2])
    print(seconds, *(figures or ()))


if __name__ == "__main__":
    main()
