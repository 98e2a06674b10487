"""Are the clusters more than cut-points on a continuum? One group of patients, without clusters, as a candidate.

K-means cuts any cloud of points into K, and cuts it at the same place again when some points are left out: such a clustering
is stable, and yet there are no groups. The *cluster index*, the share of the total sum of squares that is left within the
clusters, is compared with that of K-means on data sets drawn from one Gaussian with the covariance of the data (SigClust).
Latents with a distribution far from Gaussian, such as a uniform one, may be told from it without having clusters.

References
----------
Liu, Hayes, Nobel & Marron 2008, J. Am. Stat. Assoc. 103, 1281-1293. Huang, Liu, Yuan & Marron 2015, J. Comput. Graph. Stat. 24,
975-993: with more patients than latents, the sample covariance errs on the safe side.
"""

from __future__ import annotations

import numpy as np

SIMULATIONS = 99
#: Starts of K-means per data set, and its most iterations: the same for the data and for what they are compared with.
STARTS = 3
ITERATIONS = 30
#: Numbers (data sets x patients x starts x clusters) held at once.
AT_ONCE = 2_000_000


def cluster_index(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Cut each of many data sets into K by K-means and compute the share of the sum of squares left within the clusters.

    Parameters
    ----------
    points
        Data sets [B, n, d], the direction of largest variance first.
    k
        Number of clusters, at most n.
    rng
        The source of chance: all starts but the first, which cuts the first direction into K equal groups, are K random points.

    Returns
    -------
    numpy.ndarray
        Of the best start [B], from 0 to 1; NaN for a data set without variance.
    """
    sets, n, width = points.shape
    points = points - points.mean(axis=1, keepdims=True)
    total = (points**2).sum(axis=(1, 2))
    groups = np.array_split(np.argsort(points[:, :, 0], axis=1), k, axis=1)
    rows = np.arange(sets)[:, None]
    cut = np.stack([points[rows, own].mean(axis=1) for own in groups], axis=1)
    picks = np.stack([[rng.permutation(n)[:k] for _ in range(STARTS - 1)] for _ in range(sets)])
    centres = np.concatenate([cut[:, None], points[rows[:, None], picks]], axis=1)  # [B, starts, k, d]
    # float32 halves the time; the index needs no more
    points, centres = points.astype(np.float32), centres.astype(np.float32)
    counts = np.zeros((sets, STARTS, k), dtype=np.float32)
    moving, labels = np.arange(sets), np.full((sets, n, STARTS), -1, dtype=np.int8)
    for _ in range(ITERATIONS):
        own, old = points[moving], centres[moving]
        far = (old**2).sum(axis=3).reshape(len(moving), 1, -1) - 2 * own @ old.reshape(len(moving), -1, width).swapaxes(
            1, 2
        )
        found = far.reshape(len(moving), n, STARTS, k).argmin(axis=3).astype(np.int8)
        changed = (found != labels[moving]).any(axis=(1, 2))
        if not changed.any():
            break
        moving, own, old, found = moving[changed], own[changed], old[changed], found[changed]
        labels[moving] = found
        members = (found[..., None] == np.arange(k)).astype(np.float32).reshape(len(moving), n, -1)
        counts[moving] = members.sum(axis=1).reshape(len(moving), STARTS, k)
        sums = (members.swapaxes(1, 2) @ own).reshape(old.shape)
        held = counts[moving][..., None]
        # a cluster that lost all its points stays where it was
        centres[moving] = np.where(held > 0, sums / np.maximum(held, 1), old)
    between = (counts * (centres**2).sum(axis=3)).sum(axis=2).max(axis=1)
    return 1.0 - np.divide(between, total, out=np.full(sets, np.nan), where=total > 0)


def continuum_p(values: np.ndarray, k: int, seed: int, simulations: int = SIMULATIONS) -> float:
    """Test K clusters against one Gaussian of the same covariance.

    Parameters
    ----------
    values
        What was clustered, on the scale on which it was [n, d].
    k
        Number of clusters.
    seed
        Of the simulated data sets and the starts.
    simulations
        Number of data sets B drawn from the Gaussian.

    Returns
    -------
    float
        (1 + number with a cluster index as small as that of the data) / (B + 1): large where the clusters are cut-points on a
        continuum. NaN for one cluster, fewer patients than clusters, or no variance.
    """
    n = len(values)
    if k < 2 or n <= k or values.shape[1] == 0:
        return float("nan")
    from sklearn.covariance import ledoit_wolf

    rng = np.random.default_rng(seed)
    centred = values - values.mean(axis=0)
    variances, directions = np.linalg.eigh(ledoit_wolf(centred, assume_centered=True)[0])
    observed = cluster_index((centred @ directions[:, ::-1])[None], k, rng)[0]
    spread = np.sqrt(np.maximum(variances[::-1], 0.0))
    null: list[float] = []
    chunk = max(1, AT_ONCE // (n * STARTS * k))
    while len(null) < simulations:
        sets = min(chunk, simulations - len(null))
        null += cluster_index(rng.standard_normal((sets, n, len(spread))) * spread, k, rng).tolist()
    if not np.isfinite(observed):
        return float("nan")
    return float((1 + (np.array(null) <= observed).sum()) / (simulations + 1))
