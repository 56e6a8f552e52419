"""Waves that a crosswalk forgot, versions of no wave, and notes that hold for some waves only."""

import pytest

import surveylib as sl
from surveylib.errors import ComparabilityError
from tests.analysis.series.towns import ANSWERS, questionnaire, write

YEARS = tuple(ANSWERS)
SAME = "Asked with the same version of the questionnaire."
PEOPLE_2 = """\
      - {version: "2", question: size, verdict: equivalent, reason: The bands are finer above.,
         missing: {dont_know: dont_know}}
"""


def edited(root, *changes):
    """The study of towns with another crosswalk."""
    study = write(root)
    place = root / "instruments" / "towns" / "crosswalk.yaml"
    text = place.read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    place.write_text(text, "utf-8")
    return study


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory):
    """The study, with a harmonised question that does not know of the second version."""
    return sl.load_study(edited(tmp_path_factory.mktemp("forgotten"), (PEOPLE_2, "")))


@pytest.fixture(scope="module")
def coarse(tmp_path_factory):
    """The study, with a third source that no wave has: of it no cut but that at 49 is known."""
    root = tmp_path_factory.mktemp("coarse")
    source = PEOPLE_2.replace("finer above", "one cut").replace('"2"', '"0"')
    study = edited(root, (PEOPLE_2, PEOPLE_2 + source))
    text = questionnaire("1").replace('version: "1"', 'version: "0"')
    for old, new in (("[0, 9]", "[0, 19]"), ("[10, 49]", "[20, 49]")):
        text = text.replace(old, new)
    (root / "instruments" / "towns" / "0.yaml").write_text(text, "utf-8")
    return sl.load_study(study)


# --- a version that is no source --------------------------------------------------------------


@pytest.mark.parametrize("ask", [sl.change, sl.trend, sl.shift])
def test_waves_of_a_version_that_the_crosswalk_forgot_are_named_with_what_to_do(forgotten, ask):
    found = ask(forgotten, "people")
    for wave in YEARS[3:]:
        (line,) = [line for line in found.done if line.startswith(f"{wave}:")]
        assert "left out. It asked 'size' with towns 2" in line
        assert "no source of 'people' in crosswalk.yaml: add it there" in line
        assert line in str(found)


@pytest.mark.parametrize(("ends", "named"), [((2018, 2020), "2020"), ((2021, None), "2021")])
def test_a_forgotten_wave_that_is_named_is_said_to_have_asked(forgotten, ends, named):
    told = rf"'people' cannot be compared from {ends[0]}.*\n  {named}: left out\. It asked 'size'"
    with pytest.raises(ComparabilityError, match=told):
        sl.change(forgotten, "people", *ends)
    with pytest.raises(ComparabilityError, match=told):
        sl.shift(forgotten, "people", *ends)


def test_a_forgotten_wave_is_not_bounded_without_a_reason(forgotten):
    with pytest.raises(ComparabilityError, match=r"2020: left out\. It asked 'size' with towns 2"):
        sl.sensitivity(forgotten, "people/0_to_9", from_=2018, to=2020)


def test_the_check_of_the_study_warns_of_what_the_crosswalk_forgot(forgotten):
    warned = [one for one in sl.lint(forgotten.folder) if one.code == "LINT-CROSSWALK"]
    assert [one.what for one in warned] == ["version 2 asks 'size', and is no source of 'people'"]


# --- a source of no wave ----------------------------------------------------------------------


def test_a_version_that_no_wave_used_coarsens_no_bands(coarse, towns):
    assert [one.code for one in coarse.harmonised[0].options] == ["0_to_49", "over_49"]
    assert coarse.leads_to("people") == towns.leads_to("people")
    old, plain = ({row.answer for row in sl.change(study, "people", 2016, 2017).rows}
                  for study in (coarse, towns))  # fmt: skip
    assert old == plain


def test_all_changes_of_a_study_are_in_the_bands_that_all_of_its_waves_tell_apart(towns):
    for ends in ((2016, 2017), (2018, 2020), (2021, 2022), (None, None)):
        answers = {row.answer for row in sl.change(towns, "people", *ends).rows}
        assert answers == {"0_to_49", "over_49", "dont_know"}


def test_one_version_alone_is_in_its_own_bands(forgotten):
    answers = {row.answer for row in sl.change(forgotten, "people").rows}
    assert answers == {"0_to_9", "10_to_49", "over_49", "dont_know"}
    row = next(row for row in sl.change(forgotten, "people", 2016, 2017).rows
               if row.answer == "10_to_49")  # fmt: skip
    # 30 of 100 in both.
    assert (row.from_estimate.estimate, row.to_estimate.estimate) == (0.3, 0.3)


# --- what holds for some waves ----------------------------------------------------------------


@pytest.mark.parametrize("question", ["fair/yes", "people/0_to_49", "way/car"])
def test_the_same_version_is_not_said_of_a_trend_over_two(towns, question):
    (row,) = sl.trend(towns, question).rows
    assert row.waves == YEARS
    assert SAME not in row.notes
    assert SAME not in str(sl.trend(towns, question))


def test_the_same_version_is_said_of_a_trend_over_one(towns):
    first, second = sl.trend(towns, "view/same").rows
    assert (first.waves, second.waves) == (YEARS[:3], YEARS[3:])
    assert first.notes[0] == SAME


@pytest.mark.parametrize(
    "options", [{}, {"measure": "ratio"}, {"contrast": {"2016": -1, "2021": 1}}]
)
def test_the_same_version_is_not_said_of_a_change_from_one_to_the_other(towns, options):
    ends = () if "contrast" in options else (2016, 2021)
    (row,) = sl.change(towns, "fair/yes", *ends, **options).rows
    assert row.notes == ("Asked in the same words.",)


def test_the_same_version_is_not_said_of_the_mean_of_waves_of_two(towns):
    for row in sl.change(towns, "fair/yes", against="mean").rows:
        assert row.notes == ("Asked in the same words.",)


# --- an answer that is new --------------------------------------------------------------------


def test_an_answer_that_is_new_is_said_to_be_new_and_not_its_question(tmp_path):
    told = r"'travel/tram' cannot be compared from 2018 to 2020: 'tram' was no answer in 2018\."
    place = write(tmp_path)
    (tmp_path / "instruments" / "towns" / "crosswalk.yaml").unlink()
    study = sl.load_study(place)
    with pytest.raises(ComparabilityError, match=told):
        sl.change(study, "travel/tram", 2018, 2020)
    with pytest.raises(ComparabilityError, match=r"'tram' was no answer in 2018\."):
        sl.change(study, "travel/tram", 2018, 2020, measure="ratio")
    with pytest.raises(ComparabilityError, match=r"from 2017: 'tram' was no answer in 2017\."):
        sl.change(study, ["travel/tram"], 2017)
