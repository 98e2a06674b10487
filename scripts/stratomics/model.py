"""The portable model of one embedding: write it, read it back, give new patients a subtype.

A model is a folder of plain arrays (safetensors) and one JSON file; there is no pickle in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics import __version__
from stratomics.chain.fit import FittedChain
from stratomics.chain.risk import RiskModel
from stratomics.classifier import ClassifierModel
from stratomics.cohort.types import Cohort
from stratomics.embedding.state import NetworkState
from stratomics.errors import DataError
from stratomics.preprocess import FittedPreprocess, load_preprocess, save_preprocess
from stratomics.subtypes import SubtypeModel
from stratomics.tables import FULL, load_models, of_full, save_models, write_json
from stratomics.writing import atomic_path

FORMAT = 4
#: The fitted parts of a chain, by the file they are in.
PARTS = {
    "subtypes.safetensors": SubtypeModel,
    "risk.safetensors": RiskModel,
    "classifier.safetensors": ClassifierModel,
}
FILES = ("preprocess.safetensors", "clinical.safetensors", "network.safetensors", *PARTS)


def export_model(
    folder: str | Path,
    *,
    cohort: Cohort,
    embedding: Mapping[str, Any],
    prognostic: pd.DataFrame,
    transforms: str | Path,
    network: str | Path,
    clinical: str | Path,
    parts: Mapping[str, str | Path],
    on_latents: bool,
) -> None:
    """Gather the full fit of one embedding in one folder.

    Parameters
    ----------
    folder
        Where to; made if absent.
    cohort
        What the model was fitted on.
    embedding
        Its entry in ``embeddings`` of the config.
    prognostic
        ``prognostic_latents.tsv``.
    transforms
        The preprocessing of all splits; only that of ``full`` is taken.
    network
        The network of the full fit.
    clinical
        How clinical covariates are encoded, of all splits, where the network sees them (`ClinicalDesign`); only that of
        ``full`` is taken.
    parts
        By the names of `PARTS`: files with the fitted parts of all splits; only those of ``full`` are taken.
    on_latents
        Whether the classifier looks at latents rather than at omics features.
    """
    folder = Path(folder)
    preprocess = load_preprocess(transforms, [FULL], clinical=clinical)
    save_preprocess(folder / "preprocess.safetensors", preprocess)
    design = preprocess[FULL].clinical
    save_models(folder / "clinical.safetensors", {} if design is None else {FULL: design})
    fitted: dict[str, Any] = {name: load_models(parts[name], kind)[FULL] for name, kind in PARTS.items()}
    for name, part in fitted.items():
        save_models(folder / name, {FULL: part})
    subtypes = fitted["subtypes.safetensors"]
    with atomic_path(folder / "network.safetensors") as temporary:
        temporary.write_bytes(Path(network).read_bytes())
    own = of_full(prognostic)
    description = {
        "format": FORMAT,
        "stratomics": __version__,
        "cohort": {"name": cohort.name, "patients": cohort.n, "events": cohort.n_events},
        "omics": [
            {"name": one.name, "transform": one.transform, "features": len(one.features)}
            for one in preprocess[FULL].omics
        ],
        "covariates": [] if design is None else [part.name for part in design.covariates],
        "embedding": dict(embedding),
        "latents": own["latent"].tolist(),
        "selected_latents": own.loc[own["selected"].astype(bool), "latent"].tolist(),
        "classifier_predictors": "latents" if on_latents else "features",
        "n_subtypes": subtypes.n_subtypes,
        "log_risk": [float(risk) for risk in subtypes.log_risk],
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }
    write_json(description, folder / "model.json")


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


def load_model(folder: str | Path) -> Model:
    """Read a model.

    Parameters
    ----------
    folder
        What `export_model` wrote, for instance ``results/LIHC/vae/model``.

    Returns
    -------
    Model

    Raises
    ------
    DataError
        If a file is absent, was changed since, or is of another format.
    """
    folder = Path(folder)
    if not (folder / "model.json").is_file():
        raise DataError(
            f"{folder}: no model.json there. A model is the folder results/<cohort>/<embedding>/model; check the path."
        )
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if description["format"] != FORMAT:
        what = "Update stratomics" if description["format"] > FORMAT else "Run the workflow again"
        raise DataError(f"{folder}/model.json: format {description['format']}, this version reads {FORMAT}. {what}.")
    faults = []
    for name, digest in description["sha256"].items():
        if not (folder / name).is_file():
            faults.append(f"{folder}/{name}: not there, but model.json names it. Copy the whole folder again.")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            faults.append(f"{folder}/{name}: not the file that model.json describes. Copy the whole folder again.")
    if faults:
        raise DataError(faults)
    selected = np.isin(description["latents"], description["selected_latents"])
    chain = FittedChain(
        prognostic=pd.DataFrame({"latent": description["latents"], "selected": selected}),
        subtypes=load_models(folder / "subtypes.safetensors", SubtypeModel)[FULL],
        risk=load_models(folder / "risk.safetensors", RiskModel)[FULL],
        classifier=load_models(folder / "classifier.safetensors", ClassifierModel)[FULL],
        on_latents=description["classifier_predictors"] == "latents",
    )
    return Model(
        description,
        load_preprocess(folder / "preprocess.safetensors", [FULL], clinical=folder / "clinical.safetensors")[FULL],
        load_models(folder / "network.safetensors", NetworkState)[FULL],
        chain,
    )
