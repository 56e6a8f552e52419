"""An auditor finds what can be worked out of a report, and nothing where nothing can."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import MethodError, StudyError
from surveylib.present.disclosure import protect, withhold
from surveylib.present.disclosure_audit import audit
from surveylib.present.table import to_csv


def frame(seed, n=240):
    drawn = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "use": drawn.choice(["yes", "no", "maybe"], n, p=[0.6, 0.36, 0.04]),
            "size": drawn.choice(["small", "middle", "large"], n, p=[0.6, 0.3, 0.1]),
        }
    )


def tables(data):
    parts = (
        sl.estimate(data, "use"),
        sl.estimate(data, "use", by="size"),
        sl.estimate(data, "size"),
    )
    return dataclasses.replace(parts[0], rows=tuple(row for part in parts for row in part.rows))


def report(folder, estimates, survey="places"):
    folder.mkdir(parents=True, exist_ok=True)
    changes = {"rows": [], "refused": []}
    data = {"schema": "surveylib.study/1", "survey": survey, "estimates": estimates.to_dict()}
    (folder / "study.json").write_text(json.dumps({**data, "changes": changes}), "utf-8")
    (folder / "estimates.csv").write_text(to_csv(sl.Estimate, estimates.rows), "utf-8")
    (folder / "index.html").write_text(f"<html>{estimates._repr_html_()}</html>", "utf-8")
    return folder


def codes(found):
    return [fault.code for fault in found.faults]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nothing_is_given_away_of_what_was_protected(seed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    before = tables(frame(seed))
    truth = report(folder / "truth", before)
    written = report(folder / "written", protect(before).estimates)
    found = audit(written, truth=truth)
    assert str(found).startswith("nothing is given away: "), str(found)
    assert found.files == ("estimates.csv", "index.html", "study.json")


def test_a_lone_withheld_count_is_worked_out(tmp_path):
    estimates = sl.estimate(pd.DataFrame({"use": ["a"] * 3 + ["b"] * 40 + ["c"] * 17}), "use")
    rows = (withhold(estimates.rows[0]), *estimates.rows[1:])
    found = audit(report(tmp_path, dataclasses.replace(estimates, rows=rows)))
    assert codes(found) == ["AUDIT-WORKED-OUT"]
    assert (found.faults[0].got, found.withheld, found.bounded) == ("3", 1, 1)
    assert str(found).startswith("1 thing is given away: withheld rows: 1, counts bounded")


def test_a_withheld_count_in_a_group_is_worked_out_from_all_and_the_other_groups(tmp_path):
    before = tables(frame(1))
    rows = tuple(
        withhold(row) if row.domain == "size=large" and row.question == "use" else row
        for row in before.rows
    )
    found = audit(report(tmp_path, dataclasses.replace(before, rows=rows)))
    # 0, 8 and 12 of 20: they are all less the two other groups.
    assert codes(found).count("AUDIT-WORKED-OUT") == 3


def test_a_small_count_that_is_printed_is_named(tmp_path):
    estimates = sl.estimate(pd.DataFrame({"use": ["a"] * 3 + ["b"] * 40 + ["c"] * 17}), "use")
    found = audit(report(tmp_path, estimates))
    assert codes(found) == ["AUDIT-SMALL"]
    assert found.faults[0].got == "3 of 60"
    assert audit(tmp_path, minimum_cell=3).faults == ()


def test_few_who_are_left_of_all_less_a_group_are_named(tmp_path):
    data = frame(3)
    data["size"] = ["small"] * 236 + ["large"] * 4
    parts = (sl.estimate(data, "use"), sl.estimate(data, "use", where="size=small"))
    both = dataclasses.replace(parts[0], rows=tuple(row for part in parts for row in part.rows))
    found = audit(report(tmp_path, both))
    assert "AUDIT-WORKED-OUT" in codes(found)
    assert any("those in none of the groups by size" in fault.what for fault in found.faults)


def test_an_earlier_report_makes_a_withheld_count_known(tmp_path):
    before = tables(frame(1))
    earlier = report(tmp_path / "2024", before)
    written = report(tmp_path / "2025", protect(before).estimates)
    found = audit(written, earlier=earlier)
    assert "AUDIT-EARLIER" in codes(found)
    assert audit(written).faults == ()


# Numbers that were left in files


@pytest.fixture
def protected(tmp_path):
    before = tables(frame(1))
    report(tmp_path / "truth", before)
    kept = protect(before).estimates
    return report(tmp_path / "written", kept), before, kept


def gone(before, kept):
    return next(old for old, new in zip(before.rows, kept.rows, strict=True) if new.n is None)


def test_a_number_left_in_a_row_of_study_json_is_named(protected):
    folder, before, kept = protected
    row = gone(before, kept)
    data = json.loads((folder / "study.json").read_text("utf-8"))
    for one in data["estimates"]["rows"]:
        if one["flags"] == ["withheld"] and one["answer"] == row.answer:
            one["estimate_low"] = row.estimate_low
    (folder / "study.json").write_text(json.dumps(data), "utf-8")
    found = audit(folder)
    assert "AUDIT-LEFT" in codes(found)
    assert "estimate_low" in found.faults[0].got


def test_a_number_left_in_a_csv_is_named(protected):
    folder, before, _kept = protected
    (folder / "estimates.csv").write_text(to_csv(sl.Estimate, before.rows), "utf-8")
    found = audit(folder)
    assert set(codes(found)) == {"AUDIT-LEFT"}
    assert all(fault.file.endswith("estimates.csv") for fault in found.faults)


def test_a_change_left_in_a_csv_is_named(protected):
    folder, before, kept = protected
    row = gone(before, kept)
    head = "question,answer,domain,from_wave,to_wave,difference\n"
    line = f"{row.question},{row.answer},{row.domain},{row.wave},2031,0.125\n"
    (folder / "changes.csv").write_text(head + line, "utf-8")
    assert codes(audit(folder)) == ["AUDIT-LEFT"]


def test_a_number_left_in_the_data_of_a_chart_is_named(protected):
    folder, before, kept = protected
    row = gone(before, kept)
    data = {"values": [{"wave": row.wave, "question": row.question, "answer": row.answer,
                        "domain": row.domain, "share": row.estimate}]}  # fmt: skip
    page = f'<html><script type="application/json">{json.dumps(data)}</script></html>'
    (folder / "chart.html").write_text(page, "utf-8")
    found = audit(folder)
    assert codes(found) == ["AUDIT-LEFT"]
    assert found.faults[0].got == f"share = {row.estimate}"


def test_the_true_number_is_found_in_the_text_of_a_page(protected):
    folder, before, kept = protected
    row = gone(before, kept)
    (folder / "alt.html").write_text(f"<svg aria-label='{row.printed} said so'/>", "utf-8")
    assert audit(folder).faults == ()
    found = audit(folder, truth=folder.parent / "truth")
    assert codes(found) == ["AUDIT-FOUND"]
    assert found.faults[0].got == f"'{row.printed}'"


def test_the_true_number_is_found_in_a_workbook_and_pictures_are_named(protected):
    folder, before, _kept = protected
    (folder / "chart.png").write_bytes(b"\x89PNG")
    (folder / "locked.xlsx").write_bytes(b"no workbook")
    sl.write_workbook(before, folder / "tables.xlsx")
    found = audit(folder, truth=folder.parent / "truth")
    assert set(codes(found)) == {"AUDIT-FOUND"}
    assert {Path(fault.file).name for fault in found.faults} == {"tables.xlsx"}
    assert found.unread == ("chart.png", "locked.xlsx")
    assert "not searched, look yourself: chart.png, locked.xlsx" in str(found)


# Arguments


def test_a_report_of_another_survey_is_refused(protected, tmp_path):
    folder, before, _kept = protected
    other = report(tmp_path / "other", before, survey="rivers")
    with pytest.raises(StudyError, match=r"another survey \[REPORT-OTHER-STUDY\]"):
        audit(folder, earlier=other)


def test_a_file_is_no_folder_of_a_report(protected):
    folder, _before, _kept = protected
    with pytest.raises(MethodError, match="is no folder; wanted the folder of a report"):
        audit(folder / "study.json")


def test_a_folder_without_a_report_is_refused(tmp_path):
    with pytest.raises(StudyError, match="REPORT-MISSING"):
        audit(tmp_path)
