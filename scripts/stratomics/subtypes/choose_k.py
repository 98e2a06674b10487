"""How many subtypes: separation of the clusters, among those large enough, where it says anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.catalogue import SMALLEST
from stratomics.errors import DataError

from .mixture import tied_mixture_loglik

CRITERIA = ("mixture_bic", "silhouette", "calinski_harabasz")
#: A larger K must gain more than this in `mixture_bic`: "very strong" evidence (Kass and Raftery 1995, J. Am. Stat. Assoc.
#: 90, 773-795). Without it the folds of real cohorts disagree about K more than they need to.
BIC_MARGIN = 10.0
ROWS_AT_ONCE = 1024  # bounds the distances held in memory


def silhouettes(z: np.ndarray, labellings: Sequence[np.ndarray]) -> np.ndarray:
    """Compute the mean silhouette width (Euclidean) of several labellings of the same points.

    Parameters
    ----------
    z
        Points [n, l].
    labellings
        Each int [n], 0..k-1 with its own k. A point alone in its cluster has silhouette 0.

    Returns
    -------
    numpy.ndarray
        One value in [-1, 1] per labelling; NaN for fewer than two non-empty clusters.

    References
    ----------
    Rousseeuw (1987), J. Comput. Appl. Math. 20, 53-65.
    """
    members = [(labels[:, None] == np.unique(labels)).astype(np.float64) for labels in labellings]
    edges = np.cumsum([0, *(one.shape[1] for one in members)])
    stacked = np.concatenate(members, axis=1)
    norms = (z**2).sum(axis=1)
    sums = np.empty_like(stacked)
    for start in range(0, len(z), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        squared = norms[rows, None] - 2.0 * z[rows] @ z.T + norms
        distances = np.sqrt(np.maximum(squared, 0.0))
        distances[np.arange(len(distances)), np.arange(start, start + len(distances))] = 0.0
        sums[rows] = distances @ stacked

    widths = np.full(len(members), np.nan)
    for i, one in enumerate(members):
        if one.shape[1] < 2:
            continue
        to_cluster, counts = sums[:, edges[i] : edges[i + 1]], one.sum(axis=0)
        own = one.astype(bool)
        alone = counts[own.argmax(axis=1)] == 1
        within = to_cluster[own] / np.maximum(counts[own.argmax(axis=1)] - 1, 1)
        nearest = np.where(own, np.inf, to_cluster / counts).min(axis=1)
        largest = np.maximum(within, nearest)
        width = np.divide(nearest - within, largest, out=np.zeros(len(z)), where=largest > 0)
        widths[i] = np.where(alone, 0.0, width).mean()
    return widths


def calinski_harabasz(z: np.ndarray, labels: np.ndarray) -> float:
    """Compute the ratio of the variance between clusters to that within.

    Parameters
    ----------
    z
        Points [n, l].
    labels
        Int [n].

    Returns
    -------
    float
        NaN for fewer than two clusters or as many as points.

    References
    ----------
    Calinski and Harabasz (1974), Commun. Stat. 3, 1-27.
    """
    members = (labels[:, None] == np.unique(labels)).astype(np.float64)
    n, k = members.shape
    if k < 2 or k >= n:
        return float("nan")
    counts = members.sum(axis=0)
    centres = members.T @ z / counts[:, None]
    between = float((counts * ((centres - z.mean(axis=0)) ** 2).sum(axis=1)).sum())
    within = float(((z - members @ centres) ** 2).sum())
    return (between / (k - 1)) / (within / (n - k)) if within > 0 else float("inf")


def mixture_bic(z: np.ndarray, labellings: Mapping[int, np.ndarray]) -> dict[int, float]:
    """Compute the Bayesian information criterion of a Gaussian mixture for each number of clusters.

    All clusters share one covariance, and only the leading principal axes are looked at, one fewer than the largest K:
    that many axes can hold the centres of any K tried, and the noise of the other axes is out. Expectation-maximisation
    starts at the centres of the given clusters.

    Parameters
    ----------
    z
        Points [n, l].
    labellings
        For each K its labels, int [n] in 0..K-1.

    Returns
    -------
    dict of float
        By K: 2 log likelihood - parameters x log n; larger is better. NaN where a cluster is empty.

    References
    ----------
    Schwarz (1978), Ann. Stat. 6, 461-464, with the sign of Fraley and Raftery (2002), J. Am. Stat. Assoc. 97, 611-631,
    whose model EEE this is.

    Notes
    -----
    The silhouette prefers K = 2 wherever subtypes form a chain from low to high risk, which Cox selection favours.
    """
    z = z - z.mean(axis=0)
    axes = np.linalg.svd(z, full_matrices=False)[2][: max(max(labellings) - 1, 1)]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    points = z @ axes.T
    spread = float(points.var(axis=0).mean())
    found = {}
    for k, labels in labellings.items():
        if np.bincount(labels, minlength=k).min() == 0:
            found[k] = float("nan")
            continue
        loglik = tied_mixture_loglik(points, labels, k, 1e-3 * spread)
        d = points.shape[1]
        parameters = k * d + d * (d + 1) / 2 + k - 1
        found[k] = 2.0 * loglik - parameters * np.log(len(points))
    return found


def candidate_ks(settings: Mapping[str, Any], distinct: int) -> list[int]:
    """Return the numbers of subtypes to try.

    Parameters
    ----------
    settings
        ``n_subtypes`` (``auto`` or a number) and ``range`` (smallest and largest, for ``auto``).
    distinct
        How many patients differ from each other; each cluster needs at least one.

    Returns
    -------
    list of int

    Raises
    ------
    DataError
        When there are too few patients for any.
    """
    if settings["n_subtypes"] == "auto":
        low, high = settings["range"]
        where = f"subtypes.range: [{low}, {high}]"
    else:
        low = high = int(settings["n_subtypes"])
        where = f"subtypes.n_subtypes: {low}"
    # as many clusters as patients have no silhouette
    ks = list(range(int(low), min(int(high), distinct - 1) + 1))
    if not ks:
        raise DataError(
            f"{where} cannot be met: the training patients have {distinct} different profiles of prognostic latents, and "
            f"more than {low} are needed. Lower it, or add patients."
        )
    return ks


def judge(z: np.ndarray, labellings: Mapping[int, np.ndarray], criteria: Sequence[str]) -> dict[str, np.ndarray]:
    """Compute criteria of several labellings.

    Parameters
    ----------
    z
        Centred latents on one common scale [n, l].
    labellings
        For each K its labels, int [n] in 0..K-1.
    criteria
        Some of `CRITERIA`.

    Returns
    -------
    dict of numpy.ndarray
        By criterion, one value per K in rising order; larger is better for all.
    """
    ks = sorted(labellings)
    values = {}
    if "mixture_bic" in criteria:
        bic = mixture_bic(z, labellings)
        values["mixture_bic"] = np.array([bic[k] for k in ks])
    if "silhouette" in criteria:
        values["silhouette"] = silhouettes(z, [labellings[k] for k in ks])
    if "calinski_harabasz" in criteria:
        values["calinski_harabasz"] = np.array([calinski_harabasz(z, labellings[k]) for k in ks])
    return values


def pick_k(share: np.ndarray, values: np.ndarray, settings: Mapping[str, Any]) -> int:
    """Return the position of the K to take.

    Parameters
    ----------
    share
        Share of the patients in the smallest cluster, for each K in rising order.
    values
        The criterion of the settings for each K, larger is better; not looked at for `SMALLEST`.
    settings
        ``n_subtypes``, ``criterion``, ``min_share``.

    Returns
    -------
    int
        See `choose_k` for the rule.
    """
    eligible = share >= float(settings["min_share"])
    if settings["n_subtypes"] != "auto":
        return 0
    if not eligible.any():
        return int(share.argmax())
    if settings["criterion"] == SMALLEST:
        return int(eligible.argmax())
    usable = np.where(eligible & ~np.isnan(values), values, -np.inf)
    margin = BIC_MARGIN if settings["criterion"] == "mixture_bic" else 0.0
    return int((usable >= usable.max() - margin).argmax())


def smallest_shares(labellings: Mapping[int, np.ndarray]) -> np.ndarray:
    """Return the share of the patients in the smallest cluster, for each K in rising order."""
    return np.array([np.bincount(labels, minlength=k).min() / len(labels) for k, labels in sorted(labellings.items())])


def choose_k(z: np.ndarray, labellings: Mapping[int, np.ndarray], settings: Mapping[str, Any]) -> pd.DataFrame:
    """Judge the labellings and mark the chosen one.

    Among those whose smallest cluster holds at least ``min_share`` of the patients the largest criterion wins, the
    smaller K on a tie; differences of `mixture_bic` up to `BIC_MARGIN` count as ties. Where none is large enough, the K
    whose smallest cluster is largest is taken.

    Parameters
    ----------
    z
        Centred latents on one common scale of the training patients [n, l].
    labellings
        For each K its labels, int [n] in 0..K-1.
    settings
        ``n_subtypes``, ``criterion`` (one of `CRITERIA`; larger is better for all; or `SMALLEST`), ``min_share``.

    Returns
    -------
    pandas.DataFrame
        One row per K: ``k``, ``mixture_bic``, ``silhouette``, ``calinski_harabasz``, ``smallest_share``, ``eligible``, ``chosen``,
        ``reason``.
    """
    ks = sorted(labellings)
    share = smallest_shares(labellings)
    values = judge(z, labellings, CRITERIA)
    table = pd.DataFrame(
        {"k": ks, **values, "smallest_share": share, "eligible": share >= float(settings["min_share"])}
    )
    criterion, unused = settings["criterion"], np.zeros(len(ks))
    eligible = table["eligible"].to_numpy()
    best = pick_k(share, values.get(criterion, unused), settings)
    small = f"smallest cluster below {float(settings['min_share']):.3g} of the patients"
    other = "not the smallest" if criterion == SMALLEST else f"{criterion} not the largest"
    reason = np.where(eligible, other, small).astype(object)
    if settings["n_subtypes"] != "auto":
        reason[best] = "fixed by n_subtypes" + ("" if eligible[best] else f", although {small}")
    elif eligible.any() and criterion == SMALLEST:
        reason[best] = "smallest of the eligible: gaps between latents that saw survival are made by training"
    elif eligible.any():
        largest = np.where(eligible, np.nan_to_num(values[criterion], nan=-np.inf), -np.inf).argmax()
        close = f", or within {BIC_MARGIN:g} of it," if best != largest else ""
        reason[best] = f"largest {criterion}{close} of the eligible"
    else:
        reason[best] = f"fallback: for every K the {small}; here it is largest"
    table["chosen"] = np.arange(len(ks)) == best
    table["reason"] = reason
    return table
