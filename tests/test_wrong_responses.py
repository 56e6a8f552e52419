"""Responses that are wrong in a cell, a row or a column: what the user is told, and what is kept.

`Pets` is a small wave of responses that is right in every part until a test breaks it.
"""

import contextlib
import csv
import hashlib
import io
import json
import re
import sys
from dataclasses import dataclass

import pytest

import surveylib as sl
from surveylib.cli import main
from surveylib.errors import QuarantineError, ResponsesError
from surveylib.instrument.identity import instrument_hash

INSTRUMENT = """\
format: surveylib.instrument/1
id: pets
version: "1"
title: {en: "Pets"}
languages: [en]
provenance: Made up to test with.
population: People with and without pets.
questions:
  - id: keeps
    kind: single
    concept: keeps
    text: {en: "Do you keep a pet?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    required: true
    option_list: complete
    missing: [refused]
    options:
      - {code: "yes", label: {en: "Yes"}}
      - {code: "no", label: {en: "No"}}
  - id: how_many
    kind: banded
    concept: how_many
    text: {en: "How many pets do you keep?"}
    wording: printed
    base: {asked: those who keep a pet, if: {question: keeps, answers: ["yes"]}}
    period: not_stated
    unit: pets
    minimum: 1
    option_list: complete
    options:
      - {code: few, label: {en: "1-2"}, interval: [1, 2]}
      - {code: some, label: {en: "3-5"}, interval: [3, 5]}
      - {code: many, label: {en: "6 or more"}, interval: [6, open]}
  - id: liked
    kind: multi_answer
    concept: liked
    text: {en: "Which animals do you like?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    max_selected: 2
    option_list: complete
    options:
      - {code: cats, label: {en: "Cats"}}
      - {code: dogs, label: {en: "Dogs; big or small"}}
      - {code: fish, label: {en: "Fish"}}
      - {code: none, label: {en: "None of these"}, exclusive: true}
  - id: country
    kind: single
    concept: country
    text: {en: "Where do you live?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    option_list: complete
    options:
      - {code: "NA", label: {en: "Namibia"}}
      - {code: "NO", label: {en: "Norway"}}
  - id: size
    kind: ordered
    concept: size
    text: {en: "How large is your home?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    option_list: complete
    options:
      - {code: "1", label: {en: "Small"}, score: 1}
      - {code: "2", label: {en: "Middling"}, score: 2}
      - {code: "3", label: {en: "Très grand"}, score: 3}
  - id: age
    kind: number
    concept: age
    text: {en: "How old is your home?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    unit: years
    minimum: "0"
    maximum: "120"
    decimals: 1
  - id: word
    kind: text
    concept: word
    text: {en: "Anything else?"}
    wording: printed
    base: {asked: all}
    period: not_stated
"""

MANIFEST = """\
format: surveylib.wave/1
survey: pets
wave: "2026"
instrument: pets@1
instrument_hash: IDENTITY
field_dates: {from: 2026-03-01, to: 2026-03-31}
frame: A made-up list
mode: On paper
response_rate: unknown
weighting: unknown
sources:
  - {id: tool, title: A field tool, address: "https://example.org", kind: own}
responses:
  path: responses.csv
  sha256: HASH
  source: tool
respondent: {column: id}
columns:
  keeps: keeps
  how_many: how_many
  liked: {layout: delimited, column: liked, delimiter: ";"}
  country: country
  size: {column: {header: size, at: F}}
  age: age
  word: word
"""

HEADS = ("id", "keeps", "how_many", "liked", "country", "size", "age", "word")
ROWS = (
    ("001", "Yes", "1-2", "Cats;Fish", "NA", "1", "12", "fine"),
    ("002", "No", "", "Dogs; big or small", "NO", "2", "40.5", ""),
    ("003", "Yes", "3-5", "Cats", "Norway", "3", "7", "so so"),
)
CLEAN = [*HEADS], *map(list, ROWS)
#: What `surveylib ingest` writes, in the folder named ingested.
WRITTEN = {
    *("responses.parquet", "quarantine.csv", "repairs.csv", "issues.json", "summary.json"),
    "quality.html",
}


def as_csv(rows=CLEAN, delimiter=","):
    """Rows as lines that end in a line feed; a cell with a line break of any kind is quoted."""
    made = []
    for row in rows:
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerow(row)
        made.append(text.getvalue().removesuffix("\r\n") + "\n")
    return "".join(made)


DATA = as_csv()


def changed(*, row=2, rows=CLEAN, **cells):
    """The clean file with other texts in one row, the third if no other is named."""
    made = [list(cells_of) for cells_of in rows]
    for head, text in cells.items():
        made[row + 1][made[0].index(head)] = text
    return as_csv(made)


def wider(*columns):
    """The clean file with further columns, each a header and a text for every row."""
    return as_csv(
        [[*row, *(column[place] for column in columns)] for place, row in enumerate(CLEAN)]
    )


@dataclass(frozen=True)
class Done:
    """What a command left behind, named as in `subprocess`."""

    returncode: int
    stdout: str
    stderr: str


class Pets:
    """A wave of responses on disk, with its questionnaire; `out` is where the command writes."""

    def __init__(self, root):
        self.root = root
        self.folder = root / "waves" / "pets" / "2026"
        self.manifest = self.folder / "wave.yaml"
        self.instrument = root / "instruments" / "pets" / "1.yaml"
        self.data = self.folder / "responses.csv"
        self.out = self.folder / "ingested"
        self.folder.mkdir(parents=True)
        self.instrument.parent.mkdir(parents=True)
        self.instrument.write_text(INSTRUMENT, "utf-8")
        identity = instrument_hash(sl.load_instrument(self.instrument))
        self.manifest.write_text(MANIFEST.replace("IDENTITY", identity), "utf-8")
        self.give(DATA)

    def give(self, data, name="responses.csv"):
        """Put a file of responses in the place of the old one, and seal the manifest with it."""
        self.data.unlink(missing_ok=True)
        self.declare(f"path: {self.data.name}\n", f"path: {name}\n")
        self.data = self.folder / name
        self.data.write_bytes(data if isinstance(data, bytes) else data.encode())
        return self.seal()

    def seal(self):
        digest = hashlib.sha256(self.data.read_bytes()).hexdigest()
        text = re.sub(r"sha256: .*\n", f"sha256: {digest}\n", self.manifest.read_text("utf-8"))
        self.manifest.write_text(text, "utf-8")
        return self

    def declare(self, old, new):
        """Change the manifest at one place."""
        text = self.manifest.read_text("utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        self.manifest.write_text(text.replace(old, new), "utf-8")
        return self

    def file(self, line):
        """Say how the file of responses is read."""
        return self.declare("  source: tool\n", f"  source: tool\n  {line}\n")

    def also(self, entry):
        """Add an entry of the manifest."""
        return self.declare("respondent: ", f"{entry}\nrespondent: ")

    def line(self, words):
        """The one line of the manifest that holds these words, counted from 1."""
        lines = self.manifest.read_text("utf-8").splitlines()
        (found,) = [number for number, line in enumerate(lines, 1) if words in line]
        return found

    def ingest(self, **options):
        return sl.ingest(self.folder, **options)

    def command(self, *arguments):
        """Run `surveylib ingest` in this process: the same function, the same checks."""
        out, err = io.StringIO(), io.StringIO()
        given, sys.argv = sys.argv, ["surveylib", "ingest", str(self.folder), *map(str, arguments)]
        code = 0
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main()
        except SystemExit as stop:
            code = stop.code or 0
        finally:
            sys.argv = given
        return Done(code, out.getvalue(), err.getvalue())

    def written(self):
        """Names of all files in `out`, with those in folders below it."""
        return {
            path.relative_to(self.out).as_posix()
            for path in self.out.rglob("*")
            if not path.is_dir()
        }

    def takes(self):
        """Run the command, which takes the file; what it says on stderr."""
        done = self.command()
        assert (done.returncode, self.written()) == (0, WRITTEN), done.stderr
        return done.stderr.strip()

    def stops(self, code, *told, file=None, line=None):
        """Run the command, which stops before any row is taken: the place, and what to do."""
        done = self.command()
        place = file or self.data
        assert (done.returncode, done.stdout) == (1, "")
        assert "Traceback" not in done.stderr
        head = f"{place}:" if line is None else f"{place}:{line}:"
        assert re.search(rf"^{re.escape(head)} .*\[{code}\]$", done.stderr, re.MULTILINE)
        for words in told:
            assert words in done.stderr
        assert self.written() == set()

    def refuses(self, code, *told, line=None, error=ResponsesError):
        """Ingest into a folder, which stops before any row is taken: the fault."""
        with pytest.raises(error, match=rf"\[{code}\]") as caught:
            self.ingest(out=self.out)
        assert type(caught.value) is error
        fault = next(one for one in caught.value.faults if one.code == code)
        assert fault.file == str(self.data if error is ResponsesError else self.manifest)
        assert fault.line == line
        for words in told:
            assert words in str(fault)
        assert self.written() == set()
        return fault

    def quarantines(self, *, command=True):
        """The lines of quarantine.csv, where so much is in it that no wave is written."""
        if command:
            done = self.command()
            assert (done.returncode, done.stdout) == (1, "")
            assert "Traceback" not in done.stderr
            told = done.stderr
        else:
            with pytest.raises(QuarantineError, match=r"\[QUARANTINE-LIMIT\]") as caught:
                self.ingest(out=self.out)
            sl.write_refused(caught.value, self.out / "refused")
            told = str(caught.value)
        assert "do: mend what is listed here, or allow more with most_quarantined" in told
        assert self.written() == {
            f"refused/{name}" for name in WRITTEN - {"responses.parquet", "quality.html"}
        }
        text = (self.out / "refused" / "quarantine.csv").read_text("utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text, newline="")))
        groups = {(one["column"], one["code"], one["raw"], one["what"]): one for one in lines[::-1]}
        for one in groups.values():
            assert f"[{one['code']}]" in told
            assert f"do: {one['todo']}" in told or not one["todo"]
        assert f"{self.data}:{lines[0]['line']}: " in told
        return lines


@pytest.fixture
def pets(tmp_path):
    return Pets(tmp_path)


def texts(wave, column):
    """The answers of a column, codes for options."""
    levels = wave.field(column).levels
    values = wave.column(column).tolist()
    return [levels[value] if levels and value >= 0 else value for value in values]


def test_the_wave_is_right_before_a_test_breaks_it(pets):
    assert pets.takes() == ""
    assert texts(pets.ingest().wave, "country") == ["NA", "NO", "NO"]


# Cells. What is wrong: the column, its text, the fault's code, and words of what is told.
CELLS = {
    "NA is an answer only where it is one": (
        "keeps", "NA", "CELL-UNKNOWN", "no answer to 'keeps'", "say under 'values'",
    ),
    "None": ("country", "None", "CELL-UNKNOWN", "'Namibia', 'Norway'", "say under 'values'"),
    "null": ("country", "null", "CELL-UNKNOWN", "'Namibia', 'Norway'", "say under 'values'"),
    "N/A": ("country", "N/A", "CELL-UNKNOWN", "'Namibia', 'Norway'", "say under 'values'"),
    "NaN": ("age", "NaN", "CELL-NUMBER", "not a number", "values"),
    "a code that the list does not have": (
        "size", "7", "CELL-UNKNOWN", "'Small', 'Middling', 'Très grand'", "say under 'values'",
    ),
    "a text where a code belongs": ("size", "huge", "CELL-UNKNOWN", "no answer to 'size'", ""),
    "an answer in other capitals": (
        "country", "norway", "CELL-UNKNOWN", "", "if it means 'Norway', say so under 'values'",
    ),
    "a code with a zero in front": ("size", "01", "CELL-UNKNOWN", "", ""),
    "a code with decimals": ("size", "1.0", "CELL-UNKNOWN", "", ""),
    "a digit of another script": ("size", "٣", "CELL-UNKNOWN", "", ""),
    "a number in another script": ("age", "٣", "CELL-NUMBER", "not a number", ""),
    "an underscore in a number": ("age", "1_0", "CELL-NUMBER", "not a number", ""),
    "a unit in a number": ("age", "12 years", "CELL-NUMBER", "not a number", ""),
    "an exponent": ("age", "1e308", "CELL-NUMBER", "not a number", ""),
    "no number at all": ("age", "inf", "CELL-NUMBER", "not a number", ""),
    "a code for missing that nobody declared": (
        "age", "999", "CELL-RANGE", "at least 0, at most 120 years", "",
    ),
    "a number below zero": ("age", "-1", "CELL-RANGE", "at least 0", ""),
    "too many decimals": ("age", "12.55", "CELL-DECIMALS", "at most 1 decimals", ""),
    "more digits than are kept": ("age", "1" * 30, "CELL-DIGITS", "15 digits", ""),
    "a decimal comma": ("age", "40,5", "CELL-NUMBER", "not a number", ""),
    "digits in groups": ("age", "1,000", "CELL-NUMBER", "not a number", "repair: [thousands]"),
    "a band that became a day": (
        "how_many", "03-May", "CELL-DATE",
        "looks like what a spreadsheet made of '3-5'", "repair: [spreadsheet_date]",
    ),
    "a band that became a month": (
        "how_many", "May-03", "CELL-DATE",
        "looks like what a spreadsheet made of '3-5'", "repair: [spreadsheet_date]",
    ),
    "a band that became a number of a day": (
        "how_many", "45053", "CELL-DATE",
        "looks like a spreadsheet's date", "say so under 'values'",
    ),
    "a part of several answers that is none": (
        "liked", "Cats;Birds", "CELL-UNKNOWN", "no answer to 'liked'", "",
    ),
    "another separator between answers": ("liked", "Cats,Fish", "CELL-UNKNOWN", "", ""),
    "a label that was cut at its separator": (
        "liked", "Dogs", "CELL-CUT",
        "the beginning of 'Dogs; big or small'", "correct it in the file",
    ),
    "none of these, and one of these": (
        "liked", "None of these;Cats", "ANSWERS-EXCLUSIVE", "an answer that stands alone", "",
    ),
    "text in the wrong encoding": (
        "size", "TrÃ¨s grand", "CELL-UNKNOWN", "no answer to 'size'", "'Très grand'",
    ),
    "a formula": (
        "country", '=HYPERLINK("https://example.org","x")', "CELL-UNKNOWN", "'Namibia'", "",
    ),
    "a sign that turns the text": ("country", "a\u202eb", "CELL-UNKNOWN", "", ""),
    "a terminal's command": ("country", "\x1b[31mred\x07", "CELL-UNKNOWN", "", ""),
}  # fmt: skip


@pytest.mark.parametrize("wrong", CELLS.values(), ids=CELLS)
def test_a_cell_without_a_meaning_is_put_aside_with_its_place_and_a_way_out(pets, wrong):
    head, text, code, told, todo = wrong
    (one,) = pets.give(changed(**{head: text})).quarantines(command=False)
    place = HEADS.index(head)
    assert (one["line"], one["column"], one["header"]) == ("4", "ABCDEFGH"[place], head)
    assert (one["question"], one["code"], one["record"]) == (head, code, "3")
    assert told in one["what"] or told in one["wanted"]
    assert todo in one["todo"]


@pytest.mark.parametrize("name", ["a code that the list does not have", "a decimal comma",
                                  "a band that became a day", "a terminal's command",
                                  "a part of several answers that is none"])  # fmt: skip
def test_the_command_says_what_is_in_quarantine_and_writes_no_wave(pets, name):
    head, text, code, _, _ = CELLS[name]
    (one,) = pets.give(changed(**{head: text})).quarantines()
    assert one["code"] == code
    done = pets.command()
    letter = "ABCDEFGH"[HEADS.index(head)]
    assert f"{pets.data}:4: column {letter}, {head}: {one['what']} [{code}]" in done.stderr
    assert f"got: '{one['raw'].removeprefix(chr(39))}'" in done.stderr
    assert not set("\x1b\x07\u202e") & set(done.stderr)


def test_a_cell_in_quarantine_is_invalid_and_never_missing(pets):
    pets.give(changed(size="7")).also("most_quarantined: 0.1")
    assert pets.takes() == ""
    found = pets.ingest()
    assert dict(found.accounts.questions["size"]) == {"answered": 2, "invalid": 1}
    assert found.wave.counts("size") == pets.ingest(most_quarantined=1).wave.counts("size")


def test_a_share_above_what_the_manifest_allows_stops(pets):
    (one,) = pets.give(changed(size="7")).also("most_quarantined: 0.05").quarantines()
    assert one["raw"] == "7"


def test_faults_that_are_alike_are_told_once_with_their_number(pets):
    rows = [[f"n{n}", "Yes", "1-2", "Cats", "Sweden", "1", "1", ""] for n in range(1200)]
    done = pets.give(as_csv([*CLEAN, *rows])).command()
    assert done.stderr.count("CELL-UNKNOWN") == 1
    assert f"{pets.data}:5: 1200 times: column E, country: no answer" in done.stderr
    assert len(done.stderr.splitlines()) < 20


def test_na_is_namibia_where_the_list_has_it(pets):
    assert texts(pets.give(changed(country="NA")).ingest().wave, "country") == ["NA", "NO", "NA"]


def test_a_space_beside_a_code_is_no_fault_and_is_counted(pets):
    found = pets.give(changed(size="2 ")).ingest()
    assert texts(found.wave, "size") == ["1", "2", "2"]
    (column,) = [one for one in found.accounts.columns if one.header == "size"]
    assert column.normalised == 1


def test_a_spreadsheets_date_is_restored_only_where_the_manifest_allows_it(pets):
    pets.give(changed(how_many="03-May"))
    pets.declare("how_many: how_many", "how_many: {column: how_many, repair: [spreadsheet_date]}")
    assert pets.takes() == ""
    (one,) = csv.DictReader((pets.out / "repairs.csv").read_text("utf-8-sig").splitlines())
    assert (one["line"], one["header"], one["raw"], one["after"]) == (
        *("4", "how_many", "03-May", "3-5"),
    )


def test_text_read_twice_is_restored_only_where_the_manifest_allows_it(pets):
    pets.give(changed(size="TrÃ¨s grand", word="cafÃ©"))
    pets.declare("at: F}}", "at: F}, repair: [mojibake]}")
    wave = pets.ingest().wave
    assert texts(wave, "size") == ["1", "2", "3"]
    assert texts(wave, "word")[2] == "cafÃ©"  # in own words nobody can know


def test_a_decimal_comma_is_read_where_it_is_declared_and_then_a_point_is_none(pets):
    pets.give(changed(age="40,5")).also("decimal: ','")
    (one,) = pets.quarantines()
    assert (one["raw"], one["line"], one["header"]) == ("40.5", "3", "age")
    pets.give(changed(row=1, age="40,5", rows=CLEAN)).command()
    assert pets.ingest().wave.column("age").tolist() == [12.0, 40.5, 7.0]


def test_a_separator_inside_a_label_does_not_divide_it(pets):
    wave = pets.give(changed(liked="Cats;Dogs; big or small")).ingest().wave
    assert wave.column("liked/cats").tolist() == [1, 0, 1]
    assert wave.column("liked/dogs").tolist() == [0, 1, 1]


@pytest.mark.parametrize("text", [";" * 60_000, "Cats;Birds;" * 5_000])
def test_a_cell_of_thousands_of_parts_is_put_aside(pets, text):
    (one,) = pets.give(changed(liked=text)).quarantines(command=False)
    assert (one["code"], one["line"], one["column"]) == ("CELL-UNKNOWN", "4", "D")


TICKED = """\
  liked:
    layout: column_per_option
    options:
      cats: {at: D}
      dogs: {at: I}
      fish: {at: J}
      none: {at: K}
    ticked: ["1"]
"""


@pytest.mark.parametrize(("blank", "cats"), [("not_ticked", [1, 0, -1]), ("unknown", [1, -1, -1])])
def test_a_blank_beside_a_tick_is_what_the_manifest_says_and_a_blank_row_is_no_no(
    pets, blank, cats
):
    rows = [
        [*HEADS, "dogs", "fish", "none"],
        ["1", "Yes", "1-2", "1", "NA", "1", "1", "", "", "", ""],
        ["2", "Yes", "1-2", "", "NA", "1", "1", "", "1", "", ""],
        ["3", "Yes", "1-2", "", "NA", "1", "1", "", "", "", ""],
    ]
    pets.give(as_csv(rows))
    old = '  liked: {layout: delimited, column: liked, delimiter: ";"}\n'
    wave = pets.declare(old, f"{TICKED}    blank: {blank}\n").ingest().wave
    assert wave.column("liked/cats").tolist() == cats
    assert texts(wave, "liked:state")[2] == "no_answer"


def test_none_of_these_beside_another_tick_puts_every_cell_of_the_answer_aside(pets):
    row = ["1", "Yes", "1-2", "1", "NA", "1", "1", "", "", "", "1"]
    pets.give(as_csv([[*HEADS, "dogs", "fish", "none"], row]))
    old = '  liked: {layout: delimited, column: liked, delimiter: ";"}\n'
    lines = pets.declare(old, TICKED).quarantines(command=False)
    assert {(one["column"], one["code"]) for one in lines} == {
        ("D", "ANSWERS-EXCLUSIVE"),
        ("K", "ANSWERS-EXCLUSIVE"),
    }


def test_more_ticks_than_allowed_are_kept_and_counted(pets):
    found = pets.give(changed(liked="Cats;Fish;Dogs; big or small")).ingest()
    assert dict(found.quality.ticks_over) == {"liked": 1}
    assert found.wave.column("liked/fish").tolist() == [1, 0, 1]


def test_an_answer_off_the_route_is_kept_and_counted_apart_from_one_left_out(pets):
    pets.give(changed(keeps="No")).takes()
    pets.give(changed(row=0, keeps="", rows=CLEAN))
    assert json.loads((pets.out / "summary.json").read_text())["quality"]["off_route"] == {
        "how_many": 1
    }
    found = pets.ingest()
    assert dict(found.quality.required) == {"keeps": 1}
    assert "how_many" not in {k: n for k, n in found.quality.off_route.items() if n}
    assert dict(found.accounts.questions["keeps"]) == {"answered": 2, "no_answer": 1}


TIMED = "timing: {started: started, ended: ended}"
TEN = "2026-03-02T10:00:00"


def timed(started, ended):
    return wider(["started", TEN, TEN, started], ["ended", TEN, TEN, ended])


def test_a_time_in_another_form_is_put_aside_and_never_turned_round(pets):
    pets.give(timed("03/02/2026 10:00", TEN)).also(TIMED)
    (one,) = pets.quarantines()
    assert (one["code"], one["line"], one["column"], one["header"]) == (
        *("CELL-TIME", "4", "I", "started"),
    )
    assert "see timing: format" in one["todo"]


def test_a_day_in_the_place_of_a_month_is_put_aside(pets):
    pets.give(wider(["started", *["13/02/2026 10:00"] * 3], ["ended", *["13/02/2026 10:05"] * 3]))
    pets.also("timing: {started: started, ended: ended, format: '%m/%d/%Y %H:%M'}")
    assert {one["code"] for one in pets.quarantines(command=False)} == {"CELL-TIME"}


@pytest.mark.parametrize("text", ["inf", "nan", "1_0", "1e400", "ten"])
def test_seconds_that_are_no_number_are_put_aside(pets, text):
    pets.give(wider(["seconds", "12", "13", text])).also("timing: {seconds: seconds}")
    (one,) = pets.quarantines()
    assert (one["code"], one["line"], one["column"]) == ("CELL-TIME", "4", "I")


def test_zones_are_reckoned_with_and_an_end_before_the_start_is_counted(pets):
    pets.give(timed("2026-03-02T12:00:00+02:00", "2026-03-02T09:59:00Z")).also(TIMED)
    found = pets.ingest()
    assert found.wave.column(":seconds").tolist() == [0, 0, -60]
    assert found.quality.durations.reversed == 1


def test_a_date_far_away_takes_nobody_out_of_the_wave(pets):
    pets.give(timed("1926-03-02T10:00:00", "1926-03-02T10:01:00")).also(TIMED)
    assert pets.ingest().accounts.accepted == 3


def test_equal_rows_are_counted_and_none_is_taken_away(pets):
    rows = [[f"n{n}", *ROWS[0][1:]] for n in range(500)]
    found = pets.give(as_csv([*CLEAN, *rows])).ingest()
    assert found.accounts.accepted == 503
    assert found.quality.alike == 501


def test_addresses_in_own_words_are_counted_and_stay_behind_in_an_export(pets, tmp_path):
    pets.give(changed(word="write to jo@example.org"))
    found = pets.ingest()
    (column,) = [one for one in found.accounts.columns if one.header == "word"]
    assert column.personal == 1
    sl.export_responses(found.wave, tmp_path / "export")
    for path in (tmp_path / "export").iterdir():
        assert b"jo@example.org" not in path.read_bytes()


def test_a_column_of_addresses_can_only_be_ignored(pets):
    pets.give(DATA.replace("word", "e-mail")).declare("word: word", "word: e-mail")
    told = ("column H 'e-mail' looks like personal data", "do: list it under 'ignore'")
    pets.stops("PERSONAL-DATA", *told, file=pets.manifest, line=pets.line("word: e-mail"))
    pets.declare("word: e-mail", "word: {layout: not_in_file, reason: none}")
    pets.also("ignore: [{column: e-mail, reason: personal data}]").takes()


# Rows


@pytest.mark.parametrize(
    ("data", "cells"),
    [(DATA.replace("so so", "so so,x"), 9), (DATA.replace(",so so", ""), 7)],
)
def test_a_row_with_more_or_fewer_cells_is_put_aside_whole(pets, data, cells):
    (one,) = pets.give(data).quarantines()
    assert (one["code"], one["line"], one["record"], one["column"]) == ("ROW-LENGTH", "4", "3", "")
    assert one["what"] == f"the row has {cells} cells, the header 8"
    assert one["todo"] == "quote cells that hold the delimiter or a line break"
    assert one["raw"] == data.splitlines()[3]


def test_rows_with_one_id_are_put_aside_together_whatever_they_say(pets):
    pets.give(as_csv([*CLEAN, ROWS[0], ["003", *ROWS[0][1:]]]))
    lines = pets.quarantines()
    assert [(one["line"], one["code"]) for one in lines] == [
        (line, "ROW-ID-REPEATED") for line in "2456"
    ]
    assert "id '001' stands in 2 rows (records 1, 4)" in lines[0]["what"]
    assert "respondent: {repeated: first}" in lines[0]["todo"]
    counts = json.loads((pets.out / "refused" / "summary.json").read_text())
    assert counts["ids"] == {"blank": 0, "repeated": 2}
    assert counts["rows"] == {"read": 5, "accepted": 1, "quarantined": 4, "excluded": {}}


@pytest.mark.parametrize(("rule", "ages"), [("first", [12, 40.5, 7]), ("last", [40.5, 7, 99])])
def test_one_row_of_an_id_is_taken_only_where_somebody_said_which(pets, rule, ages):
    pets.give(as_csv([*CLEAN, ["001", *ROWS[0][1:6], "99", ""]]))
    pets.declare("respondent: {column: id}", f"respondent: {{column: id, repeated: {rule}}}")
    found = pets.ingest()
    assert found.wave.column("age").tolist() == ages
    assert dict(found.accounts.excluded) == {f"only the {rule} row with an id is taken": 1}


@pytest.mark.parametrize("text", [" 001", "001\u200b", "\ufeff001", "001\xad"])
def test_ids_that_look_the_same_are_the_same(pets, text):
    lines = pets.give(changed(id=text)).quarantines(command=False)
    assert [(one["line"], one["code"]) for one in lines] == [
        ("2", "ROW-ID-REPEATED"),
        ("4", "ROW-ID-REPEATED"),
    ]


def test_a_row_without_an_id_is_put_aside(pets):
    (one,) = pets.give(changed(id=" ")).quarantines(command=False)
    assert (one["code"], one["line"]) == ("ROW-ID-BLANK", "4")
    assert "respondent: {blank: accept}" in one["todo"]


def test_ids_are_texts_and_keep_their_zeros_and_digits(pets):
    long = "12345678901234567890"
    wave = pets.give(changed(id=long)).ingest().wave
    assert wave.column(":respondent").tolist() == ["001", "002", long]


def test_ids_in_scientific_notation_are_warned_of(pets):
    told = pets.give(changed(id="1.23457E+15")).takes()
    assert f"warning: {pets.data}: ids in scientific notation" in told
    assert "[ID-DIGITS]\n    got: '1.23457E+15'\n    do: export the file again with ids" in told
