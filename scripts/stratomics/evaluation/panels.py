"""What the Kaplan-Meier figure shows: apparent labels beside the held-out labels of one repeat, by subtype and by risk."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from stratomics.chain.labels import apparent_labels, heldout_labels
from stratomics.cohort.types import Cohort

COLUMNS = ["panel", "patient", "time", "event", "group", "n_groups"]
#: By the end of the name of a panel: the column with the groups, and the metrics of these groups.
GROUPINGS = {
    "": ("subtype", {"logrank_p": "logrank_p", "hazard_ratio": "hazard_ratio", "cindex": "cindex_subtype"}),
    "_risk": (
        "risk_group",
        {
            "logrank_p": "risk_group_logrank_p",
            "hazard_ratio": "risk_group_hazard_ratio",
            "cindex": "risk_group_cindex",
            "cindex_risk": "cindex",
        },
    ),
}


def survival_panels(
    predictions: pd.DataFrame, clusters: pd.DataFrame, metrics: pd.DataFrame, cohort: Cohort, *, repeat: str = "r0"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collect the patients and the statistics of the panels.

    Parameters
    ----------
    predictions, clusters
        As for `stratomics.chain.labels.apparent_labels`.
    metrics
        ``metrics.tsv``.
    cohort
        For the follow-up.
    repeat
        Whose out-of-fold labels are shown; each patient is in them once.

    Returns
    -------
    patients : pandas.DataFrame
        One row per panel and patient, with the group and the number of groups. The panels: ``apparent`` and ``held_out`` by
        subtype, ``apparent_risk`` and ``held_out_risk`` by groups of the risk, as many as there are subtypes (where the
        predictions have them).
    stats : pandas.DataFrame
        One row per panel: log-rank p (with its median over the repeats), hazard ratio per step and concordance of the groups
        with intervals, and ``cindex_risk`` of the risk before it is cut.
    """
    apparent, heldout = apparent_labels(predictions, clusters, cohort), heldout_labels(predictions, cohort)
    patients, rows = [], []
    for suffix, (column, shown) in GROUPINGS.items():
        if apparent[column].isna().any() or heldout[repeat][column].isna().any():
            continue
        for panel, labels in (("apparent", apparent), ("held_out", heldout[repeat])):
            own = labels.assign(panel=panel + suffix, group=labels[column], n_groups=labels["n_subtypes"])
            patients.append(own[COLUMNS])
            rows.append(
                {"panel": panel + suffix, **_statistics(metrics, shown, panel, repeat), "n_repeats": len(heldout)}
            )
    return pd.concat(patients, ignore_index=True), pd.DataFrame(rows)


def _statistics(metrics: pd.DataFrame, shown: Mapping[str, str], panel: str, repeat: str) -> dict[str, float]:
    """Give the figures of a panel; apparent ones have no intervals, and the same value in every repeat."""
    own = metrics[metrics["repeat"] == repeat].set_index("metric")
    found = {name: float(own[panel][metric]) for name, metric in shown.items()}
    if panel == "held_out":
        for name in ("hazard_ratio", "cindex", "cindex_risk"):
            if name in shown:
                found |= {f"{name}_{end}": float(own[f"ci_{end}"][shown[name]]) for end in ("low", "high")}
        median = metrics[metrics["repeat"] == "median"].set_index("metric")
        found["logrank_p_median"] = float(median["held_out"][shown["logrank_p"]])
    return found
