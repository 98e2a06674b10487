"""Gather, from the tables of one embedding, every number its verdict rests on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

NAN = math.nan

#: The rows of ``added_value.tsv`` that the verdict reads: the question is about the subtypes, and the permutation test of the
#: added likelihood ratio is of the same term. The other term is reported beside it.
VERDICT_TERM = "subtype"


@dataclass(frozen=True)
class Evidence:
    """What is known about one embedding of one cohort; NaN where a figure does not exist.

    Held-out figures are medians over the repeats. All durations are in days.

    Attributes
    ----------
    embedding
        Its name.
    n, events
        Patients and events of the cohort.
    embeddings
        How many embeddings were tried on this cohort: the family of the adjusted p-values.
    permutations
        Number of permutations of survival against the omics; 0 if none were run.
    permutation_p, permutation_p_adjusted
        Permutation p of the held-out log-rank test, alone and adjusted over the embeddings.
    permutation_p_cindex
        Permutation p of the held-out concordance.
    heldout_logrank_p
        Nominal p of the pooled held-out log-rank test.
    heldout_cindex, heldout_cindex_low, heldout_cindex_high
        Harrell's concordance of the continuous risk, with its 95 % interval.
    heldout_hazard_ratio, heldout_hazard_ratio_low, heldout_hazard_ratio_high
        Per step of subtype, with its 95 % interval.
    heldout_rmst_difference, heldout_rmst_low, heldout_rmst_high, horizon_days
        Restricted mean survival up to the horizon, lowest minus highest risk, days.
    apparent_cindex, apparent_hazard_ratio, apparent_logrank_p
        The full fit on its own patients.
    apparent_null_share
        Share of the permutations whose apparent log-rank p is below .05.
    n_subtypes, smallest_subtype
        Of the full fit; the latter in patients.
    fallback
        Whether no latent passed the threshold in the full fit.
    covariates
        Whether clinical covariates are configured.
    added_delta, added_low, added_high
        Gain in concordance of clinic and subtype over the clinic alone, with its 95 % interval.
    added_lr_p
        Nominal p of the likelihood ratio of that gain.
    added_permutation_p, added_permutation_p_adjusted
        Permutation p of that likelihood ratio, alone and adjusted over the embeddings.
    added_risk_delta, added_risk_low, added_risk_high, added_risk_lr_p
        The same for the continuous risk in place of the subtype.
    added_risk_permutation_p, added_risk_permutation_p_adjusted
        And its permutation p.
    delta_vs_clinical, delta_vs_clinical_low, delta_vs_clinical_high
        Concordance minus that of the clinical model, with its 95 % interval.
    pac
        Proportion of ambiguous clustering of the chosen number of subtypes.
    fold_ari
        Mean adjusted Rand index between the classifiers of any two folds, each labelling all patients.
    ambiguous_share
        Share of patients flagged as ambiguous.
    """

    embedding: str
    n: int
    events: int
    embeddings: int = 1
    permutations: int = 0
    permutation_p: float = NAN
    permutation_p_adjusted: float = NAN
    permutation_p_cindex: float = NAN
    heldout_logrank_p: float = NAN
    heldout_cindex: float = NAN
    heldout_cindex_low: float = NAN
    heldout_cindex_high: float = NAN
    heldout_hazard_ratio: float = NAN
    heldout_hazard_ratio_low: float = NAN
    heldout_hazard_ratio_high: float = NAN
    heldout_rmst_difference: float = NAN
    heldout_rmst_low: float = NAN
    heldout_rmst_high: float = NAN
    horizon_days: float = NAN
    apparent_cindex: float = NAN
    apparent_hazard_ratio: float = NAN
    apparent_logrank_p: float = NAN
    apparent_null_share: float = NAN
    n_subtypes: int = 2
    smallest_subtype: float = NAN
    fallback: bool = False
    covariates: bool = False
    added_delta: float = NAN
    added_low: float = NAN
    added_high: float = NAN
    added_lr_p: float = NAN
    added_permutation_p: float = NAN
    added_permutation_p_adjusted: float = NAN
    added_risk_delta: float = NAN
    added_risk_low: float = NAN
    added_risk_high: float = NAN
    added_risk_lr_p: float = NAN
    added_risk_permutation_p: float = NAN
    added_risk_permutation_p_adjusted: float = NAN
    delta_vs_clinical: float = NAN
    delta_vs_clinical_low: float = NAN
    delta_vs_clinical_high: float = NAN
    pac: float = NAN
    fold_ari: float = NAN
    ambiguous_share: float = NAN


#: Names of the numbers, in the order of ``verdicts.tsv``.
EVIDENCE_COLUMNS = [field.name for field in fields(Evidence) if field.name != "embedding"]


def only_row(table: pd.DataFrame, **wanted: str) -> Mapping[Any, Any]:
    """Return the one row whose columns have the wanted values.

    Parameters
    ----------
    table
        May have no rows.
    **wanted
        Value by column.

    Returns
    -------
    Mapping
        Value by column; empty if there is no such row.

    Raises
    ------
    ValueError
        If several rows match.
    """
    rows = table
    for column, value in wanted.items():
        rows = rows[rows[column].astype(str) == value]
    if len(rows) > 1:
        raise ValueError(f"{len(rows)} rows where {wanted}, expected one")
    return {} if rows.empty else rows.iloc[0].to_dict()


def _float(row: Mapping[Any, Any], column: str) -> float:
    """Value of a row as a number; NaN where it is missing."""
    value = row.get(column, NAN)
    return NAN if pd.isna(value) else float(value)


def median_of(metrics: pd.DataFrame, metric: str, column: str) -> float:
    """Return one figure of the ``median`` rows of ``metrics.tsv``; NaN where the metric is absent."""
    return _float(only_row(metrics, repeat="median", metric=metric), column)


def _measure(stability: pd.DataFrame, name: str) -> float:
    """One measure of ``stability.tsv`` that has a single row; NaN where it is absent."""
    return _float(only_row(stability, measure=name), "value")


def gather_evidence(
    embedding: str,
    *,
    metrics: pd.DataFrame,
    tests: pd.DataFrame,
    added_value: pd.DataFrame,
    comparisons: pd.DataFrame,
    stability: pd.DataFrame,
    prognostic: pd.DataFrame,
    clusters: pd.DataFrame,
    embeddings: Sequence[str],
    covariates: Sequence[str],
    horizon_days: float,
) -> Evidence:
    """Collect the evidence on one embedding from its tables.

    Parameters
    ----------
    embedding
        Its name.
    metrics, stability, prognostic, clusters
        ``metrics.tsv``, ``stability.tsv``, ``prognostic_latents.tsv`` and ``clusters.tsv`` of the embedding.
    tests, added_value, comparisons
        ``permutation_tests.tsv``, ``added_value.tsv`` and ``comparisons.tsv`` of the cohort; they may have no rows.
    embeddings
        Every embedding tried on the cohort.
    covariates
        The clinical covariates configured.
    horizon_days
        Of the restricted mean survival.

    Returns
    -------
    Evidence
    """
    test = {
        statistic: only_row(tests, embedding=embedding, statistic=statistic)
        for statistic in (
            "apparent_logrank_p",
            "heldout_logrank_p",
            "heldout_cindex",
            "added_lr_p",
            "added_lr_risk_p",
        )
    }
    subtype = only_row(added_value, embedding=embedding, term=VERDICT_TERM)
    risk = only_row(added_value, embedding=embedding, term="risk")
    clinical = only_row(comparisons, embedding=embedding, against="clinical", metric="cindex")
    selected = prognostic[(prognostic["split"] == "full") & prognostic["selected"].astype(bool)]
    sizes = clusters.loc[clusters["split"] == "full", "subtype"].value_counts()
    permutations = _float(test["heldout_logrank_p"], "permutations")
    return Evidence(
        embedding=embedding,
        n=int(metrics["n"].iloc[0]),
        events=int(metrics["events"].iloc[0]),
        embeddings=len(embeddings),
        permutations=0 if math.isnan(permutations) else int(permutations),
        permutation_p=_float(test["heldout_logrank_p"], "p"),
        permutation_p_adjusted=_float(test["heldout_logrank_p"], "p_adjusted"),
        permutation_p_cindex=_float(test["heldout_cindex"], "p"),
        heldout_logrank_p=median_of(metrics, "logrank_p", "held_out"),
        heldout_cindex=median_of(metrics, "cindex", "held_out"),
        heldout_cindex_low=median_of(metrics, "cindex", "ci_low"),
        heldout_cindex_high=median_of(metrics, "cindex", "ci_high"),
        heldout_hazard_ratio=median_of(metrics, "hazard_ratio", "held_out"),
        heldout_hazard_ratio_low=median_of(metrics, "hazard_ratio", "ci_low"),
        heldout_hazard_ratio_high=median_of(metrics, "hazard_ratio", "ci_high"),
        heldout_rmst_difference=median_of(metrics, "rmst_difference", "held_out"),
        heldout_rmst_low=median_of(metrics, "rmst_difference", "ci_low"),
        heldout_rmst_high=median_of(metrics, "rmst_difference", "ci_high"),
        horizon_days=float(horizon_days),
        apparent_cindex=median_of(metrics, "cindex", "apparent"),
        apparent_hazard_ratio=median_of(metrics, "hazard_ratio", "apparent"),
        apparent_logrank_p=median_of(metrics, "logrank_p", "apparent"),
        apparent_null_share=_float(test["apparent_logrank_p"], "null_share_below_05"),
        n_subtypes=int(median_of(metrics, "n_subtypes", "apparent")),
        smallest_subtype=float(sizes.min()) if len(sizes) else NAN,
        fallback=bool(selected["reason"].str.startswith("fallback").any()),
        covariates=bool(covariates),
        added_delta=_float(subtype, "delta"),
        added_low=_float(subtype, "ci_low"),
        added_high=_float(subtype, "ci_high"),
        added_lr_p=_float(subtype, "lr_p"),
        added_permutation_p=_float(test["added_lr_p"], "p"),
        added_permutation_p_adjusted=_float(test["added_lr_p"], "p_adjusted"),
        added_risk_delta=_float(risk, "delta"),
        added_risk_low=_float(risk, "ci_low"),
        added_risk_high=_float(risk, "ci_high"),
        added_risk_lr_p=_float(risk, "lr_p"),
        added_risk_permutation_p=_float(test["added_lr_risk_p"], "p"),
        added_risk_permutation_p_adjusted=_float(test["added_lr_risk_p"], "p_adjusted"),
        delta_vs_clinical=_float(clinical, "difference"),
        delta_vs_clinical_low=_float(clinical, "ci_low"),
        delta_vs_clinical_high=_float(clinical, "ci_high"),
        pac=_measure(stability, "pac_chosen"),
        fold_ari=_measure(stability, "ari_folds_mean"),
        ambiguous_share=_measure(stability, "ambiguous_share"),
    )
