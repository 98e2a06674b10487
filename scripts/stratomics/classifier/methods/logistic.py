"""Multinomial logistic regression with an L2 penalty; classes weigh alike whatever their size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from stratomics.arrays import Array

#: ``C`` is the inverse of the penalty.
SETTINGS: tuple[dict[str, Any], ...] = tuple({"C": c} for c in (0.001, 0.01, 0.1, 1.0))


def fit(x: np.ndarray, y: np.ndarray, n_classes: int, setting: dict[str, Any]) -> dict[str, np.ndarray]:
    """Train with one setting.

    Parameters
    ----------
    x
        Chosen features [n, m], float64.
    y
        Classes, int [n] in 0..n_classes-1, none empty.
    n_classes
        K.
    setting
        One of `SETTINGS`.

    Returns
    -------
    dict
        ``weights`` [D, m], ``intercept`` [D].
    """
    model = LogisticRegression(C=setting["C"], class_weight="balanced", max_iter=1000).fit(x, y)
    return {"weights": model.coef_, "intercept": model.intercept_}


def declared(setting: Mapping[str, Any]) -> dict[str, Array]:
    """Say what the arrays of `fit` may be, with one setting."""
    return {
        "weights": Array("float64", ("D", "_m"), "coefficients of the log odds"),
        "intercept": Array("float64", ("D",), "their intercepts"),
    }


def decision(x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Decide patients.

    Parameters
    ----------
    x
        Chosen features [n, m], float64.
    arrays
        What `fit` returned.

    Returns
    -------
    numpy.ndarray
        Log odds [n, 1] for two classes, else one score per class [n, K].
    """
    return x @ arrays["weights"].T + arrays["intercept"]


def decide_all(train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, n_classes: int) -> np.ndarray:
    """Train with every setting and decide the test patients.

    Parameters
    ----------
    train_x, test_x
        Chosen features [n, m] and [n_test, m], float64.
    train_y
        Classes, int [n] in 0..n_classes-1.
    n_classes
        K.

    Returns
    -------
    numpy.ndarray
        Decision values [settings, n_test, D].
    """
    return np.stack([decision(test_x, fit(train_x, train_y, n_classes, setting)) for setting in SETTINGS])
