"""Parquet files, read by DuckDB; how its types are written as text, for DuckDB's relations too.

Every column becomes text inside DuckDB, and rows come in pieces, in the order of the file. DuckDB
may open the one file and nothing else: no other file, no network, no extension but those built in.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import Fault, MissingExtraError, ResponsesError, show
from surveylib.wave.readers.base import (
    BATCH_ROWS,
    MOST_COLUMNS,
    Batch,
    CellType,
    Column,
    ReadOptions,
    Sheet,
    columns_of,
    file_hash,
    refuse,
)
from surveylib.wave.readers.floats import (
    EXACT_BELOW,
    FloatFacts,
    float_query,
    float_warnings,
    gathered,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import ModuleType

    from duckdb import DuckDBPyConnection

_PLAIN = "COALESCE(CAST({0} AS VARCHAR), '')"
# Whole numbers by way of integers: without a point, and zero without a sign.
_FLOATING = (
    "COALESCE(CASE WHEN isnan({0}) THEN '' WHEN {0} = trunc({0}) AND abs({0}) < 1e16 "
    "THEN CAST(CAST({0} AS BIGINT) AS VARCHAR) ELSE CAST({0} AS VARCHAR) END, '')"
)
_MOMENT = "COALESCE(replace(CAST({0} AS VARCHAR), ' ', 'T'), '')"
_MOMENT_UTC = "COALESCE(replace(CAST(timezone('UTC', {0}) AS VARCHAR), ' ', 'T') || 'Z', '')"

_NUMBERS = (
    *(f"{sign}{size}" for sign in ("", "u") for size in ("tinyint", "smallint", "integer")),
    *("bigint", "hugeint", "ubigint", "uhugeint", "bignum", "decimal"),
)
#: For each type of DuckDB that holds cells: the type of its cells, and SQL that writes them.
TYPES: Mapping[str, tuple[CellType, str]] = MappingProxyType(
    {
        **dict.fromkeys(("varchar", "enum", "uuid"), ("text", _PLAIN)),
        **dict.fromkeys(("time", "time_ns", "time with time zone"), ("text", _PLAIN)),
        **dict.fromkeys(_NUMBERS, ("number", _PLAIN)),
        **dict.fromkeys(("float", "double"), ("number", _FLOATING)),
        **dict.fromkeys(("timestamp", "timestamp_s", "timestamp_ms"), ("date", _MOMENT)),
        "timestamp_ns": ("date", _MOMENT),
        "timestamp with time zone": ("date", _MOMENT_UTC),
        "timestamptz_ns": ("date", _MOMENT_UTC),
        "date": ("date", _PLAIN),
        "boolean": ("boolean", _PLAIN),
        "null": ("blank", _PLAIN),
    }
)
_NESTED = ("list", "array", "struct", "map", "union", "tuple", "dict", "set")
#: What to do about types that are no cells, whoever names them, in small letters.
_TODO = MappingProxyType(
    {
        **dict.fromkeys(
            _NESTED, "write each part as a column of its own, or join them to one text"
        ),
        **dict.fromkeys(
            ("interval", "duration", "timedelta"), "write it as a number, as of minutes"
        ),
        "blob": "write it as text; it may be text whose type was lost on the way",
    }
)
_WANTED = "text, numbers, dates, or true and false"
#: A wider number is handed on by DuckDB as a float, without its last digits.
_MOST_DIGITS = 38
#: Reading takes far less; a file that claims huge pages must not take the machine with it.
_MEMORY = "2GB"
_ENCRYPTED = ("FILE-ENCRYPTED", "the file is encrypted", "write it without encryption")
_NAME = ("FILE-OPEN", "the file cannot be opened by its name", "copy it to a name of plain letters")
_DAMAGED = (
    "PARQUET-SYNTAX",
    "the file is damaged: its content is not what its last part says",
    "copy or download it again, or write it again",
)
#: Part of what DuckDB says → code, what is wrong, what to do. Of all else the file is damaged.
_SAID = (
    ("File is encrypted", _ENCRYPTED),
    ("in value construction", _ENCRYPTED),  # the key of a file whose columns alone are encrypted
    ("match the pattern", _NAME),
    ("cannot encode str", _NAME),
    ("is not valid UTF8", ("FILE-ENCODING", "a text in the file is not UTF-8", "write it again")),
    ("at least one non-root column", ("HEADER-MISSING", "there are no columns", "")),
)
_SCAN = "FROM read_parquet(?, hive_partitioning = false)"
_MAGIC = b"PAR1"
_MAGIC_ENCRYPTED = b"PARE"


def read(path: Path, options: ReadOptions) -> Sheet:  # noqa: ARG001 - readers share one signature
    """Open a Parquet file.

    Args:
        path: The file.
        options: Not looked at: Parquet leaves none of them open.

    Raises:
        ResponsesError: The file is broken or encrypted, or columns hold what is no cell.
        MissingExtraError: DuckDB is not installed.
    """
    _check_ends(path)
    with _own_words(path), closing(_connect(path)) as connection:
        heads, digits = _described(connection, path)
        check_width(path, len(heads))
        cursor = connection.execute(f"SELECT * {_SCAN} LIMIT 0", [as_pattern(path)])
        described = cursor.description or []
        cursor.fetchall()
        types = [str(column[1].id) for column in described]
        told = [
            f"decimals of {count} digits" if count > _MOST_DIGITS else str(column[1])
            for count, column in zip(digits, described, strict=True)
        ]
        check_types(str(path), heads, types, told, digits)
        rows = _row_count(connection, path)
        facts = _float_facts(connection, path, heads, types)
    return Sheet(
        file=str(path),
        format="parquet",
        sha256=file_hash(path),
        columns=tuple(
            Column(position=position, heads=(head,), type=TYPES[kind][0])
            for position, (head, kind) in enumerate(zip(heads, types, strict=True))
        ),
        batches=lambda: _batches(path, texts(types), types, rows),
        one_column=lambda place: _batches(path, text_of(types, place), types, rows),
        warnings=float_warnings(str(path), facts),
    )


def texts(types: Sequence[str]) -> str:
    """A list for SELECT that writes columns c0, c1, … as text.

    Args:
        types: DuckDB's name of each column's type.

    >>> texts(["integer"])
    "COALESCE(CAST(c0 AS VARCHAR), '')"
    """
    return ", ".join(text_of(types, place) for place in range(len(types)))


def text_of(types: Sequence[str], place: int) -> str:
    """What writes one of the columns c0, c1, … as text."""
    return TYPES[types[place]][1].format(f"c{place}")


def check_types(
    file: str,
    heads: Sequence[str],
    types: Sequence[str],
    told: Sequence[str],
    digits: Sequence[int] = (),
) -> None:
    """Refuse all columns that hold no cells at once.

    Args:
        file: The file as the user named it.
        heads: The columns' names.
        types: DuckDB's name of each type.
        told: Each type as DuckDB shows it, parts and all.
        digits: Of decimal numbers, as the file declares them; 0 where it declares none.

    Raises:
        ResponsesError: Some columns are nested or binary, or need more digits than DuckDB has.
    """
    wide = [count > _MOST_DIGITS for count in digits] or [False] * len(heads)
    faults = [
        no_cells(file, head, kind, whole)
        for head, kind, whole, too_wide in zip(heads, types, told, wide, strict=True)
        if too_wide or kind not in TYPES
    ]
    if faults:
        raise ResponsesError(faults)


def no_cells(file: str, head: str, kind: str, got: str) -> Fault:
    """The fault of a column that holds no cells, whose type is of some kind."""
    what = f"column {show(head)} holds values that a table of responses cannot have"
    todo = _TODO.get(kind.lower(), "write it as text")
    return Fault(code="COLUMN-TYPE", what=what, file=file, got=show(got), wanted=_WANTED, todo=todo)


def check_width(file: str | Path, width: int) -> None:
    """Refuse what has no columns, or too many."""
    if not width:
        refuse(file, "HEADER-MISSING", "there are no columns")
    if width > MOST_COLUMNS:
        refuse(file, "FILE-COLUMNS", f"{width} columns; at most {MOST_COLUMNS} are read")


def _check_ends(path: Path) -> None:
    """Look at the first and last four bytes, which say whether a file is Parquet, and whole."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(size - 4, 0))
        end = file.read(4)
    if start == _MAGIC_ENCRYPTED:
        code, what, todo = _ENCRYPTED
        refuse(path, code, what, todo=todo)
    if start != _MAGIC:
        what = "the file does not begin as a Parquet file does"
        refuse(path, "PARQUET-SYNTAX", what, got=show(start.decode("latin-1")), wanted="'PAR1'")
    if end != _MAGIC or size < 12:
        what = "the file is cut off: it does not end as a Parquet file does"
        refuse(path, "PARQUET-SYNTAX", what, todo="copy or download it again")


def _library() -> ModuleType:
    try:
        import duckdb  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "reading a Parquet file") from error
    return duckdb


@contextmanager
def _own_words(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a broken file into one sentence of ours."""
    duckdb = _library()
    try:
        yield
    except duckdb.OutOfMemoryException:
        what = f"reading the file needs more than {_MEMORY} of memory"
        refuse(path, "FILE-MEMORY", what, todo="write it with smaller row groups")
    except (duckdb.Error, UnicodeDecodeError) as error:
        said = str(error)
        code, what, todo = next((ours for part, ours in _SAID if part in said), _DAMAGED)
        refuse(path, code, what, todo=todo)


def _connect(path: Path) -> DuckDBPyConnection:
    """A database in memory that may open one file and nothing else."""
    connection: DuckDBPyConnection = _library().connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": _MEMORY,
            "temp_directory": "",
            "threads": "2",
        },
    )
    allowed = ", ".join("'" + name.replace("'", "''") + "'" for name in _names(path))
    for setting in (
        "preserve_insertion_order = true",
        "enable_progress_bar = false",
        # Figures of the file about itself must not stand in for its values.
        "disabled_optimizers = 'statistics_propagation'",
        f"allowed_paths = [{allowed}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _names(path: Path) -> tuple[str, str]:
    """The file's whole path as it is, and as DuckDB takes it for that file alone."""
    whole = str(path.absolute())
    return whole, "".join(f"[{char}]" if char in "*?[" else char for char in whole)


def as_pattern(path: Path) -> str:
    """A file's path as DuckDB takes it for that file alone, whatever signs its name has."""
    return _names(path)[1]


def _row_count(connection: DuckDBPyConnection, path: Path) -> int:
    """How many rows the file says it has."""
    query = "SELECT num_rows FROM parquet_file_metadata(?)"
    return int(connection.execute(query, [as_pattern(path)]).fetchall()[0][0])


def _described(connection: DuckDBPyConnection, path: Path) -> tuple[list[str], list[int]]:
    """Names of the columns as the file has them, and the digits of decimal numbers.

    DuckDB renames columns that share a name; the file's own tree of columns does not.
    """
    query = "SELECT name, num_children, precision FROM parquet_schema(?)"
    tree = connection.execute(query, [as_pattern(path)]).fetchall()
    heads, digits = [], []
    inner = 0
    for name, children, precision in tree[1:]:
        if inner:
            inner -= 1
        else:
            heads.append(str(name))
            digits.append(int(precision or 0))
        inner += int(children or 0)
    return heads, digits


def _named(width: int) -> str:
    return f"{_SCAN} AS file({', '.join(f'c{place}' for place in range(width))})"


def _float_facts(
    connection: DuckDBPyConnection, path: Path, heads: Sequence[str], types: Sequence[str]
) -> list[FloatFacts]:
    places = [place for place, kind in enumerate(types) if kind in EXACT_BELOW]
    if not places:
        return []
    query = f"SELECT {float_query(places)} {_named(len(types))}"
    [row] = connection.execute(query, [as_pattern(path)]).fetchall()
    return gathered(row, heads, types, places)


def _batches(path: Path, chosen: str, types: Sequence[str], told: int) -> Iterator[Batch]:
    query = f"SELECT {chosen} {_named(len(types))}"
    with _own_words(path), closing(_connect(path)) as connection:
        connection.execute(query, [as_pattern(path)])
        record = 0
        while rows := connection.fetchmany(BATCH_ROWS):
            records = range(record + 1, record + len(rows) + 1)
            record += len(rows)
            yield Batch(records, records, columns_of(rows, len(rows[0])))
    if record != told:
        what = f"the file says that it has {told} rows and holds {record}"
        refuse(path, "PARQUET-SYNTAX", what, todo="copy or download it again, or write it again")
