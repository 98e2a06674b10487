"""Tests beside the metrics, on held-out labels: which subtypes differ, and whether their effects are constant in time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stratomics.survival import pairwise_logrank, proportional_hazards
from stratomics.survival.pairwise import PAIRWISE_COLUMNS

from .multiplicity import holm
from .scores import has_risk, has_subtypes, strata_of

HAZARDS_COLUMNS = ["repeat", "term", "chi2", "df", "p"]


def pairwise_table(heldout: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make ``pairwise_logrank.tsv``: a log-rank test for each pair of held-out subtypes.

    Parameters
    ----------
    heldout
        Labels of each repeat (`heldout_labels`).

    Returns
    -------
    pandas.DataFrame
        ``repeat``, the columns of `stratomics.survival.pairwise_logrank`, and ``p_adjusted`` (Holm). The rows of one repeat are
        one family, whatever their number of subtypes. The p-values are nominal, like that of the pooled log-rank test.
    """
    tables = []
    for repeat, labels in heldout.items():
        if has_subtypes(labels):
            columns = (labels[column].to_numpy() for column in ("time", "event", "subtype", "n_subtypes"))
            table = pairwise_logrank(*columns)
            tables.append(table.assign(repeat=repeat, p_adjusted=holm(table["p"])))
    columns_out = ["repeat", *PAIRWISE_COLUMNS, "p_adjusted"]
    return pd.concat(tables, ignore_index=True)[columns_out] if tables else pd.DataFrame(columns=columns_out)


def proportional_hazards_table(heldout: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Make ``proportional_hazards.tsv``: whether the effects of held-out subtype and risk change with time.

    Parameters
    ----------
    heldout
        Labels of each repeat (`heldout_labels`).

    Returns
    -------
    pandas.DataFrame
        ``repeat, term, chi2, df, p`` (score test of the scaled Schoenfeld residuals, Kaplan-Meier transform of time). The terms
        are ``subtype`` (the ordinal step of the hazard ratio); with more than two subtypes also ``subtype_<k>`` (each level
        against the first) and ``subtype_levels`` (all of them together); and ``risk``. The subtypes are stratified by the
        number of subtypes where folds chose different numbers (a level is then ``subtype_<k>_of_<K>``), the risk by fold.
        NaN where a model cannot be fitted.
    """
    rows: list[tuple[object, ...]] = []
    for repeat, labels in heldout.items():
        time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
        models: list[tuple[pd.DataFrame, np.ndarray | None, dict[str, str]]] = []
        if has_subtypes(labels):
            strata = strata_of(labels["n_subtypes"].to_numpy())
            models.append((labels[["subtype"]].astype(np.float64), strata, {"subtype": "subtype"}))
            if labels["n_subtypes"].max() > 2:
                levels = subtype_levels(labels)
                named = {str(name): str(name) for name in levels} | {"GLOBAL": "subtype_levels"}
                models.append((levels, strata, named))
        if has_risk(labels):
            models.append((labels[["risk"]], labels["fold"].to_numpy(), {"risk": "risk"}))
        for covariates, strata, named in models:
            tested = proportional_hazards(covariates, time, event, strata=strata)
            found = {row[0]: row[1:] for row in tested.itertuples(index=False, name=None)}
            rows.extend((repeat, shown, *found[term]) for term, shown in named.items())
    table = pd.DataFrame(rows, columns=HAZARDS_COLUMNS)
    return table.astype({"chi2": float, "df": int, "p": float})


def subtype_levels(labels: pd.DataFrame) -> pd.DataFrame:
    """Turn the subtypes into one column of 0 and 1 per level, except the first that occurs of each number of subtypes."""
    columns = {}
    several = labels["n_subtypes"].nunique() > 1
    for k, own in labels.groupby("n_subtypes", sort=True):
        for level in sorted(own["subtype"].unique())[1:]:
            name = f"subtype_{level}_of_{k}" if several else f"subtype_{level}"
            columns[name] = ((labels["n_subtypes"] == k) & (labels["subtype"] == level)).astype(np.float64)
    return pd.DataFrame(columns, index=labels.index)
