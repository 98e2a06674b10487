"""Fitted preprocessing: what is kept, and how it brings any patient to the standard scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stratomics.arrays import Array, within
from stratomics.cohort.types import Cohort
from stratomics.errors import DataError

from .clinical_design import ClinicalDesign
from .clinical_view import CLINICAL, clinical_faults, clinical_table
from .impute import fill
from .scale import batch_rows, block_weights
from .transforms import apply_normal_scores, log2p1

#: The arrays of an omics; those that a transform or an imputation does not need are absent.
ARRAYS = ("mean", "sd", "medians", "knots", "scores", "donors")


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


@dataclass(frozen=True)
class FittedPreprocess:
    """Preprocessing of all omics, fitted on the training patients of one split.

    Parameters
    ----------
    omics
        One entry per omics, in the order of the columns of the output.
    clip
        Largest absolute value of the output.
    neighbours
        Donors per missing value, for kNN imputation.
    balance
        Whether `weights` gives every omics the same total variance.
    report
        omics, step, features: how many features came in, were dropped at each step, and were kept.
    dropped
        feature, omics, reason: one row per dropped feature.
    clinical
        How covariates are encoded that stand as one more block beside the omics; None for none.
    """

    omics: tuple[FittedOmics, ...]
    clip: float
    neighbours: int
    balance: bool
    report: pd.DataFrame
    dropped: pd.DataFrame
    clinical: ClinicalDesign | None = None

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into numeric arrays and JSON-able settings, without clinical covariates: those are an embedding's own."""
        arrays = {
            f"{one.name}/{kind}": array
            for one in self.omics
            for kind in ARRAYS
            if (array := getattr(one, kind)) is not None
        }
        return arrays, {
            "clip": self.clip,
            "neighbours": self.neighbours,
            "balance": self.balance,
            "imputation": "median" if all(one.donors is None for one in self.omics) else "knn",
            "omics": [
                {"name": one.name, "transform": one.transform, "levels": one.levels, "features": one.features}
                for one in self.omics
            ],
            "report": self.report.to_dict("list"),
            "dropped": self.dropped.to_dict("list"),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> FittedPreprocess:
        """Put it together again from what `to_arrays` gave."""
        omics = tuple(
            FittedOmics(
                name=one["name"],
                transform=one["transform"],
                features=tuple(one["features"]),
                levels=tuple(one["levels"]),
                **{kind: arrays[key] for kind in ARRAYS if (key := f"{one['name']}/{kind}") in arrays},
            )
            for one in meta["omics"]
        )
        return cls(
            omics=omics,
            clip=meta["clip"],
            neighbours=meta["neighbours"],
            balance=meta["balance"],
            report=pd.DataFrame(meta["report"], columns=["omics", "step", "features"]),
            dropped=pd.DataFrame(meta["dropped"], columns=["feature", "omics", "reason"]),
        )

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be, ``<omics>/<array>``."""
        found = {}
        for i, one in enumerate(meta["omics"]):
            own = FittedOmics.declared(one)
            if meta["imputation"] == "knn":
                width, what = len(one["features"]), "training patients on the standard scale: their measurements"
                own["donors"] = Array("float32", ("_donors", width), what, missing=True)
            found.update(within(one["name"], own, i))
        return found

    def faults(self) -> Iterator[str]:
        """Say which names come more than once."""
        for what, names in (("omics", [one.name for one in self.omics]), *self._names()):
            if len(set(names)) < len(names):
                double = next(name for i, name in enumerate(names) if name in names[:i])
                yield f"{what}: {double!r} comes more than once; allowed is each once"

    def _names(self) -> Iterator[tuple[str, Sequence[str]]]:
        for one in self.omics:
            yield f"features of {one.name}", one.features
            yield f"batches of {one.name}", one.levels

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Features by omics, and last those of the clinic, if it is there."""
        omics = {one.name: one.features for one in self.omics}
        return omics if self.clinical is None else {**omics, CLINICAL: self.clinical.columns}

    @cached_property
    def features(self) -> list[str]:
        """Names of the output columns, ``omics:feature``."""
        return [f"{name}:{feature}" for name, own in self.columns.items() for feature in own]

    @cached_property
    def blocks(self) -> dict[str, slice]:
        """The output columns of each omics."""
        ends = np.cumsum([0, *map(len, self.columns.values())]).tolist()
        return {name: slice(*ends[i : i + 2]) for i, name in enumerate(self.columns)}

    @cached_property
    def weights(self) -> np.ndarray:
        """Multipliers of the output columns that balance the omics, float32 [P]; the clinic counts as one of them."""
        omics = block_weights([len(one.features) for one in self.omics], self.balance)
        if self.clinical is None:
            return omics
        width = len(self.clinical.columns)
        # The squares of the others have mean 1, so their sum over all omics is that of their features.
        own = np.sqrt(len(omics) / (len(self.omics) * width))
        return np.concatenate([omics, np.full(width, own, dtype=np.float32)])

    def transform(
        self, patients: Cohort | Mapping[str, pd.DataFrame], batch: Mapping[str, pd.Series] | None = None
    ) -> np.ndarray:
        """Bring patients to the standard scale.

        Parameters
        ----------
        patients
            A cohort, or the table (patients x features, same patients in the same order) of each omics, and ``clinical`` where
            covariates stand beside them. More features than needed may be there; values that are not finite count as missing. Who
            has none of an omics lacks it.
        batch
            With tables: the batch of each patient, by omics. A batch unknown from training, or none, is standardised with
            the mean and deviation of all training patients.

        Returns
        -------
        ndarray of float32, shape (n, P)
            Finite, within +-clip, columns as in `features`; 0, the mean of the training patients, in all of an omics that a
            patient lacks (see `present`). The input of a network is this times `weights`.

        Raises
        ------
        DataError
            If an omics or a feature is missing from the tables, or their patients differ.
        """
        tables = _tables(patients)
        if isinstance(patients, Cohort):
            batch = {one.name: one.batch for one in patients.omics if one.batch is not None}
        batch = dict(batch or {})
        clinical = clinical_table(patients)
        self._check(tables, clinical)
        standard, absent = {}, {}
        for one in self.omics:
            table = tables[one.name]
            found = measured(table)
            values = found[:, table.columns.get_indexer(pd.Index(one.features))]
            labels = batch_labels(batch.get(one.name), table.index)
            standard[one.name] = one.standardise(values, labels, self.clip)
            absent[one.name] = np.isnan(found).all(axis=1)
        return self.assemble(standard, absent, clinical)

    def assemble(
        self, standard: Mapping[str, np.ndarray], absent: Mapping[str, np.ndarray], clinical: pd.DataFrame | None = None
    ) -> np.ndarray:
        """Fill what is missing of standardised omics and put them side by side: the last step of `transform`.

        Parameters
        ----------
        standard
            By omics, what `FittedOmics.standardise` gave, float32 [n, p]; NaN where missing.
        absent
            By omics, who lacks it, bool [n].
        clinical
            The clinical table of the same patients, where covariates stand beside the omics.

        Returns
        -------
        ndarray of float32, shape (n, P)
            As `transform` gives it.
        """
        n = len(standard[self.omics[0].name])
        out = np.empty((n, len(self.features)), dtype=np.float32)
        for one in self.omics:
            values = np.clip(standard[one.name], -self.clip, self.clip)
            values[absent[one.name]] = 0.0
            out[:, self.blocks[one.name]] = fill(values, one.medians, one.donors, self.neighbours)
        if self.clinical is not None and clinical is not None:
            out[:, self.blocks[CLINICAL]] = np.clip(self.clinical.transform(clinical), -self.clip, self.clip)
        return out

    def present(self, patients: Cohort | Mapping[str, pd.DataFrame]) -> np.ndarray:
        """Tell which omics patients have.

        Parameters
        ----------
        patients
            As for `transform`.

        Returns
        -------
        ndarray of bool, shape (n, omics)
            In the order of `blocks`. Everybody has the clinic: what is missing of it is filled.
        """
        tables = _tables(patients)
        has = [~np.isnan(measured(tables[one.name])).all(axis=1) for one in self.omics]
        return np.column_stack(has if self.clinical is None else [*has, np.ones(len(has[0]), dtype=bool)])

    def _check(self, tables: Mapping[str, pd.DataFrame], clinical: pd.DataFrame | None) -> None:
        needed = [one for one in self.omics if one.name in tables]
        faults = [
            f"omics {one.name}: no such table; found {', '.join(tables) or 'none'}. Give one for each omics of the model."
            for one in self.omics
            if one.name not in tables
        ]
        for one in needed:
            columns = tables[one.name].columns
            if not columns.is_unique:
                double = columns[columns.duplicated()][0]
                faults.append(f"omics {one.name}: column {double!r} comes more than once; keep one.")
            absent = pd.Index(one.features).difference(columns, sort=False)
            if len(absent):
                faults.append(
                    f"omics {one.name}: {len(absent)} of the {len(one.features)} features of the model have no column "
                    f"({', '.join(map(repr, absent[:5]))}{', ...' if len(absent) > 5 else ''}). Add them, with NA where "
                    "not measured."
                )
            if not tables[one.name].index.equals(tables[needed[0].name].index):
                faults.append(
                    f"omics {one.name}: its patients are not those of omics {needed[0].name} in the same order; "
                    "align them."
                )
        if self.clinical is not None:
            ids = tables[needed[0].name].index if needed else None
            faults += clinical_faults(self.clinical, clinical, ids)
        if faults:
            raise DataError(faults)


def _tables(patients: Cohort | Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the table of each omics."""
    return {one.name: one.values for one in patients.omics} if isinstance(patients, Cohort) else dict(patients)
