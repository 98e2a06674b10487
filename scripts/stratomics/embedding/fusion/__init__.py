"""How the branches of a joint network become one: a file here is an operator, its name is the name in the config.

A file assigns ``FUSION``, a subclass of `Fusion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from torch import Tensor, nn


class Fusion(nn.Module):
    """Makes one vector per patient of those of the branches.

    Parameters
    ----------
    views
        Number of branches V.
    width
        Of the output of each, H.

    Attributes
    ----------
    width, tiles
        Of what comes out, and the number of blocks of width H in it.
    """

    tiles = 1

    def __init__(self, views: int, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, branches: Sequence[Tensor], present: Tensor) -> Tensor:
        """Fuse.

        Parameters
        ----------
        branches
            [B, H] each.
        present
            1 where the patient shows the view, [B, V]; at least one per patient.

        Returns
        -------
        Tensor
            [B, width]; branches of views that a patient lacks have no part in it.
        """
        raise NotImplementedError

    def weights(self, branches: Sequence[Tensor], present: Tensor) -> Tensor | None:
        """Return how much each branch of each patient counts, [B, V] summing to 1; None for operators that do not weigh."""
        return None


def find_fusion(name: str) -> type[Fusion]:
    """Return the operator of a name, as ``fusion`` of an embedding gives it."""
    fusion: type[Fusion] = import_module(f"{__name__}.{name}").FUSION
    return fusion
