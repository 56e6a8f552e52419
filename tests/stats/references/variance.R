# Writes variance.csv, the expected values of tests/stats/test_variance.py, and the data that they
# are of: variance_apistrat.csv, variance_apiclus1.csv and variance_apiclus2.csv, columns of the
# California school data that come with R survey.
# Run in this folder: Rscript variance.R. Last run with R 4.2.2 and survey 4.1.1.
suppressMessages(library(survey))
data(api)

digits <- function(x) sprintf("%.15g", x)
columns <- c("stype", "awards", "pw", "api00", "api99", "api.stu")
save <- function(data, name, more) {
  data <- data[, c(more, columns)]
  numbers <- sapply(data, is.numeric)
  data[numbers] <- lapply(data[numbers], function(x) digits(as.numeric(x)))
  write.csv(data, name, row.names = FALSE, quote = FALSE, eol = "\n")
}
save(apistrat, "variance_apistrat.csv", "fpc")
save(apiclus1, "variance_apiclus1.csv", c("dnum", "fpc"))
save(apiclus2, "variance_apiclus2.csv", c("dnum", "snum", "fpc1", "fpc2"))

# The column `design` names one of these; `source` is the call, with the design as d.
designs <- list(
  strat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_wr = svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus1_wr = svydesign(~dnum, weights = ~pw, data = apiclus1),
  clus2 = svydesign(~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = apiclus2),
  clus2_wr = svydesign(~dnum + snum, weights = ~pw, data = apiclus2)
)
variables <- quote(~ api00 + api.stu + stype + awards)
statistics <- list(
  mean = bquote(svymean(.(variables), d)),
  total = bquote(svytotal(.(variables), d)),
  ratio = quote(svyratio(~ api00 + api.stu, ~ api99 + pw, d, covmat = TRUE)),
  domain_mean = bquote(svymean(.(variables), subset(d, api00 > 600))),
  domain_total = bquote(svytotal(.(variables), subset(d, api00 > 600))),
  by = quote(svyby(~ api00 + awards, ~stype, d, FUN = svymean, covmat = TRUE))
)
one <- function(call) gsub("\\s+", " ", paste(deparse(call, width.cutoff = 500), collapse = " "))

lines <- "design,statistic,value_of,row,column,value,source"
add <- function(design, statistic, value_of, row, column, value, source) {
  lines <<- c(lines, sprintf(
    '%s,%s,%s,%d,%d,%s,"%s"',
    design, statistic, value_of, row, column, digits(value), gsub('"', "'", source)
  ))
}
add_all <- function(design, statistic, found, source) {
  estimates <- as.vector(coef(found))
  v <- as.matrix(vcov(found))
  for (i in seq_along(estimates)) add(design, statistic, "estimate", i - 1, 0, estimates[i], source)
  # A variance or covariance; the other half is the mirror image.
  for (i in seq_along(estimates)) for (j in seq_len(i)) {
    add(design, statistic, "covariance", i - 1, j - 1, v[i, j], source)
  }
}

for (name in names(designs)) {
  d <- designs[[name]]
  for (statistic in names(statistics)) {
    call <- statistics[[statistic]]
    add_all(name, statistic, eval(call), one(call))
  }
  for (kind in c("TRUE", "replace")) for (base in c("all", "domain")) {
    e <- if (base == "all") d else subset(d, api00 > 600)
    effects <- deff(svymean(~awards, e, deff = if (kind == "TRUE") TRUE else kind))
    for (i in seq_along(effects)) {
      add(name, base, paste0("deff_", kind), i - 1, 0, effects[i], paste0(
        "svymean(~awards, ", if (base == "all") "d" else "subset(d, api00 > 600)",
        ", deff = ", kind, ")"
      ))
    }
  }
  add(name, "all", "degf", 0, 0, degf(d), "degf(d)")
  add(name, "schools_h", "degf", 0, 0, degf(subset(d, stype == "H")), "degf(subset(d, stype == 'H'))")
}

# Stratum 413 has one school. Totals under adjust are left out: survey 4.1.1 forgets the mean.
d <- svydesign(~1, strata = ~dnum, weights = ~pw, data = apiclus1)
for (rule in c("certainty", "adjust", "average")) {
  options(survey.lonely.psu = rule)
  design <- paste0("lonely_", rule)
  source <- paste0("(~api00 + stype, d), survey.lonely.psu = ", rule)
  add_all(design, "mean", svymean(~ api00 + stype, d), paste0("svymean", source))
  if (rule != "adjust") {
    add_all(design, "total", svytotal(~ api00 + stype, d), paste0("svytotal", source))
  }
}
writeLines(lines, "variance.csv")
