"""The report of every kind of study: designs, groups, protection, templates, an earlier report."""

import csv
import hashlib
import html
import io
import json
import random
import re
from importlib import metadata

import pytest

import surveylib as sl
from surveylib.errors import MethodError, SampleError, StudyError, UnknownNameError
from surveylib.instrument.identity import instrument_hash
from surveylib.present import report_origin
from surveylib.present.report_findings import told_once
from surveylib.present.report_page import TEMPLATES
from surveylib.present.statements import change
from surveylib.present.statements_voice import Voice

INSTRUMENT = """\
format: surveylib.instrument/1
id: town
version: "{version}"
title: {{en: "Town questionnaire"}}
languages: [en]
provenance: Made up to test with.
population: Residents of a town that does not exist.
questions:
  - id: library
    kind: single
    concept: library
    title: {{en: "Library"}}
    text: {{en: "{text}"}}
    wording: printed
    base: {{asked: all}}
    period: not_stated
    missing: [dont_know]
    option_list: complete
    options:
      - {{code: "yes", label: {{en: "Yes, I do"}}}}
      - {{code: "no", label: {{en: "No, I do not"}}}}
  - id: part
    kind: single
    concept: part
    title: {{en: "Part of town"}}
    text: {{en: "Where do you live?"}}
    wording: printed
    base: {{asked: all}}
    period: not_stated
    option_list: complete
    options:
      - {{code: north, label: {{en: "North of the river"}}}}
      - {{code: south, label: {{en: "South of the river"}}}}
"""
COMPARISONS = """\
comparisons:
  - question: library
    with: {version: "1"}
    verdict: limited
    reason: The later question names the year.
  - question: part
    with: {version: "1"}
    verdict: identical
    reason: Asked in the same words.
"""
VISITS = """\
  - id: visits
    kind: number
    concept: visits
    title: {{en: "Visits"}}
    text: {{en: "How many times did you go into town last month?"}}
    wording: printed
    base: {{asked: all}}
    period: P1M
    unit: visits
    missing: [dont_know]
"""
SAME_VISITS = """\
  - question: visits
    with: {version: "1"}
    verdict: identical
    reason: Asked in the same words.
"""
STUDY = """\
format: surveylib.study/1
survey: town
title: {en: "Town study"}
publisher: Nobody
respondents: residents who answered
about: Made up to test with.
headlines: [library/yes]
"""
WAVE = """\
format: surveylib.wave/1
survey: town
wave: "{year}"
instrument: town@{version}
instrument_hash: {instrument}
simulated: drawn to test with
field_dates: {{from: {year}-05-01, to: {year}-05-28}}
frame: Nobody
sampling: {{kind: unknown, people: residents}}
mode: Simulated
response_rate: none
weighting: none
sources:
  - {{id: own, title: A test, address: a test, kind: own}}
responses: {{path: responses.csv, sha256: {sha256}, source: own}}
respondent: {{column: id}}
{design}columns: {{library: library, part: part{columns}}}
"""
KEPT = "keep: {w: w, region: region, district: district}\n"
DESIGN = f"""\
{KEPT}design: {{weights: w, strata: region, psu: district}}
"""
#: Answers of each wave: the share that uses the library.
SHARES = {"2018": ("1", 0.3), "2019": ("1", 0.35), "2021": ("2", 0.6)}


def answers(year, share, people, *, visits):
    drawn = random.Random(int(year))  # noqa: S311 - no secret is drawn
    rows = []
    for number in range(people):
        said = "dont_know" if number % 20 == 0 else ("yes" if drawn.random() < share else "no")
        rows.append(
            {
                "id": f"p{number}",
                "library": said,
                "part": "north" if number % 3 else "south",
                "w": f"{1 + number % 4}",
                "region": f"r{number % 2}",
                "district": f"{year}-{number % 20}",
            }
        )
        if visits:
            rows[-1]["visits"] = f"{number % 10 + (year == '2021')}"
    file = io.StringIO(newline="")
    table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return file.getvalue().encode()


def make(folder, *, design=KEPT, people=200, waves=tuple(SHARES), visits=False):
    columns, extra, same = "", "", ""
    if visits:
        columns, extra, same = ", visits: visits", VISITS, SAME_VISITS
    shelf, study = folder / "instruments" / "town", folder / "waves" / "town"
    shelf.mkdir(parents=True, exist_ok=True)
    study.mkdir(parents=True, exist_ok=True)
    asked = INSTRUMENT + extra
    (shelf / "1.yaml").write_text(asked.format(version="1", text="Do you use the library?"))
    text = asked.format(version="2", text="Do you use the library this year?")
    (shelf / "2.yaml").write_text(text + COMPARISONS + same)
    (study / "study.yaml").write_text(STUDY)
    for year in waves:
        version, share = SHARES[year]
        raw = answers(year, share, people, visits=visits)
        place = study / year
        place.mkdir(exist_ok=True)
        (place / "responses.csv").write_bytes(raw)
        digest = instrument_hash(sl.load_instrument(shelf / f"{version}.yaml"))
        told = WAVE.format(year=year, version=version, instrument=digest, design=design,
                           columns=columns,
                           sha256=hashlib.sha256(raw).hexdigest())  # fmt: skip
        (place / "wave.yaml").write_text(told)
    return sl.load_study(study)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return make(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return make(tmp_path_factory.mktemp("drawn"), design=DESIGN)


def text_of(written):
    page = written.page.read_text("utf-8")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def whole(written):
    return json.loads((written.page.parent / "study.json").read_text("utf-8"))


def test_a_study_with_designs_has_the_shares_and_changes_of_its_designs(drawn, tmp_path):
    found = whole(sl.report(drawn, tmp_path / "out"))
    share = sl.estimate(drawn, "library/yes").rows[-1]
    change = sl.change(drawn, "library/yes").rows[0]
    rows = [row for row in found["estimates"]["rows"] if row["answer"] == "yes"]
    assert rows[-1]["estimate"] == share.estimate
    assert rows[-1]["design_effect"] == pytest.approx(share.design_effect, rel=1e-12)
    moved = [row for row in found["changes"]["rows"] if row["answer"] == "yes"]
    assert (moved[0]["difference"], moved[0]["ci_low"]) == (change.difference, change.ci_low)


@pytest.mark.parametrize("design", [KEPT, DESIGN])
def test_a_number_has_its_mean_in_its_own_unit_of_all_and_in_groups(tmp_path, design):
    study = make(tmp_path, design=design, visits=True)
    written = sl.report(study, tmp_path / "out", by="part")
    rows = [row for row in whole(written)["estimates"]["rows"] if row["question"] == "visits"]
    assert {row["domain"] for row in rows} == {"", "part=north", "part=south"}
    wanted = sl.estimate(study, "visits", statistic="mean").rows
    told = [row for row in rows if not row["domain"]]
    assert [(row["estimate"], row["ci_low"]) for row in told] == [
        (row.estimate, row.ci_low) for row in wanted
    ]
    text = text_of(written)
    assert "mean (visits)" in text
    if design == KEPT:  # 0 to 9, each as often; one more in 2021
        assert [row["estimate"] for row in told] == pytest.approx([4.5, 4.5, 5.5])
        assert 'class="e">10</text>' in written.page.read_text("utf-8")
        assert "Means: 2018 4.50; 2019 4.50; 2021 5.50." in written.page.read_text("utf-8")


def test_a_mean_of_an_only_wave_has_no_place_on_an_axis_of_percents(tmp_path):
    study = make(tmp_path, visits=True, waves=("2018",))
    page = sl.report(study, tmp_path / "out").page.read_text("utf-8")
    section = page.partition('id="q-visits"')[2].partition("</section>")[0]
    mean = section.partition("mean (visits)</th>")[2].partition("</tr>")[0]
    assert '<td class="plot" aria-hidden="true"></td>' in mean
    assert section.index("mean (visits)") < section.index("of those asked")


def test_a_page_says_how_a_designed_sample_was_drawn(drawn, tmp_path):
    assert "Drawn first within strata 'keep:region'" in text_of(sl.report(drawn, tmp_path / "out"))


def test_ids_of_units_that_come_again_are_refused_until_something_is_declared(tmp_path):
    study = make(tmp_path, design=DESIGN.replace("psu: district", "psu: region").replace(
        "strata: region, ", ""))  # fmt: skip
    with pytest.raises(SampleError, match="reused_ids=True"):
        sl.report(study, tmp_path / "out")
    sl.report(study, tmp_path / "out", reused_ids=True)


def test_a_design_effect_beside_designs_is_refused(drawn, tmp_path):
    with pytest.raises(MethodError, match="leave out design_effect"):
        sl.report(drawn, tmp_path / "out", design_effect=1.5)


def test_groups_have_shares_and_changes_with_their_names(plain, tmp_path):
    written = sl.report(plain, tmp_path / "out", by="part")
    rows = whole(written)["estimates"]["rows"]
    assert {row["domain"] for row in rows} == {"", "part=north", "part=south"}
    assert any(row["domain"] == "part=south" for row in whole(written)["changes"]["rows"])
    assert "North of the river" in text_of(written)


def test_a_question_of_groups_that_no_wave_asked_is_refused(plain, tmp_path):
    with pytest.raises(UnknownNameError, match="town_part"):
        sl.report(plain, tmp_path / "out", by="town_part")
    assert not (tmp_path / "out").exists()


def test_every_wording_stands_with_its_waves_and_what_is_new_is_marked(plain, tmp_path):
    written = sl.report(plain, tmp_path / "out")
    assert "<ins>this year?</ins>" in written.page.read_text("utf-8")
    assert "2018 to 2019 Do you use the library?" in text_of(written)


def test_a_limited_comparison_carries_its_reason_and_is_dashed(plain, tmp_path):
    page = sl.report(plain, tmp_path / "out").page.read_text("utf-8")
    assert "The later question names the year." in page
    assert 'class="join limited"' in page


def test_a_page_never_speaks_of_anybody_but_those_who_answered(plain, tmp_path):
    text = text_of(sl.report(plain, tmp_path / "out"))
    assert "of residents who answered (" in text
    assert "of residents (" not in text


def test_a_page_says_what_caveats_say_and_how_complete_answers_are(plain, tmp_path):
    text = text_of(sl.report(plain, tmp_path / "out"))
    assert "so they may be no random sample of residents" in text
    # 10 of 200 did not know about the library; everybody said where they live.
    assert "2018 200 2 97.5 % 0 Library (95.0 % answered)" in text


def test_a_page_names_every_file_questionnaire_and_program_that_it_rests_on(plain, tmp_path):
    text = text_of(sl.report(plain, tmp_path / "out"))
    for wave in plain.waves:
        assert wave.files[0][1] in text
        assert instrument_hash(wave.instrument) in text
    assert f"surveylib {sl.__version__}, python" in text
    assert "numpy" in text


def test_the_same_study_gives_the_same_bytes_under_designs_and_in_groups(drawn, tmp_path):
    pages = [
        sl.report(drawn, tmp_path / name, by="part", adjust="holm").page.read_bytes()
        for name in ("one", "two")
    ]
    assert pages[0] == pages[1]


def test_an_adjustment_stands_with_each_finding_and_counts_what_remains(plain, tmp_path):
    written = sl.report(plain, tmp_path / "out", adjust="bonferroni")
    assert "Counted together with all others, p is" in text_of(written)
    assert all(row["p_adjusted"] is not None for row in whole(written)["changes"]["rows"])


def test_of_two_answers_that_exclude_each_other_one_tells_the_change(tmp_path):
    study = make(tmp_path, people=400)
    many = Voice.of("en", study)
    changes = study.change("library")
    rows = [row for row in changes.rows if row.answer in {"yes", "no"}]
    told = told_once(rows)
    assert {row.answer for row in told} == {rows[0].answer}
    assert len(told) * 2 == len(rows)
    assert "Asked with the same version" not in " ".join(change(row, many) for row in rows)


def test_an_adjustment_that_does_not_exist_is_refused(plain, tmp_path):
    with pytest.raises(MethodError, match="holm"):
        sl.report(plain, tmp_path / "out", adjust="hlm")


def test_a_withheld_number_is_in_none_of_the_files(tmp_path):
    study = make(tmp_path, people=12)  # 4 of 12 live south of the river
    written = sl.report(study, tmp_path / "out", protection=sl.Protection(minimum_cell=5))
    everything = whole(sl.report(study, tmp_path / "open"))["estimates"]["rows"]
    rows = whole(written)["estimates"]["rows"]
    name = ("wave", "question", "answer", "domain")
    held = {tuple(row[part] for part in name) for row in rows if "withheld" in row["flags"]}
    assert ("2018", "part", "south", "") in held
    hidden = [row for row in everything if tuple(row[part] for part in name) in held]
    shown = {row["printed"] for row in everything if row not in hidden}
    counts = {row["printed"] for row in hidden} - shown
    assert "4 of 12" in counts
    assert "withheld" in text_of(written)
    for path in (written.page, *written.tables):
        text = path.read_text("utf-8")
        assert not [count for count in counts if count in text]
        assert not [row["estimate"] for row in hidden if str(row["estimate"]) in text]


def test_without_a_standard_nothing_is_flagged(plain, tmp_path):
    assert "Reliability." in text_of(sl.report(plain, tmp_path / "one"))
    assert "Reliability." not in text_of(sl.report(plain, tmp_path / "two", standard=None))


def test_a_file_of_ones_own_replaces_ours_of_the_same_name(plain, tmp_path):
    own = tmp_path / "own"
    own.mkdir()
    (own / "page_who.jinja").write_text("<h2 id='who'>Our own {{ study.manifest.survey }}</h2>")
    (own / "page.css").write_text("body { color: #123456; }")
    page = sl.report(plain, tmp_path / "out", templates=own).page.read_text("utf-8")
    assert "Our own town" in page
    assert "#123456" in page
    assert "What the study found" in page


def test_a_folder_that_replaces_nothing_is_refused_with_the_names_of_ours(plain, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "pge.css").write_text("")
    with pytest.raises(MethodError, match=r"no file in .* replaces one of ours"):
        sl.report(plain, tmp_path / "out", templates=tmp_path / "own")
    with pytest.raises(MethodError, match="wanted a folder"):
        sl.report(plain, tmp_path / "out", templates=tmp_path / "nowhere")


@pytest.mark.parametrize("wrong", ["{% if %}", "{{ nothing_of_this_name }}"])
def test_a_template_that_is_wrong_is_a_message_and_writes_nothing(plain, tmp_path, wrong):
    own = tmp_path / "own"
    own.mkdir()
    (own / TEMPLATES[1]).write_text(wrong)
    with pytest.raises(MethodError, match=r"a template in .* cannot be used"):
        sl.report(plain, tmp_path / "out", templates=own)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def last_year(tmp_path):
    """A report before the wave of 2021, and the study with it."""
    study = make(tmp_path, waves=("2018", "2019"))
    folder = sl.report(study, tmp_path / "last").page.parent
    return folder, make(tmp_path)


def test_a_difference_view_tells_new_waves_and_findings(last_year, tmp_path):
    folder, study = last_year
    text = text_of(sl.report(study, tmp_path / "out", earlier=folder))
    told = text.partition("What is new since the earlier report")[2].partition("Who answered")[0]
    assert "New: 2021." in told
    assert "Changes that it did not show" in told
    assert "in 2021, up from" in told
    assert "Shares with other numbers" not in told


def test_a_difference_view_tells_moved_numbers_and_changed_verdicts(last_year, tmp_path):
    folder, study = last_year
    found = json.loads((folder / "study.json").read_text("utf-8"))
    row = next(row for row in found["estimates"]["rows"] if row["answer"] == "yes")
    row["estimate_low"] = row["estimate_high"] = 0.5
    next(row for row in found["changes"]["rows"] if row["answer"] == "yes")["verdict"] = "decreased"
    (folder / "study.json").write_text(json.dumps(found), "utf-8")
    text = text_of(sl.report(study, tmp_path / "out", earlier=folder))
    assert re.search(r"2018, Library, “Yes, I do”: before 50\.0 %, now \d\d\.\d %", text)
    assert "before “decreased”, now “increased”" in text


def test_a_difference_view_tells_new_answers_and_moved_means(tmp_path):
    study = make(tmp_path, visits=True)
    folder = sl.report(study, tmp_path / "last").page.parent
    found = json.loads((folder / "study.json").read_text("utf-8"))
    rows = found["estimates"]["rows"]
    mean = next(row for row in rows if row["statistic"] == "mean")
    mean["estimate_low"] = mean["estimate_high"] = 3.25
    found["estimates"]["rows"] = [row for row in rows if row["answer"] != "south"]
    (folder / "study.json").write_text(json.dumps(found), "utf-8")
    text = text_of(sl.report(study, tmp_path / "out", earlier=folder))
    assert "Answers that it did not have: Part of town: “South of the river”." in text
    assert "2018, Visits, mean: before 3.25, now 4.50." in text


def test_the_same_report_again_has_nothing_new(plain, tmp_path):
    folder = sl.report(plain, tmp_path / "one").page.parent
    assert "Nothing: the earlier report says the same." in text_of(
        sl.report(plain, tmp_path / "two", earlier=folder)
    )


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"schema": "surveylib.study/1", "survey": "town"}']
)
def test_an_earlier_report_that_cannot_be_read_is_refused(plain, tmp_path, content):
    (tmp_path / "last").mkdir()
    if content is not None:
        (tmp_path / "last" / "study.json").write_text(content, "utf-8")
    with pytest.raises(StudyError, match="the earlier report cannot be read"):
        sl.report(plain, tmp_path / "out", earlier=tmp_path / "last")


def test_an_earlier_report_of_another_study_is_refused(plain, written, tmp_path):
    with pytest.raises(StudyError, match="of another study"):
        sl.report(plain, tmp_path / "out", earlier=written.page.parent)


def test_progress_names_its_steps_and_never_goes_back(plain, tmp_path):
    told = []
    sl.report(plain, tmp_path / "out", progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(name for name, _, _ in told)) == [
        "Estimating",
        "Comparing waves",
        "Drawing the page",
        "Writing",
    ]
    assert all(0 <= done <= of for _, done, of in told)


def test_a_page_names_versions_of_packages_that_the_library_itself_needs():
    needed = {re.split(r"[<>=; \[]", one)[0] for one in metadata.requires("surveylib")}
    assert set(report_origin._PACKAGES) <= needed  # noqa: SLF001 - a fresh machine has no others
