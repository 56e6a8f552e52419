"""What has to stay hidden, declared: the smallest count and base, what was said before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from surveylib.errors import MethodError, listed, show
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from surveylib.analysis.study import Study

Shown = Literal["shown", "withheld"]
Remainders = Literal["groups", "everybody"]

#: What a reader is told in place of the numbers. The same for a small count and for one through
#: which a small one could be worked out: which is which would narrow the range.
WITHHELD = (
    "Withheld so that nobody can be recognised: few people are behind this number, or behind one "
    "that could be worked out from it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What must not be told of few people.

    Args:
        minimum_cell: Counts from 1 to one below this are withheld, and what a reader can work out
            of a withheld count is a range at least this wide.
        minimum_base: Groups with fewer respondents are withheld, with their size; at least
            `minimum_cell`.
        zeros: Whether a count of 0 is `shown` or `withheld`. Shown, it tells that nobody of a group
            gave an answer.
        states: Whether counts of a way of not answering, such as `refused`, are `shown` however
            small, or `withheld` as those of answers are.
        earlier: Earlier reports of the same study, each a folder or its study.json: a number that
            was printed once is known.
        merge: Whether groups below `minimum_base` become one group together, where the sample is a
            simple one.
        remainders: Who is protected as a group of their own among those in none of the groups
            that are printed: people of `groups` that are not printed, or `everybody`, also those
            who did not say in which group they are.

    Raises:
        MethodError: A number below 1, a base below the smallest count, or no such word.

    Example:
        >>> Protection(minimum_cell=10).minimum_base
        10
    """

    minimum_cell: int = 5
    minimum_base: int = 10
    zeros: Shown = "shown"
    states: Shown = "shown"
    earlier: str | Path | tuple[str | Path, ...] = ()
    merge: bool = False
    remainders: Remainders = "groups"

    def __post_init__(self) -> None:
        """Check the numbers and the words."""
        for name in ("minimum_cell", "minimum_base"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                message = f"{name} is {show(value)}; wanted a whole number, at least 1"
                raise MethodError(message)
        if self.minimum_base < self.minimum_cell:
            message = (
                f"minimum_base is {self.minimum_base} and minimum_cell {self.minimum_cell}; a "
                "group must be at least as large as a count in it"
            )
            raise MethodError(message)
        for name, kind in (("zeros", Shown), ("states", Shown), ("remainders", Remainders)):
            words, value = get_args(kind), getattr(self, name)
            if value not in words:
                message = f"no {name} called {show(value)}; choose one of {listed(words)}"
                raise MethodError(message)

    @property
    def reports(self) -> tuple[Path, ...]:
        """The earlier reports, as paths."""
        given = self.earlier if isinstance(self.earlier, tuple) else (self.earlier,)
        return tuple(Path(one) for one in given)

    def is_small(self, count: int) -> bool:
        """Whether a count is one of few people."""
        return 0 < count < self.minimum_cell or (count == 0 and self.zeros == "withheld")

    def hides(self, answer: str) -> bool:
        """Whether counts of an answer, or of a way of not answering, are protected.

        Args:
            answer: Its code.
        """
        return self.states == "withheld" or answer not in STATES


class Figure(NamedTuple):
    """A count and its base, as a table prints them.

    Args:
        wave: Name of the wave.
        question: Question id.
        answer: Answer code.
        domain: Group.
        base: A name in `surveylib.analysis.asking.BASES`.
        statistic: `share`, or the name of a number that has a base and no count.
        events: Those who gave the answer; None for a number, and where it is not known.
        n: Those in the base; None where it is not known.
        hidden: Whether its numbers are withheld.
    """

    wave: str
    question: str
    answer: str
    domain: str
    base: str
    statistic: str
    events: int | None
    n: int | None
    hidden: bool = False

    @property
    def is_answer(self) -> bool:
        """Whether it is of an answer, and not of a way of not answering."""
        return self.answer not in STATES


class Net(NamedTuple):
    """An answer that sums up others, and whether nothing else is in it."""

    parts: tuple[str, ...]
    complete: bool


class Kinds:
    """What is declared of questions: which take one answer, and which answers sum up others."""

    #: Whether sizes that are not printed are guessed from those of other groups.
    guesses = False

    def __init__(self, study: Study | None = None) -> None:
        self._found: dict[tuple[str, str], tuple[bool, dict[str, Net], tuple[str, ...]]] = {}
        for wave in study.waves if study is not None else ():
            for question in wave.instrument.items:
                nets = {
                    option.code: Net(tuple(option.net_of), option.net_complete)
                    for option in question.answers
                    if option.net_of
                }
                codes = tuple(option.code for option in question.answers)
                self._found[wave.name, question.id] = (question.exclusive, nets, codes)

    def exclusive(self, wave: str, question: str) -> bool | None:
        """Whether each respondent gives one answer; None where nothing is declared."""
        found = self._found.get((wave, question))
        return None if found is None else found[0]

    def answers(self, wave: str, question: str) -> tuple[str, ...] | None:
        """The answers that make groups; None where nothing is declared."""
        found = self._found.get((wave, question))
        return None if found is None else found[2]

    def partial(self, _wave: str, _question: str) -> bool:
        """Whether a question has answers that are not printed; of figures, their sum tells."""
        return False

    def nets(self, wave: str, question: str) -> dict[str, Net]:
        """The answers that sum up others."""
        found = self._found.get((wave, question))
        return {} if found is None else found[1]


def parts_of(domain: str) -> tuple[tuple[str, str], ...]:
    """The questions and answers that make a group, in the order in which they are named.

    >>> parts_of("size=small, region=north, or east")
    (('size', 'small'), ('region', 'north, or east'))
    """
    pieces: list[str] = []
    for piece in domain.split(", ") if domain else ():
        if "=" in piece or not pieces:
            pieces.append(piece)
        else:
            pieces[-1] += f", {piece}"
    named = (piece.partition("=") for piece in pieces)
    return tuple((question, answer) for question, _, answer in named)
