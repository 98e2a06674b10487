"""Labels ordered by risk, so that subtype 1 always is the one of best prognosis."""

from __future__ import annotations

import numpy as np


def observed_expected(
    time: np.ndarray, event: np.ndarray, group: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count the events of each group, and those expected if all shared one hazard (the terms of the log-rank test).

    Parameters
    ----------
    time
        Follow-up [n].
    event
        Whether it ended in the event [n].
    group
        Int [n], 0..n_groups-1.
    n_groups
        Number of groups.

    Returns
    -------
    observed, expected
        float64 [n_groups]; both sum to the number of events. The expected number is the sum of the pooled Nelson-Aalen
        cumulative hazard over the patients, each at the end of follow-up.
    """
    moments, position = np.unique(time, return_inverse=True)
    ended = np.bincount(position, minlength=len(moments))
    at_risk = np.cumsum(ended[::-1])[::-1]
    hazard = np.cumsum(np.bincount(position, weights=event, minlength=len(moments)) / at_risk)
    observed = np.bincount(group, weights=event, minlength=n_groups)
    return observed, np.bincount(group, weights=hazard[position], minlength=n_groups)


def order_by_risk(
    z: np.ndarray, time: np.ndarray, event: np.ndarray, group: np.ndarray, n_groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rank the clusters by their observed over expected events.

    Half an event is added to both sides: a cluster without events then has a finite risk, and a small one is drawn
    towards the average. Ties go to the larger cluster, then to the smaller mean latents.

    Parameters
    ----------
    z
        Standardised latents [n, l], for ties.
    time, event
        Follow-up [n].
    group
        Clusters, int [n] in 0..n_groups-1, none empty.
    n_groups
        Number of clusters.

    Returns
    -------
    subtype, log_risk
        The subtype (1 = lowest risk) of each cluster, int64 [n_groups]; log((O + .5) / (E + .5)) of subtype 1, 2, ...,
        float64 [n_groups], rising.
    """
    observed, expected = observed_expected(time, event, group, n_groups)
    log_risk = np.log((observed + 0.5) / (expected + 0.5))
    size = np.bincount(group, minlength=n_groups)
    order = sorted(range(n_groups), key=lambda k: (log_risk[k], -size[k], tuple(z[group == k].mean(axis=0))))
    subtype = np.empty(n_groups, dtype=np.int64)
    subtype[order] = np.arange(1, n_groups + 1)
    return subtype, log_risk[order]
