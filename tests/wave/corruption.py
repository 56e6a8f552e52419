"""A small survey, files of it that are spoilt, and a second reading that shares no code with it.

`expected` reads a file with the csv module and with rules written down here: which rows are taken,
and for every cell whether it is an answer, a way of not answering, blank, or no answer at all.
"""

import csv
import datetime as dt
import io
import re
import tempfile
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from surveylib.instrument.model import Instrument
from surveylib.wave.ingest import Ingestion
from surveylib.wave.layout import Columns
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.opening import open_responses
from surveylib.wave.sinks import Memory

ANY = "any"
WIDE_SIGNS = "=+-@＝＋－＠"


def option(code, label=None, **rest):
    return {"code": code, "label": {"en": label or code.capitalize()}, **rest}


def question(name, kind, *options, when=None, asked="all", **rest):
    """A question as it would stand in a file; `when` routes it."""
    base = {"asked": asked} if when is None else {"asked": "some", "if": when}
    made = {"id": name, "kind": kind, "concept": name, "text": {"en": f"About {name}?"}}
    made |= {"wording": "printed", "base": base, "period": "not_stated"}
    if options:
        made |= {"option_list": "complete", "options": list(options)}
    return made | rest


def survey(*questions, version="1", **rest):
    """A questionnaire of these questions."""
    follows = {} if version == "1" else {"follows": "unknown"}
    plain = {"format": "surveylib.instrument/1", "id": "demo", "version": version}
    plain |= {"title": {"en": "Demo"}, "languages": ["en"], "provenance": "Made up."}
    plain |= {"population": "People.", "questions": list(questions)}
    return Instrument.model_validate(plain | follows | rest)


class Found(NamedTuple):
    """What came of a small file: `wave` by column, `aside` as line, letters, text and code."""

    taken: Any
    wave: dict
    aside: list


def ingested(text, *versions, **manifest):
    """Ingest a small file as text, with the entries of a manifest; see Columns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.csv"
        path.write_bytes(text.encode())
        sheet = open_responses(path, options=ReadOptions(delimiter=","))
        ingestion = Ingestion(sheet, Columns.model_validate(manifest), versions)
        sink = Memory(ingestion.fields)
        taken = ingestion.run(sink)
    wave = {
        one.name: [
            (one.levels[value] if value >= 0 else None) if one.kind == "coded" else value
            for value in sink.columns()[one.name].tolist()
        ]
        for one in ingestion.fields
    }
    lines = list(taken.issues.table("quarantine"))[1:]
    return Found(taken, wave, [(int(one[2]), one[3], one[6], one[7]) for one in lines])


YES_NO = (option("yes", "Yes, one or more"), option("no", "No"))
KEEPS = {"question": "keeps", "answers": ["yes"]}
LIKED = {
    "cats": "Cats",
    "dogs": "Dogs; big or small",
    "fish": "Fish",
    "other": "Other",
    "none": "None of these",
}
LISTS = {
    "keeps": {"yes": "Yes, one or more", "no": "No"},
    "size": {"few": "1 to 2", "some": "3 to 10", "many": "11 or more"},
    "trust.calm": {"low": "Low", "high": "High"},
    "trust.loud": {"low": "Low", "high": "High"},
    "last": {"yes": "Yes, one or more", "no": "No"},
}
STATES = {
    "keeps": {"dont_know": "Don't know", "refused": "Refused"},
    "liked": {"refused": "Refused"},
    "trust.calm": {"dont_know": "Don't know"},
    "trust.loud": {"dont_know": "Don't know"},
}
#: The questions in the order of the questionnaire.
ORDER = (
    *("keeps", "size", "liked", "visits", "since", "word", "members", "trust.calm"),
    *("trust.loud", "last"),
)
ROUTED = ("size", "visits")
INSTRUMENT = survey(
    question("keeps", "single", *YES_NO, missing=["dont_know", "refused"]),
    question(
        "size",
        "banded",
        option("few", "1 to 2", interval=[1, 2]),
        option("some", "3 to 10", interval=[3, 10]),
        option("many", "11 or more", interval=[11, "open"]),
        unit="pets",
        minimum=1,
        when=KEEPS,
    ),
    question(
        "liked",
        "multi_answer",
        *(
            option(code, label, exclusive=code == "none", write_in=code == "other")
            for code, label in LIKED.items()
        ),
        missing=["refused"],
    ),
    question("visits", "number", unit="visits", minimum="0", maximum="99", decimals=1, when=KEEPS),
    question("since", "date", precision="month", earliest="2000-01"),
    question("word", "text"),
    question("members", "text_quantity", unit="pets"),
    question(
        "trust",
        "grid",
        option("low"),
        option("high"),
        cells="single",
        rows=[{"id": name, "text": {"en": name}} for name in ("calm", "loud")],
        missing=["dont_know"],
    ),
    question("last", "single", *YES_NO),
)
#: The columns of the question with several answers, by layout.
LIKED_COLUMNS = {
    "column_per_option": (*(f"liked_{code}" for code in LIKED), "liked_refused"),
    "delimited": ("liked",),
    "mentions": ("liked_1", "liked_2", "liked_3"),
}


def header(layout):
    many = LIKED_COLUMNS[layout]
    return [
        *("id", "keeps", "size", *many, "other_text", "visits", "since", "word", "members"),
        *("calm", "loud", "last"),
    ]


def columns(layout):
    """The manifest's columns for a layout of the question with several answers."""
    liked = {"layout": layout, "write_in": {"other": "other_text"}}
    if layout == "column_per_option":
        liked |= {"options": {code: f"liked_{code}" for code in LIKED}, "ticked": ["1"]}
        liked |= {"not_ticked": ["0"], "missing": {"refused": "liked_refused"}}
    elif layout == "delimited":
        liked |= {"column": "liked", "delimiter": ";"}
    else:
        liked |= {"columns": list(LIKED_COLUMNS[layout])}
    alike = {name: name for name in ("keeps", "size", "visits", "since", "word", "members", "last")}
    trust = {"layout": "grid", "rows": {"calm": "calm", "loud": "loud"}}
    return {
        "respondent": {"column": "id"},
        "columns": {**alike, "liked": liked, "trust": trust},
    }


def plain(text):
    """A text without spaces at its ends, double spaces and characters of no width."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", seen).replace("’", "'").split())


def escape(text):
    """A text with what cannot be seen written out."""
    hidden = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in hidden else char
        for char in text
    )


def is_safe(cell):
    """Whether no spreadsheet runs a cell as a formula."""
    start = "".join(char for char in cell if unicodedata.category(char) != "Cf").strip()
    number = re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)*", start)
    return number or not (start.startswith(tuple(WIDE_SIGNS)) or cell.startswith(("\t", "\r")))


@dataclass
class Reading:
    """What a row's cells are: `cells` by question, each with its columns' headers and texts.

    A value is ("answer", value), ("state", name), "blank", "invalid", or ANY where this reading
    does not say.
    """

    record: int
    line: int
    respondent: str
    values: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)
    written: str | None = None


@dataclass
class Expected:
    """What a file holds by the second reading."""

    heads: list
    rows: int = 0
    taken: list = field(default_factory=list)
    aside: list = field(default_factory=list)
    excluded: int = 0


def cells_of(raw):
    """The rows of a file with the line each begins on; None where it is no CSV in UTF-8."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found, begun = [], 1
    try:
        for row in reader:
            found.append((begun, row))
            begun = reader.line_num + 1
    except csv.Error:
        return None
    return found


def expected(raw, layout):
    """The second reading of a file; None where the file must be refused as a whole."""
    rows = cells_of(raw)
    if not rows or sorted(rows[0][1]) != sorted(header(layout)) or len(rows) == 1:
        return None
    heads = rows[0][1]
    found = Expected(heads=heads, rows=len(rows) - 1)
    sound = [row for _, row in rows[1:] if len(row) == len(heads)]
    ids = Counter(row[heads.index("id")].strip() for row in sound)
    for record, (line, row) in enumerate(rows[1:], 1):
        cells = dict(zip(heads, row, strict=False))
        if not row or (len(row) == len(heads) and not any(plain(cell) for cell in row)):
            found.excluded += 1
        elif len(row) != len(heads):
            found.aside.append((record, line, "ROW-LENGTH"))
        elif not cells["id"].strip():
            found.aside.append((record, line, "ROW-ID-BLANK"))
        elif ids[cells["id"].strip()] > 1:
            found.aside.append((record, line, "ROW-ID-REPEATED"))
        else:
            found.taken.append(_read(record, line, cells, layout))
    return found


def _read(record, line, cells, layout):
    made = Reading(record=record, line=line, respondent=cells["id"].strip())
    made.cells = {name: [name] for name in ("size", "visits", "since", "word", "members")}
    made.cells |= {"keeps": ["keeps"], "last": ["last"], "liked": list(LIKED_COLUMNS[layout])}
    made.cells |= {"trust.calm": ["calm"], "trust.loud": ["loud"]}
    for name, heads in made.cells.items():
        made.cells[name] = [(head, cells[head]) for head in heads]
        texts = [cells[head] for head in heads]
        if name == "liked":
            made.values[name] = _LIKED[layout](texts)
        elif name in LISTS:
            made.values[name] = listed(name, texts[0])
        else:
            made.values[name] = _OTHERS[name](texts[0])
    made.written = cells["other_text"] if plain(cells["other_text"]) else None
    _decide_blanks(made)
    return made


def _decide_blanks(made):
    """Give each blank its state: by the route first, then by what follows."""
    spoken = [place for place, name in enumerate(ORDER) if made.values[name] != "blank"]
    last = max(spoken, default=-1)
    keeps = made.values["keeps"]
    for place, name in enumerate(ORDER):
        if made.values[name] != "blank":
            continue
        state = "unknown_blank" if place > last else "no_answer"
        if name in ROUTED and keeps != ("answer", "yes"):
            known = keeps[0] == "answer" or keeps[1] in {"dont_know", "refused"}
            state = "not_applicable" if known else "unknown_blank"
        made.values[name] = ("blank", state)


def listed(name, raw):
    """One answer out of a list: its label or code, or a way of not answering."""
    texts = LISTS.get(name, LIKED)
    for told in (raw, plain(raw)):
        for code, label in texts.items():
            if told in {code, label}:
                return ("answer", code)
        for state, label in STATES.get(name, {}).items():
            if told in {state, label}:
                return ("state", state)
    return "invalid" if plain(raw) else "blank"


def _number(raw):
    text = plain(raw)
    if not text:
        return "blank"
    if not re.fullmatch(r"-?[0-9]{1,10}([.][0-9]{1,4})?", text):
        return "invalid"
    value = Decimal(text)
    if not 0 <= value <= 99 or value * 10 % 1:
        return "invalid"
    return ("answer", float(value))


def _month(raw):
    text = plain(raw)
    if not text:
        return "blank"
    try:
        day = dt.date.fromisoformat(f"{text}-01") if re.fullmatch("[0-9-]{7}", text) else None
    except ValueError:
        day = None
    return ("answer", text) if day and day >= dt.date(2000, 1, 1) else "invalid"


def _word(raw):
    return ("answer", raw) if plain(raw) else "blank"


def _quantity(raw):
    if not plain(raw):
        return "blank"
    found = re.fullmatch("([0-9]{1,6})(?:-([0-9]{1,6}))?", raw)
    if not found:
        return ANY
    low, high = int(found[1]), int(found[2] or found[1])
    return ("answer", (raw, low, high)) if low <= high else "invalid"


_OTHERS = {"visits": _number, "since": _month, "word": _word, "members": _quantity}


def _per_option(texts):
    meant = {"1": 1, "0": 0, "": None}
    ticks = [meant.get(plain(text), "invalid") for text in texts]
    if "invalid" in ticks:
        return "invalid"
    refused = ticks.pop() == 1
    return _together({code for code, tick in zip(LIKED, ticks, strict=True) if tick}, refused)


def _together(chosen, refused):
    """A set of answers that may not go together."""
    if (refused and chosen) or ("none" in chosen and len(chosen) > 1):
        return "invalid"
    if refused:
        return ("state", "refused")
    return ("answer", frozenset(chosen)) if chosen else "blank"


def _mentioned(texts):
    found = [listed("liked", text) for text in texts]
    if "invalid" in found:
        return "invalid"
    chosen = {one[1] for one in found if one[0] == "answer"}
    return _together(chosen, ("state", "refused") in found)


def _delimited(texts):
    (raw,) = texts
    if not plain(raw):
        return "blank"
    if '"' in raw or not raw.replace(";", "").strip():
        return ANY
    whole = listed("liked", raw)
    if whole != "invalid":
        return whole if whole[0] == "state" else ("answer", frozenset({whole[1]}))
    # The one label that holds the delimiter is taken out first.
    parts = raw.replace("Dogs; big or small", "dogs").split(";")
    return _mentioned([part.strip() for part in parts])


_LIKED = {"column_per_option": _per_option, "delimited": _delimited, "mentions": _mentioned}
