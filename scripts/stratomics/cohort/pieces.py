"""Rows of a table on their way to a matrix, some at a time: cells as text, or numbers where all of them are plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from .cells import is_missing, is_plain, number
from .matrix import NotNumbers

#: So many cells of text make a piece: about 16 MB.
CELLS = 1 << 18


class Pieces(Protocol):
    """What yields pieces."""

    def __iter__(self) -> Iterator[Piece]:
        """Yield them in the order of the file."""


@dataclass(frozen=True)
class Wanted:
    """Which cells of the rows of a text are names and measurements.

    Parameters
    ----------
    kept
        Columns of the measurements, by position.
    about
        Columns among them that are no measurements, and become NaN.
    names
        Columns by which a row is named.
    name
        Makes the name of their cells.
    """

    kept: Sequence[int]
    about: Sequence[int] = ()
    names: tuple[int, ...] = (0,)
    name: Callable[[list[str]], str] = lambda cells: cells[0]

    def piece(self, rows: Sequence[tuple[int, list[str]]]) -> Piece:
        """Take names and measurements out of rows of text."""
        names = [self.name([row[j] for j in self.names]) for _, row in rows]
        cells = [["nan" if j in self.about else row[j] for j in self.kept] for _, row in rows]
        return Piece([line for line, _ in rows], names, cells)


@dataclass(frozen=True)
class Piece:
    """Some rows.

    Parameters
    ----------
    lines
        Where each stands in its file.
    names
        As in the file.
    cells
        Measurements: text, or numbers, float32 [rows, columns], where every cell is a number or missing (NaN).
    """

    lines: Sequence[int]
    names: list[str]
    cells: list[list[str]] | np.ndarray

    def empty(self) -> np.ndarray:
        """Tell the rows all of whose measurements are missing."""
        if isinstance(self.cells, np.ndarray):
            return np.isnan(self.cells).all(axis=1)
        return np.array([all(map(is_missing, row)) for row in self.cells], dtype=bool)

    def take(self, keep: np.ndarray) -> Piece:
        """Return the rows for which `keep` is true."""
        if keep.all():
            return self
        at = np.flatnonzero(keep).tolist()
        cells = self.cells[at] if isinstance(self.cells, np.ndarray) else [self.cells[i] for i in at]
        return replace(self, lines=[self.lines[i] for i in at], names=[self.names[i] for i in at], cells=cells)

    def below(self, line: int) -> Piece:
        """Return it with lines that count from another one."""
        return replace(self, lines=range(line, line + len(self.lines)))

    def numbers(self, first: int, bad: NotNumbers) -> np.ndarray:
        """Return the measurements as numbers, float32 [rows, columns].

        Parameters
        ----------
        first
            Position of the first row in the matrix.
        bad
            Gets the cells that are neither numbers nor missing, which are NaN.
        """
        if isinstance(self.cells, np.ndarray):
            return self.cells
        return np.stack([_numbers(cells, first + i, bad) for i, cells in enumerate(self.cells)])


def pieces_of_rows(rows: Iterable[tuple[int, list[str]]], wanted: Wanted | None = None) -> Iterator[Piece]:
    """Yield rows of text some at a time.

    Parameters
    ----------
    rows
        Line and cells.
    wanted
        Which cells to take; None for a name and measurements behind it.
    """
    batch: list[tuple[int, list[str]]] = []
    for line, row in rows:
        wanted = wanted or Wanted(range(1, len(row)))
        batch.append((line, row))
        if len(batch) * len(row) >= CELLS:
            yield wanted.piece(batch)
            batch = []
    if wanted and batch:
        yield wanted.piece(batch)


def cell_number(cell: str, row: int, column: int, bad: NotNumbers) -> float:
    """Read one cell; NaN where it is missing, or no number, which `bad` counts."""
    try:
        return number(cell)
    except ValueError:
        bad.add(row, column, cell)
        return np.nan


def _numbers(cells: list[str], row: int, bad: NotNumbers) -> np.ndarray:
    """Convert a row at once or, where something is missing or no number, cell by cell."""
    try:
        # Joined, so that one look tells whether any cell is written as only Python reads it.
        if is_plain("".join(cells)):
            return np.array(cells, dtype=np.float32)
    except ValueError:
        pass
    return np.array([cell_number(cell, row, j, bad) for j, cell in enumerate(cells)], dtype=np.float32)
