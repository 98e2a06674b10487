"""P-values when several methods are tried on the same patients.

Holm for tests whose dependence is unknown; Westfall and Young for permutation tests of several embeddings, where the same
permutations are used for all of them and so carry their dependence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from stratomics.subtypes.select import adjust_benjamini_hochberg

__all__ = ["adjust_benjamini_hochberg", "holm", "westfall_young_min_p"]


def holm(p: ArrayLike) -> np.ndarray:
    """Adjust p-values for the family-wise error rate, whatever their dependence.

    Parameters
    ----------
    p
        P-values [m]; NaN where there was no test, which then does not count.

    Returns
    -------
    numpy.ndarray
        Adjusted values [m], NaN where `p` is.

    References
    ----------
    Holm 1979, Scand. J. Stat. 6, 65-70.
    """
    values = np.asarray(p, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(values))
    rising = tested[np.argsort(values[tested], kind="stable")]
    m = len(rising)
    adjusted[rising] = np.minimum(1.0, np.maximum.accumulate(values[rising] * np.arange(m, 0, -1)))
    return adjusted


def westfall_young_min_p(
    observed: ArrayLike, null: ArrayLike, larger_is_extreme: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Compute permutation p-values and adjust them by step-down minP.

    Each p is (1 + number of permutations at least as extreme) / (B + 1). For the adjustment the observed order counts as one
    more permutation, every statistic of every permutation is turned into such a p, and an observed p is compared with the
    smallest p of each permutation among the hypotheses that are not more significant than its own. Ties count as extreme.

    Parameters
    ----------
    observed
        The statistics [m], one per hypothesis.
    null
        The same under B permutations [B, m]; row b is one permutation, shared by all hypotheses.
    larger_is_extreme
        Whether large statistics speak against the null hypothesis (a concordance), or small ones (a p-value).

    Returns
    -------
    p, p_adjusted : numpy.ndarray
        Each [m]. Where the observed statistic is NaN both are 1.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    A statistic that could not be computed (NaN) is the least extreme of all, observed or permuted alike: treating both
    in the same way keeps the observed order exchangeable with the permutations, so that the adjusted p is exact. Here all
    hypotheses say the same (survival has nothing to do with the omics), so nothing beyond that is needed for it.

    References
    ----------
    Phipson & Smyth 2010, Stat. Appl. Genet. Mol. Biol. 9, 39 (the 1 added). Westfall & Young 1993, Resampling-based multiple
    testing; Ge, Dudoit & Speed 2003, Test 12, 1-77, box 4.
    """
    first, others = np.asarray(observed, dtype=np.float64), np.asarray(null, dtype=np.float64)
    if first.ndim != 1 or others.ndim != 2 or others.shape[1] != first.size:
        raise ValueError(f"null must be permutations x {first.size} statistics, found shape {others.shape}")
    statistics = np.vstack([first, others])
    if not larger_is_extreme:
        statistics = -statistics
    statistics = np.where(np.isnan(statistics), -np.inf, statistics)

    count = len(statistics)
    p_all = np.empty_like(statistics)
    for column, values in enumerate(statistics.T):
        # How many of all orders, the own one included, are at least as extreme.
        p_all[:, column] = (count - np.searchsorted(np.sort(values), values, side="left")) / count
    p = p_all[0].copy()

    by_p = np.argsort(p, kind="stable")
    smallest = np.minimum.accumulate(p_all[:, by_p][:, ::-1], axis=1)[:, ::-1]
    stepwise = (smallest <= smallest[0]).mean(axis=0)
    p_adjusted = np.empty_like(p)
    p_adjusted[by_p] = np.maximum.accumulate(stepwise)
    return p, p_adjusted
