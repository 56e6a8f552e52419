"""What is known of waves → bounds of shares and changes, and what would undo a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.bounded import (
    DEPENDS,
    HOLDS,
    HOLDS_ALIKE,
    NOT_SHOWN,
    BoundedChange,
    BoundedShare,
)
from surveylib.stats import nonresponse

if TYPE_CHECKING:
    from surveylib.analysis.nonresponse.known import Known, Range
    from surveylib.stats.nonresponse import Asked, ChangeTipping, Tipping

#: What the arithmetic calls a finding that no share undoes.
_EVERY = "holds for every share"
#: Findings of changes, and what the arithmetic calls them.
_CLAIMS = {"rise": "above", "fall": "below"}


class Limits(NamedTuple):
    """How limits are computed, and what is looked at.

    Args:
        method: A name in `surveylib.stats.nonresponse.METHODS`.
        confidence_level: Nominal coverage.
        threshold: The share that findings of one wave are about; None for none.
        steps: How many shares among those missing are tried.
    """

    method: str
    confidence_level: float
    threshold: float | None
    steps: int

    @property
    def arithmetic(self) -> dict[str, Any]:
        """What the arithmetic is given."""
        return {"method": self.method, "confidence_level": self.confidence_level}


def bounded_share(known: Known, limits: Limits) -> BoundedShare:
    """The share of all in one wave.

    Args:
        known: What is known of the wave.
        limits: How limits are computed.
    """
    names = ("ci_low", "ci_high", "quantile")
    found: dict[str, Any] = dict.fromkeys(names)
    if known.asked is not None:
        low, high = (nonresponse.share_bounds(end, **limits.arithmetic) for end in known.asked)
        values = (low.interval_low, high.interval_high, max(low.quantile, high.quantile))
        found = dict(zip(names, values, strict=True))
    low_share, high_share = known.bounds or (None, None)
    return BoundedShare(
        wave=known.wave,
        question=known.question,
        answer=known.answer,
        domain=known.domain,
        answered=known.share,
        n_asked=known.n_asked,
        n_missing=known.n_missing,
        states=known.states,
        response_rate=known.rate,
        missing=known.missing,
        low=low_share,
        high=high_share,
        threshold=limits.threshold,
        confidence_level=limits.confidence_level,
        title=known.title,
        answer_text=known.answer_text,
        notes=known.notes,
        **found,
        **_about_threshold(known, limits),
    )


def _about_threshold(known: Known, limits: Limits) -> dict[str, Any]:
    """Whether the share of those who answered is above or below a threshold, and what undoes it."""
    none = {"finding": "", "estimate_tips": None, "finding_tips": None, "verdict": ""}
    share, threshold = known.share, limits.threshold
    if threshold is None or share is None or known.asked is None:
        return none
    if share.envelope_low is None or share.envelope_high is None:
        return none
    if share.envelope_low > threshold:
        claim, least = "above", known.asked.low
    elif share.envelope_high < threshold:
        claim, least = "below", known.asked.high
    else:
        return none
    found = nonresponse.tipping_share(
        least, threshold, claim=claim, steps=limits.steps, **limits.arithmetic
    )
    return {
        "finding": claim,
        "estimate_tips": found.estimate_tips,
        "finding_tips": found.finding_tips,
        "verdict": HOLDS if found.verdict == _EVERY else DEPENDS,
    }


class Judged(NamedTuple):
    """How far two waves measure the same, and why."""

    comparability: str
    reasons: tuple[str, ...]


_NO_VARIANCE = "No variance can be estimated in one of them."


def bounded_change(
    earlier: Known, later: Known, judged: Judged, limits: Limits
) -> BoundedChange | str:
    """The change of all between two waves; or, in words, why there is none.

    Args:
        earlier: What is known of the earlier wave.
        later: What is known of the later wave.
        judged: That they may be compared.
        limits: How limits are computed.
    """
    if reason := _unbounded(earlier, later):
        return reason
    if earlier.answered is None or later.answered is None:
        return _NO_VARIANCE
    if earlier.asked is None or later.asked is None:
        return _NO_VARIANCE
    alone = _ends(earlier.answered, later.answered, limits)
    whole = _ends(earlier.asked, later.asked, limits)
    own = alone[0].free.interval_low, alone[1].free.interval_high
    finding = "rise" if own[0] > 0 else "fall" if own[1] < 0 else ""
    return BoundedChange(
        question=later.question,
        answer=later.answer,
        domain=later.domain,
        from_wave=earlier.wave,
        to_wave=later.wave,
        difference=_difference(earlier, later),
        ci_low=own[0],
        ci_high=own[1],
        finding=finding,
        from_answered=_printed(earlier),
        to_answered=_printed(later),
        comparability=judged.comparability,
        confidence_level=limits.confidence_level,
        answer_text=later.answer_text,
        notes=judged.reasons,
        **_bounds(whole),
        **_tips(earlier.asked, later.asked, finding, limits),
    )


def _unbounded(earlier: Known, later: Known) -> str:
    """Why a change has no bounds; empty where it has."""
    ends = (earlier, later)
    if gone := [one.wave for one in ends if one.share is None]:
        return f"Nobody answered in {' and '.join(gone)}."
    if any(one.bounds is None for one in ends):
        return "How many did not answer is not known."
    if len(rated := [one.wave for one in ends if one.rate is not None]) == 1:
        return (
            f"Only of {rated[0]} is the response rate known: give that of both in response_rate, "
            "or 1 for both to look at those who took part."
        )
    return ""


def _printed(known: Known) -> float | None:
    return None if known.share is None else known.share.estimate


def _difference(earlier: Known, later: Known) -> float | None:
    before, after = _printed(earlier), _printed(later)
    return None if before is None or after is None else after - before


def _ends(
    earlier: Range, later: Range, limits: Limits
) -> tuple[nonresponse.ChangeBounds, nonresponse.ChangeBounds]:
    """Bounds of a change as low and as high as the two shares let it be."""
    pairs = ((earlier.high, later.low), (earlier.low, later.high))
    low, high = (nonresponse.change_bounds(*pair, **limits.arithmetic) for pair in pairs)
    return low, high


def _bounds(ends: tuple[nonresponse.ChangeBounds, nonresponse.ChangeBounds]) -> dict[str, Any]:
    low, high = ends
    # Where both ends are one, rounding may put the lower a hair above the other.
    return {
        "low": low.free.low,
        "high": high.free.high,
        "free_low": low.free.interval_low,
        "free_high": high.free.interval_high,
        "same_low": min(low.same.low, low.same.high),
        "same_high": max(high.same.low, high.same.high),
        "alike_low": low.same.interval_low,
        "alike_high": high.same.interval_high,
    }


def _tips(earlier: Range, later: Range, finding: str, limits: Limits) -> dict[str, Any]:
    """What would undo the finding, with the shares that are least favourable to it."""
    pair: tuple[Asked, Asked] = (earlier.low, later.high)
    if finding == "rise":
        pair = earlier.high, later.low
    claim = _CLAIMS.get(finding, "above")
    found = nonresponse.tipping_change(*pair, claim=claim, steps=limits.steps, **limits.arithmetic)
    told = {
        "among_missing": tuple(found.among_missing.tolist()),
        "changes": tuple(map(tuple, found.estimates.tolist())),
    }
    if not finding:
        none = dict.fromkeys(("from_tips", "to_tips", "same_tips"))
        return {**told, **none, "same_side": "", "holds": (), "verdict": NOT_SHOWN}
    return {
        **told,
        "from_tips": found.earlier_tips,
        "to_tips": found.later_tips,
        "same_tips": found.same.finding_tips,
        "same_side": _side(found.same),
        "holds": tuple(map(tuple, found.holds.tolist())),
        "verdict": _verdict(found),
    }


def _side(same: Tipping) -> str:
    """On which side of the share at which a finding tips it is undone."""
    if same.finding_tips is None:
        return ""
    return "above" if same.holds[0] else "below"


def _verdict(found: ChangeTipping) -> str:
    if found.verdict == _EVERY:
        return HOLDS
    return HOLDS_ALIKE if found.same.verdict == _EVERY else DEPENDS
