"""Rows of names, units or codes under the header (Firehose, biotab, codebooks), and headers repeated among the rows."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from .cells import is_missing, number
from .checks import examples, places
from .matrix import Matrix, NotNumbers

#: At most so many rows under the header are looked at.
MOST = 3


def header_rows(matrix: Matrix, bad: NotNumbers) -> str | None:
    """Recognise rows of an omics table that hold words in every cell, where other rows hold numbers.

    Parameters
    ----------
    matrix
        As in the file.
    bad
        Its words.

    Returns
    -------
    str or None
        The message; None where there are none.
    """
    path, width = matrix.path, len(matrix.columns)
    full = sorted(i for i, n in bad.by_row.items() if n >= max(2, 0.9 * width))
    if not full or len(full) > MOST or len(full) == len(matrix.rows):
        return None
    words = bad.row(full[0])
    lines = [matrix.lines[i] for i in full]
    here = places(matrix.unit, lines)
    hold = "holds" if len(full) == 1 else "hold"
    start = f"{path}: {here} {hold} words in every cell"
    each = _period(words)
    if full[0] == 0 and each > 1:
        return (
            f"{start} ({examples(words[:each], most=5)}): each sample has {each} columns, as Firehose and RTCGA write. One column "
            f"per sample is needed: keep the one with the measurements you want of each sample, and remove {here}."
        )
    elsewhere = sum(n > len(full) for n in bad.by_column.values())
    if elsewhere > 0.5 * width:  # a table of words
        return None
    if full != list(range(len(full))):
        return (
            f"{start} ({examples(words)}): a header or a line of units among the rows. If files were joined one below the "
            f"other, join them by the names of their columns, so that every row has its cells in the same order; else remove "
            f"{here}."
        )
    if len(full) == 1 and 2 * len(set(matrix.columns)) < width and len(set(words)) == len(words):
        return (
            f"{start}, and the names above it repeat ({examples(dict.fromkeys(matrix.columns))}): {here} seems to be the header. "
            f"A table has one header: remove what stands above it."
        )
    return (
        f"{start}: {'a second header row' if len(full) == 1 else 'further header rows'} (Firehose and RTCGA write one). A table "
        f"has one header: remove {here}."
    )


def _period(words: list[str]) -> int:
    """Return after how many different words the same follow again; 1 where they do not."""
    n = words.index(words[0], 1) if words[0] in words[1:] else 1
    return n if len(words) > n and words == (words[:n] * len(words))[: len(words)] and len(set(words[:n])) == n else 1


def clinical_header_rows(path: str, cells: pd.DataFrame) -> str | None:
    """Recognise the first rows of a clinical table that hold words wherever the rows below hold numbers.

    Parameters
    ----------
    path
        For messages.
    cells
        Text; the index holds the lines and has their name.

    Returns
    -------
    str or None
        The message; None where there are none.
    """
    if "" in cells.columns[1:]:  # a title stands above the names of the columns, which the config knows
        return None
    for n in range(1, min(MOST, len(cells) - 1) + 1):
        top, below = cells.iloc[:n], cells.iloc[n:]
        named = [j for j in range(1, cells.shape[1]) if any(map(_is_word, top.iloc[:, j]))]
        numeric = [j for j in named if _all_numbers(below.iloc[:, j].tolist())]
        if len(numeric) < 2 or not all(sum(map(_is_word, row)) > 1 for row in top.iloc[:, numeric].to_numpy().tolist()):
            continue
        others = [j for j in range(1, cells.shape[1]) if j not in named]
        if any(_is_number(cell) for j in others for cell in top.iloc[:, j] if _all_numbers(below.iloc[:, j].tolist())):
            continue
        here = places(str(cells.index.name), cells.index[:n].tolist())
        hold = "holds" if n == 1 else "hold"
        return (
            f"{path}: {here} {hold} words ({examples(top.iloc[0, numeric])}) in columns whose other cells are numbers "
            f"({examples(cells.columns[numeric])}): names, units or codes, no patient. A table has one header: remove {here}."
        )
    return None


def names_below(path: str, cells: pd.DataFrame, wanted: Collection[str]) -> str | None:
    """Recognise a title above the names of the columns of a clinical table.

    Parameters
    ----------
    path
        For messages.
    cells
        Text; the index holds the lines and has their name.
    wanted
        Columns that the config names.

    Returns
    -------
    str or None
        The message; None where the names stand in the header.
    """
    absent = {column for column in wanted if column and column not in cells}
    for line, row in cells.head(10).iterrows():
        if len(absent) > 1 and len(absent & {*row}) > 0.5 * len(absent):
            unit = cells.index.name
            return (
                f"{path}: {unit} {line} holds the names of the columns, not the first one. A table has its names in the "
                f"first line: remove what stands above {unit} {line}."
            )
    return None


def _is_number(cell: str) -> bool:
    try:
        return not is_missing(cell) and number(cell) is not None
    except ValueError:
        return False


def _is_word(cell: str) -> bool:
    return not is_missing(cell) and not _is_number(cell)


def _all_numbers(cells: list[str]) -> bool:
    """Tell whether the known cells are numbers, and there are some."""
    return not any(map(_is_word, cells)) and any(map(_is_number, cells))
