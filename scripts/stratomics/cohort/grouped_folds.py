"""Folds that keep groups of patients whole, such as the patients of one hospital."""

from __future__ import annotations

import numpy as np

#: Orders tried; the one with the most even folds is kept.
TRIES = 20
#: Sizes are multiplied by a random factor from this to 1 before they are sorted, else every repeat would deal alike.
JITTER = 0.3


def grouped_folds(
    strata: np.ndarray, groups: np.ndarray, folds: int, rng: np.random.Generator, pattern: np.ndarray
) -> np.ndarray:
    """Deal whole groups to folds, as even as can be in patients, events, follow-up and patterns of omics.

    Parameters
    ----------
    strata
        Stratum of each patient: 0-2 (tertiles of follow-up of the censored), 3-5 (of those with the event) [n].
    groups
        Group of each patient, 0 to the number of groups - 1 [n].
    folds
        Number of folds, at most that of the groups.
    rng
        Draws the order of the groups.
    pattern
        Pattern of omics of each patient [n], see `stratomics.cohort.splits.omics_patterns`.

    Returns
    -------
    numpy.ndarray
        Fold of each patient, int64 [n]; no fold is empty.

    Notes
    -----
    The groups are dealt one after the other, the larger ones roughly first, each to the fold where it adds least to the sum
    over folds of the squared shares that they have of all patients, of all events, of each stratum and of each pattern: the
    greedy rule of the largest first (Graham 1969, SIAM J. Appl. Math. 17, 416-429) for several sizes at once.
    """
    sizes = np.bincount(groups)
    patterns = np.unique(pattern)
    of_pattern = pattern[:, None] == (patterns if len(patterns) > 1 else patterns[:0])
    kinds = np.column_stack([np.ones(len(strata)), strata >= 3, strata[:, None] == np.arange(6), of_pattern])
    kinds = kinds.astype(np.float64)
    shares = np.zeros((len(sizes), kinds.shape[1]))
    np.add.at(shares, groups, kinds / np.maximum(kinds.sum(axis=0), 1))
    best, least = np.zeros(len(sizes), dtype=np.int64), np.inf
    for _ in range(TRIES):
        fold_of, held = np.zeros(len(sizes), dtype=np.int64), np.zeros((folds, kinds.shape[1]))
        for group in np.argsort(-sizes * rng.uniform(JITTER, 1, len(sizes)), kind="stable"):
            # An empty fold has nothing in common with the group, so that none stays empty.
            fold = int(np.argmin(held @ shares[group]))
            fold_of[group] = fold
            held[fold] += shares[group]
        if (held**2).sum() < least:
            best, least = fold_of, float((held**2).sum())
    return best[groups]
