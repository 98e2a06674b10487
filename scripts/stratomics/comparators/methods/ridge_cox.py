"""All omics features in one Cox model with a ridge penalty."""

from __future__ import annotations

import numpy as np

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.runtime import log
from stratomics.survival.penalty import cross_validated_likelihood, inner_folds
from stratomics.survival.ridge_cox import ridge_cox_path, row_space

#: What the penalty allows the log hazard to vary over patients (variance, before the data are seen), strictest first.
VARIANCES = np.logspace(-3, 1, 13)
#: In the cross-validation a fit may stop this far (in deviations) from its maximum.
COARSE = 1e-3


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split, the penalty chosen by cross-validated likelihood among its training patients.

    References
    ----------
    van Houwelingen et al. 2006, Stat. Med. 25, 3201-3216 (ridge Cox on expression data, penalty by cross-validated partial
    likelihood).
    """

    def fit(split: Split) -> Predicted:
        x = context.features(split).astype(np.float64)
        time, event = context.follow_up(split)
        if not event.any():
            log.info("ridge_cox %s: no training patient has the event, every patient gets the same risk", split.name)
            return Predicted(np.zeros(len(x)))
        centred = x - x[split.train].mean(axis=0)
        # Everything below happens in the span of the training patients, where the estimate lies.
        own, axes = row_space(centred[split.train])
        everybody = centred if axes is None else centred @ axes
        penalties = max(float((own**2).sum(axis=1).mean()), 1e-12) / VARIANCES
        folds = inner_folds(time, event, context.seed_of("ridge_cox", split))
        best = 0
        if folds:
            score = cross_validated_likelihood(
                lambda rows: ridge_cox_path(own[rows], time[rows], event[rows], penalties, tol=COARSE).risk(own),
                time,
                event,
                folds,
            )
            best = int(score.argmax())
        path = ridge_cox_path(own, time, event, penalties[: best + 1])
        log.info(
            "ridge_cox %s: prior variance %.3g of the log hazard (choice %d of %d)%s",
            split.name,
            VARIANCES[best],
            best + 1,
            len(VARIANCES),
            "" if path.converged[best] else ", not converged",
        )
        return Predicted(path.risk(everybody)[best])

    return [predict_splits(context, "ridge_cox", fit)]
