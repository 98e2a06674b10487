"""Read follow-up, covariates and batches from the clinical table, and say which patients cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .checks import Checks, are, count, duplicated, examples, listing, nearest, places
from .events import decode_events, same_code
from .read import is_missing, number, read_cells

#: More zero or negative times than this share mean a wrong column or unit, not a few odd patients.
MAX_UNUSABLE_TIMES = 0.05


@dataclass(frozen=True)
class Clinical:
    """What the clinical table says about each patient.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    cells
        Text, patients (index, unique, in the order of the file) x columns.
    time
        Days; NaN where missing or not usable.
    event
        1 or 0; NaN where missing.
    covariates
        And, after them, annotations. Numbers where every known cell is one, else text; NaN where missing.
    reasons
        Patients without usable follow-up: short code and words for each reason.
    """

    path: str
    cells: pd.DataFrame
    time: pd.Series
    event: pd.Series
    covariates: pd.DataFrame
    reasons: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def patients(self) -> pd.Index:
        """All ids of the table."""
        return self.cells.index

    @property
    def usable(self) -> pd.Index:
        """Ids of the patients with usable follow-up."""
        return self.patients[~self.patients.isin(list(self.reasons))]

    def batch(self, column: str) -> pd.Series:
        """Return a column as levels, NaN where not known."""
        return known(self.cells[column])


def known(cells: pd.Series) -> pd.Series:
    """Replace the cells that mean "not known" by NaN."""
    return cells.mask(cells.map(is_missing).astype(bool), np.nan)


def read_clinical(
    settings: Mapping[str, Any], base_dir: str | Path, checks: Checks, batches: Mapping[str, str]
) -> Clinical | None:
    """Read the clinical table of a cohort.

    Parameters
    ----------
    settings
        The ``clinical`` part of the config: path, patient, time, event, covariates, annotations, exclude, event_codes.
    base_dir
        Folder the paths of the config start from.
    checks
        Gets rows and faults.
    batches
        Column of the batch by name of the omics.

    Returns
    -------
    Clinical or None
        None when not even the ids could be read.
    """
    path = str(settings["path"])
    try:
        cells = read_cells(path, base_dir, checks)
    except DataError as error:
        for fault in error.faults:
            checks.fault(fault)
        return None
    kept = {column: key for key in ("annotations", "covariates") for column in settings.get(key) or []}
    columns = list(dict.fromkeys([*(settings.get("covariates") or []), *kept]))
    exclude = settings.get("exclude") or {}
    wanted = {settings[key]: f"clinical.{key}" for key in ("patient", "time", "event")}
    wanted |= {column: f"clinical.{kept[column]}" for column in columns if column not in wanted}
    wanted |= {column: "clinical.exclude" for column in exclude if column not in wanted}
    wanted |= {column: f"batch of omics '{name}'" for name, column in batches.items() if column not in wanted}
    if {settings["time"], settings["event"]} <= {*cells.iloc[:, 0]} and settings["time"] not in cells:
        checks.fault(
            f"{path}: '{settings['time']}' and '{settings['event']}' stand in the first column, so each patient has a column. "
            f"The clinical table must have one row per patient: turn it round."
        )
        return None
    absent = _check_columns(path, list(cells.columns), wanted, checks)
    _check_covariates(path, kept, settings, checks)
    if settings["patient"] in absent or cells.columns.tolist().count(settings["patient"]) > 1:
        return None
    cells = _index_patients(path, cells.loc[:, ~cells.columns.duplicated()], settings["patient"], checks)

    empty = pd.Series(np.nan, index=cells.index, dtype=np.float64)
    time, event = empty, empty
    reasons: dict[str, list[tuple[str, str]]] = {}
    for column in (column for column in exclude if column not in absent):
        _exclude(path, cells[column], [str(value) for value in exclude[column]], reasons, checks)
    if settings["event"] not in absent:
        event = decode_events(known(cells[settings["event"]]), settings.get("event_codes"), path, checks)
        for patient in event.index[event.isna()]:
            reasons.setdefault(patient, []).append(("no_event", f"{settings['event']} is missing"))
    if settings["time"] not in absent:
        time = _times(path, cells[settings["time"]], reasons, checks)
    present = [column for column in columns if column not in absent]
    table = pd.DataFrame({column: _covariate(known(cells[column])) for column in present}, index=cells.index)
    return Clinical(path, cells, time, event, table, reasons)


def _check_columns(path: str, columns: list[str], wanted: Mapping[str, str], checks: Checks) -> set[str]:
    """Fault the columns that are absent or there twice; return the absent ones."""
    absent = {column for column in wanted if column not in columns}
    for column in wanted:
        if column in absent:
            checks.fault(
                f"{path}: no column '{column}', which the config names as {wanted[column]}. {nearest(column, columns)} "
                f"Correct the name in the config."
            )
        elif columns.count(column) > 1:
            checks.fault(
                f"{path}: {columns.count(column)} columns are called '{column}', which the config names as "
                f"{wanted[column]}. Names must be unique: rename or remove all but one."
            )
    return absent


def _check_covariates(path: str, kept: Mapping[str, str], settings: Mapping[str, Any], checks: Checks) -> None:
    """Fault the columns, each with its key of the config, that hold the follow-up or have its name."""
    for column, key in sorted(kept.items(), key=lambda item: item[1] != "covariates"):
        if column in (settings["time"], settings["event"], settings["patient"]):
            checks.fault(
                f"{path}: clinical.{key} names '{column}', which is the column of ids, time or event itself. {key.capitalize()} "
                f"are what was known when follow-up began (age, sex, stage): remove it from clinical.{key}."
            )
        elif column in ("time", "event"):
            checks.fault(
                f"{path}: clinical.{key} names a column '{column}', a name that the cohort uses for the follow-up. "
                f"Rename the column in the table and in the config."
            )


def _index_patients(path: str, cells: pd.DataFrame, column: str, checks: Checks) -> pd.DataFrame:
    """Put the ids into the index; fault empty and repeated ones and go on without them."""
    ids = cells[column]
    empty = ids.index[ids.map(is_missing).astype(bool)]
    if len(empty):
        checks.fault(
            f"{path}: column '{column}' is empty in {count(len(empty), 'row')} "
            f"({places(str(ids.index.name), empty.tolist())}). Every row needs the id of its patient: "
            f"fill in the ids or remove the rows."
        )
    cells, ids = cells.drop(index=empty), ids.drop(index=empty)
    repeated = duplicated(ids)
    if repeated:
        shown = listing(
            f"'{name}' in {places(str(ids.index.name), [ids.index[i] for i in where])}"
            for name, where in repeated.items()
        )
        checks.fault(
            f"{path}: {count(len(repeated), 'patient')} {are(len(repeated))} listed more than once: {shown}. "
            f"Each patient must have one row: remove or merge the others."
        )
    return cells.set_axis(pd.Index(ids, name="patient", dtype=object)).loc[~ids.duplicated().to_numpy()]


def _exclude(
    path: str, cells: pd.Series, values: list[str], reasons: dict[str, list[tuple[str, str]]], checks: Checks
) -> None:
    for value in values:
        hit = cells.index[cells.map(lambda cell, value=value: same_code(cell, value)).astype(bool)]
        for patient in hit:
            reasons.setdefault(patient, []).append(("excluded", f"excluded: {cells.name} is '{value}'"))
        if not len(hit):
            message = f"exclude: no patient has '{value}' in column '{cells.name}' of {path}"
            checks.add("clinical", "clinical", "exclude", 0, message, id=str(cells.name))


def _times(path: str, cells: pd.Series, reasons: dict[str, list[tuple[str, str]]], checks: Checks) -> pd.Series:
    """Read the times; those that are missing, zero or negative become NaN with a reason."""
    bad: list[tuple[str, str]] = []
    values = []
    for patient, cell in cells.items():
        try:
            value = number(cell)
        except ValueError:
            value = np.nan
            bad.append((str(patient), cell))
        values.append(value)
    time = pd.Series(values, index=cells.index, dtype=np.float64)
    if bad:
        shown = listing(f"'{cell}' (patient '{patient}')" for patient, cell in bad)
        checks.fault(
            f"{path}: column '{cells.name}' has {count(len(bad), 'cell')} that {are(len(bad))} no number: {shown}. "
            f"Times are days, or empty, NA and the like where missing: correct them."
        )
    infinite = time.index[np.isinf(time)]
    if len(infinite):
        checks.fault(
            f"{path}: column '{cells.name}' has {count(len(infinite), 'infinite time')} (patients "
            f"{examples(infinite)}). Times are days: correct them, or write NA where a time is missing."
        )
    unusable = time.index[time <= 0]
    if len(unusable) > MAX_UNUSABLE_TIMES * time.notna().sum():
        checks.fault(
            f"{path}: column '{cells.name}' has {len(unusable)} times <= 0 among {time.notna().sum()} (patients "
            f"{examples(unusable)}). Follow-up must be > 0 days; a few such patients are left out, but more than "
            f"{MAX_UNUSABLE_TIMES:.0%} mean a wrong column or unit: correct clinical.time or the table."
        )
    for patient, value in time.items():
        if value > 0:
            continue
        code, word = ("no_time", "missing") if np.isnan(value) else ("zero_time", "0")
        if value < 0:
            code, word = "negative_time", f"negative ({value:g})"
        reasons.setdefault(str(patient), []).append((code, f"{cells.name} is {word}"))
    return time.where(time > 0)


def _covariate(cells: pd.Series) -> pd.Series:
    """Read as numbers where every known cell is one, else leave as text."""
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.astype(np.float64) if (numbers.notna() | cells.isna()).all() else cells
