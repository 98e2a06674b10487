"""Cox regression on many features with a ridge penalty, along a path of penalties.

The penalised estimate is a weighted sum of the patients it was fitted on, so it is sought among the at most n - 1 directions
that they span, whatever the number of features: the same maximum, and a Newton step costs n^3 instead of p^3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg.lapack import dposv

from .cox import feature_matrix
from .newton import PartialLikelihood, climb
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
    start: ArrayLike | None = None,
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
    start
        Coefficients [p] near those of the strongest penalty, for instance of a fit to nearly the same patients; 0 when not
        given. They change the time it takes, not the result.
    ties
        ``efron`` (the default of R) or ``breslow``.
    max_iter
        Newton iterations per penalty (halved steps count).
    tol
        Converged when the next step is below `tol` standard errors; that step is still taken. A `tol` of .1 leaves the
        log-likelihood right to about .001, enough to choose a penalty by.

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
    likelihood = PartialLikelihood(np.ascontiguousarray(z[risk.order].T), risk)

    coef, loglik = np.zeros((strengths.size, z.shape[1])), np.zeros(strengths.size)
    converged = np.zeros(strengths.size, dtype=bool)
    here = np.zeros(z.shape[1])
    if start is not None:
        given = np.asarray(start, dtype=np.float64)
        if given.shape != mean.shape:
            raise ValueError(f"start must hold one coefficient for each of {mean.size} features, found {given.shape}")
        here = given if axes is None else given @ axes
    found, last = None, 0.0
    for position in np.argsort(-strengths, kind="stable"):
        penalty = float(strengths[position])
        if found is not None:
            # Where the slope was 0 it now is what the penalty has given way; one Newton step with the information at hand.
            found.information.flat[:: here.size + 1] += penalty - last
            here = here + dposv(found.information, (last - penalty) * here)[1]
        found = climb(likelihood, here, penalty=penalty, tol=tol, max_iter=max_iter)
        here = coef[position] = found.coef
        loglik[position], converged[position], last = found.loglik, found.converged, penalty
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
    weight = np.exp(predictor - top)
    # One evaluation is not worth the matrices of `RiskSets.sums`: running sums, less the share of the tied deaths.
    last = np.append(sets.starts[1:], sets.order.size) - 1
    of_factor = sets.group[sets.deaths]
    total = np.cumsum(weight, axis=1)[:, last][:, of_factor]
    if sets.left_out.any():
        tied = np.add.reduceat(weight[:, sets.deaths], np.searchsorted(of_factor, np.arange(sets.starts.size)), axis=1)
        total -= sets.left_out * tied[:, of_factor]
    with np.errstate(divide="ignore"):
        loglik = (predictor[:, sets.deaths] - top).sum(axis=1) - np.log(total).sum(axis=1)
    return loglik[0] if np.ndim(risk) == 1 else loglik
