"""A file of an earlier step that was emptied, cut or edited: which one, and how to make it anew."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .errors import DataError, StratomicsError

#: The columns of the tables that this process has read, by path.
_TABLES: dict[str, list[str]] = {}


def damaged(path: str | Path, what: str) -> DataError:
    """Return the fault that a file of an earlier step is damaged.

    Parameters
    ----------
    path
        The file.
    what
        What is wrong with it.

    Returns
    -------
    DataError
    """
    return DataError(
        f"{path} is damaged ({what}). Remove it and run the same command again, which makes it anew: rm {shlex.quote(str(path))}"
    )


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn what a reader raises over half a file into a fault that names it.

    Parameters
    ----------
    path
        The file that the body reads.

    Raises
    ------
    DataError
        If the body fails, except where the operating system refused (no such file, no right to read it).
    """
    try:
        yield
    except (StratomicsError, MemoryError, ImportError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        first = str(error).strip().split("\n")[0] or type(error).__name__
        raise damaged(path, "it is empty" if not Path(path).stat().st_size else first) from error


def remember_columns(path: str | Path, columns: Sequence[str]) -> None:
    """Note which columns a table had, for `lacking`.

    Parameters
    ----------
    path
        A table of an earlier step.
    columns
        Its columns.
    """
    _TABLES[str(path)] = [str(column) for column in columns]


def lacking(column: object) -> DataError | None:
    """Find the table that a column is missing from.

    Parameters
    ----------
    column
        What was looked for in vain, from a KeyError.

    Returns
    -------
    DataError or None
        None if no table that was read is without it.
    """
    lack = [path for path, columns in _TABLES.items() if column not in columns]
    if not isinstance(column, str) or not lack:
        return None
    if len(lack) == 1:
        return damaged(lack[0], f"it has no column {column!r}, only {', '.join(_TABLES[lack[0]])}")
    return DataError(
        f"A table of an earlier step has no column {column!r}, which is needed here: {', '.join(lack)}. Was one of them edited? "
        f"Remove it (rm {shlex.quote(lack[0])}, for instance) and run the same command again, which makes it anew."
    )
