# Writes proportions.csv, the expected limits of tests/stats/test_intervals.py.
# Run in this folder: Rscript proportions.R. Last run with R 4.2.2.

pairs <- rbind(
  c(0, 1), c(1, 1), c(0, 2), c(1, 2), c(2, 5), c(0, 10), c(1, 10), c(10, 10), c(7, 20), c(20, 20),
  c(1, 29), c(29, 29), c(0, 148), c(15, 148), c(81, 263), c(230, 272), c(231, 272), c(232, 272),
  c(1, 470), c(235, 470), c(469, 470), c(470, 470), c(3, 5000), c(2512, 5000)
)
levels <- c(0.90, 0.95, 0.99)

wilson <- function(x, n, level) {
  suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int[1:2])
}

clopper_pearson <- function(x, n, level) binom.test(x, n, conf.level = level)$conf.int[1:2]

# Brown, Cai and DasGupta (2001), 3.1.3: the lower limit is 0 for x = 0, the upper 1 for x = n.
jeffreys <- function(x, n, level) {
  tail <- (1 - level) / 2
  c(
    if (x == 0) 0 else qbeta(tail, x + 0.5, n - x + 0.5),
    if (x == n) 1 else qbeta(1 - tail, x + 0.5, n - x + 0.5)
  )
}

# Agresti and Coull (1998), section 2, cut at 0 and 1.
agresti_coull <- function(x, n, level) {
  z <- qnorm(1 - (1 - level) / 2)
  n_tilde <- n + z^2
  p_tilde <- (x + z^2 / 2) / n_tilde
  half <- z * sqrt(p_tilde * (1 - p_tilde) / n_tilde)
  c(max(p_tilde - half, 0), min(p_tilde + half, 1))
}

# Berry and Armitage (1995): half of the observed outcome's probability counts to each tail.
mid_p <- function(x, n, level) {
  tail <- (1 - level) / 2
  above <- function(p) pbinom(x, n, p, lower.tail = FALSE) + dbinom(x, n, p) / 2 - tail
  below <- function(p) pbinom(x - 1, n, p) + dbinom(x, n, p) / 2 - tail
  c(
    if (x == 0) 0 else uniroot(above, c(0, 1), tol = 1e-14)$root,
    if (x == n) 1 else uniroot(below, c(0, 1), tol = 1e-14)$root
  )
}

methods <- list(
  wilson = list(wilson, "prop.test(correct = FALSE)"),
  `clopper-pearson` = list(clopper_pearson, "binom.test"),
  jeffreys = list(jeffreys, "qbeta"),
  `agresti-coull` = list(agresti_coull, "formula"),
  `mid-p` = list(mid_p, "uniroot on pbinom and dbinom")
)

lines <- "count,n,method,confidence_level,low,high,source"
for (method in names(methods)) for (level in levels) for (row in seq_len(nrow(pairs))) {
  x <- pairs[row, 1]
  n <- pairs[row, 2]
  limits <- methods[[method]][[1]](x, n, level)
  lines <- c(lines, sprintf(
    "%d,%d,%s,%.2f,%.15g,%.15g,%s",
    x, n, method, level, limits[1], limits[2], methods[[method]][[2]]
  ))
}
writeLines(lines, "proportions.csv")
