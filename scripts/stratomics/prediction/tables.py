"""Tables of new patients as they may come from a notebook: what is no table of numbers by patient is refused."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stratomics.cohort.checks import Checks, count, examples, nearest
from stratomics.errors import DataError
from stratomics.model import Model
from stratomics.preprocess.clinical_view import CLINICAL


def numeric_tables(model: Model, tables: Mapping[str, pd.DataFrame], checks: Checks) -> dict[str, pd.DataFrame]:
    """Check the tables of new patients.

    Parameters
    ----------
    model
        Whose omics they are to be.
    tables
        By omics, patients x features; ``clinical`` is passed over where the model takes it.
    checks
        Gets the count of infinite values, which count as missing.

    Returns
    -------
    dict of pandas.DataFrame
        Numbers; ids of patients as text, each once.

    Raises
    ------
    DataError
        With every fault of every table.
    """
    names = [one.name for one in model.preprocess.omics]
    faults, found = [], {}
    for name, table in tables.items():
        if name == CLINICAL and model.preprocess.clinical is not None:
            continue
        if name not in names:
            faults.append(
                f"omics {name}: the model has none of that name. {nearest(str(name), names)} Rename the table."
            )
        elif not isinstance(table, pd.DataFrame):
            faults.append(f"omics {name}: found {type(table).__name__}; a data frame (patients x features) is needed.")
        elif fault := _table_fault(name, table):
            faults.append(fault)
        else:
            values = table.astype(np.float64)
            if infinite := int(np.isinf(values.to_numpy()).sum()):
                message = f"{count(infinite, 'value')} of {name} are infinite: they count as missing"
                checks.add("omics", name, "infinite", infinite, message, action="warning")
            found[name] = values.set_axis(pd.Index(map(str, table.index), name="patient", dtype=object))
    if not tables and not faults:
        faults.append(f"no table was given. Give at least one of the omics of the model: {', '.join(names)}.")
    elif not found and not faults:
        faults.append(f"no omics table was given beside {CLINICAL}. Give at least one of {', '.join(names)}.")
    if faults:
        raise DataError(faults)
    return found


def _table_fault(name: str, table: pd.DataFrame) -> str | None:
    words = [
        str(column)
        for column, kind in zip(table.columns, table.dtypes, strict=True)
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind))
        or np.issubdtype(_plain(kind), np.complexfloating)
    ]
    if words:
        return (
            f"omics {name}: {count(len(words), 'column')} of text ({examples(words)}); only numbers are allowed. Move the ids into "
            f"the index, and remove what is no measurement."
        )
    ids = pd.Index(map(str, table.index))
    if nameless := int(np.asarray(table.index.isna()).sum()):
        return f"omics {name}: {nameless} rows have no id. Every patient needs one: fill in the index."
    if not ids.is_unique:
        double = ids[ids.duplicated()].unique()
        return f"omics {name}: {count(len(double), 'patient')} there more than once ({examples(double)}). Keep one row of each."
    return None


def _plain(kind: object) -> np.dtype:
    """Return the type of numpy of a column, float for those of pandas alone."""
    return kind if isinstance(kind, np.dtype) else np.dtype(np.float64)
