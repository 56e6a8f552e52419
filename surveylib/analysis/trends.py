"""Trends over three waves or more: frozen results."""

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
class Segment:
    """A stretch of years with one slope, and how it differs from the stretch before it.

    Args:
        from_time: Where it begins, in years: the first wave, or a joint.
        to_time: Where it ends.
        slope: Change of the share in a year, as a proportion; of a logistic regression the fitted
            share at the end less that at the beginning, for each year between them.
        slope_low: Lower limit of its interval.
        slope_high: Upper limit.
        p_value: Of the test that there is no slope; of a logistic regression that of `odds_ratio`.
        verdict: `rising`, `falling` or `no trend shown`, by this p-value alone.
        odds_ratio: Of a logistic regression, by what the odds are multiplied in a year; None
            of others, as are its limits.
        odds_low: Lower limit.
        odds_high: Upper limit.
        bend: The slope less that of the stretch before; None for the first stretch, of a logistic
            regression, and where joints were looked for on shares alone.
        bend_low: Lower limit; None likewise.
        bend_high: Upper limit.
        odds_bend: Of a logistic regression, `odds_ratio` over that of the stretch before; None for
            the first stretch, and of others. Odds can bend the other way than shares do.
        odds_bend_low: Lower limit.
        odds_bend_high: Upper limit.
        bend_p_value: Of the test that nothing bends where the stretch begins; it belongs to the
            interval of `bend`, or of `odds_bend`.
    """

    from_time: float
    to_time: float
    slope: float
    slope_low: float
    slope_high: float
    p_value: float
    verdict: str
    odds_ratio: float | None = None
    odds_low: float | None = None
    odds_high: float | None = None
    bend: float | None = None
    bend_low: float | None = None
    bend_high: float | None = None
    odds_bend: float | None = None
    odds_bend_low: float | None = None
    odds_bend_high: float | None = None
    bend_p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How the share of one answer, or all answers of a question, moved over three waves or more.

    Args:
        question: Question id.
        answer: Option code or missing state; empty for a test of all answers together.
        domain: `question=answer` of the group; empty for all respondents.
        waves: Names of the waves that were compared, in time order.
        times: Their times in years, or the scores that were given.
        points: The share in each wave; of several answers together, none.
        slope: Change in a year, as a proportion: the straight line through the shares, which
            weigh by their respondents, or with `least-squares` by their covariance; None for
            several answers together.
        slope_low: Lower limit of its interval.
        slope_high: Upper limit.
        test: A name in TESTS.
        statistic: Of the test.
        statistic_name: What it is: `z`, `chi-squared`, `F`, `t`.
        df: Its degrees of freedom; the first of two for F.
        df_denominator: The second; None where there is none.
        p_value: Of the test; of a printed series at the shares as printed.
        p_value_low: Lowest over all that the printed figures may be; equal to it otherwise.
        p_value_high: Highest.
        alternative: `two-sided`, `increasing` or `decreasing`.
        lack_of_fit: The p-value of the shares not lying on a straight line; None without one.
        curved: The p-value of the bends of a model with more than a straight line, such as one with
            joints that were given; None likewise.
        effect: The size on the test's own scale, in words, such as an odds ratio per year.
        segments: Stretches with slopes of their own, where joints were given, or looked for and
            found.
        verdict: `rising`, `falling`, `no trend shown`, `changing` where a test has no direction,
            or `undetermined by rounding`.
        comparability: The worst verdict between any two of the waves.
        notes: Why, and what a reader must know.
        samples: The relation between the samples.
        confidence_level: Nominal coverage of intervals; the verdict is at 1 minus it.
        p_adjusted: For all trends of its family; None where no adjustment was asked for.
        family: Which were counted together, and how.
        title: The question in a few words.
        answer_text: The answer's label.
    """

    question: str
    answer: str
    domain: str
    waves: tuple[str, ...]
    times: tuple[float, ...]
    points: tuple[Estimate, ...]
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    test: str
    statistic: float
    statistic_name: str
    df: float | None
    df_denominator: float | None
    p_value: float
    p_value_low: float
    p_value_high: float
    alternative: str
    lack_of_fit: float | None
    curved: float | None
    effect: str
    segments: tuple[Segment, ...]
    verdict: str
    comparability: str
    notes: tuple[str, ...]
    samples: str
    confidence_level: float
    p_adjusted: float | None
    family: str
    title: str
    answer_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoTrend:
    """A series without a trend to speak of, and why.

    Args:
        question: Question id.
        answer: Option code; empty for all answers.
        domain: The group.
        waves: The waves that it has.
        reason: Why there is no trend: too few waves that may be compared, or a test that cannot be.
    """

    question: str
    answer: str
    domain: str
    waves: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Trends(Shown):
    """Trends of one question or more, a row for each run of waves, group and answer.

    Args:
        rows: The trends.
        refused: Series without one, and why.
        done: What was done so that waves can be compared, in words.
        design: How the samples were drawn, in words; empty for printed figures.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
        checked: What a standard of presentation said of the rows; empty where none was asked.
    """

    rows: tuple[Trend, ...]
    refused: tuple[NoTrend, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)
    checked: str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row for each trend; what is not known is `<NA>`."""
        return rows_frame(Trend, self.rows, without=("points", "segments"))

    def segments_frame(self) -> pd.DataFrame:
        """One row for each stretch of each trend that has joints."""
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        parts = [
            rows_frame(Segment, row.segments).assign(
                question=row.question, answer=row.answer, domain=row.domain)
            for row in self.rows
        ]  # fmt: skip
        return pd.concat(parts or [rows_frame(Segment, ())], ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.trends/1",
            "design": self.design,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "checked": self.checked,
            "done": list(self.done),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "refused": [dataclasses.asdict(row) for row in self.refused],
        }
