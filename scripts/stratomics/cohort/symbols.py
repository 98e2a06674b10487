"""Names of genes as the public tables have them: without a symbol, with one symbol twice, with the version of an id behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from .format import Request
from .ids import plain
from .pieces import Piece, Pieces

#: An id of Ensembl with its version, which changes between releases; genes of both sex chromosomes bear a suffix behind it.
VERSIONED = re.compile(r"(?P<id>ENS[A-Z]*[GTP]\d{11})\.\d+(?P<rest>_PAR_Y)?")


class NamedRows:
    """Rows of a text under one name each: those without a name or a measurement, and further ones of a name, are left out.

    The rule looks at nothing but names and gaps, so no patient decides which of two rows stands for a gene.

    Parameters
    ----------
    pieces
        The rows.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._nameless = self._empty = 0
        self._further: dict[str, int] = {}

    def __iter__(self) -> Iterator[Piece]:
        """Yield the rows that stand."""
        seen: set[str] = set()
        for piece in self._pieces:
            names, empty = [name.strip() for name in piece.names], piece.empty()
            keep = np.zeros(len(names), bool)
            for i, name in enumerate(names):
                if not name:
                    self._nameless += 1
                elif empty[i]:
                    self._empty += 1
                elif name in seen:
                    self._further[name] = self._further.get(name, 0) + 1
                else:
                    seen.add(name)
                    keep[i] = True
            if keep.any():
                yield piece.take(keep)

    def report(self, path: str, request: Request) -> None:
        """Say what was left out; call it when the rows are read."""
        if self._nameless:
            request.note(
                "rows_without_name", self._nameless, f"rows of {path} without a name: left out", action="dropped"
            )
        if self._empty:
            request.note(
                "rows_without_values", self._empty, f"rows of {path} without a value: left out", action="dropped"
            )
        if self._further:
            shown = ", ".join(list(self._further)[:3])
            message = (
                f"further rows of {path} with a name that an earlier one has ({shown}): the first with a value stands"
            )
            request.note("rows_of_same_name", sum(self._further.values()), message, action="dropped")


def without_version(name: str) -> str:
    """Return a name without case, and an id of Ensembl also without its version."""
    match = VERSIONED.fullmatch(name)
    return (match["id"] + (match["rest"] or "") if match else name).casefold()


def feature_key(name: str) -> str:
    """Return a name without case, versions and separators: names of one feature in two tables have the same key.

    R writes '.' for '-', and an X before names that start with a digit.
    """
    return re.sub(r"^x(?=\d)", "", plain(without_version(name)))


def without_versions(names: Sequence[str]) -> list[str] | None:
    """Return ids of Ensembl without their versions, where all names are such and stay different; else None."""
    matches = [VERSIONED.fullmatch(name) for name in names]
    new = [match["id"] + (match["rest"] or "") for match in matches if match]
    return new if len(new) == len(names) == len(set(new)) else None
