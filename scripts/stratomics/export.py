"""The full fit of one embedding as an AnnData file that scanpy and others open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stratomics.cohort.columns import column_names
from stratomics.cohort.types import Cohort
from stratomics.tables import of_full

if TYPE_CHECKING:
    from anndata import AnnData


def embedding_anndata(
    cohort: Cohort,
    latents: np.ndarray,
    prognostic: pd.DataFrame,
    subtypes: pd.DataFrame,
    umap: pd.DataFrame,
    history: pd.DataFrame,
) -> AnnData:
    """Assemble the full fit of one embedding.

    Parameters
    ----------
    cohort
        For the clinical table.
    latents
        [n, latents] of the full fit, in the order of the cohort.
    prognostic
        ``prognostic_latents.tsv``; the rows of ``full`` describe the latents (``var``).
    subtypes
        ``subtypes.tsv``; joined to the clinical table (``obs``). Clinical columns of the same names, or of names that the
        file cannot hold, are kept apart as `stratomics.cohort.columns.column_names` says; ``uns["clinical_columns"]``
        then has the name in the table by the name here.
    umap
        From `stratomics.projection.umap_coordinates` (``obsm["X_umap"]``).
    history
        Training history; the rows of ``full`` go to ``uns``.

    Returns
    -------
    anndata.AnnData
    """
    from anndata import AnnData

    own_columns = subtypes.set_index("patient").drop(columns=["time", "event"])
    names = [str(name) for name in cohort.clinical]
    stored = column_names(names, reserved=["patient", *own_columns])
    obs = cohort.clinical.set_axis(stored, axis=1).join(own_columns)
    for column in obs.columns:
        if obs[column].dtype == object or str(obs[column].dtype) == "string":
            obs[column] = obs[column].astype("category")
    obs["subtype"] = obs["subtype"].astype("category")
    obs.index = obs.index.astype(str)
    obs.index.name = "patient"
    var = of_full(prognostic).drop(columns="split").set_index("latent")
    adata = AnnData(latents.astype(np.float32), obs=obs, var=var)
    adata.obsm["X_umap"] = umap[["umap_1", "umap_2"]].to_numpy(np.float32)
    own = of_full(history).drop(columns="split")
    adata.uns["training_history"] = own.reset_index(drop=True)
    adata.uns["cohort"] = cohort.name
    if renamed := {new: old for new, old in zip(stored, names, strict=True) if new != old}:
        adata.uns["clinical_columns"] = renamed
    return adata
