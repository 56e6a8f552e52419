"""Files spoilt in every way that is known: what is taken, what is put aside, and that it adds up.

What must come out is worked out by a second reading of the file that shares no code with the first:
`tests/wave/corruption.py`.
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import InputError
from surveylib.wave import store
from surveylib.wave.door import ingest
from surveylib.wave.readers.base import ReadOptions, letters
from surveylib.wave.states import STATES
from tests.instrument.generated import instruments
from tests.wave import corruption
from tests.wave.corruption import ANY, INSTRUMENT, LIKED, LISTS, ORDER, ROUTED

COMMA = ReadOptions(delimiter=",")
some = settings(max_examples=50, deadline=None)
few = settings(max_examples=20, deadline=None)

#: Texts that do not belong where they are put, or only nearly.
HOSTILE = (
    *('=HYPERLINK("https://example.org")', "+1", "@x", "＝1+1", "-2+3", "\t=1", " =1", "\r=1"),
    *("\x01", "a\x1b[31mb", "\u202eno", "\u2066x\u2069", "\ufeffYes, one or more", "No\u200b"),
    *("No\xa0", " No", "No\r\n", "\u2009No\u2003", "\xa0", " ", "\u3000", "NO", "no.", "No;"),
    *(
        "'No'",
        '"No"',
        '"',
        '"Fish";Cats',
        '"Fish"\r;Cats',
        ";",
        ";;",
        "Cats;;Fish",
        "Cats; None of these",
    ),
    *("Fish;Refused", "Refused", "refused", "Don’t know", "Cats,Fish", "01-Feb", "Feb-03", "43475"),
    *("2026-03", "2026-13", "1999-12", "2026-03-04", "March", "12", "12.5", "12.55", "1e3", "1_0"),
    *("٣", "３", "-1", "100", "99.0", "0099", "inf", "nan", "NaN", "1,5", "12 pets", "about 5"),
    *("5-6", "6-5", "1", "0", "2", "true", "TRUE", "yes", "few", "1 to 2", "1–2", "2-Jan", "NULL"),
    *("None of these", "Dogs; big or small", "Dogs", "a\nb", "line\r\nline\r\n", "x" * 3000),
    *(
        "é",
        "e\u0301",
        "你好",
        "🎉",
        "Ã©",
        "{{x}}",
        "<b>No</b>",
        "C:\\n",
        "\\x41",
        "DROP TABLE",
        "''",
    ),
)
_TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=8).filter(lambda text: "\0" not in text)


def texts_of(given_answers, layout):
    """The cells of a respondent, from their answers."""
    liked, cells = given_answers["liked"], dict(given_answers)
    del cells["liked"]
    labels = [LIKED[code] for code in LIKED if code in liked]
    if layout == "column_per_option":
        cells |= {f"liked_{code}": "1" if code in liked else "0" for code in LIKED}
        cells["liked_refused"] = ""
    elif layout == "delimited":
        cells["liked"] = ";".join(labels)
    else:
        cells |= dict(zip(corruption.LIKED_COLUMNS[layout], [*labels, "", "", ""], strict=False))
    return [cells[head] for head in corruption.header(layout)]


@st.composite
def respondents(draw, number):
    """The answers of somebody who follows the routes; some are left out."""
    one = {"id": f"r{number}", "other_text": ""}
    for name in ORDER:
        if name in LISTS:
            head = name.partition(".")[2] or name
            one[head] = draw(st.sampled_from([*LISTS[name].values(), ""]))
    several = st.frozensets(st.sampled_from(["cats", "dogs", "fish", "other"]), max_size=3)
    one["liked"] = draw(several | st.just(frozenset({"none"})))
    if "other" in one["liked"]:
        one["other_text"] = draw(st.sampled_from(["", "A fox", "=fox"]))
    one["visits"] = draw(st.sampled_from(["", "0", "3", "12.5", "99"]))
    one["since"] = draw(st.sampled_from(["", "2000-01", "2026-12"]))
    one["word"] = draw(st.sampled_from(["", "fine", "=1+1", 'no; "not" at\nall']))
    one["members"] = draw(st.sampled_from(["", "5", "3-40"]))
    if one["keeps"] != "Yes, one or more":
        one |= dict.fromkeys(ROUTED, "")
    return one


@st.composite
def files(draw, *, most=6):
    """A layout, the rows of a clean file and of a spoilt one, and the spoilt file's bytes."""
    layout = draw(st.sampled_from(sorted(corruption.LIKED_COLUMNS)))
    people = [draw(respondents(number)) for number in range(draw(st.integers(1, most)))]
    clean = [corruption.header(layout), *(texts_of(one, layout) for one in people)]
    table = [list(row) for row in clean]
    for change in draw(st.lists(st.sampled_from(sorted(CHANGES)), max_size=5)):
        CHANGES[change](draw, table)
    raw = as_csv(table, draw(st.sampled_from(["\n", "\r\n", "\r"])))
    for change in draw(st.lists(st.sampled_from(sorted(BYTES)), max_size=1)):
        raw = BYTES[change](draw, raw)
    return layout, clean, table, raw


def as_csv(table, line_end="\n"):
    text = io.StringIO()
    csv.writer(text, lineterminator=line_end).writerows(table)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _place(draw, table):
    row = draw(st.integers(1, len(table) - 1))
    return row, draw(st.integers(0, max(0, len(table[row]) - 1)))


def _cell(draw, table):
    row, column = _place(draw, table)
    if table[row]:
        table[row][column] = draw(_TEXTS)


def _around(draw, table):
    row, column = _place(draw, table)
    if table[row]:
        space = st.sampled_from([" ", "\xa0", "\u200b", "\ufeff", "\r\n", "\t", "\u2003", "'", "="])
        table[row][column] = draw(space) + table[row][column] + draw(space)


def _swap_cells(draw, table):
    row, column = _place(draw, table)
    if table[row]:
        other = draw(st.integers(0, len(table[row]) - 1))
        cells = table[row]
        cells[column], cells[other] = cells[other], cells[column]


def _swap_columns(draw, table):
    width = min(len(row) for row in table)
    if width:
        one, other = draw(st.integers(0, width - 1)), draw(st.integers(0, width - 1))
        for row in table:
            row[one], row[other] = row[other], row[one]


def _longer(draw, table):
    row, column = _place(draw, table)
    table[row].insert(column, draw(_TEXTS))


def _shorter(draw, table):
    row, column = _place(draw, table)
    del table[row][column : column + 1]


def _blank_row(draw, table):
    row, _ = _place(draw, table)
    nothing = draw(st.sampled_from(["", " ", "\xa0", "\ufeff"]))
    table.insert(row, [nothing] * draw(st.sampled_from([0, len(table[0])])))


def _twice(draw, table):
    row, _ = _place(draw, table)
    table.insert(draw(st.integers(1, len(table))), list(table[row]))


def _same_id(draw, table):
    first, second = _place(draw, table)[0], _place(draw, table)[0]
    place = table[0].index("id")
    if min(len(table[first]), len(table[second])) > place:
        table[first][place] = f" {table[second][place]}"


#: What may happen to cells and rows.
CHANGES = {
    "cell": _cell,
    "around": _around,
    "swap_cells": _swap_cells,
    "swap_columns": _swap_columns,
    "longer": _longer,
    "shorter": _shorter,
    "blank_row": _blank_row,
    "twice": _twice,
    "same_id": _same_id,
}


def _inserted(*pieces):
    def change(draw, raw):
        begin = raw.index(b"last") + 5
        place = draw(st.integers(min(begin, len(raw)), len(raw)))
        return raw[:place] + draw(st.sampled_from(pieces)) + raw[place:]

    return change


#: What may happen to the bytes of a file.
BYTES = {
    "mark": lambda _draw, raw: b"\xef\xbb\xbf" + raw,
    "windows": _inserted(b"\x92", b"\xa0", b"\xe9", b"\xff"),
    "nul": _inserted(b"\0"),
    "quote": _inserted(b'"', b'""', b',"'),
    "line": _inserted(b"\n", b"\r", b"\r\n\r\n", b","),
    "huge": _inserted(b"x" * 140_000),
    "end": lambda draw, raw: raw[: draw(st.integers(len(raw) - 5, len(raw)))],
}


def read(raw, layout, **rest):
    """Ingest the bytes of a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.csv"
        path.write_bytes(raw)
        return ingest(path, INSTRUMENT, columns=corruption.columns(layout), options=COMMA, **rest)


def table_of(found, which):
    raw = store.tables(found.taken)[f"{which}.csv"]
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def values_of(wave, name, row):
    """The answer of one respondent as the second reading writes it."""
    state = STATES[wave.states(name)[row]]
    if state != "answered":
        return state
    if name == "liked":
        return frozenset(code for code in LIKED if wave.column(f"liked/{code}")[row] == 1)
    value = wave.column(name)[row]
    if name == "members":
        low, high = wave.column("members:low")[row], wave.column("members:high")[row]
        return (value, low, high)
    if wave.field(name).kind == "coded":
        return wave.field(name).levels[value]
    return value


def check_unsaid(name, raw, told, held):
    """Where the second reading does not say, at least nothing is made up."""
    if any(held):
        assert told == "invalid"
    elif name == "members":
        assert told[0] == raw
        assert told[1] <= told[2]
    elif isinstance(told, frozenset):
        assert told
        assert all(code in raw or LIKED[code].partition(";")[0] in raw for code in told)
    else:
        assert told == "refused" or not raw.strip('"; \r\n')


def check_row(wave, row, one, aside):
    """One respondent's answers are those of the second reading; what is aside is taken out."""
    for name in ORDER:
        value, told = one.values[name], values_of(wave, name, row)
        held = [aside.pop((one.record, head), None) for head, _ in one.cells[name]]
        if value == ANY:
            check_unsaid(name, one.cells[name][0][1], told, held)
            value = "invalid" if any(held) else ("answer", told)
        if value == "invalid":
            assert told == "invalid", name
            for (_, raw), cell in zip(one.cells[name], held, strict=True):
                if corruption.plain(raw):
                    shown = corruption.escape(raw)
                    assert cell is not None, f"{name} {raw!r} is lost"
                    assert cell["raw"] in {shown, f"'{shown}"}
                    assert int(cell["line"]) == one.line
                else:
                    assert cell is None
        else:
            assert not any(held), name
            assert told == value[1], name
    assert wave.column("liked/other:text")[row] == one.written


def check(found, raw, layout):
    """Everything that must hold for a file that was taken."""
    wanted = corruption.expected(raw, layout)
    assert wanted is not None, "the file had to be refused"
    accounts, wave = found.accounts, found.wave
    assert accounts.rows_read == wanted.rows
    assert accounts.accepted == len(wanted.taken) == wave.n
    assert accounts.quarantined == len(wanted.aside)
    assert sum(accounts.excluded.values()) == wanted.excluded
    assert list(wave.column(":record")) == [one.record for one in wanted.taken]
    assert list(wave.column(":respondent")) == [one.respondent for one in wanted.taken]
    lines = table_of(found, "quarantine")
    told = [line for line in lines if not line["column"]]
    rows = [(int(line["record"]), int(line["line"]), line["code"]) for line in told]
    assert rows == wanted.aside
    heads = {letters(place): head for place, head in enumerate(wanted.heads)}
    cells = [line for line in lines if line["column"]]
    aside = {(int(line["record"]), heads[line["column"]]): line for line in cells}
    assert len(aside) == len(cells), "a cell is in quarantine twice"
    counts = Counter(head for _, head in aside)
    for row, one in enumerate(wanted.taken):
        check_row(wave, row, one, aside)
    assert not aside, "something is in quarantine that is right"
    check_sums(found, wanted, counts)


def check_sums(found, wanted, counts):
    """The accounts add up to what the second reading counts."""
    accounts, wave = found.accounts, found.wave
    assert accounts.differences() == []
    cells = [cell for one in wanted.taken for same in one.cells.values() for cell in same]
    blank = Counter(head for head, raw in cells if not corruption.plain(raw))
    blank["other_text"] = sum(one.written is None for one in wanted.taken)
    for name in ORDER:
        states = Counter(STATES[state] for state in wave.states(name))
        assert accounts.questions[name] == states
        assert sum(states.values()) == accounts.accepted
    for column in accounts.columns:
        assert column.cells == accounts.accepted
        assert column.quarantined == counts[column.header]
        if column.header != "liked":  # in which a delimiter by itself is blank, too
            assert column.blank == blank[column.header]
    for name, raw in store.tables(found.taken).items():
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")):
                assert all(corruption.is_safe(cell) for cell in line), line


@some
@given(made=files())
def test_every_cell_of_a_spoilt_file_is_an_answer_or_in_quarantine_or_the_file_is_refused(made):
    layout, _, _, raw = made
    if corruption.expected(raw, layout) is None:
        with pytest.raises(InputError, match=r"\[[A-Z-]+\]") as caught:
            read(raw, layout)
        assert all(fault.code and fault.what and fault.file for fault in caught.value.faults)
    else:
        check(read(raw, layout), raw, layout)


@few
@given(made=files())
def test_a_row_that_is_not_touched_gives_the_answers_of_the_clean_file(made):
    layout, clean, table, _ = made
    before = read(as_csv(clean), layout).wave
    raw = as_csv(table)
    after, rows = read(raw, layout).wave, [row for _, row in corruption.cells_of(raw)]
    order = [table[0].index(head) for head in clean[0]]
    for row, record in enumerate(after.column(":record")):
        cells = [rows[record][place] for place in order]
        if cells in clean:
            one = clean.index(cells) - 1
            for field in before.fields:
                if field.name != ":record":
                    same = before.column(field.name)[one], after.column(field.name)[row]
                    assert str(same[0]) == str(same[1]), field.name


@few
@given(made=files())
def test_the_same_file_gives_the_same_bytes(made):
    layout, _, table, _ = made
    raw = as_csv(table)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.csv"
        path.write_bytes(raw)
        one, other = (
            ingest(path, INSTRUMENT, columns=corruption.columns(layout), options=COMMA).taken
            for _ in range(2)
        )
    assert store.tables(one) == store.tables(other)


_ONCE = """
import sys
from surveylib.wave.door import ingest
from surveylib.wave.readers.base import ReadOptions
from tests.wave import corruption
ingest(sys.argv[1], corruption.INSTRUMENT, columns=corruption.columns(sys.argv[2]),
       options=ReadOptions(delimiter=","), out=sys.argv[3])
"""


def test_the_bytes_on_disk_do_not_depend_on_the_order_of_sets(tmp_path, root):
    none = [""] * 8
    table = [
        corruption.header("mentions"),
        ["1", "No", "junk", "Cats", "Fish", "odd", "", "x", "2026-03", "w", "5", "", "Low", "No"],
        ["1", "No", "", "Cats", "", "", *none],
        [
            "2",
            "Yes, one or more",
            "11 or more",
            "Fish",
            "",
            "",
            "",
            "3",
            "",
            "é",
            "3-4",
            "",
            "",
            "",
        ],
    ]
    (tmp_path / "r.csv").write_bytes(as_csv(table))
    made = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-c", _ONCE, str(tmp_path / "r.csv"), "mentions", str(out)]
        subprocess.run(command, check=True, cwd=root, env={**os.environ, "PYTHONHASHSEED": seed})
        files_there = sorted(path for path in out.iterdir() if not path.name.startswith("."))
        made.append({path.name: path.read_bytes() for path in files_there})
    assert len(made[0]) == 5
    assert made[0] == made[1]


@pytest.mark.parametrize("layout", sorted(corruption.LIKED_COLUMNS))
def test_every_hostile_text_in_every_column(layout):
    heads = corruption.header(layout)
    clean = dict.fromkeys(heads, "")
    clean |= {"keeps": "Yes, one or more", "size": "1 to 2", "word": "fine"}
    rows = [heads]
    for place, head in enumerate(heads[1:]):
        for number, text in enumerate(HOSTILE):
            rows.append(list((clean | {"id": f"{place}_{number}", head: text}).values()))
    raw = as_csv(rows)
    check(read(raw, layout), raw, layout)


def declared(item):
    """Meanings for every text of a question, so that none can mean two things."""
    meant = {}
    for one in item.answers:
        if not one.net_of:
            for text in one.label.values():
                meant.setdefault(text, one.code)
    states = {state: state for state in item.missing if state != "invalid"}
    return meant | states | {one.code: one.code for one in item.answers if not one.net_of}


def laid_out(instrument):
    """A column for each question of any questionnaire, by its code."""
    made = {}
    for item in instrument.items:
        if item.kind == "derived":
            continue
        layout = {"column": item.id, "values": declared(item)}
        if not item.exclusive:
            layout |= {"layout": "delimited", "delimiter": "|"}
        made[item.id] = layout
    return {"columns": made}


@few
@given(made=instruments(languages=["en"]), data=st.data())
def test_whatever_the_questionnaire_nothing_is_lost(made, data):
    layout = laid_out(made)
    heads = list(layout["columns"])
    if not heads:
        return
    cells = [
        st.sampled_from([*layout["columns"][head]["values"], *HOSTILE, "", ""]) for head in heads
    ]
    raw = as_csv([heads, *data.draw(st.lists(st.tuples(*cells), min_size=1, max_size=4))])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.csv"
        path.write_bytes(raw)
        found = ingest(path, made, columns=layout, options=COMMA)
    assert found.accounts.differences() == []
    held = {(int(line["record"]), line["header"]) for line in table_of(found, "quarantine")}
    rows = [row for _, row in corruption.cells_of(raw)]
    for row, record in enumerate(found.wave.column(":record")):
        for head, cell in zip(heads, rows[record], strict=True):
            state = STATES[found.wave.states(head)[row]]
            if not corruption.plain(cell):
                assert (record, head) not in held
                assert state not in {"answered", "invalid"}
            elif cell.strip('|"'):  # delimiters by themselves are blank, too
                assert (state == "invalid") == ((record, head) in held)
