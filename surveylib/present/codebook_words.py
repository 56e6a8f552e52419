"""Plain words for questionnaires: instructions, periods, kinds, ways of not answering.

Instruction words exist in English and German; for any other language they are English.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Every instruction word, by language and name. A law test holds the languages to one set of names.
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "one": "One answer.",
            "all": "Tick all that apply.",
            "least_one": "Tick all that apply, at least one.",
            "exactly": "Choose exactly {n}.",
            "most": "Choose up to {n}.",
            "least": "Choose at least {n}.",
            "between": "Choose {low} to {high}.",
            "one_row": "One answer in each row.",
            "in_row": "In each row:",
            "own_words": "In your own words.",
            "quantity": "A number or a range, in your own words.",
            "whole": "Whole number",
            "decimal": "Number with up to {n} decimals",
            "decimal_1": "Number with one decimal at most",
            "from_to": "from {low} to {high}",
            "at_least": "{low} or more",
            "at_most": "{high} or less",
            "year": "Year",
            "month": "Month and year",
            "day": "Day, month and year",
            "not_before": "not before {day}",
            "not_after": "not after {day}",
            "random": "The answers stand in another order for each respondent.",
            "partial": "Only some of the answers are known.",
            "required": "An answer is needed to go on.",
            "alone": "no other answer beside it",
            "instead": "Instead of an answer",
            "write_in": "in your own words",
            "line": "A line to write on",
            "answers": "Answers",
            "row": "Row",
            "period": "Reference period: {period}.",
            "only_if": "Only if {condition}.",
            "asked": "Asked: {who}.",
            "asked_unknown": "It is not known who was asked this.",
            "own_wording": "The wording is not the printed one, which is not public.",
            "own_wording_all": "The wording of the questions is not the printed one, which is not "
            "public.",
            "questions": "Questions",
            "question": "Question {n}",
            "contents": "Contents",
            "version": "Version {version}",
            "untranslated": "not translated",
            "other_pages": "Other languages and pages",
            "codebook": "Codebook",
            "history": "Version history",
            "skip": "Skip to the questions",
            "open": "“",
            "close": "”",
            "and": " and ",
            "or": " or ",
            "and_parts": ", and ",
            "or_parts": ", or ",
            "answered": "you answered {answers} to {question}",
            "not_answered": "you did not answer {answers} to {question}",
            "ticked": "you ticked {answers} in {question}",
            "not_ticked": "you did not tick {answers} in {question}",
            "range_from_to": "your answer to {question} is from {low} to {high}",
            "range_least": "your answer to {question} is {low} or more",
            "range_most": "your answer to {question} is {high} or less",
            "range_not_from_to": "your answer to {question} is below {low} or above {high}",
            "range_not_least": "your answer to {question} is below {low}",
            "range_not_most": "your answer to {question} is above {high}",
            "to_question": "question {number}",
        },
        "de": {
            "one": "Eine Antwort.",
            "all": "Alles Zutreffende ankreuzen.",
            "least_one": "Alles Zutreffende ankreuzen, mindestens eine Antwort.",
            "exactly": "Genau {n} Antworten ankreuzen.",
            "most": "Höchstens {n} Antworten ankreuzen.",
            "least": "Mindestens {n} Antworten ankreuzen.",
            "between": "{low} bis {high} Antworten ankreuzen.",
            "one_row": "Eine Antwort in jeder Zeile.",
            "in_row": "In jeder Zeile:",
            "own_words": "In eigenen Worten.",
            "quantity": "Eine Zahl oder ein Bereich, in eigenen Worten.",
            "whole": "Ganze Zahl",
            "decimal": "Zahl mit höchstens {n} Nachkommastellen",
            "decimal_1": "Zahl mit höchstens einer Nachkommastelle",
            "from_to": "von {low} bis {high}",
            "at_least": "{low} oder mehr",
            "at_most": "{high} oder weniger",
            "year": "Jahr",
            "month": "Monat und Jahr",
            "day": "Tag, Monat und Jahr",
            "not_before": "nicht vor {day}",
            "not_after": "nicht nach {day}",
            "random": "Die Antworten stehen bei allen Befragten in anderer Reihenfolge.",
            "partial": "Nur ein Teil der Antworten ist bekannt.",
            "required": "Ohne Antwort geht es nicht weiter.",
            "alone": "keine andere Antwort daneben",
            "instead": "Statt einer Antwort",
            "write_in": "in eigenen Worten",
            "line": "Eine Zeile zum Schreiben",
            "answers": "Antworten",
            "row": "Zeile",
            "period": "Zeitraum: {period}.",
            "only_if": "Nur wenn {condition}.",
            "asked": "Gefragt: {who}.",
            "asked_unknown": "Es ist nicht bekannt, wer dies gefragt wurde.",
            "own_wording": "Der Wortlaut ist nicht der gedruckte, der nicht öffentlich ist.",
            "own_wording_all": "Der Wortlaut der Fragen ist nicht der gedruckte, der nicht "
            "öffentlich ist.",
            "questions": "Fragen",
            "question": "Frage {n}",
            "contents": "Inhalt",
            "version": "Version {version}",
            "untranslated": "nicht übersetzt",
            "other_pages": "Andere Sprachen und Seiten",
            "codebook": "Codebuch",
            "history": "Versionsgeschichte",
            "skip": "Zu den Fragen springen",
            "open": "„",
            "close": "“",
            "and": " und ",
            "or": " oder ",
            "and_parts": " und ",
            "or_parts": " oder ",
            "answered": "Sie {question} mit {answers} beantwortet haben",
            "not_answered": "Sie {question} nicht mit {answers} beantwortet haben",
            "ticked": "Sie bei {question} {answers} angekreuzt haben",
            "not_ticked": "Sie bei {question} nicht {answers} angekreuzt haben",
            "range_from_to": "Ihre Antwort auf {question} mindestens {low} und höchstens {high} "
            "ist",
            "range_least": "Ihre Antwort auf {question} {low} oder mehr ist",
            "range_most": "Ihre Antwort auf {question} {high} oder weniger ist",
            "range_not_from_to": "Ihre Antwort auf {question} unter {low} oder über {high} liegt",
            "range_not_least": "Ihre Antwort auf {question} unter {low} liegt",
            "range_not_most": "Ihre Antwort auf {question} über {high} liegt",
            "to_question": "Frage {number}",
        },
    }
)

_NUMBERS = MappingProxyType(
    {
        "en": [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        "de": [
            "null",
            "eine",
            "zwei",
            "drei",
            "vier",
            "fünf",
            "sechs",
            "sieben",
            "acht",
            "neun",
            "zehn",
            "elf",
            "zwölf",
        ],
    }
)
_UNITS = MappingProxyType(
    {
        "en": {
            "Y": ("year", "years"),
            "M": ("month", "months"),
            "W": ("week", "weeks"),
            "D": ("day", "days"),
        },
        "de": {
            "Y": ("Jahr", "Jahre"),
            "M": ("Monat", "Monate"),
            "W": ("Woche", "Wochen"),
            "D": ("Tag", "Tage"),
        },
    }
)

#: What languages call themselves, for links to a page in them; others are linked by their tag.
OWN_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "da": "Dansk",
        "de": "Deutsch",
        "en": "English",
        "es": "Español",
        "fr": "Français",
        "it": "Italiano",
        "nl": "Nederlands",
        "pl": "Polski",
        "pt": "Português",
        "sv": "Svenska",
    }
)

#: How offered ways of not answering are shown in German where the instrument has no label.
STATES_DE: Mapping[str, str] = MappingProxyType(
    {"dont_know": "Weiß nicht", "refused": "Keine Angabe", "not_applicable": "Trifft nicht zu"}
)


class State(NamedTuple):
    """A way of not answering: what it means, whether it counts, and its code in exports."""

    meaning: str
    asked: str
    answered: str
    export: int


STATES: Mapping[str, State] = MappingProxyType(
    {
        "dont_know": State("Said that they do not know.", "yes", "each analysis says", -91),
        "refused": State("Said that they do not want to answer.", "yes", "no", -92),
        "no_answer": State("Was shown the question and left it blank.", "yes", "no", -93),
        "not_applicable": State(
            "Said that the question does not apply, or was led past it.", "no", "no", -94
        ),
        "not_reached": State("Stopped before the question.", "no", "no", -95),
        "not_asked_design": State(
            "Was not to be asked: the question or answer is not in that version.", "no", "no", -96
        ),
        "invalid": State(
            "Gave something that is no answer to it; what was given is kept.", "yes", "no", -97
        ),
        "withheld": State(
            "Answered, and the answer is kept back to protect them.", "yes", "no", -98
        ),
        "unknown_blank": State(
            "Blank, and nobody can tell why.", "cannot be told: bounds", "no", -99
        ),
    }
)

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "single": "one answer out of a list",
        "ordered": "one answer on an ordered scale",
        "banded": "a count, answered in bands",
        "multi_answer": "several answers out of a list",
        "open_coded": "open answer, sorted into categories afterwards",
        "number": "a number",
        "date": "a date",
        "text": "open answer",
        "text_quantity": "a quantity, answered in free text",
        "grid": "several questions with the same answers",
        "derived": "derived: nobody was asked, it follows from other answers",
    }
)


def spoken(language: str) -> str:
    """The language of the instruction words for a questionnaire in a language.

    >>> spoken("de-CH"), spoken("sv")
    ('de', 'en')
    """
    first = language.partition("-")[0]
    return first if first in WORDS else "en"


def phrase(language: str, name: str, **parts: object) -> str:
    """An instruction in a language, or in English.

    >>> phrase("de", "exactly", n="drei")
    'Genau drei Antworten ankreuzen.'
    """
    return WORDS[spoken(language)][name].format(**parts)


def number_word(language: str, number: int) -> str:
    """A small number as a word, a larger one in digits.

    >>> number_word("en", 3), number_word("en", 40)
    ('three', '40')
    """
    words = _NUMBERS[spoken(language)]
    return words[number] if number < len(words) else str(number)


def quoted(language: str, text: str) -> str:
    """A text in the quotation marks of a language."""
    return f"{phrase(language, 'open')}{text}{phrase(language, 'close')}"


def period(text: str, language: str = "en") -> str:
    """A reference period in plain words; empty where none is stated or known.

    >>> period("P12M"), period("P1Y6M", "de"), period("since the law of 2020"), period("unknown")
    ('12 months', '1 Jahr und 6 Monate', 'since the law of 2020', '')
    """
    if text in {"not_stated", "unknown"}:
        return ""
    if not text.startswith("P"):
        return text
    units = _UNITS[spoken(language)]
    told = [
        f"{count} {units[unit][int(count) != 1]}" for count, unit in re.findall(r"(\d+)(\D)", text)
    ]
    return phrase(language, "and").join(told) if len(told) < 3 else ", ".join(told)
