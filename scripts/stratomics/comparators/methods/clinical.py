"""The clinic alone: an unpenalised Cox model of the configured covariates."""

from __future__ import annotations

import numpy as np

from stratomics.cohort.types import Split
from stratomics.comparators.clinical_design import fit_clinical_design
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.runtime import log
from stratomics.survival.cox_multivariate import cox_multivariate
from stratomics.survival.ridge_cox import ridge_cox_path

NEEDS = ("covariates",)
#: Where the likelihood has no maximum: a prior of deviation 1 for the log hazard per standard deviation of a covariate.
FALLBACK_PENALTY = 1.0


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split; without covariates (or without one that varies) the risk of all patients is 0."""
    names = list(context.covariates)
    if not names:
        log.info("clinical: the cohort has no covariates (clinical.covariates), every patient gets the same risk")

    def fit(split: Split) -> Predicted:
        design = fit_clinical_design(context.cohort.clinical, split.train, names)
        x = design.transform(context.cohort.clinical)
        coef, notes = fit_coefficients(x[split.train], *context.follow_up(split))
        for note in (*design.notes, *notes):
            log.info("clinical %s: %s", split.name, note)
        if split.name == "full":
            log.info("clinical full: log hazard per standard deviation: %s", describe(design.columns, coef))
        return Predicted(x @ coef)

    return [predict_splits(context, "clinical", fit)]


def fit_coefficients(x: np.ndarray, time: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Fit the Cox model, with a weak penalty where it has no unpenalised estimate.

    Parameters
    ----------
    x
        Columns of the design of the training patients [n, q].
    time, event
        Their follow-up [n].

    Returns
    -------
    coef : numpy.ndarray
        [q]; zeros where no patient has the event.
    notes : list of str
        What was done, where it is not the plain fit.
    """
    if not x.shape[1]:
        return np.zeros(0), ["no covariate is left, every patient gets the same risk"]
    if not event.any():
        return np.zeros(x.shape[1]), ["no training patient has the event, every patient gets the same risk"]
    fitted = cox_multivariate(x, time, event)
    if fitted.status == "ok":
        return fitted.coef, []
    path = ridge_cox_path(x, time, event, [FALLBACK_PENALTY])
    return path.coef[0], [f"the Cox model is {fitted.status}: fitted with a weak ridge penalty instead"]


def describe(columns: tuple[str, ...], coef: np.ndarray) -> str:
    """Put coefficients into words for the log."""
    return ", ".join(f"{column} {value:+.2f}" for column, value in zip(columns, coef, strict=True)) or "none"
