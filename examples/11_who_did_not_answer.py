"""A third did not answer: what could they make of a rise, and what would undo it?

The answers are made up: a question that 400 people were asked in each year, and some left open.
"""

from pathlib import Path

import pandas as pd

import surveylib as sl

#: Of each year, how many said yes, said no, refused, and left the question open.
counts = {2022: (120, 160, 20, 100), 2023: (152, 128, 30, 90)}
answers = pd.DataFrame(
    [
        (year, answer)
        for year, many in counts.items()
        for answer, n in zip(("yes", "no", "refused", None), many, strict=True)
        for _ in range(n)
    ],
    columns=["year", "member"],
)

# A rise of 11 points among those who answered. Who refused is named; who has no value is missing.
found = sl.sensitivity(answers, "member/yes", wave="year", missing="refused")
print(found, end="\n\n")

# The same by shares among those missing, for a table of one's own.
print(found.tipping_frame().pivot_table("change", "from_share", "to_share").round(3), end="\n\n")

# Half of those invited took part in the first year, a third in the second: wider by far.
print(
    sl.sensitivity(
        answers, "member/yes", wave="year", missing="refused", response_rate={2022: 0.5, 2023: 0.33}
    ),
    end="\n\n",
)

# Waves with a questionnaire know who refused, broke off, or was not asked.
waves = Path(__file__).parents[1] / "waves"
study = sl.load_study(waves / "organised_groups")
print(sl.sensitivity(study, "groups_places/darknet"), end="\n\n")

# Of printed figures nothing is known of those who did not answer, unless a response rate is.
netclean = sl.load_study(waves / "netclean")
print(sl.sensitivity(netclean, "region/usa", 2016, 2020), end="\n\n")
print(sl.sensitivity(netclean, "region/usa", 2016, 2020, response_rate=0.9))
