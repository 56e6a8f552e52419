"""Build the questions of a draft one after the other, each with what the ones before are called.

Our own columns are believed where the form still says the same, so that what was changed in a
spreadsheet counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import show
from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform import expressions as xpath
from surveylib.instrument.formats.xlsform import question as rows
from surveylib.instrument.formats.xlsform.cells import plain
from surveylib.instrument.formats.xlsform.constraints import constraint
from surveylib.instrument.formats.xlsform.form import NO, YES, select
from surveylib.instrument.formats.xlsform.routes import Names, condition_of, expression
from surveylib.instrument.formats.xlsform.write import cases
from surveylib.instrument.question import AnyQuestion, Derived, Grid, Question

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from surveylib.instrument.formats.xlsform.cells import Row
    from surveylib.instrument.formats.xlsform.form import Form

_QUESTION: TypeAdapter[Question] = TypeAdapter(AnyQuestion)


class Builder:
    """The questions so far.

    Args:
        form: The form, which keeps what is lost and what is wrong.
        attached: Rows that belong to other questions.
        repeated: Names that stand for more than one row, so that no route can name them.
    """

    def __init__(self, form: Form, attached: rows.Attached, repeated: Collection[str]) -> None:
        self.form = form
        self.attached = attached
        self.repeated = repeated
        self.names = Names()
        self.questions: list[Question] = []
        self.taken: set[str] = set()
        self.labels: dict[str, dict[str, str]] = {}

    def states(self, name: str) -> list[str]:
        """The ways of not answering that stand in a list of their own below a question."""
        below = self.attached.states.get(name)
        chosen = select(below) if below else None
        if not chosen:
            return []
        states: list[str] = [
            state for state in OFFERED if state in self.form.lists[chosen.list_name]
        ]
        self.keep_labels(chosen.list_name, states)
        return states

    def keep_labels(self, list_name: str, states: Sequence[str]) -> None:
        """Remember how ways of not answering are shown."""
        for state in states:
            texts = self.form.texts(self.form.lists[list_name][state])
            if texts and self.labels.setdefault(state, texts) != texts:
                self.form.lose("", f"'{state}' is shown in several ways: the first stands here")

    def required(self, row: Row) -> bool:
        """Whether an answer is required; one that may be replaced by a state is."""
        told = row.get("required").lower()
        if told in YES | NO:
            return told in YES
        below = self.attached.states.get(row.get("name"))
        empty = xpath.compare(xpath.ref(below.get("name") if below else ""), "=", xpath.text(""))
        if xpath.parse(row.get("required")) == empty:
            return True
        self.form.lose(row.get("name"), f"required only where {show(row.get('required'))}")
        return False

    def common(self, found: rows.Plain, row: Row) -> dict[str, Any]:
        """What our columns say of any question."""
        more = rows.structured(self.form, row, "surveylib_more", "survey")
        nets = more.pop("nets", [])
        ours: dict[str, Any] = {
            name: plain(row.get(f"surveylib_{name}"))
            for name in ("concept", "wording", "period", "unit", "note")
            if row.get(f"surveylib_{name}")
        }
        if title := rows.title_of(self.form, row):
            ours["title"] = title
        if states := row.get("surveylib_missing").split():
            there = found.base["missing"]
            kept = [state for state in states if state in there or state not in OFFERED]
            ours["missing"] = [*kept, *(state for state in there if state not in kept)]
        if isinstance(nets, list) and nets:
            options = list(found.ours.get("options", found.base["options"]))
            for entry in nets:
                if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], int):
                    options.insert(entry[0], entry[1])
            ours["options"] = options
        return more | ours

    def keep(self, row: Row, found: rows.Plain, outer: Sequence[str]) -> Question | None:
        """Build a question and remember what it is called.

        Args:
            row: Its row; for a grid, the row of the group.
            found: What it is, as plain data.
            outer: The expressions of the groups around it.
        """
        name = row.get("name")
        if not row.get("surveylib_kind"):
            self.form.lose(
                "", "concepts, periods and units are not in the form: placeholders stand"
            )
        wanted = row.get("surveylib_id") or name
        given = rows.slug(wanted, self.taken)
        if given != wanted:
            self.form.lose(name, f"is called '{given}' here")
        base = {"concept": given, "wording": "printed", "period": "not_stated"} | found.base
        base |= {"id": given, "base": self.base(row, outer)}
        question = self._built(row, base, found)
        if question is None:
            return None
        self.taken.add(given)
        self.questions.append(question)
        if not isinstance(question, Grid):
            self.explained(row, question)
            self.name(name, given, question)
        return question

    def explained(self, row: Row, question: Question) -> None:
        """List the message of a constraint where it is not the one that we would write."""
        node, messages = constraint(question, self.form.languages)
        told = self.form.texts(row, "constraint_message")
        if node and any(text != messages.get(code) for code, text in told.items()):
            self.form.lose(row.get("name"), "the message of its constraint left out")

    def name(self, name: str, given: str, question: Question) -> None:
        """Let the routes of later questions name this one."""
        if name in self.repeated:
            return
        self.names.questions[given] = question
        self.names.of[given] = name
        if name in self.attached.states:
            self.names.states[given] = self.attached.states[name].get("name")

    def _built(self, row: Row, base: dict[str, Any], found: rows.Plain) -> Question | None:
        attempts = (
            (base | found.limits | found.ours, ""),
            (base | found.limits, "what our columns say does not fit the row, and is left out"),
            (base, f"its constraint cannot be: {show(row.get('constraint'))}, left out"),
        )
        problem = ""
        for fields, lost in attempts:
            try:
                question = _QUESTION.validate_python(fields)
            except ValidationError as error:
                problem = problem or str(error.errors(include_url=False)[0]["msg"])
                continue
            if lost:
                self.form.lose(row.get("name"), lost)
            return question
        what = f"'{row.get('name')}' is no question: {problem}"
        self.form.fault("XLSFORM-QUESTION", what, sheet="survey", line=row.line)
        return None

    def base(self, row: Row, outer: Sequence[str]) -> dict[str, Any]:
        """Who is asked, by the groups around a question and by its own row."""
        told = plain(row.get("surveylib_base"))
        own = row.get("relevant")
        expressions = [*outer, *([own] if own else [])]
        if not expressions:
            return {"asked": told or "all"}
        found = [self._condition(one) for one in outer]
        found += [self._declared(row) or self._condition(own)] if own else []
        conditions = [one for one in found if one is not None]
        if len(conditions) < len(found):
            shown = " and ".join(expressions)
            self.form.lose(row.get("name"), f"asked only where {show(shown)}: no condition here")
            return {"asked": told or shown}
        both = Condition(all_of=tuple(conditions)) if len(conditions) > 1 else conditions[0]
        condition = both.model_dump(mode="json", exclude_defaults=True)
        return {"asked": told or both.in_words(), "if": condition}

    def _condition(self, raw: str) -> Condition | None:
        node = xpath.parse(raw)
        return condition_of(node, self.names) if node else None

    def _declared(self, row: Row) -> Condition | None:
        """The condition of our own column, where the form still says the same."""
        raw = rows.structured(self.form, row, "surveylib_if", "survey")
        try:
            condition = Condition.model_validate(raw) if raw else None
        except ValidationError:
            condition = None
        if condition is None or not self._known(condition):
            return None
        same = expression(condition, self.names) == xpath.parse(row.get("relevant"))
        return condition if same else None

    def _known(self, condition: Condition) -> bool:
        """Whether every question and answer of a condition comes before."""
        there = self.names.questions
        return all(
            str(atom.question) in there
            and set(atom.answers) <= set(there[str(atom.question)].answer_codes)
            for _, atom in condition.atoms()
        )

    def derived(self, row: Row, outer: Sequence[str]) -> None:
        """Build a question that nobody is asked, where its calculation is still ours."""
        states = row.get("surveylib_missing").split()
        found = rows.Plain(base={"text": rows.text_of(self.form, row), "missing": states})
        found.base |= self.common(found, row) | {"kind": "derived"}
        shell = {"id": "x", "concept": "x", "base": {"asked": "all"}, "period": "not_stated"}
        try:
            question = _QUESTION.validate_python(shell | found.base)
        except ValidationError:
            question = None
        if (
            isinstance(question, Derived)
            and all(self._known(option.when) for option in question.options)
            and cases(question, self.names) == xpath.parse(row.get("calculation"))
        ):
            self.keep(row, found, outer)
        else:
            self.form.lose(row.get("name"), "its calculation is not what its cases say: left out")
