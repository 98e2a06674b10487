"""Restricted mean survival time: the days lived on average until a horizon, the area under the Kaplan-Meier curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtri

from .risk_sets import check_survival


@dataclass(frozen=True)
class RmstDifference:
    """Days that one group lives longer than another until a horizon; all NaN where a group is empty.

    Attributes
    ----------
    horizon
        Days.
    mean_first, mean_second
        Restricted mean of each group, days.
    difference, se
        First minus second, and its standard error.
    ci_low, ci_high, p
        95 % interval and two-sided p, from the normal distribution.
    """

    horizon: float
    mean_first: float
    mean_second: float
    difference: float
    se: float
    ci_low: float
    ci_high: float
    p: float


@overload
def restricted_mean(time: ArrayLike, event: ArrayLike, horizon: float, *, weights: None = None) -> float: ...
@overload
def restricted_mean(time: ArrayLike, event: ArrayLike, horizon: float, *, weights: ArrayLike) -> np.ndarray: ...
def restricted_mean(
    time: ArrayLike, event: ArrayLike, horizon: float, *, weights: ArrayLike | None = None
) -> float | np.ndarray:
    """Compute the restricted mean survival time.

    Parameters
    ----------
    time, event
        Follow-up [n], days.
    horizon
        Days. After the last follow-up the curve stays level.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates.

    Returns
    -------
    float or numpy.ndarray
        Days, or [B] of them with `weights`; NaN where there is no patient.

    Raises
    ------
    ValueError
        If the horizon is not positive or shapes do not fit.

    References
    ----------
    Royston & Parmar 2013, BMC Med. Res. Methodol. 13, 152.
    """
    time, event = check_survival(time, event)
    _check_horizon(horizon)
    copies = np.ones((1, time.size)) if weights is None else np.asarray(weights, dtype=np.float64)
    if copies.ndim != 2 or copies.shape[1] != time.size:
        raise ValueError(f"weights must be replicates x {time.size} patients, found shape {copies.shape}")
    means = np.full(len(copies), np.nan)
    if time.size:
        moments, deaths, at_risk = _counts(time, event, copies)
        hazard = np.divide(deaths, at_risk, out=np.zeros_like(deaths), where=at_risk > 0)
        curve = np.hstack([np.ones((len(copies), 1)), np.cumprod(1 - hazard, axis=1)])
        means = np.where(copies.sum(axis=1) > 0, curve @ _widths(moments, horizon), np.nan)
    return float(means[0]) if weights is None else means


def restricted_mean_se(time: ArrayLike, event: ArrayLike, horizon: float) -> float:
    """Compute the standard error of the restricted mean (as R's ``survfit``, from Greenwood's variance).

    Parameters
    ----------
    time, event, horizon
        As for `restricted_mean`.

    Returns
    -------
    float
        Days; NaN where there is no patient.
    """
    time, event = check_survival(time, event)
    _check_horizon(horizon)
    if not time.size:
        return float("nan")
    moments, deaths, at_risk = (part.ravel() for part in _counts(time, event, np.ones((1, time.size))))
    curve = np.append(1.0, np.cumprod(1 - deaths / at_risk))
    pieces = curve * _widths(moments, horizon)
    beyond = np.cumsum(pieces[::-1])[::-1][1:]  # the area from each time to the horizon
    remaining = at_risk * (at_risk - deaths)
    # Where nobody remains the curve is 0 and so is the area: the term is 0, not infinite.
    terms = np.divide(beyond**2 * deaths, remaining, out=np.zeros_like(deaths), where=remaining > 0)
    return float(np.sqrt(terms.sum()))


def rmst_difference(time: ArrayLike, event: ArrayLike, first: ArrayLike, horizon: float) -> RmstDifference:
    """Compare two groups by their restricted means.

    Parameters
    ----------
    time, event
        Follow-up [n], days.
    first
        Whether each patient is in the first group, bool [n]; the others are the second.
    horizon
        Days.

    Returns
    -------
    RmstDifference
    """
    time, event = check_survival(time, event)
    members = np.asarray(first, dtype=bool)
    means, variances = [], []
    for inside in (members, ~members):
        means.append(restricted_mean(time[inside], event[inside], horizon))
        variances.append(restricted_mean_se(time[inside], event[inside], horizon) ** 2)
    difference, se = means[0] - means[1], float(np.sqrt(variances[0] + variances[1]))
    width = float(ndtri(0.975)) * se
    p = float(chdtrc(1, (difference / se) ** 2)) if se > 0 else float("nan")
    return RmstDifference(float(horizon), means[0], means[1], difference, se, difference - width, difference + width, p)


def _counts(time: np.ndarray, event: np.ndarray, copies: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct times [u], and at each the deaths and the patients at risk of every replicate [B, u]."""
    order = np.argsort(time, kind="stable")
    moments, starts = np.unique(time[order], return_index=True)
    ordered = copies[:, order]
    leaving = np.add.reduceat(ordered, starts, axis=1)
    deaths = np.add.reduceat(ordered * event[order], starts, axis=1)
    return moments, deaths, np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]


def _widths(moments: np.ndarray, horizon: float) -> np.ndarray:
    """How long the curve stays at 1, then at its value after each of the times, until the horizon: [u + 1], days."""
    return np.diff(np.minimum(np.concatenate([[0.0], np.maximum(moments, 0.0), [np.inf]]), horizon))


def _check_horizon(horizon: float) -> None:
    if not horizon > 0 or not np.isfinite(horizon):
        raise ValueError(f"the horizon must be a positive number of days, found {horizon}")
