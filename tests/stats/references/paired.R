# Writes paired.csv, the expected values of tests/stats/test_paired.py and test_turnover.py.
# Run in this folder: Rscript paired.R. Last run with R 4.2.2 and coin 1.4-2.
# Cells are those of each call, in its order. An empty field: R gives none, or it does not apply.
# R's tests count pairs of answers that nobody moved between; no table here has one.

suppressMessages(library(coin))

quantile <- function(level) qnorm(1 - (1 - level) / 2)
wilson <- function(x, n, level) {
  suppressWarnings(prop.test(x, n, conf.level = level, correct = FALSE)$conf.int[1:2])
}

# both, earlier only, later only, neither
tables <- rbind(
  c(1, 7, 1, 12), c(59, 16, 6, 80), c(36, 2, 12, 0), c(20, 2, 12, 16), c(8, 1, 3, 2),
  c(53, 8, 16, 9), c(43, 1, 0, 0), c(0, 0, 3, 5), c(30, 0, 0, 24), c(0, 5, 9, 0),
  c(446, 16, 5, 690), c(794, 150, 86, 570), c(1200, 3, 40, 7), c(0, 0, 30, 0), c(0, 1, 0, 0),
  c(1, 1, 97, 1)
)

# The likelihood is maximised by search, not by the closed form of the paper.
tango <- function(both, earlier, later, neither, level) {
  n <- both + earlier + later + neither
  score <- function(delta) {
    ends <- c(max(0, -delta), (1 - delta) / 2)
    likelihood <- function(q) {
      shares <- pmax(c(q, q + delta, 1 - 2 * q - delta), 0)
      dmultinom(c(earlier, later, both + neither), prob = shares, log = TRUE)
    }
    places <- ends
    if (ends[1] < ends[2]) {
      places <- c(ends, optimize(likelihood, ends, maximum = TRUE, tol = 1e-12)$maximum)
    }
    q <- places[which.max(sapply(places, likelihood))]
    (later - earlier - n * delta)^2 - quantile(level)^2 * n * (2 * q + delta - delta^2)
  }
  estimate <- (later - earlier) / n
  # A step away from the estimate, where both sides are 0 if nobody changed.
  search <- function(end) {
    if (estimate == end) return(end)
    uniroot(score, sort(c(estimate + 1e-9 * sign(end - estimate), end)), tol = 1e-13)$root
  }
  square <- matrix(c(both, earlier, later, neither), 2)
  p <- if (earlier == later) 1 else mcnemar.test(square, correct = FALSE)$p.value
  c(search(-1), search(1), p)
}

newcombe <- function(both, earlier, later, neither, level) {
  n <- both + earlier + later + neither
  x <- c(both + earlier, both + later)
  p <- x / n
  w <- cbind(wilson(x[1], n, level), wilson(x[2], n, level))
  top <- both * neither - earlier * later
  if (top > 0) top <- max(top - n / 2, 0)
  bottom <- prod(x, n - x)
  phi <- if (bottom > 0) top / sqrt(bottom) else 0
  a <- c(p[2] - w[1, 2], w[2, 1] - p[1])
  b <- c(w[2, 2] - p[2], p[1] - w[1, 1])
  apart <- function(d) sqrt(max(d[1]^2 - 2 * phi * d[1] * d[2] + d[2]^2, 0))
  c(p[2] - p[1] - apart(a), p[2] - p[1] + apart(b), NA)
}

around <- function(earlier, later, n, level) {
  p <- c(earlier, later) / n
  error <- sqrt((sum(p) - diff(p)^2) / n)
  if (error == 0) return(NULL)
  half <- quantile(level) * error
  c(max(diff(p) - half, -1), min(diff(p) + half, 1), 2 * pnorm(-abs(diff(p)) / error))
}

# Agresti and Min (2005) add 1/2 to each of four cells, Bonett and Price (2012) 1 to each of two.
added <- function(more) {
  function(both, earlier, later, neither, level) {
    n <- both + earlier + later + neither + if (more > 0) 2 else 0
    around(earlier + more, later + more, n, level)
  }
}

differences <- list(
  tango = list(tango, "uniroot on optimize; mcnemar.test(correct = FALSE)"),
  newcombe = list(newcombe, "two prop.test(correct = FALSE)"),
  `agresti-min` = list(added(0.5), "formula"),
  `bonett-price` = list(added(1), "formula"),
  wald = list(added(0), "formula")
)

number <- function(x) if (is.na(x)) "" else sprintf("%.15g", x)
lines <- "call,method,confidence_level,cells,low,high,statistic,df,p_value,source"
add <- function(call, method, level, cells, low, high, statistic, df, p, source) {
  lines <<- c(lines, paste(
    call, method, level, paste(cells, collapse = " "), number(low), number(high),
    number(statistic), number(df), number(p), source, sep = ","
  ))
}

levels <- c("0.90", "0.95", "0.99")
for (method in names(differences)) for (level in levels) for (row in seq_len(nrow(tables))) {
  cells <- tables[row, ]
  found <- do.call(differences[[method]][[1]], c(as.list(cells), as.numeric(level)))
  if (is.null(found)) next
  source <- differences[[method]][[2]]
  add("difference", method, level, cells, found[1], found[2], NA, NA, found[3], source)
}

changes <- rbind(c(7, 1), c(16, 6), c(2, 25), c(0, 5), c(1, 0), c(150, 86), c(12, 2), c(300, 340))
for (row in seq_len(nrow(changes))) {
  x <- changes[row, ]
  square <- matrix(c(10, x, 10), 2)
  add("mcnemar", "exact", "", x, NA, NA, NA, NA, binom.test(x[1], sum(x))$p.value, "binom.test")
  mid <- 2 * pbinom(min(x), sum(x), 0.5) - dbinom(min(x), sum(x), 0.5)
  add("mcnemar", "mid-p", "", x, NA, NA, NA, NA, mid, "2 * pbinom - dbinom")
  plain <- suppressWarnings(mcnemar.test(square, correct = FALSE)$p.value)
  add("mcnemar", "asymptotic", "", x, NA, NA, NA, NA, plain, "mcnemar.test(correct = FALSE)")
  corrected <- suppressWarnings(mcnemar.test(square)$p.value)
  add("mcnemar", "corrected", "", x, NA, NA, NA, NA, corrected, "mcnemar.test")
  for (level in levels) {
    odds <- function(limits) limits / (1 - limits)
    tail <- (1 - as.numeric(level)) / 2
    half <- function(p) dbinom(x[2], sum(x), p) / 2 - tail
    up <- function(p) pbinom(x[2], sum(x), p, lower.tail = FALSE) + half(p)
    down <- function(p) pbinom(x[2] - 1, sum(x), p) + half(p)
    limits <- c(
      if (x[2] == 0) 0 else uniroot(up, c(0, 1), tol = 1e-15)$root,
      if (x[1] == 0) 1 else uniroot(down, c(0, 1), tol = 1e-15)$root
    )
    found <- odds(binom.test(x[2], sum(x), conf.level = as.numeric(level))$conf.int)
    p <- binom.test(x[1], sum(x))$p.value
    add("odds_ratio", "exact", level, x, found[1], found[2], NA, NA, p, "binom.test")
    found <- odds(limits)
    source <- "uniroot on pbinom and dbinom"
    add("odds_ratio", "mid-p", level, x, found[1], found[2], NA, NA, mid, source)
    found <- odds(wilson(x[2], sum(x), as.numeric(level)))
    # Rounding leaves R's limits of 0 and 1 a last digit away.
    if (x[2] == 0) found[1] <- 0
    if (x[1] == 0) found[2] <- Inf
    source <- "prop.test(correct = FALSE)"
    add("odds_ratio", "wilson", level, x, found[1], found[2], NA, NA, plain, source)
  }
}

# Row by row: earlier answers are rows.
squares <- list(
  c(23, 15, 19, 31), c(20, 10, 5, 3, 30, 15, 0, 5, 40), c(5, 4, 1, 9, 7, 3, 2, 8, 6),
  c(1520, 266, 124, 66, 234, 1512, 432, 78, 117, 362, 1772, 205, 36, 82, 179, 492)
)
for (cells in squares) {
  k <- sqrt(length(cells))
  square <- as.table(matrix(cells, k, byrow = TRUE))
  found <- mcnemar.test(square, correct = FALSE)
  source <- "mcnemar.test(correct = FALSE)"
  add("bowker", "", "", cells, NA, NA, found$statistic, found$parameter, found$p.value, source)
  found <- mh_test(square)
  p <- pvalue(found)
  add("stuart_maxwell", "", "", cells, NA, NA, statistic(found), k - 1, p, "coin::mh_test")
}

# People with each pattern of three waves, from 111, 110, 101, 100, 011, 010, 001 to 000.
patterns <- as.matrix(expand.grid(c(1, 0), c(1, 0), c(1, 0)))[, 3:1]
studies <- list(
  c(6, 16, 2, 4, 2, 4, 6, 6), c(2, 4, 0, 2, 0, 1, 0, 3), c(0, 3, 0, 1, 0, 0, 0, 2),
  c(1, 3, 1, 2, 0, 1, 0, 1)
)
for (counts in studies) {
  people <- patterns[rep(1:8, counts), ]
  long <- data.frame(
    yes = factor(c(people)), wave = factor(rep(1:3, each = nrow(people))),
    person = factor(rep(seq_len(nrow(people)), 3))
  )
  found <- symmetry_test(yes ~ wave | person, data = long, teststat = "quadratic")
  source <- "coin::symmetry_test"
  add("cochran_q", "asymptotic", "", counts, NA, NA, statistic(found), 2, pvalue(found), source)
  moved <- people[rowSums(people) %in% 1:2, , drop = FALSE]
  if (nrow(moved) > 8) next
  # Every way to hand each person's yes (or the one no) to the waves.
  ways <- as.matrix(expand.grid(rep(list(1:3), nrow(moved))))
  apart <- apply(ways, 1, function(way) {
    odd <- cbind(seq_along(way), way)
    handed <- matrix(rowSums(moved) - 1, nrow(moved), 3)
    handed[odd] <- 2 - rowSums(moved)
    sum(colSums(handed)^2)
  })
  p <- mean(apart >= sum(colSums(moved)^2))
  add("cochran_q", "exact", "", counts, NA, NA, statistic(found), NA, p, "every way by expand.grid")
}
writeLines(lines, "paired.csv")
