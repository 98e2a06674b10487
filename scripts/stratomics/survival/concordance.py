"""Concordance between a risk score and survival: Harrell's C and Uno's C.

Two patients form a pair if it is known who had the event first: the earlier time is an event, or the times are equal and
one is an event and the other censored (who was still there, so lived longer). Two events at one time form no pair. A pair is
concordant if the patient with the earlier event has the higher risk, and counts one half if the risks are equal. These are
the rules of R's ``survival::concordance`` and of scikit-survival; lifelines differs where times are tied.

Bootstrap replicates are given as multiplicities of the patients, and all of them are evaluated together by matrix products. A
copy of a patient forms no pair with the patient: their times are equal and so are their events. The result is therefore the
same as with the patients repeated in the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from .censoring import FollowUp, each_source, uncensored, uncensored_share
from .risk_sets import check_survival, codes_of

#: Entries of one block of the matrix of pairs.
PAIRS_AT_ONCE = 4_000_000


@overload
def concordance_harrell(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, fold: ArrayLike | None = None, weights: None = None
) -> float: ...
@overload
def concordance_harrell(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, *, fold: ArrayLike | None = None, weights: ArrayLike
) -> np.ndarray: ...
def concordance_harrell(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    fold: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> float | np.ndarray:
    """Compute Harrell's C: the share of pairs in which the patient at higher risk had the event first.

    Parameters
    ----------
    time, event
        Follow-up [n].
    risk
        Score [n]; higher means shorter survival.
    fold
        Label per patient [n]; only pairs within a fold count, since risks of different models have no common scale.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates.

    Returns
    -------
    float or numpy.ndarray
        C, or [B] of them with `weights`. NaN where there is no pair.

    Raises
    ------
    ValueError
        If a risk is missing, a weight negative, or shapes do not fit.

    References
    ----------
    Harrell et al. 1982, JAMA 247, 2543-2546.
    """
    time, event, scores, folds, copies = checked_pairs(time, event, risk, fold, weights)
    result = share_concordant(time, event, folds, copies, event.astype(np.float64)[None], _by_risk(scores))
    return float(result[0]) if weights is None else result


@overload
def concordance_uno(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp] | None = None,
    tau: float | None = None,
    fold: ArrayLike | None = None,
    weights: None = None,
) -> float: ...
@overload
def concordance_uno(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp] | None = None,
    tau: float | None = None,
    fold: ArrayLike | None = None,
    weights: ArrayLike,
) -> np.ndarray: ...
def concordance_uno(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp] | None = None,
    tau: float | None = None,
    fold: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> float | np.ndarray:
    """Compute Uno's C, whose pairs are weighted so that it does not depend on who happened to be censored.

    A pair counts 1 / G(t)^2, where t is the time of its earlier event and G the probability of not being censored until t.

    Parameters
    ----------
    time, event
        Follow-up [n].
    risk
        Score [n]; higher means shorter survival.
    censoring
        What G is estimated from: the follow-up (time, event) of the training patients; a mapping from each label in `fold`
        to those of that fold; or None for the patients given here, all folds together. In a bootstrap a given
        distribution stays fixed, and None estimates it again from each replicate.
    tau
        Only events before this time count.
    fold
        Label per patient [n]; only pairs within a fold count.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates.

    Returns
    -------
    float or numpy.ndarray
        C, or [B] of them with `weights`. NaN where there is no pair, or where G falls to 0 at an event of a replicate.

    Raises
    ------
    ValueError
        If G is 0 or unknown (later than any follow-up it is estimated from) at an event that counts: choose a smaller
        `tau`. Also if a mapping lacks a fold, a risk is missing, a weight negative, or shapes do not fit.

    References
    ----------
    Uno et al. 2011, Stat. Med. 30, 1105-1117.
    """
    time, event, scores, folds, copies = checked_pairs(time, event, risk, fold, weights)
    counted = event if tau is None else event & (time < tau)
    per_event = np.zeros((len(copies) if censoring is None else 1, time.size))
    if censoring is None:
        probability = uncensored_share(time, event, time[counted], copies)
        # Copies that are absent must not turn 0 x infinity into NaN.
        with np.errstate(divide="ignore"):
            per_event[:, counted] = np.where(copies[:, counted] > 0, probability**-2.0, 0)
        if weights is None:
            _require_positive(probability)
    else:
        for members, source in each_source(censoring, fold, time.size):
            own = members[counted[members]]
            probability = uncensored(*source, time[own])
            _require_positive(probability)
            per_event[:, own] = probability**-2.0
    result = share_concordant(time, event, folds, copies, per_event, _by_risk(scores))
    return float(result[0]) if weights is None else result


def comparable_pairs(time: ArrayLike, event: ArrayLike, *, weights: ArrayLike) -> np.ndarray:
    """Count the pairs that Harrell's C is made of.

    Parameters
    ----------
    time, event
        Follow-up [n].
    weights
        Multiplicities of the patients [B, n]; 0 and 1 pick the patients of a fold.

    Returns
    -------
    numpy.ndarray
        [B].
    """
    times, flags = check_survival(time, event)
    copies = np.asarray(weights, dtype=np.float64)
    first = times[flags, None]
    later = (first < times) | ((first == times) & ~flags)
    return np.einsum("bi,bi->b", copies[:, flags], copies @ later.T)


def checked_pairs(
    time: ArrayLike, event: ArrayLike, risk: ArrayLike, fold: ArrayLike | None, weights: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Check what every concordance takes: follow-up, scores, folds as numbers, and multiplicities (once each without weights)."""
    times, flags = check_survival(time, event)
    scores = np.asarray(risk, dtype=np.float64)
    if scores.shape != times.shape:
        raise ValueError(f"risk must hold one score for each of the {times.size} patients, found shape {scores.shape}")
    if np.isnan(scores).any():
        raise ValueError(f"risk is missing for {np.count_nonzero(np.isnan(scores))} of {times.size} patients")
    folds, _ = codes_of(fold, times.size, "fold")
    copies = np.ones((1, times.size)) if weights is None else np.asarray(weights, dtype=np.float64)
    if copies.ndim != 2 or copies.shape[1] != times.size:
        raise ValueError(f"weights must be replicates x {times.size} patients, found shape {copies.shape}")
    if not (copies >= 0).all():
        raise ValueError("weights must not be negative or missing")
    return times, flags, scores, folds, copies


def _by_risk(risk: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Score a pair 1 where the patient with the earlier event has the higher risk, one half where the risks are equal."""
    return lambda i, members: (risk[i, None] > risk[members]) + 0.5 * (risk[i, None] == risk[members])


def share_concordant(
    time: np.ndarray,
    event: np.ndarray,
    fold: np.ndarray,
    copies: np.ndarray,
    per_event: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Add up the pairs and give the concordant share of each replicate.

    Parameters
    ----------
    time, event, fold
        [n]; folds as numbers from 0.
    copies
        Multiplicities [B, n].
    per_event
        What a pair counts, by the patient with the earlier event; 0 for those who have none. [B, n] or [1, n].
    score
        Given positions of patients with an event [E] and of others [m], tells how far each pair is concordant, 0 to 1 [E, m].

    Returns
    -------
    numpy.ndarray
        [B].
    """
    concordant, total = np.zeros((2, len(copies)))
    for code in range(fold.max(initial=-1) + 1):
        members = np.flatnonzero(fold == code)
        first = members[(per_event[:, members] > 0).any(axis=0)]
        rows = max(1, PAIRS_AT_ONCE // members.size)
        for start in range(0, first.size, rows):
            i = first[start : start + rows]
            later = time[i, None] < time[members]
            later |= (time[i, None] == time[members]) & ~event[members]
            weight = copies[:, i] * per_event[:, i]
            others = copies[:, members]
            total += np.einsum("bi,bi->b", weight, others @ later.T.astype(np.float64))
            concordant += np.einsum("bi,bi->b", weight, others @ (score(i, members) * later).T)
    with np.errstate(invalid="ignore"):
        return concordant / total


def _require_positive(probability: np.ndarray) -> None:
    """Refuse events whose inverse probability of not being censored is not finite."""
    if np.isnan(probability).any():
        raise ValueError("an event lies after all follow-up that the censoring distribution is known from: lower tau")
    if (probability <= 0).any():
        raise ValueError("nobody stays uncensored up to the time of an event: lower tau")
