"""Everything that sets the embeddings of a cohort beside other methods: metrics, differences, added value, agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import apparent_labels, heldout_labels
from stratomics.chain.risk import predicted_survival
from stratomics.cohort.types import Cohort, Split, complete_patients
from stratomics.comparators.combine import CLINICAL, WITH_CLINIC
from stratomics.preprocess import design_of_known
from stratomics.survival.predicted import read_steps, time_grid

from .added_value import added_value_table
from .adjusted import adjusted_hazard_ratios
from .compare import agreement_table, comparator_metrics, compare_methods, score_methods


@dataclass(frozen=True)
class SideBySide:
    """The tables of a comparison.

    Parameters
    ----------
    metrics
        ``comparator_metrics.tsv``.
    comparisons
        ``comparisons.tsv``, see `compare.compare_methods`.
    added_value
        ``added_value.tsv``, see `added_value.added_value_table`.
    hazard_ratios
        ``adjusted_hazard_ratios.tsv``, see `adjusted.adjusted_hazard_ratios`.
    agreement
        ``agreement.tsv``, see `compare.agreement_table`.
    """

    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    added_value: pd.DataFrame
    hazard_ratios: pd.DataFrame
    agreement: pd.DataFrame


def side_by_side(
    cohort: Cohort,
    splits: Sequence[Split],
    predictions: Mapping[str, pd.DataFrame],
    clusters: Mapping[str, pd.DataFrame],
    comparators: Sequence[tuple[pd.DataFrame, Mapping[str, np.ndarray]]],
    covariates: Sequence[str],
    settings: Mapping[str, Any],
    risk: str,
    *,
    seed: int,
    threads: int = 1,
) -> SideBySide:
    """Compare the embeddings with the comparators, with the clinic and with each other.

    All are judged on the same patients: those with every omics, since not every method can do without one.

    Parameters
    ----------
    cohort, splits
        All patients and the splits, the same for all methods.
    predictions, clusters
        Of each embedding, as `stratomics.chain.classify.classify_splits` and `cluster_splits` give them.
    comparators
        What `stratomics.comparators.fit_comparator` gave for each: predictions, and predicted survival by
        ``<method>/<split>``.
    covariates
        Of the clinical model; without any, or without the comparator ``clinical``, nothing is said of added value.
    settings
        ``evaluation`` of the config: ``bootstrap``, ``horizon_days``, ``auc_days``.
    risk
        ``risk.method`` of the config.
    seed
        Seed of the run.
    threads
        Methods scored at once; results do not depend on it.

    Returns
    -------
    SideBySide
    """
    judged = np.flatnonzero(cohort.complete)
    cohort, splits = complete_patients(cohort, splits)

    def of_judged(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["patient"].isin(cohort.patients)]

    predictions = {name: of_judged(own) for name, own in predictions.items()}
    times = time_grid(settings["horizon_days"], cohort.time, splits)
    how = (times, cohort, splits, settings, seed, threads)
    curves = {
        name: predicted_survival(risk, own, clusters[name], cohort, splits, times) for name, own in predictions.items()
    }
    ours = score_methods(predictions, curves, *how, clusters=clusters)

    tables: dict[str, pd.DataFrame] = {}
    survival: dict[str, dict[str, np.ndarray]] = {}
    for table, arrays in comparators:
        for method, own in table.groupby("method", sort=False):
            tables[str(method)] = of_judged(own)
            survival[str(method)] = {
                split.name: read_steps(arrays[f"{method}/{split.name}"][judged], arrays["times"], times)
                for split in splits
            }
    theirs = score_methods(tables, survival, *how)
    # An embedding is no rival of itself, or of another, with the clinic; fewer comparisons leave each more power.
    against = {name: own for name, own in theirs.items() if not name.endswith(WITH_CLINIC)}

    labels = {name: heldout_labels(own, cohort) for name, own in predictions.items()}
    clinical = heldout_labels(tables["clinical"], cohort) if "clinical" in tables else {}
    # What has the clinic in it cannot be asked what it adds to the clinic.
    without = {name: own for name, own in tables.items() if not name.endswith(CLINICAL)}
    all_labels = labels | {name: heldout_labels(own, cohort) for name, own in without.items()}
    design, known = design_of_known(cohort.clinical, covariates)
    full = {name: apparent_labels(own, clusters[name], cohort) for name, own in predictions.items()}
    return SideBySide(
        metrics=comparator_metrics(theirs),
        comparisons=compare_methods(ours, against, cohort),
        added_value=added_value_table(
            all_labels, clinical, known, cohort, settings, covariates=list(covariates), seed=seed
        ),
        hazard_ratios=adjusted_hazard_ratios(labels, design, known, cohort),
        agreement=agreement_table(full, labels),
    )
