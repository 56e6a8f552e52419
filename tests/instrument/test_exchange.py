"""Every format says what it keeps, and exports and imports do what they say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import MethodError, OutputError, UnknownNameError
from surveylib.instrument.exchange import FORMATS, export
from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.yamltext import read
from tests.instrument.generated import instruments

WRITTEN = [name for name, one in FORMATS.items() if one.write]
READ = [name for name, one in FORMATS.items() if one.read]
BOTH = [name for name in WRITTEN if name in READ]


@pytest.fixture(scope="module")
def instrument(root):
    return sl.load_instrument(root / "instruments" / "organised_groups" / "1.0.yaml")


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_accounts_for_every_feature_once(name):
    one = FORMATS[name]
    named = [*one.keeps, *one.partly, *one.loses]
    assert sorted(named) == sorted(FEATURES)
    assert one.write or one.read
    assert all(one.partly.values())


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=10, deadline=None)
@given(instrument=instruments())
def test_the_same_questionnaire_gives_the_same_bytes(name, instrument):
    assert export(instrument, name).files == export(instrument, name).files


@pytest.mark.parametrize("name", BOTH)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_what_is_kept_survives_export_and_import(name, data, tmp_path_factory):
    # Where derived questions are not kept, neither are routes by them.
    instrument = data.draw(instruments(derived="derived" in FORMATS[name].keeps))
    folder = tmp_path_factory.mktemp(name)
    (path,) = sl.export_instrument(instrument, name, folder).files
    draft = sl.import_instrument(path, instrument.id, instrument.version, format=name)
    for feature in FORMATS[name].keeps:
        of = FEATURES[feature].of
        assert of(draft.instrument) == of(instrument), feature
    assert draft.instrument.status == "draft"


@pytest.mark.parametrize("name", WRITTEN)
def test_an_export_writes_its_files_and_says_what_it_has_no_place_for(name, instrument, tmp_path):
    written = sl.export_instrument(instrument, name, tmp_path / "forms")
    assert all(path.stat().st_size for path in written.files)
    assert written.files[0].suffix == FORMATS[name].suffix
    used = [key for key in FORMATS[name].loses if FEATURES[key].of(instrument)]
    assert sum(entry.what.endswith(": not in the file") for entry in written.lost) == len(used)


def test_a_draft_is_written_with_what_was_lost_on_top_and_passes_the_check(instrument, tmp_path):
    (path,) = sl.export_instrument(instrument, "surveyjs", tmp_path).files
    draft = sl.import_instrument(path, "copied", "1.0")
    place = sl.save_draft(draft, tmp_path / "instruments")
    text = place.read_text("utf-8")
    assert text.startswith("# Not carried over, renamed or assumed:\n#   ")
    assert sl.load_instrument(place) == draft.instrument
    assert sl.check(place)
    with pytest.raises(OutputError, match="exists already; nothing was written"):
        sl.save_draft(draft, tmp_path / "instruments")
    assert read(place, "").faults == []


def test_names_that_are_no_format_are_answered_with_those_that_are(instrument, tmp_path):
    with pytest.raises(MethodError, match="'xlsfrom'; did you mean 'xlsform'"):
        sl.export_instrument(instrument, "xlsfrom", tmp_path)
    (tmp_path / "form.doc").write_text("x")
    with pytest.raises(MethodError, match=r"no format that is read has files such as 'form\.doc'"):
        sl.import_instrument(tmp_path / "form.doc", "form")
    with pytest.raises(UnknownNameError, match=r"form\.xlsx"):
        sl.import_instrument(tmp_path / "form.xlsx", "form")


def test_the_guide_shows_the_table_of_formats(root):
    assert sl.formats() in (root / "docs" / "formats.md").read_text("utf-8")
