"""The measurements of one omics at each step of the preprocessing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort
from stratomics.preprocess import FittedPreprocess
from stratomics.preprocess.impute import fill
from stratomics.preprocess.omics import batch_labels, measured

#: The steps, in their order: as in the table; after the transform; standardised over all patients together, without regard to
#: batches; and as the networks see it, standardised within batches. The third is there where the omics has batches.
MEASURED, TRANSFORMED, TOGETHER, STANDARDISED = "measured", "transformed", "standardised_together", "standardised"


@dataclass(frozen=True)
class Steps:
    """One omics of the patients who have it, on the features that the networks see.

    Parameters
    ----------
    name, transform
        Of the omics.
    rows
        Positions of these patients in the cohort, int64 [m].
    levels
        Batch of each (text, empty where unknown), object [m]; None where the omics has no batches.
    values
        By step: [m, p], NaN where not measured.
    filled
        `values` but the first, with medians for what is missing.
    """

    name: str
    transform: str
    rows: np.ndarray
    levels: np.ndarray | None
    values: dict[str, np.ndarray]
    filled: dict[str, np.ndarray]


def steps_of(cohort: Cohort, fitted: FittedPreprocess) -> Iterator[Steps]:
    """Bring the patients of a cohort through the preprocessing, one omics after the other (they may be large).

    Parameters
    ----------
    cohort
        The patients.
    fitted
        Of all patients (the split ``full``).

    Yields
    ------
    Steps
    """
    for one, own in zip(cohort.omics, fitted.omics, strict=True):
        rows = np.flatnonzero(one.present)
        values = measured(one.values)[np.ix_(rows, one.values.columns.get_indexer(pd.Index(own.features)))]
        labels = batch_labels(one.batch, one.values.index)
        labels = None if labels is None else labels[rows]
        steps = {MEASURED: values, TRANSFORMED: own.transform_values(values)}
        if labels is not None:
            steps[TOGETHER] = own.standardise(values, None, fitted.clip)
        steps[STANDARDISED] = own.standardise(values, labels, fitted.clip)
        filled = {step: fill(x, np.nanmedian(x, axis=0)) for step, x in steps.items() if step != MEASURED}
        yield Steps(one.name, own.transform, rows, labels, steps, filled)
