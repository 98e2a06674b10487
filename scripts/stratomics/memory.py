"""The memory that this process has taken."""

from __future__ import annotations

import resource
import sys

#: The unit of ``ru_maxrss``: bytes on macOS, kilobytes elsewhere.
_UNIT = 1 if sys.platform == "darwin" else 2**10


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process so far, in MiB; that of a child process where one was larger."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most * _UNIT / 2**20
