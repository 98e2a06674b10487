# Makes the reference numbers of R's survival package for restricted means, pairwise tests, proportional hazards and the Cox
# model of bootstrap replicates. It reads the data that cox_reference.R drew.
#
#   Rscript tests/data/evaluation_reference.R tests/data

suppressPackageStartupMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(table, name, digits = 17) {
  numeric <- sapply(table, is.double)
  table[numeric] <- lapply(table[numeric], function(x) ifelse(is.na(x), "NA", sprintf("%.*g", digits, x)))
  write.table(table, file.path(folder, name), sep = "\t", quote = FALSE, row.names = FALSE)
}
input <- read.delim(file.path(folder, "survival_input.tsv"))
input$group <- factor(input$group, levels = c("low", "mid", "high"))
control <- coxph.control(eps = 1e-13, iter.max = 60, toler.chol = 1e-14)

# Restricted means, all patients and by group; the last horizon lies beyond the follow-up of no group.
rows <- list()
for (group in c("all", levels(input$group))) for (horizon in c(3, 10.5, 20)) {
  data <- if (group == "all") input else input[input$group == group, ]
  table <- summary(survfit(Surv(time, event) ~ 1, data), rmean = horizon)$table
  rows[[length(rows) + 1]] <- data.frame(group = group, horizon = horizon, mean = table[["rmean"]], se = table[["se(rmean)"]])
}
write(do.call(rbind, rows), "rmst.tsv")

# Pairwise log-rank tests, Holm.
rows <- list()
for (pair in combn(levels(input$group), 2, simplify = FALSE)) {
  test <- survdiff(Surv(time, event) ~ group, droplevels(input[input$group %in% pair, ]))
  rows[[length(rows) + 1]] <- data.frame(a = pair[1], b = pair[2], chi2 = test$chisq,
                                         p = pchisq(test$chisq, 1, lower.tail = FALSE))
}
rows <- do.call(rbind, rows)
rows$p_adjusted <- p.adjust(rows$p, "holm")
write(rows, "pairwise_logrank.tsv")

# Score tests of proportional hazards: single covariates, a step, levels, several covariates; with strata and without.
input$step <- as.integer(input$group)
models <- list(f09 = "f09", step = "step", levels = "group", joint = "f05 + f09 + f14")
rows <- list()
for (model in names(models)) for (strata in c(FALSE, TRUE)) for (ties in c("efron", "breslow"))
  for (transform in c("km", "rank", "identity")) {
    formula <- as.formula(paste("Surv(time, event) ~", models[[model]], if (strata) "+ strata(stratum)"))
    fit <- coxph(formula, input, ties = ties, control = control)
    for (terms in if (model == "levels") c(TRUE, FALSE) else FALSE) {
      table <- cox.zph(fit, transform, terms = terms)$table
      rows[[length(rows) + 1]] <- data.frame(
        model = model, strata = as.integer(strata), ties = ties, transform = transform, term = rownames(table),
        chi2 = table[, "chisq"], df = as.integer(table[, "df"]), p = table[, "p"])
    }
  }
write(unique(do.call(rbind, rows)), "proportional_hazards.tsv")

# The Cox model of one covariate where patients are repeated, as in a bootstrap replicate: patient i occurs copies_r times.
set.seed(21)
rows <- list()
for (replicate in 1:4) {
  copies <- as.vector(rmultinom(1, nrow(input), rep(1, nrow(input))))
  repeated <- input[rep(seq_len(nrow(input)), copies), ]
  for (strata in c(FALSE, TRUE)) for (covariate in c("f09", "step")) {
    formula <- as.formula(paste("Surv(time, event) ~", covariate, if (strata) "+ strata(stratum)"))
    rows[[length(rows) + 1]] <- data.frame(
      replicate = replicate, strata = as.integer(strata), covariate = covariate,
      coef = coef(coxph(formula, repeated, control = control))[[1]], copies = paste(copies, collapse = ","))
  }
}
write(do.call(rbind, rows), "cox_bootstrap.tsv")

# The log-rank test for trend is the score test of the Cox model with exact ties; patients of stratum c have two groups only.
input$position <- ifelse(input$stratum == "c", pmin(input$step - 1, 1), (input$step - 1) / 2)
rows <- list()
for (model in c("step", "step + strata(stratum)", "position + strata(stratum)")) {
  fit <- coxph(as.formula(paste("Surv(time, event) ~", model)), input, ties = "exact", control = control)
  rows[[length(rows) + 1]] <- data.frame(model = model, z = sign(coef(fit)[[1]]) * sqrt(fit$score))
}
write(do.call(rbind, rows), "trend_logrank.tsv")
