"""An analyst opens the data file in PSPP, runs the syntax, and labels data of their own with it."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings

from surveylib.instrument.formats.spss import FORMAT
from surveylib.instrument.library import load_instrument
from tests.instrument.generated import instruments
from tests.journeys.programs import program

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
#: Two options of one question that are called the same are no fault of the syntax.
ALIKE = re.compile(r"warning: MRSETS: Variables [^:]*?\bhave\s+the\s+same\s+value\s+label")
LOOK = "MRSETS /DISPLAY NAME=ALL.\nDISPLAY DICTIONARY.\nDISPLAY ATTRIBUTES.\n"


def run(folder, commands):
    """What PSPP prints; it must find nothing to complain of."""
    (folder / "run.sps").write_text(commands, "utf-8")
    done = subprocess.run(
        [program("pspp"), "run.sps"],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert not re.search(r"\b(error|warning):", ALIKE.sub("", told)), told
    return told


def both(made, folder):
    """Write the two files under short names."""
    for name, data in FORMAT.write(made).items():
        (folder / f"made{Path(name).suffix}").write_bytes(data)


@pytest.fixture(scope="module")
def groups():
    return load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")


@pytest.fixture(scope="module")
def labelled(groups, tmp_path_factory):
    """Data of three respondents without any label, after the syntax was run on them."""
    folder = tmp_path_factory.mktemp("spss")
    both(groups, folder)
    _, dictionary = pyreadstat.read_sav(folder / "made.sav")
    rows = {name: [1.0, 0.0, -91.0] for name in dictionary.column_names}
    rows |= {"groups_platforms_other_text": ["", "", ""], "region": [3.0, 4.0, -92.0]}
    pyreadstat.write_sav(pd.DataFrame(rows), folder / "data.sav")
    run(folder, "GET FILE='data.sav'.\nINSERT FILE='made.sps' ERROR=STOP.\nSAVE OUTFILE='out.sav'.")
    return folder / "out.sav", dictionary


def test_pspp_opens_the_data_file_and_runs_the_syntax_on_it(groups, tmp_path):
    both(groups, tmp_path)
    told = run(tmp_path, f"GET FILE='made.sav'.\nINSERT FILE='made.sps' ERROR=STOP.\n{LOOK}")
    assert "$groups_places" in told
    assert "$groups_platforms" in told
    assert "Dichotomies" in told
    assert "Don't know" in told


def test_the_syntax_labels_a_data_file_that_has_no_labels(labelled):
    path, expected = labelled
    _, found = pyreadstat.read_sav(path, user_missing=True)
    assert found.column_names_to_labels == expected.column_names_to_labels
    assert found.variable_value_labels == expected.variable_value_labels
    assert found.variable_measure == expected.variable_measure


def test_what_stands_for_a_missing_state_counts_as_missing(labelled):
    path, _ = labelled
    frame, _ = pyreadstat.read_sav(path)
    assert list(frame["groups_places_darknet"].isna()) == [False, False, True]
    frame, _ = pyreadstat.read_sav(path, user_missing=True)
    assert list(frame["groups_places_darknet"]) == [1, 0, -91]


def test_questions_with_several_answers_are_sets_of_multiple_response(labelled, groups):
    path, _ = labelled
    _, found = pyreadstat.read_sav(path)
    assert set(found.mr_sets) == {"groups_places", "groups_platforms"}
    places = found.mr_sets["groups_places"]
    assert (places["is_dichotomy"], places["counted_value"]) == (True, 1)
    codes = [option.code for option in groups.question("groups_places").answers]
    assert places["variable_list"] == [f"groups_places_{code}" for code in codes]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=instruments())
def test_pspp_and_the_data_file_agree_on_any_questionnaire(made):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        both(made, folder)
        opening = "GET FILE='made.sav'.\nINSERT FILE='made.sps' ERROR=STOP.\n"
        run(folder, f"{opening}{LOOK}SAVE OUTFILE='out.sav'.\n")
        before, after = (
            pyreadstat.read_sav(folder / name, user_missing=True, disable_datetime_conversion=True)[
                1
            ]
            for name in ("made.sav", "out.sav")
        )
    assert after.column_names_to_labels == before.column_names_to_labels
    assert after.variable_value_labels == before.variable_value_labels
    assert after.missing_ranges == before.missing_ranges
    assert after.original_variable_types == before.original_variable_types
    several = [
        item
        for item in made.items
        if not item.exclusive and sum(not o.net_of for o in item.answers) > 1
    ]
    assert len(after.mr_sets) == len(several)
