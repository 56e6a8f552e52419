"""Shifts and turnover as tables and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.present import numbers
from surveylib.present.disclosure_rules import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.shifts import Cut, Shift, Shifts, Turnovers, TurnoverTable

_SAID = {
    "shifted up": "answers shifted up",
    "shifted down": "answers shifted down",
    "crosses": "answers moved up in one place and down in another",
    "not shown": "no shift is shown",
}


def cells(result: Shifts) -> tuple[list[str], list[list[str]]]:
    """The head and the rows: for each two waves the shift, and below it every cut.

    Args:
        result: Shifts.
    """
    level = f"{result.rows[0].confidence_level * 100:g} % interval" if result.rows else "interval"
    head = ["waves", "up to", "from", "to", "points", level, "p", "verdict"]
    rows = []
    for row in result.rows:
        waves = f"{row.from_wave}→{row.to_wave}" + (f" ({row.domain})" if row.domain else "")
        chance = f"{numbers.percent(row.superiority)} higher"
        rows.append([waves, chance, "", "", "", numbers.percents(row.ci_low, row.ci_high),
                     numbers.p_value(row.p_value), row.verdict])  # fmt: skip
        rows += [["", *_cut(cut)] for cut in row.cuts]
    return head, rows


def _cut(cut: Cut) -> list[str]:
    known = cut.share_from == cut.share_from_high and cut.share_to == cut.share_to_high
    change = cut.share_to - cut.share_from
    return [
        cut.up_to,
        _share(cut.share_from, cut.share_from_high),
        _share(cut.share_to, cut.share_to_high),
        numbers.points(change) if known else "between",
        f"{numbers.points(cut.ci_low)} to {numbers.points(cut.ci_high)}",
        "" if cut.p_adjusted is None else numbers.p_value(cut.p_adjusted),
        cut.verdict,
    ]


def _share(low: float, high: float) -> str:
    return numbers.percent(low) if low == high else numbers.percents(low, high)


def below(result: Shifts) -> list[str]:
    """What must be known of shifts.

    Args:
        result: Shifts.
    """
    lines = [
        "higher: how often a later respondent gave a higher answer than an earlier, ties half",
        "p of cuts: for all cuts together (Holm)",
    ]
    lines += [mean for row in result.rows for mean in _mean(row)]
    lines += [
        f"{row.from_wave}→{row.to_wave}, limited: {' '.join(row.notes)}"
        for row in result.rows
        if row.comparability == "limited"
    ]
    lines += list(dict.fromkeys(flag for row in result.rows for flag in row.flags))
    lines += [*result.refused, *result.done]
    lines += [f"design: {result.design}"] if result.design else []
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]


def _mean(row: Shift) -> list[str]:
    if row.mean_low is None and row.mean_high is None and row.mean_low_if_alike is None:
        has_no_bands = row.mean_high_if_alike is None
        if has_no_bands:
            return []
    free = f"{_number(row.mean_low)} to {_number(row.mean_high)}"
    alike = f"{_number(row.mean_low_if_alike)} to {_number(row.mean_high_if_alike)}"
    return [
        (
            f"{row.from_wave}→{row.to_wave}: the mean changed by {free}, whatever is inside bands; "
            f"by {alike} if the mean inside each band did not change"
        )
    ]


def _number(value: float | None) -> str:
    return "no limit" if value is None else f"{value:+,.1f}".replace("-", "\u2212")


def _group(row: Shift) -> str:
    return f" ({row.domain})" if row.domain else ""


def sentence(row: Shift) -> str:
    """One shift, as a report would say it.

    Args:
        row: A shift.
    """
    level = f"{row.confidence_level * 100:g}\u00a0%"
    strict = ", at every cut" if row.strict else ""
    return (
        f"{row.title}{_group(row)}, {row.from_wave} to {row.to_wave}: "
        f"{_SAID[row.verdict]}{strict}. "
        f"A respondent of {row.to_wave} gave a higher answer than one of {row.from_wave} "
        f"with a probability of {numbers.percent(row.superiority)}, ties counting half "
        f"({level} interval {numbers.percents(row.ci_low, row.ci_high)}, "
        f"p {numbers.p_value(row.p_value)})."
    )


def flows(row: TurnoverTable) -> tuple[list[str], list[list[str]]]:
    """The table of who went where: people and shares of each earlier answer.

    Args:
        row: A turnover table.
    """
    head = [f"{row.from_wave} ↓ {row.to_wave} →", *row.answers, "all"]
    rows = []
    for answer, line in zip(row.answers, row.counts, strict=True):
        total = _sum(line)
        rows.append([answer, *(_flow(one, total) for one in line), _count(total)])
    columns = zip(*row.counts, strict=True)
    rows.append(["all", *(_count(_sum(column)) for column in columns), str(row.n)])
    rows.append(["net", *(f"{one:+d}".replace("-", "\u2212") for one in row.net), ""])
    return head, rows


def _sum(line: Sequence[int | None]) -> int | None:
    """The sum of counts; None where one of them is withheld."""
    known = [one for one in line if one is not None]
    return sum(known) if len(known) == len(line) else None


def _count(count: int | None) -> str:
    return numbers.WITHHELD if count is None else str(count)


def _flow(count: int | None, total: int | None) -> str:
    """How many went a way, and which share of those who could."""
    if count is None or not total:
        return _count(count)
    return f"{count} ({count / total * 100:.0f}\u00a0%)"


def told(row: TurnoverTable) -> list[str]:
    """What a turnover table says, in lines.

    Args:
        row: A turnover table.
    """
    known = f"n = {row.n}, and {row.left_out} answered in one of the waves only"
    if row.stayed is None or row.marginal_p_value is None or row.symmetry_p_value is None:
        return [known, WITHHELD]
    return [
        f"{numbers.percent(row.stayed)} gave the same answer twice; {known}",
        (
            f"shares the same in both waves (Stuart–Maxwell): chi-squared({row.marginal_df}) = "
            f"{row.marginal_statistic:.2f}, p {numbers.p_value(row.marginal_p_value)}"
        ),
        (
            f"as many one way as the other (Bowker): chi-squared({row.symmetry_df}) = "
            f"{row.symmetry_statistic:.2f}, p {numbers.p_value(row.symmetry_p_value)}"
        ),
    ]


def turnover_name(row: TurnoverTable) -> str:
    """What a turnover table is of.

    Args:
        row: A turnover table.
    """
    group = f" ({row.domain})" if row.domain else ""
    return f"“{row.title}”{group}, {row.from_wave} to {row.to_wave}"


def explain(result: Turnovers) -> str:
    """Every turnover table in sentences.

    Args:
        result: Turnover tables.
    """
    tables = ["\n  ".join([turnover_name(row), *told(row)]) for row in result.rows]
    return "\n\n".join([*tables, *turnover_notes(result)])


def turnover_notes(result: Turnovers) -> list[str]:
    """What must be known of turnover tables: those that could not be made, and caveats.

    Args:
        result: Turnover tables.
    """
    lines = [f"no table: {one}" for one in result.refused]
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]
