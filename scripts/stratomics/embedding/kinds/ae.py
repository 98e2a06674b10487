"""Autoencoder: reconstruct the patient from few latents; mean squared error, undercomplete."""

from __future__ import annotations

from stratomics.embedding.kind import Kind


class Autoencoder(Kind):
    """Nothing beyond what all kinds share."""


EMBEDDING = Autoencoder
