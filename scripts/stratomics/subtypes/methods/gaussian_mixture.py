"""A Gaussian mixture on the principal axes of the latents, all restarts at once.

Latents of an autoencoder are often near copies of one factor. On the latents themselves, diagonal covariances would count
that factor once per copy. Here the latents are first turned to their principal axes, of which the leading ones that hold
`VARIANCE_KEPT` of the variance stay; there a diagonal covariance per cluster fits, copies count once, and the noise in
the trailing axes is out.

Variances are estimated with a conjugate prior worth `PRIOR_PATIENTS` patients, centred at the variance of all patients
along the axis: without it the likelihood is unbounded at clusters of a few patients.

References
----------
Dempster, Laird and Rubin (1977), J. R. Stat. Soc. B 39, 1-38. Fraley and Raftery (2007), J. Classif. 24, 155-181.
Biernacki, Celeux and Govaert (2003), Comput. Stat. Data Anal. 41, 561-575 (short runs before the long one).
"""

from __future__ import annotations

import numpy as np

from stratomics.arrays import Array

from .kmeans import nearest_centre, seed_centres

ARRAYS = {
    "axes": Array("float64", ("l", "_d"), "the principal axes, as columns"),
    "weights": Array("float64", ("K",), "share of each cluster", low=0.0, high=1.0),
    "means": Array("float64", ("K", "_d"), "centre of each cluster along the axes"),
    "variances": Array("float64", ("K", "_d"), "variance of each cluster along the axes", positive=True),
}

VARIANCE_KEPT = 0.95
PRIOR_PATIENTS = 5.0
SHORT_ITERATIONS = 20
LONG_ITERATIONS = 500
PROMISING = 4
TOLERANCE = 1e-5  # per patient, of the log posterior


def principal_axes(z: np.ndarray) -> np.ndarray:
    """Return the leading axes that hold `VARIANCE_KEPT` of the variance of z [n, l], as columns [l, d]."""
    variance, axes = np.linalg.eigh(z.T @ z / len(z))
    variance, axes = variance[::-1], axes[:, ::-1]
    kept = int(np.searchsorted(np.cumsum(variance), VARIANCE_KEPT * variance.sum())) + 1
    axes = axes[:, :kept]
    # the sign of an eigenvector is arbitrary: make the largest entry positive
    return axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])


def log_density(x: np.ndarray, weights: np.ndarray, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Compute log(weight x density) of every point in every cluster.

    Parameters
    ----------
    x
        Points [n, d].
    weights, means, variances
        [R, k], [R, k, d], [R, k, d].

    Returns
    -------
    numpy.ndarray
        [n, R, k].
    """
    restarts, k, width = means.shape
    precision = 1.0 / variances
    constant = np.log(weights) - 0.5 * (
        width * np.log(2.0 * np.pi) + np.log(variances).sum(axis=2) + (means**2 * precision).sum(axis=2)
    )
    linear = x @ (means * precision).reshape(restarts * k, width).T
    square = x**2 @ precision.reshape(restarts * k, width).T
    return constant + (linear - 0.5 * square).reshape(len(x), restarts, k)


def maximise(x: np.ndarray, shares: np.ndarray, pooled: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimate weights, means and variances from the clusters' shares in each point (the M step).

    Parameters
    ----------
    x
        Points [n, d].
    shares
        [n, R, k], summing to 1 over k.
    pooled
        Variance of all points along each axis [d], the centre of the prior.

    Returns
    -------
    weights, means, variances
        [R, k], [R, k, d], [R, k, d].
    """
    n, restarts, k = shares.shape
    flat = shares.reshape(n, restarts * k).T
    mass = flat.sum(axis=1)[:, None] + 1e-10
    means = flat @ x / mass
    scatter = np.maximum(flat @ x**2 - mass * means**2, 0.0)
    variances = (scatter + PRIOR_PATIENTS * pooled) / (mass + PRIOR_PATIENTS)
    shape = (restarts, k, x.shape[1])
    weights = mass.reshape(restarts, k)
    return weights / weights.sum(axis=1, keepdims=True), means.reshape(shape), variances.reshape(shape)


def climb(
    x: np.ndarray, shares: np.ndarray, pooled: np.ndarray, iterations: int
) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Run expectation-maximisation from given shares.

    Parameters
    ----------
    x, shares, pooled
        As for `maximise`.
    iterations
        Most to do; fewer when no restart gains more than `TOLERANCE` per patient.

    Returns
    -------
    posterior, shares, parameters
        The log posterior of each restart [R] (never falls with more iterations), the shares [n, R, k], and what
        `maximise` returns.
    """
    previous = np.full(shares.shape[1], -np.inf)
    for _ in range(iterations):
        parameters = maximise(x, shares, pooled)
        _, _, variances = parameters
        joint = log_density(x, *parameters)
        top = joint.max(axis=2, keepdims=True)
        shares = np.exp(joint - top)
        total = shares.sum(axis=2, keepdims=True)
        shares /= total
        prior = -0.5 * PRIOR_PATIENTS * (np.log(variances) + pooled / variances).sum(axis=(1, 2))
        posterior = (np.log(total) + top).sum(axis=(0, 2)) + prior
        if np.all(posterior - previous < TOLERANCE * len(x)):
            break
        previous = posterior
    return posterior, shares, parameters


def one_hot(labels: np.ndarray, k: int) -> np.ndarray:
    """Turn labels [n, restarts] into indicators, float64 [n, restarts, k]."""
    return (labels[:, :, None] == np.arange(k)).astype(np.float64)


def fit(z: np.ndarray, k: int, seed: int, restarts: int) -> dict[str, np.ndarray]:
    """Fit the mixture and keep the restart of largest posterior.

    All restarts climb a few iterations, the most promising go on to the top (Biernacki et al. 2003).

    Parameters
    ----------
    z
        Centred latents on one common scale [n, l].
    k
        Number of clusters.
    seed
        Of the k-means++ starting centres.
    restarts
        Number of starts. Those that leave a cluster without a patient are set aside where another does not.

    Returns
    -------
    dict
        ``axes`` [l, d], ``weights`` [k], ``means`` [k, d], ``variances`` [k, d].
    """
    axes = principal_axes(z)
    x = z @ axes
    pooled = np.maximum(x.var(axis=0), 1e-12)

    def rank(posterior: np.ndarray, shares: np.ndarray) -> np.ndarray:
        full = one_hot(shares.argmax(axis=2), k).max(axis=0).min(axis=1) > 0
        return np.lexsort([-posterior, ~full])

    starts = seed_centres(x, k, restarts, np.random.default_rng(np.random.SeedSequence([seed])))
    members = np.ascontiguousarray(nearest_centre(x, starts)[0].transpose(2, 0, 1), dtype=np.float64)
    posterior, shares, _ = climb(x, members, pooled, SHORT_ITERATIONS)
    promising = rank(posterior, shares)[:PROMISING]
    posterior, shares, (weights, means, variances) = climb(x, shares[:, promising], pooled, LONG_ITERATIONS)
    best = rank(posterior, shares)[0]
    return {"axes": axes, "weights": weights[best], "means": means[best], "variances": variances[best]}


def assign(z: np.ndarray, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """Give each point its most probable cluster.

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
    one = {name: arrays[name][None] for name in ("weights", "means", "variances")}
    return log_density(z @ arrays["axes"], **one)[:, 0].argmax(axis=1)
