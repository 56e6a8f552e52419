"""Sums that add up, and that say so where they do not."""

from dataclasses import replace

import pytest

from surveylib.wave.accounts import Accounts, ColumnSum
from tests.wave.corruption import ingested, option, question, survey

COLUMN = ColumnSum(
    letter="B",
    header="pets",
    use="pets",
    cells=4,
    blank=1,
    quarantined=1,
    normalised=0,
    repaired=0,
    personal=0,
)
RIGHT = Accounts(
    rows_read=10,
    accepted=4,
    quarantined=5,
    excluded={"test rows": 1},
    questions={"pets": {"answered": 2, "invalid": 1, "no_answer": 1}},
    columns=(COLUMN,),
    ignored={},
    blank_ids=0,
    repeated_ids=0,
)


def test_sums_that_add_up_differ_in_nothing():
    assert RIGHT.differences() == []
    assert COLUMN.accepted == 2


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rows_read": 11}, "11 rows were read and 10 accounted for"),
        ({"questions": {"pets": {"answered": 3}}}, "'pets' accounts for 3 of 4 respondents"),
        ({"columns": (replace(COLUMN, cells=3),)}, "column B accounts for 3 of 4 cells"),
        ({"columns": (replace(COLUMN, blank=4),)}, "column B accounts for 4 of 4 cells"),
    ],
)
def test_a_sum_that_does_not_add_up_is_told(change, told):
    assert replace(RIGHT, **change).differences() == [told]


def test_the_share_in_quarantine_counts_cells_and_rows():
    # One of three cells with a value, in the half of the rows that is not in quarantine.
    assert RIGHT.share_quarantined == pytest.approx(1 / 3 * 1 / 2 + 1 / 2)
    assert replace(RIGHT, quarantined=0).share_quarantined == pytest.approx(1 / 3)
    assert replace(RIGHT, quarantined=0, columns=()).share_quarantined == 0
    nothing = replace(RIGHT, rows_read=0, quarantined=0, columns=())
    assert nothing.share_quarantined == 0


def test_the_accounts_can_be_read():
    told = str(RIGHT)
    assert "10 rows = 4 accepted + 5 in quarantine + 1 excluded" in told
    assert "    1 excluded: test rows" in told
    assert "3 cells with a value, 1 of them in quarantine" in told
    assert "refused" not in told


def test_cells_are_counted_by_what_became_of_them():
    instrument = survey(
        question("pets", "single", option("yes"), option("no", "1-10"), missing=["refused"]),
        question("word", "text"),
    )
    text = "pets,word\nYes,me@example.org\n Yes,1.2.3.4\n10-Jan,fine\njunk,1.2.3\n,a@b\nRefused,\n"
    columns = {"pets": {"column": "pets", "repair": ["spreadsheet_date"]}, "word": "word"}
    found = ingested(text, instrument, columns=columns).taken.accounts
    pets, word = found.columns
    assert (pets.cells, pets.blank, pets.quarantined) == (6, 1, 1)
    assert (pets.normalised, pets.repaired, pets.accepted) == (1, 1, 4)
    assert (word.cells, word.blank, word.personal) == (6, 1, 2)
    assert found.questions["pets"] == {
        "answered": 3,
        "refused": 1,
        "invalid": 1,
        "no_answer": 1,
    }


def test_ignored_columns_are_named_with_the_reason():
    instrument = survey(question("pets", "single", option("yes"), option("no")))
    ignore = [
        {"from": "a", "to": "c", "reason": "not ours"},
        {"column": {"at": "E"}, "reason": "x"},
    ]
    found = ingested("a,b,c,pets,\n,,,Yes,1\n", instrument, columns={"pets": "pets"}, ignore=ignore)
    assert found.taken.accounts.ignored == {
        "A a": "not ours",
        "B b": "not ours",
        "C c": "not ours",
        "E": "x",
    }
