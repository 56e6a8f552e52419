# Writes standardise.csv, the expected values of tests/stats/test_standardise.py. The samples are
# those that variance.R writes.
# Run in this folder: Rscript standardise.R. Last run with R 4.2.2, survey 4.1.1, epitools 0.5.10.1
# and metafor 3.8.1.
suppressMessages(library(survey))
suppressMessages(library(epitools))
suppressMessages(library(metafor))
data(api)

digits <- function(x) sprintf("%.15g", x)
one <- function(call) gsub("\\s+", " ", paste(deparse(call, width.cutoff = 500), collapse = " "))
lines <- "design,statistic,value_of,row,value,source"
add <- function(design, statistic, value_of, row, value, source) {
  lines <<- c(lines, sprintf(
    '%s,%s,%s,%d,%s,"%s"', design, statistic, value_of, row, digits(value), gsub('"', "'", source)
  ))
}
add_all <- function(design, statistic, found, source) {
  for (i in seq_along(coef(found))) add(design, statistic, "estimate", i - 1, coef(found)[[i]], source)
  errors <- unlist(SE(found))
  for (i in seq_along(errors)) add(design, statistic, "standard_error", i - 1, errors[i], source)
}

# Schools of three kinds, brought to one mix within those with and without awards.
mix <- c(0.5, 0.2, 0.3)
designs <- list(
  strat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_wr = svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus1_wr = svydesign(~dnum, weights = ~pw, data = apiclus1),
  clus2 = svydesign(~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = apiclus2)
)
calls <- list(
  by = quote(svyby(~api00, ~awards, svystandardize(d, by = ~stype, over = ~awards,
    population = mix), svymean)),
  share_by = quote(svyby(~ I(api99 > 600), ~awards, svystandardize(d, by = ~stype,
    over = ~awards, population = mix), svymean)),
  mean = quote(svymean(~ api00 + I(api99 > 600), svystandardize(d, by = ~stype,
    population = mix)))
)
for (name in names(designs)) for (statistic in names(calls)) {
  d <- designs[[name]]
  add_all(name, statistic, eval(calls[[statistic]]), one(calls[[statistic]]))
}
jk1 <- as.svrepdesign(designs$clus1_wr, type = "JK1", compress = FALSE)
d <- jk1
add_all("clus1_jk1", "by", eval(calls$by), one(calls$by))
add_all("clus1_jk1", "mean", eval(calls$mean), one(calls$mean))

# Births and events by mother's age (rows) and birth order. Fleiss (1981), page 249; Fay and Feuer
# (1997), Table I. The standard is the mean of the five columns.
at_risk <- matrix(c(
  230061, 329449, 114920, 39487, 14208, 3052,
  72202, 326701, 208667, 83228, 28466, 5375,
  15050, 175702, 207081, 117300, 45026, 8660,
  2293, 68800, 132424, 98301, 46075, 9834,
  327, 30666, 123419, 149919, 104088, 34392
), 6)
events <- matrix(c(
  107, 141, 60, 40, 39, 25,
  25, 150, 110, 84, 82, 39,
  3, 71, 114, 103, 108, 75,
  1, 26, 64, 89, 137, 96,
  0, 8, 63, 112, 262, 295
), 6)
for (i in 1:6) for (j in 1:5) {
  add("births", paste0("order_", j), "at_risk", i - 1, at_risk[i, j], "Fleiss (1981), page 249")
  add("births", paste0("order_", j), "events", i - 1, events[i, j], "Fleiss (1981), page 249")
}
for (j in 1:5) for (level in c(0.95, 0.9)) {
  found <- ageadjust.direct(events[, j], at_risk[, j], stdpop = rowMeans(at_risk), conf.level = level)
  for (value in c("adj.rate", "lci", "uci")) {
    add("births", paste0("order_", j), paste0(value, "_", level), 0, found[[value]], paste0(
      "ageadjust.direct(events[, ", j, "], at_risk[, ", j, "], stdpop = rowMeans(at_risk), conf.level = ",
      level, ")"
    ))
  }
}

# Two waves in groups: (yes earlier, n earlier, yes later, n later) of each.
tables <- list(
  large = rbind(c(48, 80, 56, 70), c(30, 100, 35, 90), c(5, 60, 12, 75)),
  small = rbind(c(0, 3, 1, 4), c(1, 2, 2, 2), c(2, 5, 3, 4), c(0, 1, 1, 1), c(1, 4, 1, 6), c(3, 6, 4, 5)),
  down = rbind(c(20, 40, 10, 50), c(15, 30, 9, 28))
)
for (name in names(tables)) {
  x <- tables[[name]]
  for (i in seq_len(nrow(x))) for (j in 1:4) {
    add(name, "table", c("count_from", "n_from", "count_to", "n_to")[j], i - 1, x[i, j], "made")
  }
  found <- rma.mh(
    measure = "RD", ai = x[, 3], n1i = x[, 4], ci = x[, 1], n2i = x[, 2], correct = FALSE
  )
  source <- "rma.mh(measure = 'RD', ai = count_to, n1i = n_to, ci = count_from, n2i = n_from)"
  for (value in c("beta", "se", "ci.lb", "ci.ub", "pval")) {
    add(name, "difference", value, 0, found[[value]][1], source)
  }
  cube <- array(apply(x, 1, function(r) c(r[3], r[1], r[4] - r[3], r[2] - r[1])), c(2, 2, nrow(x)))
  test <- mantelhaen.test(cube, correct = FALSE)
  add(name, "test", "statistic", 0, test$statistic, "mantelhaen.test(tables, correct = FALSE)")
  add(name, "test", "p.value", 0, test$p.value, "mantelhaen.test(tables, correct = FALSE)")
}
writeLines(lines, "standardise.csv")
