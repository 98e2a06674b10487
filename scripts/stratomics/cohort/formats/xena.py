"""UCSC Xena: matrices of features x samples, and the survival table with a row per sample.

Source: https://xenabrowser.net/datapages, data sets "survival data" of the TCGA, Pan-Cancer and GDC hubs: ``sample``, ``_PATIENT``,
``OS``, ``OS.time`` in days; and the matrices of all hubs (``genomicMatrix``), whose corner is called ``sample``, ``xena_sample`` or
``Ensembl_ID`` and whose symbols may repeat.
"""

from __future__ import annotations

from stratomics.cohort.barcodes import read_barcodes
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.named_matrix import read_named_matrix
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import read_text_cells

#: The first cell of a matrix, which names the columns rather than the rows.
CORNERS = frozenset({"sample", "xena_sample", "ensembl_id"})


class Xena(Format):
    """Samples of a patient agree in the endpoints; which of them stands for the patient is for `samples` of the config to say."""

    words = "a table of UCSC Xena"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the corner, over barcodes of samples in the columns."""
        head = source.head
        return head is not None and head.corner in CORNERS and read_barcodes(head.header[1:]) is not None

    def is_clinical(self, source: Source) -> bool:
        """Tell by the columns."""
        return (
            source.head is not None and source.head.corner == "sample" and source.names >= {"_patient", "os", "os.time"}
        )

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read features x samples."""
        return read_named_matrix(source, request)

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read the table; its ids are samples where these are barcodes, which tell normals, else patients."""
        table = read_text_cells(source, request)
        cells = table.cells
        names = cells[cells.columns[0]].tolist()
        samples = dict(zip(names, cells["_PATIENT"], strict=True)) if "_PATIENT" in cells else {}
        by_sample = read_barcodes(names) is not None or "_PATIENT" not in cells
        patient = str(cells.columns[0]) if by_sample else "_PATIENT"
        return ClinicalTable(cells, table.comments, {"patient": patient, "time": "OS.time", "event": "OS"}, samples)


FORMAT = Xena()
