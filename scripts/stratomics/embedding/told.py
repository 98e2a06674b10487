"""What the networks of a split themselves say of survival."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Told:
    """The linear Cox models on the latents of a committee of networks, averaged.

    Parameters
    ----------
    coef
        Log hazard per unit of each latent, float64 [L]; the mean over the networks, each on its own latents.
    apart
        Log hazard of each training patient by the network that was fitted without the patient, [n_train]; less the mean of
        that network over the patients it was fitted on, so that networks can be compared.
    """

    coef: np.ndarray
    apart: np.ndarray

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        return {"coef": self.coef, "apart": self.apart}, {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Told:
        """Put it together again from what `to_arrays` gave."""
        return cls(arrays["coef"], arrays["apart"])
