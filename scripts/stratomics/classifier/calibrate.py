"""Probabilities from decision values, learned on patients that the decisions had not seen.

References
----------
Platt (1999), Advances in Large Margin Classifiers, 61-74; here as one multinomial logistic regression for all classes.
"""

from __future__ import annotations

import numpy as np

#: Inverse of the L2 penalty on standardised decision values: slight, so that perfectly separated classes stay finite.
INVERSE_PENALTY = 10.0


def fit_calibration(decisions: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Learn probabilities from out-of-fold decision values.

    Parameters
    ----------
    decisions
        [n, D].
    y
        Classes, int [n] in 0..K-1, none empty.

    Returns
    -------
    dict
        ``coef`` [K, D] and ``intercept`` [K]: probabilities are the softmax of decisions @ coef.T + intercept.
    """
    from sklearn.linear_model import LogisticRegression  # here, because a fitted classifier is used without it

    centre, scale = decisions.mean(axis=0), decisions.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    model = LogisticRegression(C=INVERSE_PENALTY, tol=1e-8, max_iter=2000).fit((decisions - centre) / scale, y)
    coef, intercept = model.coef_ / scale, model.intercept_
    intercept = intercept - coef @ centre
    if len(coef) == 1:  # two classes: log odds of the second
        coef, intercept = np.concatenate([0.0 * coef, coef]), np.concatenate([0.0 * intercept, intercept])
    return {"coef": coef, "intercept": intercept}


def calibrated(decisions: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Turn decision values into probabilities.

    Parameters
    ----------
    decisions
        [n, D].
    arrays
        What `fit_calibration` returned.

    Returns
    -------
    numpy.ndarray
        [n, K], rows sum to 1.
    """
    scores = decisions @ arrays["coef"].T + arrays["intercept"]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)
