"""The command as a shell sees it: what it prints, where, and with which exit code."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from surveylib.cli import main

ROOT = Path(__file__).parents[1]
NETCLEAN = "waves/netclean"
COMMANDS = ["estimate", "change", "trend", "report", "check"]


def start(*arguments, **environment):
    """Run the command in a process of its own, with warnings as errors."""
    return subprocess.run(
        [
            sys.executable,
            *("-W", "error", "-c", "from surveylib.cli import main; main()"),
            *map(str, arguments),
        ],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
            "NO_COLOR": "1",
            **environment,
        },
        encoding="utf-8",
    )


@dataclass(frozen=True)
class Done:
    """What a command left behind, named as in `subprocess`."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys, monkeypatch):
    """Run the command in this process, which is quicker: the same function, the same checks."""
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
        return Done(code, written.out, written.err)

    return call


def plain(text):
    """One line, without no-break spaces and the frames of help texts."""
    return " ".join(re.sub("[\u00a0│╭╮╰╯─]", " ", text).split())


def test_help_lists_every_command_and_every_exit_code(run):
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in (*COMMANDS, "0 done", "1 a file is wrong", "2 the command is wrong", "3 the"):
        assert word in plain(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example_and_says_what_each_argument_is(run, command):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Example: surveylib {command} waves/netclean" in plain(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_a_command_works(run, command, tmp_path):
    example = re.search(r"Example: surveylib (.*?) (?:Arguments|Options)", plain(
        run(command, "--help").stdout
    ))  # fmt: skip
    arguments = example[1].replace("build/report", str(tmp_path / "out")).split()
    done = run(*arguments)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    assert done.stdout


def test_an_estimate_is_a_table(run):
    done = run("estimate", NETCLEAN, "organised_groups_encountered")
    assert (done.returncode, done.stderr) == (0, "")
    assert "85 %" in done.stdout
    assert "80.3 to 88.8 %" in done.stdout


def test_an_estimate_is_csv_with_every_digit(run):
    done = run("estimate", NETCLEAN, "region/usa", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["wave"], row["estimate"], row["n"]) for row in rows] == [
        ("2016", "0.611", "370"),
        ("2018", "0.544", "272"),
        ("2019", "0.464", "450"),
        ("2020", "0.44", "470"),
    ]


def test_an_estimate_is_json_with_a_schema(run):
    done = run("estimate", NETCLEAN, "region", "--wave", "2018", "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["schema"] == "surveylib.estimates/1"
    assert {row["wave"] for row in data["rows"]} == {"2018"}


def test_an_estimate_is_explained(run):
    done = run("estimate", NETCLEAN, "organised_groups_encountered", "--format", "explain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Wilson (1927)" in done.stdout


def test_an_estimate_is_given_by_groups_with_a_method_a_level_and_a_design_effect(run):
    done = run(
        *("estimate", NETCLEAN, "covid_capacity", "--by", "region", "--format", "json"),
        *("--interval", "jeffreys", "--level", "0.9", "--design-effect", "1.5"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["rows"]
    assert len(rows) == 4
    assert {(row["interval"], row["confidence_level"], row["design_effect"]) for row in rows} == {
        ("jeffreys", 0.9, 1.5)
    }


def test_a_change_is_a_table(run):
    done = run("change", NETCLEAN, "region/usa", "--from", "2016", "--to", "2020")
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("2016→2020", "−17.1", "decreased", "identical"):
        assert words in done.stdout


def test_a_change_is_csv_with_every_digit(run):
    done = run("change", NETCLEAN, "region/usa", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["to_wave"] for row in rows] == ["2018", "2019", "2020", "2020"]
    assert float(rows[-1]["difference"]) == pytest.approx(-0.171)


def test_a_change_is_json_with_a_schema_and_its_refusals(run):
    done = run("change", NETCLEAN, "rising_trends", "--format", "json", "--method", "mee")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    assert data["schema"] == "surveylib.changes/1"
    assert data["rows"][0]["method"] == "mee"
    assert all(row["reasons"] for row in data["refused"])


def test_a_change_is_explained(run):
    done = run("change", NETCLEAN, "region/usa", "--format", "explain")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Newcombe (1998)" in done.stdout


def test_a_check_lists_what_is_in_order(run):
    done = run("check", NETCLEAN, "instruments/netclean")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 13
    assert all("in order" in line for line in lines)


def test_a_report_names_what_it_wrote(run, demo, tmp_path):
    out = tmp_path / "report"
    done = run("report", demo.study, "--out", out)
    assert (done.returncode, done.stderr.strip()) == (0, "")
    for name in ("index.html", "estimates.csv", "changes.csv", "not_compared.csv", "study.json"):
        assert str(out / name) in done.stdout
        assert (out / name).is_file()


def test_brackets_in_the_name_of_a_study_are_printed_as_they_are(run, demo):
    folder = demo.study.rename(demo.root / "waves" / "a[red]b")
    assert f"{folder}/study.yaml:2:" in run("check", folder).stderr


def test_brackets_in_the_name_of_a_report_are_printed_as_they_are(run, demo):
    out = demo.root / "a[red]b"
    assert "a[red]b/index.html" in run("report", demo.study, "--out", out).stdout


def is_refused(done, code):
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["check", "estimate", "change", "report"])
def test_a_wrong_file_is_exit_code_1_with_its_line(run, demo, command, tmp_path):
    file = "waves/demo/2020/published.csv"
    demo.edit(file, "which,cat", "which,rat")
    rest = {
        "estimate": ["pets"],
        "change": ["pets"],
        "report": ["--out", tmp_path / "out"],
        "check": [],
    }
    done = run(command, demo.study, *rest[command])
    is_refused(done, 1)
    assert f"{demo.path(file)}:5: 'rat' is no option of 'which' in demo 1 [OPTION-UNKNOWN]" in (
        done.stderr
    )
    assert not (tmp_path / "out").exists()


def test_a_check_tells_the_faults_of_every_path(run, demo):
    demo.edit("waves/demo/2020/published.csv", "which,cat", "which,rat")
    demo.edit("instruments/demo/2.yaml", "answer: dog", "answer: fox")
    done = run("check", demo.study, demo.instruments, NETCLEAN)
    assert done.returncode == 1
    assert "OPTION-UNKNOWN" in done.stderr
    assert "COMPARISON-ANSWER" in done.stderr
    assert "in order" in done.stdout


def test_a_wave_of_an_unknown_instrument_is_a_wrong_file(run, demo):
    demo.edit("waves/demo/2020/wave.yaml", "demo@1", "demo@9")
    is_refused(run("check", demo.study), 1)


#: What is wrong with a command, and what the message holds.
WRONG = {
    "an unknown question": (["estimate", NETCLEAN, "regoin"], "did you mean 'region'?"),
    "an unknown answer": (["change", NETCLEAN, "region/us"], "did you mean 'usa'?"),
    "an unknown wave": (["estimate", NETCLEAN, "region", "--wave", "2021"], "no wave called"),
    "waves in the wrong order": (
        ["change", NETCLEAN, "region", "--from", "2020", "--to", "2016"],
        "later minus earlier",
    ),
    "a level in percent": (["estimate", NETCLEAN, "region", "--level", "95"], "such as 0.95"),
    "no study": (["check", "waves/netcleen"], "nothing to check at"),
    "no folder of a study": (["estimate", "waves/netcleen", "region"], "Studies in waves:"),
    "an unknown option": (["estimate", NETCLEAN, "region", "--bogus"], "No such option"),
    "an unknown format": (["estimate", NETCLEAN, "region", "--format", "xls"], "'csv', 'json'"),
    "an unknown method": (["change", NETCLEAN, "region", "--method", "t"], "'newcombe'"),
    "no question": (["estimate", NETCLEAN], "Missing argument 'question'"),
    "no folder to write to": (["report", NETCLEAN], "Missing option '--out'"),
    "an unknown command": (["trends", NETCLEAN], "No such command 'trends'"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_command_is_exit_code_2_with_a_way_out(run, wrong):
    arguments, helps = wrong
    done = run(*arguments)
    is_refused(done, 2)
    assert helps in plain(done.stderr).replace("'QUESTION'", "'question'")


def test_a_report_into_a_file_is_exit_code_2(run, demo):
    demo.write("out", "a file")
    is_refused(run("report", demo.study, "--out", demo.path("out")), 2)


def test_a_folder_that_cannot_be_written_is_an_error_without_a_traceback(run, demo):
    demo.write("out", "a file")
    done = run("report", demo.study, "--out", demo.path("out") / "below")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert str(demo.path("out")) in done.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ["change", NETCLEAN, "rising_trends/tor_darknet", "--from", "2017", "--to", "2019"],
            "TOR, VPN and proxy services",
        ),
        (
            ["change", NETCLEAN, "deepfakes_encountered/yes", "--from", "2018", "--to", "2019"],
            "having met deepfakes in 2018",
        ),
        (["estimate", NETCLEAN, "organised_groups_places"], "no figure was printed"),
    ],
)
def test_what_must_not_be_compared_or_cannot_be_estimated_is_exit_code_3(run, arguments, reason):
    done = run(*arguments)
    is_refused(done, 3)
    assert reason in plain(done.stderr)


#: One call for each exit code, in a process of its own.
IN_A_SHELL = [
    (["estimate", NETCLEAN, "organised_groups_encountered"], 0),
    (["check", "instruments/netclean/2018.yaml"], 0),
    (["check", "waves/netclean/words.csv"], 1),
    (["estimate", NETCLEAN, "regoin"], 2),
    (["change", NETCLEAN, "deepfakes_encountered/yes", "--from", "2018", "--to", "2019"], 3),
]


@pytest.mark.parametrize(("arguments", "code"), IN_A_SHELL)
def test_a_process_ends_with_the_exit_code_of_its_outcome(arguments, code):
    done = start(*arguments)
    if code:
        is_refused(done, code)
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout


def test_a_narrow_terminal_does_not_break_a_line(run):
    wide = run("estimate", NETCLEAN, "organised_groups_encountered")
    narrow = start("estimate", NETCLEAN, "organised_groups_encountered", COLUMNS="30")
    assert narrow.stdout == wide.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_without_arrows_and_lines_is_no_traceback(encoding):
    done = start("change", NETCLEAN, "region/usa", PYTHONIOENCODING=encoding)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0


def test_a_trend_is_a_table(run):
    result = run("trend", NETCLEAN, "region/usa")
    assert result.returncode == 0
    assert "2016–2020 (4)" in result.stdout
    assert "falling" in result.stdout


def test_a_trend_is_csv_with_its_waves_and_times(run):
    lines = run("trend", NETCLEAN, "region/usa", "--format", "csv").stdout.splitlines()
    assert lines[0].startswith("question,answer,domain,waves,times,slope,")
    assert "2016; 2018; 2019; 2020" in lines[1]


def test_a_trend_of_one_wave_is_refused_with_what_to_do(run):
    result = run("trend", NETCLEAN, "country/norway")
    assert result.returncode == 3
    assert "a trend needs three: take sl.change" in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--minimum-cell", "15"], "counts from 1 to 14, groups of fewer than 15"),
        (["--minimum-base", "30"], "counts from 1 to 4, groups of fewer than 30"),
        (["--hide-states"], "counts from 1 to 4, groups of fewer than 10"),
    ],
)
def test_what_is_small_is_said_in_the_report_that_is_asked_for(tmp_path, options, told):
    done = start("report", "waves/organised_groups", "--out", tmp_path / "out", *options)
    assert done.returncode == 0, done.stderr
    data = json.loads((tmp_path / "out" / "study.json").read_text("utf-8"))
    hidden = {row["answer"] for row in data["estimates"]["rows"] if "withheld" in row["flags"]}
    assert hidden
    assert ("refused" in hidden) is (options == ["--hide-states"])
    assert told in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_standard_is_chosen_or_left_out_and_one_that_does_not_exist_is_refused(tmp_path):
    done = start("report", NETCLEAN, "--out", tmp_path / "out", "--standard", "none")
    assert done.returncode == 0, done.stderr
    assert "Reliability." not in (tmp_path / "out" / "index.html").read_text("utf-8")
    wrong = start("report", NETCLEAN, "--out", tmp_path / "no", "--standard", "nhcs")
    assert (wrong.returncode, "choose one of 'nchs'" in wrong.stderr) == (2, True)
