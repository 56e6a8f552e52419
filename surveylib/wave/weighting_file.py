"""A weighting as a YAML file that belongs to a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from surveylib.errors import DesignError, Fault, MethodError, UnknownNameError
from surveylib.instrument import yamltext
from surveylib.instrument.checking import Frozen, validate
from surveylib.instrument.fields import Number, Text
from surveylib.wave.weighting import Target, Weighting

if TYPE_CHECKING:
    from collections.abc import Iterator

SchemeName = Literal["post-stratification", "raking", "linear", "logit"]
Pair = Annotated[tuple[Number, ...], Field(min_length=2, max_length=2)]


class _Combination(Frozen):
    """Answers to several questions at once, and what they shall weigh."""

    answers: Annotated[tuple[Text, ...], Field(min_length=2)]
    number: Number


class _TargetOf(Frozen):
    """What the answers to one question, or combinations of several, shall weigh."""

    of: Text | Annotated[tuple[Text, ...], Field(min_length=1)]
    source: Text
    numbers: dict[str, Number] | tuple[_Combination, ...]

    def target(self) -> Target:
        """The same as an object."""
        of = (self.of,) if isinstance(self.of, str) else self.of
        pairs: list[tuple[tuple[str, ...], Number]]
        if isinstance(self.numbers, dict):
            pairs = [((answer,), number) for answer, number in self.numbers.items()]
        else:
            pairs = [(one.answers, one.number) for one in self.numbers]
        numbers = tuple((key, float(number)) for key, number in pairs)
        return Target(of=of, numbers=numbers, source=self.source)


class WeightingFile(Frozen):
    """What stands in the file."""

    format: Literal["surveylib.weighting/1"]
    name: Text
    method: SchemeName | None = None
    unit: Literal["share", "percent", "count"] = "share"
    rescale: bool = False
    targets: Annotated[tuple[_TargetOf, ...], Field(min_length=1)]
    totals: dict[str, Number] = Field(default_factory=dict)
    trim: Pair | None = None
    bounds: Pair | None = None
    missing: Literal["error", "keep"] = "error"


def load_weighting(path: str | Path) -> Weighting:
    """Read what respondents are weighted to.

    Args:
        path: A YAML file, such as `waves/ospo/by_size.yaml`.

    Raises:
        UnknownNameError: There is no such file.
        DesignError: It is wrong; carries every fault with its line.
    """
    path = Path(path)
    if not path.is_file():
        there = sorted(one.name for one in path.parent.glob("*.yaml"))
        raise UnknownNameError.of("weighting", path.name, there, where=str(path.parent))
    document = yamltext.read(path, str(path))
    found, faults = validate(document, WeightingFile)
    if document.faults or faults or found is None:
        raise DesignError([*document.faults, *faults])
    try:
        return _made(found, str(path))
    except MethodError as error:
        raise DesignError(list(_faults(error, document))) from error


def _faults(error: MethodError, document: yamltext.Document) -> Iterator[Fault]:
    """What does not go together, each thing as a fault of the file."""
    for what in str(error).splitlines():
        line = next(
            (place for place in (("targets",), ("trim",), ("bounds",), ("totals",), ("method",))
             if what.startswith(place[0].rstrip("s"))), ("targets",)
        )  # fmt: skip
        yield document.fault(line, "WEIGHTING", what)


def _made(found: WeightingFile, place: str) -> Weighting:
    def pair(given: tuple[object, ...] | None) -> tuple[float, float] | None:
        return None if given is None else (float(str(given[0])), float(str(given[1])))

    return Weighting(
        targets=tuple(one.target() for one in found.targets),
        totals={name: float(number) for name, number in found.totals.items()},
        method=found.method or "",
        unit=found.unit,
        rescale=found.rescale,
        trim=pair(found.trim),
        bounds=pair(found.bounds),
        missing=found.missing,
        name=found.name,
        place=place,
    )
