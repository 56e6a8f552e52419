"""What may be given as an argument: names, numbers, scores and bands, checked before all else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from numbers import Real
from typing import TYPE_CHECKING, Any

from surveylib.errors import MethodError, show
from surveylib.wave.design import Design

if TYPE_CHECKING:
    from collections.abc import Iterator


def is_number(value: object) -> bool:
    """Whether something is a finite number; True and False are none.

    >>> is_number(1), is_number(True), is_number("1"), is_number(10**400)
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all others
        return False


def name(argument: str, value: object, wanted: str) -> str:
    """One name.

    Args:
        argument: What the argument is called.
        value: What was given.
        wanted: What it names, in words.

    Raises:
        MethodError: It is no text.
    """
    if not isinstance(value, str):
        raise MethodError(f"{argument}: got {show(value)}, wanted {wanted}, a text")
    return value


def names(argument: str, value: object, wanted: str) -> tuple[str, ...]:
    """One name or several.

    Args:
        argument: What the argument is called.
        value: What was given.
        wanted: What each names, in words.

    Raises:
        MethodError: One of them is no text.

    >>> names("by", "region", "a question"), names("by", ["a", "b"], "a question")
    (('region',), ('a', 'b'))
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (name(argument, value, wanted),)
    return tuple(name(argument, one, wanted) for one in value)


def several(given: Any) -> tuple[Any, ...]:
    """One value or several as a tuple; none for None.

    >>> several(0.5), several((0.1, 0.9)), several("0.5"), several(None)
    ((0.5,), (0.1, 0.9), ('0.5',), ())
    """
    if given is None:
        return ()
    if isinstance(given, str) or not isinstance(given, Iterable) or getattr(given, "ndim", 1) == 0:
        return (given,)
    return tuple(given)


def wrong_numbers(argument: str, given: Any, low: float, high: float) -> Iterator[str]:
    """What is wrong with one number or several; nothing where they were not given.

    Args:
        argument: What the argument is called.
        given: The numbers.
        low: What each is above.
        high: What each is below.
    """
    wanted = (
        "wanted a number" if math.isinf(high) else f"wanted numbers above {low} and below {high}"
    )
    if given is not None and not several(given):
        yield f"{argument}: got none, {wanted} or several"
    for one in several(given):
        if not is_number(one) or not low < one < high:
            yield f"{argument}: got {show(one)}, {wanted}"


def wrong_scores(scores: Any) -> Iterator[str]:
    """What is wrong with the numbers that answers stand for; nothing where they were not given."""
    if scores is None:
        return
    if not isinstance(scores, Mapping) or not scores:
        yield f"scores: got {show(scores)}, wanted the number of each answer, such as {{'yes': 1}}"
        return
    for code, score in scores.items():
        if not isinstance(code, str):
            yield f"scores: got {show(code)} for an answer, wanted its code as a text, '{code}'"
        elif not is_number(score):
            wanted = "wanted numbers; leave out answers that have none"
            yield f"scores: got {show(score)} for '{code}', {wanted}"


def wrong_bands(bands: Any, *, overlap: bool = False) -> Iterator[str]:
    """What is wrong with the bands of answers; nothing where they were not given.

    Args:
        bands: The lowest and the highest number of each answer.
        overlap: Whether they may overlap, and stand in any order.
    """
    if bands is None:
        return
    if not isinstance(bands, Mapping) or not bands:
        wanted = "wanted the lowest and highest number of each answer, such as {'few': (1, 10)}"
        yield f"bands: got {show(bands)}, {wanted}"
        return
    wrong = list(_wrong_ends(bands))
    yield from wrong
    if wrong or overlap:
        return
    ends = [(code, *several(band)) for code, band in bands.items()]
    for (one, low, high), (other, start, end) in pairwise(ends):
        if start < low or end < high:
            yield f"bands: '{other}' lies below '{one}': wanted bands in order"
        elif start < high:
            todo = "wanted each number in one band, or model='turnbull'"
            yield f"bands: '{one}' and '{other}' overlap: {todo}"


def _wrong_ends(bands: Mapping[Any, Any]) -> Iterator[str]:
    """What is wrong with each band by itself."""
    for code, band in bands.items():
        pair = several(band)
        if not isinstance(code, str):
            yield f"bands: got {show(code)} for an answer, wanted its code as a text, '{code}'"
        if (
            len(pair) != 2
            or not is_number(pair[0])
            or not (is_number(pair[1]) or pair[1] == math.inf)
        ):
            yield f"bands: got {show(band)} for '{code}', wanted two numbers; inf for no end"
        elif pair[1] < pair[0]:
            yield f"bands: got {show(band)} for '{code}', a band that ends before it begins"


def check_design(design: object) -> None:
    """Refuse what is no design.

    Args:
        design: What was given; None for none.

    Raises:
        MethodError: It is something else.
    """
    if design is not None and not isinstance(design, Design):
        message = f"design: got {show(design)}, wanted a Design, such as sl.Design(weights='w')"
        raise MethodError(message)
