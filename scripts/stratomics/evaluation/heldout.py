"""Pool what the classifiers of the splits said about patients they never saw.

Within one repeat of the cross-validation every patient is held out exactly once, so the pooled out-of-fold labels of a
repeat hold each patient once. Repeats are never merged with each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split

LABEL_COLUMNS = ["patient", "time", "event", "subtype", "n_subtypes", "risk", "fold"]


def _with_follow_up(rows: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Bring `rows` (one per patient) into the order of the cohort and attach its follow-up."""
    rows = rows.set_index("patient").reindex(cohort.patients)
    absent = rows["split"].isna()
    if absent.any():
        raise ValueError(f"{absent.sum()} patients have no label, for instance {rows.index[absent][:3].tolist()}")
    return pd.DataFrame(
        {
            "patient": cohort.patients.to_numpy(),
            "time": cohort.time,
            "event": cohort.event,
            "subtype": _whole_numbers(rows, "subtype"),
            "n_subtypes": _whole_numbers(rows, "n_subtypes"),
            "risk": rows["risk"].to_numpy(np.float64),
            "fold": rows["split"].to_numpy(str),
        }
    )


def _whole_numbers(rows: pd.DataFrame, column: str) -> np.ndarray:
    """Give a column as int64; as float64 with NaN where a method has no subtypes."""
    if column not in rows:
        return np.full(len(rows), np.nan)
    values = rows[column].to_numpy(np.float64, na_value=np.nan)
    return values if np.isnan(values).any() else values.astype(np.int64)


def heldout_labels(predictions: pd.DataFrame, cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Pool the out-of-fold labels of each repeat.

    Parameters
    ----------
    predictions
        One row per split and patient: ``split, patient, role, subtype, n_subtypes, risk``. The subtypes are missing for a
        method without subtypes.
    cohort
        For the follow-up and the order of the patients.

    Returns
    -------
    dict of pandas.DataFrame
        By repeat (``r0``, ``r1``, ...): ``patient, time, event, subtype, n_subtypes, risk, fold``, one row per patient in
        the order of the cohort. ``subtype`` and ``n_subtypes`` are NaN where there are none.

    Raises
    ------
    ValueError
        If a patient is held out more than once in a repeat, or never.
    """
    rows = predictions[predictions["role"] == "held_out"]
    repeats = rows["split"].str.split("f").str[0]
    pooled = {}
    for repeat in sorted(repeats.unique(), key=lambda name: int(name[1:])):
        own = rows[repeats == repeat]
        if own["patient"].duplicated().any():
            raise ValueError(f"a patient is held out twice in repeat {repeat}")
        pooled[repeat] = _with_follow_up(own, cohort)
    return pooled


def apparent_labels(predictions: pd.DataFrame, clusters: pd.DataFrame | None, cohort: Cohort) -> pd.DataFrame:
    """Collect the labels of the full fit on its own patients: apparent, not a test of anything.

    Parameters
    ----------
    predictions
        As for `heldout_labels`; the risk is the classifier's.
    clusters
        ``split, patient, subtype`` of the training patients; the subtype is the cluster's. None for a method that has no
        clusters: the subtype, if any, is then that of the predictions.
    cohort
        For the follow-up and the order of the patients.

    Returns
    -------
    pandas.DataFrame
        As one repeat of `heldout_labels`, with ``full`` as the only fold.
    """
    full = predictions[predictions["split"] == "full"]
    if clusters is not None:
        own = clusters.loc[clusters["split"] == "full", ["patient", "subtype"]]
        full = full.drop(columns="subtype").merge(own, on="patient", validate="one_to_one")
    return _with_follow_up(full, cohort)


def subtype_table(
    predictions: pd.DataFrame,
    clusters: pd.DataFrame,
    cohort: Cohort,
    splits: Sequence[Split],
    stability: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Make ``subtypes.tsv``: the final subtype of each patient, and what was said of them when held out.

    Parameters
    ----------
    predictions, clusters, cohort
        As for `apparent_labels`; `predictions` also has ``probability_<k>``.
    splits
        For the repeats.
    stability
        ``patient_stability.tsv``: ``patient, consensus_own, ambiguous``, where it was measured.

    Returns
    -------
    pandas.DataFrame
        ``patient, time, event, subtype, probability_<k>, confidence``; with `stability` also ``consensus`` (how often the
        patient was clustered with the patients of the own subtype) and ``ambiguous``; then per repeat
        ``heldout_subtype_<r>``, ``heldout_n_subtypes_<r>``, ``heldout_probability_<r>`` (of that label) and
        ``heldout_risk_<r>``.
    """
    apparent = apparent_labels(predictions, clusters, cohort)
    full = predictions[predictions["split"] == "full"].set_index("patient").reindex(cohort.patients)
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
    columns = [c for c in predictions.columns if c.startswith("probability_")]
    for repeat, own in heldout_labels(predictions, cohort).items():
        folds = [s.name for s in splits if s.repeat == repeat]
        rows = predictions[predictions["split"].isin(folds) & (predictions["role"] == "held_out")]
        rows = rows.set_index("patient").reindex(cohort.patients)
        label = own["subtype"].to_numpy()
        table[f"heldout_subtype_{repeat}"] = label
        table[f"heldout_n_subtypes_{repeat}"] = own["n_subtypes"].to_numpy()
        table[f"heldout_probability_{repeat}"] = rows[columns].to_numpy(np.float64)[np.arange(len(label)), label - 1]
        table[f"heldout_risk_{repeat}"] = own["risk"].to_numpy()
    return table
