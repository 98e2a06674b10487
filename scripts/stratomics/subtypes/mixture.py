"""The likelihood of a Gaussian mixture with one covariance for all clusters, in few and cheap steps.

A permutation test of the whole chain fits such mixtures tens of thousands of times to a few hundred points in a few
dimensions, where the checks and copies of a general implementation take most of the time.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

MAX_STEPS = 200
#: Stop when the mean log likelihood of a point moves by less than this (the rule and the value of scikit-learn).
TOLERANCE = 1e-3


def tied_mixture_loglik(points: np.ndarray, labels: np.ndarray, k: int, ridge: float) -> float:
    """Fit a mixture of Gaussians that share one covariance, by expectation-maximisation from given clusters.

    Parameters
    ----------
    points
        Float64 [n, d].
    labels
        The clusters to start from, int [n] in 0..k-1, none empty.
    k
        Number of components.
    ridge
        Added to the diagonal of the covariance.

    Returns
    -------
    float
        Log likelihood of all points under the fitted mixture.

    References
    ----------
    Dempster, Laird and Rubin (1977), J. R. Stat. Soc. B 39, 1-38. Equal to
    ``sklearn.mixture.GaussianMixture(covariance_type="tied")`` started from the same centres.
    """
    n, d = points.shape
    eye = ridge * np.eye(d)
    second_moment = points.T @ points
    counts = np.bincount(labels, minlength=k).astype(np.float64)
    members = (labels[:, None] == np.arange(k)).astype(np.float64)
    centres = members.T @ points / counts[:, None]
    within = points - centres[labels]
    weights, covariance = counts / n, within.T @ within / n + eye

    def expectation() -> tuple[float, np.ndarray]:
        """Return the mean log likelihood of a point, and the share of each component in each point."""
        root, _ = dtrtri(dpotrf(covariance, lower=1)[0], lower=1)
        precision = root.T @ root
        pull = centres @ precision
        # What all components share of a point's density, its own square, is left to the mean.
        joint = points @ pull.T
        joint += np.log(weights) - 0.5 * (pull * centres).sum(axis=1)
        largest = joint.max(axis=1, keepdims=True)
        joint -= largest
        share = np.exp(joint, out=joint)
        total = share.sum(axis=1, keepdims=True)
        share /= total
        shared = (
            np.log(np.diag(root)).sum() - 0.5 * d * np.log(2.0 * np.pi) - 0.5 * (precision * second_moment).sum() / n
        )
        return float(shared + (largest + np.log(total)).mean()), share

    previous = -np.inf
    for _ in range(MAX_STEPS):
        level, share = expectation()
        counts = share.sum(axis=0) + 10.0 * np.finfo(np.float64).eps
        centres = share.T @ points / counts[:, None]
        covariance = (second_moment - (counts * centres.T) @ centres) / counts.sum() + eye
        weights = counts / counts.sum()
        if abs(level - previous) < TOLERANCE:
            break
        previous = level
    return n * expectation()[0]
