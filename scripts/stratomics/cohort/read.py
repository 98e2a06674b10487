"""Read the omics and clinical tables of a cohort, in whatever format, and refuse cells that are not numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stratomics.errors import DataError

from .checks import Checks, are, count, listing
from .format import ClinicalTable, Request
from .formats import PLAIN, find_format
from .layouts import layout_fault
from .matrix import Matrix, NotNumbers
from .source import find_source
from .words import words_fault


def read_matrix(
    path: str,
    base_dir: str | Path,
    item: str,
    checks: Checks,
    patients: Collection[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    threads: int = 1,
) -> Matrix:
    """Read an omics table.

    Parameters
    ----------
    path
        File or folder, absolute or relative to `base_dir`.
    base_dir
        Folder the paths of the config start from.
    item
        Name of the omics.
    checks
        Gets a row that says in what format the file is and what was done with it, and a fault for cells that are neither
        numbers nor missing (they are NaN in what is returned, so that the other checks can go on) or infinite.
    patients
        Of the clinical table; None where it could not be read.
    settings
        The entry of the config; None for a table of any format with nothing to choose.
    threads
        Most cores to use, where a table of text is large. The matrix does not depend on it.

    Returns
    -------
    Matrix
        Patients in rows or in columns, as in the file. Columns beside the patients that describe features are NaN.

    Raises
    ------
    DataError
        When the file cannot be read, or is laid out in another way.
    """
    source = find_source(path, base_dir, f"omics '{item}'")
    settings = settings or {}
    name, format = find_format(source, settings, "matrix")
    request = Request("omics", item, checks, settings, patients, base_dir=base_dir, threads=threads)
    if name != PLAIN:
        request.note("format", name, f"{path} is {format.words}")
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, and infinite values are a fault
        matrix = format.matrix(source, request)
    if fault := layout_fault(matrix, request.bad, patients):
        raise DataError(fault)
    if fault := words_fault(matrix, request.bad, patients):
        checks.fault(fault)
    request.bad.look_for_infinite(matrix.values)
    if fault := _infinite(matrix, request.bad):
        checks.fault(fault)
    return matrix


def read_cells(settings: Mapping[str, Any], base_dir: str | Path, checks: Checks) -> ClinicalTable:
    """Read the clinical table as text.

    Parameters
    ----------
    settings
        The ``clinical`` part of the config: path, format and, for a table of text, the column of ids.
    base_dir, checks
        As for `read_matrix`.

    Returns
    -------
    ClinicalTable

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    source = find_source(str(settings["path"]), base_dir, "the clinical table")
    name, format = find_format(source, settings, "clinical")
    request = Request("clinical", "clinical", checks, settings, base_dir=base_dir)
    if name != PLAIN:
        request.note("format", name, f"{source.path} is {format.words}")
    return format.clinical(source, request)


def _infinite(matrix: Matrix, bad: NotNumbers) -> str | None:
    if not bad.n_infinite:
        return None
    shown = listing((matrix.where(row, column) for row, column in bad.infinite), n=bad.n_infinite)
    return (
        f"{matrix.path}: {count(bad.n_infinite, 'cell')} {are(bad.n_infinite)} infinite or beyond 3.4e38: {shown}. "
        f"Measurements must be finite: correct them (a logarithm of zero?), or write NA where a value is missing."
    )
