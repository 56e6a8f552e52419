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
    from surveylib.present.codebook import write_pages
    from surveylib.present.drafted import draft_wave
    from surveylib.present.exchange import export_instrument, save_draft
    from surveylib.present.quality import write_quality
    from surveylib.present.report import Report, report
    from surveylib.present.responses import export_responses
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
    "Sums": "wave.sums",
    "Target": "wave.weighting",
    "Wave": "wave.responses",
    "Weighting": "wave.weighting",
    "Weights": "analysis.weight",
    "mix": "analysis.weight",
    "weight": "analysis.weight",
    "load_weighting": "wave.weighting_file",
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
    "save_draft": "present.exchange",
    "write_pages": "present.codebook",
    "write_quality": "present.quality",
    "write_refused": "wave.store",
    "load_study": "analysis.loading",
    "load_sums": "wave.sums",
    "load_wave": "wave.opened",
    "report": "present.report",
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
    "ReadOptions",
    "Refusal",
    "Report",
    "Sensitivity",
    "Shift",
    "Shifts",
    "Standardised",
    "Study",
    "Sums",
    "Target",
    "Trend",
    "Trends",
    "TurnoverTable",
    "Turnovers",
    "Wave",
    "Weighting",
    "Weights",
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
    "report",
    "save_draft",
    "sensitivity",
    "shift",
    "standardise",
    "stats",
    "trend",
    "turnover",
    "weight",
    "write_pages",
    "write_quality",
    "write_refused",
]


def _shown_by(module: str, function: str) -> Any:
    """A view that opens its room when a result is first shown."""

    def show(result: object) -> Any:
        return getattr(import_module(f"surveylib.present.{module}"), function)(result)

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
