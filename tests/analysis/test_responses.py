"""Shares and changes of the shipped waves of responses, counted again from their files.

The answers were made up. They are counted here with the csv module, by the labels in the files;
intervals are those of statsmodels.
"""

import csv
import html
from collections import Counter

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import surveylib as sl
from surveylib.errors import ComparabilityError, MethodError, NotEstimableError, UnknownNameError

WAVES = ("2025", "2026")
ONE = ("groups_encountered", "groups_count", "groups_number_change", "organisation_level_change",
       "caution_change", "largest_group_size", "region")  # fmt: skip
SETS = ("groups_places", "groups_platforms")
ROUTED = ("groups_count", "groups_places", "groups_platforms", "largest_group_size")


@pytest.fixture(scope="module")
def study(root):
    return sl.load_study(root / "waves" / "organised_groups")


@pytest.fixture(scope="module")
def files(root, study):
    """For each wave its rows, each question as the set of codes in them."""
    instrument = study.waves[0].instrument
    found = {}
    for wave in WAVES:
        path = root / "waves" / "organised_groups" / wave / "responses.csv"
        with path.open(encoding="utf-8", newline="") as file:
            found[wave] = [codes(row, instrument) for row in csv.DictReader(file)]
    return found


def codes(row, instrument):
    """The codes of a row, by question; ways of not answering among them, and `` for a blank."""
    found = {}
    for name in ONE:
        asked = instrument.question(name)
        known = {option.label["en"]: option.code for option in asked.answers}
        known |= {instrument.missing_labels[code]["en"]: code for code in asked.missing}
        found[name] = {known[row[name]]} if row[name] else set()
    for name in SETS:
        known = instrument.question(name).answer_codes
        found[name] = {code for code in known if row[f"{name}/{code}"] == "1"}
    return found | {"finished": row["finished"] == "yes"}


def counted(rows, question, missing):
    """Count of each code, those who answered, and those who were asked and went on."""
    given = [row[question] - missing for row in rows]
    answered = sum(map(bool, given))
    said = sum(bool(row[question] & missing) for row in rows)
    left_out = 0
    for row in rows:
        routed_past = question in ROUTED and row["groups_encountered"] != {"yes"}
        names = list(row)[: list(row).index("finished")]
        order = sorted(names, key=ORDER.index)
        later = order[order.index(question) + 1 :]
        reached = row["finished"] or any(row[name] for name in later)
        left_out += not row[question] and not routed_past and reached
    every = Counter(code for row in rows for code in row[question])
    return every, answered, answered + said + left_out


ORDER = [*ONE[:5], *SETS, *ONE[5:]]


@pytest.mark.parametrize("question", ORDER)
def test_every_share_is_counted_over_those_who_answered_or_were_asked(study, files, question):
    missing = {"dont_know", "refused"} & set(study.waves[0].instrument.question(question).missing)
    rows = sl.estimate(study, question).rows
    seen = 0
    for wave in WAVES:
        counts, answered, asked = counted(files[wave], question, missing)
        for row in (row for row in rows if row.wave == wave):
            n = asked if row.answer in missing else answered
            assert (row.n, row.n_low, row.base) == (
                n, n, "asked" if row.answer in missing else "answered",
            )  # fmt: skip
            assert row.estimate == counts[row.answer] / n
            low, high = proportion_confint(counts[row.answer], n, method="wilson")
            assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)
            assert (row.envelope_low, row.envelope_high) == pytest.approx((low, high), abs=1e-9)
            assert row.standard_error == pytest.approx(
                (row.estimate * (1 - row.estimate) / n) ** 0.5
            )
            seen += 1
    assert seen == len(rows) == 2 * len(study.waves[0].instrument.question(question).answer_codes)


def test_an_option_that_nobody_chose_is_a_row_with_an_interval_that_has_width(study):
    rows = [row for name in ORDER[:-1] for row in sl.estimate(study, name, by="region").rows]
    none = [row for row in rows if row.estimate == 0]
    assert len(none) > 20
    for row in none:
        # Wilson: z² / (n + z²) for none of n.
        assert (row.ci_low, row.ci_high) == pytest.approx(
            (0, 3.841459 / (row.n + 3.841459)), abs=1e-7
        )


@pytest.mark.parametrize("method", ["clopper-pearson", "jeffreys", "agresti-coull"])
def test_other_intervals_are_those_of_statsmodels(study, method):
    names = {"clopper-pearson": "beta", "jeffreys": "jeffreys", "agresti-coull": "agresti_coull"}
    for row in sl.estimate(study, "region", interval=method, confidence_level=0.9).rows:
        low, high = proportion_confint(
            round(row.estimate * row.n), row.n, alpha=0.1, method=names[method]
        )
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)


# --- groups -----------------------------------------------------------------------------------


def test_by_a_question_counts_each_of_its_answers_by_itself(study, files):
    rows = sl.estimate(study, "groups_encountered/yes", by="region").rows
    assert len(rows) == 12
    for row in rows:
        name, _, code = row.domain.partition("=")
        group = [entry for entry in files[row.wave] if code in entry[name]]
        answered = [entry for entry in group if entry["groups_encountered"] & {"yes", "no"}]
        yes = [entry for entry in answered if "yes" in entry["groups_encountered"]]
        assert (row.n, row.estimate) == (len(answered), len(yes) / len(answered))


def test_by_a_question_with_several_answers_a_respondent_is_in_several_groups(study, files):
    rows = sl.estimate(study.wave("2026"), "groups_platforms/telegram", by="groups_places").rows
    found = {row.domain: row.n for row in rows}
    for code in study.waves[0].instrument.question("groups_places").answer_codes:
        group = [entry for entry in files["2026"] if code in entry["groups_places"]]
        answered = [one for one in group if one["groups_platforms"] - {"dont_know", "refused"}]
        if code not in {"dont_know", "refused"}:
            assert found[f"groups_places={code}"] == len(answered)
    assert sum(found.values()) > len(files["2026"])


@pytest.mark.parametrize("where", ["groups_places=darknet", "region=refused", "region=usa"])
def test_where_counts_one_group(study, files, where):
    name, _, code = where.partition("=")
    for row in sl.estimate(study, "caution_change", where=where).rows:
        group = [entry for entry in files[row.wave] if code in entry[name]]
        counts, answered, asked = counted(group, "caution_change", {"dont_know", "refused"})
        n = asked if row.answer in {"dont_know", "refused"} else answered
        assert (row.domain, row.n, row.estimate) == (where, n, counts[row.answer] / n)


def test_a_group_in_which_nobody_was_asked_has_no_shares(study):
    with pytest.raises(NotEstimableError, match="groups_count"):
        sl.estimate(study, "groups_count", where="groups_encountered=no")


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        ({"by": "regoin"}, "no question called 'regoin' in by; did you mean 'region'"),
        ({"where": "region=norway"}, "no group called 'region=norway'"),
        ({"where": "region"}, "no group called 'region'"),
    ],
)
def test_a_group_that_is_not_there_is_refused(study, rest, told):
    with pytest.raises(UnknownNameError, match=told):
        sl.estimate(study, "caution_change", **rest)


# --- single waves -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", WAVES)
def test_a_wave_by_itself_gives_its_rows_of_the_study(study, name):
    for question in ORDER:
        rows = sl.estimate(study, question).rows
        alone = sl.estimate(study.wave(name), question).rows
        assert alone == tuple(row for row in rows if row.wave == name)


def test_the_wave_of_an_ingest_is_estimated_without_a_study(root, study):
    found = sl.ingest(root / "waves" / "organised_groups" / "2025").wave
    assert sl.estimate(found, "region") == sl.estimate(study.wave("2025"), "region")


def test_one_answer_is_one_row(study):
    row = sl.estimate(study.wave("2026"), "groups_places/darknet").rows[0]
    assert (row.answer, row.printed, row.certainty) == ("darknet", "64 of 176", "counted")


@pytest.mark.parametrize("question", ["groups_places/darkweb", "places"])
def test_an_answer_or_question_that_is_not_there_is_named_with_those_that_are(study, question):
    with pytest.raises(UnknownNameError, match=r"Known|did you mean"):
        sl.estimate(study.wave("2026"), question)


def test_an_ingest_is_estimated_as_its_wave_is(root):
    found = sl.ingest(root / "waves" / "organised_groups" / "2025")
    assert sl.estimate(found, "region") == sl.estimate(found.wave, "region")


# --- changes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ORDER)
def test_every_change_has_the_newcombe_interval_of_statsmodels(study, files, question):
    missing = {"dont_know", "refused"} & set(study.waves[0].instrument.question(question).missing)
    found = sl.change(study, question)
    assert found.refused == ()
    assert len(found.rows) == len(study.waves[0].instrument.question(question).answer_codes)
    for row in found.rows:
        ends = []
        for wave in (row.from_wave, row.to_wave):
            counts, answered, asked = counted(files[wave], question, missing)
            ends.append((counts[row.answer], asked if row.answer in missing else answered))
        (before, n), (after, m) = ends
        assert row.difference == pytest.approx(after / m - before / n, abs=1e-12)
        low, high = confint_proportions_2indep(after, m, before, n, method="newcomb")
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)
        assert (row.envelope_low, row.envelope_high) == pytest.approx((low, high), abs=1e-9)
        assert (row.comparability, row.steps, row.pairs) == ("identical", 1, 1)
        shown = "increased" if low > 0 else "decreased" if high < 0 else "no change shown"
        assert row.verdict == shown


def test_waves_in_the_wrong_order_are_refused(study):
    with pytest.raises(MethodError, match="wanted two different waves in the order 2025, 2026"):
        sl.change(study, "region", 2026, 2025)


def test_a_pair_without_a_declared_comparison_is_refused(study, root):
    with pytest.raises(UnknownNameError, match="no wave called '2027'"):
        sl.change(study, "region", 2025, 2027)
    alone = sl.Study(
        manifest=study.manifest,
        waves=study.waves[:1],
        folder=root,
        document=study.document,
    )
    assert sl.change(alone, "region").rows == ()
    with pytest.raises(ComparabilityError, match="region"):
        sl.change(alone, "region", 2025)


# --- the report -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(study, tmp_path_factory):
    written = sl.report(study, tmp_path_factory.mktemp("report"))
    return written, " ".join(html.unescape(written.page.read_text("utf-8")).split())


def test_the_page_says_that_answers_are_simulated(page):
    assert "Simulated: Every answer was drawn by a program" in page[1]


def test_the_page_has_every_headline_with_its_count(page, study):
    for headline in study.manifest.headlines:
        for row in sl.estimate(study, headline).rows:
            assert f"{row.estimate * 100:.1f}" in page[1]
            assert str(row.n) in page[1]


def test_the_tables_beside_it_hold_every_estimate_and_change(page, study):
    tables = {path.name: path for path in page[0].tables}
    with tables["estimates.csv"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {(row["wave"], row["question"], row["answer"]): row for row in rows if not row["domain"]}
    for question in ORDER:
        for row in sl.estimate(study, question).rows:
            line = told[row.wave, row.question, row.answer]
            assert float(line["estimate"]) == row.estimate
            assert (float(line["ci_low"]), float(line["ci_high"])) == (row.ci_low, row.ci_high)
    with tables["changes.csv"].open(encoding="utf-8-sig", newline="") as file:
        changes = {(row["question"], row["answer"]): row for row in csv.DictReader(file)}
    for question in ORDER:
        for row in sl.change(study, question).rows:
            assert float(changes[question, row.answer]["difference"]) == row.difference
