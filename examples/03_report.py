"""One page with everything the study found, and its tables beside it."""

import surveylib as sl

study = sl.load_study("waves/netclean")
written = sl.report(study, "build/report")
print(written.page)
print(*written.tables, sep="\n")
