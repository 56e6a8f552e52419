"""The four waves on open source programmes, recounted from the published files with csv alone.

Columns are found here by the wording of the questions, not by what wave.yaml says of them.
"""

from collections import Counter
from functools import cache

import numpy as np
import pytest

import surveylib as sl
from tests.journeys import test_ospo_exports as exports

pytestmark = exports.pytestmark

DATA = exports.DATA
#: What the publisher wrote beside compliance methodologies in 2019, where an answer was lost.
REMARK = "No answer because of coding error found in first day in the field"
#: Shares in percent as the publisher's pages print them, over everybody with an answer, those who
#: do not know too: year, question, answers taken together, share.
PRINTED = [
    ("2018", "activities.use_internally", ["frequently"], 72),
    ("2018", "activities.use_in_products", ["frequently"], 55),
    ("2018", "programme", ["yes", "planning"], 53),
    ("2019", "programme", ["yes", "planning"], 52),
    ("2019", "organisation_size", ["from_10001"], 21),
    ("2020", "organisation_size", ["from_10001"], 24),
    ("2020", "organisation_size", ["from_2", "from_51"], 37),
    ("2020", "funding", ["very_likely_increase", "somewhat_likely_increase"], 37),
    ("2020", "funding", ["very_likely_decrease", "somewhat_likely_decrease"], 13),
]


@cache
def ingested(year):
    return sl.ingest(exports.ROOT / "waves" / "ospo" / year, data=DATA)


@cache
def respondents(year):
    """Rows in which anything is written."""
    _, _, rows = exports.export(year)
    return [row for row in rows if any(cell.strip() for cell in row)]


def questions(*kinds):
    return [given for given in exports.questions() if not kinds or given.values[1].kind in kinds]


def own_words(year, place):
    return exports._OWN_WORDS.match(exports.export(year)[1][place]) is not None  # noqa: SLF001 - the same columns


def under(year, question, text):
    """The column of a question below whose head a text stands."""
    subheads = exports.export(year)[1]
    (place,) = [
        place
        for place in exports.columns(year, question)
        # The export of 2019 tells columns of the same name apart by a number at the end.
        if subheads[place].rstrip("0123456789") == exports.plain(text)
    ]
    return place


def recounted(year, question, place):
    """Respondents by code or missing state; `invalid` for damages that are not repaired."""
    instrument = sl.load_instrument(exports.ROOT / "instruments" / "ospo" / f"{year}.yaml")
    codes = {exports.plain(option.label["en"]): option.code for option in question.options}
    codes |= {exports.plain(instrument.missing_label(state)): state for state in question.missing}
    found = Counter()
    for row in respondents(year):
        text = exports.plain(row[place])
        key = (year, question.id, text)
        if key in exports.DAMAGES:
            found[codes[exports.DAMAGES[key]] if text.isdigit() else "invalid"] += 1
        elif text:
            found[codes[exports.SHOWN_AS.get(key, text)]] += 1
    return found


def counted(year, question, name):
    """The same of the wave, without those whose cell is blank."""
    wanted = {option.code for option in question.options} | {*question.missing, "invalid"}
    counts = ingested(year).wave.counts(name)
    return Counter({code: n for code, n in counts.items() if code in wanted and n})


@pytest.mark.parametrize(("year", "question"), questions("single", "ordered", "banded"))
def test_every_answer_in_the_file_is_counted_or_in_quarantine(year, question):
    (place,) = [p for p in exports.columns(year, question) if not own_words(year, p)][:1]
    assert counted(year, question, question.id) == recounted(year, question, place)


@pytest.mark.parametrize(("year", "question"), questions("grid"))
def test_every_answer_of_every_row_of_a_grid_is_counted(year, question):
    for row in question.rows:
        place = under(year, question, row.text["en"])
        name = f"{question.id}.{row.id}"
        assert counted(year, question, name) == recounted(year, question, place), name


@pytest.mark.parametrize(("year", "question"), questions("multi_answer"))
def test_every_tick_in_the_file_is_counted(year, question):
    ticks = {}
    for option in question.options:
        if option.write_in:
            places = [p for p in exports.columns(year, question) if own_words(year, p)]
        else:
            places = [under(year, question, option.label["en"])]
        ticks[option.code] = sum(
            any(row[place].strip() not in {"", REMARK} for place in places)
            for row in respondents(year)
        )
    counts = ingested(year).wave.counts(question.id)
    assert {code: counts[code] for code in ticks} == ticks
    assert sum(ticks.values()) > 0


@pytest.mark.parametrize("year", exports.EXPORTS)
def test_every_row_is_a_respondent_or_blank_and_every_question_accounts_for_all(year):
    accounts = ingested(year).accounts
    _, _, rows = exports.export(year)
    assert accounts.rows_read == len(rows)
    assert accounts.accepted == len(respondents(year))
    assert accounts.quarantined == 0
    assert sum(accounts.excluded.values()) == len(rows) - len(respondents(year))
    assert {sum(states.values()) for states in accounts.questions.values()} == {accounts.accepted}


@pytest.mark.parametrize("year", exports.EXPORTS)
def test_no_blank_is_left_unclear(year):
    states = ingested(year).accounts.questions
    assert [name for name, counts in states.items() if counts.get("unknown_blank")] == []


@pytest.mark.parametrize(("key", "label"), list(exports.DAMAGES.items()))
def test_every_known_damage_is_repaired_or_in_quarantine(key, label):
    year, question, raw = key
    found = ingested(year)
    count = sum(recounted_raw(year, question, raw))
    repairs = found.repairs.query("question == @question and raw == @raw")
    quarantine = found.quarantine.query("question == @question and raw == @raw")
    assert count > 0
    assert (len(repairs), len(quarantine)) == ((count, 0) if raw.isdigit() else (0, count))
    assert set(repairs["after"]) <= {label}


def recounted_raw(year, question, raw):
    asked = sl.load_instrument(exports.ROOT / "instruments" / "ospo" / f"{year}.yaml")
    (place, *_) = exports.columns(year, asked.question(question))
    return (row[place] == raw for row in respondents(year))


@pytest.mark.parametrize("year", exports.EXPORTS)
def test_nothing_else_is_repaired_or_in_quarantine(year):
    found = ingested(year)
    cells = {
        (year, question, raw)
        for table in (found.repairs, found.quarantine)
        for question, raw in zip(table["question"], table["raw"], strict=True)
    }
    assert cells == {key for key in exports.DAMAGES if key[0] == year}


@pytest.mark.parametrize(("year", "question", "answers", "percent"), PRINTED)
def test_shares_are_those_that_the_publisher_prints(year, question, answers, percent):
    wave = ingested(year).wave
    counts = wave.counts(question)
    base = sum(counts[code] for code in wave.question(question).codes) + counts.get("dont_know", 0)
    share = 100 * sum(counts[code] for code in answers) / base
    assert percent - 0.5 <= share < percent + 0.5


def test_formal_programmes_of_2021_are_as_many_as_printed_among_the_companies_marked_for_it():
    wave = ingested("2021").wave
    marked = np.equal(wave.column("keep:sample_qualification"), "2+ employees")
    counts = wave.counts("structure", marked)
    base = counts["formal"] + counts["informal"] + counts["dont_know"]
    assert round(100 * counts["formal"] / base) == 58


def test_who_came_to_the_end_in_2019_is_who_gave_a_role_but_for_nine():
    # The other exports do not say who completed the questionnaire, and their waves take the role.
    heads, subheads, _ = exports.export("2019")
    role = heads.index("Which category most closely defines your role?")
    completed = subheads.index("Completed")
    found = Counter((row[completed], bool(row[role])) for row in respondents("2019"))
    assert found == {("Yes", True): 1623, ("Yes", False): 9, ("No", False): 1049}


@pytest.mark.parametrize("year", exports.EXPORTS)
def test_ingesting_again_writes_the_same_bytes(year, tmp_path):
    written = []
    for name in ("first", "second"):
        folder = tmp_path / name
        sl.ingest(exports.ROOT / "waves" / "ospo" / year, data=DATA, out=folder)
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        written.append(files)
    assert written[0] == written[1]
    assert "responses.parquet" in written[0]


def test_the_study_checks_without_its_responses():
    lines = sl.check(exports.ROOT / "waves" / "ospo")
    assert len(lines) == len(exports.EXPORTS) + 1


@cache
def study():
    return sl.load_study(exports.ROOT / "waves" / "ospo", data=DATA)


@pytest.mark.parametrize("later", ["2019", "2020", "2021"])
def test_what_the_questionnaire_calls_comparable_gives_a_change(later):
    earlier = str(int(later) - 1)
    found = sl.change(study(), "projects_maintained/from_1", earlier, later)
    (row,) = found.rows
    before, after = (ingested(year).wave.counts("projects_maintained") for year in (earlier, later))
    codes = ["from_0", "from_1", "from_11", "from_51", "from_101", "from_1001"]
    first, second = (one["from_1"] / sum(one[code] for code in codes) for one in (before, after))
    assert row.difference == pytest.approx(second - first)


def test_what_the_questionnaire_calls_a_break_is_refused():
    with pytest.raises(sl.errors.ComparabilityError, match="call it a new question"):
        sl.change(study(), "infosec_access", 2020, 2021)


def test_a_question_that_was_dropped_has_nothing_to_compare_with():
    with pytest.raises(sl.errors.ComparabilityError, match="no other wave has a question"):
        sl.change(study(), "covid_reallocation", 2020, 2021)
