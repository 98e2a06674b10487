"""Log-rank tests of subtypes: one over all of them, pooled over folds that chose different numbers, and one per pair."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from .logrank import logrank

PAIRWISE_COLUMNS = [
    "n_subtypes",
    "subtype_a",
    "subtype_b",
    "n_a",
    "n_b",
    "events_a",
    "events_b",
    "chi2",
    "df",
    "p",
]


def pooled_logrank(
    time: np.ndarray, event: np.ndarray, subtype: np.ndarray, n_subtypes: np.ndarray
) -> tuple[float, float, float]:
    """Test the subtypes of patients from several folds, which may have chosen different numbers of subtypes.

    Label 2 of 2 and label 2 of 3 are not the same group: the folds with one number of subtypes form a stratum with a test of
    its own, and the statistics and their degrees of freedom are added up.

    Parameters
    ----------
    time
        Follow-up, float64 [n].
    event
        Whether it ended in the event, bool [n].
    subtype
        Labels [n].
    n_subtypes
        Number of subtypes that the fold of each patient had [n].

    Returns
    -------
    chi2, df, p
        NaN, 0 and NaN where no stratum has two subtypes and an event. p is nominal.

    References
    ----------
    Mantel 1966, Cancer Chemother. Rep. 50, 163-170.
    """
    chi2, df = 0.0, 0
    for k in np.unique(n_subtypes):
        inside = n_subtypes == k
        own = subtype[inside]
        if (own == own[0]).all() or not event[inside].any():
            continue
        result = logrank(time[inside], event[inside], own)
        chi2, df = chi2 + result.chi2, df + result.df
    if df == 0:
        return float("nan"), 0.0, float("nan")
    return chi2, float(df), float(chdtrc(df, chi2))


def pairwise_logrank(time: np.ndarray, event: np.ndarray, subtype: np.ndarray, n_subtypes: np.ndarray) -> pd.DataFrame:
    """Test every pair of subtypes of one repeat.

    Where folds chose different numbers of subtypes, each number has pairs of its own (label 2 of 2 is not label 2 of 3).

    Parameters
    ----------
    time, event, subtype, n_subtypes
        As for `pooled_logrank`.

    Returns
    -------
    pandas.DataFrame
        One row per number of subtypes and pair of its labels: ``n_subtypes, subtype_a, subtype_b, n_a, n_b, events_a,
        events_b, chi2, df, p`` (nominal). The statistics are NaN where a label has no patients or neither has events.
    """
    rows = []
    for k in np.unique(n_subtypes).astype(int).tolist():
        for a, b in combinations(range(1, k + 1), 2):
            both = (n_subtypes == k) & ((subtype == a) | (subtype == b))
            is_a = subtype[both] == a
            died = event[both]
            chi2, df, p = float("nan"), 0, float("nan")
            if is_a.any() and not is_a.all() and died.any():
                result = logrank(time[both], died, is_a)
                chi2, df, p = (result.chi2, result.df, result.p) if result.df else (chi2, df, p)
            counts = (is_a.sum(), (~is_a).sum(), died[is_a].sum(), died[~is_a].sum())
            rows.append((k, a, b, *map(int, counts), chi2, df, p))
    return pd.DataFrame(rows, columns=PAIRWISE_COLUMNS)
