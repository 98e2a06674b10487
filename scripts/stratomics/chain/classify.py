"""Fit the subtype classifier of every split, and label all patients with the whole chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stratomics.classifier import ClassifierModel, fit_classifier
from stratomics.classifier.features import moments
from stratomics.cohort.types import Cohort, Split
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel
from stratomics.tables import stack_splits

from .labels import Labels
from .risk import RiskModel
from .select import chosen_latents


@dataclass(frozen=True)
class Predictors:
    """What a classifier tells the subtypes by.

    Parameters
    ----------
    x
        Patients x predictors [n, P], finite.
    blocks
        The columns of each omics, or of the latents.
    names
        ``<block>:<name>`` of each column.
    """

    x: np.ndarray
    blocks: Mapping[str, slice]
    names: Sequence[str]

    @cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """What the analysis of variance needs, whatever the labels: computed once for many classifiers."""
        return moments(self.x)


def latent_predictors(latents: np.ndarray, prognostic: pd.DataFrame, subtypes: SubtypeModel) -> Predictors:
    """Take the selected of the latents [n, L] of patients, placed where the training patients were clustered."""
    chosen = chosen_latents(prognostic)
    names = [f"latents:{name}" for name in prognostic["latent"].to_numpy()[chosen]]
    return Predictors(subtypes.place(latents[:, chosen]), {"latents": slice(0, len(chosen))}, names)


def feature_predictors(preprocess: FittedPreprocess, features: np.ndarray) -> Predictors:
    """Take the preprocessed omics features of patients [n, P]."""
    return Predictors(features, preprocess.blocks, preprocess.features)


def fit_labels(
    predictors: Predictors, labels: np.ndarray, settings: Mapping[str, Any], seed: int, *, report: bool = True
) -> ClassifierModel:
    """Fit the classifier on training patients.

    Parameters
    ----------
    predictors
        Of the training patients.
    labels
        Subtype of each of these patients, int [n].
    settings
        ``classifier`` of the config. Latents were selected already, so all that are given are used.
    seed
        Of the inner folds.
    report
        As for `stratomics.classifier.fit_classifier`.

    Returns
    -------
    ClassifierModel
    """
    if settings["predictors"] == "latents":
        settings = {**settings, "top_features": predictors.x.shape[1]}
    return fit_classifier(
        predictors.x,
        predictors.blocks,
        predictors.names,
        labels,
        settings,
        seed,
        prepared=predictors.moments,
        report=report,
    )


def classifier_seed(seed: int, split: str) -> int:
    """Return the seed of the inner folds of one split."""
    return derive_seed(seed, "fit_classifier", split)


@dataclass(frozen=True)
class Classified:
    """What the chains of all splits say, and how their classifiers were made.

    Parameters
    ----------
    models
        By split.
    predictions
        One row per split and patient, see `stratomics.chain.labels`.
    features
        Predictors used, one row per split and predictor, with the inner cross-validation score of the split.
    inner_cv
        The grid of the inner cross-validation of each split.
    """

    models: dict[str, ClassifierModel]
    predictions: pd.DataFrame
    features: pd.DataFrame
    inner_cv: pd.DataFrame


def classify_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    latents: Mapping[str, np.ndarray],
    prognostic: pd.DataFrame,
    subtypes: Mapping[str, SubtypeModel],
    risks: Mapping[str, RiskModel],
    settings: Mapping[str, Any],
    *,
    seed: int,
    threads: int = 1,
) -> Classified:
    """Fit the classifier on the training patients of every split, and label all patients with each chain.

    Parameters
    ----------
    cohort, splits, fitted, latents
        The patients, the splits, and the preprocessing and latents of each.
    prognostic
        ``prognostic_latents.tsv``.
    subtypes, risks
        Fitted on the training patients, by split.
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
    selection = {str(name): own for name, own in prognostic.groupby("split", sort=False)}

    def fit(split: Split) -> tuple[ClassifierModel, pd.DataFrame]:
        name, own = split.name, latents[split.name]
        if settings["predictors"] == "latents":
            everybody = latent_predictors(own, selection[name], subtypes[name])
        else:
            everybody = feature_predictors(fitted[name], fitted[name].transform(cohort))
        training = Predictors(everybody.x[split.train], everybody.blocks, everybody.names)
        model = fit_labels(training, subtypes[name].labels, settings, classifier_seed(seed, name))
        log.info("%s: inner-CV balanced accuracy %.3f", name, model.inner_score)
        return model, label(model, risks[name], everybody.x, own).of_split(split, cohort.patients)

    results = parallel_map(fit, splits, threads)
    models = {split.name: model for split, (model, _) in zip(splits, results, strict=True)}
    return Classified(
        models=models,
        predictions=pd.concat([table for _, table in results], ignore_index=True),
        features=stack_splits({n: m.features_table.assign(inner_cv_score=m.inner_score) for n, m in models.items()}),
        inner_cv=stack_splits({n: m.inner_cv_table for n, m in models.items()}),
    )


def label(classifier: ClassifierModel, risk: RiskModel, predictors: np.ndarray, latents: np.ndarray) -> Labels:
    """Label patients.

    Parameters
    ----------
    classifier, risk
        Fitted on the same training patients.
    predictors
        What the classifier looks at [n, P].
    latents
        All latents [n, L].

    Returns
    -------
    Labels
    """
    probabilities = classifier.predict_proba(predictors)
    own = risk.risk(latents, probabilities)
    return Labels(probabilities, own, risk.groups(own))
