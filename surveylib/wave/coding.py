"""Coding of answers in own words: which options a text names, and which words no option has.

Only what the dictionary of an option lists is coded: its labels and its terms. A near miss is
shown with the nearest term and stays uncoded, and so does what is negated: a person decides.
Words are found as they stand between spaces and punctuation, and negation is known in English and
German; scripts without spaces between words are not taken apart.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from surveylib.errors import MethodError
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from surveylib.instrument.question import Question

_LINES = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
#: What stands between mentions: `end` ends the reach of a negation, the others do not.
_BETWEEN = re.compile(
    r"(?P<end>[;；•‣▪◦●∙·]|^(?:[-*]|\d{1,2}[.)])\s(?=\S)|\s(?:but|aber|sondern)\s)"
    r"|[,/](?!\d)|(?<!\d)[,/]|[，、／&]|\s(?:and|und)\s",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://(?P<host>[^\s,;/?#]+)[^\s,;]*", re.IGNORECASE)
#: Kept in one piece although a sign that separates mentions stands in it.
_IN_ONE = re.compile(
    rf"{_ADDRESS.pattern}|\b(?:[nk]/a|w/o|(?:all|any|anything|everything) but)\b", re.IGNORECASE
)
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nothing|neither|nor|without|w/o|except|cannot"
    r"|(?:all|any|anything|everything) but"
    r"|(?:do|does|did|have|has|is|are|was|were|wo|ca)(?:n't|nt)|\w+n't"
    r"|nicht|nichts|nie|niemals|kein(?:e[nmrs]?)?|weder|ohne|außer|ausser)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
#: Words that say that nothing is known; none of them is a near miss of a term.
_UNKNOWING = frozenset(
    [
        *("na", "n/a", "k/a", "ka", "k.a.", "none", "nothing", "unknown", "idk", "no"),
        *("don't know", "dont know", "do not know", "no idea", "no answer", "not sure"),
        *("keine", "nichts", "keine angabe", "weiß nicht", "weiss nicht", "keine ahnung"),
    ]
)
#: No part of a word stands before a term or behind it: a letter or digit, also beyond a sign that
#: joins them, as in e-mail or t.me. The 's of a genitive may follow.
_BEFORE = r"(?<!\w)(?<!\w['.@+#_-])"
_BEHIND = r"(?![\w\u0300-\u036f+#])(?!'(?!s\b)\w|[.@-]\w)"
#: Longer mentions than this, in characters, are no near misses of a term.
_LONG = 80
#: How alike a word and a term are, from 0 to 1, for the term to be suggested.
_ALIKE = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One thing that an answer names.

    Args:
        text: Its words, with spaces, quotes and dashes written in one way.
        codes: The options that it names; empty where it is left to a person.
        suggestion: The term that an uncoded mention is nearest to; empty where none is near.
    """

    text: str
    codes: tuple[str, ...] = ()
    suggestion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """An answer in own words, coded.

    Args:
        codes: The options named, in the order of the questionnaire.
        mentions: Everything named, in the order of the answer.
        conflict: Whether more options are named than the question takes.
    """

    codes: tuple[str, ...]
    mentions: tuple[Mention, ...]
    conflict: bool

    @property
    def unmatched(self) -> tuple[str, ...]:
        """The mentions that no option has, in the order of the answer."""
        return tuple(mention.text for mention in self.mentions if not mention.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A mention that no option has, over all answers.

    Args:
        mention: Its words without case, and without punctuation around them.
        count: How often it stands in answers.
        example: It as one respondent wrote it.
        suggestion: The term that it is nearest to; empty where none is near.
    """

    mention: str
    count: int
    example: str
    suggestion: str


class _Found(NamedTuple):
    """Terms of these options stand from `start` to `end`; more than one where it is not clear."""

    start: int
    end: int
    codes: frozenset[str]


class Coder:
    """Codes answers to one question, by the labels and terms of its options.

    Args:
        question: A question with options. Nets are no answers of their own and are never coded.

    Raises:
        MethodError: If the question has no options.

    Example:
        >>> from surveylib.instrument.options import Option
        >>> from surveylib.instrument.question import OpenCoded
        >>> options = (
        ...     Option(code="uk", label={"en": "United Kingdom"}, terms=("UK", "Great Britain")),
        ...     Option(code="se", label={"en": "Sweden", "de": "Schweden"}),
        ... )
        >>> question = OpenCoded.model_construct(id="where", options=options, mentions="several")
        >>> coded = Coder(question).code("Mostly Sweden and the UK, not Norway")
        >>> coded.codes, coded.unmatched
        (('uk', 'se'), ('not Norway',))
    """

    def __init__(self, question: Question) -> None:
        options = [option for option in question.answers if not option.net_of]
        if not options:
            raise MethodError(
                f"question '{question.id}' has no options that answers could be coded into"
            )
        self._one = question.exclusive
        self._order = tuple(option.code for option in options)
        owners: dict[str, frozenset[str]] = {}
        self._written: dict[str, str] = {}
        for option in options:
            for term in (*option.label.values(), *option.terms):
                if key := lossless(term).casefold():
                    owners[key] = owners.get(key, frozenset()) | {option.code}
                    self._written.setdefault(key, term)
        self._terms = owners
        bare: dict[str, frozenset[str]] = {}
        for key, codes in owners.items():
            bare[_bare(key)] = bare.get(_bare(key), frozenset()) | codes
        self._scans = (
            _Scan(owners, str.casefold),
            _Scan(bare, lambda char: _bare(char.casefold())),
        )
        self._suggested = lru_cache(maxsize=4096)(self._nearest)

    def code(self, text: str) -> Coded:
        """Code one answer.

        Args:
            text: The answer as it was written. It is not kept here.
        """
        mentions = tuple(
            mention for line in _LINES.split(text) for mention in self._line(lossless(line))
        )
        if not mentions and (signs := lossless(text)):  # such as a slash by itself
            mentions = (Mention(text=signs),)
        named = {code for mention in mentions for code in mention.codes}
        codes = tuple(code for code in self._order if code in named)
        return Coded(codes=codes, mentions=mentions, conflict=self._one and len(codes) > 1)

    def _line(self, line: str) -> Iterator[Mention]:
        """The mentions of one line."""
        found = self._found(line)
        kept = [(one.start, one.end) for one in found]
        kept += [match.span() for match in _IN_ONE.finditer(line)]
        negated = False
        for start, end, goes_on in _pieces(line, kept):
            inside = [one for one in found if start <= one.start and one.end <= end]
            piece = line[start:end].strip()
            if not inside and (whole := self._terms.get(piece.casefold())):
                inside = [_Found(start, end, whole)]
            rest = _without(line, start, end, inside)
            negation = negated and goes_on
            own = bool(_NEGATION.search(rest))
            # Behind the end of a sentence, nothing is denied any more.
            negated = bool(_NEGATION.search(_SENTENCE_END.split(rest)[-1])) or (
                negation and not _SENTENCE_END.search(rest)
            )
            if not piece:
                continue
            clear = inside and not (own or negation) and all(len(one.codes) == 1 for one in inside)
            if clear:
                named = frozenset().union(*(one.codes for one in inside))
                codes = tuple(code for code in self._order if code in named)
                yield Mention(text=piece, codes=codes)
            else:
                near = "" if inside else self._suggested(piece.casefold())
                yield Mention(text=piece, suggestion=near)

    def _found(self, line: str) -> list[_Found]:
        """Terms in a line, none inside another: the longest first, then as they are accented."""
        whole = self._terms.get(line.casefold())
        if whole:
            return [_Found(0, len(line), whole)]
        # Of an address only the host can name something: https://place.example/x is no "x".
        paths = [(found.end("host"), found.end()) for found in _ADDRESS.finditer(line)]
        every = [
            (one.start - one.end, rank, one)
            for rank, scan in enumerate(self._scans)
            for one in scan(line)
            if not any(low < one.start < high for low, high in paths)
        ]
        chosen: list[_Found] = []
        for _, _, one in sorted(every, key=lambda entry: (*entry[:2], entry[2].start)):
            if all(one.end <= other.start or other.end <= one.start for other in chosen):
                chosen.append(one)
        return sorted(chosen, key=lambda one: one.start)

    def _nearest(self, mention: str) -> str:
        """The term that a mention, or a word in it, is nearest to."""
        if mention in _UNKNOWING or len(mention) > _LONG:
            return ""
        tried = [mention, *(word for word in re.findall(r"\w+", mention) if len(word) > 3)]
        near = [
            (-difflib.SequenceMatcher(a=term, b=word).ratio(), term)
            for word in dict.fromkeys(tried)
            for term in difflib.get_close_matches(word, self._terms, n=1, cutoff=_ALIKE)
        ]
        return self._written[min(near)[1]] if near else ""


class _Scan:
    """Finds terms in a line whose characters are compared after a change, such as of case."""

    def __init__(
        self, owners: Mapping[str, frozenset[str]], compared: Callable[[str], str]
    ) -> None:
        self._owners = owners
        self._compared = compared
        # A term of signs only, such as -, is found where it is all that was written.
        spoken = sorted((key for key in owners if re.search(r"\w", key)), key=len, reverse=True)
        terms = "|".join(map(re.escape, spoken))
        # Looking ahead finds terms that overlap, too: the longer one may begin later.
        self._pattern = re.compile(f"{_BEFORE}(?=({terms}){_BEHIND})" if spoken else "(?!)")

    def __call__(self, line: str) -> Iterator[_Found]:
        changed = [self._compared(char) for char in line]
        place = [position for position, chars in enumerate(changed) for _ in chars]
        for match in self._pattern.finditer("".join(changed)):
            yield _Found(place[match.start()], place[match.end(1) - 1] + 1, self._owners[match[1]])


def _bare(text: str) -> str:
    """A text without accents.

    >>> _bare("köln"), _bare("łódź")
    ('koln', 'łodz')
    """
    apart = unicodedata.normalize("NFD", text)
    return "".join(char for char in apart if not unicodedata.combining(char))


def _pieces(line: str, kept: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Where the pieces of a line begin and end, and whether a negation reaches into each."""
    start, goes_on = 0, False
    for match in _BETWEEN.finditer(line):
        if any(low < match.end() and match.start() < high for low, high in kept):
            continue
        yield start, match.start(), goes_on
        start, goes_on = match.end(), match["end"] is None
    yield start, len(line), goes_on


def _without(line: str, start: int, end: int, found: Iterable[_Found]) -> str:
    """A piece of a line without the terms in it; a term may itself hold a word such as not."""
    rest, begin = "", start
    for one in found:
        rest += f"{line[begin : one.start]} "
        begin = one.end
    return rest + line[begin:end]


def unmatched_by_frequency(codeds: Iterable[Coded]) -> list[Unmatched]:
    """Gather the mentions that no option has, the most frequent first, then by their words.

    Args:
        codeds: Coded answers. Their order makes no difference.
    """
    examples: dict[str, list[str]] = {}
    suggestions: dict[str, str] = {}
    for coded in codeds:
        for mention in coded.mentions:
            if not mention.codes:
                plain = mention.text.casefold()
                key = plain.strip(" .!?:'\"()") or plain
                examples.setdefault(key, []).append(mention.text)
                suggestions[key] = max(suggestions.get(key, ""), mention.suggestion)
    rows = [
        Unmatched(mention=key, count=len(texts), example=min(texts), suggestion=suggestions[key])
        for key, texts in examples.items()
    ]
    return sorted(rows, key=lambda row: (-row.count, row.mention))
