"""How a question was worded: each wording with the waves that had it, and what is new in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.instrument.question import in_language
from surveylib.present.codebook_passage import redline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.study import AnyWave
    from surveylib.present.codebook_passage import Word


class Wording(NamedTuple):
    """A question as some waves asked it.

    Args:
        waves: Their names, as a range.
        text: The question.
        words: The same with what changed marked; empty for the first wording.
        answers: The options, where they are others than before.
        about: Kind, base and reference period, in plain words; empty where they are as before.
        own: Whether the wording is not the printed one.
        note: What a reader should know.
    """

    waves: str
    text: str
    words: tuple[Word, ...]
    answers: tuple[str, ...]
    about: str
    own: bool
    note: str


def harmonised(row: Estimate) -> Wording:
    """A question that nobody was asked as it stands: put together over several versions.

    Args:
        row: A share of it.
    """
    return Wording(
        "", row.question_text, (), (), "put together over several versions", own=False, note=""
    )


def wordings(asked: Sequence[AnyWave], name: str) -> Iterable[Wording]:
    """Each wording, with the waves that had it; what is new in it is marked.

    Args:
        asked: The waves that asked a question, in time order.
        name: Its id.
    """
    content: tuple[object, ...]
    groups: list[tuple[tuple[object, ...], list[AnyWave]]] = []
    for wave in asked:
        question = wave.instrument.question(name)
        labels = tuple(question.label(option.code) for option in question.answers)
        content = (in_language(question.text), labels, question.base.asked, question.wording)
        if groups and groups[-1][0] == content:
            groups[-1][1].append(wave)
        else:
            groups.append((content, [wave]))
    before: tuple[object, ...] = ()
    about = ""
    for content, waves in groups:
        question = waves[-1].instrument.question(name)
        text = in_language(question.text)
        is_new = bool(before) and before[0] != text
        labels = tuple(question.label(option.code) for option in question.answers)
        yield Wording(
            waves=waves[0].name if len(waves) == 1 else f"{waves[0].name} to {waves[-1].name}",
            text=text,
            words=tuple(redline(str(before[0]), text)) if is_new else (),
            answers=labels if not before or before[1] != labels else (),
            about="" if _about(question) == about else _about(question),
            own=question.wording == "own_words",
            note=question.note,
        )
        before, about = tuple(content), _about(question)


def _about(question: Any) -> str:
    """Kind, known options, base and period of a question, in plain words."""
    kind = str(question.kind).replace("_", " ").replace("multi ", "multiple-")
    parts = [f"{kind} question"]
    if getattr(question, "option_list", "") == "partial":
        parts.append("only some options are known")
    parts.append(period(question.period))
    asked = {"all": "all were asked", "unknown": "who was asked is not known"}
    parts.append(asked.get(question.base.asked, f"asked: {question.base.asked}"))
    return "; ".join(parts)


def period(text: str) -> str:
    """A reference period in plain words.

    >>> period("P3Y"), period("not_stated")
    ('over 3 years', 'no period stated')
    """
    words = {"not_stated": "no period stated", "unknown": "period unknown"}
    units = {"Y": "year", "M": "month", "W": "week", "D": "day"}
    found = re.fullmatch(r"P(\d+)([YMWD])", text)
    if found:
        plural = "" if found[1] == "1" else "s"
        return f"over {found[1]} {units[found[2]]}{plural}"
    return words.get(text, text)
