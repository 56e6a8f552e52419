"""Results: frozen, and each remembers its question, base, method, level and source.

How a result shows itself is bound by the front door, because `present` rests on this room.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.about import About

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import altair as alt
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

#: `text`, `html`, `explain` and `chart`: how a result is shown.
VIEWS: dict[str, Callable[..., Any]] = {}


class Shown:
    """A result that can be printed, explained and drawn."""

    __slots__ = ()

    def __str__(self) -> str:
        """The result as a table for a terminal."""
        return str(VIEWS["text"](self))

    def __repr__(self) -> str:
        """The same, so that a result shows itself where it stands."""
        return str(self)

    def _repr_html_(self) -> str:
        """The result as a table for a notebook."""
        return str(VIEWS["html"](self))

    def explain(self) -> str:
        """How each number was computed, from which printed figures, and with what assumptions."""
        return str(VIEWS["explain"](self))

    def chart(
        self, kind: str | None = None, *, theme: Any = None, size: str = "page", **options: Any
    ) -> alt.VConcatChart:
        """Draw the result as an Altair chart, with its base, method and text.

        Args:
            kind: A kind of chart that fits the result; left out, its usual one. The message for
                one that does not fit lists those that do.
            theme: A `surveylib.Theme`; left out, ours.
            size: `page`, `slide`, `column`, or another size of the theme.
            options: Of single kinds: `neutral` of `diverging`, `bands` of `bands`.

        Raises:
            MethodError: No such kind, or it does not fit.
            MissingExtraError: The `report` extra is not installed.
        """
        return VIEWS["chart"](self, kind, theme=theme, size=size, **options)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One share in one wave. Shares and limits are proportions in [0, 1].

    Args:
        wave: Name of the wave.
        question: Question id.
        answer: Option code or missing state.
        domain: `question=answer` of the group; empty for all respondents.
        n: Size of the base: the one stated, or the largest that fits; None where unknown.
        n_low: The smallest base that the envelope allows for.
        n_effective: `n` divided by the design effect.
        estimate: The share as printed; None where it was printed in words only.
        estimate_low: Lowest possible share.
        estimate_high: Highest possible share.
        standard_error: Of a simple random sample of the effective size.
        ci_low: Lower limit of the interval for the estimate.
        ci_high: Upper limit.
        envelope_low: Lowest limit over every possible count and base.
        envelope_high: Highest limit.
        df: Degrees of freedom; None for the normal quantile of a simple random sample.
        design_effect: Assumed.
        base: Who was asked, in words.
        interval: Name of the interval method.
        confidence_level: Nominal coverage.
        flags: What a reader must know, by name.
        notes: The same in sentences.
        printed: The figure as printed.
        read_as: The number or words in it that were read.
        certainty: `verbatim` or `approximate`.
        source: Address where the figure was read.
        place: The file and line it was read from, below the folder of all waves.
        title: The question in a few words.
        question_text: The question.
        answer_text: The answer's label.
        simultaneous: By what the intervals of a question hold at once; empty where each is alone.
        n_kish: Effective n of the weights alone (Kish 1965), blind to strata and clusters; None
            unless asked for.
        statistic: `share` or `share_up_to`; or `mean`, `total`, `ratio` or `quantile` of a number,
            which has its own unit: limits then are in that unit too, and None where there is none.
    """

    wave: str
    question: str
    answer: str
    domain: str
    n: int | None
    n_low: int | None
    n_effective: float | None
    estimate: float | None
    estimate_low: float
    estimate_high: float
    standard_error: float | None
    ci_low: float | None
    ci_high: float | None
    envelope_low: float | None
    envelope_high: float | None
    df: float | None
    design_effect: float | None
    base: str
    interval: str
    confidence_level: float
    flags: tuple[str, ...]
    notes: tuple[str, ...]
    printed: str
    read_as: str
    certainty: str
    source: str
    place: str
    title: str
    question_text: str
    answer_text: str
    statistic: str = "share"
    simultaneous: str = ""
    n_kish: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPrinted:
    """An answer of the questionnaire for which no figure was printed."""

    wave: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Estimates(Shown):
    """Shares of one or more questions, a row for each wave, group and answer.

    Args:
        rows: The shares.
        not_printed: Answers of the questionnaire for which no figure was printed.
        covariance: (R, R) covariance of the estimates, row by row; None where no design was given,
            between several questions, of quantiles, and above 3,000 rows.
        design: How the samples were drawn, in words; empty for printed figures.
        caveats: What must be said of those who answered, where they are no random sample.
        about: When the waves were in the field, and what the groups are called.
        checked: What a standard of presentation said of the rows; empty where none was asked.
    """

    rows: tuple[Estimate, ...]
    not_printed: tuple[NotPrinted, ...] = ()
    covariance: NDArray[np.float64] | None = dataclasses.field(default=None, compare=False)
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)
    checked: str = ""

    def to_frame(self) -> pd.DataFrame:
        """One row for each wave, group and answer; what is not known is `<NA>`."""
        return rows_frame(Estimate, self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.estimates/1",
            "design": self.design,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "checked": self.checked,
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "not_printed": [dataclasses.asdict(row) for row in self.not_printed],
        }


def finite(value: Any) -> Any:
    """A value for JSON, at any depth: None stands for a number without limit, lists for tuples.

    >>> finite({"a": (float("inf"), {"b": 0.5})})
    {'a': [None, {'b': 0.5}]}
    """
    if isinstance(value, dict):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rows_frame(kind: type, rows: Sequence[Any], without: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of a dataclass as a frame whose types do not depend on what is missing.

    Args:
        kind: The dataclass.
        rows: Its instances.
        without: Fields to leave out.
    """
    # Imported here: a first estimate does without pandas and is faster for it.
    import pandas as pd  # noqa: PLC0415

    columns: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in without:
            continue
        values = [getattr(row, field.name) for row in rows]
        kind_of = str(field.type)
        if kind_of.startswith("tuple"):
            texts = ["; ".join(map(str, value)) for value in values]
            columns[field.name] = pd.array(texts, dtype="string")
        elif "float" in kind_of:
            columns[field.name] = pd.array(values, dtype="Float64")
        elif "int" in kind_of:
            columns[field.name] = pd.array(values, dtype="Int64")
        else:
            columns[field.name] = pd.array(values, dtype="string")
    return pd.DataFrame(columns)
