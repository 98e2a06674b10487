"""Names and values that are possible and yet hardly right: what spreadsheets, counters and missing-value codes leave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np
import pandas as pd

from .checks import Checks, count, examples

#: Months as spreadsheets of several languages shorten them.
_MONTH = (
    r"(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|mrz|m\u00e4r|mai|okt|dez|f\u00e9vr|mars|avr|ao\u00fbt|d\u00e9c"
    r"|ene|abr|ago|dic|set|ott)\.?"
)

#: What a spreadsheet makes of MARCH1, SEPT2, DEC1, OCT4 and of RIKEN ids.
DATE = re.compile(
    rf"\d{{1,2}}\.?[-/. ]{_MONTH}([-/ ]\d{{2,4}})?|{_MONTH}[-/ ]\d{{1,4}}"
    r"|(19|20)\d\d-\d\d-\d\d( 00:00:00)?|\d{1,2}[./]\d{1,2}[./](19|20)?\d\d|\d\.\d+e\+\d\d",
    re.IGNORECASE,
)

#: Genes were called by these months (FEB1, MARCH1, APR1, SEPT2, OCT4, NOV, DEC1), with numbers up to 15.
GENE_MONTHS = frozenset({2, 3, 4, 9, 10, 11, 12})

#: Names changed by a spreadsheet are a smaller share of all than this.
MINORITY = 0.5

#: Rows that counters of reads write beside the genes (HTSeq, STAR).
COUNTER_ROWS = frozenset(
    {"__no_feature", "__ambiguous", "__too_low_aqual", "__not_aligned", "__alignment_not_unique"}
    | {"n_unmapped", "n_multimapping", "n_nofeature", "n_ambiguous"}
)

#: Codes for "not known" that are numbers.
CODES = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 999.0, 9999.0, 99999.0, 999999.0, 8888.0, 88888.0)

#: Values that stay below this under log2(x + 1) were hardly counts or intensities: the largest logarithms are about 25.
LOGGED = 30.0


def spreadsheet_dates(names: Iterable[str]) -> list[str]:
    """Return the names that look like dates a spreadsheet made."""
    return [name for name in names if DATE.fullmatch(name)]


def _serial_dates(names: pd.Index) -> list[str]:
    """Return the names that are dates as spreadsheets count them (44256 is 1 March 2021), in a month that names genes."""
    numbers = [name for name in names if name.isdecimal()]
    if len(numbers) >= MINORITY * len(names):  # ids
        return []
    days = {name: date(1899, 12, 30) + timedelta(int(name)) for name in numbers if len(name) == 5 and name.isascii()}
    return [
        name for name, day in days.items() if 2000 <= day.year < 2050 and day.month in GENE_MONTHS and day.day <= 15
    ]


def check_feature_names(table: pd.DataFrame, item: str, path: str, checks: Checks) -> pd.DataFrame:
    """Leave out the summary rows of counters, and warn of names that a spreadsheet changed.

    Parameters
    ----------
    table
        Patients x features.
    item, path
        Name and file of the omics.
    checks
        Gets the rows.

    Returns
    -------
    pandas.DataFrame
        Without the summary rows.
    """
    summaries = [name for name in table.columns if name.lower() in COUNTER_ROWS]
    for name in summaries:
        message = f"'{name}' of {path} is a summary of the counter of reads, no gene: left out"
        checks.add("feature", item, "counter_summary", None, message, action="dropped", id=name)
    dates = [*spreadsheet_dates(table.columns), *_serial_dates(table.columns)]
    if 0 < len(dates) < MINORITY * table.shape[1]:  # names that are all alike are meant so
        message = (
            f"{count(len(dates), 'feature')} of {item} {'has a name' if len(dates) == 1 else 'have names'} that a spreadsheet made "
            f"({examples(dates)}): genes such as MARCH1 or SEPT2 become dates, RIKEN ids numbers; take the names from the "
            f"original table"
        )
        checks.add("omics", item, "spreadsheet_names", len(dates), message, action="warning")
    return table.drop(columns=summaries) if summaries else table


def check_codes(values: np.ndarray, names: Iterable[str], item: str, path: str, checks: Checks) -> None:
    """Warn where a code such as -9999 stands among measurements.

    Parameters
    ----------
    values
        Patients x features, NaN where missing.
    names
        Of the features.
    item, path
        Name and file of the omics.
    checks
        Gets the row.
    """
    for code in code_values(values):
        hits = values == np.float32(code)
        columns = [name for name, hit in zip(names, hits.any(axis=0), strict=True) if hit]
        message = (
            f"{count(int(hits.sum()), 'value')} of {path} {'is' if hits.sum() == 1 else 'are'} {code:g} (features "
            f"{examples(columns)}), far from all others: if it means 'not known', write NA"
        )
        checks.add("omics", item, "missing_code", code, message, action="warning")


def code_values(values: np.ndarray) -> list[float]:
    """Find the codes for "not known" among numbers: far out, and with nothing between them and the rest.

    Parameters
    ----------
    values
        Any shape; NaN where missing.

    Returns
    -------
    list of float
        Those of `CODES` that occur and lie at least three times as far from zero as all values that are no such codes.
    """
    if not values.size or np.isnan(values).all():
        return []
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    near = [code for code in CODES if low <= code <= high]
    if low not in near and high not in near:  # the usual case, without another look at the values
        return []
    rest = values[~np.isin(values, np.array(CODES, dtype=values.dtype)) & ~np.isnan(values)]
    if not rest.size:
        return []
    least, most = float(rest.min()), float(rest.max())
    far = max(abs(least), abs(most))
    found = []
    for code in near:
        alone = (code < 0 <= least) or abs(code) > 3 * far
        if alone and (values == np.array(code, dtype=values.dtype)).any():
            found.append(code)
    return found


def check_logged(values: np.ndarray, item: str, path: str, transform: str, checks: Checks) -> None:
    """Warn where the transform takes the logarithm of what looks like logarithms.

    Parameters
    ----------
    values
        Patients x features, NaN where missing.
    item, path
        Name and file of the omics.
    transform
        Of the config.
    checks
        Gets the row.
    """
    if transform != "log2p1" or np.isnan(values).all():
        return
    high = float(np.nanmax(values))
    known = values[~np.isnan(values)]
    if high < LOGGED and not np.array_equal(known, np.round(known)):
        message = (
            f"the values of {path} reach only {high:g}: they look like logarithms (or shares) already, and transform log2p1 takes "
            f"the logarithm once more; use transform none for '{item}' if they are"
        )
        checks.add("omics", item, "already_logged", high, message, action="warning")
