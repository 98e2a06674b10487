"""One row per method: embeddings first, then comparators; apparent beside held-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .evidence import Evidence, median_of
from .verdict import Verdict

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
#: Columns of `Evidence` that stand in the leaderboard under the same name; NaN for comparators.
_OF_EVIDENCE = ["delta_vs_clinical_low", "delta_vs_clinical_high", "permutation_p_adjusted", "permutation_p_cindex"]
_CODES = ["separation", "added_value", "stability"]


def leaderboard_columns(auc_days: Sequence[int]) -> list[str]:
    """List the columns of ``leaderboard.tsv``.

    Parameters
    ----------
    auc_days
        Days of the time-dependent AUC.

    Returns
    -------
    list of str
        `LEADERBOARD_COLUMNS`, then what only some methods have.
    """
    return [
        *LEADERBOARD_COLUMNS,
        *_OF_EVIDENCE,
        "heldout_ibs",
        "heldout_ibs_skill",
        *(f"heldout_auc_{day:g}" for day in auc_days),
        "heldout_rmst_difference",
        *_CODES,
    ]


def leaderboard_row(method: str, metrics: pd.DataFrame, kind: str = "embedding") -> dict[str, object]:
    """Summarise the ``metrics.tsv`` of one method in one row.

    Held-out figures are medians over the repeats, never the best. ``permutation_p`` and ``delta_vs_clinical`` are not in that
    table and missing here; `leaderboard` fills them.

    Parameters
    ----------
    method
        Its name.
    metrics
        ``metrics.tsv`` of the method; figures it lacks are missing.
    kind
        ``embedding`` or ``comparator``.

    Returns
    -------
    dict
        By the names in `LEADERBOARD_COLUMNS`.
    """

    def value(metric: str, column: str) -> float:
        return median_of(metrics, metric, column)

    n_subtypes = value("n_subtypes", "apparent")
    return {
        "method": method,
        "kind": kind,
        "n_subtypes": pd.NA if np.isnan(n_subtypes) else int(n_subtypes),
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


def leaderboard(
    evidence: Mapping[str, Evidence],
    verdicts: Mapping[str, Verdict],
    metrics: Mapping[str, pd.DataFrame],
    comparator_metrics: pd.DataFrame,
    auc_days: Sequence[int],
) -> pd.DataFrame:
    """Make ``leaderboard.tsv``.

    Parameters
    ----------
    evidence, verdicts, metrics
        By embedding; `metrics` holds ``metrics.tsv``.
    comparator_metrics
        ``comparator_metrics.tsv``: ``method`` and the columns of ``metrics.tsv``; may have no rows.
    auc_days
        Days of the time-dependent AUC.

    Returns
    -------
    pandas.DataFrame
        The columns of `leaderboard_columns`. ``delta_vs_clinical`` is the held-out concordance minus that of the clinical
        model: for an embedding the paired difference with its interval, for a comparator the difference of the two medians;
        missing for the clinical model itself, and where there is none. Comparators have no permutation test and no verdict.
    """
    theirs = {str(name): own for name, own in comparator_metrics.groupby("method", sort=False)}
    if both := sorted(set(theirs) & set(metrics)):
        raise ValueError(f"{', '.join(both)}: the name of an embedding and of a comparator")
    clinical = median_of(theirs["clinical"], "cindex", "held_out") if "clinical" in theirs else np.nan
    rows = []
    for method, own in {**metrics, **theirs}.items():
        kind = "embedding" if method in metrics else "comparator"
        row = leaderboard_row(method, own, kind)
        for name in ("ibs", "ibs_skill", *(f"auc_{day:g}" for day in auc_days), "rmst_difference"):
            row[f"heldout_{name}"] = median_of(own, name, "held_out")
        if kind == "embedding":
            known, found = evidence[method], verdicts[method]
            row |= {name: getattr(known, name) for name in ("permutation_p", "delta_vs_clinical", *_OF_EVIDENCE)}
            row |= {code: getattr(found, code).code for code in _CODES}
        elif method != "clinical":
            row["delta_vs_clinical"] = median_of(own, "cindex", "held_out") - clinical
        rows.append(row)
    table = pd.DataFrame(rows, columns=leaderboard_columns(auc_days))
    return table.astype({"n_subtypes": "Int64"})
