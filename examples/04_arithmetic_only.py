"""The arithmetic alone, on numbers and arrays: no files, no questions."""

from surveylib.stats import counts, differences, intervals

# 81 of 263, the first example of Newcombe (1998).
for method in intervals.METHODS:
    found = intervals.proportion(81, 263, method=method)
    print(f"{method:16} {found.low:.4f} {found.high:.4f}")

# Nobody of 10: an interval that has width.
print(intervals.proportion(0, 10))

# Arrays broadcast: four samples against one.
print(differences.independent(48, 80, [40, 50, 56, 60], 70).p_value.round(4))

# Which counts of 272 are printed as 85 %? And which base could give 37.9 %?
print(counts.printed("85").counts(272))
print(max(counts.possible_bases([counts.printed("37.9")], range(185, 371))))
