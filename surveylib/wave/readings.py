"""What a printed figure can be: its possible counts and bases, and what a reader must know of it.

A figure whose base is not printed is first tried at the wave's n. Where no whole count of n rounds
to what was printed, the base must be smaller: every smaller base that fits is found and used.
Figures of one question that share an unprinted base must fit it together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from surveylib.stats.bounds import Candidates
from surveylib.stats.counts import Sum, possible_bases, possible_counts
from surveylib.wave.published import considered_bases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.instrument.question import Question
    from surveylib.wave.model import PublishedFigure, PublishedWave


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that a reader of a figure must know: a stable name and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A printed figure, read.

    Args:
        figure: What was printed.
        n: The base used for the estimate: the one stated, or the largest that fits.
        n_low: The smallest base considered.
        candidates: Every possible count and base; None where the base is unknown.
        flags: What a reader must know.
    """

    figure: PublishedFigure
    n: int | None
    n_low: int | None
    candidates: Candidates | None
    flags: tuple[Flag, ...]

    @property
    def shares(self) -> tuple[float, float]:
        """Lowest and highest possible share: over the counts or, without a base, as printed."""
        if self.candidates is not None:
            return self.candidates.shares
        return float(self.figure.share.low), float(self.figure.share.high)


def read_figures(wave: PublishedWave, question: str, domain: str = "") -> dict[str, Reading]:
    """Read every printed figure of a question, by answer.

    Args:
        wave: The wave.
        question: A question of its instrument.
        domain: `question=answer` of a group; empty for all respondents.
    """
    asked = wave.instrument.question(question)
    groups: dict[tuple[object, ...], list[PublishedFigure]] = defaultdict(list)
    for figure in wave.figures_of(question, domain):
        groups[figure.base, figure.base_n, figure.base_origin].append(figure)
    found = {}
    for figures in groups.values():
        for reading in _read_group(wave, asked, figures):
            found[reading.figure.answer] = reading
    return {figure.answer: found[figure.answer] for figure in wave.figures_of(question, domain)}


def _sums(question: Question, figures: Sequence[PublishedFigure]) -> list[Sum]:
    """What adds up among the figures of a question with one answer each."""
    if not question.exclusive:
        return []
    place = {figure.answer: position for position, figure in enumerate(figures)}
    options = {option.code: option for option in question.answers}
    nets = {code for code, option in options.items() if option.net_of}
    plain = [code for code in question.answer_codes if code not in nets]
    listed_all = getattr(question, "option_list", "partial") == "complete"
    parts = tuple(place[code] for code in plain if code in place)
    sums = []
    if parts:
        complete = listed_all and len(parts) == len(plain)
        sums.append(Sum(parts=parts, complete=complete))
    for code in nets & place.keys():
        inside = tuple(place[part] for part in options[code].net_of if part in place)
        if inside:
            complete = options[code].net_complete and len(inside) == len(options[code].net_of)
            sums.append(Sum(parts=inside, total=place[code], complete=complete))
    return sums


def _read_group(
    wave: PublishedWave, question: Question, figures: Sequence[PublishedFigure]
) -> list[Reading]:
    """Read figures that share a base."""
    base_n, origin = figures[0].base_n, figures[0].base_origin
    if base_n is None:
        return [_unknown_base(figure) for figure in figures]
    considered = considered_bases(wave.manifest, base_n, origin)
    if origin == "margin":
        return [_of_margin(figure) for figure in figures]
    if wave.manifest.weighting == "weighted":
        return [_weighted(figure, range(base_n[0], base_n[1] + 1)) for figure in figures]
    shares = [figure.share for figure in figures]
    sums = _sums(question, figures)
    n = base_n[1]
    at_n = possible_counts(shares, n, sums) if origin != "derived" else None
    together = {n: at_n} if at_n is not None else possible_bases(shares, considered, sums)
    if origin == "printed" and at_n is None:
        together = {}  # each figure states its own base; none speaks for another
    misfit = bool(sums) and not possible_bases(shares, considered, sums)
    return [
        _read_one(
            figure,
            n,
            considered,
            {m: counts[position] for m, counts in together.items()},
            misfit=misfit,
        )
        for position, figure in enumerate(figures)
    ]


def _read_one(
    figure: PublishedFigure,
    n: int,
    considered: range,
    together: dict[int, tuple[int, int]],
    *,
    misfit: bool,
) -> Reading:
    """One figure, given the bases at which its whole question fits."""
    alone = figure.share.counts(n)
    bases = dict(together)
    flags = _plain_flags(figure)
    if misfit:
        text = "The printed answers to this question do not add up at any base it may have."
        flags.append(Flag(code="sum-misfit", text=text))
    if figure.base_origin == "derived":
        bases = bases or _alone(figure, considered)
        flags.append(Flag(code="base-derived", text=_derived(figure)))
    elif n in together:
        if figure.base_origin == "wave":
            flags.append(_assumed(n))
    elif alone is not None:
        bases[n] = alone
        if together:
            flags.append(_perhaps_smaller(n, max(together)))
        elif figure.base_origin == "wave":
            flags.append(_assumed(n))
    else:
        bases = bases or _alone(figure, considered)
        flags.append(_smaller(figure, n, max(bases), min(bases)))
    used = max(bases)
    if bases[used] != figure.share.counts(used):
        text = "The possible counts are fewer than rounding allows, because answers add up."
        flags.append(Flag(code="narrowed-by-sum", text=text))
    return Reading(
        figure=figure,
        n=used,
        n_low=min(bases),
        candidates=Candidates.whole(dict(sorted(bases.items()))),
        flags=tuple(flags),
    )


def _alone(figure: PublishedFigure, considered: range) -> dict[int, tuple[int, int]]:
    found = possible_bases([figure.share], considered)
    return {n: counts[0] for n, counts in found.items()}


def _plain_flags(figure: PublishedFigure) -> list[Flag]:
    flags = []
    if figure.percent is None:
        text = f"Printed in words, “{figure.read_as}”: a range, without an estimate of its own."
        flags.append(Flag(code="words", text=text))
    elif figure.certainty == "approximate":
        text = "A number was printed; what it is a share of is not quite clear."
        flags.append(Flag(code="approximate", text=text))
    if figure.note:
        flags.append(Flag(code="note", text=figure.note))
    return flags


def _assumed(n: int) -> Flag:
    text = f"How many answered this question was not printed; {n}, the n of the wave, is used."
    return Flag(code="base-assumed", text=text)


def _derived(figure: PublishedFigure) -> str:
    low, high = figure.base_n or (0, 0)
    size = f"{low}" if low == high else f"{low} to {high}"
    return f"The size of the group, {size}, follows from other printed figures."


def _perhaps_smaller(n: int, largest: int) -> Flag:
    text = (
        f"Other figures of this question are no whole counts of {n}. If all share one base it is "
        f"{largest} at most; the envelope allows for that."
    )
    return Flag(code="base-perhaps-smaller", text=text)


def _smaller(figure: PublishedFigure, n: int, largest: int, smallest: int) -> Flag:
    text = (
        f"No whole count of {n} is printed as {figure.read_as} %: fewer people must have "
        f"answered, {largest} at most. The envelope covers fitting bases down to {smallest}."
    )
    return Flag(code="base-smaller", text=text)


def _unknown_base(figure: PublishedFigure) -> Reading:
    text = "How many people this is a share of is not known: no interval can be given."
    flags = [*_plain_flags(figure), Flag(code="base-unknown", text=text)]
    return Reading(figure=figure, n=None, n_low=None, candidates=None, flags=tuple(flags))


def _of_margin(figure: PublishedFigure) -> Reading:
    """A figure whose margin of error stands in for the number of respondents."""
    margin, (low, high) = figure.margin, figure.base_n or (1, 1)
    near = high if margin is None else min(margin.sizes(figure.share).near, high)
    size = f"{near:,} respondents drawn singly" + (f", {low:,} to {high:,}" if low < high else "")
    text = (
        f"How many answered was not printed. A margin of error of {margin} is that of {size}, and "
        "they stand in for n."
    )
    return Reading(
        figure=figure,
        n=near,
        n_low=low,
        candidates=Candidates.weighted(figure.share, [low, high]),
        flags=(*_plain_flags(figure), Flag(code="base-margin", text=text)),
    )


def _weighted(figure: PublishedFigure, bases: range) -> Reading:
    text = "A weighted share is no whole count; only its rounding is allowed for."
    return Reading(
        figure=figure,
        n=bases[-1],
        n_low=bases[0],
        candidates=Candidates.weighted(figure.share, list(bases)),
        flags=(*_plain_flags(figure), Flag(code="weighted", text=text)),
    )
