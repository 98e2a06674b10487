"""Features that tell the subtypes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def top_features(
    X: np.ndarray, features: Sequence[str], blocks: Mapping[str, slice], labels: np.ndarray, n_per_omics: int
) -> pd.DataFrame:
    """Find the features of each omics that are raised most in each subtype, against all the other patients.

    Parameters
    ----------
    X
        Patients x features, standardised; finite.
    features
        ``omics:feature`` for each column of `X`.
    blocks
        The columns of each omics.
    labels
        Subtype of each patient, 1 = best prognosis.
    n_per_omics
        Most features per subtype and omics.

    Returns
    -------
    pandas.DataFrame
        Sorted by omics, subtype and difference: feature (``omics:feature``), omics, subtype, rank, difference (standardised mean
        difference, Cohen's d with the pooled deviation; > 0), mean_in, mean_out. A feature is listed once, under the
        subtype where its difference is largest.

    Notes
    -----
    The difference describes the subtypes; it is no test of them, since the same patients defined the subtypes.
    """
    values = np.asarray(X, dtype=np.float64)
    labels = np.asarray(labels)
    subtypes = np.unique(labels)
    inside = (labels[:, None] == subtypes).astype(np.float64)  # [n, K]
    n_in = inside.sum(axis=0)[:, None]
    n_out = len(labels) - n_in
    sums, squares = inside.T @ values, inside.T @ values**2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_in, mean_out = sums / n_in, (values.sum(axis=0) - sums) / n_out
        within = squares - n_in * mean_in**2 + ((values**2).sum(axis=0) - squares) - n_out * mean_out**2
        deviation = np.sqrt(np.maximum(within, 0) / np.maximum(n_in + n_out - 2, 1))
        difference = np.where(deviation > 1e-9, (mean_in - mean_out) / deviation, 0.0)  # [K, P]
    difference = np.nan_to_num(difference)  # a single subtype has no others
    home = difference.argmax(axis=0)
    rows = []
    for omics, block in blocks.items():
        columns = np.arange(values.shape[1])[block]
        for k, subtype in enumerate(subtypes):
            own = columns[(home[columns] == k) & (difference[k, columns] > 0)]
            best = own[np.argsort(-difference[k, own], kind="stable")][:n_per_omics]
            rows += [
                (features[j], omics, int(subtype), rank, difference[k, j], mean_in[k, j], mean_out[k, j])
                for rank, j in enumerate(best, start=1)
            ]
    columns_out = ["feature", "omics", "subtype", "rank", "difference", "mean_in", "mean_out"]
    return pd.DataFrame(rows, columns=columns_out)
