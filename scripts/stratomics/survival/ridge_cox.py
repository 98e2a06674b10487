"""Cox regression on many features with a ridge penalty, along a path of penalties.

The penalised estimate is a weighted sum of the patients it was fitted on, so it is sought among the at most n - 1 directions
that they span, whatever the number of features: the same maximum, and a Newton step costs n^3 instead of p^3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve

from .cox import ROUNDING, feature_matrix
from .risk_sets import RiskSets, Ties

#: Directions whose variance is below this share of the largest are rounding errors of the Gram matrix.
TOLERANCE = 1e-10


@dataclass(frozen=True)
class RidgePath:
    """Penalised Cox models, one per penalty.

    Attributes
    ----------
    penalties
        As given, [L].
    coef
        Log hazard per unit of each feature, [L, p].
    mean
        Of the features among the patients of the fit, [p].
    loglik
        Log partial likelihood without the penalty, [L].
    converged
        bool [L].
    """

    penalties: np.ndarray
    coef: np.ndarray
    mean: np.ndarray
    loglik: np.ndarray
    converged: np.ndarray

    def risk(self, features: ArrayLike) -> np.ndarray:
        """Return the log hazard of patients [n, p] relative to the average patient of the fit, [L, n]."""
        return self.coef @ (np.asarray(features, dtype=np.float64) - self.mean).T


def ridge_cox_path(
    features: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    penalties: Sequence[float] | np.ndarray,
    *,
    ties: Ties = "efron",
    max_iter: int = 50,
    tol: float = 1e-9,
) -> RidgePath:
    """Maximise the log partial likelihood less half the penalty times the sum of squared coefficients.

    Parameters
    ----------
    features
        Patients x features [n, p], finite. They are centred, not scaled: the penalty acts on the coefficients per unit.
    time, event
        Follow-up [n].
    penalties
        Each > 0, on the scale of the sum over patients (``alpha`` of scikit-survival; ``penalizer`` of lifelines times n, for
        features of standard deviation 1). Equivalently, the inverse variance of a Gaussian prior of each coefficient.
    ties
        ``efron`` (the default of R) or ``breslow``.
    max_iter
        Newton iterations per penalty (halved steps count).
    tol
        Converged when the next step would raise the penalised log-likelihood by less than ``tol ** 2 / 2``.

    Returns
    -------
    RidgePath
        In the order of `penalties`; they are solved from the strongest on, each starting where the last one ended.

    Raises
    ------
    ValueError
        If a penalty is not > 0, a feature is not finite, no patient has the event, or shapes do not fit.

    References
    ----------
    Verweij & van Houwelingen 1994, Stat. Med. 13, 2427-2436 (the penalised likelihood); Hastie & Tibshirani 2004,
    Biostatistics 5, 329-340 (the row space).
    """
    matrix, _ = feature_matrix(features)
    strengths = np.asarray(penalties, dtype=np.float64)
    if not (strengths > 0).all() or not np.isfinite(strengths).all():
        raise ValueError("penalties must be positive numbers")
    risk = RiskSets.build(time, event, ties=ties)
    if len(matrix) != np.size(time):
        raise ValueError(f"features have {len(matrix)} patients but time has {np.size(time)}")
    x = matrix.astype(np.float64)
    mean = x.mean(axis=0)
    z, axes = row_space(x - mean)
    likelihood = _Likelihood.build(np.ascontiguousarray(z[risk.order]), risk)

    coef, loglik = np.zeros((strengths.size, z.shape[1])), np.zeros(strengths.size)
    converged = np.zeros(strengths.size, dtype=bool)
    start = np.zeros(z.shape[1])
    for position in np.argsort(-strengths, kind="stable"):
        start, loglik[position], converged[position] = _climb(likelihood, start, strengths[position], max_iter, tol)
        coef[position] = start
    return RidgePath(strengths, coef if axes is None else coef @ axes.T, mean, loglik, converged)


def row_space(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Give the coordinates of patients along an orthonormal basis of the directions that they span.

    Parameters
    ----------
    centred
        Patients x features [n, p], float64, of mean 0.

    Returns
    -------
    coordinates : numpy.ndarray
        [n, r], r < n.
    axes : numpy.ndarray or None
        The basis [p, r]; ``coordinates @ axes.T`` gives the patients back. None where p < n: the features themselves.
    """
    n, width = centred.shape
    if width < n:
        return centred, None
    variance, directions = np.linalg.eigh(centred @ centred.T)
    kept = variance > TOLERANCE * max(variance[-1], 1e-300)
    length = np.sqrt(variance[kept])
    return directions[:, kept] * length, centred.T @ (directions[:, kept] / length)


def partial_loglik(risk: ArrayLike, time: ArrayLike, event: ArrayLike, *, ties: Ties = "efron") -> np.ndarray:
    """Evaluate the log partial likelihood of given log hazards.

    Parameters
    ----------
    risk
        Log relative hazards, one set per row [L, n], or one set [n].
    time, event
        Follow-up [n].
    ties
        ``efron`` or ``breslow``.

    Returns
    -------
    numpy.ndarray
        [L], or a number.

    Raises
    ------
    ValueError
        If no patient has the event or shapes do not fit.
    """
    sets = RiskSets.build(time, event, ties=ties)
    predictor = np.atleast_2d(np.asarray(risk, dtype=np.float64))[:, sets.order]
    top = predictor.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        log_total = np.log(sets.sums(np.exp(predictor - top)))
    loglik = (predictor[:, sets.deaths] - top).sum(axis=1) - log_total.sum(axis=1)
    return loglik[0] if np.ndim(risk) == 1 else loglik


@dataclass(frozen=True)
class _Likelihood:
    """The partial likelihood of coordinates z [m, r], in the order of the risk sets; `share` [m, deaths] makes their sums."""

    z: np.ndarray
    share: np.ndarray
    died: np.ndarray

    @classmethod
    def build(cls, z: np.ndarray, risk: RiskSets) -> _Likelihood:
        died = np.zeros(len(z))
        died[risk.deaths] = 1.0
        return cls(z, risk.sums(np.eye(len(z))), died)

    def value(self, coef: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Log-likelihood, weights [m] (divided by the largest) and their sums over risk sets [deaths]."""
        predictor = self.z @ coef
        top = predictor.max()
        weight = np.exp(predictor - top)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = weight @ self.share
            loglik = self.died @ (predictor - top) - np.log(total).sum()
        return float(loglik), weight, total

    def slope(self, weight: np.ndarray, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score [r] and information [r, r]."""
        portion = weight[:, None] * self.share / total
        expected = portion.sum(axis=1)
        means = self.z.T @ portion
        information = (self.z.T * expected) @ self.z - means @ means.T
        return self.z.T @ (self.died - expected), information


def _climb(
    likelihood: _Likelihood, start: np.ndarray, penalty: float, max_iter: int, tol: float
) -> tuple[np.ndarray, float, bool]:
    """Newton with step-halving from `start`; returns coefficients, log-likelihood and whether it converged."""
    coef, now = start, likelihood.value(start)
    if not coef.size:
        return coef, now[0], True
    height = now[0] - penalty / 2 * coef @ coef
    iterations = 0
    while iterations <= max_iter:
        score, information = likelihood.slope(now[1], now[2])
        score = score - penalty * coef
        information[np.diag_indices_from(information)] += penalty
        step = cho_solve(cho_factor(information, check_finite=False), score, check_finite=False)
        if np.sqrt(max(score @ step, 0.0)) <= tol:
            return coef, now[0], True
        while iterations <= max_iter:
            iterations += 1
            tried = likelihood.value(coef + step)
            reached = tried[0] - penalty / 2 * (coef + step) @ (coef + step)
            if np.isfinite(reached) and reached >= height - ROUNDING * abs(height):
                coef, now, height = coef + step, tried, reached
                break
            step = step / 2
    return coef, now[0], False
