# Writes multinomial.csv, the expected limits of tests/stats/test_simultaneous.py.
# Run in this folder: Rscript multinomial.R. Last run with R 4.2.2.

tables <- list(
  c(56, 72, 73, 59, 62, 87, 58), # Sison and Glaz (1995), example 1
  rep(5, 50), # example 2
  c(91, 49, 37, 43), # May and Johnson (1997)
  c(1, 1), c(1, 2), c(3, 4, 5), c(10, 2, 7, 3), c(0, 12, 8), c(6, 0, 0, 1, 0), c(1, 1, 0, 0, 0),
  c(300, 400, 500), c(1, 0, 250, 3)
)
levels <- c(0.90, 0.95, 0.99)

# The roots of n (p - t)^2 = chi2 t (1 - t).
score <- function(x, chi2) {
  n <- sum(x)
  root <- sqrt(chi2 * (chi2 + 4 * x * (n - x) / n))
  list(low = (chi2 + 2 * x - root) / (2 * (n + chi2)), high = (chi2 + 2 * x + root) / (2 * (n + chi2)))
}

goodman <- function(x, level) score(x, qchisq(1 - (1 - level) / length(x), 1))

quesenberry_hurst <- function(x, level) score(x, qchisq(level, length(x) - 1))

# How often a sample with these shares has every count within c of these: answer by answer, each a
# binomial share of those who are left. left[r + 1] is the probability that r are left.
box <- function(x, c) {
  n <- sum(x)
  left <- c(rep(0, n), 1)
  behind <- n
  for (answer in seq_along(x)) {
    share <- if (behind > 0) x[answer] / behind else 0
    after <- rep(0, n + 1)
    for (taken in max(0, x[answer] - c):min(n, x[answer] + c)) {
      from <- taken:n
      after[from - taken + 1] <- after[from - taken + 1] +
        left[from + 1] * dbinom(taken, from, share)
    }
    left <- after
    behind <- behind - x[answer]
  }
  left[1]
}

# Every sample of 12 in turn, for a check of the above.
every <- expand.grid(0:12, 0:12, 0:12)
every <- every[rowSums(every) == 12, ]
within <- apply(every, 1, function(row) all(abs(row - c(3, 4, 5)) <= 2))
by_hand <- sum(apply(every[within, ], 1, dmultinom, size = 12, prob = c(3, 4, 5)))
stopifnot(all.equal(by_hand, box(c(3, 4, 5), 2), tolerance = 1e-13))

sison_glaz <- function(x, level) {
  n <- sum(x)
  c <- 0
  while (box(x, c + 1) < level) c <- c + 1
  gamma <- (level - box(x, c)) / (box(x, c + 1) - box(x, c))
  list(low = pmax((x - c) / n, 0), high = pmin((x + c + 2 * gamma) / n, 1))
}

methods <- list(
  goodman = list(goodman, "formula with qchisq"),
  `quesenberry-hurst` = list(quesenberry_hurst, "formula with qchisq"),
  `sison-glaz` = list(sison_glaz, "exact probabilities with dbinom")
)

lines <- "counts,answer,method,confidence_level,low,high,source"
for (method in names(methods)) for (level in levels) for (x in tables) {
  limits <- methods[[method]][[1]](x, level)
  for (answer in which(!duplicated(x))) {
    lines <- c(lines, sprintf(
      "%s,%d,%s,%.2f,%.15g,%.15g,%s",
      paste(x, collapse = " "), answer, method, level, limits$low[answer], limits$high[answer],
      methods[[method]][[2]]
    ))
  }
}
writeLines(lines, "multinomial.csv")
