"""One row per embedding: apparent beside held-out."""

from __future__ import annotations

import numpy as np
import pandas as pd

LEADERBOARD_COLUMNS = [
    "method",
    "kind",
    "n_subtypes",
    "apparent_logrank_p",
    "heldout_logrank_p",
    "permutation_p",
    "apparent_cindex",
    "heldout_cindex",
    "heldout_cindex_low",
    "heldout_cindex_high",
    "delta_vs_clinical",
    "apparent_cindex_uno",
    "heldout_cindex_uno",
    "apparent_hazard_ratio",
    "heldout_hazard_ratio",
    "heldout_hazard_ratio_low",
    "heldout_hazard_ratio_high",
]


def leaderboard_row(method: str, metrics: pd.DataFrame, kind: str = "embedding") -> dict[str, object]:
    """Summarise the ``metrics.tsv`` of one method in one row.

    Held-out figures are medians over the repeats, never the best. ``permutation_p`` and ``delta_vs_clinical`` are missing:
    this version computes neither.

    Parameters
    ----------
    method
        Name of the embedding.
    metrics
        What `evaluate_subtypes` returned.
    kind
        ``embedding`` or ``comparator``.

    Returns
    -------
    dict
        By the names in `LEADERBOARD_COLUMNS`.
    """
    median = metrics[metrics["repeat"] == "median"].set_index("metric")

    def value(metric: str, column: str) -> float:
        return float(median[column].loc[metric])

    return {
        "method": method,
        "kind": kind,
        "n_subtypes": int(value("n_subtypes", "apparent")),
        "apparent_logrank_p": value("logrank_p", "apparent"),
        "heldout_logrank_p": value("logrank_p", "held_out"),
        "permutation_p": np.nan,
        "apparent_cindex": value("cindex", "apparent"),
        "heldout_cindex": value("cindex", "held_out"),
        "heldout_cindex_low": value("cindex", "ci_low"),
        "heldout_cindex_high": value("cindex", "ci_high"),
        "delta_vs_clinical": np.nan,
        "apparent_cindex_uno": value("cindex_uno", "apparent"),
        "heldout_cindex_uno": value("cindex_uno", "held_out"),
        "apparent_hazard_ratio": value("hazard_ratio", "apparent"),
        "heldout_hazard_ratio": value("hazard_ratio", "held_out"),
        "heldout_hazard_ratio_low": value("hazard_ratio", "ci_low"),
        "heldout_hazard_ratio_high": value("hazard_ratio", "ci_high"),
    }
