"""A questionnaire as plain text: what is asked, of whom, with which codes."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from surveylib.instrument.identity import instrument_hash
from surveylib.instrument.question import Banded, Grid, in_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question

_WIDTH = 92
_INDENT = "     "


def outline(instrument: Instrument, language: str, name: str | None) -> str:
    """Write a questionnaire, or one question of it, as text.

    Args:
        instrument: The questionnaire.
        language: The language of texts and labels, where they exist in it.
        name: The id of one question; None for all of them.

    Raises:
        UnknownNameError: There is no such question.
    """
    if name is not None:
        instrument.question(name)
        head = name.partition(".")[0]
        found = [
            (number, entry)
            for number, entry in enumerate(instrument.questions, 1)
            if entry.id in {name, head}
        ]
        return "\n".join(line for at, entry in found for line in _question(at, entry, language))
    opens = {part.questions[0]: part for part in instrument.sections}
    lines = [
        _wrapped(f"{instrument.id} {instrument.version}: {_text(instrument.title, language)}"),
        (
            f"{instrument.status} · {len(instrument.questions)} questions · "
            f"languages {', '.join(instrument.languages)}"
        ),
        f"hash {instrument_hash(instrument)}",
        _wrapped(f"of: {instrument.population}"),
    ]
    if instrument.introduction:
        lines += ["", _wrapped(_text(instrument.introduction, language))]
    for number, question in enumerate(instrument.questions, 1):
        if question.id in opens:
            lines += ["", f"── {_text(opens[question.id].title, language)} ──"]
        lines += ["", *_question(number, question, language)]
    return "\n".join(lines)


def _text(texts: dict[str, str], language: str) -> str:
    """A text on one line, without characters that a terminal obeys."""
    plain = " ".join(in_language(texts, language).split())
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in plain
    )


def _wrapped(text: str, indent: str = "") -> str:
    return fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


def _question(number: int, question: Question, language: str) -> Iterator[str]:
    """A question: what it is, its text, who is asked, its answers."""
    facts = [getattr(question, "kind", ""), *_facts(question)]
    yield f"{number:>3}  {question.id} · {' · '.join(facts)}"
    yield _wrapped(_text(question.text, language), _INDENT)
    if question.base.asked != "all":
        yield _wrapped(f"asked: {question.base.asked}", _INDENT)
    if question.base.condition is not None:
        yield _wrapped(f"if {question.base.condition.in_words()}", _INDENT)
    for row in question.rows if isinstance(question, Grid) else ():
        yield f"{_INDENT}  {row.id}: {_text(row.text, language)}"
    width = max((len(option.code) for option in question.answers), default=0)
    for option in question.answers:
        label = _text(option.label, language)
        yield f"{_INDENT}  {option.code:<{width}}  {label}{_marks(question, option)}"
    if question.missing:
        yield f"{_INDENT}  or: {', '.join(question.missing)}"


def _facts(question: Question) -> Iterator[str]:
    if question.period not in {"not_stated", "unknown"}:
        yield question.period
    if question.required:
        yield "required"
    unit = getattr(question, "unit", "")
    if unit:
        yield f"in {unit}"
    for name, word in (
        ("minimum", "from"),
        ("maximum", "to"),
        ("min_selected", "at least"),
        ("max_selected", "at most"),
    ):
        limit = getattr(question, name, None)
        if limit is not None and not isinstance(question, Banded):
            yield f"{word} {limit}"
    if getattr(question, "option_list", "") == "partial":
        yield "not all options known"


def _marks(question: Question, option: Option) -> str:
    """What there is to an option beside its label."""
    marks = []
    if isinstance(question, Banded):
        low, high = question.as_read()[option.code]
        marks.append(f"{low} or more" if high is None else f"{low} to {high}")
    score = getattr(option, "score", None)
    if score is not None:
        marks.append(f"score {score:g}")
    if getattr(option, "exclusive", False):
        marks.append("stands alone")
    if option.write_in:
        marks.append("with text")
    if option.net_of:
        marks.append(f"sum of {', '.join(option.net_of)}")
    condition = getattr(option, "when", None)
    if condition is not None:
        marks.append(condition.in_words())
    return f"  [{'; '.join(marks)}]" if marks else ""
