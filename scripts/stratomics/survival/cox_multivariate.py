"""Cox regression of survival on several covariates together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve
from scipy.special import chdtrc

from .cox import Z_95, feature_matrix
from .newton import PartialLikelihood, climb
from .risk_sets import RiskSets, Ties

#: Log hazards this far apart (a hazard ratio of e^20) make one ask whether the likelihood has a maximum at all.
SUSPECT_SPAN = 20


@dataclass(frozen=True)
class CoxFit:
    """A fitted Cox model; the numbers are NaN where `status` is not ``ok``.

    Attributes
    ----------
    names
        The covariates, [q].
    coef, se, z, p
        Log hazard per unit, its standard error, Wald statistic and p, each [q].
    cov
        Covariance of the coefficients, [q, q].
    loglik, loglik_null
        Log partial likelihood at `coef` and at zero.
    lr_chi2, lr_p
        Likelihood ratio test of all covariates together, on q degrees of freedom.
    iterations
        Newton iterations.
    status
        ``ok``; ``constant`` (a covariate does not vary); ``collinear`` (one is a combination of others); ``separated`` (the
        likelihood has no maximum); ``not_converged``.
    """

    names: pd.Index
    coef: np.ndarray
    se: np.ndarray
    z: np.ndarray
    p: np.ndarray
    cov: np.ndarray
    loglik: float
    loglik_null: float
    lr_chi2: float
    lr_p: float
    iterations: int
    status: str

    def table(self) -> pd.DataFrame:
        """One row per covariate: coef, se, hazard_ratio, ci_low, ci_high (95 %), z, p."""
        return pd.DataFrame(
            {
                "coef": self.coef,
                "se": self.se,
                "hazard_ratio": np.exp(self.coef),
                "ci_low": np.exp(self.coef - Z_95 * self.se),
                "ci_high": np.exp(self.coef + Z_95 * self.se),
                "z": self.z,
                "p": self.p,
            },
            index=self.names,
        )


def cox_multivariate(
    covariates: pd.DataFrame | ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    ties: Ties = "efron",
    strata: ArrayLike | None = None,
    max_iter: int = 30,
    tol: float = 1e-9,
) -> CoxFit:
    """Fit one Cox model with all covariates.

    Parameters
    ----------
    covariates
        Patients x covariates [n, q], numbers without missing values.
    time, event
        Follow-up [n].
    ties
        ``efron`` (the default of R) or ``breslow``.
    strata
        Label per patient [n]; each stratum has its own baseline hazard.
    max_iter
        Newton iterations (halved steps count) before giving up.
    tol
        Converged when the next step is below `tol` standard errors.

    Returns
    -------
    CoxFit

    Raises
    ------
    ValueError
        If a covariate holds a value that is missing or infinite, no patient has the event, or shapes do not fit.
    """
    matrix, names = feature_matrix(covariates)
    risk = RiskSets.build(time, event, strata, ties)
    if matrix.shape[0] != np.size(time):
        raise ValueError(f"covariates have {matrix.shape[0]} patients but time has {np.size(time)}")
    if not matrix.shape[1]:
        raise ValueError("a Cox model needs at least one covariate")

    x = np.ascontiguousarray(matrix[risk.order].T, dtype=np.float64)
    constant = bool((np.ptp(x, axis=1) <= 8 * np.finfo(matrix.dtype).eps * np.abs(x).max(axis=1)).any())
    x -= x.mean(axis=1, keepdims=True)
    scale = np.where(constant, 1.0, x.std(axis=1))
    x /= scale[:, None]

    likelihood = PartialLikelihood(x, risk)
    coef = np.zeros(len(x))
    null = likelihood.height(coef)
    loglik = loglik_null = null.loglik
    information = likelihood.slope(null)[1]
    status, iterations = "constant" if constant else _rank_status(information), 0
    if status == "not_converged":
        found = climb(likelihood, coef, tol=tol, max_iter=max_iter)
        coef, loglik, information, iterations = found.coef, found.loglik, found.information, found.iterations
        status = "ok" if found.converged else status
    suspect = status == "not_converged" or (status == "ok" and np.ptp(coef @ x) > SUSPECT_SPAN)
    if suspect and _rises_for_ever(x, risk):
        status = "separated"

    q = len(x)
    cov = np.full((q, q), np.nan)
    if status == "ok":
        cov = cho_solve(cho_factor(information), np.eye(q)) / np.outer(scale, scale)
    else:
        coef = np.full(q, np.nan)
    loglik = loglik if status == "ok" else np.nan
    coef, se = coef / scale, np.sqrt(np.diag(cov))
    lr = max(2 * (loglik - loglik_null), 0.0) if status == "ok" else np.nan
    return CoxFit(
        names=names.rename("covariate"),
        coef=coef,
        se=se,
        z=coef / se,
        p=chdtrc(1, (coef / se) ** 2),
        cov=cov,
        loglik=float(loglik),
        loglik_null=float(loglik_null),
        lr_chi2=float(lr),
        lr_p=float(chdtrc(q, lr)),
        iterations=iterations,
        status=status,
    )


def _rank_status(information: np.ndarray) -> str:
    """Tell from the information at zero whether the covariates can be told apart within the risk sets."""
    diagonal = np.diag(information)
    if (diagonal <= 1e-12 * diagonal.max(initial=1)).any():
        return "constant"
    scaled = information / np.sqrt(np.outer(diagonal, diagonal))
    return "collinear" if np.linalg.eigvalsh(scaled)[0] < 1e-10 else "not_converged"


def _rises_for_ever(x: np.ndarray, risk: RiskSets) -> bool:
    """Tell whether the likelihood rises without end along some direction of the coefficients.

    It does if along that direction whoever dies never ranks below anybody at risk, and somewhere ranks above. A linear
    programme looks for the direction that ranks them furthest apart (after Albert & Anderson 1984, Biometrika 71, 1-10).
    """
    from scipy.optimize import linprog  # here, because most jobs never look for a direction

    deaths_of = risk.group[risk.deaths]
    # One death stands for its time: none who enters the risk set there may exceed it, nor may the times that came before in
    # the order (whose risk sets are contained), nor may it exceed the other deaths of that time.
    of_group = risk.deaths[np.searchsorted(deaths_of, np.arange(risk.starts.size))]
    inner = np.concatenate([np.arange(part.start + 1, part.stop) for part in risk.strata])
    exceeds = np.hstack(
        [
            x - x[:, of_group[risk.group]],
            x[:, of_group[inner - 1]] - x[:, of_group[inner]],
            x[:, of_group[deaths_of]] - x[:, risk.deaths],
        ]
    ).T
    exceeds = exceeds[exceeds.any(axis=1)]
    exceeds /= np.abs(exceeds).max(axis=1, keepdims=True)
    best = linprog(exceeds.sum(axis=0), A_ub=exceeds, b_ub=np.zeros(len(exceeds)), bounds=(-1, 1))
    return bool(best.status == 0 and best.fun < -1e-6)
