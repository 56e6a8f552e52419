"""Columns that belong to one question → the layout that they may have, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveylib.errors import listed, show
from surveylib.instrument.question import Derived, OpenCoded
from surveylib.instrument.wording import normalised
from surveylib.wave.draft_heads import alternatives
from surveylib.wave.draft_judge import like_missing, times
from surveylib.wave.draft_proposal import Proposal, ignored
from surveylib.wave.draft_sample import named
from surveylib.wave.draft_ticks import fit_ticks, looks_ticked
from surveylib.wave.gather import is_listed
from surveylib.wave.layout import CodedText, DelimitedCell, Mentions, OneColumn
from surveylib.wave.states import STATE
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.instrument.question import Question
    from surveylib.wave.draft_heads import Claim
    from surveylib.wave.draft_judge import Judge, Verdict
    from surveylib.wave.layout import ColumnName, InFile

#: What may stand between the answers of one cell, the most common first.
_DELIMITERS = (";", ",", "|", "\n", "\t", "/")
#: Form tools put it between codes; labels hold it themselves.
_SPACE = " "
_SURE = ("name", "wording")


@dataclass(slots=True)
class Group:
    """The columns of one question, by the part that each may be.

    Args:
        question: The question; for a row of a grid, the row's.
        claims: What each column's header says.
        answers: Columns of the answer itself.
        options: Columns of each option.
        missing: Columns of each way of not answering.
        texts: Columns of the text beside each option.
        coded: Columns of the text that was coded.
    """

    question: Question
    claims: Mapping[int, Claim]
    answers: list[int] = field(default_factory=list)
    options: dict[str, list[int]] = field(default_factory=dict)
    missing: dict[str, list[int]] = field(default_factory=dict)
    texts: dict[str, list[int]] = field(default_factory=dict)
    coded: list[int] = field(default_factory=list)

    @property
    def answered(self) -> tuple[int, ...]:
        """Columns that say themselves that they hold the answer."""
        return tuple(place for place, claim in self.claims.items() if claim.meant.part == "answer")


class Proposer:
    """Proposes layouts for questions.

    Args:
        judge: Reads the sample as a layout says.
        counted: For columns of a declared set, the value that means "ticked".
    """

    def __init__(self, judge: Judge, counted: Mapping[int, str]) -> None:
        self.judge = judge
        self.sample = judge.sample
        self.columns = judge.sheet.columns
        self.counted = counted

    def name(self, position: int) -> ColumnName:
        """A column as the manifest names it."""
        return named(self.columns[position])

    def propose(self, question: Question, claims: Mapping[int, Claim]) -> list[Proposal]:
        """What the columns of a question may be.

        Args:
            question: The question; for a row of a grid, the row's.
            claims: The columns, and what their headers say.
        """
        if isinstance(question, Derived):
            reason = f"'{question.id}' follows from other answers"
            return [
                self._spare(place, reason, claim.told, sure=claim.how == "name")
                for place, claim in claims.items()
            ]
        group = self._grouped(question, claims)
        if group.options or group.missing or (group.texts and not group.answers):
            return self._spread(group)
        if len(group.answers) > 1:
            return self._several_columns(group)
        if group.answers:
            return self._one(group, group.answers[0], [])
        return self._coded(group)

    def _grouped(self, question: Question, claims: Mapping[int, Claim]) -> Group:
        """Sort columns by part; a text beside an option may have the option's own header."""
        group = Group(question, claims)
        for place, claim in claims.items():
            part, code = claim.meant.part, claim.meant.code
            if part == "answer":
                group.answers.append(place)
            elif part == "coded":
                group.coded.append(place)
            else:
                named_parts: dict[str, dict[str, list[int]]] = {
                    "option": group.options,
                    "missing": group.missing,
                    "text": group.texts,
                }
                named_parts[part].setdefault(code, []).append(place)
        for option in question.answers:
            places = group.options.get(option.code, [])
            if not (places and option.write_in):
                continue
            ticks = [one for one in places if not self._is_text(group, option.code, one)]
            texts = [one for one in places if one not in ticks]
            group.options[option.code] = ticks
            if not ticks:
                del group.options[option.code]
            if texts:
                group.texts.setdefault(option.code, []).extend(texts)
        return group

    def _is_text(self, group: Group, code: str, place: int) -> bool:
        """Whether a column with the header of an option holds texts and no ticks."""
        if group.claims[place].how == "name" or place in self.counted:
            return False
        if not self.sample.texts[place]:
            return group.question.exclusive or bool(group.answers)
        return not looks_ticked(self.judge, group.question, code, place)

    def _spare(self, place: int, reason: str, why: str, *, sure: bool = False) -> Proposal:
        look = () if sure else ("is it needed?",)
        return ignored(self.columns[place], reason, why=why, look=look)

    def _one(self, group: Group, place: int, look: Sequence[str]) -> list[Proposal]:
        """One column holds the answer."""
        question = group.question
        column = self.name(place)
        rest = self._spares(group, {place, *(places[0] for places in group.texts.values())})
        if not question.exclusive:
            layout, notes = self._set(question, column, place)
            if isinstance(layout, DelimitedCell):
                write_in = {code: self.name(places[0]) for code, places in group.texts.items()}
                layout = layout.model_copy(update={"write_in": write_in})
            return [self._settled(group, layout, [place], [*look, *notes]), *rest]
        values, notes = self._labelled(question, [place])
        write_in = {code: self.name(places[0]) for code, places in group.texts.items()}
        layout = OneColumn(layout="one_column", column=column, values=values, write_in=write_in)
        made = self._settled(group, layout, [place], [*look, *notes])
        if isinstance(question, OpenCoded) and not made.certain and not write_in:
            coded = CodedText(layout="coded_text", column=column)
            if self.judge.read(question.id, coded).good:
                note = "the texts would be coded with the terms of the questionnaire"
                made = self._settled(group, coded, [place], [*look, note])
        return [made, *rest]

    def _set(self, question: Question, column: ColumnName, place: int) -> tuple[InFile, list[str]]:
        """One column for several answers: with a delimiter, or texts to be coded.

        Codes hold no delimiter, so where all cells are codes there is one way to part them.
        """
        texts = self.sample.texts[place]
        if sign := between_codes(question, texts):
            return DelimitedCell(layout="delimited", column=column, delimiter=sign), []
        found: list[tuple[int, int, str]] = []
        for order, sign in enumerate(_DELIMITERS):
            if any(sign in text for text in texts):
                tried = DelimitedCell(layout="delimited", column=column, delimiter=sign)
                found.append((self.judge.read(question.id, tried).bad.total(), order, sign))
        bad, _, sign = min(found, default=(0, 0, _DELIMITERS[0]))
        if isinstance(question, OpenCoded) and (bad or not found):
            note = "the texts would be coded with the terms of the questionnaire"
            return CodedText(layout="coded_text", column=column), [note]
        held = sum(count for text, count in texts.items() if sign in text)
        note = (
            f"several answers in one cell: {held} of {texts.total()} cells hold {show(sign)}, "
            "which would stand between them"
        )
        if not found:
            note = "several answers may stand in one cell, and no cell shows what is between them"
        return DelimitedCell(layout="delimited", column=column, delimiter=sign), [note]

    def _several_columns(self, group: Group) -> list[Proposal]:
        """More than one column has the header of the answer itself."""
        question, sample = group.question, self.sample
        blank = [place for place in group.answers if not sample.texts[place]]
        held = [place for place in group.answers if place not in blank]
        by_name = [place for place in held if group.claims[place].how == "name"]
        if len(held) <= 1 or len(by_name) == 1:
            place = (by_name or held or group.answers)[0]
            group.answers = [place]
            others = [one for one in (*blank, *held) if one != place]
            found = self._one(group, place, [])
            return found + [self._beside(one, question) for one in others]
        readable = [
            place
            for place in held
            if question.exclusive
            and self.judge.read(
                question.id, OneColumn(layout="one_column", column=self.name(place))
            ).good
        ]
        where = listed(self.columns[place].letter for place in held)
        note = f"{len(held)} columns have the header of the question: {where}"
        if len(readable) == 1 or not is_listed(question):
            place = (readable or held)[0]
            group.answers = [place]
            others = [one for one in (*blank, *held) if one != place]
            found = self._one(group, place, [note])
            return found + [self._beside(one, question) for one in others]
        twice = sum(
            sum(bool(lossless(cell)) for cell in row) > 1
            for row in zip(*(sample.batch.columns[place] for place in held), strict=True)
        )
        note += f"; {twice} of {sample.told} have a text in more than one of them"
        values, notes = self._labelled(question, held)
        layout = Mentions(
            layout="mentions", columns=tuple(self.name(place) for place in held), values=values
        )
        made = self._settled(group, layout, held, [note, *notes])
        return [made, *(self._beside(place, question) for place in blank)]

    def _beside(self, place: int, question: Question) -> Proposal:
        """A column that a question's layout has no place for."""
        column = self.columns[place]
        if self.sample.texts[place]:
            why = f"another column is taken for '{question.id}'"
            return self._spare(place, f"a further column of {question.id}", why)
        # With several header rows, a blank one says that the export left the column over.
        left_over = len(column.heads) > 1 and not column.heads[-1].strip()
        why = f"it stands beside '{question.id}', and no cell of {self.sample.told} has a value"
        look = () if left_over and self.sample.whole else ("is it needed?",)
        return ignored(column, "no cell has a value", why=why, look=look)

    def _spares(self, group: Group, used: set[int]) -> list[Proposal]:
        """Columns of a group that its layout has no place for."""
        return [
            self._beside(place, group.question)
            for place in group.claims
            if place not in used and place not in group.answered
        ]

    def _spread(self, group: Group) -> list[Proposal]:
        """A column for each option."""
        layout, notes = fit_ticks(self.judge, group, self.counted, self.name)
        used = [
            *(places[0] for places in group.options.values()),
            *(places[0] for places in group.missing.values()),
            *(places[0] for places in group.texts.values()),
        ]
        if group.question.exclusive:
            notes.append("a column for each option, and one answer is asked for")
        made = self._settled(group, layout, used, notes)
        rest = self._spares(group, set(used))
        return [made, *rest, *(self._beside(place, group.question) for place in group.answers)]

    def _coded(self, group: Group) -> list[Proposal]:
        """Texts that are coded with the questionnaire's terms."""
        first, *others = group.coded
        layout = CodedText(layout="coded_text", column=self.name(first))
        made = self._settled(group, layout, [first], [])
        return [made, *(self._beside(place, group.question) for place in others)]

    def _labelled(
        self, question: Question, places: Iterable[int]
    ) -> tuple[dict[str, str], list[str]]:
        """What the file says that its values stand for, and what it says that fits nothing."""
        meanings: dict[str, set[str]] = {}
        for option in question.answers:
            for label in () if option.net_of else option.label.values():
                meanings.setdefault(normalised(label), set()).add(option.code)
        for state in question.missing:
            labels = self.judge.instrument.missing_labels.get(state)
            shown = labels or {"": self.judge.instrument.missing_label(state)}
            for label in shown.values():
                meanings.setdefault(normalised(label), set()).add(state)
        values: dict[str, str] = {}
        odd = []
        codes = {option.code for option in question.answers}
        for place in places:
            column = self.columns[place]
            for value, label in column.values.items():
                found = meanings.get(normalised(label), set())
                if len(found) == 1 and values.get(value, *found) in found:
                    values[value] = next(iter(found))
                elif value in codes or value in self.sample.texts[place]:
                    odd.append(f"the file labels {show(value)} as {show(label)}")
            undecided = [value for value in column.missing if values.get(value) not in STATE]
            odd += [f"the file declares {show(value)} missing" for value in sorted(undecided)]
        return {value: code for value, code in values.items() if value != code}, odd

    def _settled(
        self, group: Group, layout: InFile, places: Sequence[int], look: Sequence[str]
    ) -> Proposal:
        """A proposal whose cells were read; certain where nothing is left to look at."""
        question = group.question
        verdict = self.judge.read(question.id, layout)
        notes = list(look)
        if not verdict.good:
            notes.append(verdict.told)
            layout, more = self._mended(question, layout, verdict)
            notes += more
        notes += self._texts_without_answers(group, layout)
        claims = [group.claims[place] for place in places]
        unsure = [claim for claim in claims if claim.how not in _SURE]
        told = list(dict.fromkeys(claim.told for claim in (unsure or claims)))
        notes += [text for text in dict.fromkeys(map(alternatives, claims)) if text]
        why = told[0] + (f", and likewise {len(told) - 1} more" if len(told) > 1 else "")
        if verdict.good:
            why += f"; every cell of {self.sample.told} can be read"
        taken = {*places, *(group.texts[code][0] for code in layout.write_in)}
        return Proposal(
            target=question.id,
            positions=tuple(sorted(taken)),
            entry=layout,
            certain=not (unsure or notes),
            why=why,
            look=tuple(notes),
        )

    def _mended(
        self, question: Question, layout: InFile, verdict: Verdict
    ) -> tuple[InFile, list[str]]:
        """The layout with what might help its cells, for somebody to decide."""
        changes: dict[str, Any] = {}
        notes = []
        if repairs := self.judge.helpful_repairs(question.id, layout, verdict):
            changes["repair"] = repairs
            notes.append(f"repair {listed(repairs)} would restore cells, if that is what happened")
        if guessed := like_missing(verdict):
            changes["values"] = {**layout.values, **guessed}
            told = listed(f"{text}: {state}" for text, state in guessed.items())
            notes.append(f"texts read like ways of not answering: {told}")
        return layout.model_copy(update=changes), notes

    def _texts_without_answers(self, group: Group, layout: InFile) -> list[str]:
        """Texts beside options in rows in which the option was not chosen."""
        free = getattr(layout, "text_ticks", ())
        checked = [code for code in layout.write_in if code not in free]
        if not checked or not is_listed(group.question):
            return []
        verdict = self.judge.read(group.question.id, layout)
        found = []
        for code in checked:
            cells = self.sample.batch.columns[group.texts[code][0]][: verdict.rows]
            chosen = self.judge.chosen(group.question.id, code, verdict)
            alone = sum(
                bool(lossless(cell)) and not tick for cell, tick in zip(cells, chosen, strict=True)
            )
            if alone:
                found.append(
                    f"a text stands beside '{code}' {times(alone)} where it was not chosen"
                )
        return found


def between_codes(question: Question, texts: Iterable[str]) -> str:
    """The only sign that parts every cell into codes of a question; empty where none shows it.

    Args:
        question: A question with several answers.
        texts: The cells.
    """
    codes = {option.code for option in question.answers if not option.net_of}
    codes |= {str(state) for state in question.missing}
    cells = [text.strip() for text in texts]
    found = [
        sign
        for sign in (*_DELIMITERS, _SPACE)
        if any(sign in cell for cell in cells)
        and all({part.strip() for part in cell.split(sign)} <= codes for cell in cells)
    ]
    return found[0] if len(found) == 1 else ""
