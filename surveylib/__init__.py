"""Repeated surveys: versioned questionnaires, shares with intervals, and what changed.

The front door: public names, nothing is computed here. Rooms are opened when first used, so that
`import surveylib` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from surveylib.analysis.results import VIEWS

if TYPE_CHECKING:
    from surveylib import errors, stats
    from surveylib.analysis.bounded import BoundedChange, BoundedShare, Sensitivity
    from surveylib.analysis.change import change
    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.analysis.check import check, lint
    from surveylib.analysis.crosstab import Crosstab, crosstab
    from surveylib.analysis.decompose import decompose
    from surveylib.analysis.decompositions import Decomposition, Decompositions
    from surveylib.analysis.estimate import estimate
    from surveylib.analysis.loading import load_study
    from surveylib.analysis.plan import Plan, plan
    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.analysis.sensitivity import sensitivity
    from surveylib.analysis.shift import shift, turnover
    from surveylib.analysis.shifts import Shift, Shifts, Turnovers, TurnoverTable
    from surveylib.analysis.standardise import Standardised, standardise
    from surveylib.analysis.study import Study
    from surveylib.analysis.trend import trend
    from surveylib.analysis.trends import NoTrend, Trend, Trends
    from surveylib.analysis.weight import Weights, mix, weight
    from surveylib.instrument.crosswalk import Crosswalk, load_crosswalk
    from surveylib.instrument.exchange import formats, import_instrument
    from surveylib.instrument.library import load_instrument, load_versions
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.succession import new_version
    from surveylib.present.chart import alt_text
    from surveylib.present.chart_saving import save_chart
    from surveylib.present.codebook import write_pages
    from surveylib.present.disclosure import Protected, protect
    from surveylib.present.disclosure_audit import Audit, audit
    from surveylib.present.disclosure_rules import Protection
    from surveylib.present.drafted import draft_wave
    from surveylib.present.exchange import export_instrument, save_draft
    from surveylib.present.quality import write_quality
    from surveylib.present.report import Report, report
    from surveylib.present.responses import export_responses
    from surveylib.present.standards import Rule, Standard, judge
    from surveylib.present.statements import state
    from surveylib.present.tables import table, write_data, write_workbook
    from surveylib.present.theme import Size, Theme
    from surveylib.wave.design import Design
    from surveylib.wave.door import Ingested, ingest
    from surveylib.wave.opened import load_wave
    from surveylib.wave.readers.base import ReadOptions
    from surveylib.wave.responses import Wave
    from surveylib.wave.store import write_refused
    from surveylib.wave.sums import Sums, collapse, load_sums
    from surveylib.wave.weighting import Target, Weighting
    from surveylib.wave.weighting_file import load_weighting

__version__ = "0.1.0"

_HOME = {
    "Audit": "present.disclosure_audit",
    "Protected": "present.disclosure",
    "Protection": "present.disclosure_rules",
    "Rule": "present.standards",
    "Standard": "present.standards",
    "audit": "present.disclosure_audit",
    "judge": "present.standards",
    "protect": "present.disclosure",
    "BoundedChange": "analysis.bounded",
    "BoundedShare": "analysis.bounded",
    "Change": "analysis.changes",
    "Changes": "analysis.changes",
    "Decomposition": "analysis.decompositions",
    "Decompositions": "analysis.decompositions",
    "Design": "wave.design",
    "Estimate": "analysis.results",
    "Estimates": "analysis.results",
    "Crosstab": "analysis.crosstab",
    "Crosswalk": "instrument.crosswalk",
    "Ingested": "wave.door",
    "Instrument": "instrument.model",
    "ReadOptions": "wave.readers.base",
    "Refusal": "analysis.changes",
    "Report": "present.report",
    "Standardised": "analysis.standardise",
    "Study": "analysis.study",
    "standardise": "analysis.standardise",
    "Size": "present.theme",
    "Sums": "wave.sums",
    "Target": "wave.weighting",
    "Theme": "present.theme",
    "Wave": "wave.responses",
    "Weighting": "wave.weighting",
    "Weights": "analysis.weight",
    "mix": "analysis.weight",
    "weight": "analysis.weight",
    "load_weighting": "wave.weighting_file",
    "alt_text": "present.chart",
    "change": "analysis.change",
    "collapse": "wave.sums",
    "crosstab": "analysis.crosstab",
    "check": "analysis.check",
    "decompose": "analysis.decompose",
    "draft_wave": "present.drafted",
    "estimate": "analysis.estimate",
    "export_instrument": "present.exchange",
    "export_responses": "present.responses",
    "formats": "instrument.exchange",
    "import_instrument": "instrument.exchange",
    "ingest": "wave.door",
    "lint": "analysis.check",
    "load_crosswalk": "instrument.crosswalk",
    "load_instrument": "instrument.library",
    "load_versions": "instrument.library",
    "new_version": "instrument.succession",
    "save_chart": "present.chart_saving",
    "save_draft": "present.exchange",
    "table": "present.tables",
    "write_data": "present.tables",
    "write_pages": "present.codebook",
    "write_quality": "present.quality",
    "write_refused": "wave.store",
    "write_workbook": "present.tables",
    "load_study": "analysis.loading",
    "load_sums": "wave.sums",
    "load_wave": "wave.opened",
    "report": "present.report",
    "state": "present.statements",
    "NoTrend": "analysis.trends",
    "Trend": "analysis.trends",
    "Trends": "analysis.trends",
    "trend": "analysis.trend",
    "Shift": "analysis.shifts",
    "Shifts": "analysis.shifts",
    "TurnoverTable": "analysis.shifts",
    "Turnovers": "analysis.shifts",
    "Plan": "analysis.plan",
    "plan": "analysis.plan",
    "Sensitivity": "analysis.bounded",
    "sensitivity": "analysis.sensitivity",
    "shift": "analysis.shift",
    "turnover": "analysis.shift",
}

__all__ = [
    "Audit",
    "BoundedChange",
    "BoundedShare",
    "Change",
    "Changes",
    "Crosstab",
    "Crosswalk",
    "Decomposition",
    "Decompositions",
    "Design",
    "Estimate",
    "Estimates",
    "Ingested",
    "Instrument",
    "NoTrend",
    "Plan",
    "Protected",
    "Protection",
    "ReadOptions",
    "Refusal",
    "Report",
    "Rule",
    "Sensitivity",
    "Shift",
    "Shifts",
    "Size",
    "Standard",
    "Standardised",
    "Study",
    "Sums",
    "Target",
    "Theme",
    "Trend",
    "Trends",
    "TurnoverTable",
    "Turnovers",
    "Wave",
    "Weighting",
    "Weights",
    "alt_text",
    "audit",
    "change",
    "check",
    "collapse",
    "crosstab",
    "decompose",
    "draft_wave",
    "errors",
    "estimate",
    "export_instrument",
    "export_responses",
    "formats",
    "import_instrument",
    "ingest",
    "judge",
    "lint",
    "load_crosswalk",
    "load_instrument",
    "load_study",
    "load_sums",
    "load_versions",
    "load_wave",
    "load_weighting",
    "mix",
    "new_version",
    "plan",
    "protect",
    "report",
    "save_chart",
    "save_draft",
    "sensitivity",
    "shift",
    "standardise",
    "state",
    "stats",
    "table",
    "trend",
    "turnover",
    "weight",
    "write_data",
    "write_pages",
    "write_quality",
    "write_refused",
    "write_workbook",
]


def _shown_by(module: str, function: str) -> Any:
    """A view that opens its room when a result is first shown."""

    def show(result: object, *arguments: Any, **named: Any) -> Any:
        found = getattr(import_module(f"surveylib.present.{module}"), function)
        return found(result, *arguments, **named)

    return show


VIEWS.update(
    text=_shown_by("table", "text"),
    html=_shown_by("table", "html"),
    explain=_shown_by("sentence", "explain"),
    chart=_shown_by("chart", "draw"),
)


def __getattr__(name: str) -> Any:
    if name in {"errors", "stats"}:
        return import_module(f"surveylib.{name}")
    if name not in _HOME:
        message = f"module 'surveylib' has no attribute '{name}'"
        raise AttributeError(message)
    return getattr(import_module(f"surveylib.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
