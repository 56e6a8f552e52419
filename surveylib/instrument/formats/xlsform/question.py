"""One question of an XLSForm as plain data: what its row says, and what our columns add to it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveylib.errors import show
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform import expressions as xpath
from surveylib.instrument.formats.xlsform.cells import plain
from surveylib.instrument.formats.xlsform.constraints import understood

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from surveylib.instrument.formats.xlsform.cells import Row
    from surveylib.instrument.formats.xlsform.form import Form, Select

TYPES = {
    "integer": frozenset({"integer", "int", "add integer prompt", "q int", "range"}),
    "decimal": frozenset({"decimal", "add decimal prompt", "q decimal"}),
    "text": frozenset({"text", "string", "add text prompt", "q string"}),
    "date": frozenset({"date", "add date prompt", "q date"}),
}
#: Columns that are read, or that only our own writing explains.
_READ = frozenset(
    {
        *("type", "name", "label", "required", "relevant", "constraint", "constraint_message"),
        *("calculation", "appearance", "parameters", "disabled"),
    }
)
_SHOWN_OTHERWISE = frozenset({"field-list", "table-list", "label", "list-nolabel"})
_KINDS = {
    "one": ("single", "ordered", "banded", "open_coded"),
    "several": ("multi_answer", "open_coded"),
    "text": ("text", "text_quantity"),
}
UNKNOWN = "not stated"


@dataclass(slots=True)
class Attached:
    """Rows that belong to a question though they stand by themselves.

    Args:
        write_ins: Codes of options that take a text, by the name of the question.
        states: The row that offers ways of not answering, by the name of the question.
    """

    write_ins: dict[str, list[str]] = field(default_factory=dict)
    states: dict[str, Row] = field(default_factory=dict)


@dataclass(slots=True)
class Plain:
    """A question as plain data.

    Args:
        base: What every form says.
        limits: What its constraint says.
        ours: What our columns say; it takes the place of the rest where it fits.
    """

    base: dict[str, Any]
    limits: dict[str, Any] = field(default_factory=dict)
    ours: dict[str, Any] = field(default_factory=dict)


def slug(name: str, taken: Collection[str]) -> str:
    """A name as an id that is not taken yet.

    >>> slug("My-Name", ()), slug("_1", ()), slug("a", ["a"])
    ('my_name', 'q_1', 'a_2')
    """
    base = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    base = base if re.match(r"[a-z]", base) else f"q_{base}".rstrip("_")
    found, count = base, 1
    while found in taken:
        count += 1
        found = f"{base}_{count}"
    return found


def structured(form: Form, row: Row, column: str, sheet: str) -> dict[str, Any]:
    """What one of our columns holds as JSON; nothing where it is empty."""
    raw = plain(row.get(column))
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    what = f"column '{column}' holds no JSON object"
    todo = "undo the change, or empty the cell"
    form.fault("XLSFORM-EXTRA", what, sheet=sheet, line=row.line, got=show(raw), todo=todo)
    return {}


def kind_of(row: Row) -> str:
    """What kind of answer a row asks for: a number, a text or a date; empty for any other."""
    told = " ".join(row.get("type").split()).lower()
    return next((kind for kind, names in TYPES.items() if told in names), "")


def lose_rest(form: Form, row: Row) -> None:
    """List what a row says that has no place in a question."""
    name = row.get("name")
    for (column, language), text in row.cells.items():
        if column not in _READ and not column.startswith("surveylib_"):
            shown = f"{column}::{language}" if language else column
            form.lose(name, f"column '{shown}' left out: {show(text)}")
    dates = {"year", "month-year"} if kind_of(row) == "date" else set()
    appearance = row.get("appearance").split()
    if left := [word for word in appearance if word not in _SHOWN_OTHERWISE | dates]:
        form.lose(name, f"appearance left out: {show(' '.join(left))}")
    for text in row.texts("label").values():
        if re.search(r"\$\{[^}]*\}", text):
            form.lose(name, "its text shows another answer, which stands as it is written there")


def text_of(form: Form, row: Row) -> dict[str, str]:
    """The text of a question; in the source language, another or its name where there is none."""
    texts = form.texts(row)
    if form.source not in texts:
        instead = next(iter(texts.values()), row.get("name"))
        form.lose(row.get("name"), f"no text in '{form.source}': {show(instead)} stands there")
        texts = {form.source: instead} | texts
    return texts


def title_of(form: Form, row: Row) -> dict[str, str]:
    """The short title of a question, where it exists in the source language."""
    title = form.texts(row, "surveylib_title")
    return title if form.source in title else {}


def with_list(form: Form, row: Row, chosen: Select, attached: Attached, wanted: str) -> Plain:
    """A question with a list of choices.

    Args:
        form: The form.
        row: The question's row; for a grid, its first one.
        chosen: What its type says.
        attached: Which of its choices take a text.
        wanted: The kind that our own column names.
    """
    choices = form.lists[chosen.list_name]
    states = [state for state in OFFERED if state in choices]
    states = states if len(states) < len(choices) else []
    says, left = _limits(row, "multiple" if chosen.several else "one")
    alone = says.pop("exclusive", [])
    _lose_constraint(form, row, left)
    if "min_selected" in says and set(says.pop("escapes", [])) != {*states, *alone}:
        form.lose(row.get("name"), "which choices free of the lowest number of ticks")
    plain_options, full = _options(form, row, [choices[c] for c in choices if c not in states])
    if chosen.other and "other" not in choices:
        label = {form.source: "Other"}
        plain_options.append({"code": "other", "label": label})
        full.append({"code": "other", "label": label})
    written = {*attached.write_ins.get(row.get("name"), ()), *(["other"] if chosen.other else [])}
    for option in (*plain_options, *full):
        if option["code"] in written:
            option["write_in"] = True
        if option["code"] in alone:
            option["exclusive"] = True
    kind = "multi_answer" if chosen.several else "single"
    base = {"kind": kind, "options": plain_options, "option_list": "complete", "missing": states}
    if _parameters(row).get("randomize") == "true":
        base["option_order"] = "random"
    found = Plain(base=base, limits=says)
    if wanted in _KINDS["several" if chosen.several else "one"]:
        found.ours = {"kind": wanted, "options": full}
        if wanted == "open_coded":
            found.ours["mentions"] = "several" if chosen.several else "one"
    elif wanted == "grid":
        found.ours = {"options": full}
    return found


def _options(
    form: Form, question: Row, rows: Sequence[Row]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Options as every form has them, and with what our columns add."""
    base: list[dict[str, Any]] = []
    ours: list[dict[str, Any]] = []
    asked = question.get("name")
    folded: set[str] = set()
    for row in rows:
        code = _code(form, asked, row.get("name"), folded)
        label = form.texts(row)
        if form.source not in label:
            instead = next(iter(label.values()), row.get("name"))
            form.lose(asked, f"choice '{code}' has no text in '{form.source}'")
            label = {form.source: instead} | label
        for column, _ in row.cells:
            if column not in {"list_name", "name", "label"} and not column.startswith("surveylib_"):
                form.lose(asked, f"column '{column}' of its choices left out")
        option = {"code": code, "label": label}
        base.append(option)
        more = structured(form, row, "surveylib_more", "choices")
        if score := row.get("surveylib_score"):
            more["score"] = score
        if interval := row.get("surveylib_interval"):
            more["interval"] = interval.split("..")
        ours.append(dict(option) | more)
    return base, ours


def _code(form: Form, question: str, name: str, folded: set[str]) -> str:
    """A choice's name as a code that the eye does not take for another one."""
    base = re.sub(r"[^A-Za-z0-9_.+-]", "_", name)
    code, count = base, 1
    while code.casefold().lstrip("0") in folded:
        count += 1
        code = f"{base}_{count}"
    folded.add(code.casefold().lstrip("0"))
    if code != name:
        form.lose(question, f"choice {show(name)} has the code '{code}' here")
    return code


def _parameters(row: Row) -> dict[str, str]:
    pairs = re.findall(r"([A-Za-z-]+)\s*=\s*([^\s;,]+)", row.get("parameters"))
    return {name.lower(): value for name, value in pairs}


def _limits(row: Row, kind: str, precision: str = "day") -> tuple[dict[str, Any], str]:
    """What a constraint says, and as text what of it no question can say."""
    raw = row.get("constraint")
    if not raw:
        return {}, ""
    node = xpath.parse(raw)
    if node is None:
        return {}, raw
    says, left = understood(node, kind, precision)
    return says, " and ".join(xpath.write(term) for term in left)


def _lose_constraint(form: Form, row: Row, left: str) -> None:
    if left:
        form.lose(row.get("name"), f"constraint left out: {show(left)}")
        if row.texts("constraint_message"):
            form.lose(row.get("name"), "the message of its constraint left out")


def without_list(form: Form, row: Row, kind: str, states: Sequence[str]) -> Plain:
    """A question for a number, a date or a text."""
    found = Plain(base={"kind": "number", "unit": UNKNOWN, "missing": list(states)})
    precision = "day"
    if kind == "date":
        shown = row.get("appearance").split()
        precision = "year" if "year" in shown else "month" if "month-year" in shown else "day"
        found.base = {"kind": "date", "precision": precision, "missing": list(states)}
    elif kind == "text":
        found.base = {"kind": "text", "missing": list(states)}
        if row.get("surveylib_kind") in _KINDS["text"]:
            found.ours["kind"] = row.get("surveylib_kind")
    says, left = _limits(row, kind, precision)
    _lose_constraint(form, row, left)
    if kind == "decimal" and "decimals" not in says:
        says["decimals"] = 15
        form.lose(row.get("name"), "how many decimals is not said: up to 15 are accepted")
    if row.get("type").lower() == "range":
        says |= _range(form, row)
    found.limits = says
    return found


def _range(form: Form, row: Row) -> dict[str, Any]:
    """A range is a number between two limits; its step is lost."""
    told = _parameters(row)
    step = told.get("step", "1")
    form.lose(row.get("name"), f"a range in steps of {step}: any number between the limits")
    decimals = len(step.partition(".")[2])
    limits = {"minimum": told.get("start", "0"), "maximum": told.get("end", "10")}
    return limits | ({"decimals": decimals} if decimals else {})


def grid_rows(form: Form, group: Row, asked: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of a grid; their names often begin with the name of the group."""
    found: list[dict[str, Any]] = []
    taken: set[str] = set()
    for row in asked:
        name = row.get("surveylib_id") or row.get("name")
        before = group.get("surveylib_id") or group.get("name")
        if name[len(before) : len(before) + 1] in {".", "_"} and name.startswith(before):
            name = name[len(before) + 1 :] or name
        given = slug(name, taken)
        taken.add(given)
        if given != name:
            form.lose(row.get("name"), f"is the row '{given}' here")
        entry: dict[str, Any] = {"id": given, "text": text_of(form, row)}
        if title := title_of(form, row):
            entry["title"] = title
        for field_name in ("concept", "note"):
            if told := plain(row.get(f"surveylib_{field_name}")):
                entry[field_name] = told
        found.append(entry)
    return found
