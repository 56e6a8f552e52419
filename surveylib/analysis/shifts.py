"""Shifts of ordered answers and of numbers in bands between two waves: frozen results."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.about import About
from surveylib.analysis.results import Shown, finite, rows_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Shares of answers up to one of them, in two waves.

    Args:
        up_to: The highest answer below the cut, as labelled; or `at most` a number.
        share_from: The earlier share, in [0, 1]; the lowest it can be, where bands do not say.
        share_from_high: The highest it can be; the same where bands say.
        share_to: The later share, likewise.
        share_to_high: The highest that can be.
        ci_low: Lower limit of later minus earlier; of the lowest that this can be.
        ci_high: Upper limit, of the highest.
        p_value: Two-sided; None where bands do not say the share.
        p_adjusted: The same for all cuts together (Holm); None likewise.
        verdict: `increased` or `decreased`, what of the share up to the cut; `sign known, size not`
            with its direction, where bands do not say the share; or `no change shown`.
    """

    up_to: str
    share_from: float
    share_from_high: float
    share_to: float
    share_to_high: float
    ci_low: float
    ci_high: float
    p_value: float | None
    p_adjusted: float | None
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How ordered answers moved between two waves.

    Args:
        question: Question id.
        domain: `question=answer` of the group; empty for all respondents.
        from_wave: The earlier wave.
        to_wave: The later wave.
        answers: The answers from low to high, after those that one wave cannot tell apart were put
            together.
        n_from: Respondents of the earlier wave who gave one of them.
        n_to: Of the later wave.
        superiority: The probability that a respondent of the later wave gave a higher answer than
            one of the earlier, ties counting half; 0.5 where nothing moved.
        ci_low: Lower limit of its interval.
        ci_high: Upper limit.
        p_value: Of its being 0.5, of the test that the interval inverts.
        df: Degrees of freedom; None for simple samples.
        verdict: `shifted up`, `shifted down`, `crosses` (up in one place, down in another), or
            `not shown`: what holds at every cut between two answers.
        strict: Whether it is shown at every single cut.
        cuts: The shares up to each answer.
        mean_low: Lowest that the change of a mean can be, of numbers in bands, with sampling error
            and with nothing known inside a band; None without bands or without a limit.
        mean_high: Highest.
        mean_low_if_alike: The same if the mean inside each band did not change.
        mean_high_if_alike: Highest.
        confidence_level: Nominal coverage.
        samples: The relation between the samples.
        comparability: The declared verdict on the two waves.
        notes: Why, and what a reader must know.
        title: The question in a few words.
        flags: What a reader must know of the shares of either wave, such as answers in quarantine.
    """

    question: str
    domain: str
    from_wave: str
    to_wave: str
    answers: tuple[str, ...]
    n_from: int
    n_to: int
    superiority: float
    ci_low: float
    ci_high: float
    p_value: float
    df: float | None
    verdict: str
    strict: bool
    cuts: tuple[Cut, ...]
    mean_low: float | None
    mean_high: float | None
    mean_low_if_alike: float | None
    mean_high_if_alike: float | None
    confidence_level: float
    samples: str
    comparability: str
    notes: tuple[str, ...]
    title: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Shifts(Shown):
    """Shifts of ordered answers, a row for each group and two waves.

    Args:
        rows: The shifts.
        refused: In words, what was not compared, and why.
        done: What was done so that waves can be compared, in words.
        design: How the samples were drawn, in words.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
    """

    rows: tuple[Shift, ...]
    refused: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row for each shift; what is not known is `<NA>`."""
        return rows_frame(Shift, self.rows, without=("cuts",))

    def cuts_frame(self) -> pd.DataFrame:
        """One row for each cut of each shift."""
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        parts = [
            rows_frame(Cut, row.cuts).assign(
                question=row.question, domain=row.domain, from_wave=row.from_wave,
                to_wave=row.to_wave)
            for row in self.rows
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.shifts/1",
            "design": self.design,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "done": list(self.done),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "refused": list(self.refused),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoverTable:
    """Who went from which answer to which, of people who answered in both waves.

    Args:
        question: Question id.
        domain: The group; empty for all.
        from_wave: The earlier wave.
        to_wave: The later wave.
        answers: K codes.
        counts: (K, K) people by earlier (row) and later answer; None where one is withheld.
        n: How many there are.
        left_out: People who answered in one of the waves only.
        stayed: Share of those who gave the same answer twice; None, as all tests, where counts are
            withheld.
        net: (K,) later minus earlier people of each answer.
        marginal_p_value: Of the shares being the same in both waves (Stuart 1955, Maxwell 1970);
            None where nobody changed.
        marginal_statistic: Its chi-squared; likewise.
        marginal_df: Its degrees of freedom.
        symmetry_p_value: Of as many going each way between any two answers (Bowker 1948).
        symmetry_statistic: Its chi-squared.
        symmetry_df: Its degrees of freedom.
        title: The question in a few words.
    """

    question: str
    domain: str
    from_wave: str
    to_wave: str
    answers: tuple[str, ...]
    counts: tuple[tuple[int | None, ...], ...]
    n: int
    left_out: int
    stayed: float | None
    net: tuple[int, ...]
    marginal_p_value: float | None
    marginal_statistic: float | None
    marginal_df: int | None
    symmetry_p_value: float | None
    symmetry_statistic: float | None
    symmetry_df: int | None
    title: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Turnovers(Shown):
    """Turnover tables, one for each group and two waves.

    Args:
        rows: The tables.
        refused: In words, the groups and waves without one, and why.
        done: What was done so that waves can be compared, in words.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
    """

    rows: tuple[TurnoverTable, ...]
    refused: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row for each cell: earlier and later answer, people, share of the row."""
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        lines = [
            {
                "question": row.question,
                "domain": row.domain,
                "from_wave": row.from_wave,
                "to_wave": row.to_wave,
                "earlier": row.answers[i],
                "later": row.answers[j],
                "n": count,
                "share_of_earlier": _part(count, line),
            }
            for row in self.rows
            for i, line in enumerate(row.counts)
            for j, count in enumerate(line)
        ]
        return pd.DataFrame(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.turnovers/1",
            "refused": list(self.refused),
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "done": list(self.done),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
        }


def _part(count: int | None, line: tuple[int | None, ...]) -> float | None:
    """A count as a share of its row; None where nobody is in it, or a count is withheld."""
    known = [one for one in line if one is not None]
    if count is None or len(known) < len(line) or not sum(known):
        return None
    return count / sum(known)
