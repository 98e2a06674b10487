"""The continuous risk of an embedding, in every split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from stratomics.arrays import Array
from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.told import Told
from stratomics.runtime import derive_seed, log, parallel_map
from stratomics.subtypes import SubtypeModel
from stratomics.subtypes.select import default_names
from stratomics.survival.predicted import breslow_survival, subtype_survival
from stratomics.tables import stack_splits

from .latent_risk import LinearRisk, latent_risk

#: Columns of ``risk_sources.tsv``, without the split.
SOURCE_COLUMNS = ["omics", "share", "source", "weight"]
_ARRAYS = ("coef", "mean", "scale", "owner", "shares", "log_risk", "cuts", "variance", "weights")


@dataclass(frozen=True)
class RiskModel(LinearRisk):
    """How a patient's risk is told: linear in the latents (coefficients are zeros for ``subtype``).

    Parameters
    ----------
    method
        ``ridge_cox`` (from the latents) or ``subtype`` (from the probabilities of the subtypes).
    log_risk
        Log of observed over expected events of each subtype among the training patients [K].
    cuts
        Where the risk is cut into as many groups of equal size as there are subtypes, rising [K - 1]: quantiles of the
        risk that the training patients get from models fitted without them. Empty for ``subtype``.
    variance
        What the penalty allows the log hazard to vary [1], in late fusion that of each omics [V]; NaN for ``subtype`` and where no
        ridge took part.
    weights
        What the networks themselves say of survival and the ridge Cox model of the other latents count, per standard deviation of
        their risk [2]; in late fusion for each omics [V, 2]. [1] without other latents, empty where no network looks at survival.
    converged
        Whether the Cox model has reached its maximum.
    """

    method: str
    log_risk: np.ndarray
    cuts: np.ndarray
    variance: np.ndarray
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
        return probabilities @ self.log_risk if self.method == "subtype" else self.log_hazard(latents)

    def groups(self, risk: np.ndarray) -> np.ndarray | None:
        """Cut risks [n] into groups 1 (lowest) to K, int64 [n]; None where there are no cuts to make."""
        return None if self.method == "subtype" else 1 + np.searchsorted(self.cuts, risk, side="right")

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays may be."""
        omics = len(meta["omics"]) or 1
        weights: tuple[str | int, ...] = (omics, "_S") if meta["omics"] else ("_S",)
        return {
            "coef": Array("float64", ("L",), "log hazard per standard deviation of each latent"),
            "mean": Array("float64", ("L",), "mean of each latent among the training patients"),
            "scale": Array("float64", ("L",), "its standard deviation", positive=True, infinite=True),
            "owner": Array("int64", ("L",), "position of the omics of each latent", low=0, high=omics - 1),
            "shares": Array("float64", (omics,), "share of each omics in the risk", low=0.0, high=1.0),
            "log_risk": Array("float64", ("K",), "log of observed over expected events of each subtype", rising=0),
            "cuts": Array("float64", ("_C",), "where the risk is cut into groups: K - 1, or none", rising=0),
            "variance": Array("float64", (omics,), "variance that the penalty allows", missing=True, low=0.0),
            "weights": Array("float64", weights, "weight of each source of the risk"),
        }

    def faults(self) -> Iterator[str]:
        """Say which arrays do not suit each other."""
        cuts = 0 if self.method == "subtype" else len(self.log_risk) - 1
        if len(self.cuts) != cuts:
            yield f"array cuts: found {len(self.cuts)} values; allowed are {cuts} for {len(self.log_risk)} subtypes"
        if abs(self.shares.sum() - 1.0) > 1e-6:
            yield f"array shares: found a sum of {self.shares.sum():g}; allowed is 1"

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the model apart into numeric arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return arrays, {"method": self.method, "omics": list(self.omics), "converged": self.converged}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> RiskModel:
        """Put a model together again from what `to_arrays` gave."""
        return cls(**cast(dict[str, Any], arrays), **{**meta, "omics": tuple(meta["omics"])})


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
        ``risk`` of the config: ``method``; and, for late fusion, ``late`` (see `stratomics.catalogue.chain_settings`).

    Returns
    -------
    RiskModel
    """
    if settings["method"] == "subtype":
        width, none = np.asarray(latents).shape[1], np.zeros(0)
        still = np.zeros(width), np.zeros(width), np.ones(width), np.zeros(width, dtype=np.int64), np.ones(1), ()
        return RiskModel(*still, "subtype", subtypes.log_risk, none, np.array([np.nan]), none)
    found = latent_risk(latents, time, event, seed, told, settings.get("late", ""))
    # Cut where risks of unseen patients lie, which vary less than those of the patients a model was fitted on.
    unseen = found.apart if found.apart.any() else found.log_hazard(latents)
    cuts = np.quantile(unseen, np.arange(1, subtypes.n_subtypes) / subtypes.n_subtypes)
    linear = found.coef, found.mean, found.scale, found.owner, found.shares, found.omics
    return RiskModel(*linear, "ridge_cox", subtypes.log_risk, cuts, found.variance, found.weights, found.converged)


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
            log.info("%s: %s", name, _said(model))
    return models


def _said(model: RiskModel) -> str:
    """Say how a risk was made, in a line of the log."""
    parts = []
    for v, (variance, weights) in enumerate(zip(model.variance, np.atleast_2d(model.weights), strict=True)):
        text = f"prior variance {variance:.3g} of the log hazard"
        if len(weights) == 2:
            text += "; weights (networks, ridge) {:.2f} {:.2f}".format(*weights)
        parts.append(f"{model.omics[v]} {model.shares[v]:.0%} ({text})" if model.omics else text)
    return ", ".join([*parts, *([] if model.converged else ["not converged"])])


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
        the penalty allows the log hazard to vary); in late fusion ``omics`` (whose latent it is) and ``share`` (of the omics in the
        mean of their risks), elsewhere missing and 1.
    """

    def table(model: RiskModel) -> pd.DataFrame:
        own = {"latent": default_names(len(model.coef)), "coef": model.coef, "variance": model.variance[model.owner]}
        omics = np.array(model.omics or [np.nan], dtype=object)[model.owner]
        return pd.DataFrame({**own, "omics": omics, "share": model.shares[model.owner]})

    return stack_splits({name: table(model) for name, model in models.items()})


def risk_sources(models: Mapping[str, RiskModel]) -> pd.DataFrame:
    """Tabulate what the risk is made of.

    Parameters
    ----------
    models
        By split.

    Returns
    -------
    pandas.DataFrame
        One row per split, omics and source: ``omics`` (``all`` but in late fusion), ``share`` (of the omics in the mean of the
        risks), ``source`` (``networks``: what those that look at survival say themselves; ``ridge``: a ridge Cox model of the other
        latents), ``weight`` (log hazard per standard deviation of what the source says of patients it did not know; missing where
        there is one source alone and nothing was weighed). Empty for ``risk: {method: subtype}``.
    """

    def table(model: RiskModel) -> pd.DataFrame:
        rows = []
        weighed = model.weights.reshape(len(model.shares), -1) if model.method == "ridge_cox" else np.zeros((0, 0))
        for omics, share, weights in zip(model.omics or ("all",), model.shares, weighed, strict=False):
            known = dict(zip(("networks", "ridge"), weights, strict=False)) or {"ridge": float("nan")}
            rows += [(omics, share, source, weight) for source, weight in known.items()]
        return pd.DataFrame(rows, columns=SOURCE_COLUMNS)

    return stack_splits({name: table(model) for name, model in models.items()})


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
