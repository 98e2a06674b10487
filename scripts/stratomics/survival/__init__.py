"""Survival statistics: Cox regression, log-rank test, Kaplan-Meier estimate, concordance, Brier score, AUC, restricted mean."""

from __future__ import annotations

from .antolini import concordance_antolini
from .auc import cumulative_dynamic_auc
from .brier import brier_terms, integrate_terms, integrated_brier_score
from .concordance import concordance_harrell, concordance_uno
from .cox import cox_univariate
from .cox_bootstrap import cox_bootstrap
from .cox_multivariate import CoxFit, cox_multivariate
from .d_calibration import DCalibration, d_calibration
from .decision_curve import net_benefit
from .kaplan_meier import kaplan_meier, numbers_at_risk, survival_at
from .logrank import LogrankResult, logrank
from .pairwise import pairwise_logrank, pooled_logrank
from .proportional_hazards import proportional_hazards
from .ridge_cox import RidgePath, partial_loglik, ridge_cox_path
from .rmst import RmstDifference, restricted_mean, restricted_mean_se, rmst_difference
from .trend import trend_logrank

__all__ = [
    "CoxFit",
    "DCalibration",
    "LogrankResult",
    "RidgePath",
    "RmstDifference",
    "brier_terms",
    "concordance_antolini",
    "concordance_harrell",
    "concordance_uno",
    "cox_bootstrap",
    "cox_multivariate",
    "cox_univariate",
    "cumulative_dynamic_auc",
    "d_calibration",
    "integrate_terms",
    "integrated_brier_score",
    "kaplan_meier",
    "logrank",
    "net_benefit",
    "numbers_at_risk",
    "pairwise_logrank",
    "partial_loglik",
    "pooled_logrank",
    "proportional_hazards",
    "restricted_mean",
    "restricted_mean_se",
    "ridge_cox_path",
    "rmst_difference",
    "survival_at",
    "trend_logrank",
]
