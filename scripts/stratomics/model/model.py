"""A model in memory, and what it says of patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from stratomics.chain.fit import FittedChain
from stratomics.cohort.types import Cohort
from stratomics.embedding.state import NetworkState
from stratomics.preprocess import FittedPreprocess


@dataclass(frozen=True, repr=False)
class Model:
    """A model read back from its folder.

    Parameters
    ----------
    description
        The content of ``model.json``.
    preprocess, network, chain
        What is needed to label new patients.
    """

    description: dict[str, Any]
    preprocess: FittedPreprocess
    network: NetworkState
    chain: FittedChain

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
        if isinstance(patients, Cohort):
            ids = patients.patients
        else:
            ids = next(iter(patients.values())).index
        labels = self.chain.label(
            self.network.encode(features * self.preprocess.weights, self.preprocess.present(patients)), features
        )
        return labels.table(ids)
