"""The columns of a wave: an answer and its state side by side, never one in place of the other.

| column | holds |
|---|---|
| `question` | the code of the answer, the number, the date or the text; or nothing |
| `question:state` | `answered`, or why there is no answer |
| `question/option` | with several answers, whether the option was chosen |
| `question/option:text` | the text beside an option |
| `question:text` | the text that was coded |
| `question:low`, `question:high` | what a quantity in words may be |
| `:record`, `:respondent`, `:version`, `:seconds` | what is known of the row |
| `keep:name` | a further column of the file, as it stands |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from surveylib.instrument.question import (
    DateQuestion,
    NumberQuestion,
    OpenCoded,
    TextQuantity,
    TextQuestion,
)
from surveylib.wave.states import NOT_ASKED, STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.instrument.question import Question
    from surveylib.wave.answers import Answers

Kind = Literal["coded", "tick", "number", "text", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of a wave.

    Args:
        name: Its name.
        kind: `coded` for places in `levels`, -1 for none; `tick` for 1, 0 and -1 for unknown;
            `number` with NaN for none; `whole` numbers without gaps; `text` with None for none.
        levels: The texts that places point to.
        question: The question it belongs to; empty for what is known of the row.
    """

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as one or several versions asked it.

    Args:
        question: The question in the newest of the versions that has it.
        codes: The codes of its options over all of them.
        write_ins: The options with a text, over all of them.
    """

    question: Question
    codes: tuple[str, ...]
    write_ins: tuple[str, ...]

    @property
    def name(self) -> str:
        """The question's id."""
        return self.question.id


def asked_in(versions: Sequence[Sequence[Question]]) -> tuple[Asked, ...]:
    """Every question of some versions, the newest version first, each once.

    Args:
        versions: The questions of each version, rows of grids one by one.
    """
    found: dict[str, list[Question]] = {}
    for items in versions:
        for item in items:
            found.setdefault(item.id, []).append(item)
    return tuple(
        Asked(
            question=same[0],
            codes=_once(o.code for item in same for o in item.answers if not o.net_of),
            write_ins=_once(o.code for item in same for o in item.answers if o.write_in),
        )
        for same in found.values()
    )


def _once(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(codes))


def fields_of(asked: Asked) -> list[Field]:
    """The columns of one question."""
    name, question = asked.name, asked.question

    def field(suffix: str, kind: Kind, levels: tuple[str, ...] = ()) -> Field:
        return Field(name=name + suffix, kind=kind, levels=levels, question=name)

    found = [field(":state", "coded", STATES)]
    if isinstance(question, NumberQuestion):
        found.append(field("", "number"))
    elif isinstance(question, (DateQuestion, TextQuestion)):
        found.append(field("", "text"))
    elif isinstance(question, TextQuantity):
        found += [field("", "text"), field(":low", "number"), field(":high", "number")]
    elif question.exclusive:
        found.append(field("", "coded", asked.codes))
    else:
        found += [field(f"/{code}", "tick") for code in asked.codes]
    if isinstance(question, OpenCoded):
        found.append(field(":text", "text"))
    found += [field(f"/{code}:text", "text") for code in asked.write_ins]
    return found


def row_fields(versions: Sequence[str], keep: Iterable[str], *, timed: bool) -> list[Field]:
    """The columns that say something of the row itself."""
    found = [
        Field(name=":record", kind="whole"),
        Field(name=":respondent", kind="text"),
        Field(name=":version", kind="coded", levels=tuple(versions)),
    ]
    if timed:
        found.append(Field(name=":seconds", kind="number"))
    return [*found, *(Field(name=f"keep:{name}", kind="text") for name in keep)]


def flat(asked: Asked, found: Answers | None, n: int) -> dict[str, NDArray[np.generic]]:
    """The arrays of one question by the names of its columns.

    Args:
        asked: The question.
        found: Its answers; None where the file has none, which is by design.
        n: Number of rows.
    """
    made: dict[str, NDArray[np.generic]] = {}
    for field in fields_of(asked):
        made[field.name] = _array(field, asked, found, n)
    return made


def _array(field: Field, asked: Asked, found: Answers | None, n: int) -> NDArray[np.generic]:
    suffix = field.name.removeprefix(asked.name)
    if suffix == ":state":
        return np.full(n, NOT_ASKED, np.int8) if found is None else found.state
    values: NDArray[np.generic] | None = None
    if found is not None:
        values = _part(suffix, asked, found)
    return nothing(field, n) if values is None else values


def _part(suffix: str, asked: Asked, found: Answers) -> NDArray[np.generic] | None:
    if suffix in _PARTS:
        return getattr(found, _PARTS[suffix])  # type: ignore[no-any-return]
    if not suffix:
        one = (found.place, found.number, found.text)
        return next((values for values in one if values is not None), None)
    code, _, text = suffix.removeprefix("/").partition(":")
    if text:
        return found.written.get(code)
    return None if found.ticks is None else found.ticks[:, asked.codes.index(code)]


_PARTS: Mapping[str, str] = {":text": "text", ":low": "low", ":high": "high"}


def nothing(field: Field, n: int) -> NDArray[np.generic]:
    """A column without a value in any row."""
    if field.kind == "coded":
        return np.full(n, -1, np.int16)
    if field.kind == "tick":
        return np.full(n, -1, np.int8)
    if field.kind == "number":
        return np.full(n, np.nan)
    if field.kind == "whole":
        return np.zeros(n, np.int64)
    return np.full(n, None, np.object_)
