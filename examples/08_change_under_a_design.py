"""The same districts were drawn in both years: what changed, and how sure can one be?

The answers are made up: 40 districts in two regions, and other people in them each year.
"""

from typing import Any

import numpy as np
import pandas as pd

import surveylib as sl

draw = np.random.default_rng(2024)
level = draw.normal(0.35, 0.12, 40).clip(0.05, 0.9)  # districts differ more than years do
rows = [
    {
        "year": year,
        "region": "coast" if district < 20 else "hills",
        "district": district,
        "weight": weight,
        "member": "yes" if draw.random() < level[district] + rise else "no",
    }
    for year, rise in ((2023, 0.0), (2024, 0.07))
    for district in range(40)
    for weight in draw.uniform(0.5, 2.0, 25)
]
answers = pd.DataFrame(rows)
asked: dict[str, Any] = {
    "wave": "year",
    "design": sl.Design(weights="weight", strata="region", psu="district"),
}

# The districts of both years have the same numbers. Are they the same? That has to be said.
try:
    sl.change(answers, "member/yes", **asked)
except sl.errors.SampleError as error:
    print(f"Refused: {error}\n")

# They are: both years share what is particular to a district, and the interval is narrower.
relations: dict[str, dict[str, Any]] = {
    "The same districts": {"samples": "shared-psu"},
    "If they were others": {"reused_ids": True},
}
for how, options in relations.items():
    found = sl.change(answers, "member/yes", **options, **asked)
    print(f"{how}:\n{found}\n")

# In each region, with a p-value for both together.
regions = sl.change(
    answers, "member/yes", by="region", samples="shared-psu", adjust="holm", **asked
)
print(regions)
