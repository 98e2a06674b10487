"""Mature miRNAs (arms, -5p and -3p) of GDC: a file of isoform counts per sample, summed by the accession of the arm.

Source: the GDC miRNA analysis pipeline: ``*.isoforms.quantification.txt`` with the columns ``miRNA_ID``, ``isoform_coords``,
``read_count``, ``reads_per_million_miRNA_mapped``, ``cross-mapped`` and ``miRNA_region`` (``mature,MIMAT0000062``; others are
``precursor``, ``stemloop``, ``unannotated``).
"""

from __future__ import annotations

import pandas as pd

from stratomics.cohort.format import Format, Request
from stratomics.cohort.gdc_samples import holds_samples, read_column, read_samples
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source

#: What is read of a folder, the sample sheet last.
FILES = ("*isoforms.quantification.txt", "*isoforms.quantification.txt.gz", "gdc_sample_sheet*.tsv")

#: What is taken unless the config says otherwise.
COLUMN = "reads_per_million_miRNA_mapped"


class GdcIsoforms(Format):
    """A folder with a file per sample and the sample sheet; an arm that a sample does not have is 0 there."""

    words = "a folder of miRNA isoform quantifications of GDC"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the names of the files."""
        return holds_samples(source, FILES[:2])

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read mature miRNAs (accessions of miRBase) x samples."""
        column = str(request.settings.get("column") or COLUMN)
        message = f"the column of the files in {source.path} that is summed by mature miRNA (`column` in the config)"
        request.note("column", column, message)
        return read_samples(source, request, FILES[:2], lambda file: _arms(file, column), absent=0.0)


def _arms(file: Source, column: str) -> pd.Series:
    values = read_column(file, "miRNA_region", column)
    mature = values[values.index.str.startswith("mature,")]
    return mature.groupby(mature.index.str.removeprefix("mature,")).sum()


FORMAT = GdcIsoforms()
