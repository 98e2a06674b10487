"""Whether new patients look like the training patients: a table as a whole, and each patient.

Of a table five figures are told, on the standardised scale of the training patients, each with the limit beyond which it is named:

==========  ========================================================================================================
location    median over the features of the distance of their mean from that of the training patients, in deviations
tail        the same, exceeded by one feature in 20: an offset moves features of low values far, and others hardly
scale       median over the features of the size of log2 of their deviation against that of the training patients
outside     share of the values outside the range of the training patients
structure   share of the variance, each feature standardised by the new patients themselves, that the leading directions of the
            training patients explain, against what they explain of training patients they were not found in: it falls where
            features bear each other's names, which no figure of single features sees on tables of z-scores
==========  ========================================================================================================

The limits are sizes that matter (half a deviation; a factor of 1.5), wider where so few patients are new that chance alone moves
the figure so far; nothing looks at survival.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stratomics.model.reference import STATISTICS, OmicsReference, bounded, over_patients, standardised
from stratomics.preprocess.omics import FittedOmics

LOCATION, TAIL, SCALE, OUTSIDE, STRUCTURE = 0.5, 0.75, float(np.log2(1.5)), 0.1, 0.5
#: Standard errors that a location or scale may be off by chance.
BY_CHANCE = 3.0
#: Share of the features that may lie further than `TAIL`.
TAIL_SHARE = 0.05
#: A deviation of fewer patients says little; directions need more.
SPREAD_PATIENTS, STRUCTURE_PATIENTS = 10, 20
#: The directions must explain so many times what random ones do, for their absence to say anything.
ABOVE_CHANCE = 1.5

#: What a table may have been through, and what undoes it.
_UNITS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "divided by 1000": lambda x: x / 1000,
    "multiplied by 1000": lambda x: x * 1000,
    "divided by 1,000,000": lambda x: x / 1e6,
    "multiplied by 1,000,000": lambda x: x * 1e6,
    "taken as logarithms to base 2, of x + 1": lambda x: np.log2(np.maximum(x, 0) + 1),
    "raised from logarithms to base 2, 2^x - 1": lambda x: np.exp2(np.minimum(x, 60)) - 1,
    "raised from logarithms to base 10, 10^x - 1": lambda x: 10.0 ** np.minimum(x, 18) - 1,
}


@dataclass(frozen=True)
class Figure:
    """One figure of a table, or of a patient.

    Parameters
    ----------
    statistic
        Of the table of this module, or of `stratomics.model.reference.STATISTICS`.
    value, limit
        What it is, and where it is named; NaN where it cannot be told.
    flagged
        Whether it lies beyond the limit.
    """

    statistic: str
    value: float
    limit: float
    flagged: bool


def table_shift(one: FittedOmics, reference: OmicsReference, standard: np.ndarray) -> list[Figure]:
    """Compare the new patients of one omics, as a whole, with the training patients.

    Parameters
    ----------
    one, reference
        Preprocessing and training patients of the omics.
    standard
        New patients who have the omics, `stratomics.model.reference.standardised` [m, p].

    Returns
    -------
    list of Figure
        ``location, tail, scale, outside, structure``; without patients, none.
    """
    if not len(standard):
        return []
    error = float(np.sqrt(1 / len(standard) + 1 / reference.patients[0]))
    found = [
        *_locations(standard, error),
        _scale(standard),
        _outside(one, reference, standard),
        _structure(reference, standard),
    ]
    return [figure for figure in found if figure is not None]


def _locations(standard: np.ndarray, error: float) -> list[Figure]:
    """Compare the means, whose standard error is given, in deviations."""
    distance = np.abs(over_patients(np.nanmean, bounded(standard)))
    middle, tail = np.nanquantile(distance, [0.5, 1 - TAIL_SHARE]).tolist()
    # Of a normal distribution, half lies within .67 and 95 % within 1.96 standard errors.
    limits = max(LOCATION, 0.67 * BY_CHANCE * error), max(TAIL, 1.2 * BY_CHANCE * error)
    return [
        Figure("location", middle, limits[0], middle > limits[0]),
        Figure("tail", tail, limits[1], tail > limits[1]),
    ]


def _scale(standard: np.ndarray) -> Figure | None:
    m = len(standard)
    if m < SPREAD_PATIENTS:
        return None
    spread = np.maximum(over_patients(np.nanstd, bounded(standard)), 2.0**-10)
    value = float(np.nanmedian(np.abs(np.log2(spread))))
    limit = max(SCALE, BY_CHANCE * np.log2(np.e) / np.sqrt(2 * m))
    return Figure("scale", value, limit, value > limit)


def _outside(one: FittedOmics, reference: OmicsReference, standard: np.ndarray) -> Figure:
    low, high = reference.standardised_quantiles(one)[[0, -1]]
    known = ~np.isnan(standard)
    with np.errstate(invalid="ignore"):
        beyond = (standard < low - 1e-4) | (standard > high + 1e-4)
    value = float((beyond & known).sum() / max(1, known.sum()))
    # Two of n + 1 values lie outside the range of n others.
    limit = OUTSIDE + 2 / (float(reference.patients[0]) + 1)
    return Figure("outside", value, limit, value > limit)


def _structure(reference: OmicsReference, standard: np.ndarray) -> Figure | None:
    q, p = reference.directions.shape
    expected = float(reference.explained[0])
    if len(standard) < STRUCTURE_PATIENTS or expected < ABOVE_CHANCE * q / p:
        return None
    mean, spread = (over_patients(what, standard) for what in (np.nanmean, np.nanstd))
    known = np.isfinite(mean)
    with np.errstate(invalid="ignore"):
        varies = spread > 1e-6 * np.maximum(np.abs(mean), 1.0)
    own = np.nan_to_num(bounded((standard - mean) / np.where(varies, spread, np.inf)))
    value = float(((own @ reference.directions.T) ** 2).sum() / max(float((own**2).sum()), 1e-12))
    # Features that are missing take their part of the directions along; random names leave what is left to chance.
    kept = float((reference.directions[:, known] ** 2).sum() / q)
    chance = kept * q / max(1, int(known.sum()))
    limit = chance + STRUCTURE * (kept * expected - chance)
    return Figure("structure", value, limit, value < limit)


def patient_shift(one: FittedOmics, reference: OmicsReference, standard: np.ndarray) -> list[list[Figure]]:
    """Compare every new patient with the training patients.

    Parameters
    ----------
    one, reference, standard
        As for `table_shift`.

    Returns
    -------
    list of list of Figure
        By patient: ``leading, remaining, outside``, see `stratomics.model.reference.Distances`.
    """
    found = reference.distances(standard, one).stacked()
    limits = reference.limits.tolist()
    return [
        [
            Figure(name, value, limit, value > limit)
            for name, value, limit in zip(STATISTICS, row.tolist(), limits, strict=True)
        ]
        for row in found
    ]


def likely_unit(one: FittedOmics, values: np.ndarray) -> str | None:
    """Say what would bring a table to where the training patients lie.

    Parameters
    ----------
    one
        Preprocessing of the omics.
    values
        As measured [m, p].

    Returns
    -------
    str or None
        ``divided by 1000``, for instance; None where nothing known does.
    """
    best, least = None, LOCATION
    for words, change in _UNITS.items():
        with np.errstate(over="ignore", invalid="ignore"):
            moved = standardised(one, np.minimum(change(values.astype(np.float64)), 3e38))
        distance = _locations(moved, 0.0)[0].value
        if distance < least:
            best, least = words, distance
    return best
