"""The chain of the embeddings on latents from elsewhere: select, cluster, classify, exactly as for an embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from stratomics.cohort.types import Split
from stratomics.errors import StratomicsError
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import log
from stratomics.stages.classify import classify_splits
from stratomics.stages.cluster import cluster_splits
from stratomics.stages.select import select_splits
from stratomics.survival.predicted import subtype_survival

from .context import Context, MethodResult, Predicted, predict_splits


def run_on_latents(
    context: Context,
    method: str,
    latents: Callable[[Split], np.ndarray],
    fitted: Mapping[str, FittedPreprocess] | None = None,
) -> MethodResult:
    """Find subtypes from latents in every split and label all patients.

    Parameters
    ----------
    context
        The cohort, its splits and the config.
    method
        Name of the method in the tables.
    latents
        Gives the latents [n, L] of all patients in a split, made without looking at its held-out patients.
    fitted
        Preprocessing whose features the classifier may use, by split; that of the context if not given.

    Returns
    -------
    MethodResult
        Where the chain finds no way to subtypes in a split (for instance no latent tied to survival while
        ``selection.if_none`` is ``stop``), all patients are one subtype there, of one risk; the log says so.
    """
    fitted = context.fitted if fitted is None else fitted
    cohort, settings, seed = context.cohort, context.settings, context.seed

    def fit(split: Split) -> Predicted:
        try:
            own = {split.name: latents(split)}
            prognostic = select_splits(cohort, [split], own, settings["selection"])
            models, clusters, _ = cluster_splits(cohort, [split], own, prognostic, settings["subtypes"], seed=seed)
            log_risk = {split.name: models[split.name].log_risk}
            classified = classify_splits(
                cohort, [split], fitted, clusters, log_risk, settings["classifier"], seed=seed
            ).predictions
        except StratomicsError as error:
            log.info("%s %s: no subtypes, every patient gets the same risk. %s", method, split.name, error.report())
            return Predicted(np.zeros(cohort.n), selected=0, subtype=np.ones(cohort.n, dtype=np.int64), n_subtypes=1)
        return Predicted(
            risk=classified["risk"].to_numpy(),
            survival=subtype_survival(classified, clusters, cohort, [split], context.times)[split.name],
            selected=int(prognostic["selected"].sum()),
            subtype=classified["subtype"].to_numpy(),
            n_subtypes=models[split.name].n_subtypes,
        )

    return predict_splits(context, method, fit)


def latent_width(context: Context) -> int:
    """Return the number of latents of the first configured embedding."""
    return int(context.settings["embeddings"][0]["latent"])
