"""How a wave's answers leave surveylib as files for others to work with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, no_method
from surveylib.present.files import write
from surveylib.present.responses_columns import leaving
from surveylib.present.responses_csv import as_csv
from surveylib.present.responses_xlsx import as_xlsx
from surveylib.wave.redaction import Redactions, read_redactions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from surveylib.instrument.formats.base import Lost
    from surveylib.present.responses_columns import Leaving
    from surveylib.wave.responses import Wave


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenResponses:
    """What an export wrote, what of the wave is not in it, and what somebody should look at."""

    files: tuple[Path, ...]
    lost: tuple[Lost, ...]


def export_responses(
    wave: Wave,
    folder: str | Path,
    *,
    formats: Sequence[str] = ("csv",),
    redactions: str | Path | None = None,
    labels: str | None = None,
    ids: bool = False,
) -> WrittenResponses:
    """Write a wave's answers: a row for each respondent, an answer and its state side by side.

    `csv` gives responses.csv, a dictionary of its columns in columns.csv, and about.csv; `xlsx`
    gives responses.xlsx, with all of that and questions and codes in sheets of their own. The same
    wave gives the same bytes.

    Texts in own words leave only where somebody let them go: answers to text questions whose
    disclosure is restricted, texts beside options, texts that were coded, and quantities as they
    were written. Of the others the cell is empty, and a column `<name>:redaction` says `withheld`.

    Ids of respondents stay behind. In their place stands a running number, and rows keep their
    order and the number of their record: whoever has the file that was read can still tell who is
    who. Columns that the wave keeps as they stand, `keep:…`, leave as they stand.

    No text runs in a spreadsheet. In CSV files an apostrophe goes in front of what would;
    `surveylib.present.responses_texts.restored` takes it away again.

    Args:
        wave: A wave of responses, such as `ingest(…).wave`.
        folder: Where to write; made if it is not there. A folder holds one wave.
        formats: Rows of the table FORMATS: `csv`, `xlsx`.
        redactions: A CSV file with the columns `respondent,question,status,text` that says which
            texts leave, as `surveylib.wave.redaction` describes it; left out, none does.
        labels: A language of the questionnaire, to write labels in place of codes.
        ids: Whether ids of respondents leave.

    Returns:
        The files; and, in `lost`, how many texts of each column stayed behind, and in how many that
        leave an address of e-mail or of a machine stands.

    Raises:
        MethodError: There is no such format, or none is named.
        UnknownNameError: There is no such file of redactions, or no such language.
        ResponsesError: The redactions do not fit the wave; carries every fault.
        NotEstimableError: The responses are kept elsewhere and were not looked at.
        MissingExtraError: An optional part of surveylib is not installed.
        OutputError: The files cannot be written, or the wave does not fit into a workbook; what was
            there before is untouched.

    Example:
        >>> import tempfile
        >>> import surveylib as sl
        >>> wave = sl.ingest("waves/organised_groups/2025").wave
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in export_responses(wave, folder).files]
        ['responses.csv', 'columns.csv', 'about.csv']
    """
    if isinstance(formats, str) or not formats:
        message = f"formats is {formats!r}; wanted a list, such as ['csv', 'xlsx']"
        raise MethodError(message)
    for name in formats:
        if name not in FORMATS:
            raise MethodError(no_method("export", name, FORMATS))
    decided = Redactions() if redactions is None else read_redactions(redactions, wave)
    gone = leaving(wave, decided, labels=labels, ids=ids)
    files: dict[str, bytes] = {}
    lost = list(gone.lost)
    for name in dict.fromkeys(formats):
        made, missed = FORMATS[name](gone)
        files |= made
        lost += missed
    place = Path(folder)
    write(place, files)
    return WrittenResponses(files=tuple(place / name for name in files), lost=tuple(lost))


#: Every format: what it makes of the columns that leave, and what it cannot hold.
FORMATS: Mapping[str, Callable[[Leaving], tuple[dict[str, bytes], list[Lost]]]] = MappingProxyType(
    {"csv": as_csv, "xlsx": as_xlsx}
)
