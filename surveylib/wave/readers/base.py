"""What every reader hands on: columns as the file describes them, and rows of text in batches.

Readers decode and nothing else. What a cell means is decided later, by the wave's manifest and
its questionnaire. A cell without a value is the empty text.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, NoReturn

from surveylib.errors import Fault, ResponsesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

#: Rows that are read at once.
BATCH_ROWS = 20_000
MOST_COLUMNS = 20_000
#: Bytes of a file that has to be read as a whole: a workbook, JSON, a statistical file.
MOST_BYTES = 512 * 1024 * 1024

CellType = Literal["text", "number", "date", "boolean", "mixed", "blank"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column as its file describes it.

    Args:
        position: Place in the file, from 0.
        heads: The text of each header row; a file whose format names its columns has one.
        label: What the file says the column holds, as in an SPSS file; empty where it says nothing.
        values: Labels of values, as in an SPSS file, by the value as text.
        missing: Values that the file declares to be missing, as text.
        type: Which types of cells were seen; `text` where the format has no other.
    """

    position: int
    heads: tuple[str, ...]
    label: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    type: CellType = "text"

    @property
    def letter(self) -> str:
        """The column's letters in a spreadsheet."""
        return letters(self.position)

    @property
    def head(self) -> str:
        """The header in one text: its rows that say something, each once."""
        told = (text for text in dict.fromkeys(self.heads) if text.strip())
        return " | ".join(" ".join(text.split()) for text in told)


class OddRow(NamedTuple):
    """A row with more or fewer cells than the header has."""

    record: int
    line: int
    cells: tuple[str, ...]


class Batch(NamedTuple):
    """Some rows, column by column.

    `records` counts rows from 1, header rows left out; `lines` says where each begins in the file,
    as an editor or a spreadsheet shows it. `typed` names cells of another type than their column's
    others, such as a date among texts: column → place in the batch → type.
    """

    records: Sequence[int]
    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    odd: Sequence[OddRow] = ()
    typed: Mapping[int, Mapping[int, CellType]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a file is to be read; what a format does not have is not looked at.

    Args:
        encoding: A character encoding; None to take UTF-8 or what a byte order mark says.
        delimiter: What stands between cells; None to find out where only one can be meant.
        title_rows: Rows above the header.
        header_rows: Rows of the header, 1 to 3.
        sheet: A workbook's sheet; None where it has only one that is not empty.
        fill_heads: Whether a blank cell of the first header row means the one to its left.
    """

    encoding: str | None = None
    delimiter: str | None = None
    title_rows: int = 0
    header_rows: int = 1
    sheet: str | None = None
    fill_heads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSet:
    """Columns that belong to one question with several answers, as an SPSS file declares it.

    Args:
        label: What was asked.
        kind: `dichotomies`: one column for each option; `categories`: one for each mention.
        columns: Names of the columns.
        counted: With dichotomies, the value that means "ticked".
    """

    label: str
    kind: Literal["dichotomies", "categories"]
    columns: tuple[str, ...]
    counted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file of responses, opened.

    Args:
        file: The file as the user named it.
        format: A row of the table READERS.
        sha256: Of the file's bytes; empty for a data frame.
        columns: In the order of the file.
        batches: Reads the rows from the top, each time it is called.
        one_column: Reads one column of them, in batches of one column; None where that is no
            quicker than reading them all.
        encoding: How the text was decoded, where the format leaves that open.
        delimiter: What stands between cells, where the format leaves that open.
        warnings: What a reader of the results should know of the file.
        sets: Declared questions with several answers, by name.
        weight: The column that the file declares as its weight.
    """

    file: str
    format: str
    sha256: str
    columns: tuple[Column, ...]
    batches: Callable[[], Iterator[Batch]]
    one_column: Callable[[int], Iterator[Batch]] | None = None
    encoding: str = ""
    delimiter: str = ""
    warnings: tuple[Fault, ...] = ()
    sets: Mapping[str, AnswerSet] = field(default_factory=dict)
    weight: str = ""


def one_column(sheet: Sheet, position: int) -> Iterator[tuple[Batch, Sequence[str]]]:
    """Every batch of a file with the cells of one column, read as quickly as the format allows.

    Args:
        sheet: The file.
        position: The column.
    """
    if sheet.one_column is not None:
        for batch in sheet.one_column(position):
            yield batch, batch.columns[0]
    else:
        for batch in sheet.batches():
            yield batch, batch.columns[position]


def refuse(file: str | Path, code: str, what: str, **parts: Any) -> NoReturn:
    """Stop at one fault of a file.

    Raises:
        ResponsesError: Always.
    """
    raise ResponsesError([Fault(code=code, what=what, file=str(file), **parts)])


#: Beginnings of files that are no text, and what they are.
_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive such as a workbook"),
    (b"\xd0\xcf\x11\xe0", "an old workbook (.xls) or one with a password"),
    (b"$FL2", "an SPSS file"),
    (b"$FL3", "a compressed SPSS file (.zsav)"),
    (b"<stata_dta>", "a Stata file"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a file compressed with gzip"),
    (b"%PDF", "a PDF"),
)


def magic(path: Path) -> str:
    """What a file's first bytes say it is; empty where they say nothing."""
    with path.open("rb") as file:
        start = file.read(16)
    return next((kind for sign, kind in _MAGIC if start.startswith(sign)), "")


def letters(position: int) -> str:
    """A spreadsheet's letters for a place from 0.

    >>> letters(0), letters(25), letters(26), letters(701), letters(702)
    ('A', 'Z', 'AA', 'ZZ', 'AAA')
    """
    found = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def place_of(letter: str) -> int:
    """The place, from 0, of a column's letters.

    >>> place_of("A"), place_of("AA"), place_of("ZZ")
    (0, 26, 701)
    """
    place = 0
    for char in letter:
        place = place * 26 + ord(char) - ord("A") + 1
    return place - 1


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows_to_batches(
    rows: Iterator[tuple[int, Sequence[str]]], width: int, *, most: int = BATCH_ROWS
) -> Iterator[Batch]:
    """Rows with their lines, gathered into batches; rows of another width are odd.

    Args:
        rows: The line and the cells of each row.
        width: Cells that a row should have.
        most: Rows of a batch.
    """
    lines: list[int] = []
    records: list[int] = []
    good: list[Sequence[str]] = []
    odd: list[OddRow] = []
    record = 0
    for record, (line, cells) in enumerate(rows, start=1):
        if len(cells) == width:
            records.append(record)
            lines.append(line)
            good.append(cells)
        else:
            odd.append(OddRow(record, line, tuple(cells)))
        if len(good) + len(odd) == most:
            yield Batch(records, lines, columns_of(good, width), odd)
            lines, records, good, odd = [], [], [], []
    if good or odd:
        yield Batch(records, lines, columns_of(good, width), odd)


def columns_of(rows: Sequence[Sequence[str]], width: int) -> Sequence[Sequence[str]]:
    """Rows of equal width, turned into columns."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def filled(heads: Sequence[str]) -> list[str]:
    """A header row in which a blank cell repeats the text to its left.

    >>> filled(["Where?", "", "How many?", ""])
    ['Where?', 'Where?', 'How many?', 'How many?']
    """
    found: list[str] = []
    for head in heads:
        found.append(head if head.strip() or not found else found[-1])
    return found


def columns_from(headers: Sequence[Sequence[str]], options: ReadOptions) -> tuple[Column, ...]:
    """Columns from header rows of equal width."""
    rows = [list(row) for row in headers]
    if rows and options.fill_heads:
        rows[0] = filled(rows[0])
    return tuple(
        Column(position=position, heads=tuple(texts))
        for position, texts in enumerate(zip(*rows, strict=True))
    )
