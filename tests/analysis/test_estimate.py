"""Shares with intervals: published examples, statsmodels, and what must be refused."""

import dataclasses

import pytest
from statsmodels.stats.proportion import proportion_confint

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.stats.intervals import METHODS

#: The names that statsmodels has for our methods; it has no mid-P interval.
STATSMODELS = {
    "wilson": "wilson",
    "clopper-pearson": "beta",
    "jeffreys": "jeffreys",
    "agresti-coull": "agresti_coull",
}


def all_rows(study, **options):
    """A row for every figure of every wave and group."""
    for wave in study.waves:
        asked = dict.fromkeys((figure.question, figure.domain) for figure in wave.figures)
        for question, domain in asked:
            yield from sl.estimate(wave, question, where=domain, **options).rows


def test_85_percent_of_272_officers_has_an_interval_from_80_3_to_88_8(netclean):
    # Wilson by hand: (0.85 + 1.9207/272) / 1.01412 ± 1.96 √(0.1275/272 + 3.8415/(4·272²)) / 1.01412
    row = sl.estimate(netclean, "organised_groups_encountered").rows[0]
    assert (row.wave, row.estimate, row.n) == ("2018", 0.85, 272)
    assert (round(row.ci_low, 3), round(row.ci_high, 3)) == (0.803, 0.888)
    assert row.standard_error == pytest.approx((0.85 * 0.15 / 272) ** 0.5)


@pytest.mark.parametrize("method", STATSMODELS)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_every_shipped_interval_is_that_of_statsmodels(netclean, method, level):
    rows = [
        row
        for row in all_rows(netclean, interval=method, confidence_level=level)
        if row.ci_low is not None
    ]
    assert len(rows) > 40
    for row in rows:
        low, high = proportion_confint(
            row.estimate * row.n, row.n, alpha=1 - level, method=STATSMODELS[method]
        )
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_every_interval_method_works_on_every_shipped_figure(netclean, method):
    for row in all_rows(netclean, interval=method):
        assert row.interval == method
        if row.ci_low is not None:
            assert 0 <= row.ci_low < row.estimate < row.ci_high <= 1


@pytest.mark.parametrize("method", METHODS)
def test_a_higher_design_effect_widens_every_interval(netclean, method):
    plain = list(all_rows(netclean, interval=method))
    wider = list(all_rows(netclean, interval=method, design_effect=2.0))
    for one, two in zip(plain, wider, strict=True):
        assert two.design_effect == 2.0
        if one.ci_low is not None:
            assert two.ci_low < one.ci_low < one.ci_high < two.ci_high
            assert two.n_effective == one.n / 2
            assert two.standard_error == pytest.approx(one.standard_error * 2**0.5)
        if one.envelope_low is not None:
            assert two.envelope_low < one.envelope_low or one.envelope_low == 0
            assert two.envelope_high > one.envelope_high or one.envelope_high == 1


def test_a_higher_level_widens_every_interval(netclean):
    plain, wider = (
        list(all_rows(netclean, confidence_level=level)) for level in (0.95, 0.99)
    )  # fmt: skip
    for one, two in zip(plain, wider, strict=True):
        if one.ci_low is not None:
            assert two.ci_low < one.ci_low < one.ci_high < two.ci_high


def test_every_shipped_figure_has_a_row_with_its_source(netclean):
    rows = list(all_rows(netclean))
    assert len(rows) == 97
    assert all(row.source.startswith(("http://", "https://")) for row in rows)
    assert all(row.place.startswith(f"netclean/{row.wave}/published.csv:") for row in rows)


def test_a_share_printed_as_none_or_all_has_an_interval_with_width(demo):
    demo.edit("waves/demo/2020/published.csv", "pets,yes,,60 %,60,", "pets,yes,,100 %,100,")
    demo.edit("waves/demo/2020/published.csv", "pets,no,,40 %,40,", "pets,no,,0 %,0,")
    yes, no = sl.estimate(demo.load().wave(2020), "pets").rows
    # Wilson: z² / (n + z²) for none of 200.
    assert (no.ci_low, no.ci_high) == pytest.approx((0, 3.841459 / 203.841459), abs=1e-8)
    assert (yes.ci_low, yes.ci_high) == pytest.approx((200 / 203.841459, 1), abs=1e-8)


def test_by_a_question_gives_the_figures_printed_for_its_answers(netclean):
    rows = sl.estimate(netclean, "covid_capacity", by="region").rows
    assert {row.domain: row.read_as for row in rows} == {
        "region=europe_other": "51",
        "region=united_kingdom": "47",
        "region=usa": "nearly two-thirds",
        "region=sweden": "just over one quarter",
    }
    assert {row.domain: (row.n_low, row.n) for row in rows} == {
        "region=europe_other": (78, 82),
        "region=united_kingdom": (55, 58),
        "region=usa": (205, 209),
        "region=sweden": (69, 72),
    }
    assert all(row.wave == "2020" for row in rows)


def test_where_gives_the_figures_printed_for_one_group(netclean):
    rows = sl.estimate(netclean, "covid_capacity", where="region=usa").rows
    assert [(row.answer, row.domain) for row in rows] == [("affected", "region=usa")]
    # 60 % of 205 is 123 and 66.6 % of 209 is 139.2.
    assert rows[0].estimate_low == 123 / 205
    assert rows[0].estimate_high <= 0.666


def test_without_a_group_only_all_respondents_are_given(netclean):
    rows = sl.estimate(netclean, "covid_capacity").rows
    assert [(row.answer, row.domain) for row in rows] == [("affected", ""), ("unaffected", "")]


def test_one_answer_may_be_asked_for(netclean):
    rows = sl.estimate(netclean, "region/usa").rows
    assert [(row.wave, row.read_as) for row in rows] == [
        ("2016", "61.1"),
        ("2018", "54.4"),
        ("2019", "46.4"),
        ("2020", "44"),
    ]


def test_one_wave_may_be_asked(netclean):
    rows = sl.estimate(netclean.wave(2018), "region").rows
    assert {row.wave for row in rows} == {"2018"}


def test_answers_without_a_figure_are_listed(netclean):
    found = sl.estimate(netclean, "sharing_methods")
    assert [(row.wave, row.answer) for row in found.not_printed] == [
        ("2016", "darknet"),
        ("2016", "cloud_services"),
        ("2016", "messaging"),
    ]


def test_a_question_without_any_figure_cannot_be_estimated(netclean):
    with pytest.raises(NotEstimableError, match=r"'organised_groups_places', asked in 2018\. No "):
        sl.estimate(netclean, "organised_groups_places")


def test_a_group_without_figures_cannot_be_estimated_and_the_known_ones_are_named(netclean):
    with pytest.raises(NotEstimableError, match=r"for region=usa.*Figures exist for: all respond"):
        sl.estimate(netclean, "covid_warrants_courts", where="region=usa")


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("regoin", r"no question called 'regoin' in netclean; did you mean 'region'\?"),
        ("region/us", r"no answer called 'us' in question 'region'; did you mean 'usa'\?"),
        ("", r"no question called ''"),
        ("/usa", r"no question called ''"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest_one(netclean, question, message):
    with pytest.raises(UnknownNameError, match=message):
        sl.estimate(netclean, question)


def test_a_misspelt_answer_of_one_wave_is_answered_with_the_nearest_one(netclean):
    with pytest.raises(UnknownNameError, match=r"no answer called 'us'.*did you mean 'usa'\?"):
        sl.estimate(netclean.wave(2018), "region/us")


@pytest.mark.parametrize(
    "group", [{"by": "regoin"}, {"where": "regoin=usa"}, {"where": "region=us"}, {"where": "usa"}]
)
def test_an_unknown_group_is_an_unknown_name(netclean, group):
    with pytest.raises(UnknownNameError, match="region"):
        sl.estimate(netclean, "covid_capacity", **group)


@pytest.mark.parametrize("source", ["waves/netclean", None, [1, 2]], ids=type)
def test_anything_but_a_study_or_a_wave_is_refused_with_what_to_pass(source):
    with pytest.raises(MethodError, match=r"source is a \w+; wanted a study from sl\.load_study"):
        sl.estimate(source, "region")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interval": "wilsn"}, r"called 'wilsn'; did you mean 'wilson'\? choose one of 'wilson',"),
        ({"confidence_level": 95}, r"confidence_level is 95; wanted a number such as 0\.95"),
        ({"confidence_level": 0}, r"confidence_level is 0; wanted a number such as 0\.95"),
        ({"confidence_level": float("nan")}, r"confidence_level is nan; wanted a number"),
        ({"design_effect": 0.5}, r"design_effect is 0\.5; wanted a number of at least 1"),
        ({"design_effect": float("inf")}, r"design_effect is inf; wanted a number"),
        ({"design_effect": float("nan")}, r"design_effect is nan; wanted a number"),
        ({"base": "al"}, r"base is 'al'; choose one of 'answered', 'asked', 'all', 'mentions'"),
        ({"statistic": "men"}, r"no statistic method called 'men'; did you mean 'mean'\?"),
        ({"statistic": "ratio"}, r"a ratio needs 'over'"),
        ({"statistic": "quantile"}, r"a quantile needs q"),
        ({"statistic": "quantile", "q": 50}, r"q: got '50', wanted numbers above 0 and below 1"),
        ({"statistic": "mean", "q": 0.5}, r"q belongs to statistic='quantile': leave it out"),
        ({"over": "region"}, r"over belongs to statistic='ratio': leave it out"),
        ({"statistic": "median", "q": 0.5}, r"the median is the quantile at 0\.5"),
        ({"wave": "year"}, r"wave names a column of a data frame"),
    ],
)
def test_an_argument_that_does_not_exist_is_refused_with_those_that_do(netclean, options, message):
    with pytest.raises(MethodError, match=message):
        sl.estimate(netclean, "region", **options)


def test_a_result_cannot_be_changed(netclean):
    found = sl.estimate(netclean, "region")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'rows'"):
        found.rows = ()
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'estimate'"):
        found.rows[0].estimate = 1.0
