"""What those who did not answer leave open of shares and changes: frozen results."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.about import About
from surveylib.analysis.results import Shown, finite, rows_frame

if TYPE_CHECKING:
    import pandas as pd

    from surveylib.analysis.results import Estimate

#: What may be said of a change.
HOLDS = "holds whatever they said"
HOLDS_ALIKE = "holds if alike"
DEPENDS = "depends on them"
NOT_SHOWN = "no change shown"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedShare:
    """One share in one wave, among those who answered and among all who were asked.

    With a response rate, all who were asked are all who were invited.

    Args:
        wave: Name of the wave.
        question: Question id.
        answer: Option code.
        domain: `question=answer` of the group; empty for all respondents.
        answered: The share of those who answered; None where nobody did.
        n_asked: Respondents who were asked, not weighted; None where only figures survive.
        n_missing: Of them, those who did not answer; None likewise.
        states: How they did not answer, and how many each way.
        response_rate: Share of those invited who took part; None where it is not known.
        missing: Share of all who did not answer; None where it is not known.
        low: The share of all if nobody who did not answer would have given this answer; None
            where it is not known how many did not answer.
        high: The share of all if everybody of them would have.
        ci_low: Lower limit of an interval that covers the share of all, wherever between `low` and
            `high` it is; None where no variance can be estimated.
        ci_high: Upper limit.
        quantile: How many standard errors the interval reaches beyond the bounds.
        threshold: The share that the finding is about; None where none was given.
        finding: `above` or `below` the threshold, of those who answered; empty where neither is
            shown.
        estimate_tips: Share of this answer among those who did not answer at which the share of
            all is at the threshold; None where it is at no share.
        finding_tips: The same, at which the finding is not shown any more.
        verdict: `holds whatever they said`, `depends on them`, or empty without a finding.
        confidence_level: Nominal coverage.
        title: The question in a few words.
        answer_text: The answer's label.
        notes: What a reader must know, in sentences.
    """

    wave: str
    question: str
    answer: str
    domain: str
    answered: Estimate | None
    n_asked: int | None
    n_missing: int | None
    states: tuple[tuple[str, int], ...]
    response_rate: float | None
    missing: float | None
    low: float | None
    high: float | None
    ci_low: float | None
    ci_high: float | None
    quantile: float | None
    threshold: float | None
    finding: str
    estimate_tips: float | None
    finding_tips: float | None
    verdict: str
    confidence_level: float
    title: str
    answer_text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedChange:
    """The change of one share between two waves, later minus earlier, and what it may be.

    Limits are of intervals that cover the change of all, wherever between its bounds it is.

    Args:
        question: Question id in the later wave.
        answer: Option code in the later wave.
        domain: `question=answer` of the group; empty for all respondents.
        from_wave: The earlier wave.
        to_wave: The later wave.
        difference: Of those who answered; None where a share is known in words only.
        ci_low: Lower limit of its interval.
        ci_high: Upper limit.
        finding: `rise` or `fall`, of those who answered; empty where neither is shown.
        low: Lowest change of all, whatever those who did not answer would have said.
        high: Highest.
        free_low: Lower limit.
        free_high: Upper limit.
        same_low: Lowest change of all if the same share of those who did not answer would have
            given the answer in both waves.
        same_high: Highest.
        alike_low: Lower limit.
        alike_high: Upper limit.
        verdict: `holds whatever they said`, `holds if alike`, `depends on them`, or `no change
            shown`.
        from_answered: The earlier share of those who answered; None where it is in words.
        to_answered: The later one.
        from_tips: Share of the answer among those who did not answer in the earlier wave at which
            the finding is not shown any more, those of the later wave being like its answers;
            None where it is at no share, or nothing was found.
        to_tips: The same of the later wave.
        same_tips: The same of both waves, if it is the same share.
        same_side: Where the finding is undone: at `same_tips` and `above` it or `below` it; empty
            where there is none.
        among_missing: (S,) shares of the answer that are tried among those who did not answer.
        changes: (S, S) change of all, by the share in the earlier wave and in the later one.
        holds: (S, S) whether the finding is shown then; empty without a finding.
        comparability: The declared verdict on the two questions.
        confidence_level: Nominal coverage.
        answer_text: The later answer's label.
        notes: Why the two may be compared, and what a reader must know.
    """

    question: str
    answer: str
    domain: str
    from_wave: str
    to_wave: str
    difference: float | None
    ci_low: float
    ci_high: float
    finding: str
    low: float
    high: float
    free_low: float
    free_high: float
    same_low: float
    same_high: float
    alike_low: float
    alike_high: float
    verdict: str
    from_answered: float | None
    to_answered: float | None
    from_tips: float | None
    to_tips: float | None
    same_tips: float | None
    same_side: str
    among_missing: tuple[float, ...]
    changes: tuple[tuple[float, ...], ...]
    holds: tuple[tuple[bool, ...], ...]
    comparability: str
    confidence_level: float
    answer_text: str
    notes: tuple[str, ...] = ()


#: Fields that are no single value, and so no column.
_WIDE = ("among_missing", "changes", "holds")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Sensitivity(Shown):
    """What those who did not answer could make of a share in each wave, and of its changes.

    Args:
        rows: A share in each wave.
        changes: Each two waves that may be compared, and of which it is known who is missing.
        refused: In words, the pairs that are not there, and why.
        done: In words, what was put together, left out, and counted as what.
        design: How the samples were drawn, in words; empty for printed figures.
        respondents: Those who answered, as a reader must call them.
        method: How limits were computed; a name in `surveylib.stats.nonresponse.METHODS`.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
    """

    rows: tuple[BoundedShare, ...]
    changes: tuple[BoundedChange, ...] = ()
    refused: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""
    respondents: str = "those who answered"
    method: str = "wilson"
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row for each wave; what is not known is `<NA>`."""
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        frame = rows_frame(BoundedShare, self.rows, without=("answered", "states"))
        ends = [row.answered for row in self.rows]
        columns = {
            "answered": [None if end is None else end.estimate for end in ends],
            "answered_ci_low": [None if end is None else end.ci_low for end in ends],
            "answered_ci_high": [None if end is None else end.ci_high for end in ends],
        }
        for place, (name, values) in enumerate(columns.items(), start=4):
            frame.insert(place, name, pd.Series(values, dtype="Float64"))
        return frame

    def changes_frame(self) -> pd.DataFrame:
        """One row for each two waves; what is not known is `<NA>`."""
        return rows_frame(BoundedChange, self.changes, without=_WIDE)

    def tipping_frame(self) -> pd.DataFrame:
        """One row for each two waves and each two shares among those who did not answer in them."""
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        lines = [
            {
                "from_wave": row.from_wave,
                "to_wave": row.to_wave,
                "from_share": before,
                "to_share": after,
                "change": row.changes[i][j],
                "holds": row.holds[i][j] if row.holds else None,
            }
            for row in self.changes
            for i, before in enumerate(row.among_missing)
            for j, after in enumerate(row.among_missing)
        ]
        names = ["from_wave", "to_wave", "from_share", "to_share", "change", "holds"]
        return pd.DataFrame(lines, columns=names).astype({"holds": "boolean"})

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.sensitivity/1",
            "method": self.method,
            "design": self.design,
            "respondents": self.respondents,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "done": list(self.done),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "changes": [finite(dataclasses.asdict(row)) for row in self.changes],
            "refused": list(self.refused),
        }
