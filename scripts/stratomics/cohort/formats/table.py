"""Text separated by tabs, commas or semicolons: what is read where no other format is recognised."""

from __future__ import annotations

from stratomics.cohort.feature_map import map_of
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.header_rows import clinical_header_rows
from stratomics.cohort.layouts import feature_columns
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import Wanted
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import opened, read_text_cells
from stratomics.errors import DataError


class Table(Format):
    """Rows of cells under a header; the first column of an omics table holds the names of the rows."""

    words = "a table of text"

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read an omics table, patients in rows or in columns."""
        with opened(source) as table:
            columns = table.header if table.corner_missing else table.header[1:]
            wanted = Wanted(range(1, len(columns) + 1), [j + 1 for j in feature_columns(columns, request.patients)])
            pieces = table.pieces(wanted, threads=request.threads)
            matrix, cleaned = matrix_of_pieces(
                source.path, columns, pieces, request.bad, map_of(request), request.patients
            )
        if cleaned:
            message = f"names of rows of {source.path} had invisible characters or another Unicode form: made alike"
            request.note("names_cleaned", cleaned, message)
        table.report(request.level, request.item, request.checks)
        return matrix

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read a clinical table as text, untouched but for surrounding blanks."""
        found = read_text_cells(source, request)
        if fault := clinical_header_rows(source.path, found.cells):
            raise DataError(fault)
        return found


FORMAT = Table()
