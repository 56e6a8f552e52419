# Writes ratios.csv and odds.csv, the expected values of tests/stats/test_ratios.py and test_odds.py.
# Run in this folder: Rscript ratios.R. Last run with R 4.2.2.
# An empty value: R gives none. Score limits: the likelihood is maximised by search, the statistic
# is Pearson's, and limits are found by uniroot on the logarithm; nothing is taken from closed forms.

pairs <- rbind(
  c(16, 80, 36, 40), c(1, 34, 7, 34), c(48, 80, 56, 70), c(53, 65, 24, 73), c(11, 11, 29, 55),
  c(1, 18, 7, 18), c(0, 20, 5, 20), c(5, 20, 0, 20), c(230, 272, 250, 300), c(60, 448, 35, 470),
  c(5, 1000, 20, 900), c(12, 12, 7, 7), c(112, 842, 6, 22), c(3, 4, 1, 4)
)
levels <- c(0.90, 0.95, 0.99)
digits <- function(x) ifelse(is.na(x), "", sprintf("%.15g", x))
quiet <- function(...) suppressWarnings(prop.test(..., correct = FALSE))
wilson <- function(x, n, level) quiet(x, n, conf.level = level)$conf.int
pooled_p <- function(x, factor) {
  z2 <- unname(quiet(c(x[3], x[1]), c(x[4], x[2]))$statistic) / factor
  if (is.nan(z2)) 1 else 2 * pnorm(-sqrt(z2))
}
total <- function(x) (x[2] + x[4]) / (x[2] + x[4] - 1)

# Pearson's statistic at the most likely shares under the hypothesis that later = link(earlier).
statistic <- function(x, link, ends) {
  likelihood <- function(p) {
    dbinom(x[1], x[2], p, log = TRUE) + dbinom(x[3], x[4], link(p), log = TRUE)
  }
  # On the logit scale, where the maximum is found to more digits near 0 and 1.
  place <- function(t) ends[1] + (ends[2] - ends[1]) * plogis(t)
  t <- optimize(function(t) likelihood(place(t)), c(-30, 30), maximum = TRUE, tol = 1e-12)$maximum
  p <- place(t)
  q <- link(p)
  (x[1] - x[2] * p)^2 / (x[2] * p * (1 - p)) + (x[3] - x[4] * q)^2 / (x[4] * q * (1 - q))
}
ratio_statistic <- function(x, r) statistic(x, function(p) r * p, c(0, min(1, 1 / r)))
odds_statistic <- function(x, r) statistic(x, function(p) plogis(qlogis(p) + log(r)), c(0, 1))

score <- function(x, level, factor, at, estimate) {
  z2 <- qnorm(1 - (1 - level) / 2)^2
  beyond <- function(log) at(x, exp(log)) / factor - z2
  search <- function(side) {
    if (log(estimate) == side * Inf) return(exp(side * Inf))
    start <- if (is.finite(log(estimate))) log(estimate) + side * 1e-6 else -side * 12
    exp(uniroot(beyond, sort(c(start, side * 12)), tol = 1e-12)$root)
  }
  c(search(-1), search(1), pooled_p(x, factor))
}

ratio <- function(x) (x[3] / x[4]) / (x[1] / x[2])
odds <- function(x) (x[3] * (x[2] - x[1])) / (x[1] * (x[4] - x[3]))
koopman <- function(x, level) score(x, level, 1, ratio_statistic, ratio(x))
ratio_mn <- function(x, level) score(x, level, total(x), ratio_statistic, ratio(x))
odds_score <- function(x, level, factor) {
  if (is.nan(odds(x))) return(NULL)
  score(x, level, factor, odds_statistic, odds(x))
}
cornfield <- function(x, level) odds_score(x, level, 1)
odds_mn <- function(x, level) odds_score(x, level, total(x))

by_log <- function(log, error, level) {
  half <- qnorm(1 - (1 - level) / 2) * error
  c(exp(log - half), exp(log + half), 2 * pnorm(-abs(log) / error))
}
katz <- function(x, level) {
  if (x[1] == 0 || x[3] == 0 || (x[1] == x[2] && x[3] == x[4])) return(NULL)
  by_log(log(ratio(x)), sqrt(1 / x[1] - 1 / x[2] + 1 / x[3] - 1 / x[4]), level)
}
woolf <- function(x, level) {
  cells <- c(x[1], x[2] - x[1], x[3], x[4] - x[3])
  if (any(cells == 0)) return(NULL)
  by_log(log(odds(x)), sqrt(sum(1 / cells)), level)
}
woolf_adjusted <- function(x, level) woolf(x + c(0.5, 1, 0.5, 1), level)

# Donner and Zou (2012), as printed there.
donner_zou <- function(t1, l1, u1, t2, l2, u2) {
  product <- t1 * t2
  low <- (product - sqrt(product^2 - l1 * u2 * (2 * t1 - l1) * (2 * t2 - u2))) / (u2 * (2 * t2 - u2))
  high <- (product + sqrt(product^2 - u1 * l2 * (2 * t1 - u1) * (2 * t2 - l2))) / (l2 * (2 * t2 - l2))
  c(low, if (l2 == 0) Inf else high)
}
mover <- function(x, level) {
  a <- wilson(x[3], x[4], level)
  b <- wilson(x[1], x[2], level)
  c(donner_zou(x[3] / x[4], a[1], a[2], x[1] / x[2], b[1], b[2]), NA)
}
mover_odds <- function(x, level) {
  if (is.nan(odds(x))) return(NULL)
  if (x[3] == x[4] || x[1] == x[2]) x <- c(x[4] - x[3], x[4], x[2] - x[1], x[2])
  if (x[3] == x[4] || x[1] == x[2]) return(NULL)
  o <- function(p) p / (1 - p)
  a <- o(wilson(x[3], x[4], level))
  b <- o(wilson(x[1], x[2], level))
  c(donner_zou(o(x[3] / x[4]), a[1], a[2], o(x[1] / x[2]), b[1], b[2]), NA)
}

# The later count given the margins; limits where a tail is half of alpha.
conditional <- function(x, level, part) {
  yes <- x[1] + x[3]
  counts <- max(0, yes - x[2]):min(x[4], yes)
  if (length(counts) == 1) return(NULL)
  chances <- function(log) {
    weights <- dhyper(counts, x[4], x[2], yes, log = TRUE) + counts * log
    weights <- exp(weights - max(weights))
    weights / sum(weights)
  }
  upper <- function(log) {
    p <- chances(log)
    sum(p[counts > x[3]]) + part * p[counts == x[3]]
  }
  lower <- function(log) {
    p <- chances(log)
    sum(p[counts < x[3]]) + part * p[counts == x[3]]
  }
  half <- (1 - level) / 2
  root <- function(f) exp(uniroot(f, c(-15, 15), tol = 1e-13)$root)
  c(
    if (x[3] == min(counts)) 0 else root(function(log) upper(log) - half),
    if (x[3] == max(counts)) Inf else root(function(log) lower(log) - half),
    min(1, 2 * min(upper(0), lower(0)))
  )
}

write <- function(file, methods) {
  rows <- "count_from,n_from,count_to,n_to,method,confidence_level,low,high,p_value,source"
  for (method in names(methods)) for (level in levels) for (i in seq_len(nrow(pairs))) {
    x <- pairs[i, ]
    found <- methods[[method]][[1]](x, level)
    if (is.null(found)) next  # the method has no interval for these counts
    rows <- c(rows, sprintf(
      "%d,%d,%d,%d,%s,%.2f,%s,%s,%s,%s", x[1], x[2], x[3], x[4], method, level,
      digits(found[1]), digits(found[2]), digits(found[3]), methods[[method]][[2]]
    ))
  }
  writeLines(rows, file)
}

write("ratios.csv", list(
  koopman = list(koopman, "uniroot over optimize; p: prop.test"),
  `miettinen-nurminen` = list(ratio_mn, "uniroot over optimize; p: prop.test"),
  katz = list(katz, "formula"),
  mover = list(mover, "formula with two prop.test(correct = FALSE)")
))
write("odds.csv", list(
  cornfield = list(cornfield, "uniroot over optimize; p: prop.test"),
  `miettinen-nurminen` = list(odds_mn, "uniroot over optimize; p: prop.test"),
  woolf = list(woolf, "formula"),
  `woolf-adjusted` = list(woolf_adjusted, "formula"),
  mover = list(mover_odds, "formula with two prop.test(correct = FALSE)"),
  exact = list(function(x, level) conditional(x, level, 1), "uniroot over dhyper"),
  `mid-p` = list(function(x, level) conditional(x, level, 0.5), "uniroot over dhyper")
))

fisher <- "count_from,n_from,count_to,n_to,p_value,estimate,source"
for (i in seq_len(nrow(pairs))) {
  x <- pairs[i, ]
  found <- fisher.test(rbind(c(x[3], x[4] - x[3]), c(x[1], x[2] - x[1])))
  fisher <- c(fisher, sprintf(
    "%d,%d,%d,%d,%s,%s,fisher.test", x[1], x[2], x[3], x[4],
    digits(found$p.value), if (is.nan(odds(x))) "" else digits(unname(found$estimate))
  ))
}
writeLines(fisher, "fisher.csv")
