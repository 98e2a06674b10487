"""The ways to classify patients: a file here is a method, its name is the name in the config."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

import numpy as np

from stratomics.arrays import Array
from stratomics.errors import ConfigError


class Classifier(Protocol):
    """What a method offers; each file of this folder is one.

    Decision values have one column per class, or a single one (for class 1 against class 0) when there are two.
    """

    #: The settings to choose from by cross-validation, simplest first.
    SETTINGS: tuple[dict[str, Any], ...]

    def decide_all(self, train_x: np.ndarray, train_y: np.ndarray, test_x: np.ndarray, n_classes: int) -> np.ndarray:
        """Train with every setting and return decision values of the test patients [settings, n_test, D]."""

    def fit(self, x: np.ndarray, y: np.ndarray, n_classes: int, setting: dict[str, Any]) -> dict[str, np.ndarray]:
        """Train with one setting; return the arrays that `decision` needs."""

    def declared(self, setting: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays of `fit` may be, with one setting: of K subtypes told by _m predictors with D decision values."""

    def decision(self, x: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
        """Return decision values [n, D]."""


def method_names() -> list[str]:
    """Return the names that ``classifier.method`` may take."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_method(name: str) -> Classifier:
    """Return the method of that name.

    Raises
    ------
    ConfigError
        When there is none.
    """
    if name not in method_names():
        raise ConfigError(f"classifier.method: {name!r} is not known. Use one of: {', '.join(method_names())}.")
    return cast(Classifier, import_module(f"{__name__}.{name}"))
