"""The words of plain statements in English and German: how numbers stand, and what is said.

No phrase names a cause, and none says more than a result knows: where no change is shown, it is not
said that there was none.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, listed, show

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACE = "\u00a0"
_MINUS = "\u2212"

#: Every phrase, by language and name. A law test holds the languages to one set of names.
PHRASES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "decimal": ".",
            "respondents": "respondents who answered",
            "asked": "those who were asked",
            "all": "everybody in the file",
            "mentions": "all options that were ticked",
            "quoted": "“{text}”",
            "in": "in {wave}",
            "in_wave": "in wave {wave}",
            "range": "{low} to {high}",
            "from_to": "{low} to {high}",
            "interval": "{level} interval {limits}",
            "no_base": "no interval can be given, since it is not known how many answered",
            "no_interval": "no interval can be given",
            "base": "; base: {base}",
            "base_asked": "; asked: {base}",
            "group": "{respondents} in the group {group}",
            "plain": "{share} of",
            "plain_range": "from {low} to {high} of",
            "share": "{portion} {respondents} ({known}) gave the answer {answer} to "
            "{question}{when}",
            "share_of_ticks": "{portion} {respondents} ({known}) were {answer}, in answer to "
            "{question}{when}",
            "increased": "{now}, up from {before} {then}.",
            "decreased": "{now}, down from {before} {then}.",
            "beside": "{now}, compared with {before} {then}.",
            "number": "{statistic} of {question}{group} was {share}{when} ({known}).",
            "mean": "the mean",
            "total": "the total",
            "ratio": "the ratio",
            "quantile": "the quantile ({answer})",
            "share_up_to": "the share that is {answer}",
            "chance": "The change, {size}, is larger than chance would give.",
            "chance_printed": "The change, {size}, is larger than chance would give, for every "
            "count that the printed figures allow.",
            "no_change": "No change is shown: the difference is {size}, which is not to say that "
            "there was none.",
            "detectable": "With a power of 80{space}%, these samples would have shown a change of "
            "{points} points.",
            "margin": "The difference of {size} lies within the {margin} points that were "
            "declared beforehand to count as no change.",
            "rounding": "Whether that is a change depends on what the printed figures stand for: "
            "over all of that, {size}.",
            "quarantine": "Whether that is a change depends on answers in quarantine: over all "
            "that they may be, {size}.",
            "overlap": "Whether that is a change depends on how many people the two samples "
            "share, which is not known: {size}.",
            "points": "{points} points ({level} interval {low} to {high})",
            "points_only": "{points} points",
            "points_range": "{points} points, {level} intervals from {low} to {high}",
            "measure": "As {name}: {effect} ({level} interval {low} to {high}).",
            "of_ratio": "a ratio",
            "of_percent": "a change in percent",
            "of_odds_ratio": "an odds ratio",
            "no_limit": "no limit",
            "limited": "To be compared with care: {notes}",
            "withheld": "The share of {respondents} who gave the answer {answer} to "
            "{question}{when} is withheld, so that nobody can be recognised.",
            "suppress": "By the standard of reliability that was asked for, this share is not to "
            "be published.",
            "review": "By the standard of reliability that was asked for, this share needs a "
            "second look.",
            "refused": "{before} {then} and {now} {when} are not compared: {reasons}",
            "higher": "Only the order is known: the share {when} is the higher one.",
            "lower": "Only the order is known: the share {when} is the lower one.",
            "caveat": "Caveat: {text}",
            "rising": "Of {respondents}, the share who gave the answer {answer} to {question} "
            "rose from {first} to {last}{slope}. This is more than chance would give.",
            "falling": "Of {respondents}, the share who gave the answer {answer} to {question} "
            "fell from {first} to {last}{slope}. This is more than chance would give.",
            "changing": "The answers of {respondents} to {question} differ from wave to wave, "
            "{first} to {last}, by more than chance would give.",
            "no_trend": "For the answer {answer}{group} to {question}, no trend is shown from "
            "{first} to {last}{slope}, which is not to say that there was none.",
            "trend_rounding": "For the answer {answer}{group} to {question}, whether there is a "
            "trend from {first} to {last} depends on what the printed figures stand for.",
            "slope": ", by {points} points a year ({level} interval {low} to {high})",
            "without_trend": "For {question} no trend is given: {reasons}",
        },
        "de": {
            "decimal": ",",
            "respondents": "Befragten, die geantwortet haben",
            "asked": "Befragten, denen die Frage gestellt wurde",
            "all": "Personen in der Datei",
            "mentions": "angekreuzten Antworten",
            "quoted": "„{text}“",
            "in": "{wave}",
            "in_wave": "in der Welle {wave}",
            "range": "{low} bis {high}",
            "from_to": "{low} bis {high}",
            "interval": "{level}-Intervall {limits}",
            "no_base": "ohne Intervall, denn wie viele geantwortet haben, ist nicht bekannt",
            "no_interval": "ohne Intervall",
            "base": "; Basis: {base}",
            "base_asked": "; gefragt: {base}",
            "group": "{respondents} der Gruppe {group}",
            "plain": "{share} der",
            "plain_range": "zwischen {low} und {high} der",
            "share": "{portion} {respondents} ({known}){comma} {verb}{when} auf die Frage "
            "{question} die Antwort {answer}",
            "share_of_ticks": "{portion} {respondents} ({known}) auf die Frage {question} "
            "waren{when} {answer}",
            "increased": "{now}, mehr als {then} ({before}).",
            "decreased": "{now}, weniger als {then} ({before}).",
            "beside": "{now}; {then} waren es {before}.",
            "number": "{statistic} zu {question}{group}{when}: {share} ({known}).",
            "mean": "der Mittelwert",
            "total": "die Summe",
            "ratio": "das Verhältnis",
            "quantile": "das Quantil ({answer})",
            "share_up_to": "der Anteil ({answer})",
            "chance": "Die Veränderung, {size}, ist größer, als durch Zufall zu erwarten wäre.",
            "chance_printed": "Die Veränderung, {size}, ist größer, als durch Zufall zu erwarten "
            "wäre, und zwar für jede Anzahl, die zu den gedruckten Angaben passt.",
            "no_change": "Eine Veränderung ist nicht nachgewiesen: Die Differenz beträgt {size}; "
            "das heißt nicht, dass es keine gab.",
            "detectable": "Mit einer Teststärke von 80{space}% hätten diese Stichproben eine "
            "Veränderung um {points} Prozentpunkte gezeigt.",
            "margin": "Die Differenz von {size} liegt innerhalb der {margin} Prozentpunkte, die "
            "vorab als keine Veränderung festgelegt wurden.",
            "rounding": "Ob das eine Veränderung ist, hängt davon ab, wofür die gedruckten "
            "Angaben stehen: über alles hinweg {size}.",
            "quarantine": "Ob das eine Veränderung ist, hängt von zurückgestellten Antworten ab: "
            "über alles hinweg, was sie sein können, {size}.",
            "overlap": "Ob das eine Veränderung ist, hängt davon ab, wie viele Personen beide "
            "Stichproben gemeinsam haben; das ist nicht bekannt: {size}.",
            "points": "{points} Prozentpunkte ({level}-Intervall {low} bis {high})",
            "points_only": "{points} Prozentpunkte",
            "points_range": "{points} Prozentpunkte, {level}-Intervalle von {low} bis {high}",
            "measure": "Als {name}: {effect} ({level}-Intervall {low} bis {high}).",
            "of_ratio": "Quotient",
            "of_percent": "Veränderung in Prozent",
            "of_odds_ratio": "Chancenverhältnis",
            "no_limit": "ohne Grenze",
            "limited": "Mit Vorsicht zu vergleichen: {notes}",
            "withheld": "Welcher Anteil der {respondents}{comma}{when} auf die Frage {question} "
            "die Antwort {answer} gab, wird nicht genannt, damit niemand zu erkennen ist.",
            "suppress": "Nach dem gewählten Maßstab für Verlässlichkeit ist dieser Anteil nicht "
            "zu veröffentlichen.",
            "review": "Nach dem gewählten Maßstab für Verlässlichkeit ist dieser Anteil noch "
            "einmal anzusehen.",
            "refused": "{before} {then} und {now} {when} werden nicht verglichen: {reasons}",
            "higher": "Nur die Reihenfolge ist bekannt: Der Anteil {when} ist der höhere.",
            "lower": "Nur die Reihenfolge ist bekannt: Der Anteil {when} ist der niedrigere.",
            "caveat": "Vorbehalt: {text}",
            "rising": "Der Anteil der Antwort {answer}{group} auf die Frage {question} stieg von "
            "{first} bis {last}{slope}. Das ist mehr, als durch Zufall zu erwarten wäre.",
            "falling": "Der Anteil der Antwort {answer}{group} auf die Frage {question} fiel von "
            "{first} bis {last}{slope}. Das ist mehr, als durch Zufall zu erwarten wäre.",
            "changing": "Die Antworten auf die Frage {question} unterscheiden sich von {first} "
            "bis {last} zwischen den Wellen um mehr, als durch Zufall zu erwarten wäre.",
            "no_trend": "Für die Antwort {answer}{group} auf die Frage {question} ist von {first} "
            "bis {last} kein Trend nachgewiesen{slope}; das heißt nicht, dass es keinen gab.",
            "trend_rounding": "Ob es für die Antwort {answer}{group} auf die Frage {question} von "
            "{first} bis {last} einen Trend gibt, hängt davon ab, wofür die gedruckten Angaben "
            "stehen.",
            "slope": ", um {points} Prozentpunkte im Jahr ({level}-Intervall {low} bis {high})",
            "without_trend": "Für die Frage {question} wird kein Trend angegeben: {reasons}",
        },
    }
)


def check_language(language: str) -> None:
    """Refuse languages without phrases.

    Args:
        language: Its code.

    Raises:
        MethodError: There are none.
    """
    if language not in PHRASES:
        message = f"language is {show(language)}; statements are made in {listed(PHRASES)}"
        raise MethodError(message)


def decimal(value: float, digits: int, language: str) -> str:
    """A number with the decimal sign of a language, and a true minus.

    >>> decimal(-12.34, 1, "de"), decimal(0.5, 1, "en")
    ('−12,3', '0.5')
    """
    rounded = round(value, digits) + 0.0
    sign = _MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.{digits}f}".replace(".", PHRASES[language]["decimal"])


def percent(share: float, digits: int, language: str) -> str:
    r"""A proportion in percent, with a space that does not break.

    >>> percent(0.611, 1, "de"), percent(0.47, 0, "en")
    ('61,1\xa0%', '47\xa0%')
    """
    return f"{decimal(share * 100, digits, language)}{_SPACE}%"


def signed_points(difference: float, language: str) -> str:
    """A difference of proportions in percentage points, with its sign.

    >>> signed_points(0.13, "de"), signed_points(-0.0501, "en"), signed_points(0, "en")
    ('+13,0', '−5.0', '0.0')
    """
    told = decimal(difference * 100, 1, language)
    return f"+{told}" if round(difference * 100, 1) > 0 else told


def level(confidence: float, language: str) -> str:
    r"""A confidence level; in German it is the first part of a compound.

    >>> level(0.95, "en"), level(0.99, "de")
    ('95\xa0%', '99-%')
    """
    number = f"{confidence * 100:g}".replace(".", PHRASES[language]["decimal"])
    return f"{number}-%" if language == "de" else f"{number}{_SPACE}%"


def capital(text: str) -> str:
    """A sentence with a capital at its beginning.

    >>> capital("just under half"), capital("47 % of")
    ('Just under half', '47 % of')
    """
    return text[:1].upper() + text[1:]
