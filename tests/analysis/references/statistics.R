# Writes statistics.csv, the expected values of tests/analysis/test_statistics.py and test_crosstab.py,
# and the data they are of: California schools of the year 2000, which come with R survey (data(api)).
# Run in this folder: Rscript statistics.R. Last run with R 4.2.2, survey 4.1.1.
suppressMessages(library(survey))
data(api)

keep <- c("stype", "awards", "sch.wide", "api00", "enroll", "api.stu")
schools <- list(
  strat = apistrat[, c(keep, "pw", "fpc")],
  clus1 = apiclus1[, c(keep, "pw", "fpc", "dnum")],
  clus2 = apiclus2[, c(keep, "pw", "fpc1", "fpc2", "dnum", "snum")]
)
plain <- svydesign(id = ~dnum, weights = ~pw, data = schools$clus1)
repweights <- weights(as.svrepdesign(plain, type = "JK1"), type = "analysis")
colnames(repweights) <- paste0("jk1_", seq_len(ncol(repweights)))
schools$clus1 <- cbind(schools$clus1, signif(repweights, 12))
for (name in names(schools)) {
  write.csv(
    schools[[name]], paste0("numbers_", name, ".csv"),
    row.names = FALSE, quote = FALSE, na = ""
  )
}

designs <- list(
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = schools$strat),
  strat_wr = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = schools$strat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = schools$clus1),
  clus1_wr = svydesign(id = ~dnum, weights = ~pw, data = schools$clus1),
  clus2 = svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = schools$clus2),
  weights = svydesign(id = ~1, weights = ~pw, data = schools$clus2),
  jk1 = svrepdesign(
    data = schools$clus1, weights = ~pw, repweights = "^jk1_", type = "JK1", mse = TRUE,
    combined.weights = TRUE, scale = (ncol(repweights) - 1) / ncol(repweights)
  )
)

lines <- "design,statistic,domain,what,value,source"
add <- function(...) lines <<- c(lines, sprintf("%s,%s,%s,%s,%.15g,%s", ...))
both <- function(name, statistic, domain, found, source) {
  add(name, statistic, domain, "estimate", as.numeric(coef(found)), source)
  add(name, statistic, domain, "standard_error", as.numeric(SE(found)), source)
}
# Of replicates there are design effects and df of groups on purpose: see docs/validation.md.
for (name in names(designs)) {
  design <- update(
    designs[[name]],
    score = unname(c(E = 1, M = 2, H = 4)[as.character(stype)]),
    low = as.numeric(api00 <= 600)
  )
  linear <- name != "jk1"
  # enroll lacks in some rows of the cluster samples: those who have a number are a domain.
  known <- subset(design, !is.na(enroll))
  mean <- svymean(~api00, design, deff = "replace")
  both(name, "mean", "", mean, "svymean")
  add(name, "mean", "", "df", degf(design), "degf")
  total <- svytotal(~api00, design, deff = "replace")
  both(name, "total", "", total, "svytotal")
  if (linear) {
    add(name, "mean", "", "design_effect", as.numeric(deff(mean)), "svymean(deff = 'replace')")
    add(name, "total", "", "design_effect", as.numeric(deff(total)), "svytotal(deff = 'replace')")
  }
  both(name, "ratio", "", svyratio(~api.stu, ~enroll, known), "svyratio of subset")
  both(name, "mean enroll", "", svymean(~enroll, known), "svymean of subset")
  both(name, "total enroll", "", svytotal(~enroll, known), "svytotal of subset")
  both(name, "mean score", "", svymean(~score, design), "svymean")
  both(name, "total score", "", svytotal(~score, design), "svytotal")
  both(name, "up to 600", "", svymean(~low, design), "svymean")
  if (linear) {
    both(name, "mean of middle", "stype=M", svymean(~api00, subset(design, stype == "M")), "subset")
  }
  means <- svyby(~api00, ~stype, design, svymean, covmat = TRUE)
  totals <- svyby(~api00, ~stype, design, svytotal, covmat = TRUE)
  ratios <- svyby(~api.stu, denominator = ~enroll, by = ~stype, known, svyratio)
  for (place in 1:3) {
    group <- paste0("stype=", c("E", "H", "M")[place])
    add(name, "mean", group, "estimate", coef(means)[place], "svyby(svymean)")
    add(name, "mean", group, "standard_error", SE(means)[place], "svyby(svymean)")
    add(name, "total", group, "estimate", coef(totals)[place], "svyby(svytotal)")
    add(name, "total", group, "standard_error", SE(totals)[place], "svyby(svytotal)")
    add(name, "ratio", group, "estimate", as.numeric(coef(ratios))[place], "svyby(svyratio)")
    add(name, "ratio", group, "standard_error", unlist(SE(ratios))[place], "svyby(svyratio)")
    if (linear) {
      part <- subset(design, stype == c("E", "H", "M")[place])
      add(name, "mean", group, "df", degf(part), "degf of subset")
    }
  }
  for (one in 1:3) for (other in 1:3) {
    pair <- paste0(c("E", "H", "M")[c(one, other)], collapse = "-")
    add(name, "mean", pair, "covariance", vcov(means)[one, other], "svyby(svymean covmat = TRUE)")
    add(name, "total", pair, "covariance", vcov(totals)[one, other], "svyby(svytotal covmat = TRUE)")
  }
  # Groups of two questions, and their covariance; and of all answers in all groups.
  two <- svyby(~api00, ~sch.wide + awards, design, svymean, covmat = TRUE)
  cells <- paste0("sch.wide=", two$sch.wide, " awards=", two$awards)
  for (one in seq_along(cells)) {
    add(name, "mean by two", cells[one], "estimate", coef(two)[one], "svyby of two")
    for (other in seq_along(cells)) {
      pair <- paste0(cells[one], "|", cells[other])
      add(name, "mean by two", pair, "covariance", vcov(two)[one, other], "svyby of two covmat = TRUE")
    }
  }
  shares <- svyby(~stype, ~awards, design, svymean, covmat = TRUE)
  cells <- names(coef(shares)) # No:stypeE, Yes:stypeE, No:stypeH ...
  cells <- sub("^(.*):stype(.)$", "awards=\\1 \\2", cells)
  for (one in seq_along(cells)) {
    add(name, "shares", cells[one], "estimate", coef(shares)[one], "svyby(~stype svymean)")
    for (other in seq_along(cells)) {
      pair <- paste0(cells[one], "|", cells[other])
      add(name, "shares", pair, "covariance", vcov(shares)[one, other], "svyby(~stype covmat = TRUE)")
    }
  }
  for (q in c(0.1, 0.5, 0.75)) {
    found <- svyquantile(
      ~api00, design, quantiles = q, qrule = "math", interval.type = "mean", ci = TRUE
    )$api00
    add(name, "quantile", q, "estimate", found[1, "quantile"], "svyquantile(qrule = 'math')")
    add(name, "quantile", q, "ci_low", found[1, "ci.2.5"], "svyquantile(interval.type = 'mean')")
    add(name, "quantile", q, "ci_high", found[1, "ci.97.5"], "svyquantile(interval.type = 'mean')")
  }
  # Wald tests are of shares here and of totals in R; R's Chisq is Pearson's statistic as it is.
  test <- svychisq(~awards + stype, design, statistic = "F")
  add(name, "F", "", "statistic", as.numeric(test$statistic), "svychisq(statistic = 'F')")
  add(name, "F", "", "p_value", as.numeric(test$p.value), "svychisq(statistic = 'F')")
  test <- svychisq(~awards + stype, design, statistic = "Chisq")
  add(name, "Chisq", "", "statistic", as.numeric(test$statistic), "svychisq(statistic = 'Chisq')")
}
writeLines(lines, "statistics.csv")
