"""Files that others can open, written whole or not at all.

Tables are tab-separated text, arrays are safetensors, settings are JSON. Each writer makes the file under a temporary name
in the same folder and renames it, so a killed job never leaves half a file under the final name.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import pandas as pd

from .damage import damaged, reading, remember_columns
from .writing import atomic_path

#: Ten significant digits survive a round trip of what the tables hold and do not print noise of the last bits.
FLOAT_FORMAT = "%.10g"
#: Columns of names: always text and never missing, though a name may look like a number, like ``true`` or like ``NA``.
NAME_COLUMNS = ("patient", "split", "latent", "feature", "covariate", "covariates", "level", "gene_set")

#: In the column ``split``: the split on all of whose patients the chain is fitted.
FULL = "full"


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a data frame as tab-separated text; missing values are ``NA``, booleans ``true`` and ``false``.

    Parameters
    ----------
    table
        The rows; the index is not written.
    path
        Where to; a ``.gz`` suffix compresses (without a time stamp, so that the bytes repeat).
    """
    out = table.copy()
    for column in out.columns:
        if out[column].dtype == bool:
            out[column] = out[column].map({True: "true", False: "false"})
    text = out.to_csv(sep="\t", index=False, na_rep="NA", float_format=FLOAT_FORMAT, lineterminator="\n").encode()
    with atomic_path(path) as temporary:
        # Not through pandas: it would put the random temporary name into the gzip header.
        temporary.write_bytes(gzip.compress(text, mtime=0) if str(path).endswith(".gz") else text)


def read_table(path: str | Path, **kwargs: Any) -> pd.DataFrame:
    """Read a table that `write_table` wrote; ids and names (`NAME_COLUMNS`) stay text.

    Parameters
    ----------
    path
        The file.
    **kwargs
        Passed to `pandas.read_csv`, for instance ``dtype``.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        If the file is empty or cut.
    """
    # A carriage return may stand within a name.
    lines: dict[str, Any] = {"sep": "\t", "lineterminator": "\n"}
    with reading(path):
        columns = pd.read_csv(path, nrows=0, **lines).columns
        table = pd.read_csv(
            path,
            dtype={**dict.fromkeys(NAME_COLUMNS, str), **kwargs.pop("dtype", {})},
            na_values={column: ["NA"] for column in columns if column not in NAME_COLUMNS},
            keep_default_na=False,
            true_values=["true"],
            false_values=["false"],
            **lines,
            **kwargs,
        )
        whole = str(path).endswith(".gz") or _last_byte(path) == b"\n"  # gzip notices by itself
    if not whole:
        raise damaged(path, "its last line is cut")
    remember_columns(path, table.columns)
    return table


def read_tables(names: Iterable[str], paths: Iterable[str | Path], **kwargs: Any) -> dict[str, pd.DataFrame]:
    """Read one table for each name, in their order.

    Parameters
    ----------
    names
        For instance of the embeddings.
    paths
        As many files.
    **kwargs
        As of `read_table`.

    Returns
    -------
    dict of pandas.DataFrame
        By name.

    Raises
    ------
    ValueError
        If there are not as many files as names: one would be taken for another.
    DataError
        As `read_table`.
    """
    return {name: read_table(path, **kwargs) for name, path in zip(names, paths, strict=True)}


def _last_byte(path: str | Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read()


def of_full(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of the full fit from a table with the column ``split``."""
    return table[table["split"] == FULL]


def of_folds(table: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of the folds of the cross-validation from a table with the column ``split``."""
    return table[table["split"] != FULL]


def stack_splits(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Stack one table per split, with the split in the first column.

    Parameters
    ----------
    tables
        By split, all with the same columns.

    Returns
    -------
    pandas.DataFrame
    """
    table = pd.concat([own.assign(split=name) for name, own in tables.items()], ignore_index=True)
    return table[["split", *table.columns.drop("split")]]


def save_arrays(path: str | Path, arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays as one safetensors file.

    Parameters
    ----------
    path
        Where to.
    arrays
        Numeric arrays by name.
    metadata
        Text stored in the header of the file (JSON for anything structured).
    """
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
    # The library writes the metadata in the random order of a hash map, which would change the bytes from run to run:
    # everything goes under one key.
    header = {"stratomics": json.dumps(dict(metadata), sort_keys=True)} if metadata else None
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(contiguous, metadata=header))


def load_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read what `save_arrays` wrote.

    Parameters
    ----------
    path
        The safetensors file.

    Returns
    -------
    arrays, metadata

    Raises
    ------
    DataError
        If the file is empty or cut.
    """
    with reading(path):
        return open_arrays(path)


def open_arrays(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Do what `load_arrays` does, but raise what the reader raises: for a file that no step of the workflow can make anew."""
    from safetensors import safe_open

    with safe_open(str(path), framework="numpy") as handle:
        arrays = {name: handle.get_tensor(name) for name in handle.keys()}
        header = handle.metadata() or {}
    return arrays, json.loads(header.get("stratomics", "{}"))


class Portable(Protocol):
    """A fitted model that can be taken apart into arrays and JSON-able settings, and put together again."""

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the model apart."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Self:
        """Put it together again."""


Model = TypeVar("Model", bound=Portable)


def save_models(path: str | Path, models: Mapping[str, Portable]) -> None:
    """Write the models of several splits as one safetensors file.

    Parameters
    ----------
    path
        Where to.
    models
        By split.
    """
    arrays, metadata = {}, {}
    for split, model in models.items():
        own, meta = model.to_arrays()
        arrays.update({f"{split}/{name}": array for name, array in own.items()})
        metadata[split] = json.dumps(meta, sort_keys=True)
    save_arrays(path, arrays, metadata)


def load_models(path: str | Path, kind: type[Model]) -> dict[str, Model]:
    """Read what `save_models` wrote.

    Parameters
    ----------
    path
        The safetensors file.
    kind
        The class of the models.

    Returns
    -------
    dict
        By split.

    Raises
    ------
    DataError
        If the file is empty or cut, or lacks a part of a model.
    """
    arrays, metadata = load_arrays(path)
    models = {}
    with reading(path):
        for split, meta in metadata.items():
            prefix = f"{split}/"
            own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
            models[split] = kind.from_arrays(own, json.loads(meta))
    return models


def write_json(content: Any, path: str | Path) -> None:
    """Write JSON with sorted keys, for reading by eye and by `diff`.

    Parameters
    ----------
    content
        Plain types.
    path
        Where to.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: str | Path, keys: Sequence[str] = ()) -> Any:
    """Read what `write_json` wrote.

    Parameters
    ----------
    path
        The file.
    keys
        That it must have, if it is a mapping.

    Returns
    -------
    object
        Plain types.

    Raises
    ------
    DataError
        If the file is empty, cut or lacks a key.
    """
    with reading(path):
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        lack = [key for key in keys if not isinstance(content, dict) or key not in content]
        if lack:
            raise ValueError(f"it has no '{lack[0]}'")
    return content
