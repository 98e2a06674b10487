"""The metrics of one set of labels: each number once, and its bootstrap replicates.

The nominal log-rank p of pooled out-of-fold labels is anti-conservative, because the folds share training patients (up to
.18 false positives at .05 on permuted survival). It is reported as *nominal*; concordance has no such bias.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from stratomics.survival import (
    brier_terms,
    concordance_antolini,
    concordance_harrell,
    concordance_uno,
    cox_bootstrap,
    cox_univariate,
    cumulative_dynamic_auc,
    d_calibration,
    integrate_terms,
    pooled_logrank,
    restricted_mean,
)
from stratomics.survival.brier import weighted_mean
from stratomics.survival.concordance import comparable_pairs

from .yardstick import Yardstick, auc_name

#: Metrics that do not get a bootstrap interval.
WITHOUT_INTERVAL = (
    *("logrank_chi2", "logrank_df", "logrank_p", "n_subtypes", "rmst_days"),
    *("risk_group_logrank_p", "d_calibration_p"),
)


def point_metrics(labels: pd.DataFrame, survival: np.ndarray | None, measure: Yardstick) -> dict[str, float]:
    """Compute every metric of one set of labels.

    Parameters
    ----------
    labels
        One row per patient: ``time, event, subtype, n_subtypes, risk, fold``; subtypes may be NaN.
    survival
        Predicted survival of the patients at the times of the yardstick [n, T], or None.
    measure
        The yardstick.

    Returns
    -------
    dict
        By the names in `Yardstick.metrics`; NaN where a metric does not exist (one subtype only, no subtypes, no predicted
        survival).
    """
    n = len(labels)
    found = {name: float(values[0]) for name, values in _weighted(labels, survival, measure, np.ones((1, n))).items()}
    time, event, subtype, n_subtypes = (labels[c].to_numpy() for c in ("time", "event", "subtype", "n_subtypes"))
    chi2, df, p = np.nan, 0.0, np.nan
    if has_subtypes(labels):
        chi2, df, p = pooled_logrank(time, event, subtype, n_subtypes)
    found |= {
        "logrank_chi2": chi2,
        "logrank_df": df if has_subtypes(labels) else np.nan,
        "logrank_p": p,
        "hazard_ratio": np.nan,
        "rmst_days": rmst_horizon(labels, measure.horizon) if np.isfinite(found["rmst_difference"]) else np.nan,
        "calibration_slope": np.nan,
        "d_calibration_p": np.nan if survival is None else d_calibration(time, event, survival, measure.times).p,
        "risk_group_hazard_ratio": np.nan,
        "risk_group_logrank_p": np.nan,
        "n_subtypes": float(np.median(n_subtypes)) if has_subtypes(labels) else np.nan,
    }
    if has_subtypes(labels):
        found["hazard_ratio"] = np.exp(_coefficient(subtype, time, event, strata_of(n_subtypes)))
    if has_risk_groups(labels):
        group, strata = labels["risk_group"].to_numpy(), strata_of(n_subtypes)
        found["risk_group_hazard_ratio"] = np.exp(_coefficient(group, time, event, strata))
        found["risk_group_logrank_p"] = pooled_logrank(time, event, group, n_subtypes)[2]
    if has_risk(labels):
        found["calibration_slope"] = _coefficient(labels["risk"], time, event, labels["fold"].to_numpy())
    return {name: float(found[name]) for name in measure.metrics}


def replicate_metrics(
    labels: pd.DataFrame, survival: np.ndarray | None, measure: Yardstick, threads: int = 1
) -> dict[str, np.ndarray]:
    """Compute every metric that gets an interval in the bootstrap replicates; the fitted chain stays as it is.

    Parameters
    ----------
    labels, survival, measure
        As for `point_metrics`.
    threads
        Results do not depend on it.

    Returns
    -------
    dict
        Replicates [B] by name of the metric; NaN where one could not be computed.
    """
    time, event, subtype, n_subtypes = (labels[c].to_numpy() for c in ("time", "event", "subtype", "n_subtypes"))
    weights = measure.weights
    found = _weighted(labels, survival, measure, weights)
    missing = np.full(len(weights), np.nan)
    found |= {"hazard_ratio": missing, "calibration_slope": missing, "risk_group_hazard_ratio": missing}
    if has_subtypes(labels):
        steps = cox_bootstrap(subtype, time, event, weights, strata=strata_of(n_subtypes), threads=threads)
        found["hazard_ratio"] = np.exp(steps)
    if has_risk_groups(labels):
        steps = cox_bootstrap(
            labels["risk_group"].to_numpy(), time, event, weights, strata=strata_of(n_subtypes), threads=threads
        )
        found["risk_group_hazard_ratio"] = np.exp(steps)
    if has_risk(labels):
        found["calibration_slope"] = cox_bootstrap(
            labels["risk"], time, event, weights, strata=labels["fold"].to_numpy(), threads=threads
        )
    return {name: found[name] for name in measure.metrics if name not in WITHOUT_INTERVAL}


def fold_metrics(
    labels: pd.DataFrame, survival: np.ndarray | None, measure: Yardstick
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Compute the metrics that methods are compared by, in each fold.

    Parameters
    ----------
    labels, survival, measure
        As for `point_metrics`.

    Returns
    -------
    dict
        By metric (``cindex``, ``ibs``): its values in the folds, in the order of their names [K], and what each fold counts [K]:
        the comparable pairs, or the patients. The weighted mean is the metric of all folds. NaN where it does not exist.
    """
    time, event, fold = (labels[c].to_numpy() for c in ("time", "event", "fold"))
    members = (fold == np.unique(fold)[:, None]).astype(np.float64)
    missing = np.full(len(members), np.nan)
    ranks, terms = missing, np.full(len(labels), np.nan)
    if has_risk(labels):
        ranks = concordance_harrell(time, event, labels["risk"], fold=fold, weights=members)
    if survival is not None:
        terms = _brier_of_patients(labels, survival, measure)
    return {
        "cindex": (ranks, comparable_pairs(time, event, weights=members)),
        "ibs": (weighted_mean(terms, members), members.sum(axis=1)),
    }


def out_of_fold(survival: Mapping[str, np.ndarray], fold: np.ndarray) -> np.ndarray:
    """Collect the survival that the fold of each patient predicted.

    Parameters
    ----------
    survival
        By split, [n, T], in the order of the cohort.
    fold
        Split of each patient [n], same order.

    Returns
    -------
    numpy.ndarray
        [n, T].
    """
    values = np.full(next(iter(survival.values())).shape, np.nan)
    for name in np.unique(fold).tolist():
        rows = fold == name
        values[rows] = survival[name][rows]
    return values


def has_subtypes(labels: pd.DataFrame) -> bool:
    """Tell whether every patient has a subtype."""
    return bool(labels["subtype"].notna().all() and labels["n_subtypes"].notna().all())


def has_risk_groups(labels: pd.DataFrame) -> bool:
    """Tell whether the risk of every patient was cut into as many groups as there are subtypes."""
    return has_subtypes(labels) and "risk_group" in labels and bool(labels["risk_group"].notna().all())


def has_risk(labels: pd.DataFrame) -> bool:
    """Tell whether every patient has a risk."""
    return bool(np.isfinite(labels["risk"].to_numpy()).all())


def strata_of(n_subtypes: np.ndarray) -> np.ndarray | None:
    """Give the strata of a model of the subtypes: their number, where folds chose different numbers; else None."""
    return n_subtypes if np.ptp(n_subtypes) > 0 else None


def extreme_subtypes(labels: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tell who is in the subtype of best, and who in that of worst prognosis of the own fold: two bool [n].

    Both are empty where there are no subtypes; a patient of a fold with one subtype is in neither.
    """
    subtype, n_subtypes = labels["subtype"].to_numpy(np.float64), labels["n_subtypes"].to_numpy(np.float64)
    return (subtype == 1) & (n_subtypes > 1), (subtype == n_subtypes) & (n_subtypes > 1)


def rmst_horizon(labels: pd.DataFrame, horizon: float) -> float:
    """Return the horizon of the restricted means: the configured one, or where the follow-up of a group ends if sooner."""
    time = labels["time"].to_numpy()
    return float(min(horizon, *(time[group].max(initial=0.0) for group in extreme_subtypes(labels))))


def _weighted(
    labels: pd.DataFrame, survival: np.ndarray | None, measure: Yardstick, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute the metrics that take multiplicities of the patients [B, n] as they are; each [B]."""
    time, event, fold, risk = (labels[c].to_numpy() for c in ("time", "event", "fold", "risk"))
    missing = np.full(len(weights), np.nan)
    found = dict.fromkeys(
        [
            *("cindex", "cindex_uno", "cindex_antolini", "cindex_subtype", "risk_group_cindex"),
            *("rmst_difference", "ibs", "ibs_skill"),
        ],
        missing,
    )
    found |= dict.fromkeys(map(auc_name, measure.days), missing)
    if has_risk(labels):
        found["cindex"] = concordance_harrell(time, event, risk, fold=fold, weights=weights)
        found["cindex_uno"] = concordance_uno(
            time, event, risk, censoring=measure.censoring, tau=measure.tau, fold=fold, weights=weights
        )
        days = [day for day in measure.days if day < measure.follow_up]
        areas = cumulative_dynamic_auc(time, event, risk, days, censoring=measure.censoring, fold=fold, weights=weights)
        found |= {auc_name(day): areas[:, column] for column, day in enumerate(days)}
    if has_subtypes(labels):
        place = (labels["subtype"] / labels["n_subtypes"]).to_numpy()
        found["cindex_subtype"] = concordance_harrell(time, event, place, fold=fold, weights=weights)
        if has_risk_groups(labels):
            place = (labels["risk_group"] / labels["n_subtypes"]).to_numpy()
            found["risk_group_cindex"] = concordance_harrell(time, event, place, fold=fold, weights=weights)
        best, worst = extreme_subtypes(labels)
        if best.any() and worst.any():
            horizon = rmst_horizon(labels, measure.horizon)
            means = [restricted_mean(time[g], event[g], horizon, weights=weights[:, g]) for g in (best, worst)]
            found["rmst_difference"] = means[0] - means[1]
    if survival is not None:
        baseline = np.stack([measure.baseline[name] for name in fold])
        ours, nothing = (
            weighted_mean(_brier_of_patients(labels, predicted, measure), weights) for predicted in (survival, baseline)
        )
        found["ibs"] = ours
        if not np.isnan(survival).any():
            found["cindex_antolini"] = concordance_antolini(
                time, event, survival, measure.times, fold=fold, weights=weights
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            found["ibs_skill"] = np.where(nothing > 0, 1 - ours / nothing, np.nan)
    return found


def _brier_of_patients(labels: pd.DataFrame, survival: np.ndarray, measure: Yardstick) -> np.ndarray:
    """Give what each patient adds to the integrated Brier score [n]."""
    time, event, fold = (labels[c].to_numpy() for c in ("time", "event", "fold"))
    terms = brier_terms(time, event, survival, measure.times, censoring=measure.censoring, fold=fold)
    return integrate_terms(terms, measure.times)


def _coefficient(
    covariate: np.ndarray | pd.Series, time: np.ndarray, event: np.ndarray, strata: np.ndarray | None
) -> float:
    """Log hazard per unit of a covariate; NaN where it does not vary or nobody has the event."""
    values = np.asarray(covariate, dtype=np.float64)
    if np.ptp(values) == 0 or not event.any():
        return float("nan")
    return float(cox_univariate(values[:, None], time, event, strata=strata)["coef"].iloc[0])
