"""Turn an omics table so that its patients, who are those of the clinical table, stand in its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from .barcodes import read_barcodes
from .cells import is_missing
from .checks import Checks, are, count, duplicated, examples, listing, places
from .clinical import Clinical
from .ids import MIN_OVERLAP, ROUNDED_ADVICE, agreement_advice, alike, rounded, share, without_decimals
from .layouts import FEATURE_COLUMNS
from .matrix import Matrix
from .persons import samples_of_patients
from .plausible import spreadsheet_dates
from .samples import (
    AS_THEY_STAND,
    SampleRule,
    choose_samples,
    describe_samples,
    sample_fault,
    samples_beside_patients,
    samples_by_table,
)

#: Names of a column of ids that no feature bears (in lower case).
PATIENT_COLUMNS = frozenset(
    "patient|patient_id|patientid|patient id|sample|sample_id|sampleid|sample id|barcode|bcr_patient_barcode|submitter_id"
    "|case_submitter_id|subject|subject_id|participant".split("|")
)

#: A measurement as it is written.
DECIMAL = re.compile(r"-?\d+\.\d+(e[-+]?\d+)?", re.IGNORECASE)


def orient(
    matrix: Matrix, clinical: Clinical, item: str, checks: Checks, samples: SampleRule = AS_THEY_STAND
) -> pd.DataFrame | None:
    """Turn a table so that patients are in rows, by the ids it shares with the clinical table.

    Parameters
    ----------
    matrix
        As in the file.
    clinical
        The clinical table.
    item
        Name of the omics.
    checks
        Gets the orientation, and faults about ids and names.
    samples
        Which samples to take where the ids are of samples.

    Returns
    -------
    pandas.DataFrame or None
        Patients x features, both unique, or x genes where the matrix has these; None where the ids do not fit the clinical
        table.
    """
    axes = {"rows": matrix.rows, "columns": matrix.columns}
    ids: dict[str, Sequence[str | None]] = {}
    notes: dict[str, Checks] = {}
    barcodes: dict[str, bool] = {}
    for axis, names in axes.items():
        notes[axis] = Checks()
        chosen = choose_samples(names, samples, "omics", item, matrix.path, notes[axis])
        if chosen is None:
            chosen = samples_by_table(names, clinical.samples, item, matrix.path, notes[axis])
        barcodes[axis] = chosen is not None
        ids[axis] = chosen or without_decimals(names) or names
    shares = {axis: share({name for name in names if name}, clinical.patients) for axis, names in ids.items()}
    where = "columns" if shares["columns"] > shares["rows"] else "rows"
    in_columns = where == "columns"
    if notes[where].faults:
        checks.extend(notes[where])
        return None
    if max(shares.values()) < MIN_OVERLAP:
        checks.fault(_no_overlap(matrix, clinical))
        return None
    if matrix.genes is not None and matrix.genes.in_rows != in_columns:
        checks.fault(
            f"{matrix.path}: the names of its {where} ({examples(axes[where])}) are taken for patients, and "
            f"{matrix.genes.by.path} names features by them. Name the map of this platform."
        )
        return None
    if fault := _doubtful(matrix, ids, where, clinical):
        checks.fault(fault)
        return None
    checks.add("omics", item, "orientation", f"patients in {where}", f"{matrix.path} has its patients in {where}")
    checks.extend(notes[where])
    if not barcodes[where]:
        if fault := sample_fault(matrix.path, axes[where]):
            checks.fault(fault)
            return None
        describe_samples(matrix.path, axes[where], "omics", item, checks)
    patients, features = ids[where], axes["rows" if in_columns else "columns"]
    keep_patients = distinct_patients(matrix, patients, axes[where], in_columns, item, checks)
    if list(axes[where]) != list(patients) and not barcodes[where]:
        message = f"ids of {matrix.path} end in '.0', as pandas writes whole numbers where one is missing: read without"
        checks.add("omics", item, "ids_whole_numbers", len(patients), message)
    warn_of_alike(
        matrix.path, [name for name, keep in zip(patients, keep_patients, strict=True) if keep and name], item, checks
    )
    keep_features = _unique(matrix, features, "feature", in_columns, checks)
    values = matrix.values.T if in_columns else matrix.values
    if matrix.genes is not None:
        features, values = matrix.genes.names, matrix.genes.by_patient()
        keep_features = np.ones(len(features), bool)  # repeated and nameless features are faults
    index, columns = (pd.Index(list(names), dtype=object) for names in (patients, features))
    frame = pd.DataFrame(values, index, columns)
    return frame if keep_patients.all() and keep_features.all() else frame.loc[keep_patients, keep_features]


def _doubtful(matrix: Matrix, ids: Mapping[str, Sequence[str | None]], where: str, clinical: Clinical) -> str | None:
    """Refuse a table whose patients agree by chance: row numbers, numbers of genes, or a table without a header."""
    other = "rows" if where == "columns" else "columns"
    known = set(clinical.patients)
    features = [name or "" for name in ids[other]]
    beside = [name for name in features if name and (name == clinical.id_column or name.lower() in PATIENT_COLUMNS)]
    if beside:
        return (
            f"{matrix.path}: '{beside[0]}' stands among the features, and the names of its {where} "
            f"({examples(map(str, ids[where]))}) are taken for patients. If '{beside[0]}' holds the ids, make it the first "
            f"{'row' if where == 'columns' else 'column'} of the table, in the place of the running numbers; if it is a "
            f"measurement, rename it."
        )
    found = {axis: len({name for name in names if name} & known) for axis, names in ids.items()}
    if share(features, clinical.patients) >= MIN_OVERLAP:
        return (
            f"{matrix.path}: the names of both its rows ({examples(map(str, ids['rows']))}) and its columns "
            f"({examples(map(str, ids['columns']))}) are ids of {clinical.path} ({found['rows']} and {found['columns']} of "
            f"them). Which of the two are patients cannot be told: put a letter before the names of the features."
        )
    if found[where] < 0.5 * len(ids[where]) and (advice := agreement_advice(features, clinical.patients)):
        return (
            f"{matrix.path}: {found[where]} of the {len(ids[where])} names of its {where} "
            f"({examples(map(str, ids[where]))}) are ids of {clinical.path}, and those of its {other} "
            f"({examples(features)}) nearly are. {advice}"
        )
    if _measurements(features):
        return (
            f"{matrix.path}: the names of its {other} are numbers ({examples(features)}), so the first line holds "
            f"measurements and no names. Write a header above it: a name for every column."
        )
    return None


def _measurements(names: Sequence[str]) -> bool:
    """Tell whether names are measurements: decimal numbers, most of them."""
    part = names[:1000]
    return len(part) > 1 and sum(DECIMAL.fullmatch(name) is not None for name in part) > 0.5 * len(part)


def warn_of_alike(path: str, names: Sequence[str], item: str, checks: Checks) -> None:
    """Warn of different ids that may be one patient."""
    groups = alike(names)
    if groups:
        shown = listing((" and ".join(f"'{name}'" for name in group) for group in groups), join=", ")
        message = (
            f"ids of {path} differ only in case or separators ({shown}): if they are one patient, one trains what is "
            f"judged on the other"
        )
        checks.add("omics", item, "ids_alike", len(groups), message, action="warning")


def distinct_patients(
    matrix: Matrix, patients: Sequence[str | None], names: Sequence[str], in_columns: bool, item: str, checks: Checks
) -> np.ndarray:
    """Leave out the samples not chosen and the columns that describe features; fault empty and repeated names."""
    about = np.zeros(len(names), bool)
    if in_columns:
        about = np.array([name.lower() in FEATURE_COLUMNS for name in names])
        for i in np.flatnonzero(about).tolist():
            message = f"column '{names[i]}' of {matrix.path} describes the features and is no patient: left out"
            checks.add("omics", item, "feature_column", names[i], message, action="dropped", id=names[i])
    chosen = np.array([name is not None for name in patients])
    part = chosen & ~about
    wanted = [name or "" for name, one in zip(patients, part, strict=True) if one]
    positions = np.flatnonzero(part).tolist()
    keep = np.zeros(len(names), bool)
    keep[positions] = _unique(matrix, wanted, "patient", not in_columns, checks, positions)
    return keep


def _unique(
    matrix: Matrix,
    names: Sequence[str],
    noun: str,
    in_rows: bool,
    checks: Checks,
    positions: Sequence[int] | None = None,
) -> np.ndarray:
    """Fault empty and repeated names, which stand at `positions` of their axis; return which to go on with."""
    unit = matrix.unit if in_rows else "column"
    positions = range(len(names)) if positions is None else positions
    # The first column of the file holds the names of the rows.
    lines = [matrix.lines[i] if in_rows else i + 2 for i in positions]
    # A feature may be called NA or NONE; a patient may not.
    nameless: Callable[[str], bool] = is_missing if noun == "patient" else lambda name: not name
    empty = [line for line, name in zip(lines, names, strict=True) if nameless(name)]
    if empty:
        have = "has" if len(empty) == 1 else "have"
        checks.fault(
            f"{matrix.path}: {count(len(empty), noun)} {have} no name ({places(unit, empty)}). Every {noun} needs one: name "
            f"or remove them."
        )
    repeated = {name: where for name, where in duplicated(names).items() if not nameless(name)}
    if repeated:
        shown = listing(f"'{name}' in {places(unit, [lines[i] for i in where])}" for name, where in repeated.items())
        advice = {
            "patient": "Each patient must be there once: keep the row of one sample (the primary tumour) and remove the others."
            if in_rows
            else "Each patient must be there once: keep the column of one sample (the primary tumour) and remove the others.",
            "feature": "Names must be unique: remove, average or rename the others.",
        }[noun]
        if noun == "feature" and spreadsheet_dates(repeated):
            advice = (
                "A spreadsheet made dates of the names of genes (MARCH1 and MARC1 become '1-Mar'): take the names from the "
                "original table."
            )
        if noun == "patient" and rounded(repeated):
            advice = ROUNDED_ADVICE
        checks.fault(
            f"{matrix.path}: {count(len(repeated), noun)} {are(len(repeated))} there more than once: {shown}. {advice}"
        )
    first = ~pd.Series(names, dtype=object).duplicated().to_numpy()
    return first & np.array([not nameless(name) for name in names], dtype=bool)


def _no_overlap(matrix: Matrix, clinical: Clinical) -> str:
    """Say how the ids of two tables differ and, where it can be told, what would make them agree."""
    axes = {"rows": matrix.rows, "columns": matrix.columns}
    start = f"{matrix.path}: "
    for axis, names in axes.items():
        if bool(read_barcodes(names)) != bool(read_barcodes(list(clinical.patients))):
            words = samples_beside_patients(matrix.path, names, clinical.path) or samples_beside_patients(
                clinical.path, list(clinical.patients), matrix.path
            )
            found = len(set(names) & set(clinical.patients))
            ids = f"{examples(names)}) are ids of {clinical.path} ({examples(clinical.patients)})"
            if read_barcodes(names) or share([name[:12] for name in clinical.patients], names) >= MIN_OVERLAP:
                return f"{start}{found} of the {len(names)} names of its {axis} ({ids}. {words}"
    advised = {
        axis: samples_of_patients(matrix.path, names, list(clinical.patients))
        or agreement_advice(names, clinical.patients)
        for axis, names in axes.items()
    }
    overlap = {axis: share(names, clinical.patients) for axis, names in axes.items()}
    axis = next((one for one in axes if advised[one]), max(axes, key=lambda one: overlap[one]))
    names = axes[axis]
    advice = advised[axis] or "Use the same ids in both tables."
    if not advised[axis] and any(rounded(one) for one in (matrix.rows, matrix.columns, clinical.patients)):
        advice = ROUNDED_ADVICE
    elif not advised[axis] and _measurements(matrix.columns):
        advice = "The first line seems to hold measurements: write a header above it."
    least = f"At least {MIN_OVERLAP:.0%} of the patients of the smaller table must be in the other. {advice}"
    if not advised[axis] and not overlap[axis]:
        return (
            f"{start}neither its rows ({examples(matrix.rows)}) nor its columns ({examples(matrix.columns)}) are patients of "
            f"{clinical.path} ({examples(clinical.patients)}). {least}"
        )
    found = len(set(names) & set(clinical.patients))
    return (
        f"{start}{found} of the {len(names)} names of its {axis} ({examples(names)}) are ids of {clinical.path} "
        f"({examples(clinical.patients)}). {least}"
    )
