"""Write an instrument as YAML that reads back as the same instrument, in any YAML reader."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from surveylib.instrument.yamltext import read_elsewhere_as

if TYPE_CHECKING:
    from pydantic import BaseModel

_WIDTH = 100
_MAP = "tag:yaml.org,2002:map"
#: Lists and mappings shorter than this stand on one line.
_SHORT = 88
#: Characters at which YAML 1.1 breaks lines and 1.2 does not: written escaped.
_ESCAPED = re.compile("[\x85\u2028\u2029\ufeff]")


def dump(model: BaseModel) -> str:
    """Write a model of an instrument as YAML.

    Values that other readers would turn into something else (`no`, `1-10`, `2024-01-02`) are
    quoted. What has its default value is left out.

    Args:
        model: An Instrument, or a part of one.

    Example:
        >>> from surveylib.instrument.options import Option
        >>> print(dump(Option(code="no", label={"en": "No"})), end="")
        code: "no"
        label: {en: "No"}
    """
    plain = model.model_dump(mode="python", by_alias=True, exclude_defaults=True)
    root = yaml.MappingNode(_MAP, _pairs(plain), flow_style=False)
    return yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True, width=_WIDTH)


def _pairs(value: dict[str, Any]) -> list[tuple[yaml.Node, yaml.Node]]:
    if "kind" in value and "id" in value:  # what a reader looks for first
        value = {"id": value["id"], "kind": value["kind"], **value}
    return [(_scalar(str(name)), _node(entry, str(name))) for name, entry in value.items()]


def _node(value: Any, key: str = "") -> yaml.Node:
    if isinstance(value, dict):
        return yaml.MappingNode(_MAP, _pairs(value), flow_style=_fits(value))
    if isinstance(value, list | tuple):
        inside = "interval" if key in {"interval", "values", "gaps"} else ""
        nodes = [_node(entry, inside) for entry in value]
        return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=_fits(value))
    return _scalar(value) if isinstance(value, str) else _plain(_written(value))


def _written(value: Any) -> str:
    """A number, a truth value or an open end, as the models read them."""
    if value is None:
        return "open"  # the only place for nothing is the end of a band
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _plain(text: str) -> yaml.ScalarNode:
    tag = read_elsewhere_as(text)
    return yaml.ScalarNode(tag, text)


def _scalar(text: str) -> yaml.ScalarNode:
    """A text, in double quotes where a plain one would be read as something else."""
    resolved = read_elsewhere_as(text)
    ambiguous = resolved != "tag:yaml.org,2002:str" or not re.fullmatch(r"[A-Za-z][\w.-]*", text)
    spoken = re.fullmatch(r"[A-Za-z][\w ,.()'–-]*[\w.)]", text) and " " in text
    style = '"' if _ESCAPED.search(text) or (ambiguous and not spoken) else None
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=style)


def _fits(value: Any) -> bool:
    """Whether a collection is short enough for one line, and holds no long text."""
    return len(_flow(value)) <= _SHORT


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(entry)}' for key, entry in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_flow(entry) for entry in value)}]"
    return f'"{value}"'
