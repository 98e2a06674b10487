"""Patients on the principal components of each omics, and how far batches lie apart there, before and after standardisation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stratomics.projection import principal_components

from .states import STANDARDISED, TRANSFORMED, Steps

#: Components on which the silhouette is taken; two are drawn.
COMPONENTS = 10
#: Memory (MB) for the distances between patients, a part of whom is done at a time.
WORKING_MEMORY = 64

BATCH_COLUMNS = ["omics", "by", "step", "patients", "levels", "silhouette", "between"]


def components(
    steps: Steps, patients: np.ndarray, labels: Mapping[str, np.ndarray]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lay out the patients of an omics, and measure how well their batches can be told apart.

    Parameters
    ----------
    steps
        The omics.
    patients
        Their ids, in the order of `steps`.
    labels
        By name of the column: the batch (or group) of each patient, empty where not known. The first is shown.

    Returns
    -------
    coordinates : pandas.DataFrame
        One row per step (before and after standardisation) and patient: ``omics, step, patient, level`` (of the first of
        `labels`, empty where not known), ``pc1``, ``pc2``, ``share_1``, ``share_2`` (of the variance that lies on them).
    separation : pandas.DataFrame
        One row per column of `labels` and step: `BATCH_COLUMNS`. The silhouette [1]_ is the mean over the patients whose batch
        is known, on the first `COMPONENTS` components: near 1 batches are far apart, near 0 they lie on top of one another,
        below 0 patients lie nearer to another batch than to their own. ``between`` is the share of the variance of all features
        that lies between the means of batches. Both are NaN with fewer than two batches.

    References
    ----------
    .. [1] P. J. Rousseeuw (1987). Silhouettes. J. Comput. Appl. Math. 20, 53-65.
    """
    drawn, measured = [], []
    level = next(iter(labels.values()), np.full(len(patients), "", dtype=object))
    for step, values in steps.filled.items():
        axes = principal_components(values, np.arange(len(values)), COMPONENTS)
        if step in (TRANSFORMED, STANDARDISED):
            total = values.var(axis=0, dtype=np.float64).sum()
            share = np.zeros(2)
            plane = np.zeros((len(axes), 2))  # one feature has one component
            width = min(2, axes.shape[1])
            plane[:, :width] = axes[:, :width]
            share[:width] = axes[:, :width].var(axis=0) / max(total, np.finfo(float).tiny)
            about = {"omics": steps.name, "step": step, "patient": patients, "level": level}
            place = {"pc1": plane[:, 0], "pc2": plane[:, 1], "share_1": share[0], "share_2": share[1]}
            drawn.append(pd.DataFrame({**about, **place}))
        for column, own in labels.items():
            known = own != ""
            of = own[known].astype(str)
            found = silhouette(axes[known], of), between_share(values[known], of)
            measured.append((steps.name, column, step, len(of), len(np.unique(of)), *found))
    return pd.concat(drawn, ignore_index=True), pd.DataFrame(measured, columns=BATCH_COLUMNS)


def silhouette(places: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean silhouette of labels, NaN where they are of one kind or all different.

    Parameters
    ----------
    places
        [n, d].
    labels
        Text [n].

    Returns
    -------
    float
        In [-1, 1].
    """
    if not 1 < len(np.unique(labels)) < len(labels):
        return float("nan")
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    with config_context(working_memory=WORKING_MEMORY):
        return float(silhouette_score(places, labels))


def between_share(values: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of the variance that lies between the means of groups (the sums of all features); NaN with one group.

    Parameters
    ----------
    values
        Patients x features, without NaN.
    labels
        Text [n].

    Returns
    -------
    float
        In [0, 1].
    """
    levels, position = np.unique(labels, return_inverse=True)
    if len(levels) < 2:
        return float("nan")
    centred = values - values.mean(axis=0, dtype=np.float64)
    total = (centred**2).sum()
    sizes = np.bincount(position)
    sums = [centred[position == place].sum(axis=0) for place in range(len(levels))]
    between = sum((own**2).sum() / size for own, size in zip(sums, sizes, strict=True))
    return float(between / total) if total > 0 else 0.0
