"""Cluster the training patients of every split into risk subtypes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel, fit_subtypes, select_latents
from stratomics.tables import stack_splits

from .select import chosen_latents, latent_strength


def cluster_seed(seed: int, split: str) -> int:
    """Return the seed of the clustering of one split."""
    return derive_seed(seed, "cluster_patients", split)


def find_subtypes(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    selection: Mapping[str, Any],
    subtypes: Mapping[str, Any],
    *,
    seed: int,
    report: bool = False,
) -> tuple[pd.DataFrame, SubtypeModel]:
    """Select latents and cluster patients on them: the stages ``select`` and ``cluster`` on one set of patients.

    Parameters
    ----------
    latents
        All latents of the patients [n, L].
    time, event
        Their follow-up [n].
    selection, subtypes
        The parts of the config.
    seed
        Of the starting points.
    report
        As for `stratomics.subtypes.fit_subtypes`.

    Returns
    -------
    prognostic : pandas.DataFrame
        One row per latent.
    subtypes : SubtypeModel

    Raises
    ------
    DataError
        When the settings lead to no latents or no subtypes.
    """
    prognostic = select_latents(latents, time, event, selection)
    chosen, strength = latents[:, chosen_latents(prognostic)], latent_strength(prognostic, subtypes)
    return prognostic, fit_subtypes(chosen, time, event, subtypes, seed, strength=strength, report=report)


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
        As for `stratomics.chain.select.select_splits`.
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
    selection = {str(name): own for name, own in prognostic.groupby("split", sort=False)}

    def fit(split: Split) -> SubtypeModel:
        return fit_subtypes(
            latents[split.name][split.train][:, chosen_latents(selection[split.name])],
            cohort.time[split.train],
            cohort.event[split.train],
            settings,
            seed=cluster_seed(seed, split.name),
            strength=latent_strength(selection[split.name], settings),
        )

    models = dict(zip([s.name for s in splits], parallel_map(fit, splits, threads), strict=True))
    clusters = {}
    for split in splits:
        model = models[split.name]
        log.info("%s: %d subtypes of %s training patients", split.name, model.n_subtypes, np.bincount(model.labels)[1:])
        clusters[split.name] = pd.DataFrame({"patient": cohort.patients[split.train], "subtype": model.labels})
    return models, stack_splits(clusters), stack_splits({name: model.k_table for name, model in models.items()})
