"""Which features can be used, judged on the training patients alone."""

from __future__ import annotations

import numpy as np

#: A feature is near-constant when fewer than this share of the training patients differ from its commonest value.
MIN_VARIED = 0.05


def missing_share(values: np.ndarray) -> np.ndarray:
    """Return the share of missing values of each feature.

    Parameters
    ----------
    values
        Patients x features, NaN = missing.

    Returns
    -------
    ndarray of shape (p,)
    """
    return np.isnan(values).mean(axis=0)


def differing_patients(values: np.ndarray) -> np.ndarray:
    """Count, for each feature, the patients that do not have its commonest value.

    A methylation state with two balanced values scores high, an RNA seen in three patients scores three: unlike the number
    of distinct values, this does not mistake few states for no variation.

    Parameters
    ----------
    values
        Patients x features, NaN = missing (not counted).

    Returns
    -------
    ndarray of shape (p,)
        int64.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    start, _ = tied_runs(ordered)
    run_length = np.arange(1, len(values) + 1)[:, None] - start
    commonest = np.where(np.isnan(ordered), 0, run_length).max(axis=0, initial=0)
    return (~np.isnan(values)).sum(axis=0) - commonest


def tied_runs(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the run of equal values begins and ends for each entry of sorted columns.

    Parameters
    ----------
    ordered
        n x p, each column ascending, NaN last (every NaN is a run of its own).

    Returns
    -------
    start, stop : ndarray of shape (n, p)
        First position and one past the last, int64.
    """
    n = len(ordered)
    position = np.broadcast_to(np.arange(n)[:, None], ordered.shape)
    begins = np.ones(ordered.shape, dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    ends = np.ones(ordered.shape, dtype=bool)
    ends[:-1] = begins[1:]
    start = np.maximum.accumulate(np.where(begins, position, 0), axis=0)
    stop = np.minimum.accumulate(np.where(ends, position + 1, n)[::-1], axis=0)[::-1]
    return start, stop


def most_variable(variance: np.ndarray, n_keep: int) -> np.ndarray:
    """Choose the features of highest variance.

    Variances that agree to three digits count as equal, and the features that come first win. This matters for normal
    scores: they all have the same variance by construction (a little less where values are tied), no spread on the raw
    scale is comparable between features either, and the last bits of a sum must not choose.

    Parameters
    ----------
    variance
        Of each feature, float [p].
    n_keep
        How many to keep at most.

    Returns
    -------
    ndarray of bool, shape (p,)
    """
    keep = np.zeros(len(variance), dtype=bool)
    with np.errstate(divide="ignore"):
        digits = np.round(np.log10(variance) * 1000)
    keep[np.argsort(-digits, kind="stable")[:n_keep]] = True
    return keep
