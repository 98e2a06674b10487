"""Several risks in one: weights, none below zero, learned among the training patients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .ridge_cox import ridge_cox_path

#: Of the differences of the weights (each per standard deviation of its risk): they are equal unless the patients say otherwise.
#: As much as ten events would.
EQUAL = 10.0
#: Of their sum: too little to be seen.
FREE = 1e-3
#: Weight of each risk where none tells anything: patients stay ranked, and all have nearly the same hazard.
LEAST = 0.01


def stacking_weights(
    apart: Sequence[np.ndarray], time: np.ndarray, event: np.ndarray, *, own_units: bool = False
) -> np.ndarray:
    """Learn how much each of several risks counts.

    A Cox model of the risks, with a penalty on the differences of their weights and none below zero: the most
    negative is dropped and the others learned again. What risks say of patients they were fitted on would overrate those that
    have more to fit with; so these come from models that did not know the patient.

    Parameters
    ----------
    apart
        Log hazards of the training patients, each by a model fitted without the patient [n], k of them.
    time, event
        Their follow-up [n].
    own_units
        Whether to weigh the risks as they are; otherwise each is brought to deviation 1.

    Returns
    -------
    numpy.ndarray
        [k], >= 0, per standard deviation of each or per unit; 0 for a risk that does not vary, `LEAST` where no risk tells
        anything.

    References
    ----------
    Wolpert 1992, Neural Networks 5, 241-259 (stacking); Breiman 1996, Machine Learning 24, 49-64 (weights not below zero);
    Tibshirani & Efron 2002, Stat. Appl. Genet. Mol. Biol. 1, 1 (pre-validated risks beside clinical covariates).
    """
    risks = np.column_stack(list(apart))
    spread = risks.std(axis=0)
    varies = spread > 1e-9 * np.maximum(np.abs(risks).max(axis=0), 1.0)
    if not event.any() or not varies.any():
        return LEAST * (varies if varies.any() else np.ones(len(varies)))
    weights, left = np.zeros(len(varies)), np.flatnonzero(varies)
    while True:
        found = _weights(risks[:, left] / (1.0 if own_units else spread[left]), time, event)
        if (found >= 0).all() or len(left) == 1:
            break
        left = np.delete(left, int(found.argmin()))
    weights[left] = np.maximum(found, 0.0)
    return weights if weights.any() else LEAST * varies


def _weights(z: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Fit the Cox model of risks, [n, k] -> [k]."""
    k = z.shape[1]
    # Axes: the mean of the weights, and contrasts that are orthogonal to it. sum and difference for k = 2.
    axes = np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, : k - 1]]))[0]
    scale = np.sqrt([FREE / k, *[EQUAL / 2] * (k - 1)])
    coef: np.ndarray = ridge_cox_path(z @ axes / scale, time, event, [1.0]).coef[0]
    return axes @ (coef / scale)


def stack(
    risks: Sequence[np.ndarray], apart: Sequence[np.ndarray], time: np.ndarray, event: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weigh risks.

    Parameters
    ----------
    risks
        Log hazards of the training patients by the models of all training patients [n], k of them.
    apart, time, event
        As for `stacking_weights`.

    Returns
    -------
    weights : numpy.ndarray
        Per standard deviation of each risk among patients that its model did not know [k].
    factors : numpy.ndarray
        What to multiply each risk by [k]. Where a risk has nothing apart (no inner folds), its unit is its deviation among the
        training patients.
    apart : numpy.ndarray
        The weighted risk of the training patients by models that did not know them [n], of mean 0.
    """
    weights = stacking_weights(apart, time, event)
    spread = np.array([one.std() for one in apart])
    own = np.array([one.std() for one in risks])
    unit = np.where(spread > 0, spread, own)
    factors = np.where(unit > 0, weights / np.where(unit > 0, unit, 1.0), 0.0)
    return weights, factors, np.column_stack([one - one.mean() for one in apart]) @ factors
