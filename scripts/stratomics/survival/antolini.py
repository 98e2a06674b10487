"""Antolini's concordance: Harrell's C for predicted survival curves, which may cross."""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import ArrayLike

from .concordance import checked_pairs, share_concordant
from .predicted import predicted_at


@overload
def concordance_antolini(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    fold: ArrayLike | None = None,
    weights: None = None,
) -> float: ...
@overload
def concordance_antolini(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    fold: ArrayLike | None = None,
    weights: ArrayLike,
) -> np.ndarray: ...
def concordance_antolini(
    time: ArrayLike,
    event: ArrayLike,
    survival: ArrayLike,
    times: ArrayLike,
    *,
    fold: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> float | np.ndarray:
    """Compute the share of pairs in which the patient with the earlier event was given the lower survival at that time.

    The pairs are those of Harrell's C whose earlier event lies within `times`; equal predictions count one half (Antolini and pycox
    count them as discordant). Where the curves do not cross, as in a proportional-hazards model, it is Harrell's C up to that time.

    Parameters
    ----------
    time, event
        Follow-up [n].
    survival
        Predicted probability to survive beyond each time [n, T]; read linearly between the times, from 1 on day 0.
    times
        Rising, [T], positive.
    fold
        Label per patient [n]; only pairs within a fold count.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates.

    Returns
    -------
    float or numpy.ndarray
        C, or [B] of them with `weights`. NaN where there is no pair.

    Raises
    ------
    ValueError
        If a prediction is missing, a weight negative, or shapes do not fit.

    References
    ----------
    Antolini, Boracchi & Biganzoli 2005, Stat. Med. 24, 3927-3944.
    """
    at, curves = np.asarray(times, dtype=np.float64), np.asarray(survival, dtype=np.float64)
    if curves.ndim != 2 or curves.shape != (np.size(time), at.size):
        raise ValueError(f"survival must be {np.size(time)} patients x {at.size} times, found shape {curves.shape}")
    times_, flags, _, folds, copies = checked_pairs(time, event, curves.sum(axis=1), fold, weights)
    counted = flags & (times_ <= at.max(initial=0.0))
    position = np.cumsum(counted) - 1  # of an event among those that count
    predicted = predicted_at(curves, at, times_[counted]) if counted.any() else np.zeros((times_.size, 0))

    def score(i: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Compare each patient with an event with the members of the fold, at the time of the event."""
        columns = position[i]
        own, others = predicted[i, columns][:, None], predicted[np.ix_(members, columns)].T
        return (own < others) + 0.5 * (own == others)

    result = share_concordant(times_, flags, folds, copies, counted.astype(np.float64)[None], score)
    return float(result[0]) if weights is None else result
