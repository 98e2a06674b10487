"""Read follow-up, covariates and batches from the clinical table, and say which patients cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .cells import is_missing
from .checks import Checks, are, count, examples, nearest
from .covariates import Reading, read_covariate
from .event_checks import check_unknown_events
from .events import decode_events, same_code
from .follow_up import TIMES_OF_DEAD, TIMES_OF_LIVING, Reasons, read_times, time_columns
from .format import ClinicalTable
from .header_rows import names_below
from .ids import clean_name
from .joined import join_tables
from .levels import one_spelling
from .patient_rows import index_patients
from .read import read_cells
from .samples import AS_THEY_STAND, SampleRule


@dataclass(frozen=True)
class Clinical:
    """What the clinical table says about each patient.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    id_column
        The column of ids.
    cells
        Text, patients (index, unique, in the order of the file) x columns.
    time
        Days; NaN where missing or not usable.
    event
        1 or 0; NaN where missing.
    covariates
        And, after them, annotations. Numbers where the known cells are numbers, else text; NaN where missing.
    reasons
        Patients without usable follow-up: short code and words for each reason.
    readings
        How each column of `covariates` was read.
    settings
        The ``clinical`` part of the config, with what the format of the table knows where the config says nothing.
    samples
        Patient by sample, where the table tells; of several samples of a patient the first counts.
    """

    path: str
    id_column: str
    cells: pd.DataFrame
    time: pd.Series
    event: pd.Series
    covariates: pd.DataFrame
    reasons: Reasons = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)

    @property
    def patients(self) -> pd.Index:
        """All ids of the table."""
        return self.cells.index

    @property
    def usable(self) -> pd.Index:
        """Ids of the patients with usable follow-up."""
        return self.patients[~self.patients.isin(list(self.reasons))]

    def levels(self, column: str) -> pd.Series:
        """Return a column as levels, NaN where not known; those that differ only in case are one."""
        return one_spelling(known(self.cells[column]))[0]


def known(cells: pd.Series) -> pd.Series:
    """Replace the cells that mean "not known" by NaN."""
    return cells.mask(cells.map(is_missing).astype(bool), np.nan)


def read_clinical(
    settings: Mapping[str, Any],
    base_dir: str | Path,
    checks: Checks,
    batches: Mapping[str, str],
    samples: SampleRule = AS_THEY_STAND,
    *,
    follow_up: bool = True,
) -> Clinical | None:
    """Read the clinical table of a cohort.

    Parameters
    ----------
    settings
        The ``clinical`` part of the config: path, format, join, patient, time, time_unit, drop_nonpositive_time, event,
        event_codes, covariates, annotations, groups, exclude.
    base_dir
        Folder the paths of the config start from.
    checks
        Gets rows and faults.
    batches
        Column of the batch by name of the omics.
    samples
        Which samples to take where the ids are of samples.
    follow_up
        Whether time and event must be there; else they are read where the config names them or the format knows them.

    Returns
    -------
    Clinical or None
        None when not even the ids could be read.
    """
    path = str(settings["path"])
    try:
        read = read_cells(settings, base_dir, checks)
        settings = with_roles(settings, read, checks, ("patient", "time", "event") if follow_up else ("patient",))
        cells = join_tables(read, settings, base_dir, samples, checks)
    except DataError as error:
        for fault in error.faults:
            checks.fault(fault)
        return None
    comments, id_column = read.comments, str(settings["patient"])
    kept = {column: key for key in ("annotations", "covariates") for column in settings.get(key) or []}
    columns = list(dict.fromkeys([*(settings.get("covariates") or []), *kept]))
    exclude = settings.get("exclude") or {}
    followed = settings.get("time") is not None and settings.get("event") is not None
    times, event_column = (time_columns(settings), str(settings["event"])) if followed else ([], "")
    wanted = {id_column: "clinical.patient", **dict.fromkeys(times, "clinical.time")}
    wanted |= {event_column: "clinical.event"} if followed else {}
    wanted |= {column: f"clinical.{kept[column]}" for column in columns if column not in wanted}
    wanted |= {column: "clinical.exclude" for column in exclude if column not in wanted}
    if settings.get("groups"):
        wanted.setdefault(str(settings["groups"]), "clinical.groups")
    wanted |= {column: f"batch of omics '{name}'" for name, column in batches.items() if column not in wanted}
    # The config may hold a name with a blank or an invisible character that the header has lost, or the other way round.
    spelt = {clean_name(column): column for column in wanted}
    cells.columns = pd.Index([spelt.get(str(column), str(column)) for column in cells.columns], dtype=object)
    if followed and {times[0], event_column} <= {*cells.iloc[:, 0]} and times[0] not in cells:
        checks.fault(
            f"{path}: '{times[0]}' and '{event_column}' stand in the first column, so each patient has a column. "
            f"The clinical table must have one row per patient: turn it round."
        )
        return None
    if below := names_below(path, cells, wanted):
        checks.fault(below)
        return None
    absent = _check_columns(path, list(cells.columns), wanted, comments, checks)
    _check_covariates(path, kept, times, settings, checks)
    if id_column in absent or cells.columns.tolist().count(id_column) > 1:
        return None
    indexed = index_patients(path, cells.loc[:, ~cells.columns.duplicated()], id_column, [*wanted], samples, checks)
    if indexed is None:
        return None
    cells = indexed

    empty = pd.Series(np.nan, index=cells.index, dtype=np.float64)
    time, event = empty, empty
    reasons: Reasons = {}
    for column in (column for column in exclude if column not in absent):
        _exclude(path, cells[column], [str(value) for value in exclude[column]], reasons, checks)
    if followed and event_column not in absent:
        event = decode_events(known(cells[event_column]), settings.get("event_codes"), path, checks)
        for patient in event.index[event.isna()]:
            reasons.setdefault(patient, []).append(("no_event", f"{event_column} is missing"))
    if followed and not absent & {*times}:
        named = [column for column in cells if column in {*times, *TIMES_OF_DEAD, *TIMES_OF_LIVING}]
        excluded = [patient for patient, why in reasons.items() if "excluded" in dict(why)]
        time = read_times(path, cells[named].apply(known), settings, event, reasons, checks)
        if event_column not in absent:
            check_unknown_events(path, cells[event_column], event, time, excluded, checks)
    readings = {column: read_covariate(known(cells[column])) for column in columns if column not in absent}
    table = pd.DataFrame({column: reading.values for column, reading in readings.items()}, index=cells.index)
    return Clinical(path, id_column, cells, time, event, table, reasons, readings, settings, read.samples)


def with_roles(
    settings: Mapping[str, Any],
    table: ClinicalTable,
    checks: Checks,
    needed: Sequence[str] = ("patient", "time", "event"),
) -> dict[str, Any]:
    """Fill the keys that say what the columns mean, where the config leaves them out and the format knows.

    Parameters
    ----------
    settings
        The ``clinical`` part of the config.
    table
        What was read.
    checks
        Gets a row for each key that is filled.
    needed
        Keys that must be known in the end.

    Raises
    ------
    DataError
        When neither says which columns hold the ids, the time and the event, as far as they are needed.
    """
    path, filled = str(settings["path"]), dict(settings)
    for key, value in table.roles.items():
        # The unit is that of the format's own columns of time.
        if filled.get(key) is None and (key != "time_unit" or filled.get("time") == table.roles.get("time")):
            filled[key] = value
            shown = ", ".join(value) if isinstance(value, list) else value
            message = f"clinical.{key}, which the config leaves out, as the format of {path} has it"
            checks.add("clinical", "clinical", f"{key}_by_format", shown, message)
    if absent := [key for key in needed if filled.get(key) is None]:
        what = {"patient": "column of the ids", "time": "that of the time", "event": "that of the event"}
        raise DataError(
            f"{path}: the config does not say {' and '.join(f'clinical.{key}' for key in absent)}, and the table is of no format "
            f"in which that is known. Name the {' and '.join(what[key] for key in absent)}; the columns are "
            f"{examples(table.cells.columns, most=12)}."
        )
    return filled


def _check_columns(path: str, columns: list[str], wanted: Mapping[str, str], comments: int, checks: Checks) -> set[str]:
    """Fault the columns that are absent or there twice; return the absent ones."""
    absent = {column for column in wanted if column not in columns}
    for column in wanted:
        if column in absent:
            advice = "Correct the name in the config."
            if wanted[column] == "clinical.patient" and columns[0] == "":
                advice = 'The first column has no name: if it holds the ids, write under clinical: patient: ""'
            elif wanted[column].startswith(("clinical.cov", "clinical.ann", "clinical.groups", "batch")):
                advice = (
                    "Correct the name in the config; if the column stands in another file, name that file under clinical: "
                    "join: [...]"
                )
            skipped = (
                f" ({count(comments, 'line')} above the header, comments, {are(comments)} skipped.)" if comments else ""
            )
            checks.fault(
                f"{path}: no column '{column}', which the config names as {wanted[column]}. {nearest(column, columns)} "
                f"{advice}{skipped}"
            )
        elif columns.count(column) > 1:
            checks.fault(
                f"{path}: {columns.count(column)} columns are called '{column}', which the config names as "
                f"{wanted[column]}. Names must be unique: rename or remove all but one."
            )
    return absent


def _check_covariates(
    path: str, kept: Mapping[str, str], times: Sequence[str], settings: Mapping[str, Any], checks: Checks
) -> None:
    """Fault the columns, each with its key of the config, that hold the follow-up or have its name."""
    for column, key in sorted(kept.items(), key=lambda item: item[1] != "covariates"):
        if column in (*times, settings.get("event"), settings["patient"]):
            checks.fault(
                f"{path}: clinical.{key} names '{column}', which is the column of ids, time or event itself. {key.capitalize()} "
                f"are what was known when follow-up began (age, sex, stage): remove it from clinical.{key}."
            )
        elif column in ("time", "event"):
            checks.fault(
                f"{path}: clinical.{key} names a column '{column}', a name that the cohort uses for the follow-up. "
                f"Rename the column in the table and in the config."
            )


def _exclude(path: str, cells: pd.Series, values: list[str], reasons: Reasons, checks: Checks) -> None:
    for value in values:
        hit = cells.index[cells.map(lambda cell, value=value: same_code(cell, value)).astype(bool)]
        for patient in hit:
            reasons.setdefault(patient, []).append(("excluded", f"excluded: {cells.name} is '{value}'"))
        if not len(hit):
            message = f"exclude: no patient has '{value}' in column '{cells.name}' of {path}"
            checks.add("clinical", "clinical", "exclude", 0, message, id=str(cells.name))
