"""How alike two labellings of the same patients are, beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

LABELLINGS_AT_ONCE = 64  # bounds the indicators and tables held in memory


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Turn labellings into indicators.

    Parameters
    ----------
    labels
        Int [B, n], 0..K-1; negative where a labelling does not hold a patient.

    Returns
    -------
    numpy.ndarray
        float32 [B, K, n], K one more than the largest label; all zero where the label is negative. Sums of products of
        indicators are exact in float32 up to 16 million patients.
    """
    n_labels = max(int(labels.max(initial=0)) + 1, 1)
    return (labels[:, None, :] == np.arange(n_labels)[:, None]).astype(np.float32)


def pairwise_adjusted_rand(labels: np.ndarray, others: np.ndarray | None = None) -> np.ndarray:
    """Compute the adjusted Rand index between many labellings at once.

    Each pair of labellings is compared on the patients that both hold. The contingency tables of many pairs come from one
    product of indicator matrices.

    Parameters
    ----------
    labels
        Int [B, n], 0..K-1; negative where a labelling does not hold a patient.
    others
        The labellings to compare with, as `labels` [C, n]; the same ones when not given.

    Returns
    -------
    numpy.ndarray
        [B, C]: 1 for the same partition whatever its labels are called, about 0 for unrelated ones; NaN where fewer than two
        patients are held by both.

    References
    ----------
    Hubert and Arabie (1985), J. Classif. 2, 193-218, in the pair counts of Steinley (2004), Psychol. Methods 9, 386-396.
    """
    left, right = np.asarray(labels), np.asarray(labels if others is None else others)
    index = np.empty((len(left), len(right)))
    for start in range(0, len(left), LABELLINGS_AT_ONCE):
        rows = slice(start, start + LABELLINGS_AT_ONCE)
        for begin in range(0, len(right), LABELLINGS_AT_ONCE):
            columns = slice(begin, begin + LABELLINGS_AT_ONCE)
            index[rows, columns] = _adjusted_rand_block(one_hot(left[rows]), one_hot(right[columns]))
    return index


def _adjusted_rand_block(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Compute the index between every labelling of `left` [B, K, n] and of `right` [C, L, n], both as indicators."""
    counts = left.reshape(-1, left.shape[2]) @ right.reshape(-1, right.shape[2]).T
    return table_adjusted_rand(
        counts.astype(np.float64).reshape(*left.shape[:2], *right.shape[:2]).transpose(0, 2, 1, 3)
    )


def table_adjusted_rand(tables: np.ndarray) -> np.ndarray:
    """Compute the adjusted Rand index of contingency tables, float64 [..., K, L] -> [...]; see `pairwise_adjusted_rand`."""
    n = tables.sum(axis=(-2, -1))
    squares = (tables**2).sum(axis=(-2, -1))
    of_left, of_right = (tables.sum(axis=-1) ** 2).sum(axis=-1), (tables.sum(axis=-2) ** 2).sum(axis=-1)
    # ordered pairs of patients: together in both, together in one only, apart in both
    both, first, second = squares - n, of_left - squares, of_right - squares
    neither = n * n + squares - of_left - of_right
    numerator = 2.0 * (both * neither - first * second)
    denominator = (both + first) * (first + neither) + (both + second) * (second + neither)
    same = (first == 0) & (second == 0)
    index = np.divide(numerator, denominator, out=np.ones_like(n), where=~same & (denominator > 0))
    return np.where(n >= 2, index, np.nan)


def adjusted_rand(a: ArrayLike, b: ArrayLike, fold: ArrayLike | None = None) -> float:
    """Compute the adjusted Rand index between two labellings of the same patients.

    Parameters
    ----------
    a, b
        Labels [n] of any type; missing where a labelling does not hold a patient.
    fold
        Label [n] of the fit that each patient's labels come from. Labels of different fits need not mean the same (one fit
        may have found two subtypes, another three), so each fold is compared on its own and the mean, weighted by
        patients, is returned.

    Returns
    -------
    float
        NaN where no fold has two patients held by both.
    """
    first, second = pd.factorize(np.asarray(a))[0], pd.factorize(np.asarray(b))[0]
    if first.shape != second.shape:
        raise ValueError(f"labellings of the same patients are needed, found {first.shape} and {second.shape}")
    folds = np.zeros(first.size, dtype=np.int64) if fold is None else pd.factorize(np.asarray(fold))[0]
    values, weights = [], []
    for one in np.unique(folds):
        rows = folds == one
        values.append(float(pairwise_adjusted_rand(first[None, rows], second[None, rows])[0, 0]))
        weights.append(int(((first >= 0) & (second >= 0) & rows).sum()))
    known = np.isfinite(values)
    return float(np.average(np.array(values)[known], weights=np.array(weights)[known])) if known.any() else float("nan")
