"""What the intake found: the rows of ``checks.tsv`` and the faults that stop it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from stratomics.errors import DataError

#: Columns of ``checks.tsv``. ``level`` is one of `LEVELS`; ``item`` the name of the cohort or
#: omics, or ``clinical``; ``id`` a patient, feature, column or batch; ``action`` is note, advice, warning, dropped or kept.
CHECK_COLUMNS = ["level", "item", "id", "check", "value", "action", "message"]

LEVELS = ["cohort", "clinical", "omics", "feature", "patient"]


class Checks:
    """Collects rows and faults over all tables, so that the user sees everything at once.

    Attributes
    ----------
    faults : list of str
        Messages that stop the intake.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._rows: list[tuple[object, ...]] = []

    def add(
        self,
        level: str,
        item: str,
        check: str,
        value: object,
        message: str,
        *,
        action: str = "note",
        id: str | float = np.nan,
    ) -> None:
        """Add one row; numbers are written with four digits, None as missing."""
        if value is None:
            value = np.nan
        elif isinstance(value, float):
            value = f"{value:.4g}"
        else:
            value = str(value)
        self._rows.append((level, item, id, check, value, action, message))

    def extend(self, other: Checks) -> None:
        """Add the rows and faults that another collected."""
        self._rows += other._rows
        for message in other.faults:
            self.fault(message)

    def fault(self, message: str) -> None:
        """Add one message that stops the intake; the same message is kept once."""
        if message not in self.faults:
            self.faults.append(message)

    def raise_faults(self) -> None:
        """Stop if anything is wrong.

        Raises
        ------
        DataError
            With every fault found so far.
        """
        if self.faults:
            raise DataError(self.faults)

    def table(self) -> pd.DataFrame:
        """Return the rows: about the cohort first, then clinical, omics, features and patients; those of an omics together."""
        table = pd.DataFrame(self._rows, columns=CHECK_COLUMNS, dtype=object)
        levels = table["level"].map({level: i for i, level in enumerate(LEVELS)}).to_numpy(int)
        items = pd.factorize(table["item"])[0]
        return table.iloc[np.lexsort((items, levels))].reset_index(drop=True)


def examples(values: Iterable[object], most: int = 3) -> str:
    """Quote the first few values: ``'a', 'b', 'c', ... (7 in all)``."""
    listed = list(values)
    text = ", ".join(f"'{value}'" for value in listed[:most])
    return text if len(listed) <= most else f"{text}, ... ({len(listed)} in all)"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun: ``1 patient``, ``2 patients``."""
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def listing(parts: Iterable[str], most: int = 3, *, n: int | None = None, join: str = "; ") -> str:
    """Join the first few findings: ``a; b; c; and 4 more``; there are `n` where `parts` holds only the first."""
    listed = list(parts)
    n = len(listed) if n is None else n
    more = [f"and {n - most} more"] if n > most else []
    return join.join(listed[:most] + more)


def are(n: int) -> str:
    """Return the verb after a number of things."""
    return "is" if n == 1 else "are"


def places(unit: str, numbers: Sequence[int], most: int = 3) -> str:
    """Write where things stand: ``line 5``, ``lines 5, 42``, ``lines 5, 42, 60, ...``."""
    shown = ", ".join(map(str, numbers[:most])) + (", ..." if len(numbers) > most else "")
    return f"{unit if len(numbers) == 1 else unit + 's'} {shown}"


def nearest(name: str, names: Sequence[str]) -> str:
    """Say which existing columns a missing one may mean."""
    by_lower = {other.lower(): other for other in names}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(repr(by_lower[one]) for one in close)}?"
    return f"The columns are {examples(names, most=8)}."


def duplicated(names: Iterable[str]) -> dict[str, list[int]]:
    """Find the names that occur more than once, with their positions."""
    places: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        places.setdefault(name, []).append(i)
    return {name: where for name, where in places.items() if len(where) > 1}
