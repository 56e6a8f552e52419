# Writes planning.csv, the expected values of tests/stats/test_planning.py.
# Run in this folder: Rscript planning.R. Last run with R 4.2.2.

digits <- function(x) sprintf("%.15g", x)
tight <- .Machine$double.eps^0.75
rows <- "what,share_from,share_to,n,power,confidence_level,value,source"
add <- function(what, p1, p2, n, power, level, value, source) {
  text <- function(x) if (is.null(x)) "" else digits(x)
  rows <<- c(rows, paste(
    what, text(p1), text(p2), text(n), text(power), digits(level), digits(value), source, sep = ","
  ))
}
shares <- rbind(c(0.50, 0.75), c(0.05, 0.10), c(0.30, 0.38), c(0.80, 0.72), c(0.01, 0.03), c(0, 0.04))
for (level in c(0.90, 0.95, 0.99)) for (i in seq_len(nrow(shares))) {
  p <- shares[i, ]
  for (power in c(0.8, 0.9, 0.95)) {
    found <- power.prop.test(p1 = p[1], p2 = p[2], power = power, sig.level = 1 - level, tol = tight)
    add("sample_size", p[1], p[2], NULL, power, level, found$n, "power.prop.test")
  }
  for (n in c(50, 400, 2500)) {
    found <- power.prop.test(n = n, p1 = p[1], p2 = p[2], sig.level = 1 - level)
    add("power", p[1], p[2], n, NULL, level, found$power, "power.prop.test")
  }
}
# power.prop.test looks for the larger share alone; a fall is the rise of the rest.
for (p in c(0.1, 0.5, 0.85)) for (n in c(200, 1000)) for (power in c(0.8, 0.9)) {
  up <- power.prop.test(n = n, p1 = p, power = power, tol = tight)$p2 - p
  down <- -(power.prop.test(n = n, p1 = 1 - p, power = power, tol = tight)$p2 - (1 - p))
  add("up", p, NULL, n, power, 0.95, up, "power.prop.test")
  add("down", p, NULL, n, power, 0.95, down, "power.prop.test of 1 - p")
}
# One wave is fielded already: Fleiss, Levin and Paik (2003), 4.2, solved by uniroot.
for (n1 in c(150, 1000)) for (p in list(c(0.50, 0.70), c(0.10, 0.22))) {
  beyond <- function(log) {
    n2 <- exp(log)
    pooled <- (n1 * p[1] + n2 * p[2]) / (n1 + n2)
    same <- sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    different <- sqrt(p[1] * (1 - p[1]) / n1 + p[2] * (1 - p[2]) / n2)
    abs(p[2] - p[1]) - qnorm(0.975) * same - qnorm(0.8) * different
  }
  n2 <- exp(uniroot(beyond, c(1, 20), tol = 1e-14)$root)
  add("later_wave", p[1], p[2], n1, 0.8, 0.95, n2, "uniroot")
}
writeLines(rows, "planning.csv")
