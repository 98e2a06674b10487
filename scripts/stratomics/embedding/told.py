"""What the networks of a split themselves say of survival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np


def _none() -> np.ndarray:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Told:
    """The linear Cox models on the latents of a committee of networks, averaged; in late fusion, a committee per omics.

    Parameters
    ----------
    coef
        Log hazard per unit of each latent, float64 [l], of the first l latents; the mean over the networks of a committee, each on
        its own latents. Empty where no network looks at survival.
    apart
        Log hazard of each training patient by the network that was fitted without the patient, [n_train]; less the mean of
        that network over the patients it was fitted on, so that networks can be compared. In late fusion by omics, [V, n_train],
        0 for patients who lack it.
    owner
        In late fusion the omics of each latent, int64 [L], from 0; empty where the omics meet in the networks.
    omics
        In late fusion their names [V].
    """

    coef: np.ndarray
    apart: np.ndarray
    owner: np.ndarray = field(default_factory=_none)
    omics: tuple[str, ...] = ()

    @property
    def looked(self) -> bool:
        """Whether any network looked at survival."""
        return len(self.coef) > 0

    @property
    def late(self) -> bool:
        """Whether every omics has networks of its own."""
        return len(self.omics) > 0

    def of_omics(self) -> list[tuple[np.ndarray, Told | None]]:
        """In late fusion, the positions of the latents of each omics, and what its networks say (None where they do not look)."""
        found: list[tuple[np.ndarray, Told | None]] = []
        for v in range(len(self.omics)):
            columns = np.flatnonzero(self.owner == v)
            known = columns[columns < len(self.coef)]
            found.append((columns, Told(self.coef[known], self.apart[v]) if len(known) else None))
        return found

    def among(self, rows: np.ndarray) -> Told:
        """Return what is said of some of the training patients, bool [n_train]."""
        return replace(self, apart=self.apart[..., rows])

    def again(self, other: Told) -> Told:
        """Return what the same networks say once they have been trained on another outcome (`other`)."""
        return replace(self, coef=other.coef, apart=other.apart)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {"coef": self.coef, "apart": self.apart, "owner": self.owner}
        return arrays, {"omics": list(self.omics)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Told:
        """Put it together again from what `to_arrays` gave."""
        return cls(arrays["coef"], arrays["apart"], arrays["owner"], tuple(meta["omics"]))
