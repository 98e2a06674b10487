"""Warn of values of a clinical column that are read as what they hardly are: codes for unknown, ages, quantities, words."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from .cells import is_missing
from .checks import Checks, count, examples
from .plausible import code_values
from .time_checks import HUMP

#: Whole numbers for "not known", by the most that the others may be.
SMALL_CODES = {(8.0, 9.0): 5.0, (88.0, 98.0, 99.0): 60.0}
#: Fewer patients with a small code (9, 99, -1) may have that value.
SEVERAL = 3

AGE = re.compile(r"(?:^|[^a-z])age(?:$|[^a-z]|at)")
#: The oldest in years, months and days: the unit is the first of which most are no older.
OLDEST = (120, 1440, 43_830)
#: More ages out of range than this are another scale (standardised, days before birth), not errors.
MAX_ODD_AGES = 0.2
ADULT = 15

_NUMBER = r"\d+(?:\.\d+)?"
#: ``40-44 years``, ``85+``, ``>=3 cm``.
BAND = re.compile(rf"(?:[<>≤≥]=?\s*{_NUMBER}|{_NUMBER}\s*(?:[-–—]|to)\s*{_NUMBER}|{_NUMBER}\s*\+)\s*(?:%|[a-z. ]*)")
#: ``3 cm``, ``90%``; one letter behind a number (1a, 2b) is a class.
MEASURED = re.compile(rf"{_NUMBER}\s*(?P<unit>%|[a-zµ]{{2,}})\.?")
UNITS = frozenset(
    "% mm cm kg mg ml yr yrs year years month months mo week weeks day days pack packs py gy ng/ml".split()
)
#: Classes that nearly all levels must belong to.
MOST_LEVELS = 0.8
#: As many bands may well be categories.
FEW_BANDS = 5

#: Words for "not known" that may be a level of text: no treatment; and of a marker, beside a plus or one other level.
NOTHING = frozenset({"none", "nil"})
ABSENT = frozenset({"-", "--", "null", "missing"})
#: From this share on, such a word is no gap.
MANY = 0.1


def check_numbers(column: str, values: pd.Series, checks: Checks) -> None:
    """Warn of numbers that may be codes for "not known", and of impossible ages.

    Parameters
    ----------
    column
        Of the clinical table.
    values
        float64 by patient; NaN where missing.
    checks
        Gets the rows.
    """
    for code in [*code_values(values.to_numpy(np.float64)), *_small_codes(values.dropna())]:
        n = count(int((values == code).sum()), "patient")
        message = f"{column} is {code:g} in {n}, far from all others: if it means 'not known', write NA"
        checks.add("clinical", "clinical", "missing_code", code, message, action="warning", id=column)
    if AGE.search(HUMP.sub("_", column).lower()):
        _check_ages(column, values.dropna(), checks)


def _small_codes(values: pd.Series) -> list[float]:
    """Find the codes 8, 9, 88, 98, 99 and -1 where several patients have them and nothing lies between them and the rest."""
    sizes = values.value_counts()
    found: list[float] = []
    for codes, most in SMALL_CODES.items():
        rest = values[~values.isin(codes)]
        often = [code for code in codes if sizes.get(code, 0) >= SEVERAL]
        if often and rest.nunique() > 1 and 0 <= rest.min() and rest.max() <= most and (values == values.round()).all():
            found += often
    others = values[values != -1]
    gains = others.nunique() <= 2 and others.max() <= 2  # -1, 0, 1: loss, neutral, gain
    if sizes.get(-1.0, 0) >= SEVERAL and others.nunique() > 1 and others.min() >= 0 and not gains:
        found.append(-1.0)
    return found


def _check_ages(column: str, ages: pd.Series, checks: Checks) -> None:
    oldest = next((limit for limit in OLDEST if ages.median() <= limit), OLDEST[-1])
    odd = ages[(ages < 0) | (ages > oldest)]
    if 0 < len(odd) <= MAX_ODD_AGES * len(ages):
        message = (
            f"{column} is below 0 or above {oldest} in {count(len(odd), 'patient')} "
            f"({examples(f'{age:g}' for age in odd)}): correct them, or write NA where the age is not known"
        )
        checks.add("clinical", "clinical", "age_range", len(odd), message, action="warning", id=column)
    others = ages[ages > 0]
    if (ages == 0).any() and len(others) and others.min() >= ADULT:
        message = (
            f"{column} is 0 in {count(int((ages == 0).sum()), 'patient')} and at least {others.min():g} in the others: if 0 means "
            f"'not known', write NA"
        )
        checks.add("clinical", "clinical", "missing_code", 0, message, action="warning", id=column)


def check_quantities(column: str, levels: list[str], checks: Checks) -> bool:
    """Warn of categories that are numbers with a unit, or many bands of a number: their order is lost.

    Parameters
    ----------
    column
        Of the clinical table.
    levels
        All different.
    checks
        Gets the row.

    Returns
    -------
    bool
        Whether they are.
    """
    texts = [level.strip().lower() for level in levels]
    bands = sum(BAND.fullmatch(text) is not None for text in texts)
    units = pd.Series([match["unit"] for match in map(MEASURED.fullmatch, texts) if match], dtype=object)
    same = int(units.isin([*UNITS, *units.mode()]).sum())
    if bands + same < MOST_LEVELS * len(texts) or len(texts) <= (FEW_BANDS if bands > same else 2):
        return False
    what = "bands of a number" if bands > same else "numbers with their unit"
    message = (
        f"{column} has {len(levels)} categories that are {what} ({examples(levels)}): as categories they have no order; write "
        f"plain numbers{', such as the middle of each band' if bands > same else ' in one unit'}"
    )
    checks.add("clinical", "clinical", "numbers_as_text", len(levels), message, action="warning", id=column)
    return True


def check_missing_words(column: str, cells: pd.Series, levels: list[str], checks: Checks) -> None:
    """Warn of a word that is read as missing and may be a level of its own: ``None`` beside ``Chemo``, ``-`` beside ``+``.

    Parameters
    ----------
    column
        Of the clinical table.
    cells
        Text by patient, as the table has it.
    levels
        That the column has beside what is missing.
    checks
        Gets the rows.
    """
    words = cells.str.strip()
    words = words[(words != "") & words.map(is_missing).astype(bool)]
    doubtful = {*NOTHING}
    if len(levels) == 1 or any("+" in level for level in levels):
        doubtful |= ABSENT
    for word, n in words.value_counts().items():
        if str(word).lower() in doubtful and n > MANY * len(cells):
            message = (
                f"'{word}' of {column} is read as missing in {n} patients: if it is a level of its own (such as no treatment, or "
                f"negative), write another word for it"
            )
            checks.add("clinical", "clinical", "missing_word", word, message, action="warning", id=column)
