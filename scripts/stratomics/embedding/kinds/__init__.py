"""The kinds of embedding: a file here is a kind, its name is the name in the config.

A file assigns ``EMBEDDING``, a subclass of `stratomics.embedding.kind.Kind`. The other keys that its settings may have
stand in the config schema under ``embedding_<name>``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from stratomics.embedding.kind import Kind
from stratomics.errors import ConfigError


def kind_names() -> list[str]:
    """Return the names that ``kind`` of an embedding may take."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_kind(settings: Mapping[str, Any]) -> Kind:
    """Return the kind of embedding that the settings name, with those settings.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config.

    Returns
    -------
    Kind

    Raises
    ------
    ConfigError
        When there is no such kind.
    """
    name = settings["kind"]
    if name not in kind_names():
        raise ConfigError(f"embeddings: kind {name!r} is not known. Use one of: {', '.join(kind_names())}.")
    embedding: type[Kind] = import_module(f"{__name__}.{name}").EMBEDDING
    return embedding(settings)
