"""Next year's questionnaire begins as this year's, with every question to be decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import InstrumentError, MethodError, OutputError, show
from surveylib.instrument import library
from surveylib.instrument.dump import dump
from surveylib.instrument.lineage import numbers
from surveylib.instrument.model import Decision, Follows

if TYPE_CHECKING:
    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument

_HOW = """\
  # Decide on each question of the version before:
  #   same      it goes on under its id; if it changed, name the kinds under changed: [...], and
  #             say under verdict: and reason: how far answers still compare
  #   replaced  by others: by: [new_id], with a reason and, if they compare, a verdict
  #   dropped   with a reason
"""


def new_version(path: str | Path, version: str) -> Path:
    """Start the next version of a questionnaire, with every question undecided.

    The new file keeps the text and the comments of the old one; its status is `draft`.

    Args:
        path: The version to start from.
        version: The new version's number, higher than the old one's.

    Returns:
        The file that was written, beside the old one.

    Raises:
        MethodError: The version is no number, or not higher.
        InstrumentError: The file to start from is wrong.
        OutputError: The new version exists.
    """
    path = Path(path)
    loaded = library.load(path)
    before, after = numbers(loaded.instrument.version), numbers(version)
    if after is None:
        message = f"version {show(version)} is not a number; wanted 2027, 1.2 or 1.2.3"
        raise MethodError(message)
    if before is not None and after <= before:
        message = f"version {version} does not come after {loaded.instrument.version}"
        raise MethodError(message)
    place = path.with_name(f"{version}.yaml")
    if place.exists():
        message = f"{place} exists already; nothing was written"
        raise OutputError(message)
    drafted = _drafted(loaded.instrument, version)
    text = _edited(loaded, path.read_text("utf-8-sig"), version)
    try:
        place.write_text(text, encoding="utf-8", newline="\n")
        if not _holds(place, drafted):
            place.write_text(dump(drafted), encoding="utf-8", newline="\n")
    except OSError as error:
        message = f"{place} cannot be written: {error.strerror}"
        raise OutputError(message) from error
    return place


def _holds(place: Path, drafted: Instrument) -> bool:
    """Whether the edited text is what it should be; a layout without lines to edit is not."""
    try:
        return library.load(place).instrument == drafted
    except InstrumentError:
        return False


def _drafted(instrument: Instrument, version: str) -> Instrument:
    """What the new file must hold."""
    decisions = tuple(
        Decision(question=question.id, decision="undecided") for question in instrument.questions
    )
    follows = Follows(version=instrument.version, questions=decisions)
    changed = {"version": version, "status": "draft", "follows": follows, "comparisons": ()}
    return instrument.model_copy(update=changed)


def _edited(loaded: LoadedInstrument, text: str, version: str) -> str:
    """The old file's text with another head: comments and layout stay."""
    lines = text.splitlines(keepends=True)
    heads = sorted(
        (line, str(place[0])) for place, line in loaded.document.lines.items() if len(place) == 1
    )
    written = lines[: heads[0][0] - 1]
    for (start, key), end in zip(heads, [*(line for line, _ in heads[1:]), None], strict=True):
        block = lines[start - 1 : end - 1 if end else None]
        if key == "version":
            written.append(f'version: "{version}"{_comment(block[0])}\nstatus: draft\n')
            written += _follows(loaded.instrument)
        if key in {"version", "status", "follows", "comparisons"}:
            block = _after(block)
        written += block
    return "".join(written)


def _comment(line: str) -> str:
    """The comment at the end of a line, with the space before it."""
    return line[line.index(" #") :].rstrip() if " #" in line else ""


def _after(block: list[str]) -> list[str]:
    """The blank lines and comments at the end of a key's lines: they belong to what follows."""
    kept = len(block)
    while kept > 1 and (not block[kept - 1].strip() or block[kept - 1].startswith("#")):
        kept -= 1
    return block[kept:]


def _follows(instrument: Instrument) -> list[str]:
    return [
        f'follows:\n  version: "{instrument.version}"\n{_HOW}  questions:\n',
        *(
            f"    - {{question: {question.id}, decision: undecided}}\n"
            for question in instrument.questions
        ),
    ]
