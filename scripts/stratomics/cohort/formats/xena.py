"""The survival table of UCSC Xena: a row per sample, with its patient and the endpoints of the TCGA clinical data resource.

Source: https://xenabrowser.net/datapages, data sets "survival data" of the TCGA, Pan-Cancer and GDC hubs: ``sample``, ``_PATIENT``,
``OS``, ``OS.time`` in days. The matrices of Xena (features x samples) are plain tables.
"""

from __future__ import annotations

from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.samples import read_barcodes
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import read_text_cells


class Xena(Format):
    """Samples of a patient agree in the endpoints; which of them stands for the patient is for `samples` of the config to say."""

    words = "a survival table of UCSC Xena"

    def is_clinical(self, source: Source) -> bool:
        """Tell by the columns."""
        return (
            source.head is not None and source.head.corner == "sample" and source.names >= {"_patient", "os", "os.time"}
        )

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
