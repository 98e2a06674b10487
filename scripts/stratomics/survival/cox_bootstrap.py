"""Cox regression on one covariate in many bootstrap replicates at once.

A patient drawn twice is two patients who die at one time, so the ties differ between replicates and Efron's correction with
them. The replicates share their risk sets; their factors of the partial likelihood, one per death of the replicate, stand in
one long vector. The coefficients are those of `cox_univariate` on the repeated patients.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from stratomics.runtime import parallel_map

from .newton import climb_many
from .risk_sets import RiskSets, check_survival

#: Replicates worked on together: their sums then stay in the caches.
CHUNK = 125
#: Information per death (of a covariate with unit variance) below which a replicate tells nothing.
FLAT = 1e-9


def cox_bootstrap(
    covariate: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    weights: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    threads: int = 1,
    max_iter: int = 30,
    tol: float = 1e-9,
) -> np.ndarray:
    """Fit the Cox model of one covariate to each bootstrap replicate, with Efron's ties.

    Parameters
    ----------
    covariate
        [n], finite.
    time, event
        Follow-up [n].
    weights
        Multiplicities [B, n], whole numbers.
    strata
        Label per patient [n]; each stratum has its own baseline hazard.
    threads
        Chunks of replicates worked on at once; the numbers do not depend on it.
    max_iter
        Newton iterations (halved steps count) before a replicate is given up.
    tol
        A replicate has converged when the next step is below `tol` standard errors.

    Returns
    -------
    numpy.ndarray
        Log hazard per unit [B]; NaN where the likelihood has no maximum (no deaths, a covariate that does not vary, or one
        that separates).

    Raises
    ------
    ValueError
        If the covariate is missing for a patient, or shapes do not fit.

    References
    ----------
    Efron 1977, JASA 72, 557-565.
    """
    time, event = check_survival(time, event)
    values, copies = np.asarray(covariate, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if values.shape != time.shape or not np.isfinite(values).all():
        raise ValueError(f"the covariate must hold one finite number for each of the {time.size} patients")
    if copies.ndim != 2 or copies.shape[1] != time.size:
        raise ValueError(f"weights must be replicates x {time.size} patients, found shape {copies.shape}")
    scale = values.std()
    if not event.any() or scale <= 8 * np.finfo(np.float64).eps * np.abs(values).max(initial=0):
        return np.full(len(copies), np.nan)
    risk = RiskSets.build(time, event, strata, "breslow")
    x = ((values - values.mean()) / scale)[risk.order]
    ordered = copies[:, risk.order]
    chunks = [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]
    fits = parallel_map(lambda chunk: _fit_chunk(x, chunk, risk, max_iter, tol), chunks, threads)
    return np.concatenate(fits) / scale if fits else np.zeros(0)


def _fit_chunk(x: np.ndarray, copies: np.ndarray, risk: RiskSets, max_iter: int, tol: float) -> np.ndarray:
    """Climb the likelihoods of some replicates side by side; x [m] and copies [b, m] in the order of `risk`."""
    return climb_many(_Factors(x, copies, risk), len(copies), tol=tol, max_iter=max_iter).coef


class _Factors:
    """The factors of the partial likelihoods of some replicates, one per death, and how to evaluate them."""

    def __init__(self, x: np.ndarray, copies: np.ndarray, risk: RiskSets) -> None:
        self.x, self.copies, self.risk = x, copies, risk
        #: Where the deaths of each death time begin; any of the equal sums of a time stands for it.
        self.starts = np.searchsorted(risk.group[risk.deaths], np.arange(risk.starts.size))
        tied = np.add.reduceat(copies[:, risk.deaths], self.starts, axis=1).astype(np.int64)
        counts = tied.ravel()
        self.at = np.repeat(np.arange(counts.size), counts)  # replicate and death time of each factor, as one number
        self.replicate = self.at // tied.shape[1]
        first = np.cumsum(counts) - counts
        self.share = (np.arange(self.at.size) - first[self.at]) / counts[self.at]
        self.n_deaths = tied.sum(axis=1)
        self.at_deaths = copies[:, risk.deaths] @ x[risk.deaths]

    def evaluate(self, coef: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give log partial likelihood, score and information of each replicate at `coef` [b]."""
        predictor = coef[:, None] * self.x
        top = predictor.max(axis=1)
        weight = self.copies * np.exp(predictor - top[:, None])
        # A step far too long empties risk sets: it will be halved.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            total = self._sums(weight)
            weight *= self.x
            mean = self._sums(weight) / total
            weight *= self.x
            square = self._sums(weight) / total
            logs = np.log(total)
            loglik = coef * self.at_deaths - self._add(logs) - self.n_deaths * top
            information = self._add(square - mean**2)
        return loglik, self.at_deaths - self._add(mean), np.where(information > FLAT * self.n_deaths, information, 0.0)

    def keep(self, going: np.ndarray) -> _Factors:
        """Give some of the replicates, bool [b]."""
        return _Factors(self.x, self.copies[going], self.risk)

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Sum over the risk set of each factor, with the share of the tied deaths taken out."""
        at_risk = self.risk.sums(values)[:, self.starts].ravel()
        tied = np.add.reduceat(values[:, self.risk.deaths], self.starts, axis=1).ravel()
        return at_risk[self.at] - self.share * tied[self.at]

    def _add(self, per_factor: np.ndarray) -> np.ndarray:
        """Add the factors of each replicate."""
        return np.bincount(self.replicate, weights=per_factor, minlength=len(self.copies))
