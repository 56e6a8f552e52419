"""What weighting did, as a table: each answer's share before and after, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.present import numbers

if TYPE_CHECKING:
    from surveylib.analysis.weight import WeightedWave, Weights


def title(result: Weights) -> str:
    """What respondents were weighted to.

    Args:
        result: Weighted waves.
    """
    return result.weighting.describe().strip()


def cells(result: Weights) -> tuple[list[str], list[list[str]]]:
    """The head and the rows: one for each answer that has a target, wave by wave.

    Args:
        result: Weighted waves.
    """
    head = ["wave", "question", "answer", "n", "before", "target", "factor"]
    rows = [
        [
            row.wave,
            row.question,
            row.answer,
            f"{row.n:,}",
            numbers.percent(row.before),
            numbers.percent(row.target),
            "–" if row.factor is None else _times(row.factor, result, row.wave),
        ]
        for row in result.rows
    ]
    if all(not row.wave for row in result.rows):
        return head[1:], [row[1:] for row in rows]
    return head, rows


def _times(factor: float, result: Weights, wave: str) -> str:
    """How much more an answer counts than before, whatever weights add up to."""
    of = [row for row in result.rows if row.wave == wave and row.factor is not None]
    question = of[0].question
    whole = sum(row.before * (row.factor or 0) for row in of if row.question == question)
    return f"×\u00a0{factor / whole:.2f}"


def notes(result: Weights) -> list[str]:
    """What it costs in each wave, and how far it moved between the first and the last.

    Args:
        result: Weighted waves.
    """
    lines = [*map(_of_wave, result.waves), *_drift(result)]
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]


def _of_wave(wave: WeightedWave) -> str:
    before, after = (numbers.size(one) for one in (wave.kish_before, wave.kish_after))
    told = (
        f"{wave.n:,} respondents, worth {before} by their weights before and {after} after; "
        f"weights from {wave.least:.2f} to {wave.most:.2f} times their mean"
    )
    kept = f"; {wave.kept:,} without an answer keep theirs" if wave.kept else ""
    return f"{wave.wave}: {told}{kept}" if wave.wave else f"{told}{kept}"


def _drift(result: Weights) -> list[str]:
    """The answer whose share before weighting moved most from the first wave to the last."""
    if len(result.waves) < 2:
        return []
    first, last = result.waves[0].wave, result.waves[-1].wave
    before = {(row.question, row.answer): row.before for row in result.rows if row.wave == first}
    moved = [
        (abs(row.before - before[key]), row)
        for row in result.rows
        if row.wave == last and (key := (row.question, row.answer)) in before
    ]
    if not moved:
        return []
    size, row = max(moved, key=lambda pair: pair[0])
    was = before[row.question, row.answer]
    way = "more" if row.before > was else "less"
    told = (
        f"drift: '{row.answer}' of '{row.question}' had {numbers.percent(was)} of the weight in "
        f"{first} and {numbers.percent(row.before)} in {last}, {size * 100:.1f} points {way}"
    )
    return [told]
