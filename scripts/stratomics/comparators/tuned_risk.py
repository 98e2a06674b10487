"""A risk learned from training patients, and what each of them would have been told by a model that did not know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.types import Split
from stratomics.preprocess import fit_clinical_design
from stratomics.survival.penalty import cross_fitted, tuned_ridge
from stratomics.survival.ridge_cox import row_space

from .clinical_model import describe, fit_coefficients

#: What the penalty allows the log hazard to vary over patients (variance, before the data are seen), strictest first.
VARIANCES = np.logspace(-3, 1, 13)
#: In the cross-validation a fit may stop this far (in deviations) from its maximum.
COARSE = 1e-3


@dataclass(frozen=True)
class TunedRisk:
    """What one source says of all patients.

    Parameters
    ----------
    risk
        Log relative hazard of all patients, by the model of all training patients [n].
    apart
        Log relative hazard of the training patients, each by a model that was fitted without the patient's inner fold
        [n_train]; zeros where there are too few events for inner folds.
    notes
        What was done, in words.
    selected
        Number of features in use, where some are left out.
    """

    risk: np.ndarray
    apart: np.ndarray
    notes: tuple[str, ...] = ()
    selected: int | None = None


def no_risk(n: int, n_train: int, why: str, selected: int | None = None) -> TunedRisk:
    """Give every patient the same risk."""
    return TunedRisk(np.zeros(n), np.zeros(n_train), (f"{why}, every patient gets the same risk",), selected)


def ridge_risk(
    x: np.ndarray, train: np.ndarray, time: np.ndarray, event: np.ndarray, folds: Sequence[Split]
) -> TunedRisk:
    """Fit a ridge Cox model of all features, the penalty chosen by cross-validated likelihood among the training patients.

    Parameters
    ----------
    x
        Features of all patients [n, P]. They are centred, not scaled.
    train
        Positions of the training patients.
    time, event
        Their follow-up [n_train].
    folds
        Of `stratomics.survival.penalty.inner_folds`; without any the strictest penalty is taken.

    Returns
    -------
    TunedRisk

    References
    ----------
    van Houwelingen et al. 2006, Stat. Med. 25, 3201-3216 (ridge Cox on expression data, penalty by cross-validated partial
    likelihood).
    """
    if not event.any():
        return no_risk(len(x), len(train), "no training patient has the event")
    centred = x.astype(np.float64)
    centred -= centred[train].mean(axis=0)
    # Everything below happens in the span of the training patients, where the estimate lies.
    own, axes = row_space(centred[train])
    everybody = centred if axes is None else centred @ axes
    penalties = max(float((own**2).sum(axis=1).mean()), 1e-12) / VARIANCES
    path, best, apart = tuned_ridge(own, time, event, penalties, folds, coarse=COARSE)
    note = f"prior variance {VARIANCES[best]:.3g} of the log hazard (choice {best + 1} of {len(VARIANCES)})"
    notes = (note if path.converged[best] else f"{note}, not converged",)
    return TunedRisk(path.risk(everybody)[best], np.zeros(len(train)) if apart is None else apart, notes)


def clinical_risk(
    table: pd.DataFrame,
    train: np.ndarray,
    covariates: Sequence[str],
    time: np.ndarray,
    event: np.ndarray,
    folds: Sequence[Split] = (),
) -> TunedRisk:
    """Fit the clinical Cox model.

    Parameters
    ----------
    table
        Clinical table of all patients, see `stratomics.preprocess.fit_clinical_design`.
    train
        Positions of the training patients.
    covariates
        The columns to use.
    time, event
        Follow-up of the training patients [n_train].
    folds
        As for `ridge_risk`. The design (medians, knots, levels) is that of all training patients in each: it knows no survival.

    Returns
    -------
    TunedRisk
    """
    design = fit_clinical_design(table, train, covariates)
    x = design.transform(table)
    own = x[train]
    coef, notes = fit_coefficients(own, time, event, design.n_main)
    apart = np.zeros(len(train))
    if folds:
        apart = cross_fitted(
            lambda rows: (own @ fit_coefficients(own[rows], time[rows], event[rows], design.n_main)[0])[None],
            time,
            event,
            folds,
        )[1][0]
    said = f"log hazard per standard deviation: {describe(design.columns, coef)}"
    return TunedRisk(x @ coef, apart, (*design.notes, *notes, said))
