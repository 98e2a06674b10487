"""The whole chain in memory, for notebooks and studies of calibration; the workflow runs the same stages as jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stratomics.catalogue import chain_settings
from stratomics.cohort import make_splits
from stratomics.cohort.types import Cohort, Split, complete_patients
from stratomics.embedding.splits import embed_splits
from stratomics.embedding.train import EmbeddingResult
from stratomics.evaluation import evaluate_method
from stratomics.preprocess import FittedPreprocess
from stratomics.preprocess.splits import preprocess_splits, with_clinical
from stratomics.runtime import derive_seed
from stratomics.subtypes import SubtypeModel
from stratomics.survival.predicted import time_grid

from .classify import Classified, classify_splits
from .cluster import cluster_splits
from .risk import RiskModel, fit_risk_splits, predicted_survival
from .select import select_splits


@dataclass(frozen=True)
class ChainResult:
    """Everything one embedding led to.

    Parameters
    ----------
    splits
        ``full`` and the folds.
    fitted
        Preprocessing by split, with the clinical covariates where the embedding sees them.
    embedding
        Latents by split, training history, network of each split.
    prognostic, clusters, k_selection
        As in the result files of the same names.
    subtypes
        Clustering model by split.
    risks
        Risk model by split.
    classified
        Classifiers, and what the chains say of all patients.
    metrics
        ``metrics.tsv``: of the patients with every omics.
    """

    splits: Sequence[Split]
    fitted: Mapping[str, FittedPreprocess]
    embedding: EmbeddingResult
    prognostic: pd.DataFrame
    clusters: pd.DataFrame
    k_selection: pd.DataFrame
    subtypes: Mapping[str, SubtypeModel]
    risks: Mapping[str, RiskModel]
    classified: Classified
    metrics: pd.DataFrame


def run_chain(
    cohort: Cohort,
    settings: Mapping[str, Any],
    *,
    splits: Sequence[Split] | None = None,
    covariates: Sequence[str] = (),
    threads: int = 1,
) -> dict[str, ChainResult]:
    """Run preprocessing, embedding, selection, clustering, classification and evaluation on every split of a cohort.

    Parameters
    ----------
    cohort
        The patients, as `stratomics.cohort.build_cohort` returns them.
    settings
        A whole config, as `stratomics.config.load_config` returns it.
    splits
        Drawn from the settings when not given.
    covariates
        Columns of the clinical table that embeddings with ``clinical: true`` see beside the omics.
    threads
        Pieces of work at once; results do not depend on it.

    Returns
    -------
    dict of ChainResult
        By name of the embedding.
    """
    seed, evaluation = settings["seed"], settings["evaluation"]
    if splits is None:
        splits = make_splits(
            cohort.time,
            cohort.event,
            folds=evaluation["folds"],
            repeats=evaluation["repeats"],
            seed=derive_seed(seed, "make_splits"),
            groups=cohort.groups,
            present=cohort.present,
        )
    omics, _, _ = preprocess_splits(cohort, splits, settings["preprocess"], threads=threads)
    results = {}
    for embedding in settings["embeddings"]:
        fitted = with_clinical(cohort, splits, omics, covariates) if embedding["clinical"] else omics
        trained = embed_splits(cohort, splits, fitted, embedding, seed=seed, device=settings["device"], threads=threads)
        chain = chain_settings(embedding, settings)
        prognostic = select_splits(cohort, splits, trained.latents, settings["selection"])
        subtypes, clusters, k_selection = cluster_splits(
            cohort,
            splits,
            trained.latents,
            prognostic,
            chain["subtypes"],
            seed=seed,
            threads=threads,
        )
        risks = fit_risk_splits(
            cohort,
            splits,
            trained.latents,
            subtypes,
            chain["risk"],
            seed=seed,
            told=trained.told,
            threads=threads,
        )
        classified = classify_splits(
            cohort,
            splits,
            fitted,
            trained.latents,
            prognostic,
            subtypes,
            risks,
            settings["classifier"],
            seed=seed,
            threads=threads,
        )
        judged, among = complete_patients(cohort, splits)
        times = time_grid(evaluation["horizon_days"], judged.time, among)
        method = settings["risk"]["method"]
        metrics = evaluate_method(
            classified.predictions,
            predicted_survival(method, classified.predictions, clusters, judged, among, times),
            times,
            judged,
            among,
            evaluation,
            seed=seed,
            threads=threads,
            clusters=clusters,
        )
        results[embedding["name"]] = ChainResult(
            splits, fitted, trained, prognostic, clusters, k_selection, subtypes, risks, classified, metrics
        )
    return results
