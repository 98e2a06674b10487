"""Take separated text apart as it is delivered: comments above the header, stray quotes, trailing separators, R's layout.

A row is never swallowed and a cell never moved: what cannot be taken apart for certain is a fault that names the line. The text
is read in one pass, line by line; only lines that hold a quote sign go through the parser of quotes. Where a table of numbers is
wanted and the file is large, blocks of plain ones are read at once (`stratomics.cohort.plain_block`), with the same outcome.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from itertools import chain, islice, takewhile
from pathlib import Path

from stratomics.errors import DataError

from .blocks import BLOCK, Progress, TextBlocks, in_order
from .checks import Checks, are, count, places
from .files import open_text, unreadable
from .header import ID_NAMES, SEPARATORS, corner_missing, find_separator, header_cells, read_head, trim_header
from .ids import clean_name
from .pieces import Piece, Wanted, pieces_of_rows
from .plain_block import PlainReader, unquoted
from .quotes import Row, split_line, split_rows

#: Bytes of a text from which on it is worth a second or two to get the compiled reader ready, and how many make one packed byte.
COMPILED_FROM = 1 << 24
PACKED = 3

#: What reading a damaged file raises.
_DAMAGED = (OSError, EOFError, zlib.error, UnicodeDecodeError)


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
        notes: dict[str, tuple[str, str]],
    ) -> None:
        self.path = path
        self.header = header
        self.header_line = header_line
        self.corner_missing = corner_missing
        self._file, self._separator, self._notes = file, separator, notes
        self._stray: list[int] = []
        self._ragged: list[tuple[int, int]] = []
        self._empty = self._trailing = self._n = 0

    @property
    def comments(self) -> int:
        """How many lines above the header are comments."""
        return int(self._notes.get("comment_lines", ("0", ""))[0])

    def take_row(self) -> list[str]:
        """Take the first row out of the table, as where there is a second header.

        Raises
        ------
        DataError
            When there is none.
        """
        self.header_line, row = next(self.rows())
        self._n = 0
        return row

    def rows(self, *, may_be_none: bool = False) -> Iterator[Row]:
        """Yield the rows, each as wide as the header (and one wider where `corner_missing`).

        Parameters
        ----------
        may_be_none
            Whether a header alone is a table.

        Raises
        ------
        DataError
            At the end, when some rows have another width; or when there is none.
        """
        try:
            with open_text(self._file) as handle:
                lines = enumerate(islice(handle, self.header_line, None), start=self.header_line + 1)
                yield from self._rows(lines)
        except _DAMAGED as error:
            raise DataError(unreadable(self.path, error)) from error
        self._finish(may_be_none)

    def pieces(self, wanted: Wanted, *, threads: int = 1, block_size: int | None = None) -> Iterator[Piece]:
        """Yield the rows some at a time, in bounded memory: by `rows`, or, of a large file, as numbers where a block is plain.

        Parameters
        ----------
        wanted
            Which cells are names and measurements.
        threads
            Most blocks to be read side by side. The outcome does not depend on it.
        block_size
            Bytes of a block, on which the outcome does not depend either; None for `stratomics.cohort.blocks.BLOCK`.

        Raises
        ------
        DataError
            As `rows` does.
        """
        if self._file.stat().st_size * (PACKED if self._file.suffix == ".gz" else 1) < COMPILED_FROM:
            yield from pieces_of_rows(self.rows(), wanted)
            return
        blocks = TextBlocks(self._file, self.header_line, block_size or BLOCK)
        progress = Progress(self.path, blocks)
        sign = self._separator.encode()
        plain = PlainReader(self._separator, self._width, self.header[0], wanted)
        line = self.header_line + 1
        try:
            read = in_order(plain, blocks, threads)
            for block, piece in read:
                if piece is None:
                    lines = _lines(block)
                    if b'"' in block and unquoted(block, sign) is None:  # a cell may go on in the next block
                        lines = chain(lines, (text for further, _ in read for text in _lines(further)))
                    numbered = enumerate(lines, start=line)
                    for careful in pieces_of_rows(self._rows(numbered), wanted):
                        progress.add(len(careful.names))
                        yield careful
                    line += block.count(b"\n")
                else:
                    n = len(piece.names)
                    self._n += n
                    progress.add(n)
                    yield piece.below(line)
                    line += n
        except _DAMAGED as error:
            raise DataError(unreadable(self.path, error)) from error
        self._finish(may_be_none=False)

    @property
    def _width(self) -> int:
        return len(self.header) + self.corner_missing

    def _rows(self, lines: Iterator[tuple[int, str]]) -> Iterator[Row]:
        """Split some of the lines; count what is no row of the width of the header."""
        width = self._width
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
            self._n += 1
            if len(row) == width:
                yield line, row
            else:
                self._ragged.append((line, len(row)))

    def _finish(self, may_be_none: bool) -> None:
        """Refuse rows of another width, and a table without rows."""
        if self._ragged:
            raise DataError(self._ragged_fault())
        if not self._n and not may_be_none:
            raise DataError(
                f"{self.path}: the table has a header and no row under it. One row per patient (or per feature) is "
                f"needed; check how the file was written."
            )

    def _repeats(self, row: list[str]) -> bool:
        return [clean_name(cell) for cell in row] == self.header

    def _ragged_fault(self) -> str:
        ragged = self._ragged
        shown = ", ".join(f"line {line}: {cells}" for line, cells in ragged[:3])
        return (
            f"{self.path}: {len(ragged)} of {count(self._n, 'row')} {are(len(ragged))} not as wide as the header, which has "
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


def _lines(block: bytes) -> Iterator[str]:
    """Read the lines of a block as those of a file are read."""
    return io.TextIOWrapper(io.BytesIO(block), encoding="utf-8", newline="\n")


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
            comments, header_line, first, lines = read_head(handle)
    except _DAMAGED as error:
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
    separator, named = find_separator(path, file, first, lines)
    raw = header_cells(path, first, header_line, separator)
    header = [clean_name(cell) for cell in raw]
    split = ((line, split_line(text, separator)) for line, text in lines)
    head = [(line, row) for line, row in takewhile(lambda one: one[1] is not None, split) if row and any(row)]
    notes: dict[str, tuple[str, str]] = {}
    if separator != named and not file.name.lower().removesuffix(".gz").endswith(".txt"):
        found = SEPARATORS[separator]
        notes["separator"] = (found, f"{path} is separated by {found}, whatever its name says: read so")
    if comments:
        shown = clean_name(comments[0])[:40]
        notes["comment_lines"] = (str(len(comments)), f"lines above the header of {path} that are comments ('{shown}')")
    header, trailing = trim_header(header, [row for _, row in head])
    if trailing:
        message = f"{path}: columns at the end without a name or a cell: left out"
        notes["trailing_columns"] = (str(trailing), message)
    if cleaned := sum(name != cell.strip() for name, cell in zip(header, raw, strict=False)):
        message = f"names of columns of {path} had invisible characters or another Unicode form: made alike"
        notes["names_cleaned"] = (str(cleaned), message)
    corner = corner_missing(header, [row for _, row in head], {id_column, *ID_NAMES})
    return TextTable(path, file, separator, header, header_line, corner, notes)
