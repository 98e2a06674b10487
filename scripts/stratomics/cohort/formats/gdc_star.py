"""Gene expression of GDC: a file of STAR counts per sample.

Source: the GDC mRNA analysis pipeline: ``*.rna_seq.augmented_star_gene_counts.tsv`` with a line ``# gene-model``, the columns
``gene_id``, ``unstranded``, ``stranded_first``, ``stranded_second``, ``tpm_unstranded``, ``fpkm_unstranded``,
``fpkm_uq_unstranded`` and four first rows ``N_*`` of reads that were not counted.
"""

from __future__ import annotations

import pandas as pd

from stratomics.cohort.format import Format, Request
from stratomics.cohort.gdc_samples import holds_samples, read_column, read_samples
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.errors import DataError

#: What is read of a folder, the sample sheet last.
FILES = ("*star_gene_counts.tsv", "*star_gene_counts.tsv.gz", "gdc_sample_sheet*.tsv")

#: What is taken unless the config says otherwise.
COLUMN = "tpm_unstranded"


class GdcStar(Format):
    """A folder with a file per sample and the sample sheet."""

    words = "a folder of STAR gene counts of GDC"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the names of the files, or by the columns of a single one (which is refused with advice)."""
        return holds_samples(source, FILES[:2]) or source.names >= {"gene_id", "unstranded", COLUMN}

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read genes (ids of Ensembl) x samples."""
        if not source.is_folder:
            raise DataError(
                f"{source.path}: this is the counts of a single sample (GDC, STAR). Name the folder that holds the files of all "
                f"samples and their sample sheet."
            )
        column = str(request.settings.get("column") or COLUMN)
        request.note(
            "column", column, f"the column of the files in {source.path} that is read (`column` in the config)"
        )
        return read_samples(source, request, FILES[:2], lambda file: _genes(file, column))


def _genes(file: Source, column: str) -> pd.Series:
    values = read_column(file, "gene_id", column)
    return values[~values.index.str.startswith("N_")]


FORMAT = GdcStar()
