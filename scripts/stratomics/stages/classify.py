"""Fit the subtype classifier of every split and label the patients it never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.classifier import ClassifierModel, fit_classifier
from stratomics.cohort.types import Cohort, Split
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.tables import stack_splits


@dataclass(frozen=True)
class Classified:
    """What the classifiers of all splits say, and how they were made.

    Parameters
    ----------
    models
        By split.
    predictions
        One row per split and patient: ``split, patient, role, subtype, n_subtypes, risk, probability_<k>``.
    features
        Features used, one row per split and feature, with the inner cross-validation score of the split.
    inner_cv
        The grid of the inner cross-validation of each split.
    """

    models: dict[str, ClassifierModel]
    predictions: pd.DataFrame
    features: pd.DataFrame
    inner_cv: pd.DataFrame


def predicted_risk(probabilities: np.ndarray, log_risk: np.ndarray) -> np.ndarray:
    """Return the continuous risk of each patient: the log relative hazard expected under the subtype probabilities.

    Parameters
    ----------
    probabilities
        [n, K], rows sum to 1.
    log_risk
        Log of observed over expected events of each subtype among the training patients, [K].

    Returns
    -------
    numpy.ndarray
        [n]; higher means shorter survival.
    """
    return probabilities @ log_risk


def prediction_table(split: Split, patients: pd.Index, probabilities: np.ndarray, log_risk: np.ndarray) -> pd.DataFrame:
    """Tabulate what one classifier says of all patients; see `Classified` for the columns."""
    role = np.full(len(patients), "train", dtype=object)
    role[split.held_out] = "held_out"
    table = pd.DataFrame(
        {
            "split": split.name,
            "patient": patients,
            "role": role,
            "subtype": probabilities.argmax(axis=1) + 1,
            "n_subtypes": probabilities.shape[1],
            "risk": predicted_risk(probabilities, log_risk),
        }
    )
    for k in range(probabilities.shape[1]):
        table[f"probability_{k + 1}"] = probabilities[:, k]
    return table


def classify_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    clusters: pd.DataFrame,
    log_risk: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
    *,
    seed: int,
    threads: int = 1,
) -> Classified:
    """Fit the classifier on the training patients of every split, and label all patients with each.

    Parameters
    ----------
    cohort, splits, fitted
        The patients, the splits, and the preprocessing fitted on each.
    clusters
        ``split, patient, subtype`` of the training patients.
    log_risk
        Log relative hazard of the subtypes of each split.
    settings
        ``classifier`` of the config.
    seed
        Seed of the run.
    threads
        Splits fitted at once.

    Returns
    -------
    Classified
    """
    labels = {name: own.set_index("patient")["subtype"] for name, own in clusters.groupby("split", sort=False)}

    def fit(split: Split) -> tuple[ClassifierModel, pd.DataFrame]:
        preprocess = fitted[split.name]
        features = preprocess.transform(cohort)
        model = fit_classifier(
            features[split.train],
            preprocess.blocks,
            preprocess.features,
            labels[split.name].reindex(cohort.patients[split.train]).to_numpy(np.int64),
            settings,
            seed=derive_seed(seed, "fit_classifier", split.name),
        )
        log.info("%s: inner-CV balanced accuracy %.3f", split.name, model.inner_score)
        return model, prediction_table(split, cohort.patients, model.predict_proba(features), log_risk[split.name])

    results = parallel_map(fit, splits, threads)
    models = {split.name: model for split, (model, _) in zip(splits, results, strict=True)}
    return Classified(
        models=models,
        predictions=pd.concat([table for _, table in results], ignore_index=True),
        features=stack_splits({n: m.features_table.assign(inner_cv_score=m.inner_score) for n, m in models.items()}),
        inner_cv=stack_splits({n: m.inner_cv_table for n, m in models.items()}),
    )
