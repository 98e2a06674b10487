"""What the predictions of a model tell new patients beyond their own clinical columns.

The clinic is a Cox model of the new patients themselves, made in folds: the best that a hospital which knows their survival could
have without the model, and independent of how the columns were coded where the model was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import heldout_labels
from stratomics.cohort.splits import make_splits
from stratomics.cohort.types import Cohort
from stratomics.comparators import fit_comparator
from stratomics.evaluation.added_value import added_value_table
from stratomics.evaluation.evidence import Evidence
from stratomics.evaluation.sources import figure_of
from stratomics.preprocess import design_of_known


def beyond_clinic(
    cohort: Cohort, labels: pd.DataFrame, evaluation: Mapping[str, Any], *, seed: int
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Ask what subtypes and risk add to the clinical columns of new patients.

    Parameters
    ----------
    cohort
        The new patients; all columns of its clinical table but ``time`` and ``event`` are covariates.
    labels
        What the model says of them, as `stratomics.chain.labels.heldout_labels` has it.
    evaluation
        Of the config: ``folds`` (fewer where there are not two events for each), ``repeats``, ``bootstrap``.
    seed
        Seed of the run.

    Returns
    -------
    added_value : pandas.DataFrame
        As ``added_value.tsv``; no rows without covariates.
    design : numpy.ndarray or None
        The covariates as columns of a regression, see `stratomics.preprocess.design_of_known`; None without any.
    """
    covariates = [str(name) for name in cohort.clinical.columns if name not in ("time", "event")]
    if not covariates:
        return added_value_table({}, {}, np.empty((cohort.n, 0)), cohort, evaluation, covariates=[], seed=seed), None
    folds = min(int(evaluation["folds"]), cohort.n_events // 2)
    splits = make_splits(cohort.time, cohort.event, folds=folds, repeats=int(evaluation["repeats"]), seed=seed)
    predictions, _ = fit_comparator("clinical", cohort, splits, {}, {}, covariates, seed=seed)
    clinic = heldout_labels(predictions, cohort)
    # The same labels in every fold: nothing of them was fitted here.
    ours = {repeat: labels.assign(fold=own["fold"].to_numpy()) for repeat, own in clinic.items()}
    _, design = design_of_known(cohort.clinical, covariates)
    table = added_value_table({cohort.name: ours}, clinic, design, cohort, evaluation, covariates=covariates, seed=seed)
    return table, design


def with_clinic(evidence: Evidence, added_value: pd.DataFrame, permutation_p: Mapping[str, float]) -> Evidence:
    """Put what the predictions add to the clinic among the evidence.

    Parameters
    ----------
    evidence
        On the predictions.
    added_value
        Of `beyond_clinic`.
    permutation_p
        Of ``added_lr_p`` and ``added_lr_risk_p``, NaN where there is none.

    Returns
    -------
    Evidence
    """
    if added_value.empty:
        return evidence
    subtype, risk = (added_value[added_value["term"] == term].iloc[0].to_dict() for term in ("subtype", "risk"))
    return replace(
        evidence,
        covariates=True,
        added_delta=figure_of(subtype, "delta"),
        clinical_missing=float(subtype["clinical_missing"]),
        added_lr_p=float(subtype["lr_p"]),
        added_permutation_p=permutation_p["added_lr_p"],
        added_permutation_p_adjusted=permutation_p["added_lr_p"],
        added_risk_delta=figure_of(risk, "delta"),
        added_risk_lr_p=float(risk["lr_p"]),
        added_risk_permutation_p=permutation_p["added_lr_risk_p"],
        added_risk_permutation_p_adjusted=permutation_p["added_lr_risk_p"],
    )
