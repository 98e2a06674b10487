"""D-calibration: whether predicted survival probabilities are, over all patients and times, what they say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .risk_sets import check_survival


class DCalibration(NamedTuple):
    """Outcome of a test of D-calibration.

    Attributes
    ----------
    chi2, df, p
        Statistic, degrees of freedom and p from the chi-squared distribution; a small p speaks against calibration.
    counts
        Patients in each bin of predicted survival, the bin of lowest survival first [bins]; each should hold as many.
    """

    chi2: float
    df: int
    p: float
    counts: np.ndarray


def d_calibration(
    time: ArrayLike, event: ArrayLike, survival: ArrayLike, times: ArrayLike, *, bins: int = 10
) -> DCalibration:
    """Test whether the survival predicted for the time at which a patient died is uniform over 0 to 1.

    A patient whose follow-up ends without the event would have died at a lower predicted survival than that at the end, and is
    spread evenly over the bins below. So is a patient followed beyond the last of `times`, from that time on.

    Parameters
    ----------
    time, event
        Follow-up [n].
    survival
        Predicted probability to survive beyond each time [n, T]; read linearly between the times, from 1 on day 0.
    times
        Rising, [T], positive.
    bins
        Number of bins of equal width.

    Returns
    -------
    DCalibration
        Missing where a prediction is missing or there are no patients.

    Raises
    ------
    ValueError
        If shapes do not fit.

    Notes
    -----
    p is nominal for pooled held-out predictions, and large where most patients are censored early: they fit anything.

    References
    ----------
    Haider, Hoehn, Davis & Greiner 2020, J. Mach. Learn. Res. 21(85), 1-63.
    """
    follow_up, flags = check_survival(time, event)
    at, curves = np.asarray(times, dtype=np.float64), np.asarray(survival, dtype=np.float64)
    if curves.ndim != 2 or curves.shape != (follow_up.size, at.size):
        raise ValueError(f"survival must be {follow_up.size} patients x {at.size} times, found shape {curves.shape}")
    if not curves.size or np.isnan(curves).any():
        return DCalibration(np.nan, bins - 1, np.nan, np.full(bins, np.nan))
    ends = np.minimum(follow_up, at[-1])
    # Each patient's own curve at the own time, linear between the times and from 1 on day 0.
    grid, values = np.append(0.0, at), np.hstack([np.ones((len(curves), 1)), curves])
    right = np.clip(np.searchsorted(grid, ends), 1, at.size)
    share, rows = (ends - grid[right - 1]) / (grid[right] - grid[right - 1]), np.arange(ends.size)
    reached = np.clip((1 - share) * values[rows, right - 1] + share * values[rows, right], 0.0, 1.0)
    died = flags & (follow_up <= at[-1])
    edges = np.arange(bins + 1) / bins
    counts = np.bincount(np.minimum((reached[died] * bins).astype(int), bins - 1), minlength=bins).astype(np.float64)
    # The share of the way from 0 up to the survival reached that lies in each bin; all in the lowest where that is 0.
    rest = np.maximum(reached[~died], 1e-12)[:, None]
    counts += (np.clip(rest - edges[:-1], 0.0, 1 / bins) / rest).sum(axis=0)
    expected = follow_up.size / bins
    chi2 = float(((counts - expected) ** 2).sum() / expected)
    return DCalibration(chi2, bins - 1, float(chdtrc(bins - 1, chi2)), counts)
