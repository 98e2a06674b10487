"""A model in memory, and what it says of patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.fit import FittedChain
from stratomics.chain.labels import Labels
from stratomics.cohort.types import Cohort
from stratomics.embedding.state import NetworkState
from stratomics.preprocess import FittedPreprocess

from .reference import Reference


@dataclass(frozen=True, repr=False)
class Model:
    """A model read back from its folder.

    Parameters
    ----------
    description
        The content of ``model.json``.
    preprocess, network, chain
        What is needed to label new patients.
    reference
        What the training patients look like, to compare new ones with.
    """

    description: dict[str, Any]
    preprocess: FittedPreprocess
    network: NetworkState
    chain: FittedChain
    reference: Reference

    def __repr__(self) -> str:
        """Say in one line what it is and what it takes: the arrays would fill pages of a notebook."""
        said = self.description
        cohort, omics = said["cohort"], ", ".join([*(one["name"] for one in said["omics"]), *said["covariates"]])
        fitted_on = f"{cohort['name']}, {cohort['patients']} patients with {cohort['events']} events"
        return f"Model({said['embedding']['name']}: {omics} -> {said['n_subtypes']} subtypes; fitted on {fitted_on})"

    def predict(self, patients: Cohort | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Give patients a subtype, its probability and a risk.

        Parameters
        ----------
        patients
            A cohort, or one table (patients x features, on the scale the model was fitted on) per omics; and the clinical table as
            ``clinical`` where the networks see ``covariates`` of it.

        Returns
        -------
        pandas.DataFrame
            ``patient, subtype, n_subtypes, risk, risk_group, probability_<k>``; a higher risk means shorter expected survival.

        Raises
        ------
        DataError
            If an omics, a feature or a covariate that the model needs is absent.
        """
        features = self.preprocess.transform(patients)
        ids = patients.patients if isinstance(patients, Cohort) else next(iter(patients.values())).index
        return self.label(features, self.preprocess.present(patients)).table(ids)

    def label(self, features: np.ndarray, present: np.ndarray) -> Labels:
        """Label preprocessed patients.

        Parameters
        ----------
        features
            As `FittedPreprocess.transform` gives them [n, P].
        present
            Which omics each has, bool [n, omics], in the order of the blocks.

        Returns
        -------
        Labels
        """
        return self.chain.label(self.network.encode(features * self.preprocess.weights, present), features)
