"""DNA methylation of GDC: a file of beta values per sample.

Source: the GDC methylation array pipeline (SeSAMe): ``*.methylation_array.sesame.level3betas.txt`` with the probe and its beta
value, without a header; ``NA`` where masked.
"""

from __future__ import annotations

from stratomics.cohort.format import Format, Request
from stratomics.cohort.gdc_samples import holds_samples, read_column, read_samples
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source

#: What is read of a folder, the sample sheet last.
FILES = ("*level3betas.txt", "*level3betas.txt.gz", "gdc_sample_sheet*.tsv")


class GdcMethylation(Format):
    """A folder with a file per sample and the sample sheet."""

    words = "a folder of methylation beta values of GDC"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the names of the files."""
        return holds_samples(source, FILES[:2])

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read probes x samples."""
        how = {"header": None, "names": ["probe", "beta"]}
        return read_samples(source, request, FILES[:2], lambda file: read_column(file, "probe", "beta", **how))


FORMAT = GdcMethylation()
