"""Patients on few axes: principal components, and the plane of a UMAP of the latents.

Every process compiles UMAP anew (some 6 s, against .4 s of work for 300 patients), so one job lays out all embeddings of a
cohort.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from stratomics.survival.ridge_cox import row_space

#: Fewest patients UMAP is asked to lay out; fewer are shown on their first two principal components.
FEWEST = 10


def compute_umap(latents: np.ndarray, seed: int) -> np.ndarray:
    """Lay the patients out in the plane by UMAP [1]_, through scanpy [2]_.

    Parameters
    ----------
    latents
        Patients x latents, finite.
    seed
        The same seed gives the same bytes on the same machine.

    Returns
    -------
    numpy.ndarray
        Coordinates, float32 [n, 2].

    References
    ----------
    .. [1] L. McInnes, J. Healy, J. Melville (2018). UMAP. arXiv:1802.03426.
    .. [2] F. A. Wolf, P. Angerer, F. J. Theis (2018). SCANPY. Genome Biology 19, 15.
    """
    matrix = np.asarray(latents, dtype=np.float32)
    n = len(matrix)
    spread = matrix.astype(np.float64) - matrix.mean(axis=0, dtype=np.float64) if n else matrix.astype(np.float64)
    if n < FEWEST or not np.ptp(matrix, axis=0).any():
        left, scale, _ = np.linalg.svd(spread, full_matrices=False)
        plane = np.zeros((n, 2), dtype=np.float32)
        plane[:, : left.shape[1]] = (left * scale)[:, :2]
        return plane

    import scanpy as sc  # here, because it takes seconds to import
    from anndata import AnnData

    patients = AnnData(matrix)
    sc.pp.neighbors(patients, n_neighbors=min(15, n - 1), use_rep="X", random_state=seed)
    sc.tl.umap(patients, random_state=seed)
    return np.asarray(patients.obsm["X_umap"], dtype=np.float32)


def umap_coordinates(latents: np.ndarray, patients: Sequence[str], seed: int) -> pd.DataFrame:
    """Make the table of `compute_umap`.

    Parameters
    ----------
    latents, seed
        As in `compute_umap`.
    patients
        Ids, in the order of `latents`.

    Returns
    -------
    pandas.DataFrame
        patient, umap_1, umap_2.
    """
    plane = compute_umap(latents, seed)
    return pd.DataFrame({"patient": list(patients), "umap_1": plane[:, 0], "umap_2": plane[:, 1]})


def principal_components(features: np.ndarray, train: np.ndarray, width: int) -> np.ndarray:
    """Project all patients on the leading principal axes of the training patients.

    Parameters
    ----------
    features
        All patients [n, P].
    train
        Positions of those who train.
    width
        Number of components; fewer if the training patients span fewer directions.

    Returns
    -------
    numpy.ndarray
        float64 [n, width], the component of largest variance first. The sign is that which makes the largest loading
        positive.
    """
    x = features.astype(np.float64)
    x -= x[train].mean(axis=0)
    own, axes = row_space(x[train])
    if axes is None:  # more patients than features
        axes = np.linalg.eigh(own.T @ own)[1]
    axes = axes[:, ::-1][:, :width]
    largest = np.abs(axes).argmax(axis=0)
    return x @ (axes * np.sign(axes[largest, np.arange(axes.shape[1])]))
