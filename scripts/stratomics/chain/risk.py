"""The continuous risk of an embedding: a ridge Cox model on all its latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel
from stratomics.subtypes.select import DEAD_SHARE, default_names
from stratomics.survival.penalty import inner_folds, tuned_ridge
from stratomics.survival.predicted import breslow_survival, subtype_survival
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
        What the penalty allows the log hazard to vary; NaN for ``subtype``.
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
        arrays = {name: getattr(self, name) for name in ("coef", "mean", "scale", "log_risk", "cuts")}
        return arrays, {"method": self.method, "variance": self.variance, "converged": self.converged}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> RiskModel:
        """Put a model together again from what `to_arrays` gave."""
        return cls(**cast(dict[str, Any], arrays), **meta)


def risk_seed(seed: int, split: str) -> int:
    """Return the seed of the inner folds of one split."""
    return derive_seed(seed, "fit_risk", split)


def fit_risk(
    latents: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    subtypes: SubtypeModel,
    settings: Mapping[str, Any],
    seed: int,
) -> RiskModel:
    """Fit the risk on training patients.

    Parameters
    ----------
    latents
        All latents of the training patients [n, L], selected or not: the penalty, not a threshold, says what each may add.
    time, event
        Their follow-up [n]; at least one event.
    subtypes
        The subtypes of the same patients.
    settings
        ``risk`` of the config: ``method``.
    seed
        Of the inner folds.

    Returns
    -------
    RiskModel
        For ``ridge_cox`` the penalty is that of the largest cross-validated partial likelihood among the training patients
        (the strictest when there are too few events for inner folds).

    References
    ----------
    Verweij & van Houwelingen 1994, Stat. Med. 13, 2427-2436 (ridge Cox, cross-validated likelihood).
    """
    values = np.asarray(latents, dtype=np.float64)
    mean, spread = values.mean(axis=0), values.std(axis=0)
    dead = spread <= DEAD_SHARE * spread.max(initial=0.0)
    scale = np.where(dead, np.inf, spread)
    width = values.shape[1]
    if settings["method"] == "subtype":
        none = np.zeros(0)
        return RiskModel("subtype", np.zeros(width), mean, scale, subtypes.log_risk, none, float("nan"))
    z = (values - mean) / scale
    # The log hazard of a patient varies by the sum over latents of coefficient squared.
    penalties = max(int((~dead).sum()), 1) / VARIANCES
    path, best, apart = tuned_ridge(z, time, event, penalties, inner_folds(time, event, seed), coarse=COARSE)
    # Cut where risks of unseen patients lie, which vary less than those of the patients a model was fitted on.
    unseen = path.risk(z)[best] if apart is None else apart
    cuts = np.quantile(unseen, np.arange(1, subtypes.n_subtypes) / subtypes.n_subtypes)
    return RiskModel(
        "ridge_cox",
        path.coef[best],
        mean,
        scale,
        subtypes.log_risk,
        cuts,
        float(VARIANCES[best]),
        bool(path.converged[best]),
    )


def fit_risk_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    latents: Mapping[str, np.ndarray],
    subtypes: Mapping[str, SubtypeModel],
    settings: Mapping[str, Any],
    *,
    seed: int,
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
            latents[split.name][train], cohort.time[train], cohort.event[train], own, settings, seed_of_split
        )

    models = dict(zip([split.name for split in splits], parallel_map(fit, splits, threads), strict=True))
    for name, model in models.items():
        if model.method == "ridge_cox":
            log.info(
                "%s: prior variance %.3g of the log hazard%s",
                name,
                model.variance,
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
