"""Cluster the training patients of every split into risk subtypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel, fit_subtypes
from stratomics.tables import stack_splits


def cluster_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    latents: Mapping[str, np.ndarray],
    prognostic: pd.DataFrame,
    settings: Mapping[str, Any],
    *,
    seed: int,
    threads: int = 1,
) -> tuple[dict[str, SubtypeModel], pd.DataFrame, pd.DataFrame]:
    """Cluster the training patients of every split on its selected latents; subtypes are ordered by risk.

    Parameters
    ----------
    cohort, splits, latents
        As for `stratomics.stages.select.select_splits`.
    prognostic
        What that function returned.
    settings
        ``subtypes`` of the config.
    seed
        Seed of the run.
    threads
        Splits clustered at once.

    Returns
    -------
    models : dict of SubtypeModel
        By split.
    clusters : pandas.DataFrame
        ``split, patient, subtype`` of the training patients.
    k_selection : pandas.DataFrame
        The candidates for K of each split, their criteria and the choice.
    """
    selected = {
        name: np.flatnonzero(own["selected"].to_numpy(bool)) for name, own in prognostic.groupby("split", sort=False)
    }

    def fit(split: Split) -> SubtypeModel:
        return fit_subtypes(
            latents[split.name][split.train][:, selected[split.name]],
            cohort.time[split.train],
            cohort.event[split.train],
            settings,
            seed=derive_seed(seed, "cluster_patients", split.name),
        )

    models = dict(zip([s.name for s in splits], parallel_map(fit, splits, threads), strict=True))
    clusters = {}
    for split in splits:
        model = models[split.name]
        log.info("%s: %d subtypes of %s training patients", split.name, model.n_subtypes, np.bincount(model.labels)[1:])
        clusters[split.name] = pd.DataFrame({"patient": cohort.patients[split.train], "subtype": model.labels})
    return models, stack_splits(clusters), stack_splits({name: model.k_table for name, model in models.items()})
