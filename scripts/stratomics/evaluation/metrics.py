"""``metrics.tsv``: every metric of one method, apparent beside held-out, with patient-bootstrap intervals.

`evaluate_method` takes any method that says a risk, and perhaps a predicted survival and a subtype, of every patient in every
split: an embedding or a comparator. Metrics that do not apply are NaN. `score_method` gives the bootstrap replicates too; the
replicates are the same patients for every method of a cohort, so differences between methods are paired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import apparent_labels, heldout_labels
from stratomics.cohort.types import Cohort, Split
from stratomics.runtime import log

from .repeats import median_of, over_repeats
from .scores import (
    WITHOUT_INTERVAL,
    fold_metrics,
    has_risk,
    has_subtypes,
    out_of_fold,
    point_metrics,
    replicate_metrics,
    rmst_horizon,
)
from .yardstick import Yardstick, yardstick


@dataclass(frozen=True)
class MethodScores:
    """All metrics of one method.

    Attributes
    ----------
    apparent
        Of the full fit on its own patients, by metric.
    held_out
        By repeat (``r0``, ...), then metric.
    replicates
        By repeat, then metric: the bootstrap replicates [B]. Row b of every repeat and every method is the same draw of
        patients. Empty without bootstrap.
    n, events
        Patients and events of the cohort.
    folds
        By repeat, then metric: its values in the folds and what each counts, see `scores.fold_metrics`.
    """

    apparent: Mapping[str, float]
    held_out: Mapping[str, Mapping[str, float]]
    replicates: Mapping[str, Mapping[str, np.ndarray]]
    n: int
    events: int
    folds: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)

    def over_repeats(self, metric: str) -> tuple[float, np.ndarray]:
        """Give the median of a metric over the repeats, and that of each replicate [B]; see `repeats.median_of`."""
        points = median_of(metric, [own[metric] for own in self.held_out.values()])
        return float(points), median_of(metric, np.array([own[metric] for own in self.replicates.values()]))


def evaluate_method(
    predictions: pd.DataFrame,
    survival: Mapping[str, np.ndarray] | None,
    times: np.ndarray | None,
    cohort: Cohort,
    splits: Sequence[Split],
    evaluation_settings: Mapping[str, Any],
    seed: int,
    threads: int = 1,
    clusters: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Make ``metrics.tsv``: each metric apparent and held-out, per repeat and summarised over repeats.

    Parameters
    ----------
    predictions, survival, times, cohort, splits, evaluation_settings, seed, threads, clusters
        As for `score_method`.

    Returns
    -------
    pandas.DataFrame
        As `metrics_table` gives it.
    """
    return metrics_table(
        score_method(predictions, survival, times, cohort, splits, evaluation_settings, seed, threads, clusters)
    )


def score_method(
    predictions: pd.DataFrame,
    survival: Mapping[str, np.ndarray] | None,
    times: np.ndarray | None,
    cohort: Cohort,
    splits: Sequence[Split],
    evaluation_settings: Mapping[str, Any],
    seed: int,
    threads: int = 1,
    clusters: pd.DataFrame | None = None,
) -> MethodScores:
    """Compute every metric of one method, and its bootstrap replicates.

    The bootstrap resamples patients (the same draw in every repeat) and keeps the fitted chain: its intervals hold the
    uncertainty of who was observed, not that of the fitting.

    Parameters
    ----------
    predictions
        One row per split and patient: ``split, patient, role, risk, subtype, n_subtypes``; subtypes may be missing.
    survival
        Predicted survival of all patients at `times` by split, [n, T], in the order of the cohort. None where the method
        predicts none.
    times
        Rising, [T], days.
    cohort, splits
        The patients and the splits.
    evaluation_settings
        ``evaluation`` of the config: ``bootstrap`` (replicates), ``horizon_days``, ``auc_days``.
    seed
        Seed of the run.
    threads
        For the bootstrap; results do not depend on it.
    clusters
        ``split, patient, subtype`` of the training patients, for the apparent labels of an embedding.

    Returns
    -------
    MethodScores
    """
    measure = yardstick(cohort, splits, evaluation_settings, None if survival is None else times, seed=seed)
    kept = np.isin(np.asarray([] if times is None else times, dtype=np.float64), measure.times)

    def own_survival(labels: pd.DataFrame) -> np.ndarray | None:
        return None if survival is None else out_of_fold(survival, labels["fold"].to_numpy())[:, kept]

    apparent = apparent_labels(predictions, clusters, cohort)
    held_out, replicates, folds = {}, {}, {}
    for repeat, labels in heldout_labels(predictions, cohort).items():
        predicted = own_survival(labels)
        _say_what_is_missing(repeat, labels, predicted, measure)
        held_out[repeat] = point_metrics(labels, predicted, measure)
        folds[repeat] = fold_metrics(labels, predicted, measure)
        if len(measure.weights):
            replicates[repeat] = replicate_metrics(labels, predicted, measure, threads)
    of_full = point_metrics(apparent, own_survival(apparent), measure)
    return MethodScores(of_full, held_out, replicates, cohort.n, cohort.n_events, folds)


def _say_what_is_missing(repeat: str, labels: pd.DataFrame, survival: np.ndarray | None, measure: Yardstick) -> None:
    """Log why metrics will be NaN, or end sooner than configured."""
    if labels["subtype"].notna().any() and not has_subtypes(labels):
        log.info("%s: %d patients have no subtype: its metrics are NA", repeat, labels["subtype"].isna().sum())
    if not has_risk(labels):
        log.info("%s: %d patients have no risk: its metrics are NA", repeat, (~np.isfinite(labels["risk"])).sum())
    if survival is not None and np.isnan(survival).any():
        unknown = int(np.isnan(survival).any(axis=1).sum())
        log.info("%s: %d patients have no predicted survival: the Brier score is NA", repeat, unknown)
    if 0 < rmst_horizon(labels, measure.horizon) < measure.horizon:
        log.info("%s: restricted means end at day %g", repeat, rmst_horizon(labels, measure.horizon))


def metrics_table(scores: MethodScores) -> pd.DataFrame:
    """Tabulate the metrics of one method, per repeat and summarised over repeats, never the best.

    Parameters
    ----------
    scores
        From `score_method`.

    Returns
    -------
    pandas.DataFrame
        ``repeat`` (``r0``, ..., ``median``, ``min``, ``max``, see `repeats.over_repeats`), ``metric, apparent, held_out, ci_low,
        ci_high, n, events``. The interval of a ``median`` row is that of the median over repeats.
    """
    rows = []
    for repeat, points in scores.held_out.items():
        for metric, value in points.items():
            interval = (np.nan, np.nan)
            if scores.replicates and metric not in WITHOUT_INTERVAL:
                interval = percentile_interval(scores.replicates[repeat][metric])
            rows.append((repeat, metric, scores.apparent[metric], value, *interval))
    for name, summary in over_repeats(list(scores.held_out.values())).items():
        for metric, of_full in scores.apparent.items():
            interval = (np.nan, np.nan)
            if name == "median" and scores.replicates and metric not in WITHOUT_INTERVAL:
                interval = percentile_interval(scores.over_repeats(metric)[1])
            rows.append((name, metric, of_full, summary[metric], *interval))
    table = pd.DataFrame(rows, columns=["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high"])
    return table.assign(n=scores.n, events=scores.events)


def percentile_interval(replicates: np.ndarray) -> tuple[float, float]:
    """95 % percentile interval; missing when a tenth of the replicates could not be computed."""
    usable = replicates[np.isfinite(replicates)]
    if len(usable) < 0.9 * len(replicates) or len(usable) == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(usable, [0.025, 0.975])
    return float(low), float(high)
