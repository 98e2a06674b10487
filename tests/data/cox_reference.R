# Makes the reference numbers of R's survival package that the unit tests compare with.
#
#   Rscript tests/data/cox_reference.R tests/data
#
# All data are drawn here. Times are rounded up so that many are tied, between events too.

suppressPackageStartupMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(table, name, digits = 17) {
  numeric <- sapply(table, is.double)
  table[numeric] <- lapply(table[numeric], function(x) ifelse(is.na(x), "NA", sprintf("%.*g", digits, x)))
  write.table(table, file.path(folder, name), sep = "\t", quote = FALSE, row.names = FALSE)
}

set.seed(20)
n <- 150
latent <- rnorm(n)
group <- cut(latent + rnorm(n), c(-Inf, -0.7, 0.6, Inf), labels = c("low", "mid", "high"))
stratum <- sample(c("a", "b", "c"), n, replace = TRUE, prob = c(0.5, 0.35, 0.15))
death <- rexp(n, exp(0.7 * latent) / 20)
censored <- rexp(n, 1 / 25)
time <- ceiling(pmin(death, censored))
event <- as.integer(death <= censored)

features <- lapply(0:11, function(i) 0.25 * i * latent / 2 + rnorm(n))                 # from no effect to a strong one
features <- c(features, lapply(1:4, function(i) rbinom(n, 1, 0.1 * i)))                # binary
features <- c(features, lapply(1:3, function(i) round(exp(rnorm(n, sd = i)), 4)))      # skewed
features <- c(features, list(1e6 * rnorm(n) + 1e8, 1e-6 * rnorm(n)))                   # far from unit scale
features <- lapply(features, function(x) as.numeric(sprintf("%.6g", x)))  # what the file holds
features <- c(features, list(rep(3, n), -time, as.numeric(event == 1 & time <= 2)))    # constant, separated twice
names(features) <- sprintf("f%02d", seq_along(features))
input <- data.frame(time = as.double(time), event, group, stratum, features)
write(input, "survival_input.tsv", digits = 7)

control <- coxph.control(eps = 1e-13, iter.max = 60, toler.chol = 1e-14)
rows <- list()
for (ties in c("efron", "breslow")) for (strata in c(FALSE, TRUE)) for (name in names(features)[1:21]) {
  formula <- as.formula(paste("Surv(time, event) ~", name, if (strata) "+ strata(stratum)"))
  fit <- coxph(formula, input, ties = ties, control = control)
  se <- sqrt(fit$var[1, 1])
  rows[[length(rows) + 1]] <- data.frame(
    ties = ties, strata = as.integer(strata), feature = name, coef = coef(fit)[[1]], se = se,
    p = pchisq((coef(fit)[[1]] / se)^2, 1, lower.tail = FALSE),
    p_lr = pchisq(2 * diff(fit$loglik), 1, lower.tail = FALSE),
    loglik = fit$loglik[2], loglik_null = fit$loglik[1])
}
write(do.call(rbind, rows), "cox_univariate.tsv")

rows <- list()
for (ties in c("efron", "breslow")) for (strata in c(FALSE, TRUE)) {
  formula <- as.formula(paste("Surv(time, event) ~ f05 + f09 + f14 + f18 + f20", if (strata) "+ strata(stratum)"))
  fit <- coxph(formula, input, ties = ties, control = control)
  rows[[length(rows) + 1]] <- data.frame(
    ties = ties, strata = as.integer(strata), covariate = names(coef(fit)), coef = coef(fit), se = sqrt(diag(fit$var)),
    p = pchisq((coef(fit) / sqrt(diag(fit$var)))^2, 1, lower.tail = FALSE), cov_with_first = fit$var[1, ],
    loglik = fit$loglik[2], lr_p = pchisq(2 * diff(fit$loglik), length(coef(fit)), lower.tail = FALSE))
}
write(do.call(rbind, rows), "cox_multivariate.tsv")

rows <- list()
for (strata in c(FALSE, TRUE)) for (two in c(FALSE, TRUE)) {
  data <- if (two) subset(input, group != "mid") else input
  data$group <- factor(data$group)
  test <- if (strata) survdiff(Surv(time, event) ~ group + strata(stratum), data) else survdiff(Surv(time, event) ~ group, data)
  total <- function(x) if (is.matrix(x)) rowSums(x) else x
  rows[[length(rows) + 1]] <- data.frame(
    strata = as.integer(strata), groups = nlevels(data$group), group = levels(data$group),
    observed = as.double(total(test$obs)), expected = total(test$exp), chi2 = test$chisq)
}
write(do.call(rbind, rows), "logrank.tsv")

rows <- list()
for (name in names(features)[1:19]) for (strata in c(FALSE, TRUE)) {
  formula <- as.formula(paste("Surv(time, event) ~", name, if (strata) "+ strata(stratum)"))
  rows[[length(rows) + 1]] <- data.frame(
    feature = name, strata = as.integer(strata), concordance = concordance(formula, input, reverse = TRUE)$concordance[[1]])
}
write(do.call(rbind, rows), "concordance.tsv")

curve <- survfit(Surv(time, event) ~ 1, input, conf.type = "log-log")
write(data.frame(time = curve$time, at_risk = curve$n.risk, events = curve$n.event, censored = curve$n.censor,
                 survival = curve$surv, ci_low = curve$lower, ci_high = curve$upper), "kaplan_meier.tsv")
