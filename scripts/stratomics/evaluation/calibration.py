"""What predicted survival is worth: what was predicted of held-out patients against what they lived, and decisions by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stratomics.survival import kaplan_meier, net_benefit, survival_at
from stratomics.survival.predicted import predicted_at

from .scores import has_subtypes, out_of_fold

CALIBRATION_COLUMNS = [
    "repeat",
    "subtype",
    "n_subtypes",
    "days",
    "n",
    "predicted",
    "observed",
    "ci_low",
    "ci_high",
]
DECISION_COLUMNS = ["repeat", "days", "threshold", "n", "treated", "net_benefit", "net_benefit_all"]
#: Risks from which on one would treat.
THRESHOLDS = np.arange(1, 20) / 20


def calibration_table(
    heldout: Mapping[str, pd.DataFrame], survival: Mapping[str, np.ndarray], times: ArrayLike, days: Sequence[float]
) -> pd.DataFrame:
    """Make ``calibration.tsv``: predicted and observed survival of each held-out subtype.

    Parameters
    ----------
    heldout
        Labels of each repeat (`heldout_labels`).
    survival
        Predicted survival by split, [n, T], in the order of the labels.
    times
        Rising, [T], days.
    days
        Where to compare.

    Returns
    -------
    pandas.DataFrame
        ``repeat, subtype, n_subtypes, days, n, predicted, observed, ci_low, ci_high``: the mean predicted survival of the
        patients with this label, each predicted by the fold that held them out; and their Kaplan-Meier estimate with its
        pointwise 95 % interval. Label 2 of 2 and label 2 of 3 are rows of their own. Predicted is NaN beyond `times`, observed
        beyond the follow-up of the group. No rows for a method without subtypes.

    References
    ----------
    Harrell, Lee & Mark 1996, Stat. Med. 15, 361-387 (calibration in groups).
    """
    rows = []
    for repeat, labels in heldout.items():
        if not has_subtypes(labels):
            continue
        predicted = predicted_at(out_of_fold(survival, labels["fold"].to_numpy()), times, days)
        time, event, subtype, n_subtypes = (
            labels[column].to_numpy() for column in ("time", "event", "subtype", "n_subtypes")
        )
        for k in np.unique(n_subtypes).tolist():
            for label in range(1, int(k) + 1):
                own = (n_subtypes == k) & (subtype == label)
                for column, day in enumerate(days):
                    mean = float(predicted[own, column].mean()) if own.any() else np.nan
                    rows.append(
                        (repeat, label, int(k), day, int(own.sum()), mean, *_observed(time[own], event[own], day))
                    )
    return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)


def decision_curve_table(
    heldout: Mapping[str, pd.DataFrame], survival: Mapping[str, np.ndarray], times: ArrayLike, days: Sequence[float]
) -> pd.DataFrame:
    """Make ``decision_curve.tsv``: the net benefit of treating held-out patients by their predicted risk.

    Parameters
    ----------
    heldout, survival, times
        As for `calibration_table`.
    days
        Horizons.

    Returns
    -------
    pandas.DataFrame
        ``repeat, days, threshold`` (predicted risk of the event until the day from which on one would treat), ``n, treated``
        (share of the patients), ``net_benefit`` (of treating by the predicted risk, see `stratomics.survival.net_benefit`),
        ``net_benefit_all`` (of treating everybody; to treat nobody has a net benefit of 0). NaN beyond `times` or the follow-up.
    """
    tables = []
    for repeat, labels in heldout.items():
        predicted = predicted_at(out_of_fold(survival, labels["fold"].to_numpy()), times, days)
        time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
        for column, day in enumerate(days):
            benefit, treated = net_benefit(time, event, 1 - predicted[:, column], day, THRESHOLDS)
            everybody, _ = net_benefit(time, event, np.ones(len(labels)), day, THRESHOLDS)
            columns = (repeat, day, THRESHOLDS, len(labels), treated, benefit, everybody)
            tables.append(pd.DataFrame(dict(zip(DECISION_COLUMNS, columns, strict=True))))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=DECISION_COLUMNS)


def _observed(time: np.ndarray, event: np.ndarray, day: float) -> tuple[float, float, float]:
    """Kaplan-Meier estimate at a day, and its interval; NaN where nobody is followed so long."""
    if not time.size:
        return np.nan, np.nan, np.nan
    km = kaplan_meier(time, event)
    if day > time.max() and km["survival"].iloc[-1] > 0:
        return np.nan, np.nan, np.nan
    low, high = (
        float(survival_at(km[["time", column]].rename(columns={column: "survival"}), day))
        for column in ("ci_low", "ci_high")
    )
    return float(survival_at(km, day)), low, high
