"""K-means, all restarts at once.

The restarts of one small problem are one matrix product per iteration instead of a loop of small ones, which makes the
hundreds of refits of a permutation test affordable.

References
----------
Lloyd (1982), IEEE Trans. Inf. Theory 28, 129-137. Arthur and Vassilvitskii (2007), SODA, 1027-1035 (k-means++).
"""

from __future__ import annotations

import numpy as np

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
    labels, distances
        int64 and squared Euclidean distances, both [n, restarts].
    """
    restarts, k, width = centres.shape
    flat = centres.reshape(restarts * k, width)
    # |z - c|^2 without |z|^2, which is the same for all centres
    partial = ((flat**2).sum(axis=1) - 2.0 * z @ flat.T).reshape(len(z), restarts, k)
    labels = partial.argmin(axis=2)
    distances = np.take_along_axis(partial, labels[:, :, None], axis=2)[:, :, 0] + (z**2).sum(axis=1)[:, None]
    return labels, np.maximum(distances, 0.0)


def one_hot(labels: np.ndarray, k: int) -> np.ndarray:
    """Turn labels [n, restarts] into indicators, float64 [n, restarts, k]."""
    return (labels[:, :, None] == np.arange(k)).astype(np.float64)


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
    labels, distances = nearest_centre(z, centres)
    for _ in range(MAX_ITERATIONS):
        members = one_hot(labels, k)
        counts = members.sum(axis=0)
        sums = (members.reshape(len(z), -1).T @ z).reshape(centres.shape)
        centres = sums / np.maximum(counts, 1.0)[:, :, None]
        for restart, empty in np.argwhere(counts == 0):
            # an empty cluster starts anew at the point that is served worst
            worst = distances[:, restart].argmax()
            centres[restart, empty] = z[worst]
            distances[worst, restart] = 0.0
        previous = labels
        labels, distances = nearest_centre(z, centres)
        if np.array_equal(labels, previous):
            break
    return {"centres": centres[distances.sum(axis=0).argmin()]}


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
    return nearest_centre(z, arrays["centres"][None])[0][:, 0]
