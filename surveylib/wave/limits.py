"""How much of a file may be in quarantine before no wave is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import Fault, QuarantineError

if TYPE_CHECKING:
    from surveylib.wave.ingest import Taken

#: Kinds of faults that are told; all of them stand in quarantine.csv.
_MOST_GROUPS = 30


def check_limit(file: str, taken: Taken, most: float) -> None:
    """Stop where more is in quarantine than may be.

    Args:
        file: The file, for the message.
        taken: What was taken of it.
        most: The share of cells that may be in quarantine.

    Raises:
        QuarantineError: It is more; carries what was taken.
    """
    share = taken.accounts.share_quarantined
    if share <= most:
        return
    raise QuarantineError(_faults(file, taken, share, most), taken)


def _faults(file: str, taken: Taken, share: float, most: float) -> list[Fault]:
    groups = [one for one in taken.issues.grouped() if one["action"] == "quarantined"]
    groups.sort(key=lambda one: -int(one["count"]))  # type: ignore[call-overload]
    what = (
        f"{taken.accounts.cells_quarantined} cells and {taken.accounts.quarantined} rows are in "
        f"quarantine: {share:.2%} of what was given, and {most:.2%} may be"
    )
    todo = "mend what is listed here, or allow more with most_quarantined"
    found = [Fault(code="QUARANTINE-LIMIT", what=what, file=file, todo=todo)]
    for one in groups[:_MOST_GROUPS]:
        lines = one["lines"]
        count = f"{one['count']} times: " if one["count"] != 1 else ""
        where = f"column {one['column']}, {one['question']}: " if one["column"] else ""
        found.append(
            Fault(
                code=str(one["code"]),
                what=f"{count}{where}{one['what']}",
                file=file,
                line=lines[0],  # type: ignore[index]
                got=f"'{one['raw']}'" if one["column"] else "",
                wanted=str(one["wanted"]),
                todo=str(one["todo"]),
            )
        )
    if len(groups) > _MOST_GROUPS:
        what = f"and {len(groups) - _MOST_GROUPS} more kinds, all in quarantine.csv"
        found.append(Fault(code="QUARANTINE-LIMIT", what=what, file=file))
    return found
