"""The Kaplan-Meier estimate of survival, its confidence interval and the numbers at risk."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from .risk_sets import check_survival


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> pd.DataFrame:
    """Estimate the survival function.

    Parameters
    ----------
    time, event
        Follow-up [n], times >= 0; deaths come before censorings at the same time.
    level
        Of the pointwise confidence interval.

    Returns
    -------
    pandas.DataFrame
        One row for time 0 and one per distinct time: ``time``, ``at_risk`` (just before it), ``events`` and ``censored`` (at
        it), ``survival`` (from it on), ``ci_low``, ``ci_high`` (Greenwood's variance on the log-log scale, which keeps them
        within 0 and 1; both are 1 before the first event and 0 once survival is 0, as in lifelines).

    Raises
    ------
    ValueError
        If there are no patients or a time is negative.

    References
    ----------
    Kaplan & Meier 1958, JASA 53, 457-481; Borgan & Liestol 1990, Scand. J. Stat. 17, 35-41 (intervals).
    """
    time, event = check_survival(time, event)
    if not time.size:
        raise ValueError("a Kaplan-Meier estimate needs at least one patient")
    if time.min() < 0:
        raise ValueError(f"times must not be negative, the lowest is {time.min():g}")
    times, position = np.unique(np.append(time, 0.0), return_inverse=True)
    position = position[:-1]  # the time 0 that was added is no patient
    events = np.bincount(position[event], minlength=times.size)
    leaving = np.bincount(position, minlength=times.size)
    at_risk = time.size - np.cumsum(leaving) + leaving

    survival = np.cumprod(1 - events / at_risk)
    remaining = at_risk - events
    # Where nobody remains the term is infinite; survival is then 0 and has no interval to speak of.
    terms = np.divide(events, at_risk * remaining, out=np.zeros(times.size), where=remaining > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_survival = np.log(survival)
        width = ndtri(0.5 + level / 2) * np.sqrt(np.cumsum(terms)) / -log_survival
        ci_low, ci_high = (np.exp(log_survival * np.exp(sign * width)) for sign in (1, -1))
    certain = (survival == 1) | (survival == 0)
    return pd.DataFrame(
        {
            "time": times,
            "at_risk": at_risk,
            "events": events,
            "censored": leaving - events,
            "survival": survival,
            "ci_low": np.where(certain, survival, ci_low),
            "ci_high": np.where(certain, survival, ci_high),
        }
    )


def survival_at(km: pd.DataFrame, times: ArrayLike) -> np.ndarray:
    """Read the survival function at any times.

    Parameters
    ----------
    km
        From `kaplan_meier`.
    times
        Any shape, >= 0. After the last follow-up the last value holds on.

    Returns
    -------
    numpy.ndarray
        The probability to survive beyond each time, in the shape of `times`.
    """
    step = np.searchsorted(km["time"].to_numpy(), np.asarray(times, dtype=np.float64), side="right") - 1
    return km["survival"].to_numpy()[step]


def numbers_at_risk(time: ArrayLike, at: ArrayLike) -> np.ndarray:
    """Count the patients still followed just before each time.

    Parameters
    ----------
    time
        Follow-up [n].
    at
        Times, any shape.

    Returns
    -------
    numpy.ndarray
        int, in the shape of `at`.
    """
    ordered = np.sort(np.asarray(time, dtype=np.float64))
    return ordered.size - np.searchsorted(ordered, np.asarray(at, dtype=np.float64), side="left")
