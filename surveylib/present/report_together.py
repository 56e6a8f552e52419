"""Answers that are put together along a crosswalk, where a question as asked has the same name."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

from surveylib.present.report_chart import key

if TYPE_CHECKING:
    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.analysis.results import Estimate, Estimates

    Pair = TypeVar("Pair", Change, Refusal)

#: At the end of the name of a question on a page whose answers are put together.
TOGETHER = "--together"
_ENDS = ("from_estimate", "to_estimate")


def told_apart(estimates: Estimates, changes: Changes) -> Changes:
    """Changes of which each figure is the one that stands under its name.

    A harmonised question can have the name of one that was asked, and other answers below it. On a
    page it gets a name of its own then, or lines would join figures that were never compared.

    Args:
        estimates: Shares of questions as they were asked.
        changes: Changes, of these or of harmonised questions.
    """
    asked = {key(row): row for row in estimates.rows}
    pairs: list[Change | Refusal] = [*changes.rows, *changes.refused]
    names = {
        pair.question
        for pair in pairs
        for end in (pair.from_estimate, pair.to_estimate)
        if end is not None and _is_another(end, asked.get(key(end)))
    }
    if not names:
        return changes
    return dataclasses.replace(
        changes,
        rows=tuple(_renamed(row) if row.question in names else row for row in changes.rows),
        refused=tuple(_renamed(one) if one.question in names else one for one in changes.refused),
    )


def plain(question: str) -> str:
    """The name of a question without what a page adds.

    Args:
        question: The name on the page.

    >>> plain("programme--together"), plain("region")
    ('programme', 'region')
    """
    return question.removesuffix(TOGETHER)


def _is_another(end: Estimate, asked: Estimate | None) -> bool:
    return asked is not None and (asked.printed, asked.estimate, asked.n) != (
        end.printed, end.estimate, end.n
    )  # fmt: skip


def _renamed(pair: Pair) -> Pair:
    """A pair under its own name, its figures too."""
    ends = {
        name: dataclasses.replace(end, question=end.question + TOGETHER)
        for name in _ENDS
        if (end := getattr(pair, name)) is not None
    }
    return dataclasses.replace(pair, question=pair.question + TOGETHER, **ends)
