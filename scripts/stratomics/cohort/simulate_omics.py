"""Simulated omics: what each patient expresses, and how each kind of assay would measure it.

All omics share one latent Gaussian model. Markers of a subtype come in correlated modules, severity has its own module,
and continuous factors without any link to survival (composition of the sample, immune infiltration, ...) explain more
variance than the subtypes do. The assay then turns the latent values into heavy-tailed expression, counts or proportions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

MARKER_SHARE = 0.25  # of the features of each omics, shifted in one subtype
MODULE_SIZE = 25  # features that go up and down together
SHIFT = 3.2  # of a module in its subtype, in units of the noise of a feature
MODULE_NOISE = 0.35  # what the features of a module share beyond the subtype
SEVERITY_SHARE = 0.1  # of the features, following the severity within the subtypes
NUISANCE_LOADING = 0.25  # standard deviation of a loading; each factor reaches every second feature
SHARED_NUISANCE = 2  # factors seen by all omics, beside purity
OWN_NUISANCE = 1  # factors of each omics alone


@dataclass(frozen=True)
class PatientState:
    """What is true of the patients and shows in every omics.

    Parameters
    ----------
    profile
        How much of each subtype a patient expresses, rows summing to 1, float [n, subtypes]. Tumours are mixed, so a few
        patients look more like another subtype than their own.
    severity
        Gradient within the subtypes, float [n], mean 0 and variance 1.
    nuisance
        Purity, then the other shared factors without a link to survival, float [n, 1 + SHARED_NUISANCE].
    second_sequencer
        Measured on the second machine, bool [n].
    """

    profile: np.ndarray
    severity: np.ndarray
    nuisance: np.ndarray
    second_sequencer: np.ndarray


def latent_expression(
    state: PatientState, n_features: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the latent Gaussian values of one omics.

    Parameters
    ----------
    state
        The patients.
    n_features
        Width of the omics.
    rng
        Source of randomness.

    Returns
    -------
    latent : ndarray of shape (n, n_features)
        Noise of variance 1 (Student, 5 degrees of freedom) plus modules, severity and nuisance.
    marker_of : ndarray of shape (n_features,)
        Subtype (1, 2, ...) that a feature marks, 0 where none.
    follows_severity : ndarray of shape (n_features,)
        Whether it belongs to the severity module.
    """
    n, n_subtypes = state.profile.shape
    order = rng.permutation(n_features)
    n_markers = round(MARKER_SHARE * n_features)
    markers, severe = order[:n_markers], order[n_markers : n_markers + round(SEVERITY_SHARE * n_features)]
    marker_of = np.zeros(n_features, dtype=np.int64)

    latent = rng.standard_t(5, size=(n, n_features)) * np.sqrt(3 / 5)
    n_modules = max(n_subtypes, round(n_markers / MODULE_SIZE))
    for module, features in enumerate(np.array_split(markers, n_modules)):
        target = module % n_subtypes
        marker_of[features] = target + 1
        activity = SHIFT * state.profile[:, target] + MODULE_NOISE * rng.standard_normal(n)
        loading = rng.uniform(0.5, 1.5, len(features)) * rng.choice([1.0, -1.0], len(features), p=[0.7, 0.3])
        latent[:, features] += np.outer(activity, loading)
    latent[:, severe] += np.outer(state.severity, rng.uniform(0.4, 1.0, len(severe)))

    factors = np.column_stack([state.nuisance, rng.standard_normal((n, OWN_NUISANCE))])
    loadings = rng.normal(0.0, NUISANCE_LOADING, (factors.shape[1], n_features))
    loadings *= rng.random(loadings.shape) < 0.5
    # Purity dilutes the tumour: its loadings have one sign in most features.
    loadings[0] = np.where(rng.random(n_features) < 0.8, 1.0, -1.0) * np.abs(loadings[0])
    return latent + factors @ loadings, marker_of, np.isin(np.arange(n_features), severe)


def as_log_normal(latent: np.ndarray, state: PatientState, rng: np.random.Generator, batch_effect: float) -> np.ndarray:
    """Measure expression such as RSEM or TPM: log-normal per gene, silent below a threshold, with outliers.

    Parameters
    ----------
    latent
        Patients x features.
    state
        Unused: the assay has one batch.
    rng
        Source of randomness.
    batch_effect
        Unused.

    Returns
    -------
    ndarray of shape (n, p)
        At least 0, two decimals.
    """
    n, p = latent.shape
    level = rng.normal(7.0, 2.0, p)
    spread = rng.uniform(0.4, 1.2, p)
    outlier = 3.0 * rng.exponential(1.0, (n, p)) * (rng.random((n, p)) < 0.003)
    values = np.exp2(level + spread * latent + outlier)
    return np.round(np.where(values < 1.0, 0.0, values), 2)


def as_counts(latent: np.ndarray, state: PatientState, rng: np.random.Generator, batch_effect: float) -> np.ndarray:
    """Sequence small RNAs: negative binomial reads over a random depth, in reads per million.

    Parameters
    ----------
    latent
        Patients x features.
    state
        Tells the sequencer of each patient.
    rng
        Source of randomness.
    batch_effect
        Standard deviation, over features, of the shift (log2) between the two sequencers.

    Returns
    -------
    ndarray of shape (n, p)
        At least 0, four decimals; about one feature in twelve is never seen.
    """
    n, p = latent.shape
    level = rng.normal(5.0, 3.0, p)
    spread = rng.uniform(0.5, 1.2, p)
    shift = np.outer(state.second_sequencer, rng.normal(0.0, batch_effect, p))
    million_reads = rng.lognormal(0.5, 0.4, (n, 1))
    mean = np.exp2(level + spread * latent + shift) * million_reads
    mean[:, rng.random(p) < 1 / 12] = 0.0
    dispersion = 8.0  # the variance of a count is mean + mean^2 / dispersion
    # Above this a Poisson draw changes nothing that is kept, and the generator would overflow at 2^63.
    reads = rng.poisson(np.minimum(mean * rng.gamma(dispersion, 1 / dispersion, (n, p)), 1e12))
    return np.round(reads / million_reads, 4)


def as_beta(latent: np.ndarray, state: PatientState, rng: np.random.Generator, batch_effect: float) -> np.ndarray:
    """Measure methylation: proportions, most features near 0 or near 1.

    Parameters
    ----------
    latent
        Patients x features.
    state
        Unused: the assay has one batch.
    rng
        Source of randomness.
    batch_effect
        Unused.

    Returns
    -------
    ndarray of shape (n, p)
        In (0, 1), four decimals.
    """
    p = latent.shape[1]
    middle = np.where(rng.random(p) < 0.6, rng.normal(-2.0, 0.8, p), rng.normal(1.5, 0.8, p))
    return np.round(np.clip(expit(middle + rng.uniform(0.3, 0.8, p) * latent), 0.001, 0.999), 4)


ASSAYS: dict[str, Callable[[np.ndarray, PatientState, np.random.Generator, float], np.ndarray]] = {
    "log_normal": as_log_normal,
    "counts": as_counts,
    "beta": as_beta,
}

#: What preprocessing should apply to each kind of values.
TRANSFORMS = {"log_normal": "log2p1", "counts": "log2p1", "beta": "none"}


def simulate_omics(
    name: str, n_features: int, values: str, state: PatientState, rng: np.random.Generator, batch_effect: float
) -> tuple[np.ndarray, pd.DataFrame]:
    """Simulate one omics without missing values.

    Parameters
    ----------
    name
        Prefix of the feature names.
    n_features
        Width.
    values
        ``log_normal``, ``counts`` or ``beta``.
    state
        The patients.
    rng
        Source of randomness.
    batch_effect
        Size of the shift between the two sequencers (``counts`` only).

    Returns
    -------
    measured : ndarray of shape (n, n_features)
    features : DataFrame
        omics, feature, marker_of (0 = none), follows_severity, constant.
    """
    latent, marker_of, follows_severity = latent_expression(state, n_features, rng)
    measured = ASSAYS[values](latent, state, rng, batch_effect)
    constant = rng.choice(n_features, size=min(n_features // 50, 10), replace=False)
    measured[:, constant] = measured[:, constant].min(axis=0)
    features = pd.DataFrame(
        {
            "omics": name,
            "feature": [f"{name}_{j:04d}" for j in range(1, n_features + 1)],
            "marker_of": marker_of,
            "follows_severity": follows_severity,
            "constant": (measured == measured[0]).all(axis=0),
        }
    )
    return measured, features
