"""One row of a clinical table per patient: the ids, samples chosen, and rows that repeat."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pandas as pd

from .cells import is_missing
from .checks import Checks, are, count, duplicated, listing, places
from .ids import ROUNDED_ADVICE, alike, clean_name, rounded, without_decimals
from .persons import MOSTLY_ONCE, people
from .samples import SampleRule, choose_samples, describe_samples, sample_fault


def index_patients(
    path: str, cells: pd.DataFrame, column: str, used: Sequence[str], samples: SampleRule, checks: Checks
) -> pd.DataFrame | None:
    """Put the ids into the index; fault empty and repeated ones and go on without them.

    Parameters
    ----------
    path
        For messages.
    cells
        Text, lines of the file (index, named after what a line is) x columns.
    column
        That of the ids.
    used
        Columns in which several rows of a patient must agree.
    samples
        Which samples to take where the ids are of samples.
    checks
        Gets rows and faults.

    Returns
    -------
    pandas.DataFrame or None
        Patients (unique, in the order of the file) x columns; None where rows are no patients.
    """
    unit = str(cells.index.name)
    ids = cells[column].map(clean_name)
    empty = ids.index[ids.map(is_missing).astype(bool)]
    if len(empty):
        checks.fault(
            f"{path}: column '{column}' is empty in {count(len(empty), 'row')} "
            f"({places(unit, empty.tolist())}). Every row needs the id of its patient: "
            f"fill in the ids or remove the rows."
        )
    if cleaned := int((ids != cells[column].str.strip()).sum()):
        message = f"ids of {path} had invisible characters or another Unicode form: made alike"
        checks.add("clinical", "clinical", "names_cleaned", cleaned, message, id=column)
    cells, ids = cells.drop(index=empty), ids.drop(index=empty)
    chosen = choose_samples(ids.tolist(), samples, "clinical", "clinical", path, checks)
    if chosen is not None:
        keep = [name is not None for name in chosen]
        if not any(keep):  # a fault
            return None
        cells, ids = cells.loc[keep], pd.Series(chosen, index=ids.index, dtype=object).loc[keep]
    elif fault := sample_fault(path, ids.tolist()):
        checks.fault(fault)
        return None
    else:
        describe_samples(path, ids.tolist(), "clinical", "clinical", checks)
    whole = without_decimals(ids.tolist())
    if whole is not None:
        message = f"ids of {path} end in '.0', as pandas writes whole numbers where one is missing: read without"
        checks.add("clinical", "clinical", "ids_whole_numbers", len(whole), message, id=column)
        ids = pd.Series(whole, index=ids.index, dtype=object)
    repeated = duplicated(ids)
    shared = [name for name in used if name in cells and name != column]
    differing = {name: _differing(cells[shared].iloc[where]) for name, where in repeated.items()}
    if repeated and not any(differing.values()) and not rounded(repeated):
        message = f"patients with several rows in {path} that agree in every column used (GDC has one per treatment): one is kept"
        checks.add("clinical", "clinical", "rows_merged", len(repeated), message, id=column)
    elif repeated:
        shown = listing(
            f"'{name}' in {places(unit, [ids.index[i] for i in where])}"
            for name, where in repeated.items()
            if differing[name]
        )
        names = listing((f"'{name}'" for name in dict.fromkeys(chain.from_iterable(differing.values()))), join=", ")
        n = sum(map(bool, differing.values()))
        advice = ROUNDED_ADVICE if rounded(repeated) else "Each patient must have one row: remove or merge the others."
        checks.fault(
            f"{path}: {count(n, 'patient')} {are(n)} listed more than once, with different {names}: {shown}. {advice}"
        )
    elif found := people({str(name): cells[name].tolist() for name in cells}, column):
        who, n = found
        rows = f"{path}: its {len(cells)} rows are of {n} people (column '{who}')"
        if n <= MOSTLY_ONCE * len(cells):
            checks.fault(
                f"{rows}, so a row is a sample or a visit and no patient; of two rows of a person one would train what is "
                f"judged on the other. Keep one row per person and name that column as clinical.patient: patient: {who}"
            )
            return None
        checks.add(
            "clinical", "clinical", "people", n, f"{rows}: are some rows of the same person?", action="warning", id=who
        )
    for group in alike(ids)[:1]:
        message = (
            f"ids of {path} differ only in case or separators ({' and '.join(map(repr, group))}): if they are one patient, "
            f"one trains what is judged on the other"
        )
        checks.add("clinical", "clinical", "ids_alike", len(alike(ids)), message, action="warning", id=column)
    return cells.set_axis(pd.Index(ids, name="patient", dtype=object)).loc[~ids.duplicated().to_numpy()]


def _differing(rows: pd.DataFrame) -> list[str]:
    """Return the columns in which the rows of one patient differ."""
    return [str(name) for name in rows if rows[name].nunique() > 1]
