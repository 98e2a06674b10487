"""Choose the penalty of a Cox model by cross-validation among its own training patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Split
from stratomics.survival.ridge_cox import RidgePath, partial_loglik, ridge_cox_path

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
    risks = np.stack([fit(fold.train) for fold in folds])
    everybody = partial_loglik(risks.reshape(-1, time.size), time, event).reshape(risks.shape[:2])
    score = np.zeros(risks.shape[1])
    apart = np.empty(risks.shape[1:])
    for fold, risk, level in zip(folds, risks, everybody, strict=True):
        score += level - partial_loglik(risk[:, fold.train], time[fold.train], event[fold.train])
        apart[:, fold.held_out] = risk[:, fold.held_out]
    return score, apart


def tuned_ridge(
    x: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    penalties: np.ndarray,
    folds: Sequence[Split],
    *,
    coarse: float,
) -> tuple[RidgePath, int, np.ndarray | None]:
    """Fit a ridge Cox model, its penalty chosen by the cross-validated partial likelihood.

    Parameters
    ----------
    x
        Features of the training patients [n, p], of mean 0.
    time, event
        Their follow-up [n]; at least one event.
    penalties
        To choose from, strictest first [L].
    folds
        From `inner_folds`; without any the strictest penalty is taken.
    coarse
        In the cross-validation a fit may stop this far (in deviations) from its maximum.

    Returns
    -------
    path : RidgePath
        Up to the penalty chosen.
    best : int
        Its position.
    apart : numpy.ndarray or None
        Log hazard of each patient by the model of that penalty fitted without the patient's fold [n]; None without folds.

    References
    ----------
    Verweij & van Houwelingen 1994, Stat. Med. 13, 2427-2436; van Houwelingen et al. 2006, Stat. Med. 25, 3201-3216.
    """
    best, apart = 0, None
    if folds:
        score, risks = cross_fitted(
            lambda rows: ridge_cox_path(x[rows], time[rows], event[rows], penalties, tol=coarse).risk(x),
            time,
            event,
            folds,
        )
        best = int(score.argmax())
        apart = risks[best]
    return ridge_cox_path(x, time, event, penalties[: best + 1]), best, apart


def cross_validated_likelihood(
    fit: Callable[[np.ndarray], np.ndarray], time: np.ndarray, event: np.ndarray, folds: Sequence[Split]
) -> np.ndarray:
    """Score penalties [L] by the cross-validated log partial likelihood alone, see `cross_fitted`; 0 without folds."""
    return cross_fitted(fit, time, event, folds)[0] if folds else np.zeros(1)
