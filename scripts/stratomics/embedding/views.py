"""What a network looks at: the omics of every patient, each a block of features, and who lacks which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Views:
    """The omics of all patients of a cohort, as one split sees them.

    Parameters
    ----------
    features
        Standardised features times block weights, [n, P] float32, without missing values; 0 where a patient lacks the omics.
    blocks
        By name, the columns of each view. They follow one another and leave none out.
    present
        Whether a patient has each view, bool [n, V]; None when all have all.
    """

    features: np.ndarray
    blocks: Mapping[str, slice]
    present: np.ndarray | None = None

    @classmethod
    def single(cls, features: np.ndarray) -> Views:
        """Make views of features that come from one omics."""
        return cls(features, {"omics": slice(0, features.shape[1])})

    @property
    def widths(self) -> list[int]:
        """Number of features of each view."""
        return [block.stop - block.start for block in self.blocks.values()]

    @property
    def complete(self) -> bool:
        """Whether every patient has every view."""
        return self.present is None or bool(self.present.all())

    def fused(self) -> Views:
        """Return all views as one, which only makes sense where every patient has each."""
        return Views.single(self.features)

    def only(self, name: str) -> Views:
        """Return one of the views alone."""
        block, place = self.blocks[name], list(self.blocks).index(name)
        there = None if self.present is None or self.present[:, place].all() else self.present[:, [place]]
        return Views(self.features[:, block], {name: slice(0, block.stop - block.start)}, there)

    def of(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return each view of some patients, [rows, p_v]."""
        return [self.features[rows, block] for block in self.blocks.values()]

    def has(self, rows: np.ndarray) -> np.ndarray:
        """Return who of some patients has which view, bool [rows, V]."""
        if self.present is None:
            return np.ones((len(rows), len(self.blocks)), dtype=bool)
        return self.present[rows]
