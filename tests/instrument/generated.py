"""Instruments made at random: every kind of question, every form of condition, hard texts.

`instruments()` builds plain data as it would stand in a file and passes it through the model, so
that what it gives is valid. Texts are as the loader leaves them: composed (NFC), stripped.
"""

import string
import unicodedata
from itertools import combinations
from typing import NamedTuple, get_args

from hypothesis import strategies as st

from surveylib.instrument.fields import MissingState
from surveylib.instrument.model import Instrument

ALL_KINDS = (
    "single",
    "ordered",
    "banded",
    "multi_answer",
    "open_coded",
    "number",
    "date",
    "text",
    "text_quantity",
    "grid",
)
#: Some read as something else where YAML guesses types (`no`), others run from right to left.
LANGUAGES = ("en", "de", "ar", "no", "sv", "pt-BR", "zh-Hans")

PLAIN = ("Yes", "No", "A little", "How often?", "Online", "Other", "A cat", "In a word", "None")
AWKWARD = (
    *("no", "1-10", "2024-01-02", "~", "12:30", "0x1F", "1_000", ".5", "null", "...", "---"),
    *("Größe, Maß und Übung", "كم مرة؟", "你好,世界", "👩‍👩‍👧 a family 🎉", "1–10 — ½ ≤ x"),
    *("“Quoted”, 'single' and \"double\"", "'", '"', "''", "\\", "back\\slash and /slash"),
    *("key: value", "yes: no", "colon last:", "# not a comment", "half # a comment"),
    *("- an item", "? a key", "{a: 1}", "[1, 2]", "!tag", "%directive", "@at `tick`", "| pipe"),
    *("<b>bold</b> & <i>", "&amp; &anchor *alias", "> 1,000", "=1+1", "a; b, c | d"),
    *("${x} and {{ y }} and $1", "#{if} %s %d \\n", "...dots...", "--- dashes ---"),
    *("first line\nsecond line", "a\n\n  indented, after an empty line", "a\ttab and  two spaces"),
    *("ten\u00a0per\u202fcent", ", comma first and last,", "x" * 300, f"{'very long ' * 60}text"),
)
_LETTERS = st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" ")

#: Names that collide once a grid is flattened, and words that other programs keep to themselves.
SLUGS = (
    *("pets", "pets_cat", "cat", "how_many", "age", "age_group", "where", "trust", "q1", "q10"),
    *("no", "yes", "null", "true", "y", "on", "nan", "e1", "all", "not", "if", "by", "x", "x_1"),
    "a_name_of_more_than_thirty_two_characters",
)
CODES = (
    *("yes", "no", "1", "2", "3", "0", "10", "007", "-1", "+2", "1.5", "a", "b", "C", "cat"),
    *("true", "null", "on", "n", "1e3", "0x1F", "1_000", ".5", ".nan", "NaN", "2024-01-02"),
    *("1-10", "...", "---", "-", ".", "open", "other", "from_11", "99", "Not_sure", "a.b-c+d_e"),
)
STATES = get_args(MissingState)


def _clean(text):
    """A text as the loader leaves it."""
    return unicodedata.normalize("NFC", text).strip() or "x"


plain_texts = st.sampled_from(PLAIN)
awkward_texts = st.one_of(
    plain_texts, st.sampled_from(AWKWARD), st.text(_LETTERS, min_size=1, max_size=12)
).map(_clean)


def _folded(code):
    """What may not repeat among codes: case and leading zeros do not tell them apart."""
    return code.casefold().lstrip("0")


def codes(*, least=1, most=4):
    """Codes of one list, none of which the eye could take for another."""
    one = st.one_of(
        st.sampled_from(CODES),
        st.text(string.ascii_letters + string.digits + "_.+-", min_size=1, max_size=4),
    )
    return st.lists(one, min_size=least, max_size=most, unique_by=_folded)


def names(least=1, most=4):
    """Ids of questions, rows or sections."""
    return st.lists(st.sampled_from(SLUGS), min_size=least, max_size=most, unique=True)


class Asked(NamedTuple):
    """An earlier question, as a condition sees it."""

    name: str
    kind: str
    codes: tuple[str, ...]
    missing: tuple[str, ...]


class _Maker:
    """Draws the parts of one instrument."""

    def __init__(self, draw, languages, texts):
        self.draw = draw
        self.languages = languages
        self.text = texts
        self.before = []

    def some(self, chance=2):
        """True once in so many times."""
        return self.draw(st.integers(0, chance - 1)) == chance - 1

    def one_of(self, choices):
        return self.draw(st.sampled_from(choices))

    def texts(self):
        """A text in the source language, and in some of the others."""
        told = self.languages[:1] + [name for name in self.languages[1:] if self.some()]
        return {name: self.draw(self.text) for name in told}

    def part(self, chance, **entries):
        """Entries that stand there once in so many times."""
        return {
            name: self.draw(entry) if isinstance(entry, st.SearchStrategy) else entry()
            for name, entry in entries.items()
            if self.some(chance)
        }

    def options(self, least=1, most=4, **fields):
        """Options; `fields` are functions that give a value, or None for no such field."""
        found = []
        for code in self.draw(codes(least=least, most=most)):
            option = {"code": code, "label": self.texts()}
            option |= {
                name: value for name, read in fields.items() if (value := read()) is not None
            }
            option |= self.part(6, note=self.text)
            found.append(option)
        return found

    def yes(self):
        return True if self.some(4) else None

    def score(self):
        return self.one_of((None, -1, 0, 1, 2.5, 1 / 3, 1e-7, 1e17))

    def listed(self, options):
        """What every kind with a list of options has besides them."""
        used = {_folded(option["code"]) for option in options}
        gone = [code for code in ("gone", "98", "01") if _folded(code) not in used]
        retired = [
            {"code": code, "label": self.texts(), "until": "0.9"} for code in gone if self.some(6)
        ]
        listed = {"option_list": self.one_of(("complete", "partial")), "options": options}
        order = self.part(4, option_order=st.sampled_from(("fixed", "random")))
        return listed | order | ({"retired": retired} if retired else {})

    def single(self):
        options = self.options(write_in=self.yes)
        if len(options) >= 3 and self.some(3):
            options[-1] |= {"net_of": [option["code"] for option in options[:2]]}
            options[-1] |= self.part(2, net_complete=st.just(value=True))
        return self.listed(options)

    def ordered(self):
        return self.listed(self.options(score=self.score, write_in=self.yes))

    def banded(self):
        """Bands from low to high, with overlaps and gaps as some printed lists have them."""
        low = minimum = self.draw(st.integers(0, 3))
        options, gaps = self.options(), []
        for option in options:
            step = self.one_of((0, 0, 0, -1, 2))
            if step == 2:
                gaps.append([low, low + 1])
            if step == 2 or (step == -1 and option is not options[0]):
                low += step
            high = low + self.draw(st.integers(1, 40))
            option["interval"] = [low, high]
            low = high + 1
        if self.some():
            options[-1]["interval"][1] = "open"
        else:
            gaps.append([low, "open"])
        overlaps = [
            {"bands": [lower["code"], upper["code"]], "values": [upper["interval"][0]] * 2}
            for lower, upper in combinations(options, 2)
            if lower["interval"][1] == upper["interval"][0]
        ]
        wrong = {"gaps": gaps} if gaps else {}
        if overlaps:
            wrong |= {"overlaps": overlaps, "reading": "exclusive_of_lower"}
        unit = {"unit": self.draw(self.text), "minimum": minimum}
        return self.listed(options) | unit | ({"bands": wrong} if wrong else {})

    def multi_answer(self):
        options = self.options(write_in=self.yes, exclusive=self.yes)
        several = sum("exclusive" not in option for option in options)
        most = self.draw(st.integers(1, several)) if several and self.some() else None
        least = self.draw(st.integers(0, most or several)) if self.some() else None
        ticks = {"max_selected": most, "min_selected": least}
        return self.listed(options) | {k: v for k, v in ticks.items() if v is not None}

    def open_coded(self):
        return self.listed(self.options()) | {"mentions": self.one_of(("one", "several"))}

    def number(self):
        limits = self.draw(st.lists(st.integers(-50, 50), min_size=2, max_size=2).map(sorted))
        decimals = self.draw(st.integers(0, 3))
        form = {"unit": self.draw(self.text)} | ({"decimals": decimals} if decimals else {})
        for name, limit in zip(("minimum", "maximum"), limits, strict=True):
            if self.some():
                form[name] = f"{limit}.{'5' * decimals}" if decimals and limit > 0 else str(limit)
        return form

    def date(self):
        precision = self.one_of(("year", "month", "day"))
        days = self.draw(st.lists(st.dates(), min_size=2, max_size=2).map(sorted))
        told = [day.isoformat()[: {"year": 4, "month": 7, "day": 10}[precision]] for day in days]
        limits = dict(zip(("earliest", "latest"), told, strict=True))
        return {"precision": precision} | {k: v for k, v in limits.items() if self.some()}

    def written(self):
        return self.part(2, disclosure=st.sampled_from(("restricted", "open")))

    def text_quantity(self):
        decimal = self.one_of((".", ","))
        signs = [sign for sign in (",", ".", "'", "’", "space") if sign != decimal]
        group = self.draw(st.lists(st.sampled_from(signs), unique=True))
        return {"unit": self.draw(self.text), "decimal": decimal, "group": group}

    def grid(self):
        cells = self.one_of(("single", "ordered", "multi_answer"))
        field = {"ordered": {"score": self.score}, "multi_answer": {"exclusive": self.yes}}
        options = self.options(write_in=self.yes, **field.get(cells, {}))
        rows = [
            {"id": name, "text": self.texts()}
            | self.part(4, title=self.texts, concept=st.sampled_from(SLUGS), note=self.text)
            for name in self.draw(names(most=3))
        ]
        return self.listed(options) | {"rows": rows, "cells": cells}

    def question(self, name, kind, *, conditions):
        """One question of a kind, routed by those before it where conditions are wanted."""
        build = {"text": self.written}.get(kind) or getattr(self, kind)
        entry = {"id": name, "kind": kind, "concept": self.one_of(("a", "no", name))}
        entry |= {"text": self.texts(), "base": {"asked": self.one_of(("all", "some"))}}
        entry |= {"wording": self.one_of(("printed", "own_words"))}
        entry |= {"period": self.one_of(("P12M", "P1Y", "not_stated", "unknown", "since 2019"))}
        entry |= build()
        entry |= self.part(3, title=self.texts, note=self.text, required=st.booleans())
        if missing := self.draw(st.lists(st.sampled_from(STATES), unique=True, max_size=3)):
            entry["missing"] = missing
        if conditions and self.answerable() and self.some():
            entry["base"]["if"] = self.condition()
        self.remember(entry)
        return entry

    def remember(self, entry):
        """Keep what later questions may be routed by: nets are no answers."""
        told = [option["code"] for option in entry.get("options", ()) if "net_of" not in option]
        rows = [f"{entry['id']}.{row['id']}" for row in entry.get("rows", ())]
        several = entry.get("mentions") == "several" or entry.get("cells") == "multi_answer"
        kind = "multi_answer" if several else entry["kind"]
        for name in rows or [entry["id"]]:
            asked = Asked(name, kind, tuple(told), tuple(entry.get("missing", ())))
            self.before.append(asked)

    def answerable(self):
        return [asked for asked in self.before if asked.codes or asked.missing or _counts(asked)]

    def condition(self, depth=2):
        """A condition of any form on the questions so far."""
        form = self.one_of(("atom", "atom", "all_of", "any_of", "none_of") if depth else ("atom",))
        if form != "atom":
            parts = self.draw(st.integers(1, 2))
            return {form: [self.condition(depth - 1) for _ in range(parts)]}
        asked = self.one_of(self.answerable())
        choices = [*asked.codes, *asked.missing]
        if _counts(asked) and (not choices or self.some()):
            low, high = self.draw(st.lists(_LIMITS, min_size=2, max_size=2).map(sorted))
            limits = self.one_of(
                ({"at_least": low}, {"at_most": high}, {"at_least": low, "at_most": high})
            )
            return {"question": asked.name} | {k: str(v) for k, v in limits.items()}
        answers = st.lists(st.sampled_from(choices), min_size=1, max_size=3, unique=True)
        return {"question": asked.name, "answers": self.draw(answers)}

    def derived(self, name):
        """A derived question whose cases leave nothing out and never meet; None where none fits."""
        fit = [asked for asked in self.before if len(asked.codes) > 1 or _counts(asked)]
        if not fit:
            return None
        asked = self.one_of(fit)
        if _counts(asked):
            first = {"question": asked.name, "at_most": str(self.draw(_LIMITS))}
        else:
            cut = self.draw(st.integers(1, len(asked.codes) - 1))
            first = {"question": asked.name, "answers": list(asked.codes[:cut])}
        others = {"none_of": [first]}
        if asked.codes and asked.kind != "multi_answer" and self.some():
            others = {"question": asked.name, "answers": list(asked.codes[cut:])}
        options = self.options(least=2, most=2, score=self.score)
        for option, when in zip(options, (first, others), strict=True):
            option["when"] = when
        entry = {"id": name, "kind": "derived", "concept": name, "text": self.texts()}
        entry |= {"base": {"asked": "all"}, "period": "not_stated", "options": options}
        self.remember(entry)
        return entry


#: Limits of ranges, some of them between whole numbers.
_LIMITS = st.integers(-20, 200).map(lambda tenths: tenths / 4)


def _counts(asked):
    return asked.kind == "number"


def _sections(maker, ids):
    """Sections that hold the questions in order."""
    cut = maker.draw(st.integers(1, len(ids)))
    parts = [part for part in (ids[:cut], ids[cut:]) if part]
    named = maker.draw(names(least=len(parts), most=len(parts)))
    return [
        {"id": name, "title": maker.texts(), "questions": part}
        for name, part in zip(named, parts, strict=True)
    ]


@st.composite
def instruments(
    draw, *, kinds=ALL_KINDS, languages=None, derived=True, conditions=True, awkward_text=True
):
    """Valid instruments.

    Args:
        draw: Hypothesis gives it.
        kinds: The kinds of question to ask; see ALL_KINDS.
        languages: The languages, source first; drawn from LANGUAGES where left out.
        derived: Whether some questions follow from others.
        conditions: Whether some questions are routed.
        awkward_text: Whether texts may hold what formats stumble over.
    """
    if languages is None:
        languages = draw(st.lists(st.sampled_from(LANGUAGES), min_size=1, max_size=3, unique=True))
    maker = _Maker(draw, list(languages), awkward_texts if awkward_text else plain_texts)
    questions = []
    for name in draw(names(most=5)):
        made = maker.derived(name) if derived and maker.some(5) else None
        kind = maker.one_of(tuple(kinds))
        questions.append(made or maker.question(name, kind, conditions=conditions))
    plain = {
        "format": "surveylib.instrument/1",
        "id": maker.one_of(SLUGS),
        "version": maker.one_of(("1", "1.0", "2018", "1.10.2")),
        "title": maker.texts(),
        "languages": list(languages),
        "provenance": draw(maker.text),
        "population": draw(maker.text),
        "questions": questions,
    }
    plain |= maker.part(3, status=st.sampled_from(("draft", "active", "retired")))
    plain |= maker.part(3, note=maker.text, mode=st.just(["web", "paper"]))
    plain |= maker.part(5, follows=st.just("unknown"))
    if labels := {state: maker.texts() for state in STATES if maker.some(8)}:
        plain["missing_labels"] = labels
    if maker.some(3):
        plain["sections"] = _sections(maker, [question["id"] for question in questions])
    if maker.some(5):
        about = {"question": questions[0]["id"], "with": {"version": "0"}}
        told = {"verdict": "order_only", "order": "higher", "reason": draw(maker.text)}
        plain["comparisons"] = [about | told]
    return Instrument.model_validate(plain)
