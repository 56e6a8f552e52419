"""Groups by their labels and waves by their days, in charts and tables of a study."""

import datetime as dt
import json

import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.about import About
from surveylib.analysis.series.trending import TESTS
from surveylib.present import numbers
from surveylib.present.labelled import labelled, labels_of
from surveylib.present.numbers import SPACE
from surveylib.stats import differences, intervals


@pytest.fixture(scope="module")
def study():
    return sl.load_study("waves/organised_groups")


RESULTS = {
    "estimates": lambda study: sl.estimate(study, "groups_number_change", by="region"),
    "changes": lambda study: sl.change(study, "groups_number_change", by="region"),
    "shifts": lambda study: sl.shift(study, "groups_number_change", by="region"),
    "crosstab": lambda study: sl.crosstab(study.wave("2025"), "region", "groups_number_change"),
    "sensitivity": lambda study: sl.sensitivity(
        study, "groups_number_change/increased", where="region=united_kingdom"
    ),
    "standardised": lambda study: sl.standardise(
        study, "groups_encountered", by="region", to="equal"
    ),
    "decompositions": lambda study: sl.decompose(study, "groups_encountered", by="region"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_every_chart_says_when_its_waves_were_in_the_field(study, name):
    found = RESULTS[name](study)
    drawn = json.dumps(found.chart().to_dict(), ensure_ascii=False)
    assert "2025 (fielded 1 to 28 Sep 2025): n = " in sl.alt_text(found).replace(SPACE, " ")
    assert "united kingdom" not in drawn
    assert "united_kingdom" not in drawn


def test_a_chart_of_trends_says_when_its_waves_were_in_the_field():
    found = sl.trend(sl.load_study("waves/netclean"), "region/usa")
    assert "2016 (fielded 9 Jun to 13 Sep 2016): n = 370" in sl.alt_text(found).replace(SPACE, " ")


def test_a_chart_of_groups_names_them_by_label(study):
    found = RESULTS["estimates"](study)
    assert "(United States of America)" in sl.alt_text(found, "rows")
    assert "United Kingdom" in str(found.chart("panels").to_dict())


def test_a_table_names_groups_by_label_unless_told_otherwise(study):
    found = RESULTS["estimates"](study)
    made = sl.table(found)
    assert "2025, United Kingdom" in made
    assert "fieldwork: 2025: 1 to 28 Sep 2025; 2026: 1 to 28 Sep 2026" in made.replace(SPACE, " ")
    own = sl.table(found, labels={"region=united_kingdom": "UK"})
    assert "2025, UK" in own
    assert "2025, Canada" in own


def test_what_all_figures_are_flagged_with_is_said_once(study):
    made = sl.table(RESULTS["estimates"](study))
    assert "¹" not in made
    assert made.count("Nobody gave these answers: they are simulated.") == 1


def test_data_say_the_days_and_the_labels(study):
    data = RESULTS["estimates"](study).to_dict()
    assert data["field_dates"] == {
        "2025": ["2025-09-01", "2025-09-28"], "2026": ["2026-09-01", "2026-09-28"]
    }  # fmt: skip
    assert data["groups"]["region=united_kingdom"] == "United Kingdom"


def test_a_frame_has_neither_days_nor_labels():
    found = sl.estimate(pd.DataFrame({"met": ["yes", "no"] * 20, "size": ["s", "l"] * 20}), "met",
                        by="size")  # fmt: skip
    assert found.about == About()
    assert labelled(found) is found


def test_a_label_that_could_not_be_told_apart_again_leaves_the_code(study):
    found = RESULTS["estimates"](study)
    odd = About(groups=(("region=usa", "north, size=all"), ("region=canada", "Canada, and near")))
    named = {row.domain for row in labelled(sl.Estimates(rows=found.rows, about=odd)).rows}
    assert "region=usa" in named
    assert "region=Canada, and near" in named
    assert labels_of(found)["region=usa"] == "United States of America"


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (dt.date(2019, 12, 3), dt.date(2020, 1, 4), "3 Dec 2019 to 4 Jan 2020"),
        (dt.date(2019, 4, 29), dt.date(2019, 8, 30), "29 Apr to 30 Aug 2019"),
        (dt.date(2019, 4, 2), dt.date(2019, 4, 30), "2 to 30 Apr 2019"),
        (dt.date(2019, 4, 2), dt.date(2019, 4, 2), "2 Apr 2019"),
    ],
)
def test_two_days_have_each_part_of_a_date_once(first, last, told):
    assert numbers.days(first, last).replace(SPACE, " ") == told


def test_every_method_named_after_people_has_its_letters():
    plain = {name for name in (*intervals.METHODS, *differences.METHODS, *TESTS)
             if numbers.method(name) == name}  # fmt: skip
    assert plain == {
        *("logit", "arcsine", "likelihood"),
        *("logistic", "least-squares", "joinpoint", "linear-by-linear", "cumulative-link"),
        "homogeneity",
    }


def test_what_is_typed_at_a_prompt_shows_itself_in_few_lines(study):
    printed = sl.load_study("waves/netclean")
    lines = {
        "study": (study, "Study('organised_groups', waves: 2025, 2026)"),
        "wave": (study.waves[0], "wave 2025: 240 respondents, 9 questions of organised_groups 1.0"),
        "printed": (printed.waves[1], "wave 2016: n = 370, 13 printed figures of netclean 2016"),
        "instrument": (
            study.waves[0].instrument,
            "Instrument('organised_groups@1.0', 9 questions)",
        ),
    }
    assert {name: repr(one) for name, (one, _) in lines.items()} == {
        name: told for name, (_, told) in lines.items()
    }
    found = sl.estimate(study, "groups_encountered")
    assert repr(found) == str(found)
    assert repr(sl.protect(found, study=study)).startswith("Checked for counts from 1 to 4")
    assert "1 to 28\u00a0Sep\u00a02025</td>" in study._repr_html_()
