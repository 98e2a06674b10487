"""Tables of LinkedOmics: features x patients, and clinical data with a column per patient.

Source: http://linkedomics.org, downloads of TCGA and CPTAC cohorts (``.cct``, ``.cbt`` and, of clinical data, ``.tsi``): the corner
is ``attrib_name``, patients are written with dots (``TCGA.04.1331``), follow-up is ``overall_survival`` in days and ``status``.
"""

from __future__ import annotations

from dataclasses import replace

from stratomics.cohort.barcodes import PATIENT, spelt
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.named_matrix import read_named_matrix
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import read_turned_cells

#: The first cell of every table.
CORNER = "attrib_name"

#: Attributes by which clinical data are known, and what they mean.
ROLES = {"time": "overall_survival", "event": "status"}
ATTRIBUTES = frozenset({*ROLES.values(), "overallsurvival", "years_to_birth"})


class LinkedOmics(Format):
    """Patients of TCGA get their dashes back; of a feature that is there twice, the first row with a value stands."""

    words = "a table of LinkedOmics"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the corner."""
        return source.head is not None and source.head.corner == CORNER and not self.is_clinical(source)

    def is_clinical(self, source: Source) -> bool:
        """Tell by the corner and attributes among the first rows."""
        head = source.head
        return head is not None and head.corner == CORNER and not ATTRIBUTES.isdisjoint(row[0] for row in head.rows)

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read features x patients."""
        return read_named_matrix(source, request, lambda name: spelt(name) if PATIENT.fullmatch(name) else name)

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read the attributes, and turn them: patients in rows."""
        table = read_turned_cells(source, request)
        return replace(table, roles={**table.roles, **ROLES}) if {*ROLES.values()} <= {*table.cells} else table


FORMAT = LinkedOmics()
