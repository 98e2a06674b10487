"""The public formats: a file here is a format, its name is the value of ``format`` in the config.

A file assigns ``FORMAT``, an instance of a subclass of `stratomics.cohort.format.Format`. A format that reads folders also
assigns ``FILES``, patterns of the names of the files that it reads there, as a plain tuple: the workflow lays out its jobs by it
without importing the file (`stratomics.catalogue`).
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Literal

from stratomics.cohort.format import Format
from stratomics.cohort.source import Source
from stratomics.errors import DataError

#: What is read where nothing is recognised.
PLAIN = "table"


def format_names() -> list[str]:
    """Return the names that ``format`` may take, beside ``auto``."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find_format(source: Source, settings: Mapping[str, Any], kind: Literal["matrix", "clinical"]) -> tuple[str, Format]:
    """Return the format of a file and its name: the one that the config names, or the one that recognises it.

    Parameters
    ----------
    source
        The file or folder.
    settings
        The entry of the config that names it; its ``format`` is read.
    kind
        What the config names it as.

    Raises
    ------
    DataError
        When there is no such format, several recognise the file, or none a folder.
    """
    wanted = str(settings.get("format") or "auto")
    if wanted == "auto":
        formats = {name: _load(name) for name in format_names()}
        found = [
            name
            for name, one in formats.items()
            if (one.is_matrix(source) if kind == "matrix" else one.is_clinical(source))
        ]
        if len(found) > 1:
            named = " or ".join(f"{formats[name].words} (format: {name})" for name in found)
            raise DataError(
                f"{source.path}: this may be {named}. Say which, under `format` of {source.what} in the config."
            )
        if not found and source.is_folder:
            raise DataError(
                f"{source.path}: is a folder, and not one of a known format for {source.what} (a study of cBioPortal, or files "
                f"of GDC with their sample sheet). Name the file in it."
            )
        wanted = found[0] if found else PLAIN
    if wanted not in format_names():
        raise DataError(
            f"{source.path}: no format is called '{wanted}'. Use auto or one of: {', '.join(format_names())}."
        )
    return wanted, _load(wanted)


def _load(name: str) -> Format:
    loaded: Format = import_module(f"{__name__}.{name}").FORMAT
    return loaded
