"""GCT files of GenePattern and of the Broad Institute, versions 1.2 and 1.3.

Source: https://www.genepattern.org/file-formats-guide (GCT): a line ``#1.2`` or ``#1.3``, a line of sizes, the header, and the
rows; 1.3 has columns about the rows behind the names, and rows about the columns under the header.
"""

from __future__ import annotations

import zlib
from itertools import islice

from stratomics.cohort.checks import examples
from stratomics.cohort.feature_map import map_of
from stratomics.cohort.files import open_text, unreadable
from stratomics.cohort.format import Format, Request
from stratomics.cohort.ids import clean_name
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import Wanted
from stratomics.cohort.source import Source
from stratomics.cohort.text import TextTable
from stratomics.errors import DataError


class Gct(Format):
    """Features x samples under lines of sizes."""

    words = "a GCT file"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the first line."""
        return source.start[:4] in (b"#1.2", b"#1.3")

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read features x samples; what describes features or samples is left out."""
        try:
            with open_text(source.file) as handle:
                head = [line.rstrip("\n").split("\t") for line in islice(handle, 3)]
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise DataError(unreadable(source.path, error)) from error
        try:
            (version, *_), sizes, header = head
            n_rows, n_columns, *about = (int(cell) for cell in sizes if cell.strip())
        except ValueError as error:
            raise DataError(
                f"{source.path}: a GCT file has its sizes in line 2 and a header in line 3. Download it again."
            ) from error
        # 1.2 has a column of descriptions and no rows about the samples.
        about_rows, about_columns = about if version.strip() == "#1.3" and len(about) == 2 else (1, 0)
        first = 1 + about_rows
        names = [clean_name(name) for name in header]
        columns = names[first : first + n_columns]
        if len(columns) != n_columns:
            raise DataError(
                f"{source.path}: line 2 says {n_columns} samples, and line 3 names {len(columns)} behind {first} columns about "
                f"the rows. "
                f"Write the file again."
            )
        table = TextTable(source.path, source.file, "\t", names[: first + n_columns], 3 + about_columns, False, {})
        pieces = table.pieces(Wanted(range(first, first + n_columns)), threads=request.threads)
        matrix, _ = matrix_of_pieces(source.path, columns, pieces, request.bad, map_of(request), request.patients)
        if len(matrix.rows) != n_rows:
            raise DataError(
                f"{source.path}: line 2 says {n_rows} rows, and there are {len(matrix.rows)}. The file may be cut short."
            )
        table.report(request.level, request.item, request.checks)
        if left := [name for name in header[1:first] if name]:
            request.note(
                "about_features", len(left), f"columns of {source.path} about the features, left out: {examples(left)}"
            )
        return matrix


FORMAT = Gct()
