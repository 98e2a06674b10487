"""How much each omics counts for each patient, in networks that weigh them (``fusion: attention``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stratomics.chain.labels import roles
from stratomics.cohort.types import Split

ATTENTION_COLUMNS = ("split", "patient", "role", "omics", "weight")


def attention_table(
    attention: Mapping[str, np.ndarray], splits: Sequence[Split], patients: pd.Index, omics: Sequence[str]
) -> pd.DataFrame:
    """Tabulate the weights of the attention.

    Parameters
    ----------
    attention
        By split, the weight of each view of each patient [n, V], mean over the networks of the split; empty for networks that
        do not weigh views.
    splits
        The splits.
    patients
        All patients [n].
    omics
        Names of the views [V].

    Returns
    -------
    pandas.DataFrame
        ``attention.tsv``, one row per split, patient and omics: ``role`` (``train`` or ``held_out``) and ``weight``. The weights
        of a patient sum to 1; that of an omics which the patient lacks is 0. No rows where nothing is weighed.
    """
    tables = []
    for split in splits if attention else []:
        weights = attention[split.name]
        table = pd.DataFrame({"patient": np.repeat(patients, len(omics)), "weight": weights.ravel()})
        table["split"], table["omics"] = split.name, np.tile(list(omics), len(patients))
        table["role"] = np.repeat(roles(split, len(patients)), len(omics))
        tables.append(table[list(ATTENTION_COLUMNS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(ATTENTION_COLUMNS))
