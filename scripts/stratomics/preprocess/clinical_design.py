"""Turn clinical covariates, as they stand in the table, into the numbers of a regression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array

from .covariate import Covariate, learn_covariate

#: Columns beyond the trends are added as long as there are so many events for each column. Ten is the rule for coefficients that
#: are read; five is enough to hold a confounder constant (Vittinghoff & McCulloch 2007, Am. J. Epidemiol. 165, 710-718).
EVENTS_PER_COLUMN = 5
#: A column that keeps less than this share of its deviation beside those before it is a combination of them.
NOTHING_OF_ITS_OWN = 1e-6


@dataclass(frozen=True)
class ClinicalDesign:
    """The covariates as columns of numbers, fitted on training patients.

    Parameters
    ----------
    covariates
        How each is read.
    columns
        Names of the columns.
    n_main
        So many of the columns are trends and categories; the others say what is missing, and how a covariate departs from its
        trend.
    mean
        Of the encoded columns among the training patients, [all].
    weights
        The columns as combinations of the centred encoded ones, [all, q].
    notes
        What a user should know, in words.
    """

    covariates: tuple[Covariate, ...]
    columns: tuple[str, ...]
    n_main: int
    mean: np.ndarray
    weights: np.ndarray
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
            float64 [n, q], finite; every column has mean 0 and deviation 1 among the training patients, and the columns from
            `n_main` on are uncorrelated there with those before.
        """
        return (_encode(self.covariates, table)[0] - self.mean) @ self.weights

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be."""
        return {
            "mean": Array("float64", ("_E",), "mean of each encoded column among the training patients"),
            "weights": Array(
                "float64", ("_E", len(meta["columns"])), "columns as combinations of the centred encoded ones"
            ),
        }

    def faults(self) -> Iterator[str]:
        """Say what does not suit: columns that are not those of the covariates."""
        encoded = sum(len(part.main) + len(part.extra) for part in self.covariates)
        if encoded != len(self.mean):
            yield f"array mean: found {len(self.mean)} columns; its covariates have {encoded}"
        if not 0 <= self.n_main <= len(self.columns):
            yield f"n_main: found {self.n_main}; allowed is 0 to {len(self.columns)}"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into arrays and JSON-able settings; `from_arrays` undoes it, but for cells that nothing is read from."""
        own = {"columns": self.columns, "n_main": self.n_main, "notes": self.notes}
        return {"mean": self.mean, "weights": self.weights}, {
            "covariates": [c.to_json() for c in self.covariates],
            **own,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> ClinicalDesign:
        """Put it together again from what `to_arrays` gave."""
        covariates = tuple(Covariate.from_json(own) for own in meta["covariates"])
        columns, notes = tuple(meta["columns"]), tuple(meta["notes"])
        return cls(covariates, columns, meta["n_main"], arrays["mean"], arrays["weights"], notes)

    def units(self) -> list[tuple[str, float]]:
        """Name the trends and categories with what one unit of them is, and give that unit in columns of the design.

        A number counts per standard deviation (``age (per 12.4)``), an order per level, a category against its most frequent
        level.
        """
        main = [(part, column) for part in self.covariates for column in part.main]
        found = []
        for place, column in enumerate(self.columns[: self.n_main]):
            part = next(part for part, name in main if name == column)
            deviation = 1 / float(self.weights[:, place].max())
            if part.kind == "numeric":
                found.append((f"{column} (per {deviation:.3g})", 1.0))
            else:
                unit = "per level" if part.kind == "ordinal" else f"against {part.reference}"
                found.append((f"{column} ({unit})", 1 / deviation))
        return found


def fit_clinical_design(
    table: pd.DataFrame, train: np.ndarray, covariates: Sequence[str], *, whatever_events: bool = False
) -> ClinicalDesign:
    """Learn from the training patients how to encode clinical covariates.

    What a column is, is decided by its values (`stratomics.cohort.covariates.describe_covariate`), not by its name. Numbers
    and ranks (stage, grade) become one column, missing ones the median. Categories become one column per level against the
    most frequent level, those of fewer than 5 % of the training patients together in one; missing counts as the most
    frequent level, and so does ``other`` if it is still rare.

    Where there are `EVENTS_PER_COLUMN` events for each, further columns say in this order: which covariates are missing (of at
    least 5 %; one column for covariates missing together), how a number departs from a straight line (restricted cubic spline
    of three knots), and how the inner levels of an order depart from equal steps.

    Parameters
    ----------
    table
        One row per patient; the events are counted in the column ``event``. Without that there are no further columns.
    train
        Positions of the training patients; no others are looked at.
    covariates
        The columns to use.
    whatever_events
        Take all further columns, and look at no event: for what must not know survival, and has a penalty of its own.

    Returns
    -------
    ClinicalDesign
    """
    training = table.iloc[train]
    learnt = [learn_covariate(training[name]) for name in covariates]
    parts = [part for part, _ in learnt if part is not None]
    notes = [note for _, own in learnt for note in own]
    main = [column for part in parts for column in part.main]
    extra = [column for part in parts for column in part.extra]
    encoded, _ = _encode(parts, training)
    mean = encoded.mean(axis=0)
    centred = encoded - mean
    varies = centred.std(axis=0) > 1e-12 * np.maximum(np.abs(encoded).max(axis=0, initial=0.0), 1.0)
    constant = [name for name, does in zip(main, varies[: len(main)], strict=True) if not does]
    notes += [f"{name} is left out: constant among the training patients" for name in constant]
    notes += [f"{part.name} is left out: one level among the training patients" for part in parts if not part.main]

    trends = np.flatnonzero(varies[: len(main)])
    kept = trends.tolist()
    if whatever_events:
        most = encoded.shape[1]
    else:
        most = int(training["event"].sum()) // EVENTS_PER_COLUMN if "event" in training else 0
    for place in np.argsort([turn for turn, _ in extra], kind="stable"):
        column = len(main) + int(place)
        own = _beyond(centred[:, column], centred[:, kept])
        if varies[column] and len(kept) < most and own.std() > NOTHING_OF_ITS_OWN * centred[:, column].std():
            kept.append(column)

    weights = np.eye(len(mean))[:, kept]
    for place in range(len(trends), len(kept)):  # what it says beyond the trends
        weights[trends, place] = -np.linalg.lstsq(centred[:, trends], centred[:, kept[place]], rcond=None)[0]
    weights = weights / (centred @ weights).std(axis=0)
    names = [*main, *(name for _, name in extra)]
    columns = tuple(names[i] for i in kept)
    return ClinicalDesign(tuple(parts), columns, len(trends), mean, weights, tuple(notes))


def design_of_known(table: pd.DataFrame, covariates: Sequence[str]) -> tuple[ClinicalDesign, np.ndarray]:
    """Fit the design on the patients who have every covariate, to ask what something adds to the clinic where it is known.

    Parameters
    ----------
    table, covariates
        As for `fit_clinical_design`. A covariate that nobody has is left out.

    Returns
    -------
    design : ClinicalDesign
    values : numpy.ndarray
        Its columns for all patients, float64 [n, q]; NaN throughout the rows of patients who lack a covariate.
    """
    everybody = fit_clinical_design(table, np.arange(len(table)), covariates)
    known = np.flatnonzero(_encode(everybody.covariates, table)[1])
    design = fit_clinical_design(table, known, covariates)
    values = np.full((len(table), len(design.columns)), np.nan)
    values[known] = design.transform(table.iloc[known])
    return design, values


def _beyond(column: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Take out of a centred column [n] what is a combination of others [n, k]."""
    return column - others @ np.linalg.lstsq(others, column, rcond=None)[0]


def _encode(covariates: Sequence[Covariate], table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the main columns of all covariates, then their extra ones, [n, all]; and who has every covariate, bool [n]."""
    read = [part.read(table[part.name]) for part in covariates]
    pairs = [part.encode(values) for part, values in zip(covariates, read, strict=True)]
    nothing = np.zeros((len(table), 0))
    encoded = np.hstack([nothing, *(main for main, _ in pairs), *(extra for _, extra in pairs)])
    return encoded, np.all([values.notna() for values in read], axis=0) if read else np.ones(len(table), dtype=bool)
