"""All omics features in one Cox model with a ridge penalty."""

from __future__ import annotations

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.comparators.tuned_risk import ridge_risk
from stratomics.runtime import log
from stratomics.survival.penalty import inner_folds

NEEDS = ("complete_patients",)
APART = True


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split, see `stratomics.comparators.tuned_risk.ridge_risk`."""

    def fit(split: Split) -> Predicted:
        follow_up = context.follow_up(split)
        folds = inner_folds(*follow_up, context.seed_of("ridge_cox", split))
        fitted = ridge_risk(context.features(split), split.train, *follow_up, folds)
        log.info("ridge_cox %s: %s", split.name, "; ".join(fitted.notes))
        return Predicted(fitted.risk, apart=fitted.apart)

    return [predict_splits(context, "ridge_cox", fit)]
