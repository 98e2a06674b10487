"""The log-rank test between two or more groups, with or without strata."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .risk_sets import check_survival, codes_of


@dataclass(frozen=True)
class LogrankResult:
    """Outcome of a log-rank test.

    Attributes
    ----------
    chi2, df, p
        Statistic, degrees of freedom and p from the chi-squared distribution.
    table
        One row per group: ``group``, ``n``, ``observed`` and ``expected`` events.
    """

    chi2: float
    df: int
    p: float
    table: pd.DataFrame


def logrank(time: ArrayLike, event: ArrayLike, group: ArrayLike, strata: ArrayLike | None = None) -> LogrankResult:
    """Test whether the groups share one hazard.

    Parameters
    ----------
    time, event
        Follow-up [n].
    group
        Label per patient [n].
    strata
        Label per patient [n]; observed and expected events are counted within strata and added up.

    Returns
    -------
    LogrankResult
        A group that nobody is left of when the first event happens tells nothing and takes no degree of freedom (as in R's
        ``survdiff``); with fewer than two groups left, or no events at all, chi2 is 0 and p is 1.

    Raises
    ------
    ValueError
        If there are fewer than two groups, a label is missing, or shapes do not fit.

    References
    ----------
    Mantel 1966, Cancer Chemother. Rep. 50, 163-170; Harrington & Fleming 1982, Biometrika 69, 553-566 (rho = 0).
    """
    time, event = check_survival(time, event)
    groups, labels = codes_of(group, time.size, "group")
    stratum, levels = codes_of(strata, time.size, "strata")
    k = len(labels)
    if k < 2:
        raise ValueError(f"a log-rank test needs at least two groups, found {k}")

    observed = np.bincount(groups[event], minlength=k)
    expected = np.zeros(k)
    covariance = np.zeros((k, k))
    for code in range(len(levels)):
        inside = stratum == code
        part = _expected(time[inside], event[inside], groups[inside], k)
        expected += part[0]
        covariance += part[1]

    informative = np.flatnonzero(expected > 0)
    df = max(informative.size - 1, 0)
    chi2 = 0.0
    if df:
        kept = informative[:-1]  # the differences sum to zero: one group follows from the others
        difference = (observed - expected)[kept]
        # The covariance is singular only where groups never met at an event; the pseudo-inverse then compares those that did.
        chi2 = float(difference @ np.linalg.pinv(covariance[np.ix_(kept, kept)], hermitian=True) @ difference)
    table = pd.DataFrame(
        {"group": labels, "n": np.bincount(groups, minlength=k), "observed": observed, "expected": expected}
    )
    return LogrankResult(chi2=chi2, df=df, p=float(chdtrc(df, chi2)) if df else 1.0, table=table)


def _expected(time: np.ndarray, event: np.ndarray, group: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the expected events [k] of one stratum and their covariance [k, k] (hypergeometric at each death time)."""
    death_times, deaths = np.unique(time[event], return_counts=True)
    at_risk = np.column_stack(
        [np.count_nonzero(group == g) - np.searchsorted(np.sort(time[group == g]), death_times) for g in range(k)]
    )
    total = at_risk.sum(axis=1)
    share = at_risk / total[:, None]
    # With one patient left the outcome is certain, hence no variance.
    variance = deaths * (total - deaths) / np.maximum(total - 1, 1)
    covariance = np.diag(variance @ share) - share.T @ (variance[:, None] * share)
    return deaths @ share, covariance
