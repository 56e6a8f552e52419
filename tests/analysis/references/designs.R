# Writes designs.csv, the expected values of tests/analysis/test_designed.py, and the data they are
# of: California schools of the year 2000, which come with R survey (data(api)).
# Run in this folder: Rscript designs.R. Last run with R 4.2.2, survey 4.1.1.
suppressMessages(library(survey))
data(api)

write_data <- function(data, name) write.csv(data, name, row.names = FALSE, quote = FALSE)

keep <- c("stype", "awards", "sch.wide")
strat <- apistrat[, c(keep, "pw", "fpc")]
clus1 <- apiclus1[, c(keep, "pw", "fpc", "dnum")]
clus2 <- apiclus2[, c(keep, "pw", "fpc1", "fpc2", "dnum", "snum")]

designs <- list(
  strat = svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = strat),
  strat_wr = svydesign(id = ~1, strata = ~stype, weights = ~pw, data = strat),
  clus1 = svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = clus1),
  clus1_wr = svydesign(id = ~dnum, weights = ~pw, data = clus1),
  clus2 = svydesign(id = ~dnum + snum, weights = ~pw, fpc = ~fpc1 + fpc2, data = clus2),
  weights = svydesign(id = ~1, weights = ~pw, data = clus2)
)

set.seed(1)
replicated <- list(
  jk1 = as.svrepdesign(designs$clus1_wr, type = "JK1"),
  boot = as.svrepdesign(designs$clus1_wr, type = "bootstrap", replicates = 20)
)
for (name in names(replicated)) {
  repweights <- weights(replicated[[name]], type = "analysis")
  colnames(repweights) <- paste0(name, "_", seq_len(ncol(repweights)))
  clus1 <- cbind(clus1, signif(repweights, 12))
}
jk1 <- svrepdesign(
  data = clus1, weights = ~pw, repweights = "^jk1_", type = "JK1", mse = TRUE,
  combined.weights = TRUE, scale = (ncol(weights(replicated$jk1)) - 1) / ncol(weights(replicated$jk1))
)
boot <- svrepdesign(
  data = clus1, weights = ~pw, repweights = "^boot_", type = "bootstrap", mse = FALSE,
  combined.weights = TRUE, scale = replicated$boot$scale, rscales = rep(1, 20)
)
designs$jk1 <- jk1
designs$boot <- boot

lines <- "design,domain,answer,what,value,source"
add <- function(...) lines <<- c(lines, sprintf("%s,%s,%s,%s,%.15g,%s", ...))
for (name in names(designs)) {
  design <- designs[[name]]
  for (answer in c("Yes", "No")) {
    design <- update(design, hit = as.numeric(awards == answer))
    mean <- svymean(~hit, design, deff = "replace")
    add(name, "", answer, "estimate", coef(mean), "svymean")
    add(name, "", answer, "standard_error", SE(mean), "svymean")
    add(name, "", answer, "df", degf(design), "degf")
    if (!name %in% c("jk1", "boot")) {
      add(name, "", answer, "design_effect", deff(mean), "svymean(deff = 'replace')")
    }
    for (type in c("E", "H", "M")) {
      part <- subset(design, stype == type)
      domain <- svymean(~hit, part)
      add(name, paste0("stype=", type), answer, "estimate", coef(domain), "svymean of subset")
      add(name, paste0("stype=", type), answer, "standard_error", SE(domain), "svymean of subset")
      if (!name %in% c("jk1", "boot")) {
        add(name, paste0("stype=", type), answer, "df", degf(part), "degf of subset")
      }
    }
  }
  design <- update(design, hit = as.numeric(awards == "Yes"))
  by <- svyby(~hit, ~stype, design, svymean, covmat = TRUE)
  for (one in 1:3) for (other in 1:3) {
    pair <- paste0(c("E", "H", "M")[c(one, other)], collapse = "-")
    add(name, pair, "Yes", "covariance", vcov(by)[one, other], "svyby(covmat = TRUE)")
  }
}
writeLines(lines, "designs.csv")
write_data(strat, "apistrat.csv")
write_data(clus1, "apiclus1.csv")
write_data(clus2, "apiclus2.csv")
cat("scale of the bootstrap:", format(replicated$boot$scale, digits = 15), "\n")
