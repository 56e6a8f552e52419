"""What changed between two versions of a questionnaire, and what each change does."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Step(IntEnum):
    """How far the version number must move; a forbidden change has no number."""

    patch = 0
    minor = 1
    major = 2
    forbidden = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """One thing that changed between two versions.

    Args:
        question: Question id; empty for the questionnaire itself.
        kind: What kind of change, such as `wording` or `option added`.
        what: The change in one sentence.
        step: Which version step it needs.
        comparability: What it does to the series, before anybody declares more.
        alarms: Words that change what is measured, by kind.
    """

    question: str
    kind: str
    what: str
    step: Step
    comparability: str
    alarms: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`question: what (step; comparability)`."""
        alarms = f" Look twice: {', '.join(self.alarms)}." if self.alarms else ""
        place = f"{self.question}: " if self.question else ""
        return f"{place}{self.what} ({self.step.name}; {self.comparability}){alarms}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """Every change from an older version to a newer one."""

    older: str
    newer: str
    changes: tuple[VersionChange, ...]

    @property
    def step(self) -> Step | None:
        """The largest step that a change needs; None where nothing changed."""
        return max((change.step for change in self.changes), default=None)

    def __str__(self) -> str:
        """A line for each change, grouped by question, and the step that they need."""
        if self.step is None:
            return f"{self.older} → {self.newer}: nothing changed"
        count = "1 change" if len(self.changes) == 1 else f"{len(self.changes)} changes"
        head = f"{self.older} → {self.newer}: {count}, step: {self.step.name}"
        return "\n".join([head, *(f"  {change}" for change in self.changes)])

    __repr__ = __str__

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.version_diff/1",
            "older": self.older,
            "newer": self.newer,
            "step": None if self.step is None else self.step.name,
            "changes": [
                {
                    "question": change.question,
                    "kind": change.kind,
                    "what": change.what,
                    "step": change.step.name,
                    "comparability": change.comparability,
                    "alarms": list(change.alarms),
                }
                for change in self.changes
            ],
        }
