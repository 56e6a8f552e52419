"""A harmonised question with the name of one that was asked has a name of its own on a page."""

import dataclasses

import pytest

import surveylib as sl
from surveylib.present.report_together import plain, told_apart


@pytest.fixture(scope="module")
def both():
    study = sl.load_study("waves/organised_groups")
    return sl.estimate(study, "groups_encountered"), sl.change(study, "groups_encountered")


def test_changes_of_the_figures_that_stand_under_their_names_stay(both):
    estimates, changes = both
    assert told_apart(estimates, changes) is changes


def test_where_one_figure_is_another_all_of_its_question_is_told_apart(both):
    estimates, changes = both
    first = changes.rows[0]
    other = dataclasses.replace(first.to_estimate, estimate=0.5, printed="1 of 2")
    moved = dataclasses.replace(first, to_estimate=other)
    found = told_apart(estimates, dataclasses.replace(changes, rows=(moved, *changes.rows[1:])))
    assert {row.question for row in found.rows} == {"groups_encountered--together"}
    assert {row.from_estimate.question for row in found.rows} == {"groups_encountered--together"}
    assert {plain(row.question) for row in found.rows} == {"groups_encountered"}
