"""A file of responses and a questionnaire → a proposal for every column, and a wave.yaml to decide.

Certain is what the header says by a name of ours or by the question's own wording, and what the
code that will take the cells can read. Everything else is doubtful: it is proposed with what
speaks for and against it, and no manifest passes before somebody has decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from surveylib.errors import listed, show
from surveylib.instrument.question import Derived
from surveylib.instrument.wording import normalised
from surveylib.wave.draft_heads import Claim, Heads, Meant
from surveylib.wave.draft_judge import Judge
from surveylib.wave.draft_mapping import grids_joined, mapping
from surveylib.wave.draft_proposal import Proposal, ignored, in_runs
from surveylib.wave.draft_questions import Proposer
from surveylib.wave.draft_sample import take_sample
from surveylib.wave.draft_special import Special
from surveylib.wave.draft_text import text_of
from surveylib.wave.readers.base import letters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.instrument.model import Instrument
    from surveylib.wave.layout import Columns
    from surveylib.wave.readers.base import ReadOptions, Sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the columns of a file may hold.

    Args:
        proposals: For each column, or columns that belong together: first the questions in their
            order, then the rest in the order of the file.
        unplaced: The letters of columns that fit nothing.
        without_columns: Questions, and rows of grids, that no column fits.
        columns: The mapping, where every column of the file is certain; else None.
    """

    proposals: tuple[Proposal, ...]
    unplaced: tuple[str, ...]
    without_columns: tuple[str, ...]
    columns: Columns | None

    def __str__(self) -> str:
        """A line for each proposal, doubts marked, for a terminal."""
        sure = sum(one.certain for one in self.proposals)
        lines = [f"{len(self.proposals)} proposals, {sure} of them certain"]
        for one in self.proposals:
            mark = " " if one.certain else "?"
            look = "" if one.certain else f": {'. '.join(one.look or (one.why,))}"
            where = ", ".join(one.columns)
            if len(one.columns) > 1 and one.positions[-1] - one.positions[0] < len(one.columns):
                where = f"{one.columns[0]} to {one.columns[-1]}"
            lines.append(f"  {mark} {where:9} {one.target}{look}")
        for what, names in (
            ("columns that fit nothing", self.unplaced),
            ("questions without a column", self.without_columns),
        ):
            if names:
                lines.append(f"  ? {what}: {listed(names)}")
        return "\n".join(lines)

    def unclear(self) -> Iterator[tuple[str, str]]:
        """What keeps the mapping from being certain, and what to do about each."""
        for one in self.proposals:
            if not one.certain:
                where = f"column {', '.join(one.columns)}"
                told = ". ".join(one.look or (one.why,))
                yield f"{where}, perhaps {one.target}: {told}", "say in a manifest what it is"
        if self.unplaced:
            what = f"columns that fit no question: {listed(self.unplaced)}"
            yield what, "name them by question ids, or say in a manifest what they are"
        if self.columns is None and not any(one.layout for one in self.proposals):
            yield "no column fits a question", "is it the questionnaire that was asked?"


def draft(sheet: Sheet, instrument: Instrument, *, sample_rows: int = 2000) -> Draft:
    """Propose what each column of a file holds.

    Args:
        sheet: The file of responses.
        instrument: The questionnaire that was asked.
        sample_rows: How many rows are looked at, from the first.
    """
    sample = take_sample(sheet, sample_rows)
    special = Special(sheet, sample, instrument)
    claims = _claims(sheet, instrument, special)
    personal = [
        _personal(sheet, place, claims.pop(place, None))
        for place in range(len(sheet.columns))
        if special.personal(place)
    ]
    proposer = Proposer(Judge(sheet, instrument, sample), _counted(sheet, claims))
    grouped = _strongest(claims)
    found = [
        made
        for item in instrument.items
        if item.id in grouped
        for made in proposer.propose(item, grouped[item.id])
    ]
    taken = {place for made in (*found, *personal) for place in made.positions}
    free = [place for place in range(len(sheet.columns)) if place not in taken]
    rest = special.propose(free)
    taken |= {place for made in rest for place in made.positions}
    blank = [made for place in free if place not in taken and (made := special.blank(place))]
    taken |= {place for made in blank for place in made.positions}
    return _drafted(
        instrument,
        [made for made in found if made.target != "ignore"],
        in_runs(
            [*(made for made in found if made.target == "ignore"), *personal, *rest, *blank],
            sheet.columns,
        ),
        tuple(place for place in range(len(sheet.columns)) if place not in taken),
    )


def _drafted(
    instrument: Instrument,
    questions: list[Proposal],
    rest: list[Proposal],
    unplaced: tuple[int, ...],
) -> Draft:
    mapped = {made.target for made in questions}
    without = tuple(
        item.id
        for item in instrument.items
        if not isinstance(item, Derived) and item.id not in mapped
    )
    proposals = (*grids_joined(instrument, questions), *rest)
    clear = bool(questions) and not unplaced and all(made.certain for made in proposals)
    return Draft(
        proposals=proposals,
        unplaced=tuple(map(letters, unplaced)),
        without_columns=without,
        columns=mapping(proposals, without) if clear else None,
    )


def _claims(sheet: Sheet, instrument: Instrument, special: Special) -> dict[int, Claim]:
    """What each header says; one with similar words only gives way to ids, times and the like."""
    heads = Heads(instrument)
    found = {}
    for column in sheet.columns:
        if (claim := heads.claim(column)) is not None:
            found[column.position] = claim
    weak = [place for place, claim in found.items() if claim.how == "similar"]
    for made in special.propose(weak):
        for place in made.positions:
            del found[place]
    for one in sheet.sets.values():
        whole = heads.wordings.get(normalised(one.label), {})
        questions = {meant.question for meant in whole if meant.part == "answer"}
        for column in sheet.columns:
            if column.heads[0] in one.columns and column.position not in found:
                found |= _member(instrument, column.position, column.label, questions)
    return found


def _member(
    instrument: Instrument, place: int, label: str, questions: set[str]
) -> dict[int, Claim]:
    """The claim of a column of a declared set, whose label is that of an option."""
    for name in sorted(questions):
        for option in instrument.question(name).answers:
            if normalised(label) in map(normalised, option.label.values()):
                told = f"the file declares it a part of the question, labelled {show(label)}"
                meant = Meant(name, "option", option.code)
                return {place: Claim(meant=meant, how="wording", told=told)}
    told = "the file declares it a part of the question"
    if len(questions) == 1:
        meant = Meant(next(iter(questions)), "answer")
        return {place: Claim(meant=meant, how="wording", told=told)}
    return {}


def _counted(sheet: Sheet, claims: Mapping[int, Claim]) -> dict[int, str]:
    """For columns of declared sets, the value that means "ticked"."""
    found = {}
    for one in sheet.sets.values():
        for column in sheet.columns:
            mine = column.heads[0] in one.columns and column.position in claims
            if mine and one.kind == "dichotomies" and one.counted:
                found[column.position] = one.counted
    return found


def _strongest(claims: Mapping[int, Claim]) -> dict[str, dict[int, Claim]]:
    """Claims by question, or row of a grid; of each question those that come nearest to its words.

    A header with words of a question is another question's where a second one has all of them.
    """
    best: dict[str, float] = {}
    for claim in claims.values():
        question = claim.meant.question.partition(".")[0]
        best[question] = max(claim.nearness, best.get(question, 0.0))
    found: dict[str, dict[int, Claim]] = {}
    for place, claim in sorted(claims.items()):
        if claim.nearness == best[claim.meant.question.partition(".")[0]]:
            found.setdefault(claim.meant.question, {})[place] = claim
    return found


def _personal(sheet: Sheet, place: int, claim: Claim | None) -> Proposal:
    """A column with personal data, which is ignored; certain unless a question has its name."""
    column = sheet.columns[place]
    look = []
    if claim is not None and claim.how != "similar":
        look.append(f"the header is that of question '{claim.meant.question}' too")
    why = f"the header {show(column.head)} announces personal data"
    return ignored(column, "personal data", why=why, look=look)


def manifest_text(
    found: Draft,
    sheet: Sheet,
    instrument: Instrument,
    *,
    survey: str,
    wave: str,
    path: str,
    kept: Literal["here", "elsewhere"] = "here",
    options: ReadOptions | None = None,
) -> str:
    """Write a wave.yaml with everything that is known, and what is doubtful marked as undecided.

    Doubtful entries hold the line `decide: undecided`, with which no manifest passes.

    Args:
        found: What `draft` gave.
        sheet: The file.
        instrument: The questionnaire.
        survey: The study's folder name.
        wave: The wave's folder name.
        path: The file, as the manifest is to name it.
        kept: Whether the file stands in the wave's folder.
        options: How the file was opened; left out, what the file itself shows.

    Raises:
        MethodError: The responses stand in no file.
    """
    return text_of(found, sheet, instrument, (survey, wave, path), kept, options)
