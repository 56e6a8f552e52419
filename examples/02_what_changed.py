"""What changed between two waves, and which figures must not be compared?"""

import surveylib as sl

study = sl.load_study("waves/netclean")

# From wave to wave, and over the whole series.
print(sl.change(study, "region/usa"))

# One pair. The categories were coded differently, and the result says so.
change = sl.change(study, "rising_trends/social_and_apps", 2016, 2017)
print(change.explain())

# The same words, two different things: refused, with the reason.
try:
    sl.change(study, "deepfakes_encountered/yes", 2018, 2019)
except sl.errors.ComparabilityError as error:
    print(error)

# Samples were not simple random ones: how far would the change hold?
for row in change.rows:
    print(f"holds up to a design effect of {row.tolerated_design_effect}")
