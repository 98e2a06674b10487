"""The continuous risk of an embedding: a ridge Cox model on all its latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.told import Told
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel
from stratomics.subtypes.select import DEAD_SHARE, default_names
from stratomics.survival.penalty import inner_folds, tuned_ridge
from stratomics.survival.predicted import breslow_survival, subtype_survival
from stratomics.survival.stacking import stack
from stratomics.tables import stack_splits

#: What the penalty allows the log hazard to vary over patients (variance, before the data are seen), strictest first.
VARIANCES = np.logspace(-2, 0, 5)
#: In the cross-validation a fit may stop this far (in deviations) from its maximum.
COARSE = 1e-1


@dataclass(frozen=True)
class RiskModel:
    """How a patient's risk is told.

    Parameters
    ----------
    method
        ``ridge_cox`` (from the latents) or ``subtype`` (from the probabilities of the subtypes).
    coef
        Log hazard per standard deviation of each latent [L]; zeros for ``subtype``.
    mean, scale
        Of the latents among the training patients [L].
    log_risk
        Log of observed over expected events of each subtype among the training patients [K].
    cuts
        Where the risk is cut into as many groups of equal size as there are subtypes, rising [K - 1]: quantiles of the
        risk that the training patients get from models fitted without them. Empty for ``subtype``.
    variance
        What the penalty allows the log hazard to vary; NaN for ``subtype`` and where no ridge took part.
    weights
        What the networks themselves say of survival and the ridge Cox model of the other latents count, per standard deviation of
        their risk [2]; empty where only one of them is there.
    converged
        Whether the Cox model has reached its maximum.
    """

    method: str
    coef: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    log_risk: np.ndarray
    cuts: np.ndarray
    variance: float
    weights: np.ndarray
    converged: bool = True

    def risk(self, latents: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
        """Tell the risk of patients.

        Parameters
        ----------
        latents
            All latents [n, L].
        probabilities
            Of the subtypes [n, K].

        Returns
        -------
        numpy.ndarray
            Log relative hazard [n]; higher means shorter survival. For ``ridge_cox`` 0 is the average training patient.
        """
        if self.method == "subtype":
            return probabilities @ self.log_risk
        return ((np.asarray(latents, dtype=np.float64) - self.mean) / self.scale) @ self.coef

    def groups(self, risk: np.ndarray) -> np.ndarray | None:
        """Cut risks [n] into groups 1 (lowest) to K, int64 [n]; None where there are no cuts to make."""
        return None if self.method == "subtype" else 1 + np.searchsorted(self.cuts, risk, side="right")

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the model apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {name: getattr(self, name) for name in ("coef", "mean", "scale", "log_risk", "cuts", "weights")}
        return arrays, {"method": self.method, "variance": self.variance, "converged": self.converged}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> RiskModel:
        """Put a model together again from what `to_arrays` gave."""
        return cls(**cast(dict[str, Any], arrays), **meta)


def risk_seed(seed: int, split: str) -> int:
    """Return the seed of the inner folds of one split."""
    return derive_seed(seed, "fit_risk", split)


@dataclass(frozen=True)
class LatentRisk:
    """A risk that is linear in the latents.

    Parameters
    ----------
    coef
        Log hazard per standard deviation of each latent [L].
    mean, scale
        Of the latents among the training patients [L]; the scale of a latent that hardly varies is infinite.
    apart
        Log hazard of each training patient by models that were fitted without the patient [n], of mean 0; zeros with too few
        events for inner folds.
    variance, weights, converged
        As in `RiskModel`.
    """

    coef: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    apart: np.ndarray
    variance: float
    weights: np.ndarray
    converged: bool

    def risk(self, latents: np.ndarray) -> np.ndarray:
        """Return the log hazard of patients, [n, L] -> [n]; 0 for the average training patient."""
        return ((np.asarray(latents, dtype=np.float64) - self.mean) / self.scale) @ self.coef


def latent_risk(
    latents: np.ndarray, time: np.ndarray, event: np.ndarray, seed: int, told: Told | None = None
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
        have a ridge Cox model of their own, and the two are weighed by what they say of patients they did not know.

    Returns
    -------
    LatentRisk
        The penalty of the ridge is that of the largest cross-validated partial likelihood among the training patients (the
        strictest when there are too few events for inner folds).

    References
    ----------
    Verweij & van Houwelingen 1994, Stat. Med. 13, 2427-2436 (ridge Cox, cross-validated likelihood).
    """
    values = np.asarray(latents, dtype=np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    dead = spread <= DEAD_SHARE * spread.max(initial=0.0)
    scale = np.where(dead, np.inf, spread)
    z, width = (values - mean) / scale, 0 if told is None else len(told.coef)
    coef, risks, apart = np.zeros(len(mean)), [], []
    variance, converged, columns = float("nan"), True, []
    if told is not None:
        coef[:width] = np.where(dead[:width], 0.0, told.coef * spread[:width])
        risks, apart, columns = [z[:, :width] @ coef[:width]], [told.apart], [slice(0, width)]
    if width < len(mean):
        # The log hazard of a patient varies by the sum over latents of coefficient squared.
        penalties = max(int((~dead[width:]).sum()), 1) / VARIANCES
        folds = inner_folds(time, event, seed)
        path, best, unseen = tuned_ridge(z[:, width:], time, event, penalties, folds, coarse=COARSE)
        coef[width:] = path.coef[best]
        variance, converged = float(VARIANCES[best]), bool(path.converged[best])
        risks.append(z[:, width:] @ coef[width:])
        apart.append(np.zeros(len(z)) if unseen is None else unseen)
        columns.append(slice(width, len(mean)))
    if told is None:
        return LatentRisk(coef, mean, scale, apart[0], variance, np.zeros(0), converged)
    weights, factors, together = stack(risks, apart, time, event)
    for own, factor in zip(columns, factors, strict=True):
        coef[own] *= factor
    return LatentRisk(coef, mean, scale, together, variance, weights, converged)


def fit_risk(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    subtypes: SubtypeModel,
    settings: Mapping[str, Any],
    seed: int,
    told: Told | None = None,
) -> RiskModel:
    """Fit the risk on training patients.

    Parameters
    ----------
    latents, time, event, seed, told
        As for `latent_risk`.
    subtypes
        The subtypes of the same patients.
    settings
        ``risk`` of the config: ``method``.

    Returns
    -------
    RiskModel
    """
    found = latent_risk(latents, time, event, seed, told) if settings["method"] == "ridge_cox" else None
    if found is None:
        width, none = np.asarray(latents).shape[1], np.zeros(0)
        still = np.zeros(width), np.zeros(width), np.ones(width)
        return RiskModel("subtype", *still, subtypes.log_risk, none, float("nan"), none)
    # Cut where risks of unseen patients lie, which vary less than those of the patients a model was fitted on.
    unseen = found.apart if found.apart.any() else found.risk(latents)
    cuts = np.quantile(unseen, np.arange(1, subtypes.n_subtypes) / subtypes.n_subtypes)
    own = found.coef, found.mean, found.scale
    return RiskModel("ridge_cox", *own, subtypes.log_risk, cuts, found.variance, found.weights, found.converged)


def fit_risk_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    latents: Mapping[str, np.ndarray],
    subtypes: Mapping[str, SubtypeModel],
    settings: Mapping[str, Any],
    *,
    seed: int,
    told: Mapping[str, Told] | None = None,
    threads: int = 1,
) -> dict[str, RiskModel]:
    """Fit the risk on the training patients of every split.

    Parameters
    ----------
    cohort, splits, latents
        As for `stratomics.chain.select.select_splits`.
    subtypes
        By split.
    settings
        ``risk`` of the config.
    seed
        Seed of the run.
    told
        By split, what the networks say of survival; empty or None where they do not look at it.
    threads
        Splits fitted at once.

    Returns
    -------
    dict of RiskModel
        By split.
    """

    def fit(split: Split) -> RiskModel:
        own, train = subtypes[split.name], split.train
        seed_of_split = risk_seed(seed, split.name)
        return fit_risk(
            latents[split.name][train],
            cohort.time[train],
            cohort.event[train],
            own,
            settings,
            seed_of_split,
            (told or {}).get(split.name),
        )

    models = dict(zip([split.name for split in splits], parallel_map(fit, splits, threads), strict=True))
    for name, model in models.items():
        if model.method == "ridge_cox":
            log.info(
                "%s: prior variance %.3g of the log hazard%s%s",
                name,
                model.variance,
                "; weights (networks, ridge) {:.2f} {:.2f}".format(*model.weights) if len(model.weights) == 2 else "",
                "" if model.converged else ", not converged",
            )
    return models


def risk_table(models: Mapping[str, RiskModel]) -> pd.DataFrame:
    """Tabulate what each latent contributes to the risk.

    Parameters
    ----------
    models
        By split.

    Returns
    -------
    pandas.DataFrame
        ``split, latent, coef`` (log hazard per standard deviation, penalised: no interval and no p), ``variance`` (what
        the penalty allows the log hazard to vary).
    """
    return stack_splits(
        {
            name: pd.DataFrame(
                {"latent": default_names(len(model.coef)), "coef": model.coef, "variance": model.variance}
            )
            for name, model in models.items()
        }
    )


def predicted_survival(
    method: str,
    predictions: pd.DataFrame,
    clusters: pd.DataFrame,
    cohort: Cohort,
    splits: Sequence[Split],
    times: np.ndarray,
) -> dict[str, np.ndarray]:
    """Predict the survival of all patients in every split.

    Parameters
    ----------
    method
        ``risk.method`` of the config: with ``ridge_cox`` from the risk and Breslow's baseline hazard among the training
        patients, with ``subtype`` from the curves of the subtypes, mixed by the patient's probabilities.
    predictions
        ``predictions.tsv`` of an embedding.
    clusters
        ``clusters.tsv``: ``split, patient, subtype`` of the training patients.
    cohort, splits
        The patients and the splits.
    times
        Days [T].

    Returns
    -------
    dict of numpy.ndarray
        By split, float32 [n, T], patients in the order of the cohort.
    """
    if method == "subtype":
        return subtype_survival(predictions, clusters, cohort, splits, times)
    survival = {}
    risks = {str(name): own.set_index("patient")["risk"] for name, own in predictions.groupby("split", sort=False)}
    for split in splits:
        risk = risks[split.name].reindex(cohort.patients).to_numpy(np.float64)
        own = (risk[split.train], cohort.time[split.train], cohort.event[split.train])
        survival[split.name] = breslow_survival(*own, risk, times).astype(np.float32)
    return survival
