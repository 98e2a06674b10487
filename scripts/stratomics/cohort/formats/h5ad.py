"""AnnData (``.h5ad``): observations x variables, with a table of the observations.

Source: https://anndata.readthedocs.io, on-disk format.
"""

from __future__ import annotations

from stratomics.cohort.annotated import clinical_of, is_mudata, matrix_of, reading_annotated
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source


class H5ad(Format):
    """X, or the layer that `column` of the config names; the clinical table is ``obs``."""

    words = "an AnnData file"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the groups of the file."""
        return is_mudata(source) is False

    is_clinical = is_matrix

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read X or a layer."""
        import anndata

        with reading_annotated(source, self.words):
            data = anndata.read_h5ad(source.file)
        return matrix_of(source.path, data, request)

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read ``obs``."""
        import anndata

        with reading_annotated(source, self.words):
            data = anndata.read_h5ad(source.file, backed="r")
            try:
                return clinical_of(data.obs)
            finally:
                data.file.close()


FORMAT = H5ad()
