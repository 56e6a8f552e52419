"""The data-quality page of a wave: what became of rows and cells, and what needs a look."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import surveylib
from surveylib.errors import MethodError, MissingExtraError
from surveylib.instrument.question import in_language
from surveylib.present import quality_words as words
from surveylib.present.files import write
from surveylib.present.numbers import percent
from surveylib.present.quality_cells import cells
from surveylib.present.quality_checks import checks
from surveylib.present.quality_found import found, personal
from surveylib.present.quality_rows import rows
from surveylib.present.quality_rules import rules

if TYPE_CHECKING:
    import jinja2

    from surveylib.wave.door import Ingested

#: The file that the page is written to.
PAGE = "quality.html"


class Head(NamedTuple):
    """What the page is about: its title, its facts, whether answers are made up, what it found."""

    title: str
    facts: tuple[tuple[str, str, str], ...]
    simulated: str
    stated: bool
    summary: tuple[str, ...]


def write_quality(ingested: Ingested, folder: Path | str) -> Path:
    """Write `quality.html`: whether a wave can be used, and what somebody should look at.

    The page is one file that loads nothing and runs no script. It shows no id, no text of a
    question with restricted disclosure and no text that holds an address. The same wave gives the
    same bytes.

    Args:
        ingested: A wave with its accounts, as `ingest` gives it.
        folder: The folder to write; made if it is not there.

    Raises:
        MethodError: `folder` is a file.
        MissingExtraError: The `report` extra is not installed.
        OutputError: The folder cannot be written; what was there before is untouched.
    """
    place = Path(folder)
    if place.exists() and not place.is_dir():
        message = f"{place} is a file; wanted a folder to write {PAGE} into"
        raise MethodError(message)
    write(place, {PAGE: quality_page(ingested)})
    return place / PAGE


def quality_page(ingested: Ingested) -> str:
    """The data-quality page as text.

    Args:
        ingested: A wave with its accounts.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    about: dict[str, Any] = {
        "head": _head(ingested),
        "rows": rows(ingested),
        "cells": cells(ingested),
        "respondents": words.number(ingested.wave.rows),
        "checks": [*found(ingested), *checks(ingested), personal(ingested)],
        "rules": rules(ingested),
        "sha256": ingested.wave.sha256,
    }
    template = _environment().get_template("quality.html.jinja")
    return template.render(language="en", untranslated="not translated", **about)


def _head(ingested: Ingested) -> Head:
    wave, manifest = ingested.wave, ingested.wave.manifest
    file = Path(ingested.taken.issues.file).name
    facts = [
        ("Wave", wave.name, ""),
        ("Questionnaire", in_language(wave.instrument.title), ""),
        ("Version", f"{wave.instrument.id} {wave.instrument.version}", ""),
        ("File", file, ""),
    ]
    if wave.sha256:
        facts.append(("SHA-256", wave.sha256[:12], wave.sha256))
    if manifest is not None:
        dates = manifest.field_dates
        told = "unknown" if isinstance(dates, str) else f"{dates.first} to {dates.last}"
        facts.append(("Fieldwork", told, ""))
    facts.append(("Respondents", words.number(wave.rows), ""))
    return Head(
        title=f"Data quality: wave {wave.name}",
        facts=tuple(facts),
        simulated=manifest.simulated if manifest else "",
        stated=manifest is not None,
        summary=_summary(ingested),
    )


def _summary(ingested: Ingested) -> tuple[str, ...]:
    told, manifest = ingested.accounts, ingested.wave.manifest
    limit = (
        f" wave.yaml allows at most {percent(float(manifest.most_quarantined))}."
        if manifest
        else ""
    )
    rows_taken = words.of(told.accepted, told.rows_read)
    held = words.of(told.cells_quarantined, told.cells_given)
    in_cells = f"{held} of the cells with a value are in quarantine."
    return (
        f"{rows_taken} of the rows are respondents of the wave.",
        f"{in_cells if told.cells_given else 'No cell has a value.'}{limit}",
    )


def _environment() -> jinja2.Environment:
    """The templates, each text in them escaped unless it is our own style.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 - an extra, opened when first used
        from markupsafe import Markup  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise MissingExtraError.of("report", "the page on data quality") from error
    style = "".join(map(_shelf, ("page.css", "instrument.css", "quality.css")))
    environment = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(_shelf),
    )
    environment.globals |= {
        "style": Markup(style),  # noqa: S704 - our own files
        "software": surveylib.__version__,
    }
    return environment


def _shelf(name: str) -> str:
    """A file that lies beside this module."""
    return resources.files("surveylib.present").joinpath(name).read_text("utf-8")
