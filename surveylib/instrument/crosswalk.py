"""Which answers of one version are which of another: crosswalk.yaml, read and checked.

A harmonised question has its own options; each version's question leads to them by a total map:
every option and every way of not answering goes somewhere, and nothing goes by default. Maps run
from each version to the harmonised question, never from version to version.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from surveylib.errors import Fault, InstrumentError, UnknownNameError
from surveylib.instrument import crosswalk_rules, library, yamltext
from surveylib.instrument.checking import Frozen, validate
from surveylib.instrument.fields import (  # noqa: TC001 - pydantic looks field types up at run time
    Code,
    QuestionId,
    Slug,
    Text,
    Texts,
    Verdict,
    Version,
    Whole,
)
from surveylib.instrument.mapping import Harmonised, harmonise
from surveylib.instrument.options import OrderedOption  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document


class Ref(Frozen):
    """A question of a version; `instrument` names another questionnaire than the file's own."""

    instrument: Slug | None = None
    version: Version
    question: QuestionId


class SourceEntry(Ref):
    """One version's question, and where each of its answers goes.

    Args:
        verdict: How far its answers measure what the harmonised question does.
        reason: Why; printed beside results.
        map: The harmonised option, or missing state, of each option. Not for bands, whose
            intervals say it.
        missing: The harmonised option, or missing state, of each way of not answering.
        absent: Harmonised options that this version did not offer, and the missing state that
            stands for them.
        reading: How overlapping bands are read; left out, as the instrument says.
        gaps: Whether values that no band holds did not occur, or may be in the bands beside.
        by: Who decided on the map.
        date: When.
    """

    verdict: Verdict
    reason: Text
    map: dict[Code, Code | tuple[Code, ...]] = Field(default_factory=dict)
    missing: dict[Code, Code] = Field(default_factory=dict)
    absent: dict[Code, Literal["not_asked_design"]] = Field(default_factory=dict)
    reading: Literal["exclusive_of_lower", "as_printed"] | None = None
    gaps: Literal["unused", "absorbed"] | None = None
    by: str = ""
    date: str = ""


class HarmonisedEntry(Frozen):
    """A question as it is asked across versions.

    Args:
        id: Its name, never reused.
        version: Its own version: maps that change make a new one.
        kind: `banded` computes its bands from those of its sources.
        options: Its options; not for bands.
        unit: What bands count.
        thresholds: Counts t for which the share of at most t is wanted.
        sources: One for each version's question.
    """

    id: Slug
    version: Text
    title: Texts
    concept: Slug
    kind: Literal["single", "ordered", "multi_answer", "banded"]
    options: tuple[OrderedOption, ...] = ()
    unit: str = ""
    thresholds: tuple[Whole, ...] = ()
    sources: Annotated[tuple[SourceEntry, ...], Field(min_length=1)]
    note: str = ""


class Pair(Frozen):
    """Two versions' questions side by side, for the reader; must agree with the harmonised maps."""

    earlier: Ref = Field(alias="from")
    later: Ref = Field(alias="to")
    map: Annotated[dict[Code, Code], Field(min_length=1)]
    missing: dict[Code, Code] = Field(default_factory=dict)


class CrosswalkFile(Frozen):
    """crosswalk.yaml."""

    format: Literal["surveylib.crosswalk/1"]
    id: Slug
    harmonised: Annotated[tuple[HarmonisedEntry, ...], Field(min_length=1)]
    pairs: tuple[Pair, ...] = ()
    note: str = ""


class Crosswalk(Frozen):
    """The harmonised questions of a questionnaire.

    Args:
        id: The questionnaire.
        harmonised: Its harmonised questions, with their maps.
    """

    id: str
    harmonised: tuple[Harmonised, ...]

    def __getitem__(self, name: str) -> Harmonised:
        """The harmonised question with this name.

        Raises:
            UnknownNameError: There is none.
        """
        for entry in self.harmonised:
            if entry.id == name:
                return entry
        known = [entry.id for entry in self.harmonised]
        raise UnknownNameError.of("harmonised question", name, known, where=self.id)

    def __repr__(self) -> str:
        """The crosswalk in one line; all of it is what `str` gives."""
        return f"Crosswalk('{self.id}', {len(self.harmonised)} harmonised questions)"

    def __str__(self) -> str:
        """Every harmonised question with its options, sources and thresholds."""
        return "\n\n".join(str(entry) for entry in self.harmonised)


def load_crosswalk(path: str | Path) -> Crosswalk:
    """Load and check the crosswalk of a questionnaire.

    Args:
        path: The file, or the folder of the questionnaire, such as `instruments/ospo`.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is wrong; carries every fault with its line.

    Example:
        >>> crosswalk = load_crosswalk("instruments/organised_groups")
        >>> count = crosswalk["groups_count"]
        >>> [option.code for option in count.options]
        ['0_to_10', 'over_10']
    """
    place = Path(path)
    place = place / library.CROSSWALK if place.is_dir() else place
    if not place.is_file():
        known = sorted(
            entry.parent.name for entry in place.parent.parent.glob(f"*/{library.CROSSWALK}")
        )
        raise UnknownNameError.of("crosswalk", str(place), known)
    document = yamltext.read(place, str(place))
    entry, faults = validate(document, CrosswalkFile)
    faults = [*document.faults, *faults]
    if entry is None or faults:
        raise InstrumentError(faults)
    if entry.id != place.absolute().parent.name:
        what = "'id' is not the name of the folder it stands in"
        parts = {"got": f"'{entry.id}'", "wanted": f"'{place.absolute().parent.name}'"}
        faults.append(document.fault(("id",), "INSTRUMENT-PLACE", what, **parts))
        raise InstrumentError(faults)
    instruments = _instruments(entry, place.absolute().parent.parent, document, faults)
    faults += [
        document.fault(where, code, what, **parts)
        for where, code, what, parts in crosswalk_rules.problems(entry, instruments)
    ]
    if faults:
        raise InstrumentError(sorted(faults, key=lambda fault: fault.line or 0))
    return Crosswalk(
        id=entry.id,
        harmonised=tuple(harmonise(found, entry.id, instruments) for found in entry.harmonised),
    )


def _instruments(
    entry: CrosswalkFile, shelf: Path, document: Document, faults: list[Fault]
) -> dict[tuple[str, str], Instrument]:
    """Every version that the crosswalk names, by questionnaire and version."""
    found: dict[tuple[str, str], Instrument] = {}
    missed: set[tuple[str, str]] = set()
    for where, ref in crosswalk_rules.refs(entry):
        key = (ref.instrument or entry.id, ref.version)
        if key in found or key in missed:
            continue
        try:
            found[key] = library.load(library.find(shelf, "@".join(key))).instrument
        except UnknownNameError as error:
            missed.add(key)
            faults.append(document.fault((*where, "version"), "INSTRUMENT-UNKNOWN", str(error)))
    return found
