"""How good the answers are: routes, limits, straight lines, times, and rows that are alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from surveylib.instrument.question import DateQuestion, Derived, MultiAnswer, NumberQuestion
from surveylib.present import quality_words as words
from surveylib.present.codebook_entries import Cell
from surveylib.present.quality_rows import has_ids
from surveylib.present.quality_words import Check, clear, look, table, unchecked
from surveylib.wave.quality import ALIKE_QUESTIONS, STRAIGHT_ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.question import Question
    from surveylib.present.codebook_entries import Table
    from surveylib.wave.door import Ingested
    from surveylib.wave.quality import Durations

#: Answers of several parts that contradict each other, by code.
_CONTRADICTIONS: Mapping[str, str] = {
    "ANSWERS-EXCLUSIVE": "an answer that stands alone, with others",
    "ANSWERS-SEVERAL": "more than one answer where one was asked for",
    "ANSWERS-MISSING": "a way of not answering, with an answer",
}


def checks(ingested: Ingested) -> list[Check]:
    """What was looked at beside single cells.

    Args:
        ingested: A wave with its accounts.
    """
    return [
        _off_route(ingested),
        _required(ingested),
        _ticks(ingested),
        _contradictions(ingested),
        _out_of_range(ingested),
        _straight(ingested),
        _durations(ingested),
        _duplicates(ingested),
    ]


def _questions(ingested: Ingested) -> list[Question]:
    return [entry.question for entry in ingested.wave.asked]


def _off_route(ingested: Ingested) -> Check:
    title, name = "Answers against the route", "routes"
    why = (
        "Somebody answered a question that their earlier answers should have led them past. The "
        "answers are kept; see whether the software or the routes in the questionnaire are wrong."
    )
    routed = [
        one
        for one in _questions(ingested)
        if one.base.condition is not None and not isinstance(one, Derived)
    ]
    if not routed:
        return unchecked(name, title, why, "No question has a route: there is nothing to check.")
    found = ingested.quality.off_route
    total = sum(found.values())
    if not total:
        checked = words.count(len(routed), "question with a route", "questions with a route")
        return clear(name, title, why, checked)
    rows = [
        (one.heading, Cell(one.id, code=True), _route(one), words.number(found[one.id]))
        for one in routed
        if found.get(one.id)
    ]
    heads = ("Question", "Id", "Asked only if", "Answered against it")
    return look(
        name,
        title,
        why,
        words.count(total, "answer"),
        told=words.rest(len(rows), "summary.json", "question"),
        tables=table(title, heads, rows[: words.MOST_ROWS]),
    )


def _route(question: Question) -> str:
    """Who is asked, as a condition in words."""
    condition = question.base.condition
    return "" if condition is None else condition.in_words()


def _required(ingested: Ingested) -> Check:
    title, name = "Required questions left open", "required"
    why = (
        "Nobody should have gone on without an answer to these. See whether the software really "
        "held respondents to it."
    )
    held = [one for one in _questions(ingested) if one.required]
    if not held:
        return unchecked(name, title, why, "No question is required: there is nothing to check.")
    return _by_question(
        ingested,
        (name, title, why),
        ingested.quality.required,
        words.count(len(held), "required question"),
        ("Question", "Id", "Left open"),
    )


def _ticks(ingested: Ingested) -> Check:
    title, name = "Too many or too few ticks", "ticks"
    why = (
        "More options were chosen than could be, or fewer. The answers are kept as they are; say "
        "in the report whether they count."
    )
    limited = [
        one
        for one in _questions(ingested)
        if isinstance(one, MultiAnswer) and (one.min_selected or one.max_selected)
    ]
    if not limited:
        reason = "No question limits the number of ticks: there is nothing to check."
        return unchecked(name, title, why, reason)
    return _by_question(
        ingested,
        (name, title, why),
        ingested.quality.ticks_over,
        words.count(len(limited), "question with a limit", "questions with a limit"),
        ("Question", "Id", "Answers"),
    )


def _by_question(
    ingested: Ingested,
    about: tuple[str, str, str],
    found: Mapping[str, int],
    checked: str,
    heads: tuple[str, str, str],
) -> Check:
    """A check that counts answers question by question."""
    total = sum(found.values())
    if not total:
        return clear(*about, checked)
    rows = [
        (one.heading, Cell(one.id, code=True), words.number(found[one.id]))
        for one in _questions(ingested)
        if found.get(one.id)
    ]
    return look(
        *about,
        words.count(total, "answer"),
        told=words.rest(len(rows), "summary.json", "question"),
        tables=table(about[1], heads, rows[: words.MOST_ROWS]),
    )


def _contradictions(ingested: Ingested) -> Check:
    title, name = "Answers that exclude each other", "exclusive"
    why = (
        "Two answers that cannot both be true, such as “none of these” with another. All of them "
        "are in quarantine; decide which was meant, or leave them there."
    )
    pairs = {
        (issue.question, issue.code, issue.record)
        for issue in ingested.taken.issues.cells
        if issue.code in _CONTRADICTIONS
    }
    if not pairs:
        return clear(
            name, title, why, "answers that stand alone, and questions that take one answer"
        )
    found = Counter((question, code) for question, code, _ in sorted(pairs))
    headings = {one.id: one.heading for one in _questions(ingested)}
    rows = [
        (
            headings[question],
            _CONTRADICTIONS[code],
            Cell(code, code=True),
            words.number(n),
        )
        for (question, code), n in found.items()
    ]
    return look(
        name,
        title,
        why,
        words.count(len(pairs), "answer"),
        told=words.rest(len(rows), "quarantine.csv"),
        tables=table(title, ("Question", "Given", "Code", "Answers"), rows[: words.MOST_ROWS]),
    )


def _limits(question: Question) -> bool:
    if isinstance(question, NumberQuestion):
        return question.minimum is not None or question.maximum is not None
    if isinstance(question, DateQuestion):
        return question.earliest is not None or question.latest is not None
    return False


def _out_of_range(ingested: Ingested) -> Check:
    title, name = "Numbers and dates out of range", "range"
    why = (
        "A number or a date that the question does not accept. They are in quarantine; a slip of "
        "the pen can be corrected in the file."
    )
    limited = [one for one in _questions(ingested) if _limits(one)]
    if not limited:
        reason = "No question limits numbers or dates: there is nothing to check."
        return unchecked(name, title, why, reason)
    out = [issue for issue in ingested.taken.issues.cells if issue.code == "CELL-RANGE"]
    if not out:
        checked = words.count(len(limited), "question with limits", "questions with limits")
        return clear(name, title, why, checked)
    wanted = {issue.question: issue.outcome.wanted for issue in out}
    n = Counter(issue.question for issue in out)
    rows = [
        (one.heading, Cell(one.id, code=True), wanted[one.id], words.number(n[one.id]))
        for one in limited
        if n[one.id]
    ]
    return look(
        name,
        title,
        why,
        words.count(len(out), "cell"),
        told=words.rest(len(rows), "quarantine.csv", "question"),
        tables=table(title, ("Question", "Id", "Accepted", "Cells"), rows[: words.MOST_ROWS]),
    )


def _straight(ingested: Ingested) -> Check:
    title, name = "Straight lines in grids", "straight"
    why = (
        "The same answer in every row can be an opinion, or a sign that nobody read the rows. "
        "Compare the shares with those of other waves before anybody is left out."
    )
    found = ingested.quality.straight
    if not found:
        reason = f"No grid has answers in {STRAIGHT_ROWS} rows or more: there is nothing to check."
        return unchecked(name, title, why, reason)
    headings = {entry.id: entry.heading for entry in ingested.wave.instrument.questions}
    rows = [
        (
            headings.get(one.grid, one.grid),
            Cell(one.grid, code=True),
            words.number(one.answered),
            words.number(one.straight),
            words.share(one.straight, one.answered),
        )
        for one in found
    ]
    heads = ("Grid", "Id", f"Answered at least {STRAIGHT_ROWS} rows", "All the same", "Share")
    if not any(one.straight for one in found):
        return clear(name, title, why, words.count(len(found), "grid"))
    return look(
        name,
        title,
        why,
        words.count(sum(one.straight for one in found), "straight line"),
        told=words.rest(len(rows), "summary.json", "grid"),
        tables=table(title, heads, rows[: words.MOST_ROWS]),
    )


def _durations(ingested: Ingested) -> Check:
    title, name = "Time taken", "times"
    why = (
        "Who took less than a third of the median time can hardly have read the questions. See "
        "whether the results change without them before anybody is left out."
    )
    times = ingested.quality.durations
    if times is None:
        reason = "The wave has no times that respondents took: they were not checked."
        return unchecked(name, title, why, reason)
    forward = times.known - times.reversed
    fast = times.speeders or times.reversed
    return Check(
        id=name,
        title=title,
        why=why,
        found=words.count(times.speeders, "speeder") if fast else "nothing to report",
        look=bool(fast),
        told=() if fast else (f"Checked: {words.count(times.known, 'time')}. Nothing to report.",),
        tables=_times(times, forward, ingested.wave.rows),
    )


def _times(times: Durations, forward: int, respondents: int) -> tuple[Table, ...]:
    low, high = times.quartiles
    rows = [
        ("Known", words.of(times.known, respondents)),
        ("Median", words.duration(times.median)),
        ("Quartiles", f"{words.duration(low)} and {words.duration(high)}"),
        ("Under a third of the median", words.of(times.speeders, forward)),
        ("Ended before they started", words.of(times.reversed, times.known)),
    ]
    return table("Time taken", ("Measure", "Time or respondents"), rows)


def _duplicates(ingested: Ingested) -> Check:
    title, name = "Duplicates", "duplicates"
    why = (
        "One person may stand in the file twice, by the same id or with the same answers. Short "
        "questionnaires have equal answers by chance; look at the times and at how people came."
    )
    told = ingested.accounts
    alike = ingested.quality.alike
    ids = has_ids(ingested)
    if not alike and not told.repeated_ids:
        by = "ids and answers" if ids else "answers (no ids were read)"
        checked = f"{by} of {words.count(told.accepted, 'respondent')}"
        return clear(name, title, why, checked)
    repeated = words.number(told.repeated_ids) if ids else "not checked: no ids were read"
    rows = [
        ("Ids that stand in more than one row", repeated),
        (
            f"Respondents with the answers of another, {ALIKE_QUESTIONS} answers or more",
            words.of(alike, told.accepted),
        ),
    ]
    parts = [
        text
        for n, text in (
            (told.repeated_ids, words.count(told.repeated_ids, "repeated id")),
            (alike, f"{words.number(alike)} with equal answers"),
        )
        if n
    ]
    return look(
        name,
        title,
        why,
        ", ".join(parts),
        tables=table(title, ("Alike", "Number"), rows),
    )
