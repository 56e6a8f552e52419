"""Samples drawn at random, under every kind of design: our numbers are those of R survey."""

import shutil
import subprocess

import pytest

from tests.parity import conftest
from tests.parity.compared import METHODS
from tests.parity.differences import DIFFERENCES, close
from tests.parity.drawn import CASES, KINDS, LIBRARIES, draw

pytestmark = pytest.mark.parity

#: How far R's limits by likelihood hold: it interpolates its profile.
LIKELIHOOD = {"relative": 1e-3, "absolute": 1e-4}
#: Of these numbers next to nothing may be excused.
BARE = ("n", "estimate", "standard_error", "covariance")


def every(pairs):
    return [pair for found in pairs.values() for pair in found]


def told(pair):
    where = " ".join(part for part in pair.key if part)
    return f"{where}: ours {pair.ours!r}, R's {pair.theirs!r}"


def named(number):
    case = draw(number)
    return f"{number:03d} {case.kind}, {case.library}"


@pytest.mark.parametrize("number", range(CASES), ids=named)
def test_numbers_of_a_sample_are_those_of_r_survey(pairs, number):
    compared = [pair for pair in pairs[number] if not pair.difference]
    precise = [pair for pair in compared if not pair.what.startswith("likelihood")]
    apart = [told(pair) for pair in precise if not close(pair)]
    apart += [
        told(pair)
        for pair in compared
        if pair.what.startswith("likelihood") and not close(pair, **LIKELIHOOD)
    ]
    assert not apart, "\n".join(apart)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_difference_that_is_meant_occurs_and_is_one(pairs, difference):
    found = [pair for pair in every(pairs) if pair.difference == difference]
    apart = [pair for pair in found if not close(pair)]
    # Else the reason is none, or excuses what agrees.
    assert len(apart) >= 2
    assert len(apart) > len(found) / 3


def test_every_difference_is_in_the_table(pairs):
    assert {pair.difference for pair in every(pairs)} == {"", *DIFFERENCES}


@pytest.mark.parametrize("what", BARE)
def test_next_to_nothing_of_shares_and_their_covariance_is_excused(pairs, what):
    found = [pair for pair in every(pairs) if pair.what == what]
    excused = [pair.difference for pair in found if pair.difference]
    assert set(excused) <= {"replicate without an estimate", "lonely strata of a group"}
    assert len(found) - len(excused) > 300
    assert len(excused) < len(found) / 6


@pytest.mark.parametrize("method", METHODS)
def test_of_every_method_hundreds_of_limits_are_compared(pairs, method):
    limits = {f"{method}_low", f"{method}_high"}
    compared = [pair for pair in every(pairs) if pair.what in limits and not pair.difference]
    assert len(compared) > 500


@pytest.mark.parametrize("method", METHODS)
def test_an_effective_n_that_is_cut_makes_no_interval_narrower(pairs, method):
    cut = [pair for pair in every(pairs) if pair.difference == "effective n above n"]
    low = [pair for pair in cut if pair.what == f"{method}_low"]
    high = [pair for pair in cut if pair.what == f"{method}_high"]
    assert all(pair.ours <= max(pair.theirs, 0) + 1e-8 for pair in low)
    assert all(pair.ours >= min(pair.theirs, 1) - 1e-8 for pair in high)


def test_every_kind_of_design_is_drawn_for_every_library():
    cases = [draw(number) for number in range(CASES)]
    assert {(case.kind, case.library) for case in cases} == {
        (kind, library) for kind in KINDS for library in LIBRARIES
    }


def test_every_part_of_a_design_is_drawn():
    designs = [draw(number).design for number in range(CASES)]
    assert {design.lonely for design in designs} == {"error", "certainty", "adjust", "average"}
    assert {design.df for design in designs} == {"domain", "design"}
    assert {design.centre for design in designs} == {"full", "mean"}
    assert {design.nested for design in designs} == {True, False}
    drawn = {role for design in designs for role in design.columns.values()}
    roles = {"weights", "strata", "psu", "population", "ssu", "ssu_population"}
    assert drawn == roles | {"replicate_weights"}


def test_without_r_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(pytest.fail.Exception, match="apt-get install r-base-core r-cran-survey"):
        conftest.of_r(tmp_path)


def test_without_the_package_the_message_says_what_to_install(monkeypatch, tmp_path):
    said = "Error in library(survey) : there is no package called ‘survey’"
    ran = subprocess.CompletedProcess([], 1, stdout="", stderr=said)
    monkeypatch.setattr(shutil, "which", lambda _: "Rscript")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ran)
    with pytest.raises(pytest.fail.Exception, match="apt-get install r-base-core r-cran-survey"):
        conftest.of_r(tmp_path)
