"""Cox regression of survival on one feature at a time, for many features at once.

The partial likelihoods of all features of a chunk climb side by side: one Newton iteration costs one exponential and three
running sums over the ordered patients per feature (see `risk_sets`), and features leave the chunk as they converge.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtri

from stratomics.runtime import parallel_map

from .newton import climb_many
from .risk_sets import RiskSets, Ties

#: Of one working copy of a chunk: small enough for the caches, large enough that the calls cost little.
CHUNK_BYTES = 768 * 1024
Z_95 = float(ndtri(0.975))
NUMBERS = ("coef", "se", "loglik", "loglik_null", "iterations")


def cox_univariate(
    features: pd.DataFrame | ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    threads: int = 1,
    max_iter: int = 30,
    tol: float = 1e-9,
) -> pd.DataFrame:
    """Fit one Cox model per feature.

    Parameters
    ----------
    features
        Patients x features [n, p], without missing values. The columns of a data frame name the rows of the result.
    time, event
        Follow-up [n].
    ties
        ``efron`` (the default of R) or ``breslow``.
    strata
        Label per patient [n]; each stratum has its own baseline hazard.
    threads
        Chunks of features worked on at once; the numbers do not depend on it.
    max_iter
        Newton iterations (halved steps count) before a feature is given up.
    tol
        A feature has converged when the next step is below `tol` standard errors.

    Returns
    -------
    pandas.DataFrame
        One row per feature, in order: ``coef`` (log hazard per unit of the feature), ``se``, ``hazard_ratio``, ``ci_low``,
        ``ci_high`` (95 %, of the hazard ratio), ``z``, ``p`` (Wald), ``p_lr`` (likelihood ratio), ``loglik``,
        ``loglik_null``, ``iterations``, ``status``. The status is ``ok``; ``constant`` (the feature does not vary within
        any risk set); ``separated`` (at every death the patient who died has the highest value of those at risk, or at
        every death the lowest, so that the likelihood has no maximum); or ``not_converged``. Where it is not ``ok`` the
        numbers are NaN, except ``loglik_null``.

    Raises
    ------
    ValueError
        If a feature holds a value that is missing or infinite, no patient has the event, or shapes do not fit.

    References
    ----------
    Cox 1972, J. R. Stat. Soc. B 34, 187-220; Therneau & Grambsch 2000, Modeling Survival Data, section 3.
    """
    matrix, names = feature_matrix(features)
    risk = RiskSets.build(time, event, strata, ties)
    if matrix.shape[0] != np.size(time):
        raise ValueError(f"features have {matrix.shape[0]} patients but time has {np.size(time)}")

    width = max(8, CHUNK_BYTES // (8 * risk.order.size))
    chunks = [slice(start, start + width) for start in range(0, matrix.shape[1], width)]
    fits = parallel_map(lambda chunk: _fit_chunk(matrix[:, chunk], risk, max_iter, tol), chunks, threads)
    columns = {
        name: np.concatenate([fit[name] for fit in fits]) if fits else np.zeros(0) for name in (*NUMBERS, "status")
    }

    with np.errstate(over="ignore"):
        coef, se = columns["coef"], columns["se"]
        z = coef / se
        table = {
            "coef": coef,
            "se": se,
            "hazard_ratio": np.exp(coef),
            "ci_low": np.exp(coef - Z_95 * se),
            "ci_high": np.exp(coef + Z_95 * se),
            "z": z,
            "p": chdtrc(1, z**2),
            "p_lr": chdtrc(1, np.maximum(2 * (columns["loglik"] - columns["loglik_null"]), 0)),
            "loglik": columns["loglik"],
            "loglik_null": columns["loglik_null"],
            "iterations": columns["iterations"],
            "status": columns["status"].astype(object),
        }
    return pd.DataFrame(table, index=names)


def feature_matrix(features: pd.DataFrame | ArrayLike) -> tuple[np.ndarray, pd.Index]:
    """Check a matrix of features and give it with the names of its columns.

    Parameters
    ----------
    features
        [n, p]; a data frame, or anything numpy takes.

    Returns
    -------
    matrix : numpy.ndarray
        float32 or float64 [n, p].
    names : pandas.Index
        The columns, called ``feature``; numbers from 0 where there are no names.

    Raises
    ------
    ValueError
        If it is not a matrix, or naming the columns with values that are missing or infinite.
    """
    matrix = np.asarray(features)
    if matrix.ndim != 2:
        raise ValueError(f"features must be patients x features, found shape {matrix.shape}")
    if matrix.dtype != np.float32:
        matrix = matrix.astype(np.float64, copy=False)
    columns = features.columns if isinstance(features, pd.DataFrame) else pd.RangeIndex(matrix.shape[1])
    # A sum is finite unless a value is not (or it overflows, which the second look clears up).
    with np.errstate(over="ignore", invalid="ignore"):
        doubtful = np.flatnonzero(~np.isfinite(matrix.sum(axis=0)))
    bad = doubtful[~np.isfinite(matrix[:, doubtful]).all(axis=0)]
    if bad.size:
        shown = ", ".join(map(str, columns[bad[:5]])) + (", ..." if bad.size > 5 else "")
        raise ValueError(f"missing or infinite values in {bad.size} of {matrix.shape[1]} features: {shown}")
    return matrix, columns.rename("feature")


def _fit_chunk(raw: np.ndarray, risk: RiskSets, max_iter: int, tol: float) -> dict[str, np.ndarray]:
    """Fit the features of one chunk, raw [n, c]; see `cox_univariate` for the numbers."""
    x, scale, status = _standardise(raw, risk)
    n_features = len(x)
    found = {name: np.full(n_features, np.nan) for name in NUMBERS}
    found["loglik_null"][:] = _Features(np.zeros((1, x.shape[1])), risk).evaluate(np.zeros(1))[0]
    fitted = np.flatnonzero(status == "not_converged")
    ends = climb_many(_Features(x[fitted], risk), fitted.size, tol=tol, max_iter=max_iter)
    status[fitted[np.isfinite(ends.coef)]] = "ok"
    found["coef"][fitted] = ends.coef / scale[fitted]
    found["se"][fitted] = 1 / np.sqrt(ends.information) / scale[fitted]
    found["loglik"][fitted], found["iterations"][fitted] = ends.loglik, ends.iterations
    return {**found, "status": status}


class _Features:
    """The partial likelihoods of the features of a chunk, x [c, m] in the order of `risk`."""

    def __init__(self, x: np.ndarray, risk: RiskSets) -> None:
        self.x, self.risk = x, risk
        self.at_deaths = x[:, risk.deaths].sum(axis=1)

    def keep(self, going: np.ndarray) -> _Features:
        """Give some of the features, bool [c]."""
        return _Features(self.x[going], self.risk)

    def evaluate(self, coef: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give log partial likelihood, score and information of each feature at `coef` [c]."""
        x, risk = self.x, self.risk
        weight = coef[:, None] * x
        top = weight.max(axis=1)
        weight -= top[:, None]
        np.exp(weight, out=weight)
        with np.errstate(divide="ignore", invalid="ignore"):  # a step far too long empties risk sets: it will be halved
            total = risk.sums(weight)
            weight *= x
            mean = risk.sums(weight)
            mean /= total
            weight *= x
            square = risk.sums(weight)
            square /= total
            np.log(total, out=total)
        loglik = coef * self.at_deaths - total.sum(axis=1) - risk.deaths.size * top
        information = square.sum(axis=1) - np.einsum("ij,ij->i", mean, mean)
        return loglik, self.at_deaths - mean.sum(axis=1), information


def _standardise(raw: np.ndarray, risk: RiskSets) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre and scale the features of a chunk, and find those that cannot be fitted.

    Parameters
    ----------
    raw
        [n, c], patients x features.
    risk
        The risk sets.

    Returns
    -------
    x : numpy.ndarray
        [c, m], features x patients in the order of `risk`.
    scale : numpy.ndarray
        The standard deviation [c] that each was divided by.
    status : numpy.ndarray
        ``constant``, ``separated`` or ``not_converged`` (still to be fitted) [c].
    """
    x = np.ascontiguousarray(raw[risk.order].T, dtype=np.float64)
    size = np.maximum(x.max(axis=1), -x.min(axis=1))
    spread = np.ptp(x, axis=1)
    x -= x.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.einsum("ij,ij->i", x, x) / x.shape[1])
    level = spread <= 8 * np.finfo(raw.dtype).eps * size  # varies by rounding alone
    scale[level] = 1
    x /= scale[:, None]
    constant, separated = _without_maximum(x, risk)
    status = np.where(level | constant, "constant", np.where(separated, "separated", "not_converged"))
    return x, scale, status


def _without_maximum(x: np.ndarray, risk: RiskSets) -> tuple[np.ndarray, np.ndarray]:
    """Find the features whose likelihood is flat, or rises for ever.

    It is flat if every risk set holds one value, and rises for ever if at every death the highest value at risk died, or at
    every death the lowest. That is exact and needs no iteration.

    Parameters
    ----------
    x
        [c, m], features x patients in the order of `risk`.
    risk
        The risk sets.

    Returns
    -------
    flat, rising : numpy.ndarray
        bool [c].
    """
    # One risk set clears nearly all features: everybody of the first stratum, when its first patient dies.
    last_group = risk.strata[0].stop - 1
    everybody = x[:, : np.searchsorted(risk.group, last_group, side="right")]
    dead = x[:, risk.deaths[risk.group[risk.deaths] == last_group][0]]
    suspects = np.flatnonzero((dead == everybody.max(axis=1)) | (dead == everybody.min(axis=1)))

    flat, rising = np.zeros((2, len(x)), dtype=bool)
    highest, lowest = risk.extremes(x[suspects])
    group = risk.group[risk.deaths]
    at_deaths = x[np.ix_(suspects, risk.deaths)]
    flat[suspects] = (highest == lowest).all(axis=1)
    rising[suspects] = (at_deaths == highest[:, group]).all(axis=1) | (at_deaths == lowest[:, group]).all(axis=1)
    return flat, rising
