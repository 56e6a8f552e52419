"""What changed in the survey on open source programmes, by those who changed it and by its export.

The expectations of 2020 are those of "Notes for time series analysis.md" of the TODO Group, told
in short; what the notes leave out was read off the header row and the answers of the exports.
"""

from itertools import pairwise
from pathlib import Path

import pytest

from surveylib.instrument import lineage
from surveylib.instrument.changes import Step
from surveylib.instrument.library import load

FOLDER = Path(__file__).parents[2] / "instruments" / "ospo"
YEARS = ("2018", "2019", "2020", "2021")
LOADED = {year: load(FOLDER / f"{year}.yaml") for year in YEARS}
VERSIONS = {year: loaded.instrument for year, loaded in LOADED.items()}
CHANGES = {
    (older, newer): VERSIONS[older].diff(VERSIONS[newer]).changes
    for older, newer in pairwise(YEARS)
}

#: Gist of the notes, question, kind of change, words or options that the notes name.
NOTED = [
    ("percentage of products: new question", "products_with_open_source", "question added", ()),
    ("policy: updated choices", "policy.personal_time", "question added", ()),
    ("policy: updated choices", "policy.acceptable_licences", "question removed", ()),
    ("program: different wording", "programme", "wording", ("+around +open +source",)),
    ("responsibilities: randomized", "responsibilities", "option order", ("fixed → random",)),
    ("structure: yes is what was formal", "structure", "wording", ("+formally",)),
    ("structure: yes is what was formal", "structure", "label", ("'formal'", "-formal", "+yes")),
    ("structure: yes is what was formal", "structure", "label", ("'informal'", "+no")),
    ("employees: new question", "programme_employees", "question added", ()),
    ("where located: security is new", "location", "option added", ("security",)),
    ("role: security is new", "role", "option added", ("security",)),
    ("funding: new question", "funding", "question added", ()),
    ("success: project code quality is new", "success", "option added", ("code_quality",)),
    ("success: cost savings is new", "success", "option added", ("cost_savings",)),
    ("challenges: “Talent” became “Finding”", "challenges", "label", ("'talent'", "-talent")),
    ("challenges: added getting teams", "challenges", "option added", ("teams_on_board",)),
    ("challenges: added vulnerability", "challenges", "option added", ("vulnerabilities",)),
    ("planned: yes is what was formal", "planned_structure", "wording", ("+formally",)),
    ("planned: yes is what was formal", "planned_structure", "label", ("'formal'", "+yes")),
    ("planned: yes is what was formal", "planned_structure", "label", ("'informal'", "+no")),
    ("planned place: security is new", "planned_location", "option added", ("security",)),
    ("planned role: security is new", "planned_role", "option added", ("security",)),
    *(
        ("citizens: updated wording", f"citizens.{company}", "wording", ("+range +of +large",))
        for company in ("aws", "comcast", "facebook", "google", "ibm", "microsoft", "sap", "vmware")
    ),
    *(
        ("citizens: changed some choices", f"citizens.{company}", "question added", ())
        for company in ("red_hat", "uber", "verizon")
    ),
    *(
        ("citizens: changed some choices", f"citizens.{company}", "question removed", ())
        for company in ("intel", "pivotal", "salesforce")
    ),
    ("reward: “and” becomes “or”", "reward", "wording", ("-and +or",)),
    ("covid: new question", "covid_reallocation", "question added", ()),
    ("release: added quarterly", "release_frequency", "option added", ("quarterly",)),
    ("release: added annually", "release_frequency", "option added", ("annually",)),
    (
        "release: no less than monthly",
        "release_frequency",
        "option removed",
        ("less_than_monthly",),
    ),
    ("license: split GPL into two", "preferred_licence", "option removed", ("'gpl'",)),
    ("license: split GPL into two", "preferred_licence", "option added", ("gplv2",)),
    ("license: split GPL into two", "preferred_licence", "option added", ("gplv3",)),
    ("license: no license went", "preferred_licence", "option removed", ("no_licence",)),
    ("license: no preference came", "preferred_licence", "option added", ("no_preference",)),
    ("license: added AGPL", "preferred_licence", "option added", ("agpl",)),
    ("license: added don't know", "preferred_licence", "missing", ("+dont_know",)),
    ("license: made required", "preferred_licence", "required", ("none → True",)),
    ("compliance: combined two", "compliance_tools", "question added", ()),
    ("compliance: combined two", "compliance_methodologies", "question removed", ()),
    ("compliance: combined two", "scanning_tools", "question removed", ()),
    ("information security: new question", "infosec_access", "question added", ()),
    ("tools: separated GitLab", "repository_tools", "option added", ("gitlab_paid",)),
    ("tools: separated GitLab", "repository_tools", "option added", ("other_paid_not_gitlab",)),
    ("tools: separated GitLab", "repository_tools", "option removed", ("'other_paid'",)),
    ("benefits: culture change updated", "potential_benefits", "label", ("'culture'", "+improved")),
]

#: What the notes leave out: evidence, question, kind of change, words or options.
UNNOTED = [
    ("answers of results_2020.csv: 36 don't know", "structure", "missing", ("+dont_know",)),
    ("answers of results_2020.csv: 54 don't know", "planned_structure", "missing", ("+dont_know",)),
    ("answers of results_2020.csv", "role", "label", ("-evangelists +evangelism",)),
    ("answers of results_2020.csv", "planned_role", "label", ("-evangelists +evangelism",)),
    ("header of results_2020.csv", "challenges", "label", ("-communcations +communications",)),
    ("header of results_2020.csv: ; became ,", "challenges", "typography", ("'budget'",)),
    ("header of results_2020.csv", "foundation_member", "wording", ("+software",)),
    ("answers of results_2020.csv", "projects_maintained", "label", ("-more -than +>",)),
    ("header of results_2020.csv", "repository_tools", "label", ("'free_version'", "-github")),
    ("answers of results_2020.csv", "", "missing label", ("software components",)),
    ("questions.md: BSD 2 before BSD 3", "preferred_licence", "option order", ("another order",)),
]

#: Questionnaires of 2019 and 2021 with their comments: years, gist, question, kind, words.
COMMENTED = [
    ("2018", "2019", "projects: added don't know", "projects_maintained", "missing", "+dont_know"),
    ("2018", "2019", "new question in 2019", "reward", "question added", ""),
    ("2018", "2019", "new question in 2019", "preferred_licence", "question added", ""),
    ("2018", "2019", "new question in 2019", "contributing_developers", "question added", ""),
    ("2020", "2021", "changed to “or risk management”", "location", "label", "-and +or"),
    ("2020", "2021", "changed to “or risk management”", "planned_location", "label", "-and +or"),
    ("2020", "2021", "got rid of culture", "success", "option removed", "culture"),
    ("2020", "2021", "added frequency", "success", "option added", "dependency_updates"),
    ("2020", "2021", "added mean time", "success", "option added", "vulnerability_detection"),
    ("2020", "2021", "wording is different", "compliance_tools", "wording", "+for"),
    ("2020", "2021", "printed, and chosen since 2021", "would_benefit", "missing", "+dont_know"),
    ("2020", "2021", "a new question", "infosec_composition_access", "question added", ""),
]


def matching(changes, question, kind, words):
    """Changes of one question and kind that name all of the words."""
    return [
        change
        for change in changes
        if (change.question, change.kind) == (question, kind)
        and all(word in change.what for word in words)
    ]


def named(table):
    return pytest.mark.parametrize(("source", "question", "kind", "words"), table, ids=str)


@named(NOTED)
def test_the_diff_finds_what_the_notes_say(source, question, kind, words):
    assert len(matching(CHANGES["2019", "2020"], question, kind, words)) == 1, source


@named(UNNOTED)
def test_the_diff_finds_what_the_notes_do_not_say(source, question, kind, words):
    assert len(matching(CHANGES["2019", "2020"], question, kind, words)) == 1, source


def test_the_diff_finds_nothing_else_in_2020():
    told = [
        change
        for _, question, kind, words in NOTED + UNNOTED
        for change in matching(CHANGES["2019", "2020"], question, kind, words)
    ]
    assert sorted(map(str, told)) == sorted(map(str, CHANGES["2019", "2020"]))


@pytest.mark.parametrize(("older", "newer", "source", "question", "kind", "words"), COMMENTED)
def test_the_diff_finds_what_the_questionnaires_say(older, newer, source, question, kind, words):
    assert len(matching(CHANGES[older, newer], question, kind, [words])) == 1, source


def test_one_word_from_and_to_or_sets_off_the_alarm():
    (change,) = matching(CHANGES["2019", "2020"], "reward", "wording", ())
    assert change.alarms == ("and/or: and, or",)
    assert change.step is Step.major


def test_formal_and_informal_set_off_the_alarm():
    changes = matching(CHANGES["2019", "2020"], "structure", "wording", ())
    changes += matching(CHANGES["2019", "2020"], "structure", "label", ())
    assert all(any("formality" in alarm for alarm in change.alarms) for change in changes)


def test_the_combined_compliance_question_replaces_both_and_is_required():
    # The notes: two questions were combined, choices were added, and an answer is required.
    decisions = {entry.question: entry for entry in VERSIONS["2020"].follows.questions}
    for name in ("compliance_methodologies", "scanning_tools"):
        assert (decisions[name].decision, decisions[name].by) == ("replaced", ("compliance_tools",))
    combined = VERSIONS["2020"].question("compliance_tools")
    before = [
        VERSIONS["2019"].question(name) for name in ("compliance_methodologies", "scanning_tools")
    ]
    assert combined.required
    assert len(combined.options) > sum(len(question.options) for question in before)


def test_the_new_wording_on_the_programme_keeps_its_meaning():
    # Notes: "different wording in 2020, but does not change meaning".
    decisions = {entry.question: entry for entry in VERSIONS["2020"].follows.questions}
    assert decisions["programme"].verdict == "equivalent"


@pytest.mark.parametrize(("older", "newer"), list(pairwise(YEARS)))
def test_every_question_of_the_year_before_is_decided_and_every_change_declared(older, newer):
    assert lineage.faults(VERSIONS[older], LOADED[newer]) == []


@pytest.mark.parametrize("name", ["organisation_size", "established"])
def test_the_overlapping_bands_of_2018_are_read_as_2019_printed_them(name):
    older, newer = (VERSIONS[year].question(name) for year in ("2018", "2019"))
    assert older.as_read() == {option.code: option.interval for option in newer.options}


def test_dont_know_was_offered_for_projects_from_2019_on():
    # Questionnaire of 2019: "Added 'Don't know' in 2019."
    offered = {year: VERSIONS[year].question("projects_maintained").missing for year in YEARS}
    assert offered == {"2018": (), **dict.fromkeys(YEARS[1:], ("dont_know",))}


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(
    "name", ["responsibilities", "structure", "location", "role", "challenges"]
)
def test_only_those_with_a_programme_are_asked_about_it(year, name):
    condition = VERSIONS[year].question(name).base.condition
    assert condition.in_words() == "programme is 'yes'"


@pytest.mark.parametrize("year", YEARS)
def test_labels_hold_no_typography_of_the_export(year):
    labels = [
        text
        for question in VERSIONS[year].questions
        for text in [question.text["en"], *(option.label["en"] for option in question.options)]
    ]
    assert not [text for text in labels if set(text) & set("\N{NO-BREAK SPACE}\t") or "  " in text]
