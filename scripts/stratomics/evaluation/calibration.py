"""Calibration of predicted survival: what was predicted of held-out patients against what they lived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stratomics.survival import kaplan_meier, survival_at

from .scores import has_subtypes, out_of_fold

CALIBRATION_COLUMNS = [
    "repeat",
    "subtype",
    "n_subtypes",
    "days",
    "n",
    "predicted",
    "observed",
    "ci_low",
    "ci_high",
]


def calibration_table(
    heldout: Mapping[str, pd.DataFrame], survival: Mapping[str, np.ndarray], times: ArrayLike, days: Sequence[float]
) -> pd.DataFrame:
    """Make ``calibration.tsv``: predicted and observed survival of each held-out subtype.

    Parameters
    ----------
    heldout
        Labels of each repeat (`heldout_labels`).
    survival
        Predicted survival by split, [n, T], in the order of the labels.
    times
        Rising, [T], days.
    days
        Where to compare.

    Returns
    -------
    pandas.DataFrame
        ``repeat, subtype, n_subtypes, days, n, predicted, observed, ci_low, ci_high``: the mean predicted survival of the
        patients with this label, each predicted by the fold that held them out; and their Kaplan-Meier estimate with its
        pointwise 95 % interval. Label 2 of 2 and label 2 of 3 are rows of their own. Predicted is NaN beyond `times`, observed
        beyond the follow-up of the group. No rows for a method without subtypes.

    References
    ----------
    Harrell, Lee & Mark 1996, Stat. Med. 15, 361-387 (calibration in groups).
    """
    rows = []
    for repeat, labels in heldout.items():
        if not has_subtypes(labels):
            continue
        predicted = predicted_at(out_of_fold(survival, labels["fold"].to_numpy()), times, days)
        time, event, subtype, n_subtypes = (
            labels[column].to_numpy() for column in ("time", "event", "subtype", "n_subtypes")
        )
        for k in np.unique(n_subtypes).tolist():
            for label in range(1, int(k) + 1):
                own = (n_subtypes == k) & (subtype == label)
                for column, day in enumerate(days):
                    mean = float(predicted[own, column].mean()) if own.any() else np.nan
                    rows.append(
                        (repeat, label, int(k), day, int(own.sum()), mean, *_observed(time[own], event[own], day))
                    )
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)


def predicted_at(survival: ArrayLike, times: ArrayLike, days: ArrayLike) -> np.ndarray:
    """Read predicted survival at any days, by linear interpolation from a survival of 1 on day 0.

    Parameters
    ----------
    survival
        [n, T].
    times
        Rising, [T], positive.
    days
        [D], not negative.

    Returns
    -------
    numpy.ndarray
        [n, D]; NaN after the last time.
    """
    curves, at = np.asarray(survival, dtype=np.float64), np.asarray(days, dtype=np.float64)
    curves = np.hstack([np.ones((len(curves), 1)), curves])
    grid = np.append(0.0, np.asarray(times, dtype=np.float64))
    right = np.clip(np.searchsorted(grid, at), 1, grid.size - 1)
    share = (at - grid[right - 1]) / (grid[right] - grid[right - 1])
    values = (1 - share) * curves[:, right - 1] + share * curves[:, right]
    values[:, at > grid[-1]] = np.nan
    return values


def _observed(time: np.ndarray, event: np.ndarray, day: float) -> tuple[float, float, float]:
    """Kaplan-Meier estimate at a day, and its interval; NaN where nobody is followed so long."""
    if not time.size:
        return np.nan, np.nan, np.nan
    km = kaplan_meier(time, event)
    if day > time.max() and km["survival"].iloc[-1] > 0:
        return np.nan, np.nan, np.nan
    low, high = (
        float(survival_at(km[["time", column]].rename(columns={column: "survival"}), day))
        for column in ("ci_low", "ci_high")
    )
    return float(survival_at(km, day)), low, high
