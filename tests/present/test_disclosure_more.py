"""Results computed from shares tell nothing of the shares that are withheld."""

import dataclasses
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

import surveylib as sl
from surveylib.errors import MethodError

ANSWERS, SIZES = ("no", "maybe", "yes"), ("small", "large")
ORDER = list(ANSWERS)


def frame(counts, *, wave="wave"):
    """People who answered in both waves: a table of who went where for each size."""
    rows = [
        (size, first, second)
        for size, table in zip(SIZES, counts, strict=True)
        for first, line in zip(ANSWERS, table, strict=True)
        for second, count in zip(ANSWERS, line, strict=True)
        for _ in range(count)
    ]
    before = [("2024", place, size, first) for place, (size, first, _) in enumerate(rows)]
    after = [("2025", place, size, second) for place, (size, _, second) in enumerate(rows)]
    made = pd.DataFrame([*before, *after], columns=[wave, "person", "size", "use"])
    return made.assign(use=pd.Categorical(made["use"], categories=ANSWERS))


def together(*results):
    rows = tuple(row for one in results for row in one.rows)
    return dataclasses.replace(results[0], rows=rows, covariance=None)


def shares(data):
    """Everything that a reader may be shown of the two questions."""
    return together(
        sl.estimate(data, "use", wave="wave"),
        sl.estimate(data, "use", wave="wave", by="size"),
        sl.estimate(data, "size", wave="wave"),
    )


LARGE = [[40, 12, 30], [15, 20, 11], [25, 10, 60]]
FEW = [[9, 2, 8], [10, 7, 3], [14, 6, 12]]
tables = st.lists(
    st.lists(st.lists(st.integers(0, 25), min_size=3, max_size=3), min_size=3, max_size=3),
    min_size=2,
    max_size=2,
)


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("shift", lambda data: sl.shift(data, "use", wave="wave", order=ORDER, by="size")),
        ("decompose", lambda data: sl.decompose(data, "use", wave="wave", by="size")),
        ("standardise", lambda data: sl.standardise(data, "use", wave="wave", by="size",
                                                    to="equal")),
        ("sensitivity", lambda data: sl.sensitivity(data, "use/yes", wave="wave",
                                                    where="size=small")),
    ],
)  # fmt: skip
def test_what_follows_from_a_withheld_share_is_withheld_and_all_else_stays(name, compute):
    shown = frame([LARGE, LARGE])
    result = compute(shown)
    kept = sl.protect(shares(shown), more=[result]).more[0]
    assert kept.to_dict() == result.to_dict(), name

    few = frame([[[9, 0, 8], [1, 0, 1], [14, 1, 12]], LARGE])
    result = compute(few)
    safe = sl.protect(shares(few), more=[result])
    gone = [row for row in result.rows if row not in safe.more[0].rows]
    assert gone
    assert len(safe.more[0].refused) >= len(gone)
    told = json.dumps(safe.more[0].to_dict()["refused"])
    assert "withheld, so that nobody can be recognised" in told
    assert str(safe.more[0])
    assert safe.more[0].to_frame().shape[0] < result.to_frame().shape[0]


def test_what_is_not_among_the_estimates_is_withheld():
    data = frame([LARGE, LARGE])
    moved = sl.shift(data, "use", wave="wave", order=ORDER, by="size")
    safe = sl.protect(sl.estimate(data, "use", wave="wave"), more=[moved])
    assert safe.more[0].rows == ()
    assert safe.done[-1] == "2 changes and other results of such shares are withheld with them."


def test_what_follows_from_printed_figures_is_public():
    study = sl.load_study("waves/netclean")
    bounds = sl.sensitivity(study, "region/usa", response_rate=0.5)
    safe = sl.protect(sl.estimate(study, "region"), more=[bounds], study=study)
    assert safe.more[0] == bounds


def test_a_group_that_is_not_among_the_estimates_withholds_the_mix():
    data = frame([LARGE, LARGE])
    mixed = sl.standardise(data, "use", wave="wave", by="size", to="equal")
    rows = tuple(row for row in shares(data).rows if row.domain != "size=small")
    safe = sl.protect(dataclasses.replace(shares(data), rows=rows), more=[mixed])
    assert safe.more[0].rows == ()


def test_a_shift_of_the_same_people_is_withheld_for_its_limits_tell_how_few_changed():
    data = frame([LARGE, LARGE])
    moved = sl.shift(data, "use", wave="wave", order=ORDER, samples="panel", ids="person")
    assert sl.protect(shares(data), more=[moved]).more[0].rows == ()


def test_another_kind_of_result_is_refused():
    data = frame([LARGE, LARGE])
    with pytest.raises(MethodError, match=r"more holds one Estimates; wanted .*Crosstab"):
        sl.protect(shares(data), more=[sl.estimate(data, "use", wave="wave")])


def test_a_crosstab_with_a_withheld_cell_has_neither_test_nor_shares_of_all():
    data = frame([FEW, LARGE])
    one = data[data["wave"] == "2024"].drop(columns="wave").copy()
    one.loc[one["size"].eq("small") & one["use"].eq("maybe"), "use"] = "yes"
    one.loc[one.index[one["size"].eq("small")][:2], "use"] = "maybe"
    table = sl.crosstab(one, "size", "use")
    safe = sl.protect(sl.estimate(one, "use"), more=[table]).more[0]
    away = [(row.domain, row.answer) for row in safe.within.rows if row.flags == ("withheld",)]
    # The 2 of small, another of its row, and the same answers of large: margins are known.
    assert ("size=small", "maybe") in away
    assert ("size=large", "maybe") in away
    assert len(away) >= 4
    assert safe.n is None
    assert safe.test is None
    assert np.isnan(safe.cells).all()
    assert safe.to_dict()["cells"] == [[None] * 3] * 2
    data = json.dumps(safe.to_dict())
    whole = " ".join([str(safe), safe.explain(), data, sl.table(safe)])
    assert f"{table.test.statistic:.3f}" not in whole
    assert str(table.test.statistic)[:6] not in whole


def test_a_crosstab_of_many_people_stays_as_it_is():
    data = frame([LARGE, LARGE])
    one = data[data["wave"] == "2024"].drop(columns="wave")
    table = sl.crosstab(one, "size", "use")
    assert sl.protect(sl.estimate(one, "use"), more=[table]).more[0] == table


def bounded(table, known, place):
    """The lowest and highest that a hidden cell may be, of what a reader sees and the margins."""
    count = len(ANSWERS)
    equations, right = [], []
    counts = np.array(table, dtype=float)
    for i in range(count):
        for line, total in ((np.s_[i, :], counts[i].sum()), (np.s_[:, i], counts[:, i].sum())):
            row = np.zeros((count, count))
            row[line] = 1
            equations.append(row.ravel())
            right.append(total)
    for at in np.argwhere(known):
        row = np.zeros((count, count))
        row[tuple(at)] = 1
        equations.append(row.ravel())
        right.append(counts[tuple(at)])
    ends = []
    for sign in (1, -1):
        wanted = np.zeros((count, count))
        wanted[place] = sign
        found = optimize.milp(
            wanted.ravel(),
            constraints=optimize.LinearConstraint(np.array(equations), right, right),
            integrality=np.ones(count * count),
        )
        assert found.status in {0, 3}
        ends.append(
            math.inf if found.status == 3 else round(float(found.x[np.argmax(wanted != 0)]))
        )
    return ends


@settings(max_examples=25, deadline=None)
@given(tables)
def test_no_small_count_of_who_went_where_can_be_worked_out(counts):
    data = frame(counts)
    try:
        flows = sl.turnover(data, "use", wave="wave", ids="person", by="size")
    except sl.errors.NotEstimableError:
        return
    safe = sl.protect(shares(data), more=[flows]).more[0]
    whole = {row.domain: row for row in flows.rows}
    for row in safe.rows:
        true = whole[row.domain]
        shown = [one for line in row.counts for one in line if one is not None]
        assert not any(0 < one < 5 for one in shown)
        if row.answers != ANSWERS or len(shown) == 9:
            continue
        assert row.stayed is None
        assert row.marginal_p_value is None
        known = np.array([[one is not None for one in line] for line in row.counts])
        for at in map(tuple, np.argwhere(~known)):
            low, high = bounded(true.counts, known, at)
            assert high - low >= 5 or true.counts[at[0]][at[1]] == 0


def test_a_turnover_says_in_words_and_cells_what_is_withheld():
    data = frame([LARGE, [[40, 2, 30], [15, 20, 11], [25, 10, 60]]])
    flows = sl.turnover(data, "use", wave="wave", ids="person", by="size")
    safe = sl.protect(shares(data), more=[flows]).more[0]
    rows = {row.domain: row for row in safe.rows}
    kept, second = rows["size=small"], rows["size=large"]
    assert kept in flows.rows
    assert any(one is None for line in second.counts for one in line)
    assert "withheld" in str(safe)
    assert "Withheld so that nobody can be recognised" in safe.explain()
    frame_ = safe.to_frame()
    assert frame_["n"].isna().sum() == sum(one is None for line in second.counts for one in line)


def test_ways_of_not_answering_are_withheld_where_that_is_asked_for():
    use = ["yes"] * 40 + ["no"] * 17 + [None] * 3
    data = pd.DataFrame({"use": use, "size": ["x"] * 30 + ["y"] * 30})
    found = sl.estimate(data, "use")
    rows = [row.answer for row in found.rows]
    shown = sl.protect(found)
    hidden = sl.protect(found, protection=sl.Protection(states="withheld"))
    assert shown.withheld == 0
    gone = [row.answer for row in hidden.estimates.rows if row.flags == ("withheld",)]
    assert rows
    assert gone == [answer for answer in rows if answer not in {"yes", "no"}]


def test_a_zero_that_follows_from_a_zero_of_all_is_no_fault():
    study = sl.load_study("waves/organised_groups")
    found = together(
        sl.estimate(study, "groups_encountered"),
        sl.estimate(study, "groups_encountered", by="region"),
        sl.estimate(study, "region"),
    )
    assert sl.protect(found, study=study).open == ()


def test_no_such_word_for_states():
    with pytest.raises(MethodError, match=r"no states called 'some'"):
        sl.Protection(states="some")
