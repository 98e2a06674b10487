"""Fitted preprocessing of all splits in one safetensors file: parameters only, never transformed copies of the data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stratomics.errors import DataError
from stratomics.tables import load_arrays, load_models, save_arrays

from .clinical_design import ClinicalDesign
from .model import FittedPreprocess


def save_preprocess(path: str | Path, fitted: Mapping[str, FittedPreprocess]) -> None:
    """Write the fitted preprocessing of several splits, without clinical covariates: those are an embedding's own.

    Parameters
    ----------
    path
        The safetensors file. The same fits give the same bytes.
    fitted
        By split.
    """
    arrays: dict[str, np.ndarray] = {}
    about: dict[str, Any] = {}
    for split, one in fitted.items():
        own, about[split] = one.to_arrays()
        arrays.update({f"{split}/{name}": array for name, array in own.items()})
    save_arrays(path, arrays, {"preprocess": json.dumps(about)})


def load_preprocess(
    path: str | Path, splits: Iterable[str] | None = None, *, clinical: str | Path | None = None
) -> dict[str, FittedPreprocess]:
    """Read what `save_preprocess` wrote.

    Parameters
    ----------
    path
        The safetensors file.
    splits
        Which splits to return; all if not given.
    clinical
        A file with the `ClinicalDesign` of every split of an embedding that also sees the clinic
        (`stratomics.tables.save_models`), or with none.

    Returns
    -------
    dict
        Split -> FittedPreprocess, in the order saved or asked for.

    Raises
    ------
    DataError
        If the file holds no such split.
    """
    arrays, metadata = load_arrays(path)
    about = json.loads(metadata["preprocess"])
    wanted = list(about if splits is None else splits)
    absent = [split for split in wanted if split not in about]
    if absent:
        raise DataError(f"{path}: no preprocessing of split {', '.join(absent)}; found {', '.join(about)}.")
    designs = {} if clinical is None else load_models(clinical, ClinicalDesign)
    return {split: replace(_restore(split, about[split], arrays), clinical=designs.get(split)) for split in wanted}


def _restore(split: str, about: dict[str, Any], arrays: Mapping[str, np.ndarray]) -> FittedPreprocess:
    """Put one split together again."""
    own = {name.removeprefix(f"{split}/"): array for name, array in arrays.items() if name.startswith(f"{split}/")}
    return FittedPreprocess.from_arrays(own, about)
