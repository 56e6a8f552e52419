"""Pages on a questionnaire: as respondents meet it, its codebook, the history of its versions."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import surveylib
from surveylib.errors import MethodError, MissingExtraError, show
from surveylib.instrument.identity import instrument_hash
from surveylib.instrument.model import Follows, Instrument
from surveylib.instrument.question import in_language
from surveylib.present import codebook_markdown as markdown
from surveylib.present import codebook_words as words
from surveylib.present.codebook_entries import entries, states_table
from surveylib.present.codebook_history import FATES, history
from surveylib.present.codebook_sheet import sheet, text_in
from surveylib.present.files import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jinja2

    from surveylib.present.codebook_sheet import Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What was written: every file, and the version history among them."""

    files: tuple[Path, ...]
    history: Path


def write_pages(versions: Sequence[Instrument], folder: str | Path) -> Pages:
    """Write what a questionnaire asks, its codebooks and its history, as HTML and Markdown.

    For each version `<version>/questionnaire.<language>.html`, for each of its languages, and
    `<version>/codebook.html`; for all of them `history.html`; each with the same as Markdown
    beside it. A page is one file that loads nothing and runs no script. The same versions give the
    same bytes. Files are replaced only when all of them are ready.

    Instruction words such as "One answer" are written in English, and in German on German pages;
    pages in other languages have them in English and say so.

    Args:
        versions: Versions of one questionnaire, oldest first.
        folder: The folder to write; made if it is not there.

    Raises:
        MethodError: No version, versions of several questionnaires, or a version twice; or
            `folder` is a file.
        MissingExtraError: The `report` extra is not installed.
        OutputError: The folder cannot be written.

    Example:
        >>> import tempfile
        >>> from surveylib.instrument.library import load_versions
        >>> versions = load_versions("instruments/organised_groups")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in write_pages(versions, folder).files if path.suffix == ".md"]
        ['questionnaire.en.md', 'questionnaire.de.md', 'codebook.md', 'history.md']
    """
    place = Path(folder)
    _check(versions, place)
    templates = _environment()
    shelves = {version.version: _version(version, templates) for version in versions}
    told = history(versions)
    title = _title(versions)
    page = _render(templates, "history", language="en", history=told, title=title, fates=FATES)
    whole = {
        "history.html": page,
        "history.md": markdown.history(told, title),
    }
    below = {f"{name}/{file}": text for name, one in shelves.items() for file, text in one.items()}
    write(place, {**below, **whole})
    return Pages(
        files=tuple(place / name for name in (*below, *whole)), history=place / "history.html"
    )


def _title(versions: Sequence[Instrument]) -> str:
    """The title that all versions have; where it changed, the id of the questionnaire."""
    titles = {in_language(version.title) for version in versions}
    return titles.pop() if len(titles) == 1 else versions[0].id


def _check(versions: Sequence[Instrument], folder: Path) -> None:
    """Refuse what is no list of versions of one questionnaire.

    Raises:
        MethodError: With what was got, and what was wanted.
    """
    if not versions or not all(isinstance(version, Instrument) for version in versions):
        message = "wanted versions of a questionnaire, oldest first, as sl.load_versions gives them"
        raise MethodError(message)
    if names := sorted({version.id for version in versions} - {versions[0].id}):
        message = f"versions of several questionnaires: {', '.join([versions[0].id, *names])}"
        raise MethodError(message)
    seen: set[str] = set()
    for version in versions:
        if version.version.casefold() in seen:
            message = f"version {show(version.version)} stands twice"
            raise MethodError(message)
        seen.add(version.version.casefold())
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; wanted a folder to write the pages into"
        raise MethodError(message)


def _version(instrument: Instrument, templates: jinja2.Environment) -> dict[str, str]:
    """The files of one version, by name."""
    files = {}
    for language in instrument.languages:
        page = sheet(instrument, language)
        files[f"questionnaire.{language}.html"] = _questionnaire(page, templates)
        files[f"questionnaire.{language}.md"] = markdown.questionnaire(page)
    about: dict[str, Any] = {
        "instrument": instrument,
        "title": text_in(instrument.title, "en", instrument.languages[0]),
        "entries": entries(instrument),
        "states": states_table(instrument),
        "hash": instrument_hash(instrument),
        "follows": _follows(instrument),
    }
    files["codebook.html"] = _render(templates, "codebook", language="en", **about)
    files["codebook.md"] = markdown.codebook(**about)
    return files


def _follows(instrument: Instrument) -> str:
    """Which version came before, in words."""
    follows = instrument.follows
    if isinstance(follows, Follows):
        return f"version {follows.version}"
    return "not known" if follows == "unknown" else "none named"


def _questionnaire(page: Sheet, templates: jinja2.Environment) -> str:
    def say(name: str, **parts: object) -> str:
        return words.phrase(page.language, name, **parts)

    return _render(
        templates,
        "questionnaire",
        sheet=page,
        instrument=page.instrument,
        language=page.language,
        spoken=words.spoken(page.language),
        say=say,
    )


def _environment() -> jinja2.Environment:
    """The templates, each text in them escaped unless it is our own style.

    Raises:
        MissingExtraError: Jinja is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 - an extra, opened when first used
        from markupsafe import Markup  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError.of("report", "a page on a questionnaire") from error
    style = _shelf("page.css") + _shelf("instrument.css")
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
        "own_name": words.OWN_NAMES.get,
    }
    return environment


def _shelf(name: str) -> str:
    """A file that lies beside this module."""
    return resources.files("surveylib.present").joinpath(name).read_text("utf-8")


def _render(templates: jinja2.Environment, name: str, *, language: str, **about: Any) -> str:
    untranslated = words.phrase(language, "untranslated")
    template = templates.get_template(f"{name}.html.jinja")
    return template.render(language=language, untranslated=untranslated, **about)
