# Makes the reference numbers of the tests of association that the unit tests compare with.
#
#   Rscript tests/data/enrichment_reference.R tests/data
#
# Tables of subtypes x levels, written row by row (enrichment_tables.tsv), and numbers with ties in groups (enrichment_ranks.tsv).

folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(table, name) {
  numeric <- sapply(table, is.double)
  table[numeric] <- lapply(table[numeric], function(x) sprintf("%.12g", x))
  write.table(table, file.path(folder, name), sep = "\t", quote = FALSE, row.names = FALSE)
}

tables <- list(
  two_by_two = matrix(c(30, 12, 20, 41), 2), two_by_two_small = matrix(c(7, 1, 2, 9), 2),
  even = matrix(c(10, 10, 10, 10), 2),
  small = matrix(c(8, 1, 2, 3, 6, 1, 1, 2, 7), 3), small_weak = matrix(c(4, 3, 5, 2, 3, 1), 2),
  large = matrix(c(40, 22, 35, 51, 18, 30), 2), large_weak = matrix(c(30, 28, 33, 29, 31, 35, 28, 30, 27), 3))
rows <- lapply(names(tables), function(name) {
  counts <- tables[[name]]
  chi <- suppressWarnings(chisq.test(counts, correct = FALSE))
  data.frame(case = name, rows = nrow(counts), columns = ncol(counts), counts = paste(t(counts), collapse = ","),
             chi2 = unname(chi$statistic), chi2_p = chi$p.value, fisher_p = fisher.test(counts)$p.value)
})
write(do.call(rbind, rows), "enrichment_tables.tsv")

set.seed(4)
cases <- list(stage = list(sample(1:4, 60, TRUE), 3), age = list(round(rnorm(80, 60, 10)), 4))
group <- sample(1:2, 50, TRUE)
values <- lapply(cases, function(one) list(value = one[[1]], group = sample(seq_len(one[[2]]), length(one[[1]]), TRUE)))
values$shifted <- list(value = round(rnorm(50) + group, 1), group = group)
rows <- lapply(names(values), function(name) {
  test <- kruskal.test(values[[name]]$value, values[[name]]$group)
  data.frame(case = name, values = paste(values[[name]]$value, collapse = ","),
             groups = paste(values[[name]]$group, collapse = ","), h = unname(test$statistic), p = test$p.value)
})
write(do.call(rbind, rows), "enrichment_ranks.tsv")
