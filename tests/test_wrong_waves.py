"""One wrong character in a wave's files: which error, at which line, with which way out."""

import pytest

from surveylib.errors import InputError, ManifestError, PublishedError, StudyError

STUDY, WORDS = "waves/demo/study.yaml", "waves/demo/words.csv"
WAVE, DATA = "waves/demo/2020/wave.yaml", "waves/demo/2020/published.csv"
CAT = "which,cat,,70 %,70,,,all respondents,200,wave,page,verbatim,"
YES = "pets,yes,,60 %,60,,,all respondents,200,wave,page,verbatim,"

# What is wrong: old, new, the fault's code, words on its line, and what its message holds.
IN_WAVE = {
    "a misspelt key": (
        "weighting: unknown", "wieghting: unknown",
        "KEY-UNKNOWN", "wieghting", "do: did you mean 'weighting'?",
    ),
    "fieldwork that ends before it begins": (
        "to: 2020-03-31", "to: 2020-02-28",
        "DATES-REVERSED", "2020-02-28", "",
    ),
    "a date with a letter in it": (
        "published_on: 2020-06-01", "published_on: 2O20-06-01",
        "VALUE", "2O20", "2018-05-02",
    ),
    "a wave in a folder of another name": (
        'wave: "2020"', 'wave: "2019"',
        "WAVE-PLACE", 'wave: "2019"', "wanted: '2020'",
    ),
    "a wave of another survey": (
        "survey: demo", "survey: demos",
        "WAVE-PLACE", "survey: demos", "wanted: 'demo'",
    ),
    "a file that is not there": (
        "path: published.csv", "path: publish.csv",
        "FILE-MISSING", "path: publish.csv", "",
    ),
    "a path above the folder": (
        "path: published.csv", "path: ../2021/published.csv",
        "PATH-LEAVES", "../2021", "do: copy the file there",
    ),
    "a path from the root": (
        "path: published.csv", "path: /etc/passwd",
        "PATH-LEAVES", "/etc/passwd", "wanted: a file below",
    ),
    "a path with a backslash": (
        "path: published.csv", r"path: ..\2021\published.csv",
        "PATH-LEAVES", r"..\2021", "do: copy the file there",
    ),
    "a path with an escaped dot": (
        "path: published.csv", "path: '%2e%2e/2021/published.csv'",
        "PATH-LEAVES", "%2e%2e", "do: copy the file there",
    ),
    "a folder in place of a file": (
        "path: published.csv", "path: .",
        "FILE-MISSING", "path: .", "",
    ),
}  # fmt: skip

IN_DATA = {
    "a margin of error that is none": (
        YES, YES.replace("200,wave", "3 points,margin"),
        "BASE-N", "pets,yes", "wanted: ±3, ±3.1 at 90 %, or ±2 of this share",
    ),
    "a margin of error too small for the wave": (
        YES, YES.replace("200,wave", "±1,margin"),
        "BASE-N", "pets,yes", "wanted: at most 200, the n of the wave",
    ),
    "a margin of error of 0": (
        YES, YES.replace("200,wave", "±0,margin"),
        "BASE-N", "pets,yes", "a margin of 0, or of a share that may be 0 or 1, has no n",
    ),
    "a share over 100": (
        YES, YES.replace("60", "101"),
        "PERCENT", "101 %", "wanted: 0 to 100",
    ),
    "0.85 that means 85 %": (
        YES, YES.replace("60 %,60", "85 %,0.85"),
        "PERCENT-UNIT", "0.85", "do: write percentages: 85, not 0.85",
    ),
    "answers that add up to more than 100": (
        YES, YES.replace("60", "75"),
        "SHARES-OVER-100", "pets,no", "do: correct a figure; or, if several",
    ),
    "an unknown option": (
        "which,cat", "which,rat",
        "OPTION-UNKNOWN", "which,rat", "wanted: 'cat', 'dog', 'dont_know'",
    ),
    "an unknown question": (
        "which,cat", "wich,cat",
        "QUESTION-UNKNOWN", "wich,cat", "do: did you mean 'which'?",
    ),
    "an unknown group": (
        "which,cat,", "which,cat,pets=maybe",
        "DOMAIN-UNKNOWN", "pets=maybe", "wanted: question=answer",
    ),
    "a figure twice": (
        CAT, f"{CAT}\n{CAT.replace('70', '71')}",
        "FIGURE-REPEATED", "71 %", "do: keep one",
    ),
    "a figure without a source": (
        CAT, CAT.replace("page", ""),
        "SOURCE-MISSING", "which,cat", "wanted: 'page'",
    ),
    "an unknown source": (
        CAT, CAT.replace("page", "pages"),
        "SOURCE-UNKNOWN", "pages", "do: did you mean 'page'?",
    ),
    "low above high": (
        "62.45,62.55", "62.55,62.45",
        "RANGE-REVERSED", "62.55,62.45", "",
    ),
    "a number outside its range": (
        "62.45,62.55", "63.45,63.55",
        "RANGE-OUTSIDE", "63.45", "do: correct read_as",
    ),
    "another range than rounding gives, without a note": (
        "62.45,62.55", "62,63",
        "RANGE-DIFFERS", "62,63", "got: 62 to 63",
    ),
    "words without a range": (
        CAT, CAT.replace("70 %,70", "plenty,plenty"),
        "WORDS-UNKNOWN", "plenty", "words.csv",
    ),
    "misspelt words": (
        "about half,about half", "about half,abuot half",
        "WORDS-UNKNOWN", "abuot", "do: did you mean 'about half'?",
    ),
    "a figure that no count gives": (
        CAT, CAT.replace("70 %,70", "1.1 %,1.1")
        .replace("200,wave", "20,printed"),
        "FIGURE-IMPOSSIBLE", "1.1 %", "do: check the figure and its base",
    ),
    "a base above n": (
        CAT, CAT.replace("200", "201"),
        "BASE-N", ",201,", "wanted: 1 to 200",
    ),
    "a base of nobody": (
        CAT, CAT.replace("200", "0"),
        "BASE-N", ",0,wave", "wanted: 1 to 200",
    ),
    "an unknown origin of a base": (
        CAT, CAT.replace(",wave,", ",waves,"),
        "BASE-ORIGIN", "waves", "wanted: 'printed', 'wave', 'derived', 'margin', 'unknown'",
    ),
    "a base without an origin": (
        CAT, CAT.replace("200,wave", "200,unknown"),
        "BASE-N", "200,unknown", "got: ",
    ),
    "a row with a cell too few": (
        CAT, CAT.removesuffix(","),
        "ROW-LENGTH", "which,cat", "do: quote cells that hold a comma",
    ),
    "an unknown column": (
        "certainty,note", "certainty,remark",
        "COLUMN-UNKNOWN", "remark", "wanted: ",
    ),
    "a quote that is never closed": (
        "which,cat,,70 %", 'which,cat,,"70 %',
        "CSV-SYNTAX", "which,dog", "",
    ),
    "a NUL character": (
        "which,cat", "which,c\0at",
        "FILE-CHARACTER", "c\0at", "do: remove it",
    ),
    "digits of another script": (
        CAT, CAT.replace("70 %,70", "٧٠ %,٧٠"),
        "WORDS-UNKNOWN", "٧٠", "words.csv",
    ),
    "no certainty": (
        CAT, CAT.replace("verbatim", "sure"),
        "CERTAINTY", "sure", "wanted: verbatim or approximate",
    ),
}  # fmt: skip

IN_WORDS = {
    "words with low above high": (
        "1,5", "5,1",
        "RANGE-REVERSED", "5,1", "",
    ),
    "words twice": (
        "hardly any", "About half",
        "WORDS-REPEATED", "About half", "",
    ),
    "words with text in place of a number": (
        "1,5", "1,most",
        "PERCENT", "1,most", "wanted: a percentage such as 84.5",
    ),
}  # fmt: skip

IN_STUDY = {
    "a misspelt key of a study": (
        "publisher", "publishers",
        "KEY-UNKNOWN", "publishers", "do: did you mean 'publisher'?",
    ),
    "a study in a folder of another name": (
        "survey: demo", "survey: demos",
        "STUDY-PLACE", "survey: demos", "wanted: 'demo'",
    ),
    "words outside the study": (
        "words: words.csv", "words: ../words.csv",
        "PATH-LEAVES", "words: ", "do: copy the file there",
    ),
    "words that are not there": (
        "words: words.csv", "words: word.csv",
        "FILE-MISSING", "words: ", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", IN_WAVE.values(), ids=IN_WAVE)
def test_a_wrong_manifest_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(WAVE, *wrong, ManifestError)


@pytest.mark.parametrize("wrong", IN_DATA.values(), ids=IN_DATA)
def test_a_wrong_table_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(DATA, *wrong, PublishedError)


@pytest.mark.parametrize("wrong", IN_WORDS.values(), ids=IN_WORDS)
def test_a_wrong_range_of_words_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(WORDS, *wrong, PublishedError)


@pytest.mark.parametrize("wrong", IN_STUDY.values(), ids=IN_STUDY)
def test_a_wrong_study_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(STUDY, *wrong, ManifestError)


def test_a_wave_of_an_unknown_instrument_is_refused_with_the_known_ones(refused):
    refused(
        WAVE,
        "instrument: demo@1",
        "instrument: demo@9",
        "INSTRUMENT-UNKNOWN",
        "demo@9",
        "'demo@1', 'demo@2'",
        ManifestError,
    )


def test_every_fault_of_a_table_is_told_at_once_in_the_order_of_the_file(demo):
    demo.edit(DATA, "pets,yes", "pest,yes")
    demo.edit(DATA, "119-121", "119-1210")
    demo.edit(DATA, CAT, CAT.replace("page", "pages").replace("verbatim", "sure"))
    with pytest.raises(PublishedError, match=r"^4 faults:\n") as caught:
        demo.load()
    assert [(fault.line, fault.code) for fault in caught.value.faults] == [
        (2, "QUESTION-UNKNOWN"),
        (4, "BASE-N"),
        (5, "SOURCE-UNKNOWN"),
        (5, "CERTAINTY"),
    ]


def test_every_fault_of_a_manifest_is_told_at_once_in_the_order_of_the_file(demo):
    demo.edit(WAVE, "n: 200", "n: many")
    demo.edit(WAVE, "mode: On paper", "mood: On paper")
    demo.edit(WAVE, "kind: publisher", "kind: rumour")
    with pytest.raises(ManifestError, match=r"faults:\n") as caught:
        demo.load()
    lines = [fault.line for fault in caught.value.faults]
    assert lines == sorted(lines)
    for words in ("n: many", "mood: On paper", "kind: rumour"):
        assert demo.line(WAVE, words) in lines


def test_faults_of_two_waves_are_told_at_once(demo):
    demo.edit(DATA, "which,cat", "which,rat")
    demo.edit("waves/demo/2021/published.csv", "which,dog", "which,god")
    with pytest.raises(StudyError, match=r"^2 faults:\n") as caught:
        demo.load()
    assert [fault.file for fault in caught.value.faults] == [
        str(demo.path(DATA)),
        str(demo.path("waves/demo/2021/published.csv")),
    ]


def test_faults_of_words_do_not_hide_those_of_a_wave(demo):
    demo.edit(WORDS, "1,5", "5,1")
    demo.edit(DATA, "which,cat", "which,rat")
    with pytest.raises(StudyError, match=r"^2 faults:\n"):
        demo.load()


def test_a_range_that_cannot_be_read_is_told_once_and_not_at_every_figure_in_its_words(demo):
    demo.edit(WORDS, "45,55", "55,45")
    with pytest.raises(InputError, match=r"^1 fault:\n.*RANGE-REVERSED"):
        demo.load()
