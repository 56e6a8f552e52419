"""Three waves or more: does a share rise or fall, by how much a year, and where does it bend?"""

import pandas as pd

import surveylib as sl

# Printed figures: the size first, then the test, then what may be said.
study = sl.load_study("waves/netclean")
usa = sl.trend(study, "region/usa")
print(usa.explain())

# How far does rounding matter? The p-value over every count that the printed figures may be.
row = usa.rows[0]
print(f"p is between {row.p_value_low:.1g} and {row.p_value_high:.1g}, whatever was rounded\n")

# Single answers, made up: 400 people in each of eight years, which are not evenly spaced.
counts = {2012: 96, 2013: 108, 2015: 124, 2016: 140, 2018: 152, 2020: 136, 2021: 130, 2022: 122}
answers = pd.DataFrame(
    [(year, "yes" if n < yes else "no") for year, yes in counts.items() for n in range(400)],
    columns=["year", "member"],
)

# A straight line says that it rose, and also that the shares are not on a straight line.
print(sl.trend(answers, "member/yes", wave="year"), end="\n\n")

# So ask for a bend, and then where it is. The same seed gives the same draws.
bent = sl.trend(answers, "member/yes", wave="year", test="logistic", degree=2).rows[0]
print(f"A bend beside the straight line: p = {bent.curved:.1g}")
joined = sl.trend(answers, "member/yes", wave="year", test="joinpoint", draws=999, seed=1).rows[0]
for part in joined.segments:
    span = f"{part.from_time:.0f} to {part.to_time:.0f}"
    print(f"{span}: {part.slope * 100:+.2f} points a year")

# `usa.chart()` draws it: each wave at its time, and the line where there is a trend.
