"""Whether there is an answer, and if not why not: one small number for each row of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from surveylib.instrument.fields import MissingState

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERED = 0
#: A blank cell of which nothing has been decided yet; no finished wave holds it.
BLANK = -1
#: Every state by its number.
STATES: tuple[str, ...] = ("answered", *get_args(MissingState))
STATE: Mapping[str, int] = {name: number for number, name in enumerate(STATES)}

NO_ANSWER = STATE["no_answer"]
NOT_APPLICABLE = STATE["not_applicable"]
NOT_REACHED = STATE["not_reached"]
NOT_ASKED = STATE["not_asked_design"]
INVALID = STATE["invalid"]
UNKNOWN_BLANK = STATE["unknown_blank"]
#: Ways of not answering that somebody chose.
CHOSEN = tuple(STATE[name] for name in ("dont_know", "refused"))
