"""A sparse Cox model of the omics features: half lasso, half ridge."""

from __future__ import annotations

import numpy as np
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from stratomics.cohort.types import Split
from stratomics.comparators.context import Context, MethodResult, Predicted, predict_splits
from stratomics.runtime import log
from stratomics.survival.penalty import cross_validated_likelihood, inner_folds

L1_RATIO = 0.5
#: Penalties, from the weakest that leaves no feature down to `WEAKEST` of it. By then a model of some hundred patients holds
#: more features than deaths.
PENALTIES = 40
WEAKEST = 0.1


def run(context: Context) -> list[MethodResult]:
    """Fit the model on every split, the penalty chosen by cross-validated likelihood among its training patients.

    References
    ----------
    Simon et al. 2011, J. Stat. Softw. 39(5), 1-13 (coordinate descent for the elastic net Cox model).
    """

    def fit(split: Split) -> Predicted:
        x = context.features(split).astype(np.float64)
        x -= x[split.train].mean(axis=0)
        own = x[split.train]
        time, event = context.follow_up(split)
        folds = inner_folds(time, event, context.seed_of("elastic_net_cox", split))
        penalties = penalty_path(own, time, event)
        if not folds or not penalties.size:
            why = "too few events to choose a penalty" if not folds else "no feature varies with survival"
            log.info("elastic_net_cox %s: %s, every patient gets the same risk", split.name, why)
            return Predicted(np.zeros(len(x)), selected=0)
        score = cross_validated_likelihood(
            lambda rows: coefficients(own[rows], time[rows], event[rows], penalties) @ own.T, time, event, folds
        )
        best = int(score.argmax())
        coef = coefficients(own, time, event, penalties)[best]
        selected = int(np.count_nonzero(coef))
        log.info(
            "elastic_net_cox %s: %d features (penalty %d of %d)%s",
            split.name,
            selected,
            best + 1,
            len(penalties),
            "" if selected else ": every patient gets the same risk",
        )
        return Predicted(x @ coef, selected=selected)

    return [predict_splits(context, "elastic_net_cox", fit)]


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
