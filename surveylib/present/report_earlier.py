"""What a report says that an earlier one did not: new waves, findings, verdicts, numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveylib.analysis.study import COMPARABLE
from surveylib.errors import Fault, StudyError, show
from surveylib.present import numbers
from surveylib.present.report_findings import told_once
from surveylib.present.statements import change, ranked
from surveylib.present.statements_voice import Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from surveylib.analysis.changes import Change, Changes
    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.analysis.study import Study

    Name = tuple[str, ...]

#: The file of a report that holds all its numbers, and its layout.
TABLE, SCHEMA = "study.json", "surveylib.study/1"
#: Shares that differ by less were printed alike.
_ALIKE = 0.0005
#: So many of each kind are told one by one.
_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What this report says that an earlier one did not.

    Args:
        waves: Waves that the earlier one did not have.
        gone: Waves that only the earlier one had.
        questions: Titles of questions that it did not have.
        answers: Answers that it did not have, of questions that it had.
        findings: Statements on changes that it did not show, or could not.
        verdicts: Changes that both have, and on which they say something else.
        moved: Shares that both have, with other numbers.
        refused: Pairs that it compared and that are not compared any more.
        more: How many further ones of any kind there are.
    """

    waves: tuple[str, ...]
    gone: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    findings: tuple[str, ...]
    verdicts: tuple[str, ...]
    moved: tuple[str, ...]
    refused: tuple[str, ...]
    more: int

    @property
    def nothing(self) -> bool:
        """Whether both say the same."""
        return not any(
            (self.waves, self.gone, self.questions, self.answers, self.findings, self.verdicts,
             self.moved, self.refused)
        )  # fmt: skip


def read_earlier(folder: str | Path, survey: str) -> dict[str, Any]:
    """The numbers of an earlier report.

    Args:
        folder: The folder that it was written into.
        survey: The study's name, which it must be of.

    Raises:
        StudyError: There is none, it cannot be read, or it is of another study.
    """
    path = Path(folder) / TABLE
    todo = "give the folder that sl.report wrote, with its study.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        if not isinstance(found, dict):
            raise TypeError("no table")  # noqa: TRY301 - told with what else cannot be read
        [row["wave"] for row in found["estimates"]["rows"]]
        [row["verdict"] for row in found["changes"]["rows"]]
        known = {"schema": found["schema"], "survey": found["survey"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = "the earlier report cannot be read"
        fault = Fault(code="REPORT-EARLIER", what=what, file=str(path), got=show(error), todo=todo)
        raise StudyError([fault]) from error
    wanted = {"schema": SCHEMA, "survey": survey}
    if known != wanted:
        what = "the earlier report is of another study, or of another layout"
        got = f"{known['survey']} ({known['schema']})"
        fault = Fault(code="REPORT-EARLIER", what=what, file=str(path), got=show(got),
                      wanted=f"{survey} ({SCHEMA})", todo=todo)  # fmt: skip
        raise StudyError([fault])
    return found


def news(study: Study, estimates: Estimates, changes: Changes, earlier: Mapping[str, Any]) -> News:
    """Compare what is said now with what an earlier report said.

    Only what both may print is compared: nothing that is withheld now is told from the earlier one.

    Args:
        study: The study.
        estimates: Its shares.
        changes: Its changes.
        earlier: The numbers of the earlier report.
    """
    voice = Voice.of("en", study)
    old_shares = {_share_name(row): row for row in earlier["estimates"]["rows"]}
    old_changes = {_change_name(row): row for row in earlier["changes"]["rows"]}
    old_waves = list(dict.fromkeys(row["wave"] for row in earlier["estimates"]["rows"]))
    old_questions = {row["question"] for row in earlier["estimates"]["rows"]}
    titles = {row.question: row.title for row in estimates.rows}
    told = [
        _new_findings(changes, old_changes, voice),
        _new_verdicts(changes, old_changes, voice),
        _moved(estimates, old_shares, voice),
        _refused(changes, old_changes),
        _new_answers(estimates, old_shares),
    ]
    return News(
        waves=tuple(name for name in study.wave_names if name not in old_waves),
        gone=tuple(name for name in old_waves if name not in study.wave_names),
        questions=tuple(title for name, title in titles.items() if name not in old_questions),
        answers=tuple(told[4][:_MOST]),
        findings=tuple(told[0][:_MOST]),
        verdicts=tuple(told[1][:_MOST]),
        moved=tuple(told[2][:_MOST]),
        refused=tuple(told[3][:_MOST]),
        more=sum(max(len(one) - _MOST, 0) for one in told),
    )


def _new_answers(estimates: Estimates, old: Iterable[Name]) -> list[str]:
    """Answers of which the earlier report had no share in any wave, though it had the question."""
    answers = {(question, answer) for _wave, question, answer, _domain in old}
    questions = {question for question, _answer in answers}
    found = {
        f"{row.title}: “{row.answer_text}”": None
        for row in estimates.rows
        if row.question in questions and (row.question, row.answer) not in answers
        and row.answer_text
    }  # fmt: skip
    return list(found)


def _field(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _share_name(row: Any) -> Name:
    return tuple(_field(row, name) for name in ("wave", "question", "answer", "domain"))


def _change_name(row: Any) -> Name:
    names = ("from_wave", "to_wave", "question", "answer", "domain")
    return tuple(_field(row, name) for name in names)


def _new_findings(changes: Changes, old: Mapping[Name, Any], voice: Voice) -> list[str]:
    """Changes that are shown now, of pairs that the earlier report did not compare."""
    shown = [row for row in changes.rows if row.verdict in {"increased", "decreased"}]
    new = [row for row in ranked(shown) if _change_name(row) not in old]
    return [change(row, voice) for row in told_once(new)]


def _new_verdicts(changes: Changes, old: Mapping[Name, Any], voice: Voice) -> list[str]:
    """Changes of which something else is said than before."""
    found = []
    for row in changes.rows:
        before = old.get(_change_name(row))
        if before is None:
            continue
        said = [(str(before[name]), getattr(row, name)) for name in ("verdict", "comparability")]
        other = [
            f"before “{was}”, now “{now}”".replace("_", " ") for was, now in said if was != now
        ]
        if other:
            found.append(f"{_title(row, voice)}: {'; '.join(other)}. {change(row, voice)}")
    return found


def _title(row: Change, voice: Voice) -> str:
    group = f" ({voice.within(row.to_wave, row.domain)})" if row.domain else ""
    end = row.to_estimate
    return f"{end.title}, “{end.answer_text}”{group}, {row.from_wave} to {row.to_wave}"


def _moved(estimates: Estimates, old: Mapping[Name, Any], voice: Voice) -> list[str]:
    """Shares that both reports have, with other numbers."""
    found = []
    for row in estimates.rows:
        before = old.get(_share_name(row))
        if before is None or numbers.is_withheld(row) or before.get("estimate_low") is None:
            continue
        gaps = [
            abs(float(before[name]) - getattr(row, name))
            for name in ("estimate_low", "estimate_high")
        ]
        if max(gaps) >= _ALIKE:
            group = f" ({voice.within(row.wave, row.domain)})" if row.domain else ""
            name = f"“{row.answer_text}”" if row.answer_text else row.statistic
            was = _range(float(before["estimate_low"]), float(before["estimate_high"]), row)
            now = _range(row.estimate_low, row.estimate_high, row)
            found.append(f"{row.wave}, {row.title}, {name}{group}: before {was}, now {now}.")
    return found


def _range(low: float, high: float, row: Estimate) -> str:
    if row.statistic not in numbers.SHARES:
        return numbers.number(low, row) if low == high else numbers.numbers(low, high, row)
    return numbers.percent(low) if high - low < _ALIKE else numbers.percents(low, high)


def _refused(changes: Changes, old: Mapping[Name, Any]) -> list[str]:
    """Pairs that were compared before and must not be compared any more."""
    return list(_refusals(changes, old))


def _refusals(changes: Changes, old: Mapping[Name, Any]) -> Iterable[str]:
    for row in changes.refused:
        if _change_name(row) in old and row.comparability not in COMPARABLE:
            why = numbers.verdict_name(row.comparability)
            yield (
                f"{row.title}, “{row.answer_text}”, {row.from_wave} to {row.to_wave}: {why}. "
                f"{' '.join(row.reasons)}"
            )
