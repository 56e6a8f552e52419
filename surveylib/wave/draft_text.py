"""A draft as the text of a wave.yaml: doubtful entries hold a line with which nothing passes."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from surveylib.errors import MethodError, show
from surveylib.instrument.checking import Frozen
from surveylib.instrument.dump import dump
from surveylib.instrument.fields import Text  # noqa: TC001 - pydantic looks field types up
from surveylib.instrument.identity import instrument_hash
from surveylib.instrument.yamltext import read_elsewhere_as
from surveylib.wave.draft_mapping import NOT_IN_FILE
from surveylib.wave.draft_proposal import Proposal, ignored, in_runs
from surveylib.wave.layout import ColumnName, Finished, Ignored, NotInFile
from surveylib.wave.manifest import ResponsesFile
from surveylib.wave.readers.base import ReadOptions, place_of
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.wave.draft import Draft
    from surveylib.wave.readers.base import Column, Sheet

#: The line that a manifest must not have: it stands where somebody has to decide.
UNDECIDED = "decide: undecided"
_WIDTH = 98
_HOW = """\
# Drafted from the file and the questionnaire. What is not known is written 'unknown'; fill it in
# where you can. An entry with the line 'decide: undecided' may be wrong: read what is said above
# it, correct the entry or leave it as it is, and delete the line. Until then nothing is read.
"""
_SOURCE = """\
sources:
  # Where the file came from: 'own' if you collected it, its 'publisher', or 'secondary'.
  - id: responses
    title: "The file of responses"
    address: unknown
    kind: undecided
"""
#: Formats whose readers find out for themselves what the header is.
_OWN_HEADERS = frozenset({"qualtrics", "limesurvey", "surveyjs"})


class _Head(Frozen):
    """What a manifest says before it comes to the file."""

    survey: Text
    wave: Text
    instrument: Text
    instrument_hash: Text
    field_dates: Text
    frame: Text
    mode: Text
    response_rate: Text
    weighting: Text


def text_of(  # noqa: PLR0917 - a manifest and what it is about
    found: Draft,
    sheet: Sheet,
    instrument: Instrument,
    names: tuple[str, str, str],
    kept: Literal["here", "elsewhere"],
    options: ReadOptions | None,
) -> str:
    """Write the manifest.

    Args:
        found: What columns may be.
        sheet: The file.
        instrument: The questionnaire.
        names: The study's folder, the wave's folder, and the path of the file.
        kept: Whether the file stands in the wave's folder.
        options: How the file was opened.

    Raises:
        MethodError: The responses stand in no file.
    """
    survey, wave, path = names
    if not sheet.sha256:
        message = "a data frame has no wave.yaml: write it into a file, and draft from that"
        raise MethodError(message)
    proposals = found.proposals
    head = _Head(
        survey=survey,
        wave=wave,
        instrument=f"{instrument.id}@{instrument.version}",
        instrument_hash=instrument_hash(instrument),
        field_dates="unknown",
        frame="unknown",
        mode=", ".join(mode.replace("_", " ") for mode in instrument.mode) or "unknown",
        response_rate="unknown",
        weighting="unknown",
    )
    blocks = [
        "format: surveylib.wave/1\n" + dump(head),
        _SOURCE,
        "responses:\n" + _indented(dump(_file(sheet, path, kept, options)), 2),
        *_rows(proposals),
        _columns(proposals, found.without_columns),
        _kept(proposals),
        _ignored(proposals, [sheet.columns[place_of(letter)] for letter in found.unplaced]),
    ]
    return _HOW + "".join(f"\n{block}" for block in blocks if block)


def _file(
    sheet: Sheet, path: str, kept: Literal["here", "elsewhere"], options: ReadOptions | None
) -> ResponsesFile:
    """How the file is read."""
    given = options or ReadOptions()
    heads = max(len(column.heads) for column in sheet.columns)
    if options is None and sheet.format not in _OWN_HEADERS:
        given = replace(given, header_rows=heads)
    if given.encoding is None and not sheet.encoding.startswith("utf"):
        given = replace(given, encoding=sheet.encoding or None)
    text = sheet.format in {"csv", "qualtrics", "limesurvey"}
    return ResponsesFile(
        path=path,
        sha256=sheet.sha256,
        kept=kept,
        source="responses",
        format=sheet.format,
        encoding=given.encoding if text else None,
        delimiter=sheet.delimiter or None,
        title_rows=given.title_rows,
        header_rows=1 if sheet.format in _OWN_HEADERS else given.header_rows,
        fill_heads="yes" if given.fill_heads else "no",
        sheet=given.sheet,
    )


def _rows(proposals: Iterable[Proposal]) -> Iterator[str]:
    """What columns say of the row: respondent, version, who finished, timing."""
    order = ("respondent", "version", "finished", "timing")
    found = {one.target: one for one in proposals if one.target in order}
    for name in order:
        if name not in found:
            continue
        if isinstance(found[name].entry, Finished):
            yield "blanks:\n" + _entry(name, found[name], 2)
        else:
            yield _entry(name, found[name], 0)


def _columns(proposals: Iterable[Proposal], without: Sequence[str]) -> str:
    """The questions, and those that no column fits."""
    blocks = [_entry(one.target, one, 2) for one in proposals if one.layout]
    told = "No header names it, and none has its words"
    for name in without:
        entry = NotInFile(layout="not_in_file", reason=NOT_IN_FILE)
        one = Proposal(target=name, positions=(), entry=entry, certain=False, why=told)
        blocks.append(_entry(name, one, 2))
    return "columns:\n" + "\n".join(blocks)


def _kept(proposals: Iterable[Proposal]) -> str:
    kept = [one for one in proposals if isinstance(one.entry, ColumnName)]
    blocks = [_entry(one.target.partition(":")[2], one, 2) for one in kept]
    return "keep:\n" + "\n".join(blocks) if blocks else ""


def _ignored(proposals: Iterable[Proposal], unplaced: Sequence[Column]) -> str:
    """Columns that are not read: those that were proposed so, and those that fit nothing."""
    every = [one for one in proposals if isinstance(one.entry, Ignored)]
    for _, columns in groupby(unplaced, key=lambda column: column.heads[0].strip()):
        runs = [
            ignored(column, "no question of this questionnaire", why=_odd(column), look=(_ASK,))
            for column in columns
        ]
        every += in_runs(
            [replace(one, why=runs[0].why) for one in runs],
            {column.position: column for column in unplaced},  # type: ignore[arg-type]
        )
    lines = []
    for one in sorted(every, key=lambda one: one.positions):
        body = _body(one, 4)
        mark = [] if one.certain else [f"    {UNDECIDED}"]
        text = "\n".join([*body, *mark])
        lines += [*_comment(one, 2), f"  - {text[4:]}"]
    return "ignore:\n" + "\n".join(lines) + "\n" if lines else ""


_ASK = "is it a question of this questionnaire, or something to keep?"


def _odd(column: Column) -> str:
    return f"the header {show(lossless(column.heads[0]))} fits nothing"


def _entry(name: str, one: Proposal, indent: int) -> str:
    """One entry under its key, with the evidence above it where it is doubtful."""
    space = " " * indent
    plain = read_elsewhere_as(name) == "tag:yaml.org,2002:str"
    lines = [f"{space}{name}:" if plain else f'{space}"{name}":']
    lines += _comment(one, indent + 2)
    if not one.certain:
        lines.append(f"{space}  {UNDECIDED}")
    return "\n".join([*lines, *_body(one, indent + 2), ""])


def _body(one: Proposal, indent: int) -> list[str]:
    text = dump(one.entry)
    if one.layout:
        first = f"layout: {one.layout}\n"
        # An entry with a single column needs no layout; of others it is what a reader looks for.
        shown = "" if one.layout == "one_column" else first
        text = shown + re.sub(f"^{first}", "", text, count=1, flags=re.MULTILINE)
    return _indented(text, indent).rstrip("\n").split("\n")


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" if line else "\n" for line in text.split("\n")[:-1])


def _comment(one: Proposal, indent: int) -> list[str]:
    """What speaks for and against a doubtful entry; nothing for a certain one."""
    if one.certain:
        return []
    # Characters that are not seen may not stand in a YAML file, even in a comment.
    told = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in one.told
    )
    head = f"{' ' * indent}# "
    return textwrap.wrap(
        told,
        width=_WIDTH,
        initial_indent=head,
        subsequent_indent=head,
        break_long_words=False,
        break_on_hyphens=False,
    )
