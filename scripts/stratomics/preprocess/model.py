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
from .omics import FittedOmics, batch_labels, measured
from .scale import block_weights

#: The arrays of an omics; those that a transform or an imputation does not need are absent.
ARRAYS = ("mean", "sd", "medians", "knots", "scores", "donors")


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
