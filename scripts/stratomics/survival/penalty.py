"""Choose the penalty of a Cox model by cross-validation among its own training patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Split
from stratomics.survival.ridge_cox import partial_loglik

FOLDS = 5


def inner_folds(time: np.ndarray, event: np.ndarray, seed: int) -> list[Split]:
    """Draw the inner folds.

    Parameters
    ----------
    time, event
        Follow-up of the training patients [n].
    seed
        Of the draw.

    Returns
    -------
    list of Split
        Stratified by event and follow-up; at most `FOLDS`, each with at least 2 events; none with fewer than 4 events.
    """
    folds = min(FOLDS, int(event.sum()) // 2)
    if folds < 2:
        return []
    splits = make_splits(time, event, folds=folds, repeats=1, seed=seed)
    return [split for split in splits if split.held_out.size]


def cross_fitted(
    fit: Callable[[np.ndarray], np.ndarray], time: np.ndarray, event: np.ndarray, folds: Sequence[Split]
) -> tuple[np.ndarray, np.ndarray]:
    """Score penalties by the cross-validated log partial likelihood, and keep what was said of the patients left out.

    A fold adds the log partial likelihood of all patients under the model fitted without the fold, less that of the
    patients it was fitted on: what the patients of the fold add, compared with everybody rather than among themselves.

    Parameters
    ----------
    fit
        Given the positions of the patients to fit on, returns the log hazard of all patients under every penalty, [L, n].
    time, event
        Follow-up [n].
    folds
        From `inner_folds`, at least one.

    Returns
    -------
    score : numpy.ndarray
        [L]; higher is better.
    risk : numpy.ndarray
        Log hazard of each patient under the models fitted without the patient's fold, [L, n].

    References
    ----------
    Verweij & van Houwelingen 1993, Stat. Med. 12, 2305-2314.
    """
    score: np.ndarray = np.zeros(1)
    apart: list[np.ndarray] = []
    for fold in folds:
        risk, own = fit(fold.train), fold.train
        score = score + partial_loglik(risk, time, event) - partial_loglik(risk[:, own], time[own], event[own])
        apart.append(risk[:, fold.held_out])
    order = np.argsort(np.concatenate([fold.held_out for fold in folds]))
    return score, np.concatenate(apart, axis=1)[:, order]


def cross_validated_likelihood(
    fit: Callable[[np.ndarray], np.ndarray], time: np.ndarray, event: np.ndarray, folds: Sequence[Split]
) -> np.ndarray:
    """Score penalties [L] by the cross-validated log partial likelihood alone, see `cross_fitted`; 0 without folds."""
    return cross_fitted(fit, time, event, folds)[0] if folds else np.zeros(1)
