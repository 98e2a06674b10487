"""Look at the measurements of one omics: what cannot vary, what is missing, and what the transform cannot take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .checks import Checks, are, count, listing

#: More missing than this is no measurement of these patients.
MAX_MISSING = 0.5
#: Measurements beyond this were hardly put on a logarithmic or standardised scale.
LARGE = 1000.0
#: A batch needs as many patients for its mean and spread to be known; smaller ones are standardised all together.
MIN_BATCH = 10


def drop_useless(table: pd.DataFrame, item: str, path: str, max_missing: float, checks: Checks) -> pd.DataFrame:
    """Drop the features that are missing or the same in every patient, and fault an omics that is of no use.

    No split can use such a feature, so dropping it here tells the training patients nothing of the others.

    Parameters
    ----------
    table
        Patients of the cohort x features.
    item, path
        Name and file of the omics.
    max_missing
        ``preprocess.max_missing_feature``.
    checks
        Gets one row for each feature dropped.

    Returns
    -------
    pandas.DataFrame
        The features kept.
    """
    values = table.to_numpy()
    missing = np.isnan(values)
    share = missing.mean(axis=0)
    low = np.fmin.reduce(values, axis=0, initial=np.inf)  # of the numbers; NaN does not count
    high = np.fmax.reduce(values, axis=0, initial=-np.inf)
    empty, constant = share == 1, low == high
    for j in np.flatnonzero(empty | constant).tolist():
        check, value = ("all_missing", None) if empty[j] else ("constant", float(low[j]))
        message = "missing in every patient" if empty[j] else "the same in every patient"
        checks.add("feature", item, check, value, message, action="dropped", id=table.columns[j])
    useless = empty | constant
    gappy = (share > max_missing) & ~useless
    total = float(missing.mean()) if missing.size else 1.0
    if total > MAX_MISSING:
        checks.fault(
            f"{path}: {total:.1%} of the values of omics '{item}' are missing in the {len(table)} patients of the cohort. At "
            f"most {MAX_MISSING:.0%} may be: check how the table was joined, or leave this omics out."
        )
    elif (~useless & ~gappy).sum() < 2:
        checks.fault(
            f"{path}: omics '{item}' has {count(int((~useless & ~gappy).sum()), 'usable feature')} of {len(useless)} in the "
            f"{len(table)} patients of the cohort ({int(empty.sum())} missing in all, {int(constant.sum())} constant, "
            f"{int(gappy.sum())} missing in more than {max_missing:.0%}). At least 2 are needed: check the table, or leave "
            f"this omics out."
        )
    checks.add("omics", item, "features", len(useless), f"features in {path}")
    message = "features that vary between the patients of the cohort"
    checks.add("omics", item, "features_kept", int((~useless).sum()), message, action="kept")
    kept = table.loc[:, ~useless]
    checks.add("omics", item, "missing_share", float(missing[:, ~useless].mean()) if kept.size else None, "of the kept")
    if gappy.any():
        message = f"features missing in more than {max_missing:.0%} of the patients: each split drops those it finds"
        checks.add("omics", item, "features_gappy", int(gappy.sum()), message)
    return kept


def check_scale(table: pd.DataFrame, item: str, path: str, transform: str, checks: Checks) -> None:
    """Fault what the transform cannot take, and advise one where the scale asks for it.

    Parameters
    ----------
    table
        Patients of the cohort x features kept.
    item, path
        Name and file of the omics.
    transform
        ``none``, ``log2p1`` or ``rank_normal``.
    checks
        Gets the row or the fault.
    """
    values = table.to_numpy()
    low, high = (np.nanmin(values), np.nanmax(values)) if (~np.isnan(values)).any() else (0.0, 0.0)
    if transform == "log2p1" and low < 0:
        cells = np.argwhere(values < 0)
        row, column = cells[0]
        checks.fault(
            f"{path}: {count(len(cells), 'value')} {are(len(cells))} below 0 in omics '{item}', e.g. "
            f"{values[row, column]:g} (patient '{table.index[row]}', feature '{table.columns[column]}'). The transform log2p1 "
            f"takes values >= 0: use transform none or rank_normal for '{item}' if the values are logarithms or z-scores "
            f"already."
        )
    if transform != "none" or max(high, -low) <= LARGE:
        return
    if low >= 0:
        message = f"values from {low:g} to {high:g} look like counts or reads per million: consider transform log2p1"
    else:
        message = f"values from {low:g} to {high:g} have very heavy tails: consider transform rank_normal"
    checks.add("omics", item, "scale", float(max(high, -low)), message, action="advice")


def check_batches(batch: pd.Series, item: str, column: str, path: str, checks: Checks) -> None:
    """Say what is known of the batches of the cohort; a column empty for everybody is a fault.

    Parameters
    ----------
    batch
        Level by patient, NaN where not known.
    item, column, path
        Name of the omics, column of the batch and clinical table it is in.
    checks
        Gets the rows or the fault.
    """
    sizes = batch.value_counts().sort_index()
    if sizes.empty:
        checks.fault(
            f"{path}: column '{column}', the batch of omics '{item}', is empty for every patient of the cohort. Fill it in, "
            f"or remove batch from omics '{item}' in the config."
        )
        return
    shown = ", ".join(f"{level}: {size}" for level, size in sizes.items())
    small = sizes[sizes < MIN_BATCH]
    checks.add("omics", item, "batches", len(sizes), f"patients by {column}: {shown}", id=column)
    if batch.isna().any():
        message = f"patients whose {column} is not known"
        checks.add("omics", item, "batch_unknown", int(batch.isna().sum()), message, id=column)
    if len(sizes) > 2 and (sizes == 1).sum() > 0.5 * len(sizes):
        message = (
            f"{(sizes == 1).sum()} of the {len(sizes)} batches of {item} (column {column}) are of one patient: is {column} a "
            f"batch, such as a plate or a centre? Patients of batches with fewer than {MIN_BATCH} are corrected as all together"
        )
        checks.add("omics", item, "batch_no_batch", int((sizes == 1).sum()), message, action="warning", id=column)
    elif len(small):
        have = "has" if len(small) == 1 else "have"
        message = (
            f"{count(len(small), 'batch', 'batches')} of {item} (column {column}) {have} fewer than "
            f"{MIN_BATCH} patients, too few to know their mean and spread: "
            f"{listing((f'{level} has {size}' for level, size in small.items()), most=5, join=', ')}"
        )
        checks.add("omics", item, "batch_small", len(small), message, action="warning", id=column)
    if len(sizes) == 1:
        message = f"{column} is the same for every patient: correcting for it has no effect"
        checks.add("omics", item, "batch_single", str(sizes.index[0]), message, id=column)
