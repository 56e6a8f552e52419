"""Was it the world that changed, or who answered? The answers are made up.

In 2016 61 of 100 respondents worked in the USA, in 2020 44 of 100. In both years more of these than
of others had met what was asked about.
"""

import pandas as pd

import surveylib as sl


def year(name: int, usa: tuple[int, int], other: tuple[int, int]) -> pd.DataFrame:
    """Respondents of a year: how many of how many had met it, in the USA and elsewhere."""
    groups = {"usa": usa, "other": other}
    return pd.DataFrame(
        {"year": name, "region": region, "met": "yes" if place < yes else "no"}
        for region, (yes, n) in groups.items()
        for place in range(n)
    )


answers = pd.concat([year(2016, (146, 226), (60, 144)), year(2020, (126, 207), (110, 263))])

# The share fell. How much of that is who answered?
print(sl.decompose(answers, "met/yes", wave="year", by="region"), end="\n\n")

# Each year with the mix of 2016, and with equal parts.
first = sl.mix(answers[answers["year"] == 2016], "region")
print(sl.standardise(answers, "met/yes", wave="year", by="region", to=first), end="\n\n")
print(sl.standardise(answers, "met/yes", wave="year", by="region", to="equal"), end="\n\n")

# What weighting to that mix does, and the change as if nobody else had answered.
print(sl.weight(answers, first, wave="year"), end="\n\n")
print(sl.change(answers, "met/yes", wave="year", design=sl.Design(weighting=first)))
