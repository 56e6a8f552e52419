"""Instruments on their shelf: found by name and version, refused where they stand wrong."""

import pytest

import surveylib as sl
from surveylib.errors import InstrumentError, UnknownNameError
from surveylib.instrument import library


def test_a_reference_leads_to_its_file(demo):
    found = library.find(demo.root / "instruments", "demo@2")
    assert found == demo.instruments / "2.yaml"


def test_an_unknown_version_is_answered_with_the_known_ones(demo):
    with pytest.raises(UnknownNameError, match=r"no instrument 'demo@3' .*'demo@1', 'demo@2'"):
        library.find(demo.root / "instruments", "demo@3")


def test_a_shelf_without_instruments_is_said_to_be_empty(tmp_path):
    with pytest.raises(UnknownNameError, match=r"no instruments in .*: wanted demo/3\.yaml there"):
        library.find(tmp_path, "demo@3")


def test_a_misspelt_file_is_answered_with_the_nearest_one(root):
    with pytest.raises(UnknownNameError, match=r"called '2018.yml'.*did you mean '2018.yaml'\?"):
        sl.load_instrument(root / "instruments" / "netclean" / "2018.yml")


def test_a_file_in_the_folder_of_another_questionnaire_is_refused(demo):
    demo.write("instruments/other/1.yaml", demo.path("instruments/demo/1.yaml").read_bytes())
    with pytest.raises(InstrumentError, match="INSTRUMENT-PLACE") as caught:
        sl.load_instrument(demo.path("instruments/other/1.yaml"))
    fault = caught.value.faults[0]
    assert (fault.line, fault.got, fault.wanted) == (2, "'demo'", "'other'")


def test_a_file_may_be_named_otherwise_in_messages(demo):
    demo.edit("instruments/demo/1.yaml", "kind: single", "kind: singel")
    with pytest.raises(InstrumentError, match=r"(?m)^shelf/one:\d+: unknown kind 'singel'"):
        library.load(demo.path("instruments/demo/1.yaml"), "shelf/one")
