"""Turn what pydantic finds into faults with a file, a line and something to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from surveylib.errors import Fault, listed, nearest, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.instrument.yamltext import Document, Place

Model = TypeVar("Model", bound=BaseModel)


class Frozen(BaseModel):
    """The base of every model read from a file: frozen, and without keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Problem = tuple["Place", str, str, dict[str, str]]


def problem(place: Place, code: str, what: str, **parts: str) -> Problem:
    """One fault found by a model's own checks: its place inside that model, and its parts."""
    return (place, code, what, parts)


def refuse(title: str, problems: Sequence[Problem]) -> NoReturn:
    """Raise everything that a model's own checks found, from inside a pydantic validator.

    Raises:
        ValidationError: Always; pydantic puts the model's place in front of each fault's.
    """
    details = [
        InitErrorDetails(
            type=PydanticCustomError("surveylib", "{what}", {"code": code, "what": what, **parts}),
            loc=place,
            input="",
        )
        for place, code, what, parts in problems
    ]
    raise ValidationError.from_exception_data(title, details)


def validate(document: Document, model: type[Model]) -> tuple[Model | None, list[Fault]]:
    """Build a model from a document.

    Returns:
        The model, or None, and the faults in the order of the file. What could not be read as YAML
        has its faults already and gets no more.
    """
    if document.faults and not document.data:
        return None, []
    if not isinstance(document.data, dict) or not document.data:
        what = "the file holds no keys"
        return None, [document.fault((), "FILE-EMPTY", what, todo="begin with 'format:'")]
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        return None, as_faults(error, document, model)


def as_faults(
    error: ValidationError,
    document: Document,
    model: type[BaseModel],
    base: Place = (),
) -> list[Fault]:
    """Translate a validation error.

    Args:
        error: What pydantic raised.
        document: The file the data came from.
        model: The model that was built.
        base: Where the model's data stands in the file.
    """
    found = []
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and _has_faults_inside(detail["loc"], details):
            continue  # pydantic counts the good items only
        place = _place_in_file(document.data, base, detail["loc"])
        code, what, parts = _explain(dict(detail), model)
        found.append(document.fault(place, code, what, **parts))
    return sorted(found, key=lambda fault: fault.line or 0)


def _has_faults_inside(loc: tuple[int | str, ...], details: Sequence[Any]) -> bool:
    return any(len(one["loc"]) > len(loc) and one["loc"][: len(loc)] == loc for one in details)


def _place_in_file(data: Any, base: Place, loc: Iterable[str | int]) -> Place:
    """The place in the file of a pydantic location, which also names the kinds of a union."""
    place: list[str | int] = []
    node, kind = data, None
    for part in (*base, *loc):
        if part == kind:
            kind = None  # the name of a kind, which may be that of a key too
            continue
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if inside:
            node = node[part]
            kind = node.get("kind") if isinstance(node, dict) else None
            place.append(part)
    return tuple(place)


Explained = tuple[str, str, dict[str, str]]


def _explain(detail: dict[str, Any], model: type[BaseModel]) -> Explained:
    """Code, sentence and parts for one of pydantic's findings."""
    kind, got = detail["type"], detail["input"]
    context: dict[str, Any] = detail.get("ctx", {})
    name = next((part for part in reversed(detail["loc"]) if isinstance(part, str)), "")
    if kind == "surveylib":
        told: dict[str, str] = {
            key: str(context[key]) for key in ("got", "wanted", "todo") if key in context
        }
        return str(context["code"]), str(context["what"]), told
    if kind == "extra_forbidden":
        return _explain_unknown(name, _known_keys(model.model_json_schema(), detail["loc"][:-1]))
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _explain_kind(context)
    shown: dict[str, str] = {} if isinstance(got, dict | list) else {"got": show(got)}
    message = str(detail["msg"]).removeprefix("Value error, ")
    plain: dict[str, Explained] = {
        "missing": ("KEY-MISSING", f"key '{name}' is missing", {"todo": f"add '{name}:'"}),
        "literal_error": (
            "VALUE",
            f"'{name}' has no such value",
            {**shown, "wanted": str(context.get("expected"))},
        ),
        "too_short": ("VALUE", f"'{name}' is empty", {"wanted": "at least one entry"}),
        **dict.fromkeys(("tuple_type", "list_type"), ("VALUE", f"'{name}' is not a list", shown)),
        **dict.fromkeys(
            ("dict_type", "model_type", "model_attributes_type"),
            ("VALUE", f"'{name}' has no keys", {**shown, "wanted": "keys with values"}),
        ),
        "string_pattern_mismatch": (
            "VALUE",
            f"'{name}' is not a name",
            {**shown, "wanted": str(context.get("pattern"))},
        ),
    }
    return plain.get(kind, ("VALUE", f"'{name}': {message[0].lower()}{message[1:]}", shown))


def _explain_unknown(name: str, known: Sequence[str]) -> Explained:
    if name == "decide":
        todo = "read what is said above it, correct the entry or leave it, and delete the line"
        return "PROPOSAL-UNDECIDED", "a proposal that nobody has decided on", {"todo": todo}
    guess = nearest(name, known)
    todo = f"did you mean '{guess}'?" if guess else "remove it"
    return "KEY-UNKNOWN", f"unknown key {show(name)}", {"wanted": listed(known), "todo": todo}


def _explain_kind(context: dict[str, Any]) -> Explained:
    wanted = str(context.get("expected_tags", "")) or "a 'kind'"
    tag = str(context.get("tag", ""))
    guess = nearest(tag, wanted.replace("'", "").split(", "))
    parts = {"wanted": wanted}
    if guess:
        parts["todo"] = f"did you mean '{guess}'?"
    what = f"unknown kind {show(tag)}" if tag else "key 'kind' is missing"
    return "KIND-UNKNOWN", what, parts


def _known_keys(schema: dict[str, Any], loc: Iterable[str | int]) -> list[str]:
    """The keys that the object at a location may have, by the model's JSON schema."""
    definitions = schema.get("$defs", {})
    nodes = [schema]
    for part in loc:
        nodes = [step for node in nodes for step in _steps(node, part, definitions)]
    keys = [key for node in nodes for key in _resolve(node, definitions).get("properties", {})]
    return list(dict.fromkeys(keys))


def _resolve(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref", "")
    return definitions[reference.rsplit("/", 1)[-1]] if reference else node


def _steps(
    node: dict[str, Any], part: str | int, definitions: dict[str, Any]
) -> list[dict[str, Any]]:
    """Where one part of a location leads in a JSON schema."""
    node = _resolve(node, definitions)
    if isinstance(part, int):
        here = [node["items"]] if "items" in node else []
    elif part in node.get("properties", {}):
        here = [node["properties"][part]]
    elif part in node.get("discriminator", {}).get("mapping", {}):
        return [{"$ref": node["discriminator"]["mapping"][part]}]
    else:
        here = []
    for choice in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        here.extend(_steps(choice, part, definitions))
    return here
