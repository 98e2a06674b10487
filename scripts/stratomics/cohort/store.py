"""Keep a cohort as ``.h5mu``: one AnnData per omics, as muon, scanpy and mudata open it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics.damage import reading
from stratomics.writing import atomic_path

from .columns import column_names
from .types import Cohort, Omics

#: The column of the file with the groups.
GROUPS = "groups"


def save_cohort(cohort: Cohort, path: str | Path) -> None:
    """Write a cohort.

    The modalities hold the measurements (X, float32), ``obs["batch"]`` where there are batches, and ``uns["transform"]``. The
    clinical table is the ``obs`` of the whole, under names that the file can hold; ``uns["clinical_columns"]`` has the
    names of the table. ``obs["groups"]`` is there where the cohort has groups; where patients lack an omics, ``obs["present"]``
    of that modality says who has it, and the others are rows of NaN.

    Parameters
    ----------
    cohort
        The cohort.
    path
        Ends in ``.h5mu``.
    """
    with _quiet_mudata() as mudata, atomic_path(path) as temporary:
        data = mudata.MuData({one.name: _to_anndata(one) for one in cohort.omics})
        names = [str(name) for name in cohort.clinical]
        stored = column_names(names, reserved=[str(cohort.clinical.index.name), GROUPS])
        obs = cohort.clinical.set_axis(stored, axis=1)
        data.obs = _to_categories(obs if cohort.groups is None else obs.assign(**{GROUPS: cohort.groups}))
        data.uns["cohort"] = cohort.name
        data.uns["clinical_columns"] = np.array(names, dtype=object)
        data.write(temporary)


def load_cohort(path: str | Path) -> Cohort:
    """Read what `save_cohort` wrote.

    Parameters
    ----------
    path
        The ``.h5mu`` file.

    Returns
    -------
    Cohort

    Raises
    ------
    DataError
        If the file is empty, cut or lacks a part.
    """
    import h5py

    # By h5py alone: most jobs read a cohort, and importing mudata takes each of them a second.
    with reading(path), h5py.File(path, "r") as file:
        obs = _table(file["obs"], "patient")
        groups = obs.pop(GROUPS) if GROUPS in obs else None
        clinical = obs.set_axis([str(name) for name in _element(file["uns/clinical_columns"])], axis=1)
        numbers = clinical.select_dtypes("number").columns
        clinical = clinical.astype({**dict.fromkeys(numbers, np.float64), "event": np.int8})
        omics = []
        for name in file["mod"].attrs["mod-order"]:
            one = file["mod"][name]
            own, features = _table(one["obs"], "patient"), _table(one["var"], "feature").index
            values = pd.DataFrame(_element(one["X"]), index=clinical.index, columns=features)
            batch = own["batch"].set_axis(clinical.index) if "batch" in own else None
            omics.append(Omics(str(name), values, str(_element(one["uns/transform"])), batch))
        return Cohort(str(_element(file["uns/cohort"])), tuple(omics), clinical, groups)


def _table(group: Any, index: str) -> pd.DataFrame:
    """Read a table of an h5mu file; its text has NaN where it is missing."""
    names = pd.Index(_element(group[group.attrs["_index"]]), dtype=object, name=index)
    return pd.DataFrame({name: _element(group[name]) for name in group.attrs["column-order"]}, index=names)


def _element(node: Any) -> Any:
    """Read an array, texts, or categories as the texts that they stand for; see the format of AnnData's files."""
    encoding = node.attrs["encoding-type"]
    if encoding == "categorical":
        codes, categories = node["codes"][()], _element(node["categories"])
        return np.append(np.asarray(categories, dtype=object), np.nan)[codes]  # the code of what is missing is -1
    if encoding in ("string-array", "string"):
        return node.asstr()[()]
    if encoding == "array":
        return node[()]
    from anndata.io import read_elem  # what another version of it writes

    return np.asarray(read_elem(node))


@contextmanager
def _quiet_mudata() -> Iterator[Any]:
    """Import mudata where it is needed (half a second), and keep its advice about shared names to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mudata

        with mudata.set_options(pull_on_update=False):
            yield mudata


def _to_anndata(omics: Omics) -> Any:
    from anndata import AnnData

    values = omics.values
    obs = pd.DataFrame(index=values.index.astype(str))
    if omics.batch is not None:
        obs["batch"] = omics.batch.to_numpy(dtype=object)
    if not omics.present.all():
        obs["present"] = omics.present
    return AnnData(
        X=np.ascontiguousarray(values.to_numpy(np.float32)),
        obs=_to_categories(obs),
        var=pd.DataFrame(index=values.columns.astype(str)),
        uns={"transform": omics.transform},
    )


def _to_categories(table: pd.DataFrame) -> pd.DataFrame:
    """Turn text into categories, which keep missing values where HDF5 strings cannot."""
    text = [name for name in table if table[name].dtype == object]
    categories = {name: pd.Categorical(table[name], sorted(table[name].dropna().unique())) for name in text}
    return table.assign(**{str(name): values for name, values in categories.items()})
