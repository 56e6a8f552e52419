# Writes decompose.csv, expected values of tests/analysis/test_mix.py: a change between two samples
# taken apart by Kitagawa's formulas, with standard errors by the delta method from svymean's
# covariance of the cells. Run in this folder: Rscript decompose.R. Last run with R 4.2.2, survey 4.1.1.
suppressMessages(library(survey))
data(api)
strat <- svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
clus1 <- svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)

# Shares of sch.wide = Yes by stype: cells, each stype with and without it.
cells <- function(design) svymean(~interaction(sch.wide, stype), design)
first <- cells(strat)
second <- cells(clus1)
parts <- function(x) {
  one <- matrix(x[1:6], 2)
  two <- matrix(x[7:12], 2)
  c1 <- colSums(one)
  c2 <- colSums(two)
  r1 <- one[2, ] / c1
  r2 <- two[2, ] / c2
  c(
    change = sum(c2 * r2) - sum(c1 * r1),
    mix = sum((c2 - c1) * (r1 + r2) / 2), rate = sum((r2 - r1) * (c1 + c2) / 2),
    mix_before = sum((c2 - c1) * r1), rate_before = sum((r2 - r1) * c1),
    both = sum((c2 - c1) * (r2 - r1))
  )
}
x <- c(coef(first), coef(second))
v <- matrix(0, 12, 12)
v[1:6, 1:6] <- vcov(first)
v[7:12, 7:12] <- vcov(second)
# Slopes by differences of five points, to nine digits or more.
slope <- sapply(seq_along(x), function(i) {
  h <- 1e-4
  at <- function(step) parts(replace(x, i, x[i] + step))
  (at(-2 * h) - 8 * at(-h) + 8 * at(h) - at(2 * h)) / (12 * h)
})
error <- sqrt(diag(slope %*% v %*% t(slope)))
found <- parts(x)
writeLines(c(
  "part,estimate,standard_error",
  sprintf("%s,%.15g,%.10g", names(found), found, error)
), "decompose.csv")
