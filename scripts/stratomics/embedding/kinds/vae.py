"""Variational autoencoder: latents follow a Gaussian per patient, and over patients a standard normal distribution.

References
----------
Kingma & Welling (2014), arXiv:1312.6114, equation 10 (objective) and section 2.4 (reparameterisation).
Zhao, Song & Ermon (2019), AAAI 33, 5885-5892 (maximum mean discrepancy in place of the Kullback-Leibler divergence).
Tolstikhin et al. (2018), arXiv:1711.01558 (inverse multiquadratic kernel and its scales).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from stratomics.embedding.kind import Kind

#: Bandwidths of the kernels, as multiples of that of the prior; several, so that near and far both count.
SCALES = (0.2, 0.5, 1.0, 2.0, 5.0)
#: The log-variance is held where its exponential keeps its digits.
LOG_VARIANCE = 10.0


class VariationalAutoencoder(Kind):
    """Encodes a patient as q(z|x) = N(mean, diag(exp(log_variance))); the mean is the embedding.

    Notes
    -----
    The objective is the evidence lower bound of the r coordinates of a patient (see `row_space`; scaled to mean square
    1) under a decoder with unit noise variance, multiplied by 2 / r to be on the scale of the other kinds:

        L = 1/r sum_j (x_j - y_j)^2  +  w(epoch) (2 / r) KL(q(z|x) || N(0, I)),
        w(epoch) = divergence_weight min(1, epoch / warmup_epochs).

    In these units a direction of the data earns its latent when its variance exceeds that of an average coordinate, as in
    probabilistic PCA. A sum over the P correlated features instead would make the divergence meaningless (P / r times
    too small), a mean over them would let it switch off every latent (r / 2 times too large).

    A `divergence_weight` of 1 is the lower bound itself; below 1 the code is less constrained (beta-VAE).

    With ``divergence: mmd`` the second term is w(epoch) MMD^2(z, N(0, I)) within the minibatch.
    """

    heads = ("mean", "log_variance")
    prior_variance = 1.0
    diverges = True

    def draw_noise(self, patients: int, latents: int, rng: np.random.Generator) -> Sequence[np.ndarray]:
        """Draw the noise of the reparameterisation and, for MMD, a sample of the prior; see the base class."""
        return [rng.standard_normal((patients, latents), dtype=np.float32) for _ in range(2 if self._mmd else 1)]

    def latent(self, heads: Sequence[Tensor], noise: Sequence[Tensor]) -> Tensor:
        """Sample z = mean + standard deviation * noise; see the base class."""
        mean, log_variance = heads
        return mean + torch.exp(0.5 * log_variance.clamp(-LOG_VARIANCE, LOG_VARIANCE)) * noise[0]

    def divergence(
        self, heads: Sequence[Tensor], latent: Tensor, noise: Sequence[Tensor], weight: Tensor, latents: int
    ) -> Tensor | None:
        """Return the mean KL divergence in nats per patient, or the squared MMD; see the base class."""
        if not self._mmd:
            mean, log_variance = heads[0], heads[1].clamp(-LOG_VARIANCE, LOG_VARIANCE)
            kl = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(dim=-1)
            return (kl * weight).sum(dim=-1)
        return squared_mmd(latent, noise[1], weight, latents, self.settings["kernel"])

    def divergence_weight(self, epoch: int, coordinates: Tensor) -> Tensor:
        """Return the weight after linear warm-up, times 2 / r for KL; see the base class."""
        grown = min(1.0, epoch / self.warmup_epochs) if self.warmup_epochs else 1.0
        weight = torch.full_like(coordinates, grown * float(self.settings["divergence_weight"]))
        return weight if self._mmd else weight * 2.0 / coordinates

    @property
    def warmup_epochs(self) -> int:
        """See the base class."""
        return int(self.settings["warmup_epochs"])

    @property
    def _mmd(self) -> bool:
        return bool(self.settings["divergence"] == "mmd")


def squared_mmd(z: Tensor, prior: Tensor, weight: Tensor, latents: int, kernel: str = "imq") -> Tensor:
    """Return the squared maximum mean discrepancy between latents and a sample of the prior.

    Parameters
    ----------
    z, prior
        [..., B, L].
    weight
        Weight of each patient, [..., B], summing to 1 over B.
    latents
        Number of latents without padding; the expected squared distance of two prior samples is twice that.
    kernel
        ``imq``, the sum over scales s of c / (c + d^2) with c = 2 L s, or ``rbf``, exp(-d^2 / c).

    Returns
    -------
    Tensor
        [...], the biased (V-statistic) estimate, >= 0; mean over the scales, so at most 2.
    """
    both = torch.cat([z, prior], dim=-2)
    signed = torch.cat([weight, -weight], dim=-1)
    norms = both.square().sum(dim=-1)
    squared = (norms[..., :, None] - 2.0 * both @ both.transpose(-1, -2) + norms[..., None, :]).clamp(min=0.0)
    total = torch.zeros_like(squared)
    for scale in SCALES:
        width = 2.0 * latents * scale
        total = total + (torch.exp(-squared / width) if kernel == "rbf" else width / (width + squared))
    return ((total / len(SCALES) @ signed[..., None]).squeeze(-1) * signed).sum(dim=-1)


EMBEDDING = VariationalAutoencoder
