# Writes joinpoint.csv, the expected values of tests/stats/test_joinpoint.py and test_segments.py:
# the level of Lake Huron (R datasets) in 16 years, with a made covariance in which years move
# together. Fits with knots that are given are nlme's; the search is a plain loop over them.
# Run in this folder: Rscript joinpoint.R. Last run with R 4.2.2, nlme 3.1 and segmented 1.6.
suppressMessages({
  library(nlme)
  library(segmented)
})

digits <- function(x) sprintf("%.15g", x)
k <- 16
year <- as.numeric(time(LakeHuron))[11 + seq_len(k)]
level <- as.numeric(LakeHuron)[11 + seq_len(k)] - 570
spread <- 0.5 + 0.1 * (seq_len(k) %% 3)
v <- outer(spread, spread) * 0.6^abs(outer(seq_len(k), seq_len(k), "-"))
data <- data.frame(year, level, spread)

lines <- "model,knots,value_of,row,column,value,source"
add <- function(model, knots, value_of, row, column, value, source) {
  lines <<- c(lines, sprintf('%s,%s,%s,%d,%d,%s,"%s"', model, paste(knots, collapse = " "),
    value_of, row, column, digits(value), source))
}
for (i in seq_len(k)) {
  add("data", "", "time", i - 1, 0, year[i], "LakeHuron")
  add("data", "", "level", i - 1, 0, level[i], "LakeHuron - 570")
  for (j in seq_len(i)) add("data", "", "covariance", i - 1, j - 1, v[i, j], "made")
}

fit <- function(knots, varied = v) {
  x <- data.frame(level = level, t = year - year[1])
  for (place in seq_along(knots)) x[[paste0("h", place)]] <- pmax(0, year - knots[place])
  x$spread <- sqrt(diag(varied))
  alike <- varied / outer(x$spread, x$spread)
  gls(as.formula(paste("level ~", paste(setdiff(names(x), c("level", "spread")), collapse = "+"))),
    data = x, weights = varFixed(~ I(spread^2)), control = glsControl(sigma = 1),
    correlation = corSymm(alike[lower.tri(alike)], form = ~1, fixed = TRUE))
}
far <- function(m) {
  off <- level - fitted(m)
  drop(t(off) %*% solve(v, off))
}
for (knots in list(numeric(0), 1891, c(1889, 1894))) {
  m <- fit(knots)
  source <- "gls(level ~ t + h, correlation = corSymm(fixed = TRUE), control = glsControl(sigma = 1))"
  for (i in seq_along(coef(m))) {
    add("given", knots, "coefficient", i - 1, 0, coef(m)[i], source)
    for (j in seq_len(i)) add("given", knots, "covariance", i - 1, j - 1, vcov(m)[i, j], source)
  }
  add("given", knots, "distance", 0, 0, far(m), source)
}
# Two waves at least before, between and after joints.
inner <- year[3:(k - 2)]
pairs <- t(combn(inner, 2))
pairs <- pairs[pairs[, 2] - pairs[, 1] > 2, ]
for (sets in list(matrix(inner), pairs)) {
  distance <- apply(sets, 1, function(knots) far(fit(knots)))
  for (place in order(distance)) {
    if (distance[place] <= min(distance) + 3.84) {
      add("near", sets[place, ], "distance", 0, 0, distance[place], "gls at every set of knots")
    }
  }
}
m <- segmented(lm(level ~ year, data, weights = 1 / spread^2), seg.Z = ~year, npsi = 1,
  control = seg.control(tol = 1e-12, it.max = 500, n.boot = 50, seed = 1))
source <- "segmented(lm(level ~ year, weights = 1 / spread^2), npsi = 1)"
add("segmented", "", "knot", 0, 0, m$psi[1, "Est."], source)
add("segmented", "", "distance", 0, 0, sum((resid(m) / spread)^2), source)
writeLines(lines, "joinpoint.csv")
