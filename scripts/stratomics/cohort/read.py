"""Read the omics and clinical tables of a cohort, whatever their orientation, and refuse cells that are not numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .cells import advice_on, is_plain, number
from .checks import Checks, are, count, listing
from .files import find_table, is_parquet, read_parquet_frame
from .ids import clean_name
from .layouts import layout_fault, name_layout
from .text import TextTable, open_text_table

#: So many cells that are no numbers are kept for messages.
KEPT = 1000


@dataclass(frozen=True)
class Matrix:
    """A table of numbers with a name for each row and column, oriented as in its file.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    rows, columns
        Names, text, cleaned by `stratomics.cohort.ids.clean_name`.
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


@dataclass
class NotNumbers:
    """Cells that are neither numbers nor missing: how many there are by row and column, and the first of them."""

    first: list[tuple[int, int, str]] = field(default_factory=list)
    by_row: Counter[int] = field(default_factory=Counter)
    by_column: Counter[int] = field(default_factory=Counter)

    def add(self, row: int, column: int, cell: str) -> None:
        """Count one cell by its position."""
        if len(self.first) < KEPT:
            self.first.append((row, column, cell))
        self.by_row[row] += 1
        self.by_column[column] += 1


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
        When the file cannot be read, or is laid out in another way.
    """
    file = find_table(path, base_dir, f"omics '{item}'")
    bad = NotNumbers()
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, and infinite values are a fault
        if is_parquet(file):
            frame = read_parquet_frame(path, file)
            name_layout(path, list(frame.columns))
            matrix = _matrix_of_frame(path, frame, bad)
        else:
            table = open_text_table(path, file)
            name_layout(path, table.header)
            matrix = _matrix_of_text(table, bad, item, checks)
            table.report("omics", item, checks)
    for message in (*_not_numbers(matrix, bad), *_infinite(matrix)):
        checks.fault(message)
    return matrix


def read_cells(path: str, base_dir: str | Path, checks: Checks, id_column: str = "") -> tuple[pd.DataFrame, int]:
    """Read the clinical table as text, untouched but for surrounding blanks.

    Parameters
    ----------
    path, base_dir, checks
        As for `read_matrix`.
    id_column
        Name of the column of ids.

    Returns
    -------
    cells : pandas.DataFrame
        Text; the index holds the line (text) or row (parquet) of the file and is named so. Names of columns are cleaned by
        `stratomics.cohort.ids.clean_name`.
    comments : int
        Lines above the header that are comments.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    file = find_table(path, base_dir, "the clinical table")
    if is_parquet(file):
        frame = read_parquet_frame(path, file)
        text = frame.apply(_text).set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))
        return text.set_axis([clean_name(name) for name in frame.columns], axis=1), 0
    table = open_text_table(path, file, id_column)
    lines, rows = [], []
    for line, row in table.rows():
        lines.append(line)
        rows.append([cell.strip() for cell in row])
    table.report("clinical", "clinical", checks)
    header = ["", *table.header] if table.corner_missing else table.header
    cells = pd.DataFrame(rows, index=pd.Index(lines, name="line"), columns=header, dtype=object)
    return cells, table.comments


def _matrix_of_text(table: TextTable, bad: NotNumbers, item: str, checks: Checks) -> Matrix:
    numbers: list[np.ndarray] = []
    rows: list[str] = []
    lines: list[int] = []
    cleaned = 0
    for line, row in table.rows():
        name, cells = row[0], row[1:]
        try:
            # Joined, so that one look tells whether any cell is written as only Python reads it.
            values = np.array(cells, dtype=np.float32) if is_plain("".join(cells)) else None
        except ValueError:  # something missing, or text
            values = None
        numbers.append(_numbers(cells, len(rows), bad) if values is None else values)
        rows.append(clean_name(name))
        cleaned += rows[-1] != name.strip()
        lines.append(line)
    if cleaned:
        message = f"names of rows of {table.path} had invisible characters or another Unicode form: made alike"
        checks.add("omics", item, "names_cleaned", cleaned, message)
    columns = table.header if table.corner_missing else table.header[1:]
    return Matrix(table.path, rows, columns, np.stack(numbers), lines)


def _matrix_of_frame(path: str, frame: pd.DataFrame, bad: NotNumbers) -> Matrix:
    values = np.empty((len(frame), frame.shape[1] - 1), dtype=np.float32)
    for j in range(values.shape[1]):
        column = frame.iloc[:, j + 1]
        if pd.api.types.is_numeric_dtype(column.dtype):
            values[:, j] = column.to_numpy(np.float32, na_value=np.nan)
        else:
            for i, cell in enumerate(_text(column)):
                values[i, j] = _number(cell, i, j, bad)
    rows = [clean_name(name) for name in _text(frame.iloc[:, 0])]
    columns = [clean_name(name) for name in frame.columns[1:]]
    return Matrix(path, rows, columns, values, list(range(1, len(frame) + 1)), "row")


def _text(column: pd.Series) -> pd.Series:
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


def _not_numbers(matrix: Matrix, bad: NotNumbers) -> Iterator[str]:
    if not bad.first:
        return
    if fault := layout_fault(matrix.path, matrix.rows, matrix.columns, bad.by_row, bad.by_column, matrix.lines):
        yield fault
        return
    n = bad.by_row.total()
    shown = listing((f"'{cell}' ({matrix.where(row, column)})" for row, column, cell in bad.first), n=n)
    found = "1 cell is not a number" if n == 1 else f"{n} cells are not numbers"
    written = advice_on([cell for _, _, cell in bad.first])
    advice = written or "Correct them, or write NA where a value is missing."
    if any('"' in cell for _, _, cell in bad.first):
        advice = "A quote sign without its partner makes a cell text: remove it."
    whole = [matrix.columns[j] for j, size in bad.by_column.items() if size == len(matrix.rows)]
    if not written and whole and len(whole) * len(matrix.rows) == n:
        names = listing((f"'{name}'" for name in whole), join=", ")
        which = f"column {names} is" if len(whole) == 1 else f"columns {names} are"
        advice = f"The whole {which} text: remove {'it' if len(whole) == 1 else 'them'} from the table."
    yield (
        f"{matrix.path}: {found}: {shown}. Measurements must be numbers, or empty, NA "
        f"and the like where missing. {advice}"
    )


def _infinite(matrix: Matrix) -> Iterator[str]:
    cells = np.argwhere(np.isinf(matrix.values))
    if not len(cells):
        return
    shown = listing((matrix.where(row, column) for row, column in cells[:KEPT].tolist()), n=len(cells))
    yield (
        f"{matrix.path}: {count(len(cells), 'cell')} {are(len(cells))} infinite or beyond 3.4e38: {shown}. "
        f"Measurements must be finite: correct them (a logarithm of zero?), or write NA where a value is missing."
    )
