"""Element-wise maximum of the views that the patient has."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from stratomics.embedding.fusion import Fusion

#: Below every output of a hidden layer.
ABSENT = -1e9


class Maximum(Fusion):
    """[B, H]."""

    def forward(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """See the base class."""
        return (torch.stack(list(branches), dim=-1) + (1.0 - present)[:, None, :] * ABSENT).amax(dim=-1)


FUSION = Maximum
