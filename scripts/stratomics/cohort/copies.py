"""Measurements that are there twice, or are none: two omics that are one, patients with one profile, patients filled with zeros."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from .checks import Checks, count, examples, listing
from .measure import LARGE

#: Two omics are compared where at least this share of the smaller one's features and patients are in the other.
MIN_SHARED = 0.5

#: Omics are compared by so many features at a time: a table of methylation is not copied.
BLOCK = 1000

#: Written with more decimals, numbers are taken as they are.
DECIMALS = 6

#: Profiles of fewer features, or of fewer different values, may agree by chance.
MIN_FEATURES = 5

#: A value that others have in more of their features (a sparse table) may fill a profile by chance.
MAX_USUAL = 0.2


def check_same_omics(tables: Mapping[str, pd.DataFrame], paths: Mapping[str, str], checks: Checks) -> None:
    """Fault two omics that hold the same measurements, and warn where one holds a part of the other.

    The order of patients and features does not count, nor rounding, nor patients that only one of them has.

    Parameters
    ----------
    tables
        Patients x features by name of the omics.
    paths
        Files by name of the omics.
    checks
        Gets the faults and rows.
    """
    items = list(tables)
    for i, one in enumerate(items):
        for other in items[i + 1 :]:
            patients, features = _same(tables[one], tables[other])
            smaller, larger = sorted((one, other), key=lambda item: tables[item].shape[1])
            if features > 0.9 * tables[larger].shape[1]:
                checks.fault(
                    f"{paths[one]} and {paths[other]}: omics '{one}' and '{other}' hold the same {features} measurements of "
                    f"the same {patients} patients. Each omics must be a table of its own: correct the path of one, or remove it."
                )
            elif features:
                message = (
                    f"{features} of the {tables[smaller].shape[1]} features of {paths[smaller]} hold the same measurements as in "
                    f"{paths[larger]} and count twice: leave them out of one of the two, unless that is meant"
                )
                checks.add("omics", smaller, "features_of_another", features, message, action="warning")


def _same(one: pd.DataFrame, other: pd.DataFrame) -> tuple[int, int]:
    """Return of how many patients how many features are the same in both tables; zeros where they are not."""
    patients = one.index.intersection(other.index)
    if len(patients) < max(2, MIN_SHARED * min(len(one), len(other))):
        return 0, 0
    shared = one.columns.intersection(other.columns)
    pairs = []
    if len(shared) >= max(2, MIN_SHARED * min(one.shape[1], other.shape[1])):
        pairs.append((one.columns.get_indexer(shared), other.columns.get_indexer(shared)))
    if one.shape[1] == other.shape[1]:  # the names may be of another kind
        pairs.append((np.arange(one.shape[1]), np.arange(one.shape[1])))
    rows = one.index.get_indexer(patients), other.index.get_indexer(patients)
    for columns in pairs:
        told = 0
        for start in range(0, len(columns[0]), BLOCK):
            first, second = (
                table.to_numpy()[np.ix_(row, column[start : start + BLOCK])]
                for table, row, column in zip((one, other), rows, columns, strict=True)
            )
            equal = _equal(first, second)
            if equal is None:
                break
            told += equal
        else:
            if told:
                return len(patients), len(columns[0])
    return 0, 0


def _equal(one: np.ndarray, other: np.ndarray) -> int | None:
    """Return how many columns vary and are equal but for rounding; None where some differ."""
    known = ~(np.isnan(one) | np.isnan(other))
    if known.sum() < 0.5 * known.size:
        return None
    one, other = np.where(known, one, 0), np.where(known, other, 0)
    varying = (one != one[0]).any(axis=0) & (other != other[0]).any(axis=0)
    decimals = min(_decimals(one), _decimals(other))
    rounding = 0.5005 * 10.0**-decimals if decimals < DECIMALS else 0.0
    close = np.abs(one - other) <= rounding + 1e-5 * np.abs(one)
    return int(varying.sum()) if close[:, varying].all() else None


def _decimals(values: np.ndarray) -> int:
    """Return with how many decimals numbers are written."""
    for decimals in range(DECIMALS):
        if np.allclose(values, np.round(values, decimals), rtol=1e-6, atol=1e-7):
            return decimals
    return DECIMALS


def check_profiles(table: pd.DataFrame, item: str, path: str, checks: Checks) -> None:
    """Warn of patients with the same value in every feature, and of patients with the same profile.

    Whole numbers (mutations, calls of copy number) may agree; counts of reads and continuous measurements do not.

    Parameters
    ----------
    table
        Patients of the cohort x features kept.
    item, path
        Name and file of the omics.
    checks
        Gets the rows.
    """
    values = table.to_numpy()
    if values.shape[1] < MIN_FEATURES:
        return
    low = np.fmin.reduce(values, axis=1, initial=np.inf)  # of the numbers; NaN does not count
    high = np.fmax.reduce(values, axis=1, initial=-np.inf)
    if max(high.max(), -low.min()) <= LARGE and all(
        np.array_equal(row, np.rint(row), equal_nan=True) for row in values
    ):
        return
    flat = low == high
    if flat.any() and not flat.all():
        value = float(np.median(low[flat]))
        filled = flat & (low == value)
        usual = float((values == np.float32(value))[~flat].mean())
        if usual < MAX_USUAL:
            names = table.index[filled]
            have = "has" if len(names) == 1 else "have"
            message = (
                f"{count(len(names), 'patient')} of {path} {have} the same value, {value:g}, in all {values.shape[1]} features "
                f"({examples(names)}): if they were not measured, leave them out of the table or write NA"
            )
            checks.add("omics", item, "constant_patients", len(names), message, action="warning")
    groups: dict[bytes, list[str]] = {}
    for name, row, one in zip(table.index, values, low < high, strict=True):
        if one:
            groups.setdefault(hashlib.sha256(row.tobytes()).digest(), []).append(name)
    twins = [
        names for names in groups.values() if len(names) > 1 and len(np.unique(table.loc[names[0]])) >= MIN_FEATURES
    ]
    if twins:
        shown = listing((" and ".join(f"'{name}'" for name in names[:3]) for names in twins), join=", ")
        message = (
            f"patients of {path} have the same {values.shape[1]} measurements ({shown}): if one sample is there under several ids, "
            f"one trains what is judged on the other; keep it once"
        )
        checks.add("omics", item, "identical_patients", len(twins), message, action="warning")
