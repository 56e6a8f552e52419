"""Charts that a notebook shows as pictures, made without a browser and without the network.

A picture and no drawing: a browser sets a drawing in letters of its own, and cuts off wider ones.
Opened by the first chart only, as classes of Altair's are named here.
"""

from __future__ import annotations

from struct import unpack
from typing import TYPE_CHECKING, Any

import altair as alt

from surveylib.present.chart_look import engine

if TYPE_CHECKING:
    from collections.abc import Callable

#: For each pixel, so that letters are sharp on screens with small ones.
_DOTS = 2


def _bundle(chart: Any, usual: Callable[[], Any]) -> Any:
    """The picture of a chart, with its text for those who do not see it.

    Altair's usual page takes its scripts from the network. Another renderer was chosen by the
    reader, and is asked.

    Args:
        chart: The chart.
        usual: What Altair would show.
    """
    if alt.renderers.active != "default":
        return usual()
    # Data as they stand, whatever turns data into files elsewhere in the notebook.
    spec = chart.to_dict(context={"pre_transform": False})
    configured = spec.setdefault("config", {})
    if configured.get("background", "transparent") == "transparent":
        configured["background"] = "white"  # or dark letters would stand on a dark notebook
    said = spec.get("description", "A chart.")
    picture = bytes(engine("a chart in a notebook").vegalite_to_png(spec, scale=_DOTS))
    # Width and height stand there in every PNG: ISO/IEC 15948, 11.2.2.
    width, height = (dots / _DOTS for dots in unpack(">II", picture[16:24]))
    kept = {"image/png": picture, "text/plain": said}
    return kept, {"image/png": {"width": width, "height": height, "alt": said}}


class VConcatChart(alt.VConcatChart):
    """Panels below each other, shown as a picture."""

    def _repr_mimebundle_(self, *given: Any, **named: Any) -> Any:
        return _bundle(self, lambda: super(VConcatChart, self)._repr_mimebundle_(*given, **named))


def shown(chart: alt.VConcatChart) -> VConcatChart:
    """The same chart, which shows itself in a notebook without the network; so do its copies.

    Letters on a transparent ground get white paper: a theme with light letters names a background.

    Args:
        chart: A chart.
    """
    # Not `chart.__class__ =`, which Altair would take for a part of the specification.
    object.__setattr__(chart, "__class__", VConcatChart)
    return chart  # type: ignore[return-value]
