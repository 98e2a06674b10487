"""Marginal intermediate fusion: an autoencoder per omics, their latents side by side.

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (intermediate fusion, homogeneous, marginal).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stratomics.embedding.architecture import Architecture, Branch, Dropout, Sizes


class Marginal(Architecture):
    """Branches that never meet before the latents; each has the hidden layers and the latents of the config."""

    separate = True

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        first, last, views = sizes.hidden[0], sizes.hidden[-1], range(len(sizes.inputs))
        self.reads = nn.ModuleList(nn.Linear(width, first) for width in sizes.inputs)
        self.down = nn.ModuleList(Branch(sizes.hidden, self.activation) for _ in views)
        # Those of a view side by side.
        self.heads = nn.ModuleList(nn.Linear(last, sizes.latents) for _ in views for _ in range(sizes.heads))
        if sizes.decodes:
            self.up = nn.ModuleList(Branch([sizes.latents, *reversed(sizes.hidden)], self.activation) for _ in views)
            self.writes = nn.ModuleList(nn.Linear(first, width) for width in sizes.inputs)
        self.finish()

    def encode(self, views: Sequence[Tensor], present: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class. The latents of a view that a patient lacks are 0."""
        found: list[list[Tensor]] = [[] for _ in range(self.sizes.heads)]
        for i, (read, down) in enumerate(zip(self.reads, self.down, strict=True)):
            x = down(dropout(self.activation(read(views[i]))), dropout)
            for head, codes in enumerate(found):
                codes.append(self.bound(self.heads[i * self.sizes.heads + head](x)) * present[:, i : i + 1])
        return [torch.cat(codes, dim=-1) for codes in found]

    def decode(self, z: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        if not self.sizes.decodes:
            return []
        parts = z.split(self.sizes.latents, dim=-1)
        return [write(up(part, dropout)) for write, up, part in zip(self.writes, self.up, parts, strict=True)]


ARCHITECTURE = Marginal
