"""What each type of SurveyJS question is here: its kind, and the fields of that kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.surveyjs.expressions import STATES
from surveylib.instrument.formats.surveyjs.values import Entry, code, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: The pattern of a year.
YEAR = "^[0-9]{4}$"

_MOST_RATINGS = 100


def state(value: str) -> bool:
    """Whether a value is a way of not answering."""
    return value in STATES


@dataclass(slots=True)
class Form:
    """What a question is made of.

    Args:
        entry: Its object.
        source: The language of the form.
        fields: The fields of its kind.
        states: How each way of not answering is shown.
        codes: The code that each value of the file became.
        rows: The value in the file of each row.
        lost: What could not be carried over.
    """

    entry: Entry
    source: str
    fields: dict[str, Any] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def add_options(self, key: str) -> None:
        """Read choices or columns; ways of not answering among them are none."""
        taken: set[str] = set()
        options = []
        for choice in self.entry.values(key):
            raw = choice.raw("value")
            if not raw:
                choice.refuse("value", "a choice without a value")
            label = choice.texts("text", self.source)
            alone = choice.flag("isExclusive")
            if raw in OFFERED:
                self.states[raw] = label
                continue
            option: dict[str, Any] = {"code": self.code(raw, taken)}
            option["label"] = {self.source: raw} | label
            option |= {"write_in": True} if choice.flag("showCommentArea", "hasComment") else {}
            if alone and "multi_answer" in {self.fields["kind"], self.fields.get("cells")}:
                option["exclusive"] = True
            self.shown(choice, raw)
            options.append(option)
        self.fields["options"] = options

    def code(self, raw: str, taken: set[str]) -> str:
        """The code of a value."""
        if raw in self.codes:
            self.entry.refuse("", f"the value '{raw}' stands twice", code="OPTION-REPEATED")
        found = self.codes[raw] = code(raw, taken)
        if found != raw:
            self.lost.append(f"the value '{raw}' is '{found}' here")
        return found

    def shown(self, choice: Entry, raw: str) -> None:
        """List on which condition a choice is offered: here all of them always are."""
        when = choice.text("visibleIf")
        if when == "false":
            self.lost.append(f"'{raw}' is never shown; here it is an option as any other")
        elif when:
            self.lost.append(f"'{raw}' is shown only where {when!r}")
        keys = [key for key in choice.unread() if key not in {"randomize", "pos"}]
        if keys:
            self.lost.append(f"not read of '{raw}': {', '.join(map(repr, keys))}")

    def add_special(self) -> None:
        """Read the choices that SurveyJS adds by itself."""
        for keys, name, text in (
            (("showOtherItem", "hasOther"), "other", "otherText"),
            (("showNoneItem", "hasNone"), "none", "noneText"),
        ):
            label = self.entry.texts(text, self.source)
            if not self.entry.flag(*keys):
                continue
            taken = set(self.codes.values())
            option: dict[str, Any] = {"code": self.code(name, taken)}
            option["label"] = {self.source: name.capitalize()} | label
            alone = name == "none" and self.fields["kind"] == "multi_answer"
            option |= {"exclusive": True} if alone else {}
            option |= {"write_in": True} if name == "other" else {}
            self.fields["options"].append(option)
        for key, name, text in (
            ("showDontKnowItem", "dont_know", "dontKnowText"),
            ("showRefuseItem", "refused", "refuseText"),
        ):
            label = self.entry.texts(text, self.source)
            if self.entry.flag(key):
                self.states.setdefault(name, label)


def _listed(kind: str, form: Form) -> Form:
    """One choice or several out of a list, or a list that respondents add to."""
    entry = form.entry
    form.fields["kind"] = kind
    if kind in {"single", "multi_answer"} and entry.flag("allowCustomChoices"):
        mentions = "one" if kind == "single" else "several"
        form.fields |= {"kind": "open_coded", "mentions": mentions}
    form.add_options("choices")
    form.add_special()
    order = entry.text("choicesOrder")
    form.fields |= {"option_list": "complete"}
    if order == "random":
        form.fields["option_order"] = "random"
    elif order not in {"", "none"}:
        form.lost.append(f"choices in the order {order!r}; here they stand as in the file")
    if form.fields["kind"] == "multi_answer":
        least, most = entry.whole("minSelectedChoices"), entry.whole("maxSelectedChoices")
        form.fields |= {"min_selected": least, "max_selected": most or None}
    return form


def _single(form: Form) -> Form:
    return _listed("single", form)


def _several(form: Form) -> Form:
    return _listed("multi_answer", form)


def _picture(form: Form) -> Form:
    return _listed("multi_answer" if form.entry.flag("multiSelect") else "single", form)


def _boolean(form: Form) -> Form:
    """Yes or no."""
    options = []
    taken: set[str] = set()
    for side, usual in (("True", "Yes"), ("False", "No")):
        raw = form.entry.raw(f"value{side}") or side.lower()
        label = {form.source: usual} | form.entry.texts(f"label{side}", form.source)
        options.append({"code": form.code(raw, taken), "label": label})
    form.fields |= {"kind": "single", "option_list": "complete", "options": options}
    return form


def _rating(form: Form) -> Form:
    """A scale: its values, or numbers from the lowest to the highest."""
    entry = form.entry
    form.fields |= {"kind": "ordered", "option_list": "complete"}
    form.add_options("rateValues")
    if not form.fields["options"]:
        low, high = entry.number("rateMin"), entry.number("rateMax")
        step = entry.number("rateStep") or Decimal(1)
        low = Decimal(1) if low is None else low
        count = entry.whole("rateCount")
        if high is None:
            high = low + step * ((count or 5) - 1)
        if step < 0 or not low <= high <= low + step * _MOST_RATINGS:
            entry.refuse("rateMax", f"wanted 1 to {_MOST_RATINGS} values")
        taken: set[str] = set()
        for place in range(int((high - low) / step) + 1):
            value = f"{low + step * place:f}"
            option = {"code": form.code(value, taken), "label": {form.source: value}}
            form.fields["options"].append(option | {"score": float(value)})
    return form


def _text(form: Form) -> Form:
    """A field: a number, a date or free text."""
    entry = form.entry
    shape = entry.text("inputType")
    patterns = {
        rule.text("regex") for rule in entry.objects("validators") if rule.text("type") == "regex"
    }
    if shape in {"number", "range"} and YEAR in patterns:
        return _date("year", form)
    if shape in {"number", "range"}:
        return _number(form)
    if shape in {"date", "datetime-local"}:
        return _date("day", form)
    if shape == "month":
        return _date("month", form)
    entry.seen.discard("validators")
    if shape not in {"", "text"}:
        form.lost.append(f"only {shape!r} is accepted; here any text is")
    form.fields["kind"] = "text"
    return form


def _number(form: Form) -> Form:
    entry = form.entry
    low, high = entry.number("min"), entry.number("max")
    step = None if entry.data.get("step") == "any" else entry.number("step")
    places = [_places(value) for value in (low, high, step) if value is not None]
    if step is None:
        form.lost.append("how many decimals a number has; here as many as its limits")
    elif step != Decimal(1).scaleb(-_places(step)):
        form.lost.append(f"numbers in steps of {step}")
    form.lost.append("the unit is not in the file")
    limits = {"minimum": low, "maximum": high, "decimals": max(places, default=0)}
    form.fields |= {"kind": "number", "unit": "not stated", **limits}
    return form


def _places(value: Decimal) -> int:
    """How many decimals a number has."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _date(precision: str, form: Form) -> Form:
    entry = form.entry
    form.fields |= {"kind": "date", "precision": precision}
    for key, name in (("min", "earliest"), ("max", "latest")):
        if precision == "year":
            year = entry.whole(key)
            form.fields[name] = None if year is None else f"{year:04d}"
        elif (limit := entry.text(key)).startswith("="):
            form.lost.append(f"the limit {limit!r}")
        else:
            form.fields[name] = (limit[:10] if precision == "day" else limit) or None
    if entry.text("inputType") == "datetime-local":
        form.lost.append("the time of day")
    return form


def _comment(form: Form) -> Form:
    form.fields["kind"] = "text"
    return form


def _matrix(form: Form) -> Form:
    """A grid; what its cells are follows from `cellType`."""
    entry = form.entry
    several = entry.text("cellType") == "checkbox"
    cells = "multi_answer" if several else "single"
    form.fields |= {"kind": "grid", "cells": cells, "option_list": "complete"}
    form.add_options("columns")
    taken: set[str] = set()
    rows = []
    for row in entry.values("rows"):
        raw = row.raw("value")
        if not raw:
            row.refuse("value", "a row without a value")
        if raw in form.rows.values():
            row.refuse("value", f"the row '{raw}' stands twice", code="ROW-REPEATED")
        called = slug(raw, taken)
        form.rows[called] = raw
        if called != raw:
            form.lost.append(f"the row '{raw}' is called '{called}' here")
        rows.append({"id": called, "text": {form.source: raw} | row.texts("text", form.source)})
    if not rows:
        form.fields["options"] = []
    form.fields["rows"] = rows
    return form


#: Types of SurveyJS, and how each is read. Others are listed as lost.
KINDS: Mapping[str, Callable[[Form], Form]] = MappingProxyType(
    {
        "radiogroup": _single,
        "dropdown": _single,
        "buttongroup": _single,
        "checkbox": _several,
        "tagbox": _several,
        "imagepicker": _picture,
        "boolean": _boolean,
        "rating": _rating,
        "text": _text,
        "comment": _comment,
        "matrix": _matrix,
    }
)
