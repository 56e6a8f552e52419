"""Explanations: from the printed words to the limit, with the method and its paper."""

import pytest

import surveylib as sl
from surveylib.present import references
from surveylib.stats import differences, intervals


def test_an_estimate_is_explained_from_the_printed_words_to_the_source(netclean):
    text = sl.estimate(netclean, "organised_groups_encountered").explain().replace("\u00a0", " ")
    for words in (
        "2018: 85 % of respondents who answered",
        "Have you encountered organised forums or groups?",
        "95 % interval 80.3 to 88.8 %, n = 272",
        "“85%”",
        # 230 and 232 of 272.
        "84.56 to 85.29 percent",
        "Wilson (1927)",
        "design effect assumed: 1",
        "netclean/2018/published.csv:",
        "https://www.netclean.com/netclean-report-2018/insight-3/",
    ):
        assert words in text


def test_a_change_is_explained_with_both_sources(netclean):
    text = sl.change(netclean, "region/usa", 2016, 2020).explain().replace("\u00a0", " ")
    for words in (
        "fell from 61.1 % in 2016 to 44 % in 2020, −17.1 points",
        "Newcombe (1998)",
        "independent",
        "comparability: identical",
        "netclean/2016/published.csv:",
        "netclean/2020/published.csv:",
    ):
        assert words in text


@pytest.mark.parametrize("method", intervals.METHODS)
def test_every_interval_method_names_a_paper_of_the_references(netclean, method):
    text = sl.estimate(netclean, "organised_groups_encountered", interval=method).explain()
    assert any(entry.name in text for entry in references.REFERENCES)


@pytest.mark.parametrize("method", differences.METHODS)
def test_every_difference_method_names_a_paper_of_the_references(netclean, method):
    text = sl.change(netclean, "region/usa", 2016, 2020, method=method).explain()
    assert any(entry.name in text for entry in references.REFERENCES)


def test_a_share_in_words_is_explained_with_its_words(netclean):
    text = sl.estimate(netclean, "organised_groups_number_change/increased").explain()
    assert "just under half" in text
    assert "without an estimate of its own" in text


def test_an_assumed_design_effect_is_told(netclean):
    text = sl.estimate(netclean, "region/usa", design_effect=1.5).explain()
    assert "design effect assumed: 1.5" in text
