"""One question in two versions: every change of its text, options, bands and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.instrument.changes import Step, VersionChange
from surveylib.instrument.question import Banded
from surveylib.instrument.wording import normalised, wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from surveylib.instrument.options import BandOption, Option
    from surveylib.instrument.question import Question

    Span = tuple[int, int | None]


def question_changes(older: Question, newer: Question) -> Iterator[VersionChange]:
    """Changes of one question."""
    kinds = getattr(older, "kind", ""), getattr(newer, "kind", "")
    if kinds[0] != kinds[1]:
        what = f"kind {kinds[0]} → {kinds[1]}"
        yield change_of(newer, "kind", what, Step.major, "break")
    if older.concept != newer.concept:
        what = f"concept {older.concept} → {newer.concept}"
        yield change_of(newer, "concept", what, Step.major, "different construct")
    yield from _text(older, newer)
    for entry in _ATTRIBUTES:
        was, now = entry.of(older), entry.of(newer)
        if was != now:
            what = f"{entry.kind} {was or 'none'} → {now or 'none'}"
            yield change_of(newer, entry.kind, what, entry.step, entry.comparability)
    if set(older.missing) != set(newer.missing):
        gone = [f"-{state}" for state in older.missing if state not in newer.missing]
        come = [f"+{state}" for state in newer.missing if state not in older.missing]
        what = f"ways of not answering: {' '.join([*gone, *come])}"
        yield change_of(newer, "missing", what, Step.major, "base shifts: compare on a common base")
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


def _signs(question: Question) -> str:
    """How numbers in free text are read."""
    decimal, group = getattr(question, "decimal", ""), getattr(question, "group", ())
    return f"decimal {decimal}, groups {' '.join(group)}" if decimal else ""


BREAK = "break unless bridged"
_ATTRIBUTES = (
    _Attribute("period", _field("period"), Step.major, BREAK),
    _Attribute("base", lambda question: question.base.asked, Step.major, BREAK),
    _Attribute("routing", _routing, Step.major, BREAK),
    _Attribute("unit", _field("unit"), Step.major, BREAK),
    _Attribute("mentions", _field("mentions"), Step.major, BREAK),
    _Attribute(
        "decimals", _field("decimals"), Step.major, "suspect: answers are more or less exact"
    ),
    _Attribute(
        "precision", _field("precision"), Step.major, "suspect: answers are more or less exact"
    ),
    _Attribute("minimum", _field("minimum"), Step.major, "suspect: answers were cut elsewhere"),
    _Attribute("maximum", _field("maximum"), Step.major, "suspect: answers were cut elsewhere"),
    _Attribute("signs", _signs, Step.minor, "identical; answers are read with other signs"),
    _Attribute("earliest", _field("earliest"), Step.minor, "identical, apart from the new limits"),
    _Attribute("latest", _field("latest"), Step.minor, "identical, apart from the new limits"),
    _Attribute("min_selected", _field("min_selected"), Step.major, "suspect: more or fewer ticks"),
    _Attribute("max_selected", _field("max_selected"), Step.major, "suspect: more or fewer ticks"),
    _Attribute("required", _field("required"), Step.minor, "suspect: who skips it changes"),
    _Attribute(
        "option order", _field("option_order"), Step.minor, "identical; the order may matter"
    ),
)


def change_of(
    question: Question,
    kind: str,
    what: str,
    step: Step,
    comparability: str,
    *,
    alarms: tuple[str, ...] = (),
) -> VersionChange:
    """One change of a question."""
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
            yield change_of(newer, "translation", what, Step.patch, "identical")
        elif normalised(before) != normalised(after):
            words, alarms = wording(before, after)
            what = f"wording ({language}): {words}"
            yield change_of(newer, "wording", what, Step.major, "suspect", alarms=alarms)
        elif before != after:
            what = f"typography of the wording ({language})"
            yield change_of(newer, "typography", what, Step.patch, "identical")
    for language in older.text:
        if language not in newer.text:
            what = f"translation removed: {language}"
            yield change_of(newer, "translation", what, Step.minor, "series ends in that language")


def _options(older: Question, newer: Question) -> Iterator[VersionChange]:
    """Options added, removed, reworded, reassigned or moved; bands."""
    old = {option.code: option for option in older.answers}
    new = {option.code: option for option in newer.answers}
    meanings = _meanings(old)
    spans = _spans(older), _spans(newer)
    several = not newer.exclusive
    for code, option in new.items():
        if code not in old:
            step = Step.minor if several else Step.major
            effect = "older waves: not asked" if several else "merge, or break"
            yield change_of(newer, "option added", f"option '{code}' added", step, effect)
        else:
            counts = spans[0].get(code), spans[1].get(code)
            yield from _option(newer, meanings, old[code], option, counts)
    for code in old:
        if code not in new:
            step = Step.minor if several else Step.major
            effect = "newer waves: not asked" if several else "merge, or break"
            yield change_of(newer, "option removed", f"option '{code}' removed", step, effect)
    fixed = getattr(newer, "option_order", "fixed") == "fixed"
    if fixed and [code for code in old if code in new] != [code for code in new if code in old]:
        what = "options stand in another order"
        yield change_of(newer, "option order", what, Step.minor, "identical; the order may matter")
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


def _spans(question: Question) -> Mapping[str, Span]:
    """The counts that each band stands for, as it is read; nothing for options that are none."""
    return question.as_read() if isinstance(question, Banded) else {}


def _counts(span: Span) -> str:
    low, high = span
    if high is None:
        return f"{low:,} or more"
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _fields(question: Question, before: Option, after: Option) -> Iterator[VersionChange]:
    """What an option says beside its label."""
    for kind, name, step, effect in (
        ("score", "score", Step.minor, "identical shares; trend tests weigh them differently"),
        ("exclusive", "exclusive", Step.major, "suspect: what can be ticked beside it"),
        ("write-in", "write_in", Step.minor, "identical; more is known of these answers"),
        ("terms", "terms", Step.minor, "identical; written answers are coded by other words"),
        ("case", "when", Step.major, "break: it follows from other answers"),
    ):
        was, now = _option_field(before, name), _option_field(after, name)
        if was != now:
            what = f"{kind} of option '{after.code}' changed"
            yield change_of(question, kind, what, step, effect)


def _option(
    question: Question,
    meanings: Mapping[tuple[str, str], str],
    before: Option,
    after: Option,
    counts: tuple[Span | None, Span | None],
) -> Iterator[VersionChange]:
    """One option that both versions have; `counts` are those of bands, before and after."""
    yield from _fields(question, before, after)
    reassigned = False
    for language, label in after.label.items():
        was = before.label.get(language)
        if was is None:
            what = f"translation of option '{after.code}' added: {language}"
            yield change_of(question, "translation", what, Step.patch, "identical")
        if was is None or was == label:
            continue
        same = normalised(was) == normalised(label)
        taken = None if same else meanings.get((language, normalised(label)))
        if taken:
            reassigned = True
            what = f"code '{after.code}' now means what '{taken}' meant: “{label}”"
            yield change_of(question, "code reassigned", what, Step.forbidden, "break")
        elif not same:
            words, alarms = wording(was, label)
            what = f"option '{after.code}' ({language}): {words}"
            yield change_of(question, "label", what, Step.major, "suspect", alarms=alarms)
        else:
            what = f"typography of option '{after.code}' ({language})"
            yield change_of(question, "typography", what, Step.patch, "identical")
    if counts[0] and counts[1] and counts[0] != counts[1] and not reassigned:
        stood, stands = map(_counts, (counts[0], counts[1]))
        what = f"code '{after.code}' now means {stands}, and meant {stood}"
        yield change_of(question, "code reassigned", what, Step.forbidden, "break")


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
    yield change_of(question, "bands", what, Step.major, effect)
