"""The files of a model: the one list of what is written, hashed, checked and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from stratomics.arrays import Array
from stratomics.chain.risk import RiskModel
from stratomics.chain.subsets import SubsetClassifiers
from stratomics.chain.survival import SurvivalModel
from stratomics.classifier import ClassifierModel
from stratomics.embedding.state import NetworkState
from stratomics.preprocess import ClinicalDesign, FittedPreprocess
from stratomics.subtypes import SubtypeModel
from stratomics.tables import Portable

from .reference import Reference

#: Of the folder as a whole: a reader knows one format, and says so of others.
FORMAT = 6
#: Shares of the held-out patients whose risk lies below each number of ``heldout_risk``.
RISK_LEVELS = tuple(level / 20 for level in range(1, 20))


class Part(Portable, Protocol):
    """A fitted thing with a file of its own; it says of itself what it may be."""

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> Mapping[str, Array]:
        """Say what each of its arrays may be, with these settings (`to_arrays`)."""

    def faults(self) -> Iterable[str]:
        """Say what does not suit each other once each array is what it may be."""


#: The fitted parts of a chain, by the file they are in.
PARTS: dict[str, type[Part]] = {
    "subtypes.safetensors": SubtypeModel,
    "risk.safetensors": RiskModel,
    "classifier.safetensors": ClassifierModel,
    "subsets.safetensors": SubsetClassifiers,
}
#: All parts. What a header says is in ``model.schema.yaml``, under the name of the file.
KINDS: dict[str, type[Part]] = {
    "preprocess.safetensors": FittedPreprocess,
    "clinical.safetensors": ClinicalDesign,
    "network.safetensors": NetworkState,
    **PARTS,
    "survival.safetensors": SurvivalModel,
    "reference.safetensors": Reference,
}
#: Files that may hold nothing: where the networks see no covariates.
MAY_BE_EMPTY = {"clinical.safetensors"}
FILES = tuple(KINDS)
