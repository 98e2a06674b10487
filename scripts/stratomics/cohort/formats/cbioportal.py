"""A study of cBioPortal: a folder with clinical tables, and data files of expression, copy number and methylation.

Source: https://docs.cbioportal.org/file-formats: four lines that start with ``#`` above the header of a clinical table,
``PATIENT_ID`` and ``SAMPLE_ID``, ``OS_STATUS`` (``0:LIVING``, ``1:DECEASED``) and ``OS_MONTHS``; matrices of genes x samples
begin with ``Hugo_Symbol`` or ``Entrez_Gene_Id``, RPPA with ``Composite.Element.REF``, generic assays with ``ENTITY_STABLE_ID``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from stratomics.cohort.barcodes import BARCODE, PRIMARY_ORDER, read_barcodes
from stratomics.cohort.cells import is_missing
from stratomics.cohort.checks import examples
from stratomics.cohort.feature_map import map_of
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import Wanted, pieces_of_rows
from stratomics.cohort.source import Source
from stratomics.cohort.symbols import NamedRows
from stratomics.cohort.text_source import opened, read_text_cells
from stratomics.errors import DataError

#: What is read of a folder.
FILES = (
    "data_clinical_patient*.txt",
    "data_clinical_sample*.txt",
    "data_clinical.txt",
    "data_bcr_clinical_data*.txt",  # older studies
)

#: Columns that may hold the name of a feature, the first known of which counts, and others that describe it.
NAMES = ("entity_stable_id", "composite.element.ref", "hugo_symbol", "entrez_gene_id")
ABOUT = frozenset({*NAMES, "cytoband", "name", "description", "transcript_id", "gene_symbol", "phosphosite", "url"})

#: Columns of discrete copy number with a row per gene and sample.
LONG = ("sample_id", "value")

#: The name of a data file of a study.
DATA = re.compile(r"data_.*\.(?:txt|tsv)(?:\.gz)?")

#: What the columns of the clinical tables mean.
ROLES = {"patient": "PATIENT_ID", "time": "OS_MONTHS", "time_unit": "months", "event": "OS_STATUS"}


class CBioPortal(Format):
    """A study: the clinical data are named by its folder, an omics by its file in it."""

    words = "a study of cBioPortal"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the name of the file and its first columns, or by a folder with clinical data (which is refused with advice)."""
        if source.is_folder:
            return bool(source.files(*FILES)) and bool(source.files("data_*"))
        if source.head is None or "tumor_sample_barcode" in source.names:
            return False
        return DATA.fullmatch(source.file.name) is not None and source.head.corner in NAMES

    def is_clinical(self, source: Source) -> bool:
        """Tell by the files of the folder, or by the comments and the columns of a single table."""
        if source.is_folder:
            return bool(source.files(*FILES))
        head = source.head
        return head is not None and "patient_id" in head.names and len(head.comments) >= 4

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read a matrix of features x samples."""
        if source.is_folder:
            names = [
                one.path
                for one in source.files("data_*")
                if not one.file.name.startswith(("data_clinical", "data_bcr"))
            ]
            raise DataError(
                f"{source.path}: the folder is {self.words}. Name the file of {source.what} in it: {examples(names, most=12)}."
            )
        with opened(source) as table:
            header = [name.lower() for name in table.header]
            named = tuple(header.index(one) for one in NAMES if one in header)
            if {*LONG} <= {*header}:
                columns, turned = _turned(table.rows(), named, *(header.index(one) for one in LONG))
                rows = NamedRows(pieces_of_rows(turned))
            else:
                kept = _measurements(table.header, request.patients)
                columns = [table.header[j] for j in kept]
                rows = NamedRows(table.pieces(Wanted(kept, names=named, name=_name), threads=request.threads))
            matrix, _ = matrix_of_pieces(source.path, columns, rows, request.bad, map_of(request), request.patients)
        table.report(request.level, request.item, request.checks)
        rows.report(source.path, request)
        return matrix

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read the table of patients; one of samples adds its columns, of the sample that stands for the patient."""
        tables = [read_text_cells(one, request) for one in source.files(*FILES) or [source]]
        tables = [one for one in tables if "PATIENT_ID" in one.cells]
        if not tables:
            raise DataError(
                f"{source.path}: no clinical table of the folder has the column PATIENT_ID, the ids of the patients."
            )
        of_samples = next((one for one in tables if "SAMPLE_ID" in one.cells), None)
        of_patients = next((one for one in tables if "SAMPLE_ID" not in one.cells), None)
        samples: dict[str, str] = {}
        first = of_patients or of_samples
        assert first is not None  # there is a table
        cells = first.cells
        if of_samples is not None:
            ordered = of_samples.cells.iloc[_order(of_samples.cells)]
            samples = dict(zip(ordered["SAMPLE_ID"], ordered["PATIENT_ID"], strict=True))
            if len(samples) > len(set(samples.values())):
                n = len(samples) - len(set(samples.values()))
                message = (
                    f"further samples of a patient in {source.path}: columns of samples are those of the first, primary "
                    f"tumours first"
                )
                request.note("further_samples", n, message)
            one_each = ordered.drop_duplicates("PATIENT_ID")
            cells = one_each.sort_index() if of_patients is None else _joined(cells, one_each)
        if of_patients is not None and of_samples is not None:
            request.note(
                "tables_joined", 2, f"tables of patients and of samples of {source.path}, joined by PATIENT_ID"
            )
        roles = ROLES if {ROLES["time"], ROLES["event"]} <= {*cells} else {"patient": ROLES["patient"]}
        return ClinicalTable(cells, first.comments, roles, samples)


def _name(cells: Sequence[str]) -> str:
    """Return the first known name of a row."""
    return next((cell for cell in cells if not is_missing(cell)), "")


def _measurements(header: Sequence[str], ids: Collection[str] | None) -> list[int]:
    """Return the columns of samples: behind those that describe the features, of which a generic assay has its own."""
    lower = [name.lower() for name in header]
    first = next((j for j, name in enumerate(lower) if name not in ABOUT), len(header))
    known = [name in (ids or ()) or BARCODE.fullmatch(name) is not None for name in header]
    if any(known) and "entity_stable_id" in lower:
        first = known.index(True)
    return [j for j in range(first, len(header)) if lower[j] not in ABOUT]


def _turned(
    rows: Iterable[tuple[int, list[str]]], names: Sequence[int], sample: int, value: int
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the samples of a table with a row per gene and sample, and its rows turned: a row per gene."""
    genes: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    samples: dict[str, None] = {}
    for line, row in rows:
        gene = _name([row[j] for j in names])
        samples.setdefault(row[sample])
        lines.setdefault(gene, line)
        genes.setdefault(gene, {}).setdefault(row[sample], row[value])
    return [*samples], [(lines[gene], [gene, *(of.get(one, "") for one in samples)]) for gene, of in genes.items()]


def _order(cells: pd.DataFrame) -> list[int]:
    """Return the rows of a table of samples, primary tumours first: by barcode, or by the column SAMPLE_TYPE."""
    barcodes = read_barcodes(cells["SAMPLE_ID"].tolist())
    types = cells["SAMPLE_TYPE"].str.lower() if "SAMPLE_TYPE" in cells else pd.Series("", index=cells.index)
    primary = [
        barcodes.types.get(i) in PRIMARY_ORDER if barcodes else words.startswith("primary")
        for i, words in enumerate(types)
    ]
    return sorted(range(len(cells)), key=lambda i: not primary[i])


def _joined(patients: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of samples that the table of patients lacks; patients without a sample have none."""
    new = samples.set_index("PATIENT_ID")
    new = new[[name for name in new if name not in patients]]
    added = new.reindex(patients["PATIENT_ID"]).fillna("").set_axis(patients.index)
    return patients.join(added)


FORMAT = CBioPortal()
