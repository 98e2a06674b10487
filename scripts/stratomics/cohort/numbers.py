"""From cells to numbers: the rows of a text, or the columns of a frame, become a matrix."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from stratomics.errors import DataError

from .feature_map import FeatureMap
from .gene_means import Belonging, GeneMeans, GeneTable
from .ids import clean_name
from .layouts import are_patients
from .matrix import Matrix, NotNumbers
from .pieces import Piece, Pieces, cell_number
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


def pieces_of_frames(frames: Iterable[pd.DataFrame], about: Collection[int], bad: NotNumbers) -> Iterator[Piece]:
    """Yield the rows of frames of the same columns, of numbers or of text, the first of which holds the names of the rows.

    Parameters
    ----------
    frames
        Rows from the first on.
    about
        Positions of columns, behind the first, that are no measurements, which are NaN.
    bad
        Gets the cells that are neither numbers nor missing, which are NaN.
    """
    start = 0
    for frame in frames:
        values = np.full((len(frame), frame.shape[1] - 1), np.nan, dtype=np.float32)
        for j in range(values.shape[1]):
            if j in about:
                continue
            column = frame.iloc[:, j + 1]
            if pd.api.types.is_numeric_dtype(column.dtype):
                values[:, j] = column.to_numpy(np.float32, na_value=np.nan)
            else:
                for i, cell in enumerate(as_text(column)):
                    values[i, j] = cell_number(cell, start + i, j, bad)
        yield Piece(range(start + 1, start + 1 + len(frame)), as_text(frame.iloc[:, 0]).tolist(), values)
        start += len(frame)


def as_text(column: pd.Series) -> pd.Series:
    """Write the values of a column as text, missing ones as nothing."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()
