"""The clinical tables of the GDC data portal: a row per diagnosis, treatment and follow-up of a case.

Source: the clinical download of the portal (``clinical.tsv``, ``follow_up.tsv``). Columns are named by the data dictionary,
since 2024 with the entity before them (``cases.submitter_id``, ``demographic.vital_status``); what is not known is written
``'--``.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from stratomics.cohort.cells import is_missing
from stratomics.cohort.format import ClinicalTable, Format, Request
from stratomics.cohort.source import Source
from stratomics.cohort.text_source import read_text_cells
from stratomics.errors import DataError

#: What is read of a folder.
FILES = ("clinical.tsv", "follow_up.tsv")

#: Columns by what they say, as the older and the newer tables call them.
IDS = ("case_submitter_id", "cases.submitter_id", "submitter_id")
EVENT = ("vital_status", "demographic.vital_status")
DEATH = ("days_to_death", "demographic.days_to_death")
LIVING = ("days_to_last_follow_up", "diagnoses.days_to_last_follow_up")
#: In the table of follow-ups, and sometimes in the clinical one.
VISIT = ("days_to_follow_up", "follow_ups.days_to_follow_up")

#: Columns that say which of several diagnoses is that of the tumour studied, and with which words.
PRIMARY = re.compile(r"(?:diagnoses\.)?(?:classification_of_tumor|diagnosis_is_primary_disease)")
IS_PRIMARY = frozenset({"primary", "true"})


class GdcClinical(Format):
    """Rows of a case become one: its last follow-up counts, and of other columns what its primary diagnosis says first."""

    words = "a clinical table of GDC"

    def is_clinical(self, source: Source) -> bool:
        """Tell by the columns of the id, of the vital status and of the time of death."""
        if source.is_folder:
            return any(map(self.is_clinical, source.files(FILES[0])))
        return all(source.names & {*names} for names in (IDS, EVENT, DEATH))

    def clinical(self, source: Source, request: Request) -> ClinicalTable:
        """Read the clinical table, and that of the follow-ups where the folder has one."""
        files = source.files(FILES[0]) or [source]
        if len(files) > 1:
            raise DataError(f"{source.path}: {len(files)} files are called {FILES[0]}. Name the folder of one of them.")
        table = read_text_cells(files[0], request)
        cells = table.cells.loc[:, ~table.cells.columns.duplicated()]
        column = _present(cells, IDS)
        if column is None:
            raise DataError(
                f"{source.path}: no column {' or '.join(IDS)}, which {self.words} has. Write format: table."
            )
        several = int((cells[column].value_counts() > 1).sum())
        cells = cells.iloc[_order(cells)]
        last = [_latest(cells, column, names) for names in (LIVING, VISIT)]
        for file in source.files(FILES[1]):
            visits = read_text_cells(file, request).cells
            if (ids := _present(visits, IDS)) and _present(visits, VISIT):
                last.append(_latest(visits, ids, VISIT))
                message = f"follow-ups of {file.path}: the latest of a case counts where it is later than in the clinical table"
                request.note("tables_joined", 2, message)
        known = cells.mask(cells.map(is_missing))
        first = known.groupby(column, sort=False).first()
        places = pd.Series(cells.index, index=cells[column]).groupby(level=0).min()
        followed = pd.concat(last, axis=1).max(axis=1).reindex(first.index)
        living = _present(cells, LIVING) or LIVING[0]
        # What is no number stays, to be refused where times are read.
        if living not in first:
            first[living] = np.nan
        first[living] = first[living].astype(object).mask(followed.notna(), followed.map("{:.10g}".format))
        if several:
            message = (
                f"cases with several rows in {source.path}: the latest follow-up counts; of other columns the first known cell, "
                f"those of the primary diagnosis first"
            )
            request.note("rows_merged", several, message)
        first = first.reset_index().set_axis(pd.Index(places[first.index], name=table.cells.index.name)).sort_index()
        death, event = _present(cells, DEATH), _present(cells, EVENT)
        roles: dict[str, object] = {"patient": column}
        if death and event:
            roles |= {"time": [death, living], "event": event}
        return ClinicalTable(first.fillna("").astype(object), table.comments, roles)


def _present(cells: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in cells), None)


def _order(cells: pd.DataFrame) -> list[int]:
    """Return the rows, those of a primary diagnosis first."""
    flags = [name for name in cells if PRIMARY.fullmatch(str(name))]
    primary = cells[flags].apply(lambda column: column.str.lower().isin(IS_PRIMARY)).any(axis=1).tolist()
    return sorted(range(len(cells)), key=lambda i: not primary[i])


def _latest(cells: pd.DataFrame, column: str, names: tuple[str, ...]) -> pd.Series:
    """Return the latest time by case; none where there is no such column."""
    name = _present(cells, names)
    if name is None:
        return pd.Series(dtype=float)
    return pd.to_numeric(cells[name], errors="coerce").groupby(cells[column]).max()


FORMAT = GdcClinical()
