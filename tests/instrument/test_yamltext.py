"""YAML as text: what stands in the file, at its line, and nothing that can surprise."""

import pytest

from surveylib.instrument import yamltext


@pytest.fixture
def read(tmp_path):
    """Read text or bytes as a file called `file.yaml`."""

    def write_and_read(content):
        path = tmp_path / "file.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return yamltext.read(path, "file.yaml")

    return write_and_read


def only_fault(document):
    assert len(document.faults) == 1
    return document.faults[0]


#: Values that YAML 1.1 or 1.2 readers turn into truth values, numbers, dates or nothing.
SURPRISES = [
    "no", "No", "NO", "yes", "on", "off", "y", "n", "true", "null", "~", "1-10", "12:30", "0010",
    "0x1F", "0o17", "1e3", "1_000", ".inf", ".nan", "2024-01-02", "2024-01-02T10:00:00Z", "=", "<<",
    "85", "0.5", "-1",
]  # fmt: skip


@pytest.mark.parametrize("value", SURPRISES)
def test_a_plain_value_stays_the_characters_of_the_file(read, value):
    document = read(f"key: {value}\n")
    assert (document.data, document.faults) == ({"key": value}, [])


@pytest.mark.parametrize("value", SURPRISES)
def test_a_plain_key_stays_the_characters_of_the_file(read, value):
    document = read(f"{value}: text\n")
    assert (document.data, document.faults) == ({value: "text"}, [])


def test_an_empty_value_is_empty_text(read):
    assert read("a:\nb: ''\n").data == {"a": "", "b": ""}


def test_letters_with_marks_are_read_as_one_letter(read):
    # e and a combining acute accent; Unicode's normal form C is the single letter U+00E9.
    assert read("key: caf\u0065\u0301\n").data == {"key": "caf\u00e9"}


def test_every_node_knows_its_line(read):
    document = read("# a comment\na:\n  - b: 1\n    c: [2,\n        3]\n")
    assert document.line(("a",)) == 2
    assert document.line(("a", 0, "b")) == 3
    assert document.line(("a", 0, "c", 0)) == 4
    assert document.line(("a", 0, "c", 1)) == 5


def test_a_node_that_is_not_there_has_the_line_of_the_nearest_one_above(read):
    document = read("a:\n  - b: 1\n    c: 2\n")
    assert document.line(("a", 0, "c", "d", 4)) == 3


def test_a_key_that_stands_twice_names_both_lines_and_keeps_the_first_value(read):
    document = read("a: 1\nb: 2\nc: 3\na: 4\n")
    fault = only_fault(document)
    assert (fault.code, fault.line, fault.todo) == ("YAML-DUPLICATE", 4, "keep one of the two")
    assert fault.what.endswith("first on line 1")
    assert document.data == {"a": "1", "b": "2", "c": "3"}


def test_a_key_that_stands_twice_deep_inside_is_found(read):
    fault = only_fault(read("a:\n  - {b: 1, c: 2}\n  - d:\n      e: 1\n      e: 2\n"))
    assert (fault.code, fault.line) == ("YAML-DUPLICATE", 5)


def test_what_follows_a_repeated_key_does_not_move_the_lines_of_its_first_value(read):
    document = read("a:\n  b: 1\na:\n  b: 2\n")
    assert only_fault(document).line == 3
    assert document.line(("a", "b")) == 2


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x 1\nb: *x\n", "YAML-ALIAS", 1),
        ("a: 1\nb: *x\n", "YAML-ALIAS", 2),
        ("a: &x [1]\n", "YAML-ALIAS", 1),
        ("a: 1\nb: &x {c: 1}\n", "YAML-ALIAS", 2),
        ("a: !!python/object:os.system {}\n", "YAML-TAG", 1),
        ("a: 1\nb: !!str 2\n", "YAML-TAG", 2),
        ("a: !own 1\n", "YAML-TAG", 1),
        ("a: 1\n---\nb: 2\n", "YAML-DOCUMENTS", 2),
        ("[a, b]: 1\n", "YAML-KEY", 1),
        ("a: 1\n{b: 1}: 2\n", "YAML-KEY", 2),
        ("a: [1, 2\nb: 3\n", "YAML-SYNTAX", 2),
        ("a: 1\n\tb: 2\n", "YAML-SYNTAX", 2),
        ("a: x: y\n", "YAML-SYNTAX", 1),
    ],
)
def test_what_an_instrument_does_not_need_is_refused_with_its_line(read, text, code, line):
    document = read(text)
    fault = only_fault(document)
    assert (fault.code, fault.line, document.data) == (code, line, {})


def test_an_alias_bomb_is_refused_at_its_first_anchor(read):
    levels = [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    fault = only_fault(read("\n".join(["a: &a [lol, lol]", *levels])))
    assert (fault.code, fault.line) == ("YAML-ALIAS", 1)


def nested(depth):
    return "[" * depth + "]" * depth


def test_fifty_levels_are_read_and_the_fifty_first_is_refused(read):
    # The mapping is the first level.
    assert read(f"a: {nested(49)}\n").faults == []
    fault = only_fault(read(f"a: {nested(50)}\n"))
    assert (fault.code, fault.what) == ("YAML-DEPTH", "nested deeper than 50")


def test_a_hundred_thousand_brackets_are_refused_without_a_recursion_error(read):
    assert only_fault(read("a: " + "[" * 100_000)).code == "YAML-DEPTH"


@pytest.mark.parametrize("character", ["\0", "\u0085", "\u2028", "\u2029"])
def test_a_character_that_readers_disagree_on_is_refused_with_its_line(read, character):
    fault = only_fault(read(f"a: 1\nb: x{character}y\n"))
    assert (fault.code, fault.line) == ("FILE-CHARACTER", 2)
    assert character not in str(fault)


def test_a_control_character_is_refused_with_its_line(read):
    fault = only_fault(read("a: 1\nb: x\x07y\n"))
    assert fault.line == 2
    assert "\x07" not in str(fault)


def test_a_line_separator_in_an_escape_is_text(read):
    assert read('a: "x\\u2028y"\n').data == {"a": "x\u2028y"}


def test_a_byte_of_windows_1252_is_named_with_its_line(read):
    fault = only_fault(read(b"a: 1\nb: it\x92s\n"))
    assert (fault.code, fault.line, fault.what) == ("FILE-ENCODING", 2, "byte 0x92 is not UTF-8")
    assert fault.todo == "save the file as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_first_key(read):
    assert read(b"\xef\xbb\xbfa: 1\n").data == {"a": "1"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_with_any_line_end(read, end):
    document = read(end.join(["a: 1", "b: 2", "c: 3", ""]))
    assert document.data == {"a": "1", "b": "2", "c": "3"}
    assert document.line(("c",)) == 3


def test_a_file_over_the_limit_is_refused_unread(read, monkeypatch):
    monkeypatch.setattr(yamltext, "MOST_BYTES", 10)
    assert read("a: 1\nb: 2\n").faults == []
    fault = only_fault(read("a: 1\nb: 22\n"))
    assert fault.code == "FILE-SIZE"
    assert fault.what.startswith("11 bytes")


def test_more_values_than_the_limit_are_refused(read, monkeypatch):
    monkeypatch.setattr(yamltext, "MOST_NODES", 5)
    assert read("a: [1, 2]\n").faults == []
    assert only_fault(read("a: [1, 2, 3]\n")).code == "YAML-SIZE"


def test_the_hash_of_a_file_is_sha_256(tmp_path):
    # FIPS 180-2, appendix B.1: the digest of "abc".
    (tmp_path / "abc").write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert yamltext.content_hash(tmp_path / "abc") == digest
