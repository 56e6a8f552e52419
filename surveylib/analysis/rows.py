"""Estimates and variances → the rows of a result, with intervals on their effective n and df."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.results import Estimate
from surveylib.analysis.samples import freedom, is_simple
from surveylib.analysis.simultaneous import Family, Given, joint_limits
from surveylib.errors import NotEstimableError, listed
from surveylib.stats import intervals, sizes, variance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.linear import Spread
    from surveylib.analysis.samples import Held, LineSample, RowSample
    from surveylib.analysis.shares import ShareSums

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: A standard error below this part of an estimate is what rounding leaves of 0.
_ROUNDING = 1e-14
NO_FREEDOM = (
    "no_interval",
    "No interval: the group is in too few sampling units for a variance of its own.",
)
_NO_REPLICATE = (
    "no_interval",
    "No interval: one set of replicate weights leaves nobody in the group.",
)
_NO_VARIATION = ("no_interval", "No interval: all numbers of the group are alike.")


class Found(NamedTuple):
    """Rows of a result, and their covariance where it is kept."""

    rows: list[Estimate]
    covariance: Floats | None


def with_note(found: Found, flag: str, note: str) -> Found:
    """The same rows, each with one more thing that a reader must know.

    Args:
        found: The rows.
        flag: Its name.
        note: The same in a sentence.
    """
    rows = [replace(row, flags=(*row.flags, flag), notes=(*row.notes, note)) for row in found.rows]
    return found._replace(rows=rows)


class Shares(NamedTuple):
    """Shares before they become rows: their sums, spread, the units that hold them, their names."""

    sums: ShareSums
    spread: Spread
    held: Held
    about: About


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What rows of one question have in common.

    Args:
        told: Fields of an estimate: wave, question, title, question_text, place; base, if of all.
        answers: The answers, and their labels.
        bases: The answers, and the base of each.
    """

    told: Mapping[str, Any]
    answers: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)


def share_rows(
    found: tuple[ShareSums, Spread, Held],
    sample: RowSample | LineSample,
    about: About,
    asked: Asked,
) -> Found:
    """A row for each group and answer of which somebody is in the base.

    Args:
        found: Shares (D, K), their spread, and the units that hold each group.
        sample: The sample.
        about: What the rows have in common; its K answers in order.
        asked: The interval, and its level.
    """
    sums, spread, units = found
    n = sums.n
    simple = is_simple(sample.units)
    df = [math.inf] * len(n) if simple else freedom(units, sample)
    kept = np.argwhere((n > 0) & (sums.base > 0))
    if not len(kept):
        return Found([], np.zeros((0, 0)))
    d, k = kept.T
    share, base = np.clip(sums.estimates[d, k], 0.0, 1.0), n[d, k]
    places = d * n.shape[1] + k
    variances = spread.variances[places]
    effective, effect = _effective(share, variances, base, simple=simple)
    dfs = np.array([df[place] or 1.0 for place in d])
    given = Given(share, base.astype(np.float64), effective, dfs)
    families = _families(kept, sums, about) if asked.simultaneous else []
    low, high = _limits(given, families, asked, simple=simple)
    columns = {
        "n": base.tolist(),
        "n_effective": effective.tolist(),
        "estimate": share.tolist(),
        "standard_error": list(map(_root, variances.tolist())),
        "df": [df[group] for group in d.tolist()],
        "design_effect": effect.tolist(),
        "printed": [f"{count} of {of}" for count, of in zip(sums.counts[d, k], base, strict=True)],
        "read_as": [f"{one * 100:.1f}" for one in share.tolist()],
        "n_kish": _kish_of_shares(sums)[d, k].tolist() if asked.kish else [None] * len(kept),
    }
    names = [(sample.names[group], list(about.answers)[answer]) for group, answer in kept.tolist()]
    limits = list(zip(low.tolist(), high.tolist(), strict=True))
    return Found(
        _share_rows(columns, names, limits, about, asked), _some(spread.covariance, places)
    )


def _share_rows(
    columns: Mapping[str, list[Any]],
    names: Sequence[tuple[str, str]],
    limits: Sequence[tuple[float, float]],
    about: About,
    asked: Asked,
) -> list[Estimate]:
    """Rows from columns of numbers, the group and the answer of each, and its limits."""
    rows = []
    for place, (group, code) in enumerate(names):
        numbers = {name: column[place] for name, column in columns.items()}
        known = None not in {numbers["df"], numbers["standard_error"]}
        told = {**about.told, **_of_answer(about, code), "domain": group}
        missing = NO_FREEDOM if numbers["df"] is None else _NO_REPLICATE
        rows.append(estimate_row(told, numbers, limits[place] if known else None, asked, missing))
    return rows


def _some(covariance: Floats | None, places: Whole) -> Floats | None:
    """The covariance of some estimates, where it is kept."""
    return None if covariance is None else covariance[np.ix_(places, places)]


def _root(variance: float) -> float | None:
    """A standard error; None where there is no variance."""
    return float(variance) ** 0.5 if math.isfinite(variance) else None


def _of_answer(about: About, code: str) -> dict[str, str]:
    return {"answer": code, "answer_text": about.answers[code], "base": about.bases[code]}


def _families(kept: Whole, sums: ShareSums, about: About) -> list[Family]:
    """The rows whose intervals hold at once: of one group and one base."""
    bases = [about.bases[code] for code in about.answers]
    holds, asked = sums.classes.holds, sums.classes.asked
    found = []
    for group in np.unique(kept[:, 0]).tolist():
        for base in dict.fromkeys(bases):
            rows = np.flatnonzero(
                (kept[:, 0] == group) & np.array([bases[one] == base for one in kept[:, 1]], bool)
            )
            if len(rows):
                of = kept[rows, 1]
                alone = (holds[:, of] > 0).sum(axis=1) <= 1
                found.append(
                    Family(rows, bool(alone.all() and (asked[:, of] == asked[:, of[:1]]).all()))
                )
    return found


def _kish_of_shares(sums: ShareSums) -> Floats:
    """(D, K) effective n of the weights of each base."""
    people = sums.classes.asked > 0
    weight = sums.sum_over(sums.lines.weight, people)
    square = sums.sum_over(sums.lines.square, people)
    return _kish(weight, square)


def _kish(weight: Floats, square: Floats) -> Floats:
    """Effective n of weights alone; 0 where there is none."""
    there = square > 0
    found = variance.kish(weight, np.where(there, square, 1.0))
    return np.where(there, found, 0.0)


def _limits(
    given: Given, families: list[Family], asked: Asked, *, simple: bool
) -> tuple[Floats, Floats]:
    """Lower and upper limits of shares, alone or at once within families."""
    if families:
        return joint_limits(given, families, asked, simple=simple)
    found = intervals.design_proportion(
        given.share,
        given.n,
        n_effective=given.effective,
        df=given.df,
        method=asked.interval,
        confidence_level=asked.confidence_level,
    )
    return np.atleast_1d(found.low), np.atleast_1d(found.high)


def estimate_row(
    told: Mapping[str, Any],
    numbers: Mapping[str, Any],
    limits: tuple[float | None, float | None] | None,
    asked: Asked,
    missing: tuple[str, str],
) -> Estimate:
    """One estimate, with its interval or the reason why there is none.

    Args:
        told: Fields that say what it is of.
        numbers: Fields that hold numbers.
        limits: Of its interval.
        asked: The statistic, the interval, and its level.
        missing: The flag and the note where there is no interval.
    """
    low, high = limits or (None, None)
    own = ((), ()) if limits else (missing[:1], missing[1:])
    return Estimate(
        **{"source": "", **{name: told[name] for name in told if name not in {"flags", "notes"}}},
        **numbers,
        n_low=numbers["n"],
        estimate_low=numbers["estimate"],
        estimate_high=numbers["estimate"],
        ci_low=low,
        ci_high=high,
        envelope_low=low,
        envelope_high=high,
        statistic=asked.statistic,
        interval=asked.used,
        confidence_level=asked.confidence_level,
        simultaneous=asked.simultaneous,
        flags=(*told.get("flags", ()), *own[0]),
        notes=(*told.get("notes", ()), *own[1]),
        certainty="counted",
    )


def _effective(share: Floats, variance: Floats, n: Whole, *, simple: bool) -> tuple[Floats, Floats]:
    """Effective respondents and design effect; n and 1 where the sample or the share is simple."""
    plain = (share <= 0) | (share >= 1) | ~(variance > 0) | (n < 2)
    if simple or plain.all():
        return n.astype(np.float64), np.ones(len(n))
    spread = share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(plain, n, spread / variance)
        effect = np.where(plain, 1.0, variance * (n - 1) / spread)
    return effective, effect


def number_rows(
    found: tuple[Any, Spread, Held],
    simple: Floats,
    sample: RowSample | LineSample,
    about: About,
    asked: Asked,
) -> Found:
    """A row for each group with a mean, a ratio or a total.

    Args:
        found: Estimates (D, 1), their spread, and the units that hold each group.
        simple: (D, 1) variances of simple samples.
        sample: The sample.
        about: What the rows have in common.
        asked: The statistic, the interval, and its level.
    """
    sums, spread, units = found
    df = freedom(units, sample)
    there, known = sums.n[:, 0] > 0, np.isfinite(sums.estimates[:, 0])
    kish = _kish(*sums.of_weights) if asked.kish else np.zeros(0)
    about = _without_ratio(
        about, asked, [sample.names[one] for one in np.flatnonzero(there & ~known)]
    )
    kept = np.flatnonzero(there & known)
    rows = []
    for group in kept.tolist():
        n, estimate = int(sums.n[group, 0]), float(sums.estimates[group, 0])
        error = _root(spread.variances[group])
        if error is not None and error <= _ROUNDING * abs(estimate):
            error = 0.0
        effect = _ratio(spread.variances[group], simple[group, 0])
        numbers = {
            "n": n,
            "n_effective": n / effect if effect > 0 else float(n),
            "estimate": estimate,
            "standard_error": error,
            "df": df[group],
            "design_effect": effect,
            "printed": f"{estimate:.6g}",
            "read_as": f"{estimate:.6g}",
            "n_kish": float(kish[group]) if asked.kish else None,
        }
        limits = _around(estimate, error, df[group], asked)
        told = {"domain": sample.names[group], "answer": "", "answer_text": ""}
        missing = (
            NO_FREEDOM if df[group] is None else _NO_REPLICATE if error is None else _NO_VARIATION
        )
        rows.append(estimate_row({**about.told, **told}, numbers, limits, asked, missing))
    return Found(rows, _some(spread.covariance, kept))


def _without_ratio(about: About, asked: Asked, groups: Sequence[str]) -> About:
    """What is told with the rows where groups have no ratio; without any group, that is all.

    Raises:
        NotEstimableError: It is that of all respondents.
    """
    if not groups:
        return about
    what = f"the total of '{asked.over}' is 0"
    if groups == [asked.where or ""]:
        among = f" among {groups[0]}" if groups[0] else ""
        raise NotEstimableError(f"{what}{among}: there is no ratio to it")
    note = f"No ratio in {listed(groups)}: {what} there."
    told = {**about.told, "flags": (*about.told.get("flags", ()), "no_ratio")}
    return replace(about, told={**told, "notes": (*told.get("notes", ()), note)})


def _ratio(variance: float, simple: float) -> float:
    """A design effect; 1 where there is no variance to compare, or none to compare with."""
    return float(variance / simple) if simple > 0 and math.isfinite(variance) else 1.0


def _around(
    estimate: float, error: float | None, df: float | None, asked: Asked
) -> tuple[float, float] | None:
    """An interval around a mean, ratio or total; None without a variance, or a logarithm."""
    if df is None or not error:
        return None
    t = float(sizes.quantile(np.array(df), 1 - asked.confidence_level))
    if asked.interval == "t":
        return estimate - t * error, estimate + t * error
    if estimate <= 0:
        return None
    factor = math.exp(t * error / estimate)
    return estimate / factor, estimate * factor


def quantile_rows(table: Sequence[Mapping[str, Any]], about: About, asked: Asked) -> Found:
    """A row for each group and quantile.

    Args:
        table: For each its group, `q`, and numbers of an estimate; `limits` may be None.
        about: What the rows have in common.
        asked: The interval, and its level.
    """
    rows = []
    for each in table:
        q = f"q{number_name(each['q'])}"
        told = {"domain": each["domain"], "answer": q, "answer_text": quantile_name(each["q"])}
        rows.append(
            estimate_row({**about.told, **told}, each["numbers"], each["limits"], asked, NO_FREEDOM)
        )
    return Found(rows, None)


def quantile_name(q: float) -> str:
    """What a quantile is called.

    >>> quantile_name(0.5), quantile_name(0.9)
    ('median', '90 % are below')
    """
    return "median" if q == 0.5 else f"{number_name(Decimal(repr(float(q))) * 100)} % are below"


def number_name(number: float | Decimal) -> str:
    """A number in as few digits as tell it from every other.

    >>> number_name(1_000_001.0), number_name(0.1), number_name(-0.0), number_name(1e300)
    ('1000001', '0.1', '0', '1e+300')
    """
    return repr(float(number)).removesuffix(".0") if number else "0"
