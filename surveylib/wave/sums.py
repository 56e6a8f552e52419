"""A frame collapsed once: sums that can be kept, added to those of other rows, and estimated from.

A year of interviews that comes in monthly files is twelve tables of sums and one addition. No
answer of a single respondent is in them, but where a unit and a group hold only one.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveylib.errors import MethodError, NotEstimableError, OutputError, UnknownNameError, show
from surveylib.wave.collapsing import (
    MOST_LINES,
    Rows,
    collapse_at_most,
    combinations,
    few_and_many,
    side_by_side,
    sum_of,
    with_answers,
)
from surveylib.wave.design import Design
from surveylib.wave.design_columns import ends_in_people, stage_columns
from surveylib.wave.design_units import read_design
from surveylib.wave.frame_files import opened
from surveylib.wave.framed import FrameColumns
from surveylib.wave.repeated import REPEATED, Replicates
from surveylib.wave.repeated_units import ReplicateColumns
from surveylib.wave.sums_file import (
    columns_of,
    decoded,
    encoded,
    repeated_of,
    texts_of,
    totals_of,
)
from surveylib.wave.totals import Totals, ordered, unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.wave.framed import Weighing

_SCHEMA = "surveylib.sums/3"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Sums:
    """Sums over the rows of a frame, by sampling unit and group.

    Args:
        totals: The sums, a line for each combination of keys that occurs.
        design: How the sample was drawn.
        questions: Columns of answers, and the values of each.
        numbers: Columns of numbers.
        by: Columns that may form groups.
        wave: The column that tells waves apart; None for one sample.
        weights: The least and the largest weight.
        shifts: Columns of numbers, and what was taken off each before it was summed.
        products: With replicate weights, for each wave sums of the products of any two of them,
            the main weight last; a sample without waves is called None.
    """

    totals: Totals
    design: Design
    questions: Mapping[str, tuple[Any, ...]]
    numbers: tuple[str, ...]
    by: tuple[str, ...]
    wave: str | None
    weights: tuple[float, float]
    shifts: Mapping[str, float]
    products: Mapping[Any, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """What is in it, in a line."""
        names = ", ".join((*self.questions, *self.numbers))
        rows = int(self.totals.sums["rows"].sum())
        return f"<Sums of {names}: {rows:,} rows in {len(self.totals):,} lines>"

    def merged(self, other: Sums) -> Sums:
        """The sums of both, whose rows are different ones.

        Args:
            other: Sums of the same columns under the same design.

        Raises:
            MethodError: They are of other columns, or another design.
        """
        for name in ("design", "numbers", "by", "wave"):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                message = f"sums of another {name}: {show(theirs)} and not {show(mine)}"
                raise MethodError(f"{message}; collapse both in one way")
        if set(self.questions) != set(other.questions):
            raise MethodError("sums of other questions: collapse the same ones in both")
        return replace(
            self,
            totals=self.totals.merged(_shifted(other, self.shifts)),
            questions={
                name: ordered({*values, *other.questions[name]})
                for name, values in self.questions.items()
            },
            weights=(
                min(self.weights[0], other.weights[0]),
                max(self.weights[1], other.weights[1]),
            ),
            products={
                value: self.products.get(value, 0.0) + other.products.get(value, 0.0)
                for value in ordered({*self.products, *other.products})
            },
        )

    def save(self, path: str | Path) -> Path:
        """Write a Parquet file, as a whole or not at all.

        Args:
            path: The file.

        Returns:
            The file.

        Raises:
            OutputError: It cannot be written.
        """
        import duckdb  # noqa: PLC0415 - opened when sums are written

        path = Path(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        columns = columns_of(self.totals)
        described = json.dumps(self._described(), sort_keys=True, default=str).replace("'", "''")
        connection = duckdb.connect()
        try:
            connection.register("lines", columns)
            target = str(beside).replace("'", "''")
            connection.execute("SET threads = 1")
            write = f"COPY lines TO '{target}'"
            kept = f"KV_METADATA {{surveylib: '{described}'}}"
            connection.execute(f"{write} (FORMAT parquet, {kept})")
            beside.replace(path)
        except (duckdb.Error, OSError) as error:
            beside.unlink(missing_ok=True)
            message = f"the sums cannot be written to {path}: {str(error).splitlines()[0]}"
            raise OutputError(message) from error
        finally:
            connection.close()
        return path

    def _described(self) -> dict[str, Any]:
        return {
            "schema": _SCHEMA,
            "design": dataclasses.asdict(self.design),
            "questions": {name: list(values) for name, values in self.questions.items()},
            "numbers": list(self.numbers),
            "by": list(self.by),
            "wave": self.wave,
            "weights": list(self.weights),
            "shifts": dict(self.shifts),
            "texts": texts_of(self.totals),
            "repeated": repeated_of(self.totals),
            "products": encoded(self.products),
        }


def collapse(
    source: object,
    questions: str | Sequence[str] = (),
    *,
    numbers: str | Sequence[str] = (),
    by: str | Sequence[str] = (),
    wave: str | None = None,
    design: Design | None = None,
) -> Sums:
    """Collapse a frame once, to keep its sums, add them to others, and estimate from them.

    Args:
        source: A data frame of any library that narwhals knows, or the path of a Parquet or CSV
            file.
        questions: Columns of answers.
        numbers: Columns of numbers, of which means and totals will be wanted.
        by: Columns that will form groups, alone or together.
        wave: The column that tells waves apart, each of them a sample of its own.
        design: How the sample was drawn; left out, a simple random sample.

    Raises:
        UnknownNameError: There is no such column.
        DesignError: The data does not fit the design.
        MethodError: Nothing is asked for, numbers that are none, or weights without squares.
        NotEstimableError: More combinations than there is room for.

    Example:
        >>> import pandas as pd
        >>> import surveylib as sl
        >>> one = sl.collapse(pd.DataFrame({"met": ["yes", "no", "yes"]}), "met")
        >>> two = sl.collapse(pd.DataFrame({"met": ["no", "no", "yes"]}), "met")
        >>> both = sl.estimate(one.merged(two), "met/yes").rows[0]
        >>> both.estimate, both.n
        (0.5, 6)
    """
    design = design or Design()
    questions, numbers, by = (_tuple(names) for names in (questions, numbers, by))
    if not questions and not numbers:
        raise MethodError("nothing is asked for: name questions, or numbers")
    table = FrameColumns(opened(source))
    table.check(*questions, *numbers, *by, *((wave,) if wave else ()))
    _check_kinds(table, (*questions, *by, *((wave,) if wave else ())), numbers, design)
    named = stage_columns(design)
    repeated = ReplicateColumns(table=table, design=design, wave=wave, unit=1.0)
    weighing = _weighing(repeated, numbers, named)
    values = {name: table.distinct(name) for name in questions}
    rows = Rows(
        table=table.table,
        weights=design.weights,
        zeros=weighing.zeros,
        squares=ends_in_people(design),
    )
    keys = [*((wave,) if wave else ()), *(() if design.replication else named), *by]
    shifts = {name: weighing.shifts[name] for name in numbers}
    return Sums(
        totals=_collapsed(rows, list(dict.fromkeys(keys)), values, shifts, design),
        design=design,
        questions=values,
        numbers=numbers,
        by=by,
        wave=wave,
        weights=(weighing.least, weighing.most),
        shifts=weighing.shifts,
        products={} if design.replication is None else repeated.products(),
    )


def _collapsed(
    rows: Rows,
    keys: Sequence[str],
    values: Mapping[str, Sequence[Any]],
    numbers: Mapping[str, float],
    design: Design,
) -> Totals:
    """Sums by keys of every value of every question, and of every number less its shift."""
    answers = {name: (*found, None) for name, found in values.items()}
    if design.replication is not None:
        lines, most = combinations(rows.table, keys), MOST_LINES // len(design.replicate_weights)
        if lines > most:
            raise _too_many(most)
        each = Replicates(rows=rows, names=design.replicate_weights, lines=lines)
        pairs = [(name, None, shift) for name, shift in numbers.items()]
        return each.numbers(keys, pairs, each.answers(keys, answers))
    few, many = few_and_many(answers)
    totals = collapse_at_most(MOST_LINES, rows.table, keys, _summed(rows, few, numbers))
    if totals is None:
        raise _too_many(MOST_LINES)
    return with_answers(totals, rows, keys, many)


def _too_many(most: int) -> NotEstimableError:
    return NotEstimableError(
        f"more than {most:,} combinations of units and groups: name fewer in by"
    )


def _check_kinds(
    table: FrameColumns, answers: Sequence[str], numbers: Sequence[str], design: Design
) -> None:
    """Refuse columns that cannot be summed by value or as numbers, and targets of weights."""
    if design.weighting is not None:
        raise MethodError("sums know no respondents: a weighting needs the rows")
    table.check_cells(*answers, *design.names)
    schema = table.table.collect_schema()
    for name in numbers:
        if not schema[name].is_numeric():
            raise MethodError(f"numbers: column '{name}' holds {schema[name]}, wanted numbers")


def _weighing(repeated: ReplicateColumns, numbers: Sequence[str], named: Sequence[str]) -> Weighing:
    """What is true of all weights, which can be summed."""
    table, design = repeated.table, repeated.design
    weighing = table.weighing(design.weights, numbers=numbers)
    wrong = design.replication is not None and not repeated.are_weights
    if weighing is None or wrong or any(name not in table for name in named):
        read_design(design, table, table.rows, name="the data frame")  # says what is wrong
        raise MethodError("weights are no numbers that can be summed")
    if unit_of(weighing.most) != 1:
        message = f"weights up to {weighing.most:g} have no squares: multiply them by a number"
        raise MethodError(message)
    return weighing


def _summed(
    rows: Rows, values: Mapping[str, Sequence[Any]], numbers: Mapping[str, float]
) -> dict[str, Any]:
    """What is summed: everybody, every value of every question, and every number less its shift."""
    summed = rows.weighed(rows.anybody()) | side_by_side(rows, values)
    for name, shift in numbers.items():
        for kind, expression in rows.multiplied(name, None, shift).items():
            summed[sum_of(name, None, kind)] = expression
    return summed


def _shifted(sums: Sums, shifts: Mapping[str, float]) -> Totals:
    """Sums as if something else had been taken off each number."""
    found = dict(sums.totals.sums)
    for name, shift in shifts.items():
        more = sums.shifts[name] - shift
        if not more:
            continue
        for kind in ("", f"{REPEATED}:"):
            y, x = (sum_of(name, None, f"{kind}{part}") for part in ("y", "x"))
            if y in found:
                found[y] = found[y] + more * found[x]
        for kind in ("weight", "square"):
            yy, yx, xx = (sum_of(name, None, f"{kind}:{pair}") for pair in ("yy", "yx", "xx"))
            if yy in found:
                found[yy] = found[yy] + 2 * more * found[yx] + more**2 * found[xx]
                found[yx] = found[yx] + more * found[xx]
    return replace(sums.totals, sums=found)


def _tuple(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def load_sums(path: str | Path) -> Sums:
    """Read sums that `Sums.save` wrote.

    Args:
        path: The file.

    Raises:
        UnknownNameError: There is no such file.
        MethodError: It holds no sums.
    """
    import duckdb  # noqa: PLC0415 - opened when sums are read

    path = Path(path)
    if not path.is_file():
        there = [one.name for one in path.parent.glob("*")]
        raise UnknownNameError.of("file", path.name, there, where=str(path.parent))
    connection = duckdb.connect()
    try:
        told = connection.execute(
            "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'surveylib'",
            [str(path)],
        ).fetchall()
        found = connection.from_parquet(str(path)).fetchnumpy()
    except duckdb.Error as error:
        raise MethodError(f"{path} is no Parquet file of sums") from error
    finally:
        connection.close()
    described = json.loads(told[0][0]) if told else {}
    if described.get("schema") != _SCHEMA:
        got = described.get("schema")
        raise MethodError(f"{path} holds no sums: its layout is {show(got)}, wanted '{_SCHEMA}'")
    return _read(described, found)


def _read(described: Mapping[str, Any], found: Mapping[str, Any]) -> Sums:
    totals = totals_of(described, found)
    design = described["design"]
    design |= {name: tuple(design[name]) for name in ("replicate_weights", "replicate_factors")}
    least, most = described["weights"]
    return Sums(
        totals=totals,
        design=Design(**design),
        questions={name: tuple(known) for name, known in described["questions"].items()},
        numbers=tuple(described["numbers"]),
        by=tuple(described["by"]),
        wave=described["wave"],
        weights=(least, most),
        shifts=described["shifts"],
        products=decoded(described["products"]),
    )
