"""The same people answered twice: how many changed their answer, and which way?

The answers are made up: 200 people in 2023, of whom 180 answered again in 2024, with 30 new ones.
"""

import pandas as pd

import surveylib as sl

# Who went from which answer to which: (before, after) and how many people.
flows = {("no", "no"): 88, ("no", "yes"): 27, ("yes", "no"): 9, ("yes", "yes"): 56}
both = [pair for pair, count in flows.items() for _ in range(count)]
before = [*(pair[0] for pair in both), *["no"] * 12, *["yes"] * 8]
after = [*(pair[1] for pair in both), *["no"] * 14, *["yes"] * 16]
people = [*range(200), *range(180), *range(200, 230)]
answers = pd.DataFrame(
    {"year": [2023] * 200 + [2024] * 210, "person": people, "member": before + after}
)

# Behind a change of +18 people stand 27 who joined and 9 who left.
print(sl.turnover(answers, "member", wave="year", ids="person"), end="\n\n")

# The change, of those who answered twice; of everybody; and as if nobody had answered twice.
for samples, reused in (("panel", False), ("rotating", False), ("independent", True)):
    found = sl.change(
        answers, "member/yes", wave="year", samples=samples, ids="person", reused_ids=reused
    )
    print(f"{samples}:\n{found}\n")

# How many joined for one who left: the odds ratio of those who changed.
print(
    sl.change(
        answers, "member/yes", wave="year", samples="panel", ids="person", measure="odds_ratio"
    )
)
