"""Read a model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd

from stratomics.chain.fit import FittedChain
from stratomics.chain.risk import RiskModel
from stratomics.classifier import ClassifierModel
from stratomics.embedding.state import NetworkState
from stratomics.errors import DataError
from stratomics.preprocess import load_preprocess
from stratomics.subtypes import SubtypeModel
from stratomics.tables import FULL, load_models

from .model import Model
from .parts import FORMAT
from .reference import Reference


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
        load_models(folder / "reference.safetensors", Reference)[FULL],
    )
