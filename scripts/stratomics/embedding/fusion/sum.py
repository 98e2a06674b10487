"""Element-wise sum, times the number of views over the number that the patient has, so that its size stays the same."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stratomics.embedding.fusion import Fusion


class Sum(Fusion):
    """[B, H]."""

    def forward(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """See the base class."""
        shown = torch.stack(list(branches), dim=-1) * present[:, None, :]
        return shown.sum(dim=-1) * (present.shape[-1] / present.sum(dim=-1, keepdim=True).clamp(min=1.0))


FUSION = Sum
