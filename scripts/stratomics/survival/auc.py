"""Time-dependent area under the ROC curve: cumulative cases against dynamic controls, weighted for censoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .censoring import each_source, uncensored
from .concordance import FollowUp
from .risk_sets import check_survival


def cumulative_dynamic_auc(
    time: ArrayLike,
    event: ArrayLike,
    risk: ArrayLike,
    days: ArrayLike,
    *,
    censoring: FollowUp | Mapping[Any, FollowUp],
    fold: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> np.ndarray:
    """Compute how well a risk tells those who die until a day (cases) from those followed beyond it (controls).

    A case who died at t counts 1 / G(t), where G is the probability of not being censored until t; a pair with equal risks
    counts one half.

    Parameters
    ----------
    time, event
        Follow-up [n].
    risk
        Score [n]; higher means shorter survival. Two risks are tied when equal to the last bit.
    days
        [D].
    censoring
        Follow-up (time, event) of the training patients; or a mapping from each label in `fold` to those of that fold. It
        stays fixed in a bootstrap.
    fold
        Label per patient [n]; only pairs within a fold count, since risks of different models have no common scale. Cases
        and pairs are added up over the folds.
    weights
        Multiplicities [B, n] of the patients in B bootstrap replicates.

    Returns
    -------
    numpy.ndarray
        [D], or [B, D] with `weights`. NaN where there is no pair (nobody is followed beyond the day, or nobody died until
        it), where a case has no weight because no training patient stays uncensored so long, and where a risk is missing.

    Raises
    ------
    ValueError
        If shapes do not fit or a mapping lacks a fold.

    References
    ----------
    Uno et al. 2007, JASA 102, 527-537; Hung & Chiang 2010, Can. J. Stat. 38, 8-26.
    """
    time, event = check_survival(time, event)
    score, at = np.asarray(risk, dtype=np.float64), np.atleast_1d(np.asarray(days, dtype=np.float64))
    if score.shape != time.shape:
        raise ValueError(f"risk must hold one score for each of the {time.size} patients, found shape {score.shape}")
    copies = np.ones((1, time.size)) if weights is None else np.asarray(weights, dtype=np.float64)
    if copies.ndim != 2 or copies.shape[1] != time.size:
        raise ValueError(f"weights must be replicates x {time.size} patients, found shape {copies.shape}")
    concordant, total = np.zeros((2, len(copies), at.size))
    for members, source in each_source(censoring, fold, time.size):
        probability = uncensored(*source, time[members])
        with np.errstate(divide="ignore"):
            per_case = np.where(probability > 0, 1 / probability, np.nan)
        for column, day in enumerate(at):
            is_case = event[members] & (time[members] <= day)
            cases, controls = members[is_case], members[time[members] > day]
            wins = (score[cases, None] > score[controls]) + 0.5 * (score[cases, None] == score[controls])
            of_cases, of_controls = copies[:, cases] * per_case[is_case], copies[:, controls]
            concordant[:, column] += np.einsum("bc,bc->b", of_cases, of_controls @ wins.T)
            total[:, column] += of_cases.sum(axis=1) * of_controls.sum(axis=1)
    with np.errstate(invalid="ignore"):
        area = concordant / total
    if np.isnan(score).any():
        area[:] = np.nan
    return area[0] if weights is None else area
