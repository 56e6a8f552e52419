# Writes ordered.csv, the expected values of tests/stats/test_ordered.py, test_interpolation.py,
# test_shifts.py and test_censored.py, with the shares and covariances that they follow from. The
# schools are the California data that come with R survey; their enrolment is put in bands.
# Run in this folder: Rscript ordered.R. Last run with R 4.2.2, survey 4.1.1 and survival 3.5.3.
suppressMessages({
  library(survey)
  library(survival)
})
data(api)

lines <- "case,figure,row,column,value,source"
add <- function(case, figure, values, source) {
  values <- as.matrix(values)
  for (i in seq_len(nrow(values))) for (j in seq_len(ncol(values))) {
    lines <<- c(lines, sprintf(
      '%s,%s,%d,%d,%.15g,"%s"', case, figure, i - 1, j - 1, values[i, j], source
    ))
  }
}

# Bands of enrolment: 1-200, 201-400, 401-600, 601-1000, 1001 and more; at most 5000.
highs <- c(200, 400, 600, 1000, 5000)
lows <- c(1, highs[1:4] + 1)
banded <- function(data) {
  place <- as.integer(cut(data$enroll, c(0, highs)))
  data$band <- factor(place, levels = 1:5)
  data$low <- lows[place]
  data$high <- highs[place]
  data$after <- c(NA, highs[1:4] + 0.5)[place]
  data$before <- c(highs[1:4] + 0.5, NA)[place]
  data
}
schools <- list(strat = banded(apistrat), clus1 = banded(apiclus1))
designs <- list(
  strat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = schools$strat),
  clus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = schools$clus1)
)
exact <- survreg.control(rel.tolerance = 1e-14, maxiter = 100)

# Woodruff (1952) with Wilson's interval as `intervals.design_proportion` has it.
wilson_design <- function(p, variance, n, df) {
  size <- min(n, p * (1 - p) / variance)
  size <- min(n, size * (qt(0.975, n - 1) / qt(0.975, df))^2)
  suppressWarnings(prop.test(p * size, size, correct = FALSE)$conf.int[1:2])
}

# Slopes of the log likelihood of each row. survival 3.5.3 turns the sign of the one in log(scale)
# for rows with both ends (residuals(fit, type = "matrix"), column ds), and so dfbeta, robust = TRUE
# and svysurvreg's vcov are wrong for them.
log_normal_scores <- function(fit, after, before) {
  z <- lapply(list(after, before), function(x) (log(x) - coef(fit)) / fit$scale)
  z[[1]][is.na(after)] <- -Inf
  z[[2]][is.na(before)] <- Inf
  share <- pnorm(z[[2]]) - pnorm(z[[1]])
  slope <- lapply(z, function(z) {
    cbind(-dnorm(z) / fit$scale, ifelse(is.finite(z), -dnorm(z) * z, 0))
  })
  (slope[[2]] - slope[[1]]) / share
}

for (case in names(designs)) {
  d <- designs[[case]]
  data <- schools[[case]]
  shares <- svymean(~band, d)
  add(case, "share", coef(shares), "svymean(~band, d)")
  add(case, "covariance", as.matrix(vcov(shares)), "vcov(svymean(~band, d))")
  add(case, "n", nrow(data), "nrow")
  add(case, "df", degf(d), "degf(d)")
  means <- svymean(~ low + high, d)
  add(case, "mean", cbind(coef(means), SE(means)), "svymean(~low + high, d)")
  for (threshold in c(500, 600)) {
    both <- svymean(~ I(1 * (high <= threshold)) + I(1 * (low <= threshold)), d)
    add(case, paste0("up_to_", threshold), cbind(coef(both), SE(both)), "svymean of indicators")
  }
  edges <- c(0, highs[1:4]) + 0.5
  reached <- c(0, cumsum(coef(shares)))[1:5]
  for (q in c(0.25, 0.5, 0.75)) {
    at <- approx(reached, edges, q)$y
    d <- update(d, part = pmin(pmax((at - low + 0.5) / (high - low + 1), 0), 1))
    limits <- wilson_design(q, as.numeric(vcov(svymean(~part, d))), nrow(data), degf(d))
    ends <- approx(reached, edges, limits)$y
    add(
      case, paste0("interpolated_", q), c(at, ends, diff(ends) / 2 / qt(0.975, degf(d))),
      "approx, svymean of the part below, prop.test(correct = FALSE)"
    )
  }
  fit <- svysurvreg(
    Surv(after, before, type = "interval2") ~ 1,
    design = d, dist = "lognormal", control = exact
  )
  call <- "svysurvreg(Surv(after, before, type = 'interval2') ~ 1, dist = 'lognormal')"
  add(case, "log_normal", c(coef(fit), log(fit$scale)), call)
  weighted <- survreg(
    Surv(after, before, type = "interval2") ~ 1,
    weights = pw, data = data, dist = "lognormal", control = exact
  )
  d <- update(d, influence = log_normal_scores(weighted, after, before) %*% weighted$var)
  add(
    case, "log_normal_covariance", as.matrix(vcov(svytotal(~influence, d))),
    "vcov(svytotal(scores in closed form times survreg's var))"
  )
}

# Two waves that share sampling units: schools without and with an award, as domains.
d <- designs$strat
by <- svyby(~band, ~awards, d, svymean, covmat = TRUE)
order <- paste0(rep(c("No", "Yes"), each = 5), ":band", 1:5)
add("awards", "share", matrix(coef(by)[order], 2, byrow = TRUE), "svyby(~band, ~awards, d)")
add("awards", "covariance", vcov(by)[order, order], "vcov(svyby(covmat = TRUE))")
z <- sapply(1:4, function(k) {
  weights <- setNames(c(rep(1, k), rep(0, 5 - k), rep(-1, k), rep(0, 5 - k)), order)
  found <- svycontrast(by, list(cut = weights))
  coef(found) / as.numeric(SE(found))
})
p <- 2 * pt(-abs(z), degf(d))
add("awards", "z", z, "svycontrast")
add("awards", "p", p, "pt")
add("awards", "holm", p.adjust(p, "holm"), "p.adjust(p, 'holm')")
means <- svyby(~ low + high, ~awards, d, svymean, covmat = TRUE)
free <- svycontrast(means, list(
  low = c("Yes:low" = 1, "No:high" = -1), high = c("Yes:high" = 1, "No:low" = -1)
))
add("awards", "mean_change_free", cbind(coef(free), SE(free)), "svycontrast(svyby)")
rises <- coef(by)[order[6:10]] > coef(by)[order[1:5]]
d <- update(d, least = ifelse(rises[band], low, high), most = ifelse(rises[band], high, low))
same <- svycontrast(svyby(~ least + most, ~awards, d, svymean, covmat = TRUE), list(
  low = c("Yes:least" = 1, "No:least" = -1), high = c("Yes:most" = 1, "No:most" = -1)
))
add("awards", "mean_change_same", cbind(coef(same), SE(same)), "svycontrast(svyby)")

# A simple sample: 0, 1-5, 6-10, 11-50, 51 and more; a share at 0 beside a log-normal.
counts <- c(30, 60, 70, 40, 25)
ends <- c(5.5, 10.5, 50.5)
above <- rep(1:4, counts[-1])
after <- c(NA, ends)[above]
before <- c(ends, NA)[above]
fit <- survreg(
  Surv(after, before, type = "interval2") ~ 1,
  dist = "lognormal", control = exact
)
add(
  "zero", "log_normal", c(coef(fit), log(fit$scale)),
  "survreg(Surv(type = 'interval2') ~ 1, dist = 'lognormal')"
)
add(
  "zero", "log_normal_covariance", crossprod(log_normal_scores(fit, after, before) %*% fit$var),
  "crossprod(scores in closed form times survreg's var)"
)
zero <- counts[1] / sum(counts)
fitted <- diff(c(0, plnorm(ends, coef(fit), fit$scale), 1)) * (1 - zero)
expected <- sum(counts) * c(zero, fitted)
x2 <- sum((counts - expected)^2 / expected)
g2 <- 2 * sum(counts * log(counts / expected))
add("zero", "fitted", c(zero, fitted), "plnorm")
add("zero", "goodness", c(x2, g2, pchisq(x2, 1, lower.tail = FALSE)), "formula, pchisq")

# Negative binomial by its score, sums of the derivatives of dnbinom over each band; working
# parameters log mu and log size. `least` is 1 where nobody counts 0.
nb_cells <- function(theta, tops, least) {
  mu <- exp(theta[1])
  size <- exp(theta[2])
  x <- least:max(tops)
  f <- dnbinom(x, size = size, mu = mu)
  d_mu <- f * size * (x - mu) / (size + mu)
  d_size <- f * size * (
    digamma(x + size) - digamma(size) + log(size / (size + mu)) + 1 - (x + size) / (size + mu)
  )
  place <- findInterval(x, c(least, tops + 1))
  sums <- sapply(list(f, d_mu, d_size), function(v) as.vector(tapply(v, place, sum)))
  sums <- matrix(sums, ncol = 3)
  zero <- if (least == 1) nb_cells(theta, 0, 0)[1, ] else c(0, 0, 0)
  all <- rbind(sums, c(1, 0, 0) - zero - colSums(sums))
  kept <- 1 - zero[1]
  cbind(
    all[, 1] / kept,
    all[, 2] / kept + all[, 1] * zero[2] / kept^2,
    all[, 3] / kept + all[, 1] * zero[3] / kept^2
  )
}
nb_score <- function(theta, p, tops, least) {
  cells <- nb_cells(theta, tops, least)
  colSums(p / cells[, 1] * cells[, 2:3])
}
nb_bend <- function(theta, ...) {
  central <- function(h) {
    sapply(1:2, function(k) {
      e <- h * (1:2 == k)
      (nb_score(theta + e, ...) - nb_score(theta - e, ...)) / (2 * h)
    })
  }
  found <- (4 * central(5e-4) - central(1e-3)) / 3
  (found + t(found)) / 2
}
cases <- list(
  counts = list(c(30, 60, 70, 40, 25), c(0, 5, 10, 50), 0),
  near_poisson = list(c(12, 85, 160, 138, 91, 14), c(1, 4, 7, 10, 15), 0),
  truncated = list(c(120, 70, 40, 20), c(2, 5, 10), 1)
)
for (case in names(cases)) {
  n <- cases[[case]][[1]]
  tops <- cases[[case]][[2]]
  least <- cases[[case]][[3]]
  p <- n / sum(n)
  theta <- optim(c(log(5), 0), function(theta) {
    -sum(p * log(pmax(nb_cells(theta, tops, least)[, 1], 1e-300)))
  }, control = list(reltol = 1e-12))$par
  for (i in 1:30) {
    theta <- theta - solve(nb_bend(theta, p, tops, least), nb_score(theta, p, tops, least))
  }
  cells <- nb_cells(theta, tops, least)
  moves <- solve(-nb_bend(theta, p, tops, least), t(cells[, 2:3] / cells[, 1]))
  v <- moves %*% ((diag(p) - p %o% p) / sum(n)) %*% t(moves)
  known <- exp(theta)
  add(case, "count", n, "made")
  add(case, "parameters", cbind(known, known * sqrt(diag(v))), "score of dnbinom, Newton")
  add(case, "fitted", cells[, 1], "sums of dnbinom")
}

# Poisson by its score; the counts vary less than Poisson's.
n <- c(5, 60, 120, 60, 5)
tops <- c(1, 4, 7, 10)
poisson_cells <- function(mu) {
  d <- -dpois(tops, mu)
  cbind(diff(c(0, ppois(tops, mu), 1)), diff(c(0, d, 0)))
}
score <- function(mu) {
  cells <- poisson_cells(mu)
  sum(n / sum(n) * cells[, 2] / cells[, 1])
}
mu <- uniroot(score, c(1, 20), tol = 1e-14)$root
h <- c(1e-3, 5e-4)
bend <- sum(c(-1, 4) / 3 * (sapply(h, function(h) score(mu + h) - score(mu - h)) / (2 * h)))
cells <- poisson_cells(mu)
moves <- -cells[, 2] / cells[, 1] / bend
p <- n / sum(n)
add("poisson", "count", n, "made")
add("poisson", "parameters", cbind(mu, sqrt(sum(p * moves^2) - sum(p * moves)^2) / sqrt(sum(n))),
  "score of ppois, uniroot"
)

# Bands of three lists pooled; survfit stops early, so only its first four digits count.
low <- c(1, 11, 51, 1, 6, 21, 101, 1, 31)
high <- c(10, 50, Inf, 5, 20, 100, Inf, 30, Inf)
weight <- c(40, 30, 20, 25, 35, 30, 6, 55, 41)
rows <- rep(seq_along(low), weight)
curve <- survfit(Surv(low[rows] - 0.5, ifelse(is.finite(high), high + 0.5, NA)[rows],
  type = "interval2"
) ~ 1)
add("turnbull", "band", cbind(low, high, weight), "made")
jumps <- -diff(c(1, curve$surv))
add("turnbull", "up_to", cbind(c(5, 20, 50, 100), sapply(c(5.5, 20.5, 50.5, 100.5), function(t) {
  1 - min(curve$surv[curve$time <= t], 1)
})), "survfit(Surv(type = 'interval2') ~ 1)")
writeLines(lines, "ordered.csv")
