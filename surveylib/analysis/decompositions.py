"""Changes taken apart into who answered and what they said: frozen results."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.about import About
from surveylib.analysis.results import Shown, finite

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a change.

    Args:
        estimate: The part, later minus earlier; None where a group has no share in one of the
            waves.
        standard_error: Its standard error; None likewise.
        low: The lowest that the part may be: the estimate, where it is known.
        high: The highest.
        ci_low: Lower limit of the interval, of the lowest.
        ci_high: Upper limit, of the highest.
    """

    estimate: float | None
    standard_error: float | None
    low: float
    high: float
    ci_low: float
    ci_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group in both waves.

    Args:
        group: The answer that forms it.
        text: Its label.
        n_from: Respondents of the earlier wave; None of printed figures.
        n_to: Of the later wave.
        mix_from: Part of the respondents that it was, in [0, 1].
        mix_to: Part that it is.
        share_from: Its share with the answer in the earlier wave; None without one.
        share_to: In the later wave.
        mix: What its size adds to the change, set against the share of all.
        rate: What its own share adds.
    """

    group: str
    text: str
    n_from: int | None
    n_to: int | None
    mix_from: float
    mix_to: float
    share_from: float | None
    share_to: float | None
    mix: Share
    rate: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """The change of one answer between two waves, taken apart.

    Args:
        question: Question id.
        answer: Option code.
        by: The question whose answers form the groups.
        from_wave: The earlier wave.
        to_wave: The later wave.
        n_from: Respondents of the earlier wave who answered both questions; None where unknown.
        n_to: Of the later wave.
        share_from: The earlier share of these.
        share_to: The later share; both None where groups have no shares.
        change: Later minus earlier: `mix` and `rate` added up.
        mix: What a change of who answered makes of it, at the mean of the groups' shares.
        rate: What a change of the groups' own shares makes of it, at the mean of both mixes.
        mix_before: Of who answered, at the earlier shares of groups.
        rate_before: Of what groups say, at the earlier mix.
        both: What is left: changed in both at once.
        groups: What each group adds.
        comparability: The declared verdict on the two waves.
        samples: A name in `surveylib.analysis.series.overlap.SAMPLES`.
        confidence_level: Nominal coverage of each interval.
        df: Degrees of freedom.
        notes: What must be known.
        title: The question in a few words.
        answer_text: The answer's label.
        by_title: The grouping question in a few words.
    """

    question: str
    answer: str
    by: str
    from_wave: str
    to_wave: str
    n_from: int | None
    n_to: int | None
    share_from: float | None
    share_to: float | None
    change: Share
    mix: Share
    rate: Share
    mix_before: Share
    rate_before: Share
    both: Share
    groups: tuple[Group, ...]
    comparability: str
    samples: str
    confidence_level: float
    df: float
    notes: tuple[str, ...]
    title: str
    answer_text: str
    by_title: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Decompositions(Shown):
    """Changes taken apart, a row for each answer and two waves.

    Args:
        rows: The changes.
        refused: In words, what was not taken apart, and why.
        done: What was done so that waves can be compared, in words.
        design: How the samples were drawn, in words; empty for printed figures.
        caveats: What must be said of those who answered.
        about: When the waves were in the field, and what the groups are called.
    """

    rows: tuple[Decomposition, ...]
    refused: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row for each part of each change."""
        import pandas as pd  # noqa: PLC0415 - as results do without it until asked

        parts = ("change", "mix", "rate", "mix_before", "rate_before", "both")
        return pd.DataFrame([
            {
                "question": row.question, "answer": row.answer, "by": row.by,
                "from_wave": row.from_wave, "to_wave": row.to_wave, "part": part,
                **dataclasses.asdict(getattr(row, part)),
            }
            for row in self.rows for part in parts
        ])  # fmt: skip

    def groups_frame(self) -> pd.DataFrame:
        """One row for each group of each change."""
        import pandas as pd  # noqa: PLC0415 - likewise

        named = ("group", "n_from", "n_to", "mix_from", "mix_to", "share_from", "share_to")
        return pd.DataFrame([
            {
                "question": row.question, "answer": row.answer, "by": row.by,
                "from_wave": row.from_wave, "to_wave": row.to_wave,
                **{name: getattr(group, name) for name in named},
                "mix": group.mix.estimate, "rate": group.rate.estimate,
            }
            for row in self.rows for group in row.groups
        ])  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.decompositions/1",
            "design": self.design,
            "done": list(self.done),
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "refused": list(self.refused),
        }
