"""The simulated waves that ship: drawn by the example, the same on every machine, and as asked."""

import csv
import datetime as dt
import io
import json
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from examples import simulate_wave as simulation
from surveylib.errors import ManifestError, UnknownNameError
from surveylib.instrument.library import load_instrument
from surveylib.instrument.model import Instrument
from surveylib.wave.door import ingest
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[1]
WAVES = ROOT / "waves" / "organised_groups"
GROUPS = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
#: What each wave.yaml says: respondents and seed.
DRAWN = {"2025": (240, 1), "2026": (260, 3)}
FIRST_DAY = dt.date(2026, 9, 1)


@cache
def shipped(wave):
    return ingest(WAVES / wave)


def shares_of(wave):
    return json.loads((WAVES / wave / "shares.json").read_text("utf-8"))


def rows_of(raw):
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def draw(instrument, respondents, seed=1, **shares):
    return simulation.simulate(instrument, respondents, seed, shares, FIRST_DAY)


def taken(tmp_path, instrument, raw):
    """What is ingested of a simulated file."""
    file = tmp_path / "simulated.csv"
    file.write_bytes(raw)
    return ingest(file, instrument, columns=simulation.columns(instrument))


def question(name, kind, **fields):
    usual = {
        "id": name,
        "kind": kind,
        "concept": name,
        "text": {"en": f"The {name}?"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "not_stated",
        "missing": ["dont_know", "refused"],
    }
    listed = {"option_list": "complete"} if "options" in fields and kind != "derived" else {}
    return usual | listed | fields


def options(*codes, **special):
    """Options by code; special ones have fields of their own."""
    plain = [{"code": code, "label": {"en": f"The answer {code}"}} for code in codes]
    return plain + [
        {"code": code, "label": {"en": f"The answer {code}"}} | fields
        for code, fields in special.items()
    ]


def asked_if(**condition):
    return {"asked": "some", "if": condition}


EVERY_KIND = Instrument.model_validate(
    {
        "format": "surveylib.instrument/1",
        "id": "every_kind",
        "version": "1",
        "title": {"en": "Every kind"},
        "languages": ["en"],
        "provenance": "-",
        "population": "-",
        "mode": ["web"],
        "questions": [
            question(
                "place",
                "single",
                options=options(
                    "town",
                    "village",
                    other={"write_in": True},
                    any={"net_of": ["town", "village"]},
                ),
                required=True,
            ),
            question("size", "ordered", options=options("small", "large")),
            question(
                "count",
                "banded",
                unit="rooms",
                options=options(few={"interval": [0, 4]}, many={"interval": [5, "open"]}),
                base=asked_if(question="place", answers=["town", "refused"]),
            ),
            question(
                "tools",
                "multi_answer",
                options=options(
                    *("a", "b", "c", "d"), none={"exclusive": True}, other={"write_in": True}
                ),
                min_selected=2,
                max_selected=3,
            ),
            question(
                "named",
                "open_coded",
                mentions="several",
                options=options("p", "q", "r"),
                base=asked_if(question="tools", answers=["a", "none"]),
            ),
            question("first_named", "open_coded", mentions="one", options=options("p", "q")),
            question("height", "number", unit="cm", minimum="1.5", maximum="9.25", decimals=2),
            question("day", "date", precision="day", earliest="2026-01-30", latest="2026-02-02"),
            question("month", "date", precision="month", earliest="2030-02"),
            question("year", "date", precision="year", latest="1999"),
            question("words", "text", base=asked_if(question="height", at_least="5")),
            question("members", "text_quantity", unit="members"),
            question(
                "grid",
                "grid",
                cells="ordered",
                rows=[{"id": name, "text": {"en": f"Row {name}"}} for name in ("one", "two")],
                options=options("low", "high"),
            ),
            question(
                "ticks",
                "grid",
                cells="multi_answer",
                rows=[{"id": "one", "text": {"en": "Row one"}}],
                options=options("low", "high", none={"exclusive": True}),
            ),
            question(
                "tall",
                "derived",
                missing=[],
                options=[
                    option | {"when": {key: [{"question": "height", "at_least": "5"}]}}
                    for option, key in zip(options("yes", "no"), ("all_of", "none_of"), strict=True)
                ],
            ),
            question("after", "text", base=asked_if(question="tall", answers=["yes"])),
        ],
    }
)


@pytest.mark.parametrize("wave", DRAWN)
def test_the_example_draws_the_wave_that_ships_byte_by_byte(wave):
    respondents, seed = DRAWN[wave]
    first_day = dt.date(int(wave), 9, 1)
    drawn = simulation.simulate(GROUPS, respondents, seed, shares_of(wave), first_day)
    assert drawn == (WAVES / wave / "responses.csv").read_bytes()
    told = shipped(wave).wave.manifest.simulated
    assert f"--respondents {respondents} --seed {seed} --first-day {first_day} " in told


@pytest.mark.parametrize("wave", DRAWN)
def test_every_cell_of_a_simulated_wave_is_taken(wave):
    found = shipped(wave)
    accounts = found.accounts
    assert accounts.differences() == []
    assert accounts.rows_read == accounts.accepted == DRAWN[wave][0]
    assert accounts.cells_quarantined == accounts.quarantined == len(found.quarantine) == 0
    assert len(found.repairs) == 0
    assert found.quality.off_route == found.quality.required == found.quality.ticks_over == {}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("wave", "name", "answer"),
    [
        (wave, name, answer)
        for wave in DRAWN
        for name, wanted in shares_of(wave).items()
        for answer in wanted
    ],
)
def test_a_share_lies_as_near_to_the_one_asked_for_as_in_a_sample(wave, name, answer):
    found = shipped(wave)
    counts = found.wave.counts(name)
    n = found.accounts.questions[name]["answered"]
    if answer in GROUPS.question(name).missing:
        n += counts["dont_know"] + counts["refused"] + counts["no_answer"]
    low, high = binom.interval(0.999, n, shares_of(wave)[name][answer])
    assert low <= counts[answer] <= high


@pytest.mark.parametrize("wave", DRAWN)
def test_every_way_of_having_no_answer_is_there(wave):
    states = Counter()
    for counts in shipped(wave).accounts.questions.values():
        states.update(counts)
    assert set(states) == {
        *("answered", "dont_know", "refused", "no_answer", "not_applicable", "not_reached")
    }


@pytest.mark.parametrize("wave", DRAWN)
def test_a_simulated_wave_says_so_wherever_one_looks(wave):
    manifest = shipped(wave).wave.manifest
    assert "respondents who do not exist" in manifest.simulated
    assert "no officer was asked" in manifest.frame
    assert "No officer was asked" in manifest.caveats[0]
    rows = rows_of((WAVES / wave / "responses.csv").read_bytes())
    assert all(row["respondent"].startswith("simulated-") for row in rows)
    written = {row["groups_platforms/other:text"] for row in rows} - {""}
    assert written == set(simulation.WORDS)


def test_every_kind_of_question_is_drawn_as_it_is_asked(tmp_path):
    found = taken(tmp_path, EVERY_KIND, draw(EVERY_KIND, 400))
    assert found.quarantine.to_dict("records") == []
    assert found.accounts.accepted == 400
    assert found.quality.off_route == found.quality.required == {}
    for item in EVERY_KIND.items:
        codes = [option.code for option in item.answers if not option.net_of]
        counts = found.wave.counts(item.id)
        assert all(counts[code] > 0 for code in codes or ["answered"])


def test_only_who_is_asked_answers(tmp_path):
    wave = taken(tmp_path, EVERY_KIND, draw(EVERY_KIND, 400)).wave
    frame = wave.to_frame()
    for name, asked in (
        ("count", wave.gave("place", "town") | wave.gave("place", "refused")),
        ("named", wave.gave("tools", "a") | wave.gave("tools", "none")),
        ("words", (frame["height"] >= 5).to_numpy()),
        ("after", (frame["height"] >= 5).to_numpy()),
    ):
        answered = (frame[f"{name}:state"] == "answered").to_numpy()
        assert answered[asked].any()
        assert not answered[~asked].any()


def test_ticks_keep_their_number_and_an_exclusive_option_stands_alone():
    sets = Counter(
        frozenset(
            code for code in ("a", "b", "c", "d", "none", "other") if row[f"tools/{code}"] == "1"
        )
        for row in rows_of(draw(EVERY_KIND, 400))
        if row["tools/a"] and "1" not in (row["tools/dont_know"], row["tools/refused"])
    )
    assert sets[frozenset(["none"])] > 0
    assert {len(ticked) for ticked in sets if "none" not in ticked} <= {2, 3}
    assert all(len(ticked) == 1 for ticked in sets if "none" in ticked)


def test_numbers_and_dates_keep_their_limits():
    rows = rows_of(draw(EVERY_KIND, 400))
    labels = {"Don't know", "Refused", ""}
    given_ = {
        name: {row[name] for row in rows} - labels for name in ("height", "day", "month", "year")
    }
    assert all(Decimal("1.5") <= Decimal(text) <= Decimal("9.25") for text in given_["height"])
    assert given_["day"] == {"2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"}
    assert given_["month"] == {"2030-02"}
    assert given_["year"] == {"1999"}


def test_shares_are_met_where_one_option_stands_alone_and_ticks_are_limited(tmp_path):
    wanted = {"none": 0.3, "a": 0.6, "b": 0.5, "c": 0.2, "d": 0.2, "other": 0.1}
    found = taken(tmp_path, EVERY_KIND, draw(EVERY_KIND, 1000, seed=5, tools=wanted))
    n = found.accounts.questions["tools"]["answered"]
    counts = found.wave.counts("tools")
    for code, share in wanted.items():
        low, high = binom.interval(0.999, n, share)
        assert low <= counts[code] <= high


def test_what_has_no_share_is_drawn_evenly(tmp_path):
    found = taken(tmp_path, GROUPS, draw(GROUPS, 1000, region={"usa": 0.4}))
    n = found.accounts.questions["region"]["answered"]
    low, high = binom.interval(0.999, n, 0.6 / 5)
    for code in ("canada", "sweden", "united_kingdom", "europe_other", "elsewhere"):
        assert low <= found.wave.counts("region")[code] <= high


def test_the_share_of_a_way_of_not_answering_can_be_given(tmp_path):
    found = taken(tmp_path, GROUPS, draw(GROUPS, 200, region={"refused": 1}))
    counts = found.wave.counts("region")
    assert set(counts) - {"refused", "not_reached", "no_answer"} == {
        option.code for option in GROUPS.question("region").answers
    }
    assert found.accounts.questions["region"].get("answered") is None


def test_another_seed_draws_others():
    assert draw(GROUPS, 50) == draw(GROUPS, 50)
    assert draw(GROUPS, 50) != draw(GROUPS, 50, seed=2)


@pytest.mark.parametrize(
    ("shares", "error", "words"),
    [
        ({"regoin": {"usa": 1}}, UnknownNameError, "did you mean 'region'"),
        (
            {"region": {"us": 1}},
            ValueError,
            "'region' has no such answer, or not such a share: \\['us'",
        ),
        ({"region": {"usa": -0.1}}, ValueError, "'region' has no such answer, or not such a share"),
        ({"region": {"refused": 1, "usa": 1.01}}, ValueError, "not such a share: \\['usa'\\]"),
        ({"region": {"usa": 0.7, "canada": 0.4}}, ValueError, "'region' add up to 1.1; wanted 1"),
        ({"groups_encountered": {"yes": 0.7, "no": 0.2}}, ValueError, "add up to 0.9; wanted 1"),
    ],
)
def test_shares_that_cannot_be_are_refused(shares, error, words):
    with pytest.raises(error, match=words):
        draw(GROUPS, 50, **shares)


@pytest.mark.parametrize(("share", "total"), [(0.2, "1"), (0.9, "4.5")])
def test_shares_that_make_too_many_ticks_or_too_few_are_refused(share, total):
    wanted = {**dict.fromkeys(("a", "b", "c", "d", "other"), share), "none": 0}
    with pytest.raises(ValueError, match=f"tools: shares make {total} ticks; wanted 2 to 3"):
        draw(EVERY_KIND, 50, tools=wanted)


@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(instrument=instruments(awkward_text=False), seed=st.integers(0, 10))
def test_any_questionnaire_can_be_simulated_and_ingested(tmp_path, instrument, seed):
    raw = draw(instrument, 20, seed=seed)
    try:
        found = taken(tmp_path, instrument, raw)
    except ManifestError as error:
        # Labels that could mean two answers are a fault of the questionnaire.
        assume({fault.code for fault in error.faults} != {"TEXT-AMBIGUOUS"})
        raise
    assert found.accounts.accepted == 20
    assert found.accounts.differences() == []
    assert found.quarantine.to_dict("records") == []
    assert found.quality.off_route == {}
