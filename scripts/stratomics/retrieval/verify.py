"""Whether a file is whole: what it says of itself by its name and its end, and its checksum."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path

_PIECE = 1 << 20


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damage(path: Path, name: str, sha256: str | None = None) -> str | None:
    """Say what is wrong with a file.

    Parameters
    ----------
    path
        Where it is.
    name
        Its name in the archive: one that ends with ``.gz`` is unpacked to its end, where gzip has a checksum (CRC-32, RFC 1952).
    sha256
        What it should be, if that is known.

    Returns
    -------
    str or None
        For a list of addresses; None for a file that is whole.
    """
    with path.open("rb") as file:
        start = file.read(200)
    if not start:
        return "the file is empty"
    if start.lstrip()[:1] == b"<":
        return f"it is a web page, not a table ({_shown(start)}); a login or a proxy may stand in between"
    if name.endswith(".gz"):
        if start[:2] != b"\x1f\x8b":
            return f"it is not compressed, as its name says; it begins with {_shown(start)}"
        try:
            with gzip.open(path) as packed:
                while packed.read(_PIECE):
                    pass
        except EOFError:
            return f"it is cut off: its compressed content does not end within its {path.stat().st_size} bytes"
        except (gzip.BadGzipFile, zlib.error) as error:
            return f"its compressed content is damaged ({error})"
    if sha256 and (found := digest(path)) != sha256.lower():
        return f"its SHA-256 is {found}; retrieval.checksums says {sha256.lower()}"
    return None


def _shown(start: bytes) -> str:
    return repr(start[:60].decode("utf-8", errors="replace"))
