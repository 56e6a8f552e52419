"""Nothing about few people can be worked out from what is printed: laws, and cases by hand."""

import dataclasses
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

import surveylib as sl
from surveylib.errors import MethodError, OutputError
from surveylib.present.disclosure import protect, withhold
from surveylib.present.disclosure_rules import WITHHELD

ANSWERS, GROUPS, WAVES = ("yes", "no", "maybe"), ("small", "middle", "large"), ("2024", "2025")
REPORT = "surveylib.study/1"


def frame(counts):
    """A frame with so many rows of each wave, group and answer."""
    rows = [
        (wave, group, answer)
        for wave, groups in zip(WAVES, counts, strict=False)
        for group, answers in zip(GROUPS, groups, strict=True)
        for answer, count in zip(ANSWERS, answers, strict=True)
        for _ in range(count)
    ]
    made = pd.DataFrame(rows, columns=["wave", "size", "use"])
    return made.assign(use=pd.Categorical(made["use"], categories=ANSWERS))


def together(*results):
    return dataclasses.replace(results[0], rows=tuple(row for one in results for row in one.rows))


def tables(data):
    """What a report prints of two questions: one for all and by group, and the groups."""
    return together(
        sl.estimate(data, "use", wave="wave"),
        sl.estimate(data, "use", wave="wave", by="size"),
        sl.estimate(data, "size", wave="wave"),
    )


def named(row):
    return row.wave, row.question, row.answer, row.domain


def hidden(found):
    return {named(row) for row in found.estimates.rows if row.flags == ("withheld",)}


def report(folder, estimates, changes=None):
    folder.mkdir(parents=True, exist_ok=True)
    data = {
        "schema": REPORT,
        "survey": "places",
        "estimates": estimates.to_dict(),
        "changes": (changes or sl.Changes(rows=())).to_dict(),
    }
    (folder / "study.json").write_text(json.dumps(data), "utf-8")
    return folder


cells = st.one_of(st.integers(5, 40), st.integers(5, 40), st.integers(0, 12))
blocks = st.lists(
    st.lists(st.lists(cells, min_size=3, max_size=3), min_size=3, max_size=3),
    min_size=1,
    max_size=2,
)


def extreme(equations, known, place, sign):
    wanted = np.zeros(len(known))
    wanted[place] = sign
    limits = [(0, None) if math.isnan(one) else (one, one) for one in known]
    found = optimize.linprog(wanted, A_eq=equations, b_eq=np.zeros(len(equations)), bounds=limits)
    assert found.status in {0, 3}
    return math.inf if found.status == 3 else sign * found.fun


@settings(max_examples=25, deadline=None)
@given(counts=blocks)
def test_what_a_reader_can_work_out_of_a_withheld_count_is_at_least_5_wide(counts):
    data = frame(counts)
    found = protect(tables(data))
    away = hidden(found)
    assert found.open == ()
    for wave, groups in zip(WAVES, counts, strict=False):
        whole = np.array(groups)
        whole = np.hstack([whole, whole.sum(axis=1, keepdims=True)])
        whole = np.vstack([whole, whole.sum(axis=0)]).astype(float)
        # The linear program of a reader, written out here: answers sum to a group, groups to all.
        places = np.arange(16).reshape(4, 4)
        equations = np.zeros((8, 16))
        for line, sums in zip(equations, [*places, *places.T], strict=True):
            line[sums[:3]], line[sums[3]] = 1, -1
        known = whole.ravel().copy()
        there = [group for group, answers in zip(GROUPS, groups, strict=True) if sum(answers)]
        asked = []
        for g, group in enumerate([*GROUPS, ""]):
            domain = f"size={group}" if group else ""
            if group and group not in there:
                continue
            for a, answer in enumerate(ANSWERS):
                if (wave, "use", answer, domain) in away:
                    known[places[g, a]] = math.nan
                    asked.append(places[g, a])
            block = [(wave, "use", answer, domain) in away for answer in ANSWERS]
            if group and all(block) and (wave, "size", group, "") in away:
                known[places[g, 3]] = math.nan
        for place in asked:
            low, high = (extreme(equations, known, place, sign) for sign in (1, -1))
            assert high - low >= 5 - 1e-6


@settings(max_examples=20, deadline=None)
@given(counts=blocks)
def test_no_withheld_value_stands_in_any_output(counts):
    before = tables(frame(counts))
    found = protect(before)
    away = hidden(found)
    shown = {(row.printed, row.n) for row in found.estimates.rows if row.printed}
    outputs = "\n".join(
        [
            str(found.estimates),
            found.estimates.explain(),
            found.estimates._repr_html_(),
            json.dumps(found.estimates.to_dict()),
            found.estimates.to_frame().to_csv(),
            *found.done,
        ]
    )
    for row in before.rows:
        if named(row) in away and (row.printed, row.n) not in shown:
            assert not re.search(rf"(?<!\d){row.printed}(?!\d)", outputs)
    for row in found.estimates.to_dict()["rows"]:
        if row["flags"] == ["withheld"]:
            numbers = {name for name, value in row.items() if isinstance(value, int | float)}
            assert numbers == {"confidence_level"}


@settings(max_examples=15, deadline=None)
@given(counts=blocks)
def test_protecting_is_the_same_each_time(counts):
    before = tables(frame(counts))
    assert protect(before) == protect(before)


def test_protecting_twice_is_refused():
    once = protect(sl.estimate(one(3, 40, 17), "use"))
    with pytest.raises(MethodError, match="protect the estimates as they were made, once"):
        protect(once.estimates)


@settings(max_examples=15, deadline=None)
@given(
    counts=st.lists(
        st.lists(st.lists(st.integers(5, 40), min_size=3, max_size=3), min_size=3, max_size=3),
        min_size=1,
        max_size=2,
    )
)
def test_where_no_count_is_small_nothing_is_withheld(counts):
    before = tables(frame(counts))
    found = protect(before)
    assert found.estimates == before
    assert found.estimates.covariance is before.covariance
    assert found.done == (
        "Checked for counts from 1 to 4 and groups of fewer than 10. Nothing had to be withheld.",
    )


@pytest.mark.parametrize("seed", range(3))
def test_no_withheld_value_stands_in_a_chart(seed):
    counts = np.random.default_rng(seed).integers(0, 30, (1, 3, 3)).tolist()
    before = sl.estimate(frame(counts), "use", by="size")
    found = protect(before)
    assert found.withheld
    drawn = json.dumps(found.estimates.chart().to_dict())
    shown = {row.estimate for row in found.estimates.rows}
    for row, kept in zip(before.rows, found.estimates.rows, strict=True):
        if kept.estimate is None and row.estimate not in shown and len(repr(row.estimate)) > 8:
            assert repr(row.estimate) not in drawn


# Cases by hand


def one(*counts, answers="abcdefg", column="use"):
    values = [answer for answer, count in zip(answers, counts, strict=False) for _ in range(count)]
    return pd.DataFrame({column: values})


def withheld_answers(data, question="use", **options):
    found = protect(sl.estimate(data, question), protection=sl.Protection(**options))
    return [row.answer for row in found.estimates.rows if row.n is None]


def test_a_small_count_takes_the_next_smallest_with_it():
    assert withheld_answers(one(3, 40, 17)) == ["a", "c"]


def test_two_small_counts_that_leave_a_narrow_sum_take_a_third():
    assert withheld_answers(one(1, 2, 40, 17)) == ["a", "b", "d"]


def test_two_small_counts_that_hide_each_other_are_enough():
    assert withheld_answers(one(3, 4, 40, 17)) == ["a", "b"]


def test_a_count_of_5_is_shown_and_one_of_4_is_not():
    assert withheld_answers(one(5, 40, 17)) == []
    assert withheld_answers(one(4, 40, 17)) == ["a", "c"]
    assert withheld_answers(one(9, 40, 17), minimum_cell=10) == ["a", "c"]


def test_a_group_of_9_is_withheld_and_one_of_10_is_not():
    assert withheld_answers(one(9)) == ["a"]
    assert withheld_answers(one(10)) == []


def test_nobody_is_told_unless_zeros_are_withheld():
    data = frame([[[40, 17, 0], [20, 20, 20], [30, 30, 30]]])
    estimates = sl.estimate(data, "use", where="size=small")
    assert [row.printed for row in estimates.rows] == ["0 of 57", "17 of 57", "40 of 57"]
    assert protect(estimates).withheld == 0
    found = protect(estimates, protection=sl.Protection(zeros="withheld"))
    assert [row.answer for row in found.estimates.rows if row.n is None] == ["maybe", "no"]


def test_a_withheld_row_keeps_its_names_and_has_no_number():
    row = sl.estimate(one(3, 40, 17), "use").rows[0]
    found = withhold(row)
    assert named(found) == named(row)
    assert (found.title, found.question_text, found.answer_text) == (
        row.title,
        row.question_text,
        row.answer_text,
    )
    assert (found.flags, found.notes, found.printed, found.read_as) == (
        ("withheld",),
        (WITHHELD,),
        "",
        "",
    )
    assert (found.n, found.estimate, found.estimate_low, found.ci_low, found.df) == (None,) * 5


def test_the_covariance_of_withheld_rows_is_taken_away():
    estimates = sl.estimate(one(3, 40, 17), "use")
    assert estimates.covariance is not None
    assert protect(estimates).estimates.covariance is None


def test_one_subgroup_beside_all_is_withheld_where_few_are_left():
    data = frame([[[40, 30, 30], [3, 4, 4], [0, 0, 0]]])
    all_and_small = together(sl.estimate(data, "use"), sl.estimate(data, "use", where="size=small"))
    # All less the small ones are the middle ones: 3, 4 and 4.
    assert [row.domain for row in protect(all_and_small).estimates.rows if row.n is None]


def test_those_who_did_not_say_their_group_are_protected_when_asked_for():
    data = frame([[[30, 30, 30], [30, 30, 30], [30, 30, 30]]])
    data.loc[[0, 1, 40, 41], "size"] = None
    estimates = together(sl.estimate(data, "use"), sl.estimate(data, "use", by="size"))
    assert protect(estimates).withheld == 0
    everybody = sl.Protection(remainders="everybody")
    assert protect(estimates, protection=everybody).withheld > 0


def test_a_small_group_of_a_mean_takes_another_group_with_it():
    data = pd.DataFrame({"rooms": range(60), "size": ["a"] * 6 + ["b"] * 24 + ["c"] * 30})
    estimates = together(
        sl.estimate(data, "rooms", statistic="mean"),
        sl.estimate(data, "rooms", statistic="mean", by="size"),
    )
    # n mean = sum of n mean over groups: one group alone could be worked out.
    away = [row.domain for row in protect(estimates).estimates.rows if row.n is None]
    assert away == ["size=a", "size=b"]


def test_people_between_two_numbers_are_a_count_as_well():
    data = pd.DataFrame({"rooms": [1] * 20 + [3] * 2 + [9] * 30})
    estimates = sl.estimate(data, "rooms", statistic="share_up_to", threshold=(2, 5))
    # 20 of 52 and 22 of 52: two people have 3.
    assert protect(estimates).withheld > 0


def test_answers_that_may_be_ticked_together_are_protected_each_by_its_rest():
    # Of two answers with 30 and 48 of 50, the second tells that 2 did not tick it.
    rows = sl.estimate(one(30, 20), "use").rows
    ticked = [
        dataclasses.replace(rows[0], answer=answer, printed=f"{count} of 50")
        for answer, count in (("a", 30), ("b", 48))
    ]
    found = protect(sl.Estimates(rows=tuple(ticked)))
    assert [row.answer for row in found.estimates.rows if row.n is None] == ["b"]


def test_printed_figures_of_published_waves_are_public_already():
    study = sl.load_study("waves/netclean")
    estimates = sl.estimate(study, "region")
    assert protect(estimates, study=study).estimates == estimates


# Changes and trends


WAVES_OF_THREE = pd.DataFrame(
    {
        "year": [2021] * 60 + [2022] * 60 + [2023] * 60,
        "use": ["yes"] * 40 + ["no"] * 17 + ["maybe"] * 3 + (["yes", "no", "maybe"] * 20) * 2,
    }
)


def protected_series(**options):
    data = WAVES_OF_THREE
    return protect(
        sl.estimate(data, "use", wave="year"),
        sl.change(data, "use", wave="year", **options),
        trends=sl.trend(data, "use", wave="year"),
    )


def test_a_change_with_a_withheld_share_is_not_compared():
    found = protected_series()
    kept = {(row.from_wave, row.to_wave, row.answer) for row in found.changes.rows}
    assert ("2022", "2023", "maybe") in kept
    assert ("2021", "2022", "yes") in kept
    assert ("2021", "2022", "maybe") not in kept
    assert ("2021", "2023", "no") not in kept
    gone = [row for row in found.changes.refused if row.comparability == "withheld"]
    assert {row.answer for row in gone} == {"maybe", "no"}
    assert all(row.from_estimate is row.to_estimate is None for row in gone)
    assert found.done[-1] == "6 changes and other results of such shares are withheld with them."


def test_a_trend_with_a_withheld_share_is_none():
    found = protected_series()
    assert [row.answer for row in found.trends.rows] == ["yes"]
    assert [row.reason for row in found.trends.refused] == [WITHHELD, WITHHELD]


def test_no_number_of_a_withheld_share_stands_in_changes_and_trends():
    found = protected_series()
    for result in (found.changes, found.trends):
        told = "\n".join([str(result), result.explain(), json.dumps(result.to_dict())])
        told += json.dumps(result.chart().to_dict())
        # 3 of 60 and 17 of 60: no other wave has either share.
        for form in ("3 of 60", "17 of 60", "0.05,", "5.0 %", "28.3", "0.28333"):
            assert form not in told


def test_adjusted_p_values_go_with_the_changes_they_may_tell_of():
    found = protected_series(adjust="holm")
    assert found.changes.rows
    assert {(row.p_adjusted, row.family) for row in found.changes.rows} == {(None, "")}


def test_a_pair_that_was_not_compared_loses_a_figure_that_is_withheld():
    changes = sl.change(WAVES_OF_THREE, "use", 2021, 2022, wave="year")
    row = next(row for row in changes.rows if row.answer == "maybe")
    refused = sl.Refusal(
        question="use", answer="maybe", from_wave="2021", to_wave="2022", from_question="use",
        from_answer="maybe", comparability="order_only", order="higher", reasons=("Reworded.",),
        from_estimate=row.from_estimate, to_estimate=row.to_estimate, title="use",
        from_title="use", answer_text="maybe", from_answer_text="maybe", steps=1,
    )  # fmt: skip
    found = protect(
        sl.estimate(WAVES_OF_THREE, "use", wave="year"), sl.Changes(rows=(), refused=(refused,))
    ).changes.refused[0]
    assert (found.from_estimate, found.order) == (None, None)
    assert found.to_estimate is not None
    assert found.comparability == "order_only"


def test_the_test_of_the_same_people_does_not_tell_how_few_changed():
    # 30 said yes twice, 26 no twice, 2 and 12 changed.
    first = ["yes"] * 30 + ["no"] * 26 + ["yes"] * 2 + ["no"] * 12
    second = ["yes"] * 30 + ["no"] * 26 + ["no"] * 2 + ["yes"] * 12
    people = list(range(70))
    data = pd.DataFrame({"year": [1] * 70 + [2] * 70, "who": people * 2, "use": first + second})
    changes = sl.change(data, "use", wave="year", samples="panel", ids="who")
    found = protect(sl.estimate(data, "use", wave="year"), changes)
    assert found.withheld == 0
    assert found.changes.rows == ()
    many = data.assign(use=first + ["no"] * 15 + ["yes"] * 55)
    changes = sl.change(many, "use", wave="year", samples="panel", ids="who")
    assert protect(sl.estimate(many, "use", wave="year"), changes).changes.rows


# Earlier reports


def test_what_was_printed_before_stays_known_and_is_no_help(tmp_path):
    estimates = sl.estimate(one(3, 40, 17), "use")
    rows = tuple(row for row in estimates.rows if row.answer == "c")
    # The earlier report printed the 17, so 3 is hidden with the 40.
    earlier = report(tmp_path / "2024", dataclasses.replace(estimates, rows=rows))
    found = protect(estimates, protection=sl.Protection(earlier=earlier))
    assert [row.answer for row in found.estimates.rows if row.n is None] == ["a", "b"]
    assert "What earlier reports printed was taken as known." in found.done


def test_a_small_count_that_was_printed_before_is_named_to_the_owner(tmp_path):
    estimates = sl.estimate(one(3, 40, 17), "use")
    found = protect(
        estimates, protection=sl.Protection(earlier=report(tmp_path / "2024", estimates))
    )
    assert found.known == ("use/a stands in an earlier report",)
    assert [row.answer for row in found.estimates.rows if row.n is None] == ["a"]
    assert found.open == ()


def test_few_people_more_than_in_an_earlier_report_are_not_told_apart(tmp_path):
    earlier = report(tmp_path / "2024", sl.estimate(one(40, 30), "use"))
    # One more came after the report: the two reports together tell what they answered.
    later = sl.estimate(one(41, 30), "use")
    found = protect(later, protection=sl.Protection(earlier=earlier))
    assert found.withheld == 2
    many = sl.estimate(one(60, 50), "use")
    assert protect(many, protection=sl.Protection(earlier=earlier)).withheld == 0


def test_what_cannot_be_protected_stops_the_files(tmp_path):
    estimates = sl.estimate(one(2, 1, 40), "use")
    rows = tuple(row for row in estimates.rows if row.answer == "c")
    earlier = report(tmp_path / "2024", dataclasses.replace(estimates, rows=rows))
    found = protect(estimates, protection=sl.Protection(earlier=earlier))
    assert found.open == ("use/a: from 0 to 3", "use/b: from 0 to 3")
    with pytest.raises(OutputError, match="nothing is written: 2 numbers of few people"):
        found.check()
    protect(sl.estimate(one(20, 30), "use")).check()


# Arguments


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minimum_cell": 0}, "minimum_cell is '0'; wanted a whole number, at least 1"),
        ({"minimum_base": 2.5}, "minimum_base is '2.5'; wanted a whole number"),
        ({"minimum_cell": 20}, "minimum_base is 10 and minimum_cell 20"),
        ({"zeros": "hidden"}, "no zeros called 'hidden'; choose one of 'shown', 'withheld'"),
        ({"remainders": "all"}, "no remainders called 'all'; choose one of 'groups'"),
    ],
)
def test_a_protection_that_makes_no_sense_is_refused(options, message):
    with pytest.raises(MethodError, match=message):
        sl.Protection(**options)
