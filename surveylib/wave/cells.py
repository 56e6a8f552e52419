"""One cell → an answer, a way of not answering, or a rejection with its reason.

A text is what it says when it is a declared value, a label or a code, as it stands or after
lossless normalisation. Otherwise a repair that the manifest allows may restore it. Anything else is
rejected; nothing is coerced.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from surveylib.errors import listed, nearest, show
from surveylib.instrument.quantity import Unreadable
from surveylib.instrument.question import (
    DateQuestion,
    NumberQuestion,
    TextQuantity,
    TextQuestion,
    in_language,
)
from surveylib.wave.repair import REPAIRS, Repair, RepairContext, cut_of, looks_like_date
from surveylib.wave.states import ANSWERED, BLANK, INVALID, STATE
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from surveylib.instrument.question import Question

#: Digits that a number keeps exactly.
MOST_DIGITS = 15
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{4})(-\d{2})?(-\d{2})?(?:[T ]00:00:00)?", re.ASCII)
_LENGTHS = {"year": 4, "month": 7, "day": 10}


How = Literal["", "normalised", "repaired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a cell's text was found to be.

    Args:
        state: A number of the table STATES, or BLANK.
        value: The answer: an option's place in its list, a number, or a text.
        how: Whether the text had to be `normalised` or `repaired`; empty where it stood as it is.
        after: The text or number that it was read as, where it was changed.
        why: The reason of a repair.
        code: With a rejection, its code.
        what: With a rejection, what is wrong.
        wanted: With a rejection, what would have been right.
        todo: With a rejection, what to do.
    """

    state: int
    value: Any = None
    how: How = ""
    after: str = ""
    why: str = ""
    code: str = ""
    what: str = ""
    wanted: str = ""
    todo: str = ""


def rejected(code: str, what: str, *, wanted: str = "", todo: str = "") -> Outcome:
    """A cell that goes into the quarantine."""
    return Outcome(state=INVALID, code=code, what=what, wanted=wanted, todo=todo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What texts stand for, before any cell is read.

    Args:
        question: The question; for a row of a grid, the row's.
        texts: State and value of each text that is known as it stands.
        plain: The same for texts after lossless normalisation.
        labels: Code of each label, for repairs and messages.
        repairs: Names of the repairs that are allowed.
        context: What repairs may know.
        blank: Texts that are blank besides the empty one.
        decimal: The decimal sign of numbers.
        declared: Values that the file declares to be missing, and whose meaning nobody has said.
    """

    question: Question
    texts: Mapping[str, tuple[int, Any]]
    plain: Mapping[str, tuple[int, Any]]
    labels: Mapping[str, str]
    repairs: Sequence[str] = ()
    context: RepairContext = field(default_factory=RepairContext)
    blank: frozenset[str] = frozenset()
    decimal: str = "."
    declared: frozenset[str] = frozenset()

    def known(self, raw: str) -> Outcome | None:
        """The outcome of a text that is blank, a declared value, a label or a code."""
        if raw in self.declared:
            what = "the file declares this value to be missing, and nothing says in which way"
            todo = "say under 'values' which way of not answering it is"
            return rejected("CELL-DECLARED", what, todo=todo)
        if raw in self.texts:
            state, value = self.texts[raw]
            return Outcome(state=state, value=value)
        if not raw or raw in self.blank:
            return Outcome(state=BLANK)
        plain = lossless(raw)
        if not plain or plain in self.blank:
            return Outcome(state=BLANK, how="normalised")
        if plain in self.plain:
            state, value = self.plain[plain]
            return Outcome(state=state, value=value, how="normalised", after=plain)
        return None

    def repaired(self, raw: str) -> Repair | None:
        """The first allowed repair that has exactly one candidate."""
        for name in self.repairs:
            found = REPAIRS[name](raw, self.labels, self.context)
            if isinstance(found, Repair):
                return found
        return None


def meaning(
    question: Question,
    levels: Mapping[str, int],
    missing_labels: Mapping[str, Iterable[str]],
    values: Mapping[str, str],
    **rest: Any,
) -> tuple[Meaning, list[str]]:
    """What each text means for a question, and texts that could mean two things.

    Args:
        question: The question; for a row of a grid, the row's.
        levels: Place of each option's code in the list that answers point to.
        missing_labels: Labels of each missing state that the question offers.
        values: Declared meanings, as a code or a missing state; they win over labels.
        rest: Other fields of Meaning.
    """
    found: dict[str, set[tuple[int, Any]]] = {}
    labels: dict[str, str] = {}
    for option in question.answers:
        if option.net_of:
            continue
        target = (ANSWERED, levels[option.code])
        for text in (option.code, *option.label.values()):
            found.setdefault(text, set()).add(target)
        labels |= dict.fromkeys(option.label.values(), option.code)
    for state, texts in missing_labels.items():
        for text in (state, *texts):
            found.setdefault(text, set()).add((STATE[state], None))
    for text, code in values.items():
        found[text] = {(STATE[code], None) if code in STATE else (ANSWERED, levels[code])}
    plain: dict[str, set[tuple[int, Any]]] = {}
    for text, targets in found.items():
        plain.setdefault(lossless(text), set()).update(targets)
    declared: dict[str, set[tuple[int, Any]]] = {}
    for text in values:
        declared.setdefault(lossless(text), set()).update(found[text])
    plain |= declared
    unclear = sorted(text for text, targets in plain.items() if len(targets) > 1)
    made = Meaning(
        question=question,
        texts={text: next(iter(targets)) for text, targets in found.items() if len(targets) == 1},
        plain={text: next(iter(targets)) for text, targets in plain.items() if len(targets) == 1},
        labels=labels,
        **rest,
    )
    return made, unclear


def read_option(known: Meaning, raw: str) -> Outcome:
    """An answer out of a list."""
    if (found := known.known(raw)) is not None:
        return found
    if (fixed := known.repaired(raw)) is not None:
        state, value = known.texts.get(fixed.after) or known.plain[lossless(fixed.after)]
        return Outcome(state=state, value=value, how="repaired", after=fixed.after, why=fixed.why)
    return _no_option(known, raw)


def _no_option(known: Meaning, raw: str) -> Outcome:
    name = known.question.id
    wanted = listed(_shown_labels(known.question), most=8)
    if cut := cut_of(raw, known.labels):
        what = f"the text is only the beginning of {listed(cut)}"
        todo = "correct it in the file, or say under 'values' what it stands for"
        return rejected("CELL-CUT", what, wanted=wanted, todo=todo)
    if looks_like_date(raw):
        fixed = REPAIRS["spreadsheet_date"](raw, known.labels, known.context)
        if isinstance(fixed, Repair):
            what = f"looks like what a spreadsheet made of {show(fixed.after)}"
            todo = "allow it with repair: [spreadsheet_date]"
        else:
            what = "looks like a spreadsheet's date"
            todo = "find out which label it was, and say so under 'values'"
        return rejected("CELL-DATE", what, wanted=wanted, todo=todo)
    if (way := _way_to_repair(known, raw)) is not None:
        return rejected("CELL-UNKNOWN", f"no answer to '{name}'", wanted=wanted, todo=way)
    guess = nearest(lossless(raw), known.labels)
    todo = (
        f"if it means '{guess}', say so under 'values'"
        if guess
        else "say under 'values' what it means"
    )
    return rejected("CELL-UNKNOWN", f"no answer to '{name}'", wanted=wanted, todo=todo)


def _way_to_repair(known: Meaning, raw: str) -> str | None:
    """What to do where a repair that is not allowed here would restore a text."""
    for name, repair in REPAIRS.items():
        found = repair(raw, known.labels, known.context) if name not in known.repairs else None
        if isinstance(found, Repair):
            return f"it may be {show(found.after)}: allow that with repair: [{name}]"
    return None


def _shown_labels(question: Question) -> list[str]:
    """The labels of a question's answers in one language."""
    return [in_language(option.label) for option in question.answers if not option.net_of]


def read_number(known: Meaning, raw: str) -> Outcome:
    """A number, within the limits of its question."""
    if (found := known.known(raw)) is not None:
        return found
    text, why = lossless(raw), ""
    how: How = "" if raw == text else "normalised"
    if known.decimal != ".":
        # A point is no decimal sign here: the text is left as no number, for a repair to explain.
        text = "" if "." in text else text.replace(known.decimal, ".")
    if not _NUMBER.fullmatch(text):
        fixed = known.repaired(raw)
        if fixed is None or not _NUMBER.fullmatch(fixed.after):
            todo = "say under 'values' what it means"
            if known.decimal == "." and _NUMBER.fullmatch(lossless(raw).replace(",", ".")):
                todo = 'if the comma is the decimal sign, say decimal: ","'
            if (way := _way_to_repair(known, raw)) is not None:
                todo += f"; or {way}"
            return rejected("CELL-NUMBER", "not a number", wanted="plain digits", todo=todo)
        text, how, why = fixed.after, "repaired", fixed.why
    fault = _number_fault(known.question, text)
    if fault is not None:
        return fault
    return Outcome(
        state=ANSWERED,
        value=float(text),
        how=how,
        after=text if how else "",
        why=why,
    )


def _number_fault(question: Question, text: str) -> Outcome | None:
    number = Decimal(text)
    unit = getattr(question, "unit", "")
    low, high = getattr(question, "minimum", None), getattr(question, "maximum", None)
    decimals = getattr(question, "decimals", 0)
    if len(text.replace(".", "").lstrip("-0")) > MOST_DIGITS:
        return rejected("CELL-DIGITS", f"more than {MOST_DIGITS} digits are not kept exactly")
    if (low is not None and number < low) or (high is not None and number > high):
        limits = f"{'' if low is None else f'at least {low}'}{'' if None in (low, high) else ', '}"
        limits += "" if high is None else f"at most {high}"
        return rejected("CELL-RANGE", "out of range", wanted=f"{limits} {unit}".strip())
    if -number.as_tuple().exponent > decimals and number % Decimal(1).scaleb(-decimals):  # type: ignore[operator]
        wanted = "a whole number" if decimals == 0 else f"at most {decimals} decimals"
        return rejected("CELL-DECIMALS", "more decimals than were asked for", wanted=wanted)
    return None


def read_date(known: Meaning, raw: str) -> Outcome:
    """A date, as exact as its question asks for."""
    if (found := known.known(raw)) is not None:
        return found
    question = known.question
    precision = getattr(question, "precision", "day")
    text = lossless(raw)
    match = _DAY.fullmatch(text)
    day = text[:10] if match and match[3] else text
    wanted = {"year": "2026", "month": "2026-03", "day": "2026-03-01"}[precision]
    if match is None or not _is_day(day):
        return rejected("CELL-DATE-FORM", "not a date", wanted=f"a date such as {wanted}")
    if len(day) != _LENGTHS[precision]:
        return rejected(
            "CELL-DATE-FORM", f"not a {precision}", wanted=f"a {precision} such as {wanted}"
        )
    earliest, latest = getattr(question, "earliest", None), getattr(question, "latest", None)
    if (earliest and day < earliest) or (latest and day > latest):
        limits = f"{earliest or 'any date'} to {latest or 'any date'}"
        return rejected("CELL-RANGE", "out of range", wanted=limits)
    how: How = "" if day == raw else "normalised"
    return Outcome(state=ANSWERED, value=day, how=how, after=day if how else "")


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return False
    return True


def read_text(known: Meaning, raw: str) -> Outcome:
    """An answer in own words, kept as it stands."""
    found = known.known(raw)
    return Outcome(state=ANSWERED, value=raw) if found is None else found


def blank_or_text(known: Meaning, raw: str) -> Outcome:
    """A text beside an option: whatever is not blank."""
    plain = lossless(raw)
    if not plain or raw in known.blank or plain in known.blank:
        return Outcome(state=BLANK)
    return Outcome(state=ANSWERED, value=raw)


def read_quantity(known: Meaning, raw: str) -> Outcome:
    """A quantity in own words: the lowest and highest number that it may be, and the text."""
    if (found := known.known(raw)) is not None:
        return found
    read = known.question.read(raw)  # type: ignore[attr-defined]
    if isinstance(read, Unreadable):
        todo = "say under 'values' if it is a way of not answering"
        return rejected("CELL-QUANTITY", f"no quantity: {read.reason}", todo=todo)
    ends = [end for end in (read.low, read.high) if end is not None]
    if any(
        len(end.as_tuple().digits) + max(0, int(end.as_tuple().exponent)) > MOST_DIGITS
        for end in ends
    ):
        return rejected("CELL-DIGITS", f"more than {MOST_DIGITS} digits are not kept exactly")
    high = None if read.high is None else float(read.high)
    return Outcome(state=ANSWERED, value=(raw, float(read.low), high))


#: Kind of question → how its cells are read; every other kind has a list of options.
READ: Mapping[type, Callable[[Meaning, str], Outcome]] = {
    NumberQuestion: read_number,
    DateQuestion: read_date,
    TextQuestion: read_text,
    TextQuantity: read_quantity,
}


class Cells(dict[str, int]):
    """Reads each different text of a column once: text → place in `outcomes`.

    Args:
        read: What a text was found to be.
    """

    def __init__(self, read: Callable[[str], Outcome]) -> None:
        super().__init__()
        self.read = read
        self.outcomes: list[Outcome] = []
        self.raws: list[str] = []

    def __missing__(self, raw: str) -> int:
        """Read a text that was not met before."""
        self.outcomes.append(self.read(raw))
        self.raws.append(raw)
        place = self[raw] = len(self.raws) - 1
        return place
