"""What is wrong with the columns of a data frame, whatever is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import Fault, ResponsesError, listed, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What messages call a frame.
FRAME = "the data frame"


def check_names(frame: object) -> None:
    """Refuse a frame of pandas whose columns cannot be told apart, or have no names.

    Args:
        frame: A frame of any library.

    Raises:
        ResponsesError: Names that are no texts, or stand twice.
    """
    if not type(frame).__module__.startswith("pandas"):
        return
    names = list(getattr(frame, "columns", ()))
    wrong = [name for name in names if not isinstance(name, str)]
    twice = [name for place, name in enumerate(names) if name in names[:place]]
    for found, what in ((wrong, "names that are no texts"), (twice, "the same name twice")):
        if found:
            raise ResponsesError([
                Fault(
                    code="FRAME-NAMES",
                    what=f"columns of a data frame have {what}",
                    got=listed(map(str, dict.fromkeys(found))),
                    wanted="a text for each column, and another one for each",
                    todo="rename the columns",
                )
            ])  # fmt: skip


def check_cells(
    columns: Mapping[str, Any], schema: Mapping[str, Any], names: Sequence[str]
) -> None:
    """Refuse columns whose cells hold more than one number or text.

    Args:
        columns: The columns of a frame.
        schema: What each holds, as narwhals says.
        names: Which columns; those that are not there are passed over.

    Raises:
        ResponsesError: Cells with lists or the like.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    faults = []
    for name in dict.fromkeys(names):
        kind = schema.get(name)
        found = str(kind) if isinstance(kind, nw.List | nw.Array | nw.Struct) else ""
        if kind == nw.Object:
            found = next((show(one) for one in columns[name].tolist() if _is_several(one)), "")
        if found:
            what = f"column {show(name)} holds lists or the like in its cells"
            todo = "make a column of each part"
            faults.append(
                Fault(code="FRAME-CELLS", what=what, file=FRAME, got=found,
                      wanted="one number or text in each cell", todo=todo)
            )  # fmt: skip
    if faults:
        raise ResponsesError(faults)


def _is_several(value: object) -> bool:
    """Whether a cell holds several values."""
    return isinstance(value, list | tuple | dict | set | frozenset | np.ndarray)
