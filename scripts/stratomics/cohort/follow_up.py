"""Read the times of follow-up: from one column or several, in days, months or years, and say which cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .cells import advice_on, number, points_fault
from .checks import Checks, are, count, examples, listing

#: Days in a unit of time (a year has 365.25 days, a month a twelfth of them).
UNITS = {"days": 1.0, "months": 30.4375, "years": 365.25}

#: More zero or negative times than this share mean a wrong column or unit, not a few odd patients.
MAX_UNUSABLE_TIMES = 0.05
#: Follow-up that never exceeds this was hardly counted in days.
SHORT_FOLLOW_UP = 365.0
#: Nobody is followed longer (100 years): other units, dates, or codes.
LONGEST = 36_525.0
#: Few are followed longer (40 years).
LONG = 14_610.0
#: Patients with the event (or those without) have lost their times when fewer than this share have one, and the others have
#: far more. A smaller difference is a warning: who is left out must not depend on the outcome.
LOST = 0.5
UNEVEN = 0.1

#: A time as R prints it.
CENSORED_TIME = re.compile(r"\d+(\.\d+)?\s*\+", re.ASCII)

UNIT_IN_NAME = {
    "months": re.compile(r"(?:^|[^a-z])(?:months?|mos?|mths?)(?:$|[^a-z])", re.IGNORECASE),
    "years": re.compile(r"(?:^|[^a-z])(?:years?|yrs?)(?:$|[^a-z])", re.IGNORECASE),
}

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
    unit = _unit(path, columns, settings.get("time_unit"), checks)
    time = (time * UNITS[unit]).rename(name)
    if len(columns) > 1:
        taken = [int(one.notna().sum()) for one in known]
        message = f"patients with {' and with '.join(columns)}, of which the first known counts"
        checks.add("clinical", "clinical", "time_columns", ", ".join(map(str, taken)), message)
        _check_order(columns, known, event, checks)
    if readable:
        _check_lost(path, columns, time, event, cells, checks)
    _check_nonpositive(path, name, time, bool(settings.get("drop_nonpositive_time")), checks)
    _check_long(path, name, time / UNITS[unit], unit, time, checks)
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


def check_short(time: pd.Series, unit: str | None, checks: Checks) -> None:
    """Warn when the patients of the cohort were followed so shortly that the times are hardly days.

    Parameters
    ----------
    time
        Days of the patients kept.
    unit
        ``time_unit`` of the config; None where it says nothing.
    checks
        Gets the row.
    """
    longest = float(time.max())
    if longest >= SHORT_FOLLOW_UP or unit in ("months", "years"):
        return
    fractions = float((time != time.round()).mean())
    hint = f", and {fractions:.0%} of the times are no whole numbers" if fractions > 0.2 else ""
    message = (
        f"longest follow-up is {longest:g} days{hint}: time must be in days; are these months or years? If so, write under "
        f"clinical: time_unit: months (or years)"
    )
    checks.add("clinical", "clinical", "time_unit", longest, message, action="warning")


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


def _unit(path: str, columns: Sequence[str], unit: str | None, checks: Checks) -> str:
    """Return the unit of the config; fault a column whose name says another where the config says nothing."""
    if unit is not None:
        if unit != "days":
            message = f"times of {path} are {unit}: multiplied by {UNITS[unit]:g} to days"
            checks.add("clinical", "clinical", "time_unit", unit, message)
        return unit
    for name, pattern in UNIT_IN_NAME.items():
        said = [column for column in columns if pattern.search(column)]
        if said:
            checks.fault(
                f"{path}: the name of column '{said[0]}' says {name}, and times are days where the config says nothing. "
                f"Write under clinical: time_unit: {name} (or time_unit: days if they are days all the same)."
            )
            break
    return "days"


def _check_order(columns: Sequence[str], known: Sequence[pd.Series], event: pd.Series, checks: Checks) -> None:
    """Warn when a later column holds a later time of patients with the event: the first then cuts their follow-up short."""
    later = (event == 1) & known[0].notna() & (known[1] > known[0])
    if later.sum() > UNEVEN * (event == 1).sum():
        message = (
            f"{int(later.sum())} patients with the event have a '{columns[1]}' that is later than their '{columns[0]}', "
            f"which counts: name the column of the event (days_to_death) first"
        )
        checks.add("clinical", "clinical", "time_columns_order", int(later.sum()), message, action="warning")


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


def _check_nonpositive(path: str, name: str, time: pd.Series, dropped: bool, checks: Checks) -> None:
    unusable = time.index[time <= 0]
    if len(unusable) <= MAX_UNUSABLE_TIMES * time.notna().sum():
        return
    if dropped:
        message = f"{len(unusable)} patients whose {name} is 0 or negative are left out: drop_nonpositive_time"
        checks.add("clinical", "clinical", "nonpositive_times", len(unusable), message, action="warning", id=name)
        return
    checks.fault(
        f"{path}: column '{name}' has {len(unusable)} times <= 0 among {time.notna().sum()} (patients "
        f"{examples(unusable)}). Follow-up must be > 0 days; a few such patients are left out, but more than "
        f"{MAX_UNUSABLE_TIMES:.0%} may mean a wrong column or unit: correct clinical.time or the table. If these patients were "
        f"just not followed, leave them out: write under clinical: drop_nonpositive_time: true"
    )


def _check_long(path: str, name: str, found: pd.Series, unit: str, days: pd.Series, checks: Checks) -> None:
    """Fault times of more than a century, warn of those that few live."""
    beyond = days > LONGEST
    n = int(beyond.sum())
    if n:
        values = found[beyond]
        shown = listing(f"{value:.10g} (patient '{patient}')" for patient, value in values.items())
        cause = f"Times are {unit}: are these seconds, hours, or dates written as numbers?"
        if n <= 0.2 * days.notna().sum() and values.nunique() <= 3 and re.fullmatch(r"9+|8+", f"{values.iloc[0]:.0f}"):
            cause = f"{values.iloc[0]:.0f} looks like a code for 'not known': write NA where a time is missing."
        checks.fault(
            f"{path}: column '{name}' has {count(n, 'time')} of more than 100 years: {shown}. {cause} Correct the times or "
            f"clinical.time_unit (days, months or years)."
        )
    elif days.max() > LONG:
        message = f"longest follow-up is {days.max() / 365.25:.0f} years: is {name} in {unit}?"
        checks.add("clinical", "clinical", "time_long", float(days.max()), message, action="warning", id=name)
