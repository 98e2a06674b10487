"""Read the omics and clinical tables of a cohort, whatever their orientation, and refuse cells that are not numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from .checks import Checks, are, count, listing
from .files import TextTable, find_table, is_parquet, open_text_table, read_parquet_frame

#: Cells that mean "not measured" or "not known", compared without regard to case and surrounding blanks.
MISSING = frozenset(
    {"", ".", "-", "--", "'--", "na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "nil"}
    | {"[not available]", "[not evaluated]", "[not applicable]", "[unknown]", "[discrepancy]", "[completed]"}
    | {"[pending]", "not available", "not applicable", "not evaluated", "not reported", "unknown"}
)

#: Cells that are no numbers: position of row and column, and the text.
Bad = list[tuple[int, int, str]]


@dataclass(frozen=True)
class Matrix:
    """A table of numbers with a name for each row and column, oriented as in its file.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    rows, columns
        Names, text.
    values
        Numbers, float32 [rows, columns]; NaN where missing.
    lines
        Where each row stands in the file.
    unit
        What `lines` counts: ``line`` (text; the header is line 1) or ``row`` (parquet).
    """

    path: str
    rows: list[str]
    columns: list[str]
    values: np.ndarray
    lines: list[int]
    unit: str = "line"

    def where(self, row: int, column: int) -> str:
        """Name one cell for a message."""
        return f"{self.unit} {self.lines[row]}, row '{self.rows[row]}', column '{self.columns[column]}'"


def is_missing(cell: str) -> bool:
    """Tell whether a cell means "not known" (see `MISSING`)."""
    return cell.strip().lower() in MISSING


def number(cell: str) -> float:
    """Read one cell: NaN where missing.

    Raises
    ------
    ValueError
        When it is neither a number nor one of `MISSING`.
    """
    return np.nan if is_missing(cell) else float(cell)


def read_matrix(path: str, base_dir: str | Path, item: str, checks: Checks) -> Matrix:
    """Read an omics table; the first column holds the names of the rows.

    Parameters
    ----------
    path
        File of the table, absolute or relative to `base_dir`.
    base_dir
        Folder the paths of the config start from.
    item
        Name of the omics.
    checks
        Gets a row where the file is written in another way than its name says, and a fault for cells that are neither
        numbers nor missing (they are NaN in what is returned, so that the other checks can go on) or infinite.

    Returns
    -------
    Matrix
        Patients in rows or in columns, as in the file.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = find_table(path, base_dir, f"omics '{item}'")
    bad: Bad = []
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, and infinite values are a fault
        if is_parquet(file):
            matrix = _matrix_of_frame(path, read_parquet_frame(path, file), bad)
        else:
            table = open_text_table(path, file)
            matrix = _matrix_of_text(table, bad)
            table.report("omics", item, checks)
    for message in (*_not_numbers(matrix, bad), *_infinite(matrix)):
        checks.fault(message)
    return matrix


def read_cells(path: str, base_dir: str | Path, checks: Checks) -> pd.DataFrame:
    """Read the clinical table as text, untouched but for surrounding blanks.

    Parameters
    ----------
    path, base_dir, checks
        As for `read_matrix`.

    Returns
    -------
    pandas.DataFrame
        Text; the index holds the line (text) or row (parquet) of the file and is named so.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = find_table(path, base_dir, "the clinical table")
    if is_parquet(file):
        frame = read_parquet_frame(path, file)
        text = frame.apply(_text).set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))
        return text
    table = open_text_table(path, file)
    lines, rows = [], []
    for line, row in table.rows():
        lines.append(line)
        rows.append([cell.strip() for cell in row])
    table.report("clinical", "clinical", checks)
    header = ["", *table.header] if table.corner_missing else table.header
    return pd.DataFrame(rows, index=pd.Index(lines, name="line"), columns=header, dtype=object)


def _matrix_of_text(table: TextTable, bad: Bad) -> Matrix:
    numbers: list[np.ndarray] = []
    rows: list[str] = []
    lines: list[int] = []
    for line, row in table.rows():
        try:
            numbers.append(np.array(row[1:], dtype=np.float32))
        except ValueError:  # something missing, or text
            numbers.append(_numbers(row[1:], lambda column, cell: bad.append((len(rows), column, cell))))
        rows.append(row[0].strip())
        lines.append(line)
    columns = table.header if table.corner_missing else table.header[1:]
    return Matrix(table.path, rows, columns, np.stack(numbers), lines)


def _matrix_of_frame(path: str, frame: pd.DataFrame, bad: Bad) -> Matrix:
    values = np.empty((len(frame), frame.shape[1] - 1), dtype=np.float32)
    for j in range(values.shape[1]):
        column = frame.iloc[:, j + 1]
        if pd.api.types.is_numeric_dtype(column.dtype):
            values[:, j] = column.to_numpy(np.float32, na_value=np.nan)
        else:
            values[:, j] = _numbers(_text(column), lambda row, cell, j=j: bad.append((row, j, cell)))  # type: ignore[misc]
    rows = _text(frame.iloc[:, 0]).tolist()
    return Matrix(path, rows, list(frame.columns[1:]), values, list(range(1, len(frame) + 1)), "row")


def _text(column: pd.Series) -> pd.Series:
    """Write the values of a column as text, missing ones as nothing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()


def _numbers(cells: Iterable[str], refuse: Callable[[int, str], None]) -> np.ndarray:
    """Convert cell by cell; `refuse` is told the position and text of those that are not numbers."""
    converted = []
    for position, cell in enumerate(cells):
        try:
            converted.append(number(cell))
        except ValueError:
            refuse(position, cell)
            converted.append(np.nan)
    return np.array(converted, dtype=np.float32)


def _not_numbers(matrix: Matrix, bad: Bad) -> list[str]:
    if not bad:
        return []
    shown = listing(f"'{cell}' ({matrix.where(row, column)})" for row, column, cell in bad)
    found = "1 cell is not a number" if len(bad) == 1 else f"{len(bad)} cells are not numbers"
    columns = {column for _, column, _ in bad}
    advice = "Correct them, or write NA where a value is missing."
    if len(columns) == 1 and len(bad) == len(matrix.rows):
        advice = f"The whole column '{matrix.columns[columns.pop()]}' is text: remove it from the table."
    elif all(re.fullmatch(r"\s*[-+]?\d+,\d+\s*", cell) for _, _, cell in bad):
        advice = "Write decimals with a point, not a comma."
    return [
        f"{matrix.path}: {found}: {shown}. Measurements must be numbers, or empty, NA "
        f"and the like where missing. {advice}"
    ]


def _infinite(matrix: Matrix) -> list[str]:
    cells = np.argwhere(np.isinf(matrix.values)).tolist()
    if not cells:
        return []
    shown = listing(matrix.where(row, column) for row, column in cells)
    return [
        f"{matrix.path}: {count(len(cells), 'cell')} {are(len(cells))} infinite or beyond 3.4e38: {shown}. "
        f"Measurements must be finite: correct them (a logarithm of zero?), or write NA where a value is missing."
    ]
