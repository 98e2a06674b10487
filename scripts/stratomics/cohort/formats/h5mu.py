"""MuData (``.h5mu``) of muon, scverse or R's MultiAssayExperiment: a modality per omics, with a table of the observations.

Source: https://mudata.readthedocs.io, on-disk format. The file of a cohort that this project writes is one.
"""

from __future__ import annotations

import warnings
from typing import Any

from stratomics.cohort.annotated import clinical_of, is_mudata, matrix_of, reading_annotated
from stratomics.cohort.checks import examples
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.errors import DataError


class H5mu(Format):
    """The modality with the name of the omics; the clinical table is ``obs`` of the whole."""

    words = "a MuData file"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the groups of the file."""
        return is_mudata(source) is True

    is_clinical = is_matrix

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read X, or a layer, of one modality."""
        data = self._read(source)
        if request.item not in data.mod:
            raise DataError(
                f"{source.path}: no modality is called '{request.item}', as the omics is; there are {examples(data.mod)}. "
                f"Give the omics "
                f"the name of its modality."
            )
        return matrix_of(source.path, data.mod[request.item], request)

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read ``obs``."""
        return clinical_of(self._read(source).obs)

    def _read(self, source: Source) -> Any:
        with warnings.catch_warnings(), reading_annotated(source, self.words):
            warnings.simplefilter("ignore")  # advice about names that modalities share
            import mudata

            with mudata.set_options(pull_on_update=False):
                return mudata.read_h5mu(str(source.file))


FORMAT = H5mu()
