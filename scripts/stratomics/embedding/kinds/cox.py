"""Survival-aware denoising autoencoder: a linear Cox model on the latents is trained along with the reconstruction.

References
----------
Katzman et al. 2018, BMC Med. Res. Methodol. 18, 24 (Cox loss of a network); Tong et al. 2020, BMC Med. Inform. Decis. Mak. 20,
225 (autoencoder latents and Cox loss, trained together).
"""

from __future__ import annotations

from stratomics.embedding.kinds.dae import DenoisingAutoencoder


class CoxAutoencoder(DenoisingAutoencoder):
    """A denoising autoencoder whose ``survival`` is above 0 by default, with the other settings that go well with it."""


EMBEDDING = CoxAutoencoder
