"""From cells to numbers: the rows of a text, or the columns of a frame, become a matrix."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .feature_map import FeatureMap
from .gene_means import Belonging, GeneMeans, GeneTable
from .ids import clean_name
from .layouts import are_patients
from .matrix import Matrix, NotNumbers
from .pieces import Pieces, cell_number
from .symbols import VERSIONED


def matrix_of_pieces(
    path: str,
    columns: Sequence[str],
    pieces: Pieces,
    bad: NotNumbers,
    by: FeatureMap | None = None,
    patients: Collection[str] | None = None,
) -> tuple[Matrix, int]:
    """Make a matrix of the rows of a text, or of its genes alone, as they come.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    columns
        Names of the measurements of a row.
    pieces
        The rows.
    bad
        Gets the cells that are neither numbers nor missing, which are NaN, and the infinite ones.
    by
        What the features are to be brought to, where their names stand in the file as in the map.
    patients
        Of the clinical table, by which features are told from patients.

    Returns
    -------
    matrix : Matrix
        With `Matrix.genes` in the place of values where there is a map and features can be told from patients; else they are
        brought to genes when the table is there.
    cleaned : int
        Names of rows that were written in another way.

    Raises
    ------
    DataError
        When there is no row.
    """
    names: list[str] = []
    lines: list[int] = []
    cleaned = 0
    gather: _Gather | None = None
    for piece in pieces:
        first = len(names)
        own = [clean_name(name) for name in piece.names]
        cleaned += sum(new != name.strip() for new, name in zip(own, piece.names, strict=True))
        names += own
        lines += piece.lines
        values = piece.numbers(first, bad)
        gather = gather or _gather(columns, own, by, patients or ())
        gather.add(own, values)
        if gather.brings_to_genes:  # else the whole matrix is looked at afterwards
            bad.look_for_infinite(values, first)
    if gather is None:
        raise DataError(f"{path}: no row of measurements is left. Check how the file was written.")
    values, genes = gather.result()
    return Matrix(path, names, list(columns), values, lines, genes=genes), cleaned


class _Gather(Protocol):
    """Takes the rows of a table as they come."""

    brings_to_genes: bool

    def add(self, names: list[str], values: np.ndarray) -> None: ...

    def result(self) -> tuple[np.ndarray, GeneTable | None]: ...


class _All:
    """All measurements, in one array that grows in place: it is not copied where the system can help it."""

    brings_to_genes = False

    def __init__(self, columns: int) -> None:
        self._values = np.zeros((0, columns), np.float32)

    def add(self, names: list[str], values: np.ndarray) -> None:
        n = len(self._values)
        self._values.resize((n + len(values), values.shape[1]), refcheck=False)
        self._values[n:] = values

    def result(self) -> tuple[np.ndarray, GeneTable | None]:
        return self._values, None


class _GenesOfRows:
    """Genes of features in rows."""

    brings_to_genes = True

    def __init__(self, columns: int, by: FeatureMap) -> None:
        self._means = GeneMeans(by, columns)

    def add(self, names: list[str], values: np.ndarray) -> None:
        self._means.add(names, values)

    def result(self) -> tuple[np.ndarray, GeneTable | None]:
        return np.zeros((0, 0), np.float32), self._means.table()


class _GenesOfColumns:
    """Genes of features in columns."""

    brings_to_genes = True

    def __init__(self, columns: Sequence[str], by: FeatureMap) -> None:
        self._belonging, self._by = Belonging(columns, by), by
        self._all = _All(len(self._belonging.names))

    def add(self, names: list[str], values: np.ndarray) -> None:
        self._all.add(names, self._belonging.means(values))

    def result(self) -> tuple[np.ndarray, GeneTable | None]:
        values, _ = self._all.result()
        return np.zeros((0, 0), np.float32), GeneTable(
            self._belonging.names, values, False, self._belonging.used, self._by
        )


def _gather(columns: Sequence[str], rows: Sequence[str], by: FeatureMap | None, patients: Collection[str]) -> _Gather:
    """Choose by the names of the columns and those of the first rows: features are in the map, and no patients."""
    # Versions are removed before the map is asked, once all names are known.
    if by is None or VERSIONED.fullmatch(rows[0]) or VERSIONED.fullmatch(columns[0]):
        return _All(len(columns))
    if any(name in by.genes for name in columns):
        return _GenesOfColumns(columns, by)
    if are_patients(columns, patients) or any(name in by.genes for name in rows):
        return _GenesOfRows(len(columns), by)
    return _All(len(columns))


def matrix_of_columns(
    path: str,
    rows: Sequence[str],
    columns: Sequence[str],
    frames: Iterable[pd.DataFrame],
    bad: NotNumbers,
    about: Collection[int] = (),
    by: FeatureMap | None = None,
    patients: Collection[str] | None = None,
) -> Matrix:
    """Make a matrix of columns as they come: see `matrix_of_pieces`.

    Parameters
    ----------
    path, bad, by, patients
        As there.
    rows, columns
        Names.
    frames
        All rows of the next few columns each, of numbers or of text.
    about
        Positions of columns that are no measurements, which are NaN.
    """
    gather = _gather(rows, columns, by, patients or ())
    first = 0
    for frame in frames:
        values = np.full(frame.shape[::-1], np.nan, dtype=np.float32)
        for j, own in enumerate(values, start=first):
            column = frame.iloc[:, j - first]
            if j in about:
                continue
            if pd.api.types.is_numeric_dtype(column.dtype):
                own[:] = column.to_numpy(np.float32, na_value=np.nan)
            else:
                own[:] = [cell_number(cell, i, j, bad) for i, cell in enumerate(as_text(column))]
        gather.add(list(columns[first : first + len(values)]), values)
        if gather.brings_to_genes:
            bad.look_for_infinite(values.T, column=first)
        first += len(values)
    values, genes = gather.result()
    if genes is not None:
        genes = replace(genes, values=genes.values.T, in_rows=not genes.in_rows)
    lines = list(range(1, len(rows) + 1))
    return Matrix(path, list(rows), list(columns), values.T, lines, "row", genes=genes)


def as_text(column: pd.Series) -> pd.Series:
    """Write the values of a column as text, missing ones as nothing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()
