"""Read the omics and clinical tables of a cohort, whatever their orientation, and refuse cells that are not numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .cells import is_plain, number
from .checks import Checks, are, count, listing
from .files import find_table, is_parquet, read_parquet_frame
from .header_rows import clinical_header_rows
from .ids import clean_name
from .layouts import feature_columns, layout_fault, name_layout
from .matrix import KEPT, Matrix, NotNumbers
from .text import TextTable, open_text_table
from .text_layouts import text_layout
from .words import words_fault


def read_matrix(
    path: str, base_dir: str | Path, item: str, checks: Checks, patients: Collection[str] | None = None
) -> Matrix:
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
    patients
        Of the clinical table; None where it could not be read.

    Returns
    -------
    Matrix
        Patients in rows or in columns, as in the file. Columns beside the patients that describe features are NaN.

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
            matrix = _matrix_of_frame(path, frame, bad, patients)
        else:
            with _layout_named(path, file):
                table = open_text_table(path, file)
                name_layout(path, table.header)
                matrix = _matrix_of_text(table, bad, item, checks, patients)
            table.report("omics", item, checks)
    if fault := layout_fault(matrix, bad, patients):
        raise DataError(fault)
    if fault := words_fault(matrix, bad, patients):
        checks.fault(fault)
    if fault := _infinite(matrix):
        checks.fault(fault)
    return matrix


@contextmanager
def _layout_named(path: str, file: Path) -> Iterator[None]:
    """Where a text cannot be taken apart, say what it is, if that is known, rather than where it failed."""
    try:
        yield
    except DataError as error:
        if found := text_layout(path, file):
            raise DataError(found) from error
        raise


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
        cells = frame.apply(_text).set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))
        cells, comments = cells.set_axis([clean_name(name) for name in frame.columns], axis=1), 0
    else:
        lines, rows = [], []
        with _layout_named(path, file):
            table = open_text_table(path, file, id_column)
            for line, row in table.rows():
                lines.append(line)
                rows.append([cell.strip() for cell in row])
        table.report("clinical", "clinical", checks)
        header = ["", *table.header] if table.corner_missing else table.header
        cells, comments = (
            pd.DataFrame(rows, index=pd.Index(lines, name="line"), columns=header, dtype=object),
            table.comments,
        )
    if fault := clinical_header_rows(path, cells):
        raise DataError(fault)
    return cells, comments


def _matrix_of_text(
    table: TextTable, bad: NotNumbers, item: str, checks: Checks, patients: Collection[str] | None
) -> Matrix:
    columns = table.header if table.corner_missing else table.header[1:]
    about = feature_columns(columns, patients)
    numbers: list[np.ndarray] = []
    rows: list[str] = []
    lines: list[int] = []
    cleaned = 0
    for line, row in table.rows():
        name, cells = row[0], row[1:]
        for j in about:
            cells[j] = "nan"
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
    return Matrix(table.path, rows, columns, np.stack(numbers), lines)


def _matrix_of_frame(path: str, frame: pd.DataFrame, bad: NotNumbers, patients: Collection[str] | None) -> Matrix:
    columns = [clean_name(name) for name in frame.columns[1:]]
    about = feature_columns(columns, patients)
    values = np.full((len(frame), len(columns)), np.nan, dtype=np.float32)
    for j in range(values.shape[1]):
        if j in about:
            continue
        column = frame.iloc[:, j + 1]
        if pd.api.types.is_numeric_dtype(column.dtype):
            values[:, j] = column.to_numpy(np.float32, na_value=np.nan)
        else:
            for i, cell in enumerate(_text(column)):
                values[i, j] = _number(cell, i, j, bad)
    rows = [clean_name(name) for name in _text(frame.iloc[:, 0])]
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


def _infinite(matrix: Matrix) -> str | None:
    cells = np.argwhere(np.isinf(matrix.values))
    if not len(cells):
        return None
    shown = listing((matrix.where(row, column) for row, column in cells[:KEPT].tolist()), n=len(cells))
    return (
        f"{matrix.path}: {count(len(cells), 'cell')} {are(len(cells))} infinite or beyond 3.4e38: {shown}. "
        f"Measurements must be finite: correct them (a logarithm of zero?), or write NA where a value is missing."
    )
