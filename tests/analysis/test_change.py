"""Changes between waves: the published examples, by hand, and the gate in front of them."""

import dataclasses
from itertools import combinations
from math import sqrt
from statistics import NormalDist

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import ComparabilityError, MethodError, UnknownNameError
from surveylib.stats.differences import METHODS

SOCIAL = "rising_trends/social_and_apps"
MAY_BE_COMPARED = {"identical", "equivalent", "limited"}


def one(changes):
    assert len(changes.rows) == 1
    return changes.rows[0]


def wald_error(p1, n1, p2, n2):
    return sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)


def test_34_percent_of_370_to_46_percent_of_435_is_12_points_more_with_limits(netclean):
    row = one(sl.change(netclean, SOCIAL, 2016, 2017))
    assert (row.from_estimate.estimate, row.from_estimate.n) == (0.34, 370)
    assert (row.to_estimate.estimate, row.to_estimate.n) == (0.46, 435)
    assert row.difference == pytest.approx(0.12)
    assert (row.verdict, row.comparability) == ("increased", "limited")
    assert "The categories differ" in " ".join(row.notes)
    assert (row.from_wave, row.to_wave, row.steps) == ("2016", "2017", 1)


def test_its_wald_interval_is_plus_or_minus_6_7_points_and_z_is_3_50(netclean):
    row = one(sl.change(netclean, SOCIAL, 2016, 2017, method="wald"))
    # √(0.34·0.66/370 + 0.46·0.54/435) = 0.034315; 1.96 × 0.034315 = 0.0673; 0.12/0.034315 = 3.50
    half = 1.959964 * wald_error(0.34, 370, 0.46, 435)
    assert (row.ci_low, row.ci_high) == pytest.approx((0.12 - half, 0.12 + half), abs=1e-7)
    assert round((row.ci_high - row.ci_low) / 2, 3) == 0.067
    assert round(NormalDist().inv_cdf(1 - row.p_value / 2), 2) == 3.50


def test_usa_from_54_4_to_46_4_percent_has_a_wald_half_width_of_7_5_points(netclean):
    row = one(sl.change(netclean, "region/usa", 2018, 2019, method="wald"))
    # 1.96 × √(0.544·0.456/272 + 0.464·0.536/450) = 0.0750
    assert row.difference == pytest.approx(-0.08)
    assert round((row.ci_high - row.ci_low) / 2, 3) == 0.075
    half = 1.959964 * wald_error(0.544, 272, 0.464, 450)
    assert (row.ci_high - row.ci_low) / 2 == pytest.approx(half, abs=1e-7)


def test_the_share_in_the_usa_is_identical_in_every_step_and_over_the_whole_series(netclean):
    rows = sl.change(netclean, "region/usa").rows
    assert {row.comparability for row in rows} == {"identical"}
    assert [(row.from_wave, row.to_wave, row.steps) for row in rows] == [
        ("2016", "2018", 1),
        ("2018", "2019", 1),
        ("2019", "2020", 1),
        ("2016", "2020", 3),
    ]
    assert [round(row.difference, 3) for row in rows] == [-0.067, -0.080, -0.024, -0.171]
    assert rows[-1].verdict == "decreased"


def test_two_waves_far_apart_are_compared_over_the_steps_between(netclean):
    row = one(sl.change(netclean, "region/usa", 2016, 2020))
    assert (round(row.difference, 3), row.steps, row.comparability) == (-0.171, 3, "identical")
    half = 1.959964 * wald_error(0.611, 370, 0.44, 470)
    wald = one(sl.change(netclean, "region/usa", "2016", "2020", method="wald"))
    assert (wald.ci_low, wald.ci_high) == pytest.approx((-0.171 - half, -0.171 + half), abs=1e-7)


def test_a_chain_is_as_good_as_its_worst_step_and_carries_every_reason(netclean):
    direct = one(sl.change(netclean, "region/europe", 2018, 2019))
    chain = one(sl.change(netclean, "region/europe", 2016, 2019))
    assert (direct.comparability, chain.comparability) == ("limited", "limited")
    assert set(direct.notes) <= set(chain.notes)


def test_tor_of_2017_and_2019_is_refused_with_both_answers_and_the_reason(netclean):
    message = (
        r"(?s)2017 rising_trends/anonymisation and 2019 rising_trends/tor_darknet: "
        r"different construct\. .*TOR, VPN and proxy services, that of 2019 TOR and the darknet"
    )
    with pytest.raises(ComparabilityError, match=message):
        sl.change(netclean, "rising_trends/tor_darknet", 2017, 2019)
    with pytest.raises(ComparabilityError, match=message):
        sl.change(netclean, "rising_trends/anonymisation", 2017, 2019)


@pytest.mark.parametrize("waves", [(2018, 2019), (None, None), (2018, None), (None, 2019)])
@pytest.mark.parametrize("question", ["deepfakes_encountered/yes", "ai_tools_used/yes"])
def test_deepfakes_and_ai_tools_are_never_compared_whichever_is_asked(netclean, question, waves):
    with pytest.raises(ComparabilityError, match="different construct"):
        sl.change(netclean, question, *waves)


def test_encryption_from_2017_to_2019_is_undetermined_by_rounding(netclean):
    # 10.5 to 11.5 % of at most 435 beside 17 to 23 % of 450: the least is 5.5 points, and the
    # search goes down to small bases; the most is far above any margin.
    row = one(sl.change(netclean, "rising_trends/encryption", 2017, 2019))
    assert row.verdict == "undetermined by rounding"
    assert row.difference is None
    assert row.p_value is None
    assert row.p_value_low < 0.05 < row.p_value_high


def test_an_order_is_told_as_higher_or_lower_without_a_size(netclean):
    refused = [entry for entry in sl.change(netclean, "rising_trends").refused if entry.order]
    assert {(entry.answer, entry.from_wave, entry.order) for entry in refused} == {
        ("cloud_storage", "2016", "higher"),
        ("encryption", "2016", "lower"),
        ("anonymisation", "2016", "lower"),
    }
    for entry in refused:
        assert entry.comparability == "order_only"
        assert not hasattr(entry, "difference")


def test_asking_for_an_order_alone_is_refused_with_the_order(netclean):
    with pytest.raises(ComparabilityError, match=r"order only, lower in 2016\. .*fewer officers"):
        sl.change(netclean, "workload_change/more_demanding", 2015, 2016)


@pytest.fixture(scope="module")
def every_answer(netclean):
    """What is said of every question between every two waves: changes, or why there are none."""
    said = []
    for question in netclean.question_ids:
        for earlier, later in combinations(netclean.wave_names, 2):
            try:
                said.append((question, sl.change(netclean, question, earlier, later)))
            except ComparabilityError as error:
                said.append((question, str(error)))
    return said


@pytest.fixture(scope="module")
def every_pair(every_answer):
    return [said for _, said in every_answer if not isinstance(said, str)]


def test_a_refusal_names_the_question_and_says_why(every_answer):
    refusals = [(question, said) for question, said in every_answer if isinstance(said, str)]
    assert len(refusals) > 100
    for question, said in refusals:
        assert f"'{question}'" in said
        assert "must not be compared" in said or "cannot be compared" in said


def test_no_pair_is_compared_that_the_study_does_not_declare_comparable(every_pair):
    rows = [row for changes in every_pair for row in changes.rows]
    assert len(rows) > 8
    for row in rows:
        assert row.comparability in MAY_BE_COMPARED
        assert row.notes


def test_every_refused_pair_has_a_reason(every_pair, netclean):
    refused = [entry for changes in every_pair for entry in changes.refused]
    for name in netclean.question_ids:
        try:
            refused += sl.change(netclean, name).refused
        except ComparabilityError:
            continue
    assert len(refused) > 5
    for entry in refused:
        assert entry.reasons
        assert all(len(reason) > 20 for reason in entry.reasons)
        assert entry.comparability not in MAY_BE_COMPARED


def test_a_verdict_is_what_every_possible_pair_says(every_pair):
    for row in (row for changes in every_pair for row in changes.rows):
        assert row.envelope_low < row.difference_low <= row.difference_high < row.envelope_high
        level = 1 - row.confidence_level
        if row.verdict in {"increased", "decreased"}:
            assert row.p_value_high < level
            assert row.tolerated_design_effect >= 1
            assert (row.envelope_low > 0) == (row.verdict == "increased")
            assert (row.envelope_high < 0) == (row.verdict == "decreased")
        else:
            assert row.p_value_high >= level
            assert row.tolerated_design_effect is None
            assert (row.verdict == "no change shown") == (row.p_value_low >= level)


@pytest.mark.parametrize("method", METHODS)
def test_every_difference_method_works_and_gives_the_same_difference(netclean, method):
    row = one(sl.change(netclean, SOCIAL, 2016, 2017, method=method))
    assert row.method == method
    assert row.difference == pytest.approx(0.12)
    assert row.ci_low < 0.12 < row.ci_high
    # The methods differ by less than a tenth of the half width of 6.7 points at these sizes.
    assert (row.ci_low, row.ci_high) == pytest.approx((0.12 - 0.067, 0.12 + 0.067), abs=0.0067)


@pytest.mark.parametrize("method", METHODS)
def test_a_higher_design_effect_widens_every_change(netclean, method):
    one_, two = (
        one(sl.change(netclean, SOCIAL, 2016, 2017, method=method, design_effect=effect))
        for effect in (1.0, 2.0)
    )
    assert two.ci_low < one_.ci_low < one_.ci_high < two.ci_high
    assert two.envelope_low < one_.envelope_low < one_.envelope_high < two.envelope_high
    assert two.p_value > one_.p_value


def test_a_change_holds_up_to_the_design_effect_it_tolerates_and_not_beyond(netclean):
    tolerated = one(sl.change(netclean, SOCIAL, 2016, 2017)).tolerated_design_effect
    below = one(sl.change(netclean, SOCIAL, 2016, 2017, design_effect=tolerated))
    above = one(sl.change(netclean, SOCIAL, 2016, 2017, design_effect=tolerated + 0.02))
    assert (below.verdict, above.verdict) == ("increased", "undetermined by rounding")


@pytest.mark.parametrize("waves", [(2017, 2016), (2017, 2017), ("2020", 2016)])
def test_waves_in_the_wrong_order_are_refused_with_the_right_one(netclean, waves):
    with pytest.raises(
        MethodError, match=r"later minus earlier.* 2015, 2016, 2017, 2018, 2019, 20"
    ):
        sl.change(netclean, "region", *waves)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("regoin",), r"no question called 'regoin' in netclean; did you mean 'region'\?"),
        (("region/us",), r"no answer called 'us' .*did you mean 'usa'\?"),
        (("region", 2016, 2021), r"no wave called '2021' in netclean; did you mean '20\d\d'\?"),
        (("region", "first"), r"no wave called 'first' in netclean\. Known: '2015'"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest_one(netclean, arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        sl.change(netclean, *arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": "same"}, r"samples is 'same'; choose one of 'independent', 'panel'"),
        ({"samples": "panel"}, r"samples is 'panel'; .*only 'independent' can be computed"),
        ({"samples": "rotating"}, r"nothing printed tells who answered twice"),
        ({"measure": "ratio"}, r"of published figures the difference .*leave out"),
        ({"method": "newcomb"}, r"called 'newcomb'; did you mean 'newcombe'\? choose one of"),
        ({"method": "wilson"}, r"no difference method called 'wilson'; .*'newcombe'"),
        ({"confidence_level": 95}, r"confidence_level is 95; wanted a number such as 0\.95"),
        ({"design_effect": 0.9}, r"design_effect is 0\.9; wanted a number of at least 1"),
    ],
)
def test_an_argument_that_does_not_exist_is_refused_with_those_that_do(netclean, options, message):
    with pytest.raises(MethodError, match=message):
        sl.change(netclean, "region", **options)


def test_one_wave_is_refused_with_what_to_pass(netclean):
    with pytest.raises(MethodError, match=r"source is a \w+, one wave; wanted a study"):
        sl.change(netclean.wave(2018), "region")


def test_a_frame_without_a_column_of_waves_is_refused_with_what_to_pass():
    with pytest.raises(MethodError, match=r"a data frame needs wave=, the column"):
        sl.change(pd.DataFrame({"q1": [1]}), "q1")


def test_a_question_asked_once_says_where_it_was_asked(netclean):
    with pytest.raises(ComparabilityError, match=r"no other wave .*It was asked in 2018\."):
        sl.change(netclean, "country/norway", 2018, 2019)


def test_a_question_asked_once_has_no_changes(netclean):
    changes = sl.change(netclean, "country/norway")
    assert (changes.rows, changes.refused) == ((), ())


def test_every_verdict_of_a_study_does_what_it_says(demo):
    changes = sl.change(demo.load(), "pets")
    assert [(row.answer, round(row.difference, 2)) for row in changes.rows] == [
        ("yes", 0.12),
        ("no", -0.12),
    ]
    which = sl.change(demo.load(), "which")
    assert [(row.answer, row.comparability) for row in which.rows] == [("cat", "limited")]
    assert [(row.answer, row.comparability) for row in which.refused] == [
        ("dog", "different_construct")
    ]
    with pytest.raises(ComparabilityError, match="order only, higher in 2021"):
        sl.change(demo.load(), "how_many/few")


def test_a_pair_without_a_verdict_is_refused_as_undeclared(demo):
    text = demo.path("instruments/demo/2.yaml").read_text("utf-8")
    demo.write(
        "instruments/demo/2.yaml", text[: text.index("  - question: which\n    answer: dog")]
    )
    refused = sl.change(demo.load(), "which").refused
    assert [(entry.answer, entry.comparability) for entry in refused] == [("dog", "undeclared")]
    assert "declare one under 'comparisons' in the instrument of 2021" in refused[0].reasons[0]
    with pytest.raises(ComparabilityError, match="undeclared"):
        sl.change(demo.load(), "which/dog", 2020, 2021)


def test_two_waves_of_one_questionnaire_are_identical_without_a_declaration(demo):
    demo.edit("waves/demo/2021/wave.yaml", "demo@2", "demo@1")
    changes = sl.change(demo.load(), "which")
    assert {row.answer: row.comparability for row in changes.rows} == {
        "cat": "identical",
        "dog": "identical",
    }


def test_a_comparable_pair_without_a_figure_is_refused_with_which_one_is_missing(demo):
    text = demo.path("waves/demo/2020/published.csv").read_text("utf-8").splitlines(keepends=True)
    kept = (line for line in text if "which,cat" not in line)
    demo.write("waves/demo/2020/published.csv", "".join(kept))
    with pytest.raises(ComparabilityError, match="2020 has no figure with a known base for which"):
        sl.change(demo.load(), "which/cat", 2020, 2021)


def test_a_result_cannot_be_changed(netclean):
    found = sl.change(netclean, "region/usa")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'rows'"):
        found.rows = ()
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'verdict'"):
        found.rows[0].verdict = "increased"


def decided(demo, decision):
    """The second version follows the first; what stays is decided, one question as given."""
    head = 'version: "2"\nfollows: unknown'
    kept = "".join(f"    - {{question: {name}, decision: same}}\n" for name in ("pets", "how_many"))
    follows = f'version: "2"\nfollows:\n  version: "1"\n  questions:\n{kept}    - {decision}\n'
    text = demo.path("instruments/demo/2.yaml").read_text("utf-8")
    text = text[: text.index("comparisons:")].replace(f"{head}\n", follows)
    demo.write("instruments/demo/2.yaml", text)
    return demo.load()


def test_a_question_that_was_decided_to_stay_the_same_is_compared(demo):
    study = decided(demo, "{question: which, decision: same}")
    (change,) = sl.change(study, "pets/yes", "2020", "2021").rows
    assert change.comparability == "identical"
    assert change.notes == ("Asked as before.",)


def test_a_verdict_of_a_decision_is_printed_with_its_reason(demo):
    demo.edit("instruments/demo/2.yaml", 'label: {en: "Cats"}', 'label: {en: "All cats"}')
    decision = (
        "{question: which, decision: same, changed: [label], "
        "verdict: limited, reason: All of them.}"
    )
    (change,) = sl.change(decided(demo, decision), "which/cat", "2020", "2021").rows
    assert (change.comparability, change.notes) == ("limited", ("All of them.",))


def test_a_verdict_of_a_decision_can_refuse(demo):
    decision = (
        "{question: which, decision: same, changed: [label], "
        "verdict: break, reason: Other animals.}"
    )
    with pytest.raises(ComparabilityError, match=r"Other animals\."):
        sl.change(decided(demo, decision), "which/cat", "2020", "2021")


def test_a_comparison_of_one_answer_goes_before_the_decision_on_its_question(demo):
    decided(demo, "{question: which, decision: same}")
    demo.edit(
        "instruments/demo/2.yaml",
        "    - {question: which, decision: same}\n",
        "    - {question: which, decision: same}\ncomparisons:\n"
        "  - {question: which, answer: dog, with: {version: '1'}, verdict: limited, "
        "reason: Foxes.}\n",
    )
    study = demo.load()
    changes = {entry.answer: entry for entry in sl.change(study, "which", "2020", "2021").rows}
    assert changes["dog"].notes == ("Foxes.",)
    assert changes["cat"].comparability == "identical"
