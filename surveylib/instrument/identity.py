"""What a question and a questionnaire are, as hashes: the same hash, the same thing was asked."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from surveylib.instrument.wording import normalised

if TYPE_CHECKING:
    from collections.abc import Callable

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question

#: Fields that tell the reader about a question and are no part of what respondents saw.
_BESIDE = frozenset(
    [
        *("title", "note", "concept", "wording", "retired", "option_list", "disclosure"),
        *("net_of", "net_complete"),
    ]
)
#: Fields that hold a text for each language.
_TEXTS = frozenset({"text", "label", "asked"})


def _content(value: Any, text: Callable[[str], str], name: str = "") -> Any:
    """What of a model's plain data was asked, its texts passed through a function."""
    if isinstance(value, dict):
        return {
            key: _content(entry, text, name if name in _TEXTS else key)
            for key, entry in value.items()
            if key not in _BESIDE
        }
    if isinstance(value, list):
        return [_content(entry, text, name) for entry in value]
    return text(value) if name in _TEXTS and isinstance(value, str) else value


def _digest(content: Any) -> str:
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def content_hashes(question: Question) -> tuple[str, str]:
    """Identify what a question asks: SHA-256 of its content, exact and normalised.

    The hash covers everything that a respondent met, or that decides who was asked: text, kind,
    options with order and intervals, rows, limits, base, period, unit and the ways of not
    answering. Titles, notes, the concept and retired codes are left out.

    Returns:
        Two hexadecimal digests. The second stays the same under changes of typography.
    """
    # Without defaults: a field that models get later leaves old hashes alone.
    plain = question.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["missing"] = sorted(plain.get("missing", ()))
    return _digest(_content(plain, str)), _digest(_content(plain, normalised))


def instrument_hash(instrument: Instrument) -> str:
    """Identify what a version of a questionnaire asks: SHA-256 over its questions and settings.

    A wave's manifest holds it, so that a version that a wave has used cannot be edited unseen.
    Titles, notes, provenance, verdicts and the decisions on the version before are left out:
    they may be corrected later.

    Returns:
        64 hexadecimal digits.
    """
    whole = {
        "id": instrument.id,
        "version": instrument.version,
        "languages": list(instrument.languages),
        "population": instrument.population,
        "mode": list(instrument.mode),
        "introduction": instrument.introduction,
        "missing_labels": instrument.missing_labels,
        "sections": [list(section.questions) for section in instrument.sections],
        "questions": [content_hashes(question)[0] for question in instrument.questions],
    }
    return _digest({name: value for name, value in whole.items() if value})
