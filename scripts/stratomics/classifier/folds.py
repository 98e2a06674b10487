"""Stratified folds for the inner cross-validation."""

from __future__ import annotations

import numpy as np


def stratified_folds(y: np.ndarray, n_classes: int, inner_folds: int, seed: int) -> tuple[np.ndarray, int]:
    """Deal the patients of each class to folds of nearly equal size.

    Parameters
    ----------
    y
        Classes, int [n] in 0..n_classes-1, none empty.
    n_classes
        K.
    inner_folds
        The number wanted. A class with fewer patients lowers it, so that each fold tests every class, but not below two.
    seed
        Of the dealing.

    Returns
    -------
    fold, n_folds
        In which fold each patient is held out, int64 [n], and the number of folds. The patient of a class of one has
        fold -1: never held out, since no model could be trained without it.
    """
    counts = np.bincount(y, minlength=n_classes)
    shared = counts[counts > 1]
    n_folds = int(max(2, min(inner_folds, shared.min(initial=inner_folds))))
    rng = np.random.default_rng(np.random.SeedSequence([seed]))
    fold = np.full(len(y), -1, dtype=np.int64)
    dealt = 0
    for k in np.flatnonzero(counts > 1):
        members = rng.permutation(np.flatnonzero(y == k))
        fold[members] = (dealt + np.arange(len(members))) % n_folds
        dealt += len(members)  # the next class goes on where this one stopped
    return fold, n_folds
