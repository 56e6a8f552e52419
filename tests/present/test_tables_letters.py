"""Letters and arrows stand where a test by hand, or by another library, says so."""

import dataclasses
import math
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.tables_groups import Pair, p_values_of
from surveylib.present.tables_letters import significant


def frame_of(counts, by="group"):
    """A frame with so many of n who said yes in each group, or wave."""
    return pd.DataFrame(
        [
            {by: name, "q": "yes" if place < yes else "no"}
            for name, (yes, n) in counts.items()
            for place in range(n)
        ]
    )


def cells_of(made, answer):
    """The shares of a row, as Markdown has them."""
    [line] = [line for line in made.splitlines() if line.startswith(f"| {answer} ")]
    return [cell.strip() for cell in line.split("|")[2:-1:2]]


def letters(counts, **options):
    found = sl.estimate(frame_of(counts), "q", by="group")
    made = sl.table(found, letters=True, **options)
    return [re.sub(r".*% ?", "", cell) for cell in cells_of(made, "yes")]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # Newcombe (1998), Statistics in Medicine 17:873, Table II, method 10: the interval of the
        # difference of the two, and whether 0 is outside of it.
        ((48, 80), (56, 70), ["", "A"]),  # a: 0.0524 to 0.3339
        ((3, 10), (9, 10), ["", "A"]),  # b: 0.1705 to 0.8090
        ((6, 7), (2, 7), ["B", ""]),  # c: 0.0582 to 0.8062
        ((5, 56), (0, 29), ["", ""]),  # d: -0.0381 to 0.1926
        ((10, 10), (0, 10), ["B", ""]),  # g: 0.6075 to 1
    ],
)
def test_a_letter_stands_where_newcombes_interval_leaves_out_0(first, second, expected):
    assert letters({"1": first, "2": second}, adjust=None) == expected


def test_groups_of_a_simple_sample_have_the_p_values_that_waves_would_have():
    counts = {"1": (40, 100), "2": (54, 120), "3": (0, 30)}
    groups = sl.estimate(frame_of(counts), "q/yes", by="group")
    changes = sl.change(frame_of(counts, by="wave"), "q/yes", wave="wave").rows
    pairs = {(row.from_wave, row.to_wave): row.p_value for row in changes}
    rows = {row.domain[-1]: row for row in groups.rows}
    made = p_values_of(groups, [Pair(rows[first], rows[second]) for first, second in pairs])
    assert made == pytest.approx(list(pairs.values()), rel=1e-9)


COUNTS = {"1": (40, 100), "2": (54, 100), "3": (60, 100), "4": (36, 100)}


def holm_by_intervals(counts, answers):
    """Holm by hand: the pairs in order of evidence, each at 5 % over those that are left.

    Evidence and decision by statsmodels' Newcombe interval.
    """

    def p_value(pair):
        low, high = 1e-12, 1 - 1e-12
        for _ in range(200):
            alpha = (low + high) / 2
            ends = confint_proportions_2indep(
                *counts[pair[0]], *counts[pair[1]], method="newcomb", alpha=alpha
            )
            low, high = (low, alpha) if ends[0] > 0 or ends[1] < 0 else (alpha, high)
        return low

    names = list(counts)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    ordered = sorted(pairs, key=p_value)
    found = set()
    left = len(pairs) * answers
    for pair in ordered:
        # "yes" and "no" have the same p-value: the later of the two decides last.
        if p_value(pair) > 0.05 / left:
            break
        found.add(pair)
        left -= answers
    return found


def test_holm_counts_all_pairs_of_a_question_in_a_wave():
    shown = holm_by_intervals(COUNTS, answers=2)
    expected = [
        " ".join(
            "1234"[place] for place, other in enumerate(COUNTS)
            if (min(name, other), max(name, other)) in shown and COUNTS[name] > COUNTS[other]
        ).translate(str.maketrans("1234", "ABCD"))
        for name in COUNTS
    ]  # fmt: skip
    assert letters(COUNTS) == expected
    assert shown  # or nothing was tested here


def test_without_an_adjustment_each_pair_is_on_its_own():
    shown = {
        (a, b)
        for a in COUNTS
        for b in COUNTS
        if confint_proportions_2indep(*COUNTS[a], *COUNTS[b], method="newcomb")[0] > 0
    }
    assert shown == {("2", "1"), ("2", "4"), ("3", "1"), ("3", "4")}
    assert letters(COUNTS, adjust=None) == ["", "A D", "A D", ""]


def test_the_note_names_level_test_and_family():
    found = sl.estimate(frame_of(COUNTS), "q", by="group", confidence_level=0.9)
    made = sl.table(found, letters=True, family="answer")
    assert "two-sided tests at the 10\u00a0% level" in made
    assert "Newcombe" in made
    assert "holm, 6 tests: all of one answer in one wave" in made


def test_without_a_covariance_groups_are_said_to_share_nobody():
    found = sl.estimate(frame_of(COUNTS), "q", by="group")
    assert "share nobody" not in sl.table(found, letters=True)
    without = dataclasses.replace(found, covariance=None)
    assert "groups of one wave are taken to share nobody" in sl.table(without, letters=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"adjust": "hommels"}, "no adjustment method called 'hommels'; did you mean 'hommel'"),
        ({"family": "row"}, "no family method called 'row'; choose one of 'all', 'question'"),
    ],
)
def test_adjustments_and_families_that_do_not_exist_are_refused(options, message):
    with pytest.raises(MethodError, match=re.escape(message)):
        letters(COUNTS, **options)


def zou(first, second, correlation):
    """Limits of a difference from those of both, Zou (2007), with Wilson's by statsmodels."""
    (p1, n1), (p2, n2) = ((yes / n, n) for yes, n in (first, second))
    low1, high1 = proportion_confint(p1 * n1, n1, method="wilson")
    low2, high2 = proportion_confint(p2 * n2, n2, method="wilson")
    down = (p2 - low2) ** 2 + (high1 - p1) ** 2
    down -= 2 * correlation * (p2 - low2) * (high1 - p1)
    up = (high2 - p2) ** 2 + (p1 - low1) ** 2 - 2 * correlation * (high2 - p2) * (p1 - low1)
    return p2 - p1 - math.sqrt(down), p2 - p1 + math.sqrt(up)


@pytest.mark.parametrize("correlation", [-0.4, 0.0, 0.3, 0.6])
def test_groups_that_share_people_are_compared_with_their_covariance(correlation):
    first, second = (45, 100), (56, 100)
    found = sl.estimate(frame_of({"1": first, "2": second}), "q", by="group")
    errors = np.array([row.standard_error for row in found.rows])
    related = np.eye(4) + correlation * (np.eye(4, k=2) + np.eye(4, k=-2))
    found = dataclasses.replace(found, covariance=related * np.outer(errors, errors))
    low, _ = zou(first, second, correlation)
    made = sl.table(found, letters=True, adjust=None)
    yes = next(place for place, row in enumerate(found.rows) if row.answer == "yes")
    assert found.covariance[yes, yes + 2] == pytest.approx(correlation * errors[yes] ** 2, rel=0.01)
    assert cells_of(made, "yes")[1].endswith(" A") == (low > 0)


def means(first, second, df, covariance):
    """Two means with standard errors, as estimates under a design."""
    source = sl.estimate(frame_of({"1": (5, 10), "2": (6, 10)}), "q/yes", by="group")
    rows = tuple(
        dataclasses.replace(
            row, statistic="mean", answer="", estimate=value, estimate_low=value,
            estimate_high=value, standard_error=error, df=df,
        )
        for row, (value, error) in zip(source.rows, (first, second), strict=True)
    )  # fmt: skip
    matrix = np.array([[first[1] ** 2, covariance], [covariance, second[1] ** 2]])
    return dataclasses.replace(source, rows=rows, covariance=matrix)


@pytest.mark.parametrize("df", [5.0, 40.0, math.inf])
def test_means_are_compared_by_t_with_their_covariance(df):
    found = means((3.0, 0.4), (4.1, 0.5), df, 0.06)
    t = 1.1 / math.sqrt(0.16 + 0.25 - 0.12)
    expected = 2 * (scipy_stats.norm.sf(t) if math.isinf(df) else scipy_stats.t.sf(t, df))
    assert p_values_of(found, [Pair(*found.rows)]) == [pytest.approx(expected, rel=1e-12)]


def test_a_figure_that_is_withheld_is_compared_with_nothing():
    found = sl.estimate(frame_of({"1": (48, 80), "2": (56, 70)}), "q", by="group")
    rows = [
        dataclasses.replace(row, flags=("withheld",), notes=("",)) if place > 1 else row
        for place, row in enumerate(found.rows)
    ]
    with pytest.raises(MethodError, match="nothing here can be compared"):
        sl.table(dataclasses.replace(found, rows=tuple(rows)), letters=True)


def waves(counts, **options):
    frame = frame_of(counts, by="wave")
    return sl.estimate(frame, "q", wave="wave"), sl.change(frame, "q", wave="wave", **options)


def test_an_arrow_says_that_a_share_rose_or_fell_since_the_wave_before():
    # Newcombe's example a; then 56 of 70 against 3 of 10 more than undoes it.
    found, changes = waves({"1": (48, 80), "2": (56, 70), "3": (3, 10)})
    made = sl.table(found, arrows=True, changes=changes)
    assert cells_of(made, "yes") == ["60.0\u00a0%", "80.0\u00a0% ▲", "30.0\u00a0% ▼"]
    assert cells_of(made, "no") == ["40.0\u00a0%", "20.0\u00a0% ▼", "70.0\u00a0% ▲"]
    assert "▲ ▼ the share rose or fell since the wave before; two-sided tests at the 5" in made


def test_the_last_wave_against_the_first_is_a_letter_and_no_arrow():
    found, changes = waves({"1": (40, 100), "2": (47, 100), "3": (54, 100)})
    made = sl.table(found, arrows=True, letters=True, changes=changes)
    assert cells_of(made, "yes") == ["40.0\u00a0%", "47.0\u00a0%", "54.0\u00a0% A"]


def test_a_change_counts_with_its_whole_family():
    alone = waves({"1": (40, 100), "2": (54, 100), "3": (54, 100)})
    # 54 against 40 of 100: p is near 0.047, and with six tests by Holm above 0.05
    family = waves({"1": (40, 100), "2": (54, 100), "3": (54, 100)}, adjust="holm")
    plain, counted = (sl.table(one[0], arrows=True, changes=one[1]) for one in (alone, family))
    assert cells_of(plain, "yes")[1].endswith("▲")
    assert cells_of(counted, "yes")[1] == "54.0\u00a0%"
    assert "holm, 6 tests: all of this result" in counted


def test_a_change_that_rounding_leaves_open_is_not_significant():
    row = sl.change(sl.load_study("waves/netclean"), "rising_trends").rows[2]
    assert row.verdict == "undetermined by rounding"
    assert significant(row) == 0


def test_a_table_of_changes_takes_signs_from_its_own_rows():
    _, changes = waves({"1": (48, 80), "2": (56, 70)})
    made = sl.table(changes, arrows=True, letters=True)
    assert cells_of(made, "yes")[:2] == ["60.0\u00a0%", "80.0\u00a0% ▲ A"]


def test_changes_of_other_figures_bring_no_sign_and_the_rows_are_named():
    found, changes = waves({"1": (48, 80), "2": (56, 70)})
    others = tuple(
        dataclasses.replace(
            row, to_estimate=dataclasses.replace(row.to_estimate, estimate=0.1, n=9)
        )
        if row.answer == "no"
        else row
        for row in changes.rows
    )
    made = sl.table(found, arrows=True, changes=dataclasses.replace(changes, rows=others))
    assert cells_of(made, "yes")[1].endswith("▲")
    assert cells_of(made, "no") == ["40.0\u00a0%", "20.0\u00a0%"]
    assert "not compared between waves: “no”" in made


def test_a_mean_of_waves_is_no_wave_before():
    frame = frame_of({"1": (30, 100), "2": (50, 100), "3": (70, 100)}, by="wave")
    changes = sl.change(frame, "q", wave="wave", against="mean")
    made = sl.table(changes, arrows=True, letters=True)
    head = next(line for line in made.splitlines() if line.startswith("| answer"))
    places = [head.index(name) for name in ("mean of 3 waves (A)", "1 (B)", "2 (C)", "3 (D)")]
    assert places == sorted(places)
    # 50 % on average: the first is lower, the last is higher, and no wave comes after a mean.
    assert cells_of(made, "yes")[:4] == [
        "50.0\u00a0% B", "30.0\u00a0%", "50.0\u00a0%", "70.0\u00a0% A",
    ]  # fmt: skip


def test_people_of_each_pair_of_waves_have_columns_of_their_own():
    # Who is new, or leaves, says yes less often: each pair of waves has people of its own.
    frame = pd.DataFrame(
        [
            {
                "wave": wave,
                "person": person,
                "q": "yes" if person % 10 < wave * 3 - (person > 150) else "no",
            }
            for wave, first, last in ((1, 0, 200), (2, 0, 160), (3, 40, 200))
            for person in range(first, last)
        ]
    )
    changes = sl.change(frame, "q/yes", wave="wave", samples="panel", ids="person")
    made = sl.table(changes, arrows=True, letters=True)
    head = next(line for line in made.splitlines() if line.startswith("| answer"))
    assert head.startswith("| answer | 1 → 2, 1 (A), share | 1 → 2, 1 (A), 95")

    def share(wave, people):
        there = frame[(frame.wave == wave) & frame.person.isin(people)]
        return f"{(there.q == 'yes').mean() * 100:.1f}\u00a0%"

    both, later, ends = range(160), range(40, 160), range(40, 200)
    assert cells_of(made, "yes")[:6] == [
        share(1, both), f"{share(2, both)} ▲ A",
        share(2, later), f"{share(3, later)} ▲ C",
        share(1, ends), f"{share(3, ends)} E",
    ]  # fmt: skip
    assert cells_of(made, "n")[:6] == ["160", "160", "120", "120", "160", "160"]
