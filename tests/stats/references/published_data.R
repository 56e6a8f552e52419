# Writes published_data.csv, the sampling units that the printed numbers of published.csv are of.
# Run in this folder: Rscript published_data.R. Last run with R 4.2.2, survey 4.1.1.
# A unit has a weight, and the totals of up to two variables; `population` counts the units of its
# stratum, and is 0 where the printed number takes it for large.
suppressPackageStartupMessages(library(survey))

lines <- "data,stratum,unit,population,weight,y,x"
add <- function(name, stratum, unit, population, weight, y, x) {
  number <- function(value) sprintf("%.15g", value)
  lines <<- c(lines, paste(
    name, stratum, unit, population, number(weight), number(y), number(x), sep = ","
  ))
}

# Hospitals: Levy and Lemeshow, Sampling of Populations; births, with the weights as rounded by
# those who printed the numbers.
data(hospital)
with(hospital, add("hospitals", oblevel, hospno, tothosp, weightats, births, 1))

# Municipalities of a Finnish province: Lehtonen and Pahkinen, Practical Methods for Design and
# Analysis of Complex Surveys; unemployed, and labour force.
province <- function(name, stratum, unit, population, weight, unemployed, labour) {
  add(name, stratum, unit, population, weight, unemployed, labour)
}
province(
  "municipalities-simple", 1, c(1, 4, 5, 15, 18, 26, 30, 31), 32, 4,
  c(4123, 760, 721, 142, 187, 331, 127, 219),
  c(33786, 5919, 4930, 675, 1448, 2543, 1084, 1330)
)
province(
  "municipalities-systematic", c(1, 1, 2, 2, 2, 2, 2, 2), c(1, 5, 9, 13, 17, 21, 25, 29),
  c(8, 8, 24, 24, 24, 24, 24, 24), 4, c(4123, 721, 194, 129, 239, 61, 262, 166),
  c(33786, 4930, 2069, 927, 2144, 573, 1737, 1615)
)
province(
  "municipalities-strata", rep(1:2, each = 4), c(1, 2, 4, 6, 21, 25, 26, 27),
  rep(c(7, 25), each = 4), rep(c(1.75, 6.25), each = 4), c(4123, 666, 760, 457, 61, 262, 331, 98),
  c(33786, 6016, 5919, 3022, 573, 1737, 2543, 545)
)
# Two clusters of four municipalities; of 32 clusters, the source says.
province(
  "municipalities-clusters", 1, c(2, 8), 32, 4, c(666 + 528 + 760 + 187, 129 + 128 + 331 + 568),
  c(6016 + 3818 + 5919 + 1448, 927 + 819 + 2543 + 4011)
)
province(
  "municipalities-certainty", c(2, rep(1, 7)), c(1, 10, 4, 7, 32, 26, 18, 13), 0,
  c(1, 1.004, 1.893, 2.173, 2.971, 4.762, 6.335, 13.73),
  c(4123, 1623, 760, 767, 568, 331, 187, 129), 1
)

# Two of five housing developments of 20 households each (Levy and Lemeshow, table 9.1): of 40
# households 21 need a nurse and 23 visits were made, and the printed standard errors say that the
# developments differ by 1.
add("developments-need", 1, 1:2, 5, 2.5, c(10, 11), 20)
add("developments-visits", 1, 1:2, 5, 2.5, c(11, 12), 20)

# Students who rode a bicycle: Youth Risk Behavior Survey 2015; never or rarely with a helmet.
data(yrbs)
sums <- function(value) rowsum(value, paste(yrbs$stratum, yrbs$psu))
yes <- sums(yrbs$weight * (yrbs$qn8 %in% 1))
both <- sums(yrbs$weight * (!is.na(yrbs$qn8)))
place <- do.call(rbind, strsplit(rownames(yes), " "))
add("students", place[, 1], place[, 2], 0, 1, yes[, 1], both[, 1])
writeLines(lines, "published_data.csv")
