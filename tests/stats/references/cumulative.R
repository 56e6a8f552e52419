# Writes cumulative.csv, the expected values of tests/stats/test_cumulative.py. The data are those
# of logistic.R, which writes them: ordered classes of the California schools of R survey.
# Run in this folder: Rscript cumulative.R. Last run with R 4.2.2, survey 4.1.1 and ordinal 2022.11.
suppressMessages({
  library(survey)
  library(ordinal)
})
data(api)

digits <- function(x) sprintf("%.15g", x)
years <- c(2015, 2016, 2018, 2019, 2021)
waves <- function(data) {
  data$time <- years[as.integer(data$snum) %% 5 + 1] - 2015
  data$level <- factor(cut(data$api00, c(0, 550, 650, 750, 1000), labels = FALSE))
  data
}
apistrat <- waves(apistrat)
apiclus1 <- waves(apiclus1)
designs <- list(
  strat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_wr = svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus1_wr = svydesign(~dnum, weights = ~pw, data = apiclus1),
  lonely = svydesign(~1, strata = ~dnum, weights = ~pw, data = apiclus1)
)

# svyolr stops at 8 digits of the likelihood and takes second derivatives from differences. So the
# maximum and its curvature are clm's, and only what a school adds is written out here.
linearised <- function(influence, d) {
  svyrecvar(influence, d$cluster, d$strata, d$fpc, postStrata = d$postStrata)
}
proportional <- function(d) {
  data <- d$variables
  data$w <- weights(d)
  m <- clm(level ~ time + stype, weights = w, data = data,
    control = clm.control(gradTol = 1e-11, maxIter = 200L))
  x <- model.matrix(~ time + stype, data)[, -1]
  eta <- drop(x %*% m$beta)
  y <- as.integer(data$level)
  cuts <- c(-Inf, m$alpha, Inf)
  high <- cuts[y + 1] - eta
  low <- cuts[y] - eta
  p <- plogis(high) - plogis(low)
  up <- dlogis(high) / p
  down <- dlogis(low) / p
  cut <- col(matrix(0, length(y), length(m$alpha)))
  score <- data$w * cbind(up * (y == cut) - down * (y - 1 == cut), -x * (up - down))
  v <- linearised(score %*% solve(m$Hessian), d)
  slopes_first <- c(length(m$alpha) + seq_along(m$beta), seq_along(m$alpha))
  list(coef = coef(m)[slopes_first], v = v[slopes_first, slopes_first])
}
exact <- glm.control(epsilon = 1e-15, maxit = 100)
# No high school of clus1 is in the highest class: there is no slope for high schools alone.
separate <- function(d) {
  d <- update(d, upper = as.numeric(stype != "E"))
  found <- lapply(2:4, function(cut) {
    d <- update(d, above = as.integer(level) >= cut)
    m <- svyglm(above ~ time + upper, d, family = quasibinomial(), control = exact)
    m <- eval(bquote(svyglm(above ~ time + upper, d, family = quasibinomial(), control = exact,
      start = .(coef(m)))))
    score <- model.matrix(m) * resid(m, "working") * m$weights
    list(coef = coef(m)[-1], influence = (score %*% m$naive.cov)[, -1])
  })
  influence <- do.call(cbind, lapply(found, function(one) one$influence))
  list(coef = unlist(lapply(found, function(one) one$coef)), v = linearised(influence, d))
}

lines <- "design,base,lonely,model,value_of,row,column,value,source"
add <- function(key, value_of, row, column, value, source) {
  lines <<- c(lines, sprintf('%s,%s,%d,%d,%s,"%s"', key, value_of, row, column, digits(value), source))
}
add_all <- function(key, model, coef, v, source) {
  key <- paste(key, model, sep = ",")
  for (i in seq_along(coef)) {
    add(key, "coefficient", i - 1, 0, coef[i], source)
    for (j in seq_len(i)) add(key, "covariance", i - 1, j - 1, v[i, j], source)
  }
}
brant <- function(key, found, columns, df, name) {
  contrast <- kronecker(cbind(-1, diag(2)), diag(2)[columns, , drop = FALSE])
  off <- contrast %*% found$coef
  f <- drop(t(off) %*% solve(contrast %*% found$v %*% t(contrast), off)) / length(off)
  key <- paste(key, "separate", sep = ",")
  add(key, paste0("F_", name), 0, 0, f, "contrasts of the coefficients")
  add(key, paste0("p_", name), 0, 0, pf(f, length(off), df, lower.tail = FALSE), "pf")
}
one <- function(name, base, rule) {
  options(survey.lonely.psu = if (rule == "error") "fail" else rule)
  d <- designs[[name]]
  if (base == "some") d <- subset(d, api99 > 500)
  key <- paste(name, base, rule, sep = ",")
  m <- proportional(d)
  add_all(key, "proportional", m$coef, m$v, "clm(level ~ time + stype), svyrecvar")
  olr <- svyolr(level ~ time + stype, d, start = c(m$coef[1:4], log(diff(m$coef[4:6]))),
    control = list(reltol = 1e-16, maxit = 1000))
  source <- "svyolr(level ~ time + stype, d)"
  add_all(key, "svyolr", c(coef(olr, intercepts = TRUE)), vcov(olr), source)
  add(paste0(key, ",svyolr"), "design_df", 0, 0, degf(d), "degf(d)")
  add(paste0(key, ",svyolr"), "df", 0, 0, olr$df.residual, source)
  apart <- separate(d)
  add_all(key, "separate", apart$coef, apart$v, "svyglm(above ~ time + upper, d) at each cut")
  brant(key, apart, 1:2, degf(d) - 2, "all")
  brant(key, apart, 1, degf(d) - 2, "time")
}
for (name in names(designs)[1:4]) one(name, "all", "error")
one("strat", "some", "error")
one("clus1", "some", "error")
for (rule in c("certainty", "average")) one("lonely", "all", rule)
writeLines(lines, "cumulative.csv")
