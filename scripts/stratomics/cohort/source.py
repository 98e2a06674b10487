"""What stands at a path of the config, looked at once: a file of text or of bytes, or a folder of files."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from stratomics.errors import DataError
from stratomics.locations import files_below

from .files import foreign, is_parquet, open_text, start_of, unreadable
from .header import COMMENT, SEPARATORS, read_head
from .ids import clean_name
from .quotes import split_line


@dataclass(frozen=True)
class Head:
    """The beginning of a text that may be a table.

    Parameters
    ----------
    comments
        Lines above the header, as they stand.
    line
        Line of the header, from 1.
    header
        Its cells, cleaned.
    rows
        The cells of the first rows under it.
    """

    comments: list[str]
    line: int
    header: list[str]
    rows: list[list[str]]

    @property
    def names(self) -> frozenset[str]:
        """The cells of the header in lower case."""
        return frozenset(name.lower() for name in self.header)

    @property
    def corner(self) -> str:
        """The first cell of the header in lower case."""
        return self.header[0].lower() if self.header else ""


@dataclass(frozen=True)
class Source:
    """A path of the config and what is there.

    Parameters
    ----------
    path
        As the config gives it, for messages.
    file
        Where it is.
    what
        For messages: ``omics 'mrna'``, ``the clinical table``.
    """

    path: str
    file: Path
    what: str

    @cached_property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.file.is_dir()

    @cached_property
    def start(self) -> bytes:
        """The first bytes of the (unpacked) content; none of a folder."""
        return b"" if self.is_folder else start_of(self.file)

    @cached_property
    def head(self) -> Head | None:
        """The beginning of a text; None of a folder, of what is no text, and where there is a single cell."""
        if self.is_folder or foreign(self.start) or is_parquet(self.file):
            return None
        try:
            with open_text(self.file) as handle:
                comments, line, first, lines = read_head(handle)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            return None
        separator = max(SEPARATORS, key=first.count)
        cells = split_line(first, separator)
        if "\0" in first or cells is None or len(cells) < 2:
            return None
        rows = [row for _, text in lines if (row := split_line(text, separator))]
        comments = [text for text in comments if COMMENT.match(text)]
        return Head(comments, line, [clean_name(cell) for cell in cells], rows)

    @cached_property
    def _below(self) -> list[str]:
        return files_below(self.file) if self.is_folder else []

    @property
    def names(self) -> frozenset[str]:
        """The columns of a table of text, in lower case; none of anything else."""
        return self.head.names if self.head else frozenset()

    def files(self, *patterns: str) -> list[Source]:
        """Return the files in and below a folder whose names match one of some patterns, in the order of their paths."""
        found = [name for name in self._below if any(map(PurePosixPath(name).match, patterns))]
        return [Source(f"{self.path.rstrip('/')}/{name}", self.file / name, self.what) for name in found]


def find_source(path: str, base_dir: str | Path, what: str) -> Source:
    """Find what stands at a path of the config.

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
        When there is nothing, or a file whose beginning cannot be read.
    """
    source = Source(path, Path(base_dir) / path, what)
    if not (source.is_folder or source.file.is_file()):
        raise DataError(
            f"{path}: does not exist. It should be {what}; in the config, give its path relative to the folder the workflow "
            f"runs in, or absolute."
        )
    try:
        source.start  # noqa: B018  (whether it can be read)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(unreadable(path, error)) from error
    return source
