"""Test of the proportional-hazards assumption by scaled Schoenfeld residuals: whether an effect changes with time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from .cox import feature_matrix
from .cox_multivariate import cox_multivariate
from .kaplan_meier import kaplan_meier
from .risk_sets import RiskSets, Ties, check_survival

Transform = Literal["km", "rank", "identity"]
COLUMNS = ["term", "chi2", "df", "p"]


def proportional_hazards(
    covariates: pd.DataFrame | ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    terms: Mapping[str, Sequence[int]] | None = None,
    transform: Transform = "km",
    ties: Ties = "efron",
) -> pd.DataFrame:
    """Test whether the effects of a Cox model are constant in time.

    It is the score test of adding covariate x g(time) to the model, with the full information matrix (``cox.zph`` of R's
    survival package from version 3 on; earlier versions and lifelines approximate).

    Parameters
    ----------
    covariates
        Patients x covariates [n, q], numbers without missing values.
    time, event
        Follow-up [n].
    strata
        Label per patient [n]; each stratum has its own baseline hazard.
    terms
        Columns of `covariates` tested together, by the name of the term; each column for itself when not given.
    transform
        g: ``km`` (one minus the Kaplan-Meier estimate just before the time, all strata together), ``rank`` or ``identity``.
    ties
        ``efron`` or ``breslow``.

    Returns
    -------
    pandas.DataFrame
        ``term, chi2, df, p``: one row per term, then ``GLOBAL``. chi2 and p are NaN where the model cannot be fitted (a
        constant covariate, separation, no events, no covariates).

    Raises
    ------
    ValueError
        If `transform` is unknown, a value is missing, or shapes do not fit.

    References
    ----------
    Grambsch & Therneau 1994, Biometrika 81, 515-526; Therneau & Grambsch 2000, Modeling Survival Data, section 6.2.
    """
    time, event = check_survival(time, event)
    matrix, names = feature_matrix(covariates)
    columns = {str(name): [i] for i, name in enumerate(names)} if terms is None else terms
    tested = {**{name: list(own) for name, own in columns.items()}, "GLOBAL": list(range(matrix.shape[1]))}
    if transform not in ("km", "rank", "identity"):
        raise ValueError(f"transform must be 'km', 'rank' or 'identity', found {transform!r}")
    possible = event.any() and matrix.shape[1] > 0
    fit = cox_multivariate(matrix, time, event, ties=ties, strata=strata) if possible else None
    if fit is None or fit.status != "ok":
        return pd.DataFrame([(name, np.nan, len(own), np.nan) for name, own in tested.items()], columns=COLUMNS)

    risk = RiskSets.build(time, event, strata, ties)
    scale = matrix.std(axis=0)
    x = ((matrix - matrix.mean(axis=0)) / scale)[risk.order].T
    predictor = (fit.coef * scale) @ x
    moments = _transformed(time, event, transform)
    moments = (moments - moments[event].mean()) / (moments.std() or 1.0)  # the test does not depend on the unit of g
    score, information = _score(x, np.exp(predictor - predictor.max()), moments, risk)

    q = len(x)
    rows = []
    for name, own in tested.items():
        kept = [*range(q), *(q + column for column in own)]
        # At the maximum the score of the effects themselves is 0.
        u = np.concatenate([np.zeros(q), score[own]])
        chi2 = float(u @ np.linalg.pinv(information[np.ix_(kept, kept)], hermitian=True) @ u)
        rows.append((name, chi2, len(own), float(chdtrc(len(own), chi2))))
    return pd.DataFrame(rows, columns=COLUMNS)


def _transformed(time: np.ndarray, event: np.ndarray, transform: Transform) -> np.ndarray:
    """Give g of the time of each patient [n]."""
    if transform == "identity":
        return time
    if transform == "rank":
        return pd.Series(time).rank().to_numpy()  # as scipy.stats.rankdata, which takes a second to import
    km = kaplan_meier(np.maximum(time, 0.0), event)
    before = np.searchsorted(km["time"].to_numpy(), time, side="left") - 1
    return 1 - np.where(before < 0, 1.0, km["survival"].to_numpy()[before])


def _score(x: np.ndarray, weight: np.ndarray, moment: np.ndarray, risk: RiskSets) -> tuple[np.ndarray, np.ndarray]:
    """Score of the effects that change with time, and the information of all effects.

    Parameters
    ----------
    x, weight
        Covariates [q, m] and relative hazards [m] in the order of `risk`.
    moment
        Centred g of the time of each patient [n].

    Returns
    -------
    score
        Of x g(time), [q].
    information
        Of x, then x g(time), [2q, 2q].
    """
    total = risk.sums(weight[None])
    mean = risk.sums(weight * x) / total
    g = moment[risk.order[risk.deaths]]  # tied deaths share one g, so that it is also that of their factors
    q = len(x)
    score = (x[:, risk.deaths] - mean) @ g
    information = np.zeros((2, 2, q, q))
    for row in range(q):
        variance = risk.sums(weight * x[row] * x) / total - mean[row] * mean
        information[0, 0, row] = variance.sum(axis=1)
        information[0, 1, row] = information[1, 0, row] = variance @ g
        information[1, 1, row] = variance @ g**2
    return score, np.block([[information[0, 0], information[0, 1]], [information[1, 0], information[1, 1]]])
