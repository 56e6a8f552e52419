"""Classes against counting by hand, and against the counts of a wave."""

from fractions import Fraction

import numpy as np
import pytest

from surveylib.errors import NotEstimableError
from surveylib.wave.classes import answer_classes, joint_classes, mention_classes
from surveylib.wave.counted import count_readings
from surveylib.wave.door import ingest
from tests.wave.corruption import option, question, survey

FORM = survey(
    question("pets", "single", option("cat"), option("dog"), option("fish"),
             {"code": "warm", "label": {"en": "Warm"}, "net_of": ["cat", "dog"]},
             missing=["refused"]),
    question("food", "multi_answer", option("a"), option("b"), option("c")),
)  # fmt: skip
ROWS = """pets,a,b,c
Cat,1,0,0
Dog,1,1,
Fish,0,0,1
Refused,1,0,
,0,1,1
"""


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    path = tmp_path_factory.mktemp("classes") / "r.csv"
    path.write_text(ROWS, "utf-8")
    food = {"layout": "column_per_option", "options": {code: code for code in "abc"}}
    food |= {"ticked": ["1"], "not_ticked": ["0"]}
    return ingest(path, FORM, columns={"pets": "pets", "food": food}).wave


def test_a_net_holds_what_its_parts_hold(wave):
    classes = answer_classes(wave, "pets")
    assert classes.answers == ("cat", "dog", "fish", "warm")
    assert classes.place.tolist() == [0, 1, 2, -1, -1]
    assert classes.holds.tolist() == [
        [True, False, False, True],
        [False, True, False, True],
        [False, False, True, False],
    ]
    assert classes.asked.all()


def test_a_set_of_ticks_is_one_class_and_a_blank_says_nothing_of_its_option(wave):
    classes = answer_classes(wave, "food")
    held = classes.holds[classes.place].astype(int).tolist()
    asked = classes.asked[classes.place].astype(int).tolist()
    assert held == [[1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1]]
    assert asked == [[1, 1, 1], [1, 1, 0], [1, 1, 1], [1, 1, 0], [1, 1, 1]]


def test_an_option_has_the_base_of_those_of_whom_it_is_known(wave):
    found = count_readings(wave, "food")
    assert {code: (one.n, one.figure.percent) for code, one in found.items()} == {
        "a": (5, Fraction(3, 5)),
        "b": (5, Fraction(2, 5)),
        "c": (3, Fraction(2, 3)),
    }


def test_ways_of_not_answering_are_shares_of_those_asked(wave):
    classes = joint_classes(wave, "pets", (0, 2, 3), "answered")
    assert classes.answers == ("cat", "dog", "fish", "warm", "refused")
    # The last of them left the question open: in the base of ways of not answering, and of no pet.
    assert classes.holds[classes.place, 4].tolist() == [0, 0, 0, 1, 0]
    assert classes.asked[classes.place, 4].tolist() == [1, 1, 1, 1, 1]
    assert classes.asked[classes.place, 0].tolist() == [1, 1, 1, 0, 0]


def test_shares_of_all_who_were_asked_add_up_to_1(wave):
    classes = joint_classes(wave, "pets", (0, 2, 3), "asked")
    assert classes.answers == ("cat", "dog", "fish", "warm", "refused", "no_answer")
    assert classes.asked[classes.place].all()
    held = classes.holds[classes.place].sum(axis=0).tolist()
    assert held == [1, 1, 1, 2, 1, 1]  # a cat or a dog is warm


def test_every_tick_is_a_mention(wave):
    classes = mention_classes(wave, "food")
    assert classes.holds[classes.place].tolist() == [
        [1, 0, 0], [1, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 1],
    ]  # fmt: skip
    assert classes.asked[classes.place, 0].tolist() == [1, 2, 1, 1, 2]
    with pytest.raises(NotEstimableError, match="'pets' has one answer each"):
        mention_classes(wave, "pets")


def test_classes_count_what_the_wave_counts(root):
    for wave in (ingest(root / "waves" / "organised_groups" / "2026").wave,):
        for name in wave.question_ids:
            classes = answer_classes(wave, name)
            sizes = np.bincount(classes.place[classes.place >= 0], minlength=len(classes.holds))
            counts = dict(zip(classes.answers, (sizes @ classes.holds).tolist(), strict=True))
            assert counts == {code: wave.counts(name)[code] for code in counts}
