"""Which printed counts sum to which: nets, crossed groups, no answers, sizes of groups."""

import numpy as np

from surveylib.present.disclosure_rules import Figure, Kinds, Net, Protection
from surveylib.present.disclosure_system import system
from surveylib.stats.suppression import bounds, suppress


class Declared(Kinds):
    """Questions whose answers are exclusive, or not, with a net of a and b."""

    def __init__(self, *, exclusive, net):
        super().__init__()
        self._exclusive, self._net = exclusive, net

    def exclusive(self, _wave, _question):
        return self._exclusive

    def nets(self, _wave, question):
        return {"net": self._net} if self._net and question == "use" else {}


def figure(answer, events, n, domain="", question="use", base="answered"):
    return Figure("2025", question, answer, domain, base, "share", events, n)


def withheld(figures, kinds=None, **options):
    made = system(figures, (), Protection(**options), kinds or Kinds())
    found = suppress(made.linked, made.first, options.get("minimum_cell", 5))
    return [one for one, away in zip(figures, found.units, strict=True) if away]


def worked_out(figures, hidden, kinds=None):
    """What a reader can say of the counts of some figures."""
    blank = [
        one._replace(events=None, n=None, hidden=True) if one in hidden else one for one in figures
    ]
    made = system(blank, (), Protection(), kinds or Kinds())
    known = made.linked.counts
    found = bounds(made.linked.equations, known)
    places = np.flatnonzero(np.isnan(known)).tolist()
    return {made.names[place]: (found.low[place], found.high[place]) for place in places}


NETTED = [figure("a", 3, 100), figure("b", 37, 100), figure("c", 60, 100), figure("net", 40, 100)]


def test_a_complete_net_of_exclusive_answers_is_their_sum():
    kinds = Declared(exclusive=True, net=Net(("a", "b"), complete=True))
    assert withheld(NETTED, kinds) == [NETTED[0], NETTED[1]]
    lone = worked_out(NETTED, [NETTED[0]], kinds)
    assert lone["2025 use/a"] == (3, 3)


def test_a_net_of_answers_that_are_ticked_together_is_no_less_than_each():
    kinds = Declared(exclusive=False, net=Net(("a", "b"), complete=True))
    found = worked_out(NETTED, [NETTED[1]], kinds)
    assert found["2025 use/b"] == (0, 40)


def test_a_declared_question_of_which_one_answer_is_printed_has_others():
    few_left = [figure("a", 57, 60), figure("b", 0, 60)]
    kinds = Declared(exclusive=True, net=None)
    assert withheld(few_left, kinds)
    # Without a declaration nobody knows that the other 3 gave one answer and not two.
    assert withheld(few_left) == [few_left[0]]


def test_groups_by_two_questions_sum_to_groups_by_one_and_to_all():
    cells = {("x", "p"): 3, ("x", "q"): 30, ("y", "p"): 20, ("y", "q"): 40}
    crossed = [
        figure(answer, count, 50, f"size={size}, place={place}")
        for (size, place), yes in cells.items()
        for answer, count in (("yes", yes), ("no", 50 - yes))
    ]
    by_size = [
        figure(answer, count, 100, f"size={size}")
        for size, yes in (("x", 33), ("y", 60))
        for answer, count in (("yes", yes), ("no", 100 - yes))
    ]
    everything = [*crossed, *by_size]
    lone = worked_out(everything, [crossed[0], crossed[1]])
    # At most the 33 of the group less the 30 of its other part: there may be people of no place.
    assert lone["2025 use/yes (size=x, place=p)"] == (0, 3)
    # Its group by place is not printed, so its neighbour by size is enough.
    assert {one.domain for one in withheld(everything)} == {
        "size=x, place=p",
        "size=x, place=q",
    }


def test_ways_of_not_answering_are_shown_however_few():
    rows = [
        figure("yes", 40, 57),
        figure("no", 17, 57),
        figure("refused", 3, 60, base="asked"),
        figure("dont_know", 0, 60, base="asked"),
    ]
    assert withheld(rows) == []


def test_a_group_of_few_whose_size_is_hidden_takes_the_size_of_another_with_it():
    rows = [
        *(figure("yes", yes, n, f"size={size}") for size, yes, n in (("x", 1, 3), ("y", 20, 47))),
        *(figure("no", no, n, f"size={size}") for size, no, n in (("x", 2, 3), ("y", 27, 47))),
        figure("x", 3, 50, question="size"),
        figure("y", 47, 50, question="size"),
        figure("yes", 21, 50),
        figure("no", 29, 50),
    ]
    gone = withheld(rows)
    assert {one.domain for one in gone if one.question == "use"} == {"size=x", "size=y"}
    assert [one.answer for one in gone if one.question == "size"] == ["x", "y"]
