"""From cells to numbers: the rows of a text, or the columns of a frame, become a matrix."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .cells import is_plain, number
from .ids import clean_name
from .matrix import Matrix, NotNumbers


def matrix_of_rows(
    path: str,
    columns: Sequence[str],
    rows: Iterable[tuple[int, list[str]]],
    bad: NotNumbers,
    about: Collection[int] = (),
) -> tuple[Matrix, int]:
    """Make a matrix of the rows of a text.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    columns
        Names of the cells after the first of a row.
    rows
        Line and cells of each; the first cell is its name.
    bad
        Gets the cells that are neither numbers nor missing, which are NaN.
    about
        Positions of columns that are no measurements, which are NaN.

    Returns
    -------
    matrix : Matrix
    cleaned : int
        Names of rows that were written in another way.

    Raises
    ------
    DataError
        When there is no row.
    """
    numbers: list[np.ndarray] = []
    names: list[str] = []
    lines: list[int] = []
    cleaned = 0
    for line, row in rows:
        name, cells = row[0], row[1:]
        for j in about:
            cells[j] = "nan"
        try:
            # Joined, so that one look tells whether any cell is written as only Python reads it.
            values = np.array(cells, dtype=np.float32) if is_plain("".join(cells)) else None
        except ValueError:  # something missing, or text
            values = None
        numbers.append(_numbers(cells, len(names), bad) if values is None else values)
        names.append(clean_name(name))
        cleaned += names[-1] != name.strip()
        lines.append(line)
    if not names:
        raise DataError(f"{path}: no row of measurements is left. Check how the file was written.")
    return Matrix(path, names, list(columns), np.stack(numbers), lines), cleaned


def matrix_of_frame(path: str, frame: pd.DataFrame, bad: NotNumbers, about: Collection[int] = ()) -> Matrix:
    """Make a matrix of a frame whose first column holds the names of the rows.

    Parameters
    ----------
    path, bad, about
        As for `matrix_of_rows`.
    frame
        Columns of numbers or of text.
    """
    columns = [clean_name(name) for name in frame.columns[1:]]
    values = np.full((len(frame), len(columns)), np.nan, dtype=np.float32)
    for j in range(values.shape[1]):
        if j in about:
            continue
        column = frame.iloc[:, j + 1]
        if pd.api.types.is_numeric_dtype(column.dtype):
            values[:, j] = column.to_numpy(np.float32, na_value=np.nan)
        else:
            for i, cell in enumerate(as_text(column)):
                values[i, j] = _number(cell, i, j, bad)
    rows = [clean_name(name) for name in as_text(frame.iloc[:, 0])]
    return Matrix(path, rows, columns, values, list(range(1, len(frame) + 1)), "row")


def as_text(column: pd.Series) -> pd.Series:
    """Write the values of a column as text, missing ones as nothing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()


def _numbers(cells: Iterable[str], row: int, bad: NotNumbers) -> np.ndarray:
    """Convert cell by cell; `bad` counts those that are not numbers."""
    return np.array([_number(cell, row, j, bad) for j, cell in enumerate(cells)], dtype=np.float32)


def _number(cell: str, row: int, column: int, bad: NotNumbers) -> float:
    try:
        return number(cell)
    except ValueError:
        bad.add(row, column, cell)
        return np.nan
