# Computes with R survey what tests/parity compares: reads rows.csv and cases.csv in the folder
# given, and writes results.csv there. Run with R 4.2.2 and survey 4.1.1: Rscript run.R folder

suppressPackageStartupMessages(library(survey))
options(warn = -1) # what R tells of odd samples is not compared
folder <- commandArgs(trailingOnly = TRUE)[1]

codes <- c("s", "q", "r", "g")
rows <- read.csv(file.path(folder, "rows.csv"), na.strings = "", check.names = FALSE)
rows[codes] <- lapply(rows[codes], as.character)
cases <- read.csv(file.path(folder, "cases.csv"), na.strings = "", colClasses = "character")

said <- function(case, name) !is.na(case[[name]])

# Options that R keeps for the whole session.
lonely <- c(error = "fail", certainty = "certainty", adjust = "adjust", average = "average")
types <- c(
  jk1 = "JK1", jkn = "JKn", brr = "BRR", fay = "Fay", bootstrap = "bootstrap",
  sdr = "successive-difference", acs = "ACS"
)

linearised <- function(case, data) {
  options(survey.lonely.psu = lonely[[case$lonely]])
  second <- said(case, "ssu") || said(case, "ssu_population")
  # Without units of a stage, respondents were drawn.
  data$one <- seq_len(nrow(data))
  first <- if (said(case, "psu")) "p" else "one"
  inner <- if (said(case, "ssu")) "u" else "one"
  stages <- if (second) c(first, inner) else first
  sizes <- if (second) c("population", "ssu_population") else "population"
  svydesign(
    id = reformulate(stages), weights = ~w, data = data, nest = TRUE,
    strata = if (said(case, "strata")) ~s,
    fpc = if (said(case, "population")) reformulate(sizes)
  )
}

replicated <- function(case, data) {
  columns <- paste0("r", seq_len(as.integer(case$replicates)))
  given <- list(
    data = data, weights = ~w, repweights = data[columns], type = types[[case$replication]],
    combined.weights = TRUE, mse = case$centre == "full"
  )
  count <- length(columns)
  if (said(case, "scale")) {
    given$scale <- as.numeric(case$scale)
    given$rscales <- rep(1, count)
  }
  if (said(case, "factors")) given$rscales <- as.numeric(strsplit(case$factors, " ")[[1]])
  if (case$replication == "jk1") given$scale <- (count - 1) / count
  if (said(case, "rho")) given$rho <- as.numeric(case$rho)
  do.call(svrepdesign, given)
}

kept <- list() # the lines of the case at hand
add <- function(case, what, value, domain = "", answer = "", domain2 = "", answer2 = "") {
  text <- paste(
    case$number, what, domain, answer, domain2, answer2, sprintf("%.17g", as.numeric(value)),
    sep = ","
  )
  kept[[length(kept) + 1]] <<- text
}
quietly <- function(code) tryCatch(code, error = function(condition) NULL)

# Shares of the answers in one group, their design effects and intervals.
methods <- c(logit = "xlogit", arcsine = "asin", `korn-graubard` = "beta", wald = "mean")
shares <- function(case, design, part, domain) {
  df <- degf(part)
  add(case, "n", sum(weights(part, "sampling") != 0), domain)
  add(case, "df_of_r", df, domain)
  if (said(case, "replication")) part$degf <- df <- degf(design) # `beta` looks there
  if (case$df == "design") df <- degf(design)
  add(case, "df", df, domain)
  for (answer in sort(unique(part$variables$q))) {
    part$variables$hit <- as.numeric(part$variables$q == answer)
    found <- quietly(svymean(~hit, part, deff = "replace"))
    if (is.null(found)) next
    add(case, "estimate", coef(found), domain, answer)
    add(case, "standard_error", SE(found), domain, answer)
    add(case, "design_effect", deff(found), domain, answer)
    for (method in names(methods)) {
      limits <- quietly(attr(svyciprop(~hit, part, method = methods[[method]], df = df), "ci"))
      if (is.null(limits)) limits <- c(NaN, NaN)
      add(case, paste0(method, "_low"), limits[1], domain, answer)
      add(case, paste0(method, "_high"), limits[2], domain, answer)
    }
  }
  # By a model, which is slow and fails with replicates: of the first answer among all.
  if (domain == "" && !said(case, "replication")) {
    part$variables$hit <- as.numeric(part$variables$q == min(part$variables$q))
    limits <- quietly(attr(svyciprop(~hit, part, method = "likelihood", df = df), "ci"))
    if (is.null(limits)) limits <- c(NaN, NaN)
    add(case, "likelihood_low", limits[1], domain, min(part$variables$q))
    add(case, "likelihood_high", limits[2], domain, min(part$variables$q))
  }
}

# The covariance of all answers in all groups.
covariances <- function(case, part) {
  part$variables$q <- factor(part$variables$q)
  part$variables$g <- factor(part$variables$g)
  if (nlevels(part$variables$q) < 2 || nlevels(part$variables$g) < 2) return()
  found <- quietly(svyby(~q, ~g, part, svymean, covmat = TRUE))
  if (is.null(found)) return()
  pairs <- expand.grid(g = levels(part$variables$g), q = levels(part$variables$q))
  spread <- vcov(found)
  # Its rows: answer by answer, and group by group in each.
  stopifnot(all(rownames(spread) == paste0(pairs$g, ":q", pairs$q)))
  for (one in seq_len(nrow(pairs))) for (other in seq_len(one)) {
    add(
      case, "covariance", spread[one, other], paste0("g=", pairs$g[one]), pairs$q[one],
      paste0("g=", pairs$g[other]), pairs$q[other]
    )
  }
}

tables <- function(case, part) {
  for (statistic in c("F", "Chisq")) {
    found <- quietly(svychisq(~ q + r, part, statistic = statistic))
    if (is.null(found)) return()
    if (statistic == "F") {
      add(case, "F_statistic", found$statistic)
      add(case, "F_df_numerator", found$parameter[[1]])
      add(case, "F_df_denominator", found$parameter[[2]])
    }
    add(case, paste0(statistic, "_p_value"), found$p.value)
  }
}

# Statistics of a number x, and its ratio to z.
endings <- c(quantile = "", ci.2.5 = "_low", ci.97.5 = "_high", se = "_standard_error")
limits_of <- function(case, name, found, df, domain) {
  add(case, name, coef(found), domain)
  add(case, paste0(name, "_standard_error"), SE(found), domain)
  limits <- quietly(confint(found, df = df))
  if (is.null(limits)) return()
  add(case, paste0(name, "_low"), limits[1], domain)
  add(case, paste0(name, "_high"), limits[2], domain)
}
numbers <- function(case, design, part, domain) {
  df <- degf(if (case$df == "design" || said(case, "replication")) design else part)
  add(case, "x_df", df, domain)
  for (name in c("mean", "total")) {
    found <- quietly(if (name == "mean") svymean(~x, part) else svytotal(~x, part))
    if (!is.null(found)) limits_of(case, paste0("x_", name), found, df, domain)
  }
  found <- quietly(svyratio(~x, ~z, part))
  if (!is.null(found)) limits_of(case, "x_ratio", found, df, domain)
  asked <- c(0.1, 0.5, 0.9)
  found <- quietly(svyquantile(
    ~x, part, asked, qrule = "math", interval.type = "mean", ci = TRUE, df = df
  ))
  if (is.null(found)) return()
  values <- found$x
  colnames(values) <- sub("^se.*", "se", colnames(values)) # with replicates it is se.97.5
  for (place in seq_along(asked)) {
    for (column in intersect(names(endings), colnames(values))) {
      name <- paste0("x_quantile_", asked[place], endings[[column]])
      add(case, name, values[place, column], domain)
    }
  }
}

one_case <- function(case) {
  kept <<- list()
  data <- rows[rows$case == as.integer(case$number), ]
  design <- if (said(case, "replication")) replicated(case, data) else linearised(case, data)
  weighed <- sort(unique(data$g[data$w > 0 & !is.na(data$q) & !is.na(data$g)]))
  add(case, "df_of_design", degf(design))
  shares(case, design, subset(design, !is.na(q)), "")
  numbers(case, design, subset(design, !is.na(x)), "")
  for (group in weighed) {
    domain <- paste0("g=", group)
    shares(case, design, subset(design, !is.na(q) & g == group), domain)
    with_x <- subset(design, !is.na(x) & g == group)
    if (sum(weights(with_x, "sampling")) > 0) numbers(case, design, with_x, domain)
  }
  covariances(case, subset(design, !is.na(q) & g %in% weighed))
  tables(case, subset(design, !is.na(q) & !is.na(r)))
  unlist(kept)
}

each <- split(cases, as.integer(cases$number))
found <- lapply(each, one_case)
writeLines(
  c("case,what,domain,answer,domain2,answer2,value", unlist(found, use.names = FALSE)),
  file.path(folder, "results.csv")
)
