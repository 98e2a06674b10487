"""Tables of the Broad Institute's Firehose and of RTCGA: a second header row, and clinical data with a column per patient.

Source: https://gdac.broadinstitute.org, archives ``*.Level_3__*__data.data.txt`` (``Hybridization REF`` above ``Composite
Element REF`` or ``gene_id``, each sample once for every measurement) and ``*.clin.merged.picked.txt`` (attributes x patients in
small letters).
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from stratomics.cohort.barcodes import PATIENT
from stratomics.cohort.checks import examples
from stratomics.cohort.feature_map import map_of
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.matrix import Matrix
from stratomics.cohort.numbers import matrix_of_pieces
from stratomics.cohort.pieces import Wanted
from stratomics.cohort.source import Source
from stratomics.cohort.symbols import NamedRows
from stratomics.cohort.text_source import opened, read_text_cells
from stratomics.errors import DataError

#: The first cell of the header.
CORNER = "hybridization ref"

#: First cells of the second header row.
SECOND = frozenset({"composite element ref", "gene_id", "gene", "mirna_id", "mirna_gene", "sample ref"})

#: Of several measurements of a sample, what is taken unless the config says otherwise (in small letters).
PREFERRED = ("normalized_count", "reads_per_million_mirna_mapped", "rpkm", "beta_value", "signal", "protein expression")

#: Attributes by which clinical data are known, and the columns of the times.
ATTRIBUTES = frozenset({"vital_status", "days_to_death", "days_to_last_followup", "years_to_birth"})
TIMES = ["days_to_death", "days_to_last_followup"]


class Firehose(Format):
    """One measurement of each sample is taken; of a name ``TP53|7157`` the symbol stands where there is one and it is unique."""

    words = "a table of Firehose (or RTCGA)"

    def is_matrix(self, source: Source) -> bool:
        """Tell by the first cells of both header rows."""
        head = source.head
        return (
            head is not None and head.corner == CORNER and bool(head.rows) and head.rows[0][0].strip().lower() in SECOND
        )

    def is_clinical(self, source: Source) -> bool:
        """Tell by attributes among the first rows."""
        head = source.head
        return head is not None and head.corner == CORNER and len(ATTRIBUTES & {row[0] for row in head.rows}) > 1

    def matrix(self, source: Source, request: Request) -> Matrix:
        """Read features x samples."""
        assert source.head is not None
        with opened(source) as table:
            measures = [word.strip() for word in table.take_row()[1:]]
            wanted = _measure(source, measures, request)
            kept = [j for j, word in enumerate(measures, start=1) if word.lower() == wanted.lower()]
            named = NamedRows(table.pieces(Wanted(kept), threads=request.threads))
            columns = [table.header[j] for j in kept]
            # Which symbols stand for a row is known when all are read: they must not meet. Names of probes stand for themselves.
            by = None if any("|" in row[0] for row in source.head.rows) else map_of(request)
            matrix, _ = matrix_of_pieces(source.path, columns, named, request.bad, by, request.patients)
        table.report(request.level, request.item, request.checks)
        named.report(source.path, request)
        return replace(matrix, rows=_symbols(matrix.rows))

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read the attributes, and turn them: patients in rows."""
        table = read_text_cells(source, request)
        turned = table.cells.set_index(table.cells.columns[0]).T
        ids = [name.upper() if PATIENT.fullmatch(name) else name for name in turned.index]
        cells = turned.reset_index(drop=True).rename_axis(columns=None)
        cells.insert(0, "patient", ids)
        cells.index = pd.RangeIndex(2, len(cells) + 2, name="column")
        cells = cells.loc[:, ~cells.columns.duplicated()]
        request.note("turned", len(cells), f"patients in the columns of {source.path}")
        roles = {"patient": "patient"}
        if {*TIMES, "vital_status"} <= {*cells}:
            return ClinicalTable(cells, table.comments, {**roles, "time": TIMES, "event": "vital_status"})
        return ClinicalTable(cells, table.comments, roles)


def _measure(source: Source, measures: list[str], request: Request) -> str:
    """Choose among the words of the second header row."""
    found = list(dict.fromkeys(measures))
    wanted = request.settings.get("column")
    if wanted is not None and str(wanted).lower() not in map(str.lower, found):
        raise DataError(
            f"{source.path}: no measurement '{wanted}', the `column` of the config; there are {examples(found, most=8)}."
        )
    chosen = [str(wanted)] if wanted else [word for one in PREFERRED for word in found if word.lower() == one]
    if not chosen and len(found) > 1:
        raise DataError(
            f"{source.path}: each sample has {len(found)} measurements ({examples(found, most=8)}). Say in the config which "
            f"to take, for "
            f"instance column: {found[0]}"
        )
    taken = (chosen or found)[0]
    if len(found) > 1:
        request.note(
            "column", taken, f"of {examples(found, most=8)} of each sample in {source.path} (`column` in the config)"
        )
    return taken


def _symbols(names: list[str]) -> list[str]:
    """Return the symbols of names such as ``TP53|7157``; the whole name where it has none, or another gene has the same."""
    short = [name.split("|")[0] for name in names]
    counts = pd.Series(short).value_counts()
    return [one if one != "?" and counts[one] == 1 else name for one, name in zip(short, names, strict=True)]


FORMAT = Firehose()
