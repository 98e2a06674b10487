"""Apparent and held-out metrics of one embedding's subtypes, with patient-bootstrap intervals.

The nominal log-rank p of pooled out-of-fold labels is anti-conservative, because the folds share training patients (up to
.18 false positives at .05 on permuted survival). It is reported as *nominal*; concordance has no such bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import derive_seed, parallel_map
from stratomics.survival import concordance_harrell, concordance_uno, cox_univariate, logrank

METRICS = [
    "logrank_chi2",
    "logrank_df",
    "logrank_p",
    "hazard_ratio",
    "cindex",
    "cindex_subtype",
    "cindex_uno",
    "n_subtypes",
]
#: Metrics that get a bootstrap interval.
INTERVALS = ("hazard_ratio", "cindex", "cindex_subtype", "cindex_uno")

Censoring = Mapping[str, tuple[np.ndarray, np.ndarray]]


def bootstrap_weights(n: int, replicates: int, seed: int) -> np.ndarray:
    """Draw how often each patient enters each bootstrap replicate.

    Parameters
    ----------
    n
        Number of patients.
    replicates
        Number of replicates.
    seed
        Of the draw.

    Returns
    -------
    numpy.ndarray
        Multiplicities, float64 [replicates, n]; each row sums to `n`.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n, np.full(n, 1.0 / n), size=replicates).astype(np.float64)


def uno_horizon(horizon: float, censoring: Censoring) -> float:
    """Return the horizon of Uno's C: the configured one, or the end of the shortest training follow-up if that is sooner.

    Beyond it the censoring distribution of some training fold is not estimable.
    """
    return float(min(horizon, *(time.max() for time, _ in censoring.values())))


def _hazard_ratio(time: np.ndarray, event: np.ndarray, subtype: np.ndarray, n_subtypes: np.ndarray) -> float:
    """Hazard ratio per risk step, stratified by the number of subtypes where folds chose different numbers."""
    if np.ptp(subtype) == 0 or not event.any():
        return float("nan")
    strata = n_subtypes if np.ptp(n_subtypes) > 0 else None
    fit = cox_univariate(subtype[:, None].astype(np.float64), time, event, strata=strata)
    return float(fit["hazard_ratio"].iloc[0])


def _log_rank(labels: pd.DataFrame) -> tuple[float, float, float]:
    """K-sample log-rank; where folds chose different K, the sum of one test per K (a stratum each)."""
    time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
    chi2, df = 0.0, 0
    for _, own in labels.groupby("n_subtypes", sort=True):
        if own["subtype"].nunique() < 2 or not own["event"].any():
            continue
        rows = own.index.to_numpy()
        result = logrank(time[rows], event[rows], own["subtype"].to_numpy())
        chi2, df = chi2 + result.chi2, df + result.df
    if df == 0:
        return float("nan"), 0.0, float("nan")
    from scipy.stats import chi2 as chi2_distribution

    return chi2, float(df), float(chi2_distribution.sf(chi2, df))


def point_metrics(labels: pd.DataFrame, censoring: Censoring, tau: float) -> dict[str, float]:
    """Compute every metric of one set of labels.

    Parameters
    ----------
    labels
        One row per patient: ``time, event, subtype, n_subtypes, risk, fold``.
    censoring
        Follow-up (time, event) of the training patients by fold, for the censoring weights of Uno's C.
    tau
        Horizon of Uno's C, days.

    Returns
    -------
    dict
        By the names in `METRICS`; NaN where a metric does not exist (one subtype only).
    """
    time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
    fold, risk = labels["fold"].to_numpy(), labels["risk"].to_numpy()
    subtype, n_subtypes = labels["subtype"].to_numpy(), labels["n_subtypes"].to_numpy()
    chi2, df, p = _log_rank(labels.reset_index(drop=True))
    return {
        "logrank_chi2": chi2,
        "logrank_df": df,
        "logrank_p": p,
        "hazard_ratio": _hazard_ratio(time, event, subtype, n_subtypes),
        "cindex": float(concordance_harrell(time, event, risk, fold=fold)),
        "cindex_subtype": float(concordance_harrell(time, event, subtype / n_subtypes, fold=fold)),
        "cindex_uno": float(concordance_uno(time, event, risk, censoring=censoring, tau=tau, fold=fold)),
        "n_subtypes": float(np.median(n_subtypes)),
    }


def _bootstrap(
    labels: pd.DataFrame, censoring: Censoring, tau: float, weights: np.ndarray, threads: int
) -> dict[str, np.ndarray]:
    """Replicates [B] of each metric that gets an interval; the fitted chain stays as it is."""
    time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
    fold, risk = labels["fold"].to_numpy(), labels["risk"].to_numpy()
    subtype, n_subtypes = labels["subtype"].to_numpy(), labels["n_subtypes"].to_numpy()

    def hazard_ratio(counts: np.ndarray) -> float:
        rows = np.repeat(np.arange(len(time)), counts.astype(np.int64))
        return _hazard_ratio(time[rows], event[rows], subtype[rows], n_subtypes[rows])

    return {
        "hazard_ratio": np.array(parallel_map(hazard_ratio, list(weights), threads)),
        "cindex": np.asarray(concordance_harrell(time, event, risk, fold=fold, weights=weights)),
        "cindex_subtype": np.asarray(
            concordance_harrell(time, event, subtype / n_subtypes, fold=fold, weights=weights)
        ),
        "cindex_uno": np.asarray(
            concordance_uno(time, event, risk, censoring=censoring, tau=tau, fold=fold, weights=weights)
        ),
    }


def _interval(replicates: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval; missing when a tenth of the replicates could not be computed."""
    usable = replicates[np.isfinite(replicates)]
    if len(usable) < 0.9 * len(replicates) or len(usable) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(usable, [0.025, 0.975])
    return float(low), float(high)


def evaluate_subtypes(
    apparent: pd.DataFrame,
    heldout: Mapping[str, pd.DataFrame],
    cohort: Cohort,
    splits: list[Split],
    settings: Mapping[str, Any],
    *,
    seed: int,
    threads: int = 1,
) -> pd.DataFrame:
    """Make ``metrics.tsv``: each metric apparent and held-out, per repeat and summarised over repeats.

    The interval resamples patients (the same draw in every repeat) and keeps the fitted chain: it holds the uncertainty of
    who was observed, not that of the fitting. The interval of the ``median`` row is that of the median over repeats.

    Parameters
    ----------
    apparent
        Labels of the full fit on its own patients (`apparent_labels`).
    heldout
        Labels of each repeat on patients the fit never saw (`heldout_labels`).
    cohort, splits
        For the follow-up of the training patients of each fold.
    settings
        ``evaluation`` of the config: ``bootstrap`` (replicates), ``horizon_days``.
    seed
        Seed of the run.
    threads
        For the bootstrap; results do not depend on it.

    Returns
    -------
    pandas.DataFrame
        ``repeat`` (``r0``, ..., ``median``, ``min``, ``max``), ``metric, apparent, held_out, ci_low, ci_high, n, events``.
    """
    time, event = cohort.time, cohort.event
    censoring = {split.name: (time[split.train], event[split.train]) for split in splits}
    tau = uno_horizon(settings["horizon_days"], censoring)
    weights = bootstrap_weights(cohort.n, settings["bootstrap"], derive_seed(seed, "evaluate_subtypes"))
    of_full = point_metrics(apparent, censoring, tau)

    points = {repeat: point_metrics(labels, censoring, tau) for repeat, labels in heldout.items()}
    replicates = {
        repeat: _bootstrap(labels, censoring, tau, weights, threads) if len(weights) else {}
        for repeat, labels in heldout.items()
    }
    rows = []
    for repeat in heldout:
        for metric in METRICS:
            interval = _interval(replicates[repeat][metric]) if metric in replicates[repeat] else (np.nan, np.nan)
            rows.append((repeat, metric, of_full[metric], points[repeat][metric], *interval))
    for name, summarise in (("median", np.median), ("min", np.min), ("max", np.max)):
        for metric in METRICS:
            over_repeats = [points[repeat][metric] for repeat in heldout]
            interval = (np.nan, np.nan)
            if name == "median" and metric in INTERVALS and len(weights):
                interval = _interval(np.median([replicates[repeat][metric] for repeat in heldout], axis=0))
            rows.append((name, metric, of_full[metric], float(summarise(over_repeats)), *interval))
    table = pd.DataFrame(rows, columns=["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high"])
    return table.assign(n=cohort.n, events=cohort.n_events)
