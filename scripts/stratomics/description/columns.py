"""How the clinical columns of a cohort were read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stratomics.cohort.covariates import describe_covariate, level_names

COLUMNS = ["covariate", "role", "kind", "known", "missing", "low", "median", "high", "levels"]


def clinical_columns(clinical: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Say of each clinical column what it is taken for, what is missing and which values it has.

    Parameters
    ----------
    clinical
        One row per patient: time, event, then covariates and annotations.
    covariates
        Columns of the clinical Cox model; the others are annotations.

    Returns
    -------
    pandas.DataFrame
        One row per column, in their order: its name, ``covariate``; ``role`` (``covariate`` or ``annotation``); ``kind``
        (``numeric``, ``ordinal``, ``categorical``); ``known`` and ``missing`` (patients); ``low, median, high`` of numbers, in
        the unit of the table; ``levels``, in rising order or the most frequent first, with their patients (``Stage I: 160;
        Stage II: 77``).
    """
    rows = []
    for column in clinical.columns.drop(["time", "event"]):
        kind, values = describe_covariate(clinical[column])
        known = values.dropna()
        span, levels = (np.nan,) * 3, ""
        if kind == "numeric":
            span = tuple(np.quantile(known.to_numpy(np.float64), [0, 0.5, 1]))
        else:
            names = level_names(clinical[column])
            counts = known.map(names).value_counts().reindex(list(names.values())) if names else known.value_counts()
            levels = "; ".join(f"{level}: {count}" for level, count in counts.items())
        role = "covariate" if column in covariates else "annotation"
        rows.append((column, role, kind, len(known), int(values.isna().sum()), *span, levels))
    return pd.DataFrame(rows, columns=COLUMNS)
