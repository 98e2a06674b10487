"""Units of follow-up, and times that are possible as numbers and yet hardly times: codes, calendar years, seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from .checks import Checks, count, examples, listing
from .plausible import code_values

#: Days in a unit of time (a year has 365.25 days, a month a twelfth of them).
UNITS = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}
#: Other units that the name of a column may say, with the number of them in a day.
PER_DAY = {"hours": 24}
UNIT_IN_NAME = {
    "weeks": re.compile(r"(?:^|[^a-z])(?:weeks?|wks?)(?:$|[^a-z])|weeks$"),
    "months": re.compile(r"(?:^|[^a-z])(?:months?|mos?|mths?)(?:$|[^a-z])|months$"),
    "years": re.compile(r"(?:^|[^a-z])(?:years?|yrs?)(?:$|[^a-z])|years$"),
    "hours": re.compile(r"(?:^|[^a-z])(?:hours?|hrs)(?:$|[^a-z])|hours$"),
}
#: Where a word begins in ``SurvivalTimeMonths`` and ``OSMonths``.
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

#: More zero or negative times than this share mean a wrong column or unit, not a few odd patients.
MAX_UNUSABLE_TIMES = 0.05
#: Follow-up that never exceeds this was hardly counted in days.
SHORT_FOLLOW_UP = 365.0
#: Times with fractions that never exceed this (40 years of months) were hardly counted in days either.
MOST_MONTHS = 480.0
#: Nobody is followed longer (100 years): other units, dates, or codes.
LONGEST = 36_525.0
#: Few are followed longer (40 years).
LONG = 14_610.0
#: Whole numbers that all lie here are calendar years.
CALENDAR = (1900, 2100)


def unit_of(path: str, columns: Sequence[str], unit: str | None, checks: Checks) -> str:
    """Return the unit of the config; fault a column whose name says another where the config says nothing.

    Parameters
    ----------
    path
        Of the clinical table, for messages.
    columns
        Of time.
    unit
        ``time_unit`` of the config; None where it says nothing.
    checks
        Gets the row or the fault.

    Returns
    -------
    str
        One of `UNITS`.
    """
    if unit is not None:
        if unit != "days":
            message = f"times of {path} are {unit}: multiplied by {UNITS[unit]:g} to days"
            checks.add("clinical", "clinical", "time_unit", unit, message)
        return unit
    for name, pattern in UNIT_IN_NAME.items():
        said = [column for column in columns if pattern.search(HUMP.sub("_", column).lower())]
        if said:
            line = f"Write under clinical: time_unit: {name} (or"
            if name in PER_DAY:
                line = f"Divide them by {PER_DAY[name]} in a column of days, and name it (or write under clinical:"
            checks.fault(
                f"{path}: the name of column '{said[0]}' says {name}, and times are days where the config says nothing. "
                f"{line} time_unit: days if they are days all the same)."
            )
            break
    return "days"


def calendar_years(time: pd.Series) -> bool:
    """Tell whether numbers are years such as 2014 and no times."""
    known = time.dropna()
    return len(known) > 0 and bool(((known == known.round()) & known.between(*CALENDAR)).all()) and known.nunique() > 1


def check_times(path: str, time: pd.Series, unit: str, dropped: bool, checks: Checks) -> None:
    """Fault times that cannot be, and warn of those that hardly are.

    Parameters
    ----------
    path
        Of the clinical table, for messages.
    time
        In `unit`, named as the column(s); NaN where missing.
    unit
        One of `UNITS`.
    dropped
        ``drop_nonpositive_time`` of the config.
    checks
        Gets rows and faults.
    """
    name, days = str(time.name), time * UNITS[unit]
    known = time.dropna()
    if calendar_years(time):
        checks.fault(
            f"{path}: column '{name}' holds calendar years ({known.min():g} to {known.max():g}), not times. Write how many days "
            f"each patient was followed, from the start of follow-up to the event or the last visit."
        )
    elif len(known) > 1 and known.nunique() == 1:
        checks.fault(
            f"{path}: column '{name}' is {known.iloc[0]:g} for every patient. It must say how long each was followed: correct "
            f"clinical.time in the config."
        )
    _check_nonpositive(path, name, days, dropped, checks)
    _check_long(path, name, time, unit, days, checks)


def check_short(time: pd.Series, unit: str | None, checks: Checks) -> None:
    """Warn when the times of the cohort are so short, or so short and no whole numbers, that they are hardly days.

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
    fractions = float((time != time.round()).mean())
    if unit is not None or longest >= (MOST_MONTHS if fractions > 0.2 else SHORT_FOLLOW_UP):
        return
    hint = f", and {fractions:.0%} of the times are no whole numbers" if fractions > 0.2 else ""
    message = (
        f"longest follow-up is {longest:g} days{hint}: time must be in days; are these weeks, months or years? If so, write under "
        f"clinical: time_unit: months (or weeks, or years)"
    )
    checks.add("clinical", "clinical", "time_unit", longest, message, action="warning")


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
            f"clinical.time_unit (days, weeks, months or years)."
        )
    elif days.max() > LONG:
        message = f"longest follow-up is {days.max() / 365.25:.0f} years: is {name} in {unit}?"
        checks.add("clinical", "clinical", "time_long", float(days.max()), message, action="warning", id=name)
    for code in code_values(found[~beyond].to_numpy(np.float64)):
        if code > 0:
            whose = count(int((found == code).sum()), "patient")
            message = f"{name} is {code:g} in {whose}, far from all others: if it means 'not known', write NA"
            checks.add("clinical", "clinical", "missing_code", code, message, action="warning", id=name)
