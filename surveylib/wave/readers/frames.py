"""Data frames of any library that narwhals knows: pandas, Polars, PyArrow, DuckDB and others.

Rows are written as text in pieces. Texts in a frame are data as they stand: "NA" is a text, and
only what the library itself holds as missing is blank.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, cast, get_args

import numpy as np

from surveylib.errors import Fault, MethodError, MissingExtraError, ResponsesError, show
from surveylib.wave.readers import floats, parquet
from surveylib.wave.readers.base import (
    BATCH_ROWS,
    Batch,
    CellType,
    Column,
    Sheet,
    refuse,
    rows_to_batches,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    Write = Callable[[Any], str]

_WANTED = "a data frame: pandas, Polars, a PyArrow table, or a DuckDB relation"
#: For each type of narwhals whose values are all alike: the type of their cells.
_CELLS: Mapping[str, CellType] = MappingProxyType(
    {
        "String": "text",
        "Time": "text",
        "Boolean": "boolean",
        "Date": "date",
        "Datetime": "date",
        "Decimal": "number",
        **{f"{sign}Int{bits}": "number" for sign in ("", "U") for bits in (8, 16, 32, 64, 128)},
        **{f"Float{bits}": "number" for bits in (16, 32, 64)},
    }
)
#: Types of narwhals that leave it to the values what they are.
_UNCLEAR = frozenset({"Object", "Unknown", "Categorical", "Enum"})


def from_frame(frame: object, *, name: str = "data frame") -> Sheet:
    """Open a data frame as if it were a file of responses.

    Rows come in the frame's order; those of a lazy frame or a DuckDB relation as its query gives
    them each time it runs: sort it if their order matters. DuckDB keeps a relation's rows in its
    own memory while they are read. A lazy frame of other libraries is collected once.

    Args:
        frame: A data frame that narwhals knows.
        name: What messages call it.

    Raises:
        MethodError: It is no data frame.
        ResponsesError: It has no columns, some hold what is no cell, or its library gives no rows.
        MissingExtraError: narwhals is not installed.
    """
    try:
        import narwhals  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "reading a data frame") from error
    native = narwhals.to_native(frame, pass_through=True)
    if narwhals.dependencies.is_duckdb_relation(native):
        return _from_relation(native, name)
    opened = _opened(native, name, narwhals)
    parquet.check_width(name, len(opened.heads))
    types, common, facts = _looked_at(opened, name)
    warnings = (*opened.warnings, *floats.float_warnings(name, facts))
    return _sheet(
        name, opened.heads, types, lambda: _asked(_batches(opened, common), name), warnings
    )


def _sheet(
    name: str,
    heads: Sequence[tuple[str, ...]],
    types: Sequence[CellType],
    batches: Callable[[], Iterator[Batch]],
    warnings: tuple[Fault, ...],
) -> Sheet:
    numbered = enumerate(zip(heads, types, strict=True))
    columns = tuple(Column(position=at, heads=texts, type=kind) for at, (texts, kind) in numbered)
    return Sheet(
        file=name, format="frame", sha256="", columns=columns, batches=batches, warnings=warnings
    )


def _float_text(value: float) -> str:
    """The shortest text that is this number again; whole numbers without a decimal point."""
    text = float.__repr__(value)
    if text.endswith(".0"):
        return "0" if value == 0 else text[:-2]
    return "" if text == "nan" else text


def _short_float_text(value: np.floating[Any]) -> str:
    """Likewise, without the digits that a shorter float gets when it becomes one of Python's."""
    whole = abs(value) < 1e16 and float(value).is_integer()
    return _float_text(float(value) if whole else float(str(value)))


def _decimal_text(value: Decimal) -> str:
    if value.is_finite():
        return format(value, "f")
    return "" if value.is_nan() else str(float(value))


def _moment_text(value: datetime) -> str:
    """ISO 8601, in UTC if the moment has a time zone."""
    zone = ""
    if value.utcoffset() is not None:
        value, zone = value.astimezone(UTC), "Z"
    # A moment of pandas has nanoseconds besides.
    fraction = f"{value.microsecond:06d}{getattr(value, 'nanosecond', 0):03d}"
    return _trimmed(f"{value.date().isoformat()}T{value:%H:%M:%S}.{fraction}") + zone


def _trimmed(text: str) -> str:
    """A moment without a fraction that is zero, or the zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


_BLANK: tuple[CellType, Write] = ("blank", lambda _: "")
_BOOLEAN: tuple[CellType, Write] = ("boolean", lambda value: "true" if value else "false")
#: For types of values: the type of their cells, and how they are written. The nearest base counts.
WRITERS: Mapping[type, tuple[CellType, Write]] = MappingProxyType(
    {
        NoneType: _BLANK,
        str: ("text", str.__str__),
        bool: _BOOLEAN,
        int: ("number", int.__repr__),
        float: ("number", _float_text),
        Decimal: ("number", _decimal_text),
        datetime: ("date", _moment_text),
        date: ("date", date.isoformat),
        time: ("text", time.isoformat),
        np.bool_: _BOOLEAN,
        np.integer: ("number", str),
        np.floating: ("number", _short_float_text),
    }
)
_SHORT_FLOATS = MappingProxyType({"Float16": np.float16, "Float32": np.float32})
#: What pandas has for a value that is not there; known by name, since pandas may not be installed.
_ABSENT = frozenset({"NAType", "NaTType"})
_CELL_TYPES = frozenset(get_args(CellType))


def _writer(kind: type) -> tuple[CellType, Write] | None:
    if kind.__name__ in _ABSENT:
        return _BLANK
    return next((WRITERS[base] for base in kind.__mro__ if base in WRITERS), None)


def _texts(series: Any) -> Sequence[str]:
    """The cells of a series of narwhals."""
    kind = type(series.dtype).__name__
    if kind in {"Date", "Datetime"}:
        return _moment_texts(series)
    values = series.to_list()
    if (short := _SHORT_FLOATS.get(kind)) is not None:
        values = [short(value) if isinstance(value, float) else value for value in values]
    return _value_texts(values)


def _value_texts(values: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    writers = {kind: found[1] for kind in kinds if (found := _writer(kind))}
    return [writers[type(value)](value) for value in values]


def _moment_texts(series: Any) -> Sequence[str]:
    """Dates and moments by way of numpy, which keeps nanoseconds."""
    zone = getattr(series.dtype, "time_zone", None)
    if zone is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    array = series.to_numpy()
    if array.dtype.kind == "M":
        written = np.datetime_as_string(array).tolist()
        told = ["" if text == "NaT" else _trimmed(text) for text in written]
    else:
        told = list(_value_texts(series.to_list()))
    return told if zone is None else [text and f"{text}Z" for text in told]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A frame of one library; `pieces` gives series of narwhals of the columns at some places."""

    heads: tuple[tuple[str, ...], ...]
    dtypes: tuple[Any, ...]
    pieces: Callable[[Sequence[int]], Iterator[Sequence[Any]]]
    warnings: tuple[Fault, ...] = ()


def _opened(native: Any, name: str, narwhals: ModuleType) -> _Opened:
    """Open a frame in the way of its library."""
    known = narwhals.dependencies
    if known.is_pandas_dataframe(native):
        return _from_pandas(native, name, narwhals)
    if known.is_pyarrow_table(native):
        columns = [narwhals.from_native(column, series_only=True) for column in native.columns]
        return _from_series([(head,) for head in native.column_names], columns)
    try:
        frame = narwhals.from_native(native)
    except TypeError as error:
        got = f"{type(native).__module__}.{type(native).__qualname__}"
        raise MethodError(f"no data frame: got {show(got)}; wanted {_WANTED}") from error
    if known.is_polars_lazyframe(native):
        [schema] = _asked((lazy.collect_schema() for lazy in [frame]), name)
        return _from_lazy(native, schema, narwhals)
    if isinstance(frame, narwhals.LazyFrame):
        [collected] = _asked((lazy.collect() for lazy in [frame]), name)
        return _opened(narwhals.to_native(collected), name, narwhals)
    return _from_series([(head,) for head in frame.columns], list(frame.iter_columns()))


def _from_series(heads: Sequence[tuple[str, ...]], columns: Sequence[Any]) -> _Opened:
    def pieces(places: Sequence[int]) -> Iterator[Sequence[Any]]:
        for start in range(0, len(columns[0]), BATCH_ROWS):
            yield [columns[place][start : start + BATCH_ROWS] for place in places]

    kinds = tuple(column.dtype for column in columns)
    return _Opened(heads=tuple(heads), dtypes=kinds, pieces=pieces)


def _from_pandas(native: Any, name: str, narwhals: ModuleType) -> _Opened:
    """Take columns by their places, since several may share a name."""
    places = range(native.shape[1])
    columns = [narwhals.from_native(native.iloc[:, place], series_only=True) for place in places]
    opened = _from_series([_heads(head) for head in native.columns], columns)
    # narwhals takes a column of objects for texts if the first of them are.
    kinds = tuple(
        narwhals.Object() if native.dtypes.iloc[place] == np.object_ else kind
        for place, kind in enumerate(opened.dtypes)
    )
    index = native.index
    if type(index).__name__ == "RangeIndex" and (index.name, index.start, index.step) == (
        None,
        0,
        1,
    ):
        return replace(opened, dtypes=kinds)
    what = "the index of the data frame is not read"
    todo = "if it holds data, make it columns with reset_index()"
    warning = Fault(code="FRAME-INDEX", what=what, file=name, todo=todo)
    return replace(opened, dtypes=kinds, warnings=(warning,))


def _heads(head: object) -> tuple[str, ...]:
    """A name of pandas, which may be any object, and has several parts below a MultiIndex."""
    parts = head if isinstance(head, tuple) else (head,)
    return tuple(found[1](part) if (found := _writer(type(part))) else str(part) for part in parts)


def _from_lazy(native: Any, schema: Any, narwhals: ModuleType) -> _Opened:
    """A lazy frame of Polars, which is run anew for each pass."""
    names = schema.names()

    def pieces(places: Sequence[int]) -> Iterator[Sequence[Any]]:
        chosen = native.select([names[place] for place in places])
        for batch in chosen.collect_batches(chunk_size=BATCH_ROWS, maintain_order=True):
            yield list(narwhals.from_native(batch).iter_columns())

    return _Opened(
        heads=tuple((head,) for head in names), dtypes=tuple(schema.dtypes()), pieces=pieces
    )


def _asked(pieces: Iterable[Any], name: str) -> Iterator[Any]:
    """Pass pieces on, and turn what a library says when it cannot give one into a fault."""
    waiting = iter(pieces)
    while True:
        try:
            piece = next(waiting)
        except StopIteration:
            return
        except ResponsesError:
            raise
        except Exception as error:  # noqa: BLE001 - each library has errors of its own
            got = f"{type(error).__name__}: {show(str(error).partition(chr(10))[0])}"
            refuse(name, "FRAME-ROWS", "the data frame cannot give its rows", got=got)
        yield piece


def _looked_at(
    opened: _Opened, name: str
) -> tuple[list[CellType], dict[int, str], list[floats.FloatFacts]]:
    """Look through columns of floats, and those whose type does not say what their cells are.

    Returns:
        The type of each column; of mixed columns the most frequent type; what floats hold.
    """
    kinds = [type(dtype).__name__ for dtype in opened.dtypes]
    counts: dict[int, Counter[str]] = {}
    facts: dict[int, floats.FloatFacts] = {}
    for place, kind in enumerate(kinds):
        if kind in _UNCLEAR:
            counts[place] = Counter()
        elif kind in floats.EXACT_BELOW:
            head = " | ".join(opened.heads[place])
            facts[place] = floats.FloatFacts(head, 0, 0, 0.0, floats.EXACT_BELOW[kind])
    watched = [*counts, *facts]
    pieces = opened.pieces(watched) if watched else ()
    for lists in _asked(([series.to_list() for series in piece] for piece in pieces), name):
        for place, values in zip(watched, lists, strict=True):
            if place in counts:
                counts[place] += Counter(_cells(values))
            else:
                facts[place] = facts[place].after(values)
    _check_kinds(opened, kinds, counts, name)
    types, common = [], {}
    for place, kind in enumerate(kinds):
        ranked = [cell for cell, _ in counts.get(place, Counter()).most_common() if cell != "blank"]
        if len(ranked) > 1:
            common[place] = ranked[0]
        seen = "mixed" if len(ranked) > 1 else next(iter(ranked), "blank")
        types.append(_CELLS.get(kind) or cast("CellType", seen))
    return types, common, list(facts.values())


def _cells(values: Sequence[Any]) -> list[str]:
    """The type of each value's cell; a value that is no cell goes by its type in Python.

    NaN and the empty text are blank, whatever their type.
    """
    kinds = set(map(type, values))
    if kinds == {str}:
        return ["text" if value else "blank" for value in values]
    cells = {kind: _writer(kind) or (kind.__name__, lambda _: "no cell") for kind in kinds}
    found = ((value, cells[type(value)]) for value in values)
    return [cell if write(value) else "blank" for value, (cell, write) in found]


def _check_kinds(
    opened: _Opened, kinds: Sequence[str], counts: Mapping[int, Counter[str]], name: str
) -> None:
    """Refuse all columns that hold no cells at once."""
    faults = []
    for place, (kind, dtype) in enumerate(zip(kinds, opened.dtypes, strict=True)):
        strange = sorted(set(counts.get(place, ())) - _CELL_TYPES)
        if not strange and (kind in _CELLS or place in counts):
            continue
        got = f"values of type {', '.join(strange)}" if strange else str(dtype)
        head, what = " | ".join(opened.heads[place]), strange[0] if strange else kind
        faults.append(parquet.no_cells(name, head, what, got))
    if faults:
        raise ResponsesError(faults)


def _batches(opened: _Opened, common: Mapping[int, str]) -> Iterator[Batch]:
    record = 0
    for piece in opened.pieces(range(len(opened.heads))):
        columns = [_texts(series) for series in piece]
        records = range(record + 1, record + len(columns[0]) + 1)
        record += len(records)
        typed: dict[int, dict[int, CellType]] = {}
        for place, most in common.items():
            found = enumerate(cast("list[CellType]", _cells(piece[place].to_list())))
            typed[place] = {at: cell for at, cell in found if cell not in {most, "blank"}}
        yield Batch(records, records, columns, (), typed)


def _from_relation(native: Any, name: str) -> Sheet:
    """A relation of DuckDB, whose columns become text as those of a Parquet file do."""
    [(heads, kinds)] = _asked(((native.columns, native.types) for _ in "1"), name)
    types = [str(kind.id) for kind in kinds]
    parquet.check_width(name, len(heads))
    parquet.check_types(name, heads, types, [str(kind) for kind in kinds])
    # By place, since several columns may share a name.
    placed = native.project(", ".join(f"#{place + 1} AS c{place}" for place in range(len(heads))))
    places = [place for place, kind in enumerate(types) if kind in floats.EXACT_BELOW]
    facts = []
    if places:
        query = floats.float_query(places)
        [[row]] = _asked((placed.aggregate(query).fetchall() for _ in "1"), name)
        facts = floats.gathered(row, heads, types, places)

    def batches() -> Iterator[Batch]:
        rows = placed.project(parquet.texts(types)).iter_rows(BATCH_ROWS)
        yield from rows_to_batches(enumerate(rows, start=1), len(types))

    cells = [parquet.TYPES[kind][0] for kind in types]
    warnings = floats.float_warnings(name, facts)
    return _sheet(
        name, [(head,) for head in heads], cells, lambda: _asked(batches(), name), warnings
    )
