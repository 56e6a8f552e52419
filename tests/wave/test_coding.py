"""Answers in own words: what is coded, and what is left to a person."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.instrument.options import ChoiceOption, Option
from surveylib.instrument.question import MultiAnswer, OpenCoded, TextQuestion
from surveylib.wave.coding import Coded, Coder, Unmatched, unmatched_by_frequency
from surveylib.wave.text import lossless

#: A word, apart from the numbers that a list begins its lines with.
WORD = re.compile(r"(?=\w*[^\W\d])\w+")

few = settings(max_examples=50, deadline=None)


def option(code, *terms, kind=Option, **rest):
    """An option whose first term is its label."""
    return kind(code=code, label={"en": terms[0]}, terms=terms[1:], **rest)


def asked(*options, mentions="several"):
    return OpenCoded(
        kind="open_coded",
        id="where",
        concept="where",
        text={"en": "Where do you buy?"},
        wording="printed",
        base={"asked": "all"},
        period="now",
        option_list="complete",
        options=options,
        mentions=mentions,
    )


PLACES = asked(
    Option(code="market", label={"en": "Market", "de": "Markt"}, terms=("market hall",)),
    option("shop", "Corner shop", "kiosk", "Späti"),
    option("bw", "Black and White"),
    option("cafe", "Café"),
    option("cpp", "C++"),
    option("c", "C"),
    option("host", "shop.example"),
)
CODER = Coder(PLACES)
ORDER = [one.code for one in PLACES.options]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Market", ["market"]),
        ("MARKT", ["market"]),
        ("kiosk, market", ["market", "shop"]),
        ("kiosk; market", ["market", "shop"]),
        ("kiosk/market", ["market", "shop"]),
        ("kiosk & market", ["market", "shop"]),
        ("kiosk und market", ["market", "shop"]),
        ("Kiosk\nMarket", ["market", "shop"]),
        ("- Kiosk\r\n- Market", ["market", "shop"]),
        ("• Kiosk • Market", ["market", "shop"]),
        ("1. Kiosk\n2) Market", ["market", "shop"]),
        ("mostly the market and some kiosk", ["market", "shop"]),
        ("corner\xa0shop", ["shop"]),
        ("(kiosk)", ["shop"]),
        ("the kiosk's owner", ["shop"]),
        ("Black and White", ["bw"]),
        ("at the kiosk and black and white.", ["shop", "bw"]),
        ("CAFE", ["cafe"]),
        ("Cafe\u0301", ["cafe"]),
        ("spati", ["shop"]),
        ("C++", ["cpp"]),
        ("C", ["c"]),
        ("C++ and C", ["cpp", "c"]),
        ("https://shop.example/c/kiosk", ["host"]),
    ],
)
def test_what_the_dictionary_lists_is_coded(text, codes):
    coded = CODER.code(text)
    assert list(coded.codes) == codes
    assert coded.unmatched == ()
    assert not coded.conflict


@pytest.mark.parametrize(
    "text",
    [
        *("supermarket", "market2", "market-goers", "e-market", "kiosk.example", "black", "C#"),
        *("don't know", "n/a", "-", "none", "???", "nothing", "keine Angabe", "w/o", "/"),
        *("Markett", "corner  shopp"),
    ],
)
def test_what_it_does_not_list_is_one_mention_for_a_person(text):
    coded = CODER.code(text)
    assert coded.codes == ()
    assert coded.unmatched == (" ".join(text.split()),)


@pytest.mark.parametrize(
    "text",
    [
        *("not market", "never at the kiosk", "kein Markt", "keinen Kiosk", "nicht am Markt"),
        *("I don’t go to the market", "I dont go to the market", "no kiosk", "market: never"),
        *("all but the market", "neither market nor kiosk", "without a kiosk", "isn't a kiosk"),
    ],
)
def test_what_is_denied_is_not_coded(text):
    coded = CODER.code(text)
    assert coded.codes == ()
    assert len(coded.unmatched) == 1


@pytest.mark.parametrize(
    ("text", "codes", "unmatched"),
    [
        ("kiosk, not market", ["shop"], ["not market"]),
        ("not market, kiosk and café", [], ["not market", "kiosk", "café"]),
        ("not market; kiosk", ["shop"], ["not market"]),
        ("not market\nkiosk", ["shop"], ["not market"]),
        ("not market but kiosk", ["shop"], ["not market"]),
        ("nicht Markt, sondern Kiosk", ["shop"], ["nicht Markt"]),
        (
            "Never the market. Rather a kiosk, a café",
            ["cafe"],
            ["Never the market. Rather a kiosk"],
        ),
    ],
)
def test_a_negation_reaches_on_to_the_end_of_its_sentence(text, codes, unmatched):
    coded = CODER.code(text)
    assert (list(coded.codes), list(coded.unmatched)) == (codes, unmatched)


def test_a_term_that_holds_a_negation_or_a_sign_is_coded():
    coder = Coder(asked(option("nn", "No Name"), option("none", "None", "-", "n/a", "don't know")))
    assert coder.code("No name").codes == ("nn",)
    assert coder.code("not No Name").codes == ()
    for text in ("none", "-", "N/A", "Don’t know", "no name, -"):
        assert "none" in coder.code(text).codes
    assert coder.code("x - y").codes == ()


def test_the_longest_term_comes_first():
    coder = Coder(
        asked(option("a", "New York"), option("b", "York Times Square"), option("c", "Y"))
    )
    assert coder.code("new york").codes == ("a",)
    assert coder.code("new york times square").codes == ("b",)


def test_accents_tell_two_terms_apart_and_a_text_without_them_is_then_left_to_a_person():
    coder = Coder(asked(option("a", "Möre"), option("b", "Môre")))
    assert coder.code("MÖRE").codes == ("a",)
    assert coder.code("more").unmatched == ("more",)
    assert Coder(asked(option("a", "Möre"), option("b", "More"))).code("more").codes == ("b",)


def test_a_label_that_two_options_share_is_left_to_a_person():
    gift = Option(code="a", label={"en": "Gift"}), Option(code="b", label={"de": "Gift"})
    assert Coder(asked(*gift)).code("gift").unmatched == ("gift",)


def test_more_codes_than_the_question_takes_are_a_conflict():
    coder = Coder(asked(*PLACES.options, mentions="one"))
    assert coder.code("kiosk, market").conflict
    assert coder.code("kiosk, market").codes == ("market", "shop")
    assert not coder.code("kiosk, Späti").conflict


def test_a_write_in_is_coded_like_an_open_answer():
    options = [option("fish", "Fish", kind=ChoiceOption)]
    options += [option("other", "Other", "ferret", kind=ChoiceOption, write_in=True)]
    question = MultiAnswer(
        kind="multi_answer",
        options=options,
        **PLACES.model_dump(
            include={"id", "concept", "text", "wording", "base", "period", "option_list"},
            by_alias=True,
        ),
    )
    assert Coder(question).code("a ferret, two fish").codes == ("fish", "other")


def test_a_net_is_never_coded():
    coder = Coder(asked(option("a", "Red"), option("net", "Warm", net_of=("a",))))
    assert coder.code("warm red, warm").codes == ("a",)


def test_a_question_without_options_codes_nothing():
    shared = PLACES.model_dump(
        include={"id", "concept", "text", "wording", "base", "period"}, by_alias=True
    )
    with pytest.raises(MethodError, match="question 'where' has no options"):
        Coder(TextQuestion(kind="text", **shared))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("Markett", "Market"), ("at the kiosck", "kiosk"), ("Spätti", "Späti"), ("Zebra", "")],
)
def test_a_near_miss_is_suggested_and_not_coded(text, wanted):
    (mention,) = CODER.code(text).mentions
    assert (mention.codes, mention.suggestion) == ((), wanted)


def test_a_word_for_not_knowing_is_no_near_miss():
    (mention,) = Coder(asked(option("a", "Nona"))).code("none").mentions
    assert not mention.suggestion


def test_what_no_option_has_is_counted_and_the_most_frequent_comes_first():
    texts = ["Fair, kiosk", "fair.", "FAIR; Airport", "Barn", "market", "Markett"]
    rows = unmatched_by_frequency(map(CODER.code, texts))
    assert rows == [
        Unmatched(mention="fair", count=3, example="FAIR", suggestion=""),
        Unmatched(mention="airport", count=1, example="Airport", suggestion=""),
        Unmatched(mention="barn", count=1, example="Barn", suggestion=""),
        Unmatched(mention="markett", count=1, example="Markett", suggestion="Market"),
    ]
    assert unmatched_by_frequency(map(CODER.code, reversed(texts))) == rows


terms = st.sampled_from(
    ["market", "Markt", "KIOSK", "späti", "Black and White", "café", "C++", "C"]
)
unrelated = st.sampled_from(["barn", "Zoo", "lorem", "x1", "7", "Garten", "été"])
phrases = st.lists(terms | unrelated, min_size=1, max_size=3).map(" ".join)
between = st.sampled_from([", ", "; ", " / ", "\n", " and ", " und ", " & ", "\n- ", " • "])


@few
@given(mentions=st.lists(phrases, max_size=6), separator=between, data=st.data())
def test_the_order_of_mentions_does_not_matter(mentions, separator, data):
    shuffled = data.draw(st.permutations(mentions))
    one, other = (CODER.code(separator.join(some)) for some in (mentions, shuffled))
    assert one.codes == other.codes
    assert sorted(one.unmatched) == sorted(other.unmatched)


@few
@given(words=st.lists(terms | unrelated, max_size=5), word=unrelated, place=st.integers(0, 5))
def test_an_unrelated_word_changes_no_code(words, word, place):
    joined = ", ".join(words)
    with_word = ", ".join([*words[:place], word, *words[place:]])
    assert CODER.code(with_word).codes == CODER.code(joined).codes
    assert CODER.code(f"{word} {joined} {word}").codes == CODER.code(joined).codes


@few
@given(text=st.text() | st.lists(terms | unrelated | between | st.text(max_size=5)).map("".join))
def test_every_mention_is_coded_or_left_to_a_person_and_none_is_lost(text):
    coded = CODER.code(text)
    assert isinstance(coded, Coded)
    assert coded == CODER.code(text)
    left = [mention.text for mention in coded.mentions if not mention.codes]
    assert list(coded.unmatched) == left
    named = {code for mention in coded.mentions for code in mention.codes}
    assert list(coded.codes) == [code for code in ORDER if code in named]
    said = {word.casefold() for mention in coded.mentions for word in WORD.findall(mention.text)}
    written = {word.casefold() for word in WORD.findall(lossless(text))}
    assert written - said <= {"and", "und", "but", "aber", "sondern"}


@few
@given(words=st.lists(unrelated, min_size=1, max_size=6), separator=between)
def test_words_that_no_option_has_are_all_listed(words, separator):
    coded = CODER.code(separator.join(words))
    assert list(coded.unmatched) == words
    assert sum(row.count for row in unmatched_by_frequency([coded])) == len(words)
