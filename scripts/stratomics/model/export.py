"""Write a model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics import __version__
from stratomics.chain.labels import heldout_rows
from stratomics.chain.survival import fit_survival
from stratomics.cohort.types import Cohort
from stratomics.embedding.state import NetworkState
from stratomics.evaluation.subsets import subset_entries
from stratomics.preprocess import load_preprocess
from stratomics.tables import FULL, load_models, of_full, save_models, write_json

from .load import load_model
from .model import Model
from .parts import FILES, FORMAT, PARTS, RISK_LEVELS
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
    predictions: pd.DataFrame,
    horizons: Sequence[float] = (),
    units: Mapping[str, str | None] | None = None,
    subsets: pd.DataFrame | None = None,
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
    predictions
        ``predictions.tsv``: survival is told from the risk of the full fit's own patients, and new patients are shown beside the
        risks of those whom the folds held out.
    horizons
        Days at which survival is told unless others are asked for; those after the longest follow-up are left out.
    units
        By omics, the unit of its measurements; None where it is not known.
    subsets
        ``omics_subsets.tsv``, if it was measured.
    """
    folder = Path(folder)
    preprocess = load_preprocess(transforms, [FULL], clinical=clinical)[FULL]
    design = preprocess.clinical
    fitted: dict[str, Any] = {name: load_models(parts[name], kind)[FULL] for name, kind in PARTS.items()}
    subtypes = fitted["subtypes.safetensors"]
    risk = of_full(predictions).set_index("patient")["risk"].reindex(cohort.patients).to_numpy(np.float64)
    method = fitted["risk.safetensors"].method
    fitted["survival.safetensors"] = fit_survival(
        method, cohort.time, cohort.event, subtypes.labels, subtypes.n_subtypes, risk
    )
    fitted |= {
        "preprocess.safetensors": preprocess,
        # A model encodes; nobody asks it to decode.
        "network.safetensors": load_models(network, NetworkState)[FULL].encoder(),
        "reference.safetensors": fit_reference(cohort, preprocess),
    }
    for name, part in fitted.items():
        save_models(folder / name, {FULL: part})
    save_models(folder / "clinical.safetensors", {} if design is None else {FULL: design})
    own = of_full(prognostic)
    description: dict[str, Any] = {
        "format": FORMAT,
        "stratomics": __version__,
        "cohort": {"name": cohort.name, "patients": cohort.n, "events": cohort.n_events},
        "omics": [
            {
                "name": one.name,
                "transform": one.transform,
                "unit": (units or {}).get(one.name),
                "batches": list(one.levels),
                "features": list(one.features),
            }
            for one in preprocess.omics
        ],
        "covariates": [] if design is None else [part.name for part in design.covariates],
        "embedding": dict(embedding),
        "latents": own["latent"].tolist(),
        "selected_latents": own.loc[own["selected"].astype(bool), "latent"].tolist(),
        "classifier_predictors": "latents" if on_latents else "features",
        "n_subtypes": subtypes.n_subtypes,
        "horizons": [day for day in sorted(set(horizons)) if day <= cohort.time.max()],
        "subsets": [] if subsets is None else subset_entries(subsets),
        "heldout_risk": _risk_quantiles(predictions),
        "log_risk": [float(risk) for risk in subtypes.log_risk],
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES},
    }
    description["probe"] = Model.of_parts(description, {**fitted, "clinical.safetensors": design}).probe()
    write_json(description, folder / "model.json")
    load_model(folder)  # what cannot be read must not be handed on


def _risk_quantiles(predictions: pd.DataFrame) -> list[float]:
    """Give the quantiles `RISK_LEVELS` of the risk of held-out patients over all repeats; none without any."""
    known = [rows["risk"].to_numpy(np.float64) for rows in heldout_rows(predictions).values()]
    risk = np.concatenate([np.empty(0), *known])
    risk = risk[np.isfinite(risk)]
    return np.quantile(risk, RISK_LEVELS).tolist() if len(risk) else []
