"""miRNA expression of GDC: a file of counts per sample.

Source: the GDC miRNA analysis pipeline: ``*.mirnas.quantification.txt`` with the columns ``miRNA_ID``, ``read_count``,
``reads_per_million_miRNA_mapped`` and ``cross-mapped``.
"""

from __future__ import annotations

from stratomics.cohort.format import Format, Request
from stratomics.cohort.gdc_samples import holds_samples, read_column, read_samples
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.errors import DataError

#: What is read of a folder, the sample sheet last.
FILES = ("*mirnas.quantification.txt", "*mirnas.quantification.txt.gz", "gdc_sample_sheet*.tsv")

#: What is taken unless the config says otherwise.
COLUMN = "reads_per_million_miRNA_mapped"


class GdcMirna(Format):
    """A folder with a file per sample and the sample sheet."""

    words = "a folder of miRNA quantifications of GDC"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the names of the files, or by the columns of a single one (which is refused with advice)."""
        return holds_samples(source, FILES[:2]) or source.names >= {"mirna_id", "read_count", COLUMN.lower()}

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read miRNAs x samples."""
        if not source.is_folder:
            raise DataError(
                f"{source.path}: this is the counts of a single sample (GDC, miRNA). Name the folder that holds the files of all "
                f"samples and their sample sheet."
            )
        column = str(request.settings.get("column") or COLUMN)
        request.note(
            "column", column, f"the column of the files in {source.path} that is read (`column` in the config)"
        )
        return read_samples(source, request, FILES[:2], lambda file: read_column(file, "miRNA_ID", column))


FORMAT = GdcMirna()
