"""Which rows are respondents: ids, rules, blank and odd rows."""

import pytest

from tests.wave.corruption import ingested, option, question, survey

ASKED = survey(question("pets", "single", option("yes"), option("no")))
ID = {"column": "id"}


def rows(text, head="id,pets", **manifest):
    """The records taken, what is aside as line and code, and what is excluded."""
    manifest = {"respondent": ID, "columns": {"pets": "pets"}} | manifest
    found = ingested(f"{head}\n{text}", ASKED, **manifest)
    accounts = found.taken.accounts
    aside = [(line, code) for line, column, _, code in found.aside if not column]
    parts = accounts.accepted + accounts.quarantined + sum(accounts.excluded.values())
    assert accounts.rows_read == parts
    assert accounts.quarantined == len(aside)
    return found.wave[":record"], aside, dict(accounts.excluded)


BLANK_ROW = "every cell of the row is blank"


def test_rows_that_are_in_order_are_all_taken():
    assert rows("a,Yes\nb,No\n") == ([1, 2], [], {})


@pytest.mark.parametrize("ends", ["", "\n", "\n\n\n", "\n,\n", '\n"\xa0"," "\n'])
def test_rows_without_a_value_are_excluded_and_counted(ends):
    taken, aside, excluded = rows(f"a,Yes\n\nb,No{ends}")
    assert (taken, aside) == ([1, 3], [])
    assert set(excluded) == {BLANK_ROW}


def test_a_row_of_another_length_goes_aside_with_all_its_cells():
    found = ingested(
        "id,pets\na,Yes,=1+1\nb\nc,No\n", ASKED, respondent=ID, columns={"pets": "pets"}
    )
    assert found.aside == [(2, "", "a,Yes,=1+1", "ROW-LENGTH"), (3, "", "b", "ROW-LENGTH")]
    assert found.wave[":respondent"] == ["c"]


def test_a_row_without_an_id_goes_aside_or_is_taken_where_that_is_declared():
    text = ",Yes\n\xa0,No\nb,Yes\n"
    assert rows(text) == ([3], [(2, "ROW-ID-BLANK"), (3, "ROW-ID-BLANK")], {})
    assert rows(text, respondent=ID | {"blank": "accept"}) == ([1, 2, 3], [], {})


@pytest.mark.parametrize(
    ("repeated", "taken", "aside"),
    [
        ("quarantine", [2], [(2, "ROW-ID-REPEATED"), (4, "ROW-ID-REPEATED")]),
        ("first", [1, 2], []),
        ("last", [2, 3], []),
    ],
)
def test_of_rows_with_one_id_those_are_taken_that_the_manifest_says(repeated, taken, aside):
    found = rows("a,Yes\nb,No\n a ,No\n", respondent=ID | {"repeated": repeated})
    assert found[:2] == (taken, aside)
    assert sum(found[2].values()) == 3 - len(taken) - len(aside)


@pytest.mark.parametrize("one", ["A", "a.0", "0a", "a-"])
def test_ids_are_texts_and_only_equal_ones_are_the_same(one):
    assert rows(f"a,Yes\n{one},No\n") == ([1, 2], [], {})


@pytest.mark.parametrize("other", ["a\u200b", "\ufeffa"])
def test_characters_that_are_not_seen_make_no_other_id(other):
    assert rows(f"a,Yes\n{other},No\n")[0] == []


def test_an_id_of_which_nothing_is_seen_is_blank():
    assert rows("\u200b,Yes\nb,No\n") == ([2], [(2, "ROW-ID-BLANK")], {})


RULE = [{"column": "status", "texts": ["preview", " "], "reason": "test rows"}]


def test_rows_are_excluded_by_a_stated_rule():
    text = "a,Yes,preview\nb,No,ok\nc,No,\u2009preview\nd,No,Preview\n"
    found = rows(text, head="id,pets,status", exclude=RULE)
    assert found == ([2, 4], [], {"test rows": 2})


@pytest.mark.parametrize("repeated", ["quarantine", "first", "last"])
def test_a_row_that_is_excluded_does_not_count_among_those_with_its_id(repeated):
    for text, taken in (("a,Yes,preview\na,No,ok\n", [2]), ("a,No,ok\na,Yes,preview\n", [1])):
        found = rows(
            text,
            head="id,pets,status",
            exclude=RULE,
            respondent=ID | {"repeated": repeated},
        )
        assert found == (taken, [], {"test rows": 1})


def test_a_row_without_an_id_that_is_excluded_is_not_aside():
    text = ",Yes,preview\nb,No,ok\n"
    assert rows(text, head="id,pets,status", exclude=RULE) == ([2], [], {"test rows": 1})


def test_a_version_that_is_not_known_puts_the_row_aside():
    manifest = {"version": {"column": "v", "values": {"first": "1"}}}
    found = rows("a,Yes,first\nb,No,second\nc,No,\nd,No,first \n", head="id,pets,v", **manifest)
    assert found == ([1, 4], [(3, "ROW-VERSION"), (4, "ROW-VERSION")], {})


def test_without_ids_rows_are_known_by_their_records():
    found = ingested("pets\nYes\nNo\nYes\n", ASKED, columns={"pets": "pets"})
    assert found.wave[":record"] == [1, 2, 3]
    assert found.wave[":respondent"] == [None] * 3


def test_ids_that_lost_digits_are_a_warning():
    found = ingested(
        "id,pets\n1.23457E+15,Yes\n1E5+x,No\n", ASKED, respondent=ID, columns={"pets": "pets"}
    )
    (warning,) = found.taken.warnings
    assert warning.code == "ID-DIGITS"
    assert warning.got == "'1.23457E+15'"


def test_a_file_of_which_no_row_can_be_taken_has_accounts():
    assert rows(",Yes\n,No\n") == ([], [(2, "ROW-ID-BLANK"), (3, "ROW-ID-BLANK")], {})


@pytest.mark.parametrize("inside", ["a\nb", "a\r\nb\n", "\n", "a\nb\u2028c", "a\x0bb\x85\nc", "\r"])
def test_a_line_is_the_one_that_an_editor_shows_behind_cells_with_line_breaks(inside):
    breaks = inside.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    found = ingested(
        f'id,pets\na,"{inside}"\nb,odd\n', ASKED, respondent=ID, columns={"pets": "pets"}
    )
    assert found.aside[-1] == (3 + breaks, "B", "odd", "CELL-UNKNOWN")
