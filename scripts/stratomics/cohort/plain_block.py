"""Numbers of a block of text, all cells at once; a block with anything out of the ordinary is left to the careful reader.

A compiled pass over the bytes (`stratomics.cohort.plain_cells`) reads the cells that are written as numbers mostly are, whatever
the shape of the table: 20,000 columns cost no more than 20,000 rows. The few others are read by `stratomics.cohort.cells.number`,
each spelling once.
"""

from __future__ import annotations

import re

import numpy as np

from .cells import is_missing, number
from .pieces import Piece, Wanted

#: A cell in quotes that holds neither separators nor further quotes (the separator is put in).
QUOTED = rb'(?:^|(?<=[\n%b]))"[^"\\\n%b]{0,1000}"(?=[\n%b])'


def unquoted(block: bytes, separator: bytes) -> bytes | None:
    """Remove the quote signs around cells; None where one is anywhere else, or a cell holds what quotes are for."""
    pairs = sum(1 for _ in re.finditer(QUOTED.replace(b"%b", re.escape(separator)), block))
    return block.translate(None, b'"') if 2 * pairs == block.count(b'"') else None


class PlainReader:
    """Reads blocks of the rows of one text.

    Parameters
    ----------
    separator
        Between cells.
    width
        Cells in a row.
    corner
        First name of the header, which no row may have: it might be the header again.
    wanted
        Which cells are names and measurements.
    """

    def __init__(self, separator: str, width: int, corner: str, wanted: Wanted) -> None:
        # Compiled at the first import, which only large tables are worth.
        from .plain_cells import SKIPPED, read_cells

        self._read_cells = read_cells
        self._separator, self._corner, self._wanted = separator.encode(), corner, wanted
        self._place, self._name_place = (np.full(width, SKIPPED, np.int32) for _ in range(2))
        self._place[list(wanted.kept)] = np.arange(len(wanted.kept))
        self._place[list(wanted.about)] = SKIPPED
        self._nowhere = np.flatnonzero(np.isin(wanted.kept, list(wanted.about)))
        self._columns = sorted({0, *wanted.names})
        self._name_place[self._columns] = np.arange(len(self._columns))

    def __call__(self, block: bytes) -> Piece | None:
        """Read a block of whole lines, each of which ends in a newline.

        Returns
        -------
        Piece or None
            Its lines count from the beginning of the block. None where not every line has as many cells, a name and, as
            measurements, numbers or missing values; or where that cannot be told at a glance.
        """
        text = unquoted(block, self._separator) if b'"' in block else block
        if text is None or b"\0" in text:
            return None
        try:
            if not text.isascii():
                text.decode()
            return self._piece(text)
        except ValueError:  # not UTF-8, or a cell that is no number
            return None

    def _piece(self, block: bytes) -> Piece | None:
        signs = np.frombuffer(block, np.uint8)
        n = np.count_nonzero(signs == ord("\n"))
        values = np.empty((n, len(self._wanted.kept)), np.float32)
        values[:, self._nowhere] = np.nan
        spans = np.empty((n, len(self._columns), 2), np.int32)
        others = np.empty((values.size, 4), np.int32)
        found = self._read_cells(signs, self._separator[0], self._place, self._name_place, values, spans, others)
        if found < 0:
            return None
        cells = {
            column: [block[start:stop].decode() for start, stop in spans[:, j].tolist()]
            for j, column in enumerate(self._columns)
        }
        if any(name == self._corner or not name.strip() for name in cells[0]):
            return None
        named = zip(*(cells[column] for column in self._wanted.names), strict=True)
        names = [self._wanted.name(list(row)) for row in named]
        _read_others(block, others[:found], values)
        return Piece(range(n), names, values)


def _read_others(block: bytes, others: np.ndarray, values: np.ndarray) -> None:
    """Read cells one by one, as the careful reader does; what it takes for a number that is none is left to it.

    Raises
    ------
    ValueError
        When one is neither a number nor missing.
    """
    known: dict[bytes, float] = {}
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which is a fault elsewhere
        for start, stop, row, column in others.tolist():
            cell = block[start:stop]
            if cell not in known:
                known[cell] = _other(cell.decode())
            values[row, column] = known[cell]


def _other(cell: str) -> float:
    value = number(cell)
    if np.isnan(value) and not is_missing(cell):
        raise ValueError(f"not a number: {cell!r}")
    return value
