"""Two versions of a questionnaire: what changed, and what that does to comparability."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.instrument.wording import normalised, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import BandOption, Option
    from surveylib.instrument.question import Question


class Step(IntEnum):
    """How far the version number must move; a forbidden change has no number."""

    patch = 0
    minor = 1
    major = 2
    forbidden = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChange:
    """One thing that changed between two versions.

    Args:
        question: Question id; empty for the questionnaire itself.
        kind: What kind of change, such as `wording` or `option added`.
        what: The change in one sentence.
        step: Which version step it needs.
        comparability: What it does to the series, before anybody declares more.
        alarms: Words that change what is measured, by kind.
    """

    question: str
    kind: str
    what: str
    step: Step
    comparability: str
    alarms: tuple[str, ...] = ()

    def __str__(self) -> str:
        """`question: what (step; comparability)`."""
        alarms = f" Look twice: {', '.join(self.alarms)}." if self.alarms else ""
        place = f"{self.question}: " if self.question else ""
        return f"{place}{self.what} ({self.step.name}; {self.comparability}){alarms}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDiff:
    """Every change from an older version to a newer one."""

    older: str
    newer: str
    changes: tuple[VersionChange, ...]

    @property
    def step(self) -> Step | None:
        """The largest step that a change needs; None where nothing changed."""
        return max((change.step for change in self.changes), default=None)

    def __str__(self) -> str:
        """A line for each change, grouped by question, and the step that they need."""
        if self.step is None:
            return f"{self.older} → {self.newer}: nothing changed"
        count = "1 change" if len(self.changes) == 1 else f"{len(self.changes)} changes"
        head = f"{self.older} → {self.newer}: {count}, step: {self.step.name}"
        return "\n".join([head, *(f"  {change}" for change in self.changes)])

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.version_diff/1",
            "older": self.older,
            "newer": self.newer,
            "step": None if self.step is None else self.step.name,
            "changes": [
                {
                    "question": change.question,
                    "kind": change.kind,
                    "what": change.what,
                    "step": change.step.name,
                    "comparability": change.comparability,
                    "alarms": list(change.alarms),
                }
                for change in self.changes
            ],
        }


def diff(older: Instrument, newer: Instrument) -> VersionDiff:
    """Find every change between two versions of a questionnaire.

    Args:
        older: The version before.
        newer: The version after.

    Example:
        >>> from surveylib.instrument.library import load_instrument
        >>> older = load_instrument("instruments/netclean/2018.yaml")
        >>> print(diff(older, older))
        netclean 2018 → netclean 2018: nothing changed
    """
    before = {item.id: item for item in older.items}
    after = {item.id: item for item in newer.items}
    changes = [*_whole(older, newer)]
    for name, question in after.items():
        if name in before:
            changes += _question(before[name], question)
        else:
            effect = "new series"
            changes.append(
                _change(question, "question added", "question added", Step.minor, effect)
            )
    changes += [
        _change(question, "question removed", "question removed", Step.major, "series ends")
        for name, question in before.items()
        if name not in after
    ]
    return VersionDiff(
        older=f"{older.id} {older.version}",
        newer=f"{newer.id} {newer.version}",
        changes=tuple(changes),
    )


def _whole(older: Instrument, newer: Instrument) -> Iterator[VersionChange]:
    """Changes of the questionnaire itself."""
    if normalised(older.population) != normalised(newer.population):
        words, alarms = wording(older.population, newer.population)
        yield VersionChange(
            question="",
            kind="population",
            what=f"population: {words}",
            step=Step.major,
            comparability="break unless bridged",
            alarms=alarms,
        )
    if older.mode and newer.mode and set(older.mode) != set(newer.mode):
        yield VersionChange(
            question="",
            kind="mode",
            what=f"mode {', '.join(older.mode)} → {', '.join(newer.mode)}",
            step=Step.major,
            comparability="break unless bridged",
        )
    shared = set(older.question_ids) & set(newer.question_ids)
    if [n for n in older.question_ids if n in shared] != [
        n for n in newer.question_ids if n in shared
    ]:
        yield VersionChange(
            question="",
            kind="order",
            what="questions stand in another order",
            step=Step.minor,
            comparability="identical; answers may depend on what was asked before",
        )


def _question(older: Question, newer: Question) -> Iterator[VersionChange]:
    """Changes of one question."""
    kinds = getattr(older, "kind", ""), getattr(newer, "kind", "")
    if kinds[0] != kinds[1]:
        what = f"kind {kinds[0]} → {kinds[1]}"
        yield _change(newer, "kind", what, Step.major, "break")
    if older.concept != newer.concept:
        what = f"concept {older.concept} → {newer.concept}"
        yield _change(newer, "concept", what, Step.major, "different construct")
    yield from _text(older, newer)
    for entry in _ATTRIBUTES:
        was, now = entry.of(older), entry.of(newer)
        if was != now:
            what = f"{entry.kind} {was or 'none'} → {now or 'none'}"
            yield _change(newer, entry.kind, what, entry.step, entry.comparability)
    if set(older.missing) != set(newer.missing):
        gone = [f"-{state}" for state in older.missing if state not in newer.missing]
        come = [f"+{state}" for state in newer.missing if state not in older.missing]
        what = f"ways of not answering: {' '.join([*gone, *come])}"
        yield _change(newer, "missing", what, Step.major, "base shifts: compare on a common base")
    yield from _options(older, newer)


class _Attribute(NamedTuple):
    """A field of some kinds of question, and what a change of it does."""

    kind: str
    of: Callable[[Any], str]
    step: Step
    comparability: str


def _field(name: str) -> Callable[[Any], str]:
    def read(question: Any) -> str:
        value = getattr(question, name, None)
        return "" if value is None or value is False else str(value)

    return read


def _routing(question: Question) -> str:
    return question.base.condition.in_words() if question.base.condition else ""


_BREAK = "break unless bridged"
_ATTRIBUTES = (
    _Attribute("period", _field("period"), Step.major, _BREAK),
    _Attribute("base", lambda question: question.base.asked, Step.major, _BREAK),
    _Attribute("routing", _routing, Step.major, _BREAK),
    _Attribute("unit", _field("unit"), Step.major, _BREAK),
    _Attribute("mentions", _field("mentions"), Step.major, _BREAK),
    _Attribute(
        "decimals", _field("decimals"), Step.major, "suspect: answers are more or less exact"
    ),
    _Attribute(
        "precision", _field("precision"), Step.major, "suspect: answers are more or less exact"
    ),
    _Attribute("minimum", _field("minimum"), Step.major, "suspect: answers were cut elsewhere"),
    _Attribute("maximum", _field("maximum"), Step.major, "suspect: answers were cut elsewhere"),
    _Attribute("earliest", _field("earliest"), Step.minor, "identical, apart from the new limits"),
    _Attribute("latest", _field("latest"), Step.minor, "identical, apart from the new limits"),
    _Attribute("min_selected", _field("min_selected"), Step.major, "suspect: more or fewer ticks"),
    _Attribute("max_selected", _field("max_selected"), Step.major, "suspect: more or fewer ticks"),
    _Attribute("required", _field("required"), Step.minor, "suspect: who skips it changes"),
    _Attribute(
        "option order", _field("option_order"), Step.minor, "identical; the order may matter"
    ),
)


def _change(
    question: Question,
    kind: str,
    what: str,
    step: Step,
    comparability: str,
    *,
    alarms: tuple[str, ...] = (),
) -> VersionChange:
    return VersionChange(
        question=question.id,
        kind=kind,
        what=what,
        step=step,
        comparability=comparability,
        alarms=alarms,
    )


def _text(older: Question, newer: Question) -> Iterator[VersionChange]:
    """Wording, language by language."""
    for language, after in newer.text.items():
        before = older.text.get(language)
        if before is None:
            what = f"translation added: {language}"
            yield _change(newer, "translation", what, Step.patch, "identical")
        elif normalised(before) != normalised(after):
            words, alarms = wording(before, after)
            what = f"wording ({language}): {words}"
            yield _change(newer, "wording", what, Step.major, "suspect", alarms=alarms)
        elif before != after:
            what = f"typography of the wording ({language})"
            yield _change(newer, "typography", what, Step.patch, "identical")
    for language in older.text:
        if language not in newer.text:
            what = f"translation removed: {language}"
            yield _change(newer, "translation", what, Step.minor, "series ends in that language")


def _options(older: Question, newer: Question) -> Iterator[VersionChange]:
    """Options added, removed, reworded, reassigned or moved; bands."""
    old = {option.code: option for option in older.answers}
    new = {option.code: option for option in newer.answers}
    meanings = _meanings(old)
    several = not newer.exclusive
    for code, option in new.items():
        if code not in old:
            step = Step.minor if several else Step.major
            effect = "older waves: not asked" if several else "merge, or break"
            yield _change(newer, "option added", f"option '{code}' added", step, effect)
        else:
            yield from _option(newer, meanings, old[code], option)
    for code in old:
        if code not in new:
            step = Step.minor if several else Step.major
            effect = "newer waves: not asked" if several else "merge, or break"
            yield _change(newer, "option removed", f"option '{code}' removed", step, effect)
    fixed = getattr(newer, "option_order", "fixed") == "fixed"
    if fixed and [code for code in old if code in new] != [code for code in new if code in old]:
        what = "options stand in another order"
        yield _change(newer, "option order", what, Step.minor, "identical; the order may matter")
    yield from _bands(newer, older.answers, newer.answers)


def _meanings(options: Mapping[str, Option]) -> dict[tuple[str, str], str]:
    """The code of each label, by language and normalised label."""
    return {
        (language, normalised(label)): code
        for code, option in reversed(tuple(options.items()))
        for language, label in option.label.items()
    }


def _option_field(option: Option, name: str) -> Any:
    value = getattr(option, name, None)
    return None if value is False else value


def _option(
    question: Question, meanings: Mapping[tuple[str, str], str], before: Option, after: Option
) -> Iterator[VersionChange]:
    """One option that both versions have."""
    for kind, name, step, effect in (
        ("score", "score", Step.minor, "identical shares; trend tests weigh them differently"),
        ("exclusive", "exclusive", Step.major, "suspect: what can be ticked beside it"),
        ("write-in", "write_in", Step.minor, "identical; more is known of these answers"),
        ("case", "when", Step.major, "break: it follows from other answers"),
    ):
        was, now = _option_field(before, name), _option_field(after, name)
        if was != now:
            what = f"{kind} of option '{after.code}' changed"
            yield _change(question, kind, what, step, effect)
    for language, label in after.label.items():
        was = before.label.get(language)
        if was is None or was == label:
            continue
        same = normalised(was) == normalised(label)
        taken = None if same else meanings.get((language, normalised(label)))
        if taken:
            what = f"code '{after.code}' now means what '{taken}' meant: “{label}”"
            yield _change(question, "code reassigned", what, Step.forbidden, "break")
        elif not same:
            words, alarms = wording(was, label)
            what = f"option '{after.code}' ({language}): {words}"
            yield _change(question, "label", what, Step.major, "suspect", alarms=alarms)
        else:
            what = f"typography of option '{after.code}' ({language})"
            yield _change(question, "typography", what, Step.patch, "identical")


def cuts(options: Sequence[BandOption]) -> set[int]:
    """The upper ends of bands, where counts can be told apart; an open band has none."""
    return {option.interval[1] for option in options if option.interval[1] is not None}


def _bands(
    question: Question, before: Sequence[Any], after: Sequence[Any]
) -> Iterator[VersionChange]:
    """Bands that moved: the cuts that both lists have are what remains comparable."""
    old = [option for option in before if hasattr(option, "interval")]
    new = [option for option in after if hasattr(option, "interval")]
    if not old or not new:
        return
    if sorted(option.interval[0] for option in old) == sorted(
        option.interval[0] for option in new
    ) and cuts(old) == cuts(new):
        return
    common = sorted(cuts(old) & cuts(new))
    lost = sorted(cuts(old) ^ cuts(new))
    effect = (
        f"coarsen: both can be cut at {', '.join(map(str, common))}"
        if common
        else "bounds only: no cut is common"
    )
    what = f"bands changed: cuts at {', '.join(map(str, lost))} are in one version only"
    if not lost:
        was = {option.code: option.interval for option in old}
        moved = [
            f"'{option.code}' began at {was[option.code][0]} and begins at {option.interval[0]}"
            for option in new
            if option.code in was and was[option.code][0] != option.interval[0]
        ]
        what = f"bands changed: {', '.join(moved) or 'gaps between them'}"
    yield _change(question, "bands", what, Step.major, effect)
