"""Printed figures: read exactly as they stand, as the ranges that rounding and words allow."""

import csv
from fractions import Fraction

import pytest

import surveylib as sl
from surveylib.errors import PublishedError
from surveylib.wave.published import read_words

DATA, WAVE, WORDS = (
    "waves/demo/2020/published.csv",
    "waves/demo/2020/wave.yaml",
    "waves/demo/words.csv",
)
CAT = "which,cat,,70 %,70,,,all respondents,200,wave,page,verbatim,"
WAVES = [str(year) for year in range(2015, 2021)]


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def shipped(root, netclean):
    """Each shipped row beside the figure that was read from it."""
    return [
        (row, wave, figure)
        for wave in netclean.waves
        for row, figure in zip(
            table(root / "waves" / "netclean" / wave.name / "published.csv"),
            wave.figures,
            strict=True,
        )
    ]


@pytest.fixture(scope="module")
def ranges(root):
    """The study's own ranges of words, in percent."""
    return {
        row["words"]: (Fraction(row["low_percent"]), Fraction(row["high_percent"]))
        for row in table(root / "waves" / "netclean" / "words.csv")
    }


def is_number(row):
    return row["read_as"].replace(".", "").isdigit()


def test_the_97_printed_figures_are_those_of_the_files(shipped):
    assert len(shipped) == 97
    names = [
        "question", "answer", "domain", "printed", "read_as",
        "base", "base_origin", "source", "certainty", "note",
    ]  # fmt: skip
    for row, _, figure in shipped:
        assert {name: getattr(figure, name) for name in names} == {
            name: row[name] for name in names
        }


def test_bases_are_those_of_the_files(shipped):
    for row, _, figure in shipped:
        ends = [int(end) for end in row["base_n"].split("-") if end]
        assert figure.base_n == ((ends[0], ends[-1]) if ends else None)


def test_ranges_are_those_of_the_files(shipped):
    for row, _, figure in shipped:
        low, high = Fraction(row["low_percent"]), Fraction(row["high_percent"])
        assert (figure.share.low * 100, figure.share.high * 100) == (low, high)


def test_every_figure_says_on_which_line_it_stands(shipped, root):
    for row, wave, figure in shipped:
        file, _, line = figure.place.rpartition(":")
        assert file == f"netclean/{wave.name}/published.csv"
        lines = (root / "waves" / file).read_text("utf-8").splitlines()
        assert lines[int(line) - 1].startswith(f"{row['question']},{row['answer']},")


def test_every_figure_has_the_address_of_its_source(shipped):
    for row, wave, figure in shipped:
        source = wave.source(figure)
        assert source.id == row["source"]
        assert source.address.startswith(("https://", "http://"))


def test_a_printed_number_is_read_with_half_a_unit_on_both_sides(shipped):
    for row, _, figure in shipped:
        if is_number(row) and not row["note"].startswith("A residual"):
            unit = Fraction(1, 10 ** len(row["read_as"].partition(".")[2]))
            ends = Fraction(row["read_as"]) - unit / 2, Fraction(row["read_as"]) + unit / 2
            assert (figure.share.low * 100, figure.share.high * 100) == ends
            assert (figure.share.low_included, figure.share.high_included) == (True, False)
            assert figure.percent * 100 == Fraction(row["read_as"])


def test_words_stand_for_the_range_that_the_study_declares(shipped, ranges):
    in_words = [(row, figure) for row, _, figure in shipped if not is_number(row)]
    assert len(in_words) > 40
    for row, figure in in_words:
        low, high = ranges[row["read_as"]]
        assert (figure.share.low * 100, figure.share.high * 100) == (low, high)
        assert figure.percent is None


def test_a_study_reads_words_by_its_own_file_before_the_usual_ranges(root):
    usual = read_words(None)[0]["a quarter"]
    own = read_words(root / "waves" / "netclean" / "words.csv")[0]["a quarter"]
    assert usual == (Fraction(23, 100), Fraction(27, 100))
    assert own == (Fraction(22, 100), Fraction(28, 100))


def test_words_that_the_study_does_not_declare_have_their_usual_range(demo):
    demo.edit(DATA, CAT, CAT.replace("70 %,70", "two thirds,Two Thirds"))
    share = demo.load().wave(2020).figures_of("which")[0].share
    assert (share.low, share.high) == (Fraction(64, 100), Fraction(69, 100))


def test_empty_ends_follow_the_words_of_the_study(demo):
    share = demo.load().wave(2020).figures_of("how_many")[0].share
    assert (share.low, share.high) == (Fraction(45, 100), Fraction(55, 100))


def test_another_range_is_read_where_a_note_says_why(demo):
    demo.edit(DATA, "62.45,62.55,all respondents,200,wave,page,verbatim,",
              "62,63,all respondents,200,wave,page,verbatim,Misprinted.")  # fmt: skip
    share = demo.load().wave(2020).figures_of("which")[1].share
    assert (share.low, share.high) == (Fraction(62, 100), Fraction(63, 100))


#: The four readings of a printed 70, by hand: its ends, and whether they belong to it.
READINGS = {
    "half-up": (69.5, 70.5, True, False),
    "half-even": (69.5, 70.5, True, True),
    "either": (69.5, 70.5, True, True),
    "truncated": (70, 71, True, False),
}


@pytest.mark.parametrize("rounding", READINGS)
def test_a_wave_may_say_how_its_publisher_rounded(demo, rounding):
    demo.edit(DATA, "62.45,62.55", ",")
    demo.edit(WAVE, "weighting: unknown", f"weighting: unknown\nrounding: {rounding}")
    share = demo.load().wave(2020).figures_of("which")[0].share
    found = (share.low * 100, share.high * 100, share.low_included, share.high_included)
    assert found == READINGS[rounding]


def test_a_weighted_share_needs_no_whole_count(demo):
    odd = CAT.replace("70 %,70", "70.3 %,70.3").replace("200,wave", "7,printed")
    demo.edit(DATA, CAT, odd)
    with pytest.raises(PublishedError, match="FIGURE-IMPOSSIBLE"):
        demo.load()
    demo.edit(WAVE, "weighting: unknown", "weighting: weighted")
    assert sl.estimate(demo.load(), "which/cat").rows[0].flags == ("weighted",)


def test_several_answers_may_add_up_to_more_than_100_and_one_answer_may_not(demo):
    assert sum(figure.percent for figure in demo.load().wave(2020).figures_of("which")) > 1
    demo.edit("instruments/demo/1.yaml", "kind: multi_answer", "kind: single")
    with pytest.raises(PublishedError, match=r"add up to at least 131\.\d %.*multi_answer|mention"):
        demo.load()


@pytest.mark.parametrize(
    "note", ["", "Printed in a footnote, twice.", "=1+1", "naïve – “quoted”"]
)  # fmt: skip
def test_a_note_is_kept_in_its_own_words(demo, note):
    demo.edit(DATA, CAT, f'{CAT}"{note}"')
    assert demo.load().wave(2020).figures_of("which")[0].note == note


def test_a_cell_with_a_line_break_does_not_move_the_lines_after_it(demo):
    demo.edit(DATA, CAT, f'{CAT}"two\nlines"')
    figures = demo.load().wave(2020).figures_of("which")
    assert figures[0].note == "two\nlines"
    assert figures[1].place == "demo/2020/published.csv:7"
