"""A change between two waves → how much of it is who answered, and how much what they said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis import arguments
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.decompositions import Decomposition, Decompositions
from surveylib.analysis.series.apart import parts_of_answers
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.series.printed_mix import printed_parts
from surveylib.analysis.series.taken import Between
from surveylib.analysis.study import Study
from surveylib.errors import ComparabilityError, MethodError, listed, show
from surveylib.wave.model import PublishedWave

if TYPE_CHECKING:
    from surveylib.wave.design import Design


def decompose(
    source: object,
    question: str,
    from_: str | int | None = None,
    to: str | int | None = None,
    *,
    by: str,
    wave: str | None = None,
    samples: str = "independent",
    ids: str | None = None,
    reused_ids: bool = False,
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Decompositions:
    """Say how much of a change is who answered, and how much what they said.

    Kitagawa (1955): a share is Σ C R over groups, of the part C of all that a group is and its own
    share R. The change of the sum is a change of the mix, at the mean of the groups' shares, and a
    change of these shares, at the mean of the mixes. Standard errors are by the delta method, from
    the covariance of all C and R under the design.

    Args:
        source: A study, or a data frame or file with `wave`.
        question: `question/answer`; or a question, for each of its answers.
        from_: The earlier wave; left out with `to`, each wave against the one before it, and the
            last against the first.
        to: The later wave.
        by: The question whose answers form the groups, the same in both waves.
        wave: The column of a frame that tells waves apart.
        samples: A name in `surveylib.analysis.series.overlap.SAMPLES` but `unknown`.
        ids: The column that says who each respondent is.
        reused_ids: Whether ids are given to others in other waves.
        confidence_level: Nominal coverage.
        design: How every sample was drawn; left out, what each wave declares, or a simple sample.

    Returns:
        A row for each answer and two waves. Of a printed study that does not print shares by group,
        the parts are bounds: how far the mix alone can have moved a share.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        ComparabilityError: Nothing that was asked for may be compared; says why.
        NotEstimableError: Nobody answered both questions.

    Example:
        In both years 20 of 100 say yes in one group and 80 in the other; the second one grows.

        >>> import pandas as pd
        >>> def year(name, small, large):
        ...     groups = ["small"] * small + ["large"] * large
        ...     yes = [place % 10 < 2 for place in range(small)] + [
        ...         place % 10 < 8 for place in range(large)]
        ...     return pd.DataFrame({"year": name, "size": groups, "met": yes})
        >>> rows = pd.concat([year(2019, 100, 100), year(2020, 50, 150)])
        >>> found = decompose(rows, "met/True", wave="year", by="size").rows[0]
        >>> round(found.change.estimate, 3), round(found.mix.estimate, 3), found.rate.estimate
        (0.15, 0.15, 0.0)
    """
    _check(by, samples, confidence_level, design)
    named = arguments.name("question", question, "one question")
    given = {**UNASKED, "wave": wave, "confidence_level": confidence_level}
    asked = asked_of(named, given), asked_of(arguments.name("by", by, "one question"), given)
    ends = None if from_ is None else str(from_), None if to is None else str(to)
    if isinstance(source, Study) and all(
        isinstance(one, PublishedWave)
        for one in source.waves
        if asked[0].question in one.instrument.question_ids
    ):
        found = _Found(*printed_parts(source, asked, ends), done=(), design="")
    else:
        links = Between(samples, ids, reused_ids, _named(ends), *ends)
        found = _Found(*parts_of_answers(source, asked, ends, links, design))
    if not found.rows:
        raise ComparabilityError(f"'{question}' cannot be compared: {' '.join(found.refused)}")
    waves = {name for row in found.rows for name in (row.from_wave, row.to_wave)}
    return Decompositions(
        rows=tuple(found.rows),
        refused=tuple(found.refused),
        done=found.done,
        design=found.design,
        caveats=caveats_of(source, waves, changes=True, made_up=True),
        about=about_of(source, waves),
    )


def _named(ends: tuple[str | None, str | None]) -> tuple[str, ...]:
    """The waves that are named."""
    return tuple(one for one in ends if one)


class _Found(NamedTuple):
    """What was taken apart, what was not, and what was done."""

    rows: list[Decomposition]
    refused: list[str]
    done: tuple[str, ...]
    design: str


def _check(by: object, samples: str, level: float, design: Design | None) -> None:
    arguments.check_design(design)
    known = [name for name in SAMPLES if name != "unknown"]
    if samples not in known:
        raise MethodError(f"samples is {show(samples)}; choose one of {listed(known)}")
    if not arguments.is_number(level):
        raise MethodError(f"confidence_level is {level}; wanted a number such as 0.95")
    if not isinstance(by, str):
        raise MethodError(f"by: got {show(by)}, wanted one question; combine several into one")
