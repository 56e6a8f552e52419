"""When waves were, and when a trend may bend: by name, by date, or as an analyst says."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.series.taken import time_of
from surveylib.errors import MethodError, NotEstimableError, listed, show
from surveylib.stats.segments import check_knots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A score that was given for a place, which is no wave's name.
_PLACE = "score {}"
#: What scores look like.
_SCORES = "wanted a time for each wave, such as 2019.5"
#: What a list of joints looks like.
_WANTED = "wanted times or names of waves in a list, such as [2012, 2016]"
#: How the reason begins where a run of waves cannot bear the joints.
_REASON = "these waves do not bear the joints: "


def given_scores(scores: object) -> Mapping[str, float] | None:
    """Times that stand for those of waves, by wave or by place.

    Args:
        scores: By wave, or in the order of waves; None for the times of the waves themselves.

    Raises:
        MethodError: They are no numbers.
    """
    if scores is None:
        return None
    if isinstance(scores, str) or not isinstance(scores, Iterable):
        raise MethodError(f"scores: got {show(scores)}, {_SCORES}")
    every: dict[str, object] = {_PLACE.format(place): one for place, one in enumerate(scores)}
    if isinstance(scores, Mapping):
        every = {str(name): one for name, one in scores.items()}
    found = {}
    for name, one in every.items():
        if not isinstance(one, int | float) or isinstance(one, bool) or not math.isfinite(one):
            raise MethodError(f"scores: got {show(one)}, {_SCORES}")
        found[name] = float(one)
    return found


def times_of(
    waves: Sequence[str], times: Mapping[str, float], scores: Mapping[str, float] | None
) -> dict[str, float]:
    """The time of each wave, or the score that was given for it; not a number where there is none.

    Args:
        waves: The waves of a table, in time order.
        times: The middle of each wave's fieldwork.
        scores: Scores as `given_scores` has them.
    """
    if scores is None:
        return {name: times.get(name, math.nan) for name in waves}
    return {
        name: scores.get(name, scores.get(_PLACE.format(place), math.nan))
        for place, name in enumerate(waves)
    }


def rising(times: Mapping[str, float], run: Sequence[str], *, scored: bool) -> NDArray[np.float64]:
    """Times of the waves of a run (W,).

    Args:
        times: The time of each wave.
        run: The waves.
        scored: Whether times are scores that were given.

    Raises:
        MethodError: A wave without a time, or times that do not rise.
    """
    for name in run:
        if math.isnan(times[name]):
            if scored:
                raise MethodError(f"scores has none for wave {name}; wanted one for each wave")
            message = f"wave '{name}' is no number and no date; give scores=, a time for each wave"
            raise MethodError(message)
    found = np.array([times[name] for name in run])
    if (np.diff(found) <= 0).any():
        message = f"times of waves are {found.tolist()}; wanted times that rise"
        raise MethodError(message)
    return found


def given_joints(joints: object) -> tuple[str | float, ...]:
    """Joints as they were given, if they are any.

    Args:
        joints: What was given.

    Raises:
        MethodError: It is no list of times or names.
    """
    if isinstance(joints, str) or not isinstance(joints, Iterable):
        raise MethodError(f"joints is {show(joints)}; {_WANTED}")
    found = tuple(one.item() if hasattr(one, "item") else one for one in joints)
    for one in found:
        number = isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
        if not number and not isinstance(one, str):
            raise MethodError(f"joints has {show(one)}; {_WANTED}")
    return found


def joint_times(joints: Sequence[str | float], times: Mapping[str, float]) -> tuple[float, ...]:
    """The times of joints, rising; a wave's name stands for its time.

    A whole number that is a wave's name is that wave, as everywhere; 2016.0 is a time.

    Args:
        joints: Times, dates or names of waves, checked.
        times: The time of each wave.

    Raises:
        MethodError: A text that is no wave and no date, or one time twice.

    >>> joint_times([2016, "2012-Q3"], {"2016": 2016.4})
    (2012.5, 2016.4)
    """
    found = []
    for one in joints:
        time = math.nan if isinstance(one, float) else times.get(str(one), math.nan)
        if math.isnan(time):
            time = time_of(one) if isinstance(one, str) else float(one)
        if math.isnan(time):
            message = f"joints has {show(one)}, which is no wave and no date: the waves are"
            raise MethodError(
                f"{message} {listed(name for name, time in times.items() if not math.isnan(time))}"
            )
        if time in found:
            raise MethodError(f"joints has the time {time:g} twice; wanted each once")
        found.append(time)
    return tuple(sorted(found))


def check_joints_of(times: NDArray[np.float64], joints: Sequence[float]) -> None:
    """Refuse joints that some waves do not bear.

    Args:
        times: Times of the waves, rising.
        joints: Times of the joints, rising.

    Raises:
        NotEstimableError: They do not.
    """
    try:
        check_knots(times, joints)
    except MethodError as error:
        raise NotEstimableError(f"{_REASON}{error}") from error


def is_wrong(reasons: Sequence[str]) -> bool:
    """Whether it is the joints that stand in the way of a trend.

    Args:
        reasons: Why there is none, of each series.
    """
    return any(reason.startswith(_REASON) for reason in reasons)
