"""What the parts of a questionnaire are called in an XLSForm: each name once, none reserved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform.routes import Names
from surveylib.instrument.question import Derived

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option

#: Names that a form keeps to itself.
_RESERVED = ("meta",)


class FormNames:
    """The names of one form.

    Questions and rows of grids keep their ids, so that what comes back from the field has them;
    sections and the questions that a form adds make way.

    Args:
        instrument: The questionnaire.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._taken = {*_RESERVED}
        self.names = Names()
        self.sections: dict[str, str] = {}
        self.lists: dict[str, str] = {}
        self.write_ins: dict[tuple[str, str], str] = {}
        for question in instrument.questions:
            for asked in dict.fromkeys([question.id, *(item.id for item in question.items)]):
                self.names.of[asked] = self._take(asked)
                self.names.questions[asked] = question
            if question.answers and not isinstance(question, Derived):
                self.lists[question.id] = question.id
        for question in instrument.questions:
            if not question.answers and set(question.missing) & set(OFFERED):
                name = self._take(f"{question.id}_missing")
                self.names.states[question.id] = name
                self.lists[name] = name
            for option in offered(question.answers):
                for item in question.items if option.write_in else ():
                    name = self._take(f"{item.id}_{option.code}_text")
                    self.write_ins[item.id, option.code] = name
        self.introduction = self._take("introduction")
        for section in instrument.sections:
            self.sections[section.id] = self._take(section.id)

    def _take(self, wanted: str) -> str:
        """The name itself, or with a number where it is taken; case does not tell names apart."""
        base = re.sub(r"[^A-Za-z0-9_.-]", "_", wanted)
        name, count = base, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{base}_{count}"
        self._taken.add(name.casefold())
        return name


def offered(options: Sequence[Option]) -> list[Option]:
    """The options to choose from: a net is no answer of its own."""
    return [option for option in options if not option.net_of] or list(options)
