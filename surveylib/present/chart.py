"""A result as an Altair chart: which kinds of chart there are, and which fit a result.

Nothing depends on colour: what is comparable is told by lines, what was printed in words by
shape, what must not be compared by an open square and the sign ≠.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.changes import Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.plan import Plan
from surveylib.analysis.results import Estimates
from surveylib.analysis.shifts import Shifts, Turnovers
from surveylib.analysis.standardise import Standardised
from surveylib.analysis.trends import Trends
from surveylib.analysis.weight import Weights
from surveylib.errors import MethodError, listed, nearest, show
from surveylib.present import (
    bounded_chart,
    chart_bands,
    chart_ordered,
    chart_pairs,
    chart_parts,
    chart_rows,
    chart_series,
    shift_chart,
    trend_chart,
)
from surveylib.present.calm import calm
from surveylib.present.chart_caption import caption, figures_of, said
from surveylib.present.chart_look import Look, framed
from surveylib.present.chart_points import titles_of
from surveylib.present.labelled import labelled
from surveylib.present.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Kind(NamedTuple):
    """One kind of chart.

    Args:
        words: What it is, as the beginning of its text.
        of: The results that it may show.
        draw: The chart, without title and caption.
        reading: How to read it.
        why_not: Why it does not fit a result of these; empty where it does.
        options: Keywords that it takes.
    """

    words: str
    of: tuple[type, ...]
    draw: Callable[..., Any]
    reading: Callable[..., list[str]]
    why_not: Callable[[Any], str] = lambda _result: ""
    options: tuple[str, ...] = ()


def _no_rows(result: Any) -> str:
    return "" if result.rows else "the result has no rows"


def _one_wave(result: Any) -> str:
    waves = {row.wave for row in result.rows}
    return "" if len(waves) > 1 else "it needs shares of two waves or more"


def _one_group(result: Any) -> str:
    groups = {row.domain for row in result.rows}
    return "" if len(groups) > 1 else "it needs shares of two groups or more (by=)"


def _no_whole(result: Any) -> str:
    if chart_ordered.whole_of(result.rows):
        return ""
    return "it needs all answers of a question, which add up to everybody"


def _no_bands(result: Any) -> str:
    if any(row.statistic != "share" for row in result.rows):
        return "it needs shares of bands"
    if len(chart_bands.boxes_of(result.rows)) > 1 and len({r.question for r in result.rows}) == 1:
        return ""
    return (
        "it needs one question whose labels are bands of a number, or "
        "bands={'answer': (lowest, highest)}"
    )


def _no_series(result: Any) -> str:
    found = chart_series.series([*result.rows, *result.refused])
    return "" if found else "no two figures may be compared"


def _no_pairs(result: Any) -> str:
    return "" if chart_pairs.drawn_of(result) else "no change has two figures"


def _not_two(result: Any) -> str:
    entries = chart_pairs.drawn_of(result)
    pairs = {(entry.from_wave, entry.to_wave) for entry in entries}
    if not entries:
        return _no_pairs(result)
    return "" if len(pairs) == 1 else "it goes between two waves: name them in the call of change"


def _no_shares(result: Any) -> str:
    if trend_chart.drawn_of(result):
        return ""
    return (
        "a trend of all answers together has no share to draw: take a test of single answers, "
        "such as 'logistic'"
    )


_SHARES = (Estimates, Crosstab)

#: Every kind of chart; the first that is of a result is its usual one.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "rows": Kind(
            "Rows of points with intervals", _SHARES, chart_rows.draw_rows, chart_rows.reading,
            _no_rows,
        ),
        "waves": Kind(
            "Points with intervals over the waves", (Estimates,), chart_rows.draw_waves,
            chart_rows.reading_waves, _one_wave,
        ),
        "panels": Kind(
            "A panel of points with intervals for each group", _SHARES, chart_rows.draw_panels,
            chart_rows.reading, _one_group,
        ),
        "diverging": Kind(
            "Bars of ordered answers to both sides of their middle", _SHARES, chart_ordered.draw,
            chart_ordered.reading, _no_whole, ("neutral",),
        ),
        "bands": Kind(
            "Bands of a number as boxes", (Estimates,), chart_bands.draw, chart_bands.reading,
            _no_bands, ("bands",),
        ),
        "series": Kind(
            "Points with intervals over the waves, joined where they compare", (Changes,),
            chart_series.draw, chart_series.reading, _no_series,
        ),
        "slope": Kind(
            "A line for each change between two waves", (Changes,), chart_pairs.draw_slope,
            chart_pairs.reading_slope, _not_two,
        ),
        "arrows": Kind(
            "Arrows from the earlier to the later share", (Changes,), chart_pairs.draw_arrows,
            chart_pairs.reading_arrows, _no_pairs,
        ),
        "trend": Kind(
            "Shares over the waves, with a line where there is a trend", (Trends,),
            trend_chart.draw, trend_chart.reading, _no_shares,
        ),
        "cuts": Kind(
            "The share up to each answer in two waves", (Shifts,), shift_chart.draw,
            shift_chart.reading, _no_rows,
        ),
        "bounds": Kind(
            "Where the share of all may be, and that of those who answered", (Sensitivity,),
            bounded_chart.draw, bounded_chart.reading, _no_rows,
        ),
        "parts": Kind(
            "Bars of a change and its parts", (Decompositions,), chart_parts.draw,
            chart_parts.reading, _no_rows,
        ),
        "groups": Kind(
            "Bars of what each group adds to a change", (Decompositions,),
            chart_parts.draw_groups, chart_parts.reading, _no_rows,
        ),
        "mix": Kind(
            "Shares as they are and under one mix", (Standardised,), chart_parts.draw_mix,
            chart_parts.reading_mix, _no_rows,
        ),
    }
)  # fmt: skip


def _rows_of(result: Any) -> Any:
    """The result whose rows are drawn."""
    return result.within if isinstance(result, Crosstab) else result


def _of(result: Any) -> list[str]:
    """Kinds that are of such results, whether this one has what they need or not."""
    return [name for name, kind in KINDS.items() if isinstance(result, kind.of)]


def kinds_of(result: Any) -> list[str]:
    """The kinds of chart that fit a result, its usual one first.

    Args:
        result: The result.
    """
    rows = _rows_of(result)
    found = [name for name in _of(result) if not KINDS[name].why_not(rows)]
    # Groups are easier to read apart.
    return sorted(found, key=lambda name: name != "panels")


def _chosen(result: Any, kind: str | None, options: Mapping[str, Any]) -> str:
    """The kind to draw.

    Raises:
        MethodError: It does not fit, or takes no such option.
    """
    if isinstance(result, Turnovers | Plan | Weights):
        what = {Turnovers: "who went from which answer to which is", Plan: "a plan is"}
        message = f"{what.get(type(result), 'weights are')} a table: print it"
        raise MethodError(message)
    fitting = kinds_of(result)
    given = {name for name, value in options.items() if value is not None}
    if kind == "bands" and "bands" in given:
        fitting = [*fitting, kind]
    if kind is None and fitting:
        kind = fitting[0]
    if kind is None or kind not in fitting:
        raise MethodError(_why_not(result, kind, fitting))
    for name in sorted(given - set(KINDS[kind].options)):
        of = [one for one, entry in KINDS.items() if name in entry.options]
        message = f"{name}= belongs to charts of kind {listed(of)}; got kind '{kind}'"
        raise MethodError(message)
    return kind


def _why_not(result: Any, kind: str | None, fitting: list[str]) -> str:
    """Why a kind of chart does not fit, and which do."""
    usual = _of(result)
    if kind is None or (kind in usual and not fitting):
        reason = KINDS[kind or usual[0]].why_not(_rows_of(result))
        return f"nothing to draw: {reason}"
    choose = f"choose one of {listed(fitting)}" if fitting else "nothing here can be drawn"
    if not isinstance(kind, str) or kind not in KINDS:
        guess = nearest(str(kind), KINDS)
        hint = f"did you mean '{guess}'? " if guess else ""
        return f"no chart of kind {show(kind)}; {hint}{choose}"
    if kind not in usual:
        return f"a chart of kind '{kind}' is not of {type(result).__name__.lower()}; {choose}"
    return (
        f"a chart of kind '{kind}' does not fit: {KINDS[kind].why_not(_rows_of(result))}; {choose}"
    )


def draw(
    result: Any,
    kind: str | None = None,
    *,
    theme: Theme | None = None,
    size: str = "page",
    neutral: str | None = None,
    bands: Mapping[str, tuple[float, float | None]] | None = None,
) -> Any:
    """Draw a result.

    Args:
        result: The result.
        kind: A name in KINDS; left out, the usual one of such results.
        theme: Colours, letters and sizes; left out, ours.
        size: A size of the theme: `page`, `slide` or `column`.
        neutral: With `diverging`, the answer in the middle; left out, the middle one of an odd
            number.
        bands: With `bands`, the lowest and highest number of each answer, None without an end; left
            out, they are read from labels.

    Raises:
        MethodError: The kind does not fit, with those that do; or a result is a table.
        UnknownNameError: The theme has no such size.
        MissingExtraError: The `report` extra is not installed.
    """
    given: Any = Theme() if theme is None else theme
    if not isinstance(given, Theme):
        message = f"theme: got {show(theme)}, wanted surveylib.Theme(...)"
        raise MethodError(message)
    measured = given.sized(size)
    options = {"neutral": neutral, "bands": bands}
    name = _chosen(result, kind, options)
    look, result = Look(theme=given, size=measured), calm(labelled(result))
    entry, rows = KINDS[name], _rows_of(result)
    if bands is not None:
        chart_bands.check(rows.rows, bands)
    taken = {option: options[option] for option in entry.options}
    drawn = entry.draw(look, rows, **taken)
    reads = {option: bands for option in entry.options if option == "bands"}
    told: dict[str, Any] = {
        "title": _title(result), "reading": entry.reading(rows, **reads),
        "caption": caption(result), "said": said(result, entry.words),
    }  # fmt: skip
    from surveylib.present.chart_shown import shown  # noqa: PLC0415 - it names Altair's classes

    return shown(framed(look, drawn, **told))


def _title(result: Any) -> str:
    """What a chart is of, in a few words."""
    rows = result.rows if not isinstance(result, Crosstab) else result.within.rows
    if isinstance(result, Changes):
        rows = [row.to_estimate for row in result.rows] or figures_of(result)
    title = titles_of(rows)
    if isinstance(result, Decompositions):
        return f"{title}: the change taken apart"
    answers = dict.fromkeys(getattr(row, "answer_text", "") for row in rows)
    questions = {row.question for row in rows}
    # One answer alone is part of what the chart is of.
    alone = len(answers) == 1 and (len(questions) > 1 or not isinstance(result, Trends | Changes))
    label = next(iter(answers), "")
    return f"{title}: “{label}”" if alone and label and label != title else title


def alt_text(result: Any, kind: str | None = None) -> str:
    r"""What a chart of a result shows, for those who do not see it.

    It stands in every chart as its description.

    Args:
        result: The result.
        kind: As for `chart`; left out, the usual one.

    Raises:
        MethodError: The kind does not fit, or the result is a table.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> text = sl.alt_text(sl.estimate(study, "region/usa"))
        >>> print(text[:83].replace("\xa0", " "))
        Rows of points with intervals. 2016, USA: 61.1 % (56.0 to 65.9 %). 2018, USA: 54.4
    """
    # Bands that were given change the boxes, not what is said of them.
    known = kind if kind != "bands" or "bands" in kinds_of(result) else "rows"
    name = _chosen(result, known, {})
    return said(calm(labelled(result)), KINDS["bands" if kind == "bands" else name].words)
