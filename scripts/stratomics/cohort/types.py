"""The patients, their omics and their follow-up, as every later stage sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from stratomics.tables import FULL


@dataclass(frozen=True)
class Omics:
    """One omics of a cohort, as measured.

    Parameters
    ----------
    name
        For instance ``mrna``.
    values
        Patients x features, float32; missing measurements are NaN, in a whole row where the patient lacks the omics.
    transform
        What preprocessing applies to it: ``none``, ``log2p1`` or ``rank_normal``.
    batch
        The batch of each patient (text, missing where unknown), or None.
    """

    name: str
    values: pd.DataFrame
    transform: str = "none"
    batch: pd.Series | None = None

    @cached_property
    def present(self) -> np.ndarray:
        """Who has this omics, bool [n]: everybody with a measurement of it."""
        return np.isfinite(self.values.to_numpy()).any(axis=1)


@dataclass(frozen=True)
class Cohort:
    """Patients with usable follow-up and their omics: every omics, or as many as ``patients`` of the config asks for.

    Parameters
    ----------
    name
        The name in the config.
    omics
        All with the same patients in the same order.
    clinical
        One row per patient (index), with ``time`` (days, > 0), ``event`` (1 = died or progressed, 0 = censored), then the
        covariates as they were found.
    groups
        Group of each patient (text, none missing), such as the hospital, by which folds are drawn and survival is permuted; None
        for none.
    """

    name: str
    omics: tuple[Omics, ...]
    clinical: pd.DataFrame
    groups: pd.Series | None = None

    def __post_init__(self) -> None:
        for one in self.omics:
            if not one.values.index.equals(self.clinical.index):
                raise ValueError(f"omics {one.name!r} and the clinical table list different patients")
        if self.groups is not None and not self.groups.index.equals(self.clinical.index):
            raise ValueError("groups and the clinical table list different patients")

    @property
    def patients(self) -> pd.Index:
        """The ids, in the order of every table."""
        return self.clinical.index

    @property
    def time(self) -> np.ndarray:
        """Follow-up in days, float64 [n]."""
        return self.clinical["time"].to_numpy(np.float64)

    @property
    def event(self) -> np.ndarray:
        """Whether follow-up ended in the event, bool [n]."""
        return self.clinical["event"].to_numpy().astype(bool)

    @property
    def n(self) -> int:
        """Number of patients."""
        return len(self.clinical)

    @property
    def n_events(self) -> int:
        """Number of patients with the event."""
        return int(self.event.sum())

    @cached_property
    def present(self) -> np.ndarray:
        """Which omics each patient has, bool [n, omics]."""
        return np.column_stack([one.present for one in self.omics])

    @property
    def complete(self) -> np.ndarray:
        """Who has every omics, bool [n]."""
        return np.asarray(self.present.all(axis=1))

    def take(self, positions: np.ndarray) -> Cohort:
        """Return the cohort of some of its patients.

        Parameters
        ----------
        positions
            Into the patients, rising.

        Returns
        -------
        Cohort
        """
        omics = tuple(
            replace(
                one, values=one.values.iloc[positions], batch=None if one.batch is None else one.batch.iloc[positions]
            )
            for one in self.omics
        )
        groups = None if self.groups is None else self.groups.iloc[positions]
        return replace(self, omics=omics, clinical=self.clinical.iloc[positions], groups=groups)


def repeat_of(split: str) -> str | None:
    """Return the repeat that a split belongs to by its name: ``r0`` for ``r0f3``, None for ``full``."""
    return None if split == FULL else split.split("f")[0]


@dataclass(frozen=True)
class Split:
    """Which patients a chain is fitted on and which it never sees.

    Parameters
    ----------
    name
        ``full`` (all patients train), or ``r<repeat>f<fold>``.
    train, held_out
        Sorted positions into the patients of the cohort, int64.
    """

    name: str
    train: np.ndarray
    held_out: np.ndarray

    @property
    def repeat(self) -> str | None:
        """``r0`` for ``r0f3``; None for ``full``."""
        return repeat_of(self.name)

    def among(self, kept: np.ndarray) -> Split:
        """Return the split of some of its patients; positions count these alone.

        Parameters
        ----------
        kept
            Who stays, bool [n].

        Returns
        -------
        Split
        """
        place = np.cumsum(kept) - 1
        train, held_out = (place[own[kept[own]]].astype(np.int64) for own in (self.train, self.held_out))
        return Split(self.name, train, held_out)


def complete_patients(cohort: Cohort, splits: Sequence[Split]) -> tuple[Cohort, list[Split]]:
    """Return the patients who have every omics, and the splits of these: all methods can be compared on them.

    Parameters
    ----------
    cohort, splits
        Of all patients.

    Returns
    -------
    cohort : Cohort
    splits : list of Split
        Both as given where nobody lacks an omics.
    """
    kept = cohort.complete
    if kept.all():
        return cohort, list(splits)
    return cohort.take(np.flatnonzero(kept)), [split.among(kept) for split in splits]
