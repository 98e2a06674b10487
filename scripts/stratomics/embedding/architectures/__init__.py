"""How the omics meet in a network: a file here is an architecture, its name is the name in the config.

A file assigns ``ARCHITECTURE``, a subclass of `stratomics.embedding.architecture.Architecture`.
"""

from __future__ import annotations

from importlib import import_module

from stratomics.embedding.architecture import Architecture


def find_architecture(name: str) -> type[Architecture]:
    """Return the architecture of a name, as ``architecture`` of an embedding gives it."""
    architecture: type[Architecture] = import_module(f"{__name__}.{name}").ARCHITECTURE
    return architecture
