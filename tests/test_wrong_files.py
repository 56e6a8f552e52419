"""Files that are wrong as a whole: bytes, links, hashes, empty ones, and ones that do not fit."""

import hashlib
import os

import pytest

import surveylib as sl
from surveylib.errors import InputError, InstrumentError, ManifestError, PublishedError, StudyError

ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"
STUDY, WORDS = "waves/demo/study.yaml", "waves/demo/words.csv"
WAVE, DATA = "waves/demo/2020/wave.yaml", "waves/demo/2020/published.csv"
LATER, LATER_DATA = "waves/demo/2021/wave.yaml", "waves/demo/2021/published.csv"


def only(error, code):
    found = [fault for fault in error.faults if fault.code == code]
    assert found, f"wanted {code} among {[fault.code for fault in error.faults]}"
    return found[0]


def test_a_file_with_other_bytes_than_the_manifest_says_is_refused_with_both_hashes(demo):
    data = demo.path(DATA)
    before = hashlib.sha256(data.read_bytes()).hexdigest()
    data.write_bytes(data.read_bytes().replace(b"70 %,70", b"71 %,71"))
    after = hashlib.sha256(data.read_bytes()).hexdigest()
    with pytest.raises(ManifestError, match="FILE-CHANGED") as caught:
        demo.load()
    fault = only(caught.value, "FILE-CHANGED")
    assert (fault.line, fault.got, fault.wanted) == (
        demo.line(WAVE, "sha256:"),
        f"sha256 {after}",
        f"sha256 {before}",
    )
    assert fault.todo


def test_a_link_that_leads_out_of_the_folder_is_refused(demo):
    demo.write("elsewhere.csv", demo.path(DATA).read_bytes())
    demo.path(DATA).unlink()
    demo.path(DATA).symlink_to(demo.path("elsewhere.csv"))
    with pytest.raises(ManifestError, match="PATH-LEAVES") as caught:
        demo.load()
    assert only(caught.value, "PATH-LEAVES").line == demo.line(WAVE, "path:")


def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(demo):
    demo.path(DATA).unlink()
    os.mkfifo(demo.path(DATA))
    with pytest.raises(ManifestError, match="FILE-MISSING"):
        demo.load()


def test_a_byte_that_is_not_utf_8_is_named_with_its_line(demo):
    demo.write(DATA, demo.path(DATA).read_bytes().replace(b"about half,", b"caf\xe9 half,", 1))
    with pytest.raises(PublishedError, match="byte 0xe9 is not UTF-8") as caught:
        demo.load()
    fault = only(caught.value, "FILE-ENCODING")
    assert (fault.line, fault.todo) == (4, "save the file as UTF-8")


def test_a_byte_order_mark_is_no_part_of_the_first_column(demo):
    demo.write(DATA, b"\xef\xbb\xbf" + demo.path(DATA).read_bytes())
    assert len(demo.load().wave(2020).figures) == 5


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (ONE, InstrumentError),
        (WAVE, ManifestError),
        (STUDY, ManifestError),
        (DATA, PublishedError),
        (WORDS, InputError),
    ],
)
def test_an_empty_file_is_refused_by_name(demo, file, error):
    demo.write(file, "")
    with pytest.raises(error, match=r"\[[A-Z-]+\]") as caught:
        demo.load()
    assert caught.value.faults[0].file == str(demo.path(file))


@pytest.mark.parametrize("file", [ONE, WAVE, STUDY])
@pytest.mark.parametrize("text", ["just words", "- a\n- list\n"])
def test_a_file_that_is_no_mapping_is_refused_by_name(demo, file, text):
    demo.write(file, text)
    with pytest.raises(InputError, match=r"\[[A-Z-]+\]") as caught:
        demo.load()
    assert {fault.file for fault in caught.value.faults} == {str(demo.path(file))}


def test_a_table_with_a_header_only_is_refused(demo):
    demo.write(DATA, demo.path(DATA).read_bytes().splitlines(keepends=True)[0])
    with pytest.raises(PublishedError, match="FILE-EMPTY"):
        demo.load()


def test_the_same_data_in_two_waves_is_refused_with_both_named(demo):
    demo.write(LATER_DATA, demo.path(DATA).read_bytes())
    with pytest.raises(StudyError, match="waves 2020 and 2021 are the same data") as caught:
        demo.load()
    fault = only(caught.value, "STUDY-SAME-DATA")
    assert fault.file == str(demo.path(LATER))
    assert fault.line == demo.line(LATER, "sha256:")


def test_a_study_without_waves_is_refused(demo):
    for file in (WAVE, DATA, LATER, LATER_DATA):
        demo.path(file).unlink()
    demo.path(WAVE).parent.rmdir()
    demo.path(LATER).parent.rmdir()
    with pytest.raises(StudyError, match="STUDY-EMPTY") as caught:
        demo.load()
    assert only(caught.value, "STUDY-EMPTY").todo


def test_a_wave_folder_without_its_manifest_is_not_left_out_quietly(demo):
    demo.path(LATER).rename(demo.path("waves/demo/2021/wave.yml"))
    with pytest.raises(sl.errors.SurveylibError, match=r"waves/demo/2021"):
        demo.load()


def test_a_headline_that_does_not_exist_is_found_by_check(demo):
    demo.edit(STUDY, "pets/yes", "pets/maybe")
    with pytest.raises(StudyError, match="HEADLINE") as caught:
        sl.check(demo.study)
    assert only(caught.value, "HEADLINE").line == demo.line(STUDY, "pets/maybe")


def test_figures_of_two_waves_without_a_verdict_are_found_by_check(demo):
    text = demo.path(TWO).read_text("utf-8")
    demo.write(TWO, text[: text.index("  - question: which\n    answer: dog")])
    with pytest.raises(StudyError, match="which/dog was printed for 2020 and 2021") as caught:
        sl.check(demo.study)
    fault = only(caught.value, "COMPARISON-UNDECLARED")
    assert (fault.file, fault.todo) == (
        str(demo.path(TWO)),
        "declare one under 'comparisons'",
    )


def test_a_study_without_faults_loads_and_check_says_what_it_holds(demo):
    assert demo.load().wave_names == ("2020", "2021")
    assert sl.check(demo.study) == [
        f"{demo.study / '2020'}: in order, 5 figures, 3 questions",
        f"{demo.study / '2021'}: in order, 5 figures, 3 questions",
        f"{demo.study}: in order, 7 declared pairs, 3 comparable",
    ]
