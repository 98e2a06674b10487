"""Take separated text apart as it is delivered: comments above the header, stray quotes, trailing separators, R's layout.

A row is never swallowed and a cell never moved: what cannot be taken apart for certain is a fault that names the line. The text
is read in one pass, line by line; only lines that hold a quote sign go through the parser of quotes.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path

from stratomics.errors import DataError

from .checks import Checks, are, count, places
from .files import open_text, unreadable
from .ids import clean_name

#: A line above the header that is a comment; some spreadsheets write ``sep=;`` there.
COMMENT = re.compile(r'#|"?sep=.{1,3}$', re.IGNORECASE)

#: Separators of text, and what messages call them.
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}

#: What others write; only for messages.
OTHER_SEPARATORS = {"|": "vertical bars", " ": "blanks"}

#: The separator is judged by as many rows under the header.
HEAD = 20
#: But by no more text than this (a row may hold a million cells).
HEAD_CHARACTERS = 1 << 23

#: A cell in quotes may go on over this many lines.
QUOTED_LINES = 200

#: First names of a header that name the ids: with such a one, no name is missing before it.
ID_NAMES = frozenset(
    {
        "patient",
        "patient_id",
        "patientid",
        "patient id",
        "sample",
        "sample_id",
        "sampleid",
        "samples",
        "id",
        "ids",
        "case",
    }
    | {"case_id", "barcode", "bcr_patient_barcode", "submitter_id", "case_submitter_id", "subject", "subject_id"}
    | {
        "gene",
        "genes",
        "gene_id",
        "gene_name",
        "gene_symbol",
        "symbol",
        "hugo_symbol",
        "feature",
        "probe",
        "probe_id",
        "name",
    }
)

#: Where a row stands in its file, and its cells.
Row = tuple[int, list[str]]


class TextTable:
    """Separated text: a header, and the rows under it to be read once.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    file
        Where it is.
    separator
        Between cells.
    header
        Names of the columns, without invisible characters.
    header_line
        Line of the header, from 1.
    corner_missing
        The first column has no name, because R's ``write.table`` leaves it out.
    head
        Line number and cells of the first rows.
    notes
        What was found and done, by check: value and words.

    Attributes
    ----------
    corner_missing : bool
        As given.
    """

    def __init__(
        self,
        path: str,
        file: Path,
        separator: str,
        header: list[str],
        header_line: int,
        corner_missing: bool,
        head: list[Row],
        notes: dict[str, tuple[str, str]],
    ) -> None:
        self.path = path
        self.header = header
        self.header_line = header_line
        self.corner_missing = corner_missing
        self.head = head
        self._file, self._separator, self._notes = file, separator, notes
        self._stray: list[int] = []
        self._empty = self._trailing = 0

    @property
    def comments(self) -> int:
        """How many lines above the header are comments or empty."""
        return self.header_line - 1

    def rows(self) -> Iterator[Row]:
        """Yield the rows, each as wide as the header (and one wider where `corner_missing`).

        Raises
        ------
        DataError
            At the end, when some rows have another width; or when there is none.
        """
        width, ragged, n = len(self.header) + self.corner_missing, [], 0
        try:
            with open_text(self._file) as handle:
                lines = enumerate(islice(handle, self.header_line, None), start=self.header_line + 1)
                for line, row in split_rows(self.path, lines, self._separator, width, self._stray):
                    if len(row) > width and not any(cell.strip() for cell in row[width:]):
                        del row[width:]
                        self._trailing += 1
                    if not row[0].strip() and not any(cell.strip() for cell in row):
                        self._empty += 1
                        continue
                    if row[0] == self.header[0] and self._repeats(row):
                        raise DataError(
                            f"{self.path}: line {line} repeats the header, as where several files were joined into one. A "
                            f"table has one header: remove line {line}, and make sure that the rows below it are of the "
                            f"same columns."
                        )
                    n += 1
                    if len(row) == width:
                        yield line, row
                    else:
                        ragged.append((line, len(row)))
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise DataError(unreadable(self.path, error)) from error
        if ragged:
            raise DataError(self._ragged(ragged, n))
        if not n:
            raise DataError(
                f"{self.path}: the table has a header and no row under it. One row per patient (or per feature) is "
                f"needed; check how the file was written."
            )

    def _repeats(self, row: list[str]) -> bool:
        return [clean_name(cell) for cell in row] == self.header

    def _ragged(self, ragged: list[tuple[int, int]], n: int) -> str:
        shown = ", ".join(f"line {line}: {cells}" for line, cells in ragged[:3])
        return (
            f"{self.path}: {len(ragged)} of {count(n, 'row')} {are(len(ragged))} not as wide as the header, which has "
            f"{len(self.header)} cells ({shown}{', ...' if len(ragged) > 3 else ''}). Every row must have one cell per "
            f"column; the file may be cut short, or a cell may hold the separator: write the table again."
        )

    def report(self, level: str, item: str, checks: Checks) -> None:
        """Say what was read in another way than the plainest; call it when `rows` is read.

        Parameters
        ----------
        level, item
            Of the rows for ``checks.tsv``.
        checks
            Gets them.
        """
        notes = dict(self._notes)
        if self.corner_missing:
            notes["header"] = (
                "one name short",
                f"{self.path} has no name for its first column: read as R writes tables",
            )
        if self._trailing:
            message = f"{self.path}: every one of these rows ends in a separator: the empty cell after it is left out"
            notes["trailing_separator"] = (str(self._trailing), message)
        if self._empty:
            notes["empty_rows"] = (str(self._empty), f"rows of {self.path} without any content, left out")
        for check, (value, message) in notes.items():
            checks.add(level, item, check, value, message)
        if self._stray:
            message = (
                f"{self.path}: a quote sign in {places('line', self._stray)} opens or ends no cell in quotes: taken as a part "
                f"of the text"
            )
            checks.add(level, item, "stray_quotes", len(self._stray), message, action="warning")


def open_text_table(path: str, file: Path, id_column: str = "") -> TextTable:
    """Find the header, the separator and the layout; leave the rows for later.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    file
        Where it is.
    id_column
        Name of the column of ids, where the config gives one.

    Raises
    ------
    DataError
        When the file is damaged, not UTF-8, empty, has a single column, or a header that cannot be taken apart.
    """
    try:
        with open_text(file) as handle:
            comments, header_line, first, lines = _read_head(handle)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(unreadable(path, error)) from error
    if "\0" in first or any("\0" in line for _, line in lines):
        raise DataError(unreadable(path, UnicodeDecodeError("utf-8", b"\0", 0, 1, "a zero byte")))
    if not first.strip():
        raise DataError(f"{path}: the first line is empty. It must name the columns; check how the file was written.")
    if comments and comments[0].split("\t")[0].strip() in ("#1.2", "#1.3"):
        raise DataError(
            f"{path}: this is a GCT file (its first line is '{comments[0].split()[0]}'). Write it as a plain table: without the "
            f"lines above the names of the samples, and without the column 'Description'."
        )
    separator, named = _separator(path, file, first, lines)
    raw = _header_cells(path, first, header_line, separator)
    header = [clean_name(cell) for cell in raw]
    split = ((line, _split_line(text, separator)) for line, text in lines)
    head = [(line, row) for line, row in takewhile(lambda one: one[1] is not None, split) if row and any(row)]
    notes: dict[str, tuple[str, str]] = {}
    if separator != named and not file.name.lower().removesuffix(".gz").endswith(".txt"):
        found = SEPARATORS[separator]
        notes["separator"] = (found, f"{path} is separated by {found}, whatever its name says: read so")
    if comments:
        shown = clean_name(comments[0])[:40]
        notes["comment_lines"] = (str(len(comments)), f"lines above the header of {path} that are comments ('{shown}')")
    header, trailing = _trim_header(header, [row for _, row in head])
    if trailing:
        message = f"{path}: columns at the end without a name or a cell: left out"
        notes["trailing_columns"] = (str(trailing), message)
    if cleaned := sum(name != cell.strip() for name, cell in zip(header, raw, strict=False)):
        message = f"names of columns of {path} had invisible characters or another Unicode form: made alike"
        notes["names_cleaned"] = (str(cleaned), message)
    corner = _corner_missing(header, [row for _, row in head], {id_column, *ID_NAMES})
    return TextTable(path, file, separator, header, header_line, corner, head, notes)


def _read_head(handle: Iterator[str]) -> tuple[list[str], int, str, list[tuple[int, str]]]:
    """Return comments, line number and text of the header, and the first lines under it with their numbers."""
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


def _separator(path: str, file: Path, first: str, lines: Sequence[tuple[int, str]]) -> tuple[str, str]:
    """Find the separator by which the rows are as wide as the header; return it and the one that the name promises."""
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
    names = _split_line(first, separator) or first.split(separator)
    width = len(names)
    while width > 1 and not names[width - 1].strip():
        width -= 1
    widths = []
    for _, line in lines:
        cells = _split_line(line, separator)
        if cells is None:  # a cell may go on in the next line
            break
        if not any(cell.strip() for cell in cells):
            continue
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        widths.append(len(cells))
    return width > 1 and (all(one == width for one in widths) or all(one == width + 1 for one in widths))


def _header_cells(path: str, first: str, line: int, separator: str) -> list[str]:
    cells = _split_line(first, separator)
    if cells is None:
        names = first.rstrip("\n").split(separator)
        where, name = next((i, one) for i, one in enumerate(names, start=1) if '"' in one)
        raise DataError(
            f"{path}: line {line}, the header, has a quote sign without its partner in cell {where}, '{name[:40]}'. Names of "
            f"columns must be plain, or in a pair of quote signs: remove it."
        )
    return cells


def _trim_header(header: list[str], rows: Sequence[list[str]]) -> tuple[list[str], int]:
    """Leave out the last columns that have no name and are empty in every row of the head."""
    width = len(header)
    while width > 2 and not header[width - 1]:
        width -= 1
    if any(cell.strip() for row in rows for cell in row[width:]):
        width = len(header)
    return header[:width], len(header) - width


def _corner_missing(header: list[str], rows: Sequence[list[str]], id_names: Collection[str]) -> bool:
    """Recognise R's layout: one name fewer than cells, since the names of the rows have no column name."""
    if not rows or any(len(row) != len(header) + 1 for row in rows) or not any(row[-1].strip() for row in rows):
        return False
    numbered = [row[0].strip() for row in rows] == [str(i) for i in range(1, len(rows) + 1)]
    return numbered or (header[0] not in id_names and header[0].lower() not in id_names)


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
        When a quote sign opens a cell that ends nowhere.
    """
    waiting: deque[tuple[int, str]] = deque()
    while True:
        number, line = waiting.popleft() if waiting else next(lines, (0, ""))
        if not number:
            return
        if '"' not in line:
            yield number, line.rstrip("\n").split(separator)
            continue
        cells = _split_line(line, separator)
        if cells is not None:
            yield number, cells
            continue
        plain = line.rstrip("\n").split(separator)
        if not waiting and (following := next(lines, None)):
            waiting.append(following)
        ended = not waiting or len(waiting[0][1].split(separator)) >= width
        if len(plain) >= width and ended:
            stray.append(number)
            yield number, plain
            continue
        joined = line
        for used in range(QUOTED_LINES):
            if used == len(waiting) and (following := next(lines, None)):
                waiting.append(following)
            # A line as wide as the header is a row of its own.
            if used == len(waiting) or len(waiting[used][1].split(separator)) >= width:
                break
            joined += waiting[used][1]
            cells = _split_line(joined, separator)
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


def _split_line(line: str, separator: str) -> list[str] | None:
    """Split one line; None when its quote signs are not in pairs around cells."""
    line = line.rstrip("\n")
    if '"' not in line:
        return line.split(separator)
    try:
        rows = list(csv.reader([line], delimiter=separator, strict=True))
    except csv.Error:  # also a cell beyond the limit of the parser: a quote that opens far from its end
        return None
    return rows[0] if len(rows) == 1 else None
