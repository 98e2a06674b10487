"""Clinical covariates as a block of features beside the omics, for networks that see them too.

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (intermediate fusion, heterogeneous: data of another
sort than the omics in a branch of its own).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort
from stratomics.errors import DataError

from .clinical_design import ClinicalDesign, fit_clinical_design

#: Name of the block; no omics may have it where networks see both.
CLINICAL = "clinical"


def fit_clinical_view(cohort: Cohort, train: np.ndarray, covariates: Sequence[str]) -> ClinicalDesign:
    """Learn from the training patients how to encode the covariates that networks see.

    All columns that a clinical model may have, and for no number of events: a network that does not look at survival must not
    look at that either.

    Parameters
    ----------
    cohort
        All patients.
    train
        Positions of the training patients; no others are looked at.
    covariates
        Columns of the clinical table.

    Returns
    -------
    ClinicalDesign

    Raises
    ------
    DataError
        If no covariate differs between the training patients.
    """
    design = fit_clinical_design(cohort.clinical, train, covariates, whatever_events=True)
    if not design.columns:
        listed = ", ".join(covariates) or "none is named"
        raise DataError(
            f"cohort {cohort.name}: no covariate ({listed}) differs between the {len(train)} training patients of a split, and "
            "an embedding has `clinical: true`. Name other columns in clinical.covariates, or set false."
        )
    return design


def clinical_table(patients: Cohort | Mapping[str, pd.DataFrame]) -> pd.DataFrame | None:
    """Return the clinical table of patients given as a cohort or as tables by name; None where there is none."""
    return patients.clinical if isinstance(patients, Cohort) else patients.get(CLINICAL)


def clinical_faults(design: ClinicalDesign, table: pd.DataFrame | None, ids: pd.Index | None) -> list[str]:
    """Say what a clinical table lacks.

    Parameters
    ----------
    design
        What is to be encoded.
    table
        One row per patient.
    ids
        The patients of the omics tables, in their order; None where these have faults of their own.

    Returns
    -------
    list of str
    """
    needed = [part.name for part in design.covariates]
    if table is None:
        return [
            f"{CLINICAL}: no such table, but the networks of this model also see {', '.join(needed)}. Give a table "
            f"{CLINICAL!r} with these columns, NA where not known."
        ]
    faults = []
    if absent := [name for name in needed if name not in table.columns]:
        text = f"{CLINICAL}: no column {', '.join(map(repr, absent))}, which the networks of this model see."
        faults.append(f"{text} Add it, with NA where not known.")
    if ids is not None and not table.index.equals(ids):
        faults.append(f"{CLINICAL}: its patients are not those of the omics in the same order; align them.")
    return faults
