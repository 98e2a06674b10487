"""Read the times of follow-up, from one column or several, and say which cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .cells import advice_on, number, points_fault
from .checks import Checks, are, count, examples, listing
from .time_checks import UNITS, calendar_years, check_times, unit_of

#: Patients with the event (or those without) have lost their times when fewer than this share have one, and the others have
#: far more. A smaller difference is a warning: who is left out must not depend on the outcome.
LOST = 0.5
UNEVEN = 0.1

#: A time as R prints it.
CENSORED_TIME = re.compile(r"\d+(\.\d+)?\s*\+", re.ASCII)

#: Columns of GDC and older TCGA tables with the times of the dead and of the living.
TIMES_OF_DEAD = ("days_to_death", "death_days_to", "demographic.days_to_death")
TIMES_OF_LIVING = (
    "days_to_last_follow_up",
    "days_to_last_followup",
    "last_contact_days_to",
    "diagnoses.days_to_last_follow_up",
    "follow_ups.days_to_follow_up",
)

#: Why patients cannot be used: short code and words, by patient.
Reasons = dict[str, list[tuple[str, str]]]


def read_times(
    path: str, cells: pd.DataFrame, settings: Mapping[str, Any], event: pd.Series, reasons: Reasons, checks: Checks
) -> pd.Series:
    """Read the times in days; those that are missing, zero or negative become NaN with a reason.

    Parameters
    ----------
    path
        Of the clinical table, for messages.
    cells
        Text, NaN where not known, patients x columns; the columns of time and those that messages may name.
    settings
        Of the config, ``time`` (a column, or several of which the first known cell of a patient counts), ``time_unit`` and
        ``drop_nonpositive_time``.
    event
        1, 0 or NaN by patient.
    reasons
        Gets why a patient has no usable time.
    checks
        Gets rows and faults.

    Returns
    -------
    pandas.Series
        Days, named as the column(s).
    """
    columns = time_columns(settings)
    before = len(checks.faults)
    known = [_numbers(path, cells[column], checks) for column in columns]
    readable = len(checks.faults) == before  # else what is missing, or odd, follows from that
    time = known[0]
    for other in known[1:]:
        time = time.where(time.notna(), other)
    name = " / ".join(columns)
    # A year of death has no unit that could be written.
    unit = "days" if calendar_years(time) else unit_of(path, columns, settings.get("time_unit"), checks)
    found, time = time.rename(name), (time * UNITS[unit]).rename(name)
    if len(columns) > 1:
        taken = [int(one.notna().sum()) for one in known]
        message = f"patients with {' and with '.join(columns)}, of which the first known counts"
        checks.add("clinical", "clinical", "time_columns", ", ".join(map(str, taken)), message)
        _check_order(columns, known, event, checks)
    if readable:
        _check_lost(path, columns, time, event, cells, checks)
        _check_deaths(columns, time, event, cells, checks)
        check_times(path, found, unit, bool(settings.get("drop_nonpositive_time")), checks)
    for patient, value in time.items():
        if value > 0:
            continue
        code, word = ("no_time", "missing") if np.isnan(value) else ("zero_time", "0")
        if value < 0:
            code, word = "negative_time", f"negative ({value / UNITS[unit]:g})"
        reasons.setdefault(str(patient), []).append((code, f"{name} is {word}"))
    return time.where(time > 0)


def time_columns(settings: Mapping[str, Any]) -> list[str]:
    """Return the columns of time that the config names."""
    time = settings["time"]
    return [time] if isinstance(time, str) else list(time)


def _numbers(path: str, cells: pd.Series, checks: Checks) -> pd.Series:
    bad: list[tuple[str, str]] = []
    values = []
    for patient, cell in cells.items():
        try:
            value = number("" if isinstance(cell, float) else cell)
        except ValueError:
            value = np.nan
            bad.append((str(patient), cell))
        values.append(value)
    time = pd.Series(values, index=cells.index, dtype=np.float64)
    if bad:
        shown = listing(f"'{cell}' (patient '{patient}')" for patient, cell in bad)
        advice = advice_on([cell for _, cell in bad]) or "Correct them."
        if all(CENSORED_TIME.fullmatch(cell.strip()) for _, cell in bad):
            advice = (
                "The + marks a censored time: write the number alone, and in the column of the event who is censored."
            )
        checks.fault(
            f"{path}: column '{cells.name}' has {count(len(bad), 'cell')} that {are(len(bad))} no number: {shown}. "
            f"Times are numbers, or empty, NA and the like where missing. {advice}"
        )
    elif words := points_fault(cells.dropna()):
        checks.fault(f"{path}: column '{cells.name}' {words}")
    infinite = time.index[np.isinf(time)]
    if len(infinite):
        checks.fault(
            f"{path}: column '{cells.name}' has {count(len(infinite), 'infinite time')} (patients "
            f"{examples(infinite)}). Times are finite: correct them, or write NA where a time is missing."
        )
    return time.where(np.isfinite(time))


def _check_order(columns: Sequence[str], known: Sequence[pd.Series], event: pd.Series, checks: Checks) -> None:
    """Warn of several columns that contradict each other, or the first of which some patients with the event lack."""
    died, first, second = event == 1, *known[:2]
    # Of the dead (or relapsed) alone: the living have no such time.
    of_event = (first.notna() & (event == 0)).sum() <= UNEVEN * (event == 0).sum()
    later = int((died & first.notna() & (second > first)).sum())
    lacking = int((died & first.isna() & second.notna()).sum())
    found = (
        f"{later} patients with the event have a '{columns[1]}' that is later than their '{columns[0]}', which counts"
    )
    if later > UNEVEN * died.sum() and columns[0] in TIMES_OF_DEAD:
        message = f"{found}: nobody is followed after death, so correct what is wrong"
        checks.add("clinical", "clinical", "time_columns_order", later, message, action="warning")
    elif later > UNEVEN * died.sum() and not of_event:
        message = f"{found}: name the column of the event (days_to_death) first"
        checks.add("clinical", "clinical", "time_columns_order", later, message, action="warning")
    elif lacking > UNEVEN * died.sum() and of_event:
        message = (
            f"{lacking} patients with the event have no '{columns[0]}': their '{columns[1]}' counts as the time of the event, "
            f"which may have come later; fill in '{columns[0]}'"
        )
        checks.add("clinical", "clinical", "time_columns_event", lacking, message, action="warning")


def _check_deaths(
    columns: Sequence[str], time: pd.Series, event: pd.Series, cells: pd.DataFrame, checks: Checks
) -> None:
    """Warn where the last visit counts for the dead, though the table has the time of their death."""
    unused = [column for column in TIMES_OF_DEAD if column in cells and column not in columns]
    if not unused or not {*columns} <= {*TIMES_OF_LIVING}:  # another endpoint may well come before death
        return
    death = pd.to_numeric(cells[unused[0]], errors="coerce")
    later = int(((event == 1) & (death > time)).sum())
    if later > UNEVEN * (event == 1).sum():
        message = (
            f"{later} patients with the event have a '{unused[0]}' that is later than their '{columns[0]}', which counts: write "
            f"under clinical: time: [{', '.join([unused[0], *columns])}]"
        )
        checks.add("clinical", "clinical", "time_of_death_unused", later, message, action="warning")


def _check_lost(
    path: str, columns: Sequence[str], time: pd.Series, event: pd.Series, cells: pd.DataFrame, checks: Checks
) -> None:
    """Fault times that nearly all patients with the event, or nearly all without, lack."""
    groups = {1.0: "with the event", 0.0: "without the event"}
    sizes = {code: int((event == code).sum()) for code in groups}
    known = {code: int((time.notna() & (event == code)).sum()) for code in groups}
    for code, other in ((1.0, 0.0), (0.0, 1.0)):
        share, share_other = (known[one] / max(1, sizes[one]) for one in (code, other))
        if sizes[code] < 5 or share_other - share < UNEVEN:
            continue
        found = (
            f"of {sizes[code]} patients {groups[code]}, {known[code]} have a time in column '{' / '.join(columns)}', of "
            f"{sizes[other]} {groups[other]}, {known[other]}"
        )
        if share >= LOST or share_other - share < 0.3:
            message = f"{found}: who is left out depends on the outcome, so survival is misjudged"
            checks.add("clinical", "clinical", "times_uneven", f"{share:.3g}", message, action="warning")
            continue
        candidates = TIMES_OF_DEAD if code else TIMES_OF_LIVING
        present = [column for column in candidates if column in cells and column not in columns]
        names = [*([] if code else columns), *(present[:1] or ["..."]), *(columns if code else [])]
        checks.fault(
            f"{path}: {found}. Follow-up needs the time of both. Where the dead and the "
            f"living have a column each, name both, of which the first known cell of a patient counts: time: [{', '.join(names)}]"
        )
