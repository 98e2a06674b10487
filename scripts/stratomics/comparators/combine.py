"""The clinic and the omics in one risk: two weights, learned among the training patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from stratomics.chain.latent_risk import latent_risk
from stratomics.chain.risk import risk_seed
from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.told import Told
from stratomics.runtime import log
from stratomics.survival.penalty import inner_folds
from stratomics.survival.predicted import step_times
from stratomics.survival.stacking import stack

from .context import Context, MethodResult, Predicted, on_patients, predict_splits
from .tuned_risk import TunedRisk, clinical_risk

#: Ends the name of every method that holds the clinic; and of a method that the clinic was added to, as none of the config can be
#: called.
CLINICAL = "clinical"
WITH_CLINIC = f"+{CLINICAL}"


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
        parts = (clinic, omics)
        weights, factors, _ = stack([one.risk[train] for one in parts], [one.apart for one in parts], *follow_up)
        risk = np.sum(
            [factor * (one.risk - one.risk[train].mean()) for factor, one in zip(factors, parts, strict=True)], axis=0
        )
        log.info("%s %s: weight %.2f of the clinic, %.2f of the omics", method, split.name, *weights)
        return Predicted(risk)

    return predict_splits(context, method, fit)


def combine_methods(
    cohort: Cohort,
    splits: Sequence[Split],
    latents: Mapping[str, Mapping[str, np.ndarray]],
    told: Mapping[str, Mapping[str, Told]],
    comparators: Mapping[str, tuple[pd.DataFrame, Mapping[str, np.ndarray]]],
    covariates: Sequence[str],
    *,
    seed: int,
    late: Mapping[str, str] | None = None,
    threads: int = 1,
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Add the clinic to the risk that the latents of each embedding tell, and to that of comparators.

    Parameters
    ----------
    cohort, splits
        The patients and the splits.
    latents
        By embedding, then split: of all patients [n, L], from networks that did not see the held-out patients.
    told
        By embedding, then split: what the networks say of survival, for those that look at it.
    comparators
        By name, what `stratomics.comparators.fit_comparator` gave, for those with arrays ``apart/...`` (see `Predicted`).
    covariates
        Columns of the clinical table.
    seed
        Seed of the run.
    late
        By embedding of late fusion, how the risks of its omics are combined.
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
        values, own = np.asarray(latents[name][split.name], dtype=np.float64), told.get(name, {}).get(split.name)
        fitted_on = (values[split.train], *context.follow_up(split))
        found = latent_risk(*fitted_on, risk_seed(seed, split.name), own, (late or {}).get(name, ""))
        return TunedRisk(found.log_hazard(values), found.apart)

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
