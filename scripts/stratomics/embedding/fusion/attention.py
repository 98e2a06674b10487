"""Attention: a weighted mean of the branches, with weights that depend on the patient.

References
----------
Ilse, Tomczak & Welling 2018, ICML, PMLR 80, 2127-2136, equation 8 (attention over the members of a set).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from stratomics.embedding.architecture import Score
from stratomics.embedding.fusion import Fusion

#: Below every score.
ABSENT = -1e9


class Attention(Fusion):
    """[B, H], weighted by the softmax over views of w' tanh(A h); one A and one w per view, since views are not alike."""

    def __init__(self, views: int, width: int) -> None:
        super().__init__(views, width)
        self.hidden = nn.ModuleList(nn.Linear(width, width) for _ in range(views))
        self.score = nn.ModuleList(Score(width) for _ in range(views))

    def weights(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """See the base class."""
        scores = [
            score(torch.tanh(hidden(branch)))
            for hidden, score, branch in zip(self.hidden, self.score, branches, strict=True)
        ]
        return torch.softmax(torch.cat(scores, dim=-1) + (1.0 - present) * ABSENT, dim=-1)

    def forward(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """See the base class."""
        weights = self.weights(branches, present)
        return (torch.stack(list(branches), dim=-1) * weights[:, None, :]).sum(dim=-1)


FUSION = Attention
