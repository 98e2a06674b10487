"""What the Kaplan-Meier figure shows: apparent labels beside the held-out labels of one repeat."""

from __future__ import annotations

import pandas as pd

from stratomics.chain.labels import apparent_labels, heldout_labels
from stratomics.cohort.types import Cohort

COLUMNS = ["panel", "patient", "time", "event", "subtype", "n_subtypes"]


def survival_panels(
    predictions: pd.DataFrame, clusters: pd.DataFrame, metrics: pd.DataFrame, cohort: Cohort, *, repeat: str = "r0"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collect the patients and the statistics of both panels.

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
        One row per panel (``apparent``, ``held_out``) and patient.
    stats : pandas.DataFrame
        One row per panel: log-rank p (with its median over the repeats), hazard ratio and concordance with intervals.
    """
    apparent = apparent_labels(predictions, clusters, cohort).assign(panel="apparent")
    heldout = heldout_labels(predictions, cohort)
    patients = pd.concat([apparent, heldout[repeat].assign(panel="held_out")], ignore_index=True)[COLUMNS]
    own = metrics[metrics["repeat"] == repeat].set_index("metric")
    median = metrics[metrics["repeat"] == "median"].set_index("metric")
    shown = {"logrank_p": "logrank_p", "hazard_ratio": "hazard_ratio", "cindex": "cindex"}
    rows = [{"panel": "apparent", **{name: own.at[metric, "apparent"] for name, metric in shown.items()}}]
    rows.append(
        {
            "panel": "held_out",
            **{name: own.at[metric, "held_out"] for name, metric in shown.items()},
            "hazard_ratio_low": own.at["hazard_ratio", "ci_low"],
            "hazard_ratio_high": own.at["hazard_ratio", "ci_high"],
            "cindex_low": own.at["cindex", "ci_low"],
            "cindex_high": own.at["cindex", "ci_high"],
            "logrank_p_median": median.at["logrank_p", "held_out"],
            "n_repeats": len(heldout),
        }
    )
    return patients, pd.DataFrame(rows)
