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


def plain_piece(block: bytes, separator: str, width: int, corner: str, wanted: Wanted) -> Piece | None:
    """Read a block of whole lines.

    Parameters
    ----------
    block
        Text; every line ends in a newline.
    separator
        Between cells.
    width
        Cells in a row.
    corner
        First name of the header, which no row may have: it might be the header again.
    wanted
        Which cells are names and measurements.

    Returns
    -------
    Piece or None
        Its lines count from the beginning of the block. None where not every line has as many cells, a name and, as
        measurements, numbers or missing values; or where that cannot be told at a glance.
    """
    sign = separator.encode()
    text = unquoted(block, sign) if b'"' in block else block
    if text is None or b"\0" in text:
        return None
    try:
        if not text.isascii():
            text.decode()
        return _piece(text, sign, width, corner, wanted)
    except ValueError:  # not UTF-8, or a cell that is no number
        return None


def _piece(block: bytes, separator: bytes, width: int, corner: str, wanted: Wanted) -> Piece | None:
    signs = np.frombuffer(block, np.uint8)
    newline = signs == ord("\n")
    stops = np.flatnonzero(newline | (signs == ord(separator)))
    n = len(stops) // width
    if len(stops) != n * width or np.count_nonzero(newline) != n or not newline[stops[width - 1 :: width]].all():
        return None
    # Without separators, the cells lie end to end, as those of an Arrow array do.
    offsets = np.zeros(len(stops) + 1, np.int32)
    np.subtract(stops, np.arange(len(stops)), out=offsets[1:], casting="unsafe")
    content = block.translate(None, separator + b"\n")
    cells = pa.StringArray.from_buffers(len(stops), pa.py_buffer(offsets), pa.py_buffer(content))
    firsts = _text(cells, np.arange(0, len(stops), width))
    if not content or any(name == corner or not name.strip() for name in firsts):
        return None
    named = [firsts if j == 0 else _text(cells, np.arange(j, len(stops), width)) for j in wanted.names]
    names = [wanted.name(list(row)) for row in zip(*named, strict=True)]
    measured = np.zeros(width, bool)
    measured[list(wanted.kept)] = True
    measured[list(wanted.about)] = False
    signs = np.frombuffer(content, np.uint8)
    try:
        numbers = _numbers(cells, _holding_more(offsets, signs), measured)
    except pa.ArrowInvalid:
        numbers = _numbers(cells, _not_ending_so(offsets, signs), measured)
    numbers[:, list(wanted.about)] = np.nan
    kept = wanted.kept
    return Piece(range(n), names, numbers[:, slice(kept.start, kept.stop) if isinstance(kept, range) else kept])


def _text(cells: pa.StringArray, at: np.ndarray) -> list[str]:
    return cells.take(pa.array(at)).to_pylist()


def _holding_more(offsets: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Find the cells that hold anything but digits, points, e and signs, or nothing, without looking at each cell."""
    # From + to 9, with a comma and a slash between, which the cast refuses; below + the difference wraps.
    odd = np.flatnonzero((signs - np.uint8(ord("+")) > ord("9") - ord("+")) & (signs | 0x20 != ord("e")))
    of = np.searchsorted(offsets, odd, side="right") - 1
    empty = np.flatnonzero(offsets[1:] == offsets[:-1])
    return np.concatenate([of[np.diff(of, prepend=-1) > 0], empty])


def _not_ending_so(offsets: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Find the cells that do not begin and end as a number does: '-', '.' and '+1', say, beside words."""
    starts, stops = offsets[:-1].astype(np.intp), offsets[1:].astype(np.intp)
    first, last = signs[np.minimum(starts, len(signs) - 1)], signs[stops - 1]
    digits = [(one >= ord("0")) & (one <= ord("9")) for one in (first, last)]
    begins = digits[0] | (first == ord("-")) | (first == ord("."))
    return np.flatnonzero(~(begins & digits[1]) | (starts == stops))


def _numbers(cells: pa.StringArray, unusual: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Convert the cells that are measured, float32 [rows, columns]; others become anything.

    Parameters
    ----------
    cells
        All of them, row by row.
    unusual
        Positions of those to be looked at one by one; the others are cast all at once.
    measured
        Columns.

    Raises
    ------
    ArrowInvalid
        When a usual one is no number.
    ValueError
        When another is neither a number nor missing.
    """
    valid = np.tile(measured, len(cells) // len(measured))
    others = unusual[valid[unusual]]
    valid[others] = False
    _, where, what = cells.buffers()
    known = pa.py_buffer(np.packbits(valid, bitorder="little"))
    cast = pc.cast(pa.StringArray.from_buffers(len(cells), where, what, known), pa.float64())
    with np.errstate(over="ignore"):  # beyond float32 becomes infinite, which is a fault elsewhere
        values = np.frombuffer(cast.buffers()[1], np.float64, len(cells)).astype(np.float32)
        if len(others):
            spellings = cells.take(pa.array(others)).dictionary_encode()
            read = np.array([_other(cell) for cell in spellings.dictionary.to_pylist()])
            values[others] = read[spellings.indices.to_numpy()]
    return values.reshape(-1, len(measured))


def _other(cell: str) -> float:
    """Read a cell as the careful reader does; what it takes for a number that is none is left to it."""
    value = number(cell)
    if np.isnan(value) and not is_missing(cell):
        raise ValueError(f"not a number: {cell!r}")
    return value
