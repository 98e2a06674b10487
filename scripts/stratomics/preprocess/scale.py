"""Centre and scale per feature, within batches where there are any, and balance the omics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stratomics.cohort.measure import MIN_BATCH

#: A feature that is almost silent in one batch is not blown up: its deviation there counts as at least this share of the
#: deviation within batches.
SD_FLOOR = 0.25


def batch_rows(labels: np.ndarray | None, levels: Sequence[str], n: int) -> np.ndarray:
    """Return the row of the means and deviations that each patient uses.

    Parameters
    ----------
    labels
        Batch of each patient (object, missing where unknown), or None where the omics has no batches.
    levels
        Batches with rows of their own, in the order of the rows.
    n
        Number of patients.

    Returns
    -------
    ndarray of int64, shape (n,)
        1 + position in `levels`; 0 (all batches together) for an unknown or missing batch.
    """
    rows = np.zeros(n, dtype=np.int64)
    if labels is not None:
        for row, level in enumerate(levels, start=1):
            rows[labels == level] = row
    return rows


def fit_scale(values: np.ndarray, rows: np.ndarray, n_levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Learn the mean and deviation of each feature in each batch.

    Parameters
    ----------
    values
        Training patients x features, transformed, NaN = missing.
    rows
        From `batch_rows`, for the training patients.
    n_levels
        Number of batches with a row of their own.

    Returns
    -------
    mean, sd : ndarray of shape (1 + n_levels, p)
        Row 0 is of all training patients; a batch in which a feature has fewer than `MIN_BATCH` values repeats
        row 0, that of all together.
    within : ndarray of shape (p,)
        Variance within batches; without batches the plain variance (denominator n, as everywhere here).
    """
    observed = ~np.isnan(values)
    filled = np.where(observed, values, 0.0)

    def moments(patients: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = observed[patients].sum(axis=0)
        mean = filled[patients].sum(axis=0) / np.maximum(count, 1)
        squares = (np.where(observed[patients], values[patients] - mean, 0.0) ** 2).sum(axis=0)
        return count, mean, squares

    total, all_mean, all_squares = moments(np.ones(len(values), dtype=bool))
    all_sd = np.sqrt(all_squares / np.maximum(total, 1))
    groups = [moments(rows == row) for row in range(n_levels + 1)]
    within = sum(squares for _, _, squares in groups) / np.maximum(total, 1)

    mean, sd = [all_mean], [all_sd]
    for count, level_mean, squares in groups[1:]:
        enough = count >= MIN_BATCH
        level_sd = np.maximum(np.sqrt(squares / np.maximum(count, 1)), SD_FLOOR * np.sqrt(within))
        mean.append(np.where(enough, level_mean, all_mean))
        sd.append(np.where(enough, level_sd, all_sd))
    return np.stack(mean), np.stack(sd), within


def block_weights(widths: Sequence[int], balance: bool = True) -> np.ndarray:
    """Return the multiplier of each feature that gives every omics the same total variance.

    Parameters
    ----------
    widths
        Number of features of each omics, p_b.
    balance
        If false, all ones.

    Returns
    -------
    ndarray of float32, shape (P,)
        sqrt(P / (B p_b)); their squares have mean 1, so the loss keeps its scale.
    """
    total, blocks = sum(widths), len(widths)
    each = [np.sqrt(total / (blocks * width)) if balance else 1.0 for width in widths]
    return np.repeat(each, widths).astype(np.float32)
