# Writes weighting.csv, the expected values of tests/stats/test_weighting.py. The samples are those
# that variance.R writes; targets are counts of the whole list of schools.
# Run in this folder: Rscript weighting.R. Last run with R 4.2.2 and survey 4.1.1.
suppressMessages(library(survey))
data(api)

digits <- function(x) sprintf("%.15g", x)
one <- function(call) gsub("\\s+", " ", paste(deparse(call, width.cutoff = 500), collapse = " "))

# The column `design` names one of these; `source` is the call, with the design as d.
strat <- svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
clus1 <- svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
clus1_wr <- svydesign(~dnum, weights = ~pw, data = apiclus1)
designs <- list(
  strat = strat,
  clus1 = clus1,
  clus2 = svydesign(~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = apiclus2),
  # Replicates: each district left out once. R centres at their mean.
  clus1_jk1 = as.svrepdesign(clus1_wr, type = "JK1", compress = FALSE)
)

stype <- data.frame(stype = c("E", "H", "M"), Freq = as.vector(table(apipop$stype)))
awards <- data.frame(awards = c("No", "Yes"), Freq = as.vector(table(apipop$awards)))
cells <- as.data.frame(table(stype = apipop$stype, awards = apipop$awards))
totals <- c(
  "(Intercept)" = nrow(apipop), stypeH = stype$Freq[2], stypeM = stype$Freq[3],
  awardsYes = awards$Freq[2]
)
more <- c(totals, api99 = sum(apipop$api99))

lines <- "design,scheme,statistic,value_of,row,column,value,source"
add <- function(key, value_of, row, column, value, source) {
  lines <<- c(lines, sprintf(
    '%s,%s,%d,%d,%s,"%s"', key, value_of, row, column, digits(value), gsub('"', "'", source)
  ))
}

schemes <- list(
  post_awards = quote(postStratify(d, ~awards, awards)),
  post_cells = quote(postStratify(d, ~ stype + awards, cells)),
  rake = quote(rake(d, list(~stype, ~awards), list(stype, awards),
    control = list(maxit = 1000, epsilon = 1e-11))),
  linear = quote(calibrate(d, ~ stype + awards + api99, more, compress = FALSE)),
  raking = quote(calibrate(d, ~ stype + awards + api99, more,
    calfun = "raking", epsilon = 1e-13, maxit = 200, compress = FALSE)),
  raking_margins = quote(calibrate(d, ~ stype + awards, totals,
    calfun = "raking", epsilon = 1e-13, maxit = 200, compress = FALSE)),
  logit = quote(calibrate(d, ~ stype + awards + api99, more,
    calfun = "logit", bounds = c(0.4, 2.5), epsilon = 1e-13, maxit = 200, compress = FALSE)),
  linear_bounds = quote(calibrate(d, ~ stype + awards + api99, more,
    calfun = "linear", bounds = limits, epsilon = 1e-13, maxit = 200, compress = FALSE)),
  raking_bounds = quote(calibrate(d, ~ stype + awards + api99, more,
    calfun = "raking", bounds = limits, epsilon = 1e-13, maxit = 200, compress = FALSE))
)
statistics <- list(
  mean = quote(svymean(~ api00 + awards, w)),
  total = quote(svytotal(~ api00 + api.stu + awards, w)),
  domain_mean = quote(svymean(~ api00 + awards, subset(w, api00 > 600))),
  domain_total = quote(svytotal(~ api00 + api.stu, subset(w, api00 > 600))),
  by = quote(svyby(~api00, ~stype, w, FUN = svymean))
)
for (name in names(designs)) for (scheme in names(schemes)) {
  d <- designs[[name]]
  # Close enough that they hold some of the schools.
  limits <- switch(name, clus1_jk1 = c(0.4, 3), clus1 = , clus2 = c(0.7, 1.75), c(0.87, 1.13))
  w <- try(eval(schemes[[scheme]]), silent = TRUE)
  if (inherits(w, "try-error")) {
    message(name, " ", scheme, ": ", w)
    next
  }
  source <- gsub("limits", one(limits), paste0("w = ", one(schemes[[scheme]])))
  weights <- weights(w, "sampling")
  key <- paste(name, scheme, "weights", sep = ",")
  for (i in c(1, 2, 3, 50, 100, 126)) add(key, "weight", i - 1, 0, weights[i], source)
  for (statistic in names(statistics)) {
    call <- statistics[[statistic]]
    found <- eval(call)
    key <- paste(name, scheme, statistic, sep = ",")
    whole <- paste0(one(call), ", ", source)
    estimates <- as.vector(coef(found))
    v <- as.matrix(vcov(found))
    for (i in seq_along(estimates)) add(key, "estimate", i - 1, 0, estimates[i], whole)
    for (i in seq_along(estimates)) for (j in seq_len(i)) {
      add(key, "covariance", i - 1, j - 1, v[i, j], whole)
    }
  }
}

# Trimming: a number stands for weights, so that they are all different.
d <- svydesign(~1, weights = ~api99, data = apistrat)
for (strict in c(FALSE, TRUE)) for (limits in list(c(500, 700), c(450, 640), c(0, 800))) {
  call <- bquote(trimWeights(d, lower = .(limits[1]), upper = .(limits[2]), strict = .(strict)))
  trimmed <- weights(eval(call))
  key <- paste("api99", paste0("trim_", limits[1], "_", limits[2], if (strict) "_strict"), "weights", sep = ",")
  for (i in c(1:6, 50, 100, 126)) add(key, "trimmed", i - 1, 0, trimmed[i], one(call))
}

# What was weighted before keeps its targets in mind, although trimmed weights miss them.
d <- designs$strat
w <- trimWeights(eval(schemes$linear), lower = 16, upper = 44)
found <- svymean(~api00, w)
source <- paste0("svymean(~api00, w), w = trimWeights(", one(schemes$linear), ", lower = 16, upper = 44)")
add("strat,linear_trimmed,mean", "trimmed_estimate", 0, 0, coef(found), source)
add("strat,linear_trimmed,mean", "trimmed_variance", 0, 0, vcov(found), source)
writeLines(lines, "weighting.csv")
