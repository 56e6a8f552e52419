"""Small questionnaires, and workbooks as others make and change them, for the tests of XLSForm."""

import io
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
from hypothesis import HealthCheck, settings
from pyxform.xls2xform import convert

from surveylib.instrument.formats.xlsform import FORMAT
from surveylib.instrument.model import Instrument

XFORMS = "{http://www.w3.org/2002/xforms}"

quickly = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
briefly = settings(quickly, max_examples=10)


def base(kind, name="q", **fields):
    return {
        "id": name,
        "kind": kind,
        "concept": name,
        "text": {"en": f"The question {name}?"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "not_stated",
    } | fields


def options(*codes, **fields):
    return {
        "option_list": "complete",
        "options": [{"code": code, "label": {"en": code.upper()}} for code in codes],
    } | fields


def instrument(*questions, **fields):
    data = {
        "format": "surveylib.instrument/1",
        "id": "demo",
        "version": "1",
        "title": {"en": "A demonstration"},
        "languages": ["en"],
        "provenance": "Made up.",
        "population": "Nobody.",
        "questions": list(questions),
    }
    return Instrument.model_validate(data | fields)


def written(made):
    (data,) = FORMAT.write(made).values()
    return data


def read(data, name="demo", version="1"):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        path.write_bytes(data)
        return FORMAT.read(path, name=name, version=version)


def again(made):
    return read(written(made), made.id, made.version)


def workbook(**sheets):
    """A workbook of rows, each row a text of cells between bars."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in text.strip().splitlines():
            sheet.append([cell.strip() or None for cell in line.split("|")])
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def edited(data, change):
    """A written form after somebody changed it in a spreadsheet."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    raw = io.BytesIO()
    book.save(raw)
    return raw.getvalue()


def cell(book, sheet, name, column):
    """The cell of the row with this name, in the column whose header begins so."""
    rows = book[sheet]
    headers = [entry.value for entry in rows[1]]
    place = next(i for i, header in enumerate(headers, 1) if header.startswith(column))
    key = headers.index("name") + 1
    line = next(i for i in range(2, rows.max_row + 1) if rows.cell(i, key).value == name)
    return rows.cell(line, place)


def lost(draft):
    return [str(entry) for entry in draft.lost]


def xform(made):
    result = convert(written(made))
    assert result.warnings == []
    return ET.fromstring(result.xform)  # noqa: S314 - written by pyxform in this process


def binds(made):
    return {
        bind.get("nodeset").removeprefix("/data/"): bind
        for bind in xform(made).iter(f"{XFORMS}bind")
    }
