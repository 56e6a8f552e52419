# Writes multiplicity.csv, the expected values of tests/stats/test_multiplicity.py.
# Run in this folder: Rscript multiplicity.R. Last run with R 4.2.2. NA: a test without a p-value.

families <- list(
  c(0.01, 0.04, 0.03), c(0.04, 0.04, 0.04), c(0.9, 0.001, NA, 0.02, 0.02, 0.5), 0.03, c(NA, 0.2),
  c(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
    0.6528, 0.7590, 1),
  c(0, 1, 1, 0.5), c(0.021, 0.001, 0.017, 0.041, 0.005, 0.036, 0.042, 0.023, 0.07, 0.1),
  (1:40)^2 / 2000
)
methods <- c(
  holm = "holm", hochberg = "hochberg", hommel = "hommel", `benjamini-hochberg` = "BH",
  bonferroni = "bonferroni"
)
text <- function(p) paste(ifelse(is.na(p), "NA", sprintf("%.15g", p)), collapse = " ")
rows <- "method,raw,adjusted,source"
for (method in names(methods)) for (p in families) {
  found <- p.adjust(p, methods[[method]])
  rows <- c(rows, sprintf("%s,%s,%s,p.adjust(%s)", method, text(p), text(found), methods[[method]]))
}
writeLines(rows, "multiplicity.csv")
