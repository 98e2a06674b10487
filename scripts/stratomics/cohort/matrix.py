"""A table of numbers as it stands in its file, and its cells that are none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from .gene_means import GeneTable

#: So many cells that are no numbers are kept for messages.
KEPT = 1000

#: Rows that are looked at at once.
ROWS = 1000


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
        What `lines` counts: ``line`` (text; the header is line 1), ``row`` (parquet) or ``feature``.
    mapped
        Whether the features are already what ``map`` of the config brings them to.
    genes
        Where the features were brought to genes while the file was read: their means, beside the names of all features; then
        there are no `values` [0, 0].
    """

    path: str
    rows: list[str]
    columns: list[str]
    values: np.ndarray
    lines: list[int]
    unit: str = "line"
    mapped: bool = False
    genes: GeneTable | None = None

    @property
    def size(self) -> int:
        """Cells of the file."""
        return len(self.rows) * len(self.columns)

    def where(self, row: int, column: int) -> str:
        """Name one cell for a message."""
        return f"{self.unit} {self.lines[row]}, row '{self.rows[row]}', column '{self.columns[column]}'"


@dataclass
class NotNumbers:
    """Cells that are neither numbers nor missing: how many there are by row and column, and the first of them.

    Infinite ones are numbers, and no measurements: the first of them, and how many there are.
    """

    first: list[tuple[int, int, str]] = field(default_factory=list)
    by_row: Counter[int] = field(default_factory=Counter)
    by_column: Counter[int] = field(default_factory=Counter)
    infinite: list[tuple[int, int]] = field(default_factory=list)
    n_infinite: int = 0

    def add(self, row: int, column: int, cell: str) -> None:
        """Count one cell by its position."""
        if len(self.first) < KEPT:
            self.first.append((row, column, cell))
        self.by_row[row] += 1
        self.by_column[column] += 1

    def look_for_infinite(self, values: np.ndarray, first: int = 0, column: int = 0) -> None:
        """Count the infinite cells of a part [rows, columns] of the matrix that begins at the row `first` and at `column`."""
        for start in range(0, len(values), ROWS):
            infinite = np.isinf(values[start : start + ROWS])
            if not infinite.any():  # the usual case, at a glance
                continue
            cells = np.argwhere(infinite)
            self.n_infinite += len(cells)
            room = KEPT - len(self.infinite)
            self.infinite += [(first + start + i, column + j) for i, j in cells[:room].tolist()]

    def row(self, row: int) -> list[str]:
        """Return those of the first cells that stand in one row."""
        return [cell for i, _, cell in self.first if i == row]

    def column(self, column: int) -> list[str]:
        """Return those of the first cells that stand in one column."""
        return [cell for _, j, cell in self.first if j == column]
