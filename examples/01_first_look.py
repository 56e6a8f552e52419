"""What did officers answer, and how sure can one be?"""

import surveylib as sl

study = sl.load_study("waves/netclean")

# One question, in every wave that asked it. Shares are proportions; the table prints percent.
encountered = sl.estimate(study, "organised_groups_encountered")
print(encountered)

# A share printed in words is a range. It has an envelope, and no estimate of its own.
print(sl.estimate(study, "organised_groups_number_change"))

# The same as a data frame, for an analysis of your own.
print(encountered.to_frame()[["wave", "answer", "n", "estimate", "ci_low", "ci_high"]])
