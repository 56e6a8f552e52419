"""A study as one self-contained HTML page, with its tables beside it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import surveylib
from surveylib.analysis.change import all_changes
from surveylib.analysis.change import check_options as check_change_options
from surveylib.analysis.changes import Change, Changes, Refusal
from surveylib.analysis.estimate import check_options as check_estimate_options
from surveylib.analysis.estimate import estimate
from surveylib.analysis.results import Estimate, Estimates, NotPrinted
from surveylib.errors import MethodError, MissingExtraError, NotEstimableError
from surveylib.instrument.question import Banded, in_language
from surveylib.present import chart, numbers, references, sentence
from surveylib.present.files import write
from surveylib.present.table import to_csv
from surveylib.wave.model import PublishedWave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from surveylib.analysis.study import AnyWave, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report wrote: the page, and the tables beside it."""

    page: Path
    tables: tuple[Path, ...]


def _silent(_step: str) -> None:
    """Show no progress."""


def report(
    study: Study,
    out: str | Path,
    *,
    interval: str = "wilson",
    method: str = "newcombe",
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
    progress: Callable[[str], None] = _silent,
) -> Report:
    """Write a study as one HTML page, with its tables as CSV and JSON beside it.

    The same study gives the same bytes. Files are replaced only when all of them are ready.

    Args:
        study: The study.
        out: The folder to write; made if it is not there.
        interval: A name in `surveylib.stats.intervals.METHODS`.
        method: A name in `surveylib.stats.differences.METHODS`.
        confidence_level: Nominal coverage, above 0 and below 1.
        design_effect: Assumed for every wave, at least 1.
        progress: Called with the name of each step.

    Raises:
        MissingExtraError: The `report` extra is not installed.
        MethodError: `out` is a file, or no such method or level.
        OutputError: The folder cannot be written; what was there before is untouched.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> written = sl.report(study, "build/report")
        >>> written.page.name, [path.name for path in written.tables]
        ('index.html', ['estimates.csv', 'changes.csv', 'not_compared.csv', 'study.json'])
    """
    check_change_options(study, "independent", method, confidence_level, design_effect)
    check_estimate_options(study, interval, confidence_level)
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; wanted a folder to write the report into"
        raise MethodError(message)
    progress("Estimating")
    assumed: dict[str, float] = {
        "confidence_level": confidence_level,
        "design_effect": design_effect,
    }
    estimates = _all_estimates(study, interval=interval, **assumed)
    progress("Comparing waves")
    changes = all_changes(study, method=method, interval=interval, **assumed)
    progress("Drawing the page")
    files = {
        "index.html": _page(study, estimates, changes, _Methods(interval, method, **assumed)),
        **_tables(study, estimates, changes),
    }
    progress("Writing")
    write(folder, files)
    paths = [folder / name for name in files]
    return Report(page=paths[0], tables=tuple(paths[1:]))


class _Methods(NamedTuple):
    """What a page was computed with."""

    interval: str
    difference: str
    confidence_level: float
    design_effect: float


def _tables(study: Study, estimates: Estimates, changes: Changes) -> dict[str, str]:
    """The tables beside the page, by file name."""
    ends = ("from_estimate", "to_estimate")
    whole = {
        "schema": "surveylib.study/1",
        "survey": study.manifest.survey,
        "estimates": estimates.to_dict(),
        "changes": changes.to_dict(),
    }
    return {
        "estimates.csv": to_csv(Estimate, estimates.rows),
        "changes.csv": to_csv(Change, changes.rows, ends),
        "not_compared.csv": to_csv(Refusal, changes.refused, ends),
        "study.json": json.dumps(whole, ensure_ascii=False, indent=1) + "\n",
    }


def _all_estimates(study: Study, **options: Any) -> Estimates:
    """Every printed figure of every question, groups included."""
    rows: list[Estimate] = []
    missing: list[NotPrinted] = []
    for wave in study.waves:
        domains = wave.groups() if isinstance(wave, PublishedWave) else ("",)
        for question in wave.instrument.items:
            printed: set[str] = set()
            for domain in domains:
                try:
                    found = estimate(wave, question.id, where=domain, **options)
                except NotEstimableError:
                    continue
                rows += found.rows
                printed |= {row.answer for row in found.rows}
            missing += (
                []
                if not isinstance(wave, PublishedWave)
                else [
                    NotPrinted(wave=wave.name, question=question.id, answer=code)
                    for code in question.answer_codes
                    if code not in printed
                ]
            )
    return Estimates(rows=tuple(rows), not_printed=tuple(missing))


def _page(study: Study, estimates: Estimates, changes: Changes, methods: _Methods) -> str:
    try:
        import jinja2  # noqa: PLC0415 - an extra, opened when first used
        from markupsafe import Markup  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError.of("report", "a report") from error
    shelf = resources.files("surveylib.present")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {
        "percent": numbers.percent,
        "points": numbers.points,
        "share": numbers.share,
        "base": numbers.base,
        "verdict": numbers.verdict_name,
        "p": numbers.p_values,
    }
    template = environment.from_string(shelf.joinpath("page.html.jinja").read_text("utf-8"))
    series = chart.series([*changes.rows, *changes.refused])
    charted = {id(entry) for group in series for entry in group}
    return template.render(
        study=study,
        title=in_language(study.manifest.title),
        version=surveylib.__version__,
        style=Markup(shelf.joinpath("page.css").read_text("utf-8")),  # noqa: S704 - our own file
        series=[_series(group, Markup) for group in series],
        others=[entry for entry in changes.refused if id(entry) not in charted],
        **_found(study, estimates, changes),
        **_computed(methods),
    )


def _found(study: Study, estimates: Estimates, changes: Changes) -> dict[str, Any]:
    """What the page says of the study's figures."""
    return {
        "headlines": _headlines(study, estimates),
        "findings": _findings(changes),
        "counts": {"compared": len(changes.rows), "refused": len(changes.refused)},
        "verdicts": _MARKS,
        "questions": _questions(study, estimates),
        "printed": [(wave, entry) for wave in study.waves for entry in wave.printed],
        "smaller": [row for row in estimates.rows if "base-smaller" in row.flags],
        "pages": _Sources(study),
    }


def _computed(methods: _Methods) -> dict[str, Any]:
    """What the page says of its methods."""
    interval, difference = methods.interval, methods.difference
    return {
        "level": f"{methods.confidence_level * 100:g}",
        "design_effect": f"{methods.design_effect:g}",
        "interval": (interval, sentence.method_source("interval", interval)),
        "method": (difference, sentence.method_source("difference", difference)),
        "formulas": references.FORMULAS,
        "references": references.REFERENCES,
    }


class _Sources:
    """Every source of every wave, numbered in order of appearance."""

    def __init__(self, study: Study) -> None:
        self.listed: dict[str, tuple[int, str, str]] = {}
        for wave in study.waves:
            for entry in wave.manifest.sources if wave.manifest else ():
                number = len(self.listed) + 1
                self.listed.setdefault(entry.address, (number, entry.title, entry.kind))

    def number(self, address: str) -> int:
        """The number of a source by its address."""
        return self.listed[address][0]


_MARKS = {
    "increased": "▲",
    "decreased": "▼",
    "no change shown": "=",
    "undetermined by rounding": "?",
}
_ORDER = tuple(_MARKS)


def _headlines(study: Study, estimates: Estimates) -> list[str]:
    chosen = [reference.partition("/") for reference in study.manifest.headlines]
    return [
        sentence.estimate(row, study.manifest.respondents)
        for question, _, answer in chosen
        for row in estimates.rows
        if (row.question, row.answer, row.domain) == (question, answer, "")
    ]


def _findings(changes: Changes) -> list[dict[str, str]]:
    """The changes in sentences: what changed first, what stays open last."""
    ordered = sorted(
        changes.rows, key=lambda row: (_ORDER.index(row.verdict), row.comparability != "identical")
    )
    return [
        {
            "mark": _MARKS[row.verdict],
            "verdict": row.verdict,
            "title": sentence.title(row),
            "text": sentence.body(row),
            "care": sentence.care(row),
        }
        for row in ordered
    ]


def _series(group: Sequence[Change | Refusal], markup: Callable[[str], str]) -> dict[str, Any]:
    """One panel: its chart, its changes, and the pairs that are not joined."""
    rows = [entry for entry in group if isinstance(entry, Change)]
    first = rows[0]
    notes = dict.fromkeys(note for row in rows for note in row.notes)
    rows.sort(key=lambda row: (row.steps > 1, row.from_wave, row.to_wave))
    return {
        "title": f"{first.to_estimate.title}: {first.to_estimate.answer_text}",
        "id": f"change-{first.question}-{first.answer}",
        "svg": markup(chart.svg(chart.panel(group))),
        "rows": rows,
        "refused": [entry for entry in group if isinstance(entry, Refusal)],
        "notes": list(notes),
        "alt": " ".join(sentence.change(row) for row in rows),
    }


def _questions(study: Study, estimates: Estimates) -> list[dict[str, Any]]:
    """Each question with its figures, a table for each wave that asked it."""
    found = []
    for name in study.question_ids:
        waves = [wave for wave in study.waves if name in wave.instrument.question_ids]
        asked = [_asked(wave, name, estimates) for wave in waves]
        if any(entry["rows"] for entry in asked):
            title = waves[-1].instrument.question(name).heading
            found.append({"id": name, "title": title, "asked": asked})
    return found


def _asked(wave: AnyWave, name: str, estimates: Estimates) -> dict[str, Any]:
    question = wave.instrument.question(name)
    rows = [row for row in estimates.rows if (row.wave, row.question) == (wave.name, name)]
    gone = [
        question.label(entry.answer)
        for entry in estimates.not_printed
        if (entry.wave, entry.question) == (wave.name, name)
    ]
    read = question.as_read() if isinstance(question, Banded) else {}
    return {
        "wave": wave.name,
        "text": in_language(question.text),
        "question": question,
        "rows": [_bar(row) for row in rows],
        "gone": gone,
        "bands": [_band(question.label(code), ends) for code, ends in read.items()],
        "about": _about(wave, name, rows),
    }


def _about(wave: AnyWave, name: str, rows: Iterable[Estimate]) -> str:
    """Kind, known options, period and base of a question, in plain words."""
    question = wave.instrument.question(name)
    kind = str(getattr(question, "kind", "")).replace("_", " ").replace("multi ", "multiple-")
    parts = [f"{kind} question"]
    if getattr(question, "option_list", "") == "partial":
        parts.append("only some options are known")
    parts.append(_period(question.period))
    bases = dict.fromkeys(row.base for row in rows if not row.domain)
    return "; ".join([*parts, *(f"base: {base}" for base in bases)])


def _period(period: str) -> str:
    """A reference period in plain words.

    >>> _period("P3Y"), _period("not_stated")
    ('over 3 years', 'no period stated')
    """
    words = {"not_stated": "no period stated", "unknown": "period unknown"}
    units = {"Y": "year", "M": "month", "W": "week", "D": "day"}
    found = re.fullmatch(r"P(\d+)([YMWD])", period)
    if found:
        plural = "" if found[1] == "1" else "s"
        return f"over {found[1]} {units[found[2]]}{plural}"
    return words.get(period, period)


def _band(label: str, ends: tuple[int, int | None]) -> str:
    low, high = ends
    return f"“{label}” is read as {low} {'or more' if high is None else f'to {high}'}"


def _bar(row: Estimate) -> dict[str, Any]:
    """A row of a table with where its marks stand, in percent of the axis from 0 to 1."""
    low = row.estimate_low if row.envelope_low is None else row.envelope_low
    high = row.estimate_high if row.envelope_high is None else row.envelope_high
    return {
        "row": row,
        "left": f"{low * 100:.2f}",
        "width": f"{(high - low) * 100:.2f}",
        "dot": None if row.estimate is None else f"{row.estimate * 100:.2f}",
        "box": (
            f"{row.estimate_low * 100:.2f}",
            f"{(row.estimate_high - row.estimate_low) * 100:.2f}",
        ),
        "known": row.envelope_low is not None,
        "notes": row.notes,
    }
