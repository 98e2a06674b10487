"""The patients, their omics and their follow-up, as every later stage sees them."""

from __future__ import annotations

from dataclasses import dataclass

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
        Patients x features, float32; missing measurements are NaN.
    transform
        What preprocessing applies to it: ``none``, ``log2p1`` or ``rank_normal``.
    batch
        The batch of each patient (text, missing where unknown), or None.
    """

    name: str
    values: pd.DataFrame
    transform: str = "none"
    batch: pd.Series | None = None


@dataclass(frozen=True)
class Cohort:
    """Patients with every omics and usable follow-up.

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
