# Writes logistic.csv, the expected values of tests/stats/test_logistic.py, and the data that they
# are of, logistic_data.csv: the California school data that come with R survey. Schools are put
# into made waves by their number, so that there is a trend to look for; cumulative.R uses the same.
# Run in this folder: Rscript logistic.R. Last run with R 4.2.2 and survey 4.1.1.
suppressMessages(library(survey))
data(api)

digits <- function(x) sprintf("%.15g", x)
years <- c(2015, 2016, 2018, 2019, 2021)
trend <- contr.poly(5, scores = years)
waves <- function(data) {
  place <- as.integer(data$snum) %% 5 + 1
  data$wave <- years[place]
  data$linear <- trend[place, 1]
  data$quadratic <- trend[place, 2]
  data$cubic <- trend[place, 3]
  data$level <- cut(data$api00, c(0, 550, 650, 750, 1000), labels = FALSE)
  data
}
samples <- list(strat = waves(apistrat), clus1 = waves(apiclus1), clus2 = waves(apiclus2))
apistrat <- samples$strat
apiclus1 <- samples$clus1
apiclus2 <- samples$clus2

apistrat$fpc1 <- apistrat$fpc
apiclus1$fpc1 <- apiclus1$fpc
columns <- c("dnum", "stype", "pw", "fpc1", "wave", "linear", "quadratic", "cubic", "awards", "level", "api99")
all <- do.call(rbind, lapply(names(samples), function(name) {
  cbind(sample = name, get(paste0("api", name))[, columns])
}))
numbers <- sapply(all, is.numeric)
all[numbers] <- lapply(all[numbers], function(x) digits(as.numeric(x)))
write.csv(all, "logistic_data.csv", row.names = FALSE, quote = FALSE, eol = "\n")

# The column `design` names one of these; `source` is the call, with the design as d.
designs <- list(
  strat = svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat),
  strat_wr = svydesign(~1, strata = ~stype, weights = ~pw, data = apistrat),
  clus1 = svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1),
  clus1_wr = svydesign(~dnum, weights = ~pw, data = apiclus1),
  clus2_wr = svydesign(~dnum, weights = ~pw, data = apiclus2),
  lonely = svydesign(~1, strata = ~dnum, weights = ~pw, data = apiclus1)
)
exact <- glm.control(epsilon = 1e-15, maxit = 100)
formula <- quote(awards == "Yes" ~ linear + quadratic + cubic + stype)
families <- list(
  logit = quote(quasibinomial()), identity = quote(gaussian()), log = quote(quasipoisson())
)

lines <- "design,base,lonely,link,value_of,row,column,value,source"
add <- function(key, value_of, row, column, value, source) {
  source <- gsub('"', "'", gsub("\\s+", " ", paste(deparse(source, 500), collapse = " ")))
  lines <<- c(lines, sprintf('%s,%s,%d,%d,%s,"%s"', key, value_of, row, column, digits(value), source))
}
add_all <- function(name, base, rule, link) {
  options(survey.lonely.psu = if (rule == "error") "fail" else rule)
  d <- designs[[name]]
  if (base == "some") d <- subset(d, api99 > 500)
  call <- bquote(svyglm(.(formula), d, family = .(families[[link]])))
  source <- call
  call$control <- exact
  # The variance is of the last step but one: once more from where it ended.
  call$start <- coef(suppressWarnings(eval(call)))
  m <- suppressWarnings(eval(call))
  key <- paste(name, base, rule, link, sep = ",")
  v <- vcov(m)
  for (i in seq_along(coef(m))) {
    add(key, "coefficient", i - 1, 0, coef(m)[i], source)
    for (j in seq_len(i)) add(key, "covariance", i - 1, j - 1, v[i, j], source)
  }
  add(key, "design_df", 0, 0, degf(d), quote(degf(d)))
  add(key, "df", 0, 0, m$df.residual, source)
  p <- summary(m)$coefficients[, 4]
  for (i in seq_along(p)) add(key, "p_value", i - 1, 0, p[i], source)
  for (terms in c("~ quadratic + cubic", "~ stype")) {
    test <- bquote(regTermTest(m, .(as.formula(terms))))
    found <- eval(test)
    what <- if (terms == "~ stype") "stype" else "curved"
    add(key, paste0("F_", what), 0, 0, found$Ftest, test)
    add(key, paste0("p_", what), 0, 0, found$p, test)
  }
}
for (name in names(designs)[1:5]) add_all(name, "all", "error", "logit")
for (name in c("strat", "clus1")) {
  for (link in c("identity", "log")) add_all(name, "all", "error", link)
}
for (name in c("strat", "clus1")) add_all(name, "some", "error", "logit")
for (rule in c("certainty", "adjust", "average")) add_all("lonely", "all", rule, "logit")
writeLines(lines, "logistic.csv")
