"""The Brier score of predicted survival, with inverse-probability-of-censoring weights.

At time t a patient who died until then should have had a predicted survival of 0, and one still followed a survival of 1; the
score is the squared distance. Patients censored before t tell nothing; those like them who were not count for them, by weights
from the censoring distribution of the training patients. The score of a cohort is the mean over its patients, so bootstrap
replicates are weighted means of the terms of the patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from .censoring import each_source, uncensored
from .concordance import FollowUp
from .risk_sets import check_survival


def brier_terms(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp],
    fold: ArrayLike | None = None,
) -> np.ndarray:
    """Compute what each patient adds to the Brier score at each time.

    Parameters
    ----------
    time, event
        Follow-up [n].
    survival
        Predicted probability to survive beyond each time [n, T].
    times
        Rising, [T].
    censoring
        Follow-up (time, event) of the training patients; or a mapping from each label in `fold` to those of that fold.
    fold
        Label per patient [n].

    Returns
    -------
    numpy.ndarray
        float64 [n, T]; the score is the mean over the patients. NaN where the prediction is missing, or where no training
        patient of the fold stays uncensored until the time (or until the event of the patient).

    Raises
    ------
    ValueError
        If shapes do not fit, times do not rise, or a mapping lacks a fold.

    References
    ----------
    Graf et al. 1999, Stat. Med. 18, 2529-2545.
    """
    time, event = check_survival(time, event)
    predicted = np.asarray(survival, dtype=np.float64)
    at = np.asarray(times, dtype=np.float64)
    if at.ndim != 1 or (np.diff(at) <= 0).any():
        raise ValueError("times must be a rising vector")
    if predicted.shape != (time.size, at.size):
        raise ValueError(f"survival must be {time.size} patients x {at.size} times, found shape {predicted.shape}")
    terms = np.empty(predicted.shape)
    for members, source in each_source(censoring, fold, time.size):
        # A probability of 0, or one unknown, gives no weight: better missing than left out unsaid.
        until_event, until_time = (_positive(uncensored(*source, values)) for values in (time[members], at))
        died = event[members, None] & (time[members, None] <= at)
        alive = time[members, None] > at
        own = predicted[members]
        terms[members] = np.where(died, own**2 / until_event[:, None], 0.0)
        terms[members] += np.where(alive, (1 - own) ** 2 / until_time, 0.0)
        terms[members] += np.where(np.isnan(own), np.nan, 0.0)
    return terms


def integrate_terms(terms: ArrayLike, times: ArrayLike) -> np.ndarray:
    """Average the terms of each patient over time, by the trapezoidal rule.

    Parameters
    ----------
    terms
        From `brier_terms`, [n, T].
    times
        Rising, [T], at least two.

    Returns
    -------
    numpy.ndarray
        [n]; their mean is the integrated Brier score. All NaN with fewer than two times.
    """
    values, at = np.asarray(terms, dtype=np.float64), np.asarray(times, dtype=np.float64)
    if at.size < 2:
        return np.full(len(values), np.nan)
    return np.trapezoid(values, at, axis=1) / (at[-1] - at[0])


@overload
def integrated_brier_score(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp],
    fold: ArrayLike | None = None,
    weights: None = None,
) -> float: ...
@overload
def integrated_brier_score(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp],
    fold: ArrayLike | None = None,
    weights: ArrayLike,
) -> np.ndarray: ...
def integrated_brier_score(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp],
    fold: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> float | np.ndarray:
    """Compute the Brier score averaged over time: 0 is perfect, .25 a coin, lower is better.

    Parameters
    ----------
    time, event, survival, times, censoring, fold
        As for `brier_terms`.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates; the censoring distribution stays fixed.

    Returns
    -------
    float or numpy.ndarray
        The mean over all patients, whatever their fold; [B] of them with `weights`.
    """
    terms = integrate_terms(brier_terms(time, event, survival, times, censoring=censoring, fold=fold), times)
    if weights is None:
        return float(terms.mean())
    return weighted_mean(terms, weights)


def weighted_mean(values: ArrayLike, weights: ArrayLike) -> np.ndarray:
    """Average the values of the patients [n] in each replicate: [B], by multiplicities [B, n]."""
    copies = np.asarray(weights, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return copies @ np.asarray(values, dtype=np.float64) / copies.sum(axis=1)


def _positive(probability: np.ndarray) -> np.ndarray:
    """Put NaN where the probability is 0."""
    return np.where(probability > 0, probability, np.nan)
