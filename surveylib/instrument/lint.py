"""What is allowed and will hurt later: labels that turn into dates, bands with holes."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING

from surveylib.errors import Fault, listed, show
from surveylib.instrument.bands import overlaps_and_gaps
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.question import Banded, Derived, MultiAnswer, TextQuestion
from surveylib.instrument.wording import normalised
from surveylib.instrument.yamltext import read_elsewhere_as

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question
    from surveylib.instrument.yamltext import Document, Place

MANY_OPTIONS = 100
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Keys whose values are numbers in any reader, and are meant to be.
_NUMBERS = frozenset(
    [
        *("interval", "values", "gaps", "score", "at_least", "at_most", "decimals"),
        *("minimum", "maximum", "min_selected", "max_selected"),
        *("required", "exclusive", "write_in", "net_complete"),
    ]
)


def lint(loaded: LoadedInstrument) -> list[Fault]:
    """Find what is allowed in an instrument and will hurt later.

    Args:
        loaded: The instrument and its file.

    Returns:
        Warnings in the order of the file: faults whose codes begin with `LINT-`.
    """
    instrument, document = loaded.instrument, loaded.document
    found = [*_yaml(document), *_translations(instrument, document)]
    for position, question in enumerate(instrument.questions):
        place = ("questions", position)
        found += _labels(place, question, document)
        found += _question(place, question, document)
    return sorted(found, key=lambda fault: fault.line or 0)


def date_images(label: str) -> list[str]:
    """What a spreadsheet makes of a label that it takes for a date; empty where it does not.

    English spreadsheets read `1-10` as 10 January (month and day), British ones as 1 October, and
    `11-50` as November 1950; German ones read `1.10.` and `1.10` likewise.

    >>> date_images("1-10"), date_images("11-50"), date_images("51-100"), date_images("1 to 10")
    (['10-Jan', '01-Oct'], ['Nov-50'], [], [])
    """
    found = re.fullmatch(r"\s*(\d{1,2})\s*([-/.])\s*(\d{1,4})\.?\s*", label, re.ASCII)
    if not found:
        return []
    first, second = int(found[1]), int(found[3])
    images = []
    if len(found[3]) <= 2 and found[2] != "." and _is_day(first, second):
        images.append(f"{second:02d}-{calendar.month_abbr[first]}")
    if len(found[3]) <= 2 and _is_day(second, first):
        images.append(f"{first:02d}-{calendar.month_abbr[second]}")
    year = len(found[3]) == 2 or (len(found[3]) == 4 and second >= 1900)
    if not images and year and 1 <= first <= 12 and found[2] != ".":
        images.append(f"{calendar.month_abbr[first]}-{second % 100:02d}")
    return list(dict.fromkeys(images))


def _is_day(month: int, day: int) -> bool:
    leap_year = 2024
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(leap_year, month)[1]


def _yaml(document: Document) -> Iterator[Fault]:
    """Unquoted texts that other readers of the file take for something else."""
    for place, text in document.unquoted:
        kind = read_elsewhere_as(text).rpartition(":")[2]
        key = next((part for part in reversed(place) if isinstance(part, str)), "")
        octal = re.match(r"-?0\d", text)
        if key in _NUMBERS and kind in {"int", "float", "bool"} and not octal:
            continue
        what = f"{show(text)} is not quoted: other readers take it for a value of type {kind}"
        yield document.fault(place, "LINT-YAML", what, todo=f'write "{text}"')


def _labels(place: Place, question: Question, document: Document) -> Iterator[Fault]:
    for position, option in enumerate(question.answers):
        where = (*place, "options", position, "label")
        yield from _dates(where, question, option, document)
        for language, label in option.label.items():
            if label[0] in "=+-@＝＋－＠":
                what = f"label {show(label)} ({language}) begins like a formula of spreadsheets"
                yield document.fault(where, "LINT-FORMULA", what, todo="begin with a word")
            if _BIDI.search(label):
                what = f"label {show(label)} ({language}) holds characters that turn the direction"
                yield document.fault(where, "LINT-DIRECTION", what, todo="remove them")
    for language in question.text:
        seen: dict[str, str] = {}
        for position, option in enumerate(question.answers):
            plain = normalised(option.label.get(language, ""))
            if plain and plain in seen:
                what = f"'{seen[plain]}' and '{option.code}' have the same label ({language})"
                where = (*place, "options", position, "label")
                yield document.fault(where, "LINT-LABEL", what, todo="tell them apart")
            seen.setdefault(plain, option.code)


def _dates(where: Place, question: Question, option: Option, document: Document) -> Iterator[Fault]:
    if images := date_images(option.code):
        what = f"spreadsheets turn code {show(option.code)} into a date: {', '.join(images)}"
        yield document.fault(where, "LINT-DATE", what, todo="begin the code with a letter")
    for language, label in option.label.items():
        images = date_images(label)
        if not images:
            continue
        same = [
            other.code
            for other in question.answers
            if other.code != option.code
            and set(images) & set(date_images(other.label.get(language, "")))
        ]
        what = f"spreadsheets turn label {show(label)} into a date: {', '.join(images)}"
        if same:
            what += f", as they do with {listed(same)}: afterwards nobody can tell them apart"
        low, _, high = re.sub(r"[-/.]", "|", label.strip(), count=1).partition("|")
        todo = f"write '{low.strip()} to {high.strip()}'"
        yield document.fault(where, "LINT-DATE", what, todo=todo)


def _question(place: Place, question: Question, document: Document) -> Iterator[Fault]:
    """Bands with holes, no way not to answer, no reference period, odd numbers of options."""
    if isinstance(question, Banded):
        overlaps, gaps = overlaps_and_gaps(question.options, question.minimum)
        for code, some, what in (
            ("LINT-BAND-OVERLAP", overlaps, "share values"),
            ("LINT-BAND-GAP", gaps, "leave values out"),
        ):
            if some and question.option_list == "complete":
                told = f"the bands of '{question.id}' {what}, as declared"
                todo = "next time, ask with bands that hold every value once"
                yield document.fault((*place, "bands"), code, told, todo=todo)
    asked = question.wording == "printed" and not isinstance(question, Derived | TextQuestion)
    ways_out = {"dont_know"} if _needs_judgement(question) else set(OFFERED)
    if asked and not ways_out & set(question.missing) and not isinstance(question, MultiAnswer):
        what = f"'{question.id}' offers no way to say that one does not know"
        todo = "add dont_know under 'missing'; added later, it shifts the base"
        yield document.fault(place, "LINT-DONT-KNOW", what, todo=todo)
    counts = getattr(question, "kind", "") in {"banded", "number", "text_quantity"}
    if asked and counts and question.period == "not_stated":
        what = f"'{question.id}' asks for a number and names no reference period"
        todo = "say in the question over which time, and under 'period'"
        yield document.fault((*place, "period"), "LINT-PERIOD", what, todo=todo)
    count, complete = len(question.answers), getattr(question, "option_list", "") == "complete"
    if complete and (count == 1 or count > MANY_OPTIONS):
        what = f"'{question.id}' has {count} option{'s' * (count > 1)}"
        yield document.fault((*place, "options"), "LINT-OPTIONS", what)


def _needs_judgement(question: Question) -> bool:
    """Whether an answer is a judgement or a count, which some cannot give."""
    kinds = {"ordered", "banded", "number", "text_quantity", "grid"}
    return getattr(question, "kind", "") in kinds


def _translations(instrument: Instrument, document: Document) -> Iterator[Fault]:
    """Texts that do not exist in every language, and offered states without a label."""
    for position, question in enumerate(instrument.questions):
        rows = getattr(question, "rows", ())
        texts = [question.text, *(option.label for option in question.answers)]
        texts += [row.text for row in rows]
        for language in instrument.languages:
            if missed := sum(language not in entry for entry in texts):
                what = (
                    f"'{question.id}': {missed} of {len(texts)} texts do not exist in '{language}'"
                )
                yield document.fault(("questions", position), "LINT-TRANSLATION", what)
    offered = [
        state
        for state in OFFERED
        if any(state in question.missing for question in instrument.questions)
    ]
    for language in instrument.languages:
        missed_states = [
            state
            for state in offered
            if language not in instrument.missing_labels.get(state, {})
            and (language != "en" or state in instrument.missing_labels)
        ]
        if missed_states:
            what = f"{listed(missed_states)} have no label in '{language}'"
            todo = "add them under 'missing_labels'"
            yield document.fault(("missing_labels",), "LINT-MISSING-LABEL", what, todo=todo)
