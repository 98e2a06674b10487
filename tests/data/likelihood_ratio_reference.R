# Makes the likelihood ratios of nested Cox models, by R's survival package, that the unit tests compare with.
#
#   Rscript tests/data/likelihood_ratio_reference.R tests/data
#
# Reads survival_input.tsv, which cox_reference.R draws. The term "empty" is a level without a single event: its coefficient has
# no maximum, the likelihood ratio has a limit.

suppressPackageStartupMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
input <- read.delim(file.path(folder, "survival_input.tsv"))
input$group <- factor(input$group, levels = c("low", "mid", "high"))
input$empty <- as.numeric(input$event == 0 & input$f13 == 1)

covariates <- "f05 + f14 + f18"
terms <- c(weak = "f03", strong = "f12", group = "group", two = "f02 + f12", empty = "empty")
control <- coxph.control(eps = 1e-12, iter.max = 100, toler.chol = 1e-14)
rows <- list()
for (strata in c(FALSE, TRUE)) for (name in names(terms)) {
  end <- if (strata) "+ strata(stratum)" else ""
  small <- coxph(as.formula(paste("Surv(time, event) ~", covariates, end)), input, control = control)
  large <- suppressWarnings(
    coxph(as.formula(paste("Surv(time, event) ~", covariates, "+", terms[[name]], end)), input, control = control))
  df <- length(coef(large)) - length(coef(small))
  chi2 <- 2 * (large$loglik[2] - small$loglik[2])
  rows[[length(rows) + 1]] <- data.frame(
    strata = as.integer(strata), term = name, chi2 = chi2, df = df, p = pchisq(chi2, df, lower.tail = FALSE),
    coef = coef(large)[[length(coef(small)) + 1]])
}
table <- do.call(rbind, rows)
for (column in c("chi2", "p", "coef")) table[[column]] <- sprintf("%.17g", table[[column]])
write.table(table, file.path(folder, "likelihood_ratio.tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
