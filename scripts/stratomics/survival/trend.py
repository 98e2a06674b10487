"""The log-rank test for trend: whether subtypes ordered by foretold risk are ordered by survival too.

Unlike the chi-squared statistic of several groups it knows its direction: subtypes that separate patients the wrong way round
speak against the method, not for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr


def trend_logrank(
    time: ArrayLike,
    event: ArrayLike,
    subtype: ArrayLike,
    n_subtypes: ArrayLike,
    fold: ArrayLike | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Test whether higher subtypes have the event sooner, for one set of labels or for many permutations at once.

    A patient scores (subtype - 1) / (n_subtypes - 1): 0 for the subtype of best, 1 for that of worst prognosis, whatever their
    number. Observed less expected sums of scores, and their variances, are added up over the strata.

    Parameters
    ----------
    time, event
        Follow-up [n], or [B, n] for B permutations of it.
    subtype, n_subtypes
        Label, 1 (best prognosis) to `n_subtypes`, and number of subtypes in the fold of the patient; [n] or [B, n].
    fold
        Label per patient, [n] or [B, n]: patients are compared within folds only. Without it, patients are compared with those
        whose folds had as many subtypes.

    Returns
    -------
    z
        Standard normal where subtypes and survival are unrelated; large where higher subtypes die sooner. A number, or [B]
        where any argument has two axes. NaN where nobody can be compared (no event, one subtype).
    p
        One-sided, the probability of a larger `z`; nominal for pooled held-out labels (see `stratomics.evaluation.scores`).

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    Tarone 1975, Biometrika 62, 679-682. It is the score test of ``coxph(..., ties = "exact")`` in R.
    """
    given = [np.asarray(one) for one in (time, event, subtype, n_subtypes)]
    given.append(given[3] if fold is None else np.unique(np.asarray(fold), return_inverse=True)[1])
    shape = np.broadcast_shapes(*(one.shape for one in given))
    if not 1 <= len(shape) <= 2:
        raise ValueError(f"follow-up and labels must be [n] or [B, n], found {len(shape)} axes")
    n = shape[-1]
    rows = 1 if len(shape) == 1 else shape[0]
    # One long list, the strata of all permutations one after the other and each by falling time: the patients at risk at a
    # time are those from the start of the stratum to the last patient with this time.
    flat = [np.broadcast_to(one, shape).reshape(-1).astype(np.float64) for one in given]
    order = np.lexsort((-flat[0], flat[4], np.repeat(np.arange(rows), n)))
    times, events, labels, numbers, folds = (one[order] for one in flat)
    row = order // n
    score = (labels - 1) / np.maximum(numbers - 1, 1)
    new_stratum = np.append(True, (folds[1:] != folds[:-1]) | (row[1:] != row[:-1]))[: times.size]
    new_time = new_stratum | np.append(True, times[1:] != times[:-1])[: times.size]
    first, last = np.flatnonzero(new_time), np.append(np.flatnonzero(new_time)[1:], times.size)
    begin = np.flatnonzero(new_stratum)[np.cumsum(new_stratum)[first] - 1]
    sums = np.zeros((5, times.size + 1))
    np.cumsum([np.ones(times.size), score, score**2, events, events * score], axis=1, out=sums[:, 1:])
    at_risk, total, squares = sums[:3, last] - sums[:3, begin]
    deaths, observed = sums[3:, last] - sums[3:, first]

    mean = total / at_risk
    # The hypergeometric variance; with one patient left the outcome is certain.
    variance = deaths * (at_risk - deaths) / np.maximum(at_risk - 1, 1) * np.maximum(squares / at_risk - mean**2, 0.0)
    difference, spread = (
        np.bincount(row[first], weights=one, minlength=rows) for one in (observed - deaths * mean, variance)
    )
    z = np.full(rows, np.nan)
    np.divide(difference, np.sqrt(spread), out=z, where=spread > 1e-12)
    return z.reshape(shape[:-1])[()], ndtr(-z).reshape(shape[:-1])[()]
