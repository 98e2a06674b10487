"""A forest of survival trees on the omics features."""

from __future__ import annotations

import numpy as np
from sksurv.ensemble import RandomSurvivalForest
from sksurv.util import Surv

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.runtime import log

NEEDS = ("complete_patients",)
TREES = 200
#: Patients in a leaf, as randomForestSRC has it; the smaller leaves of scikit-survival take three times as long.
LEAF = 15
#: Distinct times that the trees look at, as randomForestSRC also limits them (to 150): their work grows with this number.
MOMENTS = 100
#: Fewest expected deaths that count, so that a leaf without any has a finite risk.
FEWEST = 1e-3


def run(context: Context) -> list[MethodResult]:
    """Grow a forest on the training patients of every split; every tree split looks at sqrt(P) features.

    The risk is the logarithm of the expected number of deaths (the cumulative hazard summed over the death times). That of
    training patients comes from trees that saw them.

    References
    ----------
    Ishwaran et al. 2008, Ann. Appl. Stat. 2, 841-860.
    """

    def fit(split: Split) -> Predicted:
        x = context.features(split)
        time, event = context.follow_up(split)
        if not event.any():
            log.info("random_survival_forest %s: no training patient has the event, all get the same risk", split.name)
            return Predicted(np.zeros(len(x)))
        forest = RandomSurvivalForest(
            n_estimators=TREES,
            min_samples_leaf=LEAF,
            min_samples_split=2 * LEAF,
            random_state=context.seed_of("random_survival_forest", split),
            n_jobs=1,
        )
        forest.fit(x[split.train], Surv.from_arrays(event, coarsened(time)))
        curves = forest.predict_survival_function(x, return_array=True)
        # Survival is 1 before the first time of the forest.
        steps = np.hstack([np.ones((len(x), 1)), curves])
        at = np.searchsorted(forest.unique_times_, context.times, side="right")
        mortality = forest.predict(x)
        return Predicted(np.log(np.maximum(mortality, FEWEST)), steps[:, at])

    return [predict_splits(context, "random_survival_forest", fit)]


def coarsened(time: np.ndarray) -> np.ndarray:
    """Round times up to at most `MOMENTS` of them that hold the same number of patients each.

    Parameters
    ----------
    time
        Follow-up of the training patients [n].

    Returns
    -------
    numpy.ndarray
        [n]; as given where there are no more than `MOMENTS` distinct times.
    """
    if len(np.unique(time)) <= MOMENTS:
        return time
    grid = np.quantile(time, np.arange(1, MOMENTS + 1) / MOMENTS, method="higher")
    return grid[np.searchsorted(grid, time, side="left")]
