"""Small groups as one group."""

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.disclosure import protect
from surveylib.present.disclosure_merge import merged

SIZES = {"a": 6, "b": 7, "c": 40, "d": 50}


def frame(sizes):
    rows = [
        (name, "yes" if place % 2 else "no")
        for name, size in sizes.items()
        for place in range(size)
    ]
    return pd.DataFrame(rows, columns=["size", "use"]).assign(weight=1.5)


def groups(sizes, minimum=10):
    found, _gone = merged(sl.estimate(frame(sizes), "use", by="size"), minimum)
    return {row.domain: row.n for row in found.rows}


def test_groups_below_the_smallest_base_become_one():
    assert groups(SIZES) == {"size=c": 40, "size=d": 50, "size=smaller groups together": 13}


def test_one_small_group_takes_the_next_smallest_with_it():
    assert groups({"a": 6, "c": 40, "d": 50}) == {
        "size=d": 50,
        "size=smaller groups together": 46,
    }


def test_groups_that_are_too_small_together_take_one_more():
    assert groups({"a": 3, "b": 4, "c": 40, "d": 50}) == {
        "size=d": 50,
        "size=smaller groups together": 47,
    }


def test_where_no_two_groups_would_be_left_groups_stay():
    assert groups({"a": 3, "c": 40}) == {"size=a": 3, "size=c": 40}


def test_without_a_small_group_nothing_is_merged():
    estimates = sl.estimate(frame({"c": 40, "d": 50}), "use", by="size")
    assert merged(estimates, 10) == (estimates, set())


def test_the_figures_of_a_merged_group_are_those_of_its_people():
    data = frame(SIZES)
    found, gone = merged(sl.estimate(data, "use", by="size"), 10)
    assert gone == {("", "size=a"), ("", "size=b")}
    together = data.replace({"size": {"a": "ab", "b": "ab"}})
    expected = sl.estimate(together, "use", where="size=ab").rows
    rows = [row for row in found.rows if "together" in row.domain]
    for row, wanted in zip(rows, expected, strict=True):
        assert (row.answer, row.printed, row.estimate) == (
            wanted.answer,
            wanted.printed,
            wanted.estimate,
        )
        assert (row.ci_low, row.ci_high) == pytest.approx((wanted.ci_low, wanted.ci_high))
        assert row.standard_error == pytest.approx(wanted.standard_error)
        assert row.notes == ("Small groups are taken together: a, b.",)


def test_protection_merges_and_says_so():
    estimates = sl.estimate(frame(SIZES), "use", by="size")
    found = protect(estimates, protection=sl.Protection(merge=True))
    assert found.withheld == 0
    assert found.done[0] == "Small groups are taken together."
    assert "merged: Small groups are taken together: a, b." in str(found.estimates)
    assert protect(estimates).withheld > 0


def test_weighted_shares_cannot_be_put_together():
    data = frame(SIZES)
    data.loc[0, "weight"] = 3.0
    weighted = sl.estimate(data, "use", by="size", design=sl.Design(weights="weight"))
    with pytest.raises(MethodError, match="put the groups together in the data"):
        merged(weighted, 10)
