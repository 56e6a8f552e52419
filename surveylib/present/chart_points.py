"""Figures as the points of a chart, and what each series of panels says of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.present import numbers
from surveylib.present.disclosure_rules import parts_of
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.present.chart_look import Look

KINDS = ("number", "words", "other")
SHAPES = ("circle", "diamond", "square")
#: Ways of not answering that may stand beside answers.
MISSING = frozenset([*STATES[1:], *OFFERED])


def is_drawn(row: Any) -> bool:
    """Whether there is anything to draw of a figure; of one that was withheld there is not.

    Args:
        row: A figure.
    """
    if row is None or numbers.is_withheld(row):
        return False
    return row.estimate_low is not None and row.estimate_high is not None


def point_of(row: Estimate, place: float, kind: str) -> dict[str, Any]:
    """A figure with its interval, as a row of a chart; a range stands at its middle.

    Args:
        row: The figure.
        place: Where it stands along the waves.
        kind: `number`, `words` or `other`.
    """
    low, high = row.estimate_low, row.estimate_high
    if math.isinf(high):  # a mean of bands whose last has no end
        high = low
    share = row.estimate if row.estimate is not None else (low + high) / 2
    return {
        "year": place,
        "wave": row.wave,
        "share": share,
        "low": row.envelope_low if row.envelope_low is not None else low,
        "high": row.envelope_high if row.envelope_high is not None else high,
        "words_low": low,
        "words_high": high,
        "kind": kind,
        "label": numbers.share(row),
        "answer": row.answer_text,
    }


def kind_of(row: Estimate) -> str:
    """How a figure was printed: as a number, or in words.

    Args:
        row: The figure.
    """
    return "words" if row.estimate is None else "number"


def group_of(domain: str) -> str:
    """The answers that form a group, without the questions.

    Args:
        domain: `question=answer`, several with commas; labels in place of answers.

    >>> group_of("region=usa, size=small")
    'usa, small'
    """
    return ", ".join(answer for _, answer in parts_of(domain)).replace("_", " ")


def name_of(row: Any) -> str:
    """An answer and its group.

    Args:
        row: A figure, a change or a trend.
    """
    group = group_of(row.domain)
    name = row.answer_text or row.answer or row.title
    return f"{name} ({group})" if group else str(name)


def told_of(row: Estimate) -> str:
    """A figure in digits, or that it is withheld.

    Args:
        row: The figure.
    """
    if is_drawn(row) or numbers.is_withheld(row):
        found: str = numbers.share(row)
        return found
    return "not known"


def titles_of(rows: Iterable[Any]) -> str:
    """What rows are of, in a few words, each once.

    Args:
        rows: Rows with a `title`.
    """
    found = list(dict.fromkeys(row.title for row in rows if row.title))
    if len(found) > 1:
        heads = {title.partition(": ")[0] for title in found if ": " in title}
        if len(heads) == 1 and all(": " in title for title in found):
            (head,) = heads
            return str(head)
    shown = "; ".join(found[:3])
    return f"{shown} and {len(found) - 3} more" if len(found) > 3 else shown


def short_title(title: str, whole: str) -> str:
    """The title of one question below the title of all.

    Args:
        title: Of the question.
        whole: Of all, by `titles_of`.

    >>> short_title("Policy: releasing code", "Policy")
    'releasing code'
    """
    return title.removeprefix(f"{whole}: ")


def level_of(rows: Sequence[Any]) -> str:
    """The level of intervals, in percent.

    Args:
        rows: Rows with a `confidence_level`.
    """
    levels = dict.fromkeys(f"{row.confidence_level * 100:g}" for row in rows)
    return f"{' and '.join(levels)}{numbers.SPACE}%"


def marks(look: Look, base: Any, x: Any, y: Any, *, low: Any = None) -> list[Any]:
    """Intervals and points, whose shape says how a figure was printed.

    Args:
        look: The look.
        base: A chart of rows from `point_of`.
        x: The axis from left to right.
        y: The axis from the foot up.
        low: The axis from left to right, of `low`, where intervals lie along it; None where they
            stand.
    """
    alt, theme, text = look.alt, look.theme, look.size.text
    filled = alt.Scale(domain=KINDS, range=[theme.main, theme.main, "#ffffff"])
    edged = alt.Scale(domain=KINDS, range=[theme.main, theme.main, theme.quiet])
    shaped = alt.Scale(domain=KINDS, range=SHAPES)
    stroke = alt.Stroke("kind:N", scale=edged, legend=None)
    ends: dict[str, Any] = {"x": low, "x2": "high:Q", "y": y}
    if low is None:
        ends = {"x": x, "y": alt.Y("low:Q"), "y2": "high:Q"}
    return [
        base.mark_rule(strokeWidth=0.15 * text).encode(stroke=stroke, **ends),
        base.mark_point(size=0.3 * text**2, strokeWidth=0.13 * text, opacity=1).encode(
            x=x, y=y, shape=alt.Shape("kind:N", scale=shaped, legend=None),
            fill=alt.Fill("kind:N", scale=filled, legend=None), stroke=stroke,
        ),
    ]  # fmt: skip


#: What shapes say.
READ_WORDS = "Diamonds: printed in words, in the middle of what these may stand for."
