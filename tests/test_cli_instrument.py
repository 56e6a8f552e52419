"""`surveylib instrument`: what each command prints, where, and with which exit code."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import surveylib as sl
from surveylib.cli import main
from tests.instrument.test_crosswalk import CROSSWALK, TWO

ROOT = Path(__file__).parents[1]
GROUPS = "instruments/organised_groups"
VERSION = f"{GROUPS}/1.0.yaml"
COMMANDS = ["show", "diff", "new-version", "crosswalk", "pages", "export", "import", "formats"]


@pytest.fixture
def run(capsys, monkeypatch):
    """Run `surveylib instrument …` in this process: exit code, output, errors."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["surveylib", "instrument", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return code, written.out, written.err

    return call


@pytest.fixture
def done(run):
    """Run a command that must succeed and say nothing on standard error."""

    def call(*arguments):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "")
        return out

    return call


@pytest.fixture
def refused(run):
    """Run a command that must fail with a code: its message."""

    def call(wanted, *arguments):
        code, out, err = run(*arguments)
        assert (code, out) == (wanted, ""), err
        return plain(err)

    return call


def plain(text):
    """One line, without the frames of help texts."""
    return " ".join(re.sub("[\u00a0│╭╮╰╯─]", " ", text).split())


# --- help -------------------------------------------------------------------------------------


def test_help_lists_every_command(done):
    shown = plain(done("--help"))
    for command in COMMANDS:
        assert f" {command} " in shown


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "formats"])
def test_help_of_a_command_has_an_example(done, command):
    assert f"Example: surveylib instrument {command} " in plain(done(command, "--help"))


@pytest.mark.parametrize("command", ["show", "diff", "crosswalk"])
def test_the_example_of_a_command_works(done, command):
    shown = plain(done(command, "--help"))
    example = re.search(r"Example: surveylib instrument (.*?) (?:Arguments|Options)", shown)[1]
    assert done(*example.split())


# --- show -------------------------------------------------------------------------------------


def test_a_questionnaire_is_shown_in_its_source_language(done):
    assert done("show", VERSION) == sl.load_instrument(ROOT / VERSION).outline("en") + "\n"


def test_a_questionnaire_is_shown_in_another_language(done):
    shown = done("show", VERSION, "--language", "de")
    assert "auf mindestens eine organisierte Gruppe gestoßen?" in plain(shown)
    assert "have you come across" not in shown


def test_one_question_is_shown(done):
    shown = done("show", VERSION, "--question", "region")
    assert shown.startswith("  9  region · single")
    assert "groups_count" not in shown


def test_an_unknown_question_is_exit_code_2_with_the_nearest_one(refused):
    assert "did you mean 'region'?" in refused(2, "show", VERSION, "--question", "regoin")


def test_an_unknown_language_is_exit_code_2_with_those_there_are(refused):
    message = refused(2, "show", VERSION, "--language", "fr")
    assert "no language called 'fr'" in message
    assert "Known: 'de', 'en'." in message


def test_a_file_that_is_not_there_is_exit_code_2_with_those_there_are(refused):
    message = refused(2, "show", f"{GROUPS}/1.1.yaml")
    assert f"no instrument file called '1.1.yaml' in {GROUPS}" in message
    assert "'1.0.yaml'" in message


@pytest.mark.parametrize("path", ["instruments/nowhere/1.yaml", GROUPS, ""])
def test_what_is_no_file_is_exit_code_2(refused, path):
    assert "no instrument file called" in refused(2, "show", path)


@pytest.mark.parametrize("command", ["show", "diff", "new-version"])
def test_a_wrong_file_is_exit_code_1_with_its_line(demo, refused, command):
    file = "instruments/demo/1.yaml"
    demo.edit(file, "interval: [3, 5]", "interval: [5, 3]")
    rest = {"diff": [demo.path("instruments/demo/2.yaml")], "new-version": ["3"]}
    message = refused(1, command, demo.path(file), *rest.get(command, []))
    line = demo.line(file, "interval: [5, 3]")
    assert f"{demo.path(file)}:{line}: band 'some' ends at 3, before it starts at 5" in message
    assert not demo.path("instruments/demo/3.yaml").exists()


def test_a_crosswalk_is_no_questionnaire(refused):
    assert "wanted: 'surveylib.instrument/1'" in refused(1, "show", f"{GROUPS}/crosswalk.yaml")


# --- diff -------------------------------------------------------------------------------------


@pytest.fixture
def versions(demo):
    demo.write("instruments/demo/2.yaml", TWO)
    return [demo.path(f"instruments/demo/{name}.yaml") for name in "12"]


def test_two_versions_are_compared_change_by_change(done, versions):
    lines = done("diff", *versions).splitlines()
    assert lines[0].startswith("demo 1 → demo 2: ")
    assert lines[0].endswith("changes, step: major")
    assert "  which: option 'fox' added (minor; older waves: not asked)" in lines
    answering = "  pets: ways of not answering: +dont_know +refused (major; base shifts"
    assert any(line.startswith(answering) for line in lines)


def test_a_version_does_not_differ_from_itself(done, versions):
    assert done("diff", versions[0], versions[0]) == "demo 1 → demo 1: nothing changed\n"


def test_a_comparison_is_written_as_json_with_its_layout(done, versions):
    data = json.loads(done("diff", *versions, "--json"))
    assert (data["schema"], data["step"]) == ("surveylib.version_diff/1", "major")
    assert (data["older"], data["newer"]) == ("demo 1", "demo 2")
    count = int(re.search(r"\d+(?= changes)", done("diff", *versions))[0])
    assert len(data["changes"]) == count


def test_letters_beyond_ascii_stay_letters_in_json(done):
    shown = done("diff", "instruments/ospo/2018.yaml", "instruments/ospo/2020.yaml", "--json")
    assert "\\u" not in shown


def test_a_comparison_with_nothing_is_exit_code_2(refused, versions):
    assert "Missing argument" in refused(2, "diff", versions[0])
    assert "no instrument file called '9.yaml'" in refused(
        2, "diff", versions[0], versions[0].with_name("9.yaml")
    )


# --- new-version ------------------------------------------------------------------------------


@pytest.fixture
def shelf(tmp_path):
    """A copy of the questionnaire for rounds to come."""
    shutil.copytree(ROOT / GROUPS, tmp_path / "organised_groups")
    return tmp_path / "organised_groups"


def test_the_next_version_is_started_and_the_next_step_is_named(done, shelf):
    shown = done("new-version", shelf / "1.0.yaml", "1.1").splitlines()
    written = shelf / "1.1.yaml"
    assert shown[0] == f"Wrote {written}: decide on each question under 'follows', then"
    assert shown[1].strip() == f"surveylib check {written}"
    assert sl.load_instrument(written).follows.version == "1.0"


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("1.0", "version 1.0 does not come after 1.0"),
        ("0.9", "version 0.9 does not come after 1.0"),
        ("next", "version 'next' is not a number; wanted 2027, 1.2 or 1.2.3"),
        ("../2", "version '../2' is not a number"),
    ],
)
def test_a_version_that_cannot_be_next_is_exit_code_2(refused, shelf, version, says):
    before = sorted(shelf.iterdir())
    assert says in refused(2, "new-version", shelf / "1.0.yaml", version)
    assert sorted(shelf.iterdir()) == before


def test_a_version_that_exists_is_exit_code_2_and_is_not_touched(refused, shelf):
    (shelf / "1.1.yaml").write_text("mine", "utf-8")
    assert "exists already; nothing was written" in refused(
        2, "new-version", shelf / "1.0.yaml", "1.1"
    )
    assert (shelf / "1.1.yaml").read_text("utf-8") == "mine"


def test_a_version_needs_a_number(refused, shelf):
    assert "Missing argument" in refused(2, "new-version", shelf / "1.0.yaml")


# --- crosswalk --------------------------------------------------------------------------------


def test_a_crosswalk_is_shown_with_every_harmonised_question(done):
    assert done("crosswalk", GROUPS) == f"{sl.load_crosswalk(ROOT / GROUPS)}\n"
    assert done("crosswalk", f"{GROUPS}/crosswalk.yaml") == done("crosswalk", GROUPS)


def test_one_harmonised_question_is_shown(done):
    shown = done("crosswalk", GROUPS, "--question", "groups_count")
    assert shown.startswith("groups_count 1: Number of organised groups (banded)\n")
    assert "    at most 10: exact\n" in shown
    assert "groups_encountered" not in shown


def test_a_crosswalk_is_written_as_json_with_its_layout(done):
    data = json.loads(done("crosswalk", GROUPS, "--json"))
    assert [entry["id"] for entry in data] == ["groups_encountered", "groups_count"]
    assert {entry["schema"] for entry in data} == {"surveylib.harmonised/1"}
    (one,) = json.loads(done("crosswalk", GROUPS, "--question", "groups_count", "--json"))
    assert one == data[1]


def test_an_unknown_harmonised_question_is_exit_code_2_with_the_nearest_one(refused):
    message = refused(2, "crosswalk", GROUPS, "--question", "group_count")
    assert "did you mean 'groups_count'?" in message


def test_a_folder_without_a_crosswalk_is_exit_code_2_with_those_that_have_one(refused):
    message = refused(2, "crosswalk", "instruments/netclean")
    assert "no crosswalk called 'instruments/netclean/crosswalk.yaml'" in message
    assert "Known: 'organised_groups', 'ospo'." in message


def test_a_wrong_crosswalk_is_exit_code_1_with_its_line(demo, refused):
    file = "instruments/demo/crosswalk.yaml"
    demo.write("instruments/demo/2.yaml", TWO)
    demo.write(file, CROSSWALK.replace('map: {"yes": "yes", "no": "no"}', 'map: {"yes": "yes"}'))
    message = refused(1, "crosswalk", demo.instruments)
    line = demo.line(file, 'map: {"yes": "yes"}')
    assert f"{demo.path(file)}:{line}: no way for option 'no' [CROSSWALK-TOTAL]" in message


# --- pages, formats, export, import -----------------------------------------------------------


def test_pages_are_written_and_named(done, tmp_path):
    out = tmp_path / "pages"
    shown = done("pages", GROUPS, "--out", out)
    written = sorted(path for path in out.rglob("*") if path.is_file())
    assert sorted(shown.splitlines()) == [f"Wrote {path}" for path in written]
    assert {path.suffix for path in written} >= {".html", ".md"}


def test_pages_of_a_folder_without_versions_are_exit_code_2(refused, tmp_path):
    message = refused(2, "pages", tmp_path / "none", "--out", tmp_path / "pages")
    assert "no version of a questionnaire" in message
    assert not (tmp_path / "pages").exists()


def test_pages_into_a_file_are_exit_code_2(refused, tmp_path):
    (tmp_path / "pages").write_text("mine", "utf-8")
    assert str(tmp_path / "pages") in refused(2, "pages", GROUPS, "--out", tmp_path / "pages")
    assert (tmp_path / "pages").read_text("utf-8") == "mine"


def formats():
    """The formats that exist, as the command lists them: name, whether written, whether read."""
    heads = re.findall(r"^(\w+): .*\(\*\S+?, ([a-z ]+)\)$", sl.formats(), re.MULTILINE)
    return {name: ("export" in ways, "import" in ways) for name, ways in heads}


def test_formats_are_listed_with_what_they_keep_and_lose(done):
    shown = done("formats")
    assert shown == sl.formats() + "\n"
    assert set(formats()) >= {"xlsform", "surveyjs"}
    assert shown.count("\n  keeps: ") == shown.count("\n  loses: ") == len(formats())


@pytest.mark.parametrize("name", [name for name, (writes, _) in formats().items() if writes])
def test_a_questionnaire_is_exported_and_what_is_lost_is_told(run, tmp_path, name):
    code, out, err = run("export", VERSION, "--format", name, "--out", tmp_path / "out")
    assert code == 0
    written = sorted(path for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert sorted(out.splitlines()) == [f"Wrote {path}" for path in written]
    assert written
    assert all(path.stat().st_size for path in written)
    lost = err.splitlines()
    assert lost == [] or lost[0] == "Not in it, or not wholly:"


@pytest.mark.parametrize("name", [name for name, ways in formats().items() if all(ways)])
def test_what_was_exported_is_imported_as_a_draft(run, tmp_path, name):
    run("export", VERSION, "--format", name, "--out", tmp_path / "out")
    form, out = min((tmp_path / "out").rglob("*.*")), tmp_path / "instruments"
    code, shown, err = run(
        *("import", form, "--format", name, "--id", "again", "--version", "0.3", "--out", out)
    )
    draft = out / "again" / "0.3.yaml"
    assert (code, shown) == (0, f"Wrote {draft}\n"), err
    loaded = sl.load_instrument(draft)
    assert (loaded.id, loaded.version, loaded.status) == ("again", "0.3", "draft")
    asked = sl.load_instrument(ROOT / VERSION)
    assert [question.text for question in loaded.questions] == [
        question.text for question in asked.questions
    ]
    # A second import does not overwrite what somebody may have edited.
    again = run(
        *("import", form, "--format", name, "--id", "again", "--version", "0.3", "--out", out)
    )
    assert again[0] == 2
    assert "exists already; nothing was written" in plain(again[2])


def test_an_unknown_format_is_exit_code_2_with_the_nearest_one(refused, tmp_path):
    export = ("export", VERSION, "--out", tmp_path / "out", "--format")
    assert "did you mean 'xlsform'?" in refused(2, *export, "xlsfrom")
    assert "choose one of" in refused(2, *export, "word")
    assert not (tmp_path / "out").exists()
    form = tmp_path / "form.json"
    form.write_text("{}", "utf-8")
    message = refused(2, "import", form, "--id", "a", "--format", "surveyj")
    assert "did you mean 'surveyjs'?" in message


def test_an_export_into_a_file_is_exit_code_2(refused, tmp_path):
    (tmp_path / "out").write_text("mine", "utf-8")
    out = ("--out", tmp_path / "out")
    assert str(tmp_path / "out") in refused(2, "export", VERSION, "--format", "surveyjs", *out)


def test_an_ending_of_no_format_is_exit_code_2_with_those_that_are_read(refused, tmp_path):
    (tmp_path / "form.docx").write_text("x", "utf-8")
    message = refused(2, "import", tmp_path / "form.docx", "--id", "a", "--out", tmp_path)
    assert "'form.docx': wanted one that ends in .xlsx, .json" in message


def test_a_form_that_is_not_there_is_exit_code_2(refused, tmp_path):
    message = refused(2, "import", tmp_path / "form.json", "--id", "a", "--out", tmp_path)
    assert "no file called 'form.json'" in message


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("form.json", "{", "JSON-SYNTAX"),
        ("form.json", "[" * 1000, "JSON-DEPTH"),
        ("form.xlsx", "<html>", "ARCHIVE"),
        ("form.json", "", "FILE-EMPTY"),
    ],
)
def test_a_wrong_form_is_exit_code_1_and_writes_nothing(refused, tmp_path, name, content, code):
    (tmp_path / name).write_text(content, "utf-8")
    message = refused(1, "import", tmp_path / name, "--id", "a", "--out", tmp_path / "instruments")
    assert f"[{code}]" in message
    assert str(tmp_path / name) in message
    assert not (tmp_path / "instruments").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["shwo"], "No such command 'shwo'"),
        (["show"], "Missing argument"),
        (["show", VERSION, "--bogus"], "No such option"),
        (["export", VERSION, "--format", "surveyjs"], "Missing option '--out'"),
        (["import", "form.json"], "Missing option '--id'"),
        (["pages", GROUPS], "Missing option '--out'"),
    ],
)
def test_a_wrong_command_is_exit_code_2(refused, arguments, says):
    assert says in refused(2, *arguments)
