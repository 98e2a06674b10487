"""The elastic-net Cox model of the omics and the clinic, in one risk."""

from __future__ import annotations

from stratomics.comparators.combine import combine_splits
from stratomics.comparators.context import Context, MethodResult
from stratomics.comparators.methods.elastic_net_cox import elastic_net_risk

NEEDS = ("covariates",)


def run(context: Context) -> list[MethodResult]:
    """Fit both on every split and add them with weights learned among the training patients."""
    return [combine_splits(context, "elastic_net_cox_clinical", context.features, elastic_net_risk)]
