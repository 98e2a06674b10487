"""Likelihood ratio test of nested Cox models: what further terms add to given covariates.

The smaller model is fitted once and can then be asked about many terms (held-out risks under hundreds of permutations): each
fit starts from its coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .newton import PartialLikelihood, climb
from .risk_sets import RiskSets

#: A column that keeps less than this share of its information beside the columns before it is a combination of them.
NOTHING_OF_ITS_OWN = 1e-9
#: Standard errors from the maximum at which the fit is done (the step there is still taken).
TOL = 1e-5
MAX_ITER = 60


@dataclass(frozen=True)
class LikelihoodRatio:
    """Twice the log-likelihood that terms gain.

    Attributes
    ----------
    chi2
        >= 0; NaN where the fit found no maximum.
    df
        Columns of the terms that are not combinations of the covariates and of each other.
    p
        Of `chi2` on `df` degrees of freedom; NaN where `df` is 0, since there is nothing to test.
    coef
        Log hazard per unit of each column [k]; NaN for columns that say nothing of their own.
    """

    chi2: float
    df: int
    p: float
    coef: np.ndarray


@dataclass(frozen=True)
class NestedCox:
    """A Cox model (Efron ties) of covariates, ready to be asked what further terms add.

    Covariates that do not vary within a risk set, or are combinations of others, are left out. Where the likelihood has no
    maximum (a level without a single event) the log-likelihood goes to the value that it approaches: its ratio stays valid.

    Attributes
    ----------
    x
        Covariates in use, standardised, in the order of `risk` [q, m].
    coef
        Of `x` [q].
    loglik
        Log partial likelihood.
    risk
        The risk sets.
    n
        Number of patients.
    """

    x: np.ndarray
    coef: np.ndarray
    loglik: float
    risk: RiskSets
    n: int

    @classmethod
    def fit(
        cls, covariates: ArrayLike, time: ArrayLike, event: ArrayLike, *, strata: ArrayLike | None = None
    ) -> NestedCox:
        """Fit the smaller model.

        Parameters
        ----------
        covariates
            Patients x covariates [n, q], without missing values; q may be 0.
        time, event
            Follow-up [n].
        strata
            Label per patient [n]; each stratum has its own baseline hazard.

        Returns
        -------
        NestedCox

        Raises
        ------
        ValueError
            If a value is missing or infinite, no patient has the event, or shapes do not fit.
        """
        risk = RiskSets.build(time, event, strata)
        n = int(np.size(time))
        x, _ = _standardised(covariates, n, risk)
        x = x[_own_information(x, 0, risk)]
        coef, loglik = _fit(x, np.zeros(len(x)), risk)
        return cls(x, coef, loglik, risk, n)

    def add(self, terms: ArrayLike) -> LikelihoodRatio:
        """Test what further terms add.

        Parameters
        ----------
        terms
            One value per patient [n], or one column per term [n, k]; no missing values.

        Returns
        -------
        LikelihoodRatio

        Raises
        ------
        ValueError
            If a value is missing or infinite, or shapes do not fit.
        """
        new, scale = _standardised(terms, self.n, self.risk)
        q = len(self.x)
        x = np.vstack([self.x, new])
        used = _own_information(x, q, self.risk)
        df = int(used[q:].sum())
        coef = np.full(len(new), np.nan)
        if df == 0:
            return LikelihoodRatio(0.0, 0, float("nan"), coef)
        fitted, loglik = _fit(x[used], np.concatenate([self.coef, np.zeros(df)]), self.risk)
        coef[used[q:]] = fitted[q:] / scale[used[q:]]
        chi2 = max(2 * (loglik - self.loglik), 0.0) if np.isfinite(loglik + self.loglik) else float("nan")
        return LikelihoodRatio(chi2, df, float(chdtrc(df, chi2)), coef)


def _standardised(columns: ArrayLike, n: int, risk: RiskSets) -> tuple[np.ndarray, np.ndarray]:
    """Check columns [n] or [n, k]; give them as rows of mean 0 and variance 1 in the order of `risk`, and their scale."""
    matrix = np.asarray(columns, dtype=np.float64)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or len(matrix) != n:
        raise ValueError(f"terms must have one row for each of the {n} patients, found shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(matrix))} values of the terms are missing or infinite")
    x = matrix[risk.order].T
    size = np.abs(x).max(axis=1, initial=0)
    x = x - x.mean(axis=1, keepdims=True)
    scale = x.std(axis=1)
    level = scale <= 1e-12 * size  # varies by rounding alone
    x[level], scale[level] = 0.0, 1.0
    return x / scale[:, None], scale


def _own_information(x: np.ndarray, given: int, risk: RiskSets) -> np.ndarray:
    """Tell which rows of x have information of their own beside the rows before them, bool; the first `given` are known to."""
    likelihood = PartialLikelihood(x, risk)
    information = likelihood.slope(likelihood.height(np.zeros(len(x))))[1]
    diagonal = np.diag(information).copy()
    used = np.zeros(len(x), dtype=bool)
    for row in range(len(x)):
        rest = information[row, row]
        used[row] = row < given or rest > NOTHING_OF_ITS_OWN * max(diagonal[row], diagonal.max() * 1e-3)
        if used[row]:
            information = information - np.outer(information[:, row], information[row]) / rest
    return used


def _fit(x: np.ndarray, start: np.ndarray, risk: RiskSets) -> tuple[np.ndarray, float]:
    """Give coefficients and log partial likelihood at the maximum; NaN for the latter if it was not reached."""
    found = climb(PartialLikelihood(x, risk), start, tol=TOL, max_iter=MAX_ITER)
    return found.coef, found.loglik if found.converged else float("nan")
