"""A change of a share taken apart: how much is a change of who answered, how much of what they say.

Kitagawa (1955): the change of Σ C R, with mix C and rates R of the groups, is

- mix: Σ (C2 - C1) (R1 + R2) / 2, and rate: Σ (R2 - R1) (C1 + C2) / 2; or
- mix at the earlier rates Σ (C2 - C1) R1, rate at the earlier mix Σ (R2 - R1) C1, and what both
  do together Σ (C2 - C1) (R2 - R1).

Everything is later minus earlier. K stands for groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, listed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: How far parts of a mix may be from adding up to 1.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """One wave: the mix of its groups, and the rate in each.

    Args:
        mix: (K,) part of the respondents that each group is, adding up to 1.
        rates: (K,) share or mean of each group; nan for a group that nobody is in.
        covariance: (2K, 2K) of the mix, then the rates; rows of rates that are nan are not read.
    """

    mix: Floats
    rates: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a change.

    Args:
        estimate: The part; None where a group has no rate in one of the waves.
        standard_error: Its standard error; None likewise.
        low: The lowest that the part may be: the estimate, or with rates from 0 to 1 for groups
            that have none.
        high: The highest; low where the part is known.
        low_standard_error: Of the lowest.
        high_standard_error: Of the highest.
    """

    estimate: float | None
    standard_error: float | None
    low: float
    high: float
    low_standard_error: float
    high_standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupParts:
    """What one group adds to each part.

    Args:
        mix: (C2 - C1) (R1 + R2) / 2. A group that grows adds to it, whatever its rate is: only the
            sum over groups tells whether the mix moved the share.
        against: (C2 - C1) ((R1 + R2) / 2 - P), with P the mean of the two shares: the same sum,
            but a group that grows adds to it only if its rate is above that of all.
        rate: (R2 - R1) (C1 + C2) / 2.
    """

    mix: Part
    against: Part
    rate: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposition:
    """A change in two parts, and in three.

    Args:
        change: Later minus earlier share: mix and rate, or the three parts, added up.
        mix: Of who answered, at the mean of the rates.
        rate: Of what groups say, at the mean of the mixes.
        mix_before: Of who answered, at the earlier rates.
        rate_before: Of what groups say, at the earlier mix.
        both: What changed in both at once.
        groups: (K,) what each group adds to the two parts.
        undetermined: Places of the groups that nobody is in, in one of the waves: they have no
            rate there, and no part that depends on it is known.
    """

    change: Part
    mix: Part
    rate: Part
    mix_before: Part
    rate_before: Part
    both: Part
    groups: tuple[GroupParts, ...]
    undetermined: tuple[int, ...]


def simple_sample(counts: ArrayLike, ns: ArrayLike) -> Mixed:
    """A wave that is a simple sample: its groups a multinomial, their answers binomials.

    Args:
        counts: (K,) respondents of each group with the answer.
        ns: (K,) respondents of each group; 0 for a group that nobody is in.

    Raises:
        MethodError: Numbers outside their range, or nobody at all.

    Example:
        >>> wave = simple_sample([10, 40], [50, 50])
        >>> wave.mix, wave.rates
        (array([0.5, 0.5]), array([0.2, 0.8]))
    """
    x, n = np.asarray(counts, np.float64), np.asarray(ns, np.float64)
    if n.ndim != 1 or x.shape != n.shape or not (np.isfinite(n) & (x >= 0) & (x <= n)).all():
        got = f"counts of {x.shape} and sizes of {n.shape}"
        raise MethodError(f"{got}; wanted (K,) of both, counts from 0 to n")
    if not n.any():
        raise MethodError("no group has respondents")
    mix, many = n / n.sum(), len(n)
    rates = np.divide(x, n, out=np.full(many, np.nan), where=n > 0)
    spread = np.zeros((2 * many, 2 * many))
    spread[:many, :many] = (np.diag(mix) - np.outer(mix, mix)) / n.sum()
    within = np.divide(rates * (1 - rates), n, out=np.zeros(many), where=n > 0)
    spread[many:, many:] = np.diag(within)
    return Mixed(mix=mix, rates=rates, covariance=spread)


def decompose(
    earlier: Mixed,
    later: Mixed,
    *,
    between: ArrayLike | None = None,
    within: tuple[float, float] = (0.0, 1.0),
) -> Decomposition:
    """Take the change of a share, or of a mean, apart.

    Standard errors are by the delta method, from the covariance of all mixes and rates. A group
    that nobody is in has no rate there, which is not 0: what depends on it has bounds instead of
    an estimate.

    Args:
        earlier: The earlier wave; from `simple_sample`, or from a design.
        later: The later wave, with the same groups in the same order.
        between: (2K, 2K) covariance of each number of the earlier wave (row) with each of the
            later (column), mix first, where the waves share sampling units or people; None for
            independent samples.
        within: Lowest and highest rate that there may be: 0 and 1 for shares.

    Raises:
        MethodError: Shapes that do not fit, or numbers outside their range.
        NotEstimableError: A group with respondents and without a rate.

    Example:
        A share of 20 % in one group and 80 % in another, in both waves: only the mix changes.

        >>> found = decompose(simple_sample([10, 40], [50, 50]), simple_sample([5, 60], [25, 75]))
        >>> round(found.change.estimate, 3), round(found.mix.estimate, 3), found.rate.estimate
        (0.15, 0.15, 0.0)
    """
    if not within[0] < within[1]:
        raise MethodError(f"rates are within {within[0]:g} and {within[1]:g}; wanted low < high")
    for wave in (earlier, later):
        _check(wave, within)
    many = len(earlier.mix)
    if len(later.mix) != many:
        raise MethodError(f"{many} groups in the earlier wave and {len(later.mix)} in the later")
    spread = _whole(earlier, later, between)
    ends = [_terms(earlier, later, rate) for rate in within]
    found = {name: _Ends(ends[0][name], ends[1][name], spread) for name in ends[0]}
    groups = tuple(
        GroupParts(
            mix=found["mix"].of(place),
            against=found["against"].of(place),
            rate=found["rate"].of(place),
        )
        for place in range(many)
    )
    absent = (earlier.mix == 0) ^ (later.mix == 0)
    return Decomposition(
        **{name: found[name].total() for name in _NAMES},
        groups=groups,
        undetermined=tuple(int(place) for place in np.flatnonzero(absent)),
    )


class _Term(NamedTuple):
    """What each group adds to a part (K,), and its gradient (K, 4K) in C1, R1, C2, R2."""

    values: Floats
    gradient: Floats


def _terms(earlier: Mixed, later: Mixed, absent: float) -> dict[str, _Term]:
    """Every part, with one rate for all groups that nobody is in."""
    c1, c2 = earlier.mix, later.mix
    r1, r2 = (np.where(wave.mix > 0, wave.rates, absent) for wave in (earlier, later))
    more, up = c2 - c1, r2 - r1
    mix, rate = (c1 + c2) / 2, (r1 + r2) / 2
    none = np.zeros_like(c1)
    share = float(c1 @ r1 + c2 @ r2) / 2
    # Signs of the gradients as the parts are written on top of this module.
    found = {
        "change": _term(c2 * r2 - c1 * r1, -r1, -c1, r2, c2),
        "mix": _term(more * rate, -rate, more / 2, rate, more / 2),
        "rate": _term(up * mix, up / 2, -mix, up / 2, mix),
        "mix_before": _term(more * r1, -r1, more, r1, none),
        "rate_before": _term(up * c1, up, -c1, none, c1),
        "both": _term(more * up, -up, -more, up, more),
        "against": _term(more * (rate - share), share - rate, more / 2, rate - share, more / 2),
    }
    against = found["against"]
    slope = np.concatenate([r1, c1, r2, c2]) / 2  # of the mean of the two shares
    found["against"] = _Term(against.values, against.gradient - np.outer(more, slope))
    return found


def _term(values: Floats, *gradients: Floats) -> _Term:
    """A part whose groups depend on their own numbers only."""
    return _Term(values, np.concatenate([np.diag(one) for one in gradients], axis=1))


class _Ends:
    """A part at the lowest and the highest rate of the groups that nobody is in.

    Each group's term rises or falls with its own rate and no other, so that the bounds of a sum
    are the sums of bounds.
    """

    def __init__(self, first: _Term, last: _Term, spread: Floats) -> None:
        rises = (first.values <= last.values)[:, None]
        self.low = _Term(
            np.minimum(first.values, last.values), np.where(rises, first.gradient, last.gradient)
        )
        self.high = _Term(
            np.maximum(first.values, last.values), np.where(rises, last.gradient, first.gradient)
        )
        self.known = first.values == last.values
        self.spread = spread

    def of(self, place: int) -> Part:
        """The part that one group adds."""
        return self._part(np.arange(len(self.known)) == place)

    def total(self) -> Part:
        """The part of all groups."""
        return self._part(np.ones(len(self.known), dtype=bool))

    def _part(self, chosen: NDArray[np.bool_]) -> Part:
        low, high = (float(end.values[chosen].sum()) for end in (self.low, self.high))
        errors = [self._error(end.gradient[chosen].sum(axis=0)) for end in (self.low, self.high)]
        known = bool(self.known[chosen].all())
        return Part(
            estimate=low if known else None,
            standard_error=errors[0] if known else None,
            low=low,
            high=high,
            low_standard_error=errors[0],
            high_standard_error=errors[1],
        )

    def _error(self, gradient: Floats) -> float:
        return float(np.sqrt(np.maximum(gradient @ self.spread @ gradient, 0.0)))


def _check(wave: Mixed, within: tuple[float, float]) -> None:
    """Refuse a wave whose numbers do not belong together."""
    mix, rates, many = wave.mix, wave.rates, len(wave.mix)
    if mix.ndim != 1 or rates.shape != mix.shape:
        raise MethodError(f"mix of {mix.shape} and rates of {rates.shape}; wanted (K,) of both")
    if wave.covariance.shape != (2 * many, 2 * many):
        raise MethodError(f"covariance of {wave.covariance.shape}; wanted {(2 * many, 2 * many)}")
    if not ((mix >= 0).all() and abs(mix.sum() - 1) <= _ROUNDING):
        raise MethodError(f"the mix adds up to {mix.sum():.12g}; wanted 1, and nothing below 0")
    here = mix > 0
    missing = np.flatnonzero(here & np.isnan(rates))
    if len(missing):
        places = listed(str(place) for place in missing)
        raise NotEstimableError(f"group {places}, counted from 0, has respondents and no rate")
    if not ((rates[here] >= within[0]) & (rates[here] <= within[1])).all():
        raise MethodError(f"a rate is not within {within[0]:g} and {within[1]:g}")


def _whole(earlier: Mixed, later: Mixed, between: ArrayLike | None) -> Floats:
    """(4K, 4K) covariance of both waves; a rate that is not there does not vary."""
    size = 2 * len(earlier.mix)
    shared = np.zeros((size, size)) if between is None else np.asarray(between, np.float64)
    if shared.shape != (size, size):
        raise MethodError(f"between has shape {shared.shape}; wanted {(size, size)}")
    found = np.block([[earlier.covariance, shared], [shared.T, later.covariance]])
    every = np.ones(len(earlier.mix), dtype=bool)
    kept = np.concatenate([every, earlier.mix > 0, every, later.mix > 0])
    found = np.where(kept[:, None] & kept, found, 0.0)
    if not np.isfinite(found).all():
        raise MethodError("a covariance is not a finite number")
    return found


#: The parts of the whole.
_NAMES = ("change", "mix", "rate", "mix_before", "rate_before", "both")
