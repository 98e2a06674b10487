"""Bring a table of another batch or platform to where the training patients lie, without a look at survival.

``location_scale`` gives every feature the mean and deviation of the training patients, on the scale after the transform (the
simplest of the corrections of batches, Johnson, Li & Rabinovic 2007, without the shrinkage). ``quantile`` gives every feature their
distribution, as measured (Bolstad et al. 2003, feature by feature), and so undoes whatever keeps the order of the patients. Both
take the new patients to be of the same mixture as the training patients: what truly differs between them, such as more patients of
high risk, is lost with what the platform made.

References
----------
Johnson, Li & Rabinovic 2007, Biostatistics 8, 118-127. Bolstad, Irizarry, Astrand & Speed 2003, Bioinformatics 19, 185-193.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from stratomics.model.reference import LEVELS, OmicsReference, over_patients

MAPPINGS = ("auto", "none", "location_scale", "quantile")
#: Fewer new patients say too little of where their table lies.
LEAST_PATIENTS = 20


def choose_mapping(setting: str, m: int, shifted: bool) -> tuple[str, str]:
    """Decide how an omics is mapped.

    Parameters
    ----------
    setting
        One of `MAPPINGS`.
    m
        New patients who have the omics.
    shifted
        Whether the table differs from the training patients (`stratomics.prediction.shift.table_shift`).

    Returns
    -------
    mapping, why : str
        ``none``, ``location_scale`` or ``quantile``, and the reason in words.
    """
    if setting == "none":
        return "none", "map_to_training: none"
    if m < LEAST_PATIENTS:
        return "none", f"{m} patients are too few to map (at least {LEAST_PATIENTS})"
    if setting != "auto":
        return setting, f"map_to_training: {setting}"
    if not shifted:
        return "none", "the table lies where the training patients do"
    return "quantile", "the table is shifted"


def location_scale(standard: np.ndarray) -> np.ndarray:
    """Give every standardised feature [m, p] mean 0 and deviation 1; one that does not vary becomes 0."""
    mean, spread = (over_patients(what, standard) for what in (np.nanmean, np.nanstd))
    return (standard - mean) / np.where(spread > 1e-9 * np.maximum(np.abs(mean), 1.0), spread, np.inf)


def quantile(values: np.ndarray, reference: OmicsReference) -> np.ndarray:
    """Give every feature [m, p] the distribution of the training patients, as measured; ties share their middle rank."""
    known = ~np.isnan(values)
    share = (rankdata(values, axis=0, nan_policy="omit") - 0.5) / np.maximum(known.sum(axis=0), 1)
    mapped = np.full(values.shape, np.nan, dtype=np.float64)
    for j in range(values.shape[1]):
        mapped[known[:, j], j] = np.interp(share[known[:, j], j], LEVELS, reference.quantiles[:, j])
    return mapped
