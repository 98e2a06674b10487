"""How the measurements of each omics are spread, at each step of the preprocessing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .states import TOGETHER, Steps

#: Bins of a histogram.
BINS = 60
#: The bins span all but this share of the values at each end; those beyond lie in the outer bins.
BEYOND = 0.001


def histograms(steps: Steps) -> pd.DataFrame:
    """Count the measurements of an omics in bins of equal width.

    Parameters
    ----------
    steps
        The omics.

    Returns
    -------
    pandas.DataFrame
        One row per step and bin: ``omics, transform, step, low, high`` (limits of the bin, in the unit of the
        step: that of the table, of the transform, or standard deviations), ``count``. What lies beyond `BEYOND` at either end
        is counted in the outer bins.
    """
    pieces = []
    for step, values in steps.values.items():
        if step == TOGETHER:  # the next but for the batches
            continue
        known = values[np.isfinite(values)].astype(np.float64)
        low, high = np.quantile(known, [BEYOND, 1 - BEYOND])
        if low == high:
            low, high = low - 0.5, high + 0.5
        edges = np.linspace(low, high, BINS + 1)
        count, _ = np.histogram(np.clip(known, low, high), bins=edges)
        piece = {
            "omics": steps.name,
            "transform": steps.transform,
            "step": step,
            "low": edges[:-1],
            "high": edges[1:],
            "count": count,
        }
        pieces.append(pd.DataFrame(piece))
    return pd.concat(pieces, ignore_index=True)
