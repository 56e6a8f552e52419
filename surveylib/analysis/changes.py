"""Changes between waves, and pairs that must not be compared: frozen results."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.about import About
from surveylib.analysis.results import Shown, finite, rows_frame

if TYPE_CHECKING:
    import pandas as pd

    from surveylib.analysis.results import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference of one share between two waves, later minus earlier, as proportions.

    Args:
        question: Question id in the later wave.
        answer: Answer in the later wave.
        from_wave: The earlier wave.
        to_wave: The later wave.
        from_estimate: The earlier share.
        to_estimate: The later share.
        difference: Of the shares as printed; None where one of them is known in words only.
        difference_low: Lowest possible difference.
        difference_high: Highest possible difference.
        ci_low: Lower limit of the interval for `difference`.
        ci_high: Upper limit.
        envelope_low: Lowest limit over every pair of possible counts.
        envelope_high: Highest limit.
        p_value: Of the test that the interval inverts.
        p_value_low: Lowest over every pair of possible counts.
        p_value_high: Highest.
        verdict: `increased`, `decreased`, `no change shown`, `no change beyond the margin`,
            `undetermined by rounding` or `undetermined by overlap`.
        comparability: The declared verdict on the two questions.
        notes: Why, always printed where the comparability is limited.
        method: Name of the difference method.
        confidence_level: Nominal coverage.
        samples: The relation between the samples.
        design_effect: Assumed for both waves.
        tolerated_design_effect: The design effect up to which the verdict holds; None where no
            change is shown for every possible count.
        pairs: How many pairs of possible counts were compared.
        steps: How many declared comparisons lead from one wave to the other.
        domain: `question=answer` of the group; empty for all respondents.
        measure: A name in MEASURES; `ci_low`, `ci_high`, `p_value` and `effect` are of it.
        effect: The change on the scale of its measure; None without an upper limit.
        standard_error: Of the difference; None for printed figures.
        df: Degrees of freedom; None for simple samples and printed figures.
        correlation: Between the two estimates; None for printed figures.
        overlap: What the samples share, in words; empty where nothing is known or shared.
        standard_error_if_independent: What it would be if the samples shared nobody.
        detectable: The smallest change, up, that these samples show with a power of 80 %; None
            where a change is shown, or none could be.
        detectable_down: The same, down.
        p_adjusted: For all changes of its family; None where no adjustment was asked for.
        family: Which changes were counted together, and how; empty likewise.
        margin: What counts as no change, as a proportion; None where it was not declared.
        equivalence: Of two one-sided tests against the margin: their p-value; None likewise.
    """

    question: str
    answer: str
    from_wave: str
    to_wave: str
    from_estimate: Estimate
    to_estimate: Estimate
    difference: float | None
    difference_low: float
    difference_high: float
    ci_low: float | None
    ci_high: float | None
    envelope_low: float
    envelope_high: float
    p_value: float | None
    p_value_low: float
    p_value_high: float
    verdict: str
    comparability: str
    notes: tuple[str, ...]
    method: str
    confidence_level: float
    samples: str
    design_effect: float
    tolerated_design_effect: float | None
    pairs: int
    steps: int
    domain: str = ""
    measure: str = "difference"
    effect: float | None = None
    standard_error: float | None = None
    df: float | None = None
    correlation: float | None = None
    overlap: str = ""
    standard_error_if_independent: float | None = None
    detectable: float | None = None
    detectable_down: float | None = None
    p_adjusted: float | None = None
    family: str = ""
    margin: float | None = None
    equivalence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A pair of answers that was not compared, and why.

    Args:
        question: Question id in the later wave.
        answer: Answer in the later wave.
        from_wave: The earlier wave.
        to_wave: The later wave.
        from_question: Question id in the earlier wave.
        from_answer: Answer in the earlier wave.
        comparability: The declared verdict; `undeclared`, or `no figure` where one is missing.
        order: With `order_only`: whether the later share is `higher` or `lower`.
        reasons: Why.
        from_estimate: The earlier share, where a figure was printed.
        to_estimate: The later share, where a figure was printed.
        title: The later question in a few words.
        from_title: The earlier question in a few words.
        answer_text: The later answer's label.
        from_answer_text: The earlier answer's label.
        steps: How many declared comparisons lead from one wave to the other.
        domain: `question=answer` of the group; empty for all respondents.
    """

    question: str
    answer: str
    from_wave: str
    to_wave: str
    from_question: str
    from_answer: str
    comparability: str
    order: str | None
    reasons: tuple[str, ...]
    from_estimate: Estimate | None
    to_estimate: Estimate | None
    title: str
    from_title: str
    answer_text: str
    from_answer_text: str
    steps: int
    domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Changes(Shown):
    """Changes between waves, and the pairs that must not be compared.

    Args:
        rows: The changes.
        refused: Pairs that were not compared, and why.
        done: What was done so that waves can be compared, in words.
        design: How the samples were drawn, in words; empty for printed figures.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
        checked: What a standard of presentation said of the rows; empty where none was asked.
    """

    rows: tuple[Change, ...]
    refused: tuple[Refusal, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)
    checked: str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row for each compared pair; what is not known is `<NA>`."""
        return rows_frame(Change, self.rows, without=("from_estimate", "to_estimate"))

    def refused_frame(self) -> pd.DataFrame:
        """One row for each pair that was not compared."""
        return rows_frame(Refusal, self.refused, without=("from_estimate", "to_estimate"))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.changes/1",
            "design": self.design,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "checked": self.checked,
            "done": list(self.done),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "refused": [finite(dataclasses.asdict(row)) for row in self.refused],
        }
