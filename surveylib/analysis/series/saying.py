"""The numbers of a test → what may be said at the level that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.errors import NotEstimableError

if TYPE_CHECKING:
    from surveylib.analysis.series.run import Run
    from surveylib.analysis.series.tested import Asking, Tested

#: Waves below which a trend with bends is doubtful.
FEW_FOR_BENDS = 6


def check_bends(waves: int, asking: Asking) -> None:
    """Refuse more bends than waves can tell.

    Args:
        waves: How many there are.
        asking: The degree of the curve.

    Raises:
        NotEstimableError: There are too few.
    """
    if asking.degree > 1 and waves < asking.degree + 2:
        message = (
            f"{waves} waves cannot tell a bend of degree {asking.degree} from chance: "
            f"wanted {asking.degree + 2} or more"
        )
        raise NotEstimableError(message)


def slope_of(found: Tested) -> dict[str, Any]:
    """The slope, as fields of a trend.

    Args:
        found: The numbers of a test.
    """
    slope, low, high = found.slope or (None, None, None)
    return {"slope": slope, "slope_low": low, "slope_high": high}


def told(found: Tested, test: str, asking: Asking) -> dict[str, Any]:
    """What a test says, as fields of a trend.

    Args:
        found: Its numbers.
        test: Its name.
        asking: How it was made.
    """
    return {
        "test": test,
        "statistic": found.statistic,
        "statistic_name": found.statistic_name,
        "df": found.df,
        "df_denominator": found.df_denominator,
        "p_value": found.p_value,
        "p_value_low": found.p_value,
        "p_value_high": found.p_value,
        "alternative": asking.alternative,
        "lack_of_fit": found.lack_of_fit,
        "curved": found.curved,
        "effect": found.effect,
        "segments": found.segments,
        "verdict": verdict(found.p_value, found.up, asking),
        "confidence_level": asking.confidence_level,
    }


def verdict(p_value: float, up: float | None, asking: Asking) -> str:
    """What may be said at the level that was asked for.

    Args:
        p_value: Of the test.
        up: Above 0 where it rises; None where the test has no direction.
        asking: The level.
    """
    if p_value > 1 - asking.confidence_level:
        return "no trend shown"
    if up is None:
        return "changing"
    return "rising" if up > 0 else "falling"


def gaps(run: Run) -> list[str]:
    """Waves between that do not have the answer, and those before that must not be compared.

    Args:
        run: The waves.
    """
    between = range(run.places[0], run.places[-1] + 1)
    gone = [run.table.waves[place] for place in between if place not in run.places]
    found = [f"Not asked in {', '.join(gone)}: times are the real ones."] if gone else []
    return [*found, f"The series begins anew in {run.waves[0]}."] if run.places[0] else found


def few_for_bends(waves: int, asking: Asking) -> list[str]:
    """What to tell of bends where waves are few.

    Args:
        waves: How many there are.
        asking: The degree of the curve.
    """
    if asking.degree > 1 and waves < FEW_FOR_BENDS:
        return [f"{waves} waves are few for a bend: six or more are usual."]
    return []
