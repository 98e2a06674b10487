"""One row per method: embeddings first, then comparators; apparent beside held-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from .declared import LEADERBOARD
from .evidence import Evidence, columns_shown_in, shown_numbers
from .findings import CODES, Verdict
from .sources import EvidenceTables, median_of
from .yardstick import auc_name

LEADERBOARD_COLUMNS = ["method", "kind", *columns_shown_in(LEADERBOARD)]


def leaderboard_columns(auc_days: Sequence[int]) -> list[str]:
    """List the columns of ``leaderboard.tsv``.

    Parameters
    ----------
    auc_days
        Days of the time-dependent AUC.

    Returns
    -------
    list of str
        `LEADERBOARD_COLUMNS`, the areas, and the codes of the verdict.
    """
    return [*LEADERBOARD_COLUMNS, *(f"heldout_{auc_name(day)}" for day in auc_days), *CODES]


def leaderboard_row(method: str, metrics: pd.DataFrame, kind: str = "embedding") -> dict[str, object]:
    """Summarise the ``metrics.tsv`` of one method in one row.

    Held-out figures are medians over the repeats, never the best. What is not in that table is missing here; `leaderboard`
    fills it for embeddings.

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
    return {"method": method, "kind": kind, **shown_numbers(LEADERBOARD, EvidenceTables(method, metrics))}


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
    rows = []
    for method, own in {**metrics, **theirs}.items():
        row = leaderboard_row(method, own, "embedding" if method in metrics else "comparator")
        row |= {f"heldout_{auc_name(day)}": median_of(own, auc_name(day)) for day in auc_days}
        if method in metrics:
            known = evidence[method].columns()
            row |= {name: known[name] for name in columns_shown_in(LEADERBOARD)} | verdicts[method].codes
        elif "clinical" in theirs and method != "clinical":
            row["delta_vs_clinical"] = median_of(own, "cindex") - median_of(theirs["clinical"], "cindex")
        rows.append(row)
    table = pd.DataFrame(rows, columns=leaderboard_columns(auc_days))
    return table.astype({"n_subtypes": "Int64"})
