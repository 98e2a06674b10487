"""Select the latents tied to survival in every split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import log
from stratomics.subtypes import select_latents
from stratomics.tables import stack_splits


def chosen_latents(prognostic: pd.DataFrame) -> np.ndarray:
    """Return the positions of the selected latents, int64 [l], from the rows of one split of ``prognostic_latents.tsv``."""
    return np.flatnonzero(prognostic["selected"].to_numpy(bool))


def latent_strength(prognostic: pd.DataFrame, subtypes: Mapping[str, Any]) -> np.ndarray | None:
    """Say how much each selected latent counts when patients are clustered.

    Parameters
    ----------
    prognostic
        The rows of one split of ``prognostic_latents.tsv``.
    subtypes
        ``subtypes`` of the config: ``weights``.

    Returns
    -------
    numpy.ndarray or None
        |z| of the Cox model of each selected latent [l] for ``cox``; None for ``none``: they count by their own scale.
    """
    if subtypes["weights"] == "none":
        return None
    return np.abs(prognostic["z"].to_numpy(np.float64)[chosen_latents(prognostic)])


def select_splits(
    cohort: Cohort, splits: Sequence[Split], latents: Mapping[str, np.ndarray], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Fit a univariate Cox model to each latent, among the training patients of every split.

    Parameters
    ----------
    cohort, splits
        The patients and the splits.
    latents
        Latents [patients, latents] of all patients, by split.
    settings
        ``selection`` of the config.

    Returns
    -------
    pandas.DataFrame
        ``prognostic_latents.tsv``: one row per split and latent.
    """
    tables = {}
    for split in splits:
        train = split.train
        table = select_latents(latents[split.name][train], cohort.time[train], cohort.event[train], settings)
        log.info("%s: %d of %d latents selected", split.name, table["selected"].sum(), len(table))
        tables[split.name] = table
    return stack_splits(tables)
