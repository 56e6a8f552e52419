# Writes crosstabs.csv, the expected tests of tests/stats/test_crosstabs.py, and
# crosstabs_data.csv, the cells and covariances that they are tests of.
# Run in this folder: Rscript crosstabs.R. Last run with R 4.2.2 and survey 4.1.1.
# The data are California's schools of 2000, shipped with survey (data(api)).

suppressPackageStartupMessages(library(survey))
data(api)

banded <- function(schools) {
  transform(schools, band = cut(api00, c(0, 600, 700, 1000), labels = c("low", "mid", "top")))
}
designs <- list(
  apistrat = svydesign(
    id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = banded(apistrat)
  ),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = banded(apiclus1)),
  apiclus2 = svydesign(id = ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = banded(apiclus2))
)
tables <- list(
  sch.wide_stype = c("sch.wide", "stype"),
  awards_stype = c("awards", "stype"),
  awards_sch.wide = c("awards", "sch.wide"),
  band_stype = c("band", "stype"),
  yr.rnd_stype = c("yr.rnd", "stype")
)
statistics <- c("Chisq", "F", "Wald", "adjWald")
# On apistrat only: svygofchisq tests totals, which are shares times a constant only where the
# sum of the weights is the same in every sample. (stype has no variance there: it is the stratum.)
# It sorts the answers by name but not their given shares (split() does): hence low, mid and top.
given <- list(
  awards = c(0.4, 0.6), sch.wide = c(0.2, 0.8), yr.rnd = c(0.85, 0.15), band = c(0.3, 0.25, 0.45)
)

number <- function(value) sprintf("%.15g", value)
results <- "design,table,n,test,statistic,df,df_denominator,p_value,source"
data <- "design,table,quantity,first,second,value"

# One line for each estimate (second is 0) and for each covariance of first and second.
written <- function(design, table, quantity, estimates, order) {
  values <- coef(estimates)[order]
  spread <- vcov(estimates)[order, order]
  pairs <- which(lower.tri(spread, diag = TRUE), arr.ind = TRUE)
  start <- paste(design, table, quantity, sep = ",")
  c(
    paste(start, seq_along(values), 0, number(values), sep = ","),
    paste(start, pairs[, 1], pairs[, 2], number(spread[pairs]), sep = ",")
  )
}

# Wald's statistic of shares less the products of their margins. R finds the derivatives itself.
wald_of_shares <- function(shares, shape, df) {
  labels <- outer(seq_len(shape[1]), seq_len(shape[2]), function(i, j) paste0("p", i, "_", j))
  names(shares) <- as.vector(labels)
  dimnames(attr(shares, "var")) <- list(names(shares), names(shares))
  departures <- list()
  for (i in seq_len(shape[1])[-1]) for (j in seq_len(shape[2])[-1]) {
    departures[[paste0("d", i, "_", j)]] <- str2lang(sprintf(
      "%s - (%s) * (%s)", labels[i, j],
      paste(labels[i, ], collapse = " + "), paste(labels[, j], collapse = " + ")
    ))
  }
  found <- svycontrast(shares, departures)
  constraints <- length(departures)
  statistic <- drop(coef(found) %*% solve(vcov(found), coef(found))) / constraints
  list(
    statistic = statistic, parameter = c(constraints, df),
    p.value = pf(statistic, constraints, df, lower.tail = FALSE)
  )
}

result <- function(design, table, test, found, source) {
  df <- unname(found$parameter)
  paste(
    design, table, nrow(designs[[design]]$variables), test, number(found$statistic), number(df[1]),
    if (length(df) > 1) number(df[2]) else "Inf", number(found$p.value), source,
    sep = ","
  )
}

for (design in names(designs)) for (table in names(tables)) {
  drawn <- designs[[design]]
  sides <- tables[[table]]
  cells <- as.formula(sprintf("~interaction(%s, %s)", sides[1], sides[2]))
  both <- as.formula(sprintf("~%s + %s", sides[1], sides[2]))
  shape <- sapply(sides, function(name) nlevels(factor(drawn$variables[[name]])))
  stopifnot(!anyNA(drawn$variables[sides]))
  # interaction() lets the first factor run fastest; the file is row by row.
  order <- as.vector(t(matrix(seq_len(prod(shape)), shape[1], shape[2])))
  shares <- svymean(cells, drawn)
  data <- c(
    data,
    written(design, table, "mean", shares, order),
    written(design, table, "total", svytotal(cells, drawn), order)
  )
  # With an empty cell, svychisq's Rao-Scott takes 0 for 1 / 0, and is not Pearson's test of a
  # simple sample: it is no reference there.
  empty <- any(coef(shares) == 0)
  for (statistic in if (empty) c("Wald", "adjWald") else statistics) {
    found <- svychisq(both, drawn, statistic = statistic)
    source <- sprintf("svychisq(statistic = '%s')", statistic)
    results <- c(results, result(design, table, statistic, found, source))
  }
  found <- wald_of_shares(shares, shape, degf(drawn))
  results <- c(results, result(design, table, "shares", found, "svycontrast"))
}

for (name in names(given)) {
  one <- as.formula(paste0("~factor(", name, ")"))
  estimates <- svymean(one, designs$apistrat)
  data <- c(data, written("apistrat", name, "mean", estimates, seq_along(estimates)))
  found <- svygofchisq(one, p = given[[name]], designs$apistrat)
  found$statistic <- found$statistic / sum(found$lambda)
  found$parameter <- found$parameter[["df"]]
  source <- "svygofchisq / sum(lambda)"
  results <- c(results, result("apistrat", name, "given", found, source))
}

writeLines(results, "crosstabs.csv")
writeLines(data, "crosstabs_data.csv")
