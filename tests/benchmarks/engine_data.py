"""Draw the answers that the engine is timed on: of any size, the same on every machine.

`python tests/benchmarks/engine_data.py ROWS FILE` writes Parquet or, where the name ends in .csv,
CSV. Fifty strata of forty sampling units, five waves, weights, thirty countries, a question in six
bands, a yes/no question whose share differs by unit and that 3 % left open, and eight options.
"""

import sys
from hashlib import sha256

import duckdb

STRATA, UNITS, COUNTRIES, WAVES = 50, 40, 30, (2015, 2016, 2017, 2018, 2019)
BANDS = {
    "1-10": 0.6,
    "11-50": 0.2,
    "51-100": 0.08,
    "101-500": 0.07,
    "501-1000": 0.03,
    ">1000": 0.02,
}
ITEMS = {
    "email": 0.5,
    "chat": 0.45,
    "phone": 0.3,
    "forum": 0.4,
    "video": 0.3,
    "letter": 0.2,
    "visit": 0.6,
    "website": 0.6,
}


def uniform(salt, of="row"):
    """A number in (0, 1) that depends on a row and on what it is for, and on nothing else."""
    # Mixed twice: of two arguments, DuckDB's hash is too regular to draw from.
    mark = int.from_bytes(sha256(salt.encode()).digest()[:8])
    return f"((hash(xor(hash({of}), {mark}::UBIGINT)) >> 11)::DOUBLE + 0.5) / 9007199254740992"


def whole(most, salt):
    """A whole number from 0, below `most`."""
    return f"floor({most} * {uniform(salt)})::BIGINT"


def banded():
    """One of the bands, each as often as its share says; the last one takes the rest."""
    *most, last = BANDS
    below, cases = 0.0, []
    for band in most:
        below += BANDS[band]
        cases.append(f"WHEN band < {below:.2f} THEN '{band}'")
    return f"CASE {' '.join(cases)} ELSE '{last}' END"


def statement(rows):
    """The rows as SQL: weights are sums of four exponentials, effects of units are normal."""
    weight = " * ".join(uniform(f"weight {part}") for part in range(4))
    radius, angle = uniform("radius", "psu"), uniform("angle", "psu")
    effect = f"0.05 * sqrt(-2 * ln({radius})) * cos(2 * pi() * {angle})"
    items = ", ".join(
        f"({uniform(item)} < {share})::TINYINT AS {item}" for item, share in ITEMS.items()
    )
    return f"""
    SELECT wave, stratum, psu, weight, country,
           CASE WHEN left_open < 0.03 THEN NULL
                ELSE (yes < 0.8 + 0.01 * (wave - {WAVES[2]}) + {effect})::TINYINT
           END AS met,
           {banded()} AS bands, {items}
    FROM (
        SELECT row, {WAVES[0]} + {whole(len(WAVES), "wave")} AS wave,
               {whole(STRATA, "stratum")} AS stratum,
               stratum * 1000 + {whole(UNITS, "unit")} AS psu,
               0.2 - ln({weight}) / 4 AS weight,
               printf('c%02d', {whole(COUNTRIES, "country")}) AS country,
               {uniform("left open")} AS left_open, {uniform("yes")} AS yes,
               {uniform("band")} AS band
        FROM range({rows}) AS rows(row)
    )"""  # noqa: S608 - made of constants above


def main():
    rows, file = int(sys.argv[1]), sys.argv[2]
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({statement(rows)}) TO '{file}'")


if __name__ == "__main__":
    main()
