"""Nearest centroid: the class whose mean is closest, every predictor on the scale it comes in.

On the latents that patients were clustered on by k-means, this is the clustering's own assignment.

References
----------
Tibshirani, Hastie, Narasimhan & Chu 2002, Proc. Natl. Acad. Sci. USA 99, 6567-6572 (there with shrunken centroids).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stratomics.arrays import Array

#: There is nothing to choose.
SETTINGS: tuple[dict[str, Any], ...] = ({},)


def fit(x: np.ndarray, y: np.ndarray, n_classes: int, setting: dict[str, Any]) -> dict[str, np.ndarray]:
    """Take the mean of every class.

    Parameters
    ----------
    x
        Predictors [n, m], float64.
    y
        Classes, int [n] in 0..n_classes-1, none empty.
    n_classes
        K.
    setting
        One of `SETTINGS`.

    Returns
    -------
    dict
        ``centroids`` [K, m].
    """
    return {"centroids": np.stack([x[y == k].mean(axis=0) for k in range(n_classes)])}


def declared(setting: Mapping[str, Any]) -> dict[str, Array]:
    """Say what the arrays of `fit` may be, with one setting."""
    return {"centroids": Array("float64", ("K", "_m"), "mean of the predictors of each subtype")}


def decision(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Decide patients.

    Parameters
    ----------
    x
        Predictors [n, m], float64.
    arrays
        What `fit` returned.

    Returns
    -------
    numpy.ndarray
        Minus half the squared distance to each centroid, up to what is the same for all, [n, K]; for two classes that of
        the second less that of the first [n, 1].
    """
    centroids = arrays["centroids"]
    scores = x @ centroids.T - 0.5 * (centroids**2).sum(axis=1)
    return scores[:, 1:] - scores[:, :1] if len(centroids) == 2 else scores


def decide_all(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, n_classes: int) -> np.ndarray:
    """Train with every setting and decide the test patients.

    Parameters
    ----------
    train_x, test_x
        Predictors [n, m] and [n_test, m], float64.
    train_y
        Classes, int [n] in 0..n_classes-1.
    n_classes
        K.

    Returns
    -------
    numpy.ndarray
        Decision values [1, n_test, D].
    """
    return np.stack([decision(test_x, fit(train_x, train_y, n_classes, setting)) for setting in SETTINGS])
