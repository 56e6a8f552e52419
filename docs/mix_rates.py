"""Draw samples in which only the mix changes, and see what is said of them; fill in docs/mix.md.

Two groups have shares of 20 and 60 % in both waves; the second group grows from 30 to 50 % of the
respondents. Each sample is asked of `sl.decompose` and `sl.change`, as any study would be. Every
sample has a seed of its own, so that each run writes the same bytes: python docs/mix_rates.py
"""

from __future__ import annotations

import concurrent.futures
import math
import multiprocessing
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import surveylib as sl

PAGE = Path(__file__).parent / "mix.md"
SEED, DRAWS = 2026, 1000
SHARES, MIXES = (0.2, 0.6), (0.3, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Samples of two waves.

    Args:
        n: Respondents in each wave.
        units: Sampling units in each wave; 0 for simple samples.
        alike: Correlation of the answers of two respondents of one unit.
    """

    n: int
    units: int = 0
    alike: float = 0.0

    @property
    def design(self) -> sl.Design | None:
        """What is told of the design."""
        return sl.Design(psu="unit") if self.units else None


CELLS = (
    Cell(n=300),
    Cell(n=1000),
    Cell(n=300, units=30, alike=0.05),
    Cell(n=1000, units=40, alike=0.05),
)


def drawn(cell: Cell, random: np.random.Generator) -> pd.DataFrame:
    """Two waves with the same shares in the groups, and another mix."""
    parts = []
    for wave, mix in enumerate(MIXES):
        unit = np.arange(cell.n) % cell.units if cell.units else np.arange(cell.n)
        group = (random.random(cell.n) < mix).astype(int)
        lean = random.normal(0, math.sqrt(cell.alike), cell.units)[unit] if cell.units else 0.0
        level = lean + random.normal(0, math.sqrt(1 - cell.alike), cell.n)
        met = level < stats.norm.ppf(np.array(SHARES)[group])
        parts.append(
            pd.DataFrame({
                "wave": wave,
                "unit": [f"{wave}-{place}" for place in unit],
                "group": np.array(["a", "b"])[group],
                "met": np.where(met, "yes", "no"),
            })
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def rates(cell: Cell) -> dict[str, float]:
    """How often each is shown, and how often intervals hold what is true, over all samples."""
    true_mix = (MIXES[1] - MIXES[0]) * (SHARES[1] - SHARES[0])
    found = {"change shown": 0, "rate shown": 0, "mix held": 0}
    for draw in range(DRAWS):
        frame = drawn(cell, np.random.default_rng([SEED, cell.n, cell.units, draw]))
        row = sl.decompose(frame, "met/yes", by="group", wave="wave", design=cell.design).rows[0]
        change = row.change
        found["change shown"] += not change.ci_low <= 0 <= change.ci_high
        found["rate shown"] += not row.rate.ci_low <= 0 <= row.rate.ci_high
        found["mix held"] += row.mix.ci_low <= true_mix <= row.mix.ci_high
    return {name: 100 * count / DRAWS for name, count in found.items()}


def lines() -> list[str]:
    """The table."""
    with concurrent.futures.ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        every = list(pool.map(rates, CELLS))
    head = (
        "| samples | n | units | the change is shown | “what they said” is shown | "
        "interval of “who answered” holds |"
    )
    table = [head, "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for cell, found in zip(CELLS, every, strict=True):
        kind = "clusters" if cell.units else "simple samples"
        numbers = (f"{found[name]:.1f}" for name in ("change shown", "rate shown", "mix held"))
        table.append(f"| {kind} | {cell.n} | {cell.units or ''} | {' | '.join(numbers)} |")
    return table


def main() -> None:
    """Write the table into the page."""
    text = PAGE.read_text("utf-8")
    made = "\n".join(lines())
    text = re.sub(
        r"(<!-- table: pure mix -->\n\n).*?(\n\n<!-- end -->)",
        lambda found: f"{found[1]}{made}{found[2]}",
        text,
        flags=re.DOTALL,
    )
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
