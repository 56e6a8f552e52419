"""Changes and trends of designs drawn at random: R survey's numbers of the same rows, run live."""

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
YEARS = (2016, 2018, 2021)
R = """
suppressPackageStartupMessages(library(survey))
options(warn = -1, survey.lonely.psu = "fail")
folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- read.csv(file.path(folder, "rows.csv"), na.strings = "")
rows$time <- rows$year - mean(unique(rows$year))
lines <- "what,answer,pair,value"
add <- function(what, answer, pair, value) {
  lines <<- c(lines, sprintf("%s,%s,%s,%.17g", what, answer, pair, value))
}
exact <- glm.control(epsilon = 1e-14, maxit = 200)
rows$unit <- interaction(rows$year, rows$s, rows$p, drop = TRUE)
rows$stratum <- interaction(rows$year, rows$s, drop = TRUE)
designs <- list(
  apart = svydesign(~unit, strata = ~stratum, weights = ~w, fpc = ~size, data = rows),
  shared = svydesign(~p, strata = ~s, weights = ~w, nest = TRUE, data = rows)
)
pairs <- list(c(2016, 2018), c(2018, 2021), c(2016, 2021))
for (name in names(designs)) {
  d <- designs[[name]]
  for (answer in sort(unique(na.omit(rows$q)))) {
    known <- subset(update(d, hit = as.numeric(q == answer)), !is.na(q))
    by <- svyby(~hit, ~year, known, svymean, covmat = TRUE)
    v <- vcov(by)
    for (pair in pairs) {
      label <- paste(pair, collapse = "-")
      change <- svycontrast(by, ifelse(by$year == pair[1], -1, ifelse(by$year == pair[2], 1, 0)))
      add(paste0(name, "_difference"), answer, label, coef(change))
      add(paste0(name, "_error"), answer, label, SE(change))
      two <- subset(known, year %in% pair)
      add(paste0(name, "_df"), answer, label, degf(two))
    }
    model <- svyglm(hit ~ time, known, family = quasibinomial(), control = exact)
    add(paste0(name, "_trend"), answer, "", summary(model)$coefficients["time", 3])
    add(paste0(name, "_trend_df"), answer, "", model$df.residual)
  }
}
writeLines(lines, file.path(folder, "results.csv"))
"""


@st.composite
def samples(draw):
    """Three waves of the same units in strata, with other people in them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    strata = draw(st.integers(1, 4))
    units = draw(st.integers(4 if strata == 1 else 3, 6))
    missing = draw(st.sampled_from([0, 0.05]))
    rise = draw(st.floats(-0.3, 0.3))
    answers = ["a", "b", "c"][: draw(st.integers(2, 3))]
    parts = []
    for s in range(strata):
        size = int(units + rng.integers(1, 40))
        for p in range(units):
            lean = rng.normal(0, 0.5)
            for year in YEARS:
                n = int(rng.integers(4, 12))
                level = rng.normal(lean + rise * (year - 2018), 1, n)
                place = np.digitize(level, [-0.3, 0.6])
                q = np.array(answers, object)[np.minimum(place, len(answers) - 1)]
                q[rng.random(n) < missing] = None
                w = np.round(rng.gamma(3, 2, n) + 0.1, 3)
                parts.append(
                    pd.DataFrame({"year": year, "s": f"s{s}", "p": p, "size": size, "w": w, "q": q})
                )
    return pd.concat(parts, ignore_index=True)


def of_r(rows, folder):
    """What R says of the rows: what, answer and waves → value."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.fail(f"Rscript is not on the PATH; {INSTALL}", pytrace=False)
    rows.to_csv(folder / "rows.csv", index=False)
    (folder / "run.R").write_text(R, "utf-8")
    command = [program, str(folder / "run.R"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.fail(f"R stopped; {ran.stdout}{ran.stderr}", pytrace=False)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["what"], row["answer"], row["pair"]): float(row["value"])
            for row in csv.DictReader(file)
        }


OPTIONS = {
    "apart": {
        "design": sl.Design(weights="w", strata="s", psu="p", population="size"),
        "reused_ids": True,
    },
    "shared": {
        "design": sl.Design(weights="w", strata="s", psu="p"),
        "samples": "shared-psu",
    },
}


@given(rows=samples())
@drawn
def test_changes_and_trends_are_those_of_r_survey(rows, tmp_path):
    theirs = of_r(rows, tmp_path)
    compared = 0
    for name, options in OPTIONS.items():
        for row in sl.change(rows, "q", wave="year", **options).rows:
            key = row.answer, f"{row.from_wave}-{row.to_wave}"
            close = {"rel": 1e-7, "abs": 1e-10}
            assert row.difference == pytest.approx(theirs[f"{name}_difference", *key], **close)
            assert row.standard_error == pytest.approx(theirs[f"{name}_error", *key], **close)
            assert row.df == theirs[f"{name}_df", *key]
            compared += 1
        for row in sl.trend(rows, "q", wave="year", test="logistic", **options).rows:
            assert row.statistic == pytest.approx(theirs[f"{name}_trend", row.answer, ""], rel=1e-6)
            assert row.df == theirs[f"{name}_trend_df", row.answer, ""]
            compared += 1
    assert compared >= 16
