"""A large text as blocks of whole lines: what can be looked at all at once, on several cores, in bounded memory."""

from __future__ import annotations

import gzip
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

log = logging.getLogger("stratomics")

#: Bytes of text in a block: enough for what is done once per block not to count.
BLOCK = 1 << 20

#: Seconds between two lines of progress in the log.
PROGRESS = 10.0

Item = TypeVar("Item")
Result = TypeVar("Result")


class TextBlocks:
    """The lines of a text, gzipped or not, in blocks of bytes; every line ends in one newline, as by `open_text`.

    Parameters
    ----------
    file
        Where it is.
    skip
        Lines at the beginning to leave out, at least the first one (which a byte order mark may precede).
    size
        Bytes to read at once. A block is longer where a single line is.

    Attributes
    ----------
    done, total : int
        Bytes of the file read so far, and of all of it (packed, where it is gzipped).
    """

    def __init__(self, file: Path, skip: int, size: int = BLOCK) -> None:
        self.total = file.stat().st_size
        self.done = 0
        self._file, self._skip, self._size = file, skip, size

    def __iter__(self) -> Iterator[bytes]:
        """Yield the blocks.

        Raises
        ------
        OSError, EOFError, zlib.error
            When the file cannot be read, or is damaged: as `open_text` raises them.
        """
        skip, rest = self._skip, b""
        for chunk in self._chunks():
            # Without any newline, the lines may end as on an old Mac; the last character may be the first half of \r\n.
            if end := chunk.rfind(b"\n") + 1:
                block, rest = b"".join((rest, memoryview(chunk)[:end])), chunk[end:]  # a single copy
            else:
                rest += chunk
                end = rest.rfind(b"\r", 0, -1) + 1
                block, rest = rest[:end], rest[end:]
            block, skip = _without_lines(_newlines(block), skip)
            if block:
                yield block
        block, _ = _without_lines(_newlines(rest), skip)
        if block:
            yield block if block.endswith(b"\n") else block + b"\n"

    def _chunks(self) -> Iterator[bytes]:
        with self._file.open("rb") as raw:
            gzipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            if not gzipped:
                yield from self._read(raw, raw)
                return
            # Both use zlib, and Arrow in larger steps than Python 3.11: 232 to 165 MB of text a second where it was measured. What
            # it refuses is for Python to judge, which has the better words, and reads on where only zeros follow (a tape).
            import pyarrow as pa

            unpacked = 0
            try:
                with pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "gzip") as stream:
                    for chunk in self._read(stream, raw):
                        unpacked += len(chunk)
                        yield chunk
                return
            except OSError:
                pass
        with self._file.open("rb") as raw, gzip.open(raw) as again:
            again.seek(unpacked)
            yield from self._read(again, raw)

    def _read(self, stream: Any, raw: BinaryIO) -> Iterator[bytes]:
        while chunk := stream.read(self._size):
            self.done = raw.tell()
            yield chunk


def _newlines(block: bytes) -> bytes:
    """Make every end of a line one newline."""
    return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block


def _without_lines(block: bytes, skip: int) -> tuple[bytes, int]:
    """Leave out lines at the beginning; return the rest, and how many lines are still to be left out."""
    start = 0
    while skip and start < len(block):
        start = block.find(b"\n", start) + 1 or len(block)
        skip -= 1
    return block[start:], skip


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int = 1
) -> Iterator[tuple[Item, Result]]:
    """Apply a function to items as they come, on several threads, and yield both in the order of the items.

    Parameters
    ----------
    function
        Must not share mutable state.
    items
        No more of them than `threads` and two are held at once. What fetching one raises, is raised after all before it.
    threads
        Most to run at once, beside the thread that fetches the items. The results do not depend on it.

    Yields
    ------
    tuple
        An item and its result.
    """
    if threads <= 1:
        for item in items:
            yield item, function(item)
        return
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    fault: Exception | None = None
    source = iter(items)
    with ThreadPoolExecutor(threads) as pool:
        while True:
            try:
                item = next(source)
            except StopIteration:
                break
            except Exception as error:  # noqa: BLE001  (raised when its turn has come)
                fault = error
                break
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) > threads + 1:
                first, result = waiting.popleft()
                yield first, result.result()
        for item, result in waiting:
            yield item, result.result()
    if fault is not None:
        raise fault


class Progress:
    """Lines in the log while a large file is read: rows, and megabytes of all.

    Parameters
    ----------
    path
        As the config gives it.
    blocks
        What is read.
    """

    def __init__(self, path: str, blocks: TextBlocks) -> None:
        self._path, self._blocks = path, blocks
        self._rows, self._said = 0, time.monotonic()

    def add(self, rows: int) -> None:
        """Count further rows, and say so now and then."""
        self._rows += rows
        now = time.monotonic()
        if now - self._said >= PROGRESS:
            self._said = now
            done, total = self._blocks.done / 1e6, self._blocks.total / 1e6
            log.info("%s: %d rows read, %.0f of %.0f MB", self._path, self._rows, done, total)
