# Writes mover.csv and equivalence.csv, the expected values of tests/stats/test_mover.py and
# test_equivalence.py. Run in this folder: Rscript mover.R. Last run with R 4.2.2.
# The effective size of each wave, at most n, times (t(n1 + n2 - 2) / t(df))^2, in Wilson's limits;
# or log odds with the quantile of t. The p-value: 1 minus the level at which a limit is 0.

digits <- function(x) sprintf("%.15g", x)
t_of <- function(df, alpha) if (is.infinite(df)) -qnorm(alpha / 2) else -qt(alpha / 2, df)

wilson <- function(p, size, df, own, alpha) {
  factor <- if (df < own) (t_of(own, alpha) / t_of(df, alpha))^2 else 1
  n <- size * factor
  z <- -qnorm(alpha / 2)
  half <- z * sqrt(n * p * (1 - p) + z^2 / 4)
  (n * p + z^2 / 2 + c(-half, half)) / (n + z^2)
}
logit <- function(p, size, df, own, alpha) {
  if (p > 0 && p < 1) {
    return(plogis(qlogis(p) + c(-1, 1) * t_of(df, alpha) / sqrt(size * p * (1 - p))))
  }
  factor <- if (df < own) (t_of(own, alpha) / t_of(df, alpha))^2 else 1
  far <- 1 - (alpha / 2)^(1 / (size * factor))
  if (p == 0) c(0, far) else c(1 - far, 1)
}
limits <- function(x, df, r, method, alpha) {
  own <- x$n1 + x$n2 - 2
  size <- function(p, n, e) if (p == 0 || p == 1) n else min(e, n)
  a <- method(x$p1, size(x$p1, x$n1, x$e1), df, own, alpha)
  b <- method(x$p2, size(x$p2, x$n2, x$e2), df, own, alpha)
  distance <- function(u, v) sqrt(u^2 - 2 * r * u * v + v^2)
  x$p2 - x$p1 + c(-distance(x$p2 - b[1], a[2] - x$p1), distance(b[2] - x$p2, x$p1 - a[1]))
}
p_value <- function(x, df, r, method) {
  nearer <- if (x$p2 > x$p1) 1 else 2
  nought <- function(log) limits(x, df, r, method, exp(log))[nearer]
  exp(uniroot(nought, c(log(1e-30), log(1 - 1e-6)), tol = 1e-13)$root)
}

waves <- list(
  list(p1 = 0.30, n1 = 400, e1 = 250, d1 = 38, p2 = 0.38, n2 = 420, e2 = 260, d2 = 40),
  list(p1 = 0.62, n1 = 90, e1 = 41.5, d1 = 5, p2 = 0.41, n2 = 120, e2 = 70, d2 = 9),
  list(p1 = 0.02, n1 = 300, e1 = 210, d1 = 12, p2 = 0.07, n2 = 280, e2 = 350, d2 = 11),
  list(p1 = 0, n1 = 60, e1 = 1, d1 = 7, p2 = 0.15, n2 = 75, e2 = 40, d2 = 8),
  list(p1 = 0.9, n1 = 60, e1 = 33, d1 = 2, p2 = 1, n2 = 75, e2 = 1, d2 = 2),
  list(p1 = 0.55, n1 = 800, e1 = 640, d1 = Inf, p2 = 0.50, n2 = 700, e2 = 610, d2 = Inf)
)
methods <- list(wilson = wilson, logit = logit)
rows <- paste0(
  "share_from,n_from,n_effective_from,df_from,share_to,n_to,n_effective_to,df_to,correlation,df,",
  "method,confidence_level,low,high,p_value,standard_error,df_value,source"
)
for (x in waves) for (r in c(0, 0.3, -0.2)) for (rule in c("sum", "satterthwaite")) {
  v1 <- x$p1 * (1 - x$p1) / x$e1
  v2 <- x$p2 * (1 - x$p2) / x$e2
  df <- if (rule == "sum") x$d1 + x$d2 else (v1 + v2)^2 / (v1^2 / x$d1 + v2^2 / x$d2)
  for (name in names(methods)) for (level in c(0.9, 0.95)) {
    found <- limits(x, df, r, methods[[name]], 1 - level)
    rows <- c(rows, paste(c(
      digits(unlist(x)), digits(r), rule, name, digits(level), digits(found),
      digits(p_value(x, df, r, methods[[name]])),
      digits(sqrt(v1 + v2 - 2 * r * sqrt(v1 * v2))), digits(df), "formula and uniroot"
    ), collapse = ","))
  }
}
writeLines(rows, "mover.csv")

rows <- "estimate,standard_error,margin_low,margin_high,df,alpha,low,high,p_value,source"
for (x in list(
  c(-0.05, 0.0662, -0.1, 0.1, Inf, 0.05), c(0.012, 0.02, -0.05, 0.05, 38, 0.05),
  c(0.03, 0.01, -0.02, 0.04, 7, 0.025), c(0.2, 0.05, -0.1, 0.1, 20, 0.05), c(0, 0.01, -0.1, 0.1, 4, 0.05)
)) {
  tail <- function(t) if (is.infinite(x[5])) pnorm(t, lower.tail = FALSE) else pt(t, x[5], lower.tail = FALSE)
  p <- max(tail((x[1] - x[3]) / x[2]), tail((x[4] - x[1]) / x[2]))
  half <- x[2] * if (is.infinite(x[5])) qnorm(1 - x[6]) else qt(1 - x[6], x[5])
  rows <- c(rows, paste(c(digits(c(x, x[1] - half, x[1] + half, p)), "pt and qt"), collapse = ","))
}
writeLines(rows, "equivalence.csv")
