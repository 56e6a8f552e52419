"""How much of a file may be in quarantine before no wave is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import Fault, QuarantineError, show

if TYPE_CHECKING:
    from surveylib.wave.ingest import Taken

#: Kinds of faults that are told; all of them stand in quarantine.csv.
_MOST_GROUPS = 30


def check_limit(file: str, taken: Taken, most: float, *, wanted: bool) -> None:
    """Stop where more is in quarantine than may be.

    Args:
        file: The file, for the message.
        taken: What was taken of it.
        most: The share of cells that may be in quarantine.
        wanted: Whether a wave is to come of it, which needs a respondent; a first look does not.

    Raises:
        QuarantineError: It is more, or there is no respondent; carries what was taken.
    """
    share = taken.accounts.share_quarantined
    if wanted and not taken.accounts.accepted:
        what = "no row of the file was accepted"
        todo = "see what became of them: summary.json and quarantine.csv"
        first = Fault(code="RESPONSES-NONE", what=what, file=file, todo=todo)
        raise QuarantineError([first, *_faults(file, taken, share, most)], taken)
    if share <= most:
        return
    raise QuarantineError(_faults(file, taken, share, most), taken)


def _faults(file: str, taken: Taken, share: float, most: float) -> list[Fault]:
    groups = [one for one in taken.issues.grouped() if one["action"] == "quarantined"]
    # The most frequent are told, in the order of the file.
    groups.sort(key=lambda one: -int(one["count"]))  # type: ignore[call-overload]
    told = sorted(groups[:_MOST_GROUPS], key=_place)
    cells, rows = taken.accounts.cells_quarantined, taken.accounts.quarantined
    counted = [f"{n} {name}{'s' * (n != 1)}" for n, name in ((cells, "cell"), (rows, "row")) if n]
    what = (
        f"in quarantine: {' and '.join(counted)}, {share:.2%} of what was given, "
        f"and {most:.2%} may be"
    )
    todo = "mend what is listed here, or allow more with most_quarantined"
    found = [Fault(code="QUARANTINE-LIMIT", what=what, file=file, todo=todo)]
    for one in told:
        lines = one["lines"]
        count = f"{one['count']} times: " if one["count"] != 1 else ""
        place = [f"column {one['column']}", *([str(one["question"])] if one["question"] else [])]
        where = f"{', '.join(place)}: " if one["column"] else ""
        found.append(
            Fault(
                code=str(one["code"]),
                what=f"{count}{where}{one['what']}",
                file=file,
                line=lines[0],  # type: ignore[index]
                got=show(one["raw"]) if one["column"] else "",
                wanted=str(one["wanted"]),
                todo=str(one["todo"]),
            )
        )
    if len(groups) > _MOST_GROUPS:
        what = f"and {len(groups) - _MOST_GROUPS} more kinds, all in quarantine.csv"
        found.append(Fault(code="QUARANTINE-LIMIT", what=what, file=file))
    return found


def _place(group: dict[str, object]) -> tuple[int, int, str]:
    """The first line and the column of a group; a whole row comes before its cells."""
    column = str(group["column"])
    return group["lines"][0], len(column), column  # type: ignore[index]
