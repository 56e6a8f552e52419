"""Who speaks in statements: a language, the words of the study, numbers as they are spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.instrument.question import in_language
from surveylib.present import numbers
from surveylib.present.codebook_words import STATES_DE
from surveylib.present.statements_shares import portion, portion_of_range
from surveylib.present.statements_words import PHRASES, capital, decimal, level, percent

if TYPE_CHECKING:
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.study import Study

#: Bases of everybody who answered, which need no word beside their name.
_EVERYBODY = frozenset(["answered", "all respondents", "", "unknown"])
#: An interval narrower than this is told with a decimal, so that its ends differ.
_NARROW = 0.04


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks: a language, the words of the study, and what those who answered are called.

    Args:
        language: `en` or `de`.
        study: The study; None where only the result is known.
        respondents: What those who answered are called.
    """

    language: str
    study: Study | None
    respondents: str

    @classmethod
    def of(cls, language: str, study: Study | None, respondents: str | None = None) -> Voice:
        """A voice; what those who answered are called stands in the study, in English."""
        called = respondents
        if called is None and study is not None and language == "en":
            called = study.manifest.respondents
        known = called or PHRASES[language]["respondents"]
        return cls(language=language, study=study, respondents=known)

    def say(self, phrase: str, /, **parts: object) -> str:
        """A phrase with its parts."""
        return PHRASES[self.language][phrase].format(space=numbers.SPACE, **parts)

    def share(self, row: Estimate) -> str:
        """One figure, with its interval and what must be said of it."""
        told = self.figure(row)
        marks = [self.say(flag) for flag in ("suppress", "review") if flag in row.flags]
        return " ".join([f"{told}.", *marks] if not told.endswith(".") else [told, *marks])

    def figure(self, row: Estimate) -> str:
        """What a figure says, as the beginning of a sentence and without its full stop."""
        if "withheld" in row.flags:
            return capital(self.say("withheld", comma=self._comma(row), **self._about(row)))
        if row.statistic != "share":
            return self._number(row)
        words = portion_of_range(row.estimate_low, row.estimate_high)
        if row.estimate is not None:
            words = portion(row.estimate)
        plain = row.base == "mentions" or words is None
        beginning = self._plainly(row) if plain or words is None else getattr(words, self.language)
        several = True if plain or words is None else words.several
        known = self._known(row, with_share=not plain)
        verb = "gaben" if several else "gab"
        about = self._about(row)
        phrase = "share_of_ticks" if row.base == "mentions" else "share"
        told = self.say(phrase, portion=beginning, known=known, verb=verb, comma=self._comma(row),
                        **about)  # fmt: skip
        return capital(told)

    def value(self, row: Estimate) -> str:
        """A share in figures, or its range; a number in its own unit."""
        if row.statistic not in numbers.SHARES:
            return self._own(numbers.share(row))
        if row.estimate is None:
            return f"{self.say('range', **self._ends(row))}{numbers.SPACE}%"
        if row.certainty == "counted":
            return percent(row.estimate, self._digits(row), self.language)
        return percent(row.estimate, len(row.read_as.partition(".")[2]), self.language)

    def when(self, wave: str) -> str:
        """In which wave: a year as it is spoken of."""
        if not wave:
            return ""
        return self.say("in" if wave.isdecimal() and len(wave) == 4 else "in_wave", wave=wave)

    def question(self, wave: str, name: str, text: str) -> str:
        """The question in this language, in quotation marks."""
        known = self._asked(wave, name)
        return self.say("quoted", text=in_language(known.text, self.language) if known else text)

    def answer(self, wave: str, name: str, code: str, text: str) -> str:
        """The label of an answer in this language, in quotation marks."""
        known = self._asked(wave, name)
        if known is not None and code in {option.code for option in known.answers}:
            text = known.label(code, self.language)
        elif self.language == "de":
            text = STATES_DE.get(code, text)
        return self.say("quoted", text=text)

    def _asked(self, wave: str, name: str) -> Any:
        """A question of a wave's instrument; None where it is not known."""
        if self.study is None or wave not in self.study.wave_names:
            return None
        instrument = self.study.wave(wave).instrument
        return instrument.question(name) if name in instrument.question_ids else None

    def _about(self, row: Estimate) -> dict[str, str]:
        return {
            "respondents": self._who(row),
            "answer": self.answer(row.wave, row.question, row.answer, row.answer_text),
            "question": self.question(row.wave, row.question, row.question_text),
            "when": f" {self.when(row.wave)}" if row.wave else "",
        }

    def _who(self, row: Estimate) -> str:
        """Those whom a share is of, with their group."""
        called = (
            self.say(row.base) if row.base in {"asked", "all", "mentions"} else self.respondents
        )
        within = self.within(row.wave, row.domain)
        # The base of a printed figure names its group already.
        printed = row.certainty != "counted" and row.base not in _EVERYBODY
        if not within or printed:
            return called
        return self._of_group(called, within)

    def _of_group(self, called: str, within: str) -> str:
        """Those who answered in a group; in German before the clause that says they answered."""
        group = self.say("quoted", text=within)
        name, comma, rest = called.partition(",") if self.language == "de" else (called, "", "")
        return f"{self.say('group', respondents=name, group=group)}{comma}{rest}"

    def _base(self, row: Estimate) -> str:
        """Who was asked, where that was not everybody."""
        if row.base in {"asked", "all", "mentions"}:
            return ""
        if row.base not in _EVERYBODY:
            return self.say("base", base=row.base)
        known = self._asked(row.wave, row.question)
        if known is None or known.base.asked in {"all", "unknown"}:
            return ""
        return self.say("base_asked", base=known.base.asked)

    def unit(self, wave: str, name: str) -> str:
        """What a number counts or measures; empty where it is not known."""
        return str(getattr(self._asked(wave, name), "unit", ""))

    def within(self, wave: str, domain: str) -> str:
        """A group by the labels of its answers: `north, small` for `region=n, size=s`."""
        told = []
        for part in domain.split(", ") if domain else ():
            name, _, code = part.partition("=")
            known = self._asked(wave, name)
            told.append(known.label(code, self.language) if known is not None else code)
        return ", ".join(told)

    def grouped(self, wave: str, domain: str) -> str:
        """Those who answered, in a group."""
        within = self.within(wave, domain)
        return self._of_group(self.respondents, within) if within else self.respondents

    def _comma(self, row: Estimate) -> str:
        """In German a clause about those who answered ends with a comma."""
        return "," if "," in self._who(row) else ""

    def _plainly(self, row: Estimate) -> str:
        if row.estimate is not None:
            return self.say("plain", share=self.value(row))
        ends = self._ends(row)
        return self.say("plain_range", low=ends["low"], high=f"{ends['high']}{numbers.SPACE}%")

    def _ends(self, row: Estimate) -> dict[str, str]:
        """The ends of what a share may be, in percent and without the sign."""
        ends = {"low": row.estimate_low, "high": row.estimate_high}
        return {name: decimal(one * 100, 1, self.language) for name, one in ends.items()}

    def _known(self, row: Estimate, *, with_share: bool) -> str:
        """The share in figures, and its interval."""
        share = [self.value(row)] if with_share else []
        base = self._base(row)
        if row.envelope_low is None or row.envelope_high is None:
            told = ", ".join([*share, self.say("no_interval" if row.n else "no_base")])
            return f"{told}{base}"
        ends = (row.envelope_low, row.envelope_high)
        if row.ci_low is not None and row.ci_high is not None:
            ends = row.ci_low, row.ci_high
        digits = self._digits(row)
        low, high = (decimal(end * 100, digits, self.language) for end in ends)
        limits = f"{self.say('range', low=low, high=high)}{numbers.SPACE}%"
        told = self.say("interval", level=level(row.confidence_level, self.language), limits=limits)
        return f"{', '.join([*share, told])}{base}"

    def _digits(self, row: Estimate) -> int:
        """Decimals of a share in percent: one where an interval is too narrow for none."""
        low, high = row.envelope_low, row.envelope_high
        if row.certainty != "counted" and "." in row.read_as:
            return 1
        return int(low is not None and high is not None and high - low < _NARROW)

    def _number(self, row: Estimate) -> str:
        """A mean, total, ratio or quantile."""
        about = self._about(row)
        within = self.within(row.wave, row.domain)
        span = self._own(numbers.interval(row.ci_low, row.ci_high, row))
        known = self.say("interval", level=level(row.confidence_level, self.language), limits=span)
        told = self.say(
            "number",
            statistic=self.say(row.statistic, answer=row.answer_text),
            question=about["question"],
            group=f" ({within})" if within else "",
            share=self.value(row) if row.statistic != "share_up_to" else self._own(
                numbers.share(row)),
            when=about["when"],
            known=known,
        )  # fmt: skip
        return capital(told.removesuffix("."))

    def _own(self, text: str) -> str:
        """Numbers that were written in English, in this language."""
        if self.language == "en":
            return text
        signs = str.maketrans({",": ".", ".": ","})
        return text.translate(signs).replace(" to ", " bis ").replace("no limit", "ohne Grenze")

    def points(self, difference: float) -> str:
        """A difference in percentage points, without its sign."""
        return decimal(difference * 100, 1, self.language)
