# Writes change.csv, the expected changes of tests/analysis/test_designed_change.py and
# tests/analysis/test_shift.py, and the made-up sample that they, and trend.R, are of: six waves
# with strata and sampling units, some of them and of their people in several waves.
# Run in this folder: Rscript change.R. Last run with R 4.2.2, survey 4.1.1 and coin 1.4.2.
suppressMessages({
  library(survey)
  library(coin)
})

# Six waves. Units 1 to 8 of each stratum are in the first three, units 5 to 12 in the rest; of five
# people in a unit, three are in the next wave again. Answers lean on the unit and the person.
set.seed(2031, kind = "Mersenne-Twister", sample.kind = "Rejection")
years <- c(2016, 2018, 2019, 2021, 2022, 2024)
strata <- c(north = 180, middle = 90, south = 40)
people <- expand.grid(slot = 1:17, unit = 1:12, s = names(strata), stringsAsFactors = FALSE)
people$id <- seq_len(nrow(people)) + 1000
of_unit <- rnorm(36, 0, 0.5)
people$own <- rnorm(nrow(people)) + rep(of_unit, each = 17)
people$g <- ifelse(runif(nrow(people)) < 0.45, "town", "village")
people$w <- round(exp(rnorm(nrow(people), 1.2, 0.35)), 2)
rows <- NULL
for (wave in seq_along(years)) {
  units <- if (wave <= 3) 1:8 else 5:12
  here <- people[people$unit %in% units & people$slot > 2 * (wave - 1) & people$slot <= 2 * wave + 3, ]
  level <- 0.6 * here$own + 0.13 * (years[wave] - 2016) + 0.4 * (here$g == "town") +
    rnorm(nrow(here), 0, 0.8)
  here$year <- years[wave]
  here$size <- strata[here$s]
  here$q <- as.character(cut(level, c(-Inf, -0.3, 0.7, Inf), c("low", "middle", "high")))
  here$q[runif(nrow(here)) < 0.04] <- NA
  rows <- rbind(rows, here)
}
rows <- rows[, c("year", "s", "unit", "size", "id", "w", "g", "q")]
write.csv(rows, "change_data.csv", row.names = FALSE, quote = FALSE, na = "")

lines <- "case,domain,answer,from,to,what,value,source"
add <- function(case, domain, answer, from, to, what, value, source) {
  lines <<- c(lines, sprintf(
    "%s,%s,%s,%s,%s,%s,%.15g,%s", case, domain, answer, from, to, what, value, source
  ))
}
answers <- c("low", "middle", "high")

# Waves that share nothing: each by its own design, with the finite population.
one_wave <- function(year, part = NULL, ...) {
  d <- svydesign(~unit, strata = ~s, weights = ~w, nest = TRUE, data = rows[rows$year == year, ], ...)
  d <- subset(d, !is.na(q))
  if (is.null(part)) d else subset(d, g == part)
}
apart <- function(case, from, to, part, domain, ...) {
  d <- list(one_wave(from, part, ...), one_wave(to, part, ...))
  for (answer in answers) {
    m <- lapply(d, function(x) svymean(~ I(as.numeric(q == answer)), x))
    add(case, domain, answer, from, to, "difference", coef(m[[2]]) - coef(m[[1]]), "svymean")
    add(
      case, domain, answer, from, to, "standard_error",
      sqrt(SE(m[[1]])^2 + SE(m[[2]])^2), "svymean of each wave"
    )
    add(case, domain, answer, from, to, "df", degf(d[[1]]) + degf(d[[2]]), "degf of each wave")
  }
}
for (pair in list(c(2016, 2018), c(2016, 2024))) {
  apart("independent", pair[1], pair[2], NULL, "")
  apart("independent-fpc", pair[1], pair[2], NULL, "", fpc = ~size)
  for (part in c("town", "village")) {
    apart("independent-fpc", pair[1], pair[2], part, paste0("g=", part), fpc = ~size)
  }
}

# Waves that share units, or people: stacked, so that a unit in several is one.
stacked <- function(some, id) {
  d <- svydesign(id, strata = ~s, weights = ~w, nest = TRUE, data = rows[rows$year %in% some, ])
  subset(d, !is.na(q))
}
together <- function(case, some, id, domain = "", part = NULL) {
  d <- stacked(some, id)
  df <- degf(d)
  if (!is.null(part)) d <- subset(d, g == part)
  for (answer in answers) {
    d <- update(d, hit = as.numeric(q == answer))
    by <- svyby(~hit, ~year, d, svymean, covmat = TRUE)
    v <- vcov(by)
    from <- some[1]
    to <- some[length(some)]
    add(case, domain, answer, from, to, "correlation", cov2cor(v)[1, length(some)], "svyby(covmat)")
    add(case, domain, answer, from, to, "df", df, "degf of the stacked design")
    if (length(some) == 2) {
      c1 <- svycontrast(by, c(-1, 1))
      add(case, domain, answer, from, to, "difference", coef(c1), "svycontrast")
      add(case, domain, answer, from, to, "standard_error", SE(c1), "svycontrast")
    } else {
      rest <- svycontrast(by, c(-1, 0.5, 0.5))
      add(case, domain, answer, from, "rest", "difference", coef(rest), "svycontrast")
      add(case, domain, answer, from, "rest", "standard_error", SE(rest), "svycontrast")
      mean <- svycontrast(by, c(2, -1, -1) / 3)
      add(case, domain, answer, from, "mean", "difference", coef(mean), "svycontrast")
      add(case, domain, answer, from, "mean", "standard_error", SE(mean), "svycontrast")
    }
  }
}
# Where samples share some units only, each wave keeps the variance of its own design.
half <- function(case, from, to, id) {
  own <- lapply(c(from, to), function(year) {
    d <- svydesign(id, strata = ~s, weights = ~w, nest = TRUE, data = rows[rows$year == year, ])
    subset(d, !is.na(q))
  })
  both <- stacked(c(from, to), id)
  for (answer in answers) {
    v <- sapply(own, function(d) SE(svymean(~ I(as.numeric(q == answer)), d)))
    by <- svyby(~hit, ~year, update(both, hit = as.numeric(q == answer)), svymean, covmat = TRUE)
    r <- cov2cor(vcov(by))[1, 2]
    error <- sqrt(v[1]^2 + v[2]^2 - 2 * r * v[1] * v[2])
    source <- "svymean of each wave; correlation of svyby"
    add(case, "", answer, from, to, "correlation", r, "svyby(covmat)")
    add(case, "", answer, from, to, "standard_error", error, source)
    add(case, "", answer, from, to, "standard_error_if_independent", sqrt(v[1]^2 + v[2]^2), source)
    add(case, "", answer, from, to, "df", degf(both), "degf of the stacked design")
  }
}
half("half", 2019, 2021, ~unit)
half("rotating", 2016, 2018, ~id)
together("shared-psu", c(2016, 2018), ~unit) # all units in both
together("shared-psu", c(2016, 2018), ~unit, "g=town", "town")
together("three", c(2016, 2018, 2019), ~unit)

# A panel under a design: those who answered in both waves, as a part of each wave's design.
returned <- function(case, from, to, domain = "", part = NULL) {
  two <- rows[rows$year %in% c(from, to), ]
  two$here <- !is.na(two$q) & (is.null(part) | two$g %in% part)
  two$both <- two$here & ave(as.numeric(two$here), two$id, FUN = sum) == 2
  of_units <- function(some, id = ~unit) {
    svydesign(id, strata = ~s, weights = ~w, nest = TRUE, data = some)
  }
  for (answer in answers) {
    own <- lapply(c(from, to), function(year) {
      svymean(~ I(as.numeric(q == answer)), subset(of_units(two[two$year == year, ]), both))
    })
    d <- subset(of_units(two), both)
    by <- svyby(~hit, ~year, update(d, hit = as.numeric(q == answer)), svymean, covmat = TRUE)
    add(case, domain, answer, from, to, "from", coef(own[[1]]), "svymean of a subset")
    add(case, domain, answer, from, to, "difference", coef(own[[2]]) - coef(own[[1]]), "svymean of a subset")
    apart <- sqrt(SE(own[[1]])^2 + SE(own[[2]])^2)
    add(case, domain, answer, from, to, "standard_error_if_independent", apart, "svymean of a subset")
    add(case, domain, answer, from, to, "correlation", cov2cor(vcov(by))[1, 2], "svyby(covmat)")
    add(case, domain, answer, from, to, "df", degf(d), "degf of the stacked design")
    add(case, domain, answer, from, to, "n", sum(two$both) / 2, "sum")
  }
}
returned("panel", 2016, 2018)
returned("panel", 2019, 2021)
returned("panel", 2016, 2018, "g=town", "town")

# The same people in two waves, and who went where.
wide <- merge(rows[rows$year == 2016, ], rows[rows$year == 2018, ], by = "id")
wide <- wide[!is.na(wide$q.x) & !is.na(wide$q.y), ]
before <- factor(wide$q.x, answers)
after <- factor(wide$q.y, answers)
put <- function(answer, what, value, source) add("people", "", answer, 2016, 2018, what, value, source)
put("", "n", nrow(wide), "merge")
for (answer in answers) {
  put(answer, "difference", mean(after == answer) - mean(before == answer), "mean")
  two <- mcnemar.test(table(before == answer, after == answer), correct = FALSE)
  put(answer, "mcnemar", two$p.value, "mcnemar.test(correct = FALSE)")
}
crossed <- table(before, after)
for (one in answers) for (other in answers) put(paste0(one, "-", other), "count", crossed[one, other], "table")
homogeneous <- mh_test(as.table(crossed))
put("", "marginal_statistic", as.numeric(statistic(homogeneous)), "coin::mh_test")
put("", "marginal_p_value", as.numeric(pvalue(homogeneous)), "coin::mh_test")
symmetric <- mcnemar.test(crossed)
put("", "symmetry_statistic", unname(symmetric$statistic), "mcnemar.test of 3 by 3")
put("", "symmetry_p_value", symmetric$p.value, "mcnemar.test of 3 by 3")

# Shifts of simple samples.
for (pair in list(c(2016, 2018), c(2016, 2024))) {
  level <- lapply(pair, function(year) {
    as.integer(factor(rows$q[rows$year == year & !is.na(rows$q)], answers))
  })
  w <- suppressWarnings(wilcox.test(level[[2]], level[[1]]))
  higher <- unname(w$statistic) / length(level[[1]]) / length(level[[2]])
  add("simple", "", "", pair[1], pair[2], "superiority", higher, "wilcox.test")
}
writeLines(lines, "change.csv")
