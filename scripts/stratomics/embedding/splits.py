"""Train one embedding for every split, as one batch of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.train import EmbeddingResult, train_embedding
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import derive_seed


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
        [fitted[split.name].transform(cohort) * fitted[split.name].weights for split in splits],
        [split.train for split in splits],
        [split.name for split in splits],
        seed=derive_seed(seed, "train_embedding", settings["name"]),
        device=device,
        threads=threads,
    )
