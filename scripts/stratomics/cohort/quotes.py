"""Split lines of text into cells: quote signs around cells, and quote signs that belong to the text."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from stratomics.errors import DataError

#: A cell in quotes may go on over this many lines.
QUOTED_LINES = 200

#: Where a row stands in its file, and its cells.
Row = tuple[int, list[str]]


def split_rows(
    path: str, lines: Iterator[tuple[int, str]], separator: str, width: int, stray: list[int]
) -> Iterator[Row]:
    """Split lines into cells; a cell in quotes may hold separators and newlines.

    A quote sign that opens a cell and is not closed belongs to the text where the line has as many cells as the header (and so
    has the next): it must never swallow the rows below.

    Parameters
    ----------
    path
        For messages.
    lines
        Line number and text.
    separator
        Between cells.
    width
        Cells in a row.
    stray
        Gets the numbers of lines with such a quote sign.

    Yields
    ------
    tuple
        Number of the (last) line and cells.

    Raises
    ------
    DataError
        When a quote sign opens a cell that ends nowhere, or a line holds a zero byte.
    """
    waiting: deque[tuple[int, str]] = deque()
    while True:
        number, line = waiting.popleft() if waiting else next(lines, (0, ""))
        if not number:
            return
        if "\0" in line:
            raise DataError(
                f"{path}: line {number} holds a zero byte, which no text does. The file is damaged, or in another encoding than "
                f"UTF-8: write it again."
            )
        if '"' not in line:
            yield number, line.rstrip("\n").split(separator)
            continue
        cells = split_line(line, separator)
        if cells is not None:
            yield number, cells
            continue
        plain = line.rstrip("\n").split(separator)
        if not waiting and (following := next(lines, None)):
            waiting.append(following)
        ended = not waiting or len(waiting[0][1].split(separator)) == width
        if len(plain) >= width and ended:
            stray.append(number)
            yield number, plain
            continue
        joined = line
        for used in range(QUOTED_LINES):
            if used == len(waiting) and (following := next(lines, None)):
                waiting.append(following)
            # A line as wide as the header is a row of its own.
            if used == len(waiting) or len(waiting[used][1].split(separator)) == width:
                break
            joined += waiting[used][1]
            cells = split_line(joined, separator)
            if cells is not None:
                break
        if cells is not None and len(cells) == width:
            number = waiting[used][0]
            for _ in range(used + 1):
                waiting.popleft()
            yield number, [cell.replace("\n", " ") for cell in cells]
        elif len(plain) == width:
            stray.append(number)
            yield number, plain
        else:
            cell = next(one for one in plain if one.startswith('"'))
            raise DataError(
                f"{path}: line {number} opens a cell with a quote sign ({cell[:30]}) that is not closed. Cells in quotes must "
                f"end with a quote sign: remove this one, or close the cell."
            )


def split_line(line: str, separator: str) -> list[str] | None:
    """Split one line without its newline; None when its quote signs are not in pairs around cells."""
    line = line.rstrip("\n")
    if '"' not in line:
        return line.split(separator)
    # R's write.table puts a backslash before a quote sign, others double it.
    escapes = [None, "\\"] if '\\"' in line else [None]
    for escape in escapes:
        try:
            rows = list(csv.reader([line], delimiter=separator, strict=True, escapechar=escape, doublequote=not escape))
        except csv.Error:  # also a cell beyond the limit of the parser: a quote that opens far from its end
            continue
        if len(rows) == 1:
            return rows[0]
    return None
