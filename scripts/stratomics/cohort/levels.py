"""Levels of a category: one spelling each, and digits that are codes, not numbers."""

from __future__ import annotations

import re

import pandas as pd

#: ``05`` is no number: centres, plates, postcodes.
ZERO_PADDED = re.compile(r"0\d+", re.ASCII)
#: ``A7``, ``3C``: digits and letters in one word.
MIXED = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z\d]+", re.ASCII)
PLAIN = re.compile(r"[A-Za-z\d]+", re.ASCII)
#: Fewer cells with letters than this share are errors among numbers.
FEW = 0.1


def are_codes(cells: pd.Series) -> bool:
    """Tell whether the levels are codes although most are digits: some begin with 0, or mix digits with letters.

    Parameters
    ----------
    cells
        Text, none missing.
    """
    text = cells.map(str)
    if text.map(lambda cell: ZERO_PADDED.fullmatch(cell) is not None).any():
        return True
    lettered = text[~text.str.fullmatch(r"\d+")]
    return bool(
        len(lettered) > FEW * len(text)
        and text.str.len().nunique() == 1
        and text.map(lambda cell: PLAIN.fullmatch(cell) is not None).all()
        and lettered.map(lambda cell: MIXED.fullmatch(cell) is not None).any()
    )


def one_spelling(cells: pd.Series) -> tuple[pd.Series, dict[str, str]]:
    """Write the levels that differ only in case and blanks as the most frequent of them.

    Parameters
    ----------
    cells
        Text, NaN where not known.

    Returns
    -------
    cells : pandas.Series
        The same object where there is nothing to merge.
    merged : dict of str
        How levels are written, by their spelling in the table. Empty where all levels would become one: the case then is what
        tells them apart (genotypes AA, Aa, aa).
    """
    sizes = cells.map(str, na_action="ignore").value_counts()
    spellings: dict[str, list[str]] = {}
    for level in sizes.index:
        spellings.setdefault(" ".join(level.casefold().split()), []).append(level)
    if len(spellings) < 2 or len(spellings) == len(sizes):
        return cells, {}
    merged: dict[str, str] = {}
    for group in spellings.values():
        best = min(group, key=lambda level: (-int(sizes[level]), level))
        merged |= {level: best for level in group if level != best}
    return cells.replace(merged), merged
