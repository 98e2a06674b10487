"""Support vector machines, one class against the rest, on Gram matrices.

The Gram matrix of a fold serves all its settings and classes. Classes weigh alike whatever their size. Fitted machines are
plain arrays: the weights of a linear one, or the support vectors and their coefficients.

References
----------
Cortes and Vapnik (1995), Mach. Learn. 20, 273-297. Rifkin and Klautau (2004), J. Mach. Learn. Res. 5, 101-141.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.svm import SVC

from stratomics.arrays import Array

#: ``C`` is the cost of a patient on the wrong side.
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"kernel": "linear", "C": c} for c in (0.01, 0.1, 1.0)),
    *({"kernel": "rbf", "C": c} for c in (0.1, 1.0, 10.0)),
)


def rbf_gamma(x: np.ndarray) -> float:
    """Return 1 / (features x variance), the width at which a typical pair of patients is about exp(-2) alike."""
    variance = float(x.var())
    return 1.0 / (x.shape[1] * variance) if variance > 0 else 1.0


def rbf_gram(a: np.ndarray, b: np.ndarray, gamma: float) -> np.ndarray:
    """Return exp(-gamma |a - b|^2) for all rows of a [n, m] and b [s, m], [n, s]."""
    squared = (a**2).sum(axis=1)[:, None] - 2.0 * a @ b.T + (b**2).sum(axis=1)
    return np.exp(-gamma * np.maximum(squared, 0.0))


def fit_machines(gram: np.ndarray, y: np.ndarray, n_classes: int, cost: float) -> tuple[np.ndarray, np.ndarray]:
    """Train one machine per class (a single one for two classes).

    Parameters
    ----------
    gram
        Kernel between the training patients [n, n].
    y
        Classes, int [n] in 0..n_classes-1.
    n_classes
        K.
    cost
        C.

    Returns
    -------
    dual, intercept
        [D, n] (zero where a patient is no support vector) and [D].
    """
    positives = [1] if n_classes == 2 else list(range(n_classes))
    dual = np.zeros((len(positives), len(y)))
    intercept = np.zeros(len(positives))
    for row, k in enumerate(positives):
        own = y == k
        # What class_weight="balanced" does, but its look at the classes takes longer than the fit of a small machine.
        weight = np.where(own, len(y) / (2.0 * own.sum()), len(y) / (2.0 * (~own).sum()))
        with config_context(assume_finite=True, skip_parameter_validation=True):
            machine = SVC(kernel="precomputed", C=cost).fit(gram, own, sample_weight=weight)
        dual[row, machine.support_] = machine.dual_coef_[0]
        intercept[row] = machine.intercept_[0]
    return dual, intercept


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
    gamma = rbf_gamma(train_x)
    grams = {
        "linear": (train_x @ train_x.T, test_x @ train_x.T),
        "rbf": (rbf_gram(train_x, train_x, gamma), rbf_gram(test_x, train_x, gamma)),
    }
    decided = []
    for setting in SETTINGS:
        train_gram, test_gram = grams[setting["kernel"]]
        dual, intercept = fit_machines(train_gram, train_y, n_classes, setting["C"])
        decided.append(test_gram @ dual.T + intercept)
    return np.stack(decided)


def fit(x: np.ndarray, y: np.ndarray, n_classes: int, setting: dict[str, Any]) -> dict[str, np.ndarray]:
    """Train with one setting.

    Parameters
    ----------
    x, y, n_classes
        As for `decide_all`.
    setting
        One of `SETTINGS`.

    Returns
    -------
    dict
        ``intercept`` [D] and, linear, ``weights`` [D, m] or, rbf, ``support`` [s, m], ``dual`` [D, s], ``gamma`` [1].
    """
    if setting["kernel"] == "linear":
        dual, intercept = fit_machines(x @ x.T, y, n_classes, setting["C"])
        return {"weights": dual @ x, "intercept": intercept}
    gamma = rbf_gamma(x)
    dual, intercept = fit_machines(rbf_gram(x, x, gamma), y, n_classes, setting["C"])
    used = dual.any(axis=0)
    return {"support": x[used], "dual": dual[:, used], "gamma": np.array([gamma]), "intercept": intercept}


def declared(setting: Mapping[str, Any]) -> dict[str, Array]:
    """Say what the arrays of `fit` may be, with one setting."""
    intercept = {"intercept": Array("float64", ("D",), "intercept of each machine")}
    if setting["kernel"] == "linear":
        return {"weights": Array("float64", ("D", "_m"), "weights of each machine"), **intercept}
    return {
        "support": Array("float64", ("_s", "_m"), "predictors of the support vectors, which are training patients"),
        "dual": Array("float64", ("D", "_s"), "their coefficients"),
        "gamma": Array("float64", (1,), "width of the kernel", positive=True),
        **intercept,
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
        Decision values [n, D].
    """
    if "weights" in arrays:
        return x @ arrays["weights"].T + arrays["intercept"]
    return rbf_gram(x, arrays["support"], float(arrays["gamma"][0])) @ arrays["dual"].T + arrays["intercept"]
