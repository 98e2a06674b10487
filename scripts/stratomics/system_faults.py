"""What the machine refuses (space, rights, memory, a library), in a sentence that says what to do."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from .memory import peak_memory_mb

#: What to do, by what the system says; `{folder}` is where it happened.
_REMEDIES = {
    errno.ENOSPC: "the disk of {folder} is full. Free space there (`df -h {folder}` tells how much is left; `df -i` whether it "
    "is the number of files), or start in a folder on another disk: --directory",
    errno.EDQUOT: "your quota of disk space in {folder} is used up. Delete what you do not need, ask for more, or start in a "
    "folder on another disk: --directory",
    errno.EROFS: "the file system of {folder} can only be read. Start in a folder where you can write: --directory",
    errno.EACCES: "no permission in {folder}. Its owner can give it (`ls -ld {folder}` tells who that is), or start in a folder "
    "of your own: --directory",
    errno.EFBIG: "a file in {folder} would be larger than is allowed. `ulimit -f unlimited` lifts the limit of the shell",
    errno.EMFILE: "too many files are open at once. `ulimit -n 4096` raises the limit of the shell; fewer --cores need less",
    errno.EIO: "the disk of {folder} failed to read or write. It may be broken, or the network file system away: ask whoever "
    "runs the machine",
}
_REMEDIES[errno.EPERM] = _REMEDIES[errno.EACCES]
_REMEDIES[errno.ENFILE] = _REMEDIES[errno.EMFILE]
_REMEDIES[errno.ESTALE] = _REMEDIES[errno.EIO]


def error_number(error: BaseException) -> int | None:
    """Return what the operating system said, also where HDF5 hides it in its message.

    Parameters
    ----------
    error
        An exception.

    Returns
    -------
    int or None
        As in `errno`; None if it was not the system that refused.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    hidden = re.search(r"\berrno = (\d+)", str(error))
    return int(hidden.group(1)) if hidden else None


def explain(error: BaseException) -> str | None:
    """Say what the machine refused and what to do.

    Parameters
    ----------
    error
        What ended a job.

    Returns
    -------
    str or None
        A sentence or two; None if the machine is not to blame.
    """
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return (
            f"Out of memory: the job had taken {peak_memory_mb():.0f} MB when it was refused more ({str(error) or 'no details'}). "
            "Close other programs or run fewer jobs at once (fewer --cores); on a cluster ask for more, for instance "
            "--set-resources RULE:mem_mb=32000."
        )
    if isinstance(error, ImportError):
        return (
            f"The environment is broken: {error}. Run `make install` in the folder of stratomics, which builds it anew, then "
            "the same command again."
        )
    remedy = _REMEDIES.get(error_number(error) or 0)
    if remedy is None:
        return None
    where = getattr(error, "filename", None)
    folder = os.path.abspath(os.fsdecode(where) if isinstance(where, str | bytes) else ".")
    folder = folder if Path(folder).is_dir() else os.path.dirname(folder)
    name = f"{where}: " if where else ""
    return f"{name}{remedy.format(folder=folder)}. What is done stays done: then run the same command again."
