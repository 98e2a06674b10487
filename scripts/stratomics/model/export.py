"""Write a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics import __version__
from stratomics.cohort.types import Cohort
from stratomics.preprocess import load_preprocess, save_preprocess
from stratomics.tables import FULL, load_models, of_full, save_models, write_json
from stratomics.writing import atomic_path

from .parts import FILES, FORMAT, PARTS
from .reference import fit_reference


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
    save_models(folder / "reference.safetensors", {FULL: fit_reference(cohort, preprocess[FULL])})
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
