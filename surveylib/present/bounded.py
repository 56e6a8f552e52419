"""What those who did not answer leave open, as tables and sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.bounded import HOLDS, HOLDS_ALIKE
from surveylib.analysis.columns import NO_VALUE
from surveylib.analysis.nonresponse.missing import MISSING
from surveylib.present import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from surveylib.analysis.bounded import BoundedChange, BoundedShare, Sensitivity


class Table(NamedTuple):
    """A table with a line above it."""

    caption: str
    head: list[str]
    rows: list[list[str]]


class Column(NamedTuple):
    """A column of shares: its head, its cells, and whether it has anything to say."""

    head: str
    cell: Callable[[BoundedShare], str]
    said: Callable[[Sequence[BoundedShare]], bool]


def title(result: Sensitivity) -> str:
    """What the result is of.

    Args:
        result: The result.
    """
    row = result.rows[-1]
    group = f" ({row.domain})" if row.domain else ""
    return f"{row.title}, “{row.answer_text}”{group}: what those who did not answer leave open"


def tables(result: Sensitivity) -> list[Table]:
    """The shares; the changes; and, of one change, what it is by shares of those missing.

    Args:
        result: The result.
    """
    if not result.rows:  # all of them are withheld
        return []
    level = f"{result.rows[0].confidence_level * 100:g} % interval"
    shown = [column for column in _COLUMNS if column.said(result.rows)]
    head = [column.head.format(level=level) for column in shown]
    found = [Table(title(result), head, [[one.cell(row) for one in shown] for row in result.rows])]
    if result.changes:
        head = ["waves", "answered", level, "could be", f"{level} of that", "if alike", "verdict"]
        found.append(Table("Changes in points:", head, list(map(_change, result.changes))))
    if len(result.changes) == 1 and result.changes[0].low < result.changes[0].high:
        found.append(_grid(result.changes[0]))
    return found


def _many(row: BoundedShare) -> str:
    return "unknown" if row.answered is None else numbers.base(row.answered)


def _missing(row: BoundedShare) -> str:
    return "unknown" if row.missing is None else numbers.percent(row.missing)


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "–"
    return numbers.percent(low) if low == high else numbers.percents(low, high)


def _against(row: BoundedShare) -> str:
    if not row.finding or row.threshold is None:
        return "neither shown"
    return f"{row.finding} {_round(row.threshold)}: {row.verdict}"


def _round(share: float) -> str:
    """A share that somebody chose, in as many digits as they gave."""
    return f"{share * 100:.6g}{numbers.SPACE}%"


def _answered(row: BoundedShare) -> str:
    return "–" if row.answered is None else numbers.share(row.answered)


def _interval(row: BoundedShare) -> str:
    if row.answered is None:
        return "–"
    return numbers.interval(row.answered.envelope_low, row.answered.envelope_high, row.answered)


def _known(rows: Sequence[BoundedShare]) -> bool:
    return any(row.low is not None for row in rows)


_COLUMNS = (
    Column("wave", lambda row: row.wave, lambda rows: any(row.wave for row in rows)),
    Column("answered", _answered, bool),
    Column("{level}", _interval, bool),
    Column("n", _many, bool),
    Column("missing", _missing, bool),
    Column("could be", lambda row: _range(row.low, row.high), _known),
    Column("{level} of that", lambda row: _range(row.ci_low, row.ci_high), _known),
    Column("finding", _against, lambda rows: any(row.threshold is not None for row in rows)),
)


def _points(low: float, high: float) -> str:
    one, other = numbers.points(low), numbers.points(high)
    return one if one == other else f"{one} to {other}"


def _change(row: BoundedChange) -> list[str]:
    return [
        f"{row.from_wave}→{row.to_wave}",
        "–" if row.difference is None else numbers.points(row.difference),
        f"{numbers.points(row.ci_low)} to {numbers.points(row.ci_high)}",
        _points(row.low, row.high),
        f"{numbers.points(row.free_low)} to {numbers.points(row.free_high)}",
        _points(row.same_low, row.same_high),
        f"{row.finding}: {row.verdict}" if row.finding else row.verdict,
    ]


def _grid(row: BoundedChange) -> Table:
    """The change by the shares that those missing may have given the answer with."""
    undone = f"; in brackets: the {row.finding} is not shown" if row.finding else ""
    caption = (
        f"The change in points, if these shares of those missing said “{row.answer_text}”{undone}:"
    )
    shares = [f"{share * 100:.3g} %" for share in row.among_missing]
    lines = []
    for place, share in enumerate(shares):
        cells = list(map(numbers.points, row.changes[place]))
        holds = row.holds[place] if row.holds else [True] * len(cells)
        shown = [one if held else f"({one})" for one, held in zip(cells, holds, strict=True)]
        lines.append([share, *shown])
    return Table(caption, [f"{row.from_wave} ↓ {row.to_wave} →", *shares], lines)


def sentence(row: BoundedChange, respondents: str) -> str:
    """What would undo a change, as a report would say it.

    Args:
        row: A change.
        respondents: Those who answered, as a reader must call them.
    """
    waves = f"from {row.from_wave} to {row.to_wave}"
    if row.low == row.high:
        said = f"The {row.finding} {waves}" if row.finding else f"No change is shown {waves}"
        return f"{said} {'is one ' if row.finding else ''}of all who were asked: nobody is missing."
    if not row.finding:
        return (
            f"No change is shown {waves} among {respondents}; with those who did not answer it is "
            f"anything from {numbers.points(row.low)} to {numbers.points(row.high)} points."
        )
    if row.verdict == HOLDS:
        whatever = "whatever those who did not answer would have said"
        return f"The {row.finding} {waves} holds {whatever}."
    first, second = ("at least", "at most") if row.finding == "rise" else ("at most", "at least")
    parts = [
        _part(side, tips, wave, against, row.answer_text)
        for side, tips, wave, against in (
            (first, row.from_tips, row.from_wave, row.from_answered),
            (second, row.to_tips, row.to_wave, row.to_answered),
        )
        if tips is not None
    ]
    if parts:
        told = f"To undo the {row.finding} {waves}, {'; or '.join(parts)}."
    else:
        told = f"Those missing in one wave alone cannot undo the {row.finding} {waves}."
    return f"{told} {_alike(row)}"


def _part(side: str, tips: float, wave: str, against: float | None, answer: str) -> str:
    did = "" if against is None else f", against {numbers.percent(against)} of those who did"
    where = f" in {wave}" if wave else ""
    return (
        f"{side} {numbers.percent(tips)} of those who did not answer{where} must have said "
        f"“{answer}”{did}"
    )


def _alike(row: BoundedChange) -> str:
    if row.verdict == HOLDS_ALIKE:
        return "It holds if the same share of them said so in both waves."
    if row.same_tips is None:
        return f"If the same share of them said so in both waves, no {row.finding} is shown."
    return (
        f"If the same share of them said so in both waves, it is undone at "
        f"{numbers.percent(row.same_tips)} and {row.same_side}."
    )


def threshold(row: BoundedShare, respondents: str) -> str:
    """What would undo that a share is above or below a threshold.

    Args:
        row: A share with a finding.
        respondents: Those who answered, as a reader must call them.
    """
    where = f" in {row.wave}" if row.wave else ""
    said = f"that the share is {row.finding} {_round(row.threshold or 0.0)}{where}"
    if row.verdict == HOLDS:
        return f"T{said[1:]} holds whatever those who did not answer would have said."
    if row.finding_tips is None:
        return f"T{said[1:]} is shown among {respondents} only."
    side = "at most" if row.finding == "above" else "at least"
    did = row.answered.estimate if row.answered else None
    part = _part(side, row.finding_tips, row.wave, did, row.answer_text)
    return f"To undo {said}, {part}."


def below(result: Sensitivity) -> list[str]:
    """What undoes the findings; and what must be known of all figures.

    Args:
        result: The result.
    """
    if not result.rows:
        return list(result.refused)
    found = [row for row in result.changes if row.finding or len(result.changes) == 1]
    said = [sentence(row, result.respondents) for row in found]
    said += [threshold(row, result.respondents) for row in result.rows if row.finding]
    return [*said, *([""] if said else []), *_notes(result)]


def _notes(result: Sensitivity) -> Iterator[str]:
    answer, rows = result.rows[-1].answer_text, result.rows
    invited = any(row.response_rate is not None for row in rows)
    everybody = "all who were invited" if invited else "all who were asked"
    yield f"answered: share of {result.respondents}"
    if _known(rows):
        yield (
            f"could be: share of {everybody}, from nobody to everybody of those missing saying "
            f"“{answer}”"
        )
    if result.changes:
        yield "if alike: had the same share of those missing said so in both waves"
    if any(row.from_tips is not None or row.to_tips is not None for row in result.changes):
        yield "to undo a finding in one wave: those missing in the other are like its answers then"
    yield from filter(None, map(_who, rows))
    yield from _unknown(rows)
    yield from _noted(rows)
    yield from _limited(result.changes)
    yield from result.refused
    yield from result.done
    yield from [f"design: {result.design}"] if result.design else []
    yield from (f"caveat: {caveat}" for caveat in result.caveats)


def _who(row: BoundedShare) -> str:
    """Who is missing in a wave."""
    parts = []
    if row.n_asked is not None:
        ways = [f"{many:,} {_way(one)}" for one, many in row.states]
        listed = f": {', '.join(ways)}" if ways else ""
        parts.append(f"{row.n_missing:,} of {row.n_asked:,} who were asked{listed}")
    if row.response_rate is not None and row.response_rate < 1:
        rate = f"{(1 - row.response_rate) * 100:.3g}{numbers.SPACE}%"
        parts.append(f"{rate} of those invited did not take part")
    where = f" in {row.wave}" if row.wave else ""
    return f"missing{where}: {'; '.join(parts)}" if parts else ""


def _way(name: str) -> str:
    """How somebody did not answer: a state of a wave, or a value of a column."""
    if name.startswith(NO_VALUE):
        return "have no value"
    return MISSING.get(name, f"gave “{name}”")


def _unknown(rows: Sequence[BoundedShare]) -> Iterator[str]:
    """Of which waves it is not known who was invited, or who did not answer."""
    printed = [row.wave for row in rows if row.low is None]
    todo = "response_rate="
    if printed:
        example = f"{{'{printed[-1]}': 0.4}}"
        yield (
            f"not known in {', '.join(printed)}: how many did not answer, since only figures of "
            f"those who did survive. Give {todo}, the share of those invited who took part: one "
            f"number, or one for each wave such as {example}."
        )
    counted = [row.wave for row in rows if row.response_rate is None and row.low is not None]
    if counted:
        where = f" in {', '.join(counted)}" if any(counted) else ""
        yield (
            f"not known{where}: how many were invited and did not take part. They are not in "
            f"these bounds; {todo} puts them in."
        )


def _noted(rows: Sequence[BoundedShare]) -> Iterator[str]:
    """What must be known of shares, each once with its waves."""
    found: dict[str, list[str]] = {}
    for row in rows:
        own = row.answered.notes if row.answered is not None else ()
        for note in (*row.notes, *filter(None, own)):
            found.setdefault(note, []).append(row.wave)
    for note, waves in found.items():
        named = ", ".join(filter(None, dict.fromkeys(waves)))
        yield f"{named}: {note}" if named else note


def _limited(changes: Sequence[BoundedChange]) -> Iterator[str]:
    for row in changes:
        if row.comparability == "limited":
            yield f"{row.from_wave}→{row.to_wave}, limited: {' '.join(row.notes)}"


#: What limits rest on.
_METHODS = {
    "wilson": "Wilson's limits at each bound",
    "wald": "standard errors to both sides of the bounds",
}


def explain(result: Sensitivity) -> list[str]:
    """How each number came about.

    Args:
        result: The result.
    """
    by = _METHODS[result.method]
    if not result.rows:
        return list(result.refused)
    return [
        title(result),
        *(_explain_share(row, by) for row in result.rows),
        *(_explain_change(row, result.respondents) for row in result.changes),
        "\n".join(_notes(result)),
    ]


def _explain_share(row: BoundedShare, by: str) -> str:
    name = row.wave or row.title
    share = "nobody answered" if row.answered is None else numbers.share(row.answered)
    lines = [f"{name}: {share} of those who answered, n = {_many(row)}"]
    if row.low is not None and row.high is not None and row.missing is not None:
        lines.append(
            f"  bounds: {numbers.percent(row.low)} if nobody of the {numbers.percent(row.missing)} "
            f"who did not answer said so, {numbers.percent(row.high)} if everybody did. "
            "Manski (1989)"
        )
    if row.quantile is not None:
        lines.append(
            f"  interval: {_range(row.ci_low, row.ci_high)} covers the share of all wherever "
            f"between the bounds it is, {row.quantile:.3f} standard errors beyond them, by {by}. "
            "Imbens and Manski (2004)"
        )
    return "\n".join(lines)


def _explain_change(row: BoundedChange, respondents: str) -> str:
    lines = [
        sentence(row, respondents),
        (
            f"  bounds: lowest later share less highest earlier one, {numbers.points(row.low)}; "
            f"and the other way round, {numbers.points(row.high)}"
        ),
        f"  interval: {numbers.points(row.free_low)} to {numbers.points(row.free_high)}",
        (
            f"  if alike: {_points(row.same_low, row.same_high)}, interval "
            f"{numbers.points(row.alike_low)} to {numbers.points(row.alike_high)}"
        ),
        f"  comparability: {numbers.verdict_name(row.comparability)}. {' '.join(row.notes)}",
    ]
    return "\n".join(lines)
