"""How a sample was drawn, as wave.yaml says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import model_validator

from surveylib.errors import MethodError, nearest
from surveylib.instrument.checking import Frozen, problem, refuse
from surveylib.instrument.fields import Number, Slug  # noqa: TC001 - pydantic looks them up
from surveylib.wave.design import (
    COLUMNS,
    Centre,
    Design,
    Freedom,
    Lonely,
    ReplicationName,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from surveylib.instrument.checking import Problem


class DesignColumns(Frozen):
    """How the sample was drawn, as wave.yaml says it: as Design, with columns named under `keep`.

    >>> DesignColumns(weights="w", strata="region").as_design().names
    ('keep:w', 'keep:region')
    """

    weights: Slug | None = None
    strata: Slug | None = None
    psu: Slug | None = None
    population: Slug | None = None
    ssu: Slug | None = None
    ssu_population: Slug | None = None
    replicate_weights: tuple[Slug, ...] = ()
    replication: ReplicationName | None = None
    rho: Number | None = None
    replicate_scale: Number | None = None
    replicate_factors: tuple[Number, ...] = ()
    centre: Centre = "full"
    nested: Literal["yes", "no"] = "yes"
    lonely: Lonely = "error"
    df: Freedom = "domain"

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        try:
            self.as_design()
        except MethodError as error:
            refuse("DesignColumns", [problem((), "DESIGN", str(error))])
        return self

    def as_design(self) -> Design:
        """The design, its columns named as a wave names them."""
        said = {name: getattr(self, name) for name in type(self).model_fields}
        said |= {name: f"keep:{said[name]}" for name in COLUMNS if said[name] is not None}
        said["replicate_weights"] = tuple(f"keep:{name}" for name in self.replicate_weights)
        said["replicate_factors"] = tuple(float(factor) for factor in self.replicate_factors)
        for name in ("rho", "replicate_scale"):
            said[name] = None if said[name] is None else float(said[name])
        return Design(**said | {"nested": self.nested == "yes"})

    def not_kept(self, keep: Collection[str]) -> list[Problem]:
        """A problem for each column that wave.yaml does not keep, for the model that holds both.

        Args:
            keep: The names under `keep`.
        """
        found = []
        for name, role in self.as_design().columns.items():
            short = name.removeprefix("keep:")
            if short not in keep:
                guess = nearest(short, keep)
                todo = f"did you mean '{guess}'?" if guess else "name its column under 'keep'"
                what = f"no column is kept as '{short}'"
                found.append(problem(("design", role), "DESIGN-COLUMN", what, todo=todo))
        return found
