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

# Joints that are given: odds, and points a year of the fitted shares by the delta method.
joints <- c(2019.5)
ends <- c(2016, joints, 2024)
bent_columns <- function(time) c(time - 2016, pmax(time - joints, 0))
say_joints <- function(test, name, answer, model, mix) {
  b <- coef(model)
  v <- vcov(model)
  df <- model$df.residual
  limits <- function(what, estimate, se) {
    add(test, name, answer, what, estimate, "svyglm")
    add(test, name, answer, paste0(what, "_low"), estimate - qt(0.975, df) * se, "svyglm")
  }
  rows <- lapply(0:1, function(g) t(sapply(ends, function(time) c(1, bent_columns(time), g))))
  share <- 0
  gradient <- 0
  for (cell in seq_along(mix)) {
    x <- rows[[cell]][, seq_along(b)]
    p <- plogis(as.vector(x %*% b))
    share <- share + mix[cell] * p
    gradient <- gradient + mix[cell] * p * (1 - p) * x
  }
  slope <- diff(share) / diff(ends)
  turn <- diff(gradient) / diff(ends)
  for (part in 1:2) {
    odds <- sum(b[2:(1 + part)])
    se <- sqrt(sum(v[2:(1 + part), 2:(1 + part)]))
    limits(paste0("odds", part), odds, se)
    add(test, name, answer, paste0("p", part), 2 * pt(-abs(odds / se), df), "svyglm")
    limits(paste0("slope", part), slope[part], sqrt(turn[part, ] %*% v %*% turn[part, ]))
  }
  limits("bend", b[[3]], sqrt(v[3, 3]))
  add(test, name, answer, "bend_p", summary(model)$coefficients[3, 4], "svyglm")
  moves <- regTermTest(model, ~ since + after)
  add(test, name, answer, "moves", moves$Ftest, "regTermTest")
  add(test, name, answer, "moves_p", moves$p, "regTermTest")
}
rows$since <- rows$year - 2016
rows$after <- pmax(rows$year - joints, 0)
designs$independent <- update(designs$independent, since = rows$since, after = rows$after)
designs$shared <- update(designs$shared, since = rows$since, after = rows$after)
for (name in names(designs)) {
  d <- subset(designs[[name]], !is.na(q))
  for (answer in answers) {
    d <- update(d, hit = as.numeric(q == answer))
    model <- svyglm(hit ~ since + after, d, family = quasibinomial(), control = exact)
    say_joints("logistic-joints", name, answer, model, 1)
    model <- svyglm(hit ~ since + after + g, d, family = quasibinomial(), control = exact)
    mix <- tapply(weights(d), d$variables$g, sum)
    say_joints("logistic-joints-adjusted", name, answer, model, mix / sum(mix))
  }
}

# The same of a real series, each wave a simple sample: the joint is what a search finds.
gss <- read.csv("gss.csv", na.strings = "")
gss <- gss[rep(seq_len(nrow(gss)), gss$n), ]
gss$hit <- as.numeric(gss$educGroup == "<12 yrs")
gss$since <- gss$year - 1978
gss$after <- pmax(gss$year - 1996, 0)
d <- subset(svydesign(~1, strata = ~year, weights = ~1, data = gss), !is.na(hit))
model <- svyglm(hit ~ since + after, d, family = quasibinomial(), control = exact)
v <- vcov(model)
x <- cbind(1, c(0, 18, 38), c(0, 0, 20))
p <- plogis(as.vector(x %*% coef(model)))
turn <- diff(p * (1 - p) * x) / c(18, 20)
for (part in 1:2) {
  here <- 2:(1 + part)
  add("joinpoint", "gss", "<12 yrs", paste0("odds", part), sum(coef(model)[here]), "svyglm")
  add("joinpoint", "gss", "<12 yrs", paste0("odds_error", part), sqrt(sum(v[here, here])), "svyglm")
  add("joinpoint", "gss", "<12 yrs", paste0("slope", part), diff(p)[part] / c(18, 20)[part], "svyglm")
  add("joinpoint", "gss", "<12 yrs", paste0("error", part), sqrt(turn[part, ] %*% v %*% turn[part, ]), "svyglm")
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
    x <- cbind(1, years - 2016, pmax(years - joints, 0))
    spread <- solve(t(x) %*% solve(v, x))
    bent <- as.vector(spread %*% t(x) %*% solve(v, coef(by)))
    add("least-squares-joints", name, "high", "slope1", bent[2], "svyby and gls by hand")
    add("least-squares-joints", name, "high", "slope2", bent[2] + bent[3], "svyby and gls by hand")
    add("least-squares-joints", name, "high", "statistic", bent[3] / sqrt(spread[3, 3]), "svyby and gls by hand")
  }
}
writeLines(lines, "trend.csv")
