"""`surveylib ingest` and `surveylib wave`: what each command prints, where, and its exit code."""

import csv
import hashlib
import re
import shutil
import sys
from pathlib import Path

import openpyxl
import pytest

import surveylib as sl
from surveylib.cli import main

ROOT = Path(__file__).parents[1]
GROUPS = ROOT / "waves" / "organised_groups"
FORM = ROOT / "instruments" / "organised_groups" / "1.0.yaml"
FILES = ("quarantine.csv", "repairs.csv", "issues.json", "summary.json", "responses.parquet",
         "quality.html")  # fmt: skip


@pytest.fixture
def run(capsys, monkeypatch):
    """Run `surveylib …` in this process: exit code, output, errors."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["surveylib", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        written = capsys.readouterr()
        assert "Traceback" not in written.err
        return code, written.out, written.err.strip()

    return call


@pytest.fixture
def done(run):
    """Run a command that must succeed and have nothing to warn of: its output."""

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


@pytest.fixture
def wave(tmp_path):
    """A copy of a shipped wave, with its study and questionnaire around it."""
    shutil.copytree(
        ROOT / "instruments" / "organised_groups", tmp_path / "instruments" / FORM.parent.name
    )
    place = tmp_path / "waves" / "organised_groups"
    shutil.copytree(GROUPS / "2025", place / "2025")
    shutil.copy(GROUPS / "study.yaml", place)
    return place / "2025"


def spoil(wave, old, new):
    """Change the file of responses, and its hash in the manifest."""
    path = wave / "responses.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    seal(wave)


def seal(wave):
    digest = hashlib.sha256((wave / "responses.csv").read_bytes()).hexdigest()
    edit(wave, r"sha256: [0-9a-f]{64}", f"sha256: {digest}")


def edit(wave, old, new):
    path = wave / "wave.yaml"
    text, count = re.subn(old, new, path.read_text("utf-8"))
    assert count == 1
    path.write_text(text, "utf-8")


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- help -------------------------------------------------------------------------------------


def test_help_lists_the_commands(done):
    assert " ingest " in plain(done("--help"))
    shown = plain(done("wave", "--help"))
    assert " new " in shown
    assert " export " in shown


@pytest.mark.parametrize("command", [["ingest"], ["wave", "new"], ["wave", "export"]])
def test_help_of_a_command_has_an_example_and_says_what_each_argument_is(done, command):
    shown = plain(done(*command, "--help"))
    assert f"Example: surveylib {' '.join(command)} " in shown
    assert "Arguments" in shown


@pytest.mark.parametrize("command", [["ingest"], ["wave", "export"]])
def test_the_example_of_a_command_works(run, command, tmp_path):
    shown = plain(run(*command, "--help")[1])
    example = re.search(r"Example: surveylib (.*?) (?:Arguments|Options)", shown)[1]
    arguments = re.sub(r"build/\w+", str(tmp_path / "out"), example).split()
    code, out, _ = run(*arguments)
    assert (code, out.count("Wrote")) == (0, len(list((tmp_path / "out").iterdir())))


@pytest.mark.parametrize("command", [["wave", "new", "a.csv"], ["wave", "export", GROUPS / "2025"]])
def test_what_a_command_cannot_do_without_is_named(refused, command):
    assert re.search("Missing (argument|option)", refused(2, *command))


# --- ingest -----------------------------------------------------------------------------------


def test_an_ingest_prints_the_accounts_and_every_file(done, wave):
    shown = done("ingest", wave)
    lines = shown.splitlines()
    assert lines[0] == "wave 2025: 240 respondents, 9 questions of organised_groups 1.0"
    assert lines[1] == "240 rows = 240 accepted + 0 in quarantine + 0 excluded"
    written = [Path(line.removeprefix("Wrote ")) for line in lines if line.startswith("Wrote ")]
    assert sorted(path.name for path in written) == sorted(FILES)
    assert {path.parent for path in written} == {wave / "ingested"}
    assert all(path.is_file() for path in written)


def test_the_table_counts_each_question_by_state(done, wave):
    shown = done("ingest", wave)
    counts = sl.ingest(wave).accounts.questions["groups_count"]
    line = next(line for line in shown.splitlines() if line.startswith("groups_count "))
    found = [int(number) for number in line.split()[1:]]
    assert sum(found) == 240
    assert sorted(number for number in found if number) == sorted(counts.values())
    answered = sum(row["groups_count"] not in {"", "Don't know", "Prefer not to say"}
                   for row in rows(wave / "responses.csv"))  # fmt: skip
    assert found[0] == answered


def test_another_folder_can_be_named(done, wave, tmp_path):
    done("ingest", wave, "--out", tmp_path / "deep" / "out")
    assert sorted(path.name for path in (tmp_path / "deep" / "out").iterdir()) == sorted(FILES)
    assert not (wave / "ingested").exists()


def test_the_same_file_gives_the_same_bytes_again(done, wave):
    def held():
        return {path.name: path.read_bytes() for path in (wave / "ingested").iterdir()}

    done("ingest", wave)
    first = held()
    done("ingest", wave)
    assert held() == first


def test_other_commands_use_what_was_written(done, wave):
    before = done("estimate", wave.parent, "region")
    done("ingest", wave)
    assert done("estimate", wave.parent, "region") == before
    assert "2025: in order, 240 respondents, 9 questions" in done("check", wave.parent)


def test_too_much_in_quarantine_is_exit_code_1_with_the_lists(run, wave):
    spoil(wave, ",Sweden", ",Swedn")
    code, out, err = run("ingest", wave)
    assert (code, out) == (1, "")
    assert "[QUARANTINE-LIMIT]" in err
    assert "got: 'Swedn'" in err
    assert "if it means 'Sweden', say so under 'values'" in err
    folder = wave / "ingested" / "refused"
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES[:4])
    for path in folder.iterdir():
        assert f"Wrote {path}" in err
    aside = rows(folder / "quarantine.csv")
    swedes = [row for row in rows(wave / "responses.csv") if row["region"] == "Swedn"]
    assert [row["raw"] for row in aside] == ["Swedn"] * len(swedes)
    assert not (wave / "ingested" / "responses.parquet").exists()


def test_what_the_manifest_allows_is_taken_and_counted(done, wave):
    spoil(wave, ",Sweden", ",Swedn")
    edit(wave, "weighting: ", "most_quarantined: 0.1\nweighting: ")
    shown = done("ingest", wave)
    count = len(rows(wave / "ingested" / "quarantine.csv"))
    assert f"{count} of them in quarantine" in shown
    assert "in quarantine" in next(line for line in shown.splitlines() if "answered" in line)


def test_a_value_that_is_declared_is_taken(done, wave):
    spoil(wave, ",Sweden", ",Swedn")
    edit(wave, "  region: region", "  region: {column: region, values: {Swedn: sweden}}")
    assert "0 of them in quarantine" in done("ingest", wave)
    assert sl.ingest(wave).wave.counts("region") == sl.ingest(GROUPS / "2025").wave.counts("region")


def test_every_mistake_in_a_manifest_is_told_at_once_with_its_line(refused, wave):
    path = wave / "wave.yaml"
    text = path.read_text("utf-8")
    for old, new in (
        ("  groups_count: groups_count", "  groups_cuont: groups_count"),
        ("      darknet: groups_places/darknet", "      darknt: groups_places/darknet"),
        ("region: region", "region: Regoin"),
        ("respondent: {column: respondent}", "respondent: {column: responden}"),
        ("caution_change: caution_change", "caution_change: groups_count"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    message = refused(1, "ingest", wave)
    for told, at in (
        ("no version has a question 'groups_cuont' [QUESTION-UNKNOWN]", "groups_cuont"),
        ("'groups_places' has no answer 'darknt' [CODE-UNKNOWN]", "darknt"),
        ("the file has no column 'Regoin' [COLUMN-MISSING]", "Regoin"),
        ("the file has no column 'responden' [COLUMN-MISSING]", "column: responden}"),
        ("column F has 2 uses: 'groups_cuont', 'caution_change' [COLUMN-TWICE]", ""),
    ):
        line = next(n for n, line in enumerate(text.splitlines(), 1) if at in line)
        assert f"{path}:{line}: {told}" in message if at else told in message
    assert not (wave / "ingested").exists()


def test_a_folder_without_a_manifest_is_exit_code_2(refused, wave):
    assert refused(2, "ingest", wave.parent) == f"no wave.yaml in {wave.parent}"


def test_a_wave_of_printed_figures_is_exit_code_2(refused):
    assert "printed figures, not responses" in refused(2, "ingest", "waves/netclean/2018")


def test_a_place_that_cannot_be_written_is_exit_code_2(refused, wave):
    out = wave / "responses.csv" / "out"
    assert "cannot be written" in refused(2, "ingest", wave, "--out", out)


def test_a_file_that_is_kept_elsewhere_is_read_from_where_data_says(
    run, done, refused, wave, tmp_path
):
    edit(wave, "  path: responses.csv", "  path: responses.csv\n  kept: elsewhere")
    (tmp_path / "vault").mkdir()
    (wave / "responses.csv").rename(tmp_path / "vault" / "responses.csv")
    message = refused(2, "ingest", wave)
    assert "kept elsewhere: get 'responses.csv' from examples/simulate_wave.py" in message
    assert "240 rows = 240 accepted" in done("ingest", wave, "--data", tmp_path / "vault")
    out = tmp_path / "out"
    code, *_ = run("wave", "export", wave, "--data", tmp_path / "vault", "--out", out)
    assert (code, len(rows(out / "responses.csv"))) == (0, 240)


# --- wave new ---------------------------------------------------------------------------------


@pytest.fixture
def empty(wave):
    """The folder of a wave with its responses, of which nothing has been said yet."""
    (wave / "wave.yaml").unlink()
    return wave


def decide(wave):
    path = wave / "wave.yaml"
    text = re.sub(r"\n *decide: undecided(?=\n)", "", path.read_text("utf-8"))
    path.write_text(text.replace("kind: undecided", "kind: own"), "utf-8")


def test_a_draft_says_of_each_column_what_it_may_be_and_what_comes_next(done, empty):
    shown = done("wave", "new", empty / "responses.csv", FORM, empty).splitlines()
    assert shown[0] == "12 proposals, 10 of them certain"
    assert any(line.split() == ["J", "to", "R", "groups_places"] for line in shown)
    doubtful = [line for line in shown if line.startswith("  ?")]
    assert [line.split()[:5] for line in doubtful] == [
        ["?", "B", "to", "C", "timing:"],
        ["?", "D", "finished:", "does", "it"],
    ]
    assert shown[-2:] == [
        f"Wrote {empty / 'wave.yaml'}: decide what is marked, then",
        f"      surveylib ingest {empty}",
    ]


def test_a_draft_cannot_be_ingested_before_it_is_decided(done, refused, empty):
    done("wave", "new", empty / "responses.csv", FORM, empty)
    message = refused(1, "ingest", empty)
    assert message.count("[PROPOSAL-UNDECIDED]") == 2
    assert "'kind' has no such value" in message
    decide(empty)
    assert "240 rows = 240 accepted + 0 in quarantine" in done("ingest", empty)


def test_a_file_outside_the_folder_is_kept_elsewhere(done, empty, tmp_path):
    path = (empty / "responses.csv").rename(tmp_path / "export.csv")
    done("wave", "new", path, FORM, empty)
    text = (empty / "wave.yaml").read_text("utf-8")
    assert "  path: export.csv\n" in text
    assert "  kept: elsewhere\n" in text
    decide(empty)
    assert "240 rows = 240 accepted" in done("ingest", empty, "--data", tmp_path)


def test_how_a_file_is_read_is_written_into_the_draft(done, empty):
    path = empty / "responses.csv"
    text = path.read_text("utf-8")
    path.write_bytes(("\ufeffAnswers\n" + text).encode("utf-16"))
    done("wave", "new", path, FORM, empty, "--title-rows", 1, "--encoding", "utf-16")
    told = (empty / "wave.yaml").read_text("utf-8")
    assert "  title_rows: 1\n" in told
    assert "  encoding: utf-16\n" in told
    decide(empty)
    assert "240 rows = 240 accepted" in done("ingest", empty)


def test_a_sheet_of_a_workbook_can_be_named(done, refused, empty):
    book = openpyxl.Workbook()
    book.active.append(["notes"])
    sheet = book.create_sheet("Answers")
    with (empty / "responses.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.reader(file):
            sheet.append(line)
    book.save(empty / "answers.xlsx")
    path = empty / "answers.xlsx"
    assert "'Answers'" in refused(1, "wave", "new", path, FORM, empty)
    done("wave", "new", path, FORM, empty, "--sheet", "Answers")
    assert "  sheet: Answers\n" in (empty / "wave.yaml").read_text("utf-8")


def test_a_manifest_that_is_there_is_never_written_over(refused, wave):
    before = (wave / "wave.yaml").read_bytes()
    message = refused(2, "wave", "new", wave / "responses.csv", FORM, wave)
    assert "wave.yaml is there already; nothing was written" in message
    assert (wave / "wave.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("code", "file", "rest", "told"),
    [
        (2, "nothing.csv", [], "no file called 'nothing.csv'"),
        (2, "responses.csv", ["--format", "xls"], "'xls'; did you mean 'xlsx'?"),
        (1, "responses.csv", ["--format", "sav"], "[FILE-KIND]"),
        (1, "responses.csv", ["--encoding", "klingon"], "klingon"),
        (2, "responses.csv", ["--header-rows", "4"], "Invalid value for '--header-rows'"),
        (1, "shares.yaml", [], "[FORMAT-UNKNOWN]"),
        (1, "blank.csv", [], "[FILE-EMPTY]"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_no_draft(refused, empty, code, file, rest, told):
    (empty / "shares.json").rename(empty / "shares.yaml")
    (empty / "blank.csv").touch()
    assert told in refused(code, "wave", "new", empty / file, FORM, empty, *rest)
    assert not (empty / "wave.yaml").exists()


def test_a_questionnaire_that_is_not_there_is_named_with_those_that_are(refused, empty):
    wrong = FORM.with_name("1.1.yaml")
    message = refused(2, "wave", "new", empty / "responses.csv", wrong, empty)
    assert "no instrument file called '1.1.yaml'" in message
    assert "'1.0.yaml'" in message


# --- wave export ------------------------------------------------------------------------------


def test_answers_leave_as_csv_and_texts_stay_behind(run, wave, tmp_path):
    code, out, err = run("wave", "export", wave, "--out", tmp_path / "out")
    assert code == 0
    written = [Path(line.removeprefix("Wrote ")) for line in out.splitlines()]
    assert {path.name for path in written} == {"responses.csv", "columns.csv", "about.csv"}
    texts = [row for row in rows(wave / "responses.csv") if row["groups_platforms/other:text"]]
    assert f"groups_platforms/other:text: of {len(texts)} texts, {len(texts)} withheld" in err
    every = b"".join(path.read_bytes() for path in written)
    assert b"simulated answer" not in every
    assert b"simulated-0001" not in every
    told = rows(tmp_path / "out" / "responses.csv")
    assert len(told) == 240
    assert {row["region"] for row in told} <= {
        "",
        *sl.load_instrument(FORM).question("region").answer_codes,
    }


def test_ids_and_labels_leave_where_they_are_asked_for(run, wave, tmp_path):
    run("wave", "export", wave, "--out", tmp_path / "out", "--ids", "--labels", "de")
    told = rows(tmp_path / "out" / "responses.csv")
    given = rows(wave / "responses.csv")
    assert [row[":respondent"] for row in told] == [row["respondent"] for row in given]
    words = {"Sweden": "Schweden", "United Kingdom": "Vereinigtes Königreich", "Canada": "Kanada"}
    for row, line in zip(given, told, strict=True):
        if row["region"] in words:
            assert line["region"] == words[row["region"]]


def test_texts_leave_with_a_redaction_status(run, wave, tmp_path):
    texts = [
        row["respondent"]
        for row in rows(wave / "responses.csv")
        if row["groups_platforms/other:text"]
    ]
    path = tmp_path / "redactions.csv"
    lines = ["respondent,question,status,text", f"{texts[0]},groups_platforms/other:text,none,",
             f"{texts[1]},groups_platforms/other:text,redacted,[a name]"]  # fmt: skip
    path.write_text("\n".join(lines) + "\n", "utf-8")
    code, _, err = run("wave", "export", wave, "--redactions", path, "--out", tmp_path / "out")
    assert code == 0, err
    assert f"{len(texts) - 2} withheld, 1 redacted, 1 as they stand" in err
    told = [row["groups_platforms/other:text"] for row in rows(tmp_path / "out" / "responses.csv")]
    assert [text[:16] for text in told if text] == ["simulated answer", "[a name]"]


def test_several_formats_leave_at_once(run, wave, tmp_path):
    _, out, _ = run(
        "wave", "export", wave, "--format", "csv", "--format", "xlsx", "--out", tmp_path / "out"
    )
    assert {Path(line).name for line in out.splitlines()} == {
        "responses.csv",
        "columns.csv",
        "about.csv",
        "responses.xlsx",
    }


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (["--format", "pdf"], "choose one of 'csv', 'xlsx'"),
        (["--labels", "fr"], "no language called 'fr' in organised_groups 1.0. Known: 'de', 'en'."),
        (["--redactions", "nothing.csv"], "no file called 'nothing.csv'"),
    ],
)
def test_an_export_that_cannot_be_made_writes_nothing(refused, wave, tmp_path, rest, told):
    assert told in refused(2, "wave", "export", wave, "--out", tmp_path / "out", *rest)
    assert not (tmp_path / "out").exists()
