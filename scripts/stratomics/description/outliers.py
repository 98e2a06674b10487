"""Patients whose profile lies far from that of all others: named, never removed."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: A patient is named from so many robust standard deviations above the median.
FAR = 4.0
#: A median absolute deviation times this is the standard deviation of a normal distribution.
MAD_TO_SD = 1.4826


def distances(omics: str, patients: np.ndarray, standardised: np.ndarray) -> pd.DataFrame:
    """Measure how far each patient lies from the mean of all, and name who lies far out.

    The distance is the root mean square of the standardised measurements of a patient: 1 is usual, 2 means that a typical feature
    is two standard deviations from its mean. Its logarithm is compared with the median over the patients, in units of 1.4826
    times the median absolute deviation, which the outliers themselves do not widen.

    Parameters
    ----------
    omics
        Name of the omics.
    patients
        Ids [m].
    standardised
        As the networks see them [m, p], NaN where not measured.

    Returns
    -------
    pandas.DataFrame
        One row per patient: ``omics, patient, distance`` (standard deviations), ``z`` (robust standard deviations of the log
        distance above its median), ``outlier`` (whether z is above `FAR`).
    """
    with np.errstate(divide="ignore"):
        distance = np.sqrt(np.nanmean(standardised.astype(np.float64) ** 2, axis=1))
        log_distance = np.log(np.maximum(distance, np.finfo(float).tiny))
    off = log_distance - np.median(log_distance)
    spread = MAD_TO_SD * np.median(np.abs(off))
    z = np.divide(off, spread, out=np.zeros_like(off), where=spread > 0)
    table = {"omics": omics, "patient": patients, "distance": distance, "z": z, "outlier": z > FAR}
    return pd.DataFrame(table)
