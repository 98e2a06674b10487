"""Latents of the full fit found again in the networks of the other splits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def selection_frequency(prognostic: pd.DataFrame, latents: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Find each latent of the full fit in the other splits, and how often its counterpart was selected there.

    Every split trains its own network, so latent 3 of one has nothing to do with latent 3 of another. The counterpart of a
    latent is the one with the largest absolute correlation over all patients; survival plays no part in finding it.

    Parameters
    ----------
    prognostic
        split, latent, selected; the latents of a split in the order of the columns of its matrix.
    latents
        Latents of all patients for every split, [n, L]; ``full`` among them.

    Returns
    -------
    pandas.DataFrame
        latent, frequency (share of the splits other than ``full``; NaN if there are none), match (median absolute
        correlation with the counterparts).
    """
    rows = dict(iter(prognostic.groupby("split", sort=False)))
    reference = _standardise(latents["full"])
    hits, strengths = [], []
    for split, matrix in latents.items():
        if split == "full":
            continue
        correlation = np.abs(reference.T @ _standardise(matrix)) / len(reference)
        counterpart, strength = correlation.argmax(axis=1), correlation.max(axis=1)
        strengths.append(strength)
        hits.append(rows[split]["selected"].to_numpy(bool)[counterpart] & (strength > 0))
    missing = np.full(reference.shape[1], np.nan)
    return pd.DataFrame(
        {
            "latent": rows["full"]["latent"].to_numpy(),
            "frequency": np.mean(hits, axis=0) if hits else missing,
            "match": np.median(strengths, axis=0) if strengths else missing,
        }
    )


def _standardise(matrix: np.ndarray) -> np.ndarray:
    values = np.asarray(matrix, dtype=np.float64)
    values = values - values.mean(axis=0)
    deviation = values.std(axis=0)
    return values / np.where(deviation > 0, deviation, np.inf)  # a dead latent correlates with nothing
