# Writes trend.csv, the expected trends of tests/analysis/test_trend.py, of the sample that change.R
# makes up. Run in this folder: Rscript trend.R. Last run with R 4.2.2, survey 4.1.1, coin 1.4.2.
suppressMessages({
  library(survey)
  library(coin)
})
rows <- read.csv("change_data.csv", na.strings = "")
years <- sort(unique(rows$year))
answers <- c("low", "middle", "high")
rows$q <- factor(rows$q, answers, ordered = TRUE)
rows$time <- rows$year - mean(years)
rows$bend <- contr.poly(6, scores = years)[match(rows$year, years), 2]

lines <- "test,design,answer,what,value,source"
add <- function(test, design, answer, what, value, source) {
  lines <<- c(lines, sprintf("%s,%s,%s,%s,%.15g,%s", test, design, answer, what, value, source))
}

# Simple samples.
for (answer in answers) {
  n <- table(rows$year[!is.na(rows$q)])
  x <- table(factor(rows$year, years)[!is.na(rows$q) & rows$q == answer])
  trend <- prop.trend.test(as.vector(x), as.vector(n), years)
  add("cochran-armitage", "simple", answer, "squared", trend$statistic, "prop.trend.test")
  add("cochran-armitage", "simple", answer, "p_value", trend$p.value, "prop.trend.test")
  ordinal <- prop.trend.test(as.vector(x), as.vector(n), 1:6)
  add("cochran-armitage", "scores", answer, "p_value", ordinal$p.value, "prop.trend.test(score = 1:6)")
  kendall <- cor.test(as.vector(x / n), years, method = "kendall", exact = TRUE)
  add("mann-kendall", "simple", answer, "p_value", kendall$p.value, "cor.test(exact = TRUE)")
}
known <- rows[!is.na(rows$q), ]
wave <- match(known$year, years)
level <- as.integer(known$q)
years_first <- independence_test(
  y ~ x, data = data.frame(x = known$year, y = rank(level)), teststat = "quadratic"
)
add("linear-by-linear", "simple", "", "statistic", as.numeric(statistic(years_first)), "coin quadratic")
jt <- cor.test(wave, level, method = "kendall", exact = FALSE)
add("jonckheere-terpstra", "simple", "", "statistic", unname(jt$statistic), "cor.test(kendall)")
add("jonckheere-terpstra", "simple", "", "p_value", jt$p.value, "cor.test(kendall)")
whole <- chisq.test(table(wave, level), correct = FALSE)
add("homogeneity", "simple", "", "p_value", whole$p.value, "chisq.test")

# Designs: waves that share nothing, and waves with units in common.
rows$own_unit <- interaction(rows$year, rows$s, rows$unit, drop = TRUE)
rows$own_stratum <- interaction(rows$year, rows$s, drop = TRUE)
designs <- list(
  independent = svydesign(~own_unit, strata = ~own_stratum, weights = ~w, fpc = ~size, data = rows),
  shared = svydesign(~unit, strata = ~s, weights = ~w, nest = TRUE, data = rows)
)
exact <- glm.control(epsilon = 1e-14, maxit = 100)
say <- function(test, name, answer, model, term) {
  found <- summary(model)$coefficients[term, ]
  add(test, name, answer, "odds", found[1], "svyglm")
  add(test, name, answer, "statistic", found[3], "svyglm")
  add(test, name, answer, "p_value", found[4], "svyglm")
  add(test, name, answer, "df", model$df.residual, "svyglm")
}
for (name in names(designs)) {
  d <- subset(designs[[name]], !is.na(q))
  for (answer in answers) {
    d <- update(d, hit = as.numeric(q == answer))
    line <- svyglm(hit ~ time, d, family = quasibinomial(), control = exact)
    say("logistic", name, answer, line, "time")
    adjusted <- svyglm(hit ~ time + g, d, family = quasibinomial(), control = exact)
    say("logistic-adjusted", name, answer, adjusted, "time")
    bent <- svyglm(hit ~ time + bend + g, d, family = quasibinomial(), control = exact)
    test <- regTermTest(bent, ~bend)
    add("logistic-adjusted", name, answer, "curved", test$p, "regTermTest")
  }
  olr <- svyolr(q ~ time, d)
  add("cumulative-link", name, "", "odds", coef(olr)[["time"]], "svyolr")
  add("cumulative-link", name, "", "statistic", coef(olr)[["time"]] / SE(olr)[["time"]], "svyolr")
}

# Whether answers differ between waves in any way, each wave counting by its respondents.
for (name in c("independent", "shared", "three")) {
  own <- rows[!is.na(rows$q) & (name != "three" | rows$year < 2021), ]
  own$w <- own$w * ave(own$w, own$year, FUN = length) / ave(own$w, own$year, FUN = sum)
  d <- if (name != "independent") {
    svydesign(~unit, strata = ~s, weights = ~w, nest = TRUE, data = own)
  } else {
    svydesign(~own_unit, strata = ~own_stratum, weights = ~w, fpc = ~size, data = own)
  }
  d <- update(d, level = factor(q, ordered = FALSE))
  found <- svychisq(~ year + level, d, statistic = "F")
  add("homogeneity", name, "", "statistic", found$statistic, "svychisq(statistic = 'F')")
  add("homogeneity", name, "", "df", found$parameter[[1]], "svychisq(statistic = 'F')")
}

# Generalised least squares on the shares and their covariance.
for (name in names(designs)) {
  d <- subset(designs[[name]], !is.na(q))
  d <- update(d, hit = as.numeric(q == "high"))
  by <- svyby(~hit, ~year, d, svymean, covmat = TRUE)
  v <- vcov(by)
  x <- cbind(1, years - mean(years))
  spread <- solve(t(x) %*% solve(v, x))
  slope <- (spread %*% t(x) %*% solve(v, coef(by)))[2]
  add("least-squares", name, "high", "slope", slope, "svyby and gls by hand")
  if (name == "independent") {
    add("least-squares", name, "high", "statistic", slope / sqrt(spread[2, 2]), "svyby and gls by hand")
  }
}
writeLines(lines, "trend.csv")
