"""A whole study at once: the numbers of one question after the other."""

import dataclasses

import pytest

import surveylib as sl
from surveylib.analysis.series.figures import FigureOptions, compare
from surveylib.analysis.whole import Whole, check_whole, whole_estimates
from surveylib.analysis.whole_changes import whole_changes
from surveylib.errors import MethodError


@pytest.fixture(scope="module")
def simulated(root):
    return sl.load_study(root / "waves" / "organised_groups")


def both(study, **options):
    chosen = Whole(**options)
    estimates = whole_estimates(study, chosen)
    return estimates, whole_changes(study, estimates, chosen)


@pytest.mark.parametrize(
    "options", [{}, {"method": "miettinen-nurminen", "design_effect": 1.5, "interval": "jeffreys"}]
)
@pytest.mark.parametrize("name", ["netclean", "simulated"])
def test_all_pairs_at_once_have_the_numbers_of_one_pair_after_the_other(request, name, options):
    study = request.getfixturevalue(name)
    _, found = both(study, **options)
    single = FigureOptions(
        method=options.get("method", "newcombe"),
        confidence_level=0.95,
        samples="independent",
        design_effect=options.get("design_effect", 1.0),
        interval=options.get("interval", "wilson"),
    )
    one_by_one = [compare(study, pair, single) for pair in (*study.relations, *study.spans)]
    changes = [one for one in one_by_one if isinstance(one, sl.Change)]
    assert list(found.refused) == [one for one in one_by_one if not isinstance(one, sl.Change)]
    assert len(found.rows) == len(changes) > 5
    for row, wanted in zip(found.rows, changes, strict=True):
        for field in dataclasses.fields(row):
            got, known = getattr(row, field.name), getattr(wanted, field.name)
            if isinstance(known, float):
                assert got == pytest.approx(known, rel=1e-12, abs=1e-12), field.name
            else:
                assert got == known, field.name


def test_every_share_is_that_of_its_question_alone(netclean):
    estimates, _ = both(netclean)
    for question in ("region", "organised_groups_number_change"):
        rows = [row for row in estimates.rows if (row.question, row.domain) == (question, "")]
        assert rows == [*sl.estimate(netclean, question).rows]


def test_groups_are_those_of_a_change_by_a_question(simulated):
    _, found = both(simulated, by=("region",))
    wanted = sl.change(simulated, "groups_encountered", by="region")
    rows = [row for row in found.rows if row.question == "groups_encountered" and row.domain]
    assert [(row.answer, row.domain, row.difference, row.ci_low) for row in rows] == [
        (row.answer, row.domain, row.difference, row.ci_low) for row in wanted.rows
    ]


def test_changes_carry_the_caveats_of_all_waves(netclean):
    _, found = both(netclean)
    assert found.caveats[-1] == "A change between waves can be a change of who answered."


def test_an_adjustment_counts_every_comparison_of_the_study(netclean):
    _, found = both(netclean, adjust="bonferroni")
    for row in found.rows:
        assert row.p_adjusted == pytest.approx(min(row.p_value_high * len(found.rows), 1.0))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"samples": "sametimes"}, "samples is 'sametimes'"),
        ({"interval": "wilsn"}, "did you mean 'wilson'"),
        ({"method": "newcomb"}, "did you mean 'newcombe'"),
        ({"design_effect": 0.9}, "wanted a number of at least 1"),
        ({"by": ("region",), "design_effect": 2.0}, "leave out design_effect"),
    ],
)
def test_what_does_not_exist_or_go_together_is_refused(simulated, options, match):
    with pytest.raises(MethodError, match=match):
        check_whole(simulated, Whole(**options))
