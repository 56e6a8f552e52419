"""A wave of which printed figures survive: its manifest, its questionnaire, and the figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.stats.counts import Range
    from surveylib.wave.manifest import AlsoPrinted, Source, WaveManifest
    from surveylib.wave.margins import Margin

#: Where the size of a base comes from: printed beside the figure; the wave's n, which is then an
#: upper bound; arithmetic on other printed figures; a margin of error; or nowhere.
BaseOrigin = Literal["printed", "wave", "derived", "margin", "unknown"]
#: How sure a figure is: `counted` from single answers, printed `verbatim`, or `approximate`.
Certainty = Literal["counted", "verbatim", "approximate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """One printed share: a range, never a made-up count.

    Args:
        question: Question id in the wave's instrument.
        answer: Option code or missing state.
        domain: `question=answer` of the group it is about; empty for all respondents.
        printed: The text as printed.
        read_as: The number or the words in it that are read.
        percent: The number printed, or None where the share stands in words.
        share: What the share may be, exact.
        base: Who, in words.
        base_n: Lowest and highest size of the base, or None where unknown.
        margin: The margin of error that the size comes from; None where it comes from elsewhere.
        base_origin: Where that size comes from; `counted` where answers were.
        source: Id of the source in the manifest.
        certainty: `verbatim`, or `approximate` for words and unclear bases; `counted` for a share
            that nobody printed.
        note: What a reader should know.
        place: The file and line it stands on, as `survey/wave/file:line`.
    """

    question: str
    answer: str
    domain: str
    printed: str
    read_as: str
    percent: Fraction | None
    share: Range
    base: str
    base_n: tuple[int, int] | None
    base_origin: BaseOrigin | Literal["counted"]
    source: str
    certainty: Certainty
    note: str
    place: str
    margin: Margin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedWave:
    """A round known only by its printed figures.

    Args:
        manifest: wave.yaml.
        loaded: The instrument with its file.
        figures: Every printed share, in the order of the file.
        folder: The wave's folder.
        document: wave.yaml as text, for messages that name a line.
    """

    manifest: WaveManifest
    loaded: LoadedInstrument
    figures: tuple[PublishedFigure, ...]
    folder: Path
    document: Document = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The wave's name, such as `2018`."""
        return self.manifest.wave

    @property
    def instrument(self) -> Instrument:
        """The questionnaire that this wave used."""
        return self.loaded.instrument

    def __str__(self) -> str:
        """The wave in one line."""
        name = f"{self.instrument.id} {self.instrument.version}"
        return f"wave {self.name}: n = {self.n}, {len(self.figures)} printed figures of {name}"

    __repr__ = __str__

    def source(self, figure: PublishedFigure) -> Source | None:
        """Where a figure was read."""
        return next(entry for entry in self.manifest.sources if entry.id == figure.source)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What holds for every figure of the wave."""
        return self.manifest.caveats

    @property
    def n(self) -> int | str:
        """Number of respondents, or `unknown`."""
        return self.manifest.n

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Path and SHA-256 of each file that the wave rests on."""
        return tuple((entry.path, entry.sha256) for entry in self.manifest.files)

    @property
    def printed(self) -> tuple[AlsoPrinted, ...]:
        """Figures that are printed and are no shares."""
        return self.manifest.also_printed

    def groups(self, question: str = "") -> tuple[str, ...]:
        """The groups that figures are printed for, as `question=answer`; empty for everybody.

        Args:
            question: Only figures of this question.
        """
        return tuple(
            dict.fromkeys(
                figure.domain for figure in self.figures if question in {"", figure.question}
            )
        )

    def figures_of(self, question: str, domain: str = "") -> tuple[PublishedFigure, ...]:
        """The figures of one question about one group, in the order of the file."""
        return tuple(
            figure
            for figure in self.figures
            if figure.question == question and figure.domain == domain
        )
