"""Transforms per feature: log2(x + 1) and normal scores."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from .filters import tied_runs

#: Most knots kept per feature. With up to this many training patients the scores are exact.
MAX_KNOTS = 256


def log2p1(values: np.ndarray) -> np.ndarray:
    """Return log2(x + 1); what lies below 0 (a new patient's background-corrected value) counts as 0.

    Parameters
    ----------
    values
        Any shape, NaN = missing.

    Returns
    -------
    ndarray
        float64, NaN kept.
    """
    return np.log2(np.maximum(values.astype(np.float64), 0.0) + 1.0)


def blom_score(rank: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Return the expected normal order statistic, after Blom (1958): the quantile of (rank - 3/8) / (n + 1/4).

    Parameters
    ----------
    rank
        From 1 to n; averaged where tied.
    n
        Number of values ranked; broadcast against `rank`.

    Returns
    -------
    ndarray
    """
    return ndtri((rank - 0.375) / (n + 0.25))


def fit_normal_scores(values: np.ndarray, max_knots: int = MAX_KNOTS) -> tuple[np.ndarray, np.ndarray]:
    """Learn the map from value to normal score of each feature.

    The map is the empirical distribution of the training patients at a number of knots. With more patients than `max_knots`
    the knots are spread evenly over the scores (dense in the tails, where neighbouring values lie far apart), so that a
    value between two knots is off by less than their distance: about 6 / `max_knots` standard deviations.

    Parameters
    ----------
    values
        Training patients x features, NaN = missing. Each feature needs at least one value.
    max_knots
        Most knots per feature.

    Returns
    -------
    knots : ndarray of float32, shape (m, p)
        Ascending values.
    scores : ndarray of float32, shape (m, p)
        Blom scores of the knots, ties averaged.
    """
    ordered = np.sort(values, axis=0)
    observed = (~np.isnan(ordered)).sum(axis=0)
    start, stop = tied_runs(ordered)
    scores = blom_score((start + 1 + stop) / 2, observed)
    n = len(values)
    if n <= max_knots:
        place = np.arange(n)[:, None]
    else:
        top = float(blom_score(np.array(n), np.array(n)))
        rank = ndtr(np.linspace(-top, top, max_knots)) * (n + 0.25) + 0.375
        place = np.rint((rank - 1.0)[:, None] * (observed - 1) / (n - 1)).astype(np.int64)
    # Features with missing values have fewer knots: their last one is repeated, which changes no interpolation.
    place = np.minimum(place, observed - 1)
    return (
        np.take_along_axis(ordered, place, axis=0).astype(np.float32),
        np.take_along_axis(scores, place, axis=0).astype(np.float32),
    )


def apply_normal_scores(values: np.ndarray, knots: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Map values to normal scores by interpolation between the knots.

    Parameters
    ----------
    values
        Patients x features, NaN = missing.
    knots, scores
        From `fit_normal_scores`.

    Returns
    -------
    ndarray of float64, shape (n, p)
        NaN kept; a value outside the training range gets the score of the nearest end.
    """
    out = np.empty(values.shape, dtype=np.float64)
    for feature in range(values.shape[1]):
        out[:, feature] = np.interp(values[:, feature], knots[:, feature], scores[:, feature])
    out[np.isnan(values)] = np.nan
    return out
