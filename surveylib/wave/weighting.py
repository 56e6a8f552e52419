"""What respondents are weighted to, declared once and applied to every wave alike.

A weighting names questions or columns and the shares or numbers of people that their answers
shall have. It belongs to a design: estimates, changes and trends then use the weights after, with
the variance that the targets leave.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from surveylib.errors import MethodError, listed, no_method, show

if TYPE_CHECKING:
    from collections.abc import Iterator

    Key = tuple[str, ...]

Unit = Literal["share", "percent", "count"]
Missing = Literal["error", "keep"]


class Scheme(NamedTuple):
    """One way of weighting.

    Args:
        words: What it does, in a sentence.
        one: Whether it takes one target only.
        trims: Whether weights may be cut to limits.
        bounds: Whether factors may have bounds; `needed` where it cannot do without.
    """

    words: str
    one: bool = False
    trims: bool = False
    bounds: Literal["", "possible", "needed"] = ""


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        "post-stratification": Scheme(
            "One factor for everybody with the same answer, so that each has its target.",
            one=True,
            trims=True,
        ),
        "raking": Scheme(
            "Factors of one target after the other, until all hold: each weight is the product of "
            "a factor for each of its answers.",
            trims=True,
        ),
        "linear": Scheme(
            "The weights that reach all targets with the least squared change.", bounds="possible"
        ),
        "logit": Scheme(
            "The weights that reach all targets with factors between bounds.", bounds="needed"
        ),
    }
)

#: Rows without an answer to what they are weighted by, in sentences.
MISSING: Mapping[str, str] = MappingProxyType(
    {
        "error": "Rows without an answer to these questions are an error.",
        "keep": "Rows without an answer to these questions keep their weight.",
    }
)

#: What shares add up to, by the unit that they are written in.
_WHOLE: Mapping[str, float] = MappingProxyType({"share": 1.0, "percent": 100.0})
#: How far from that they may add up to without being rescaled.
_NEAR = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the answers to one question, or combinations of several, shall weigh.

    Args:
        of: The questions or columns.
        numbers: Answers, one for each question, and what each combination shall weigh.
        source: Where the numbers come from.
    """

    of: tuple[str, ...]
    numbers: tuple[tuple[Key, float], ...]
    source: str = ""

    @property
    def name(self) -> str:
        """The questions in a text.

        >>> Target(of=("region", "size"), numbers=()).name
        'region × size'
        """
        return " × ".join(self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """How respondents are weighted.

    Args:
        targets: Question → answers and what they shall weigh, such as
            `{"region": {"usa": 44, "other": 56}}`. Several questions in a tuple stand for
            combinations of answers, in tuples likewise. A data frame or table with the answers in
            columns named as the questions and the numbers in one more column does too; or
            `Target` objects.
        totals: With `linear` and `logit`, questions that are answered with numbers, and what
            weights times numbers shall add up to.
        method: A name in SCHEMES; left out, `post-stratification` for one target, and else
            `raking`.
        unit: Whether targets are `share`s of 1, `percent` of 100, or a `count` of people. Of shares
            the sum of weights stays what it was.
        rescale: Whether shares that do not quite add up, as printed ones, are put in proportion.
        trim: Lowest and highest weight, as multiples of the mean weight; targets still hold.
        bounds: With `linear` and `logit`, lowest and highest factor, below and above 1.
        missing: What rows without an answer do: a name in MISSING.
        name: What the weighting is called.
        place: The file that it was read from.

    Raises:
        MethodError: Parts that do not go together; with everything found.

    >>> Weighting(targets={"region": {"usa": 44, "other": 56}}, unit="percent").method
    'post-stratification'
    """

    targets: Any = ()
    totals: Any = ()
    method: str = ""
    unit: Unit = "share"
    rescale: bool = False
    trim: tuple[float, float] | None = None
    bounds: tuple[float, float] | None = None
    missing: Missing = "error"
    name: str = ""
    place: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        def put(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        put("targets", tuple(_targets(self.targets)))
        put(
            "totals", tuple((str(name), number) for name, number in dict(self.totals or {}).items())
        )
        usual = "post-stratification" if len(self.targets) == 1 and not self.totals else "raking"
        put("method", self.method or ("linear" if self.totals else usual))
        for name in ("trim", "bounds"):
            pair = getattr(self, name)
            put(name, None if pair is None else tuple(pair))
        if self.method not in SCHEMES:
            raise MethodError(no_method("weighting", str(self.method), SCHEMES))
        faults = [*_of_options(self), *_of_targets(self)]
        if faults:
            raise MethodError("\n".join(faults))

    @property
    def questions(self) -> tuple[str, ...]:
        """Every question that respondents are weighted by."""
        names = [name for target in self.targets for name in target.of]
        return tuple(dict.fromkeys([*names, *(name for name, _ in self.totals)]))

    def describe(self) -> str:
        """What the weighting does, in plain words.

        >>> Weighting(targets={"region": {"usa": 0.5, "other": 0.5}}).describe()
        "Weighted to targets of 'region': post-stratification."
        """
        names = [target.name for target in self.targets] + [name for name, _ in self.totals]
        told = f"Weighted to targets of {listed(names)}: {self.method}"
        if self.trim:
            told += f", weights between {self.trim[0]:g} and {self.trim[1]:g} times the mean"
        if self.bounds:
            told += f", factors between {self.bounds[0]:g} and {self.bounds[1]:g}"
        kept = f" {MISSING['keep']}" if self.missing == "keep" else ""
        return f"{told}.{kept}"


def _targets(given: Any) -> Iterator[Target]:
    """Targets as objects, whatever they were given as."""
    if isinstance(given, Target):
        given = (given,)
    if isinstance(given, (list, tuple)) and all(isinstance(one, Target) for one in given):
        yield from given
        return
    if not isinstance(given, Mapping):
        wanted = "wanted answers and numbers for each question, such as {'region': {'usa': 0.4}}"
        raise MethodError(f"targets: got {show(given)}, {wanted}")
    for question, numbers in given.items():
        of = (question,) if isinstance(question, str) else tuple(question)
        yield Target(of=of, numbers=tuple(_numbers(of, numbers)))


def _numbers(of: Key, given: Any) -> Iterator[tuple[Key, float]]:
    """Combinations of answers and their numbers, of a mapping, a series or a table."""
    names = getattr(given, "columns", None)
    if names is not None and not isinstance(given, Mapping):
        yield from _of_table(of, list(map(str, names)), given)
        return
    if not hasattr(given, "items"):
        message = f"targets of {' × '.join(of)}: got {show(given)}, wanted a number for each answer"
        raise MethodError(message)
    for key, number in given.items():
        yield tuple(map(_text, key if isinstance(key, tuple) else (key,))), number


def _of_table(of: Key, names: list[str], table: Any) -> Iterator[tuple[Key, float]]:
    """The rows of a data frame: answers in columns named as the questions, and one of numbers."""
    rest = [name for name in names if name not in of]
    if len(rest) != 1 or not set(of) <= set(names):
        wanted = f"wanted {listed(of)} and one column of numbers"
        raise MethodError(f"targets of {' × '.join(of)}: a table with {listed(names)}; {wanted}")
    columns = [list(table[name]) for name in (*of, rest[0])]
    for *key, number in zip(*columns, strict=True):
        yield tuple(map(_text, key)), number


def _text(value: Any) -> str:
    """An answer's code: whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _of_options(weighting: Weighting) -> Iterator[str]:
    """What is wrong with options, or does not go together."""
    scheme, of = SCHEMES[weighting.method], f"method='{weighting.method}'"
    for name, choices in (("unit", get_args(Unit)), ("missing", get_args(Missing))):
        if getattr(weighting, name) not in choices:
            yield no_method(name, str(getattr(weighting, name)), choices)
    if not weighting.targets and not weighting.totals:
        yield "there is nothing to weight to: give targets"
    if scheme.one and len(weighting.targets) > 1:
        todo = "take 'raking', or one target for combinations of answers"
        yield f"{of} takes one target, and {len(weighting.targets)} are given: {todo}"
    if weighting.totals and not scheme.bounds:
        yield f"totals of numbers belong to 'linear' and 'logit', not to {of}"
    if weighting.totals and weighting.unit != "count":
        yield "totals of numbers are of the population: unit='count', with targets in people"
    yield from _of_limits(weighting, scheme, of)


def _of_limits(weighting: Weighting, scheme: Scheme, of: str) -> Iterator[str]:
    """What is wrong with limits of weights and of factors."""
    if weighting.trim and not scheme.trims:
        yield f"trim does not go with {of}: give bounds"
    if weighting.bounds and not scheme.bounds:
        yield f"bounds belong to 'linear' and 'logit', not to {of}: give trim"
    if scheme.bounds == "needed" and not weighting.bounds:
        yield f"{of} needs bounds, such as (0.3, 3)"
    for name in ("trim", "bounds"):
        pair = getattr(weighting, name)
        if pair and not (
            len(pair) == 2 and all(map(_is_number, pair)) and 0 <= pair[0] < 1 < pair[1]
        ):
            yield f"{name}: got {show(pair)}, wanted a number below 1 and one above it"


def _of_targets(weighting: Weighting) -> Iterator[str]:
    """What is wrong with the numbers of targets."""
    names = [target.name for target in weighting.targets]
    for place, target in enumerate(weighting.targets):
        if target.name in names[:place]:
            yield f"targets of {target.name} stand twice"
        yield from _of_one(target, weighting)
    for name, number in weighting.totals:
        if not _is_number(number):
            yield f"totals: got {show(number)} for '{name}', wanted a number"
    if weighting.unit == "count" and not any(True for _ in _wrong_numbers(weighting)):
        sums = [sum(number for _, number in target.numbers) for target in weighting.targets]
        for (one, first), (other, second) in pairwise(zip(names, sums, strict=True)):
            if abs(first - second) > 1e-8 * max(first, second):
                what = f"targets of {one} add up to {first:.12g}, those of {other} to {second:.12g}"
                yield f"{what}: wanted one number of people"


def _wrong_numbers(weighting: Weighting) -> Iterator[float]:
    for target in weighting.targets:
        yield from (number for _, number in target.numbers if not _is_number(number))


def _of_one(target: Target, weighting: Weighting) -> Iterator[str]:
    wrong = False
    keys = [key for key, _ in target.numbers]
    for place, (key, number) in enumerate(target.numbers):
        named = "/".join(key)
        if len(key) != len(target.of):
            wrong = True
            yield f"targets of {target.name}: '{named}' has {len(key)} answers for {len(target.of)}"
        if key in keys[:place]:
            wrong = True
            yield f"targets of {target.name}: '{named}' stands twice"
        if not _is_number(number) or number < 0:
            wrong = True
            yield f"targets of {target.name}: got {show(number)} for '{named}', wanted 0 or more"
    if wrong or weighting.unit not in _WHOLE:
        return
    whole, found = _WHOLE[weighting.unit], sum(number for _, number in target.numbers)
    if found <= 0 or (abs(found / whole - 1) > _NEAR and not weighting.rescale):
        todo = "of printed shares that were rounded say rescale=True; of people unit='count'"
        if weighting.unit == "share" and abs(found / 100 - 1) <= _NEAR:
            todo = "say unit='percent'"
        yield f"targets of {target.name} add up to {found:.12g}, wanted {whole:g}: {todo}"


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)
