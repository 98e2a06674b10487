"""The censoring distribution: how likely a patient still was under observation, the inverse of which weights who was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .risk_sets import check_survival

#: Follow-up (time, event) that a censoring distribution is estimated from.
FollowUp = tuple[ArrayLike, ArrayLike]


def uncensored(time: ArrayLike, event: ArrayLike, at: ArrayLike) -> np.ndarray:
    """Estimate the probability of not being censored until some times.

    Parameters
    ----------
    time, event
        Follow-up [n] that it is estimated from, by Kaplan-Meier with the censorings as events; events at the time of a
        censoring come before it (as in scikit-survival).
    at
        Times [k].

    Returns
    -------
    numpy.ndarray
        float64 [k]; NaN after the last follow-up, where nothing is known.
    """
    times, flags = check_survival(time, event)
    return uncensored_share(times, flags, np.asarray(at, dtype=np.float64), np.ones((1, times.size)))[0]


def uncensored_share(time: np.ndarray, event: np.ndarray, at: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Estimate the probability of not being censored until `at`, by Kaplan-Meier with the censorings as events.

    Events at the time of a censoring come before it and leave the risk set (as in scikit-survival).

    Parameters
    ----------
    time, event
        Follow-up [n].
    at
        [k].
    copies
        Multiplicities [B, n].

    Returns
    -------
    numpy.ndarray
        [B, k]; NaN after the last follow-up.
    """
    order = np.argsort(time, kind="stable")
    times, starts = np.unique(time[order], return_index=True)
    ordered, dead = copies[:, order], event[order]
    leaving = np.add.reduceat(ordered, starts, axis=1)
    censored = np.add.reduceat(ordered * ~dead, starts, axis=1)
    still_there = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1] - (leaving - censored)
    hazard = np.divide(censored, still_there, out=np.zeros_like(censored), where=censored > 0)
    probability = np.cumprod(1 - hazard, axis=1)
    step = np.searchsorted(times, at, side="right") - 1
    before_all = step < 0
    found = np.where(before_all, 1.0, probability[:, np.where(before_all, 0, step)])
    found[:, at > times[-1]] = np.nan
    return found


def each_source(
    censoring: FollowUp | Mapping[Any, FollowUp], fold: ArrayLike | None, n: int
) -> Iterator[tuple[np.ndarray, FollowUp]]:
    """Go through the folds, each with the follow-up that its censoring distribution is estimated from.

    Parameters
    ----------
    censoring
        The follow-up (time, event) of the training patients, or a mapping from each label in `fold` to those of that fold.
    fold
        Label per patient [n], or None for one fold.
    n
        The number of patients.

    Yields
    ------
    members : numpy.ndarray
        Positions of the patients of the fold.
    source
        Follow-up (time, event) to estimate from.

    Raises
    ------
    ValueError
        If a mapping comes without `fold`, or lacks one.
    """
    if fold is None:
        if isinstance(censoring, Mapping):
            raise ValueError("a censoring distribution per fold needs the argument fold")
        yield np.arange(n), censoring
        return
    labels = np.asarray(fold)
    if labels.shape != (n,):
        raise ValueError(f"fold must hold one label for each of the {n} patients, found shape {labels.shape}")
    for label in np.unique(labels).tolist():
        if isinstance(censoring, Mapping):
            if label not in censoring:
                raise ValueError(f"censoring lacks the fold {label}")
            yield np.flatnonzero(labels == label), censoring[label]
        else:
            yield np.flatnonzero(labels == label), censoring
