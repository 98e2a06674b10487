"""The one way up a partial likelihood: Newton steps, halved where they overshoot.

`climb` is for one likelihood of several coefficients, `climb_many` for many likelihoods of one coefficient side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.linalg.lapack import dposv

from .risk_sets import RiskSets

#: A log-likelihood that falls by less than this share of itself has not fallen: it is rounding.
ROUNDING = 1e-12
#: A risk set with less than this share of the largest relative hazard is empty: its inverse would overflow.
EMPTY = 1e-290


@dataclass(frozen=True)
class Height:
    """The log partial likelihood at one point, and what its slope is made of.

    Attributes
    ----------
    loglik
        A number; minus infinity where a step was so long that it emptied risk sets.
    weight
        Relative hazards, divided by the largest [m].
    total
        Their sums over the risk set of every factor [n_deaths].
    """

    loglik: float
    weight: np.ndarray
    total: np.ndarray


class PartialLikelihood:
    """The log partial likelihood of some covariates, and its derivatives.

    Parameters
    ----------
    x
        Covariates [q, m], patients in the order of `risk`.
    risk
        The risk sets, which know how ties are treated.
    """

    def __init__(self, x: np.ndarray, risk: RiskSets) -> None:
        self.x, self.risk = x, risk
        self.died = np.zeros(risk.order.size)
        self.died[risk.deaths] = 1.0

    def height(self, coef: np.ndarray) -> Height:
        """Evaluate the likelihood at coefficients [q]."""
        predictor = coef @ self.x
        predictor -= predictor.max()
        weight = np.exp(predictor)
        total = self.risk.sums(weight[None])[0]
        loglik = self.died @ predictor - np.log(total).sum() if total.min() > EMPTY else -np.inf
        return Height(float(loglik), weight, total)

    def slope(self, at: Height) -> tuple[np.ndarray, np.ndarray]:
        """Give score [q] and information [q, q] where the likelihood was evaluated."""
        share = 1.0 / at.total
        expected = at.weight * self.risk.spread(share[None])[0]  # events that the model expects of each patient
        mean = self.risk.sums(at.weight * self.x) * share
        return self.x @ (self.died - expected), (self.x * expected) @ self.x.T - mean @ mean.T


@dataclass(frozen=True)
class Climb:
    """Where a climb ended.

    Attributes
    ----------
    coef
        [q].
    loglik
        Log partial likelihood there, without the penalty.
    information
        [q, q], the penalty included, at the last point but one.
    converged
        Whether the maximum was reached.
    iterations
        Steps tried, halved ones included.
    """

    coef: np.ndarray
    loglik: float
    information: np.ndarray
    converged: bool
    iterations: int


def climb(
    likelihood: PartialLikelihood, start: np.ndarray, *, penalty: float = 0.0, tol: float = 1e-9, max_iter: int = 50
) -> Climb:
    """Maximise the log partial likelihood less half the penalty times the sum of squared coefficients.

    Parameters
    ----------
    likelihood
        Of q covariates.
    start
        Coefficients to begin with [q]; 0 where they are so far off that risk sets are empty.
    penalty
        >= 0.
    tol
        Converged when the next step is below `tol` standard errors. That step is still taken: Newton's method squares the
        distance, so that a `tol` of .1 comes to about .01.
    max_iter
        Steps to try (halved ones count) before giving up.

    Returns
    -------
    Climb
        Not converged where the information cannot be inverted or no step rises.
    """
    coef, now = start, likelihood.height(start)
    if not coef.size:
        return Climb(coef, now.loglik, np.zeros((0, 0)), True, 0)
    if not np.isfinite(now.loglik):
        coef = np.zeros(coef.size)
        now = likelihood.height(coef)
    reached = now.loglik - penalty / 2 * (coef @ coef)
    iterations = 0
    while True:
        score, information = likelihood.slope(now)
        if penalty:
            score -= penalty * coef
            information.flat[:: coef.size + 1] += penalty
        _, step, failed = dposv(information, score)
        if failed:
            return Climb(coef, now.loglik, information, False, iterations)
        last = np.sqrt(max(score @ step, 0.0)) <= tol
        while True:
            if iterations >= max_iter and not last:
                return Climb(coef, now.loglik, information, False, iterations)
            ahead = coef + step
            tried = likelihood.height(ahead)
            level = tried.loglik - penalty / 2 * (ahead @ ahead)
            rises = np.isfinite(level) and level >= reached - ROUNDING * abs(reached)
            if last:
                end, there = (ahead, tried) if rises else (coef, now)
                return Climb(end, there.loglik, information, True, iterations)
            iterations += 1
            if rises:
                coef, now, reached = ahead, tried, level
                break
            step = step / 2


class Likelihoods(Protocol):
    """Many log partial likelihoods, of one coefficient each."""

    def evaluate(self, coef: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give log-likelihood, score and information (0 where it is too flat to go by) of each at `coef` [b], each [b]."""

    def keep(self, going: np.ndarray) -> Likelihoods:
        """Give some of them, bool [b]."""


@dataclass(frozen=True)
class Climbs:
    """Where many climbs ended; NaN where the maximum was not reached.

    Attributes
    ----------
    coef, loglik, information
        Each [b].
    iterations
        Steps tried, halved ones included [b].
    """

    coef: np.ndarray
    loglik: np.ndarray
    information: np.ndarray
    iterations: np.ndarray


def climb_many(likelihoods: Likelihoods, count: int, *, tol: float = 1e-9, max_iter: int = 30) -> Climbs:
    """Climb many likelihoods side by side, from 0; each leaves as it converges.

    Parameters
    ----------
    likelihoods
        How to evaluate them.
    count
        Their number b.
    tol
        Converged when the next step is below `tol` standard errors.
    max_iter
        Steps to try (halved ones count) before one is given up.

    Returns
    -------
    Climbs
    """
    found = np.full((4, count), np.nan)
    active = np.arange(count)
    coef, step, score, information = np.zeros(count), np.zeros(count), np.zeros(count), np.ones(count)
    loglik = np.full(count, -np.inf)
    for iteration in range(max_iter + 1 if count else 0):
        tried = coef + step
        now = likelihoods.evaluate(tried)
        # Written so that a log-likelihood that is not a number counts as worse.
        better = (now[0] >= loglik - ROUNDING * np.abs(loglik)) & (now[2] > 0)
        coef = np.where(better, tried, coef)
        loglik, score, information = (
            np.where(better, new, old) for new, old in zip(now, (loglik, score, information), strict=True)
        )
        step = np.where(better, score / information, step / 2)
        converged = better & (np.abs(score) <= tol * np.sqrt(information))
        if converged.any():
            found[:3, active[converged]] = [one[converged] for one in (coef, loglik, information)]
            found[3, active[converged]] = iteration
            going = ~converged
            if not going.any():
                break
            likelihoods = likelihoods.keep(going)
            active, coef, step, loglik = active[going], coef[going], step[going], loglik[going]
            score, information = score[going], information[going]
    return Climbs(*found)
