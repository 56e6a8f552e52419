"""Results of each kind printed, explained, drawn and written as data."""

import json
import re

import pytest

import surveylib as sl
from surveylib.errors import MethodError
from tests.analysis.series.towns import write

ORDER = ["low", "middle", "high"]
DRAWN = {"design": sl.Design(weights="w", strata="s", psu="unit", population="size"),
         "reused_ids": True}  # fmt: skip
SHARED = {"design": sl.Design(weights="w", strata="s", psu="unit"), "samples": "shared-psu"}
PANEL = {"samples": "panel", "ids": "id"}
BANDS = {"low": (0, 9), "middle": (10, 19), "high": (20, float("inf"))}
#: Everything that can be asked for, by name.
KINDS = {
    "simple": (sl.change, {}),
    "ratio": (sl.change, {"measure": "ratio"}),
    "percent": (sl.change, {"measure": "percent"}),
    "odds": (sl.change, {"measure": "odds_ratio"}),
    "design": (sl.change, DRAWN),
    "design ratio": (sl.change, {**DRAWN, "measure": "ratio"}),
    "design odds": (sl.change, {**DRAWN, "measure": "odds_ratio"}),
    "shared": (sl.change, SHARED),
    "panel": (sl.change, PANEL),
    "panel odds": (sl.change, {**PANEL, "measure": "odds_ratio"}),
    "unknown": (sl.change, {"samples": "unknown"}),
    "margin": (sl.change, {"margin": 0.1}),
    "mean": (sl.change, {"against": "mean"}),
    "contrast": (sl.change, {"contrast": {"2016": -1, "2018": 1}}),
    "family": (sl.change, {"adjust": "holm", "family": "question", "by": "g"}),
    "shift": (sl.shift, {"order": ORDER}),
    "shift of a design": (sl.shift, {"order": ORDER, **SHARED}),
    "shift of bands": (sl.shift, {"bands": BANDS, "by": "g"}),
    "turnover": (sl.turnover, {"ids": "id"}),
    "trend": (sl.trend, {}),
    "trend of a design": (sl.trend, {**DRAWN, "by": "g", "adjust": "holm"}),
    "trend with joints": (sl.trend, {"joints": [2019]}),
    "least squares with joints": (sl.trend, {"test": "least-squares", "joints": [2019.5]}),
    "panel of a design": (sl.change, {**PANEL, "design": SHARED["design"]}),
    "bent trend": (sl.trend, {"test": "logistic", "degree": 2}),
    "least squares": (sl.trend, {"test": "least-squares", **SHARED}),
    "mann-kendall": (sl.trend, {"test": "mann-kendall"}),
    "ordered trend": (sl.trend, {"test": "cumulative-link", "order": ORDER}),
    "homogeneity": (sl.trend, {"test": "homogeneity", "order": ORDER}),
}
#: What has no share to draw.
NOT_DRAWN = {"turnover", "ordered trend", "homogeneity"}
ALL = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def found(sample):
    """Each kind of result."""
    two = sample[sample.year < 2019]
    made = {}
    for kind, (ask, options) in KINDS.items():
        rows = sample if ask is sl.trend else two
        made[kind] = ask(rows, "q", wave="year", **options)
    return made


@ALL
def test_a_result_is_printed_with_what_it_found(found, kind):
    text = str(found[kind])
    assert text
    for row in found[kind].rows:
        for wave in (getattr(row, "from_wave", ""), getattr(row, "to_wave", "")):
            assert wave in text
        if verdict := getattr(row, "verdict", ""):
            assert verdict in text
    assert "nan" not in text.lower()
    assert "None" not in text
    assert not re.search(r"\binf\b", text)


@ALL
def test_a_line_of_a_result_is_short_in_a_debugger(found, kind):
    assert repr(found[kind])
    assert "object at 0x" in repr(found[kind]) or str(found[kind]) in repr(found[kind])


@ALL
def test_a_notebook_shows_a_table(found, kind):
    page = found[kind]._repr_html_()
    assert "<table" in page
    assert page.count("<table") == page.count("</table>")
    assert "nan" not in page.lower()
    assert "None" not in page


@ALL
def test_a_frame_has_a_row_for_each(found, kind):
    frame = found[kind].to_frame()
    if kind == "turnover":
        assert len(frame) == 9
        assert frame.n.sum() == 68
    else:
        assert len(frame) == len(found[kind].rows)
        assert {"question", "domain", "verdict"} <= set(frame)


@ALL
def test_data_of_a_result_is_json_as_it_stands(found, kind):
    data = found[kind].to_dict()
    back = json.loads(json.dumps(data, allow_nan=False))
    assert back["schema"].startswith("surveylib.")
    assert len(back["rows"]) == len(found[kind].rows)


@ALL
def test_a_result_says_how_it_came_about(found, kind):
    words = found[kind].explain()
    assert words
    assert "nan" not in words.lower()
    assert "None" not in words
    for row in found[kind].rows:
        if hasattr(row, "from_estimate"):
            assert row.method in words
            assert row.from_wave in words


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in NOT_DRAWN])
def test_a_result_is_drawn(found, kind):
    drawn = found[kind].chart().to_dict()
    assert drawn["$schema"].startswith("https://vega.github.io")


@pytest.mark.parametrize("kind", sorted(NOT_DRAWN))
def test_what_has_no_share_is_not_drawn_and_says_why(found, kind):
    with pytest.raises(MethodError, match=r"a table: print it|no share to draw"):
        found[kind].chart()


def points_of(drawn):
    """Every point that a chart holds."""
    if isinstance(drawn, dict):
        if "share" in drawn and "wave" in drawn:
            yield drawn
        drawn = list(drawn.values())
    if isinstance(drawn, list):
        for part in drawn:
            yield from points_of(part)


def test_groups_of_a_chart_are_not_drawn_over_each_other(sample):
    found = sl.change(sample[sample.year < 2019], "q/high", wave="year", by="g")
    shares = {
        (end.wave, end.domain): end.estimate
        for row in found.rows
        for end in (row.from_estimate, row.to_estimate)
    }
    drawn = found.chart().to_dict()
    points = {(one["wave"], round(one["share"], 9)) for one in points_of(drawn)}
    assert {(wave, round(share, 9)) for (wave, _), share in shares.items()} <= points
    text = json.dumps(drawn)
    assert "town" in text
    assert "village" in text


def test_a_ratio_is_told_as_one_and_a_percent_as_one(found):
    assert "ratio" in str(found["ratio"]).partition("\n")[0]
    assert re.search(r"[+−]\d+\.\d\s%", str(found["percent"]))
    row = found["percent"].rows[0]
    words = found["percent"].explain()
    assert f"{abs(row.effect):.1f}" in words


def test_a_range_of_p_values_is_shown_as_one(found):
    row = next(row for row in found["unknown"].rows if row.p_value_low != row.p_value_high)
    line = next(line for line in str(found["unknown"]).splitlines() if row.answer in line)
    assert " to " in line.split("%")[-1] or " to " in line
    assert row.verdict in line


def test_the_family_of_a_p_value_is_said(found):
    text = str(found["family"])
    assert "p of family" in text
    assert "holm, 3 tests: all of one question in one group" in text


def test_the_cuts_of_shifts_are_a_frame_of_their_own(found):
    cuts = found["shift of bands"].cuts_frame()
    assert len(cuts) == 4
    assert set(cuts.domain) == {"g=town", "g=village"}
    assert {"up_to", "share_from", "share_to", "ci_low", "ci_high", "verdict"} <= set(cuts)


def test_groups_stand_beside_each_row(found):
    assert "high (g=town)" in str(found["family"])
    assert "g=town" in str(found["shift of bands"])
    assert "town" in found["shift of bands"].explain()


# --- whom respondents stand for ---------------------------------------------------------------

BOARD = "sampling: {kind: nonprobability, people: people, reached: readers of a board}\n"
DREW = "sampling: {kind: probability, people: people}\n"
WHO = "the people who answered were readers of a board, and no random sample of people"
DOORS = {
    "change": lambda study, *waves: sl.change(study, "fair", *waves),
    "contrast": lambda study, *waves: sl.change(
        study, "fair", contrast=dict(zip(waves, (-1, 1), strict=True))
    ),
    "shift": lambda study, *waves: sl.shift(study, "view", *waves),
    "turnover": lambda study, *waves: sl.turnover(study, "fair", *waves, ids=":respondent"),
}


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """The study of towns; in two of its waves respondents came by themselves."""
    study = write(tmp_path_factory.mktemp("reached"))
    for wave in ("2016", "2017", "2018"):
        place = study / wave / "wave.yaml"
        text = DREW if wave == "2018" else BOARD
        place.write_text(place.read_text("utf-8") + text, "utf-8")
    return sl.load_study(study)


def shows(result, caveat):
    """Whether a result says so wherever it is shown, and keeps it."""
    shown = (str(result), result.explain(), result._repr_html_(), *result.to_dict()["caveats"])
    return all(caveat in one for one in shown[:3]) and any(caveat in one for one in shown[3:])


@pytest.mark.parametrize("door", DOORS)
def test_changes_of_people_who_came_by_themselves_say_so(reached, door):
    found = DOORS[door](reached, "2016", "2017")
    assert shows(found, f"2016, 2017: {WHO}.")
    assert shows(found, "A change between waves can be a change of who answered.")
    one = DOORS[door](reached, "2017", "2018")
    assert one.caveats[0].startswith(f"2017: {WHO}.")


def test_trends_of_people_who_came_by_themselves_say_so(reached):
    found = sl.trend(reached, "fair/yes")
    assert shows(found, f"2016, 2017: {WHO}.")
    assert len(found.caveats) == 2


@pytest.mark.parametrize("door", DOORS)
def test_samples_that_are_random_or_of_which_nothing_is_declared_have_no_caveat(towns, door):
    found = DOORS[door](towns, "2016", "2017")
    assert found.caveats == ()
    assert "caveat" not in str(found).lower()
    assert found.to_dict()["caveats"] == []
