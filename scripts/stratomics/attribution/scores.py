"""The risk and the subtype score of a fitted chain, as functions of the features that torch can differentiate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stratomics.chain.fit import FittedChain
from stratomics.chain.select import chosen_latents
from stratomics.classifier.methods import find_method
from stratomics.embedding.state import NetworkState

#: What is attributed: the continuous risk, and the score of the worse of a patient's two nearest subtypes less the other's.
TARGETS = ("risk", "subtype")


@dataclass(frozen=True)
class ChainScores:
    """What a chain says of patients, from the input of its network.

    Parameters
    ----------
    network, chain
        Fitted on the same training patients.
    weights
        Multipliers of the standardised features that make the input of the network [P].
    """

    network: NetworkState
    chain: FittedChain
    weights: np.ndarray

    def decision(self, x: Tensor) -> Tensor:
        """Return the score of every subtype, [n, P] -> [n, K], best prognosis first, up to what is the same for all.

        Raises
        ------
        TypeError
            If the classifier decides by what torch cannot differentiate.
        """
        own = self.chain.classifier
        decide: Any = find_method(own.method).decision
        if self.chain.on_latents:
            latents = self.network.torch_encode(x).double()[:, chosen_latents(self.chain.prognostic)]
            place = self.chain.subtypes
            predictors = (latents - torch.from_numpy(place.mean)) / torch.from_numpy(place.scale)
        else:
            predictors = (x / torch.from_numpy(self.weights)).double()
        machine = {name: torch.from_numpy(np.asarray(array)) for name, array in own.machine.items()}
        try:
            # Written in operators that arrays and tensors share, or refused by torch.
            found: Tensor = decide(predictors[:, own.columns], machine)
        except RuntimeError as error:
            if "requires grad" not in str(error):
                raise
            setting = ", ".join(f"{key} {value}" for key, value in own.setting.items())
            raise TypeError(f"the classifier {own.method} ({setting}) cannot be differentiated") from None
        return torch.cat([torch.zeros_like(found), found], dim=1) if found.shape[1] == 1 else found

    def risk(self, x: Tensor) -> Tensor:
        """Return the log relative hazard, [n, P] -> [n]; `RiskModel.risk` in torch."""
        own = self.chain.risk
        if own.method == "subtype":
            calibration = {name: torch.from_numpy(array) for name, array in self.chain.classifier.calibration.items()}
            decision = self.decision(x)[:, -calibration["coef"].shape[1] :]  # of two classes the second alone
            odds = decision @ calibration["coef"].T + calibration["intercept"]
            return torch.softmax(odds, dim=1) @ torch.from_numpy(own.log_risk)
        mean, scale, coef = (torch.from_numpy(array) for array in (own.mean, own.scale, own.coef))
        return ((self.network.torch_encode(x).double() - mean) / scale) @ coef

    def differentiable(self, target: str) -> str:
        """Say why a target of `TARGETS` has no gradient; nothing where it has."""
        probe = torch.zeros((1, len(self.weights)), requires_grad=True)
        try:
            self.risk(probe) if target == "risk" else self.decision(probe)
        except TypeError as error:
            return str(error)
        return ""

    def function(self, x: np.ndarray, targets: tuple[str, ...] = TARGETS) -> Callable[[Tensor], Tensor]:
        """Return the scores [n, T] of these patients as a function of their input.

        Parameters
        ----------
        x
            The patients [n, P]: each is asked about the two subtypes that are nearest to it, all the way from the baseline.
        targets
            What to return, in this order.

        Returns
        -------
        callable
        """
        pair = None
        if "subtype" in targets:
            with torch.no_grad():
                nearest = self.decision(torch.from_numpy(np.ascontiguousarray(x, dtype=np.float32))).argsort(dim=1)
            pair = nearest[:, -2:].sort(dim=1).values

        def scores(inputs: Tensor) -> Tensor:
            columns = []
            for target in targets:
                if pair is None or target == "risk":
                    columns.append(self.risk(inputs))
                else:
                    two = self.decision(inputs).gather(1, pair)
                    columns.append(two[:, 1] - two[:, 0])
            return torch.stack(columns, dim=1)

        return scores
