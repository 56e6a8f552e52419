"""Files that are made to hurt: refused with a code, before they grow or read what is not theirs.

What is counted is memory, which is the same on every machine; how long it takes is not.
"""

import json
import tracemalloc
import zipfile

import pytest

import surveylib as sl
from surveylib.errors import InputError, InstrumentError, UnknownNameError
from surveylib.instrument.formats import opening
from tests.conftest import INSTRUMENT

ONE, CROSSWALK = "instruments/demo/1.yaml", "instruments/demo/crosswalk.yaml"
MIB = 1024 * 1024
MOST_MEMORY = 200 * MIB


@pytest.fixture
def refused(tmp_path):
    """Read a hostile file: the one fault it is refused with."""

    def read(reader, name, content):
        place = tmp_path / name
        if callable(content):
            content(place)
        else:
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        tracemalloc.start()
        try:
            with pytest.raises(InstrumentError, match=r"^1 fault") as caught:
                reader(place)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < MOST_MEMORY
        (fault,) = caught.value.faults
        assert fault.file == str(place)
        assert len(str(fault)) < 1000
        return fault

    return read


# --- instruments ------------------------------------------------------------------------------

LEVELS = [
    f"  {name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
]
#: 387 million texts, once written out.
BOMB = "\n".join(["bomb:", "  a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]", *LEVELS, ""])


def sparse(place):
    """A file of 100 MB that takes no room on the disk."""
    with place.open("wb") as file:
        file.truncate(100 * MIB)


#: A hostile instrument, and the code it is refused with.
INSTRUMENTS = {
    "aliases that explode": (INSTRUMENT + BOMB, "YAML-ALIAS"),
    "an alias of itself": (f"{INSTRUMENT}note: &a [*a]\n", "YAML-ALIAS"),
    "a merge of itself": (f"{INSTRUMENT}note: &a {{<<: *a}}\n", "YAML-ALIAS"),
    "100 MB": (sparse, "FILE-SIZE"),
    "a NUL": (INSTRUMENT.replace("Dogs", "Do\0gs"), "FILE-CHARACTER"),
    "nothing but NUL": (bytes(1000), "FILE-CHARACTER"),
    "a hundred thousand open brackets": (f"{INSTRUMENT}note: {'[' * 100_000}", "YAML-DEPTH"),
    "a hundred thousand open braces": (f"{INSTRUMENT}note: {'{a: ' * 100_000}", "YAML-DEPTH"),
    "a hundred thousand levels of a list": (f"{INSTRUMENT}note:\n  {'- ' * 100_000}", "YAML-DEPTH"),
    "a tag that makes an object": (
        f'{INSTRUMENT}note: !!python/object/apply:os.system ["true"]\n', "YAML-TAG",
    ),
    "a tag of a name": (f"{INSTRUMENT}note: !!python/name:os.system\n", "YAML-TAG"),
    "a tag of its own": (f"{INSTRUMENT}note: !include /etc/passwd\n", "YAML-TAG"),
    "a second document": (f"{INSTRUMENT}---\n{INSTRUMENT}", "YAML-DOCUMENTS"),
    "UTF-16": (INSTRUMENT.encode("utf-16"), "FILE-ENCODING"),
    "an unclosed quote": (f'{INSTRUMENT}note: "{"x" * 100_000}', "YAML-SYNTAX"),
    "a key of a thousand characters": (f"{INSTRUMENT}{'k' * 1000}: x\n", "KEY-UNKNOWN"),
    "a number of a thousand digits": (
        INSTRUMENT.replace("minimum: 1\n", f"minimum: {'9' * 10_000}\n"), "VALUE",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), INSTRUMENTS.values(), ids=INSTRUMENTS)
def test_a_hostile_instrument_is_refused_in_little_memory(refused, content, code):
    assert refused(sl.load_instrument, "1.yaml", content).code == code


@pytest.mark.parametrize("name", ["none.yaml", "no\0ne.yaml", "folder"])
def test_what_is_no_file_is_not_opened(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnknownNameError, match="no instrument file called"):
        sl.load_instrument(tmp_path / name)


# --- crosswalks that lead out of the folder ---------------------------------------------------

HEAD = """\
format: surveylib.crosswalk/1
id: demo
harmonised:
  - id: pets
    version: "1"
    title: {en: "Pets"}
    concept: pets
    kind: single
    options:
      - {code: "yes", label: {en: "Yes"}}
      - {code: "no", label: {en: "No"}}
    sources:
      - question: pets
        verdict: identical
        reason: The same.
        map: {"yes": "yes", "no": "no"}
"""
OUTSIDE = ("../secret", "/etc", "..", ".", "a/b", "C:\\secret", "%2e%2e", "file:///etc", "a\0b")


@pytest.mark.parametrize("key", ["instrument", "version"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_what_a_crosswalk_names_is_a_name_and_no_path(demo, name, key):
    demo.write("secret/1.yaml", INSTRUMENT.replace("id: demo", "id: secret"))
    named = {"version": "1"} | {key: name}
    lines = "".join(f"        {one}: {json.dumps(value)}\n" for one, value in named.items())
    demo.write(CROSSWALK, HEAD + lines)
    with pytest.raises(InstrumentError, match=rf"'{key}' is not a name \[VALUE\]") as caught:
        sl.load_crosswalk(demo.instruments)
    (fault,) = caught.value.faults
    assert fault.line == demo.line(CROSSWALK, f"        {key}:")


@pytest.mark.parametrize("version", ["9", "1.yaml", "x" * 60])
def test_a_version_of_a_crosswalk_that_is_not_there_is_refused(demo, version):
    demo.write(CROSSWALK, f'{HEAD}        version: "{version}"\n')
    with pytest.raises(InstrumentError, match=r"no instrument 'demo@.*\[INSTRUMENT-UNKNOWN\]"):
        sl.load_crosswalk(demo.instruments)


CROSSWALKS = {
    name: (content.replace(INSTRUMENT, HEAD) if isinstance(content, str) else content, code)
    for name, (content, code) in INSTRUMENTS.items()
    if code not in {"KEY-UNKNOWN", "VALUE"}
}


@pytest.mark.parametrize(("content", "code"), CROSSWALKS.values(), ids=CROSSWALKS)
def test_a_hostile_crosswalk_is_refused_in_little_memory(refused, content, code):
    assert refused(sl.load_crosswalk, "crosswalk.yaml", content).code == code


# --- archives ---------------------------------------------------------------------------------


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    """Write an archive whose members hold so many zeros each."""

    def write(place):
        with zipfile.ZipFile(place, "w", method) as archive:
            for number, size in enumerate(members):
                with archive.open(f"{number}.xml", "w") as member:
                    for _ in range(size // MIB):
                        member.write(bytes(MIB))

    return write


def lying(place):
    """100 MB of zeros that say of themselves that they are 10 bytes."""
    zipped(100 * MIB)(place)
    raw = bytearray(place.read_bytes())
    size = (100 * MIB).to_bytes(4, "little")
    assert raw.count(size) >= 1
    place.write_bytes(raw.replace(size, (10).to_bytes(4, "little")))


def locked(place):
    """An archive that says of its only file that it is protected by a password."""
    zipped(0)(place)
    raw = bytearray(place.read_bytes())
    raw[6] |= 1  # general purpose flags of the file, APPNOTE.TXT 4.4.4
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    place.write_bytes(raw)


def cut_short(place):
    zipped(MIB)(place)
    place.write_bytes(place.read_bytes()[:-30])


def many(place):
    with zipfile.ZipFile(place, "w") as archive:
        for number in range(opening.MOST_MEMBERS + 1):
            archive.writestr(str(number), "")


def damaged(place):
    """An archive with a changed byte in what it holds."""
    zipped(MIB, method=zipfile.ZIP_STORED)(place)
    raw = bytearray(place.read_bytes())
    raw[1000] ^= 0xFF
    place.write_bytes(raw)


ARCHIVES = {
    "100 MB of zeros": (zipped(100 * MIB), "ARCHIVE-SIZE"),
    "100 MB of zeros in parts": (zipped(*[10 * MIB] * 10), "ARCHIVE-SIZE"),
    "100 MB that say they are 10 bytes": (lying, None),
    "too many files": (many, "ARCHIVE-SIZE"),
    "a password": (locked, "ARCHIVE"),
    "cut short": (cut_short, "ARCHIVE"),
    "damaged": (damaged, "ARCHIVE"),
    "not an archive": (b"<html>a page</html>", "ARCHIVE"),
    "nothing": (b"", "FILE-EMPTY"),
    "100 MB packed": (sparse, "FILE-SIZE"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), ARCHIVES.values(), ids=ARCHIVES)
def test_a_hostile_archive_is_refused_while_it_is_read(refused, content, code):
    fault = refused(opening.check_archive, "form.xlsx", content)
    assert fault.code == code or (code is None and fault.code.startswith("ARCHIVE"))


def test_an_archive_up_to_the_limit_is_read(tmp_path):
    zipped(32 * MIB, 32 * MIB)(tmp_path / "form.xlsx")
    assert opening.check_archive(tmp_path / "form.xlsx") is None


# --- XML --------------------------------------------------------------------------------------

ENTITIES = "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">'
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
XML = {
    "entities that explode": (
        f'<!DOCTYPE x [<!ENTITY a "ha">{ENTITIES}]><x>&j;</x>', "XML-ENTITY",
    ),
    "one long entity, many times": (
        f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}">]><x>{"&a;" * 50_000}</x>', "XML-ENTITY",
    ),
    "an entity that is a file": (
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "XML-ENTITY",
    ),
    "an entity of the document type": (
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><x/>', "XML-ENTITY",
    ),
    "a document type elsewhere": ('<!DOCTYPE x SYSTEM "https://example.org/x.dtd"><x/>',
                                  "XML-ENTITY"),
    "a document type": ("<!DOCTYPE x><x/>", "XML-ENTITY"),
    "an entity that was not declared": ("<x>&a;</x>", "XML-SYNTAX"),
    "a hundred thousand levels": (f"{'<x>' * 100_000}{'</x>' * 100_000}", "XML-DEPTH"),
    "a hundred thousand open elements": ("<x>" * 100_000, "XML-SYNTAX"),
    "NUL": ("<x>\0</x>", "FILE-CHARACTER"),
    "NUL by its number": ("<x>&#0;</x>", "XML-SYNTAX"),
    "UTF-16": ("<x/>".encode("utf-16"), "FILE-ENCODING"),
    "JSON": ("{}", "XML-SYNTAX"),
    "nothing": ("", "FILE-EMPTY"),
    "100 MB": (sparse, "FILE-SIZE"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "code"), XML.values(), ids=XML)
def test_hostile_xml_is_refused_and_reads_no_other_file(refused, content, code):
    fault = refused(opening.xml, "form.lss", content)
    assert fault.code == code
    assert "root:" not in str(fault)


def test_fifty_levels_of_xml_are_read_and_the_fifty_first_is_refused(tmp_path):
    place = tmp_path / "form.lss"
    place.write_text(f"{'<x>' * 50}{'</x>' * 50}", "utf-8")
    assert opening.xml(place).tag == "x"
    place.write_text(f"{'<x>' * 51}{'</x>' * 51}", "utf-8")
    with pytest.raises(InstrumentError, match="nested deeper than 50"):
        opening.xml(place)


# --- JSON -------------------------------------------------------------------------------------

JSON = {
    "a hundred thousand open brackets": ("[" * 100_000, "JSON-DEPTH"),
    "a hundred thousand levels": (f'{{"a": {"[" * 100_000}{"]" * 100_000}}}', "JSON-DEPTH"),
    "a hundred thousand objects": ('{"a":' * 100_000, "JSON-DEPTH"),
    "NaN": ('{"a": NaN}', "JSON-SYNTAX"),
    "infinity": ('{"a": -Infinity}', "JSON-SYNTAX"),
    "a key twice": ('{"a": 1, "b": {"c": 1, "c": 2}}', "JSON-DUPLICATE"),
    "a key twice, once escaped": ('{"a": 1, "\\u0061": 2}', "JSON-DUPLICATE"),
    "a list": ("[1, 2]", "JSON-SYNTAX"),
    "a text": ('"a"', "JSON-SYNTAX"),
    "a comma too many": ('{"a": 1,}', "JSON-SYNTAX"),
    "two objects": ("{} {}", "JSON-SYNTAX"),
    "an open quote": ('{"a": "b', "JSON-SYNTAX"),
    "NUL": ('{"a": "\0"}', "FILE-CHARACTER"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "FILE-ENCODING"),
    "Windows-1252": ('{"a": "it\x92s"}'.encode("latin-1"), "FILE-ENCODING"),
    "XML": ("<x/>", "JSON-SYNTAX"),
    "nothing": ("", "FILE-EMPTY"),
    "100 MB": (sparse, "FILE-SIZE"),
}


@pytest.mark.parametrize(("content", "code"), JSON.values(), ids=JSON)
def test_hostile_json_is_refused_in_little_memory(refused, content, code):
    assert refused(opening.json_object, "form.json", content).code == code


def test_fifty_levels_of_json_are_read_and_the_fifty_first_is_refused(tmp_path):
    place = tmp_path / "form.json"
    place.write_text(f'{{"a": {"[" * 49}{"]" * 49}}}', "utf-8")
    assert opening.json_object(place)
    place.write_text(f'{{"a": {"[" * 50}{"]" * 50}}}', "utf-8")
    with pytest.raises(InstrumentError, match="nested deeper than 50"):
        opening.json_object(place)


def test_brackets_in_a_text_are_no_levels(tmp_path):
    data = {"a": "[" * 1000, '{"[': '\\"[{' * 100}
    (tmp_path / "form.json").write_text(json.dumps(data), "utf-8")
    assert opening.json_object(tmp_path / "form.json") == data


def test_a_byte_order_mark_before_json_or_xml_is_no_fault(tmp_path):
    (tmp_path / "form.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    (tmp_path / "form.lss").write_bytes(b"\xef\xbb\xbf<x/>")
    assert opening.json_object(tmp_path / "form.json") == {"a": 1}
    assert opening.xml(tmp_path / "form.lss").tag == "x"


@pytest.mark.parametrize("reader", [opening.contents, opening.check_archive, opening.xml])
def test_what_is_no_file_is_refused_with_those_there_are(tmp_path, reader):
    (tmp_path / "form.xlsx").write_bytes(b"x")
    (tmp_path / "folder.xlsx").mkdir()
    for name in ("from.xlsx", "folder.xlsx", "no\0ne.xlsx"):
        with pytest.raises(UnknownNameError, match=r"Known: .*'form\.xlsx'"):
            reader(tmp_path / name)


# --- waves ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["../secret@1", "demo@../../secret/1", "demo@/etc/passwd"])
def test_the_instrument_of_a_wave_is_a_reference_and_no_path(demo, reference):
    demo.write("secret/1.yaml", INSTRUMENT.replace("id: demo", "id: secret"))
    demo.edit("waves/demo/2020/wave.yaml", "demo@1", reference)
    with pytest.raises(InputError, match=r"wave\.yaml:4:") as caught:
        demo.load()
    assert {fault.code for fault in caught.value.faults} <= {"VALUE", "INSTRUMENT-UNKNOWN"}
