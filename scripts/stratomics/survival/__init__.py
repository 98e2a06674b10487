"""Survival statistics: Cox regression, log-rank test, Kaplan-Meier estimate, concordance."""

from __future__ import annotations

from .concordance import concordance_harrell, concordance_uno
from .cox import cox_univariate
from .cox_multivariate import CoxFit, cox_multivariate
from .kaplan_meier import kaplan_meier, numbers_at_risk, survival_at
from .logrank import LogrankResult, logrank

__all__ = [
    "CoxFit",
    "LogrankResult",
    "concordance_harrell",
    "concordance_uno",
    "cox_multivariate",
    "cox_univariate",
    "kaplan_meier",
    "logrank",
    "numbers_at_risk",
    "survival_at",
]
