"""Ordered answers in two waves → how they moved, at every cut and as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.analysis.shifts import Cut, Shift
from surveylib.errors import NotEstimableError
from surveylib.stats import shifts
from surveylib.stats.regression import t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.gate import Judged
    from surveylib.analysis.series.table import Table

    Floats = NDArray[np.float64]
    Band = tuple[float, float]


class Two(NamedTuple):
    """Shares of K ordered answers in two waves that add up to 1, and all their covariances.

    Args:
        shares: (2, K).
        spread: (2*K, 2*K) covariance, the earlier wave first.
        df: Degrees of freedom of both; infinite for simple samples.
        n: Respondents of each wave.
    """

    shares: Floats
    spread: Floats
    df: float
    n: tuple[int, int]

    @property
    def blocks(self) -> tuple[Floats, Floats, Floats]:
        """Covariance of the earlier shares, of the later, and between."""
        k = self.shares.shape[1]
        return self.spread[:k, :k], self.spread[k:, k:], self.spread[:k, k:]


def two_waves(table: Table, earlier: int, later: int, answers: Sequence[int]) -> Two:
    """The shares of ordered answers in two waves, of those who gave one of them.

    Args:
        table: The table.
        earlier: Place of a wave.
        later: Place of the other.
        answers: Places of the answers, from low to high.

    Raises:
        NotEstimableError: An answer that one of the waves did not offer, or a covariance that was
            not kept.
    """
    share = table.numbers("estimate")[np.ix_((earlier, later), answers)]
    if not np.isfinite(share).all():
        gone = [table.waves[(earlier, later)[w]] + " " + table.answers[answers[a]]
                for w, a in np.argwhere(~np.isfinite(share))]  # fmt: skip
        raise NotEstimableError(f"no share of {', '.join(gone)}: put answers together")
    a = len(answers)
    spread = table.covariance(answers, (earlier, later))
    total = share.sum(axis=1)
    if not np.isfinite(spread).all():
        raise NotEstimableError("the covariance of so many shares was not kept: fewer groups")
    # Shares among those who gave one of the answers: where others answered too, by delta.
    turn = np.zeros((2 * a, 2 * a))
    for wave in range(2):
        here = slice(wave * a, (wave + 1) * a)
        turn[here, here] = (np.eye(a) - np.outer(share[wave] / total[wave], np.ones(a))) / total[
            wave
        ]
    df = table.df((earlier, later), answers[0])
    n = table.numbers("n")[np.ix_((earlier, later), [answers[0]])].ravel()
    return Two(share / total[:, None], turn @ spread @ turn.T, df, (int(n[0]), int(n[1])))


class Superior(NamedTuple):
    """The probability that the later answer is higher, its limits and its p-value."""

    estimate: float
    low: float
    high: float
    p_value: float


def superiority(two: Two, level: float) -> Superior:
    """The probability that a later answer is higher than an earlier, ties counting half.

    Mann and Whitney's (1947) U over all pairs, on weighted shares; its variance is the design's by
    the delta method, and the interval stands on the log odds, as Brunner and Munzel (2000,
    Biometrical Journal 42:17) have it for simple samples.

    Args:
        two: The shares.
        level: Nominal coverage of the interval.
    """
    first, second = two.shares
    below = np.cumsum(first) - first / 2
    above = 1 - (np.cumsum(second) - second / 2)
    theta = float(second @ below)
    way = np.concatenate([above, below])
    variance = float(way @ two.spread @ way)
    if variance <= 0 or not 0 < theta < 1:
        raise NotEstimableError("the answers of a wave are all alike: nothing varies")
    error = math.sqrt(variance) / (theta * (1 - theta))
    centre = float(special.logit(theta))
    reach = error * t_quantile(level, two.df)
    size = abs(centre) / error
    tail = special.ndtr(-size) if math.isinf(two.df) else special.stdtr(two.df, -size)
    low, high = (float(special.expit(centre + side * reach)) for side in (-1, 1))
    return Superior(theta, low, high, float(2 * tail))


def shift_of(
    table: Table,
    places: tuple[int, int],
    answers: Sequence[int],
    judged: Judged,
    *,
    level: float,
    samples: str,
    bands: Sequence[Band] | None,
    cap: float | None,
) -> Shift:
    """One shift between two waves.

    Args:
        table: The table.
        places: Places of the earlier and the later wave.
        answers: Places of the answers, from low to high.
        judged: What is declared of the two waves.
        level: Nominal coverage.
        samples: The relation between the samples.
        bands: The lowest and the highest number of each answer; None where they are no bands.
        cap: The highest number in a band without an end.

    Raises:
        NotEstimableError: Nothing varies, or one of the waves did not offer an answer.
    """
    two = two_waves(table, *places, answers)
    found = superiority(two, level)
    labels = [_label(table, places, answer) for answer in answers]
    dominance, cuts = _cuts(two, labels, level)
    known = next(point for point in table.points[places[1]] if point is not None)
    return Shift(
        question=table.question,
        domain=table.domain,
        from_wave=table.waves[places[0]],
        to_wave=table.waves[places[1]],
        answers=tuple(table.answers[answer] for answer in answers),
        n_from=two.n[0],
        n_to=two.n[1],
        superiority=found.estimate,
        ci_low=found.low,
        ci_high=found.high,
        p_value=found.p_value,
        df=None if math.isinf(two.df) else two.df,
        verdict=dominance.verdict,
        strict=dominance.strict,
        cuts=cuts,
        confidence_level=level,
        samples=samples,
        comparability=judged.verdict or "undeclared",
        notes=judged.reasons,
        title=known.title,
        flags=_flags(table, places),
        **_means(two, bands, cap, level),
    )


def _flags(table: Table, places: tuple[int, int]) -> tuple[str, ...]:
    """What a reader must know of the shares of either wave, each once."""
    found = [
        f"{point.wave}, {flag}: {note}"
        for place in places
        for point in table.points[place]
        if point is not None
        for flag, note in zip(point.flags, point.notes, strict=True)
        if flag != "note"
    ]
    return tuple(dict.fromkeys(found))


def _label(table: Table, places: tuple[int, int], answer: int) -> str:
    points = (table.points[place][answer] for place in places)
    return next((point.answer_text for point in points if point is not None), table.answers[answer])


def _cuts(
    two: Two, labels: Sequence[str], level: float
) -> tuple[shifts.Dominance, tuple[Cut, ...]]:
    """The shares up to every answer but the last."""
    k = two.shares.shape[1]
    steps = np.tril(np.ones((k, k)))[:-1]
    first, second, between = (steps @ block @ steps.T for block in two.blocks)
    below = two.shares @ steps.T
    found = shifts.dominance(
        below[0],
        below[1],
        covariance_from=first,
        covariance_to=second,
        between=between,
        df=two.df,
        alpha=1 - level,
    )
    variance = np.diag(first) + np.diag(second) - 2 * np.diag(between)
    reach = np.sqrt(np.maximum(variance, 0.0)) * t_quantile(level, two.df)
    change = below[1] - below[0]
    cuts = tuple(
        Cut(
            up_to=labels[place],
            share_from=float(below[0, place]),
            share_from_high=float(below[0, place]),
            share_to=float(below[1, place]),
            share_to_high=float(below[1, place]),
            ci_low=float(change[place] - reach[place]),
            ci_high=float(change[place] + reach[place]),
            p_value=float(found.p_values[place]),
            p_adjusted=float(found.holm[place]),
            verdict=direction(change[place], change[place])
            if found.holm[place] <= 1 - level
            else "no change shown",
        )
        for place in range(k - 1)
    )
    return found, cuts


def direction(low: float, high: float) -> str:
    """What limits of a change say.

    >>> direction(0.01, 0.2), direction(-0.1, 0.1)
    ('increased', 'no change shown')
    """
    if low > 0:
        return "increased"
    return "decreased" if high < 0 else "no change shown"


def _means(
    two: Two, bands: Sequence[Band] | None, cap: float | None, level: float
) -> dict[str, Any]:
    """What bands say of the change of a mean, with sampling error."""
    names = ("mean_low", "mean_high", "mean_low_if_alike", "mean_high_if_alike")
    if bands is None:
        return dict.fromkeys(names)
    lows, highs = (np.array(side, np.float64) for side in zip(*bands, strict=True))
    first, second, between = two.blocks
    found = shifts.mean_change(
        lows,
        highs,
        two.shares[0],
        two.shares[1],
        covariance_from=first,
        covariance_to=second,
        between=between,
        cap=cap if math.isinf(highs[-1]) else None,
    )
    q = t_quantile(level, two.df)
    values = []
    for part in (found.free, found.same_means):  # of no limit an infinite error would make nothing
        values += [
            _beyond(part.low, -q * part.low_standard_error),
            _beyond(part.high, q * part.high_standard_error),
        ]
    return {
        name: float(value) if math.isfinite(value) else None
        for name, value in zip(names, values, strict=True)
    }


def _beyond(limit: float, reach: float) -> float:
    return limit + reach if math.isfinite(limit) else limit
