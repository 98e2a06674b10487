"""Measurements of features added to those of their genes: the loop of `stratomics.cohort.gene_means.GeneMeans`."""

from __future__ import annotations

import numba as nb
import numpy as np

from stratomics.compiled import compiled

_TABLE = nb.float32[:, ::1]


@compiled(nb.void(_TABLE, _TABLE, nb.types.Array(nb.float32, 2, "C", readonly=True), nb.int64[:, ::1]))
def add_to_genes(sums: np.ndarray, counts: np.ndarray, values: np.ndarray, pairs: np.ndarray) -> None:
    """Add known values to the sums of genes, and one to their counts.

    Parameters
    ----------
    sums, counts
        [genes, patients]; changed.
    values
        [features, patients]; NaN where missing.
    pairs
        Positions of a feature and of its gene [pairs, 2], in the order in which they are added.
    """
    for p in range(len(pairs)):
        feature, gene = pairs[p]
        for j in range(values.shape[1]):
            value = values[feature, j]
            known = value == value  # NaN is not
            sums[gene, j] += value if known else np.float32(0)
            counts[gene, j] += np.float32(known)
