"""Open tables as others deliver them: separated text or parquet, plain or gzipped.

The text is read in one pass with the parser of the standard library: line numbers for messages, ragged rows, repeated names
and cells that are not numbers all come out of the same pass.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from stratomics.errors import DataError

from .checks import Checks, are, count

#: Endings of file names that are read.
SUFFIXES = (".tsv", ".csv", ".txt", ".tsv.gz", ".csv.gz", ".txt.gz", ".parquet")

#: Separators of text, and what messages call them.
SEPARATORS = {"\t": "tabs", ",": "commas", ";": "semicolons"}

#: Where a row stands in its file, and its cells.
Row = tuple[int, list[str]]


class TextTable:
    """Separated text: a header, and the rows under it to be read once.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    header
        Names of the columns.
    found
        The separator in words, where the name of the file says another.
    body
        Opens the file and yields line number and cells of each row under the header.

    Attributes
    ----------
    corner_missing : bool
        The first column has no name, because R's ``write.table`` leaves it out. Known once `rows` is read.
    """

    def __init__(self, path: str, header: list[str], found: str | None, body: Callable[[], Iterator[Row]]) -> None:
        self.path = path
        self.header = [name.strip() for name in header]
        self.found = found
        self.corner_missing = False
        self._body = body

    def rows(self) -> Iterator[Row]:
        """Yield the rows, each as wide as the header.

        Raises
        ------
        DataError
            At the end, when some rows have another width; or when there is none.
        """
        width, ragged, n = len(self.header), [], 0
        for line, row in self._body():
            n += 1
            if n == 1 and len(row) == width + 1:
                self.corner_missing, width = True, width + 1
            if len(row) != width:
                ragged.append((line, len(row)))
            else:
                yield line, row
        if ragged:
            shown = ", ".join(f"line {line}: {cells}" for line, cells in ragged[:3])
            raise DataError(
                f"{self.path}: {len(ragged)} of {count(n, 'row')} {are(len(ragged))} not as wide as the header, which has {width} "
                f"cells ({shown}{', ...' if len(ragged) > 3 else ''}). Every row must have one cell per column; the file "
                f"may be cut short, or a cell may hold the separator: write the table again."
            )
        if not n:
            raise DataError(
                f"{self.path}: the table has a header and no row under it. One row per patient (or per feature) is "
                f"needed; check how the file was written."
            )

    def report(self, level: str, item: str, checks: Checks) -> None:
        """Say where the file was read in another way than its name says."""
        if self.found:
            message = f"{self.path} is separated by {self.found}, whatever its name says: read so"
            checks.add(level, item, "separator", self.found, message)
        if self.corner_missing:
            message = f"{self.path} has no name for its first column: read as R writes tables"
            checks.add(level, item, "header", "one name short", message)


def find_table(path: str, base_dir: str | Path, what: str) -> Path:
    """Find a file by its path in the config.

    Parameters
    ----------
    path
        Absolute, or relative to `base_dir`.
    base_dir
        Folder the paths of the config start from.
    what
        For messages: ``omics 'mrna'``, ``the clinical table``.

    Raises
    ------
    DataError
        When there is no such file, or of no kind that is read.
    """
    file = Path(base_dir) / path
    if not file.is_file():
        found = "is a folder, not a file" if file.is_dir() else "does not exist"
        raise DataError(
            f"{path}: {found}. It should be {what}; in the config, give its path relative to the folder the workflow "
            f"runs in, or absolute."
        )
    if not file.name.lower().endswith(SUFFIXES):
        raise DataError(
            f"{path}: '{''.join(file.suffixes[-2:])}' is not a kind of table that is read. Allowed are "
            f"{', '.join(SUFFIXES)}; save {what} as one of these."
        )
    return file


def is_parquet(file: Path) -> bool:
    """Tell parquet from text, by the name."""
    return file.name.lower().endswith(".parquet")


def open_text_table(path: str, file: Path) -> TextTable:
    """Read the header, find the separator and leave the rows for later.

    Raises
    ------
    DataError
        When the file is damaged, not UTF-8, empty or has a single column.
    """
    try:
        with _open_text(file) as handle:
            first = handle.readline()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(_unreadable(path, error)) from error
    if not first.strip():
        raise DataError(f"{path}: the first line is empty. It must name the columns; check how the file was written.")
    kind = file.name.lower().removesuffix(".gz")
    named = "," if kind.endswith(".csv") else "\t"
    separator = max([named, *SEPARATORS], key=first.count)
    if separator not in first:
        raise DataError(
            f"{path}: the first line is a single cell, '{first.strip()[:60]}'. A table needs several columns, separated "
            f"by tabs, commas or semicolons: write it again with one of these."
        )
    header = next(csv.reader([first], delimiter=separator))
    found = None if separator == named or kind.endswith(".txt") else SEPARATORS[separator]

    def body() -> Iterator[Row]:
        try:
            with _open_text(file) as handle:
                reader = csv.reader(handle, delimiter=separator)
                next(reader)
                for row in reader:
                    if len(row) > 1 or (row and row[0].strip()):
                        yield reader.line_num, row
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise DataError(_unreadable(path, error)) from error

    return TextTable(path, header, found, body)


def read_parquet_frame(path: str, file: Path) -> pd.DataFrame:
    """Read a parquet file; an index that pandas stored becomes the first column.

    Raises
    ------
    DataError
        When the file is damaged, or has no row or a single column.
    """
    import pyarrow as pa

    try:
        frame = pd.read_parquet(file)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(
            f"{path}: not a readable parquet file ({error}). Write it again, for instance from pandas."
        ) from error
    if not isinstance(frame.index, pd.RangeIndex):
        frame.insert(0, frame.index.name or "", frame.index.to_numpy())
    if frame.shape[0] < 1 or frame.shape[1] < 2:
        raise DataError(
            f"{path}: the table has {count(frame.shape[0], 'row')} and {count(frame.shape[1], 'column')}. At least one "
            f"row and, beside the ids, one column are needed; check how the file was written."
        )
    frame.columns = frame.columns.astype(str)
    return frame


def _open_text(file: Path) -> TextIO:
    with file.open("rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"  # the content decides: browsers unpack files and leave the name
    opener: Any = gzip.open if gzipped else open
    return opener(file, "rt", encoding="utf-8-sig", newline="")


def _unreadable(path: str, error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return (
            f"{path}: this is not text in UTF-8. Tables must be plain UTF-8 text, or parquet; save it again as such (in a "
            f"spreadsheet: 'CSV UTF-8')."
        )
    if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
        return f"{path}: the gzip file is damaged or cut short ({error}). Copy or download it again."
    return f"{path}: cannot be read ({error}). Check the file and its permissions, or write it again."
