"""The plan of a next wave, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.present import numbers

if TYPE_CHECKING:
    from surveylib.analysis.plan import Plan, Sized


def cells(result: Plan) -> tuple[list[str], list[list[str]]]:
    """The head and the rows: what a rise and a fall of that size need.

    Args:
        result: A plan.
    """
    head = ["change", "from", "to", "respondents", "invited"]
    rows = [
        _row(numbers.points(side * result.change), result, sized)
        for side, sized in ((1, result.up), (-1, result.down))
    ]
    return head, rows


def _row(points: str, result: Plan, sized: Sized) -> list[str]:
    needed = ("–" if one is None else f"{one:,}" for one in (sized.respondents, sized.invited))
    return [points, numbers.share(result.last), numbers.percent(sized.share_to), *needed]


def notes(result: Plan) -> list[str]:
    """What the plan rests on.

    Args:
        result: A plan.
    """
    level = f"{result.confidence_level * 100:g}\u00a0%"
    last = result.wave or "the last wave"
    lines = [
        f"to be shown in {result.power * 100:g} of 100 samples, at the {level} level",
        f"compared with {last}: n = {result.last.n}, design effect {result.design_effect:.3g}",
        f"response rate {result.response_rate:g}",
    ]
    for way, sized in (("rise", result.up), ("fall", result.down)):
        lines += [f"no next wave shows that {way}: {sized.reason}"] if sized.reason else []
    if result.overlap:
        lines.append(f"overlap {result.overlap:g}, with a correlation of {result.correlation:g}")
    return lines


def title(result: Plan) -> str:
    """What is planned.

    Args:
        result: A plan.
    """
    return f"{result.last.title}, “{result.last.answer_text}”: the next wave"
