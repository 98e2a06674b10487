"""Train one embedding for every split, as one batch of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stratomics.cohort.types import Cohort, Split
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed

from .study import SUPERVISED, Study, recipes_of, studies_of
from .train import EmbeddingResult, train_embedding
from .views import Views


def views_of(cohort: Cohort, fitted: FittedPreprocess) -> Views:
    """Return what networks look at: the preprocessed features of all patients times the block weights, by omics."""
    return Views(fitted.transform(cohort) * fitted.weights, fitted.blocks, fitted.present(cohort))


def embedding_seed(seed: int, name: str) -> int:
    """Return the seed of the networks of an embedding."""
    return derive_seed(seed, "train_embedding", name)


def embed_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    settings: Mapping[str, Any],
    *,
    seed: int,
    device: str = "auto",
    threads: int = 1,
) -> EmbeddingResult:
    """Train one embedding on the training patients of every split, and encode all patients with each.

    Parameters
    ----------
    cohort, splits, fitted
        The patients, the splits, and the preprocessing fitted on each.
    settings
        One entry of ``embeddings`` of the config.
    seed
        Seed of the run.
    device
        ``auto``, ``cpu`` or ``cuda``.
    threads
        Groups of networks trained at once on a CPU; results do not depend on it.

    Returns
    -------
    EmbeddingResult
    """
    return train_embedding(
        settings,
        [views_of(cohort, fitted[split.name]) for split in splits],
        [split.train for split in splits],
        [split.name for split in splits],
        seed=embedding_seed(seed, settings["name"]),
        outcome=(cohort.time, cohort.event),
        device=device,
        threads=threads,
    )


def survival_studies(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    settings: Mapping[str, Any],
    *,
    seed: int,
) -> list[Study]:
    """List the networks of an embedding that look at survival, to be trained again on other outcomes (`study.retrain`).

    Parameters
    ----------
    cohort, splits, fitted, settings, seed
        As for `embed_splits`.

    Returns
    -------
    list of Study
        See `study.studies_of`.
    """
    return studies_of(
        recipes_of(settings)[SUPERVISED],
        [views_of(cohort, fitted[split.name]) for split in splits],
        [split.train for split in splits],
        [split.name for split in splits],
        embedding_seed(seed, settings["name"]),
        (cohort.time, cohort.event),
    )


def resampled_latents(
    cohort: Cohort,
    fitted: FittedPreprocess,
    settings: Mapping[str, Any],
    seed: int,
    trains: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """Train the networks of an embedding that look at survival in several sets of patients.

    Parameters
    ----------
    cohort, fitted, settings, seed
        As for `embed_splits`, with one preprocessing for all.
    trains
        Positions of the patients of each set.

    Returns
    -------
    list of numpy.ndarray
        Per set, the latents of all patients that these networks make [n, l], float32.
    """
    views = views_of(cohort, fitted)
    names = [f"subsample {i}" for i in range(len(trains))]
    studies = studies_of(
        recipes_of(settings)[SUPERVISED],
        [views] * len(trains),
        trains,
        names,
        embedding_seed(seed, settings["name"]),
        (cohort.time, cohort.event),
    )
    return [np.hstack(own) for own in zip(*(study.codes() for study in studies), strict=True)]
