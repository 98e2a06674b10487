"""The risk that latents tell: a ridge Cox model, or what their networks say of survival, or both; in late fusion by omics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stratomics.embedding.told import Told
from stratomics.subtypes.select import DEAD_SHARE
from stratomics.survival.averaging import centred, learn_shares, mean_of_those_there
from stratomics.survival.penalty import inner_folds, tuned_ridge
from stratomics.survival.stacking import stack

#: What the penalty allows the log hazard to vary over patients (variance, before the data are seen), strictest first.
VARIANCES = np.logspace(-2, 0, 5)
#: In the cross-validation a fit may stop this far (in deviations) from its maximum.
COARSE = 1e-1


@dataclass(frozen=True)
class LinearRisk:
    """A risk that is linear in the latents; in late fusion, of the patients who have every omics.

    Parameters
    ----------
    coef
        Log hazard per standard deviation of each latent [L], the share of its omics included.
    mean, scale
        Of the latents among the training patients (in late fusion those who have the omics) [L]; the scale of a latent that hardly
        varies is infinite.
    owner
        In late fusion the omics of each latent, int64 [L]; zeros where all latents are of all omics.
    shares
        How much the risk of each omics counts in their mean, summing to 1 [V]; 1 where the omics meet in the networks.
    omics
        In late fusion the names of the omics [V]; empty where they meet in the networks.
    """

    coef: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    owner: np.ndarray
    shares: np.ndarray
    omics: tuple[str, ...]

    def log_hazard(self, latents: np.ndarray) -> np.ndarray:
        """Return the log hazard of patients, [n, L] -> [n]; 0 for the average training patient.

        In late fusion it is the mean over the omics that a patient has: where all latents of an omics are 0, which is how its
        networks encode patients who lack it, the shares of the others are raised to sum to 1.
        """
        values = np.asarray(latents, dtype=np.float64)
        z: np.ndarray = (values - self.mean) / self.scale
        if not self.omics:
            return z @ self.coef
        columns = [self.owner == v for v in range(len(self.shares))]
        parts = [z[:, own] @ self.coef[own] for own in columns]
        return mean_of_those_there(parts, there(values, columns), self.shares)


def there(latents: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    """Tell who has which omics, bool [n, V], by the latents of each: those of an omics that a patient lacks are all 0."""
    return np.stack([latents[:, own].any(axis=1) for own in columns], axis=1)


@dataclass(frozen=True)
class LatentRisk(LinearRisk):
    """The risk that was learned from training patients.

    Parameters
    ----------
    apart
        Log hazard of each training patient by models that were fitted without the patient [n], of mean 0; zeros with too few
        events for inner folds.
    variance, weights, converged
        As in `stratomics.chain.risk.RiskModel`.
    """

    apart: np.ndarray
    variance: np.ndarray
    weights: np.ndarray
    converged: bool


def latent_risk(
    latents: np.ndarray, time: np.ndarray, event: np.ndarray, seed: int, told: Told | None = None, late: str = ""
) -> LatentRisk:
    """Learn a risk from the latents of training patients.

    Parameters
    ----------
    latents
        All latents [n, L], selected or not: the penalty, not a threshold, says what each may add.
    time, event
        Their follow-up [n]; at least one event.
    seed
        Of the inner folds.
    told
        What the networks say of survival with the first latents; None where they do not look at it. What they say is taken as it
        is, since a model of latents that know the survival of these patients would believe every one of them. The other latents
        have a ridge Cox model of their own, and the two are weighed by what they say of patients they did not know. In late fusion
        all this is done for each omics, on the patients who have it, and the risks of the omics are combined by `late`.
    late
        In late fusion a key of `stratomics.survival.averaging.RULES`.

    Returns
    -------
    LatentRisk
        The penalty of a ridge is that of the largest cross-validated partial likelihood among the training patients (the
        strictest when there are too few events for inner folds).

    References
    ----------
    Verweij & van Houwelingen 1994, Stat. Med. 13, 2427-2436 (ridge Cox, cross-validated likelihood).
    """
    values = np.asarray(latents, dtype=np.float64)
    if told is None or not told.late:
        return _one_risk(values, time, event, seed, told)
    parts = told.of_omics()
    columns = [own for own, _ in parts]
    has = there(values, columns)
    learned = [
        _one_risk(values[np.ix_(rows, own)], time[rows], event[rows], seed, heard and heard.among(rows))
        for rows, (own, heard) in zip(has.T, parts, strict=True)
    ]
    fitted = [
        _spread(one.log_hazard(values[np.ix_(rows, own)]), rows)
        for one, rows, own in zip(learned, has.T, columns, strict=True)
    ]
    apart = [_spread(one.apart, rows) for one, rows in zip(learned, has.T, strict=True)]
    shares = learn_shares(late, apart, has, time, event)

    def mean_of(risks: list[np.ndarray]) -> np.ndarray:
        parts = [share * centred(one, rows) for share, one, rows in zip(shares, risks, has.T, strict=True)]
        return mean_of_those_there(parts, has, shares)

    # The mean is calibrated: what several omics say alike is as good as said once, what they say apart is not halved.
    _, (slope,), together = stack([mean_of(fitted)], [mean_of(apart)], time, event)
    coef, mean, scale = (np.zeros(values.shape[1]) for _ in range(3))
    for own, one, share in zip(columns, learned, shares, strict=True):
        coef[own], mean[own], scale[own] = slope * share * one.coef, one.mean, one.scale
    return LatentRisk(
        *(coef, mean, scale, told.owner, shares, told.omics, together),
        variance=np.concatenate([one.variance for one in learned]),
        weights=np.stack([one.weights for one in learned]),
        converged=all(one.converged for one in learned),
    )


def _one_risk(values: np.ndarray, time: np.ndarray, event: np.ndarray, seed: int, told: Told | None) -> LatentRisk:
    """Learn a risk from latents of one omics, or of all omics that met in the networks; see `latent_risk`."""
    mean, spread = values.mean(axis=0), values.std(axis=0)
    dead = spread <= DEAD_SHARE * spread.max(initial=0.0)
    scale = np.where(dead, np.inf, spread)
    z, width = (values - mean) / scale, 0 if told is None else len(told.coef)
    coef, risks, apart = np.zeros(len(mean)), [], []
    variance, converged, columns = np.array([np.nan]), True, []
    if told is not None:
        coef[:width] = np.where(dead[:width], 0.0, told.coef * spread[:width])
        risks, apart, columns = [z[:, :width] @ coef[:width]], [told.apart], [slice(0, width)]
    if width < len(mean):
        unseen = np.zeros(len(z))
        if event.any():
            # The log hazard of a patient varies by the sum over latents of coefficient squared.
            penalties = max(int((~dead[width:]).sum()), 1) / VARIANCES
            folds = inner_folds(time, event, seed)
            path, best, found = tuned_ridge(z[:, width:], time, event, penalties, folds, coarse=COARSE)
            coef[width:] = path.coef[best]
            variance, converged = VARIANCES[[best]], bool(path.converged[best])
            unseen = unseen if found is None else found
        risks.append(z[:, width:] @ coef[width:])
        apart.append(unseen)
        columns.append(slice(width, len(mean)))
    linear = coef, mean, scale, np.zeros(len(mean), dtype=np.int64), np.ones(1), ()
    if told is None:
        return LatentRisk(*linear, apart[0], variance, np.zeros(0), converged)
    weights, factors, together = stack(risks, apart, time, event)
    for own, factor in zip(columns, factors, strict=True):
        coef[own] *= factor
    return LatentRisk(*linear, together, variance, weights, converged)


def _spread(risk: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Give the risk of some patients its places among all; 0 for the others."""
    found = np.zeros(len(rows))
    found[rows] = risk
    return found
