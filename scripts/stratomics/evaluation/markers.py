"""Features that tell the subtypes apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Differences:
    """How every feature differs between each subtype and all other patients.

    Parameters
    ----------
    subtypes
        The subtypes [K], 1 = best prognosis.
    difference
        Standardised mean difference (Cohen's d with the pooled deviation) [K, P]; 0 for a constant feature.
    t
        Welch's t, as ``scanpy.tl.rank_genes_groups(method="t-test")`` ranks by [K, P]; 0 for a constant feature.
    mean_in, mean_out
        Means of the subtype and of the others [K, P].
    n_in, n_out
        Patients of the subtype and the others [K].
    """

    subtypes: np.ndarray
    difference: np.ndarray
    t: np.ndarray
    mean_in: np.ndarray
    mean_out: np.ndarray
    n_in: np.ndarray
    n_out: np.ndarray

    def of_omics(self, blocks: Mapping[str, slice], n_per_omics: int) -> np.ndarray:
        """Rank the features of each omics that are raised most in each subtype.

        Parameters
        ----------
        blocks
            The columns of each omics.
        n_per_omics
            Most features per subtype and omics.

        Returns
        -------
        numpy.ndarray
            int64 [K, P]: rank from 1, 0 for those that are no markers. A feature has a rank under one subtype at most, that
            where its difference is largest.
        """
        ranks: np.ndarray = np.zeros(self.difference.shape, dtype=np.int64)
        home = np.nan_to_num(self.difference).argmax(axis=0)  # a subtype that cannot be compared is nobody's
        for block in blocks.values():
            columns = np.arange(ranks.shape[1])[block]
            for k in range(len(self.subtypes)):
                own = columns[(home[columns] == k) & (self.difference[k, columns] > 0)]
                best = own[np.argsort(-self.difference[k, own], kind="stable")][:n_per_omics]
                ranks[k, best] = np.arange(1, len(best) + 1)
        return ranks


def subtype_differences(X: np.ndarray, labels: np.ndarray, subtypes: np.ndarray | None = None) -> Differences:
    """Compare every subtype with all other patients in every feature.

    Parameters
    ----------
    X
        Patients x features [n, P]; finite.
    labels
        Subtype of each patient.
    subtypes
        Those to compare; the ones that occur, if not given. One of fewer than two patients or others has no difference (NaN).

    Returns
    -------
    Differences
    """
    values = np.asarray(X, dtype=np.float64)
    labels = np.asarray(labels)
    known = np.unique(labels) if subtypes is None else np.asarray(subtypes)
    inside = (labels[:, None] == known).astype(np.float64)  # [n, K]
    n_in = inside.sum(axis=0)[:, None]
    n_out = len(labels) - n_in
    sums, squares = inside.T @ values, inside.T @ values**2
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_in, mean_out = sums / n_in, (values.sum(axis=0) - sums) / n_out
        # sums of squares about the means
        within_in = np.maximum(squares - n_in * mean_in**2, 0)
        within_out = np.maximum((values**2).sum(axis=0) - squares - n_out * mean_out**2, 0)
        apart = mean_in - mean_out
        deviation = np.sqrt((within_in + within_out) / (n_in + n_out - 2))
        error = np.sqrt(within_in / (n_in - 1) / n_in + within_out / (n_out - 1) / n_out)
        difference = np.where(deviation > 1e-9, apart / deviation, 0.0)
        t = np.where(deviation > 1e-9, apart / error, 0.0)
    few = (np.minimum(n_in, n_out) < 2)[:, 0]
    difference[few], t[few] = np.nan, np.nan
    return Differences(known, difference, t, mean_in, mean_out, n_in[:, 0], n_out[:, 0])


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
        difference, Cohen's d with the pooled deviation; > 0), t (Welch's), mean_in, mean_out. A feature is listed once, under the
        subtype where its difference is largest.

    Notes
    -----
    The difference describes the subtypes; it is no test of them, since the same patients defined the subtypes.
    """
    found = subtype_differences(X, labels)
    return marker_rows(found, found.of_omics(blocks, n_per_omics), features, blocks)


def marker_rows(
    found: Differences, ranks: np.ndarray, features: Sequence[str], blocks: Mapping[str, slice]
) -> pd.DataFrame:
    """Write markers as rows, sorted by omics, subtype and rank; see `top_features`.

    Parameters
    ----------
    found
        The differences.
    ranks
        From `Differences.of_omics`.
    features, blocks
        Names of the columns, and the columns of each omics.
    """
    rows = []
    for omics, block in blocks.items():
        for k, subtype in enumerate(found.subtypes):
            columns = np.arange(ranks.shape[1])[block]
            own = columns[ranks[k, columns] > 0]
            rows += [
                (features[j], omics, int(subtype), ranks[k, j])
                + (found.difference[k, j], found.t[k, j], found.mean_in[k, j], found.mean_out[k, j])
                for j in own[np.argsort(ranks[k, own])]
            ]
    columns_out = ["feature", "omics", "subtype", "rank", "difference", "t", "mean_in", "mean_out"]
    return pd.DataFrame(rows, columns=columns_out)
