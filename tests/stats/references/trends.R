# Writes trends.csv, the expected tests of tests/stats/test_trends*.py.
# Run in this folder: Rscript trends.R. Last run with R 4.2.2 and coin 1.4.2.
# Numbers of a list are parted by spaces; rows of a table stand one after the other.
# pain is the data set Pain of SAS's PROC FREQ; malformations are those of Graubard and Korn (1987).

suppressPackageStartupMessages(library(coin))

lines <- "test,data,more,scores,figure,value,source"
joined <- function(x) paste(format(as.vector(x), digits = 15, trim = TRUE), collapse = " ")
write_row <- function(test, data, more, scores, figure, value, source) {
  lines <<- c(lines, sprintf(
    "%s,%s,%s,%s,%s,%.15g,%s",
    test, joined(data), joined(more), joined(scores), figure, value, source
  ))
}

# One answer in several waves.

binary <- list(
  pain = list(c(6, 7, 9, 14, 23), c(32, 33, 32, 32, 32), 0:4),
  malformations = list(c(48, 38, 5, 1, 1), c(17114, 14502, 793, 127, 38), c(0, 0.5, 1.5, 4, 7)),
  years = list(c(120, 131, 149, 160, 171), c(400, 410, 395, 405, 420), c(2015, 2016, 2018, 2019, 2021)),
  fall = list(c(9, 6, 2, 1), c(20, 25, 18, 22), c(2012.5, 2014, 2018, 2019.5)),
  few = list(c(0, 1, 3), c(9, 10, 8), c(1, 2, 4))
)

wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int[1:2])

# Zou, Huang and Zhang (2009).
slope_limits <- function(x, n, factors) {
  limits <- mapply(wilson, x, n)
  parts <- factors * x / n
  low <- pmin(factors * limits[1, ], factors * limits[2, ])
  high <- pmax(factors * limits[1, ], factors * limits[2, ])
  c(sum(parts) - sqrt(sum((parts - low)^2)), sum(parts) + sqrt(sum((high - parts)^2)))
}

for (case in binary) {
  x <- case[[1]]
  n <- case[[2]]
  s <- case[[3]]
  put <- function(figure, value, source) {
    write_row("cochran_armitage", x, n, s, figure, value, source)
  }
  trend <- suppressWarnings(prop.trend.test(x, n, s))
  whole <- suppressWarnings(chisq.test(cbind(x, n - x), correct = FALSE))
  left <- unname(whole$statistic - trend$statistic)
  put("squared", unname(trend$statistic), "prop.trend.test")
  put("p_value", trend$p.value, "prop.trend.test")
  put("omnibus", unname(whole$statistic), "chisq.test")
  put("omnibus_p", whole$p.value, "chisq.test")
  put("lack_of_fit", left, "chisq.test less prop.trend.test")
  put("lack_of_fit_p", pchisq(left, length(x) - 2, lower.tail = FALSE), "pchisq")
  put("slope", unname(coef(lm(I(x / n) ~ s, weights = n))[2]), "lm(weights = n)")
  away <- s - weighted.mean(s, n)
  factors <- n * away / sum(n * away^2)
  limits <- slope_limits(x, n, factors)
  put("slope_error", sqrt(sum(factors^2 * x / n * (1 - x / n) / n)), "formula")
  put("slope_low", limits[1], "formula on prop.test")
  put("slope_high", limits[2], "formula on prop.test")
  if (sum(n) < 300) {
    # coin takes whole scores only: these are twice as large, from 0.
    people <- data.frame(
      answer = factor(rep(c("yes", "no"), c(sum(x), sum(n - x))), levels = c("yes", "no")),
      score = 2 * (c(rep(s, x), rep(s, n - x)) - min(s))
    )
    for (side in c("two.sided", "greater", "less")) {
      exact <- independence_test(
        score ~ answer, data = people, distribution = exact(), alternative = side
      )
      put(paste("exact", side), as.numeric(pvalue(exact)), "coin::independence_test exact")
    }
  }
}

# Ordered answers: linear by linear with N - 1, and Kendall's S between waves and answers.

tables <- list(
  pain = cbind(c(26, 26, 23, 18, 9), c(6, 7, 9, 14, 23)),
  malformations = cbind(c(17066, 14464, 788, 126, 37), c(48, 38, 5, 1, 1)),
  bands = rbind(c(12, 9, 7, 2), c(10, 11, 9, 5), c(6, 8, 12, 9)),
  sparse = rbind(c(3, 0, 1), c(1, 2, 0), c(0, 1, 2), c(0, 0, 3))
)
row_scores <- list(
  pain = 0:4, malformations = c(0, 0.5, 1.5, 4, 7), bands = c(2015, 2016, 2019), sparse = 1:4
)
column_scores <- list(
  pain = 0:1, malformations = 0:1, bands = c(0, 3, 8, 20), sparse = c(1, 2, 4)
)

for (name in names(tables)) {
  table <- tables[[name]]
  wave <- rep(row(table), table)
  answer <- rep(col(table), table)
  row_of <- function(test, scores, figure, value, source) {
    write_row(test, t(table), dim(table), scores, figure, value, source)
  }
  both <- c(row_scores[[name]], column_scores[[name]])
  mantel <- independence_test(
    y ~ x,
    data = data.frame(x = row_scores[[name]][wave], y = column_scores[[name]][answer]),
    teststat = "quadratic"
  )
  row_of("linear_by_linear", both, "squared", as.numeric(statistic(mantel)), "coin quadratic")
  row_of("linear_by_linear", both, "p_value", as.numeric(pvalue(mantel)), "coin quadratic")
  middle <- independence_test(
    y ~ x, data = data.frame(x = rank(wave), y = rank(answer)), teststat = "quadratic"
  )
  row_of("midranks", 0, "squared", as.numeric(statistic(middle)), "coin quadratic on rank")
  row_of("midranks", 0, "p_value", as.numeric(pvalue(middle)), "coin quadratic on rank")
  if (sum(table) > 1000) next # cor.test keeps all pairs
  for (side in c("two.sided", "greater", "less")) {
    for (correct in c(FALSE, TRUE)) {
      # With the correction R takes it from |S| on one side, too.
      if (correct && side != "two.sided") next
      kendall <- cor.test(
        wave, answer, method = "kendall", exact = FALSE, continuity = correct, alternative = side
      )
      figure <- paste(if (correct) "corrected" else "plain", side)
      row_of("jonckheere_terpstra", 0, paste("z", figure), unname(kendall$statistic), "cor.test")
      row_of("jonckheere_terpstra", 0, paste("p", figure), kendall$p.value, "cor.test")
    }
  }
  pairs <- outer(wave, wave, "<")
  higher <- outer(answer, answer, "<") + outer(answer, answer, "==") / 2
  row_of("jonckheere_terpstra", 0, "J", sum(pairs * higher), "outer")
}

# Printed figures.

series <- list(
  rise = list(c(31, 35, 38, 44, 45), c(2015, 2016, 2018, 2019, 2021)),
  mixed = list(c(22, 25, 21, 30, 28, 35, 31, 39), c(2010, 2011, 2013, 2014, 2016, 2018, 2019, 2022)),
  steady = list(c(14.2, 13.9, 15.1, 12.7, 14.8, 13.1), 2011:2016),
  ties = list(c(5, 7, 7, 8, 8, 8, 6, 9, 11, 10), 2001:2010),
  long = list(
    c(10, 12, 9, 15, 14, 18, 17, 16, 21, 19, 24, 22), c(2001:2008, 2010, 2011, 2014, 2015)
  )
)

for (case in series) {
  y <- case[[1]]
  t <- case[[2]]
  put <- function(figure, value, source) write_row("series", y, 0, t, figure, value, source)
  first <- suppressWarnings(cor.test(t, y, method = "kendall", exact = FALSE))
  corrected <- suppressWarnings(
    cor.test(t, y, method = "kendall", exact = FALSE, continuity = TRUE)
  )
  put("tau", unname(first$estimate), "cor.test")
  put("z", unname(first$statistic), "cor.test")
  put("p asymptotic", first$p.value, "cor.test")
  put("z corrected", unname(corrected$statistic), "cor.test(continuity = TRUE)")
  put("p corrected", corrected$p.value, "cor.test(continuity = TRUE)")
  if (!anyDuplicated(y)) {
    for (side in c("two.sided", "greater", "less")) {
      exact <- cor.test(t, y, method = "kendall", exact = TRUE, alternative = side)
      put(paste("p exact", side), exact$p.value, "cor.test(exact = TRUE)")
    }
  }
  slopes <- sort((outer(y, y, "-") / outer(t, t, "-"))[lower.tri(diag(length(y)))])
  put("slope", median(slopes), "median(outer)")
  # Gilbert (1987), 16.4 and 16.5, with the variance that R's z has.
  pairs <- sum(sign(outer(y, y, "-")[lower.tri(diag(length(y)))]))
  n <- length(y)
  ties <- table(y)
  variance <- (n * (n - 1) * (2 * n + 5) - sum(ties * (ties - 1) * (2 * ties + 5))) / 18
  stopifnot(all.equal(abs(pairs) / sqrt(variance), abs(unname(first$statistic))))
  for (level in c(0.8, 0.95)) {
    width <- qnorm(1 - (1 - level) / 2) * sqrt(variance)
    places <- c((length(slopes) - width) / 2, (length(slopes) + width) / 2 + 1)
    if (places[1] < 1) next
    limits <- approx(seq_along(slopes), slopes, places)$y
    put(paste("low", level), limits[1], "Gilbert's formula")
    put(paste("high", level), limits[2], "Gilbert's formula")
  }
}

# Polynomials of the true times.

times <- list(c(2015, 2016, 2018, 2019, 2021), c(2001, 2003.5, 2004, 2010), 2011:2018)
for (t in times) {
  for (degree in seq_len(3)) {
    values <- contr.poly(length(t), scores = t)[, degree]
    for (wave in seq_along(t)) {
      write_row("polynomials", wave, degree, t, "value", values[wave], "contr.poly(scores =)")
    }
  }
}

# Generalised least squares, by lm on what the covariance makes independent with variance 1.

estimates <- c(0.40, 0.43, 0.44, 0.49, 0.47, 0.52)
at <- c(2015, 2016, 2018, 2019, 2021, 2022)
errors <- c(0.020, 0.020, 0.018, 0.021, 0.015, 0.025)
covariances <- list(
  apart = diag(errors^2), shared = outer(errors, errors) * (0.3 + 0.7 * diag(length(errors)))
)
for (covariance in covariances) {
  root <- solve(t(chol(covariance)))
  for (degree in 0:3) {
    powers <- outer(at - mean(at), 0:degree, "^")
    fit <- lm(root %*% estimates ~ 0 + I(root %*% powers))
    put <- function(figure, value, source) {
      write_row("least_squares", estimates, covariance, c(degree, at), figure, value, source)
    }
    left <- sum(residuals(fit)^2)
    df <- length(at) - 1 - degree
    put("left", left, "lm")
    put("left p", pchisq(left, df, lower.tail = FALSE), "pchisq")
    put("left F p", pf(left / df, df, 17, lower.tail = FALSE), "pf with 17")
    if (degree == 0) next
    scale <- sqrt(left / df)
    error <- summary(fit)$coefficients[, 2] / scale
    for (power in 0:degree) {
      put(paste("coefficient", power), unname(coef(fit)[power + 1]), "lm")
      put(paste("error", power), unname(error[power + 1]), "lm")
    }
    none <- lm(root %*% estimates ~ 0 + I(root %*% powers[, 1]))
    gained <- sum(residuals(none)^2) - left
    put("gained", gained, "lm")
    put("gained F p", pf(gained / degree, degree, 17, lower.tail = FALSE), "pf with 17")
    t_value <- unname(coef(fit)[degree + 1] / error[degree + 1])
    put("highest p", 2 * pt(-abs(t_value), 17), "pt with 17")
  }
}

writeLines(lines, "trends.csv")
