"""Sums as the columns of a file, and back: keys, sums of rows, and sums of replicate weights."""

from __future__ import annotations

import base64
import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.fetched import factored
from surveylib.wave.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def columns_of(totals: Totals) -> dict[str, Any]:
    """Keys and sums as columns; those of R replicate weights as R columns.

    Args:
        totals: The sums.
    """
    found = {f"key {name}": _key(totals, name) for name in totals.keys}
    for name, column in totals.sums.items():
        if column.ndim == 1:
            found[f"sum {name}"] = column
        else:
            found |= {f"sum {name} {place}": each for place, each in enumerate(column.T.copy())}
    return found


def texts_of(totals: Totals) -> list[str]:
    """The keys whose values are written as texts.

    Args:
        totals: The sums.
    """
    return [name for name, values in totals.values.items() if not _are_whole(values)]


def repeated_of(totals: Totals) -> list[str]:
    """The sums that stand in several columns.

    Args:
        totals: The sums.
    """
    return [name for name, column in totals.sums.items() if column.ndim > 1]


def _are_whole(values: Sequence[Any]) -> bool:
    return all(isinstance(one, int) and not isinstance(one, bool) for one in values)


def _key(totals: Totals, name: str) -> Any:
    """The values of a key, line by line: whole numbers as they are, others as texts."""
    values = totals.values[name]
    if _are_whole(values):
        return np.array(values, np.int64)[totals.keys[name]]
    texts = np.array([None if one is None else json.dumps(one, default=str) for one in values],
                     np.object_)  # fmt: skip
    return texts[totals.keys[name]]


def totals_of(described: Mapping[str, Any], found: Mapping[str, Any]) -> Totals:
    """The sums that a file holds.

    Args:
        described: Its `texts`, its `repeated` and its `design`.
        found: Its columns.
    """
    texts = set(described["texts"])
    keys, values = {}, {}
    for column, cells in found.items():
        name = column.removeprefix("key ")
        if name == column:
            continue
        plain = np.asarray(cells)
        if name in texts:
            pairs = zip(plain.tolist(), np.ma.getmaskarray(cells).tolist(), strict=True)
            known = [None if none or not one else json.loads(one) for one, none in pairs]
            plain = np.array([*known, None], np.object_)[:-1]  # so that it holds no lists
        keys[name], values[name] = factored(np.asarray(plain))
    sums = {
        column.removeprefix("sum "): np.asarray(cells)
        for column, cells in found.items()
        if column.startswith("sum ")
    }
    many = range(len(described["design"]["replicate_weights"]))
    for name in described["repeated"]:
        sums[name] = np.stack([sums.pop(f"{name} {place}") for place in many], axis=1)
    return Totals(keys=keys, values=values, sums=sums)


def encoded(products: Mapping[Any, Floats]) -> list[list[Any]]:
    """Symmetric matrices by value, as texts.

    Args:
        products: Value → (R, R).
    """
    found = []
    for value, whole in products.items():
        lower = np.ascontiguousarray(whole[np.tril_indices(len(whole))], "<f8")
        found.append([value, base64.b64encode(zlib.compress(lower.tobytes())).decode()])
    return found


def decoded(texts: Sequence[Sequence[Any]]) -> dict[Any, Floats]:
    """Symmetric matrices by value.

    Args:
        texts: As `encoded` gives them.

    >>> decoded(encoded({2020: np.array([[1.0, 2.0], [2.0, 5.0]])}))[2020].tolist()
    [[1.0, 2.0], [2.0, 5.0]]
    """
    found = {}
    for value, text in texts:
        lower = np.frombuffer(zlib.decompress(base64.b64decode(text)), "<f8")
        count = int((np.sqrt(8 * len(lower) + 1) - 1) / 2 + 0.5)
        whole = np.zeros((count, count))
        whole[np.tril_indices(count)] = lower
        found[value] = whole + np.tril(whole, -1).T
    return found
