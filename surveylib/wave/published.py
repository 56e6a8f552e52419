"""Read published.csv and words.csv: printed shares as ranges, every fault of a file at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Any, get_args

from surveylib.errors import MethodError, PublishedError, listed, nearest, show
from surveylib.instrument.question import TextQuantity
from surveylib.stats.counts import Range, possible_bases, printed
from surveylib.wave.margins import WANTED, read_margin
from surveylib.wave.model import BaseOrigin, PublishedFigure
from surveylib.wave.tables import Table, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from surveylib.errors import Fault
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question
    from surveylib.wave.manifest import WaveManifest
    from surveylib.wave.margins import Margin

FIGURE_COLUMNS = (
    "question",
    "answer",
    "domain",
    "printed",
    "read_as",
    "low_percent",
    "high_percent",
    "base",
    "base_n",
    "base_origin",
    "source",
    "certainty",
    "note",
)
WORD_COLUMNS = ("words", "low_percent", "high_percent", "note")

_NUMBER = re.compile(r"\d{1,3}(\.\d+)?\Z", re.ASCII)
_BASE = re.compile(r"(\d+)(?:-(\d+))?\Z", re.ASCII)

#: An item is taken to have been answered by at least this share of those who took part, where the
#: manifest does not say. It bounds the search for a smaller base.
SMALLEST_BASE_SHARE = Fraction(1, 2)

Words = dict[str, tuple[Fraction, Fraction]]


def read_words(path: Path | None) -> tuple[Words, list[Fault]]:
    """What shares in words stand for: the usual ranges, and a study's own in front of them.

    Args:
        path: The study's words.csv; None for the usual ranges alone.

    Returns:
        The ranges that could be read, and what is wrong with the file.
    """
    usual = resources.files("surveylib.wave").joinpath("words.csv").read_bytes()
    words = _words(read_table(usual, "surveylib/wave/words.csv", WORD_COLUMNS))
    if path is None:
        return words, []
    own = read_table(path.read_bytes(), str(path), WORD_COLUMNS)
    return words | _words(own), own.faults


def _words(table: Table) -> Words:
    words: Words = {}
    for line, row in table.rows:
        phrase = row["words"].casefold()
        low = table.percent(line, "low_percent", row["low_percent"])
        high = table.percent(line, "high_percent", row["high_percent"])
        if not phrase:
            table.fault(line, "WORDS-EMPTY", "'words' is empty")
        elif phrase in words:
            table.fault(line, "WORDS-REPEATED", f"{show(phrase)} stands twice")
        elif low is not None and high is not None:
            if low > high:
                table.fault(line, "RANGE-REVERSED", f"{show(phrase)}: low is above high")
            words[phrase] = (low, high)
    return words


def load_figures(
    path: Path, manifest: WaveManifest, instrument: Instrument, words: Words
) -> tuple[PublishedFigure, ...]:
    """Read a published.csv against its wave's manifest and instrument.

    Args:
        path: The file.
        manifest: Says n, sources and how the publisher rounded.
        instrument: Says which questions and answers exist.
        words: What shares in words stand for, from `read_words`.

    Raises:
        PublishedError: The file is wrong; carries every fault with its line.
    """
    table = read_table(path.read_bytes(), str(path), FIGURE_COLUMNS)
    figures = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, row in table.rows:
        key = (row["question"], row["answer"], row["domain"])
        if key in seen:
            what = f"{row['question']}/{row['answer']} has a figure already, on line {seen[key]}"
            table.fault(line, "FIGURE-REPEATED", what, todo="keep one; name the group in 'domain'")
        seen.setdefault(key, line)
        figure = _Row(table, line, row, manifest, instrument, words).figure()
        if figure is not None:
            figures.append(figure)
    if not table.rows and not table.faults:
        table.fault(1, "FILE-EMPTY", "the file holds no figures")
    _check_sums(table, figures, instrument)
    if table.faults:
        raise PublishedError(sorted(table.faults, key=lambda fault: fault.line or 0))
    return tuple(figures)


@dataclass(slots=True)
class _Row:
    """One row on its way to a figure; faults go to the table."""

    table: Table
    line: int
    row: Mapping[str, str]
    manifest: WaveManifest
    instrument: Instrument
    words: Words

    def fault(self, code: str, what: str, **parts: str) -> None:
        self.table.fault(self.line, code, what, **parts)

    def figure(self) -> PublishedFigure | None:
        """The figure, or None with every fault of the row recorded."""
        before = len(self.table.faults)
        self._check_names()
        self._check_source()
        percent = Fraction(self.row["read_as"]) if _NUMBER.match(self.row["read_as"]) else None
        share = self._share(percent)
        margin = read_margin(self.row["base_n"]) if self.row["base_origin"] == "margin" else None
        base_n = self._base_n() if margin is None else self._of_margin(margin, share)
        if len(self.table.faults) > before or share is None:
            return None
        if base_n and not self._possible(share, base_n):
            return None
        row: dict[str, Any] = {name: self.row[name] for name in FIGURE_COLUMNS}
        del row["low_percent"], row["high_percent"], row["base_n"]
        return PublishedFigure(
            **row,
            percent=None if percent is None else percent / 100,
            share=share,
            base_n=base_n,
            margin=margin,
            place=f"{self._folder}:{self.line}",
        )

    @property
    def _folder(self) -> str:
        """The file as it stands below the folder of all waves."""
        name = self.table.file.replace("\\", "/").rpartition("/")[2]
        return f"{self.manifest.survey}/{self.manifest.wave}/{name}"

    def _question(self, name: str) -> Question | None:
        if name in self.instrument.question_ids:
            return self.instrument.question(name)
        return None

    def _check_names(self) -> None:
        name, answer, domain = self.row["question"], self.row["answer"], self.row["domain"]
        version = f"{self.instrument.id} {self.instrument.version}"
        question = self._question(name)
        if question is None:
            guess = nearest(name, self.instrument.question_ids)
            todo = f"did you mean '{guess}'?" if guess else "add it to the instrument"
            self.fault("QUESTION-UNKNOWN", f"no question {show(name)} in {version}", todo=todo)
        elif isinstance(question, TextQuantity):
            self.fault("QUESTION-KIND", f"'{name}' is answered in free text and has no shares")
        elif answer not in question.answer_codes:
            self.fault(
                "OPTION-UNKNOWN",
                f"{show(answer)} is no option of '{name}' in {version}",
                wanted=listed(question.answer_codes),
                todo="correct the file, or add the option to a new version",
            )
        if domain:
            group, _, code = domain.partition("=")
            of = self._question(group)
            if of is None or code not in of.answer_codes:
                self.fault(
                    "DOMAIN-UNKNOWN",
                    f"no group {show(domain)} in {version}",
                    wanted="question=answer of this version, such as region=usa",
                )

    def _check_source(self) -> None:
        known = [source.id for source in self.manifest.sources]
        source = self.row["source"]
        if not source:
            self.fault(
                "SOURCE-MISSING",
                "the figure has no source",
                wanted=listed(known),
                todo="name where it was read; list the page under 'sources' in wave.yaml",
            )
        elif source not in known:
            guess = nearest(source, known)
            todo = f"did you mean '{guess}'?" if guess else "list it under 'sources' in wave.yaml"
            self.fault("SOURCE-UNKNOWN", f"no source called {show(source)}", todo=todo)
        if self.row["certainty"] not in {"verbatim", "approximate"}:
            got = show(self.row["certainty"])
            self.fault("CERTAINTY", "no such certainty", got=got, wanted="verbatim or approximate")
        for name in ("printed", "base"):
            if not self.row[name]:
                self.fault("CELL-EMPTY", f"'{name}' is empty", wanted="the words as printed")

    def _share(self, percent: Fraction | None) -> Range | None:
        """What the share may be: the rounding of a number, or the range of words."""
        text = self.row["read_as"]
        if percent is not None and percent > 100:
            self.fault("PERCENT", "the share is over 100 %", got=text, wanted="0 to 100")
            return None
        if percent is not None and 0 < percent < 1 and text not in self.row["printed"]:
            self.fault(
                "PERCENT-UNIT",
                f"{text} is read as {text} percent, and that is not what is printed",
                got=show(self.row["printed"]),
                todo="write percentages: 85, not 0.85",
            )
            return None
        if percent is not None:
            derived = printed(text, rounding=self.manifest.rounding)
        elif text.casefold() in self.words:
            low, high = self.words[text.casefold()]
            derived = Range(low=low, high=high)
        else:
            derived = None
        return self._given_range(derived, percent)

    def _given_range(self, derived: Range | None, percent: Fraction | None) -> Range | None:
        cells = self.row["low_percent"], self.row["high_percent"]
        if not any(cells):
            if derived is None:
                guess = nearest(self.row["read_as"].casefold(), self.words)
                hint = f"did you mean '{guess}'? Or " if guess else ""
                self.fault(
                    "WORDS-UNKNOWN",
                    f"no range is known for {show(self.row['read_as'])}",
                    todo=f"{hint}add it to words.csv, or give low_percent and high_percent",
                )
            return derived
        low = self.table.percent(self.line, "low_percent", cells[0])
        high = self.table.percent(self.line, "high_percent", cells[1])
        if low is None or high is None:
            return None
        if low > high:
            self.fault("RANGE-REVERSED", f"low is {cells[0]}, high is {cells[1]}")
            return None
        if percent is not None and not low <= percent / 100 <= high:
            what = f"{self.row['read_as']} does not lie between {cells[0]} and {cells[1]}"
            self.fault("RANGE-OUTSIDE", what, todo="correct read_as, low_percent or high_percent")
            return None
        if derived is not None and (low, high) == (derived.low, derived.high):
            return derived
        if derived is not None and not self.row["note"]:
            ends = f"{float(derived.low * 100):g} to {float(derived.high * 100):g}"
            self.fault(
                "RANGE-DIFFERS",
                f"{show(self.row['read_as'])} stands for {ends} percent in this study",
                got=f"{cells[0]} to {cells[1]}",
                todo="leave low and high empty to follow it, or say in 'note' why this one differs",
            )
        return Range(low=low, high=high)

    def _base_n(self) -> tuple[int, int] | None:
        """The lowest and highest size of a base that is stated as a number."""
        text, origin = self.row["base_n"], self.row["base_origin"]
        if not self._has_origin() or not text:
            return None
        if origin == "margin":
            self.fault("BASE-N", "base_n is no margin of error", got=show(text), wanted=WANTED)
            return None
        found = _BASE.match(text)
        if not found:
            self.fault("BASE-N", "base_n is no number", got=show(text), wanted="272, or 230-272")
            return None
        low, high = int(found[1]), int(found[2] or found[1])
        most = self.manifest.n
        if not 0 < low <= high or (isinstance(most, int) and high > most):
            wanted = f"1 to {most}, the n of the wave" if isinstance(most, int) else "at least 1"
            self.fault("BASE-N", "no such base is possible", got=text, wanted=wanted)
            return None
        return low, high

    def _has_origin(self) -> bool:
        """Whether the row says where the size of its base comes from."""
        text, origin = self.row["base_n"], self.row["base_origin"]
        known = get_args(BaseOrigin)
        if origin not in known:
            self.fault("BASE-ORIGIN", "no such base_origin", got=show(origin), wanted=listed(known))
        elif (origin == "unknown") != (not text):
            what = "base_n is empty where base_origin is unknown, and only there"
            self.fault("BASE-N", what, got=f"{show(text)} with {origin}")
        else:
            return True
        return False

    def _of_margin(self, margin: Margin, share: Range | None) -> tuple[int, int] | None:
        """The bases that a margin of error stands for; those above the wave's n left out."""
        if share is None:
            return None
        most = self.manifest.n
        try:
            low, _, high = margin.sizes(share)
        except MethodError as error:
            self.fault("BASE-N", str(error), got=show(self.row["base_n"]))
            return None
        if isinstance(most, int) and low > most:
            what = f"{margin} is the margin of {low} respondents or more"
            self.fault("BASE-N", what, wanted=f"at most {most}, the n of the wave")
            return None
        return low, min(high, most) if isinstance(most, int) else high

    def _possible(self, share: Range, base_n: tuple[int, int]) -> bool:
        """Whether any base gives a whole count; a weighted share, or an effective n, needs none."""
        if self.manifest.weighting == "weighted" or self.row["base_origin"] == "margin":
            return True
        bases = considered_bases(self.manifest, base_n, self.row["base_origin"])
        if possible_bases([share], bases):
            return True
        self.fault(
            "FIGURE-IMPOSSIBLE",
            f"no whole count of {self.row['base_n']}, nor of a smaller base down to {bases[0]}, "
            f"is printed as {show(self.row['read_as'])}",
            todo="check the figure and its base; a weighted share needs 'weighting: weighted'",
        )
        return False


def considered_bases(manifest: WaveManifest, base_n: tuple[int, int], origin: str) -> range:
    """The bases a figure may have: those stated or, for the wave's n, also smaller ones."""
    low, high = base_n
    if origin == "derived":
        return range(low, high + 1)
    smallest = manifest.smallest_item_base
    floor = smallest if isinstance(smallest, int) else -(-high * SMALLEST_BASE_SHARE // 1)
    return range(max(1, min(low, int(floor))), high + 1)


def _check_sums(table: Table, figures: Sequence[PublishedFigure], instrument: Instrument) -> None:
    """Answers that exclude each other add up to at most 100 %."""
    groups: dict[tuple[str, str], list[PublishedFigure]] = {}
    for figure in figures:
        question = instrument.question(figure.question)
        nets = {option.code for option in question.answers if option.net_of}
        if question.exclusive and figure.answer not in nets:
            groups.setdefault((figure.question, figure.domain), []).append(figure)
    for (question_id, _), members in groups.items():
        total = float(sum(figure.share.low for figure in members) * 100)
        if total > 100:
            table.fault(
                int(members[-1].place.rpartition(":")[2]),
                "SHARES-OVER-100",
                f"the answers of '{question_id}' add up to at least {total:.1f} %, and a "
                "respondent gives one answer only",
                got=", ".join(f"{figure.answer} {figure.read_as}" for figure in members),
                todo="correct a figure; or, if several answers were possible, the kind is "
                "multi_answer, or mentions: several",
            )
