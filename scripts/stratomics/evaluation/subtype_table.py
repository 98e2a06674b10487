"""``subtypes.tsv``: the final subtype of each patient, and what was said of them when held out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stratomics.chain.labels import apparent_labels, final_labels, heldout_labels, heldout_rows
from stratomics.cohort.types import Cohort


def subtype_table(
    predictions: pd.DataFrame,
    clusters: pd.DataFrame,
    cohort: Cohort,
    stability: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Make ``subtypes.tsv``: the final subtype of each patient, and what was said of them when held out.

    Parameters
    ----------
    predictions, clusters, cohort
        As for `apparent_labels`; `predictions` also has ``probability_<k>``.
    stability
        ``patient_stability.tsv``: ``patient, consensus_own, ambiguous``, where it was measured.

    Returns
    -------
    pandas.DataFrame
        ``patient, time, event, subtype, probability_<k>, confidence``; with `stability` also ``consensus`` (how often the
        patient was clustered with the patients of the own subtype) and ``ambiguous``; then ``risk, risk_group``, and per repeat
        ``heldout_subtype_<r>``, ``heldout_n_subtypes_<r>``, ``heldout_probability_<r>`` (of that label),
        ``heldout_risk_<r>`` and ``heldout_risk_group_<r>``.
    """
    apparent = apparent_labels(predictions, clusters, cohort)
    full = final_labels(predictions, cohort)
    table = apparent[["patient", "time", "event", "subtype"]].assign(event=apparent["event"].astype(int))
    n_subtypes = int(apparent["n_subtypes"].iloc[0])
    probabilities = full[[f"probability_{k}" for k in range(1, n_subtypes + 1)]].to_numpy(np.float64)
    for k in range(n_subtypes):
        table[f"probability_{k + 1}"] = probabilities[:, k]
    table["confidence"] = probabilities[np.arange(len(table)), apparent["subtype"].to_numpy() - 1]
    if stability is not None:
        own_stability = stability.set_index("patient").reindex(cohort.patients)
        table["consensus"] = own_stability["consensus_own"].to_numpy(np.float64)
        table["ambiguous"] = own_stability["ambiguous"].to_numpy()
    table["risk"], table["risk_group"] = apparent["risk"], apparent["risk_group"]
    columns = [c for c in predictions.columns if c.startswith("probability_")]
    rows_of = heldout_rows(predictions)
    for repeat, own in heldout_labels(predictions, cohort).items():
        rows = rows_of[repeat].set_index("patient").reindex(cohort.patients)
        label = own["subtype"].to_numpy()
        table[f"heldout_subtype_{repeat}"] = label
        table[f"heldout_n_subtypes_{repeat}"] = own["n_subtypes"].to_numpy()
        table[f"heldout_probability_{repeat}"] = rows[columns].to_numpy(np.float64)[np.arange(len(label)), label - 1]
        table[f"heldout_risk_{repeat}"] = own["risk"].to_numpy()
        table[f"heldout_risk_group_{repeat}"] = own["risk_group"].to_numpy()
    return table
