"""Variants of a genome (VCF): named for what they are, and not read."""

from __future__ import annotations

from stratomics.cohort.format import Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.source import Source
from stratomics.errors import DataError


class Vcf(Format):
    """A line per variant of the genome, with the genotypes of the samples behind it."""

    words = "a list of variants (VCF)"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the columns that the specification fixes."""
        return source.names >= {"pos", "ref", "alt", "qual", "filter"}

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Refuse it.

        Raises
        ------
        DataError
            Always.
        """
        raise DataError(
            f"{source.path}: this is {self.words}, not a table of patients and features. Make a table of patients and genes of "
            f"it: 1 where a patient has a mutation of the gene, else 0."
        )


FORMAT = Vcf()
