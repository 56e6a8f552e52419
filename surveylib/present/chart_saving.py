"""Charts as files: a picture, a drawing, the specification, or a page of its own."""

from __future__ import annotations

import json
import math
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.errors import MethodError, listed, show
from surveylib.present import chart
from surveylib.present.chart_look import engine
from surveylib.present.files import write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _png(spec: dict[str, Any], scale: float) -> bytes:
    return bytes(engine("a picture of a chart").vegalite_to_png(spec, scale=scale))


def _svg(spec: dict[str, Any], _scale: float) -> bytes:
    return str(engine("a drawing of a chart").vegalite_to_svg(spec)).encode("utf-8")


def _json(spec: dict[str, Any], _scale: float) -> bytes:
    return (json.dumps(spec, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")


def _html(spec: dict[str, Any], _scale: float) -> bytes:
    """A page that needs no script and nothing from elsewhere: the drawing, and its text."""
    drawn = str(engine("a page of a chart").vegalite_to_svg(spec))
    drawn = drawn[drawn.index("<svg") :]
    said = escape(spec["description"])
    page = (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{said.partition('. ')[0]}</title>"
        "<style>body{margin:2rem;background:#fff}svg{max-width:100%;height:auto}</style></head>\n"
        f'<body>\n<figure role="img" aria-label="{said}">\n{drawn}\n</figure>\n</body>\n</html>\n'
    )
    return page.encode("utf-8")


#: How a chart is written, by the ending of the file.
ENDINGS: Mapping[str, Callable[[dict[str, Any], float], bytes]] = MappingProxyType(
    {".png": _png, ".svg": _svg, ".json": _json, ".html": _html}
)
_LARGEST = 10


def save_chart(
    result: Any, path: str | Path, *, kind: str | None = None, scale: float | None = None,
    **options: Any,
) -> Path:  # fmt: skip
    """Draw a result into a file, without a browser and without the network.

    The same result gives the same bytes. `.png` is a picture, `.svg` a drawing, `.json` the
    Vega-Lite specification, `.html` a page that needs nothing else.

    Args:
        result: The result.
        path: Where to write; its ending says what.
        kind: As for `chart` of the result.
        scale: Of `.png`: how many dots for each pixel, above 0 and at most 10; 2 where left out.
        options: `theme`, `size` and others, as for `chart`.

    Raises:
        MethodError: No such ending, kind or scale.
        MissingExtraError: The `report` extra is not installed.
        OutputError: The file cannot be written.
    """
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        message = f"{show(path)} ends in {show(ending)}; choose one of {listed(ENDINGS)}"
        raise MethodError(message)
    if scale is not None and ending != ".png":
        message = f"scale= is of pictures: leave it out with '{ending}', which has no dots"
        raise MethodError(message)
    dots = 2.0 if scale is None else scale
    number = isinstance(dots, int | float) and not isinstance(dots, bool)
    if not number or not math.isfinite(dots) or not 0 < dots <= _LARGEST:
        message = f"scale: got {show(scale)}, wanted a number above 0 and at most {_LARGEST}"
        raise MethodError(message)
    spec = chart.draw(result, kind, **options).to_dict()
    write(target.parent, {target.name: ENDINGS[ending](spec, dots)})
    return target
