"""Move finished files to their places, all of them or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def swap_in(folder: Path, scratch: Path, names: Sequence[str]) -> None:
    """Move new files in and keep the old ones until all are there; on failure the old come back.

    Args:
        folder: Where the files go.
        scratch: A folder of the same file system that holds the new ones, and then the old.
        names: The files, which may stand in folders below.

    Raises:
        OSError: One of them cannot be moved; all are as they were.
    """
    old = scratch / ".old"
    old.mkdir()
    swapped: list[str] = []
    try:
        for name in names:
            swapped.append(name)
            if (folder / name).exists():
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).replace(old / name)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).replace(folder / name)
    except OSError:
        for name in swapped:
            if (old / name).exists():
                (old / name).replace(folder / name)
            elif not (scratch / name).exists():
                (folder / name).unlink(missing_ok=True)
        raise
