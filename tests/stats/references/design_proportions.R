# Writes design_proportions.csv, the expected limits of design_proportion in
# tests/stats/test_intervals.py. Run in this folder: Rscript design_proportions.R. Last run with
# R 4.2.2 and survey 4.1.1, whose California school data (apistrat, apiclus1, apiclus2) it uses.
#
# A row holds what design_proportion is given, and the limits it shall give, within `within`. Rows
# of svyciprop are taken over where R follows the same rule; where it does not, on purpose, `unlike`
# says why, and the limits are other ones.

suppressMessages(library(survey))
data(api)

# --- formulas ------------------------------------------------------------------------------------

# The effective n, at most n, then adjusted for degrees of freedom, again at most n.
truncated <- function(case) {
  if (case$p == 0 || case$p == 1) case$n else min(case$n, case$n_effective)
}

adjusted <- function(case, level) {
  tail <- (1 - level) / 2
  factor <- if (is.infinite(case$df)) 1 else (qt(tail, case$n - 1) / qt(tail, case$df))^2
  min(truncated(case) * factor, case$n)
}

clopper_pearson <- function(case, level) {
  tail <- (1 - level) / 2
  n <- adjusted(case, level)
  x <- case$p * n
  y <- (1 - case$p) * n
  c(if (x == 0) 0 else qbeta(tail, x, y + 1), if (y == 0) 1 else qbeta(1 - tail, x + 1, y))
}

wilson <- function(case, level) {
  n <- adjusted(case, level)
  z <- qnorm(1 - (1 - level) / 2)
  p <- case$p
  ((2 * n * p + z^2) + c(-1, 1) * z * sqrt(z^2 + 4 * n * p * (1 - p))) / (2 * (n + z^2))
}

jeffreys <- function(case, level) {
  tail <- (1 - level) / 2
  n <- adjusted(case, level)
  x <- case$p * n
  y <- (1 - case$p) * n
  c(
    if (x == 0) 0 else qbeta(tail, x + 0.5, y + 0.5),
    if (y == 0) 1 else qbeta(1 - tail, x + 0.5, y + 0.5)
  )
}

agresti_coull <- function(case, level) {
  z <- qnorm(1 - (1 - level) / 2)
  n <- adjusted(case, level)
  p <- (case$p * n + z^2 / 2) / (n + z^2)
  half <- z * sqrt(p * (1 - p) / (n + z^2))
  c(max(p - half, 0), min(p + half, 1))
}

# The binomial tails as beta distributions, which do not need whole counts.
mid_p <- function(case, level) {
  tail <- (1 - level) / 2
  n <- adjusted(case, level)
  x <- case$p * n
  y <- n - x
  above <- function(t) (pbeta(t, x, y + 1) + pbeta(t, x + 1, y)) / 2 - tail
  below <- function(t) {
    (pbeta(t, x, y + 1, lower.tail = FALSE) + pbeta(t, x + 1, y, lower.tail = FALSE)) / 2 - tail
  }
  c(
    if (x == 0) 0 else uniroot(above, c(0, 1), tol = 1e-14)$root,
    if (y == 0) 1 else uniroot(below, c(0, 1), tol = 1e-14)$root
  )
}

quantile_of <- function(case, level) qt(1 - (1 - level) / 2, case$df)

error_of <- function(case) sqrt(case$p * (1 - case$p) / truncated(case))

logit <- function(case, level) {
  if (case$p == 0 || case$p == 1) return(clopper_pearson(case, level))
  error <- error_of(case) / (case$p * (1 - case$p))
  plogis(qlogis(case$p) + c(-1, 1) * quantile_of(case, level) * error)
}

arcsine <- function(case, level) {
  half <- quantile_of(case, level) / (2 * sqrt(truncated(case)))
  angle <- asin(sqrt(case$p)) + c(-1, 1) * half
  sin(pmin(pmax(angle, 0), pi / 2))^2
}

wald <- function(case, level) {
  if (case$p == 0 || case$p == 1) return(clopper_pearson(case, level))
  pmin(pmax(case$p + c(-1, 1) * quantile_of(case, level) * error_of(case), 0), 1)
}

# 2 n KL(p, theta) = t^2, on a logarithmic scale; the upper limit is the lower one of 1 - p.
likelihood <- function(case, level) {
  term <- function(a, b) if (a == 0) 0 else a * log(a / b)
  lower <- function(p) {
    if (p == 0) return(0)
    excess <- function(x) {
      distance <- term(p, exp(x)) + if (p == 1) 0 else term(1 - p, 1 - exp(x))
      2 * truncated(case) * distance - quantile_of(case, level)^2
    }
    exp(uniroot(excess, c(-700, log(p)), tol = 1e-14, maxiter = 10000)$root)
  }
  c(lower(case$p), 1 - lower(1 - case$p))
}

formulas <- list(
  wilson = wilson, `clopper-pearson` = clopper_pearson, `korn-graubard` = clopper_pearson,
  jeffreys = jeffreys, `agresti-coull` = agresti_coull, `mid-p` = mid_p,
  logit = logit, arcsine = arcsine, likelihood = likelihood, wald = wald
)
by_root <- c("mid-p", "likelihood")

# --- rows ----------------------------------------------------------------------------------------

lines <- "case,estimate,n,n_effective,df,method,confidence_level,low,high,within,unlike,source"

add <- function(case, method, level, limits, within, unlike, source) {
  lines <<- c(lines, sprintf(
    "%s,%.17g,%d,%.17g,%.17g,%s,%.2f,%.15g,%.15g,%.0e,%s,%s",
    case$name, case$p, as.integer(case$n), case$n_effective, case$df, method, level,
    limits[1], limits[2], within, unlike, source
  ))
}

add_formulas <- function(case, levels = c(0.95, 0.99), methods = names(formulas)) {
  for (method in methods) for (level in levels) {
    # R's uniroot stops earlier than its closed forms are exact.
    within <- if (method %in% by_root) 1e-08 else 1e-09
    add(case, method, level, formulas[[method]](case, level), within, "", "formula")
  }
}

no_cap <- "R does not cap the effective n at n"

# The limits of svyciprop, and where they differ on purpose.
add_svyciprop <- function(case, design, level = 0.95) {
  ask <- function(method) {
    as.numeric(attr(svyciprop(~y, design, method = method, level = level), "ci"))
  }
  capped <- if (case$n_effective > case$n) no_cap else ""
  call <- function(method) sprintf("svyciprop(method = '%s')", method)
  angle <- asin(sqrt(case$p)) + c(-1, 1) * quantile_of(case, level) / (2 * sqrt(case$n_effective))
  turned <- any(angle < 0 | angle > pi / 2)
  add(case, "korn-graubard", level, ask("beta"), 1e-09, capped, call("beta"))
  add(case, "logit", level, ask("xlogit"), 1e-09, capped, call("xlogit"))
  # svyglm stops iterating a little before xlogit's closed form.
  add(case, "logit", level, ask("logit"), 1e-06, capped, call("logit"))
  add(
    case, "arcsine", level, ask("asin"), 1e-09,
    if (turned) "R reflects an angle outside 0 to pi/2" else capped, call("asin")
  )
  mean <- ask("mean")
  add(case, "wald", level, pmin(pmax(mean, 0), 1), 1e-09, capped, call("mean"))
  # R's dispersion holds a factor (n - 1) / n, and a spline stands for the curve: its limits are
  # good to 1e-4, and to 1e-3 where few degrees of freedom make the curve long.
  shrunk <- case
  shrunk$n_effective <- case$n_effective * (case$n - 1) / case$n
  add(
    shrunk, "likelihood", level, ask("likelihood"), if (case$df < 7) 1e-03 else 1e-04,
    if (shrunk$n_effective > case$n) no_cap else "",
    paste(call("likelihood"), "with n_effective times (n - 1) / n")
  )
}

case_of <- function(name, design) {
  found <- svymean(~y, design)
  p <- coef(found)[[1]]
  list(
    name = name, p = p, n = nrow(design), n_effective = p * (1 - p) / vcov(found)[1, 1],
    df = degf(design)
  )
}

# --- school data ---------------------------------------------------------------------------------

designs <- list(
  apistrat = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = apistrat, fpc = ~fpc),
  apiclus1 = svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc),
  apiclus2 = svydesign(id = ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = apiclus2)
)
answers <- list(
  sch.wide = function(data) data$sch.wide == "Yes",
  awards = function(data) data$awards == "Yes",
  high = function(data) data$stype == "H",
  large = function(data) data$enroll > 1500 & !is.na(data$enroll)
)
for (design in names(designs)) for (answer in names(answers)) {
  held <- designs[[design]]
  held$variables$y <- as.numeric(answers[[answer]](held$variables))
  case <- case_of(paste(design, answer), held)
  # A stratum's own name has no variance in a stratified sample.
  if (case$n_effective > 1e9) case$n_effective <- Inf else add_svyciprop(case, held)
  add_formulas(case)
}

# --- made designs --------------------------------------------------------------------------------

set.seed(20260101)
for (number in 1:12) {
  strata <- sample(2:6, 1)
  psus <- sample(2:5, strata, replace = TRUE)
  stratum <- rep(seq_len(strata), psus)
  sizes <- sample(4:15, length(stratum), replace = TRUE)
  level <- qlogis(c(0.03, 0.1, 0.3, 0.5, 0.8, 0.97)[(number - 1) %% 6 + 1])
  pull <- rnorm(length(stratum), level, 0.8)
  made <- data.frame(
    stratum = rep(stratum, sizes),
    psu = rep(seq_along(stratum), sizes),
    w = round(rexp(sum(sizes), 1 / 50) + 5, 2),
    y = rbinom(sum(sizes), 1, rep(plogis(pull), sizes))
  )
  if (all(made$y == 0) || all(made$y == 1)) next
  held <- svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = made)
  case <- case_of(paste("made", number), held)
  add_svyciprop(case, held)
  add_formulas(case)
}

# --- none, all, and simple samples ---------------------------------------------------------------

for (p in c(0, 1)) for (size in c(5, 90)) for (df in c(1, 4, Inf)) {
  add_formulas(list(name = "none or all", p = p, n = size, n_effective = NaN, df = df))
}
pairs <- rbind(
  c(1, 2), c(2, 5), c(1, 10), c(7, 20), c(1, 29), c(15, 148), c(81, 263), c(232, 272), c(469, 470),
  c(3, 5000), c(2512, 5000), c(0, 1), c(1, 1), c(0, 148), c(148, 148)
)
added <- c("korn-graubard", "logit", "arcsine", "likelihood", "wald")
for (row in seq_len(nrow(pairs))) {
  p <- pairs[row, 1] / pairs[row, 2]
  case <- list(name = "simple", p = p, n = pairs[row, 2], n_effective = pairs[row, 2], df = Inf)
  add_formulas(case, c(0.90, 0.95, 0.99), added)
}
writeLines(lines, "design_proportions.csv")
