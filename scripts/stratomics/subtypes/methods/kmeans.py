"""K-means, all restarts at once.

The restarts of one small problem are one matrix product per iteration instead of a loop of small ones, which makes the
hundreds of refits of a permutation test affordable.

References
----------
Lloyd (1982), IEEE Trans. Inf. Theory 28, 129-137. Arthur and Vassilvitskii (2007), SODA, 1027-1035 (k-means++).
"""

from __future__ import annotations

import numpy as np

from stratomics.arrays import Array

ARRAYS = {"centres": Array("float64", ("K", "l"), "centre of each cluster")}
MAX_ITERATIONS = 300


def seed_centres(z: np.ndarray, k: int, restarts: int, rng: np.random.Generator) -> np.ndarray:
    """Draw starting centres by k-means++.

    Parameters
    ----------
    z
        Points [n, l].
    k, restarts
        Centres per start, and number of starts.
    rng
        The source of chance.

    Returns
    -------
    numpy.ndarray
        Centres [restarts, k, l].
    """
    n = len(z)
    picks = np.empty((restarts, k), dtype=np.int64)
    picks[:, 0] = rng.integers(n, size=restarts)
    nearest = np.full((restarts, n), np.inf)
    for j in range(1, k):
        latest = z[picks[:, j - 1]]
        distance = (z**2).sum(axis=1) - 2.0 * latest @ z.T + (latest**2).sum(axis=1, keepdims=True)
        nearest = np.minimum(nearest, np.maximum(distance, 0.0))
        mass = np.cumsum(nearest, axis=1)
        target = rng.random(restarts) * mass[:, -1]
        picks[:, j] = np.minimum((mass <= target[:, None]).sum(axis=1), n - 1)
    return z[picks]


def nearest_centre(z: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest centre of every point, for every restart.

    Parameters
    ----------
    z
        Points [n, l].
    centres
        [restarts, k, l].

    Returns
    -------
    members : numpy.ndarray
        Whether a point belongs to a centre, bool [restarts, k, n]: to one of each restart, the first of those as near.
    distances : numpy.ndarray
        Squared Euclidean distance to it [restarts, n].
    """
    restarts, k, width = centres.shape
    flat = centres.reshape(restarts * k, width)
    # |z - c|^2 without |z|^2, which is the same for all centres.
    partial = (-2.0 * flat) @ z.T
    partial += (flat**2).sum(axis=1)[:, None]
    partial = partial.reshape(restarts, k, len(z))
    nearest = partial.min(axis=1)
    members = partial == nearest[:, None]  # the position of the minimum, point by point, takes far longer
    if np.count_nonzero(members) > nearest.size:
        members &= np.cumsum(members, axis=1) == 1
    return members, np.maximum(nearest + (z**2).sum(axis=1), 0.0)


def fit(z: np.ndarray, k: int, seed: int, restarts: int) -> dict[str, np.ndarray]:
    """Fit k-means and keep the restart of smallest inertia.

    Parameters
    ----------
    z
        Centred latents on one common scale [n, l].
    k
        Number of clusters.
    seed
        Of the starting centres.
    restarts
        Number of k-means++ starts.

    Returns
    -------
    dict
        ``centres`` [k, l].
    """
    centres = seed_centres(z, k, restarts, np.random.default_rng(np.random.SeedSequence([seed])))
    members, distances = nearest_centre(z, centres)
    inertia = distances.sum(axis=1)
    moving = np.arange(restarts)  # those that have not come to rest; most have after a few steps
    for _ in range(MAX_ITERATIONS):
        counts = np.count_nonzero(members, axis=2)
        sums = members.reshape(-1, len(z)).astype(np.float64) @ z
        moved = sums.reshape(len(moving), k, -1) / np.maximum(counts, 1)[:, :, None]
        for restart, empty in zip(*np.nonzero(counts == 0), strict=True):
            # an empty cluster starts anew at the point that is served worst
            worst = distances[restart].argmax()
            moved[restart, empty] = z[worst]
            distances[restart, worst] = 0.0
        previous = members
        members, distances = nearest_centre(z, moved)
        centres[moving], inertia[moving] = moved, distances.sum(axis=1)
        on = (members != previous).any(axis=(1, 2))
        if not on.any():
            break
        moving, members, distances = moving[on], members[on], distances[on]
    return {"centres": centres[inertia.argmin()]}


def assign(z: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Give each point the cluster of the nearest centre.

    Parameters
    ----------
    z
        Centred latents on one common scale [n, l].
    arrays
        What `fit` returned.

    Returns
    -------
    numpy.ndarray
        int64 [n], 0..k-1.
    """
    return nearest_centre(z, arrays["centres"][None])[0][0].argmax(axis=0)
