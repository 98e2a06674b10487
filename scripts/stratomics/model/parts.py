"""The files of a model: the one list of what is written, hashed and read."""

from __future__ import annotations

from stratomics.chain.risk import RiskModel
from stratomics.classifier import ClassifierModel
from stratomics.subtypes import SubtypeModel

#: Of the folder as a whole: a reader knows one format, and says so of others.
FORMAT = 4
#: The fitted parts of a chain, by the file they are in.
PARTS = {
    "subtypes.safetensors": SubtypeModel,
    "risk.safetensors": RiskModel,
    "classifier.safetensors": ClassifierModel,
}
FILES = ("preprocess.safetensors", "clinical.safetensors", "network.safetensors", *PARTS, "reference.safetensors")
