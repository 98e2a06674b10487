"""What AnnData and MuData have in common: numbers with names on both axes, and tables of the observations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .checks import examples
from .format import ClinicalTable, Request
from .ids import clean_name
from .matrix import Matrix
from .numbers import as_text
from .source import Source


def is_mudata(source: Source) -> bool | None:
    """Tell MuData (True) from AnnData (False) by the groups of the file; None where it is neither."""
    if not source.start.startswith((b"\x89HDF", b"MuData")):  # mudata writes a line of text before HDF5
        return None
    import h5py

    try:
        with h5py.File(source.file, "r") as file:
            return True if "mod" in file else False if {"obs", "var"} <= {*file} else None
    except OSError:
        return None


@contextmanager
def reading_annotated(source: Source, words: str) -> Iterator[None]:
    """Turn what a damaged file raises into a message."""
    try:
        yield
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise DataError(
            f"{source.path}: not a readable {words.removeprefix('an ').removeprefix('a ')} ({error}). Write it again."
        ) from error


def matrix_of(path: str, data: Any, request: Request) -> Matrix:
    """Return the numbers of an AnnData object.

    Parameters
    ----------
    path
        For messages.
    data
        The object.
    request
        ``column`` of its settings names a layer.

    Raises
    ------
    DataError
        When the layer is not there, or it holds no numbers.
    """
    layer = request.settings.get("column")
    if layer is not None and layer not in data.layers:
        raise DataError(
            f"{path}: no layer is called '{layer}', the `column` of the config; there are {examples(data.layers)}."
        )
    values = data.X if layer is None else data.layers[layer]
    if values is None:
        raise DataError(f"{path}: it holds no matrix X. Name a layer as `column`; there are {examples(data.layers)}.")
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    rows, columns = ([clean_name(str(name)) for name in axis] for axis in (data.obs_names, data.var_names))
    return Matrix(path, rows, columns, values.astype(np.float32), list(range(1, len(rows) + 1)), "observation")


def clinical_of(obs: pd.DataFrame) -> ClinicalTable:
    """Return a table of observations as text; its index is the column of ids, ``patient`` where it has no name."""
    name = clean_name(str(obs.index.name or "patient"))
    cells = obs.apply(as_text).set_axis([clean_name(str(one)) for one in obs.columns], axis=1)
    if name not in cells:
        cells.insert(0, name, [str(one) for one in obs.index])
    roles = {"patient": name}
    if {"time", "event"} <= {*cells}:  # as this project writes a cohort
        roles |= {"time": "time", "event": "event"}
    return ClinicalTable(cells.set_axis(pd.RangeIndex(1, len(cells) + 1, name="observation")), 0, roles)
