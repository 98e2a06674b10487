"""Checksums of tables, which tell what dates cannot: that a table is another one, or was edited while it was read.

Tables may have gigabytes, and are asked about whenever Snakemake lays out a run. A checksum is therefore remembered under
what changes with every edit of the file: size, dates and inode.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import DataError
from .locations import files_read
from .writing import atomic_path

#: Seconds that a file must have been left alone before its checksum is remembered: file systems keep dates that coarse, and
#: an edit right after the checksum was taken could leave the date as it is.
SETTLED = 2.0


def checksums(paths: Sequence[str | Path], remembered: str | Path) -> list[str | None]:
    """Take the SHA-256 of some files.

    Parameters
    ----------
    paths
        The files; a folder stands for those in it that are read (`stratomics.locations.files_read`).
    remembered
        A file that keeps checksums from one call to the next. It may be absent, damaged or in a folder that cannot be
        written: then the files are read.

    Returns
    -------
    list
        Hexadecimal digits for each of `paths`; None for what cannot be read, whose reader has more to say about it.
    """
    known = _recall(remembered)
    fresh: dict[str, list[int | str]] = {}
    found: list[str | None] = []
    for path in paths:
        key, before = os.path.abspath(path), _identity(path)
        if before is not None and known.get(key, [])[:-1] == before:
            found.append(str(known[key][-1]))
            continue
        found.append(digest := _digest(path))
        if before is not None and digest is not None and before == _identity(path) and _settled(before):
            fresh[key] = [*before, digest]
    if fresh:
        _remember(remembered, fresh)
    return found


@contextmanager
def held_still(
    paths: Sequence[str | Path], remembered: str | Path, known: Mapping[str, str | None] | None = None
) -> Iterator[list[str | None]]:
    """Make sure that some tables stay as they are while they are read.

    Parameters
    ----------
    paths
        The tables.
    remembered
        As for `checksums`.
    known
        Checksums from an earlier reading of the same tables by path, where that must have seen what is read now.

    Yields
    ------
    list
        Checksums of the tables.

    Raises
    ------
    DataError
        If a table is another one than in the earlier reading, or changed before the body ended. It takes the place of any
        exception of the body, which may have read half of an edit.
    """
    identities = [_identity(path) for path in paths]
    before = checksums(paths, remembered)
    expected = [(known or {}).get(str(path)) or digest for path, digest in zip(paths, before, strict=True)]
    _fault_changed(paths, expected, before)

    def check() -> None:
        after = [
            digest if _identity(path) == identity else _digest(path)
            for path, identity, digest in zip(paths, identities, before, strict=True)
        ]
        _fault_changed(paths, before, after)

    try:
        yield before
    except Exception:
        check()
        raise
    check()


def _fault_changed(paths: Sequence[str | Path], before: Sequence[str | None], after: Sequence[str | None]) -> None:
    changed = [str(path) for path, old, new in zip(paths, before, after, strict=True) if old != new]
    if changed:
        raise DataError(
            f"{path} changed while it was read: its content is another one than when the reading began. Nothing was written "
            "from it. Wait until the file is complete, then run the same command again."
            for path in changed
        )


def _identity(path: str | Path) -> list[int] | None:
    """Return what changes with every edit (a date can be set back, but not that of the inode); None without a file."""
    if os.path.isdir(path):
        names = files_read(path)
        each = [one for name in names if (one := _identity(Path(path) / name))]
        if not each:
            return None
        sizes, dates, changes, _ = zip(*each, strict=True)
        # In the place of the inode, whatever tells one set of files from another.
        return [sum(sizes), max(dates), max(changes), zlib.crc32(repr((names, each)).encode())]
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _settled(identity: Sequence[int]) -> bool:
    return time.time_ns() - max(identity[1:3]) > SETTLED * 1e9


def _digest(path: str | Path) -> str | None:
    """Return the checksum of a file, or one over the names and checksums of the files of a folder that are read."""
    if os.path.isdir(path):
        listed = [f"{_digest(Path(path) / name)}  {name}\n" for name in files_read(path)]
        return hashlib.sha256("".join(listed).encode()).hexdigest() if listed else None
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _recall(remembered: str | Path) -> dict[str, list[int | str]]:
    """Read what is remembered: size, dates, inode and checksum by path."""
    try:
        content = json.loads(Path(remembered).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        key: entry
        for key, entry in content.items()
        if isinstance(entry, list) and len(entry) == 5 and isinstance(entry[-1], str) and len(entry[-1]) == 64
    }


def _remember(remembered: str | Path, fresh: Mapping[str, list[int | str]]) -> None:
    """Add to what is remembered. Of two processes at once one may lose its part, and reads those files again next time."""
    try:
        with atomic_path(remembered) as temporary:
            temporary.write_text(json.dumps({**_recall(remembered), **fresh}, indent=0), encoding="utf-8")
    except OSError:
        return
