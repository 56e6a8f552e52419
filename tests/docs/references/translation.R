# Writes translation.csv, the numbers on docs/translation.md as R computes them, and the data that they
# are of: California schools of the year 2000, which come with R survey (data(api)).
# Every R block of the page is run, and the first cell of every row in its tables of numbers is evaluated.
# Run in this folder: Rscript translation.R. Last run with R 4.2.2, survey 4.1.1.
suppressMessages(library(survey))
data(api)

write_data <- function(data, keep, name) {
  write.csv(data[, keep], name, row.names = FALSE, quote = FALSE, na = "")
}
asked <- c("stype", "awards", "api00", "enroll", "pw")
write_data(apistrat, c(asked, "api.stu", "fpc"), "apistrat.csv")
write_data(apiclus1, c(asked, "fpc", "dnum"), "apiclus1.csv")
write_data(apiclus2, c(asked, "fpc1", "fpc2", "dnum", "snum"), "apiclus2.csv")

page <- readLines(file.path("..", "..", "..", "docs", "translation.md"), encoding = "UTF-8")
starts <- which(page == "```r")
ends <- which(page == "```")
for (start in starts) {
  end <- min(ends[ends > start])
  eval(parse(text = page[(start + 1):(end - 1)]), globalenv())
}

# Rows of a table whose header begins with R and here: the first cell is a call.
lines <- "call,value"
inside <- FALSE
for (line in page) {
  if (grepl("^[|] R [|] here [|]", line)) inside <- TRUE
  if (!grepl("^[|]", line)) inside <- FALSE
  call <- sub("^[|] `([^`]*)` [|].*$", "\\1", line)
  if (!inside || call == line) next
  value <- as.numeric(eval(parse(text = call), globalenv()))
  stopifnot(length(value) == 1)
  lines <- c(lines, sprintf("\"%s\",%.15g", gsub("\"", "\"\"", call), value))
}
writeLines(lines, "translation.csv")
