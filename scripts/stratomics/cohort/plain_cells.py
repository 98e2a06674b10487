"""Cells of a block of text to numbers, in one compiled pass over its bytes.

A cell becomes the float32 that ``numpy.float32(float(cell))`` is. Its first 19 digits make a whole number, which is multiplied or
divided by a power of ten. Below 2**53, and with a power up to 10**22, that is rounded once, hence correctly (Clinger 1990, How to
read floating point numbers accurately); otherwise the double is off by less than `_OFF`, and where that might make another
float32, the cell is left to the caller, as all that is written in another way.

Importing this compiles it, which takes seconds, unless it was compiled before: it is for large tables.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from stratomics.compiled import compiled

#: In the place of a column: none.
SKIPPED = -1

#: Powers of ten, correctly rounded, and the largest that is exact. They reach beyond float32 even for 19 digits.
_POWERS = np.array([float(f"1e{power}") for power in range(70)])
_EXACT_POWER = 22
_EXACT_WHOLE = 1 << 53

#: Digits of a whole number that 64 bits hold.
_DIGITS = 19

#: More than the relative error of a number that is rounded more than once: the whole number, the power, and their product by half
#: a unit each, 2**-53, and by less than 1e-18 for digits that are left out.
_OFF = 2.0**-49

#: A step along the text. Positions have no sign, which would be looked at again with each byte.
_ONE = np.uintp(1)

_ZERO, _PLUS, _MINUS, _POINT, _NEWLINE = b"0+-.\n"
_E, _LOWER = b"e "
_N, _A = b"na"


_BYTES = nb.types.Array(nb.uint8, 1, "C", readonly=True)
_COLUMNS = nb.int32[::1]


@nb.njit(inline="always")
def _digits(text, i, whole, room):  # type: ignore[no-untyped-def]  # numba infers them
    """Append up to `room` digits to a whole number; return where they end, it, the room left, and how many were left out.

    Zeros in front take no room.
    """
    if whole == 0:
        while text[i] == _ZERO:
            i += _ONE
    start, stop = i, i + room
    digit = np.uint8(text[i] - _ZERO)
    while digit <= 9 and i < stop:
        whole = whole * np.uint64(10) + np.uint64(digit)
        i += _ONE
        digit = np.uint8(text[i] - _ZERO)
    room -= i - start
    start = i
    while np.uint8(text[i] - _ZERO) <= 9:
        i += _ONE
    return i, whole, room, i - start


@nb.njit(inline="always")
def _number(text, i):  # type: ignore[no-untyped-def]
    """Read the number that begins at `i`; return it, where it ends, and whether there is one for certain."""
    negative = text[i] == _MINUS
    if negative or text[i] == _PLUS:
        i += _ONE
    start = i
    i, whole, room, left_out = _digits(text, i, np.uint64(0), np.uintp(_DIGITS))
    certain, power = i > start, np.int64(left_out)
    if text[i] == _POINT:
        start = i + _ONE
        i, whole, room, left_out = _digits(text, start, whole, room)
        certain = certain or i > start
        power -= np.int64(i - start - left_out)
    if text[i] | _LOWER == _E:
        i += _ONE
        down = text[i] == _MINUS
        if down or text[i] == _PLUS:
            i += _ONE
        start = i
        i, exponent, room, left_out = _digits(text, i, np.uint64(0), np.uintp(3))
        certain = certain and i > start and left_out == 0
        power += -np.int64(exponent) if down else np.int64(exponent)
    value = np.float64(whole)
    if power != 0 and whole != 0:
        if power >= len(_POWERS) or power <= -len(_POWERS):
            certain = False
        elif power > 0:
            value *= _POWERS[power]
        else:
            value /= _POWERS[-power]
    if whole >= _EXACT_WHOLE or power > _EXACT_POWER or power < -_EXACT_POWER:
        certain = certain and np.float32(value * (1 - _OFF)) == np.float32(value * (1 + _OFF))
    return -value if negative else value, i, certain


@nb.njit(inline="always")
def _is_missing(text, start, stop):  # type: ignore[no-untyped-def]
    """Tell the usual spellings of a missing value: an empty cell, NA and NaN; the others are rare enough to be left out here."""
    n = stop - start
    if n == 0:
        return True
    if n > 3 or n < 2 or text[start] | _LOWER != _N or text[start + _ONE] | _LOWER != _A:
        return False
    return n == 2 or text[stop - _ONE] | _LOWER == _N


@compiled(nb.int64(_BYTES, nb.uint8, _COLUMNS, _COLUMNS, nb.float32[:, ::1], nb.int32[:, :, ::1], nb.int32[:, ::1]))
def read_cells(
    text: np.ndarray,
    separator: int,
    place: np.ndarray,
    named: np.ndarray,
    values: np.ndarray,
    names: np.ndarray,
    others: np.ndarray,
) -> int:
    """Read the cells of whole lines.

    Parameters
    ----------
    text
        Bytes, the last of which is a newline.
    separator
        Between cells.
    place, named
        By column of the text: its column in `values`, and its place in `names`; or `SKIPPED`.
    values
        Gets the numbers [lines, measurements]; NaN where missing.
    names
        Gets where the cells of names begin and end [lines, names, 2].
    others
        Gets where every other cell begins and ends, and its row and column in `values` [at least as many as there are, 4].

    Returns
    -------
    int
        How many `others` there are; -1 when a line is not as wide as `place`, or there are more or fewer of them than rows of
        `values`.
    """
    width, i, n_others = len(place), np.uintp(0), 0
    for row in range(len(values)):
        for j in range(width):
            start = i
            column = place[j]
            if column >= 0:
                value, i, certain = _number(text, i)
                if certain and (text[i] == separator or text[i] == _NEWLINE):
                    values[row, column] = value
                else:
                    while text[i] != separator and text[i] != _NEWLINE:
                        i += _ONE
                    if _is_missing(text, start, i):
                        values[row, column] = np.nan
                    else:
                        others[n_others, 0], others[n_others, 1] = start, i
                        others[n_others, 2], others[n_others, 3] = row, column
                        n_others += 1
            else:
                while text[i] != separator and text[i] != _NEWLINE:
                    i += _ONE
            if named[j] >= 0:
                names[row, named[j], 0], names[row, named[j], 1] = start, i
            if (text[i] == _NEWLINE) != (j == width - 1):
                return -1
            i += _ONE
    return n_others if i == len(text) else -1
