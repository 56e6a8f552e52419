"""Manifests: frozen, dated, and ordered in time."""

import datetime as dt

import pytest
from pydantic import ValidationError

import surveylib as sl
from surveylib.errors import ManifestError, UnknownNameError
from surveylib.wave.manifest import read_wave_manifest

WAVE, LATER = "waves/demo/2020/wave.yaml", "waves/demo/2021/wave.yaml"


def test_a_manifest_cannot_be_changed(demo):
    manifest = read_wave_manifest(demo.study / "2020").manifest
    with pytest.raises(ValidationError, match="frozen"):
        manifest.n = 1


def test_dates_are_dates_and_unknown_stays_unknown(netclean):
    dates = netclean.wave(2018).manifest.field_dates
    assert (dates.first, dates.last) == (dt.date(2018, 5, 2), dt.date(2018, 8, 13))
    assert netclean.wave(2017).manifest.field_dates == "unknown"


@pytest.mark.parametrize("key", ["n", "countries", "field_dates", "published_on"])
def test_what_is_not_known_may_be_written_unknown(demo, key):
    text = demo.path(WAVE).read_text("utf-8").splitlines(keepends=True)
    demo.write(
        WAVE, "".join(f"{key}: unknown\n" if line.startswith(f"{key}:") else line for line in text)
    )
    assert getattr(read_wave_manifest(demo.study / "2020").manifest, key) == "unknown"


@pytest.mark.parametrize("date", ["2020-13-01", "2020-02-30", "1 June 2020", "2020", "01.06.2020"])
def test_a_date_is_written_in_full(demo, date):
    demo.edit(WAVE, "published_on: 2020-06-01", f"published_on: {date}")
    with pytest.raises(ManifestError, match="wanted a date such as 2018-05-02"):
        read_wave_manifest(demo.study / "2020")


def test_waves_stand_in_the_order_of_their_field_dates(demo):
    demo.path("waves/demo/2020").rename(demo.path("waves/demo/winter"))
    demo.path("waves/demo/2021").rename(demo.path("waves/demo/autumn"))
    demo.edit("waves/demo/winter/wave.yaml", 'wave: "2020"', "wave: winter")
    demo.edit("waves/demo/autumn/wave.yaml", 'wave: "2021"', "wave: autumn")
    assert demo.load().wave_names == ("winter", "autumn")


def test_two_waves_of_one_year_stand_in_the_order_of_their_field_dates(demo):
    demo.path("waves/demo/2020").rename(demo.path("waves/demo/spring"))
    demo.path("waves/demo/2021").rename(demo.path("waves/demo/autumn"))
    demo.edit("waves/demo/spring/wave.yaml", 'wave: "2020"', "wave: spring")
    demo.edit("waves/demo/autumn/wave.yaml", 'wave: "2021"', "wave: autumn")
    demo.edit(
        "waves/demo/autumn/wave.yaml",
        "{from: 2021-03-01, to: 2021-03-31}",
        "{from: 2020-09-01, to: 2020-09-30}",
    )
    assert demo.load().wave_names == ("spring", "autumn")


def test_a_folder_without_a_manifest_is_no_wave(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no wave\.yaml in"):
        read_wave_manifest(tmp_path)


def test_an_unknown_wave_is_answered_with_the_known_ones(netclean):
    with pytest.raises(UnknownNameError, match=r"no wave called '2021' in netclean; did you mean"):
        netclean.wave(2021)


def test_a_folder_without_a_study_is_answered_with_the_studies_beside_it(root):
    with pytest.raises(UnknownNameError, match=r"no study\.yaml\. Studies in .*'netclean'"):
        sl.load_study(root / "waves" / "netcleen")


def test_instruments_may_stand_elsewhere(demo):
    demo.path("instruments").rename(demo.path("shelf"))
    study = sl.load_study(demo.study, instruments=demo.path("shelf"))
    assert study.wave_names == ("2020", "2021")


def test_a_study_is_found_from_inside_its_folder(demo, monkeypatch):
    monkeypatch.chdir(demo.study)
    assert sl.load_study(".").wave_names == ("2020", "2021")
    monkeypatch.chdir(demo.study.parent)
    assert sl.load_study("demo").wave_names == ("2020", "2021")


def test_a_source_of_what_was_also_printed_must_be_listed(demo):
    extra = (
        "also_printed:\n  - {what: A, printed: B, why_not_used: C, source: pages}\nfiles:\n"
    )  # fmt: skip
    demo.edit(WAVE, "files:\n", extra)
    with pytest.raises(ManifestError, match="no source called 'pages'") as caught:
        demo.load()
    assert caught.value.faults[0].line == demo.line(WAVE, "source: pages")


def test_a_source_twice_is_refused(demo):
    text = demo.path(LATER).read_text("utf-8")
    start, end = text.index("  - id: page"), text.index("files:")
    demo.write(LATER, text[:end] + text[start:end] + text[end:])
    with pytest.raises(ManifestError, match="source 'page' stands twice"):
        demo.load()


def test_a_year_with_a_letter_in_it_is_no_wave(demo):
    demo.path("waves/demo/2020").rename(demo.path("waves/demo/2O2O"))
    demo.edit("waves/demo/2O2O/wave.yaml", 'wave: "2020"', "wave: 2O2O")
    with pytest.raises(ManifestError, match="looks like a year with a letter in it"):
        demo.load()


def test_who_answered_stands_in_every_estimate_of_a_wave(demo):
    said = "sampling: {kind: nonprobability, people: people, reached: members of a club}\nmode:"
    demo.edit("waves/demo/2020/wave.yaml", "mode:", said)
    result = sl.estimate(demo.load(), "pets")
    caveat = (
        "2020: the people who answered were members of a club, and no random sample of people. "
        "Intervals and tests show what chance leaves, not who took part."
    )
    assert result.caveats == (caveat,)
    assert f"caveat: {result.caveats[0]}" in str(result)
    assert sl.estimate(demo.load().wave(2021), "pets").caveats == ()


def test_a_sample_that_is_no_random_one_says_who_could_answer(demo):
    demo.edit(
        "waves/demo/2020/wave.yaml", "mode:", "sampling: {kind: nonprobability, people: us}\nmode:"
    )
    with pytest.raises(ManifestError, match=r"it is not said who could answer \[SAMPLING\]"):
        demo.load()
