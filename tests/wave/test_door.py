"""`ingest` from files, frames and folders; and which waves a study reads from an earlier ingest."""

import csv
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import (
    InputError,
    ManifestError,
    MethodError,
    QuarantineError,
    StudyError,
    UnknownNameError,
)
from surveylib.instrument.identity import instrument_hash
from surveylib.wave.door import ingest
from surveylib.wave.issues import HEADS
from surveylib.wave.responses import InMemory
from surveylib.wave.store import Stored

ROOT = Path(__file__).parents[2]
FORM = """\
format: surveylib.instrument/1
id: towns
version: "{version}"
title: {{en: "Towns"}}
languages: [en]
provenance: Made up to test with.
population: People.
questions:
  - id: size
    kind: single
    concept: size
    text: {{en: "How large is your town?"}}
    wording: printed
    base: {{asked: all}}
    period: now
    missing: [dont_know]
    option_list: complete
    options:
      - {{code: small, label: {{en: "Up to 10"}}}}
      - {{code: large, label: {{en: "1,000 or more"}}}}
  - id: people
    kind: number
    concept: people
    text: {{en: "How many live with you?"}}
    wording: printed
    base: {{asked: all}}
    period: now
    unit: people
"""
STUDY = """\
format: surveylib.study/1
survey: towns
title: {en: "Towns"}
publisher: Nobody
respondents: people who answered
about: A made-up study of towns.
"""
MANIFEST = """\
format: surveylib.wave/1
survey: towns
wave: "{wave}"
instrument: towns@1.0
instrument_hash: {instrument}
field_dates: unknown
frame: A list that was made up
mode: On paper
response_rate: unknown
weighting: none
sources:
  - {{id: desk, title: "A desk", address: "https://example.org/towns", kind: own}}
responses: {{path: towns.csv, sha256: {sha256}, source: desk}}
respondent: {{column: id}}
columns:
  size: size
  people: people
"""
ROWS = 'id,size,people\na,Up to 10,2\nb,Don\'t know,1\nc,"1,000 or more",\n'
OTHER_ROWS = "id,size,people\na,Up to 10,3\nb,Up to 10,1\n"
COLUMNS = {"respondent": {"column": "id"}, "columns": {"size": "size", "people": "people"}}


def identity(path):
    """What holds a wave to its questionnaire."""
    return instrument_hash(sl.load_instrument(path))


@dataclass(frozen=True)
class Towns:
    """A study on disk with one questionnaire and a wave for each file."""

    root: Path

    @property
    def study(self):
        return self.root / "waves" / "towns"

    @property
    def form(self):
        return self.root / "instruments" / "towns" / "1.0.yaml"

    def wave(self, name, rows=ROWS):
        place = self.study / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "towns.csv").write_text(rows, "utf-8")
        text = MANIFEST.format(
            wave=name,
            sha256=hashlib.sha256(rows.encode()).hexdigest(),
            instrument=identity(self.form),
        )
        (place / "wave.yaml").write_text(text, "utf-8")
        return place

    def edit(self, place, old, new):
        path = place / "wave.yaml"
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    def load(self, **rest):
        return sl.load_study(self.study, **rest)


@pytest.fixture
def towns(tmp_path):
    made = Towns(tmp_path)
    made.form.parent.mkdir(parents=True)
    made.form.write_text(FORM.format(version="1.0"), "utf-8")
    made.study.mkdir(parents=True)
    (made.study / "study.yaml").write_text(STUDY, "utf-8")
    made.wave("2025")
    return made


@pytest.fixture
def place(towns):
    return towns.study / "2025"


# --- files and frames -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_read_with_its_questionnaire(towns, place, kind):
    found = ingest(kind(place / "towns.csv"), kind(towns.form), columns=COLUMNS)
    assert found.wave.name == "towns"
    assert found.wave.counts("size") == {"small": 1, "large": 1, "dont_know": 1}
    assert found.wave.sha256 == hashlib.sha256(ROWS.encode()).hexdigest()
    assert (found.folder, found.paths) == (None, ())


def test_columns_with_the_names_of_questions_need_no_mapping(towns, place):
    found = ingest(place / "towns.csv", towns.form)
    assert found.wave.column("people")[:2].tolist() == [2, 1]
    assert found.wave.column(":respondent").tolist() == ["a", "b", "c"]


def test_what_is_doubtful_without_a_mapping_stops_the_file(towns, place):
    (place / "towns.csv").write_text("number,size,folk\n1,Up to 10,2\n", "utf-8")
    with pytest.raises(ManifestError, match=r"columns that fit no question: 'A', 'C'"):
        ingest(place / "towns.csv", towns.form)


def test_a_questionnaire_can_be_given_as_it_is_loaded(towns, place):
    loaded = sl.load_instrument(towns.form)
    assert ingest(place / "towns.csv", loaded).wave.instrument is loaded


def test_options_and_format_are_those_of_the_call(towns, tmp_path):
    path = tmp_path / "towns.txt"
    path.write_bytes("Towns\nid;size;people\na;Up to 10;1\u00a0\n".encode("cp1252"))
    options = sl.ReadOptions(encoding="cp1252", delimiter=";", title_rows=1)
    found = ingest(path, towns.form, file_format="csv", options=options)
    assert found.wave.column("people").tolist() == [1]


def frames():
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "size": ["Up to 10", "Don't know", "1,000 or more"],
            "people": pd.array([2, 1, None], "Int64"),
        }
    )
    return {"pandas": frame, "duckdb": duckdb.connect().from_df(frame)}


@pytest.mark.parametrize("library", ["pandas", "duckdb"])
def test_a_data_frame_gives_the_wave_of_the_file(towns, place, library):
    wanted = ingest(place / "towns.csv", towns.form).wave
    found = ingest(frames()[library], towns.form)
    assert (found.wave.name, found.wave.sha256) == ("data frame", "")
    for one in wanted.fields:
        np.testing.assert_array_equal(found.wave.column(one.name), wanted.column(one.name))


@pytest.mark.parametrize("source", [3, None, ["a"], b"towns.csv"])
def test_what_is_neither_a_file_nor_a_frame_is_refused(towns, source):
    with pytest.raises(MethodError, match="no data frame"):
        ingest(source, towns.form)


def test_a_file_without_a_questionnaire_cannot_be_read(place):
    with pytest.raises(MethodError, match="which questionnaire was asked"):
        ingest(place / "towns.csv")


def test_a_file_that_is_not_there_is_named_with_those_that_are(towns, place):
    with pytest.raises(UnknownNameError, match=r"no file or folder called 'town.csv'.*'towns.csv'"):
        ingest(place / "town.csv", towns.form)


# --- folders ----------------------------------------------------------------------------------


def test_a_wave_has_its_manifest_and_its_name(place):
    found = ingest(place)
    assert (found.wave.name, found.wave.manifest.survey) == ("2025", "towns")
    assert found.accounts.rows_read == found.accounts.accepted == 3
    assert str(found).startswith("wave 2025: 3 respondents, 2 questions of towns 1.0\n3 rows = 3")


def test_a_wave_of_printed_figures_is_no_wave_of_responses():
    with pytest.raises(MethodError, match="holds printed figures, not responses"):
        ingest(ROOT / "waves" / "netclean" / "2018")


def test_a_folder_without_a_manifest_is_named(towns):
    with pytest.raises(UnknownNameError, match=r"no wave\.yaml in .*towns"):
        ingest(towns.study)


def test_instruments_may_stand_elsewhere(towns, place, tmp_path):
    shelf = (towns.root / "instruments").rename(tmp_path / "forms")
    with pytest.raises(ManifestError, match="INSTRUMENT-UNKNOWN"):
        ingest(place)
    assert ingest(place, instruments=shelf).wave.n == 3


def test_a_questionnaire_that_was_edited_since_stops_the_wave(towns, place):
    towns.form.write_text(FORM.format(version="1.0").replace("Up to 10", "Up to 12"), "utf-8")
    with pytest.raises(ManifestError, match=r"towns@1\.0 is not the version that this wave was"):
        ingest(place)


def test_a_file_that_was_changed_since_stops_the_wave(place):
    (place / "towns.csv").write_text(OTHER_ROWS, "utf-8")
    with pytest.raises(ManifestError, match="FILE-CHANGED"):
        ingest(place)


@pytest.fixture
def elsewhere(towns, place, tmp_path):
    """The folder of a wave's responses that are kept outside the study."""
    towns.edit(place, "responses: {path", "responses: {kept: elsewhere, path")
    (tmp_path / "vault").mkdir()
    (place / "towns.csv").rename(tmp_path / "vault" / "towns.csv")
    return tmp_path / "vault"


def test_responses_kept_elsewhere_are_read_from_there(place, elsewhere):
    assert ingest(place, data=elsewhere).wave.n == 3


def test_without_their_place_the_message_says_where_they_can_be_had(place, elsewhere):
    assert elsewhere.is_dir()
    with pytest.raises(UnknownNameError, match=r"get 'towns\.csv' from https://example\.org/"):
        ingest(place)


# --- quarantine -------------------------------------------------------------------------------


BAD = "id,size,people\na,Up to 10,2\nb,Middling,1\nc,Up to 10,lots\nc,Up to 10,1\n"


def test_quarantine_and_repairs_are_frames_with_the_columns_of_their_files(towns, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(BAD, "utf-8")
    found = ingest(path, towns.form, columns=COLUMNS)
    assert tuple(found.quarantine) == tuple(found.repairs) == HEADS
    told = found.quarantine[["line", "column", "question", "code"]].to_numpy().tolist()
    assert told == [
        ["3", "B", "size", "CELL-UNKNOWN"],
        ["4", "", "", "ROW-ID-REPEATED"],
        ["5", "", "", "ROW-ID-REPEATED"],
    ]
    assert found.repairs.empty
    assert found.accounts.accepted == 2


def test_more_in_quarantine_than_the_manifest_allows_writes_no_wave(towns, tmp_path):
    place = towns.wave("2026", BAD)
    with pytest.raises(QuarantineError, match="QUARANTINE-LIMIT") as caught:
        ingest(place, out=tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    written = sl.write_refused(caught.value, tmp_path / "refused")
    assert [path.name for path in written] == [
        "quarantine.csv",
        "repairs.csv",
        "issues.json",
        "summary.json",
    ]
    assert sorted((tmp_path / "refused").iterdir()) == sorted(written)
    with written[0].open(encoding="utf-8-sig", newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["3", "4", "5"]
    told = json.loads(written[3].read_text("utf-8"))
    assert told["rows"] == {"read": 4, "accepted": 2, "quarantined": 2, "excluded": {}}


def test_the_call_can_allow_more_than_the_manifest(towns):
    assert ingest(towns.wave("2026", BAD), most_quarantined=0.9).wave.n == 2


# --- what was written -------------------------------------------------------------------------


def test_every_file_that_was_written_is_named(place, tmp_path):
    found = ingest(place, out=tmp_path / "out")
    assert found.folder == tmp_path / "out"
    assert sorted(found.paths) == sorted((tmp_path / "out").iterdir())
    assert found.wave.counts("size") == ingest(place).wave.counts("size")


def written(place):
    return ingest(place, out=place / "ingested")


def kept(towns, name="2025"):
    """Where a study's wave is kept: on disk, or read again."""
    return type(towns.load().wave(name).source)


def test_a_study_reads_what_an_earlier_ingest_wrote(towns, place):
    assert kept(towns) is InMemory
    written(place)
    wave = towns.load().wave("2025")
    assert wave.source == Stored(place / "ingested" / "responses.parquet")
    again = ingest(place).wave
    assert (wave.n, wave.fields, wave.asked) == (again.n, again.fields, again.asked)
    for one in again.fields:
        np.testing.assert_array_equal(wave.column(one.name), again.column(one.name))


def test_it_is_used_without_the_file_where_that_is_kept_elsewhere(towns, place, elsewhere):
    ingest(place, data=elsewhere, out=place / "ingested")
    assert towns.load().wave("2025").counts("size") == {"small": 1, "large": 1, "dont_know": 1}


def test_a_comment_in_the_manifest_does_not_make_it_stale(towns, place):
    written(place)
    towns.edit(place, "respondent:", "# Ids are made up.\nrespondent:")
    assert kept(towns) is Stored


def test_another_manifest_makes_it_stale(towns, place):
    written(place)
    towns.edit(place, "mode: On paper", "mode: By telephone")
    assert kept(towns) is InMemory


def test_another_file_makes_it_stale(towns, place):
    written(place)
    towns.wave("2025", OTHER_ROWS)
    wave = towns.load().wave("2025")
    assert isinstance(wave.source, InMemory)
    assert wave.counts("size") == {"small": 2, "large": 0}


def test_another_questionnaire_makes_it_stale(towns, place):
    written(place)
    before = identity(towns.form)
    towns.form.write_text(FORM.format(version="1.0").replace("How large", "How big"), "utf-8")
    towns.edit(place, before, identity(towns.form))
    wave = towns.load().wave("2025")
    assert isinstance(wave.source, InMemory)
    assert wave.question("size").question.text["en"] == "How big is your town?"


MIXED = "id,size,people,form\na,Up to 10,2,1\nb,Up to 20,1,2\n"


def test_another_text_of_an_older_version_makes_it_stale(towns):
    older = towns.form.with_name("0.9.yaml")
    text = FORM.format(version="0.9").replace("Up to 10", "Up to 20")
    older.write_text(text, "utf-8")
    place = towns.wave("2026", MIXED)
    version = 'version: {column: form, values: {"1": "1.0", "2": "0.9"}}'
    towns.edit(place, "respondent: {column: id}", f"respondent: {{column: id}}\n{version}")
    written(place)
    assert kept(towns, "2026") is Stored
    older.write_text(text.replace("code: small", "code: tiny"), "utf-8")
    assert kept(towns, "2026") is InMemory


@pytest.mark.parametrize("name", ["quarantine.csv", "repairs.csv", "issues.json", "summary.json"])
@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_part_of_another_ingest_makes_it_stale(towns, place, name, harm):
    written(place)
    path = place / "ingested" / name
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes() + b"\n")
    assert kept(towns) is InMemory


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"not a wave"])
def test_a_damaged_wave_is_read_again_from_its_file(towns, place, raw):
    written(place)
    (place / "ingested" / "responses.parquet").write_bytes(raw)
    assert kept(towns) is InMemory


# --- studies ----------------------------------------------------------------------------------


def test_waves_of_responses_stand_in_time_order(towns):
    towns.wave("2026", OTHER_ROWS)
    study = towns.load()
    assert [(wave.name, wave.n) for wave in study.waves] == [("2025", 3), ("2026", 2)]
    assert {relation.verdict for relation in study.relations} == {"identical"}


def test_responses_kept_elsewhere_have_to_be_found(towns, place, elsewhere):
    with pytest.raises(ManifestError, match="RESPONSES-ELSEWHERE") as caught:
        towns.load()
    fault = caught.value.faults[0]
    assert fault.file == str(place / "wave.yaml")
    assert (
        "kept: elsewhere" in (place / "wave.yaml").read_text("utf-8").splitlines()[fault.line - 1]
    )
    assert towns.load(data=elsewhere).wave("2025").n == 3


def test_a_study_can_be_looked_at_without_them(towns, place, elsewhere):
    assert (place.is_dir(), elsewhere.is_dir()) == (True, True)
    wave = towns.load(look=False).wave("2025")
    assert (wave.n, wave.question_ids) == (0, ())
    with pytest.raises(UnknownNameError, match="no question called 'size'"):
        wave.counts("size")


def test_the_same_file_in_two_waves_is_a_fault(towns):
    towns.wave("2026", ROWS)
    with pytest.raises(StudyError, match="waves 2025 and 2026 are the same data"):
        towns.load()


def test_faults_of_all_waves_are_told_at_once(towns, place):
    later = towns.wave("2026", OTHER_ROWS)
    for one in (place, later):
        towns.edit(one, "people: people", "people: peeple")
    with pytest.raises(StudyError, match="4 faults") as caught:
        towns.load()
    files = [fault.file for fault in caught.value.faults if fault.code == "COLUMN-MISSING"]
    assert files == [str(place / "wave.yaml"), str(later / "wave.yaml")]


def test_too_much_in_quarantine_stops_the_study_with_the_cells(towns):
    towns.wave("2026", BAD)
    with pytest.raises(InputError, match="QUARANTINE-LIMIT"):
        towns.load()


def test_a_copy_of_the_shipped_study_is_read_from_what_was_written(tmp_path):
    for name in ("waves", "instruments"):
        shutil.copytree(ROOT / name / "organised_groups", tmp_path / name / "organised_groups")
    folder = tmp_path / "waves" / "organised_groups"
    plain = sl.load_study(folder)
    for name in ("2025", "2026"):
        written(folder / name)
    stored = sl.load_study(folder)
    assert all(isinstance(wave.source, Stored) for wave in stored.waves)
    for question in plain.question_ids:
        assert sl.estimate(stored, question) == sl.estimate(plain, question)
        assert sl.change(stored, question) == sl.change(plain, question)
