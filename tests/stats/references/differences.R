# Writes differences.csv, the expected limits and p-values of tests/stats/test_differences.py.
# Run in this folder: Rscript differences.R. Last run with R 4.2.2.
# An empty p-value: R gives none.

# count_from, n_from, count_to, n_to; the first eight are Newcombe (1998), Table II.
pairs <- rbind(
  c(48, 80, 56, 70), c(3, 10, 9, 10), c(2, 7, 6, 7), c(0, 29, 5, 56), c(0, 20, 0, 10),
  c(0, 10, 0, 10), c(0, 20, 10, 10), c(0, 10, 10, 10),
  c(230, 272, 250, 300), c(60, 448, 35, 470), c(0, 1, 1, 1), c(1, 2, 1, 3), c(100, 100, 97, 100),
  c(5, 1000, 20, 900), c(1, 5, 2000, 4000), c(12, 12, 7, 7)
)
levels <- c(0.90, 0.95, 0.99)

quiet <- function(...) suppressWarnings(prop.test(..., correct = FALSE))
quantile <- function(level) qnorm(1 - (1 - level) / 2)

# Method 10: the distances to two Wilson intervals, squared and added.
newcombe <- function(x1, n1, x2, n2, level) {
  p1 <- x1 / n1
  p2 <- x2 / n2
  w1 <- quiet(x1, n1, conf.level = level)$conf.int
  w2 <- quiet(x2, n2, conf.level = level)$conf.int
  c(
    p2 - p1 - sqrt((p2 - w2[1])^2 + (w1[2] - p1)^2),
    p2 - p1 + sqrt((w2[2] - p2)^2 + (p1 - w1[1])^2),
    NA
  )
}

# Method 11: as method 10, with continuity correction in each interval. prop.test takes off less
# than half where x is near n times the share that it tests: here it tests one far away.
newcombe_continuity <- function(x1, n1, x2, n2, level) {
  limits <- function(x, n) {
    far <- if (x / n < 0.5) 1 - 1e-9 else 1e-9
    suppressWarnings(prop.test(x, n, p = far, conf.level = level))$conf.int
  }
  p1 <- x1 / n1
  p2 <- x2 / n2
  w1 <- limits(x1, n1)
  w2 <- limits(x2, n2)
  c(
    p2 - p1 - sqrt((p2 - w2[1])^2 + (w1[2] - p1)^2),
    p2 - p1 + sqrt((w2[2] - p2)^2 + (p1 - w1[1])^2),
    NA
  )
}

wald <- function(x1, n1, x2, n2, level) {
  p <- c(x2 / n2, x1 / n1)
  error <- sqrt(sum(p * (1 - p) / c(n2, n1)))
  if (error == 0) return(NULL)
  limits <- quiet(c(x2, x1), c(n2, n1), conf.level = level)$conf.int
  c(limits, 2 * pnorm(-abs(p[1] - p[2]) / error))
}

# Agresti and Caffo (2000): one success and one failure more in each sample.
agresti_caffo <- function(x1, n1, x2, n2, level) {
  p1 <- (x1 + 1) / (n1 + 2)
  p2 <- (x2 + 1) / (n2 + 2)
  error <- sqrt(p1 * (1 - p1) / (n1 + 2) + p2 * (1 - p2) / (n2 + 2))
  half <- quantile(level) * error
  c(max(p2 - p1 - half, -1), min(p2 - p1 + half, 1), 2 * pnorm(-abs(p2 - p1) / error))
}

# The likelihood is maximised by search, not by the closed form of Miettinen and Nurminen (1985).
restricted_variance <- function(x1, n1, x2, n2, delta) {
  likelihood <- function(p1) {
    dbinom(x1, n1, p1, log = TRUE) + dbinom(x2, n2, pmin(pmax(p1 + delta, 0), 1), log = TRUE)
  }
  ends <- c(max(0, -delta), min(1, 1 - delta))
  places <- ends
  if (ends[1] < ends[2]) {
    places <- c(ends, optimize(likelihood, ends, maximum = TRUE, tol = 1e-12)$maximum)
  }
  p1 <- places[which.max(likelihood(places))]
  p2 <- min(max(p1 + delta, 0), 1)
  p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2
}

score <- function(x1, n1, x2, n2, level, factor) {
  estimate <- x2 / n2 - x1 / n1
  beyond <- function(delta) {
    variance <- factor * restricted_variance(x1, n1, x2, n2, delta)
    (delta - estimate)^2 - quantile(level)^2 * variance
  }
  search <- function(end) {
    if (estimate == end) return(end)
    start <- estimate + sign(end) * 1e-9  # the variance may be 0 at the estimate itself
    uniroot(beyond, sort(c(start, end)), tol = 1e-13)$root
  }
  # The p-value of prop.test is that of the pooled z, squared.
  z2 <- unname(quiet(c(x2, x1), c(n2, n1))$statistic) / factor
  p_value <- if (is.nan(z2)) NA else 2 * pnorm(-sqrt(z2))
  c(search(-1), search(1), p_value)
}

mee <- function(x1, n1, x2, n2, level) score(x1, n1, x2, n2, level, 1)

miettinen_nurminen <- function(x1, n1, x2, n2, level) {
  score(x1, n1, x2, n2, level, (n1 + n2) / (n1 + n2 - 1))
}

methods <- list(
  newcombe = list(newcombe, "two prop.test(correct = FALSE)"),
  `newcombe-continuity` = list(newcombe_continuity, "two prop.test(correct = TRUE)"),
  `miettinen-nurminen` = list(miettinen_nurminen, "uniroot over optimize; p: prop.test"),
  mee = list(mee, "uniroot over optimize; p: prop.test"),
  `agresti-caffo` = list(agresti_caffo, "formula"),
  wald = list(wald, "prop.test(correct = FALSE); p: formula")
)

lines <- "count_from,n_from,count_to,n_to,method,confidence_level,low,high,p_value,source"
for (method in names(methods)) for (level in levels) for (row in seq_len(nrow(pairs))) {
  x <- pairs[row, ]
  found <- methods[[method]][[1]](x[1], x[2], x[3], x[4], level)
  if (is.null(found)) next  # wald: both shares are 0 or 1
  p_value <- if (is.na(found[3])) "" else sprintf("%.15g", found[3])
  lines <- c(lines, sprintf(
    "%d,%d,%d,%d,%s,%.2f,%.15g,%.15g,%s,%s",
    x[1], x[2], x[3], x[4], method, level, found[1], found[2], p_value, methods[[method]][[2]]
  ))
}
writeLines(lines, "differences.csv")
