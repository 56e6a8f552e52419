"""Checking: what is in order is said with what it holds, what is not is an error."""

import pytest

import surveylib as sl
from surveylib.errors import InstrumentError, StudyError, UnknownNameError


def test_the_shipped_study_is_in_order(root):
    lines = sl.check(root / "waves" / "netclean")
    assert len(lines) == 7
    assert all("in order" in line for line in lines)
    # Lines of the six files by `wc -l`, without their headers: 97 in all.
    figures = [5, 13, 9, 32, 14, 24]
    for line, year, count in zip(lines, range(2015, 2021), figures, strict=False):
        assert f"{year}: in order, {count} figures" in line


def test_the_shipped_instruments_are_in_order(root):
    lines = sl.check(root / "instruments" / "netclean")
    assert len(lines) == 6
    assert all("in order" in line for line in lines)


def test_every_fault_of_a_folder_of_instruments_is_told_at_once(demo):
    demo.edit("instruments/demo/1.yaml", "kind: single", "kind: singel")
    demo.edit("instruments/demo/2.yaml", "answer: dog", "answer: fox")
    with pytest.raises(InstrumentError, match=r"2 faults:\n") as caught:
        sl.check(demo.root / "instruments")
    assert [fault.code for fault in caught.value.faults] == ["KIND-UNKNOWN", "COMPARISON-ANSWER"]


def test_a_place_with_nothing_to_check_is_said_to_be_one(tmp_path):
    with pytest.raises(UnknownNameError, match="nothing to check at"):
        sl.check(tmp_path)
    with pytest.raises(UnknownNameError, match="nothing to check at"):
        sl.check(tmp_path / "nowhere")


def test_a_missing_verdict_is_found_whatever_the_waves_are_called(demo):
    for old, new in (("2020", "winter"), ("2021", "autumn")):
        demo.path(f"waves/demo/{old}").rename(demo.path(f"waves/demo/{new}"))
        demo.edit(f"waves/demo/{new}/wave.yaml", f'wave: "{old}"', f"wave: {new}")
    text = demo.path("instruments/demo/2.yaml").read_text("utf-8")
    demo.write(
        "instruments/demo/2.yaml", text[: text.index("  - question: which\n    answer: dog")]
    )
    with pytest.raises(StudyError, match="COMPARISON-UNDECLARED"):
        sl.check(demo.study)
