"""One omics, fitted: what is kept of it, and how its values come to the standard scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array

from .scale import batch_rows
from .transforms import apply_normal_scores, log2p1


def measured(table: pd.DataFrame) -> np.ndarray:
    """Return the values of a table as floats, with NaN for whatever is not a finite number.

    Parameters
    ----------
    table
        Patients x features.

    Returns
    -------
    ndarray
        float32 or float64 as in the table.
    """
    values = table.to_numpy()
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    finite = np.isfinite(values)
    return values if finite.all() else np.where(finite, values, np.nan).astype(values.dtype)


def batch_labels(batch: pd.Series | None, patients: pd.Index) -> np.ndarray | None:
    """Return the batch of each patient as an array of text.

    Parameters
    ----------
    batch
        By patient, missing where unknown; None where the omics has no batches.
    patients
        The order wanted.

    Returns
    -------
    ndarray of object or None
    """
    if batch is None:
        return None
    series = batch.reindex(patients)
    return series.astype(str).where(series.notna(), "").to_numpy(dtype=object)


def transformed(values: np.ndarray, transform: str) -> np.ndarray:
    """Apply a transform that has nothing to learn.

    Parameters
    ----------
    values
        Patients x features.
    transform
        ``none`` or ``log2p1``.

    Returns
    -------
    ndarray of float64
        A new array.
    """
    return log2p1(values) if transform == "log2p1" else values.astype(np.float64)


@dataclass(frozen=True)
class FittedOmics:
    """What one omics needs to be brought to the standard scale.

    Parameters
    ----------
    name, transform
        As in the cohort.
    features
        Names of the features kept, in the order of the table.
    levels
        Batches with their own row in `mean` and `sd`.
    mean, sd
        float32 [1 + levels, p]; row 0 is of all training patients.
    medians
        float32 [p], on the standard scale: what fills missing values.
    knots, scores
        float32 [m, p], for ``rank_normal``.
    donors
        float32 [n_train, p] on the standard scale, for kNN imputation. These are measurements of patients: a model with
        them must be guarded like the data.
    """

    name: str
    transform: str
    features: tuple[str, ...]
    levels: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray
    medians: np.ndarray
    knots: np.ndarray | None = None
    scores: np.ndarray | None = None
    donors: np.ndarray | None = None

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be. Donors are there or not (`FittedPreprocess.declared`)."""
        rows, width = 1 + len(meta["levels"]), len(meta["features"])
        of_rows = "row 0 of all training patients, then of each batch"
        found = {
            "mean": Array("float32", (rows, width), f"mean of each feature: {of_rows}"),
            "sd": Array("float32", (rows, width), f"standard deviation: {of_rows}", positive=True),
            "medians": Array("float32", (width,), "what fills missing values, on the standard scale"),
        }
        if meta["transform"] == "rank_normal":
            found["knots"] = Array("float32", ("_knots", width), "values of each feature, rising", rising=0)
            found["scores"] = Array("float32", ("_knots", width), "their normal scores", rising=0)
        return found

    def transform_values(self, values: np.ndarray) -> np.ndarray:
        """Apply the transform alone; missing values stay NaN.

        Parameters
        ----------
        values
            Patients x kept features, as measured.

        Returns
        -------
        ndarray of float64, shape (n, p)
        """
        if self.knots is not None and self.scores is not None:
            return apply_normal_scores(values, self.knots, self.scores)
        return transformed(values, self.transform)

    def standardise(self, values: np.ndarray, labels: np.ndarray | None, clip: float) -> np.ndarray:
        """Transform, standardise within batches and clip; missing values stay NaN.

        Parameters
        ----------
        values
            Patients x kept features, as measured.
        labels
            Batch of each patient, or None.
        clip
            Largest absolute value.

        Returns
        -------
        ndarray of float32, shape (n, p)
        """
        moved = self.transform_values(values)
        rows = batch_rows(labels, self.levels, len(values))
        for row in np.unique(rows):
            moved[rows == row] = (moved[rows == row] - self.mean[row]) / self.sd[row]
        return np.clip(moved, -clip, clip).astype(np.float32)
