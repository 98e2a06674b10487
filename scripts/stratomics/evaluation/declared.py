"""How a number of `evidence.Evidence` is declared: a field that says what it is, where it is read and which tables show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from .sources import NAN, Figure, Reader

#: Tables beside ``verdicts.tsv`` that may show a number.
LEADERBOARD, COHORTS = "leaderboard", "cohorts"


def _declare(kind: Callable[[Any], Any], default: Any, doc: str, read: Reader, shown: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"kind": kind, "doc": doc, "read": read, "shown": shown})


def number(doc: str, read: Reader, *shown: str) -> Any:
    """Declare a number that may be missing."""
    return _declare(float, NAN, doc, read, shown)


def figure(doc: str, read: Reader, *shown: str) -> Any:
    """Declare a number with a 95 % interval: three columns."""
    return _declare(lambda found: Figure(*found) if isinstance(found, tuple) else Figure(), Figure(), doc, read, shown)


def count(doc: str, read: Reader, *shown: str, missing: int = 0) -> Any:
    """Declare a whole number; `missing` stands where there is none."""
    return _declare(lambda found: missing if found != found else int(found), missing, doc, read, shown)


def text(doc: str, read: Reader, *shown: str) -> Any:
    """Declare a word or a list of names; empty where there is none."""
    return _declare(lambda found: found if isinstance(found, str) else "", "", doc, read, shown)


def flag(doc: str, read: Reader) -> Any:
    """Declare a yes or no; a table may give it back as a word, where a column of names bears the same name."""
    return _declare(lambda found: found == "true" if isinstance(found, str) else bool(found), False, doc, read, ())


def is_figure(declared: Any) -> bool:
    """Tell whether a declared number has an interval."""
    return isinstance(declared.default, Figure)


def columns_of(declared: Any) -> list[str]:
    """Name the columns of a declared number: three for a figure."""
    name = declared.name
    return [name, f"{name}_low", f"{name}_high"] if is_figure(declared) else [name]


def flat(declared: Any, value: Any) -> tuple[Any, ...]:
    """Give the values of those columns."""
    return tuple(value) if is_figure(declared) else (value,)
