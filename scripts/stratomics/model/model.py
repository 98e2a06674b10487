"""A model in memory, and what it says of patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.fit import FittedChain
from stratomics.chain.labels import Labels
from stratomics.chain.subsets import PLUS, SubsetClassifiers, hide
from stratomics.chain.survival import SurvivalModel
from stratomics.cohort.types import Cohort
from stratomics.embedding.state import NetworkState
from stratomics.preprocess import FittedPreprocess
from stratomics.preprocess.clinical_view import CLINICAL

from .reference import Reference

#: What made-up patients have in every feature; of the last, every other feature is missing.
MADE_UP = (0.0, 1.0, 10.0, 1.0)


@dataclass(frozen=True, repr=False)
class Model:
    """A model read back from its folder.

    Parameters
    ----------
    description
        The content of ``model.json``.
    preprocess, network, chain
        What is needed to label new patients.
    subsets
        Classifiers for patients who lack omics.
    survival
        How long the training patients lived, by subtype and by risk.
    reference
        What the training patients look like, to compare new ones with.
    """

    description: dict[str, Any]
    preprocess: FittedPreprocess
    network: NetworkState
    chain: FittedChain
    subsets: SubsetClassifiers
    survival: SurvivalModel
    reference: Reference

    @classmethod
    def of_parts(cls, description: dict[str, Any], parts: Mapping[str, Any]) -> Model:
        """Put the parts of a model together.

        Parameters
        ----------
        description
            The content of ``model.json``.
        parts
            By the names of the files; the clinic may be absent.

        Returns
        -------
        Model
        """
        selected = np.isin(description["latents"], description["selected_latents"])
        chain = FittedChain(
            prognostic=pd.DataFrame({"latent": description["latents"], "selected": selected}),
            subtypes=parts["subtypes.safetensors"],
            risk=parts["risk.safetensors"],
            classifier=parts["classifier.safetensors"],
            on_latents=description["classifier_predictors"] == "latents",
        )
        preprocess = replace(parts["preprocess.safetensors"], clinical=parts.get("clinical.safetensors"))
        others = (parts[f"{name}.safetensors"] for name in ("subsets", "survival", "reference"))
        return cls(description, preprocess, parts["network.safetensors"], chain, *others)

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
        return self.label(features, self.preprocess.present(patients)).table(ids)

    def label(self, features: np.ndarray, present: np.ndarray) -> Labels:
        """Label patients by their preprocessed features.

        Parameters
        ----------
        features
            float32 [n, P] as `FittedPreprocess.transform` makes them: zeros in all of an omics that a patient lacks.
        present
            Which omics patients have, bool [n, omics] (`FittedPreprocess.present`). Who lacks some is told by the classifier for
            the others.

        Returns
        -------
        Labels
        """
        latents = self.network.encode(features * self.preprocess.weights, present)
        return self.subsets.label(self.chain, self.preprocess, latents, features, present)

    def probe(self) -> dict[str, Any]:
        """Tell what the model says of made-up patients, so that whoever reads it can see whether it still says the same.

        Returns
        -------
        dict
            ``risk``, ``probabilities`` and ``survival`` of `MADE_UP` patients with every omics, and again with each omics alone,
            [n], [n, K] and [n + K, 9], see ``model.schema.yaml``; None where not all are finite.
        """
        tables = {one.name: _made_up(one.features) for one in self.preprocess.omics}
        if self.preprocess.clinical is not None:
            covariates = [part.name for part in self.preprocess.clinical.covariates]
            tables[CLINICAL] = pd.DataFrame(np.nan, index=range(len(MADE_UP)), columns=covariates, dtype=object)
        with np.errstate(all="ignore"):
            features, everything = self.preprocess.transform(tables), self.preprocess.present(tables)
            names = [one.name for one in self.preprocess.omics]
            given = [hide(self.preprocess, features, everything, own) for own in (PLUS.join(names), *names)]
            features, present = (np.concatenate(one) for one in zip(*given, strict=True))
            latents = self.network.encode(features * self.preprocess.weights, present)
            if not np.isfinite(latents).all():
                return dict.fromkeys(("risk", "probabilities", "survival"))
            labels = self.subsets.label(self.chain, self.preprocess, latents, features, present)
            days = np.array([0.25, 0.5, 0.75]) * self.survival.followed.min()
            of_patients = self.survival.of_patients(labels.risk, labels.probabilities, days)
            survival = np.vstack([np.hstack(of_patients), np.hstack(self.survival.of_subtypes(days))])
        found = {"risk": labels.risk, "probabilities": labels.probabilities, "survival": survival}
        return {name: one.tolist() if np.isfinite(one).all() else None for name, one in found.items()}


def _made_up(features: Sequence[str]) -> pd.DataFrame:
    """Return the measurements of the made-up patients in one omics."""
    values = np.repeat(np.array(MADE_UP)[:, None], len(features), axis=1)
    values[-1, ::2] = np.nan
    return pd.DataFrame(values, columns=list(features))
