"""The chain of one split as one object: fitted on training patients, it labels anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.catalogue import CHAIN
from stratomics.classifier import ClassifierModel
from stratomics.embedding.told import Told
from stratomics.subtypes import SubtypeModel

from .classify import Predictors, classifier_seed, fit_labels, label, latent_predictors
from .cluster import cluster_seed, find_subtypes
from .labels import Labels
from .risk import RiskModel, fit_risk, risk_seed


@dataclass(frozen=True)
class FittedChain:
    """A chain fitted on the training patients of one split.

    Parameters
    ----------
    prognostic
        The latents and which were selected, the rows of one split of ``prognostic_latents.tsv``.
    subtypes, risk, classifier
        The fitted parts.
    on_latents
        Whether the classifier looks at the latents rather than at omics features.
    """

    prognostic: pd.DataFrame
    subtypes: SubtypeModel
    risk: RiskModel
    classifier: ClassifierModel
    on_latents: bool

    def label(self, latents: np.ndarray, features: np.ndarray | None = None) -> Labels:
        """Label patients, trained on or not.

        Parameters
        ----------
        latents
            All latents [n, L].
        features
            Their preprocessed omics features [n, P]; needed where the classifier looks at them.

        Returns
        -------
        Labels
        """
        if self.on_latents:
            return label(
                self.classifier, self.risk, latent_predictors(latents, self.prognostic, self.subtypes).x, latents
            )
        if features is None:
            raise ValueError("this chain labels patients by their omics features, and none were given")
        return label(self.classifier, self.risk, features, latents)


@dataclass(frozen=True)
class Chain:
    """How subtypes, risk and labels are made from latents: the settings of the stages, and the seed they draw from.

    Parameters
    ----------
    selection, subtypes, risk, classifier
        The parts of the config of these names.
    seed
        Seed of the run.
    """

    selection: Mapping[str, Any]
    subtypes: Mapping[str, Any]
    risk: Mapping[str, Any]
    classifier: Mapping[str, Any]
    seed: int

    @classmethod
    def of(cls, settings: Mapping[str, Any], seed: int) -> Chain:
        """Make the chain of a config, or of its parts `stratomics.catalogue.CHAIN`."""
        return cls(**{part: settings[part] for part in CHAIN}, seed=seed)

    @property
    def on_latents(self) -> bool:
        """Whether the classifier looks at the latents rather than at omics features."""
        return bool(self.classifier["predictors"] == "latents")

    def find_subtypes(
        self, split: str, latents: np.ndarray, time: np.ndarray, event: np.ndarray, *, report: bool = False
    ) -> tuple[pd.DataFrame, SubtypeModel]:
        """Select latents and cluster the training patients on them, see `stratomics.chain.cluster.find_subtypes`."""
        seed = cluster_seed(self.seed, split)
        return find_subtypes(latents, time, event, self.selection, self.subtypes, seed=seed, report=report)

    def fit(
        self,
        split: str,
        latents: np.ndarray,
        time: np.ndarray,
        event: np.ndarray,
        features: Predictors | None = None,
        *,
        told: Told | None = None,
        report: bool = False,
    ) -> FittedChain:
        """Fit every stage on training patients, with the seeds of the jobs of the workflow.

        Parameters
        ----------
        split
            Name of the split, from which the seeds are derived.
        latents
            All latents of the training patients [n, L].
        time, event
            Their follow-up [n].
        features
            Their omics features; needed where the classifier looks at them.
        told
            What the networks say of survival; None where they do not look at it.
        report
            Whether to fill the tables that only people read.

        Returns
        -------
        FittedChain

        Raises
        ------
        DataError
            When the settings lead to no latents, no subtypes, or one subtype only.
        """
        prognostic, subtypes = self.find_subtypes(split, latents, time, event, report=report)
        risk = fit_risk(latents, time, event, subtypes, self.risk, risk_seed(self.seed, split), told)
        predictors = latent_predictors(latents, prognostic, subtypes) if self.on_latents else features
        if predictors is None:
            raise ValueError("classifier.predictors is features, and none were given")
        classifier = fit_labels(
            predictors, subtypes.labels, self.classifier, classifier_seed(self.seed, split), report=report
        )
        return FittedChain(prognostic, subtypes, risk, classifier, self.on_latents)


def join_chains(
    prognostic: pd.DataFrame,
    subtypes: Mapping[str, SubtypeModel],
    risks: Mapping[str, RiskModel],
    classifiers: Mapping[str, ClassifierModel],
    on_latents: bool,
) -> dict[str, FittedChain]:
    """Put the chains of all splits together from the parts that the stages fitted.

    Parameters
    ----------
    prognostic
        ``prognostic_latents.tsv``.
    subtypes, risks, classifiers
        By split.
    on_latents
        Whether the classifiers look at the latents rather than at omics features.

    Returns
    -------
    dict of FittedChain
        By split.
    """
    return {
        str(name): FittedChain(own, subtypes[str(name)], risks[str(name)], classifiers[str(name)], on_latents)
        for name, own in prognostic.groupby("split", sort=False)
    }
