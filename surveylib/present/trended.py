"""Trends: as a table, in sentences, with the numbers behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.series.trending import TESTS
from surveylib.present import changed, numbers

if TYPE_CHECKING:
    from surveylib.analysis.trends import NoTrend, Segment, Trend, Trends

_VERBS = {"rising": "rose", "falling": "fell"}


def cells(result: Trends) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table: the size first, then the test, then what may be said.

    Args:
        result: Trends.
    """
    level = f"{result.rows[0].confidence_level * 100:g} % interval" if result.rows else "interval"
    head = ["answer", "waves", "from", "to", "points a year", level, "test", "p", "verdict"]
    adjusted = any(row.p_adjusted is not None for row in result.rows)
    if adjusted:
        head.insert(-1, "p of family")
    rows = []
    for row in result.rows:
        line = [
            _answer(row),
            f"{row.waves[0]}–{row.waves[-1]} ({len(row.waves)})",
            numbers.share(row.points[0]) if row.points else "",
            numbers.share(row.points[-1]) if row.points else "",
            _slopes(row),
            "" if row.segments else span(row),
            statistic(row),
            p_values(row),
            row.verdict,
        ]
        if adjusted:
            found = "–" if row.p_adjusted is None else numbers.p_value(row.p_adjusted)
            line.insert(-1, found)
        rows.append(line)
    return head, rows


def _answer(row: Trend) -> str:
    answer = row.answer or "all answers"
    return f"{answer} ({row.domain})" if row.domain else answer


def _slopes(row: Trend) -> str:
    """The slope or, of a trend with joints, the slopes of its stretches: no line is the trend."""
    if row.segments:
        return ", ".join(per_year(part.slope) for part in row.segments)
    return "" if row.slope is None else per_year(row.slope)


def per_year(slope: float) -> str:
    """A slope in percentage points a year, with two decimals and its sign.

    >>> per_year(-0.0508)
    '−5.08'
    """
    rounded = round(slope * 100, 2)
    sign = "+" if rounded > 0 else "\u2212" if rounded < 0 else ""
    return f"{sign}{abs(rounded):.2f}"


def span(row: Trend) -> str:
    """The interval of a slope; nothing where there is none.

    Args:
        row: A trend.
    """
    if row.slope_low is None or row.slope_high is None:
        return ""
    return f"{per_year(row.slope_low)} to {per_year(row.slope_high)}"


def statistic(row: Trend) -> str:
    """The statistic of a test with its degrees of freedom.

    Args:
        row: A trend.
    """
    value = f"{row.statistic:.2f}".replace("-", "\u2212")
    if row.statistic_name in {"S", "joints"}:
        value = f"{row.statistic:.0f}".replace("-", "\u2212")
    freedom = [f"{df:.4g}" for df in (row.df, row.df_denominator) if df is not None]
    told = f"({', '.join(freedom)})" if freedom else ""
    return f"{row.statistic_name}{told} = {value}"


def p_values(row: Trend) -> str:
    """The p-value, or its range where what was printed leaves one.

    Args:
        row: A trend.
    """
    low, high = numbers.p_value(row.p_value_low), numbers.p_value(row.p_value_high)
    return low if low == high else f"{low} to {high}"


def sentence(row: Trend) -> str:
    """One trend, as a report would say it: the size, the test, what may be said.

    Args:
        row: A trend.
    """
    about = f"{row.title}, “{row.answer_text}”" if row.answer else row.title
    group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
    waves = f"{row.waves[0]} to {row.waves[-1]}, {len(row.waves)} waves"
    known = f"{TESTS_NAMES.get(row.test, row.test)}: {statistic(row)}, p {_equals(row)}"
    if row.slope is None or not row.points:
        effect = f"; {row.effect}" if row.effect else ""
        return f"{about}{group}, {waves}: {_SAID[row.verdict]} ({known}{effect})."
    before, after = numbers.share(row.points[0]), numbers.share(row.points[-1])
    verb = _VERBS.get(row.verdict, "went")
    level = f"{row.confidence_level * 100:g}\u00a0%"
    size = f"{per_year(row.slope)} points a year"
    limits = f" ({level} interval {span(row)})" if span(row) else ""
    if row.segments:
        first, *rest = [f"{_when(row, part.from_time)}" for part in row.segments]
        slopes = [per_year(part.slope) for part in row.segments]
        size = f"{slopes[0]} points a year from {first}"
        size += "".join(
            f", {slope} from {start}" for slope, start in zip(slopes[1:], rest, strict=True)
        )
        limits = ""
    return (
        f"{about}{group}, {verb} from {before} in {row.waves[0]} to {after} in {row.waves[-1]}, "
        f"over {len(row.waves)} waves, {size}{limits}: {_SAID[row.verdict]} ({known})."
    )


def _equals(row: Trend) -> str:
    told = p_values(row)
    return told if told.startswith("below") or " to " in told else f"= {told}"


TESTS_NAMES = {
    "cochran-armitage": "Cochran–Armitage",
    "cochran-q": "Cochran's Q",
    "cochran-q-exact": "Cochran's Q, exact",
    "cochran-armitage-exact": "Cochran–Armitage, exact",
    "cochran-armitage-permutation": "Cochran–Armitage, by permutations",
    "logistic": "logistic regression on time",
    "least-squares": "least squares on time",
    "mann-kendall": "Mann–Kendall",
    "joinpoint": "joinpoint search",
    "linear-by-linear": "Mantel, linear by linear",
    "jonckheere-terpstra": "Jonckheere–Terpstra",
    "cumulative-link": "proportional odds on time",
    "homogeneity": "Rao–Scott, second order",
}

_SAID = {
    "rising": "a rise larger than chance would give",
    "falling": "a fall larger than chance would give",
    "changing": "differences between waves larger than chance would give",
    "no trend shown": "no trend is shown",
    "undetermined by rounding": "whether this is a trend depends on what the printed figures "
    "stand for",
}


def refusal(row: NoTrend) -> str:
    """Why a series has no trend.

    Args:
        row: A series without one.
    """
    answer = f"/{row.answer}" if row.answer else ""
    group = f" ({row.domain})" if row.domain else ""
    waves = f", {', '.join(row.waves)}" if row.waves else ""
    return f"{row.question}{answer}{group}{waves}: no trend. {row.reason}"


def below(result: Trends) -> list[str]:
    """What must be known of trends: limits, bends, what was done, what was refused.

    Args:
        result: Trends.
    """
    lines = []
    noted: dict[str, list[str]] = {}
    for row in result.rows:
        known = [note for note in row.notes if not any(note in line for line in result.done)]
        for note in (*known, *_fit(row)):
            noted.setdefault(note, []).append(_answer(row))
    for note, answers in noted.items():
        whom = "" if len(answers) == len(result.rows) else f"{', '.join(answers)}: "
        lines.append(f"{whom}{note}")
    lines += [f"{_answer(row)}, {told}" for row in result.rows for told in stretches(row)]
    lines += changed.flags(point for row in result.rows for point in row.points)
    tests = dict.fromkeys(row.test for row in result.rows)
    lines += [f"{test}: {TESTS[test].words}" for test in tests]
    lines += [f"{row.family}" for row in result.rows[:1] if row.family]
    lines += [*result.done, *(refusal(row) for row in result.refused)]
    lines += [f"design: {result.design}"] if result.design else []
    lines += [result.checked] if result.checked else []
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]


def _when(row: Trend, time: float) -> str:
    """A time by the name of its wave, or in years with two decimals."""
    if time in row.times:
        return row.waves[row.times.index(time)]
    return f"{time:.2f}".rstrip("0").rstrip(".")


def stretches(row: Trend) -> list[str]:
    """Each stretch of a trend with joints: its slope, its test, and how it bends away.

    Args:
        row: A trend.
    """
    return [_stretch(row, part) for part in row.segments]


def _stretch(row: Trend, part: Segment) -> str:
    start = _when(row, part.from_time)
    slope, *limits = map(per_year, (part.slope, part.slope_low, part.slope_high))
    odds = ""
    if part.odds_ratio is not None:
        odds = f", odds ratio per year {part.odds_ratio:.3f} ({part.odds_low:.3f} to "
        odds += f"{part.odds_high:.3f})"
    bend = ""
    if part.odds_bend is not None:
        bend = f"odds ratio times {part.odds_bend:.3f} ({part.odds_bend_low:.3f} to "
        bend += f"{part.odds_bend_high:.3f})"
    elif part.bend is not None and part.bend_low is not None and part.bend_high is not None:
        bend = f"{per_year(part.bend)} points a year ({per_year(part.bend_low)} to "
        bend += f"{per_year(part.bend_high)})"
    if part.bend_p_value is not None:
        bend = f"; bend in {start}: {bend}, p {numbers.p_value(part.bend_p_value)}"
    return (
        f"{start} to {_when(row, part.to_time)}: {slope} points a year "
        f"({' to '.join(limits)}){odds}, p {numbers.p_value(part.p_value)}, {part.verdict}{bend}"
    )


def _fit(row: Trend) -> list[str]:
    """What is off a straight line, where that is more than chance."""
    alpha = 1 - row.confidence_level
    found = []
    if row.lack_of_fit is not None and row.lack_of_fit <= alpha and row.slope is not None:
        p = numbers.p_value(row.lack_of_fit)
        found.append(f"The shares are not on a straight line (p {p}): look at them wave by wave.")
    elif row.lack_of_fit is not None and row.lack_of_fit <= alpha:
        p = numbers.p_value(row.lack_of_fit)
        found.append(f"The odds are not proportional (p {p}): answers do not move alike.")
    if row.curved is not None:
        p = numbers.p_value(row.curved)
        told = "bends" if row.curved <= alpha else "is not shown to bend"
        found.append(f"The trend {told} (p {p}).")
    return found


def explain(row: Trend) -> str:
    """How a trend came about: the size, the test, the waves and their times.

    Args:
        row: A trend.
    """
    lines = [
        sentence(row),
        f"  test: {row.test}: {TESTS[row.test].words} ({row.alternative})",
        *([f"  effect: {row.effect}"] if row.effect else []),
        *(f"  {told}" for told in stretches(row)),
        *(f"  {note}" for note in _fit(row)),
        *(
            f"  {point.wave} (at {time:.2f}): {numbers.share(point)}, n = {numbers.base(point)}"
            for point, time in zip(row.points, row.times, strict=False)
        ),
        f"  samples: {row.samples}",
        f"  comparability: {numbers.verdict_name(row.comparability)}. {' '.join(row.notes)}",
    ]
    return "\n".join(lines)
