"""study.yaml and wave.yaml: what one round of a survey was, and which files hold its answers.

What is not known is written `unknown`; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NamedTuple, Self, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from surveylib.errors import Fault, ManifestError, UnknownNameError
from surveylib.instrument import yamltext
from surveylib.instrument.checking import Frozen, problem, refuse, validate

# Field types: pydantic looks them up when the models are built.
from surveylib.instrument.fields import Slug, Text, Texts, Whole  # noqa: TC001
from surveylib.wave.layout import Columns
from surveylib.wave.paths import file_faults, path_faults

if TYPE_CHECKING:
    from pathlib import Path

Manifest = TypeVar("Manifest", bound=Frozen)
Unknown = Literal["unknown"]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
#: A version of a questionnaire: `name@version`.
Reference = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}@[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$")
]
WaveName = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.-]*$")]


def _date(value: Any) -> Any:
    """Dates are written in full: 2018-05-02."""
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError as error:
            message = "wanted a date such as 2018-05-02"
            raise ValueError(message) from error
    return value


Date = Annotated[dt.date, BeforeValidator(_date)]


class FieldDates(Frozen):
    """First and last day of fieldwork."""

    first: Date = Field(alias="from")
    last: Date = Field(alias="to")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.last < self.first:
            what = f"fieldwork ends on {self.last}, before it begins on {self.first}"
            refuse("FieldDates", [problem(("to",), "DATES-REVERSED", what)])
        return self


class Source(Frozen):
    """Where figures or responses come from: `own` for what the study collected itself.

    `id` is how published.csv and `responses` name it.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    title: Text
    address: Text
    kind: Literal["publisher", "secondary", "own"]


class DataFile(Frozen):
    """A file of the wave: its path below the wave's folder, and the SHA-256 of its bytes."""

    path: Text
    content: Literal["published_figures"]
    sha256: Hash


class AlsoPrinted(Frozen):
    """A figure that the report prints and that is no share of respondents: kept, not computed."""

    what: Text
    printed: Text
    why_not_used: Text
    source: Text


class Sampling(Frozen):
    """How those who answered were chosen, and by whom they are not to be taken for.

    Args:
        kind: Whether they are a random sample, everybody, those who came, or not known.
        people: Whom the survey is about, in the plural: `officers`.
        reached: Who could answer, or how they were reached: `users of one tool`.
    """

    kind: Literal["probability", "census", "nonprobability", "unknown"]
    people: Text
    reached: Text = ""

    @model_validator(mode="after")
    def _says_whom(self) -> Self:
        if self.kind == "nonprobability" and not self.reached:
            todo = "say in 'reached' who could answer, such as 'users of one tool'"
            what = "the sample is no random one, and it is not said who could answer"
            refuse("Sampling", [problem(("kind",), "SAMPLING", what, todo=todo)])
        return self

    @property
    def caveat(self) -> str:
        """What every result must say; nothing of random samples and of everybody.

        >>> Sampling(kind="unknown", people="officers").caveat.partition(",")[0]
        'how the officers who answered were reached is unknown'
        """
        if self.kind in {"probability", "census"}:
            return ""
        told = f"how the {self.people} who answered were reached is unknown, so they may be"
        if self.reached:
            told = f"the {self.people} who answered were {self.reached}, and"
        told += f" no random sample of {self.people}"
        return f"{told}. Intervals and tests show what chance leaves, not who took part"


class Round(Frozen):
    """What is said of every round of a survey, however its answers survive.

    Args:
        survey: The study's folder name.
        wave: The round's folder name; waves are ordered by field dates, then by this name.
        instrument: The questionnaire used, as `name@version`.
        instrument_hash: What that version asked, as `surveylib instrument show` prints it: a
            version that a wave has used is not edited.
        frame: Whom the sample was drawn from, or who could answer.
        sampling: Whether those who answered are a random sample, and of whom.
        caveats: What holds for every figure of the round.
        sources: Where its data was read or can be had.
    """

    format: Literal["surveylib.wave/1"]
    survey: Slug
    wave: WaveName
    instrument: Reference
    instrument_hash: Hash | None = None
    field_dates: FieldDates | Unknown
    frame: Text
    sampling: Sampling | None = None
    mode: Text
    response_rate: Text
    weighting: Text
    caveats: tuple[Text, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _named_well(self) -> Self:
        known = [source.id for source in self.sources]
        found = []
        if re.fullmatch(r"[0-9OoIl]{4}", self.wave) and not self.wave.isdecimal():
            what = f"wave '{self.wave}' looks like a year with a letter in it"
            found.append(problem(("wave",), "WAVE-NAME", what, todo="write it with digits"))
        found += [
            problem(("sources", place, "id"), "SOURCE-REPEATED", f"source '{name}' stands twice")
            for place, name in enumerate(known)
            if name in known[:place]
        ]
        if found:
            refuse(type(self).__name__, found)
        return self

    @property
    def order(self) -> tuple[str, str]:
        """Sorts waves in time: by first day of fieldwork or, where unknown, by the wave's name."""
        dates = self.field_dates
        return self.wave if isinstance(dates, str) else dates.first.isoformat(), self.wave


class WaveManifest(Round):
    """A round of which printed figures survive.

    Args:
        n: Number of respondents.
        smallest_item_base: Fewest respondents that any item can have had, where that is known.
        rounding: How the publisher rounded; a row of the table ROUNDINGS.
        files: The wave's data.
        also_printed: Figures that are no shares of respondents.
    """

    n: Whole | Unknown
    n_note: str = ""
    countries: Whole | Unknown
    published_on: Date | Unknown
    smallest_item_base: Whole | Unknown
    rounding: Literal["half-up", "half-even", "either", "truncated"] = "half-up"
    files: Annotated[tuple[DataFile, ...], Field(min_length=1)]
    also_printed: tuple[AlsoPrinted, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        known = [source.id for source in self.sources]
        found = [
            problem(
                ("also_printed", place, "source"),
                "SOURCE-UNKNOWN",
                f"no source called '{entry.source}'",
                todo="list it under 'sources'",
            )
            for place, entry in enumerate(self.also_printed)
            if entry.source not in known
        ]
        if found:
            refuse("WaveManifest", found)
        return self


def _one_sign(value: str) -> str:
    """A delimiter is one sign."""
    if len(value) != 1:
        message = 'a delimiter is one sign; a tab is written "\\t" in double quotes'
        raise ValueError(message)
    return value


class ResponsesFile(Frozen):
    """The file of a wave's responses, and how it is read.

    Args:
        path: The file, below the wave's folder or, where it is kept elsewhere, below the folder
            that is named when the wave is ingested.
        sha256: Of its bytes.
        kept: `here`, in the wave's folder; or `elsewhere`, where `source` says it can be had.
        source: Id of the source in the manifest.
        format: A row of the table READERS; left out, what the file's extension says.
        encoding: Character encoding; left out, UTF-8 or what a byte order mark says.
        delimiter: What stands between cells; left out, found where only one can be meant.
        title_rows: Rows above the header.
        header_rows: Rows of the header.
        fill_heads: Whether a blank cell of the first header row means the one to its left.
        sheet: A workbook's sheet.
    """

    path: Text
    sha256: Hash
    kept: Literal["here", "elsewhere"] = "here"
    source: Text
    format: Text | None = None
    encoding: Text | None = None
    delimiter: (
        Annotated[str, StringConstraints(strip_whitespace=False), AfterValidator(_one_sign)] | None
    ) = None
    title_rows: Annotated[Whole, Field(le=20)] = 0
    header_rows: Annotated[Whole, Field(ge=1, le=3)] = 1
    fill_heads: Literal["yes", "no"] = "no"
    sheet: Text | None = None


class ResponsesManifest(Round, Columns):
    """A round of which every respondent's answers survive.

    Args:
        responses: The file, and how it is read.
        simulated: Says that the answers were made up, and how; empty for real ones.
    """

    responses: ResponsesFile
    simulated: str = ""

    @model_validator(mode="after")
    def _source_known(self) -> Self:
        known = [source.id for source in self.sources]
        if self.responses.source not in known:
            what = f"no source called '{self.responses.source}'"
            place = ("responses", "source")
            todo = "list it under 'sources'"
            refuse("ResponsesManifest", [problem(place, "SOURCE-UNKNOWN", what, todo=todo)])
        return self


class StudyManifest(Frozen):
    """A repeated survey.

    Args:
        survey: The folder's name.
        title: What the study is called in a report.
        publisher: Who published the figures.
        respondents: Who answered, as they must be called: "officers who answered".
        about: One paragraph on the study.
        caveats: What holds for every comparison.
        words: The file that says which range a share in words stands for.
        headlines: Answers, as `question/answer`, whose shares a report opens with.
    """

    format: Literal["surveylib.study/1"]
    survey: Slug
    title: Texts
    publisher: Text
    respondents: Text
    about: Text
    caveats: tuple[Text, ...] = ()
    words: str = ""
    headlines: tuple[Text, ...] = ()


class Read(NamedTuple, Generic[Manifest]):
    """A manifest with its file, for messages that name a line."""

    manifest: Manifest
    document: yamltext.Document


def read_study_manifest(folder: Path) -> Read[StudyManifest]:
    """Read `study.yaml` of a study's folder, and keep where each part stands.

    Raises:
        ManifestError: The file is wrong; carries every fault.
    """
    document = yamltext.read(folder / "study.yaml", f"{folder}/study.yaml")
    manifest, faults = validate(document, StudyManifest)
    if manifest and manifest.survey != folder.resolve().name:
        what = "'survey' is not the name of the folder"
        wanted = f"'{folder.resolve().name}'"
        got = f"'{manifest.survey}'"
        faults.append(document.fault(("survey",), "STUDY-PLACE", what, got=got, wanted=wanted))
    if manifest and manifest.words:
        faults += path_faults(document, ("words",), folder, manifest.words)
    if document.faults or faults or manifest is None:
        raise ManifestError([*document.faults, *faults])
    return Read(manifest, document)


def read_wave_manifest(
    folder: Path, data: Path | None = None
) -> Read[WaveManifest] | Read[ResponsesManifest]:
    """Read `wave.yaml` of a wave's folder, and check the files it names.

    Args:
        folder: The wave's folder, such as `waves/netclean/2018`.
        data: Where files stand that are kept elsewhere; None not to look at them.

    Raises:
        UnknownNameError: There is no wave.yaml.
        ManifestError: The file is wrong, or a file that it names is missing, changed, or outside
            the folder; carries every fault.
    """
    path = folder / "wave.yaml"
    if not path.is_file():
        message = f"no wave.yaml in {folder}"
        raise UnknownNameError(message)
    document = yamltext.read(path, str(path))
    if isinstance(document.data, dict) and "responses" in document.data:
        return _checked_responses(document, folder, data)
    manifest, faults = validate(document, WaveManifest)
    if manifest:
        faults += _misplaced(document, manifest, folder)
        for place, entry in enumerate(manifest.files):
            faults += file_faults(document, ("files", place), folder, entry)
    if document.faults or faults or manifest is None:
        raise ManifestError([*document.faults, *faults])
    return Read(manifest, document)


def _checked_responses(
    document: yamltext.Document, folder: Path, data: Path | None
) -> Read[ResponsesManifest]:
    manifest, faults = validate(document, ResponsesManifest)
    if manifest:
        faults += _misplaced(document, manifest, folder)
        place = responses_folder(manifest, folder, data)
        if place is not None:
            faults += file_faults(document, ("responses",), place, manifest.responses)
    if document.faults or faults or manifest is None:
        raise ManifestError([*document.faults, *faults])
    return Read(manifest, document)


def responses_folder(manifest: ResponsesManifest, folder: Path, data: Path | None) -> Path | None:
    """The folder that a wave's file of responses stands in; None where that is not known."""
    return folder if manifest.responses.kept == "here" else data


def _misplaced(document: yamltext.Document, manifest: Round, folder: Path) -> list[Fault]:
    place = folder.resolve()
    found = []
    for key, stands, wanted in (
        ("wave", manifest.wave, place.name),
        ("survey", manifest.survey, place.parent.name),
    ):
        if stands != wanted:
            what = f"'{key}' is not the name of the folder"
            parts = {"got": f"'{stands}'", "wanted": f"'{wanted}'"}
            found.append(document.fault((key,), "WAVE-PLACE", what, **parts))
    return found
