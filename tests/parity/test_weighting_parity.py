"""Weightings of samples drawn at random: R survey's numbers of the same rows, run live."""

import csv
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import surveylib as sl
from tests.parity.conftest import INSTALL

pytestmark = pytest.mark.parity

#: Each example starts R once. What fails is not made smaller: that would start it a hundred times.
drawn = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SIZES = {"l": 400.0, "m": 350.0, "s": 250.0}
R = """
suppressPackageStartupMessages(library(survey))
options(warn = -1, survey.lonely.psu = "fail")
folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- read.csv(file.path(folder, "rows.csv"))
targets <- read.csv(file.path(folder, "targets.csv"))
lines <- "what,row,estimate,error"
add <- function(what, found) {
  errors <- sqrt(diag(as.matrix(vcov(found))))
  for (i in seq_along(coef(found))) {
    lines <<- c(lines, sprintf("%s,%d,%.17g,%.17g", what, i - 1, coef(found)[i], errors[i]))
  }
}
of <- function(name) with(subset(targets, question == name), setNames(number, answer))
size <- of("size"); region <- of("region")
whole <- c("(Intercept)" = sum(size), sizem = size[["m"]], sizes = size[["s"]],
  regionsouth = region[["south"]])
designs <- list(
  clusters = svydesign(~p, strata = ~s, weights = ~w, fpc = ~count, nest = TRUE, data = rows),
  people = svydesign(~1, strata = ~s, weights = ~w, data = rows)
)
for (name in names(designs)) {
  d <- designs[[name]]
  after <- list(
    post = postStratify(d, ~size, data.frame(size = names(size), Freq = size)),
    raking = calibrate(d, ~ size + region, whole, calfun = "raking", epsilon = 1e-13, maxit = 500),
    linear = calibrate(d, ~ size + region, whole)
  )
  for (scheme in names(after)) {
    w <- after[[scheme]]
    key <- paste(name, scheme, sep = ".")
    add(paste0(key, ".share"), svymean(~q, w))
    add(paste0(key, ".domain"), svymean(~q, subset(w, region == "south")))
    add(paste0(key, ".mean"), svymean(~y, w))
    add(paste0(key, ".total"), svytotal(~y, w))
  }
}
writeLines(lines, file.path(folder, "results.csv"))
"""


@st.composite
def samples(draw):
    """People in units and strata, with a size, a region, an answer and a number."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    strata, units = draw(st.integers(1, 3)), draw(st.integers(4, 7))
    parts = []
    for s in range(strata):
        for p in range(units):
            n = int(rng.integers(6, 14))
            lean = rng.normal(0, 0.6)
            parts.append(
                pd.DataFrame({
                    "s": f"s{s}", "p": p, "count": units + 5 * (s + 1),
                    "w": np.round(rng.gamma(3, 2, n) + 0.1, 3),
                    "size": rng.choice(list(SIZES), n),
                    "region": rng.choice(["north", "south"], n),
                    "q": np.where(rng.normal(lean, 1, n) > 0, "yes", "no"),
                    "y": np.round(rng.normal(5 + lean, 2, n), 3),
                })
            )  # fmt: skip
    rows = pd.concat(parts, ignore_index=True)
    south = draw(st.floats(0.35, 0.65))
    whole = sum(SIZES.values())
    return rows, {"size": SIZES, "region": {"north": whole * (1 - south), "south": whole * south}}


def of_r(rows, targets, folder):
    """What R says: what and row → estimate and standard error."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.fail(f"Rscript is not on the PATH; {INSTALL}", pytrace=False)
    rows.to_csv(folder / "rows.csv", index=False)
    table = [(question, *pair) for question, of in targets.items() for pair in of.items()]
    pd.DataFrame(table, columns=["question", "answer", "number"]).to_csv(
        folder / "targets.csv", index=False
    )
    (folder / "run.R").write_text(R, "utf-8")
    command = [program, str(folder / "run.R"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.fail(f"R stopped; {ran.stdout}{ran.stderr}", pytrace=False)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["what"], int(row["row"])): (float(row["estimate"]), float(row["error"]))
            for row in csv.DictReader(file)
        }


DESIGNS = {
    "clusters": {"weights": "w", "strata": "s", "psu": "p", "population": "count"},
    "people": {"weights": "w", "strata": "s"},
}
SCHEMES = {
    "post": ("post-stratification", ("size",)),
    "raking": ("raking", ("size", "region")),
    "linear": ("linear", ("size", "region")),
}
ASKED = {
    "share": ("q", {}),
    "domain": ("q", {"where": "region=south"}),
    "mean": ("y", {"statistic": "mean"}),
    "total": ("y", {"statistic": "total"}),
}


@drawn
@given(samples())
def test_weighted_estimates_and_their_errors_are_those_of_r_survey(tmp_path, drawn_sample):
    rows, targets = drawn_sample
    theirs = of_r(rows, targets, tmp_path)
    for name, columns in DESIGNS.items():
        for scheme, (method, questions) in SCHEMES.items():
            weighting = sl.Weighting(
                targets={one: targets[one] for one in questions}, unit="count", method=method
            )
            design = sl.Design(**columns, weighting=weighting)
            for what, (question, options) in ASKED.items():
                found = sl.estimate(rows, question, design=design, **options)
                for place, row in enumerate(found.rows):
                    estimate, error = theirs[f"{name}.{scheme}.{what}", place]
                    assert row.estimate == pytest.approx(estimate, rel=1e-8, abs=1e-10)
                    size = 1e-8 * max(abs(estimate), 1)
                    assert row.standard_error == pytest.approx(error, rel=1e-7, abs=size)
