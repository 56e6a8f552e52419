"""`surveylib audit`: what it prints, where, and its exit code."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

import surveylib as sl
from surveylib.cli import main

ROOT = Path(__file__).parents[1]


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


def report(folder, *counts, protected):
    values = [answer for answer, count in zip("abc", counts, strict=True) for _ in range(count)]
    estimates = sl.estimate(pd.DataFrame({"use": values}), "use")
    if protected:
        estimates = sl.protect(estimates).estimates
    folder.mkdir()
    data = {"schema": "surveylib.study/1", "survey": "places", "estimates": estimates.to_dict()}
    (folder / "study.json").write_text(json.dumps(data), "utf-8")
    return folder


def test_a_protected_report_gives_nothing_away(run, tmp_path):
    code, out, err = run("audit", report(tmp_path / "new", 3, 40, 17, protected=True))
    assert (code, err) == (0, "")
    assert out.startswith("nothing is given away: withheld rows: 2, ")


def test_a_small_count_is_listed_with_exit_code_1(run, tmp_path):
    code, out, err = run("audit", report(tmp_path / "new", 3, 40, 17, protected=False))
    assert (code, err) == (1, "")
    assert "1 thing is given away" in out
    assert "[AUDIT-SMALL]" in out
    assert "    got: 3 of 60\n" in out


def test_an_earlier_report_and_a_smallest_count_can_be_named(run, tmp_path):
    old = report(tmp_path / "old", 3, 40, 17, protected=False)
    new = report(tmp_path / "new", 3, 40, 17, protected=True)
    code, out, _err = run("audit", new, "--earlier", old)
    assert code == 1
    assert "[AUDIT-EARLIER]" in out
    assert run("audit", old, "--minimum", 2)[0] == 0


def test_the_true_numbers_are_searched_for(run, tmp_path):
    truth = report(tmp_path / "truth", 3, 40, 17, protected=False)
    new = report(tmp_path / "new", 3, 40, 17, protected=True)
    (new / "page.html").write_text("<p>3 of 60 said a</p>", "utf-8")
    assert run("audit", new)[0] == 0
    code, out, _err = run("audit", new, "--truth", truth)
    assert code == 1
    assert "[AUDIT-FOUND]" in out


def test_a_folder_that_is_no_report_is_an_error_that_says_so(run, tmp_path):
    code, out, err = run("audit", tmp_path)
    assert (code, out) == (1, "")
    assert "no report stands here [REPORT-MISSING]" in err
    code, _out, err = run("audit", tmp_path / "nowhere")
    assert code == 2
    assert "is no folder; wanted the folder of a report" in err
