"""Late fusion: every omics has networks of its own, and what they say of survival is combined.

Not `marginal`, whose branches do not share a layer either, but are one network: one loss, one Cox model on all latents, and what
one branch says already moves what the others learn. Here each network is given one omics alone, and has a loss, a Cox model, a time
to stop and training patients (those who have the omics) of its own; only risks meet (`stratomics.survival.averaging`).

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (late fusion: averaging, meta-learning).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from stratomics.embedding.architecture import Dropout

from .early import Early


class Late(Early):
    """The network of one omics: an autoencoder. The latents of a patient who lacks the omics are 0."""

    early = False
    late = True

    def encode(self, views: Sequence[Tensor], present: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        return [codes * present[:, :1] for codes in super().encode(views, present, dropout)]


ARCHITECTURE = Late
