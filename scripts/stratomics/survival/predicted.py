"""Predicted survival of each patient over a grid of times, from a Cox risk or from the curves of the subtypes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stratomics.cohort.types import Cohort, Split

from .kaplan_meier import kaplan_meier, survival_at
from .risk_sets import check_survival

#: Times of the grid.
GRID_POINTS = 50
#: At most so many times at which predicted survival is kept; no cohort of a few hundred deaths has more.
MOST_STEPS = 300


def time_grid(horizon_days: float, time: ArrayLike, splits: Sequence[Split]) -> np.ndarray:
    """Lay the times at which survival is predicted.

    Parameters
    ----------
    horizon_days
        The latest time of interest, days.
    time
        Follow-up of all patients [n], days.
    splits
        The training patients of each must be followed that long: the grid ends with the shortest of their follow-ups (the
        longest follow-up within each split), if that is sooner than the horizon.

    Returns
    -------
    numpy.ndarray
        float64 [50], equally spaced, the first one step after 0, days.
    """
    times = np.asarray(time, dtype=np.float64)
    end = min(float(horizon_days), *(float(times[split.train].max()) for split in splits))
    return end * np.arange(1, GRID_POINTS + 1) / GRID_POINTS


def step_times(time: ArrayLike, event: ArrayLike, splits: Sequence[Split]) -> np.ndarray:
    """List the times at which predicted survival is kept, to be read at the times of any horizon (`read_steps`).

    Parameters
    ----------
    time, event
        Follow-up of all patients [n], days. Predicted survival only steps down where somebody died.
    splits
        As for `time_grid`: the times end with the shortest follow-up of their training patients.

    Returns
    -------
    numpy.ndarray
        float64 [T], rising: every time of an event, evenly thinned out if there are more than `MOST_STEPS`, and the end.
    """
    times = np.asarray(time, dtype=np.float64)
    end = time_grid(np.inf, times, splits)[-1]
    deaths = np.unique(times[np.asarray(event, dtype=bool) & (times < end)])
    if deaths.size > MOST_STEPS:
        deaths = deaths[np.linspace(0, deaths.size - 1, MOST_STEPS).round().astype(int)]
    return np.append(deaths, end)


def read_steps(survival: ArrayLike, steps: ArrayLike, times: ArrayLike) -> np.ndarray:
    """Read curves that are level between their steps.

    Parameters
    ----------
    survival
        [n, S].
    steps
        Rising, [S].
    times
        [T].

    Returns
    -------
    numpy.ndarray
        [n, T]; 1 before the first step, and as after the last one from there on.
    """
    curves = np.asarray(survival)
    curves = np.hstack([np.ones((len(curves), 1), dtype=curves.dtype), curves])
    return curves[:, np.searchsorted(np.asarray(steps), np.asarray(times), side="right")]


def breslow_hazard(
    risk: ArrayLike, time: ArrayLike, event: ArrayLike, times: ArrayLike, *, reference: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the cumulative hazard of a patient of a given risk by Breslow's formula.

    Parameters
    ----------
    risk
        Log relative hazard of the training patients [n].
    time, event
        Their follow-up [n].
    times
        Days [T]; after the last death of the training patients the hazard stays level.
    reference
        Log relative hazard of the patient.

    Returns
    -------
    hazard, variance : numpy.ndarray
        float64 [T]. The variance takes the risks as known (Tsiatis 1981, Ann. Stat. 9, 93-108, the first of its two terms).

    References
    ----------
    Breslow 1972, discussion of Cox, J. R. Stat. Soc. B 34, 216-217.
    """
    days, dead = check_survival(time, event)
    order = np.argsort(days, kind="stable")
    ordered, weight = days[order], np.exp(np.asarray(risk, dtype=np.float64)[order] - reference)
    still = np.cumsum(weight[::-1])[::-1]
    deaths, counts = np.unique(days[dead], return_counts=True)
    # The risk set of a death is everybody followed until then or longer.
    among = still[np.searchsorted(ordered, deaths, side="left")]
    step = np.searchsorted(deaths, np.asarray(times, dtype=np.float64), side="right")
    hazard, variance = (np.append(0.0, np.cumsum(part)) for part in (counts / among, counts / among**2))
    return hazard[step], variance[step]


def breslow_survival(
    risk_train: ArrayLike, time_train: ArrayLike, event_train: ArrayLike, risk: ArrayLike, times: ArrayLike
) -> np.ndarray:
    """Predict survival under a proportional-hazards model with Breslow's baseline hazard.

    Parameters
    ----------
    risk_train
        Log relative hazard of the training patients [n].
    time_train, event_train
        Their follow-up [n].
    risk
        Log relative hazard, on the same scale, of the patients to predict [m]; NaN where unknown.
    times
        Days [T]; after the last death of the training patients the curves stay level.

    Returns
    -------
    numpy.ndarray
        The probability to survive beyond each time, float64 [m, T]; NaN where `risk` is, 1 throughout when no training
        patient has the event.

    References
    ----------
    Breslow 1972, discussion of Cox, J. R. Stat. Soc. B 34, 216-217.
    """
    own, other = np.asarray(risk_train, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    top = float(own.max())  # taken out of both: hazards of any size then fit into a float
    hazard, _ = breslow_hazard(own, time_train, event_train, times, reference=top)
    with np.errstate(over="ignore", invalid="ignore"):
        relative = np.exp(other - top)[:, None]
        product = np.where(hazard == 0, np.where(np.isnan(relative), np.nan, 0.0), hazard * relative)
    return np.exp(-product)


def subtype_survival(
    predictions: pd.DataFrame, clusters: pd.DataFrame, cohort: Cohort, splits: Sequence[Split], times: ArrayLike
) -> dict[str, np.ndarray]:
    """Predict survival from the subtypes: the curves of the subtypes, mixed by the probabilities of the patient.

    The curve of a subtype is the Kaplan-Meier estimate among the training patients that were clustered into it; after its
    last follow-up it stays level.

    Parameters
    ----------
    predictions
        ``predictions.tsv`` of an embedding: ``split, patient, n_subtypes, probability_<k>`` of all patients.
    clusters
        ``clusters.tsv``: ``split, patient, subtype`` of the training patients.
    cohort, splits
        The patients and the splits.
    times
        Days [T].

    Returns
    -------
    dict of numpy.ndarray
        By split, float32 [n, T], patients in the order of the cohort. Rows are NaN where a split has no prediction.
    """
    at = np.asarray(times, dtype=np.float64)
    predicted = {str(name): own for name, own in predictions.groupby("split", sort=False)}
    clustered = {str(name): own for name, own in clusters.groupby("split", sort=False)}
    survival = {}
    for split in splits:
        survival[split.name] = np.full((cohort.n, at.size), np.nan, dtype=np.float32)
        if split.name not in predicted or split.name not in clustered:
            continue
        table = predicted[split.name].set_index("patient").reindex(cohort.patients)
        k = int(table["n_subtypes"].max())
        probabilities = table[[f"probability_{one}" for one in range(1, k + 1)]].to_numpy(np.float64)
        of_train = clustered[split.name].set_index("patient")["subtype"].reindex(cohort.patients[split.train])
        labels, time, event = of_train.to_numpy(), cohort.time[split.train], cohort.event[split.train]
        curves = [survival_at(kaplan_meier(time[labels == one], event[labels == one]), at) for one in range(1, k + 1)]
        survival[split.name] = (probabilities @ np.array(curves)).astype(np.float32)
    return survival


def predicted_at(survival: ArrayLike, times: ArrayLike, days: ArrayLike) -> np.ndarray:
    """Read predicted survival at any days, by linear interpolation from a survival of 1 on day 0.

    Parameters
    ----------
    survival
        [n, T].
    times
        Rising, [T], positive.
    days
        [D], not negative.

    Returns
    -------
    numpy.ndarray
        [n, D]; NaN after the last time.
    """
    curves, at = np.asarray(survival, dtype=np.float64), np.asarray(days, dtype=np.float64)
    curves = np.hstack([np.ones((len(curves), 1)), curves])
    grid = np.append(0.0, np.asarray(times, dtype=np.float64))
    right = np.clip(np.searchsorted(grid, at), 1, grid.size - 1)
    share = (at - grid[right - 1]) / (grid[right] - grid[right - 1])
    values = (1 - share) * curves[:, right - 1] + share * curves[:, right]
    values[:, at > grid[-1]] = np.nan
    return values
