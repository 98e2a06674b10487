"""The comparators: a file here is one, its name is the name in the config."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from stratomics.comparators.context import Context, MethodResult
from stratomics.errors import ConfigError


class Comparator(Protocol):
    """What a comparator offers; each file of this folder is one."""

    def run(self, context: Context) -> list[MethodResult]:
        """Fit on the training patients of every split, and predict all patients; one result per method."""


def comparator_names() -> list[str]:
    """Return the names that ``comparators`` of the config may hold."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_comparator(name: str) -> Comparator:
    """Return the comparator of that name.

    Raises
    ------
    ConfigError
        When there is none.
    """
    if name not in comparator_names():
        raise ConfigError(f"comparators: {name!r} is not known. Use any of: {', '.join(comparator_names())}.")
    return cast(Comparator, import_module(f"{__name__}.{name}"))
