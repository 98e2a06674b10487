"""How a job of the workflow runs: log, threads, seeds, errors.

Import this module before numpy or torch in a script: it holds their thread pools to one thread each. A sum over several
threads adds in another order and changes the last bits, so the number of cores would change the results. Where more cores
help, the library runs independent pieces (chunks of features, splits, networks) side by side through `parallel_map`.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from .damage import lacking
from .errors import StratomicsError
from .joblock import alone
from .memory import peak_memory_mb
from .system_faults import explain

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")
# cuBLAS repeats its bytes only with a fixed workspace.
os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

log = logging.getLogger("stratomics")

Item = TypeVar("Item")
Result = TypeVar("Result")


def derive_seed(seed: int, *parts: str | int) -> int:
    """Derive the seed of one piece of work from the seed of the run.

    Parameters
    ----------
    seed
        The one seed of the config.
    *parts
        What the piece is, for instance ``("train_embedding", "vae", "r0f3", 0)``.

    Returns
    -------
    int
        In [0, 2**31), the same on every machine and for every PYTHONHASHSEED.
    """
    digest = hashlib.sha256("\x1f".join([str(seed), *map(str, parts)]).encode()).digest()
    return int.from_bytes(digest[:4], "little") >> 1


def parallel_map(function: Callable[[Item], Result], items: Iterable[Item], threads: int = 1) -> list[Result]:
    """Apply `function` to every item, on up to `threads` threads, and keep the order.

    Parameters
    ----------
    function
        Must not share mutable state; numpy, scipy and torch release the interpreter lock while they compute.
    items
        Independent pieces of work.
    threads
        Most to run at once. The results do not depend on it.

    Returns
    -------
    list
        One result per item, in the order of `items`.
    """
    items = list(items)
    if threads <= 1 or len(items) <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(max_workers=min(threads, len(items))) as pool:
        return list(pool.map(function, items))


def _terminate(*_: object) -> None:
    """End as by an exception, so that temporary files and the lock are removed: schedulers send SIGTERM before SIGKILL."""
    log.error("ended by SIGTERM: cancelled, or over its time or memory limit")
    sys.exit(128 + signal.SIGTERM)


class _LogFile(logging.FileHandler):
    """A log that is silent where it cannot be written: stderr has the same lines, and a full disk is told of once."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the log."""

    def close(self) -> None:
        """Close the file; what a full disk did not take is lost."""
        with suppress(OSError):
            super().close()


@contextmanager
def _refusals() -> Iterator[None]:
    """Say in a sentence that the log or its lock could not be made."""
    try:
        yield
    except OSError as error:
        print(f"This cannot go on:\n{explain(error) or error}", file=sys.stderr, flush=True)
        sys.exit(1)


@contextmanager
def job(log_path: str | Path) -> Iterator[logging.Logger]:
    """Run the body of a script: alone, with a log on `log_path` and stderr, and with one clear line on failure.

    Parameters
    ----------
    log_path
        The log of the rule. While another process runs the same job (the orphan of a killed run), this one waits, and
        leaves the log alone. A fault of the user (`StratomicsError`), or what the machine refused (`explain`), is printed
        as its messages alone; anything else also leaves its traceback there.

    Yields
    ------
    logging.Logger
        For messages about progress.

    Raises
    ------
    SystemExit
        With status 1, after the log is written.
    """
    with _refusals(), alone(f"{log_path}.lock", lambda message: print(message, file=sys.stderr, flush=True)) as waited:
        formatter = logging.Formatter("%(asctime)s  %(message)s", datefmt="%H:%M:%S")
        handlers: list[logging.Handler] = [_LogFile(log_path, mode="w"), logging.StreamHandler(sys.stderr)]
        for handler in handlers:
            handler.setFormatter(formatter)
            log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
        started = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, _terminate)
        try:
            if waited:
                log.info("waited %.0f s for another run of this job to end", waited)
            yield log
            log.info("done in %.1f s; peak memory %.0f MB", time.monotonic() - started, peak_memory_mb())
        except StratomicsError as error:
            log.error("%s\n%s", "This cannot go on:", error.report())
            sys.exit(1)
        except Exception as error:  # noqa: BLE001  (the last resort: every failure must reach the log)
            if refused := explain(error):
                log.error("%s\n%s", "This cannot go on:", refused)
                sys.exit(1)
            if isinstance(error, KeyError) and (fault := lacking(error.args[0] if error.args else None)):
                log.error("%s\n%s", "This cannot go on:", fault.report())
            log.error("%s: %s\n%s", type(error).__name__, error, traceback.format_exc())
            sys.exit(1)
        finally:
            for handler in handlers:
                log.removeHandler(handler)
                handler.close()
