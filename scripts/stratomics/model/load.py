"""Read a model: every file is checked before anything of it is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stratomics.arrays import Sizes, array_faults
from stratomics.errors import DataError
from stratomics.tables import FULL, open_arrays

from .between import faults_between
from .description import AGAIN, read_description, schema_faults
from .model import Model
from .parts import KINDS, MAY_BE_EMPTY, Part


def load_model(folder: str | Path) -> Model:
    """Read a model.

    Parameters
    ----------
    folder
        What `export_model` wrote, for instance ``results/LIHC/vae/model``.

    Returns
    -------
    Model

    Raises
    ------
    DataError
        With everything that is wrong: a file that is absent, was changed since, or is of another format; an array that is absent or
        of another type or shape, or has values that it may not have; parts that are not of one model.
    """
    folder = Path(folder)
    description = read_description(folder)
    sizes = _sizes(description)
    parts: dict[str, Part] = {}
    faults: list[str] = []
    for name in KINDS:
        path = folder / name
        try:
            _check_file(path, description["sha256"][name])
            part = _read_part(path, sizes)
        except DataError as error:
            faults += [f"{path}: {fault}. {AGAIN}" for fault in error.faults]
            continue
        if part is not None:
            parts[name] = part
        _learn_predictors(description, parts, sizes)
    if faults:
        raise DataError(faults)
    model = Model.of_parts(description, parts)
    if between := list(faults_between(model)):
        raise DataError([f"{folder}: {fault}. {AGAIN}" for fault in between])
    return model


def _sizes(description: dict[str, Any]) -> Sizes:
    """Take the sizes of the dimensions from the description; the first letters of `stratomics.arrays.Array.shape`."""
    k = description["n_subtypes"]
    return {
        "N": (description["cohort"]["patients"], "cohort.patients of model.json"),
        "L": (len(description["latents"]), "latents of model.json"),
        "l": (len(description["selected_latents"]), "selected_latents of model.json"),
        "K": (k, "n_subtypes of model.json"),
        "D": (1 if k == 2 else k, "n_subtypes of model.json (one decision value for two subtypes, else one each)"),
    }


def _learn_predictors(description: dict[str, Any], parts: dict[str, Part], sizes: Sizes) -> None:
    """Add to the sizes what the classifier looks at, as soon as that is known."""
    if description["classifier_predictors"] == "latents":
        sizes["Q"] = sizes["l"]
    elif "preprocess.safetensors" in parts:
        design: Any = parts.get("clinical.safetensors")
        preprocess: Any = parts["preprocess.safetensors"]
        width = len(preprocess.features) + (0 if design is None else len(design.columns))
        sizes["Q"] = (width, "the features of preprocess.safetensors")


def _check_file(path: Path, digest: str) -> None:
    """Raise `DataError` where a file is absent, cannot be read or is not the one that was described; the path is left out."""
    if not path.exists():
        raise DataError("not there, but model.json names it")
    if not path.is_file():
        raise DataError("not a file")
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror}); check the rights of the file") from None
    if found != digest:
        raise DataError("not the file that model.json describes")


def _read_part(path: Path, sizes: Sizes) -> Part | None:
    """Read one part; None where it is empty and may be. Raises `DataError` with what is wrong with it, the path left out."""
    kind = KINDS[path.name]
    try:
        arrays, header = open_arrays(path)
        meta = {split: json.loads(text) for split, text in header.items()}
    except Exception as error:  # whatever the library says of bytes that are no safetensors file
        what = str(error).strip() or type(error).__name__
        raise DataError(f"not a safetensors file of stratomics ({what})") from error
    if not arrays and not meta and path.name in MAY_BE_EMPTY:
        return None
    if list(meta) != [FULL]:
        raise DataError(f"the header describes the fits {', '.join(meta) or 'none'}; allowed is {FULL}")
    own, about = {name.removeprefix(f"{FULL}/"): one for name, one in arrays.items()}, meta[FULL]
    _stop_at(f"header: {fault}" for fault in schema_faults(about, path.stem))
    try:
        declared = kind.declared(about)
    except Exception as error:  # of an architecture or a method that is not known here, or not with these settings
        raise DataError(f"header: it names what this version of stratomics does not know ({error})") from error
    _stop_at(array_faults(own, declared, sizes))
    try:
        part = kind.from_arrays(own, about)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"header: its lists and tables do not fit together ({error})") from error
    _stop_at(part.faults())
    return part


def _stop_at(faults: Iterable[str]) -> None:
    """Raise the faults, if there are any."""
    if found := list(faults):
        raise DataError(found)
