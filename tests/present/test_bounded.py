"""What those who did not answer leave open, as it is printed: complete, and never a cause."""

import re

import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.nonresponse.missing import MISSING
from surveylib.present import bounded
from surveylib.stats.nonresponse import METHODS

SPACE = "\u00a0"
#: Words that would say why something changed.
CAUSES = re.compile(r"\b(because|due to|caus\w+|led to|effects?|impact\w*|driven)\b", re.IGNORECASE)


def frame(*waves):
    """Waves from 2020 on, each with so many who said yes, no and nothing."""
    lines = [
        (2020 + place, answer)
        for place, wave in enumerate(waves)
        for answer, many in zip(("yes", "no", None), wave, strict=True)
        for _ in range(many)
    ]
    return pd.DataFrame(lines, columns=["year", "member"])


@pytest.fixture(scope="module")
def rise():
    return sl.sensitivity(
        frame((200, 300, 200), (240, 260, 180)), "member/yes", wave="year", threshold=0.45
    )


def test_a_row_says_share_missing_bounds_and_their_interval(rise):
    table = bounded.tables(rise)[0]
    assert table.head == [
        "wave", "answered", "95 % interval", "n", "missing", "could be", "95 % interval of that",
        "finding",
    ]  # fmt: skip
    row = rise.rows[0]
    assert table.rows[0][:6] == [
        "2020", f"40.0{SPACE}%", f"35.8 to 44.4{SPACE}%", "500", f"28.6{SPACE}%",
        f"28.6 to 57.1{SPACE}%",
    ]  # fmt: skip
    assert table.rows[0][6] == f"{row.ci_low * 100:.1f} to {row.ci_high * 100:.1f}{SPACE}%"
    assert table.rows[0][7] == f"below 45{SPACE}%: depends on them"
    assert table.rows[1][7] == "neither shown"


def test_one_change_has_a_table_of_shares_among_those_missing(rise):
    _, changes, grid = bounded.tables(rise)
    assert changes.rows[0][:2] == ["2020→2021", "+8.0"]
    assert changes.rows[0][-1] == "rise: depends on them"
    assert grid.head == ["2020 ↓ 2021 →", "0 %", "25 %", "50 %", "75 %", "100 %"]
    # 240 of 680 less 200 of 700; and 420 of 680 less 400 of 700.
    assert grid.rows[0][1] == "+6.7"
    assert grid.rows[4][5] == "(+4.6)"
    assert grid.rows[4][1] == "(−21.8)"


def test_several_changes_have_no_such_table():
    found = sl.sensitivity(
        frame((20, 30, 20), (24, 26, 18), (25, 26, 18)), "member/yes", wave="year"
    )
    assert len(found.changes) == 3
    assert len(bounded.tables(found)) == 2


def test_a_threshold_is_told_with_what_undoes_it(rise):
    tips = f"{rise.rows[0].finding_tips * 100:.1f}{SPACE}%"
    assert bounded.threshold(rise.rows[0], "those who answered") == (
        f"To undo that the share is below 45{SPACE}% in 2020, at least {tips} of those who did not "
        f"answer in 2020 must have said “yes”, against 40.0{SPACE}% of those who did."
    )


def test_who_is_missing_is_told_in_words(root):
    study = sl.load_study(root / "waves" / "organised_groups")
    text = str(sl.sensitivity(study, "region/usa", response_rate=0.4))
    assert (
        "missing in 2025: 15 of 240 who were asked: 8 refused to answer, 3 left it blank, " in text
    )
    assert "4 broke off before it; 60 % of those invited did not take part" in text
    assert "answered: share of simulated respondents" in text


def test_the_caveat_of_a_sample_that_is_no_random_one_is_printed(netclean):
    text = str(sl.sensitivity(netclean, "region/usa", response_rate=0.8))
    assert "caveat: 2016, 2018, 2019: the officers who answered were users of one tool" in text
    assert "caveat: A change between waves can be a change of who answered." in text


def test_it_is_told_that_who_was_invited_is_not_known(rise):
    assert "not known in 2020, 2021: how many were invited and did not take part." in str(rise)


def test_a_frame_without_waves_names_none():
    text = str(sl.sensitivity(frame((6, 9, 5)), "member/yes", threshold=0.9))
    assert "missing: 5 of 20 who were asked: 5 have no value" in text
    assert "To undo that the share is below 90 %, at least" in text or "holds whatever" in text
    assert " in ," not in text
    assert "wave" not in text.splitlines()[1]


def test_no_change_shown_is_told_with_its_bounds():
    text = str(sl.sensitivity(frame((20, 30, 20), (21, 29, 18)), "member/yes", wave="year"))
    assert (
        "No change is shown from 2020 to 2021 among those who answered; with those who did not"
        in text
    )


def test_those_missing_in_one_wave_alone_may_be_too_few():
    found = sl.sensitivity(frame((60, 90, 50), (110, 60, 30)), "member/yes", wave="year")
    assert found.changes[0].verdict == "holds if alike"
    assert "Those missing in one wave alone cannot undo the rise from 2020 to 2021." in str(found)


def test_a_notebook_has_the_same_tables_and_marks_nothing_as_markup():
    made = frame((6, 9, 5)).replace("yes", "<b>")
    page = sl.sensitivity(made, "member/<b>")._repr_html_()
    assert page.count("<table>") == 1
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_a_terminal_is_left_alone():
    made = frame((6, 9, 5)).replace("yes", "a\x1b[31m")
    assert "\x1b" not in str(sl.sensitivity(made, "member/a\x1b[31m"))


def test_the_explanation_names_the_papers_and_every_wave(rise, netclean):
    text = rise.explain()
    assert text.count("Manski (1989)") == 2
    assert text.count("Imbens and Manski (2004)") == 2
    assert "1.645 standard errors beyond them" in text
    unknown = sl.sensitivity(netclean, "region/usa").explain()
    assert "2016: 61.1 % of those who answered, n = 370".replace(" %", f"{SPACE}%") in unknown
    assert "Manski" not in unknown


def test_nothing_printed_names_a_cause(rise, netclean):
    for found in (rise, sl.sensitivity(netclean, "region/usa", response_rate=0.8)):
        assert CAUSES.findall(str(found) + found.explain()) == []


def test_every_way_of_not_answering_and_every_method_has_words():
    assert all(MISSING.values())
    assert set(bounded._METHODS) == set(METHODS)  # noqa: SLF001 - a table of words


def test_a_chart_has_a_bar_from_bound_to_bound(rise, netclean):
    whole = rise.chart().to_dict()
    layers = whole["vconcat"][0]["layer"]
    assert [layer["mark"]["type"] for layer in layers] == ["rule", "bar", "rule", "point", "text"]
    held = (layers[1], whole["vconcat"][0], whole)
    data = next(one["data"] for one in held if "data" in one)
    values = whole["datasets"][data["name"]] if "name" in data else data["values"]
    drawn = [(one["low"], one["high"]) for one in values]
    assert drawn == [(row.low, row.high) for row in rise.rows]
    assert sl.sensitivity(netclean, "region/usa").chart()
