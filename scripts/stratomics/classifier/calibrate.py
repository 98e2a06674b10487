"""Probabilities from decision values, learned on patients that the decisions had not seen.

References
----------
Platt (1999), Advances in Large Margin Classifiers, 61-74; here as one multinomial logistic regression for all classes.
"""

from __future__ import annotations

import numpy as np

from stratomics.survival.newton import ROUNDING

#: L2 penalty on coefficients of standardised decision values: slight, so that perfectly separated classes stay finite.
PENALTY = 0.1
#: The last step is one that promises to better the likelihood by less than this: Newton's method squares the distance.
TOLERANCE = 1e-12
MAX_STEPS = 100


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
    centre, scale = decisions.mean(axis=0), decisions.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    found = fit_logistic((decisions - centre) / scale, y)
    coef = found[:, :-1] / scale
    return {"coef": coef, "intercept": found[:, -1] - coef @ centre}


def fit_logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit a multinomial logistic regression by Newton's method: few columns, and far cheaper than a general optimiser.

    Parameters
    ----------
    x
        [n, D], standardised.
    y
        Classes, int [n] in 0..K-1, none empty.

    Returns
    -------
    numpy.ndarray
        [K, D + 1], the intercept last and not penalised. Two classes are one set of log odds, those of the second (the first
        row is 0); of more, each has a row, and the intercepts sum to 0.

    Notes
    -----
    The maximum of ``sklearn.linear_model.LogisticRegression(C=1 / PENALTY)``.
    """
    n, k = len(y), int(y.max()) + 1
    design = np.concatenate([x, np.ones((n, 1))], axis=1)
    is_class = (y[:, None] == np.arange(k)).astype(np.float64)
    free = slice(1 if k == 2 else 0, k)
    shape = is_class[0, free].size, design.shape[1]
    penalty = np.full(shape, PENALTY)
    penalty[:, -1] = 0.0
    # The same number added to all intercepts changes nothing; this keeps the step from taking that way.
    flat = np.zeros(shape)
    flat[:, -1] = float(k > 2)
    fixed = np.diag(penalty.ravel()) + np.outer(flat, flat)

    def height(coef: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the penalised log likelihood, and the probabilities of the classes [n, K]."""
        scores = np.zeros((n, k))
        scores[:, free] = design @ coef.T
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        total = odds.sum(axis=1, keepdims=True)
        level = (scores * is_class).sum() - np.log(total).sum() - 0.5 * (penalty * coef**2).sum()
        return float(level), odds / total

    coef = np.zeros(shape)
    level, share = height(coef)
    for _ in range(MAX_STEPS):
        own = share[:, free]
        slope = (is_class[:, free] - own).T @ design - penalty * coef
        # Between classes k and l the information is X' diag(p_k (k == l) - p_k p_l) X.
        weighted = (own[:, :, None] * design[:, None, :]).reshape(n, -1)
        information = fixed - weighted.T @ weighted
        for one, part in enumerate(np.split(weighted, shape[0], axis=1)):
            rows = slice(one * shape[1], (one + 1) * shape[1])
            information[rows, rows] += part.T @ design
        step = np.linalg.solve(information, slope.ravel()).reshape(shape)
        if (slope * step).sum() <= TOLERANCE:
            coef = coef + step
            break
        tried, there = height(coef + step)
        while tried < level - ROUNDING * abs(level):
            step = step / 2
            tried, there = height(coef + step)
        coef, level, share = coef + step, tried, there
    result = np.zeros((k, shape[1]))
    result[free] = coef
    return result


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
