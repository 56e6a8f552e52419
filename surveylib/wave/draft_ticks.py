"""A column for each option: which texts mean that it was chosen, and which that it was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import listed, show
from surveylib.wave.layout import ColumnPerOption
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from surveylib.instrument.question import Question
    from surveylib.wave.draft_judge import Judge
    from surveylib.wave.draft_questions import Group
    from surveylib.wave.layout import ColumnName

#: Texts that mean "chosen", and those that mean "not chosen" beside them, in lower case.
PAIRS: Mapping[str, tuple[str, ...]] = {
    "1": ("0",),
    "true": ("false",),
    "yes": ("no",),
    "y": ("n",),
    "ticked": ("unticked", "not ticked"),
    "selected": ("not selected",),
    "checked": ("unchecked", "not checked"),
}

Ticks = tuple[tuple[str, ...], tuple[str, ...]]


def fit_ticks(
    judge: Judge, group: Group, counted: Mapping[int, str], name: Callable[[int], ColumnName]
) -> tuple[ColumnPerOption, list[str]]:
    """The layout of a group with a column for each option, and what has to be looked at.

    Args:
        judge: Reads the sample.
        group: The columns.
        counted: For columns of a declared set, the value that means "ticked".
        name: A column as the manifest names it.
    """
    codes = [option.code for option in group.question.answers if not option.net_of]
    held = [code for code in codes if code in group.options]
    texts = [code for code in codes if code in group.texts]
    free = tuple(code for code in texts if code not in held)
    absent = tuple(code for code in codes if code not in held and code not in free)
    notes = [
        f"{len(places)} columns are option '{code}'"
        for code, places in (*group.options.items(), *group.missing.items())
        if len(places) > 1
    ]
    if absent and not _one_hot(judge, group):
        notes.append(f"options have no column: {listed(absent)}")
    (ticked, not_ticked), more = _texts(judge, group, counted)
    notes += _labelled_otherwise(judge, group, ticked, not_ticked)
    layout = ColumnPerOption(
        layout="column_per_option",
        options={code: name(group.options[code][0]) for code in held},
        missing={state: name(places[0]) for state, places in group.missing.items()},
        absent=absent,
        text_ticks=free,
        write_in={code: name(group.texts[code][0]) for code in texts},
        ticked=ticked,
        not_ticked=not_ticked,
    )
    return layout, notes + more


def _one_hot(judge: Judge, group: Group) -> bool:
    """Whether columns are named `question/option`: an option that nobody ticked has none then."""
    return bool(group.options) and all(
        any("/" in head for head in judge.sheet.columns[places[0]].heads)
        and group.claims[places[0]].how == "name"
        for places in group.options.values()
    )


def _texts(judge: Judge, group: Group, counted: Mapping[int, str]) -> tuple[Ticks, list[str]]:
    """Which texts mean "chosen" and "not chosen"; none where the option's own label does."""
    parts = {**group.options, **group.missing}
    cells = {code: set(judge.sample.texts[places[0]]) for code, places in parts.items()}
    every = {lossless(text) for texts in cells.values() for text in texts}
    declared = {counted[places[0]] for places in parts.values() if places[0] in counted}
    if len(declared) == 1:
        (yes,) = declared
        rest = tuple(sorted(every - {yes}))
        notes = [] if len(rest) <= 1 else [f"cells hold {listed(rest)} besides {show(yes)}"]
        return ((yes,), rest), notes
    own = {code: own_texts(judge, group.question, code) for code in parts}
    by_label = all(lossless(text) in own[code] for code in parts for text in cells[code])
    pair = _pair(every)
    if pair is None:
        return ((), ()), [] if by_label else _strange(every)
    if by_label and any(
        (lossless(text) in pair[0]) != (lossless(text) in own[code])
        for code in parts
        for text in cells[code]
    ):
        what = f"{listed(sorted(every))} are labels or codes of options, and may mean yes and no"
        return ((), ()), [what]
    # Without a text for "not chosen", a blank cell is what says so.
    return (pair[0], tuple(text for text in pair[1] if text in every)), []


def _labelled_otherwise(
    judge: Judge, group: Group, ticked: tuple[str, ...], not_ticked: tuple[str, ...]
) -> list[str]:
    """Values that the file itself labels as something else than they are taken for."""
    noes = {text for texts in PAIRS.values() for text in texts}
    found: dict[str, None] = {}
    for code, places in {**group.options, **group.missing}.items():
        own = {text.casefold() for text in own_texts(judge, group.question, code)}
        chosen = ticked or tuple(own_texts(judge, group.question, code))
        for value, label in judge.sheet.columns[places[0]].values.items():
            plain = lossless(label).casefold()
            fits = (value not in chosen or plain in own | PAIRS.keys()) and (
                value not in not_ticked or plain in noes
            )
            if not fits:
                found[f"the file labels {show(value)} as {show(label)}"] = None
    return list(found)


def _strange(texts: set[str]) -> list[str]:
    if len(texts) > 4:
        return [f"cells hold {len(texts)} different texts, and not only the option's label"]
    return [f"say under 'ticked' and 'not_ticked' what these mean: {listed(sorted(texts))}"]


def _pair(texts: set[str]) -> Ticks | None:
    """The two texts that columns hold, as chosen and not chosen, where both are known.

    >>> _pair({"TRUE", "FALSE"}), _pair({"0"}), _pair({"a"})
    ((('TRUE',), ('FALSE',)), (('1',), ('0',)), None)
    """
    if not texts:
        return None
    for yes, noes in PAIRS.items():
        if {text.casefold() for text in texts} <= {yes, *noes}:
            ticked = sorted(text for text in texts if text.casefold() == yes)
            rest = sorted(texts - set(ticked))
            return tuple(ticked) or (_alike(yes, rest),), tuple(rest) or (_alike(noes[0], ticked),)
    return None


def _alike(text: str, others: Iterable[str]) -> str:
    """A text in the case of others."""
    model = next(iter(others))
    if model.isupper():
        return text.upper()
    return text.capitalize() if model[:1].isupper() else text


def own_texts(judge: Judge, question: Question, code: str) -> set[str]:
    """The texts that name an option or a missing state: its code and its labels."""
    for option in question.answers:
        if option.code == code:
            return {code, *map(lossless, option.label.values())}
    labels = {str(state): text for state, text in judge.instrument.missing_labels.items()}
    shown = labels.get(code) or {"": judge.instrument.missing_label(code)}
    return {code, *map(lossless, shown.values())}


def looks_ticked(judge: Judge, question: Question, code: str, place: int) -> bool:
    """Whether the cells of a column can say that an option was chosen."""
    texts = {lossless(text) for text in judge.sample.texts[place]}
    return texts <= own_texts(judge, question, code) or _pair(texts) is not None
