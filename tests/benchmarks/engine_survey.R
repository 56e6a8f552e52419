# R survey's part of the benchmark of the engine: Rscript engine_survey.R FILE.csv
# Prints seconds, and the share and standard error of the first band in the first wave.
suppressMessages(library(survey))
data <- read.csv(commandArgs(TRUE)[1], na.strings = "")
data$bands <- factor(data$bands)
start <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data, nest = TRUE)
bands <- svyby(~bands, ~wave, design, svymean, vartype = c("se", "ci"))
met <- svyby(~met, ~wave + country, design, svyciprop, vartype = "ci", method = "beta",
             na.rm = TRUE)
items <- c("email", "chat", "phone", "forum", "video", "letter", "visit", "website")
for (item in items) {
  svyby(reformulate(item), ~wave, design, svymean, vartype = "ci")
}
seconds <- proc.time()[["elapsed"]] - start
cat(seconds, format(bands[1, "bands1-10"], digits = 15), format(bands[1, "se.bands1-10"],
    digits = 15), "\n")
