"""Who is asked, by the relevance equations and the old conditions of a LimeSurvey survey."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from surveylib.errors import show
from surveylib.instrument.conditions import Condition
from surveylib.instrument.formats.limesurvey.equations import UnreadableError, Variables, condition
from surveylib.instrument.formats.limesurvey.routes import Named, equation
from surveylib.instrument.formats.limesurvey.tables import ALWAYS, Group, Rule

if TYPE_CHECKING:
    from surveylib.instrument.formats.limesurvey.source import Source

_METHODS = frozenset({"==", "!=", "<", "<=", ">", ">="})


class Routes:
    """Reads who is asked, by what the questions before are called.

    Attributes:
        named: What they are called, by id.
        aliases: Their codes, by the names that old surveys have for them.
    """

    def __init__(self) -> None:
        self.named: dict[str, Named] = {}
        self.aliases: dict[str, str] = {}
        self.variables = Variables()

    def add(self, called: Named) -> None:
        """Take in a question, or a row of a grid, or what is known of it now."""
        self.named[called.question.id] = called
        self.variables.add(called)

    def base(self, source: Source, group: Group) -> dict[str, Any]:
        """Who is asked a question; in words only, where an equation states no condition."""
        asked, ours = source.asked, source.our("base")
        told = [text.strip() for text in (group.relevance, asked.relevance)]
        told = [text for text in told if text not in ALWAYS]
        words = ours.get("asked")
        words = words if isinstance(words, str) and words else ""
        if not told and asked.rules:
            told = self.old(source, asked.rules)
        if not told:
            return {"asked": words if words and "if" not in ours else "all"}
        kept = self.kept(ours.get("if"))
        if kept is not None and told == [equation(kept, self.named)]:
            return {"asked": words or kept.in_words(), "if": kept}
        return self.stated(source, told)

    def stated(self, source: Source, told: list[str]) -> dict[str, Any]:
        """The condition that equations state together."""
        found, unsure = [], dict[str, None]()
        for text in told:
            try:
                one, names = condition(self.renamed(text), self.variables)
            except UnreadableError as error:
                what = f"asked where {show(text)}, which is no condition here: {error}"
                source.lost.append(f"{what}; it stands in 'base' in words")
                return {"asked": f"those for whom {' and '.join(told)}"}
            found.append(one)
            unsure |= dict.fromkeys(names)
        if unsure:
            what = f"LimeSurvey decides also for those who did not answer {', '.join(unsure)}"
            source.lost.append(f"{what}; here it cannot be told")
        whole = found[0] if len(found) == 1 else Condition(all_of=tuple(found))
        return {"asked": whole.in_words(), "if": whole}

    def kept(self, plain: object) -> Condition | None:
        """The condition that surveylib kept, on questions before."""
        if not isinstance(plain, dict):
            return None
        try:
            found = Condition.model_validate(plain)
        except (ValidationError, RecursionError):
            return None
        known = all(str(atom.question) in self.named for _, atom in found.atoms())
        return found if known else None

    def renamed(self, text: str) -> str:
        """An equation with codes for names such as `123456X1X4`."""
        return re.sub(r"\b\d+X\d+X\w+", lambda found: self.aliases.get(found[0], found[0]), text)

    def old(self, source: Source, rules: list[Rule]) -> list[str]:
        """Old conditions as an equation: any scenario, in it each question, of that any value."""
        scenarios: dict[str, dict[str, list[str]]] = {}
        for rule in rules:
            if rule.method.strip() not in _METHODS or '"' in rule.value:
                what = f"a condition {show(f'{rule.field} {rule.method} {rule.value}')}"
                source.lost.append(f"{what}, left out with those beside it: asked of all here")
                return []
            name = rule.field.lstrip("+")
            name = self.aliases.get(name, name)
            told = f'{name}.NAOK {rule.method.strip()} "{rule.value}"'
            scenarios.setdefault(rule.scenario, {}).setdefault(name, []).append(told)
        parts = [
            " and ".join(f"({' or '.join(told)})" for told in questions.values())
            for questions in scenarios.values()
        ]
        return [" or ".join(f"({part})" for part in parts)]
