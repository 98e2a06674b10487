"""Find the header of separated text: comments above it, the separator, and columns without a name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from stratomics.errors import DataError

from .quotes import split_line

#: A line above the header that is a comment; some spreadsheets write ``sep=;`` there.
COMMENT = re.compile(r'#|"?sep=.{1,3}$', re.IGNORECASE)

#: Separators of text, and what messages call them.
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}

#: What others write; only for messages.
OTHER_SEPARATORS = {"|": "vertical bars", " ": "blanks"}

#: The separator is judged by as many rows under the header.
HEAD = 20

#: A header whose names are in quotes may go on over so many lines.
HEADER_LINES = 10

#: But by no more text than this (a row may hold a million cells).
HEAD_CHARACTERS = 1 << 23

#: First names of a header that name the ids: with such a one, no name is missing before it.
ID_NAMES = frozenset(
    "patient|patient_id|patientid|patient id|sample|sample_id|sampleid|samples|id|ids|case|case_id|barcode|bcr_patient_barcode"
    "|submitter_id|case_submitter_id|subject|subject_id|gene|genes|gene_id|gene_name|gene_symbol|symbol|hugo_symbol|feature|probe"
    "|probe_id|name|ensembl_id|geneid|gene id|composite element ref|hybridization ref|id_ref|attrib_name|xena_sample|sample id"
    "|patient_barcode|individual|participant".split("|")
)


def read_head(handle: Iterator[str]) -> tuple[list[str], int, str, list[tuple[int, str]]]:
    """Read up to the header, and the first rows under it.

    Parameters
    ----------
    handle
        Text, from its beginning.

    Returns
    -------
    comments : list of str
        Lines above the header that are not empty.
    number : int
        Line of the header, from 1 (its last one, where a name in quotes has several).
    first : str
        The header; empty where there is none.
    lines : list of tuple
        Number and text of the lines under it.
    """
    above: list[str] = []
    first, number, lines = "", 0, []
    characters = 0
    for number, line in enumerate(handle, start=1):  # noqa: B007  (the number of the header is kept)
        if line.strip() and not COMMENT.match(line):
            first = line
            break
        above.append(line)
    for below, line in enumerate(handle, start=number + 1):
        lines.append((below, line))
        characters += len(line)
        if len(lines) == HEAD or characters > HEAD_CHARACTERS:
            break
    if first.count('"') % 2:  # a name may go on in the next lines
        joined = first
        for more, (_, line) in enumerate(lines[:HEADER_LINES], start=1):
            joined += line
            if any(len(split_line(joined, one) or []) > 1 for one in SEPARATORS):
                first, number, lines = joined, number + more, lines[more:]
                break
    if above and above[-1].startswith("#") and _is_header(above[-1], first):
        # The names themselves are behind the sign of a comment.
        lines.insert(0, (number, first))
        first, number = above.pop().removeprefix("#"), number - 1
    return [line for line in above if line.strip()], number, first, lines


def _is_header(comment: str, below: str) -> bool:
    """Tell whether a line that starts with # names the columns of the line below it, which then holds numbers."""
    separator = max(SEPARATORS, key=below.count)
    names, cells = comment.strip("\n").split(separator), below.strip("\n").split(separator)
    return len(names) == len(cells) > 1 and any(_is_number(cell) for cell in cells) and not any(map(_is_number, names))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def find_separator(path: str, file: Path, first: str, lines: Sequence[tuple[int, str]]) -> tuple[str, str]:
    """Find the separator by which the rows are as wide as the header.

    Parameters
    ----------
    path, file
        For messages, and for what the name promises.
    first, lines
        See `read_head`.

    Returns
    -------
    separator, named : str
        What separates the cells, and what the name of the file promises.

    Raises
    ------
    DataError
        When the header is a single cell.
    """
    named = "," if file.name.lower().removesuffix(".gz").endswith(".csv") else "\t"
    present = [one for one in dict.fromkeys([named, *SEPARATORS]) if one in first]
    if not present:
        other = [words for one, words in OTHER_SEPARATORS.items() if _fits(first, lines, one)]
        found = f" It looks separated by {other[0]}." if other else ""
        below = next((line for line, text in lines if any(one in text for one in SEPARATORS)), None)
        if below:
            found = f" Line {below} holds several cells: if it is the header, remove the lines above it."
        raise DataError(
            f"{path}: the first line is a single cell, '{first.strip()[:60]}'. A table needs several columns, separated "
            f"by tabs, commas or semicolons: write it again with one of these.{found}"
        )
    fitting = [one for one in present if _fits(first, lines, one)]
    # `max` takes the first of equals: the one of the name.
    return max(fitting or present, key=first.count), named


def _fits(first: str, lines: Sequence[tuple[int, str]], separator: str) -> bool:
    """Tell whether every row is as wide as the header, or by one cell wider (R's layout), or wider by empty cells only."""
    names = split_line(first, separator) or first.split(separator)
    width = len(names)
    while width > 1 and not names[width - 1].strip():
        width -= 1
    widths = []
    for _, line in lines:
        cells = split_line(line, separator)
        if cells is None:  # a cell may go on in the next line
            break
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        widths.append(len(cells))
    return width > 1 and (all(one == width for one in widths) or all(one == width + 1 for one in widths))


def header_cells(path: str, first: str, line: int, separator: str) -> list[str]:
    """Split the header.

    Raises
    ------
    DataError
        When a quote sign has no partner: names must be right.
    """
    cells = split_line(first, separator)
    if cells is None:
        names = first.rstrip("\n").split(separator)
        where, name = next((i, one) for i, one in enumerate(names, start=1) if '"' in one)
        raise DataError(
            f"{path}: line {line}, the header, has a quote sign without its partner in cell {where}, '{name[:40]}'. Names of "
            f"columns must be plain, or in a pair of quote signs: remove it."
        )
    return cells


def trim_header(header: list[str], rows: Sequence[list[str]]) -> tuple[list[str], int]:
    """Leave out the last columns that have no name and are empty in every row of the head."""
    width = len(header)
    while width > 2 and not header[width - 1]:
        width -= 1
    if any(cell.strip() for row in rows for cell in row[width:]):
        width = len(header)
    return header[:width], len(header) - width


def corner_missing(header: list[str], rows: Sequence[list[str]], id_names: Collection[str]) -> bool:
    """Recognise R's layout: one name fewer than cells, since the names of the rows have no column name."""
    if not rows or any(len(row) != len(header) + 1 or not row[-1].strip() for row in rows):
        return False
    numbered = [row[0].strip() for row in rows] == [str(i) for i in range(1, len(rows) + 1)]
    return numbered or (header[0] not in id_names and header[0].lower() not in id_names)
