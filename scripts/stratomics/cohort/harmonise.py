"""Bring the omics tables and the clinical table to the same patients."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

import numpy as np
import pandas as pd

from .checks import Checks, are, count, duplicated, examples, listing, places
from .clinical import Clinical
from .read import Matrix, is_missing

#: The smaller of two tables must find at least this share of its patients in the other.
MIN_OVERLAP = 0.5


def orient(matrix: Matrix, clinical: Clinical | None, item: str, checks: Checks) -> pd.DataFrame | None:
    """Turn a table so that patients are in rows, by the ids it shares with the clinical table.

    Parameters
    ----------
    matrix
        As in the file.
    clinical
        None when it could not be read: then rows are taken for patients.
    item
        Name of the omics.
    checks
        Gets the orientation, and faults about ids and names.

    Returns
    -------
    pandas.DataFrame or None
        Patients x features, both unique; None where the ids do not fit the clinical table.
    """
    in_columns = False
    if clinical is not None:
        shares = {axis: _share(names, clinical.patients) for axis, names in _axes(matrix).items()}
        in_columns = shares["columns"] > shares["rows"]
        if max(shares.values()) < MIN_OVERLAP:
            checks.fault(_no_overlap(matrix, clinical))
            return None
        where = "columns" if in_columns else "rows"
        checks.add("omics", item, "orientation", f"patients in {where}", f"{matrix.path} has its patients in {where}")
    patients, features = (matrix.columns, matrix.rows) if in_columns else (matrix.rows, matrix.columns)
    values = matrix.values.T if in_columns else matrix.values
    keep = [
        _unique(matrix, patients, "patient", not in_columns, checks),
        _unique(matrix, features, "feature", in_columns, checks),
    ]
    frame = pd.DataFrame(values, index=pd.Index(patients, dtype=object), columns=pd.Index(features, dtype=object))
    return frame if all(one.all() for one in keep) else frame.loc[keep[0], keep[1]]


def choose_patients(
    cohort: str, clinical: Clinical, tables: Mapping[str, pd.DataFrame], max_missing: float, checks: Checks
) -> list[str]:
    """Choose the patients that every table and the follow-up allow, and account for all others.

    Parameters
    ----------
    cohort
        Its name.
    clinical
        With the reasons against patients that follow from it.
    tables
        Patients x features by name of the omics.
    max_missing
        Largest share of an omics' features that may be missing; features missing in everybody do not count.
    checks
        Gets one row for each patient left out, with all the reasons.

    Returns
    -------
    list of str
        In the order of the clinical table.
    """
    reasons = {patient: list(found) for patient, found in clinical.reasons.items()}
    for item, table in tables.items():
        for patient in clinical.patients[~clinical.patients.isin(table.index)]:
            reasons.setdefault(patient, []).append((f"absent_{item}", f"not in {item}"))
    candidates = [patient for patient in clinical.patients if patient not in reasons]
    for item, table in tables.items():
        present = table.index.intersection(clinical.patients)
        missing = np.isnan(table.to_numpy())
        judges = table.index.isin(candidates) if candidates else np.ones(len(table), bool)
        measured = ~missing[judges].all(axis=0)
        share = pd.Series(missing[:, measured].mean(axis=1) if measured.any() else 0.0, index=table.index)[present]
        for patient, value in share[share > max_missing].items():
            text = f"{value:.1%} of {item} missing (most allowed: {max_missing:.0%})"
            reasons.setdefault(str(patient), []).append((f"missing_{item}", text))
    kept = [patient for patient in clinical.patients if patient not in reasons]
    for patient in clinical.patients[clinical.patients.isin(list(reasons))]:
        codes, words = zip(*reasons[patient], strict=True)
        checks.add("patient", cohort, "left_out", ";".join(codes), "; ".join(words), action="dropped", id=patient)
    strangers: dict[str, list[str]] = {}
    for item, table in tables.items():
        for patient in table.index[~table.index.isin(clinical.patients)]:
            strangers.setdefault(patient, []).append(item)
    for patient, items in strangers.items():
        message = f"not in the clinical table (found in {', '.join(items)})"
        checks.add("patient", cohort, "not_in_clinical", ";".join(items), message, action="dropped", id=patient)
    return kept


def _axes(matrix: Matrix) -> dict[str, list[str]]:
    return {"rows": matrix.rows, "columns": matrix.columns}


def _share(names: Collection[str], patients: Collection[str]) -> float:
    """Share of the smaller set that the larger one holds."""
    one, other = set(names), set(patients)
    return len(one & other) / max(1, min(len(one), len(other)))


def _unique(matrix: Matrix, names: list[str], noun: str, in_rows: bool, checks: Checks) -> np.ndarray:
    """Fault empty and repeated names; return which to go on with."""
    unit = matrix.unit if in_rows else "column"
    # The first column of the file holds the names of the rows.
    lines = matrix.lines if in_rows else list(range(2, len(names) + 2))
    empty = [lines[i] for i, name in enumerate(names) if not name]
    if noun == "patient":
        empty = [lines[i] for i, name in enumerate(names) if is_missing(name)]
    if empty:
        have = "has" if len(empty) == 1 else "have"
        checks.fault(
            f"{matrix.path}: {count(len(empty), noun)} {have} no name ({places(unit, empty)}). Every {noun} needs one: name "
            f"or remove them."
        )
    repeated = {name: where for name, where in duplicated(names).items() if name}
    if repeated:
        shown = listing(f"'{name}' in {places(unit, [lines[i] for i in where])}" for name, where in repeated.items())
        advice = {
            "patient": "Each patient must be there once: keep one sample of each, or average them.",
            "feature": "Names must be unique: remove, average or rename the others.",
        }[noun]
        checks.fault(
            f"{matrix.path}: {count(len(repeated), noun)} {are(len(repeated))} there more than once: {shown}. {advice}"
        )
    first = ~pd.Series(names, dtype=object).duplicated().to_numpy()
    return first & np.array([not is_missing(name) if noun == "patient" else bool(name) for name in names])


def _no_overlap(matrix: Matrix, clinical: Clinical) -> str:
    """Say how the ids of two tables differ and, where it can be told, what would make them agree."""
    axes = _axes(matrix)
    axis = max(axes, key=lambda name: _share(axes[name], clinical.patients))
    advice = "Use the same ids in both tables."
    rewrites: list[tuple[str, Callable[[str], str]]] = [
        ("The ids differ only in upper and lower case: write them alike.", str.lower),
        ("The ids differ only in leading zeros: write them alike, as text.", lambda name: name.lstrip("0")),
        ("The ids differ only in their separators (R writes '.' for '-'): write them alike.", _plain),
    ]
    recognised = [
        (name, words)
        for words, rewrite in rewrites
        for name in axes
        if _share({*map(rewrite, axes[name])}, {*map(rewrite, clinical.patients)}) >= MIN_OVERLAP
    ]
    recognised += [(name, words) for name in axes for words in _shorten(axes[name], clinical.patients)]
    if recognised:
        axis, advice = recognised[0]
    names = axes[axis]
    return (
        f"{matrix.path}: {len(set(names) & set(clinical.patients))} of its {len(names)} patients ({examples(names)}) are in "
        f"{clinical.path} ({examples(clinical.patients)}). At least {MIN_OVERLAP:.0%} of the patients of the smaller table "
        f"must be in the other. {advice}"
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def _shorten(names: Collection[str], patients: Collection[str]) -> list[str]:
    """Recognise barcodes of samples among ids of patients: the same start, but longer."""
    found = []
    for longer, shorter, words in ((names, patients, "ids of this table"), (patients, names, "clinical ids")):
        length = min(map(len, shorter), default=0)
        example = next((name for name in longer if len(name) > length > 0), None)
        if example and _share({_plain(name[:length]) for name in longer}, {*map(_plain, shorter)}) >= MIN_OVERLAP:
            found.append(
                f"Shorten the {words} to their first {length} characters ('{example}' to '{example[:length]}')."
            )
    return found
