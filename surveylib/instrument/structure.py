"""Rules between the parts of a questionnaire: routes, cases, sections, comparisons, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import listed, nearest
from surveylib.instrument.checking import Problem, problem
from surveylib.instrument.conditions import ways_to_answer
from surveylib.instrument.options import CaseOption
from surveylib.instrument.question import Derived
from surveylib.instrument.rules import twice

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from surveylib.instrument.conditions import Condition, Given
    from surveylib.instrument.model import Comparison, Decision, Follows, Section
    from surveylib.instrument.question import Question


MOST_COMPARED = 250


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
    by_id = {
        item.id: (position, item) for position, question in questions for item in question.items
    }
    for position, question in questions:
        place = ("questions", position)
        found += _route_problems(place, position, question, by_id, ids)
        if "." in question.id:
            what = f"question id '{question.id}' holds a dot, which names a row of a grid"
            found.append(problem((*place, "id"), "QUESTION-ID", what, todo="use _ instead"))
        texts = [("text", question.text)]
        texts += [("title", question.title)] if question.title else []
        texts += [(f"option '{option.code}'", option.label) for option in question.answers]
        texts += [(f"row '{row.id}'", row.text) for row in getattr(question, "rows", ())]
        for name, by_language in texts:
            if languages and languages[0] not in by_language:
                what = f"{name} of '{question.id}' has no '{languages[0]}', the source language"
                found.append(problem(place, "TEXT-LANGUAGE", what))
            for language in by_language if languages else ():
                if language not in languages:
                    what = f"{name} of '{question.id}' is in '{language}', which is not declared"
                    parts = {"wanted": listed(languages), "todo": "add it under 'languages'"}
                    found.append(problem(place, "TEXT-LANGUAGE", what, **parts))
    return found


def _route_problems(
    place: tuple[str | int, ...],
    position: int,
    question: Question,
    by_id: dict[str, tuple[int, Question]],
    ids: Collection[str],
) -> list[Problem]:
    """What is wrong with the conditions of one question: its base, and its cases."""
    conditions = []
    if question.base.condition is not None:
        conditions.append(((*place, "base", "if"), question.base.condition))
    for case, option in enumerate(question.answers):
        if isinstance(option, CaseOption):
            conditions.append(((*place, "options", case, "when"), option.when))
    found = [
        entry
        for where, condition in conditions
        for inner, atom in condition.atoms()
        for entry in _atom_problems((*where, *inner), atom, (position, question), by_id, ids)
    ]
    told = {str(atom.question) for _, condition in conditions for _, atom in condition.atoms()}
    if not found and told <= set(by_id) and isinstance(question, Derived):
        found += _case_problems(place, question, {name: by_id[name][1] for name in told})
    return found


def _atom_problems(
    where: tuple[str | int, ...],
    atom: Condition,
    asking: tuple[int, Question],
    by_id: dict[str, tuple[int, Question]],
    ids: Collection[str],
) -> list[Problem]:
    """A condition on a question that is not there, comes later, or cannot be answered like that."""
    position, question = asking
    name = str(atom.question)
    if name not in by_id:
        return _unknown_problems(where, name, question, by_id, ids)
    before, other = by_id[name]
    if before >= position:
        what = f"'{question.id}' is asked by the answer to '{name}', which does not come before it"
        return [problem(where, "ROUTE-ORDER", what, todo=f"move '{name}' in front")]
    if not atom.answers:
        if getattr(other, "kind", "") == "number":
            return []
        what = f"'{name}' is no question for a number, and has no range"
        return [problem(where, "ROUTE-ANSWER", what, todo="name answers: [...]")]
    known = [*(option.code for option in other.answers if not option.net_of), *other.missing]
    return [
        problem(
            (*where, "answers"),
            "ROUTE-ANSWER",
            f"'{answer}' is no answer of '{name}'",
            wanted=listed(known),
        )
        for answer in atom.answers
        if answer not in known
    ]


def _unknown_problems(
    where: tuple[str | int, ...],
    name: str,
    question: Question,
    by_id: dict[str, tuple[int, Question]],
    ids: Collection[str],
) -> list[Problem]:
    """A condition on what is no question here, or on a grid instead of a row of it."""
    rows = [item for item in by_id if item.startswith(f"{name}.")]
    if rows:
        what = f"'{name}' is a grid, and each of its rows has an answer of its own"
        return [problem(where, "ROUTE-ANSWER", what, wanted=listed(rows))]
    if name in ids:
        return []  # that question could not be read, and has faults of its own
    # Comparing every name with every other takes minutes in a file with thousands of wrong ones.
    guess = nearest(name, [*ids, *by_id]) if len(by_id) <= MOST_COMPARED else None
    what = f"'{question.id}' is asked by the answer to '{name}', no question here"
    todo = f"did you mean '{guess}'?" if guess else "name an earlier question of this file"
    return [problem(where, "ROUTE-UNKNOWN", what, todo=todo)]


def _case_problems(
    place: tuple[str | int, ...], question: Derived, sources: dict[str, Question]
) -> list[Problem]:
    """Combinations of answers that lead to two values of a derived question, or to none."""
    ways = ways_to_answer([option.when for option in question.options], sources)
    if ways is None:
        what = f"'{question.id}' rests on too many combinations of answers to check"
        return [problem((*place, "options"), "CASES-MANY", what, todo="derive it in steps")]
    twofold: dict[str, str] = {}
    for given in ways:
        values = [option.code for option in question.options if option.when.holds(given)]
        if len(values) == 1:
            continue
        shown = ", ".join(f"{name} {_shown(value)}" for name, value in given.items())
        code = "CASES-OVERLAP" if values else "CASES-GAP"
        what = f"lead to both {listed(values)}" if values else "lead to no value"
        twofold.setdefault(code, f"the answers {shown} {what}")
    return [problem((*place, "options"), code, what) for code, what in twofold.items()]


def _shown(value: Given) -> str:
    if isinstance(value, frozenset):
        return " and ".join(f"'{code}'" for code in sorted(value)) or "nothing ticked"
    return f"'{value}'"


def section_problems(sections: Sequence[Section], ids: Sequence[str]) -> list[Problem]:
    """Sections that leave a question out, hold one twice, or stand in another order."""
    if not sections:
        return []
    found = [
        problem(
            ("sections", again, "id"), "SECTION", f"section '{sections[again].id}' stands twice"
        )
        for again, _ in twice([section.id for section in sections])
    ]
    told = [name for section in sections for name in section.questions]
    for position, section in enumerate(sections):
        for name in section.questions:
            if name not in ids:
                what = f"section '{section.id}' holds '{name}', no question here"
                guess = nearest(name, ids)
                todo = f"did you mean '{guess}'?" if guess else "name a question of this file"
                place = ("sections", position, "questions")
                found.append(problem(place, "SECTION", what, todo=todo))
    if found:
        return found
    if left := [name for name in ids if name not in told]:
        return [problem(("sections",), "SECTION", f"no section holds {listed(left)}")]
    if told != list(ids):
        what = "sections hold the questions in another order, or one of them twice"
        return [problem(("sections",), "SECTION", what, wanted="the order of 'questions'")]
    return []


def text_problems(
    entries: Sequence[tuple[tuple[str | int, ...], dict[str, str]]], languages: Sequence[str]
) -> list[Problem]:
    """Texts of the questionnaire itself: in the source language, and in declared ones."""
    found = [
        problem(place, "TEXT-LANGUAGE", f"no '{languages[0]}', the source language")
        for place, texts in entries
        if languages[0] not in texts
    ]
    found += [
        problem(place, "TEXT-LANGUAGE", f"'{language}' is not declared", wanted=listed(languages))
        for place, texts in entries
        for language in texts
        if language not in languages
    ]
    return found


def language_problems(languages: Sequence[str]) -> list[Problem]:
    """Languages that are declared twice."""
    return [
        problem(("languages", again), "LANGUAGE-REPEATED", f"'{languages[again]}' stands twice")
        for again, _ in twice(languages)
    ]


def lineage_problems(follows: Follows, version: str, ids: Collection[str]) -> list[Problem]:
    """Decisions on the version before that say too little, twice, or what cannot be."""
    found = []
    if follows.version == version:
        found.append(problem(("follows", "version"), "FOLLOWS-SELF", "a version follows itself"))
    names = [entry.question for entry in follows.questions]
    for again, first in twice(names):
        what = f"'{names[again]}' is decided twice, first as entry {first + 1}"
        found.append(problem(("follows", "questions", again), "DECISION-REPEATED", what))
    for position, entry in enumerate(follows.questions):
        found += _decision_problems(("follows", "questions", position), entry, ids)
    return found


def _decision_problems(
    place: tuple[str | int, ...], entry: Decision, ids: Collection[str]
) -> list[Problem]:
    name, decision = entry.question, entry.decision
    found = []
    if decision in {"replaced", "dropped"} and not entry.reason:
        what = f"'{name}' is {decision}, and nobody says why"
        found.append(problem(place, "DECISION-REASON", what, todo="add 'reason:'"))
    if (decision == "replaced") != bool(entry.by):
        what = f"'{name}': 'by' names the questions that replace it, and goes with 'replaced'"
        found.append(problem(place, "DECISION-BY", what))
    if entry.verdict and not entry.reason:
        what = f"'{name}' has a verdict, and nobody says why"
        found.append(problem(place, "DECISION-REASON", what, todo="add 'reason:'"))
    if entry.verdict and (decision not in {"same", "replaced"} or len(entry.by) > 1):
        what = f"'{name}': a verdict compares one question with one other"
        todo = "leave it out, and declare each pair under 'comparisons'"
        found.append(problem((*place, "verdict"), "DECISION-VERDICT", what, todo=todo))
    if entry.verdict == "order_only":
        what = f"'{name}': the verdict order_only needs to say which share is higher"
        todo = "declare it under 'comparisons', with 'order:'"
        found.append(problem((*place, "verdict"), "DECISION-VERDICT", what, todo=todo))
    for new in entry.by:
        if new not in ids:
            guess = nearest(new, ids)
            what = f"'{name}' is replaced by '{new}', no question of this version"
            todo = f"did you mean '{guess}'?" if guess else "name a question of this file"
            found.append(problem((*place, "by"), "DECISION-BY", what, todo=todo))
    return found


def comparison_problems(
    comparisons: Sequence[tuple[int, Comparison]],
    questions: Sequence[tuple[int, Question]],
    ids: Collection[str],
    version: str,
) -> list[Problem]:
    """Verdicts on what this version does not have, given twice, or without what they need."""
    by_id = {name: one for _, question in questions for name, one in _subjects(question)}
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


def _subjects(question: Question) -> list[tuple[str, Question]]:
    """What of a question can be compared: itself, and the rows of a grid."""
    return [(question.id, question), *((item.id, item) for item in question.items)]


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
