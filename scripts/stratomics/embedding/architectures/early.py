"""Early fusion: the omics side by side are the input of one autoencoder.

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (early fusion, autoencoders).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stratomics.embedding.architecture import Architecture, Branch, Dropout, Sizes


class Early(Architecture):
    """One trunk over all views: its first layer is the sum of one layer per view, which is one layer over all."""

    early = True

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        first, last = sizes.hidden[0], sizes.hidden[-1]
        self.reads = nn.ModuleList(nn.Linear(width, first, bias=i == 0) for i, width in enumerate(sizes.inputs))
        self.down = Branch(sizes.hidden, self.activation)
        self.heads = nn.ModuleList(nn.Linear(last, sizes.latents) for _ in range(sizes.heads))
        if sizes.decodes:
            self.up = Branch([sizes.latents, *reversed(sizes.hidden)], self.activation)
            self.writes = nn.ModuleList(nn.Linear(first, width) for width in sizes.inputs)
        self.finish()

    def encode(self, views: Sequence[Tensor], present: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        total = self.reads[0](views[0])
        for read, view in zip(list(self.reads)[1:], views[1:], strict=True):
            total = total + read(view)
        x = self.down(dropout(self.activation(total)), dropout)
        return [self.bound(head(x)) for head in self.heads]

    def decode(self, z: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        if not self.sizes.decodes:
            return []
        x = self.up(z, dropout)
        return [write(x) for write in self.writes]


ARCHITECTURE = Early
