"""Turn a table so that patients are in rows by the features it should have, where no clinical table tells who the patients are."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from .checks import Checks, examples
from .ids import without_decimals
from .matrix import Matrix
from .orient import distinct_patients, warn_of_alike
from .samples import SampleRule, choose_samples, describe_samples, sample_fault, samples_by_table
from .symbols import feature_key


def orient_by_features(
    matrix: Matrix,
    features: Collection[str],
    item: str,
    checks: Checks,
    samples: SampleRule,
    patient_of: Mapping[str, str] | None = None,
) -> pd.DataFrame | None:
    """Turn a table so that patients are in rows.

    Parameters
    ----------
    matrix
        As in the file.
    features
        Of which it should have some, whatever their case, separators and versions.
    item
        Name of the omics.
    checks
        Gets the orientation, and faults about ids and names.
    samples
        Which samples to take where the ids are of samples.
    patient_of
        Patient by sample, where a clinical table tells.

    Returns
    -------
    pandas.DataFrame or None
        Patients (unique) x features (as in the file, one name perhaps several times); None where the table has none of the
        features, or its patients cannot be told.
    """
    wanted = set(map(feature_key, features))
    axes = {"rows": matrix.rows, "columns": matrix.columns}
    if matrix.genes is not None:
        axes["rows" if matrix.genes.in_rows else "columns"] = matrix.genes.names
    found = {axis: len(wanted.intersection(map(feature_key, names))) for axis, names in axes.items()}
    if not max(found.values()):
        checks.fault(
            f"{matrix.path}: none of the {len(features)} features that the model has of {item} ({examples(features)}) is "
            f"among its rows ({examples(axes['rows'])}) or its columns ({examples(axes['columns'])}). Give the table of this "
            f"omics, with the names of features that the model was fitted with; `map` brings probes to genes."
        )
        return None
    in_columns = found["rows"] > found["columns"]
    where = "columns" if in_columns else "rows"
    names = axes[where]
    checks.add("omics", item, "orientation", f"patients in {where}", f"{matrix.path} has its patients in {where}")
    before = len(checks.faults)
    ids = choose_samples(names, samples, "omics", item, matrix.path, checks)
    if ids is None:
        ids = samples_by_table(names, patient_of or {}, item, matrix.path, checks)
    if len(checks.faults) > before:
        return None
    if ids is None:
        if fault := sample_fault(matrix.path, names):
            checks.fault(fault)
            return None
        describe_samples(matrix.path, names, "omics", item, checks)
    patients = ids or without_decimals(names) or list(names)
    keep = distinct_patients(matrix, patients, names, in_columns, item, checks)
    warn_of_alike(matrix.path, [name for name, one in zip(patients, keep, strict=True) if one and name], item, checks)
    values = matrix.values.T if in_columns else matrix.values
    if matrix.genes is not None:
        values = matrix.genes.by_patient()
    index, columns = (
        pd.Index(list(patients), dtype=object),
        pd.Index(axes["rows" if in_columns else "columns"], dtype=object),
    )
    return pd.DataFrame(values, index=index, columns=columns).loc[keep]
