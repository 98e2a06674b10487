"""A text of features x samples whose first column names the features, as the public archives have it."""

from __future__ import annotations

from collections.abc import Callable

from .feature_map import map_of
from .format import Request
from .matrix import Matrix
from .numbers import matrix_of_pieces
from .pieces import Wanted
from .source import Source
from .symbols import NamedRows
from .text_source import opened


def read_named_matrix(source: Source, request: Request, spell: Callable[[str], str] = str) -> Matrix:
    """Read it; rows without a name or a value, and further ones of a name, are left out and counted.

    Parameters
    ----------
    source
        The file.
    request
        Gets what was left out.
    spell
        Writes the name of a sample as it is to be known.

    Raises
    ------
    DataError
        When it cannot be taken apart.
    """
    with opened(source) as table:
        columns = list(map(spell, table.header[1:]))
        rows = NamedRows(table.pieces(Wanted(range(1, len(table.header))), threads=request.threads))
        matrix, _ = matrix_of_pieces(source.path, columns, rows, request.bad, map_of(request), request.patients)
    table.report(request.level, request.item, request.checks)
    rows.report(source.path, request)
    return matrix
