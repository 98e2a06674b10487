"""Patients with some of the omics only: a classifier for each subset, and what it says of patients whose others are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array, within
from stratomics.classifier import ClassifierModel
from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.state import NetworkState
from stratomics.errors import DataError
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed, log
from stratomics.tables import FULL

from .classify import Predictors, feature_predictors, fit_labels, latent_predictors
from .fit import FittedChain
from .labels import Labels

#: With more omics than this only all, all but one, and each alone are looked at: subsets double with every omics.
EVERY_SUBSET = 5
#: Between the names of the omics of a subset.
PLUS = "+"
#: In the place of a subset: whatever omics a patient has who lacks some, nothing hidden.
OWN = "own"


def subsets_of(names: Sequence[str]) -> list[str]:
    """List the subsets of omics that patients may have, names joined by `PLUS`; all of them first, then from large to small."""
    wanted = range(len(names), 0, -1) if len(names) <= EVERY_SUBSET else (len(names), len(names) - 1, 1)
    return [PLUS.join(own) for size in wanted for own in combinations(names, size)]


@dataclass(frozen=True)
class SubsetClassifiers:
    """Classifiers of the subtype for patients who lack omics.

    The networks encode such patients as they are: what is missing counts as the average. A classifier of patients with every omics
    would be too sure of them; these have learnt from training patients whose other omics were hidden.

    Parameters
    ----------
    models
        By the omics that a patient has (`subsets_of`), all omics excepted. A subset that tells nothing has none.
    """

    models: Mapping[str, ClassifierModel]

    def label(
        self,
        chain: FittedChain,
        preprocess: FittedPreprocess,
        latents: np.ndarray,
        features: np.ndarray,
        present: np.ndarray,
    ) -> Labels:
        """Label patients, each by the classifier for the omics that the patient has.

        Parameters
        ----------
        chain
            Labels those with every omics, and those for whose omics there is no classifier.
        preprocess
            Of the same split.
        latents
            Of the patients [n, L].
        features
            Preprocessed [n, P].
        present
            Which omics patients have, bool [n, omics or more] (`FittedPreprocess.present`).

        Returns
        -------
        Labels
        """
        probabilities = chain.label(latents, features).probabilities
        x = _predictors(chain, preprocess, latents, features).x
        names = [one.name for one in preprocess.omics]
        there = present[:, : len(names)].astype(bool)
        for pattern in np.unique(there, axis=0):
            model = self.models.get(PLUS.join(np.array(names)[pattern]))
            if model is not None:
                rows = (there == pattern).all(axis=1)
                probabilities[rows] = model.predict_proba(x[rows])
        risk = chain.risk.risk(latents, probabilities)
        return Labels(probabilities, risk, chain.risk.groups(risk))

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be, ``<subset>/<array>``."""
        found = {}
        for i, (name, own) in enumerate(sorted(meta["classifiers"].items())):
            found.update(within(name, ClassifierModel.declared(own), i))
        return found

    def faults(self) -> Iterator[str]:
        """Say which arrays do not suit each other."""
        for name, model in self.models.items():
            yield from (f"{name}: {fault}" for fault in model.faults())

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take them apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        parts = {name: model.to_arrays() for name, model in self.models.items()}
        arrays = {f"{name}/{key}": array for name, (own, _) in parts.items() for key, array in own.items()}
        return arrays, {"classifiers": {name: meta for name, (_, meta) in parts.items()}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> SubsetClassifiers:
        """Put them together again from what `to_arrays` gave."""
        models = {}
        for name, own in meta["classifiers"].items():
            prefix = f"{name}/"
            mine = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
            models[name] = ClassifierModel.from_arrays(mine, own)
        return cls(models)


def hide(
    preprocess: FittedPreprocess, features: np.ndarray, present: np.ndarray, subset: str
) -> tuple[np.ndarray, np.ndarray]:
    """Take omics away from patients, as if they lacked them.

    Parameters
    ----------
    preprocess
        That made the features.
    features, present
        Of the patients, [n, P] and [n, omics or more].
    subset
        The omics that stay (`subsets_of`).

    Returns
    -------
    features, present : numpy.ndarray
        Copies.
    """
    seen, there, stays = features.copy(), present.copy(), subset.split(PLUS)
    for i, one in enumerate(preprocess.omics):
        if one.name not in stays:
            seen[:, preprocess.blocks[one.name]] = 0.0
            there[:, i] = False
    return seen, there


def _predictors(
    chain: FittedChain, preprocess: FittedPreprocess, latents: np.ndarray, features: np.ndarray
) -> Predictors:
    """Return what the classifiers of a chain look at."""
    if chain.on_latents:
        return latent_predictors(latents, chain.prognostic, chain.subtypes)
    return feature_predictors(preprocess, features)


@dataclass(frozen=True)
class Given:
    """A split with all that was fitted on it.

    Parameters
    ----------
    split
        The split.
    preprocess, network, chain
        Fitted on its training patients.
    """

    split: Split
    preprocess: FittedPreprocess
    network: NetworkState
    chain: FittedChain


def fit_subsets(
    cohort: Cohort, given: Given, settings: Mapping[str, Any], *, seed: int
) -> tuple[SubsetClassifiers, pd.DataFrame]:
    """Fit the classifiers of one split, and label the patients it held out by what each subset of their omics says.

    Parameters
    ----------
    cohort
        All patients.
    given
        The split and what was fitted on it.
    settings
        ``classifier`` of the config.
    seed
        Seed of the run.

    Returns
    -------
    classifiers : SubsetClassifiers
        Each fitted on the training patients who have all omics of the subset.
    labels : pandas.DataFrame
        ``omics`` (the subset), then as ``predictions.tsv``, of held-out patients with every omics; and, with `OWN` in the place of
        the subset, of those who lack some, each told as the model would. Empty for ``full``.
    """
    split, preprocess, chain = given.split, given.preprocess, given.chain
    features, present = preprocess.transform(cohort), preprocess.present(cohort)
    names = [one.name for one in cohort.omics]
    held_out = split.held_out[cohort.complete[split.held_out]]
    everybody, *others = subsets_of(names)
    models: dict[str, ClassifierModel] = {}
    tables = []
    for subset in (everybody, *others):
        seen, there = hide(preprocess, features, present, subset)
        latents = given.network.encode(seen * preprocess.weights, there)
        if subset != everybody:
            has = np.asarray(there[:, [names.index(name) for name in subset.split(PLUS)]].all(axis=1))
            model = _fit_one(given, subset, _predictors(chain, preprocess, latents, seen), has, settings, seed)
            models |= {} if model is None else {subset: model}
        labels = SubsetClassifiers(models).label(chain, preprocess, latents[held_out], seen[held_out], there[held_out])
        head = {"omics": subset, "split": split.name, "role": "held_out"}
        tables.append(labels.table(cohort.patients[held_out]).assign(**head))
    lacking = split.held_out[~cohort.complete[split.held_out]]
    if len(lacking):
        own = features[lacking], present[lacking]
        latents = given.network.encode(own[0] * preprocess.weights, own[1])
        labels = SubsetClassifiers(models).label(chain, preprocess, latents, *own)
        tables.append(labels.table(cohort.patients[lacking]).assign(omics=OWN, split=split.name, role="held_out"))
    return SubsetClassifiers(models), pd.concat(tables, ignore_index=True)


def told_by_subsets(predictions: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Give held-out patients who lack omics the labels that the model gives them.

    Parameters
    ----------
    predictions
        ``predictions.tsv``: everybody told by the classifier of patients with every omics.
    labels
        Of `measure_subsets`.

    Returns
    -------
    pandas.DataFrame
        The held-out rows of `predictions`: ``split, patient, role, subtype, n_subtypes, risk, risk_group``.
    """
    key, told = ["split", "patient"], ["subtype", "n_subtypes", "risk", "risk_group"]
    rows = predictions.loc[predictions["role"] == "held_out", [*key, "role", *told]].set_index(key)
    own = labels[labels["omics"] == OWN].set_index(key)
    rows.loc[own.index, told] = own[told]
    return rows.reset_index()


def _fit_one(
    given: Given, subset: str, everybody: Predictors, has: np.ndarray, settings: Mapping[str, Any], seed: int
) -> ClassifierModel | None:
    """Fit the classifier of one subset on the training patients who have it; None where nothing is left to tell them by."""
    train = given.split.train
    mine = has[train]
    own = Predictors(everybody.x[train[mine]], everybody.blocks, everybody.names)
    labels = given.chain.subtypes.labels[mine]
    if len(np.unique(labels)) == given.chain.subtypes.n_subtypes:
        try:
            return fit_labels(own, labels, settings, derive_seed(seed, "measure_subsets", given.split.name, subset))
        except DataError as error:
            log.info("%s, %s alone: %s", given.split.name, subset, error)
    return None


def measure_subsets(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    networks: Mapping[str, NetworkState],
    chains: Mapping[str, FittedChain],
    settings: Mapping[str, Any],
    *,
    seed: int,
) -> tuple[SubsetClassifiers, pd.DataFrame]:
    """Fit the classifiers of every split, and label the patients that each fold held out.

    Parameters
    ----------
    cohort, splits
        All patients, ``full`` and the folds.
    fitted, networks, chains
        By split, fitted on its training patients.
    settings, seed
        As for `fit_subsets`.

    Returns
    -------
    classifiers : SubsetClassifiers
        Of the full fit.
    labels : pandas.DataFrame
        Of all folds, see `fit_subsets`.
    """
    found, tables = {}, []
    for split in splits:
        given = Given(split, fitted[split.name], networks[split.name], chains[split.name])
        found[split.name], table = fit_subsets(cohort, given, settings, seed=seed)
        tables.append(table)
    return found[FULL], pd.concat([table for table in tables if len(table)], ignore_index=True)
