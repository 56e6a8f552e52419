"""Answers carried over to a harmonised question: one by one, counted, or as shares of bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from surveylib.errors import ComparabilityError, NotEstimableError, UnknownNameError, listed
from surveylib.instrument import bands, coarsening
from surveylib.instrument.checking import Frozen
from surveylib.instrument.coarsening import Bounds, Interval
from surveylib.instrument.fields import (
    MissingState,
    Verdict,
)
from surveylib.instrument.options import BandOption, OrderedOption
from surveylib.instrument.question import Banded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from surveylib.instrument.crosswalk import HarmonisedEntry, SourceEntry
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question

#: Verdicts under which answers are carried over.
CARRIED = frozenset({"identical", "equivalent", "limited"})


class SourceMap(Frozen):
    """One version's question, and where its answers go.

    Args:
        instrument: The questionnaire.
        version: Its version.
        question: The question there.
        verdict: How far it measures what the harmonised question does.
        reason: Why.
        targets: The harmonised option or missing state of each option and missing state; empty
            where the verdict is a break.
        absent: Harmonised options that this version did not offer.
        intervals: For bands: the counts that an answer may stand for, by code.
        detail_lost: For bands: thresholds of this version that not all versions have.
        exclusive: Whether each respondent gave one answer.
    """

    instrument: str
    version: str
    question: str
    verdict: Verdict
    reason: str
    targets: dict[str, str]
    absent: tuple[str, ...]
    intervals: dict[str, Interval]
    detail_lost: tuple[int, ...]
    exclusive: bool

    @property
    def name(self) -> str:
        """`instrument@version question`."""
        return f"{self.instrument}@{self.version} {self.question}"

    def kind(self, code: str) -> str:
        """How an answer is carried over: `identity`, `rename` or `merge`."""
        target = self.targets[code]
        if sum(other == target for other in self.targets.values()) > 1:
            return "merge"
        return "identity" if target == code else "rename"


class Harmonised(Frozen):
    """A question as it is asked across versions, with the map from each.

    Args:
        id: Its name.
        version: Its own version.
        title: By language.
        concept: What it measures.
        kind: Like the kind of a question.
        options: Its options; for bands, the finest that all versions share.
        unit: What bands count.
        thresholds: Counts t for which the share of at most t is wanted.
        sources: The maps.
    """

    id: str
    version: str
    title: dict[str, str]
    concept: str
    kind: str
    options: tuple[BandOption | OrderedOption, ...]
    unit: str
    thresholds: tuple[int, ...]
    sources: tuple[SourceMap, ...]
    note: str

    def source(self, version: str) -> SourceMap:
        """The map of one version.

        Args:
            version: The version; `instrument@version` where it is another questionnaire's.

        Raises:
            UnknownNameError: The harmonised question has no such source.
        """
        found = [one for one in self.sources if version in {one.version, _ref(one)}]
        if len(found) == 1:
            return found[0]
        known = [f"{entry.instrument}@{entry.version}" for entry in self.sources]
        if found:
            message = f"version {version} is one of {listed(map(_ref, found))}: name which"
            raise UnknownNameError(message)
        raise UnknownNameError.of("source", version, known, where=self.id)

    def among(self, versions: Collection[str]) -> Harmonised:
        """The same question with some of its sources: bands as fine as these can tell apart.

        Args:
            versions: The versions that remain, as `instrument@version`; where none of them is a
                source, all sources do.

        Example:
            >>> from surveylib.instrument.crosswalk import load_crosswalk
            >>> count = load_crosswalk("instruments/organised_groups")["groups_count"]
            >>> [option.code for option in count.among(["organised_groups@1.0"]).options][:3]
            ['1_to_10', '11_to_50', '51_to_100']
        """
        kept = [source for source in self.sources if _ref(source) in versions]
        if not kept or len(kept) == len(self.sources):
            return self
        shared = _shared(kept)
        bands = tuple(_band(interval, self.unit) for interval in shared)
        into = tuple(_into(source, shared) for source in kept)
        return self.model_copy(update={"options": bands or self.options, "sources": into})

    def _open(self, version: str) -> SourceMap:
        source = self.source(version)
        if source.verdict not in CARRIED:
            message = f"{source.name} is not carried over to '{self.id}' ({source.verdict}): "
            raise ComparabilityError(message + source.reason)
        return source

    def answer(self, version: str, given: str | frozenset[str]) -> str | frozenset[str]:
        """What one respondent's answer is, harmonised.

        Args:
            version: The version it was given to.
            given: A code or missing state; where several may be ticked, the codes.

        Raises:
            UnknownNameError: The question has no such answer.
            ComparabilityError: The version is not carried over.
        """
        source = self._open(version)
        codes = [given] if isinstance(given, str) else sorted(given)
        if unknown := [code for code in codes if code not in source.targets]:
            raise UnknownNameError.of("answer", unknown[0], source.targets, where=source.name)
        if isinstance(given, str):
            return source.targets[given]
        return frozenset(source.targets[code] for code in codes)

    def convert(self, version: str, counts: Mapping[str, float]) -> dict[str, float]:
        """Carry counts over; their sum stays what it was.

        Args:
            version: The version they were counted in.
            counts: Respondents (or sums of weights) by code or missing state.

        Returns:
            Counts for every harmonised option that the version offered, and for every missing
            state that occurs.

        Raises:
            UnknownNameError: The question has no such answer.
            ComparabilityError: The version is not carried over.
            NotEstimableError: Options of which several may be ticked are merged: who ticked two
                of them would count twice. Carry over each respondent's answers instead.
        """
        source = self._open(version)
        if not source.exclusive and (merged := [
            code for code in source.targets if source.kind(code) == "merge"
        ]):  # fmt: skip
            message = (
                f"{source.name}: {listed(merged)} are merged, and a respondent may have ticked "
                "several of them: carry over each respondent's answers, not counts"
            )
            raise NotEstimableError(message)
        found: dict[str, float] = {
            option.code: 0 for option in self.options if option.code not in source.absent
        }
        for code, count in counts.items():
            target = _target(source, code)
            found[target] = found.get(target, 0) + count
        return found

    def share_up_to(self, threshold: int, version: str, counts: Mapping[str, float]) -> Bounds:
        """Bounds on the share of counts of at most a threshold, among those who gave a band.

        Args:
            threshold: t, a whole number.
            version: The version the bands were ticked in.
            counts: Respondents (or shares) by band; missing states are left out of the base.

        Raises:
            NotEstimableError: The question has no bands, or nobody ticked one.
            UnknownNameError: There is no such band.
        """
        source = self._open(version)
        if not source.intervals:
            message = f"'{self.id}' has no bands, and no share up to a threshold"
            raise NotEstimableError(message)
        for code in counts:
            _target(source, code)
        given = {code: counts.get(code, 0) for code in source.intervals}
        total = sum(given.values())
        if not total:
            message = f"{source.name}: nobody ticked a band"
            raise NotEstimableError(message)
        low, high = coarsening.share_up_to(threshold, source.intervals, given)
        return Bounds(low / total, high / total)

    def exact_at(self, threshold: int, version: str) -> bool:
        """Whether a version tells counts up to a threshold apart from those above it."""
        bands = self.source(version).intervals.values()
        return bool(bands) and bool(coarsening.cuts(list(bands), [threshold]))

    def __str__(self) -> str:
        """Options, sources with their maps, and what is known at each threshold."""
        title = self.title.get("en") or next(iter(self.title.values()))
        lines = [f"{self.id} {self.version}: {title} ({self.kind})"]
        lines.append(f"  options: {', '.join(option.code for option in self.options)}")
        for source in self.sources:
            lines += ["", f"  {source.name}: {source.verdict}", f"    {source.reason}"]
            lines += [f"    {row}" for row in _rows(source)]
            lines += [
                f"    at most {t}: {'exact' if self.exact_at(t, _ref(source)) else 'bounds only'}"
                for t in self.thresholds
                if source.intervals
            ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {"schema": "surveylib.harmonised/1", **self.model_dump(mode="json")}


def _ref(source: SourceMap) -> str:
    return f"{source.instrument}@{source.version}"


def _target(source: SourceMap, code: str) -> str:
    """The harmonised option of a code; a missing state that was not offered stays what it is.

    Raises:
        UnknownNameError: The question has no such answer.
    """
    if code in source.targets:
        return source.targets[code]
    if code in get_args(MissingState):
        return code
    raise UnknownNameError.of("answer", code, source.targets, where=source.name)


def _rows(source: SourceMap) -> list[str]:
    rows = []
    for target in dict.fromkeys(source.targets.values()):
        codes = [code for code, other in source.targets.items() if other == target]
        rows.append(f"{' + '.join(codes)} → {target} ({source.kind(codes[0])})")
    if source.absent:
        rows.append(f"not offered: {', '.join(source.absent)}")
    if source.detail_lost:
        rows.append(f"cuts not shared: {', '.join(map(str, source.detail_lost))}")
    return rows


def intervals(question: Question, source: SourceEntry) -> dict[str, Interval]:
    """The counts that each band of a source may stand for, by its reading."""
    if not isinstance(question, Banded):
        return {}
    options = [option for option in question.options if not option.net_of]
    if source.reading == "as_printed":
        read: dict[str, Interval] = {option.code: option.interval for option in options}
    else:
        read = bands.as_read(options)
    if source.gaps != "absorbed":
        return read
    wide = coarsening.with_gaps(list(read.values()), question.minimum)
    return {code: wide[band] for code, band in read.items()}


def harmonise(
    entry: HarmonisedEntry, owner: str, instruments: Mapping[tuple[str, str], Instrument]
) -> Harmonised:
    """Build a harmonised question from a checked entry of crosswalk.yaml."""
    asked = [
        instruments[source.instrument or owner, source.version].question(source.question)
        for source in entry.sources
    ]
    read = [
        intervals(question, source) if source.verdict in CARRIED else {}
        for question, source in zip(asked, entry.sources, strict=True)
    ]
    told = [
        _source(source, owner, question, one)
        for source, question, one in zip(entry.sources, asked, read, strict=True)
    ]
    shared = _shared(told)
    options: tuple[BandOption | OrderedOption, ...] = (
        tuple(_band(interval, entry.unit) for interval in shared) or entry.options
    )
    sources = [_into(source, shared) for source in told]
    return Harmonised(
        **entry.model_dump(exclude={"options", "sources"}), options=options, sources=tuple(sources)
    )


def _shared(sources: Sequence[SourceMap]) -> tuple[Interval, ...]:
    """The finest bands that all sources with bands can be put into; none where there are none."""
    lists = [list(source.intervals.values()) for source in sources if source.intervals]
    return coarsening.common_bands(lists) if lists else ()


def _into(source: SourceMap, shared: tuple[Interval, ...]) -> SourceMap:
    """A source whose bands lead to those that are shared."""
    if not source.intervals:
        return source
    bands = {
        code: _band_code(
            next(one for one in shared if one[0] <= band[0] <= coarsening.ends_at(one))
        )
        for code, band in source.intervals.items()
    }
    others = {code: to for code, to in source.targets.items() if code not in bands}
    ends = {band[1] for band in source.intervals.values() if band[1] is not None}
    kept = {one[1] for one in shared}
    lost = tuple(sorted(coarsening.cuts(list(source.intervals.values()), ends - kept)))
    return source.model_copy(update={"targets": {**bands, **others}, "detail_lost": lost})


def _source(
    source: SourceEntry, owner: str, question: Question, read: Mapping[str, Interval]
) -> SourceMap:
    """A source as it is declared; its bands lead nowhere yet."""
    targets: dict[str, str] = {}
    if source.verdict in CARRIED:
        targets = {code: str(target) for code, target in source.map.items()} | source.missing
    return SourceMap(
        instrument=source.instrument or owner,
        version=source.version,
        question=source.question,
        verdict=source.verdict,
        reason=source.reason,
        targets=targets,
        absent=tuple(source.absent),
        intervals=dict(read),
        detail_lost=(),
        exclusive=question.exclusive,
    )


def _band_code(band: Interval) -> str:
    low, high = band
    if high is None:
        return f"over_{low - 1}" if low else "any"
    return str(low) if low == high else f"{low}_to_{high}"


def _band(band: Interval, unit: str) -> BandOption:
    low, high = band
    told = f"more than {low - 1:,}" if high is None else f"{low:,} to {high:,}"
    told = f"{low:,}" if low == high else told
    return BandOption(code=_band_code(band), label={"en": f"{told} {unit}".strip()}, interval=band)
