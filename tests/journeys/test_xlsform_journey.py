"""Put a questionnaire into the field: write the XLSForm, convert it as a form server does, look."""

import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from pyxform.xls2xform import convert

from surveylib.instrument.formats.xlsform import FORMAT
from surveylib.instrument.library import load_instrument

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SURVEYLIB_DATA", ROOT.parent / "shared" / "data"))
FORMS = sorted((DATA / "formats" / "xlsform").glob("*.xlsx"))
XFORMS = "{http://www.w3.org/2002/xforms}"


@pytest.fixture(scope="module")
def made():
    """The shipped questionnaire, with one question that has to be answered."""
    found = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
    asked = [
        question.model_copy(update={"required": question.id == "region"})
        for question in found.questions
    ]
    return found.model_copy(update={"questions": tuple(asked)})


@pytest.fixture(scope="module")
def form(made, tmp_path_factory):
    """The form that a server makes of it; with Java, ODK's own validator reads it as well."""
    folder = tmp_path_factory.mktemp("xlsform")
    ((name, data),) = FORMAT.write(made).items()
    (folder / name).write_bytes(data)
    command = [sys.executable, "-W", "error", "-m", "pyxform.xls2xform", name, "form.xml"]
    if not shutil.which("java"):
        command.append("--skip_validate")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    return ET.parse(folder / "form.xml")  # noqa: S314 - written by pyxform just now


@pytest.fixture(scope="module")
def binds(form):
    return {node.get("nodeset").removeprefix("/data/"): node for node in form.iter(f"{XFORMS}bind")}


@pytest.mark.journey
def test_respondents_meet_every_question_in_its_order(made, form):
    controls = [
        node.get("ref").removeprefix("/data/")
        for node in form.iter()
        if node.tag in {f"{XFORMS}select1", f"{XFORMS}select"}
    ]
    assert controls == list(made.question_ids)


@pytest.mark.journey
def test_only_those_who_met_a_group_are_asked_about_it(made, binds):
    routed = [question.id for question in made.questions if question.base.condition]
    assert len(routed) >= 4
    for question in made.questions:
        told = (binds[question.id].get("relevant") or "").split()
        wanted = ["selected(", "/data/groups_encountered", ",", "'yes')"]
        assert told == (wanted if question.id in routed else [])


@pytest.mark.journey
def test_only_the_required_question_is_required(binds):
    assert [name for name, node in binds.items() if node.get("required") == "true()"] == ["region"]


@pytest.mark.journey
def test_both_languages_show_every_text_and_the_first_one_comes_up(made, form):
    tongues = {node.get("lang"): node for node in form.iter(f"{XFORMS}translation")}
    assert list(tongues) == ["English (en)", "German (de)"]
    assert tongues["English (en)"].get("default") == "true()"
    for code, name in (("en", "English (en)"), ("de", "German (de)")):
        shown = {node.text for node in tongues[name].iter(f"{XFORMS}value")}
        assert {question.text[code] for question in made.questions} <= shown
        assert {state[code] for state in made.missing_labels.values()} <= shown
        assert made.introduction[code] in shown
        assert "-" not in shown


@pytest.mark.journey
def test_who_does_not_know_cannot_tick_a_place_as_well(binds):
    told = binds["groups_places"].get("constraint")
    assert "not(selected(., 'dont_know') and count-selected(.) > 1)" in told
    assert binds["groups_places"].get("{http://openrosa.org/javarosa}constraintMsg")


@pytest.mark.journey
def test_what_a_translator_changes_in_the_workbook_is_read_back(made, tmp_path):
    book = openpyxl.load_workbook(io.BytesIO(next(iter(FORMAT.write(made).values()))))
    (place,) = (
        cell
        for row in book["survey"].iter_rows()
        for cell in row
        if cell.value == made.question("region").text["de"]
    )
    place.value = "Wo arbeiten Sie?"
    path = tmp_path / "translated.xlsx"
    book.save(path)
    draft = FORMAT.read(path, name=made.id, version="1.1")
    assert draft.lost == ()
    assert draft.instrument.question("region").text["de"] == "Wo arbeiten Sie?"
    assert made.diff(draft.instrument).changes
    changed = {change.question for change in made.diff(draft.instrument).changes}
    assert changed == {"region"}


def rows(elements):
    """Every row that a converter takes for a question, inside groups and repeats too."""
    for element in elements:
        inside = element.get("children", ())
        if element["type"] in {"group", "repeat"}:
            yield from rows(inside)
        elif not re.match(r"instanceID|instanceName|generated_|reserved_", element["name"]):
            yield element


@pytest.mark.journey
@pytest.mark.skipif(not FORMS, reason=f"no real inputs at {DATA}")
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_every_row_of_a_real_form_is_a_question_or_listed_as_lost(path):
    draft = FORMAT.read(path, name="demo", version="1")
    told = {entry.question for entry in draft.lost}
    ids = {part for name in draft.instrument.question_ids for part in (name, name.split(".")[-1])}
    write_ins = {
        f"{question.id}_{option.code}"
        for question in draft.instrument.questions
        for option in question.answers
        if option.write_in
    }
    found = {element["name"] for element in rows(convert(path)._pyxform["children"])}  # noqa: SLF001
    assert found
    # One only shows the columns of a table, the other is how often pyxform repeats a group.
    made_for_show = {"label-test", "repeat_test_count"}
    assert found <= ids | write_ins | told | made_for_show


@pytest.mark.journey
@pytest.mark.skipif(not FORMS, reason=f"no real inputs at {DATA}")
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_the_draft_of_a_real_form_is_a_form_again(path):
    draft = FORMAT.read(path, name="demo", version="1").instrument
    again = convert(next(iter(FORMAT.write(draft).values())))
    assert [warning for warning in again.warnings if "language declarations" not in warning] == []
