"""A study as one self-contained HTML page, with its tables beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.changes import Change, Refusal
from surveylib.analysis.results import Estimate
from surveylib.analysis.whole import Whole, check_whole, silent, whole_estimates
from surveylib.analysis.whole_changes import whole_changes
from surveylib.errors import MethodError
from surveylib.present.disclosure import protect
from surveylib.present.files import write
from surveylib.present.report_earlier import SCHEMA, TABLE, news, read_earlier
from surveylib.present.report_page import Told, check_templates, environment, render
from surveylib.present.standards import judge
from surveylib.present.table import to_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.study import Study
    from surveylib.analysis.whole import Progress
    from surveylib.present.disclosure_rules import Protection
    from surveylib.present.standards import Standard

#: Changes hold both of their shares; in a table these stand for themselves.
_ENDS = ("from_estimate", "to_estimate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report wrote: the page, and the tables beside it."""

    page: Path
    tables: tuple[Path, ...]


def report(
    study: Study,
    out: str | Path,
    *,
    by: str | Sequence[str] = (),
    interval: str = "wilson",
    method: str = "newcombe",
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
    samples: str = "independent",
    ids: str | None = None,
    reused_ids: bool = False,
    adjust: str | None = None,
    standard: str | Standard | None = "nchs",
    protection: Protection | None = None,
    earlier: str | Path | None = None,
    templates: str | Path | None = None,
    progress: Progress = silent,
) -> Report:
    """Write a study as one HTML page, with its tables as CSV and JSON beside it.

    The page loads nothing from anywhere. The same study gives the same bytes. Files are replaced
    only when all of them are ready. Waves that declare a design are estimated under it.

    Args:
        study: The study.
        out: The folder to write; made if it is not there.
        by: Questions whose answers form groups, beside all respondents.
        interval: A name in `surveylib.stats.intervals.METHODS`.
        method: A name in `surveylib.stats.differences.METHODS`, for figures that are compared as
            they stand; under designs the hybrid of both waves' limits is taken.
        confidence_level: Nominal coverage, above 0 and below 1.
        design_effect: Assumed for every wave, at least 1; not together with designs.
        samples: The relation between the samples, as `sl.change` takes it.
        ids: The column that says who each respondent is, likewise.
        reused_ids: Whether ids, of respondents or sampling units, are given anew in each wave.
        adjust: A name in `surveylib.stats.multiplicity.METHODS`, for all comparisons at once.
        standard: A standard of reliability, by which shares are flagged; None for none.
        protection: What must not be told of few people; None where nothing need be withheld.
        earlier: The folder of an earlier report: the page then says what is new. It is known to
            whoever protects small numbers, too.
        templates: A folder whose files replace ours of the same name.
        progress: Called with the name of each step, how much of it is done, and of how much.

    Raises:
        MissingExtraError: The `report` extra is not installed.
        MethodError: `out` is a file, or no such method, level, standard or template.
        StudyError: The earlier report cannot be read.
        DesignError: The data does not fit the design that a wave declares.
        SampleError: Ids contradict what is declared of the samples.
        OutputError: The folder cannot be written, and what was there before is untouched; or
            something about few people could be worked out whatever is withheld.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> written = sl.report(study, "build/report")
        >>> written.page.name, [path.name for path in written.tables]
        ('index.html', ['estimates.csv', 'changes.csv', 'not_compared.csv', 'study.json'])
    """
    options = Whole(
        interval=interval,
        method=method,
        confidence_level=confidence_level,
        design_effect=design_effect,
        by=(by,) if isinstance(by, str) else tuple(by),
        samples=samples,
        ids=ids,
        reused_ids=reused_ids,
        adjust=adjust,
    )
    check_whole(study, options)
    folder, own = _places(out, templates)
    asked = _Asked(standard, protection, earlier)
    told = _told(study, options, asked, progress)
    progress("Drawing the page", 0, 1)
    files = {"index.html": render(told, own), **_tables(told)}
    progress("Writing", 1, 1)
    write(folder, files)
    paths = [folder / name for name in files]
    return Report(page=paths[0], tables=tuple(paths[1:]))


def _places(out: str | Path, templates: str | Path | None) -> tuple[Path, Path | None]:
    """The folder to write and that of one's own templates, before anything is computed.

    Raises:
        MissingExtraError: The `report` extra is not installed.
        MethodError: They cannot be what was wanted.
    """
    folder, own = Path(out), check_templates(templates)
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; wanted a folder to write the report into"
        raise MethodError(message)
    environment(own)  # says at once whether a page can be drawn at all
    return folder, own


class _Asked(NamedTuple):
    """What is asked of a page beside its numbers."""

    standard: str | Standard | None
    protection: Protection | None
    earlier: str | Path | None


def _told(study: Study, options: Whole, asked: _Asked, progress: Progress) -> Told:
    """Everything that the page tells: judged first, then protected, and only then compared."""
    earlier = asked.earlier
    before = None if earlier is None else read_earlier(earlier, study.manifest.survey)
    estimates = whole_estimates(study, options, progress)
    changes = whole_changes(study, estimates, options, progress)
    if asked.standard is not None:
        estimates, changes = judge(estimates, asked.standard), judge(changes, asked.standard)
    protected = None
    if asked.protection is not None:
        rule = _knowing(asked.protection, earlier)
        safe = protect(estimates, changes, rule, study=study)
        safe.check()
        estimates, changes, protected = safe.estimates, safe.changes, safe.done
    return Told(
        study=study,
        estimates=estimates,
        changes=changes,
        options=options,
        news=None if before is None else news(study, estimates, changes, before),
        protected=protected,
        standard=str(getattr(asked.standard, "name", asked.standard or "")),
    )


def _knowing(protection: Protection, earlier: str | Path | None) -> Protection:
    """Protection that knows what was printed before."""
    if earlier is None:
        return protection
    known = protection.earlier
    known = known if isinstance(known, tuple) else (known,)
    return replace(protection, earlier=(*known, earlier))


def _tables(told: Told) -> dict[str, str]:
    """The tables beside the page, by file name."""
    estimates, changes = told.estimates, told.changes
    whole = {
        "schema": SCHEMA,
        "survey": told.study.manifest.survey,
        "estimates": estimates.to_dict(),
        "changes": changes.to_dict(),
    }
    return {
        "estimates.csv": to_csv(Estimate, estimates.rows),
        "changes.csv": to_csv(Change, changes.rows, _ENDS),
        "not_compared.csv": to_csv(Refusal, changes.refused, _ENDS),
        TABLE: json.dumps(whole, ensure_ascii=False, indent=1) + "\n",
    }
