"""One process at a time per job, also when an earlier run was killed and what it had started lives on.

Snakemake locks its working directory, but a lock that was left by ``kill -9`` has to be removed by hand, and the jobs of
the killed run may still be running then: as orphans on a workstation, as submitted jobs on a cluster. The lock here is held
by the job itself, and the kernel gives it up when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: Seconds between two tries to get the lock.
INTERVAL = 0.5


def _owner() -> str:
    """Say who holds the lock, for the message to those who wait."""
    slurm = os.environ.get("SLURM_JOB_ID")
    return f"process {os.getpid()} on {socket.gethostname()}" + (f", SLURM job {slurm}" if slurm else "")


@contextmanager
def alone(path: str | Path, say: Callable[[str], None]) -> Iterator[float]:
    """Hold the lock `path`, waiting for the process that has it.

    POSIX record locks are used: they work over NFS, and between the nodes of a cluster. Where the file system has none, `say`
    is told so and the body runs without.

    Parameters
    ----------
    path
        The lock; made if absent, removed at the end.
    say
        Told once that another process is waited for, or that there are no locks here.

    Yields
    ------
    float
        Seconds waited.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    told = False
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            if not told:
                owner = os.read(handle, 200).decode(errors="replace").strip() or "unknown"
                say(f"another run of this job is still writing ({owner}): waiting for it to end")
                told = True
            os.close(handle)
            time.sleep(INTERVAL)
            continue
        except OSError as error:
            say(f"this file system has no locks ({error.strerror}): take care that no other run writes here")
        # Who held it may have removed the file between our opening and locking it: then the name is free for others.
        if _is_still(path, handle):
            break
        os.close(handle)
    try:
        os.truncate(handle, 0)
        os.write(handle, (_owner() + "\n").encode())
        yield time.monotonic() - started if told else 0.0
    finally:
        path.unlink(missing_ok=True)  # before the lock is given up
        os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """Whether the open file is the one that `path` names."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False
