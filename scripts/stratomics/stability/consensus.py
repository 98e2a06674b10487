"""Consensus over many clusterings: how often two patients land in the same cluster.

References
----------
Monti, Tamayo, Mesirov and Golub (2003), Mach. Learn. 52, 91-118. Senbabaoglu, Michailidis and Li (2014), Sci. Rep. 4, 6207.
"""

from __future__ import annotations

import numpy as np

from .agreement import LABELLINGS_AT_ONCE, one_hot

#: Consensus strictly between these counts as ambiguous (Senbabaoglu et al. 2014).
AMBIGUOUS_RANGE = (0.1, 0.9)


def consensus_matrix(labels: np.ndarray) -> np.ndarray:
    """Compute the share of labellings that put two patients together, among those that hold both.

    Parameters
    ----------
    labels
        Int [B, n], 0..K-1; negative where a labelling does not hold a patient.

    Returns
    -------
    numpy.ndarray
        float64 [n, n], symmetric, 1 on the diagonal; NaN where no labelling holds both patients.
    """
    n = labels.shape[1]
    together, held = np.zeros((n, n), dtype=np.float32), np.zeros((n, n), dtype=np.float32)
    for start in range(0, len(labels), LABELLINGS_AT_ONCE):
        chunk = labels[start : start + LABELLINGS_AT_ONCE]
        members = one_hot(chunk).reshape(-1, n)
        present = (chunk >= 0).astype(np.float32)
        together += members.T @ members
        held += present.T @ present
    consensus = np.full((n, n), np.nan)
    np.divide(together, held, out=consensus, where=held > 0, dtype=np.float64)
    return consensus


def proportion_ambiguous(consensus: np.ndarray) -> float:
    """Compute the proportion of ambiguous clustering (PAC).

    Parameters
    ----------
    consensus
        As `consensus_matrix` returns it, [n, n].

    Returns
    -------
    float
        Share of the pairs of different patients with a consensus strictly between .1 and .9: 0 where every pair is always or
        never together. NaN where no pair was held together.
    """
    pairs = consensus[np.triu_indices(len(consensus), k=1)]
    pairs = pairs[~np.isnan(pairs)]
    low, high = AMBIGUOUS_RANGE
    return float(((pairs > low) & (pairs < high)).mean()) if pairs.size else float("nan")


def patient_consensus(consensus: np.ndarray, subtype: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean consensus of each patient with its own subtype and with the nearest other one.

    Parameters
    ----------
    consensus
        As `consensus_matrix` returns it, [n, n].
    subtype
        Final subtype of each patient, int [n], 1..K.

    Returns
    -------
    own, other
        [n]: mean over the other members of the own subtype (the item consensus of Monti et al. 2003), and the largest mean
        over the members of another subtype. NaN where there is no such patient.
    """
    known = ~np.isnan(consensus)
    np.fill_diagonal(known, False)
    members = np.stack([subtype == label for label in np.unique(subtype)], axis=1).astype(np.float64)
    totals, counts = np.where(known, consensus, 0.0) @ members, known.astype(np.float64) @ members
    means = np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)
    mine = members.astype(bool)
    others = np.where(mine | np.isnan(means), -np.inf, means).max(axis=1)
    return means[mine], np.where(np.isfinite(others), others, np.nan)
