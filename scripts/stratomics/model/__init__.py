"""The portable model of one embedding: write it, read it back, give new patients a subtype.

A model is a folder of plain arrays (safetensors) and one JSON file; there is no pickle in it. `parts` says which files there are,
`export` writes them, `load` reads them, `model` uses them.
"""

from .export import export_model
from .load import load_model
from .model import Model
from .parts import FILES, FORMAT, PARTS

__all__ = ["FILES", "FORMAT", "PARTS", "Model", "export_model", "load_model"]
