"""Shares of bands under a design → what they say of the numbers: quantiles, mean, shares below.

What the bands say without a guess is a range; interpolation and fitted distributions are guesses,
and a result carries the name of its guess.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.rows import (
    NO_FREEDOM,
    Found,
    estimate_row,
    number_name,
    quantile_name,
)
from surveylib.analysis.samples import freedom, is_simple
from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats import censored, intervals, ordered, sizes, turnbull
from surveylib.stats.banded import Shares
from surveylib.stats.interpolation import interpolated_quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.linear import Spread
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.rows import About
    from surveylib.analysis.samples import Held, LineSample, RowSample
    from surveylib.analysis.shares import ShareSums

    Floats = NDArray[np.float64]
    _Computes = Callable[["Banded", float | None, Asked], "Figure"]


#: Logarithm of a factor beyond which a limit says nothing.
_MOST = 300.0
_RANGE = ("range", "The bands leave a range; the envelope is the interval of its ends.")


class Banded(NamedTuple):
    """One group's answers in bands.

    Args:
        lows: (B,) lowest number of each band.
        highs: (B,) highest; the last may be infinite.
        shares: (B,) shares and their (B, B) covariance.
        n: Respondents in a band.
        weight: Sum of their weights.
        df: Degrees of freedom; infinite for a simple sample.
    """

    lows: Floats
    highs: Floats
    shares: Shares
    n: int
    weight: float
    df: float


class Figure(NamedTuple):
    """A figure from bands: a value or a range, its standard error, and its interval."""

    low: float
    high: float
    standard_error: float | None
    limits: tuple[float | None, float | None]
    notes: tuple[str, ...]


def band_rows(
    found: tuple[ShareSums, Spread, Held],
    sample: RowSample | LineSample,
    bands: Sequence[tuple[float, float]],
    about: About,
    asked: Asked,
) -> Found:
    """A row for each group, and for each quantile or threshold.

    Args:
        found: Shares (D, B) of the bands, their spread, and the units that hold each group.
        sample: The sample.
        bands: The lowest and highest number of each band, in order.
        about: What the rows have in common.
        asked: The statistic, its parts, the interval, and its level.

    Raises:
        MethodError: No such model, or bands that do not stand in order.
        NotEstimableError: More groups than a covariance is kept for.
    """
    rows: list[Estimate] = []
    figures = FIGURES.get(asked.statistic, {})
    model = asked.model or next(iter(figures), "")
    if model not in figures:
        known = figures or [name for name in FIGURES if name != "quantile"]
        kind = "model" if figures else "statistic of bands"
        raise MethodError(no_method(kind, model or asked.statistic, known))
    compute = figures[model]
    for group, banded in _groups(found, sample, bands):
        parts = asked.q if asked.statistic == "quantile" else asked.threshold or (None,)
        for part in parts:
            figure = compute(banded, part, asked)
            told = {**about.told, "domain": sample.names[group], **_name(asked, part)}
            rows.append(_row(told, banded, figure, asked))
    return Found(rows, None)


def _groups(
    found: tuple[ShareSums, Spread, Held],
    sample: RowSample | LineSample,
    bands: Sequence[tuple[float, float]],
) -> Iterator[tuple[int, Banded]]:
    """The groups that hold anybody, with the shares of their bands."""
    sums, spread, units = found
    if spread.covariance is None:
        raise NotEstimableError("too many groups to keep the covariance of their bands")
    if not np.isfinite(spread.covariance).all():
        raise NotEstimableError("a set of replicate weights leaves nobody in one of the groups")
    lows, highs = np.array(bands, np.float64).T
    simple = is_simple(sample.units)
    df = freedom(units, sample)
    n, k = sums.n, len(bands)
    for group in np.flatnonzero(n[:, 0] > 0).tolist():
        block = slice(group * k, (group + 1) * k)
        shares = Shares(estimate=sums.estimates[group], covariance=spread.covariance[block, block])
        freed = math.inf if simple else df[group]
        yield (
            group,
            Banded(lows, highs, shares, int(n[group, 0]), float(sums.base[group, 0]), freed or 0.0),
        )


def _name(asked: Asked, part: float | None) -> dict[str, str]:
    """How a figure is told from others of the same question."""
    if part is None:
        return {"answer": "", "answer_text": ""}
    if asked.statistic == "quantile":
        return {"answer": f"q{number_name(part)}", "answer_text": quantile_name(part)}
    name = number_name(part)
    return {"answer": f"up_to_{name}", "answer_text": f"at most {name}"}


def _row(told: Mapping[str, Any], banded: Banded, figure: Figure, asked: Asked) -> Estimate:
    exact = figure.low == figure.high
    numbers = {
        "n": banded.n,
        "n_effective": None,
        "estimate": figure.low if exact else None,
        "standard_error": figure.standard_error,
        "df": banded.df or None,
        "design_effect": None,
        "printed": f"{figure.low:.6g}" if exact else f"{figure.low:.6g} to {figure.high:.6g}",
        "read_as": f"{figure.low:.6g}",
    }
    note = " ".join(figure.notes)
    guess = {"flags": ("from_bands",), "notes": (note,)} if note else {"flags": (), "notes": ()}
    told = {**told, **{name: (*told.get(name, ()), *guess[name]) for name in guess}}
    limits = figure.limits if exact and banded.df else None
    row = estimate_row(told, numbers, limits, asked, NO_FREEDOM if not banded.df else _RANGE)
    low, high = figure.limits
    return replace(
        row,
        estimate_low=figure.low,
        estimate_high=figure.high,
        envelope_low=low,
        envelope_high=high,
    )


def _finite(value: Any) -> float | None:
    """A limit; None where there is none."""
    return float(value) if math.isfinite(value) else None


def _interpolated(banded: Banded, q: float | None, asked: Asked) -> Figure:
    try:
        found = interpolated_quantile(
            q or 0.5,
            banded.lows,
            banded.highs,
            banded.shares.estimate,
            covariance=banded.shares.covariance,
            n=banded.n,
            df=banded.df or math.inf,
            method=asked.interval,
            confidence_level=asked.confidence_level,
        )
    except NotEstimableError as error:
        # What it says to take is a function of its own: here it is a model.
        raise NotEstimableError(str(error).replace("quantile_bounds", "model='bounds'")) from error
    limits = (_finite(found.low), _finite(found.high)) if banded.df else (None, None)
    note = "Interpolated inside its band, as if answers were spread evenly there."
    value = float(found.estimate)
    return Figure(value, value, _finite(found.standard_error), limits, (note,))


def _bounded_quantile(banded: Banded, q: float | None, asked: Asked) -> Figure:
    found = ordered.quantile_bounds(
        q or 0.5,
        banded.lows,
        banded.highs,
        banded.shares.estimate,
        covariance=banded.shares.covariance,
        n=banded.n,
        df=banded.df or math.inf,
        method=asked.interval,
        confidence_level=asked.confidence_level,
    )
    limits = (_finite(found.low), _finite(found.high)) if banded.df else (None, None)
    note = "Somewhere in this band; no more is known."
    return Figure(float(found.band.low), float(found.band.high), None, limits, (note,))


def _bounded_mean(banded: Banded, _part: float | None, asked: Asked) -> Figure:
    found = ordered.mean_bounds(
        banded.lows,
        banded.highs,
        banded.shares.estimate,
        covariance=banded.shares.covariance,
        cap=asked.cap,
    )
    t = _quantile(banded, asked)
    ends = (
        (found.low - t * found.low_standard_error, found.high + t * found.high_standard_error)
        if banded.df and math.isfinite(found.high)
        else (found.low - t * found.low_standard_error, math.inf)
    )
    note = "Everybody at the low end of their band, or everybody at its high end."
    if math.isinf(found.high):
        note += " The last band has no end: there is no upper limit without a cap."
    limits = (_finite(ends[0]), _finite(ends[1])) if banded.df else (None, None)
    return Figure(float(found.low), float(found.high), None, limits, (note,))


def _up_to(banded: Banded, threshold: float | None, asked: Asked) -> Figure:
    found = ordered.share_up_to(
        float(threshold or 0),
        banded.lows,
        banded.highs,
        banded.shares.estimate,
        covariance=banded.shares.covariance,
    )
    limits = [
        intervals.design_proportion(
            share,
            banded.n,
            n_effective=share * (1 - share) / error**2 if error > 0 else float(banded.n),
            df=banded.df or math.inf,
            method=asked.interval,
            confidence_level=asked.confidence_level,
        )
        for share, error in (
            (min(max(found.low, 0.0), 1.0), found.low_standard_error),
            (min(max(found.high, 0.0), 1.0), found.high_standard_error),
        )
    ]
    exact = found.low == found.high
    note = "" if exact else "One band holds numbers on both sides, so that only a range is known."
    ends = (float(limits[0].low), float(limits[1].high)) if banded.df else (None, None)
    error = float(found.low_standard_error) if exact else None
    return Figure(float(found.low), float(found.high), error, ends, (note,))


def _fitted(model: str) -> _Computes:
    """A figure of a fitted distribution."""

    def compute(banded: Banded, q: float | None, asked: Asked) -> Figure:
        fit = censored.fit(
            banded.lows,
            banded.highs,
            banded.shares.estimate,
            covariance=banded.shares.covariance,
            n=banded.n,
            model=model,
        )
        found = fit.mean if q is None else fit.quantile(q)
        t = _quantile(banded, asked)
        # On the logarithm: numbers from 0 have no negative mean or quantile.
        spread = t * found.standard_error / found.value if found.value > 0 else 0.0
        factor = math.exp(min(spread, _MOST))
        ends = found.value / factor, found.value * factor
        limits = (_finite(ends[0]), _finite(ends[1])) if banded.df else (None, None)
        fitted = ", ".join(f"{share:.3f}" for share in fit.shares.tolist())
        seen = ", ".join(f"{share:.3f}" for share in banded.shares.estimate.tolist())
        told = f"Of a {fit.model} distribution, whose bands have {fitted}; answers have {seen}."
        return Figure(found.value, found.value, found.standard_error, limits, (told,))

    return compute


def _pooled(compute: _Computes) -> _Computes:
    """The same figure from the narrower bands whose shares make the answers most likely."""

    def narrower(banded: Banded, part: float | None, asked: Asked) -> Figure:
        shares = banded.shares
        found = turnbull.pooled(banded.lows, banded.highs, shares.estimate, shares.covariance)
        lows, highs = found.lows, found.highs
        figure = compute(banded._replace(lows=lows, highs=highs, shares=found.shares), part, asked)
        bands = zip(lows.tolist(), highs.tolist(), found.shares.estimate.tolist(), strict=True)
        listed = ", ".join(f"{_band(low, high)}: {share * 100:.1f} %" for low, high, share in bands)
        told = f"Turnbull's estimate puts numbers where most bands hold them: {listed}."
        if found.none:
            told += " A share of 0 is taken as known."
        return figure._replace(notes=(told, *figure.notes))

    return narrower


def _band(low: float, high: float) -> str:
    """A band in words.

    >>> _band(1.0, 10.0), _band(51.0, math.inf)
    ('1 to 10', '51 or more')
    """
    name = number_name(low)
    return f"{name} or more" if math.isinf(high) else f"{name} to {number_name(high)}"


def _quantile(banded: Banded, asked: Asked) -> float:
    df = np.array(banded.df or math.inf)
    return float(sizes.quantile(df, 1 - asked.confidence_level))


#: By statistic, the ways in which it comes from bands; the first is the usual one.
FIGURES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "quantile": {
            "interpolated": _interpolated,
            "bounds": _bounded_quantile,
            "turnbull": _pooled(_bounded_quantile),
            "log-normal": _fitted("log-normal"),
            "negative-binomial": _fitted("negative-binomial"),
        },
        "mean": {
            "bounds": _bounded_mean,
            "log-normal": _fitted("log-normal"),
            "negative-binomial": _fitted("negative-binomial"),
        },
        "share_up_to": {"bounds": _up_to, "turnbull": _pooled(_up_to)},
    }
)
