"""Which omics features tell the subtypes apart: one-way analysis of variance, per omics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import fdtrc

#: Sums of squares below this share of the total are rounding noise of a constant feature.
NOISE = 1e-10


def moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the centred features and their squares, float64 [n, P] each: what `anova_f` needs whatever the classes."""
    centred = x - x.mean(axis=0, dtype=np.float64)  # float64, and sums of squares free of cancellation
    return centred, centred**2


def anova_f(
    prepared: tuple[np.ndarray, np.ndarray], y: np.ndarray, n_classes: int, fold: np.ndarray, n_folds: int
) -> np.ndarray:
    """Compute the F statistic of every feature, for every inner training set and for all patients.

    The sums of each class within each fold are one matrix product; a training set is the total less its held-out fold.

    Parameters
    ----------
    prepared
        The `moments` of the features.
    y
        Classes, int [n] in 0..n_classes-1.
    n_classes
        K.
    fold
        In which fold a patient is held out, int [n] in 0..n_folds-1, or -1 for never.
    n_folds
        Number of folds.

    Returns
    -------
    numpy.ndarray
        [n_folds + 1, P]: row f without the patients of fold f, the last row with all. NaN for constant features.
    """
    centred, squared = prepared
    n, width = centred.shape
    cells = (n_folds + 1) * n_classes
    member = np.zeros((cells, n))
    member[(fold + 1) * n_classes + y, np.arange(n)] = 1.0
    sums = (member @ centred).reshape(n_folds + 1, n_classes, width)
    counts = member.sum(axis=1).reshape(n_folds + 1, n_classes)
    squares = member.reshape(n_folds + 1, n_classes, n).sum(axis=1) @ squared

    def without_fold(parts: np.ndarray) -> np.ndarray:
        total = parts.sum(axis=0, keepdims=True)
        return np.concatenate([total - parts[1:], total])  # part 0 is never held out

    sums, counts, squares = without_fold(sums), without_fold(counts), without_fold(squares)
    patients = counts.sum(axis=1)[:, None]
    correction = sums.sum(axis=1) ** 2 / patients
    total = squares - correction
    present = (counts > 0).sum(axis=1)[:, None]
    between = (sums**2 / np.maximum(counts, 1.0)[:, :, None]).sum(axis=1) - correction
    within = np.maximum(total - between, NOISE * total)
    constant = total <= NOISE * squares[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        f = (np.maximum(between, 0.0) / (present - 1)) / (within / (patients - present))
    f[constant] = np.nan
    return f


def top_features(f: np.ndarray, blocks: Mapping[str, slice], top: int) -> np.ndarray:
    """Take the features of largest F of each omics.

    Parameters
    ----------
    f
        F statistics [P], NaN = never taken.
    blocks
        The columns of each omics.
    top
        Most to take per omics.

    Returns
    -------
    numpy.ndarray
        Columns, int64, omics by omics, largest first; ties go to the earlier column.
    """
    taken = []
    for block in blocks.values():
        scores = np.where(np.isnan(f[block]), -np.inf, f[block])
        best = np.argsort(-scores, kind="stable")[:top]
        taken.append(block.start + best[scores[best] > -np.inf])
    return np.concatenate(taken).astype(np.int64)


def describe_features(
    x: np.ndarray,
    y: np.ndarray,
    classes: np.ndarray,
    f: np.ndarray,
    columns: np.ndarray,
    blocks: Mapping[str, slice],
    names: Sequence[str],
) -> pd.DataFrame:
    """Tabulate the features of the classifier.

    Parameters
    ----------
    x
        Patients x features [n, P].
    y
        As for `anova_f`.
    classes
        The label of each class [K].
    f
        F statistics over all patients [P].
    columns
        The features taken, see `top_features`.
    blocks
        The columns of each omics.
    names
        ``omics:feature`` of each column.

    Returns
    -------
    pandas.DataFrame
        ``omics``, ``feature`` (its name within the omics), ``column``, ``f_score``, ``p``, ``rank`` (1 = largest F of its
        omics), ``mean_<label>`` (mean over the patients of that subtype). The p-values are descriptive: the subtypes were
        made from these very omics.
    """
    omics = [next(name for name, block in blocks.items() if block.start <= c < block.stop) for c in columns]
    k, n = len(classes), len(y)
    table = pd.DataFrame({"omics": omics, "feature": [names[c].split(":", 1)[-1] for c in columns], "column": columns})
    table["f_score"] = f[columns]
    table["p"] = fdtrc(k - 1, n - k, f[columns])
    table["rank"] = table.groupby("omics", sort=False).cumcount() + 1
    for i, label in enumerate(classes):
        table[f"mean_{label}"] = x[np.ix_(y == i, columns)].mean(axis=0, dtype=np.float64)
    return table
