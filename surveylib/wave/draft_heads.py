"""Which question a header may belong to: by a name of ours, by its wording, or by similar words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from surveylib.errors import listed, show
from surveylib.instrument.formats.variables import variables
from surveylib.instrument.question import Derived, Grid, OpenCoded
from surveylib.instrument.wording import normalised, wording
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question
    from surveylib.wave.readers.base import Column

#: What a column may be of a question: its answer, whether an option or a missing state was chosen,
#: the text beside an option, or the text that was coded.
Part = Literal["answer", "option", "missing", "text", "coded"]
How = Literal["name", "wording", "similar"]

#: Share of words that two texts must have in common to be called similar.
_ALIKE = 0.6
#: A number in front of a question, as in `Q7 01—` or `12.`.
_NUMBERED = re.compile(
    r"\s*(?:q\s*\d+[a-z]?(?:\s+\d+)?\s*(?:[-–—.:)]+\s*|\s)|\d+[.):]\s+)", re.IGNORECASE
)
#: A wording that was cut short, and what stands behind it.
_CUT = re.compile(r"(.+?)(?:\.\.\.|…)\s*-\s*(.+)")
_LEAST_CUT = 20
#: What exports write under a question that has one column.
_PLAIN_UNDER = re.compile(r"(?:open-ended |multiple choice )?(?:response|answer)\d*", re.IGNORECASE)


class Meant(NamedTuple):
    """A column of a question: which part of it, and of which option or missing state."""

    question: str
    part: Part
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a header says of its column.

    Args:
        meant: The question and the part of it.
        how: By a name of ours, by the question's own wording, or only by similar words.
        told: How the header is related to the question, as a sentence without a stop.
        nearness: How near the question's own words come: 2 for its name or wording, 1 for its
            wording with a number in front, less for a share of its words.
        rivals: Other questions that the header fits as well.
    """

    meant: Meant
    how: How
    told: str
    nearness: float = 2.0
    rivals: tuple[str, ...] = ()


class Heads:
    """Finds the question of a header.

    Args:
        instrument: The questionnaire.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.names: dict[str, dict[Meant, None]] = {}
        self.wordings: dict[str, dict[Meant, None]] = {}
        for name, meant in _names(instrument):
            self.names.setdefault(name, {})[meant] = None
        self._words: dict[str, list[str]] = {}
        self._similar: dict[str, tuple[str, float]] = {}
        for text, meant in _wordings(instrument):
            if plain := normalised(text):
                self.wordings.setdefault(plain, {})[meant] = None
        for plain in list(self.wordings):
            for word in dict.fromkeys(plain.split()):
                self._words.setdefault(word, []).append(plain)
        for text, meant in _joined_wordings(instrument):
            self.wordings.setdefault(normalised(text), {})[meant] = None

    def claim(self, column: Column) -> Claim | None:
        """What a column's header, or its label in the file, says that it is."""
        texts = [text for text in dict.fromkeys((*column.heads, column.label)) if text.strip()]
        named = next(filter(None, map(self._by_name, texts)), None)
        worded = next(filter(None, (self._by_wording(text, column) for text in texts)), None)
        cut = next(filter(None, map(self._by_cut_wording, texts)), None)
        if named is not None:
            said = worded or cut
            if said is not None and said.meant.question == named.meant.question:
                return self._agreed(named, said)
            return named
        if worded is not None:
            return worded
        return cut or next(filter(None, (self._by_words(text, column) for text in texts)), None)

    def _agreed(self, named: Claim, said: Claim) -> Claim:
        """What a name says, in doubt where the words beside it say another option of it."""
        if said.meant.code in {"", named.meant.code} or named.meant.part != said.meant.part:
            return named
        told = f"{named.told}, and the words beside it are those of '{said.meant.code}'"
        return replace(named, how="similar", told=told)

    def _by_cut_wording(self, text: str) -> Claim | None:
        """A question's wording that an export cut short, with the label of an option behind it."""
        found = _CUT.fullmatch(lossless(text))
        if found is None:
            return None
        begun, label = normalised(found[1]), normalised(found[2])
        meant = [
            choice
            for question in self.instrument.questions
            for asked in question.items
            if any(normalised(wording).startswith(begun) for wording in asked.text.values())
            for words, choice in _choices(self.instrument, asked)
            if normalised(words) == label
        ]
        found_once = list(dict.fromkeys(meant))
        if len(begun) < _LEAST_CUT or not found_once:
            return None
        told = "the header is the beginning of its wording, and the label of the option"
        return _claim(found_once, "similar", told)

    def _by_name(self, text: str) -> Claim | None:
        name = lossless(text)
        if found := list(self.names.get(name, ())):
            return _claim(found, "name", f"the header {show(name)} is its name")
        return None

    def _by_wording(self, text: str, column: Column) -> Claim | None:
        found = list(self.wordings.get(normalised(text), ()))
        if not found:
            return None
        return self._under(_claim(found, "wording", "the header is its wording"), text, column)

    def _by_words(self, text: str, column: Column) -> Claim | None:
        """The question whose wording has most words in common."""
        bare = _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) else text
        plain = normalised(bare)
        near, share = (plain, 1.0) if plain in self.wordings else self._nearest(plain)
        if share < _ALIKE:
            return None
        changed, alarms = wording(near, plain)
        told = f"the header has other words: {changed}"
        if alarms:
            told += f" ({'; '.join(alarms)})"
        if not changed:
            told = f"the header is its wording, with {show(text[: len(text) - len(bare)])} in front"
        claim = replace(_claim(list(self.wordings[near]), "similar", told), nearness=share)
        return self._under(claim, text, column)

    def _nearest(self, plain: str) -> tuple[str, float]:
        """The wording that shares most words with a text, and the share."""
        if plain not in self._similar:
            words = set(plain.split())
            shared = Counter(near for word in words for near in self._words.get(word, ()))
            scores = {
                near: 2 * count / (len(words) + len(set(near.split())))
                for near, count in shared.items()
            }
            best = max(scores, key=lambda near: scores[near], default="")
            self._similar[plain] = (best, min(scores.get(best, 0.0), 0.99))
        return self._similar[plain]

    def _under(self, claim: Claim, text: str, column: Column) -> Claim:
        """A question's claim, made one to the row or option that the second header row names."""
        heads = column.heads
        question = self.instrument.question(claim.meant.question)
        if len(heads) < 2 or text != heads[0] or claim.meant.part != "answer":
            return claim
        under = lossless(heads[1])
        if under in {"", lossless(heads[0])} or _PLAIN_UNDER.fullmatch(under):
            return claim
        places = list(_places(self.instrument, question))
        plain = normalised(under)
        exact = [meant for label, meant in places if normalised(label) == plain]
        if exact:
            part = _claim(exact, claim.how, claim.told)
            rivals = (*claim.rivals, *part.rivals)
            return replace(part, nearness=claim.nearness, rivals=rivals)
        told = f"{claim.told}, and the second row has {show(under)}"
        near = [(label, meant) for label, meant in places if _alike(plain, normalised(label))]
        if len(near) != 1:
            return replace(claim, how="similar", told=told)
        changed, _ = wording(near[0][0], under)
        told = f"{told}, other than {show(near[0][0])}: {changed}"
        return replace(claim, meant=near[0][1], how="similar", told=told)


def _claim(found: Sequence[Meant], how: How, told: str) -> Claim:
    rivals = tuple(meant.question for meant in found[1:])
    return Claim(meant=found[0], how=how, told=told, rivals=rivals)


def _alike(one: str, other: str) -> bool:
    """Whether two texts share most words, or differ in what exports put around a label.

    >>> _alike("lower licensing fees20", "lower licensing fees")
    True
    >>> _alike("recoded or edited-other", "other"), _alike("in a town", "a lake nearby")
    (True, False)
    """
    if re.sub(r"(?<=\D)\d+$", "", one) == other or one.endswith(f"-{other}"):
        return True
    first, second = set(one.split()), set(other.split())
    return 2 * len(first & second) > 2 * _ALIKE * max(len(first), len(second))


def _places(instrument: Instrument, question: Question) -> Iterator[tuple[str, Meant]]:
    """The texts that can stand under a question, and the column that each means."""
    if isinstance(question, Grid):
        for row in question.rows:
            meant = Meant(f"{question.id}.{row.id}", "answer")
            yield from ((text, meant) for text in row.text.values())
        return
    yield from _choices(instrument, question)


def _choices(instrument: Instrument, item: Question) -> Iterator[tuple[str, Meant]]:
    """The labels of options and of ways of not answering."""
    for option in item.answers:
        if not option.net_of:
            meant = Meant(item.id, "option", option.code)
            yield from ((text, meant) for text in option.label.values())
    for state in item.missing:
        labels = instrument.missing_labels.get(state) or {"": instrument.missing_label(state)}
        yield from ((text, Meant(item.id, "missing", state)) for text in labels.values())


def _names(instrument: Instrument) -> Iterator[tuple[str, Meant]]:
    """The names that our own files and forms, and those of SurveyJS, give to columns."""
    for item in instrument.items:
        yield item.id, Meant(item.id, "answer")
        if not isinstance(item, Derived):
            yield from _part_names(item)
    for variable in variables(instrument):
        item, code = variable.question, variable.option.code if variable.option else ""
        part: Part = "answer"
        if variable.part == "selected":
            part = "option"
        elif variable.part == "text" and code:
            part = "text"
        elif variable.part == "text" and isinstance(item, OpenCoded):
            part = "coded"
        yield variable.name, Meant(item.id, part, code)


def _part_names(item: Question) -> Iterator[tuple[str, Meant]]:
    """The names of columns that hold a part of a question."""
    options = [option for option in item.answers if not option.net_of]
    written = [option.code for option in options if option.write_in]
    for option in options:
        yield f"{item.id}/{option.code}", Meant(item.id, "option", option.code)
    for state in item.missing:
        yield f"{item.id}/{state}", Meant(item.id, "missing", state)
        if not item.exclusive:
            yield f"{item.id}_{state}", Meant(item.id, "missing", state)
    for code in written:
        yield f"{item.id}/{code}:text", Meant(item.id, "text", code)
        yield f"{item.id}-text-{code}", Meant(item.id, "text", code)
        yield f"{item.id}_{code}_TEXT", Meant(item.id, "text", code)
        yield f"{item.id}_{code}_text", Meant(item.id, "text", code)
    if len(written) == 1:
        yield f"{item.id}-Comment", Meant(item.id, "text", written[0])
    if isinstance(item, OpenCoded):
        yield f"{item.id}:text", Meant(item.id, "coded")


def _wordings(instrument: Instrument) -> Iterator[tuple[str, Meant]]:
    """The texts of questions, and of rows of grids."""
    for question in instrument.questions:
        if not isinstance(question, Derived):
            for asked in (question, *(question.items if isinstance(question, Grid) else ())):
                yield from ((text, Meant(asked.id, "answer")) for text in asked.text.values())


def _joined_wordings(instrument: Instrument) -> Iterator[tuple[str, Meant]]:
    """The texts of questions with that of a row or an option, as exports join them."""
    for question in instrument.questions:
        if isinstance(question, Derived):
            continue
        if isinstance(question, Grid):
            yield from _joined(question.text.values(), _places(instrument, question))
        for item in question.items:
            yield from _joined(item.text.values(), _choices(instrument, item))


def _joined(
    texts: Iterable[str], places: Iterable[tuple[str, Meant]]
) -> Iterator[tuple[str, Meant]]:
    every = list(texts)
    for label, meant in places:
        for text in every:
            yield f"{text} [{label}]", meant
            yield f"{text}-{label}", meant
            yield f"{text} - {label}", meant


def alternatives(claim: Claim) -> str:
    """A sentence on the other questions that a header fits; empty where there are none."""
    rivals = [rival for rival in dict.fromkeys(claim.rivals) if rival != claim.meant.question]
    return f"the header fits {listed(rivals)} too" if rivals else ""
