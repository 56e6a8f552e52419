"""What is easily overlooked: odd layouts, long names, bombs packed otherwise."""

import contextlib
import json
import resource
import sys
import tracemalloc
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

import surveylib as sl
from surveylib.cli import main
from surveylib.errors import InstrumentError, SurveylibError
from surveylib.instrument.crosswalk import SourceEntry
from surveylib.instrument.formats import opening
from surveylib.instrument.lint import date_images
from surveylib.instrument.mapping import intervals
from surveylib.instrument.question import Banded
from tests.conftest import INSTRUMENT
from tests.instrument.test_crosswalk import CROSSWALK, TWO

PLAIN = yaml.load(INSTRUMENT, Loader=yaml.BaseLoader)  # noqa: S506 - builds nothing but text
ONE, TWOF, CW = (
    "instruments/demo/1.yaml",
    "instruments/demo/2.yaml",
    "instruments/demo/crosswalk.yaml",
)


def banded(*spans, minimum=0, **bands):
    return Banded.model_validate(
        {
            "id": "b",
            "kind": "banded",
            "concept": "b",
            "text": {"en": "B"},
            "wording": "printed",
            "base": {"asked": "all"},
            "period": "now",
            "unit": "u",
            "minimum": minimum,
            "option_list": "complete",
            "options": [
                {"code": f"c{k}", "label": {"en": f"c{k}"}, "interval": list(s)}
                for k, s in enumerate(spans)
            ],
            "bands": bands,
        }
    )


def test_new_version_of_a_file_in_flow_style(demo):
    demo.path(TWOF).unlink()
    demo.path(ONE).write_text(json.dumps(PLAIN))
    assert sl.load_instrument(sl.new_version(demo.path(ONE), "2")).version == "2"


def test_new_version_of_an_indented_file(demo):
    demo.path(TWOF).unlink()
    demo.path(ONE).write_text("".join(f"  {line}" for line in INSTRUMENT.splitlines(keepends=True)))
    assert sl.load_instrument(sl.new_version(demo.path(ONE), "2")).version == "2"


def test_new_version_leaves_no_file_when_it_fails(demo):
    demo.path(TWOF).unlink()
    demo.path(ONE).write_text("".join(f"  {line}" for line in INSTRUMENT.splitlines(keepends=True)))
    try:
        sl.new_version(demo.path(ONE), "2")
    except SurveylibError:
        assert not demo.path(TWOF).exists()


def test_new_version_keeps_the_comments_beside_version_and_status(demo):
    demo.path(TWOF).unlink()
    demo.edit(ONE, 'version: "1"\n', 'version: "1"\n# About the title: agreed with the board.\n')
    assert "agreed with the board" in sl.new_version(demo.path(ONE), "2").read_text()


def test_new_version_takes_a_text_path_as_load_instrument_does(demo):
    assert sl.new_version(str(demo.path(ONE)), "3")


def test_files_are_found_from_inside_their_folder(demo, monkeypatch):
    demo.write(TWOF, TWO)
    demo.write(CW, CROSSWALK)
    monkeypatch.chdir(demo.instruments)
    assert sl.load_instrument("1.yaml").id == "demo"


def test_crosswalk_is_found_from_inside_its_folder(demo, monkeypatch):
    demo.write(TWOF, TWO)
    demo.write(CW, CROSSWALK)
    monkeypatch.chdir(demo.instruments)
    assert sl.load_crosswalk(".").id == "demo"


def test_new_version_from_inside_the_folder(demo, monkeypatch):
    monkeypatch.chdir(demo.instruments)
    assert sl.new_version(Path("1.yaml"), "3")


@pytest.mark.parametrize("where", ["crosswalk", "follows", "wave"])
def test_a_version_too_long_for_the_file_system_is_refused(demo, where):
    long = "1" * 300
    if where == "crosswalk":
        demo.write(TWOF, TWO)
        demo.write(CW, CROSSWALK.replace('to: {version: "2"', f'to: {{version: "{long}"'))
        with pytest.raises(SurveylibError):
            sl.load_crosswalk(demo.instruments)
    elif where == "follows":
        demo.write(TWOF, TWO.replace("follows: unknown", f'follows: {{version: "{long}"}}'))
        with pytest.raises(SurveylibError):
            sl.check(demo.path(TWOF))
    else:
        demo.edit("waves/demo/2020/wave.yaml", "demo@1", f"demo@{long}")
        with pytest.raises(SurveylibError):
            demo.load()


def test_the_crosswalk_is_no_version(demo):
    demo.write(TWOF, TWO)
    demo.write(CW, CROSSWALK.replace('to: {version: "2"', 'to: {version: "crosswalk"'))
    with pytest.raises(InstrumentError, match="INSTRUMENT-UNKNOWN"):
        sl.load_crosswalk(demo.instruments)


def test_no_reading_is_empty():
    with pytest.raises(
        ValueError, match="no reading takes them apart"
    ):  # 1-10 and 3-10: read without overlaps the second holds nothing
        banded(
            (1, 10),
            (3, 10),
            (11, "open"),
            minimum=1,
            overlaps=[{"bands": ["c0", "c1"], "values": [3, 10]}],
            reading="exclusive_of_lower",
        )


def test_a_gap_below_overlapping_bands_may_be_in_either_as_printed():
    q = banded(
        (1, 10),
        (1, 50),
        (51, "open"),
        gaps=[[0, 0]],
        overlaps=[{"bands": ["c0", "c1"], "values": [1, 10]}],
        reading="exclusive_of_lower",
    )
    source = SourceEntry(
        version="1",
        question="b",
        verdict="limited",
        reason="r",
        reading="as_printed",
        gaps="absorbed",
    )
    found = intervals(q, source)
    assert found["c1"] == (0, 50)  # 0 stands beside both bands that begin at 1; today (1, 50)


def crosswalk(demo, *edits):
    demo.write(TWOF, TWO)
    demo.write(CW, CROSSWALK)
    for edit in edits:
        demo.edit(CW, *edit)
    return sl.load_crosswalk(demo.instruments)


def test_a_break_is_exact_nowhere(demo):
    found = crosswalk(demo)["pets_and_more"]
    with contextlib.suppress(SurveylibError):
        assert not found.exact_at(10, "1")


def test_two_questionnaires_with_one_version_name_are_not_taken_for_each_other(demo):
    demo.write("instruments/other/1.yaml", INSTRUMENT.replace("id: demo", "id: other"))
    extra = CROSSWALK.replace(
        '      - version: "2"\n        question: pets\n        verdict: equivalent',
        """      - instrument: other
        version: "1"
        question: pets
        verdict: limited
        reason: Elsewhere.
        map: {"yes": "no", "no": "yes"}
      - version: "2"
        question: pets
        verdict: equivalent""",
    )
    demo.write(TWOF, TWO)
    demo.write(CW, extra)
    with pytest.raises(SurveylibError):
        sl.load_crosswalk(demo.instruments)["pets"].answer("1", "yes")


def test_not_knowing_is_not_identical_to_an_answer(demo):
    before = 'period: not_stated\n    option_list: complete\n    options:\n      - {code: "yes"'
    after = before.replace("    option_list", "    missing: [dont_know]\n    option_list")
    demo.write(ONE, INSTRUMENT.replace(before, after))
    mapped = 'map: {"yes": "yes", "no": "no"}'
    with pytest.raises(InstrumentError, match="CROSSWALK-VERDICT"):
        crosswalk(demo, (mapped, f'{mapped}\n        missing: {{dont_know: "no"}}'))


def test_merged_bands_are_not_identical(demo):
    with pytest.raises(InstrumentError, match="CROSSWALK-VERDICT"):
        crosswalk(
            demo,
            (
                "verdict: equivalent\n        reason: The bands were coarser.",
                "verdict: identical\n        reason: The bands were coarser.",
            ),
        )


def test_absent_bands_are_refused(demo):
    with pytest.raises(InstrumentError):
        crosswalk(
            demo,
            (
                "reason: The bands were coarser.",
                "reason: Coarser.\n        absent: {nonsense: not_asked_design}",
            ),
        )


def test_a_harmonised_option_is_no_missing_state(demo):
    with pytest.raises(InstrumentError):
        crosswalk(
            demo,
            (
                '- {code: "no", label: {en: "No"}}',
                (
                    '- {code: "no", label: {en: "No"}}\n'
                    '      - {code: dont_know, label: {en: "Dunno"}}'
                ),
            ),
            (
                'map: {"yes": "yes", "no": "no"}',
                'map: {"yes": "yes", "no": "no"}\n        absent: {dont_know: not_asked_design}',
            ),
            ("verdict: identical", "verdict: limited"),
        )


def test_a_wrong_way_of_not_answering_of_a_pair_has_its_own_line(demo):
    with pytest.raises(InstrumentError) as caught:
        crosswalk(
            demo, ("    missing: {dont_know: dont_know}\n", "    missing: {dont_know: nonsense}\n")
        ) if False else crosswalk(
            demo,
            (
                "dog: dog}\n    missing: {dont_know: dont_know}",
                "dog: dog}\n    missing: {dont_know: nonsense}",
            ),
        )
    assert caught.value.faults[0].line == demo.line(CW, "nonsense")


def test_what_is_wanted_is_not_quoted_where_it_is_no_name(demo):
    with pytest.raises(InstrumentError) as caught:
        crosswalk(demo, ("refused: no_answer", "refused: silence"))
    assert "'or a missing state'" not in str(caught.value)


def test_shares_of_all_bands_are_one(demo):
    found = crosswalk(demo)["how_many"]
    bad = []
    for n in range(1, 60):
        counts = {"b1": 1, "b2": n, "b3": n + 3, "b9": 7}
        _low, high = found.share_up_to(8, "2", counts)
        exact = Fraction(2 * n + 4, 2 * n + 11)
        if high != float(exact):
            bad.append(n)
        _, top = found.share_up_to(10**6, "2", counts)
        assert top == 1
    assert not bad


def test_a_long_text_of_json_takes_little_memory(tmp_path):
    (tmp_path / "x.json").write_text('{"a":"' + "x" * 15_000_000 + '"}')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    opening.json_object(tmp_path / "x.json")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_packed_otherwise_is_refused_before_it_grows(tmp_path, method):
    place = tmp_path / "x.xlsx"
    with zipfile.ZipFile(place, "w", method) as archive, archive.open("x", "w") as member:
        for _ in range(300):
            member.write(bytes(1024 * 1024))
    tracemalloc.start()
    with pytest.raises(InstrumentError):
        opening.check_archive(place)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 1024 * 1024


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_inside_is_a_fault(tmp_path, method):
    place = tmp_path / "x.xlsx"
    with zipfile.ZipFile(place, "w", method) as archive:
        archive.writestr("a.xml", bytes(range(256)) * 20)
    raw = bytearray(place.read_bytes())
    raw[60:80] = b"\xff" * 20
    place.write_bytes(raw)
    with pytest.raises(InstrumentError):
        opening.check_archive(place)


def test_a_name_that_is_no_text_is_a_fault(tmp_path):
    place = tmp_path / "x.xlsx"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("é.xml", "x")
    place.write_bytes(place.read_bytes().replace("é".encode(), b"\xff\xff"))
    with pytest.raises(InstrumentError):
        opening.check_archive(place)


def test_a_directory_that_lies_outside_is_a_fault(tmp_path):
    place = tmp_path / "x.xlsx"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr("a.xml", "x" * 100)
    raw = bytearray(place.read_bytes())
    at = raw.rindex(b"PK\x05\x06")
    raw[at + 16 : at + 20] = b"\xff\xff\xff\x7f"
    place.write_bytes(raw)
    with pytest.raises(InstrumentError):
        opening.check_archive(place)


def test_control_characters_of_a_label_do_not_reach_the_terminal(demo):
    demo.edit(ONE, '"Dogs"', '"\\e[2JDogs\\nsecond line"')
    assert "\x1b" not in sl.load_instrument(demo.path(ONE)).outline()


def test_fewest_ticks_are_shown(demo):
    demo.edit(ONE, "kind: multi_answer", "kind: multi_answer\n    min_selected: 1")
    assert "at least 1" in sl.load_instrument(demo.path(ONE)).outline()


def test_a_number_with_leading_zeros_is_octal_elsewhere(demo):
    demo.edit(
        ONE,
        'interval: [3, 5]}\n      - {code: many, label: {en: "6 or more"}, interval: [6,',
        'interval: [3, 0010]}\n      - {code: many, label: {en: "6 or more"}, interval: [0011,',
    )
    assert any(one.code == "LINT-YAML" for one in sl.lint(demo.path(ONE)))


def test_a_code_that_yaml_1_2_takes_for_a_number_is_found(demo):
    demo.edit(ONE, "code: dog,", "code: 1e3,")
    assert any(one.code == "LINT-YAML" for one in sl.lint(demo.path(ONE)))


def test_a_code_that_becomes_a_date_is_found(demo):
    demo.edit(ONE, "code: dog,", "code: 1-10,")
    assert any(one.code == "LINT-DATE" for one in sl.lint(demo.path(ONE)))


def test_a_full_width_equals_sign_begins_a_formula(demo):
    demo.edit(ONE, '{en: "Dogs"}', '{en: "＝1+1"}')
    assert any(one.code == "LINT-FORMULA" for one in sl.lint(demo.path(ONE)))


def test_same_day_and_month_is_one_image():
    assert date_images("10-10") == ["10-Oct"]


@pytest.mark.parametrize(
    ("name", "version"), [("a", "../../evil"), ("a", "x y"), ("../a", "1"), ("A", "1")]
)
def test_import_under_a_wrong_name_is_a_message(demo, tmp_path, monkeypatch, name, version):
    sl.export_instrument(sl.load_instrument(demo.path(ONE)), "surveyjs", tmp_path / "o")
    form = next((tmp_path / "o").iterdir())
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "surveylib",
            "instrument",
            "import",
            str(form),
            "--id",
            name,
            "--version",
            version,
            "--out",
            str(tmp_path / "i"),
        ],
    )
    with pytest.raises(SystemExit):
        main()
    assert not list(tmp_path.glob("**/*.yaml")) or not list((tmp_path / "i").glob("**/*.yaml"))
