"""Plain sentences: hand-written ones in both languages, and laws over every phrase and share."""

import dataclasses
import re
import string
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.statements import ranked, state
from surveylib.present.statements_shares import PORTIONS, portion, portion_of_range
from surveylib.present.statements_words import PHRASES, decimal, percent, signed_points

#: Words that name a cause; no statement may.
CAUSES = {
    "en": "because|cause|caused|due to|led to|leads to|effect of|thanks to|driven|owing|result of",
    "de": "weil|wegen|verursacht|führte|aufgrund|infolge|bewirkt|dank|deshalb|daher|dadurch",
}


def said(result, **options):
    return [text.replace("\u00a0", " ") for text in state(result, **options)]


def of_counts(**counts):
    """Simple samples of two answers, wave by wave: how many said yes, and of how many."""
    return pd.DataFrame(
        [
            {"year": year.removeprefix("y"), "bus": "yes" if place < yes else "no"}
            for year, (yes, n) in counts.items()
            for place in range(n)
        ]
    )


@pytest.fixture(scope="module")
def risen():
    return sl.change(of_counts(y2018=(30, 100), y2020=(47, 100)), "bus/yes", wave="year")


@pytest.fixture(scope="module")
def steady():
    return sl.change(of_counts(y2018=(45, 100), y2020=(47, 100)), "bus/yes", wave="year")


def test_a_rise_is_told_with_both_shares_its_size_and_how_sure_it_is(risen):
    # Wilson's limits are .3751 to .5671 for 47 of 100 and .2189 to .3958 for 30 of 100, as R's
    # prop.test(47, 100, correct = FALSE) gives them; by hand .17 - hypot(.0949, .0958) = .0352 and
    # .17 + hypot(.0971, .0811) = .2965.
    assert said(risen) == [
        (
            "Just under half of respondents who answered (47 %, 95 % interval 38 to 57 %) gave the "
            "answer “yes” to “bus” in 2020, up from 30 % in 2018. The change, +17.0 points (95 % "
            "interval +3.5 to +29.6), is larger than chance would give."
        )
    ]


def test_a_rise_in_german(risen):
    assert said(risen, language="de") == [
        (
            "Knapp die Hälfte der Befragten, die geantwortet haben (47 %, 95-%-Intervall 38 bis "
            "57 %), gab 2020 auf die Frage „bus“ die Antwort „yes“, mehr als 2018 (30 %). Die "
            "Veränderung, +17,0 Prozentpunkte (95-%-Intervall +3,5 bis +29,6), ist größer, als "
            "durch Zufall zu erwarten wäre."
        )
    ]


def test_no_change_shown_is_not_told_as_no_change(steady):
    (text,) = said(steady)
    assert ", compared with 45 % in 2018. No change is shown: the difference is +2.0 points" in text
    assert "which is not to say that there was none" in text
    assert "With a power of 80 %, these samples would have shown a change of" in text
    (german,) = said(steady, language="de")
    assert "; 2018 waren es 45 %. Eine Veränderung ist nicht nachgewiesen" in german
    assert "das heißt nicht, dass es keine gab" in german


def test_a_fall_is_told_as_one():
    fallen = sl.change(of_counts(y2018=(90, 120), y2020=(40, 120)), "bus/yes", wave="year")
    assert "About a third of respondents who answered" in said(fallen)[0]
    assert ", down from 75 % in 2018. The change, −41.7 points" in said(fallen)[0]
    assert ", weniger als 2018 (75 %). Die Veränderung, −41,7" in said(fallen, language="de")[0]


def test_a_change_within_a_declared_margin_is_told_as_that():
    data = of_counts(y2018=(500, 1000), y2020=(502, 1000))
    found = sl.change(data, "bus/yes", wave="year", margin=0.06)
    assert found.rows[0].verdict == "no change beyond the margin"
    assert "lies within the 6.0 points that were declared beforehand" in said(found)[0]
    assert "innerhalb der 6,0 Prozentpunkte, die vorab" in said(found, language="de")[0]


def test_a_change_that_depends_on_who_answered_twice_is_left_open():
    data = of_counts(y2018=(40, 100), y2020=(50, 100))
    found = sl.change(data, "bus/yes", wave="year", samples="unknown")
    assert found.rows[0].verdict == "undetermined by overlap"
    assert "depends on how many people the two samples share, which is not known" in said(found)[0]


def test_a_printed_range_is_told_as_a_range_and_has_words_only_if_all_of_it_has(netclean):
    found = sl.estimate(netclean, "organised_groups_number_change/increased")
    assert said(found, study=netclean)[0].startswith(
        "From 42.3 to 49.6 % of officers who answered (95 % interval 37 to 56 %) gave the answer "
        "“It has increased” to"
    )
    assert said(found, language="de")[0].startswith(
        "Zwischen 42,3 und 49,6 % der Befragten, die geantwortet haben (95-%-Intervall 37 bis "
        "56 %), gaben 2018 auf die Frage"
    )
    row = dataclasses.replace(found.rows[0], estimate_low=0.451, estimate_high=0.489)
    narrowed = dataclasses.replace(found, rows=(row,))
    assert said(narrowed)[0].startswith(
        "Just under half of respondents who answered (45.1 to 48.9 %"
    )


def test_a_printed_change_says_that_every_count_gives_it(netclean):
    found = sl.change(netclean, "region/usa", 2016, 2020)
    text = said(found, study=netclean)[0]
    assert "44 %" in text
    assert "down from 61.1 % in 2016" in text
    assert "for every count that the printed figures allow" in text


def test_a_change_undetermined_by_rounding_says_what_it_depends_on(netclean):
    rows = [
        row
        for name in ("rising_trends", "region", "organised_groups_encountered")
        for row in netclean.change(name).rows
        if row.verdict == "undetermined by rounding"
    ]
    found = dataclasses.replace(netclean.change("region"), rows=tuple(rows), refused=())
    assert rows
    assert "depends on what the printed figures stand for" in said(found)[0]
    assert "hängt davon ab, wofür die gedruckten Angaben stehen" in said(found, language="de")[0]


def test_a_limited_comparison_carries_its_note(netclean):
    found = netclean.change("rising_trends/social_and_apps", 2016, 2017)
    for language, care in (("en", "To be compared with care: "), ("de", "Mit Vorsicht zu ")):
        text = said(found, language=language)[0]
        assert care in text
        assert " ".join(found.rows[0].notes) in text


def test_caveats_come_last(netclean):
    found = said(netclean.estimate("organised_groups_encountered"))
    assert found[-1].startswith("Caveat: 2018: the officers who answered were users of one tool")


def test_a_pair_that_is_not_compared_has_its_reasons_and_no_share(netclean):
    found = netclean.change("region")
    texts = said(found, study=netclean)[len(found.rows) : len(found.rows) + len(found.refused)]
    assert texts
    for text, pair in zip(texts, found.refused, strict=True):
        assert "are not compared: " in text
        assert " ".join(pair.reasons) in text


def test_a_share_of_unknown_base_has_no_interval(netclean):
    rows = [row for wave in netclean.waves for name in wave.instrument.question_ids
            for row in _rows(wave, name) if row.n is None]  # fmt: skip
    assert rows
    found = dataclasses.replace(netclean.estimate("region"), rows=tuple(rows[:1]))
    assert "no interval can be given, since it is not known how many answered" in said(found)[0]


def _rows(wave, name):
    try:
        return sl.estimate(wave, name).rows
    except sl.errors.NotEstimableError:
        return ()


@pytest.mark.parametrize("language", PHRASES)
def test_a_withheld_share_is_told_without_any_number(risen, language):
    row = dataclasses.replace(
        risen.rows[0].to_estimate,
        flags=("withheld",),
        **dict.fromkeys(("estimate", "estimate_low", "estimate_high", "n", "ci_low", "ci_high")),
    )
    found = sl.Estimates(rows=(row,))
    (text,) = said(found, language=language)
    assert re.findall(r"\d+", text) == ["2020"]
    assert re.search("is withheld|wird nicht genannt", text)


@pytest.mark.parametrize("language", PHRASES)
def test_a_share_that_a_standard_would_not_show_says_so(language):
    data = of_counts(y2018=(3, 12))
    judged = sl.judge(sl.estimate(data, "bus/yes"))
    assert judged.rows[0].flags == ("suppress",)
    assert re.search(
        "not to be published|nicht zu veröffentlichen", said(judged, language=language)[0]
    )


def test_ratios_are_told_beside_the_difference():
    data = of_counts(y2018=(30, 100), y2020=(60, 100))
    found = sl.change(data, "bus/yes", wave="year", measure="ratio")
    assert "The change, +30.0 points, is larger" in said(found)[0]
    assert "As a ratio: 2.00 (95 % interval" in said(found)[0]
    assert "Als Quotient: 2,00 (95-%-Intervall" in said(found, language="de")[0]


def test_trends_are_told_in_both_languages():
    data = of_counts(y2016=(20, 100), y2018=(40, 100), y2020=(60, 100))
    found = sl.trend(data, "bus/yes", wave="year")
    assert said(found)[0].startswith(
        "Of respondents who answered, the share who gave the answer “yes” to “bus” rose from 2016 "
        "to 2020, by +10.0 points a year"
    )
    assert said(found, language="de")[0].startswith(
        "Der Anteil der Antwort „yes“ auf die Frage „bus“ stieg von 2016 bis 2020, um +10,0 "
        "Prozentpunkte im Jahr"
    )


def test_numbers_are_told_in_the_signs_of_the_language():
    data = pd.DataFrame({"km": [1000.5, 2000.25, 3000.75, 1500.0]})
    found = sl.estimate(data, "km", statistic="mean")
    assert said(found)[0].startswith("The mean of “km” was 1,875 (95 % interval")
    assert said(found, language="de")[0].startswith("Der Mittelwert zu „km“: 1.875 (95-%-Intervall")


def test_questions_and_answers_are_worded_in_the_language_of_the_statement(demo):
    text = demo.path("instruments/demo/1.yaml").read_text("utf-8")
    edits = {
        "languages: [en]": "languages: [en, de]",
        '{en: "Do you keep a pet?"}': '{en: "Do you keep a pet?", de: "Halten Sie ein Haustier?"}',
        '{en: "Yes, one or more"}': '{en: "Yes, one or more", de: "Ja, eines oder mehrere"}',
    }
    for old, new in edits.items():
        assert old in text
        demo.edit("instruments/demo/1.yaml", old, new)
    study = demo.load()
    found = sl.estimate(study.waves[0], "pets/yes")
    (german,) = said(found, language="de", study=study, respondents="Leute, die geantwortet haben")
    assert "der Leute, die geantwortet haben (60 %" in german
    assert (
        "auf die Frage „Halten Sie ein Haustier?“ die Antwort „Ja, eines oder mehrere“." in german
    )


def test_a_group_is_called_by_its_name():
    data = of_counts(y2018=(30, 100), y2020=(50, 100))
    found = sl.estimate(data, "bus/yes", by="year")
    assert "respondents who answered in the group “2018” (30 %" in said(found)[0]
    assert (
        "der Befragten der Gruppe „2018“, die geantwortet haben (30 %"
        in said(found, language="de")[0]
    )


def test_a_language_without_phrases_and_a_result_without_statements_are_refused(risen):
    with pytest.raises(MethodError, match="statements are made in 'en', 'de'"):
        state(risen, language="sv")
    with pytest.raises(
        MethodError, match=r"wanted what sl\.estimate, sl\.change or sl\.trend gives"
    ):
        state(3)


def test_every_language_has_the_same_phrases_with_the_same_numbers():
    english, german = PHRASES["en"], PHRASES["de"]
    assert set(english) == set(german)
    always = {
        "size",
        "known",
        "points",
        "low",
        "high",
        "effect",
        "share",
        "answer",
        "reasons",
        "notes",
    }
    for name in english:
        parts = [
            {part for _, part, _, _ in string.Formatter().parse(told[name]) if part} & always
            for told in (english, german)
        ]
        assert parts[0] == parts[1] or name == "changing", name


@pytest.mark.parametrize("language", PHRASES)
def test_no_phrase_names_a_cause(language):
    for name, text in PHRASES[language].items():
        assert not re.search(rf"\b({CAUSES[language]})\b", text, re.IGNORECASE), name


def test_portions_begin_at_0_end_at_1_and_leave_no_gap():
    starts = [one.low for one in PORTIONS]
    assert (starts[0], starts[-1]) == (0, 1000)
    assert all(before < after for before, after in pairwise(starts))
    for column in ("en", "de"):
        words = [getattr(one, column) for one in PORTIONS]
        assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "none of"),
        (0.0001, "hardly any of"),
        (0.1, "about one in ten of"),
        (1 / 7, "about one in seven of"),
        (1 / 6, "about one in six of"),
        (0.2, "about one in five of"),
        (0.25, "about a quarter of"),
        (1 / 3, "about a third of"),
        (0.4, "about two in five of"),
        (0.45, "just under half of"),
        (0.499, "just under half of"),
        (0.5, "half of"),
        (0.55, "just over half of"),
        (0.6, "about three in five of"),
        (2 / 3, "about two thirds of"),
        (0.75, "about three quarters of"),
        (0.8, "about four in five of"),
        (0.9, "about nine in ten of"),
        (0.9999, "nearly all of"),
        (1.0, "all of"),
    ],
)
def test_shares_have_the_words_that_people_use(share, words):
    assert portion(share).en == words


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_range_has_words_only_if_both_ends_have_the_same(one, other):
    low, high = sorted((one, other))
    found = portion_of_range(low, high)
    assert found is None or (found is portion(low) and found is portion(high))


@given(st.floats(-1, 1))
def test_no_number_has_a_sign_of_zero_or_the_other_language_s_point(value):
    for language, wrong in (("en", ","), ("de", ".")):
        for text in (decimal(value, 1, language), percent(abs(value), 1, language)):
            assert wrong not in text
        assert signed_points(value, language) not in {"−0.0", "−0,0", "+0.0", "+0,0"}


def test_what_surely_changed_most_comes_first(netclean):
    rows = ranked([*netclean.change("region").rows, *netclean.change("rising_trends").rows])
    verdicts = [row.verdict in {"increased", "decreased"} for row in rows]
    assert verdicts == sorted(verdicts, reverse=True)
    sure = [
        max(row.envelope_low, -row.envelope_high)
        for row in rows
        if row.verdict in {"increased", "decreased"} and row.comparability != "limited"
    ]
    assert sure == sorted(sure, reverse=True)
