"""What tests of series need: a made-up study of towns, and a made-up sample of six waves."""

from pathlib import Path

import pandas as pd
import pytest

import surveylib as sl
from tests.analysis.series.towns import write

REFERENCES = Path(__file__).parents[1] / "references"


@pytest.fixture(scope="session")
def towns(tmp_path_factory):
    """The study, with six waves of two questionnaires."""
    return sl.load_study(write(tmp_path_factory.mktemp("towns")))


@pytest.fixture(scope="session")
def sample():
    """Six waves with strata and units, some of them and of their people in several."""
    return pd.read_csv(REFERENCES / "change_data.csv", dtype={"q": "string"})
