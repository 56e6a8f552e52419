"""Tables for a page, a paper and a spreadsheet: the same numbers in each.

The answers are made up: who was a member in two years, in three districts.
"""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

import surveylib as sl

# How many of how many were members, in each year and district.
counts = {
    (2023, "coast"): (48, 120),
    (2023, "hills"): (60, 110),
    (2023, "town"): (90, 150),
    (2024, "coast"): (76, 118),
    (2024, "hills"): (65, 105),
    (2024, "town"): (96, 155),
}
answers = pd.DataFrame(
    [
        {"year": year, "district": district, "member": "yes" if place < yes else "no"}
        for (year, district), (yes, n) in counts.items()
        for place in range(n)
    ]
)

# Letters compare the districts of a year, Holm over all pairs of the year.
by_district = sl.estimate(answers, "member", wave="year", by="district")
print(sl.table(by_district, letters=True))

# Arrows compare the years: what may be compared, and how, is what `change` says.
shares = sl.estimate(answers, "member", wave="year")
changes = sl.change(answers, "member", wave="year", adjust="holm")
print(sl.table(shares, arrows=True, changes=changes))

# For a page, for a paper.
print(sl.table(changes, format="html"))
print(sl.table(changes, format="latex"))

with tempfile.TemporaryDirectory() as folder:
    # For those who go on with the numbers.
    results: list[Any] = [shares, changes, sl.crosstab(answers, "district", "member")]
    book = sl.write_workbook(results, Path(folder) / "members.xlsx", arrows=True, changes=changes)
    print(book.name, book.stat().st_size > 0)
    for file in sl.write_data(changes, Path(folder) / "data"):
        print(file.name)
