"""One omics table, from its file to patients x features: read, turned, its features named as those of other tables are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.errors import DataError

from .checks import Checks
from .feature_map import genes_of
from .matrix import Matrix
from .plausible import check_feature_names
from .read import read_matrix
from .symbols import without_versions


def read_omics(
    settings: Mapping[str, Any],
    base_dir: str | Path,
    patients: Collection[str] | None,
    orient: Callable[[Matrix, Checks], pd.DataFrame | None],
    checks: Checks,
    threads: int = 1,
) -> pd.DataFrame | None:
    """Read the table of an omics.

    Parameters
    ----------
    settings
        Its entry of the config: name, path, format, column, map, min_mutated.
    base_dir
        Folder the paths of the config start from.
    patients
        Ids of patients and samples of the clinical table; None where there is none.
    orient
        Turns what was read so that patients are in rows, or gives None where it cannot.
    checks
        Gets rows and faults.
    threads
        Most cores to use, where a table of text is large.

    Returns
    -------
    pandas.DataFrame or None
        Patients x features; None where the table has a fault: what follows from it is no fault of its own.
    """
    before, item, path = len(checks.faults), str(settings["name"]), str(settings["path"])
    try:
        matrix = read_matrix(path, base_dir, item, checks, patients, settings, threads)
    except DataError as error:
        for fault in error.faults:
            checks.fault(fault)
        return None
    table = orient(matrix, checks)
    if table is None or len(checks.faults) > before:
        return None
    if matrix.genes is None and (names := without_versions(list(table.columns))) is not None:
        message = f"ids of Ensembl in {path} have a version, which changes between releases: read without"
        checks.add("omics", item, "ensembl_versions", len(names), message)
        table = table.set_axis(pd.Index(names, dtype=object), axis=1)
    if settings.get("map") and not matrix.mapped:
        try:
            table = genes_of(matrix, table, str(settings["map"]), base_dir, item, checks)
        except DataError as error:
            for fault in error.faults:
                checks.fault(fault)
            return None
    return None if table is None else check_feature_names(table, item, path, checks)
