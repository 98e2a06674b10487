"""Fill missing values from the training patients."""

from __future__ import annotations

import numpy as np


def column_medians(values: np.ndarray) -> np.ndarray:
    """Return the median of each feature over the patients in which it was measured.

    Parameters
    ----------
    values
        Training patients x features, NaN = missing; each feature has at least one value.

    Returns
    -------
    ndarray of shape (p,)
    """
    return np.nanmedian(values, axis=0)


def fill(values: np.ndarray, medians: np.ndarray, donors: np.ndarray | None = None, neighbours: int = 10) -> np.ndarray:
    """Fill missing values with the mean of the nearest training patients, or with the training median.

    Parameters
    ----------
    values
        Patients x features on the standardised scale (so that no feature rules the distance), NaN = missing.
    medians
        Training median of each feature.
    donors
        Training patients x features on the same scale, for the nearest neighbours (Euclidean distance over the features
        that both patients have; Troyanskaya et al. 2001). None: medians.
    neighbours
        How many donors to average.

    Returns
    -------
    ndarray of shape (n, p)
        Without NaN.
    """
    missing = np.isnan(values)
    if not missing.any():
        return values
    if donors is not None and not missing.all():
        from sklearn.impute import KNNImputer

        gaps = missing.any(axis=1)
        imputer = KNNImputer(n_neighbors=neighbours, keep_empty_features=True).fit(donors)
        values = values.copy()
        values[gaps] = imputer.transform(values[gaps])
        missing &= np.isnan(values)
    return np.where(missing, medians, values)
