"""What is too unsure to be shown, and what few people said. The answers are made up."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

import surveylib as sl

# Rooms in a house, asked of people of three places: how many said yes, no and maybe.
ANSWERS = {"coast": (60, 28, 2), "hills": (40, 31, 9), "island": (8, 6, 6)}

frame = pd.DataFrame(
    {"place": place, "spare_room": answer}
    for place, counts in ANSWERS.items()
    for answer, count in zip(("yes", "no", "maybe"), counts, strict=True)
    for _ in range(count)
)

# A standard judges; it takes nothing away.
by_place = sl.estimate(frame, "spare_room", by="place")
print(sl.judge(by_place, "nchs"), end="\n\n")

# Everything that is printed together is protected together: the 2 of the coast could be worked out
# from the others of the coast, and from all less the other places.
everything = [sl.estimate(frame, "spare_room"), by_place, sl.estimate(frame, "place")]
printed = replace(by_place, rows=tuple(row for part in everything for row in part.rows))
found = sl.protect(printed, protection=sl.Protection(minimum_cell=5, minimum_base=10))
print(found.estimates, end="\n\n")
print("\n".join(found.done), end="\n\n")

# An auditor tries to work it out of the written files; `surveylib audit` does the same.
with tempfile.TemporaryDirectory() as folder:
    study = sl.load_study("waves/organised_groups")
    sl.report(study, Path(folder), protection=sl.Protection())
    print(sl.audit(folder, study=study))
