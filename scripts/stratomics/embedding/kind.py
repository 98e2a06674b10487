"""What one kind of embedding may decide; everything else about training is common to all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor


class Kind:
    """An undercomplete autoencoder, with hooks where other kinds differ.

    Hooks work on one network alone: random numbers come from its own generator, and what is computed is spread over many
    networks by `torch.func.vmap`. Padding with zeros must leave results as they are.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config.
    """

    #: Outputs of the encoder, one linear layer each; patients are encoded by the first.
    heads: ClassVar[tuple[str, ...]] = ("code",)
    #: Variance that latents have over patients if they follow their prior; None for kinds without one.
    prior_variance: ClassVar[float | None] = None
    #: Whether `corrupt` changes anything.
    corrupts: ClassVar[bool] = False
    #: Whether there is a `divergence`.
    diverges: ClassVar[bool] = False

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def corrupt(self, features: Tensor, rng: np.random.Generator) -> Tensor:
        """Spoil what the encoder sees in one epoch; the target stays clean.

        Parameters
        ----------
        features
            Patients that one network is fitted on, [n, P] float32, all views side by side.
        rng
            The generator of that network.

        Returns
        -------
        Tensor
            [n, P] on the same device; `features` is left as it is.
        """
        return features

    def draw_noise(self, patients: int, latents: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
        """Draw what `latent` and `divergence` need for one epoch.

        Parameters
        ----------
        patients, latents
            n and L of the network.
        rng
            Its generator.

        Returns
        -------
        sequence of ndarray
            Each [n, L].
        """
        return ()

    def latent(self, heads: Sequence[Tensor], noise: Sequence[Tensor]) -> Tensor:
        """Return what the decoder sees while training.

        Parameters
        ----------
        heads
            Outputs of the encoder, each [B, L].
        noise
            From `draw_noise`, each [B, L].

        Returns
        -------
        Tensor
            [B, L].
        """
        return heads[0]

    def divergence(
        self, heads: Sequence[Tensor], latent: Tensor, noise: Sequence[Tensor], weight: Tensor, latents: int
    ) -> Tensor | None:
        """Return how far the latents are from the distribution they should follow.

        Parameters
        ----------
        heads, noise
            As in `latent`.
        latent
            What the decoder saw, [B, L].
        weight
            Weight of each patient in the mean, [B], summing to 1; 0 for padding.
        latents
            Number of latents of the network, of all views, without padding.

        Returns
        -------
        Tensor or None
            A number, or None for kinds without.
        """
        return None

    def divergence_weight(self, epoch: int, coordinates: Tensor) -> Tensor:
        """Return the weight of the divergence beside the reconstruction error.

        Parameters
        ----------
        epoch
            From 0.
        coordinates
            Number of coordinates r of each network, [M].

        Returns
        -------
        Tensor
            [M].
        """
        return torch.zeros_like(coordinates)

    @property
    def warmup_epochs(self) -> int:
        """Epochs in which the objective still changes, so that they cannot be compared with later ones."""
        return 0
