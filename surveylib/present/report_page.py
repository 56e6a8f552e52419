"""The page of a report: templates, which a folder of one's own can replace, and what fills them."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import surveylib
from surveylib.errors import MethodError, MissingExtraError, listed
from surveylib.instrument.question import in_language
from surveylib.present import numbers, report_origin
from surveylib.present.report_findings import MARKS, findings
from surveylib.present.report_questions import apart, sections
from surveylib.present.report_together import told_apart
from surveylib.present.statements_voice import Voice

if TYPE_CHECKING:
    import jinja2

    from surveylib.analysis.changes import Changes
    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.analysis.study import Study
    from surveylib.analysis.whole import Whole
    from surveylib.present.report_earlier import News

#: The files that a page is made of; each can be replaced by one of the same name.
TEMPLATES = (
    "page.html.jinja",
    "page_findings.jinja",
    "page_news.jinja",
    "page_who.jinja",
    "page_question.jinja",
    "page_method.jinja",
    "page_script.jinja",
    "page.css",
)
#: Up to so many comparisons are all printed on paper; of more, those of open tables.
_MOST_PRINTED = 400
#: Verdicts as they are counted: "4 show an increase".
_COUNTED = {
    "increased": "show an increase",
    "decreased": "show a decrease",
    "no change shown": "show no change",
    "no change beyond the margin": "show no change beyond the margin",
    "undetermined by rounding": "are undetermined by rounding",
    "undetermined by overlap": "are undetermined by overlap",
}


class Told(NamedTuple):
    """What a page tells.

    Args:
        study: The study.
        estimates: Its shares, as they may be printed.
        changes: Its changes, likewise.
        options: How they were computed.
        news: What an earlier report did not say; None without one.
        protected: What was done so that nobody can be recognised; None where nothing was asked.
        standard: The standard of reliability that was looked at; empty for none.
    """

    study: Study
    estimates: Estimates
    changes: Changes
    options: Whole
    news: News | None
    protected: tuple[str, ...] | None
    standard: str


def check_templates(folder: str | Path | None) -> Path | None:
    """Refuse a folder that replaces nothing.

    Args:
        folder: Where one's own templates stand; None for none.

    Returns:
        The folder.

    Raises:
        MethodError: There is no such folder, or no file in it has the name of one of ours.
    """
    if folder is None:
        return None
    place = Path(folder)
    if not place.is_dir():
        message = f"templates is {place}; wanted a folder with files such as {TEMPLATES[0]}"
        raise MethodError(message)
    if not any((place / name).is_file() for name in TEMPLATES):
        message = f"no file in {place} replaces one of ours; wanted {listed(TEMPLATES)}"
        raise MethodError(message)
    return place


def environment(folder: Path | None) -> jinja2.Environment:
    """Where templates are read: from a folder first, then ours.

    Args:
        folder: Where one's own templates stand; None for none.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import jinja2  # noqa: PLC0415 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", "a report") from error
    shelf = resources.files("surveylib.present")
    ours = jinja2.DictLoader({name: shelf.joinpath(name).read_text("utf-8") for name in TEMPLATES})
    own = [] if folder is None else [jinja2.FileSystemLoader(folder)]
    found = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.ChoiceLoader([*own, ours]),
    )
    found.filters |= {
        "percent": numbers.percent,
        "points": numbers.points,
        "share": numbers.share,
        "base": numbers.base,
        "verdict": numbers.verdict_name,
        "p": numbers.p_values,
        "method": numbers.method,
        "limits": _limits,
        "withheld": numbers.is_withheld,
        "count": "{:,}".format,
    }
    return found


def _limits(row: Estimate) -> str:
    """The interval over every possible count, in percent and short: it stands below each share.

    That of a mean is in the unit of the number.
    """
    low, high = row.envelope_low, row.envelope_high
    if low is None or high is None:
        return "–"
    if row.statistic not in numbers.SHARES:
        return numbers.interval(low, high, row)
    return f"{low * 100:.1f}–{high * 100:.1f}"


def render(told: Told, folder: Path | None) -> str:
    """Write the page.

    Args:
        told: What it tells.
        folder: Where one's own templates stand; None for none.

    Raises:
        MissingExtraError: The `report` extra is not installed.
        MethodError: A template of one's own is wrong.
    """
    made = environment(folder)
    import jinja2  # noqa: PLC0415 - it is there, or the line above has said so
    from markupsafe import Markup  # noqa: PLC0415 - it comes with jinja2

    voice = Voice.of("en", told.study)
    made.filters["group"] = lambda row: voice.within(row.to_wave, row.domain)
    try:
        script = made.get_template("page_script.jinja").render()
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        return made.get_template("page.html.jinja").render(
            script=Markup(script),  # noqa: S704 - a template of ours or the user's own, no data
            script_hash=f"sha256-{digest}",
            **_filled(told),
        )
    except jinja2.TemplateError as error:
        if folder is None:
            raise
        at = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        message = f"a template in {folder}{at} cannot be used: {error}"
        raise MethodError(message) from error


def _filled(told: Told) -> dict[str, Any]:
    """Everything that the templates show."""
    study, estimates = told.study, told.estimates
    changes = told_apart(estimates, told.changes)
    return {
        "study": study,
        "title": in_language(study.manifest.title),
        "version": surveylib.__version__,
        "found": findings(study, estimates, changes),
        "counted": _COUNTED,
        "marks": MARKS,
        "news": told.news,
        "caveats": tuple(dict.fromkeys((*estimates.caveats, *changes.caveats))),
        "sections": sections(study, estimates, changes),
        "apart": apart(changes.refused),
        "wave_notes": report_origin.notes(study),
        "done": changes.done,
        "quality": [] if told.protected is not None else report_origin.quality(study),
        "protected": told.protected or (),
        "printed": [(wave, entry) for wave in study.waves for entry in wave.printed],
        "smaller": [row for row in estimates.rows if "base-smaller" in row.flags],
        "pages": report_origin.Sources(study),
        "designs": {wave.name: report_origin.design_of(wave) for wave in study.waves},
        "origin": report_origin.origin(study),
        "print_all": len(changes.rows) <= _MOST_PRINTED,
        "of_figures": any(row.certainty != "counted" for row in estimates.rows),
        "by_answers": any(row.standard_error is not None for row in changes.rows),
        "design": " ".join(dict.fromkeys(filter(None, (estimates.design, changes.design)))),
        "samples": told.options.samples,
        "standard": told.standard,
        # Changes are judged by the same shares again.
        "checked": tuple(filter(None, [estimates.checked])),
        **report_origin.computed(told.options, changes),
    }
