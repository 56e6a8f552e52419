"""What became of the rows: taken, put into quarantine, or excluded by a stated rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from surveylib.present import quality_words as words
from surveylib.present.quality_cells import Part, parts
from surveylib.wave.quality import ALIKE_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.wave.door import Ingested


class Rows(NamedTuple):
    """The sum in a sentence, its bar, and what was decided on ids."""

    total: str
    bar: tuple[Part, ...]
    decided: tuple[str, ...]


def rows(ingested: Ingested) -> Rows:
    """What became of every row.

    Args:
        ingested: A wave with its accounts.
    """
    told = ingested.accounts
    excluded = sum(told.excluded.values())
    total = (
        f"{words.count(told.rows_read, 'row')} read = {words.number(told.accepted)} accepted + "
        f"{words.number(told.quarantined)} in quarantine + {words.number(excluded)} excluded."
    )
    bar = {
        "answered": ("accepted: they are the respondents of the wave", told.accepted),
        "invalid": ("in quarantine: see below", told.quarantined),
    }
    # Rules take turns in three patterns; the words beside each tell them apart.
    for place, (rule, n) in enumerate(told.excluded.items()):
        bar[f"rule rule-{place % 3} no-{place}"] = (f"excluded: {rule}", n)
    return Rows(total, parts(bar), tuple(_decided(ingested)))


def has_ids(ingested: Ingested) -> bool:
    """Whether ids were read, by which somebody who stands in the file twice could be found."""
    told, manifest = ingested.accounts, ingested.wave.manifest
    if manifest is not None:
        return manifest.respondent is not None
    if told.blank_ids or told.repeated_ids:
        return True
    return any(text is not None for text in ingested.wave.column(":respondent"))


def _decided(ingested: Ingested) -> Iterator[str]:
    told = ingested.accounts
    if not has_ids(ingested):
        yield (
            "No ids were read: rows are known by their record numbers, and whether somebody "
            "answered twice cannot be told by an id."
        )
    else:
        held = Counter(issue.code for issue in ingested.taken.issues.rows)
        blank = held["ROW-ID-BLANK"]
        yield _sum("row", "without an id", told.blank_ids, blank, told.blank_ids - blank)
        yield _repeated(ingested, held["ROW-ID-REPEATED"])
    alike = ingested.quality.alike
    who = f"{words.count(alike, 'respondent')} of {words.number(told.accepted)}"
    has = f"{who} {'has' if alike == 1 else 'have'}" if alike else "No respondent has"
    kept = " All of them are kept." if alike else ""
    yield (
        f"{has} the same answers as another, among those who answered at least {ALIKE_QUESTIONS} "
        f"questions; texts in own words are not compared.{kept}"
    )


def _sum(one: str, which: str, n: int, held: int, taken: int) -> str:
    if not n:
        return f"No {one} {which}."
    parts_told = [
        f"{words.number(count)} {what}"
        for count, what in ((held, "put into quarantine"), (taken, "taken"))
        if count
    ]
    return f"{words.count(n, one)} {which}: {' and '.join(parts_told)}."


def _repeated(ingested: Ingested, held: int) -> str:
    told = ingested.accounts
    if not told.repeated_ids:
        return "No id stands in more than one row."
    ids = words.count(told.repeated_ids, "id")
    stand = f"{ids} {'stands' if told.repeated_ids == 1 else 'stand'} in more than one row"
    if held:
        return f"{stand}: {words.count(held, 'row')} with such an id put into quarantine."
    return f"{stand}: none of these rows is in quarantine, those left out are among the excluded."
