"""The clinic alone: a Cox model of the configured covariates."""

from __future__ import annotations

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.comparators.tuned_risk import clinical_risk
from stratomics.runtime import log

NEEDS = ("covariates",)


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split; without covariates (or without one that varies) the risk of all patients is 0."""
    if not context.covariates:
        log.info("clinical: the cohort has no covariates (clinical.covariates), every patient gets the same risk")

    def fit(split: Split) -> Predicted:
        fitted = clinical_risk(context.cohort.clinical, split.train, context.covariates, *context.follow_up(split))
        for note in fitted.notes:
            log.info("clinical %s: %s", split.name, note)
        return Predicted(fitted.risk)

    return [predict_splits(context, "clinical", fit)]
