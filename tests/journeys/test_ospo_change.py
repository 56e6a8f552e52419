"""Changes and trends over the four waves on open source programmes, counted from the files.

Counts are those of the published files, taken as in `test_ospo_waves`.
"""

import json
import math
from functools import cache

import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

import surveylib as sl
from surveylib.errors import ComparabilityError, NotEstimableError
from tests.journeys import test_ospo_exports as exports

pytestmark = exports.pytestmark

WAVES = ("2018", "2019", "2020", "2021")
MAY_BE_COMPARED = {"identical", "equivalent", "limited"}


@cache
def study():
    return sl.load_study(exports.ROOT / "waves" / "ospo", data=exports.DATA)


def rows_of(changes):
    return {(row.from_wave, row.to_wave, row.answer): row for row in changes.rows}


def harmonised():
    return [one.id for one in study().harmonised]


def asked(ask, name):
    """What is found, or None where a refusal says of what it is."""
    refusals = ComparabilityError, NotEstimableError
    try:
        return ask(study(), name)
    except refusals as error:
        told = str(error)
    assert name in told
    return None


def test_the_share_with_a_programme_changes_as_its_counts_say():
    found = rows_of(sl.change(study(), "programme"))
    assert {(first, last) for first, last, _ in found} == {
        ("2018", "2019"), ("2019", "2020"), ("2020", "2021"), ("2018", "2021")
    }  # fmt: skip
    for (_, _, answer), row in found.items():
        x1, x2 = (round(end.estimate * end.n) for end in (row.from_estimate, row.to_estimate))
        n1, n2 = row.from_estimate.n, row.to_estimate.n
        if answer == "yes":
            limits = confint_proportions_2indep(x2, n2, x1, n1, method="newcomb", compare="diff")
            assert (row.ci_low, row.ci_high) == pytest.approx(limits, abs=1e-9)
        assert row.difference == pytest.approx(x2 / n2 - x1 / n1)


def test_its_trend_over_four_waves_is_the_correlation_of_wave_and_answer():
    (row,) = sl.trend(study(), "programme/yes").rows
    assert row.waves == WAVES
    x = [round(point.estimate * point.n) for point in row.points]
    n = [point.n for point in row.points]
    total, yes = sum(n), sum(x)
    mean = sum(t * m for t, m in zip(row.times, n, strict=True)) / total
    over = sum((t - mean) * k for t, k in zip(row.times, x, strict=True))
    spread = sum(m * (t - mean) ** 2 for t, m in zip(row.times, n, strict=True))
    z = over / math.sqrt(spread * yes / total * (1 - yes / total))
    assert row.statistic == pytest.approx(z, rel=1e-9)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)
    assert [int(time) for time in row.times] == [2018, 2019, 2020, 2021]


@pytest.mark.parametrize("name", harmonised() if exports.DATA.is_dir() else [])
def test_every_harmonised_question_is_compared_or_refused_with_a_reason(name):
    found = asked(sl.change, name)
    if found is None:
        return
    assert found.rows
    for row in found.rows:
        assert row.comparability in MAY_BE_COMPARED
        assert row.notes
        assert row.envelope_low <= row.difference <= row.envelope_high
        assert row.samples == "independent"
    for row in found.refused:
        assert row.reasons
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert str(found)


@pytest.mark.parametrize("name", harmonised() if exports.DATA.is_dir() else [])
def test_every_harmonised_question_has_trends_or_a_reason_why_not(name):
    found = asked(sl.trend, name)
    if found is None:
        return
    for row in found.rows:
        assert len(row.waves) >= 3
        assert len(row.points) == len(row.waves)
        assert list(row.times) == sorted(row.times)
        assert 0 <= row.p_value <= 1
    assert all(row.reason for row in found.refused)
    assert json.dumps(found.to_dict(), allow_nan=False)
    assert str(found)


def test_sizes_of_organisations_shift_on_bands_that_both_waves_have():
    found = sl.shift(study(), "organisation_size")
    assert found.rows
    for row in found.rows:
        shares = [cut.share_from for cut in row.cuts if cut.p_value is not None]
        assert shares == sorted(shares)
        assert 0 < row.ci_low < row.superiority < row.ci_high < 1
        for cut in row.cuts:
            assert 0 <= cut.share_from <= cut.share_from_high <= 1
            if cut.p_value is None:
                assert cut.up_to.startswith("at most")


def test_answers_by_size_have_groups_of_their_own():
    found = sl.change(study(), "programme/yes", 2019, 2020, by="organisation_size")
    assert len({row.domain for row in found.rows}) >= 2
    assert all(row.domain.startswith("organisation_size=") for row in found.rows)


@pytest.mark.parametrize("ask", [sl.change, sl.trend, sl.shift])
def test_answers_in_quarantine_are_told_beside_a_change_that_they_may_have_made(ask):
    # In 2021 the label of 2 to 50 people is damaged: 267 answers are in quarantine, and the share
    # of that band would fall from 22.5 % to 0.
    found = ask(study(), "organisation_size")
    assert "quarantine" in str(found)
    if ask is sl.change:
        row = rows_of(found)["2020", "2021", "2_to_50"]
        assert row.verdict != "decreased"


def test_an_answer_of_a_version_is_found_under_its_harmonised_name():
    found = sl.change(study(), "projects_maintained/from_0", 2018, 2021)
    assert [row.answer for row in found.rows] == ["0"]
    assert "'from_0' of the questionnaires is '0' here." in found.done
    with pytest.raises(sl.errors.UnknownNameError, match=r"called 'from_x' .*'1_to_10'"):
        sl.change(study(), "projects_maintained/from_x", 2018, 2021)


def test_a_report_has_the_changes_that_change_gives_along_the_crosswalk(tmp_path):
    sl.report(study(), tmp_path / "report")
    told = json.loads((tmp_path / "report" / "study.json").read_text("utf-8"))["changes"]["rows"]
    found = 0
    for name in harmonised():
        wanted = asked(sl.change, name)
        if wanted is None:
            continue
        pairs = {(row["from_wave"], row["to_wave"], row["answer"]): row for row in told
                 if row["question"] == name}  # fmt: skip
        for row in wanted.rows:
            one = pairs[row.from_wave, row.to_wave, row.answer]
            assert (one["difference"], one["p_value"]) == (row.difference, row.p_value)
            found += 1
    assert found > 20


def test_a_page_joins_no_figures_that_were_not_compared(tmp_path):
    page = sl.report(study(), tmp_path / "report").page.read_text("utf-8")
    sections = {
        name: page.partition(f'id="q-{name}"')[2].partition("</section>")[0]
        for name in ("programme", "programme--together")
    }
    # “No” and “No, but planning one” were put together: 349 + 119 of 748 are 62.6 %, not 46.7 %.
    asked = sum(row.estimate for row in sl.estimate(study().wave("2018"), "programme").rows
                if row.answer in {"no", "planning"})  # fmt: skip
    told = f"{asked * 100:.1f}\u00a0%"
    assert told in sections["programme--together"]
    assert told not in sections["programme"]
    assert 'class="join"' in sections["programme--together"]
    assert 'class="join"' not in sections["programme"]
    assert 'href="#q-programme--together"' in sections["programme"]
