"""The page on reports holds the table of words that statements are made with."""

import re

from surveylib.present.statements_shares import PORTIONS


def test_the_page_holds_every_word_and_its_boundary(root):
    text = (root / "docs" / "report.md").read_text("utf-8")
    told = {
        words: float(share)
        for share, words in re.findall(r"\| (?:above )?([\d.]+) \| ([a-z ]+ of) (?=\|)", text)
    }
    assert told == {
        one.en: (one.low - (one.low > 500 and one.low < 1000)) / 10 for one in PORTIONS
    } | {"hardly any of": 0.0}
