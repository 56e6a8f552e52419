"""The bands are not the same in both years: what can I still say?

Answers are carried over to the cuts that both lists have; at any other threshold the share is known
within bounds. Run from the project's folder: python examples/06_bands_that_moved.py
"""

import surveylib as sl

count = sl.load_crosswalk("instruments/organised_groups")["groups_count"]
print("Bands that both lists share:", [option.code for option in count.options])

# Made-up counts of officers who ticked each band.
printed_2018 = {"1_10": 120, "up_to_50": 60, "100_500": 40, "over_1000": 11}
ticked = [150, 70, 20, 30, 8, 12]
next_round = dict(zip(count.source("1.0").intervals, ticked, strict=True)) | {"dont_know": 25}
print(count.convert("netclean@2018", printed_2018))
print(count.convert("1.0", next_round))

for threshold in count.thresholds:
    before = count.share_up_to(threshold, "netclean@2018", printed_2018)
    after = count.share_up_to(threshold, "1.0", next_round)
    bounds = f"{before.low:.1%} to {before.high:.1%}"
    print(f"at most {threshold:>5,} groups: {bounds}, then {after.low:.1%}")
