"""The ways to cluster patients: a file here is a method, its name is the name in the config."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol, cast

import numpy as np

from stratomics.arrays import Array
from stratomics.errors import ConfigError


class Clustering(Protocol):
    """What a method offers; each file of this folder is one."""

    #: What the arrays of `fit` may be, of K clusters of patients on l latents.
    ARRAYS: Mapping[str, Array]

    def fit(self, z: np.ndarray, k: int, seed: int, restarts: int) -> dict[str, np.ndarray]:
        """Fit k clusters to latents, centred and on one common scale, [n, l]; return the arrays that `assign` needs."""

    def assign(self, z: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """Give each row of z [n, l] its cluster, int64 [n] in 0..k-1."""


def method_names() -> list[str]:
    """Return the names that ``subtypes.method`` may take."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_method(name: str) -> Clustering:
    """Return the method of that name.

    Raises
    ------
    ConfigError
        When there is none.
    """
    if name not in method_names():
        raise ConfigError(f"subtypes.method: {name!r} is not known. Use one of: {', '.join(method_names())}.")
    return cast(Clustering, import_module(f"{__name__}.{name}"))
