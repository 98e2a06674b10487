"""The ridge Cox model of the omics and the clinic, in one risk."""

from __future__ import annotations

from stratomics.comparators.combine import combine_splits
from stratomics.comparators.context import Context, MethodResult
from stratomics.comparators.tuned_risk import ridge_risk

NEEDS = ("covariates",)


def run(context: Context) -> list[MethodResult]:
    """Fit both on every split and add them with weights learned among the training patients."""
    return [combine_splits(context, "ridge_cox_clinical", context.features, ridge_risk)]
