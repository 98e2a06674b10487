"""Principal components in place of an autoencoder, then the same chain."""

from __future__ import annotations

import numpy as np

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult
from stratomics.comparators.latent_chain import latent_width, run_on_latents
from stratomics.survival.ridge_cox import row_space

NEEDS = ("complete_patients",)
READS = ("embeddings.0.latent", "chain")


def run(context: Context) -> list[MethodResult]:
    """Use as many components as the first embedding has latents, fitted on the training patients of each split."""
    width = latent_width(context)
    return [run_on_latents(context, "pca", lambda split: principal_components(context.features(split), split, width))]


def principal_components(features: np.ndarray, split: Split, width: int) -> np.ndarray:
    """Project all patients on the leading principal axes of the training patients.

    Parameters
    ----------
    features
        All patients [n, P].
    split
        Which of them train.
    width
        Number of components; fewer if the training patients span fewer directions.

    Returns
    -------
    numpy.ndarray
        float64 [n, width], the component of largest variance first. The sign is that which makes the largest loading
        positive.
    """
    x = features.astype(np.float64)
    x -= x[split.train].mean(axis=0)
    own, axes = row_space(x[split.train])
    if axes is None:  # more patients than features
        axes = np.linalg.eigh(own.T @ own)[1]
    axes = axes[:, ::-1][:, :width]
    largest = np.abs(axes).argmax(axis=0)
    return x @ (axes * np.sign(axes[largest, np.arange(axes.shape[1])]))
