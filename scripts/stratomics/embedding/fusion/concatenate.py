"""Concatenation: the branches side by side; zeros for a view that the patient lacks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stratomics.embedding.fusion import Fusion


class Concatenate(Fusion):
    """[B, V x H]."""

    def __init__(self, views: int, width: int) -> None:
        super().__init__(views, width)
        self.width, self.tiles = views * width, views

    def forward(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """See the base class."""
        return torch.cat([branch * present[:, i : i + 1] for i, branch in enumerate(branches)], dim=-1)


FUSION = Concatenate
