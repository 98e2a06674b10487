"""Turn clinical covariates, as they stand in the table, into the numbers of a regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stratomics.cohort.covariates import Kind, describe_covariate

#: Levels with a smaller share of the training patients are joined; a coefficient of their own would rest on a few patients.
RARE = 0.05
REST = "other"


@dataclass(frozen=True)
class Covariate:
    """How one column of the table is read.

    Parameters
    ----------
    name
        The column.
    kind
        ``numeric``, ``ordinal`` or ``categorical``; decided by the training patients.
    known
        What the training patients have, each once: cells as they stand in the table.
    values
        What they were read as.
    levels
        Categorical: the levels with a column of their own.
    reference
        Categorical: the most frequent level, zero in all columns.
    rest
        Categorical: whether the rare levels share a column.
    fill
        Numeric and ordinal: median of the training patients, in place of what is missing.
    """

    name: str
    kind: Kind
    known: tuple[object, ...]
    values: tuple[object, ...]
    levels: tuple[str, ...] = ()
    reference: str = ""
    rest: bool = False
    fill: float = 0.0

    @property
    def columns(self) -> list[str]:
        """Names of the columns of the design."""
        if self.kind != "categorical":
            return [self.name]
        return [f"{self.name}={level}" for level in (*self.levels, *([REST] if self.rest else []))]

    def read(self, cells: pd.Series) -> pd.Series:
        """Read cells as the training patients were read; NaN where missing or not of the same kind."""
        if self.kind == "numeric":
            numbers = pd.to_numeric(cells, errors="coerce").astype(np.float64)
            return numbers.where(np.isfinite(numbers), np.nan)
        meaning = dict(zip(self.known, self.values, strict=True))
        for cell in cells.dropna().unique():
            if cell not in meaning:
                kind, values = describe_covariate(pd.Series([*self.known, cell], dtype=object))
                meaning[cell] = values.iloc[-1] if kind == self.kind else np.nan
        return cells.map(meaning)

    def encode(self, cells: pd.Series) -> np.ndarray:
        """Return the columns of the design before scaling, float64 [n, columns]."""
        values = self.read(cells)
        if self.kind != "categorical":
            return values.astype(np.float64).fillna(self.fill).to_numpy()[:, None]
        own = [(values == level).to_numpy(np.float64) for level in self.levels]
        if self.rest:
            own.append((values.notna() & ~values.isin([self.reference, *self.levels])).to_numpy(np.float64))
        return np.array(own).reshape(len(own), len(cells)).T


@dataclass(frozen=True)
class ClinicalDesign:
    """The covariates as columns of numbers, fitted on training patients.

    Parameters
    ----------
    covariates
        How each is read.
    columns
        Names of the columns.
    kept
        Which of the encoded columns they are, int [q].
    mean, sd
        Of the training patients, [q].
    notes
        What a user should know, in words.
    """

    covariates: tuple[Covariate, ...]
    columns: tuple[str, ...]
    kept: np.ndarray
    mean: np.ndarray
    sd: np.ndarray
    notes: tuple[str, ...]

    def transform(self, table: pd.DataFrame) -> np.ndarray:
        """Encode patients.

        Parameters
        ----------
        table
            One row per patient, with the covariates as columns.

        Returns
        -------
        numpy.ndarray
            float64 [n, q], finite; every column has mean 0 and deviation 1 among the training patients.
        """
        return (_encode(self.covariates, table)[:, self.kept] - self.mean) / self.sd


def fit_clinical_design(table: pd.DataFrame, train: np.ndarray, covariates: Sequence[str]) -> ClinicalDesign:
    """Learn from the training patients how to encode clinical covariates.

    What a column is, is decided by its values (`stratomics.cohort.covariates.describe_covariate`), not by its name. Numbers
    and ranks (stage, grade) become one column, missing ones the median. Categories become one column per level against the
    most frequent level, those of fewer than 5 % of the training patients together in one; missing counts as the most
    frequent level, and so does ``other`` if it is still rare.

    Parameters
    ----------
    table
        One row per patient.
    train
        Positions of the training patients; no others are looked at.
    covariates
        The columns to use.

    Returns
    -------
    ClinicalDesign
    """
    parts, notes = [], []
    training = table.iloc[train]
    for name in covariates:
        kind, values = describe_covariate(training[name])
        share = float(values.isna().mean())
        if share == 1:
            notes.append(f"{name} is left out: missing for all training patients")
            continue
        if share > 0:
            notes.append(
                f"{name} is missing for {int(values.isna().sum())} of {len(train)} training patients: taken as the "
                + ("most frequent level" if kind == "categorical" else "median")
            )
        known = training[name].drop_duplicates().dropna()
        read = tuple(values.loc[known.index])
        if kind != "categorical":
            parts.append(Covariate(name, kind, tuple(known), read, fill=float(values.median())))
            continue
        counts = values.value_counts().sort_index().sort_values(ascending=False, kind="stable") / len(train)
        own = [str(level) for level in counts.index[1:] if counts[level] >= RARE]
        rare = [level for level in counts.index[1:] if counts[level] < RARE]
        rest = bool(counts[rare].sum() >= RARE)
        if rare:
            notes.append(
                f"{name}: {len(rare)} levels of fewer than {RARE:.0%} of the training patients "
                + (f"are joined as {REST!r}" if rest else f"count as {counts.index[0]!r}")
            )
        parts.append(Covariate(name, kind, tuple(known), read, tuple(own), str(counts.index[0]), rest))

    columns = [column for part in parts for column in part.columns]
    encoded = _encode(parts, training)
    mean, sd = encoded.mean(axis=0), encoded.std(axis=0)
    varies = sd > 1e-12 * np.maximum(np.abs(encoded).max(axis=0, initial=0.0), 1.0)
    notes += [f"{column} is left out: constant among the training patients" for column in np.array(columns)[~varies]]
    notes += [f"{part.name} is left out: one level among the training patients" for part in parts if not part.columns]
    kept = np.flatnonzero(varies)
    return ClinicalDesign(tuple(parts), tuple(columns[i] for i in kept), kept, mean[kept], sd[kept], tuple(notes))


def _encode(covariates: Sequence[Covariate], table: pd.DataFrame) -> np.ndarray:
    """Return all columns side by side, [n, all]."""
    return np.hstack([np.zeros((len(table), 0)), *(part.encode(table[part.name]) for part in covariates)])
