"""Principal components in place of an autoencoder, then the same chain."""

from __future__ import annotations

from stratomics.comparators.context import Context, MethodResult
from stratomics.comparators.latent_chain import latent_width, run_on_latents
from stratomics.projection import principal_components

NEEDS = ("complete_patients",)
READS = ("embeddings.0.latent", "chain")


def run(context: Context) -> list[MethodResult]:
    """Use as many components as the first embedding has latents, fitted on the training patients of each split."""
    width = latent_width(context)
    return [
        run_on_latents(context, "pca", lambda split: principal_components(context.features(split), split.train, width))
    ]
