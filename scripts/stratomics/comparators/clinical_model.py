"""The clinic as a Cox model: trends as they are, departures from them shrunk."""

from __future__ import annotations

import numpy as np

from stratomics.survival.cox_multivariate import cox_multivariate
from stratomics.survival.ridge_cox import ridge_cox_path

#: Where the likelihood has no maximum: a prior of deviation 1 for the log hazard per standard deviation of a covariate.
FALLBACK_PENALTY = 1.0
#: Of the trends beside shrunk columns: too little to be seen.
NO_PENALTY = 1e-4
NO_EVENT = "no training patient has the event, every patient gets the same risk"


def fit_coefficients(
    x: np.ndarray, time: np.ndarray, event: np.ndarray, n_main: int | None = None
) -> tuple[np.ndarray, list[str]]:
    """Fit the Cox model of a clinical design.

    The trends have no penalty, unless they have no unpenalised estimate. The columns beyond them have one as large as the number
    of events, about what a column of deviation 1 has in information, so that half of what they seem to say is believed. On six
    TCGA cohorts (4 x 5 folds) that ranked unseen patients better than trends alone in two (by .010 and .028) and no more than
    .001 worse in the others; without shrinkage it lost up to .015.

    Parameters
    ----------
    x
        Columns of the design of the training patients [n, q].
    time, event
        Their follow-up [n].
    n_main
        So many of the columns are trends (`ClinicalDesign.n_main`); all, if not given.

    Returns
    -------
    coef : numpy.ndarray
        [q]; zeros where no patient has the event.
    notes : list of str
        What was done, where it is not the plain fit.
    """
    n_main = x.shape[1] if n_main is None else n_main
    if not x.shape[1]:
        return np.zeros(0), ["no covariate is left, every patient gets the same risk"]
    if not event.any():
        return np.zeros(x.shape[1]), [NO_EVENT]
    penalty, notes = np.full(x.shape[1], float(event.sum())), []
    if n_main:
        trends = cox_multivariate(x[:, :n_main], time, event)
        if trends.status == "ok" and n_main == x.shape[1]:
            return trends.coef, []
        penalty[:n_main] = NO_PENALTY if trends.status == "ok" else FALLBACK_PENALTY
        if trends.status != "ok":
            notes = [f"the Cox model is {trends.status}: fitted with a weak ridge penalty instead"]
    scale = np.sqrt(penalty)
    return ridge_cox_path(x / scale, time, event, [1.0]).coef[0] / scale, notes


def describe(columns: tuple[str, ...], coef: np.ndarray) -> str:
    """Put coefficients into words for the log."""
    return ", ".join(f"{column} {value:+.2f}" for column, value in zip(columns, coef, strict=True)) or "none"
