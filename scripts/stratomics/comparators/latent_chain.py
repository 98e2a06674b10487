"""The chain of the embeddings on latents from elsewhere: exactly as for an embedding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from stratomics.chain.classify import feature_predictors
from stratomics.chain.fit import Chain
from stratomics.chain.select import chosen_latents
from stratomics.cohort.types import Split
from stratomics.errors import StratomicsError
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import log
from stratomics.survival.kaplan_meier import kaplan_meier, survival_at

from .context import Context, MethodResult, Predicted, predict_splits


def run_on_latents(
    context: Context,
    method: str,
    latents: Callable[[Split], np.ndarray],
    fitted: Mapping[str, FittedPreprocess] | None = None,
) -> MethodResult:
    """Find subtypes and risk from latents in every split and label all patients.

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
    chain = Chain.of(context.settings, context.seed)

    def fit(split: Split) -> Predicted:
        own, train = latents(split), split.train
        time, event = context.follow_up(split)
        features = training = None
        if not chain.on_latents:
            preprocess = fitted[split.name]
            features = preprocess.transform(context.cohort)
            training = feature_predictors(preprocess, features[train])
        try:
            done = chain.fit(split.name, own[train], time, event, training)
        except StratomicsError as error:
            log.info("%s %s: no subtypes, every patient gets the same risk. %s", method, split.name, error.report())
            n = len(own)
            one = np.ones(n, dtype=np.int64)
            return Predicted(np.zeros(n), selected=0, subtype=one, n_subtypes=1)
        labels = done.label(own, features)
        survival = None
        if done.risk.method == "subtype":
            groups = [done.subtypes.labels == k for k in range(1, labels.n_subtypes + 1)]
            curves = [survival_at(kaplan_meier(time[group], event[group]), context.times) for group in groups]
            survival = labels.probabilities @ np.array(curves)
        return Predicted(
            risk=labels.risk,
            survival=survival,
            selected=len(chosen_latents(done.prognostic)),
            subtype=labels.subtype,
            n_subtypes=labels.n_subtypes,
            risk_group=labels.risk_group,
        )

    return predict_splits(context, method, fit)


def latent_width(context: Context) -> int:
    """Return the number of latents of the first configured embedding."""
    return int(context.settings["embeddings"][0]["latent"])
