"""What the training patients of a model look like: what new patients are compared with, and brought to.

Of each omics the model keeps quantiles of every feature and the leading directions in which its training patients differ, never a
patient. How far a patient may lie from the training patients is told by cross-fitting: directions found in some of them say how
far the others lie, as they say it of new patients; their own distances would be too small.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from stratomics.arrays import Array, within
from stratomics.cohort.types import Cohort
from stratomics.preprocess import FittedPreprocess
from stratomics.preprocess.omics import FittedOmics, measured

#: Quantiles kept of each feature.
LEVELS = np.linspace(0.0, 1.0, 33)
#: Most directions kept of an omics; no more than one for so many training patients, or features.
MOST_DIRECTIONS, PATIENTS_PER_DIRECTION, FEATURES_PER_DIRECTION = 10, 10, 4
#: Parts of the training patients that are judged by the others.
PARTS = 5
#: Standardised values count as at most this: one cell must not stand for a patient.
MOST = 10.0
#: What is told of a patient in each omics, see `Distances`.
STATISTICS = ("leading", "remaining", "outside")
#: A patient is unlike the training patients beyond this quantile of theirs, with this margin.
LIMIT_QUANTILE, LIMIT_MARGIN = 0.995, 1.4
#: The limits are no less than this: nobody is strange for being a deviation away, or for one feature in 20.
LEAST_LIMITS = (1.0, 1.0, 0.05)


@dataclass(frozen=True)
class Distances:
    """How far patients lie from the training patients in one omics.

    Parameters
    ----------
    leading
        Root mean square of their scores in the leading directions, in deviations of the training patients [n].
    remaining
        Root mean square of what these directions leave of their standardised features [n].
    outside
        Share of their features outside the range of the training patients [n].
    """

    leading: np.ndarray
    remaining: np.ndarray
    outside: np.ndarray

    def stacked(self) -> np.ndarray:
        """Put them side by side, in the order of `STATISTICS` [n, 3]."""
        return np.column_stack([getattr(self, name) for name in STATISTICS])


@dataclass(frozen=True)
class OmicsReference:
    """The training patients of one omics.

    Parameters
    ----------
    quantiles
        Of each feature as measured, at `LEVELS`, float32 [levels, p].
    directions
        Leading directions of the standardised features, orthonormal, float32 [q, p].
    deviations
        Deviation of the training patients along these, robust [q].
    limits
        Beyond which a patient is unlike the training patients, in the order of `STATISTICS` [3].
    explained
        Share of the variance of training patients that directions found without them explain [1].
    patients
        Training patients with this omics [1].
    """

    quantiles: np.ndarray
    directions: np.ndarray
    deviations: np.ndarray
    limits: np.ndarray
    explained: np.ndarray
    patients: np.ndarray

    def standardised_quantiles(self, one: FittedOmics) -> np.ndarray:
        """Give `quantiles` on the standardised scale of all training patients together, float64 [levels, p]."""
        return one.standardise(self.quantiles, None, np.inf).astype(np.float64)

    def distances(self, standard: np.ndarray, one: FittedOmics) -> Distances:
        """Tell how far patients lie from the training patients.

        Parameters
        ----------
        standard
            Standardised features [n, p], as `standardised` gives them; NaN where missing.
        one
            The preprocessing of this omics.

        Returns
        -------
        Distances
            NaN for patients without a feature.
        """
        ends = self.standardised_quantiles(one)[[0, -1]]
        return _distances(standard, self.directions, self.deviations, *ends)


@dataclass(frozen=True)
class Reference:
    """The training patients of a model.

    Parameters
    ----------
    omics
        By name, in the order of the preprocessing.
    """

    omics: Mapping[str, OmicsReference]

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be, ``<omics>/<array>``."""
        found = {}
        for i, one in enumerate(meta["omics"]):
            p, of_statistics = one["features"], ", ".join(STATISTICS)
            own = {
                "quantiles": Array(
                    "float32", (len(LEVELS), p), f"quantiles of each feature, 0 to 1 in {len(LEVELS)}", rising=0
                ),
                "directions": Array("float32", ("_q", p), "leading directions, of length 1", low=-1.001, high=1.001),
                "deviations": Array(
                    "float64", ("_q",), "deviation of the training patients along these", positive=True
                ),
                "limits": Array(
                    "float64", (len(STATISTICS),), f"largest {of_statistics} of patients like them", positive=True
                ),
                "explained": Array(
                    "float64", (1,), "share of the variance that directions explain of others", low=0.0, high=1.0
                ),
                "patients": Array("float64", (1,), "training patients who have the omics", low=1.0),
            }
            found.update(within(one["name"], own, i))
        return found

    def faults(self) -> Iterator[str]:
        """Say which directions are none."""
        for name, one in self.omics.items():
            lengths = np.linalg.norm(one.directions.astype(np.float64), axis=1)
            if (np.abs(lengths - 1) > 1e-3).any():
                yield f"array {name}/directions: found a direction of length {lengths.min():.3g}; allowed is 1"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take it apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {
            f"{name}/{part.name}": getattr(one, part.name)
            for name, one in self.omics.items()
            for part in fields(OmicsReference)
        }
        return arrays, {
            "omics": [{"name": name, "features": one.quantiles.shape[1]} for name, one in self.omics.items()]
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> Reference:
        """Put it together again from what `to_arrays` gave."""
        parts = [part.name for part in fields(OmicsReference)]
        names = [one["name"] for one in meta["omics"]]
        return cls({name: OmicsReference(**{part: arrays[f"{name}/{part}"] for part in parts}) for name in names})


def fit_reference(cohort: Cohort, preprocess: FittedPreprocess, patients: np.ndarray | None = None) -> Reference:
    """Describe the training patients of a model.

    Parameters
    ----------
    cohort
        The patients.
    preprocess
        Fitted on the same training patients.
    patients
        Positions of the training patients; None for all.

    Returns
    -------
    Reference
    """
    rows = np.arange(cohort.n) if patients is None else np.asarray(patients)
    by_name = {one.name: one for one in cohort.omics}
    found = {}
    for one in preprocess.omics:
        omics = by_name[one.name]
        own = rows[omics.present[rows]]
        found[one.name] = _fit_omics(one, measured(omics.values.iloc[own][list(one.features)]))
    return Reference(found)


def standardised(one: FittedOmics, values: np.ndarray) -> np.ndarray:
    """Bring measurements to the scale that patients are compared on, float64 [n, p], missing ones NaN.

    It is that of all training patients together, whatever the batch: of new patients the batch often is not known, or is new.
    """
    return one.standardise(values, None, np.inf).astype(np.float64)


def _fit_omics(one: FittedOmics, values: np.ndarray) -> OmicsReference:
    quantiles = np.nanquantile(values.astype(np.float64), LEVELS, axis=0).astype(np.float32)
    standard = standardised(one, values)
    n, p = standard.shape
    q = max(1, min(MOST_DIRECTIONS, n // PATIENTS_PER_DIRECTION, p // FEATURES_PER_DIRECTION))
    filled = np.nan_to_num(bounded(standard))
    part = np.arange(n) % min(PARTS, n)
    scores, statistics, explained, total = np.zeros((n, q)), np.zeros((n, len(STATISTICS))), 0.0, 0.0
    for k in np.unique(part):
        own, others = part == k, part != k
        if not others.any():
            others = own
        directions = leading_directions(filled[others], q)
        scores[own] = filled[own] @ directions.T
        deviations = _deviations(filled[others] @ directions.T)
        ends = np.nanmin(standard[others], axis=0), np.nanmax(standard[others], axis=0)
        statistics[own] = _distances(standard[own], directions, deviations, *ends).stacked()
        explained += float((scores[own] ** 2).sum())
        total += float((filled[own] ** 2).sum())
    directions = leading_directions(filled, q)
    limits = np.maximum(LIMIT_MARGIN * np.nanquantile(statistics, LIMIT_QUANTILE, axis=0), LEAST_LIMITS)
    return OmicsReference(
        quantiles=quantiles,
        directions=directions.astype(np.float32),
        deviations=_deviations(filled @ directions.T),
        limits=limits,
        explained=np.array([explained / max(total, 1e-12)]),
        patients=np.array([float(n)]),
    )


def bounded(standard: np.ndarray) -> np.ndarray:
    """Cut standardised values at `MOST`; missing ones stay."""
    return np.clip(standard, -MOST, MOST)


def over_patients(what: Callable[..., np.ndarray], values: np.ndarray) -> np.ndarray:
    """Apply a function of numpy such as ``nanmean`` over the patients; NaN for a feature that nobody has, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)
        return np.asarray(what(values, axis=0))


def leading_directions(filled: np.ndarray, q: int) -> np.ndarray:
    """Find the q directions in which patients [n, p] differ most, orthonormal [q, p], signs fixed."""
    n, p = filled.shape
    if n < p:
        values, vectors = np.linalg.eigh(filled @ filled.T)
        top = vectors[:, ::-1][:, :q].T @ filled
    else:
        top = np.linalg.eigh(filled.T @ filled)[1][:, ::-1][:, :q].T
    top = np.linalg.qr(top.T)[0].T
    largest = np.abs(top).argmax(axis=1)
    return top * np.sign(top[np.arange(len(top)), largest])[:, None]


def _deviations(scores: np.ndarray) -> np.ndarray:
    """Deviation along each direction, robust: one patient far out must not hide the next [q]."""
    spread = 1.4826 * np.median(np.abs(scores - np.median(scores, axis=0)), axis=0)
    return np.where(spread > 1e-6, spread, np.maximum(scores.std(axis=0), 1e-6))


def _distances(
    standard: np.ndarray, directions: np.ndarray, deviations: np.ndarray, low: np.ndarray, high: np.ndarray
) -> Distances:
    known = ~np.isnan(standard)
    share = known.mean(axis=1)
    none = share == 0
    filled = np.nan_to_num(bounded(standard))
    scores = filled @ directions.T
    rest = filled - scores @ directions
    squares = np.where(known, rest, 0.0) ** 2
    count = np.maximum(known.sum(axis=1), 1)
    with np.errstate(invalid="ignore"):
        beyond = known & ((standard < low - 1e-4) | (standard > high + 1e-4))
    # Where features are missing the scores are smaller than they would be.
    leading = np.sqrt(((scores / deviations) ** 2).mean(axis=1)) / np.sqrt(np.maximum(share, 1e-6))
    return Distances(
        *(
            np.where(none, np.nan, one)
            for one in (leading, np.sqrt(squares.sum(axis=1) / count), beyond.sum(axis=1) / count)
        )
    )
