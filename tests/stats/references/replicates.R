# Writes replicates.csv, the expected values of tests/stats/test_replicates.py, and what they are
# of: replicates_weights.csv, factors of the main weight for each unit and replicate, and
# replicates_units.csv, weighted totals of the units of California schools that come with R survey:
# districts of apiclus1 (y: points, z: primary schools, x: schools), and two schools of each type of
# apistrat as pairs (y: points, z: points a year before, x: pupils).
# Run in this folder: Rscript replicates.R. Last run with R 4.2.2 and survey 4.1.1.
suppressMessages(library(survey))
data(api)
suppressWarnings(RNGversion("4.0.0"))
set.seed(20)

digits <- function(x) sprintf("%.15g", x)
schools <- with(apiclus1, data.frame(
  data = "apiclus1", unit = dnum, weight = pw, y = api00,
  z = as.numeric(stype == "E"), x = 1
))
two_each <- apistrat[unlist(tapply(1:200, apistrat$stype, head, 2)), ]
pairs <- with(two_each, data.frame(
  data = "pairs", unit = 1:6, weight = pw, y = api00, z = api99, x = api.stu
))

# Half-samples of a Hadamard matrix of order 4: of each pair the first or the second school.
halves <- rbind(c(1, 1, 1), c(1, -1, -1), c(-1, 1, -1), c(-1, -1, 1))
half_samples <- function(rho) sapply(1:4, function(replicate) {
  first <- c(1, 3, 5)
  factor <- rep(rho, 6)
  factor[ifelse(halves[replicate, ] == 1, first, first + 1)] <- 2 - rho
  factor
})
leave_one <- matrix(1, 6, 6)
for (out in 1:6) {
  leave_one[two_each$stype == two_each$stype[out], out] <- 2
  leave_one[out, out] <- 0
}
districts <- unique(apiclus1$dnum)
one_out <- outer(apiclus1$dnum, districts, "!=") * 15 / 14
again <- subbootweights(rep(1, 183), apiclus1$dnum, replicates = 20, compress = FALSE)$repweights
# Districts in pairs as on a list, with the signs of the successive difference method.
signs <- function(size) if (size == 1) matrix(1) else signs(size / 2) %x% rbind(c(1, 1), c(1, -1))
rows <- signs(16)
successive <- sapply(1:16, function(r) {
  1 + 2^-1.5 * (rows[2 + (0:14) %% 14, r] - rows[2 + (1:15) %% 14, r])
})[match(apiclus1$dnum, districts), ]

design <- function(data, weights, kind, mse, ...) {
  suppressWarnings(svrepdesign(
    variables = data, repweights = weights, weights = data$weight, type = kind,
    combined.weights = FALSE, mse = mse, ...
  ))
}
kinds <- list(
  jk1 = list(schools, one_out, "JK1", list(scale = 14 / 15)),
  jk1_fpc = list(schools, one_out, "JK1", list(
    scale = 14 / 15, fpc = rep(15 / 757, 15), fpctype = "fraction"
  )),
  jkn = list(pairs, leave_one, "JKn", list(rscales = rep(1 / 2, 6))),
  jkn_fpc = list(pairs, leave_one, "JKn", list(
    rscales = rep(1 / 2, 6), fpc = c(0.1, 0.1, 0.2, 0.2, 0.5, 0.5), fpctype = "fraction"
  )),
  jk2 = list(pairs, leave_one[, c(1, 3, 5)], "JK2", list()),
  brr = list(pairs, half_samples(0), "BRR", list()),
  fay = list(pairs, half_samples(0.3), "Fay", list(rho = 0.3)),
  bootstrap = list(schools, again, "bootstrap", list()),
  bootstrap_mean = list(schools, again, "bootstrap", list(bootstrap.average = 5)),
  sdr = list(schools, successive, "successive-difference", list()),
  acs = list(schools, successive, "ACS", list())
)

lines <- "kind,mse,statistic,value_of,row,column,value,source"
add <- function(kind, mse, statistic, value_of, row, column, value, source) {
  lines <<- c(lines, sprintf(
    '%s,%s,%s,%s,%d,%d,%s,"%s"',
    kind, mse, statistic, value_of, row, column, digits(value), source
  ))
}
weights <- "kind,unit,replicate,factor"
for (name in names(kinds)) for (mse in c(TRUE, FALSE)) {
  kind <- kinds[[name]]
  d <- do.call(design, c(list(kind[[1]], kind[[2]], kind[[3]], mse), kind[[4]]))
  call <- paste0("svrepdesign(type = '", kind[[3]], "', mse = ", mse, ")")
  v <- vcov(svytotal(~ y + z + x, d))
  for (i in 1:3) for (j in 1:i) {
    add(name, mse, "total", "covariance", i - 1, j - 1, v[i, j], paste("vcov(svytotal),", call))
  }
  v <- vcov(svyratio(~y, ~x, d))
  add(name, mse, "ratio", "covariance", 0, 0, v, paste("vcov(svyratio),", call))
  if (mse) {
    add(name, mse, "all", "degf", 0, 0, degf(d), paste("degf,", call))
    units <- !duplicated(kind[[1]]$unit)
    for (r in seq_len(ncol(kind[[2]]))) weights <- c(weights, sprintf(
      "%s,%d,%d,%s", name, kind[[1]]$unit[units], r - 1, digits(kind[[2]][units, r])
    ))
  }
}
writeLines(lines, "replicates.csv")
writeLines(weights, "replicates_weights.csv")

units <- "data,unit,y,z,x"
for (data in list(schools, pairs)) for (unit in unique(data$unit)) {
  some <- data[data$unit == unit, ]
  units <- c(units, sprintf(
    "%s,%d,%s,%s,%s", some$data[1], unit,
    digits(sum(some$weight * some$y)), digits(sum(some$weight * some$z)),
    digits(sum(some$weight * some$x))
  ))
}
writeLines(units, "replicates_units.csv")
