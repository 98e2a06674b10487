"""What chains and comparators say of patients, and how it is pooled: one vocabulary for every method.

A table of predictions has one row per split and patient: ``split, patient, role`` (``train`` or ``held_out``), ``subtype,
n_subtypes, risk, risk_group``; embeddings also have ``probability_<k>``, tables of several methods ``method``. Within one
repeat of the cross-validation every patient is held out exactly once, so the pooled out-of-fold labels of a repeat hold each
patient once. Repeats are never merged with each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split, repeat_of
from stratomics.tables import of_full

#: Columns of one set of labels, one row per patient.
LABEL_COLUMNS = ["patient", "time", "event", "subtype", "n_subtypes", "risk", "risk_group", "fold"]


@dataclass(frozen=True)
class Labels:
    """What one fitted chain says of some patients.

    Parameters
    ----------
    probabilities
        Of the subtypes [n, K], rows sum to 1.
    risk
        Log relative hazard [n], higher means shorter survival.
    risk_group
        Where the risk was cut into K groups: the group of each patient, int [n], 1 to K.
    """

    probabilities: np.ndarray
    risk: np.ndarray
    risk_group: np.ndarray | None = None

    @property
    def subtype(self) -> np.ndarray:
        """The most probable subtype of each patient, int [n], 1 (best prognosis) to K."""
        return self.probabilities.argmax(axis=1) + 1

    @property
    def n_subtypes(self) -> int:
        """K."""
        return self.probabilities.shape[1]

    def table(self, patients: pd.Index) -> pd.DataFrame:
        """Tabulate them: ``patient, subtype, n_subtypes, risk, risk_group, probability_<k>``."""
        table = pd.DataFrame(
            {
                "patient": patients,
                "subtype": self.subtype,
                "n_subtypes": self.n_subtypes,
                "risk": self.risk,
                "risk_group": np.nan if self.risk_group is None else self.risk_group,
            }
        )
        for k in range(self.n_subtypes):
            table[f"probability_{k + 1}"] = self.probabilities[:, k]
        return table

    def of_split(self, split: Split, patients: pd.Index) -> pd.DataFrame:
        """Tabulate the labels of all patients of a cohort after one split: `table` behind ``split, patient, role``."""
        table = self.table(patients)
        table.insert(0, "split", split.name)
        table.insert(2, "role", roles(split, len(patients)))
        return table


def roles(split: Split, n: int) -> np.ndarray:
    """Say of each of n patients whether the split trains on it or holds it out."""
    role = np.full(n, "train", dtype=object)
    role[split.held_out] = "held_out"
    return role


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
            "risk_group": _whole_numbers(rows, "risk_group"),
            "fold": rows["split"].to_numpy(str),
        }
    )


def _whole_numbers(rows: pd.DataFrame, column: str) -> np.ndarray:
    """Give a column as int64; as float64 with NaN where a method has no such labels."""
    if column not in rows:
        return np.full(len(rows), np.nan)
    values = rows[column].to_numpy(np.float64, na_value=np.nan)
    return values if np.isnan(values).any() else values.astype(np.int64)


def heldout_rows(predictions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Give the rows of held-out patients by repeat (``r0``, ``r1``, ...), as they stand in the table.

    Raises
    ------
    ValueError
        If a patient is held out more than once in a repeat.
    """
    rows = predictions[predictions["role"] == "held_out"]
    repeats = rows["split"].map({name: repeat_of(name) for name in rows["split"].unique()})
    found = {}
    for repeat in sorted(repeats.unique(), key=lambda name: int(name[1:])):
        found[repeat] = rows[repeats == repeat]
        if found[repeat]["patient"].duplicated().any():
            raise ValueError(f"a patient is held out twice in repeat {repeat}")
    return found


def heldout_labels(predictions: pd.DataFrame, cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Pool the out-of-fold labels of each repeat.

    Parameters
    ----------
    predictions
        One row per split and patient, see the module. The subtypes are missing for a method without subtypes.
    cohort
        For the follow-up and the order of the patients.

    Returns
    -------
    dict of pandas.DataFrame
        By repeat (``r0``, ``r1``, ...): `LABEL_COLUMNS`, one row per patient in the order of the cohort. ``subtype``,
        ``n_subtypes`` and ``risk_group`` are NaN where there are none.

    Raises
    ------
    ValueError
        If a patient is held out more than once in a repeat, or never.
    """
    return {repeat: _with_follow_up(rows, cohort) for repeat, rows in heldout_rows(predictions).items()}


def apparent_labels(predictions: pd.DataFrame, clusters: pd.DataFrame | None, cohort: Cohort) -> pd.DataFrame:
    """Collect the labels of the full fit on its own patients: apparent, not a test of anything.

    Parameters
    ----------
    predictions
        As for `heldout_labels`.
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
    full = of_full(predictions)
    if clusters is not None:
        own = of_full(clusters)[["patient", "subtype"]]
        full = full.drop(columns="subtype").merge(own, on="patient", validate="one_to_one")
    return _with_follow_up(full, cohort)


def final_labels(predictions: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Give what the full fit predicts of each patient, one row per patient in the order of the cohort."""
    return of_full(predictions).set_index("patient").reindex(cohort.patients)
