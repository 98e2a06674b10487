"""Numbers of a block of text, all cells at once; a block with anything out of the ordinary is left to the careful reader.

The cells become one Arrow array of text, which Arrow casts to numbers (fast_float: correctly rounded, as Python does). It is one
array whatever the shape of the table, so 20,000 columns cost no more than 20,000 rows; Arrow's own reader of CSV builds every
column of every block by itself. The few cells that do not begin and end as numbers do are read by
`stratomics.cohort.cells.number`, each spelling once.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
        self._separator, self._width, self._corner, self._wanted = separator.encode(), width, corner, wanted
        kept = wanted.kept
        self._kept = slice(kept.start, kept.stop) if isinstance(kept, range) else list(kept)
        self._about = list(wanted.about)
        self._measured = np.zeros(width, bool)
        self._measured[self._kept] = True
        self._measured[self._about] = False

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
        width = self._width
        signs = np.frombuffer(block, np.uint8)
        newline = signs == ord("\n")
        ends = newline | (signs == ord(self._separator))
        stops = np.flatnonzero(ends)
        n = len(stops) // width
        if len(stops) != n * width or np.count_nonzero(newline) != n or not newline[stops[width - 1 :: width]].all():
            return None
        cells = _Cells(block, stops)
        firsts = cells.text(np.arange(0, len(stops), width))
        if any(name == self._corner or not name.strip() for name in firsts):
            return None
        named = [firsts if j == 0 else cells.text(np.arange(j, len(stops), width)) for j in self._wanted.names]
        names = [self._wanted.name(list(row)) for row in zip(*named, strict=True)]
        measured = np.tile(self._measured, n)
        try:
            numbers = cells.numbers(measured, _holding_more(signs, ends, stops))
        except pa.ArrowInvalid:
            numbers = cells.numbers(measured, _not_ending_so(signs, stops))
        numbers = numbers.reshape(n, width)
        numbers[:, self._about] = np.nan
        return Piece(range(n), names, numbers[:, self._kept])


def _holding_more(signs: np.ndarray, ends: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Find the cells that hold anything but digits, points, e and signs, or nothing, without looking at each cell."""
    # From + to 9, with a comma and a slash between, which the cast refuses; below + the difference wraps.
    odd = np.flatnonzero((signs - np.uint8(ord("+")) > ord("9") - ord("+")) & (signs | 0x20 != ord("e")) & ~ends)
    of = np.searchsorted(stops, odd)
    cells = of[np.diff(of, prepend=-1) > 0]
    if not (ends[0] or (ends[1:] & ends[:-1]).any()):
        return cells
    return np.concatenate([cells, np.flatnonzero(np.diff(stops, prepend=-1) == 1)])


def _not_ending_so(signs: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Find the cells that do not begin and end as a number does: '-', '.' and '+1', say, beside words, or nothing."""
    first, last = signs[np.concatenate([[0], stops[:-1] + 1])], signs[stops - 1]  # of an empty cell, a separator
    digits = [(one >= ord("0")) & (one <= ord("9")) for one in (first, last)]
    return np.flatnonzero(~((digits[0] | (first == ord("-")) | (first == ord("."))) & digits[1]))


class _Cells:
    """The cells of a block as an Arrow array of text, with the separators between them: nothing is copied.

    Parameters
    ----------
    block
        Text.
    stops
        Where each cell ends.
    """

    def __init__(self, block: bytes, stops: np.ndarray) -> None:
        offsets = np.zeros(2 * len(stops) + 1, np.int32)
        offsets[1::2] = stops
        np.add(stops, 1, out=offsets[2::2], casting="unsafe")
        self._offsets, self._block = pa.py_buffer(offsets), pa.py_buffer(block)
        self._n = len(stops)

    def _array(self, valid: np.ndarray | None = None) -> pa.StringArray:
        known = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
        return pa.StringArray.from_buffers(2 * self._n, self._offsets, self._block, known)

    def text(self, at: np.ndarray) -> list[str]:
        """Return some cells."""
        return self._array().take(pa.array(2 * at)).to_pylist()

    def numbers(self, measured: np.ndarray, unusual: np.ndarray) -> np.ndarray:
        """Convert cells to float32.

        Parameters
        ----------
        measured
            Which; others become anything.
        unusual
            Positions of those to be looked at one by one; the others are cast all at once.

        Raises
        ------
        ArrowInvalid
            When a usual one is no number.
        ValueError
            When another is neither a number nor missing.
        """
        others = unusual[measured[unusual]]
        valid = np.zeros(2 * self._n, bool)
        valid[::2] = measured
        valid[2 * others] = False
        cast = pc.cast(self._array(valid), pa.float64())
        with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which is a fault elsewhere
            values = np.frombuffer(cast.buffers()[1], np.float64, 2 * self._n)[::2].astype(np.float32)
            if len(others):
                spellings = self._array().take(pa.array(2 * others)).dictionary_encode()
                read = np.array([_other(cell) for cell in spellings.dictionary.to_pylist()])
                values[others] = read[spellings.indices.to_numpy()]
        return values


def _other(cell: str) -> float:
    """Read a cell as the careful reader does; what it takes for a number that is none is left to it."""
    value = number(cell)
    if np.isnan(value) and not is_missing(cell):
        raise ValueError(f"not a number: {cell!r}")
    return value
