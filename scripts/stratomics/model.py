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
from stratomics.classifier import ClassifierModel
from stratomics.cohort.types import Cohort
from stratomics.errors import DataError
from stratomics.preprocess import FittedPreprocess, load_preprocess, save_preprocess
from stratomics.subtypes import SubtypeModel
from stratomics.tables import load_models, save_models, write_json
from stratomics.writing import atomic_path

FORMAT = 1
FILES = ("preprocess.safetensors", "network.safetensors", "subtypes.safetensors", "classifier.safetensors")


def export_model(
    folder: str | Path,
    *,
    cohort: Cohort,
    embedding: Mapping[str, Any],
    prognostic: pd.DataFrame,
    transforms: str | Path,
    network: str | Path,
    subtypes: str | Path,
    classifier: str | Path,
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
    transforms, subtypes, classifier
        Files with the fitted parts of all splits; only those of ``full`` are taken.
    network
        The network of the full fit.
    """
    folder = Path(folder)
    preprocess = load_preprocess(transforms, ["full"])
    clusters = {"full": load_models(subtypes, SubtypeModel)["full"]}
    save_preprocess(folder / "preprocess.safetensors", preprocess)
    save_models(folder / "subtypes.safetensors", clusters)
    save_models(folder / "classifier.safetensors", {"full": load_models(classifier, ClassifierModel)["full"]})
    with atomic_path(folder / "network.safetensors") as temporary:
        temporary.write_bytes(Path(network).read_bytes())
    own = prognostic[(prognostic["split"] == "full") & prognostic["selected"].astype(bool)]
    description = {
        "format": FORMAT,
        "stratomics": __version__,
        "cohort": {"name": cohort.name, "patients": cohort.n, "events": cohort.n_events},
        "omics": [
            {"name": one.name, "transform": one.transform, "features": block.stop - block.start}
            for one, block in zip(cohort.omics, preprocess["full"].blocks.values(), strict=True)
        ],
        "embedding": dict(embedding),
        "selected_latents": own["latent"].tolist(),
        "n_subtypes": clusters["full"].n_subtypes,
        "log_risk": [float(risk) for risk in clusters["full"].log_risk],
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }
    write_json(description, folder / "model.json")


@dataclass(frozen=True)
class Model:
    """A model read back from its folder.

    Parameters
    ----------
    description
        The content of ``model.json``.
    preprocess, classifier, log_risk
        What is needed to label new patients.
    """

    description: dict[str, Any]
    preprocess: FittedPreprocess
    classifier: ClassifierModel
    log_risk: np.ndarray

    def predict(self, patients: Cohort | Mapping[str, pd.DataFrame]) -> pd.DataFrame:
        """Give patients a subtype, its probability and a risk.

        Parameters
        ----------
        patients
            A cohort, or one table (patients x features, on the scale the model was fitted on) per omics.

        Returns
        -------
        pandas.DataFrame
            ``patient, subtype, risk, probability_<k>``; a higher risk means shorter expected survival.

        Raises
        ------
        DataError
            If an omics or a feature that the model needs is absent.
        """
        features = self.preprocess.transform(patients)
        if isinstance(patients, Cohort):
            ids = patients.patients
        else:
            ids = next(iter(patients.values())).index
        probabilities = self.classifier.predict_proba(features)
        table = pd.DataFrame(
            {"patient": ids, "subtype": probabilities.argmax(axis=1) + 1, "risk": probabilities @ self.log_risk}
        )
        for k in range(probabilities.shape[1]):
            table[f"probability_{k + 1}"] = probabilities[:, k]
        return table


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
        If a file is absent, was changed since, or is of a newer format.
    """
    folder = Path(folder)
    if not (folder / "model.json").is_file():
        raise DataError(
            f"{folder}: no model.json there. A model is the folder results/<cohort>/<embedding>/model; check the path."
        )
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    if description["format"] > FORMAT:
        raise DataError(
            f"{folder}/model.json: format {description['format']}, this version reads up to {FORMAT}. Update stratomics."
        )
    faults = []
    for name, digest in description["sha256"].items():
        if not (folder / name).is_file():
            faults.append(f"{folder}/{name}: not there, but model.json names it. Copy the whole folder again.")
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            faults.append(f"{folder}/{name}: not the file that model.json describes. Copy the whole folder again.")
    if faults:
        raise DataError(faults)
    return Model(
        description,
        load_preprocess(folder / "preprocess.safetensors", ["full"])["full"],
        load_models(folder / "classifier.safetensors", ClassifierModel)["full"],
        load_models(folder / "subtypes.safetensors", SubtypeModel)["full"].log_risk,
    )
