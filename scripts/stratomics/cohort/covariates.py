"""How a clinical column is read: as numbers, as an order of levels (stage, grade), or as categories."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from .cells import DECIMAL_COMMA, THOUSANDS, is_missing, number
from .levels import are_codes, one_spelling

Kind = Literal["numeric", "ordinal", "categorical"]

ROMAN = {"0": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
WORDS = {"low": 1, "intermediate": 2, "high": 3}

#: The orders that are known: name, what a level looks like (its rank is the group ``rank``), what "not assessed" looks like, and
#: how a level is written. All cells of a column must belong to the same one.
#: Substages (IIIA) count as their stage: few patients have each, and how far apart they lie differs between tumours.
ORDERS: dict[str, tuple[re.Pattern[str], re.Pattern[str], str]] = {
    "stage": (
        re.compile(r"(?:stage\s*(?P<digit>[0-5])|(?:stage\s*)?(?P<rank>0|iv|v|i{1,3}))\s*(?:[abcs]\d?)?"),
        re.compile(r"(?:stage\s*)?x"),
        "Stage {roman}",
    ),
    "grade": (
        re.compile(r"(?:g|(?:who )?grade)\s*(?P<rank>[1-4]|iv|i{1,3})"),
        re.compile(r"(?:g|grade)\s*[xb]"),
        "G{rank}",
    ),
    "tnm_t": (re.compile(r"[cpy]*t(?P<rank>[0-4])(?:[a-e]\d?)?"), re.compile(r"[cpy]*tx"), "T{rank}"),
    "tnm_n": (re.compile(r"[cpy]*n(?P<rank>[0-3])(?:[a-c]|mi)?(?:\s*\(.*\))?"), re.compile(r"[cpy]*nx"), "N{rank}"),
    "tnm_m": (re.compile(r"[cpy]*m(?P<rank>[01])[a-c]?(?:\s*\(.*\))?"), re.compile(r"[cpy]*mx"), "M{rank}"),
    "level": (
        re.compile(r"(?P<rank>low|intermediate|high)(?:[ -]grade|[ -]risk)?"),
        re.compile("not assessed"),
        "{word}",
    ),
}


#: A column is of numbers (or of an order) when at most this share of its known cells are something else.
MAX_ODD = 0.1
#: And also when as many are, but it has more different numbers than categories would have.
MANY_NUMBERS = 10
#: More levels than this, or than a fifth of the patients, are hardly categories.
MANY_LEVELS = 20


@dataclass(frozen=True)
class Reading:
    """How a column of the clinical table is read.

    Parameters
    ----------
    kind
        See `describe_covariate`.
    values
        Numbers (float64) where `kind` is numeric or every known cell is a number, else the text of the table; NaN where missing,
        and for the cells in `odd`.
    odd
        Cells that fit neither the numbers nor the order of the others, by patient: they count as missing.
    commas
        Cells with commas in numbers, which are not read: most of the column, or thousands ("1,194") beside plain numbers.
    merged
        Levels that differ from another in case only: the level they count as, by their spelling.
    """

    kind: Kind
    values: pd.Series
    odd: pd.Series
    commas: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))
    merged: dict[str, str] = field(default_factory=dict)


def read_covariate(cells: pd.Series) -> Reading:
    """Read a column so that one odd cell does not turn numbers, or an order, into categories.

    Parameters
    ----------
    cells
        Text by patient, NaN where not known.

    Returns
    -------
    Reading
    """
    text = cells.map(_as_text, na_action="ignore").astype(object)
    known = text.dropna()
    none = known.iloc[:0]
    if are_codes(known):
        return _categories(cells, none)
    numbers = known.map(_number_or_nan).astype(np.float64)
    odd = known[numbers.isna()]
    n_values = numbers.nunique()
    if len(known) and odd.empty:
        kind: Kind = "numeric" if n_values > 2 else "categorical"
        return Reading(kind, numbers.reindex(cells.index), none)
    few = len(odd) <= MAX_ODD * len(known)
    mostly_numbers = (few and n_values > 2) or (len(odd) <= 0.5 * len(known) and n_values > MANY_NUMBERS)
    thousands = odd[_fit(odd, THOUSANDS)]
    commas = odd[_fit(odd, THOUSANDS) | _fit(odd, DECIMAL_COMMA)]
    if len(commas) > 0.5 * len(known) or (mostly_numbers and len(thousands)):
        return Reading("categorical", cells, none, commas)
    if mostly_numbers:
        return Reading("numeric", numbers.reindex(cells.index), odd)
    for level, unassessed, _ in ORDERS.values():
        fits = known.map(lambda cell, level=level, none=unassessed: bool(_order_match(str(cell), level, none))).astype(
            bool
        )
        ranked = known.map(lambda cell, level=level: level.fullmatch(str(cell).lower()) is not None).astype(bool)
        if (~fits).sum() <= MAX_ODD * len(known) and known[ranked].nunique() > 1:
            return Reading("ordinal", cells.where(~cells.index.isin(known.index[~fits])), known[~fits])
    return _categories(cells, none)


def _categories(cells: pd.Series, none: pd.Series) -> Reading:
    levels, merged = one_spelling(cells)
    return Reading("categorical", levels, none, merged=merged)


def _fit(cells: pd.Series, pattern: re.Pattern[str]) -> pd.Series:
    return cells.map(lambda cell: pattern.fullmatch(str(cell)) is not None).astype(bool)


def _order_match(cell: str, level: re.Pattern[str], unassessed: re.Pattern[str]) -> bool:
    return (level.fullmatch(cell.lower()) or unassessed.fullmatch(cell.lower())) is not None


def _number_or_nan(cell: str) -> float:
    try:
        value = number(cell)
    except ValueError:
        return np.nan
    return value if np.isfinite(value) else np.nan


def describe_covariate(column: pd.Series) -> tuple[Kind, pd.Series]:
    """Read a clinical column as numbers, ranks or categories.

    Parameters
    ----------
    column
        One value per patient, as the clinical table has it: numbers or text. Whatever means "not known"
        (`stratomics.cohort.cells.MISSING`, any text in square brackets) and a stage or grade that was not assessed
        ("Stage X", "GX") is missing.

    Returns
    -------
    kind : str
        - ``numeric``: every known value is a number, and there are more than two different ones.
        - ``ordinal``: every known value is a stage ("Stage IIIA", "stage i", "IIIb"), a grade ("G2", "Grade II"), a T, N or M
          category ("T2a") or low / intermediate / high.
        - ``categorical``: anything else, numbers with at most two values (0/1 codes), and digits some of which begin with 0.
    values : pandas.Series
        With the index of `column`: float64 for the first two (stage IIIA is 3, G2 is 2, low is 1), else text; NaN where
        missing.
    """
    kind, values, _ = _describe(column)
    return kind, values


def level_names(column: pd.Series) -> dict[float, str]:
    """Name the ranks of an ordinal column.

    Parameters
    ----------
    column
        As for `describe_covariate`.

    Returns
    -------
    dict of str
        By rank, in rising order: ``{1.0: "Stage I", 3.0: "Stage III"}``, those that occur. Empty where the column is not
        ordinal.
    """
    kind, values, order = _describe(column)
    if kind != "ordinal":
        return {}
    roman = {rank: text.upper() for text, rank in ROMAN.items() if not text.isdigit() or text == "0"}
    word = {rank: text for text, rank in WORDS.items()}
    return {
        float(rank): ORDERS[order][2].format(rank=int(rank), roman=roman.get(int(rank)), word=word.get(int(rank)))
        for rank in np.unique(values.dropna())
    }


def _describe(column: pd.Series) -> tuple[Kind, pd.Series, str]:
    """Return kind, values and, for an ordinal column, the name of its order."""
    text = column.map(_as_text, na_action="ignore").astype(object)
    known = text[text.notna()]
    numbers = pd.to_numeric(known, errors="coerce").astype(np.float64)
    if len(known) and np.isfinite(numbers).all() and not are_codes(known):
        if numbers.nunique() > 2:
            return "numeric", numbers.reindex(column.index), ""
        return "categorical", text, ""
    for name, (level, unassessed, _) in ORDERS.items():
        cells = known.str.lower()
        missing = cells.map(lambda cell, pattern=unassessed: pattern.fullmatch(cell) is not None).astype(bool)
        ranks = cells[~missing].map(lambda cell, pattern=level: _rank(pattern, cell)).astype(np.float64)
        if len(ranks) and ranks.notna().all():
            return "ordinal", ranks.reindex(column.index), name
    return "categorical", text, ""


def _as_text(cell: object) -> object:
    """Return a cell as text without surrounding blanks, NaN where it means "not known"."""
    if isinstance(cell, float | np.floating):
        if not np.isfinite(cell):
            return np.nan
        return f"{int(cell)}" if float(cell).is_integer() else repr(float(cell))
    text = re.sub(r"\s+", " ", str(cell)).strip()
    return np.nan if is_missing(text) or re.fullmatch(r"\[.*\]", text) else text


def _rank(pattern: re.Pattern[str], cell: str) -> float:
    """Return the rank of a level, NaN where it is none of the order."""
    match = pattern.fullmatch(cell)
    if match is None:
        return np.nan
    found = next(value for value in match.groupdict().values() if value is not None)
    return float(ROMAN[found] if found in ROMAN else WORDS[found])
