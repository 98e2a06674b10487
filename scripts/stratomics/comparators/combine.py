"""The clinic and the omics in one risk: two weights, learned among the training patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from stratomics.chain.risk import risk_seed
from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import log
from stratomics.subtypes.select import DEAD_SHARE
from stratomics.survival.penalty import inner_folds
from stratomics.survival.predicted import step_times
from stratomics.survival.ridge_cox import ridge_cox_path

from .context import Context, MethodResult, Predicted, on_patients, predict_splits
from .tuned_risk import TunedRisk, clinical_risk, ridge_risk

#: Ends the name of every method that holds the clinic; and of a method that the clinic was added to, as none of the config can be
#: called.
CLINICAL = "clinical"
WITH_CLINIC = f"+{CLINICAL}"


#: Of the difference of the two weights (each per standard deviation of its risk): they are equal unless the patients say
#: otherwise. As much as ten events would.
EQUAL = 10.0
#: Of their sum: too little to be seen.
FREE = 1e-3


def combining_weights(clinic: np.ndarray, omics: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Learn how much the clinic and the omics each count.

    A Cox model of the two risks, each of deviation 1, with a penalty on the difference of their weights and none below zero.
    What the risks say of patients they were fitted on would overrate the omics, which have more to fit with; so these come from
    models that did not know the patient.

    Parameters
    ----------
    clinic, omics
        Log hazards of the training patients, each by a model fitted without the patient [n].
    time, event
        Their follow-up [n].

    Returns
    -------
    numpy.ndarray
        [2], >= 0, per standard deviation of each. Equal where nothing can be learned, 0 for a risk that does not vary.

    References
    ----------
    Wolpert 1992, Neural Networks 5, 241-259 (stacking); Breiman 1996, Machine Learning 24, 49-64 (weights not below zero);
    Tibshirani & Efron 2002, Stat. Appl. Genet. Mol. Biol. 1, 1 (pre-validated risks beside clinical covariates).
    """
    both = np.column_stack([clinic, omics])
    spread = both.std(axis=0)
    varies = spread > 1e-9 * np.maximum(np.abs(both).max(axis=0), 1.0)
    if not varies.all() or not event.any():
        return varies.astype(np.float64) if varies.any() else np.ones(2)
    z = both / spread
    scale = np.sqrt([FREE, EQUAL])
    total, difference = ridge_cox_path(z @ [[1, 1], [1, -1]] / scale, time, event, [1.0]).coef[0] / scale
    weights = np.maximum([total + difference, total - difference], 0.0)
    return weights if weights.any() else np.ones(2)


def combined_risk(
    clinic: TunedRisk, omics: TunedRisk, train: np.ndarray, time: np.ndarray, event: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Add the risk of the clinic and that of the omics with weights learned among the training patients.

    Parameters
    ----------
    clinic, omics
        Of the same patients and the same training patients; their inner folds may differ.
    train
        Positions of the training patients.
    time, event
        Their follow-up [n_train].

    Returns
    -------
    risk : numpy.ndarray
        Log relative hazard of all patients [n], 0 for the average training patient.
    weights : numpy.ndarray
        Of the clinic and of the omics, per standard deviation of their risk among the training patients.
    """
    weights = combining_weights(clinic.apart, omics.apart, time, event)
    risk = np.zeros(len(clinic.risk))
    for weight, part in zip(weights, (clinic, omics), strict=True):
        own = part.risk[train]
        # Scaled as the risk lies among the training patients: the omics, fitted closely to them, spread wider there than among
        # others, and are taken back by as much.
        spread = own.std()
        if spread > 0:
            risk += weight * (part.risk - own.mean()) / spread
    return risk, weights


def combine_splits(context: Context, name: str, learn: Callable[[Split], TunedRisk]) -> MethodResult:
    """Add the clinic to an omics risk in every split.

    Parameters
    ----------
    context
        The cohort, its splits and its covariates.
    name
        Of the embedding or comparator; the method is called ``<name>+clinical``.
    learn
        Gives the omics risk of a split, learned from its training patients.

    Returns
    -------
    MethodResult
    """
    method = name + WITH_CLINIC

    def fit(split: Split) -> Predicted:
        train, follow_up = split.train, context.follow_up(split)
        omics = learn(split)
        folds = inner_folds(*follow_up, context.seed_of("clinical", split))
        clinic = clinical_risk(context.cohort.clinical, train, context.covariates, *follow_up, folds)
        risk, weights = combined_risk(clinic, omics, train, *follow_up)
        log.info("%s %s: weight %.2f of the clinic, %.2f of the omics", method, split.name, *weights)
        return Predicted(risk)

    return predict_splits(context, method, fit)


def combine_methods(
    cohort: Cohort,
    splits: Sequence[Split],
    latents: Mapping[str, Mapping[str, np.ndarray]],
    comparators: Mapping[str, tuple[pd.DataFrame, Mapping[str, np.ndarray]]],
    covariates: Sequence[str],
    *,
    seed: int,
    threads: int = 1,
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Add the clinic to the risk that the latents of each embedding tell, and to that of comparators.

    Parameters
    ----------
    cohort, splits
        The patients and the splits.
    latents
        By embedding, then split: of all patients [n, L], from networks that did not see the held-out patients.
    comparators
        By name, what `stratomics.comparators.fit_comparator` gave, for those with arrays ``apart/...`` (see `Predicted`).
    covariates
        Columns of the clinical table.
    seed
        Seed of the run.
    threads
        Splits fitted at once; results do not depend on it.

    Returns
    -------
    predictions : pandas.DataFrame
        As of a comparator, see `MethodResult`; the methods are called ``<embedding>+clinical``, ``<comparator>+clinical``.
    survival : dict of numpy.ndarray
        ``times`` (days, [T]) and ``<method>/<split>`` (float32 [n, T]).
    """
    times = step_times(cohort.time, cohort.event, splits)
    context = Context(cohort, splits, {}, {}, covariates, times, seed, threads)

    def of_latents(name: str, split: Split) -> TunedRisk:
        values, train = np.asarray(latents[name][split.name], dtype=np.float64), split.train
        mean, spread = values[train].mean(axis=0), values[train].std(axis=0)
        x = (values - mean) / np.where(spread <= DEAD_SHARE * spread.max(initial=0.0), np.inf, spread)
        follow_up = context.follow_up(split)
        return ridge_risk(x, train, *follow_up, inner_folds(*follow_up, risk_seed(seed, split.name)))

    def of_comparator(name: str, split: Split) -> TunedRisk:
        table, arrays = comparators[name]
        risk = table[table["split"] == split.name].set_index("patient")["risk"].reindex(cohort.patients).dropna()
        apart = arrays[f"apart/{name}/{split.name}"]
        return TunedRisk(risk.to_numpy(np.float64), apart[np.isfinite(apart)])

    def with_comparator(name: str) -> list[MethodResult]:
        table = comparators[name][0]
        usable = cohort.patients.isin(table.loc[table["risk"].notna(), "patient"])
        return on_patients(context, usable, lambda own: [combine_splits(own, name, partial(of_comparator, name))])

    results = [combine_splits(context, name, partial(of_latents, name)) for name in latents]
    results += [result for name in comparators for result in with_comparator(name)]
    arrays = {"times": times}
    for result in results:
        arrays.update(result.arrays())
    return pd.concat([result.predictions for result in results], ignore_index=True), arrays
