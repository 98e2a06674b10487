"""Denoising autoencoder: reconstruct the clean patient from a corrupted one; clean patients are encoded.

References
----------
Vincent et al. (2010), J. Mach. Learn. Res. 11, 3371-3408.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from stratomics.embedding.draws import keep_mask
from stratomics.embedding.kind import Kind


class DenoisingAutoencoder(Kind):
    """Sets a share of the features to their mean (``masking``) or adds noise to all of them (``gaussian``).

    Notes
    -----
    With masking at level q each feature becomes 0, the mean of a standardised feature, with probability q. The kept ones
    are divided by 1 - q, so that the encoder sees clean patients on the scale it was trained on. With Gaussian noise the
    standard deviation is q times that of the feature, so that block weights do not decide who is noisiest.
    """

    corrupts = True

    def corrupt(self, features: Tensor, rng: np.random.Generator) -> Tensor:
        """Return a spoilt copy; see the base class."""
        shape, level = tuple(features.shape), float(self.settings["corruption_level"])
        if self.settings["corruption"] == "gaussian":
            noise = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32)).to(features.device)
            return noise.mul_(features.square().mean(dim=0).sqrt_() * level).add_(features)
        kept = torch.from_numpy(keep_mask(rng, shape, level)).to(features.device)
        return (features * kept).div_(max(1.0 - level, 1e-6))


EMBEDDING = DenoisingAutoencoder
