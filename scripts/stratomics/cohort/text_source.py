"""Open and read what stands at a path as a table of text, for every format that is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from stratomics.errors import DataError

from .barcodes import patients_of_barcodes
from .files import foreign_fault
from .format import ClinicalTable, Request
from .source import Source
from .text import TextTable, open_text_table
from .text_layouts import text_layout


@contextmanager
def opened(source: Source, id_column: str = "") -> Iterator[TextTable]:
    """Open a text; where it cannot be taken apart, say what it is, if that is known, rather than where it failed.

    Parameters
    ----------
    source
        The file.
    id_column
        Name of the column of ids, where the config gives one.

    Yields
    ------
    TextTable

    Raises
    ------
    DataError
        When it is no text, or cannot be taken apart.
    """
    if fault := foreign_fault(source.path, source.start, source.what):
        raise DataError(fault)
    try:
        yield open_text_table(source.path, source.file, id_column)
    except DataError as error:
        if found := text_layout(source.path, source.file):
            raise DataError(found) from error
        raise


def read_text_cells(source: Source, request: Request) -> ClinicalTable:
    """Read a table of text as it stands.

    Parameters
    ----------
    source
        The file.
    request
        Its checks get what was read in another way than the plainest.

    Raises
    ------
    DataError
        When it cannot be taken apart.
    """
    lines, rows = [], []
    with opened(source, str(request.settings.get("patient") or "")) as table:
        for line, row in table.rows():
            lines.append(line)
            rows.append([cell.strip() for cell in row])
    table.report(request.level, request.item, request.checks)
    header = ["", *table.header] if table.corner_missing else table.header
    cells = pd.DataFrame(rows, index=pd.Index(lines, name="line"), columns=header, dtype=object)
    return ClinicalTable(cells, table.comments)


def read_turned_cells(source: Source, request: Request) -> ClinicalTable:
    """Read a table of text with attributes in rows and patients in columns, and turn it; ids are in a column ``patient``.

    Parameters
    ----------
    source
        The file.
    request
        As for `read_text_cells`.

    Raises
    ------
    DataError
        When it cannot be taken apart.
    """
    table = read_text_cells(source, request)
    turned = table.cells.set_index(table.cells.columns[0]).T
    cells = turned.reset_index(drop=True).rename_axis(columns=None)
    cells.insert(0, "patient", patients_of_barcodes(list(turned.index)))
    cells.index = pd.RangeIndex(2, len(cells) + 2, name="column")
    request.note("turned", len(cells), f"patients in the columns of {source.path}")
    return ClinicalTable(cells.loc[:, ~cells.columns.duplicated()], table.comments, {"patient": "patient"})
