"""Apache Parquet: columns of numbers and text."""

from __future__ import annotations

import pandas as pd

from stratomics.cohort.feature_map import map_of
from stratomics.cohort.files import is_parquet
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.header_rows import clinical_header_rows
from stratomics.cohort.ids import clean_name
from stratomics.cohort.layouts import feature_columns
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.numbers import as_text, matrix_of_columns
from stratomics.cohort.parquet_table import ParquetColumns, read_parquet_frame
from stratomics.cohort.source import Source
from stratomics.errors import DataError


class Parquet(Format):
    """A frame; the first column, or the index that pandas stored, holds the names of the rows."""

    words = "a Parquet file"

    def is_matrix(self, source: Source) -> bool:
        """Tell by its first bytes."""
        return not source.is_folder and is_parquet(source.file)

    is_clinical = is_matrix

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read an omics table, patients in rows or in columns."""
        table = ParquetColumns(source.path, source.file)
        columns = [clean_name(name) for name in table.columns]
        about = feature_columns(columns, request.patients)
        names = [clean_name(name) for name in as_text(table.names)]
        return matrix_of_columns(
            source.path, names, columns, table, request.bad, about, map_of(request), request.patients
        )

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read a clinical table as text."""
        frame = read_parquet_frame(source.path, source.file)
        cells = frame.apply(as_text).set_axis(pd.RangeIndex(1, len(frame) + 1, name="row"))
        cells = cells.set_axis([clean_name(name) for name in frame.columns], axis=1)
        if fault := clinical_header_rows(source.path, cells):
            raise DataError(fault)
        return ClinicalTable(cells)


FORMAT = Parquet()
