"""Joint intermediate fusion: a branch per omics, fused into a layer that they share.

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (intermediate fusion, homogeneous, joint).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from stratomics.embedding.architecture import Architecture, Branch, Dropout, Sizes
from stratomics.embedding.fusion import find_fusion


class Joint(Architecture):
    """Branches of one hidden layer, a fusion operator, then the other hidden layers (or one like the first) in common."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__(sizes)
        first, *rest = sizes.hidden
        shared = rest or [first]
        self.reads = nn.ModuleList(nn.Linear(width, first) for width in sizes.inputs)
        self.fuse = find_fusion(sizes.fusion)(len(sizes.inputs), first)
        self.down = Branch([self.fuse.width, *shared], self.activation)
        self.heads = nn.ModuleList(nn.Linear(shared[-1], sizes.latents) for _ in range(sizes.heads))
        if sizes.decodes:
            self.up = Branch([sizes.latents, *reversed(shared)], self.activation)
            self.apart = nn.ModuleList(Branch([shared[0], first], self.activation) for _ in sizes.inputs)
            self.writes = nn.ModuleList(nn.Linear(first, width) for width in sizes.inputs)
        self.finish()

    def tiles(self) -> dict[str, int]:
        """See the base class."""
        return {**super().tiles(), "down.layers.0.weight": self.fuse.tiles}

    def branches(self, views: Sequence[Tensor], dropout: Dropout) -> list[Tensor]:
        """Return what each branch makes of its view, [B, H] each."""
        return [dropout(self.activation(read(view))) for read, view in zip(self.reads, views, strict=True)]

    def encode(self, views: Sequence[Tensor], present: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        x = self.down(self.fuse(self.branches(views, dropout), present), dropout)
        return [self.bound(head(x)) for head in self.heads]

    def decode(self, z: Tensor, dropout: Dropout) -> list[Tensor]:
        """See the base class."""
        if not self.sizes.decodes:
            return []
        x = self.up(z, dropout)
        return [write(branch(x, dropout)) for write, branch in zip(self.writes, self.apart, strict=True)]

    def attention(self, views: Sequence[Tensor], present: Tensor) -> Tensor | None:
        """See the base class."""
        return self.fuse.weights(self.branches(views, Dropout()), present)


ARCHITECTURE = Joint
