"""Columns that hold no answer: ids, times, who came to the end, versions, weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.errors import listed, show
from surveylib.wave.binding import is_personal
from surveylib.wave.draft_proposal import Proposal, ignored
from surveylib.wave.draft_sample import named
from surveylib.wave.layout import Finished, RespondentId, Timing, VersionColumn
from surveylib.wave.quality import seconds_reader
from surveylib.wave.readers.qualtrics import PERSONAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.wave.draft_proposal import Entry
    from surveylib.wave.draft_sample import Sample
    from surveylib.wave.readers.base import Sheet

#: Headers of ids, without spaces and signs: those that can mean nothing else, and others.
_IDS = ("respondentid", "responseid", "respondent", "id")
_LIKE_IDS = ("caseid", "recordid", "participantid", "resultid", "uuid", "token", "serial")
_STARTED = ("startdate", "starttime", "startedat", "started", "start")
_ENDED = ("enddate", "endtime", "endedat", "submitdate", "datestamp", "completedat", "ended", "end")
_SECONDS = ("durationinseconds", "durationseconds", "interviewtime", "seconds", "duration")
_FINISHED = ("finished", "completed", "complete")
_VERSIONS = ("version", "questionnaireversion", "instrumentversion")
_KEPT = ("weight", "weights", "stratum", "strata", "psu", "cluster")
#: Texts that mean that somebody came to the end.
_YES = frozenset({"1", "true", "yes", "y", "complete", "completed", "finished"})
#: How times are written, the clearest first.
_FORMATS = (
    *("iso", "spreadsheet"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p"),
    *("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
)


class Special:
    """Proposes what columns without a question may be.

    Args:
        sheet: The file.
        sample: Its first rows.
        instrument: The questionnaire.
    """

    def __init__(self, sheet: Sheet, sample: Sample, instrument: Instrument) -> None:
        self.columns = sheet.columns
        self.weight = sheet.weight
        self.qualtrics = sheet.format == "qualtrics"
        self.sample = sample
        self.instrument = instrument

    def propose(self, free: Iterable[int]) -> list[Proposal]:
        """What the columns that no question has taken may be; those of which nothing is known not.

        Args:
            free: Places of the columns.
        """
        left = list(free)
        found: list[Proposal] = []
        for find in (self._respondent, self._timing, self._finished, self._version, self._kept):
            for made in find(self._by_head(left)):
                found.append(made)
                left = [place for place in left if place not in made.positions]
        return found

    def personal(self, place: int) -> bool:
        """Whether a column's header announces personal data."""
        heads = self.columns[place].heads
        return is_personal(heads) or (self.qualtrics and any(head in PERSONAL for head in heads))

    def blank(self, place: int) -> Proposal | None:
        """A column without values as one to ignore; None for any other."""
        if self.sample.texts[place]:
            return None
        column = self.columns[place]
        look = []
        if any(head.strip() for head in column.heads):
            look.append("is it a question that nobody answered?")
        if not self.sample.whole:
            look.append("later rows may have values")
        why = f"no cell of {self.sample.told} has a value"
        return ignored(column, "no cell has a value", why=why, look=look)

    def _by_head(self, places: Sequence[int]) -> dict[str, list[int]]:
        """Columns by header, without spaces and signs."""
        found: dict[str, list[int]] = {}
        for place in places:
            for head in dict.fromkeys(map(_bare, self.columns[place].heads)):
                found.setdefault(head, []).append(place)
        return found

    def _made(
        self, target: str, places: Sequence[int], entry: Entry, why: str, look: Sequence[str]
    ) -> Proposal:
        return Proposal(
            target=target,
            positions=tuple(places),
            entry=entry,
            certain=not look,
            why=why,
            look=tuple(look),
        )

    def _respondent(self, heads: Mapping[str, list[int]]) -> list[Proposal]:
        """Ids: certain where the name says so and every row has its own."""
        places = list(
            dict.fromkeys(place for name in (*_IDS, *_LIKE_IDS) for place in heads.get(name, ()))
        )
        found: list[Proposal] = []
        for place in places:
            column, texts = self.columns[place], self.sample.texts[place]
            if found:
                first = self.columns[found[0].positions[0]].letter
                why = f"column {first} is taken for the one that tells respondents apart"
                found.append(ignored(column, "a further id", why=why, look=("is it needed?",)))
                continue
            repeated = [text for text, count in texts.items() if count > 1]
            blank = self.sample.rows - texts.total()
            look = []
            if not any(_bare(head) in _IDS for head in column.heads):
                look.append("is it an id of respondents?")
            if repeated:
                look.append(f"ids that stand in more than one row: {len(repeated)}")
            if blank:
                look.append(f"rows without an id: {blank} of {self.sample.told}")
            why = f"the header is {show(column.head)}, and its values tell rows apart"
            entry = RespondentId(column=named(column))
            if len(repeated) * 2 <= len(texts):
                found.append(self._made("respondent", [place], entry, why, look))
        return found

    def _timing(self, heads: Mapping[str, list[int]]) -> list[Proposal]:
        """How long somebody took: seconds, or start and end."""
        seconds, started, ended = (
            next((heads[name][0] for name in names if name in heads), None)
            for names in (_SECONDS, _STARTED, _ENDED)
        )
        if seconds is not None:
            entry = Timing(seconds=named(self.columns[seconds]))
            if self._reads(entry, [seconds]):
                why = "the header and the form of its values are those of a duration"
                return [self._made("timing", [seconds], entry, why, ["are these seconds?"])]
        if started is None or ended is None:
            return []
        pair = [started, ended]
        first, last = (named(self.columns[place]) for place in pair)
        fits = [
            entry
            for form in _FORMATS
            if self._reads(entry := Timing(started=first, ended=last, format=form), pair)
        ]
        if not fits:
            return []
        why = f"headers are {listed(self.columns[place].head for place in pair)}"
        look = ["are these the times at which somebody began and ended?"]
        if len(fits) > 1:
            look.append(f"their form may be any of {listed(entry.format for entry in fits)}")
        return [self._made("timing", pair, fits[0], why, look)]

    def _reads(self, timing: Timing, places: Sequence[int]) -> bool:
        """Whether every time can be read, and there is one."""
        read = seconds_reader(timing)
        texts = [text for place in places for text in self.sample.texts[place]]
        return bool(texts) and not any(read(text).code for text in texts)

    def _finished(self, heads: Mapping[str, list[int]]) -> list[Proposal]:
        """Who came to the end, in so many words or by the last page."""
        place = next((heads[name][0] for name in _FINISHED if name in heads), None)
        if place is not None:
            texts = sorted(self.sample.texts[place])
            yes = tuple(text for text in texts if text.strip().casefold() in _YES)
            if not yes:
                return []
            entry = Finished(column=named(self.columns[place]), texts=yes)
            why = f"its texts are {listed(texts)}"
            look = ["does it say who came to the end?"]
            return [self._made("finished", [place], entry, why, look)]
        place = next(iter(heads.get("lastpage", ())), None)
        pages = [] if place is None else list(self.sample.texts[place])
        if place is None or not pages or not all(page.strip().isdecimal() for page in pages):
            return []
        last = max(pages, key=int)
        entry = Finished(column=named(self.columns[place]), texts=(last.strip(),))
        look = [f"is {last.strip()} the last page of the questionnaire?"]
        return [self._made("finished", [place], entry, "it is the last page that was seen", look)]

    def _version(self, heads: Mapping[str, list[int]]) -> list[Proposal]:
        place = next((heads[name][0] for name in _VERSIONS if name in heads), None)
        version = self.instrument.version
        whole = f"{self.instrument.id}@{version}"
        texts = set() if place is None else set(self.sample.texts[place])
        known = sorted(texts & {version, whole})
        if place is None or not known:
            return []
        values = dict.fromkeys(known, version)
        entry = VersionColumn(column=named(self.columns[place]), values=values)
        # Our own exports write questionnaire and version: nothing else can be meant.
        look = [] if known == [whole] else ["does it name the version of the questionnaire?"]
        if others := sorted(texts - set(known)):
            look.append(f"say which versions these are: {listed(others)}")
        return [self._made("version", [place], entry, f"it holds {show(known[0])}", look)]

    def _kept(self, heads: Mapping[str, list[int]]) -> list[Proposal]:
        """Weights and what is known of the sample."""
        found = []
        taken: set[int] = set()
        for name in dict.fromkeys([_bare(self.weight), *_KEPT] if self.weight else _KEPT):
            for place in heads.get(name, ())[:1]:
                if place in taken:
                    continue
                taken.add(place)
                slug = re.sub(r"^(?=[^a-z]|$)", "kept", name)
                declared = " and the file declares it" if _bare(self.weight) == name else ""
                why = f"the header is that of a weight or of a part of the sample{declared}"
                look = ["is it needed beside the answers?"]
                entry = named(self.columns[place])
                found.append(self._made(f"keep:{slug}", [place], entry, why, look))
        return found


def _bare(text: str) -> str:
    """A header without spaces, signs and capitals.

    >>> _bare("Duration (in seconds)"), _bare("Serial #")
    ('durationinseconds', 'serial')
    """
    return re.sub(r"[^a-z0-9]+", "", text.casefold())
