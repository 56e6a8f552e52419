"""Rules of a questionnaire that look at more than one field; each fault with its place."""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import TYPE_CHECKING

from surveylib.errors import listed, nearest
from surveylib.instrument.checking import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from surveylib.instrument.model import (
        BandList,
        BandOption,
        Comparison,
        Option,
        Question,
    )


def _folded(name: str) -> str:
    """A name without what the eye can miss: case, width, leading zeros."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return text.lstrip("0") or text


def twice(names: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of names that repeat an earlier one, with the earlier position."""
    first: dict[str, int] = {}
    found = []
    for position, name in enumerate(names):
        key = _folded(name)
        if key in first:
            found.append((position, first[key]))
        first.setdefault(key, position)
    return found


def _and(reading: tuple[int, int | None]) -> str:
    low, high = reading
    return f"{low} and more" if high is None else f"{low} to {high}"


def option_problems(options: Sequence[Option], missing: Sequence[str]) -> list[Problem]:
    """Codes that repeat, nets of codes that do not exist, codes that are missing states."""
    codes = [option.code for option in options]
    found = [
        problem(
            ("options", position, "code"),
            "OPTION-REPEATED",
            f"option code '{codes[position]}' stands twice, first as option {first + 1}",
            todo="give each option a code of its own; 1, 01 and upper case do not tell them apart",
        )
        for position, first in twice(codes)
    ]
    for position, option in enumerate(options):
        if option.code in missing:
            found.append(
                problem(
                    ("options", position, "code"),
                    "OPTION-MISSING-STATE",
                    f"'{option.code}' is both an option and a missing state",
                    todo="keep it under 'missing' only",
                )
            )
        found += [
            problem(
                ("options", position, "net_of"),
                "NET-UNKNOWN",
                f"the net '{option.code}' sums up '{part}', which is not another option",
                wanted=listed(code for code in codes if code != option.code),
            )
            for part in option.net_of
            if part not in codes or part == option.code
        ]
    return found


def bands_as_read(options: Sequence[BandOption]) -> dict[str, tuple[int, int | None]]:
    """Each band without the values that a lower band holds.

    The printed list "1-10", "up to 50" is read as 1 to 10 and 11 to 50.
    """
    read: dict[str, tuple[int, int | None]] = {}
    reached = -1
    for option in sorted(options, key=_band_order):
        low, high = option.interval
        read[option.code] = (max(low, reached + 1), high)
        reached = max(reached, low if high is None else high)
    return {option.code: read[option.code] for option in options}


def _band_order(option: BandOption) -> tuple[float, int]:
    low, high = option.interval
    return (float("inf") if high is None else high, low)


def overlaps_and_gaps(
    options: Sequence[BandOption], minimum: int
) -> tuple[dict[frozenset[str], tuple[int, int | None]], list[tuple[int, int | None]]]:
    """Every pair of bands with the values both hold, and every run of values that none holds."""
    bands = sorted(options, key=_band_order)
    overlaps: dict[frozenset[str], tuple[int, int | None]] = {}
    for place, lower in enumerate(bands):
        for upper in bands[place + 1 :]:
            low = max(lower.interval[0], upper.interval[0])
            ends = [end for end in (lower.interval[1], upper.interval[1]) if end is not None]
            high = min(ends) if ends else None
            if high is None or low <= high:
                overlaps[frozenset({lower.code, upper.code})] = (low, high)
    gaps: list[tuple[int, int | None]] = []
    reached: int | None = minimum - 1
    for band in sorted(options, key=lambda option: option.interval[0]):
        low, high = band.interval
        if reached is not None and low > reached + 1:
            gaps.append((reached + 1, low - 1))
        if reached is not None:
            reached = None if high is None else max(reached, high)
    if reached is not None:
        gaps.append((reached + 1, None))
    return overlaps, gaps


def band_problems(options: Sequence[BandOption], minimum: int, declared: BandList) -> list[Problem]:
    """Bands that end before they start, and overlaps and gaps other than the declared ones."""
    found = []
    for position, option in enumerate(options):
        low, high = option.interval
        if high is not None and high < low:
            found.append(
                problem(
                    ("options", position, "interval"),
                    "BAND-REVERSED",
                    f"band '{option.code}' ends at {high}, before it starts at {low}",
                )
            )
    starts = [option.interval[0] for option in options]
    ends = [_band_order(option)[0] for option in options]
    if any(a > b for a, b in pairwise(starts)) and any(a > b for a, b in pairwise(ends)):
        found.append(problem(("options",), "BAND-ORDER", "bands do not stand from low to high"))
    open_ends = [option.code for option in options if option.interval[1] is None]
    if len(open_ends) > 1:
        what = f"bands {listed(open_ends)} all have no upper end"
        found.append(problem(("options",), "BAND-ORDER", what, wanted="one open band at most"))
    if found:
        return found
    return [
        *_overlap_problems(options, minimum, declared),
        *_gap_problems(options, minimum, declared),
    ]


def _overlap_problems(
    options: Sequence[BandOption], minimum: int, declared: BandList
) -> list[Problem]:
    overlaps, _ = overlaps_and_gaps(options, minimum)
    told = {frozenset(entry.bands): entry.values for entry in declared.overlaps}
    position = {option.code: place for place, option in enumerate(options)}
    found = []
    for pair, values in overlaps.items():
        first, second = sorted(pair, key=lambda code: position[code])
        if told.get(pair) == values:
            continue
        end = "open" if values[1] is None else values[1]
        entry = f"- {{bands: [{first}, {second}], values: [{values[0]}, {end}]}}"
        found.append(
            problem(
                ("options", position[second], "interval"),
                "BAND-OVERLAP",
                f"bands '{first}' and '{second}' both hold {_and(values)}",
                wanted="bands that share no value, or the overlap declared as it was printed",
                todo=f"correct the interval, or declare under bands, overlaps: {entry}",
            )
        )
    for place, declaration in enumerate(declared.overlaps):
        if frozenset(declaration.bands) not in overlaps:
            names = " and ".join(f"'{code}'" for code in declaration.bands)
            what = f"an overlap of {names} is declared, and there is none"
            found.append(problem(("bands", "overlaps", place), "BAND-OVERLAP", what))
    return [*found, *_reading_problems(options, declared, overlap=bool(overlaps))]


def _reading_problems(
    options: Sequence[BandOption], declared: BandList, *, overlap: bool
) -> list[Problem]:
    """Overlapping bands that no reading is declared for, or that none takes apart."""
    position = {option.code: place for place, option in enumerate(options)}
    found = []
    for lower, upper in pairwise(sorted(options, key=_band_order)):
        if upper.interval[0] < lower.interval[0] or upper.interval == lower.interval:
            found.append(
                problem(
                    ("options", position[upper.code], "interval"),
                    "BAND-READING",
                    f"band '{lower.code}' lies inside '{upper.code}': no reading takes them apart",
                    todo="correct the intervals",
                )
            )
    if overlap and declared.reading is None:
        found.append(
            problem(
                ("bands",),
                "BAND-READING",
                "the bands overlap, and how respondents read them is not declared",
                todo="declare 'reading: exclusive_of_lower' under bands",
            )
        )
    return found


def _gap_problems(options: Sequence[BandOption], minimum: int, declared: BandList) -> list[Problem]:
    _, gaps = overlaps_and_gaps(options, minimum)
    found = [
        problem(
            ("bands", "gaps"),
            "BAND-GAP",
            f"no band holds {_and(gap)}",
            wanted="bands without gaps, or the gap declared as it was printed",
            todo=f"correct the intervals, or declare under bands, gaps: "
            f"- [{gap[0]}, {'open' if gap[1] is None else gap[1]}]",
        )
        for gap in gaps
        if gap not in declared.gaps
    ]
    found += [
        problem(
            ("bands", "gaps", place),
            "BAND-GAP",
            f"a gap of {_and(gap)} is declared, and there is none",
        )
        for place, gap in enumerate(declared.gaps)
        if gap not in gaps
    ]
    return found


def question_problems(
    questions: Sequence[tuple[int, Question]], ids: Collection[str], languages: Sequence[str]
) -> list[Problem]:
    """Ids that repeat, routes that lead nowhere or backwards, texts without the source language.

    Args:
        questions: Questions with their positions in the file.
        ids: Every id in the file, those of questions that could not be read included.
        languages: The instrument's languages, the source language first.
    """
    found = []
    names = [question.id for _, question in questions]
    for again, first in twice(names):
        found.append(
            problem(
                ("questions", questions[again][0], "id"),
                "QUESTION-REPEATED",
                f"question id '{names[again]}' stands twice, first as question "
                f"{questions[first][0] + 1}",
                todo="give each question an id of its own",
            )
        )
    by_id = {question.id: (position, question) for position, question in questions}
    for position, question in questions:
        place = ("questions", position)
        found += _route_problems(place, position, question, by_id, ids)
        texts = [("text", question.text)]
        texts += [(f"option '{option.code}'", option.label) for option in question.answers]
        for name, by_language in texts:
            if languages and languages[0] not in by_language:
                found.append(
                    problem(
                        place,
                        "TEXT-LANGUAGE",
                        f"{name} of '{question.id}' has no '{languages[0]}', the source language",
                    )
                )
    return found


def _route_problems(
    place: tuple[str | int, ...],
    position: int,
    question: Question,
    by_id: dict[str, tuple[int, Question]],
    ids: Collection[str],
) -> list[Problem]:
    condition = question.base.condition
    if condition is None:
        return []
    where = (*place, "base", "if")
    if condition.question not in by_id:
        if condition.question in ids:
            return []
        guess = nearest(condition.question, ids)
        what = f"'{question.id}' is asked by the answer to '{condition.question}', no question here"
        todo = f"did you mean '{guess}'?" if guess else "name an earlier question of this file"
        return [problem(where, "ROUTE-UNKNOWN", what, todo=todo)]
    before, other = by_id[condition.question]
    if before >= position:
        what = f"'{question.id}' is asked by the answer to '{other.id}', which comes later"
        return [problem(where, "ROUTE-ORDER", what, todo=f"move '{other.id}' in front")]
    return [
        problem(
            (*where, "answers"),
            "ROUTE-ANSWER",
            f"'{answer}' is no answer of '{other.id}'",
            wanted=listed(other.answer_codes),
        )
        for answer in condition.answers
        if answer not in other.answer_codes
    ]


def comparison_problems(
    comparisons: Sequence[tuple[int, Comparison]],
    questions: Sequence[tuple[int, Question]],
    ids: Collection[str],
    version: str,
) -> list[Problem]:
    """Verdicts on what this version does not have, given twice, or without what they need."""
    by_id = {question.id: question for _, question in questions}
    found = []
    seen: dict[tuple[str | None, ...], int] = {}
    for position, entry in comparisons:
        place = ("comparisons", position)
        found += _subject_problems(place, entry, by_id, ids)
        if entry.other.version == version:
            what = "a version is compared with itself"
            found.append(problem((*place, "with"), "COMPARISON-SELF", what))
        if (entry.verdict == "order_only") != (entry.order is not None):
            found.append(
                problem(
                    place,
                    "COMPARISON-ORDER",
                    "'order' goes with the verdict order_only, and only with it",
                    wanted="order: higher or order: lower, this version's share beside the other's",
                )
            )
        key = (entry.question, entry.answer, *entry.other.model_dump().values())
        if key in seen:
            what = f"this pair has a verdict already, in comparison {seen[key] + 1}"
            found.append(problem(place, "COMPARISON-REPEATED", what))
        seen.setdefault(key, position)
    return found


def _subject_problems(
    place: tuple[str | int, ...],
    entry: Comparison,
    by_id: dict[str, Question],
    ids: Collection[str],
) -> list[Problem]:
    """A comparison of a question or an answer that this version does not have."""
    question = by_id.get(entry.question)
    if question is None and entry.question not in ids:
        guess = nearest(entry.question, ids)
        return [
            problem(
                (*place, "question"),
                "COMPARISON-QUESTION",
                f"no question called '{entry.question}' in this version",
                todo=f"did you mean '{guess}'?" if guess else "name a question of this file",
            )
        ]
    if question and entry.answer and entry.answer not in question.answer_codes:
        return [
            problem(
                (*place, "answer"),
                "COMPARISON-ANSWER",
                f"'{entry.answer}' is no answer of '{entry.question}'",
                wanted=listed(question.answer_codes),
            )
        ]
    return []
