"""Several clinical tables as one: further tables add their columns to the patients of the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stratomics.errors import DataError

from .barcodes import PRIMARY_ORDER, patients_of_barcodes
from .checks import Checks, are, count, duplicated, examples
from .format import ClinicalTable
from .ids import MIN_OVERLAP, clean_name, share
from .read import read_cells
from .samples import SampleRule, choose_samples


def join_tables(
    table: ClinicalTable, settings: Mapping[str, Any], base_dir: str | Path, rule: SampleRule, checks: Checks
) -> pd.DataFrame:
    """Add the columns of the tables that ``clinical.join`` names.

    Parameters
    ----------
    table
        The clinical table.
    settings
        The ``clinical`` part of the config, with what the format of the table knows.
    base_dir
        Folder the paths of the config start from.
    rule
        Which sample stands for a patient, where a further table has a row per sample.
    checks
        Gets a row for each table.

    Returns
    -------
    pandas.DataFrame
        The cells of the table with the columns it lacked; nothing where a further table does not have the patient.

    Raises
    ------
    DataError
        When a table cannot be read, is of other patients, or has rows of one patient that differ.
    """
    cells, id_column = table.cells, str(settings["patient"])
    for path in map(str, settings.get("join") or []):
        if id_column not in cells:  # a fault, which is found elsewhere
            return cells
        further = read_cells({"path": path, "patient": id_column}, base_dir, checks)
        other = further.cells.loc[:, ~further.cells.columns.duplicated()]
        column = id_column if id_column in other else further.roles.get("patient")
        if column not in other:
            raise DataError(
                f"{path}: no column '{id_column}', the ids of the patients, by which it is to be joined to {settings['path']}. "
                f"Name its column of ids so; the columns are {examples(other, most=8)}."
            )
        added, keys = _matched(
            path, cells[id_column].map(clean_name).tolist(), other, str(column), settings, rule, checks
        )
        new = [name for name in added if name not in cells]
        message = (
            f"columns of {path}, joined to {settings['path']} by patient ({int(added.index.isin(keys).sum())} of {len(added)} "
            f"rows)"
        )
        checks.add("clinical", "clinical", "table_joined", len(new), message)
        if twice := [name for name in added if name in cells]:
            message = f"columns of {path} that an earlier table has as well, which counts: {examples(twice)}"
            checks.add("clinical", "clinical", "columns_of_earlier_table", len(twice), message)
        columns = added[new].reindex(keys).fillna("").set_axis(cells.index)
        cells = pd.concat([cells, columns], axis=1)
    return cells


def _matched(
    path: str,
    keys: list[str],
    other: pd.DataFrame,
    column: str,
    settings: Mapping[str, Any],
    rule: SampleRule,
    checks: Checks,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the further table by id, one row each, and the id of every row of the first; samples meet by their patients."""
    ids: Sequence[str | None] = other[column].map(clean_name).tolist()
    if share([one for one in ids if one], keys) < MIN_OVERLAP:
        rule = rule if rule.types or rule.pattern else SampleRule(PRIMARY_ORDER)
        ids = choose_samples([one or "" for one in ids], rule, "clinical", "clinical", path, checks) or ids
        keys = patients_of_barcodes(keys)
    if share([one for one in ids if one], keys) < MIN_OVERLAP:
        raise DataError(
            f"{path}: its ids ({examples(other[column])}) are not those of {settings['path']} ({examples(keys)}). At least "
            f"{MIN_OVERLAP:.0%} of the smaller table must be in the other: use the same ids in both."
        )
    known = [bool(one) for one in ids]
    other = other.loc[known].set_axis(pd.Index([one for one in ids if one], dtype=object)).drop(columns=column)
    repeated = [name for name, where in duplicated(other.index).items() if other.iloc[where].nunique().gt(1).any()]
    if repeated:
        raise DataError(
            f"{path}: {count(len(repeated), 'patient')} {are(len(repeated))} listed more than once with different values "
            f"({examples(repeated)}). Each patient must have one row: remove or merge the others."
        )
    return other.loc[~other.index.duplicated()], keys
