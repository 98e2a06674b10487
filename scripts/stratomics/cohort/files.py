"""Open the file of a table, plain or gzipped, text or parquet: the content decides, not the name."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any, TextIO

#: How files begin that are no tables of text, and what they are. ``PAR1`` (parquet) and gzip are read.
FOREIGN = {
    b"PK\x03\x04": "a spreadsheet (.xlsx, .ods) or another zip archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet (.xls)",
    b"\x89HDF": "HDF5 (.h5), and neither AnnData nor MuData",
    b"MuData": "HDF5 (.h5mu)",
    b"RDX2": "saved by R (.rda)",
    b"RDX3": "saved by R (.rda)",
    b"X\n": "saved by R (.rds)",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a numpy array",
    b"<!DOCTYPE": "a web page, perhaps of an error in the place of the download",
    b"<html": "a web page, perhaps of an error in the place of the download",
}


def foreign(start: bytes) -> str | None:
    """Say what a file is that is no text, by its first bytes; None where it may be one."""
    return next((words for beginning, words in FOREIGN.items() if start.startswith(beginning)), None)


def foreign_fault(path: str, start: bytes, what: str) -> str | None:
    """Return the message about a file that is no text.

    Parameters
    ----------
    path
        As the config gives it.
    start
        Its first bytes, unpacked.
    what
        What it should be: ``omics 'mrna'``, ``the clinical table``.
    """
    if kind := foreign(start):
        return (
            f"{path}: the file is {kind}. Tables must be text separated by tabs, commas or semicolons, plain or gzipped, or "
            f"parquet: save {what} as one of these."
        )
    return None


def start_of(file: Path) -> bytes:
    """Return the first bytes of the content, unpacked where it is gzipped.

    Raises
    ------
    OSError, EOFError, zlib.error
        When the file cannot be read, or is damaged.
    """
    with file.open("rb") as handle:
        start = handle.read(16)
    if start[:2] == b"\x1f\x8b":
        with gzip.open(file) as unpacked:
            start = unpacked.read(16)
    return start


def is_parquet(file: Path) -> bool:
    """Tell parquet from text, by the content."""
    with file.open("rb") as handle:
        return handle.read(4) == b"PAR1"


def open_text(file: Path) -> TextIO:
    """Open text in UTF-8, gzipped or not; ends of lines of every system count as one newline."""
    with file.open("rb") as handle:
        gzipped = handle.read(2) == b"\x1f\x8b"  # the content decides: browsers unpack files and leave the name
    opener: Any = gzip.open if gzipped else open
    return opener(file, "rt", encoding="utf-8-sig", newline=None)


def unreadable(path: str, error: Exception) -> str:
    """Put into words why a file of text cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return (
            f"{path}: this is not text in UTF-8. Tables must be plain UTF-8 text, or parquet; save it again as such (in a "
            f"spreadsheet: 'CSV UTF-8')."
        )
    if isinstance(error, (EOFError, zlib.error, gzip.BadGzipFile)):
        return f"{path}: the gzip file is damaged or cut short ({error}). Copy or download it again."
    return f"{path}: cannot be read ({error}). Check the file and its permissions, or write it again."
