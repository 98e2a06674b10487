"""The one place that says what several repeats of the cross-validation come to.

Never the best repeat, and never each column for itself: a p-value is printed with the statistic that it belongs to, and ratios are
averaged as logarithms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

#: How the names of metrics end that are ratios: the middle of two is their geometric mean.
RATIO = "hazard_ratio"


def middle(p: ArrayLike) -> int:
    """Find the repeat in the middle by its p-value.

    Parameters
    ----------
    p
        One per repeat [R]; missing ones count as the largest.

    Returns
    -------
    int
        Position; of an even number of repeats the less significant one of the two in the middle.
    """
    values = np.asarray(p, dtype=np.float64)
    return int(np.argsort(values, kind="stable")[values.size // 2])


def over_repeats(points: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Summarise the metrics of several repeats.

    Parameters
    ----------
    points
        Metrics by name, one mapping per repeat, all with the same names.

    Returns
    -------
    dict of dict
        ``median``, ``min`` and ``max`` of each metric. A test (``<test>_p`` with ``<test>_chi2`` and ``<test>_df``, where they
        exist) is given as a whole: that of the repeat with the middle (`middle`), lowest and highest p. The median of a ratio is
        taken on the logarithmic scale. NaN where a metric is missing in some repeat (a test: in the repeat that is shown).
    """
    names = list(points[0])
    values = {name: np.array([own[name] for own in points], dtype=np.float64) for name in names}
    found = {"median": {name: float(median_of(name, own)) for name, own in values.items()}}
    for summary, extreme in (("min", np.min), ("max", np.max)):
        found[summary] = {name: float(extreme(own)) for name, own in values.items()}
    for name in names:
        if name.endswith("_p"):
            p = values[name]
            order = np.argsort(p, kind="stable")
            shown = {"median": middle(p), "min": int(order[0]), "max": int(order[-1])}
            parts = [part for part in (name, f"{name[:-2]}_chi2", f"{name[:-2]}_df") if part in values]
            for summary, repeat in shown.items():
                found[summary] |= {part: float(values[part][repeat]) for part in parts}
    return found


def median_of(metric: str, values: ArrayLike) -> np.ndarray:
    """Take the median of a metric over the repeats.

    Parameters
    ----------
    metric
        Its name, which says whether it is a ratio.
    values
        [R], or [R, B] for bootstrap replicates.

    Returns
    -------
    numpy.ndarray
        A number, or [B].
    """
    own = np.asarray(values, dtype=np.float64)
    if metric.endswith(RATIO):
        with np.errstate(divide="ignore"):
            return np.asarray(np.exp(np.median(np.log(own), axis=0)))
    return np.asarray(np.median(own, axis=0))
