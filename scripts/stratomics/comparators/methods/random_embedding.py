"""A control: a random projection in place of an autoencoder, then the same chain. What it reaches, nobody had to learn."""

from __future__ import annotations

import numpy as np

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult
from stratomics.comparators.latent_chain import latent_width, run_on_latents

NEEDS = ("complete_patients",)
READS = ("embeddings.0.latent", "chain")


def run(context: Context) -> list[MethodResult]:
    """Project on as many random directions as the first embedding has latents, drawn anew in each split."""
    width = latent_width(context)

    def project(split: Split) -> np.ndarray:
        x = context.features(split).astype(np.float64)
        rng = np.random.default_rng(context.seed_of("random_embedding", split))
        # Deviation 1 / sqrt(L) keeps the distances between patients on average (Johnson & Lindenstrauss 1984).
        return x @ rng.normal(scale=width**-0.5, size=(x.shape[1], width))

    return [run_on_latents(context, "random_embedding", project)]
