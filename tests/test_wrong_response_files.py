"""Files of responses that are wrong as a whole: bytes, headers, archives, places, bombs."""

import csv
import fcntl
import gzip
import io
import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import pyreadstat
import pytest

import surveylib as sl
from surveylib.errors import (
    InputError,
    ManifestError,
    MethodError,
    OutputError,
    StudyError,
)
from tests.test_wrong_responses import CLEAN, DATA, HEADS, Pets, as_csv, changed, texts, wider

ROOT = Path(__file__).parents[1]


@pytest.fixture
def pets(tmp_path):
    return Pets(tmp_path)


# Text


MARK = "\ufeff"
READ_RIGHT = {
    "a byte order mark": (MARK + DATA).encode(),
    "UTF-16 with its mark": DATA.encode("utf-16"),
    "UTF-16 of the other order": (MARK + DATA).encode("utf-16-be"),
    "UTF-32 with its mark": DATA.encode("utf-32"),
    "carriage returns": DATA.replace("\n", "\r").encode(),
    "line ends of every kind": DATA.replace("fine\n", "fine\r\n").replace("so\n", "so\r").encode(),
    "no end of the last line": DATA.rstrip("\n").encode(),
    "the end-of-file sign of old systems": DATA.encode() + b"\x1a",
    "semicolons": as_csv(delimiter=";").encode(),
    "tabs": as_csv(delimiter="\t").encode(),
}


@pytest.mark.parametrize("data", READ_RIGHT.values(), ids=READ_RIGHT)
def test_a_file_written_in_another_way_gives_the_same_wave(pets, data):
    assert pets.give(data).takes() == ""
    wave = pets.ingest().wave
    assert wave.column(":respondent").tolist() == ["001", "002", "003"]
    assert wave.column("age").tolist() == [12.0, 40.5, 7.0]
    assert wave.column("word").tolist() == ["fine", None, "so so"]


def test_a_line_break_inside_quotes_moves_the_lines_and_not_the_records(pets):
    data = changed(word="so\r\nso\n\nso", row=0).replace("Norway", "Sweden")
    (one,) = pets.give(data).quarantines()
    assert (one["line"], one["record"], one["header"], one["raw"]) == (
        "7",
        "3",
        "country",
        "Sweden",
    )


CAFE = changed(word="café")
#: Where the é stands in its line, counted from 1.
ACCENT = CAFE.splitlines()[3].index("é") + 1
BYTES = {
    "Windows-1252 in place of UTF-8": (
        CAFE.encode("cp1252"), "FILE-ENCODING", 4,
        f"byte 0xe9 at place {ACCENT} is not utf-8. It looks like Windows-1252.",
        "encoding: cp1252",
    ),
    "two encodings in one file": (
        CAFE.encode() + CAFE.splitlines()[3].encode("cp1252"), "FILE-ENCODING", 5,
        "byte 0xe9", "write the encoding into the manifest",
    ),
    "UTF-8 that breaks off in a character": (
        CAFE.encode()[:-2], "FILE-ENCODING", 4, "byte 0xc3", "write the encoding",
    ),
    "UTF-16 without its mark": (
        DATA.encode("utf-16-le"), "FILE-CHARACTER", 1, "a NUL character", "export the file again",
    ),
    "a NUL character": (
        DATA.replace("so so", "so\0so"), "FILE-CHARACTER", 4,
        f"NUL character at place {ACCENT - 1}", "NUL is no text",
    ),
    "a quote that is never closed": (
        DATA.replace("fine", '"fine'), "QUOTE-OPEN", 2, "not closed before line 4", "close it",
    ),
    "a quote opened on the last line": (
        DATA.replace("so so", '"so so'), "QUOTE-OPEN", 4, "a quote is opened", "double a quote",
    ),
    "text after a quote": (
        DATA.replace("fine", '"fi"ne'), "CSV-SYNTAX", 2, "not valid CSV", "",
    ),
    "nothing at all": ("", "FILE-EMPTY", None, "the file is empty", ""),
    "a byte order mark and nothing else": (MARK, "HEADER-MISSING", None, "before its header", ""),
    "blank lines only": ("\n\n", "HEADER-MISSING", None, "before its header does", ""),
    "a header and no row": (
        as_csv([HEADS]), "RESPONSES-NONE", None, "a header and no row of responses", "",
    ),
    "two delimiters that fit": (
        "id,keeps;x\n1,Yes;y\n2,No;z\n", "DELIMITER", None,
        "comma (2 columns) or semicolon (2 columns)", "such as delimiter: ';'",
    ),
    "more columns than are read": (
        ",".join(f"c{n}" for n in range(20_001)) + "\n", "FILE-COLUMNS", None, "20001 columns", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", BYTES.values(), ids=BYTES)
def test_a_file_of_text_that_cannot_be_read_stops_with_its_line_and_a_way_out(pets, wrong):
    data, code, line, what, todo = wrong
    fault = pets.give(data).refuses(code, what, line=line)
    assert todo in fault.todo


@pytest.mark.parametrize(
    "name",
    [
        *("Windows-1252 in place of UTF-8", "a NUL character"),
        *("a quote that is never closed", "a header and no row"),
    ],
)
def test_the_command_stops_at_such_a_file_and_writes_nothing(pets, name):
    data, code, line, what, todo = BYTES[name]
    pets.give(data).stops(code, what, todo, line=line)


def test_what_the_message_on_an_encoding_says_helps(pets):
    pets.give(CAFE.encode("cp1252")).file("encoding: cp1252").takes()
    assert texts(pets.ingest().wave, "word")[2] == "café"


def test_an_encoding_that_is_declared_wrongly_shows_in_the_labels(pets):
    pets.give(changed(size="Très grand")).file("encoding: cp1252")
    (one,) = pets.quarantines(command=False)
    assert (one["header"], one["raw"]) == ("size", "TrÃ¨s grand")


@pytest.mark.parametrize(
    ("declared", "what"),
    [
        ("utf9", "no encoding is called 'utf9'"),
        ("hex", "'hex' is no encoding of text"),
        ("ascii", f"byte 0xc3 at place {ACCENT} is not ascii"),
    ],
)
def test_an_encoding_that_does_not_fit_is_named(pets, declared, what):
    line = 4 if declared == "ascii" else None
    pets.give(CAFE).file(f"encoding: {declared}").refuses("FILE-ENCODING", what, line=line)


def test_a_mark_against_the_declared_encoding_stops_the_file(pets):
    pets.give((MARK + DATA).encode()).file("encoding: cp1252")
    pets.refuses("FILE-ENCODING", "begins with the mark of utf-8", "do: leave the encoding out")


def test_a_quote_that_swallows_the_rest_names_the_line_it_begins_on(pets):
    rows = "".join(f"{n},Yes,1-2,Cats,NA,1,1,\n" for n in range(5000))
    pets.give(DATA + 'x,Yes,1-2,Cats,NA,1,1,"\n' + rows).stops("QUOTE-OPEN", line=5)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_cell_above_the_limit_stops_the_file_at_its_line_and_is_no_open_quote(pets, quote):
    data = DATA.replace("so so", f"{quote}{'x' * 200_000}{quote}")
    pets.give(data).stops("FIELD-SIZE", "do: shorten it", line=4)


@pytest.mark.parametrize("char", ["\u2028", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_ends_of_lines_count_as_lines(pets, char):
    data = changed(word=f"a\n{char}b", row=0).replace("Norway", "Sweden")
    (one,) = pets.give(data).quarantines(command=False)
    assert (one["line"], one["record"]) == ("5", "3")


def test_two_files_put_one_after_the_other_are_seen_by_their_ids_and_the_second_header(pets):
    lines = pets.give(DATA + MARK + DATA).quarantines(command=False)
    assert {(one["line"], one["code"]) for one in lines} == {
        *((line, "ROW-ID-REPEATED") for line in "234678"),
        *(("5", code) for code in ("CELL-UNKNOWN", "CELL-NUMBER")),
    }


def test_one_header_row_too_few_declared_puts_the_second_aside(pets):
    questions = ["Who?", "Do you?", "How many?", "Which?", "Where?", "Large?", "Old?", "Else?"]
    pets.give(as_csv([CLEAN[0], questions, *CLEAN[1:]]))
    lines = pets.quarantines()
    assert {one["line"] for one in lines} == {"2"}
    assert [one["header"] for one in lines] == list(HEADS[1:7])


def test_a_title_above_the_header_that_is_not_declared_stops_at_the_first_column(pets):
    pets.give(as_csv([["My export", *[""] * 7], *CLEAN]))
    told = "the file has no column 'id'"
    pets.stops("COLUMN-MISSING", told, file=pets.manifest, line=pets.line("respondent:"))
    pets.file("title_rows: 1").takes()


def test_one_row_is_a_wave_of_one(pets):
    pets.give(as_csv(CLEAN[:2])).takes()
    assert pets.ingest().wave.n == 1


# Columns


def test_a_header_that_stands_twice_needs_letters(pets):
    pets.give(DATA.replace("word", "age", 1))
    pets.declare("word: word", "word: {column: {header: age, at: H}}")
    told = ("2 columns 'age': G, H", "do: add its letters, such as at: G")
    pets.stops("COLUMN-AMBIGUOUS", *told, file=pets.manifest, line=pets.line("age: age"))
    pets.declare("age: age", "age: {column: {header: age, at: G}}").takes()


COLUMNS = {
    "a column that is gone": (
        DATA.replace("keeps", "x", 1), "COLUMN-MISSING", "keeps: keeps", "no column 'keeps'",
    ),
    "a column in other capitals": (
        DATA.replace("keeps", "Keeps", 1), "COLUMN-MISSING", "keeps: keeps", "do: is it 'Keeps'?",
    ),
    "a column that the field tool added": (
        wider(["extra", "x", "y", "z"]), "COLUMN-UNMAPPED", "columns:",
        "column I 'extra' is neither mapped nor ignored",
    ),
    "a column put in front": (
        as_csv([["extra", *row] for row in CLEAN]), "COLUMN-HEADER", "at: F",
        "do: the header stands in column G",
    ),
    "a column without a header": (
        DATA.replace("word", "", 1), "COLUMN-UNMAPPED", "columns:",
        "column H without a header is neither mapped nor ignored",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", COLUMNS.values(), ids=COLUMNS)
def test_columns_that_do_not_fit_the_manifest_stop_it_at_its_line(pets, wrong):
    data, code, words, told = wrong
    line = pets.give(data).line(words)
    pets.refuses(code, told, line=line, error=ManifestError)


def test_spaces_around_a_header_do_not_matter(pets):
    pets.give(DATA.replace("keeps", " keeps  ", 1)).takes()


def test_letters_of_two_columns_that_were_swapped_are_found_by_their_headers(pets):
    pets.declare("age: age", "age: {column: {header: age, at: H}}")
    pets.declare("word: word", "word: {column: {header: word, at: G}}")
    told = ("column H has another header", "got: 'word'", "wanted: 'age' in column H",
            "do: the header stands in column G", "do: the header stands in column H")  # fmt: skip
    pets.stops("COLUMN-HEADER", *told, file=pets.manifest, line=pets.line("age: {column"))


def test_letters_that_were_swapped_without_headers_put_every_cell_aside(pets):
    pets.declare("age: age", "age: {column: {at: H}}")
    pets.declare("word: word", "word: {column: {at: G}}")
    lines = pets.quarantines(command=False)
    assert [(one["column"], one["header"], one["raw"]) for one in lines] == [
        ("H", "word", "fine"),
        ("H", "word", "so so"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ("  country: country", "  contry: country", "QUESTION-UNKNOWN", "did you mean 'country'?"),
        ("  word: word\n", "", "QUESTION-UNMAPPED", "question 'word' of version 1 has no column"),
        ("respondent: ", "keep: {weight: age}\nrespondent: ", "COLUMN-TWICE", "leave one of them"),
        ("respondent: ", "keep: {weight: wt}\nrespondent: ", "COLUMN-MISSING", "no column 'wt'"),
        ("weighting: ", "wieghting: ", "KEY-UNKNOWN", "did you mean 'weighting'?"),
        ("layout: delimited", "layout: delimted", "KIND-UNKNOWN", "did you mean 'delimited'?"),
        ("delimiter: ", "delimeter: ", "KEY-UNKNOWN", "unknown key 'delimeter'"),
        ("age: age", "age: {column: age, repair: [guess]}", "REPAIR-UNKNOWN", "spreadsheet_date"),
        ("age: age", "age: {column: {at: ZZZ}}", "COLUMN-MISSING", "its last is H"),
        ("columns:\n", "most_quarantined: 5\ncolumns:\n", "VALUE", "less than or equal to 1"),
        ("columns:\n", "most_quarantined: nan\ncolumns:\n", "VALUE", "wanted a number"),
        ("columns:\n", "most_quarantined: 5%\ncolumns:\n", "VALUE", "wanted a number"),
        ("source: tool\n", "source: tol\n", "SOURCE-UNKNOWN", "list it under 'sources'"),
        ('wave: "2026"', 'wave: "2O26"', "WAVE-NAME", "write it with digits"),
        ('wave: "2026"', 'wave: "2025"', "WAVE-PLACE", "wanted: '2026'"),
    ],
)
def test_a_manifest_with_a_slip_is_refused_at_its_line_with_a_way_out(pets, old, new, code, told):
    pets.declare(old, new)
    with pytest.raises(ManifestError, match=rf"\[{code}\]") as caught:
        pets.ingest(out=pets.out)
    fault = next(one for one in caught.value.faults if one.code == code)
    assert told in str(fault)
    assert fault.file == str(pets.manifest)
    assert fault.line is not None
    assert pets.written() == set()


def test_every_fault_of_a_manifest_is_told_at_once(pets):
    pets.declare("age: age", "age: years").declare("  word: word\n", "  wrod: word\n")
    with pytest.raises(InputError, match="faults:") as caught:
        pets.ingest()
    assert {fault.code for fault in caught.value.faults} == {
        *("QUESTION-UNKNOWN", "QUESTION-UNMAPPED", "COLUMN-MISSING", "COLUMN-UNMAPPED"),
    }


# Files of other kinds


def test_a_file_with_another_ending_is_what_its_ending_says(pets):
    pets.give(DATA, name="responses.txt").takes()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
HTML = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
KINDS = {
    "text named as a workbook": ("r.xlsx", DATA, "FILE-KIND", "a file of text", "format: csv"),
    "text named as SPSS": ("r.sav", DATA, "FILE-KIND", "begins with 'id,k'", ""),
    "text named as Stata": ("r.dta", DATA, "FILE-KIND", "a Stata file", ""),
    "text named as Parquet": ("r.parquet", DATA, "PARQUET-SYNTAX", "'PAR1'", ""),
    "text named as JSON": ("r.json", DATA, "JSON-SYNTAX", "not valid JSON", ""),
    "a page that asks to log in": ("r.xlsx", HTML, "FILE-KIND", "a web page (HTML)", "save it as"),
    "an old workbook": (
        "r.xls", OLE + "Workbook\0".encode("utf-16-le"), "FILE-KIND", "(.xls)", "save it as .xlsx",
    ),
    "a workbook with a password": (
        "r.xlsx", OLE + "EncryptedPackage\0".encode("utf-16-le"),
        "FILE-PASSWORD", "a password", "save it without a password",
    ),
    "gzip": ("r.csv.gz", gzip.compress(DATA.encode()), "FORMAT-UNKNOWN", "'.gz'", "'csv'"),
    "gzip in gzip": (
        "r.xlsx", gzip.compress(gzip.compress(b"x")), "FILE-KIND", "gzip", "unpack it first",
    ),
    "gzip with something after it": (
        "r.xlsx", gzip.compress(b"x") + b"more", "FILE-KIND", "gzip", "unpack it first",
    ),
    "a pickle": ("r.pkl", b"\x80\x05.", "FORMAT-UNKNOWN", "'.pkl'", "name its format"),
    "no ending": ("responses", DATA, "FORMAT-UNKNOWN", "end in ''", "name its format: 'csv'"),
    "SPSS that is noise": ("r.sav", b"$FL2" + b"\xa5" * 999, "FILE-DAMAGED", "", "export the file"),
    "SPSS that is cut": ("r.sav", b"$FL2", "FILE-DAMAGED", "", "export the file again"),
    "Parquet that is cut": ("r.parquet", b"PAR1" + b"\0" * 99, "PARQUET-SYNTAX", "cut off", "copy"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", KINDS.values(), ids=KINDS)
def test_a_file_of_another_kind_is_called_what_it_is(pets, wrong):
    name, data, code, told, todo = wrong
    pets.give(data, name).stops(code, told, todo, line=1 if code == "JSON-SYNTAX" else None)


def test_a_pickle_is_never_opened_whatever_its_name(pets):
    class Runs:
        def __reduce__(self):
            return (os.mkdir, (str(pets.root / "ran"),))

    for name in ("r.parquet", "r.csv", "r.sav", "r.xlsx"):
        pets.give(pickle.dumps(Runs()), name)
        assert pets.command().returncode == 1
    assert not (pets.root / "ran").exists()
    assert pets.written() == set()


def table(rows=CLEAN):
    return pd.DataFrame(rows[1:], columns=rows[0])


@pytest.mark.parametrize(
    ("column", "got"), [("[word]", "VARCHAR[]"), ("encode(word)", "BLOB"), ("{'a': 1}", "STRUCT")]
)
def test_parquet_with_more_than_cells_is_refused_by_its_column(pets, column, got):
    path = pets.root / "r.parquet"
    duckdb.from_df(table()).project(f"* EXCLUDE word, {column} AS word").write_parquet(str(path))
    pets.give(path.read_bytes(), "r.parquet").stops("COLUMN-TYPE", "column 'word'", got)


def sav(pets, frame, **told):
    path = pets.root / "made.sav"
    pyreadstat.write_sav(frame, str(path), **told)
    return path.read_bytes()


def test_a_value_that_spss_calls_missing_needs_a_meaning_and_gets_one(pets):
    frame = table().assign(size=[1.0, 9.0, 3.0])
    pets.give(sav(pets, frame, missing_ranges={"size": [9]}), "r.sav")
    (one,) = pets.quarantines()
    assert (one["code"], one["column"], one["header"], one["raw"]) == (
        *("CELL-DECLARED", "F", "size", "9"),
    )
    pets.declare("at: F}}", 'at: F}, values: {"9": no_answer}}')
    assert texts(pets.ingest().wave, "size:state") == ["answered", "no_answer", "answered"]


def test_a_cut_spss_file_says_that_rows_are_missing(pets):
    pets.give(sav(pets, table())[:-20], "r.sav").stops("FILE-DAMAGED", "before its last row")


# Workbooks


def book(change=None, rows=CLEAN):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "Answers"
    for row in rows:
        sheet.append(row)
    if change is not None:
        change(made, sheet)
    raw = io.BytesIO()
    made.save(raw)
    return raw.getvalue()


def put(place, value, style=None):
    """A change of a workbook: one cell."""

    def change(_, sheet):
        sheet[place] = value
        if style:
            sheet[place].number_format = style

    return change


def part(raw, name, old, new):
    """A workbook with other bytes in one of its parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as one, zipfile.ZipFile(made, "w") as two:
        for member in one.namelist():
            content = one.read(member)
            two.writestr(member, content.replace(old, new) if member == name else content)
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"ha" if n == 0 else b"&l%d;" % (n - 1) * 10) for n in range(10)
)
WORKBOOKS = {
    "two sheets": (
        book(lambda book, _: book.create_sheet("Notes").append(["x"])),
        "SHEET-CHOICE", "'Answers', 'Notes'", "name the one to read: sheet",
    ),
    "merged cells among answers": (
        book(lambda _, sheet: sheet.merge_cells("B2:B3")), "CELLS-MERGED", "B2:B3", "undo it",
    ),
    "a formula that was never reckoned": (
        book(put("G2", "=1+1")), "FORMULA-VALUE", "G2", "save it there",
    ),
    "a text that is not in the list of texts": (
        part(book(), SHEET, b'<c r="E2" t="inlineStr"><is><t>NA</t></is></c>',
             b'<c r="E2" t="s"><v>99</v></c>'),
        "CELL-VALUE", "E2", "",
    ),
    "a cell in the last corner": (book(put("XFD1048576", "x")), "SHEET-SIZE", "16384 columns", ""),
    "entities that laugh": (
        part(book(), SHEET, b"<worksheet", b"<!DOCTYPE x [" + LAUGHS + b"]><worksheet"),
        "XML-ENTITY", SHEET, "save the workbook again without them",
    ),
    "an entity from another file": (
        part(book(), SHEET, b"<worksheet",
             b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><worksheet'),
        "XML-ENTITY", SHEET, "",
    ),
    "a workbook that is cut": (book()[:-200], "ARCHIVE", "cut short or damaged", "copy it again"),
    "a header and no row": (book(rows=CLEAN[:1]), "RESPONSES-NONE", "a header and no row", ""),
    "no cell at all": (book(rows=[]), "FILE-EMPTY", "no sheet", ""),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WORKBOOKS.values(), ids=WORKBOOKS)
def test_a_workbook_that_cannot_be_read_for_sure_is_refused_with_the_place(pets, wrong):
    raw, code, told, todo = wrong
    pets.give(raw, "r.xlsx").stops(code, told, todo)


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_a_band_that_became_a_date_is_put_aside_in_both_calendars(pets, epoch):
    def change(made, sheet):
        if epoch == 1904:
            made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        sheet["C4"] = pd.Timestamp("2026-05-03").to_pydatetime()

    (one,) = pets.give(book(change), "r.xlsx").quarantines()
    assert (one["code"], one["line"], one["column"], one["header"]) == (
        *("CELL-DATE", "4", "C", "how_many"),
    )
    assert one["what"] == "looks like what a spreadsheet made of '3-5'"


WARNED = {
    "a sheet that is very hidden": (
        lambda book, _: setattr(book.create_sheet("Raw"), "sheet_state", "veryHidden"),
        "SHEET-HIDDEN", "'Raw' (very hidden)",
    ),
    "empty rows with a style": (
        lambda _, sheet: setattr(sheet["H2000"], "number_format", "0%"),
        "SHEET-TRIMMED", "1,996 empty rows at the end",
    ),
    "percent": (put("G2", 0.5, "0%"), "CELLS-PERCENT", "percent"),
    "a long id": (put("A2", "1.23457E+15"), "ID-DIGITS", "ids in scientific notation"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WARNED.values(), ids=WARNED)
def test_what_a_reader_of_a_workbook_should_know_is_a_warning(pets, wrong):
    change, code, told = wrong
    warned = pets.give(book(change), "r.xlsx").takes()
    assert warned.startswith(f"warning: {pets.data}")
    assert f"[{code}]" in warned
    assert told in warned


def test_a_number_as_text_and_a_text_as_number_are_the_same(pets):
    def change(_, sheet):
        sheet["A2"], sheet["F2"], sheet["G2"] = "007", 1, "12"

    wave = pets.give(book(change), "r.xlsx").ingest().wave
    assert wave.column(":respondent").tolist()[0] == "007"
    assert (wave.column("age")[0], texts(wave, "size")[0]) == (12.0, "1")


# Bombs, read within a limit of memory


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
sys.argv = ["surveylib", "ingest", sys.argv[2]]
from surveylib.cli import main
try:
    main()
finally:
    # Of this process alone: the usual figure begins with what its parent held.
    lines = open("/proc/self/status").read().splitlines()
    most = int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    sys.stdout.write(f"{most} KiB")
"""
MIB = 1 << 20
#: What the command takes for a file of three rows is about a quarter of it.
MOST_MEMORY = 400 * MIB


def in_little_memory(pets, address_space):
    """Run the command with little memory: what it says, and the most that it held."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(address_space), str(pets.folder)],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "NO_COLOR": "1"},
        encoding="utf-8",
    )
    assert "Traceback" not in done.stderr
    assert int(done.stdout.removesuffix(" KiB")) * 1024 < MOST_MEMORY
    return done


@pytest.mark.parametrize("name", ["xl/media/image1.png", "xl/worksheets/sheet2.xml"])
def test_a_workbook_that_grows_a_thousandfold_stops_in_little_memory(pets, name):
    raw = io.BytesIO(book())
    with zipfile.ZipFile(raw, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as member:
            for _ in range(900):
                member.write(bytes(MIB))
    pets.give(raw.getvalue(), "r.xlsx")
    done = in_little_memory(pets, 800 * MIB)
    assert done.returncode == 1
    assert "100 times its size [ARCHIVE-SIZE]" in done.stderr
    assert pets.written() == set()


def test_entities_that_would_fill_any_memory_stop_in_little(pets):
    pets.give(WORKBOOKS["entities that laugh"][0], "r.xlsx")
    done = in_little_memory(pets, 800 * MIB)
    assert (done.returncode, pets.written()) == (1, set())
    assert "[XML-ENTITY]" in done.stderr


def test_a_quote_that_swallows_a_hundred_megabytes_stops_in_little_memory(pets):
    with pets.data.open("wb") as file:
        file.write(DATA.encode() + b'004,Yes,"')
        for _ in range(100):
            file.write((b"x" * 99 + b"\n") * 10_486)
    pets.seal()
    done = in_little_memory(pets, 4096 * MIB)
    assert (done.returncode, pets.written()) == (1, set())
    assert f"{pets.data}:5: a quote is opened and not closed" in done.stderr


# Places


ODD_PATHS = [
    *("../2025/responses.csv", "/etc/passwd", r"'C:\responses.csv'", r"'\\host\responses.csv'"),
    *("file:///etc/passwd", "'%2e%2e/responses.csv'", "ingested/../responses.csv"),
]


@pytest.mark.parametrize("path", ODD_PATHS)
def test_a_path_that_leaves_the_folder_is_refused(pets, path):
    pets.declare("path: responses.csv", f"path: {path}")
    told = (f"wanted: a file below {pets.folder}", "do: copy the file there")
    pets.stops("PATH-LEAVES", *told, file=pets.manifest, line=pets.line(" path:"))


@pytest.mark.parametrize("of", ["file", "folder", "device"])
def test_a_link_that_leads_out_of_the_folder_is_refused(pets, of):
    outside = pets.root / "outside"
    outside.mkdir()
    shutil.move(pets.data, outside)
    target = {"file": outside / "responses.csv", "folder": outside, "device": Path("/dev/zero")}[of]
    place = pets.folder / "kept" if of == "folder" else pets.data
    place.symlink_to(target)
    if of == "folder":
        pets.declare("path: responses.csv", "path: kept/responses.csv")
    pets.stops("PATH-LEAVES", file=pets.manifest, line=pets.line(" path:"))


def test_only_a_regular_file_is_read_and_a_pipe_is_not_waited_for(pets):
    for make in (os.mkfifo, os.mkdir):
        if pets.data.is_dir():
            pets.data.rmdir()
        pets.data.unlink(missing_ok=True)
        make(pets.data)
        pets.stops("FILE-MISSING", "no file 'responses.csv'", file=pets.manifest,
                   line=pets.line(" path:"))  # fmt: skip
        if not pets.data.is_dir():
            pets.data.unlink()


def test_a_member_of_an_archive_with_a_path_upwards_is_written_nowhere(pets):
    raw = io.BytesIO(book())
    with zipfile.ZipFile(raw, "a") as archive:
        archive.writestr("../../../escaped.txt", "x")
    pets.give(raw.getvalue(), "r.xlsx").command()
    assert not list(pets.root.rglob("escaped.txt"))


def test_a_file_of_responses_that_was_edited_is_refused_with_both_hashes(pets):
    pets.data.write_text(DATA.replace("fine", "good"), "utf-8")
    pets.stops("FILE-CHANGED", "got: sha256 ", "wanted: sha256 ", "do: restore the file",
               file=pets.manifest, line=pets.line("sha256:"))  # fmt: skip


def test_the_hash_of_another_file_is_refused(pets):
    other = Pets(pets.root / "other").give(changed(age="9"))
    text = next(line for line in other.manifest.read_text().splitlines() if "sha256" in line)
    mine = next(line for line in pets.manifest.read_text().splitlines() if "sha256" in line)
    pets.declare(mine, text)
    pets.stops("FILE-CHANGED", file=pets.manifest, line=pets.line("sha256:"))


def test_an_instrument_that_was_edited_after_the_wave_is_refused(pets):
    text = pets.instrument.read_text("utf-8")
    pets.instrument.write_text(text.replace("Do you keep a pet?", "Do you keep pets?"), "utf-8")
    pets.stops("INSTRUMENT-HASH", f"do: undo the edit of {pets.instrument}", file=pets.manifest,
               line=pets.line("instrument_hash:"))  # fmt: skip


def test_an_instrument_that_is_gone_is_named(pets):
    pets.instrument.unlink()
    pets.stops("INSTRUMENT-UNKNOWN", "wanted pets/1.yaml there", file=pets.manifest,
               line=pets.line("instrument: "))  # fmt: skip


STUDY = """\
format: surveylib.study/1
survey: pets
title: {en: "Pets"}
publisher: Nobody
respondents: people who answered
about: A made-up study of pets.
"""


def later(pets, data):
    """A second wave of the study, with its own file."""
    (pets.folder.parent / "study.yaml").write_text(STUDY, "utf-8")
    second = pets.folder.parent / "2027"
    shutil.copytree(pets.folder, second)
    text = pets.manifest.read_text("utf-8")
    (second / "wave.yaml").write_text(
        text.replace('wave: "2026"', 'wave: "2027"').replace("2026-", "2027-"), "utf-8"
    )
    other = Pets.__new__(Pets)
    other.__dict__.update(
        pets.__dict__, folder=second, manifest=second / "wave.yaml", data=second / pets.data.name
    )
    return other.give(data)


def test_two_waves_with_the_same_bytes_are_refused(pets):
    other = later(pets, DATA)
    with pytest.raises(StudyError, match="waves 2026 and 2027 are the same data") as caught:
        sl.load_study(pets.folder.parent)
    (fault,) = [one for one in caught.value.faults if one.code == "STUDY-SAME-DATA"]
    assert (fault.file, fault.line) == (str(other.manifest), other.line("sha256:"))
    assert fault.todo
    other.give(changed(age="8"))
    assert [wave.name for wave in sl.load_study(pets.folder.parent).waves] == ["2026", "2027"]


def test_a_folder_without_a_manifest_or_with_printed_figures_is_no_wave_of_responses(pets):
    with pytest.raises(MethodError, match="holds printed figures, not responses"):
        sl.ingest(ROOT / "waves" / "netclean" / "2018")
    pets.manifest.unlink()
    done = pets.command()
    assert done.returncode == 2
    assert done.stderr.strip() == f"no wave.yaml in {pets.folder}"


# Where a wave is written


def old_wave(pets):
    """An earlier ingest: the bytes of its files by name."""
    pets.takes()
    return {name: (pets.out / name).read_bytes() for name in pets.written()}


def test_a_refused_file_leaves_the_earlier_wave_as_it_was(pets):
    before = old_wave(pets)
    assert pets.give(changed(size="7")).command().returncode == 1
    assert {name: (pets.out / name).read_bytes() for name in before} == before
    assert pets.give(DATA.replace("fine", '"fine')).command().returncode == 1
    assert {name: (pets.out / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("what", ["a file", "below a file", "a system folder", "a link to itself"])
def test_an_output_that_is_no_folder_is_named_and_nothing_is_written(pets, what):
    place = pets.root / "out"
    if what == "a link to itself":
        place.symlink_to(place)
    else:
        place.write_text("mine", "utf-8")
    out = {"below a file": place / "x", "a system folder": "/proc/surveylib"}.get(what, place)
    done = pets.command("--out", out)
    assert (done.returncode, done.stdout) == (2, "")
    told = (
        f"{out} is a file; a folder goes there"
        if what == "a file"
        else f"{out} cannot be written: "
    )
    assert done.stderr.strip().startswith(told)
    assert place.is_symlink() or place.read_text("utf-8") == "mine"


def test_another_process_in_the_folder_is_not_disturbed(pets):
    before = old_wave(pets)
    handle = os.open(pets.out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        done = pets.give(changed(age="8")).command()
    finally:
        os.close(handle)
    assert done.returncode == 2
    told = f"another process is writing into {pets.out}; wait for it, or choose another folder"
    assert done.stderr.strip() == told
    assert {name: (pets.out / name).read_bytes() for name in pets.written()} == before


def test_a_folder_that_must_not_be_written_is_named_and_the_earlier_wave_stays(pets):
    before = old_wave(pets)
    pets.out.chmod(0o555)
    given_up = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("whoever may do everything writes everywhere")
    command = [sys.executable, "-c", "from surveylib.cli import main; main()"]
    done = subprocess.run(
        [*(given_up if os.geteuid() == 0 else []), *command, "ingest", str(pets.folder)],
        check=False,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        encoding="utf-8",
    )
    pets.out.chmod(0o755)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written: Permission denied" in done.stderr
    assert {name: (pets.out / name).read_bytes() for name in pets.written()} == before


def test_a_full_disk_leaves_the_earlier_wave_and_no_unfinished_file(pets, monkeypatch):
    before = old_wave(pets)
    pets.give(changed(age="8"))
    real = Path.write_bytes

    def full(path, data):
        if path.name == "summary.json":
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        pets.ingest(out=pets.out)
    assert {name: (pets.out / name).read_bytes() for name in pets.written()} == before


# Formulas in what is written


FORMULAS = (
    *(
        '=HYPERLINK("https://example.org","x")',
        "+1+1",
        "-1+1",
        "@x",
        "＝1+1",
        "＋1+1",
        "－1+1",
        "＠x",
    ),
    *("\t=1+1", "\r=1+1", " =1+1", "\u200b=1+1"),
)


def runs(cell):
    """Whether a spreadsheet may take a cell for a formula."""
    start = cell.lstrip(" \u200b\xa0\n")
    return start[:1] in set("=+-@＝＋－＠\t\r") and not start[1:].replace(".", "").isdigit()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_formula_runs_from_a_list_of_what_is_in_quarantine(pets, text):
    lines = pets.give(changed(country=text, id=text)).quarantines(command=False)
    assert lines
    for name in ("quarantine.csv", "repairs.csv"):
        raw = (pets.out / "refused" / name).read_text("utf-8-sig")
        for line in csv.reader(io.StringIO(raw, newline="")):
            assert not any(runs(cell) for cell in line)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_own_words_is_kept_in_the_wave_and_guarded_on_export(pets, tmp_path, text):
    pets.give(changed(word=text)).also("keep: {note: extra}")
    pets.give(wider(["extra", text, "-3", "-1.5"]).replace("so so", "fine"))
    wave = pets.ingest().wave
    assert wave.column("keep:note").tolist() == [text, "-3", "-1.5"]
    sl.export_responses(wave, tmp_path / "export")
    raw = (tmp_path / "export" / "responses.csv").read_text("utf-8-sig")
    lines = list(csv.reader(io.StringIO(raw, newline="")))
    assert not any(runs(cell) for line in lines for cell in line)
    assert any(cell.startswith("'") for cell in lines[1])
    assert "-3" in lines[2]
    assert "-1.5" in lines[3]


def test_a_header_that_is_a_formula_is_guarded_too(pets):
    pets.give(DATA.replace("country", "=country", 1).replace("Norway", "Sweden"))
    pets.declare("country: country", 'country: "=country"')
    (one,) = pets.quarantines()
    assert one["header"] == "'=country"


def test_markup_in_a_cell_is_text_on_the_page_of_quality(pets):
    pets.give(DATA.replace("age", "<script>age</script>", 1))
    pets.declare("age: age", 'age: "<script>age</script>"').takes()
    page = (pets.out / "quality.html").read_text("utf-8")
    assert "<script>age" not in page
