"""Few coordinates in place of many features, without loss.

A cohort has some hundred patients and thousands of features, so the patients that a network is fitted on span only r <= n
directions. Every gradient of the first layer lies in that span (it is a sum of patients), and so does the best linear
output layer. The network is therefore trained on the coordinates of the patients along an orthonormal basis of the span:
the same function of the fitted patients, the same squared error, P / r times less work. What a network on the features
has beyond this is the part of its random start outside the span, which no patient ever trains and which only adds noise to
the codes of new patients.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

#: Directions whose variance is below this share of the largest are rounding errors of the Gram matrix.
TOLERANCE = 1e-10


@dataclass(frozen=True)
class RowSpace:
    """Coordinates x axes / scale of patients x, with mean square 1 over the patients they were fitted on.

    Parameters
    ----------
    axes
        Orthonormal columns, [P, r] float32; None for the features themselves (r = P).
    rank
        Number of coordinates r.
    scale
        Root mean square of the coordinates of the fitted patients.
    """

    axes: Tensor | None
    rank: int
    scale: float

    @classmethod
    def fit(cls, features: Tensor) -> RowSpace:
        """Find the directions that patients span.

        Parameters
        ----------
        features
            [n, P] float32, on the host.

        Returns
        -------
        RowSpace
            With r <= n coordinates if n < P, else with the features themselves. Without patients, one coordinate that is 0 for
            everybody.
        """
        n, width = features.shape
        if n == 0:  # nobody has this omics: there is nothing to see in it
            return cls(axes=torch.zeros(width, 1), rank=1, scale=1.0)
        if n >= width:
            scale = float(features.double().square().mean().sqrt())
            return cls(axes=None, rank=width, scale=max(scale, 1e-12))
        rows = features.double()
        variance, directions = torch.linalg.eigh(rows @ rows.T)
        kept = variance > TOLERANCE * variance[-1].clamp(min=1e-300)
        kept[-1] = True  # constant patients: one direction of zeros
        variance, directions = variance[kept].flip(0), directions[:, kept].flip(1)
        axes = (rows.T @ (directions / variance.clamp(min=1e-300).sqrt())).float().contiguous()
        rank = axes.shape[1]
        return cls(axes=axes, rank=rank, scale=max(float((variance.sum() / (n * rank)).sqrt()), 1e-12))

    def coordinates(self, features: Tensor) -> Tensor:
        """Return the coordinates of patients, [n, P] -> [n, r].

        Parameters
        ----------
        features
            Any patients; what lies outside the span is lost.

        Returns
        -------
        Tensor
        """
        return (features if self.axes is None else features @ self.axes) / self.scale

    def lost(self, features: Tensor) -> Tensor:
        """Return the squared length of the part of each patient outside the span, in squared units of the coordinates.

        Parameters
        ----------
        features
            [n, P].

        Returns
        -------
        Tensor
            [n], >= 0.
        """
        whole = (features / self.scale).square().sum(dim=1)
        return (whole - self.coordinates(features).square().sum(dim=1)).clamp(min=0.0)

    def to(self, device: torch.device) -> RowSpace:
        """Return a copy on another device."""
        return RowSpace(None if self.axes is None else self.axes.to(device), self.rank, self.scale)

    def fold_first(self, weight: Tensor) -> Tensor:
        """Turn the weights of a first layer from coordinates to features, [r, H] -> [P, H]."""
        return (weight if self.axes is None else self.axes @ weight) / self.scale

    def fold_last(self, weight: Tensor) -> Tensor:
        """Turn the weights or bias of a last layer from coordinates to features, [..., r] -> [..., P]."""
        return (weight if self.axes is None else weight @ self.axes.T) * self.scale
