"""A sparse Cox model of the omics features: half lasso, half ridge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.comparators.tuned_risk import TunedRisk, no_risk
from stratomics.runtime import log
from stratomics.survival.penalty import cross_fitted, inner_folds

NEEDS = ("complete_patients",)
APART = True
L1_RATIO = 0.5
#: Penalties, from the weakest that leaves no feature down to `WEAKEST` of it. By then a model of some hundred patients holds
#: more features than deaths.
PENALTIES = 40
WEAKEST = 0.1


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split, see `elastic_net_risk`."""

    def fit(split: Split) -> Predicted:
        follow_up = context.follow_up(split)
        folds = inner_folds(*follow_up, context.seed_of("elastic_net_cox", split))
        fitted = elastic_net_risk(context.features(split), split.train, *follow_up, folds)
        log.info("elastic_net_cox %s: %s", split.name, "; ".join(fitted.notes))
        return Predicted(fitted.risk, selected=fitted.selected, apart=fitted.apart)

    return [predict_splits(context, "elastic_net_cox", fit)]


def elastic_net_risk(
    x: np.ndarray, train: np.ndarray, time: np.ndarray, event: np.ndarray, folds: Sequence[Split]
) -> TunedRisk:
    """Fit the model, the penalty chosen by cross-validated likelihood among the training patients.

    Parameters
    ----------
    x
        Features of all patients [n, P].
    train
        Positions of the training patients.
    time, event
        Their follow-up [n_train].
    folds
        Of `stratomics.survival.penalty.inner_folds`; without any, all patients get the same risk.

    Returns
    -------
    TunedRisk

    References
    ----------
    Simon et al. 2011, J. Stat. Softw. 39(5), 1-13 (coordinate descent for the elastic net Cox model).
    """
    centred = x.astype(np.float64)
    centred -= centred[train].mean(axis=0)
    own = centred[train]
    penalties = penalty_path(own, time, event)
    if not folds or not penalties.size:
        why = "too few events to choose a penalty" if not folds else "no feature varies with survival"
        return no_risk(len(x), len(train), why, selected=0)
    score, risks = cross_fitted(
        lambda rows: coefficients(own[rows], time[rows], event[rows], penalties) @ own.T, time, event, folds
    )
    best = int(score.argmax())
    coef = coefficients(own, time, event, penalties)[best]
    selected = int(np.count_nonzero(coef))
    note = f"{selected} features (penalty {best + 1} of {len(penalties)})"
    note += "" if selected else ": every patient gets the same risk"
    return TunedRisk(centred @ coef, risks[best], (note,), selected)


def penalty_path(x: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Lay out the penalties.

    Parameters
    ----------
    x
        Centred features of the training patients [n, P].
    time, event
        Their follow-up [n].

    Returns
    -------
    numpy.ndarray
        Falling, [L], on the scale of scikit-survival (the likelihood is divided by n); empty where no patient has the
        event or no feature has a slope.
    """
    if not event.any():
        return np.zeros(0)
    # The slope of the log-likelihood at zero: each death against the mean of those still followed (Breslow ties).
    at_risk = time[None, :] >= time[event][:, None]
    slope = x[event].sum(axis=0) - (at_risk @ x / at_risk.sum(axis=1, keepdims=True)).sum(axis=0)
    strongest = float(np.abs(slope).max(initial=0.0)) / len(time) / L1_RATIO
    if strongest < 1e-10:
        return np.zeros(0)
    return strongest * np.geomspace(1.0, WEAKEST, PENALTIES)


def coefficients(x: np.ndarray, time: np.ndarray, event: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Fit the path.

    Parameters
    ----------
    x, time, event
        The patients to fit on.
    penalties
        Falling, [L].

    Returns
    -------
    numpy.ndarray
        [L, P]. Where the algorithm breaks down (a penalty too weak for the patients), the last fit that held.
    """
    follow_up = Surv.from_arrays(event, time)
    for length in range(len(penalties), 0, -1):
        model = CoxnetSurvivalAnalysis(l1_ratio=L1_RATIO, alphas=penalties[:length])
        try:
            coef = model.fit(x, follow_up).coef_.T
        except ArithmeticError:
            continue
        return coef[np.minimum(np.arange(len(penalties)), len(coef) - 1)]
    return np.zeros((len(penalties), x.shape[1]))
