"""Judge predictions by what became of the patients: the metrics, intervals, calibration and verdict of held-out patients at home.

The model saw none of these patients, so they are one set of held-out patients, predicted by one fit: what at home is a fold. The
permutation test gives survival (with the clinical columns) to other patients and leaves the predictions as they are, which is exact
here: nothing was fitted on them. How survival is censored, and the curve that a predicted survival is compared with, are those of
the new patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.survival import SurvivalModel, fit_survival
from stratomics.cohort.checks import Checks, count
from stratomics.cohort.types import Cohort, Split
from stratomics.evaluation.added_value import ADDED_VALUE_COLUMNS
from stratomics.evaluation.calibration import CALIBRATION_COLUMNS, calibration_table
from stratomics.evaluation.evidence import EVIDENCE_COLUMNS, Evidence
from stratomics.evaluation.external import Expected, expected_events, external_verdict
from stratomics.evaluation.findings import EXTERNAL_CODES, verdict_columns, verdict_row
from stratomics.evaluation.metrics import percentile_interval
from stratomics.evaluation.multiplicity import westfall_young_min_p
from stratomics.evaluation.patterns import FEWEST_EVENTS
from stratomics.evaluation.permutation import STATISTICS, heldout_statistics, permuted_order
from stratomics.evaluation.scores import WITHOUT_INTERVAL, point_metrics, replicate_metrics
from stratomics.evaluation.sources import Figure
from stratomics.evaluation.yardstick import yardstick
from stratomics.survival.predicted import time_grid

from .clinic import beyond_clinic, with_clinic

#: What the one set of held-out patients is called where at home there are repeats and folds.
NEW = "new"
METRIC_COLUMNS = ["metric", "value", "ci_low", "ci_high", "n", "events"]
MODEL, RECALIBRATED = "model", "recalibrated"
_BEFORE, _AFTER = verdict_columns(EXTERNAL_CODES)


@dataclass(frozen=True)
class Validation:
    """How the predictions of patients with follow-up hold.

    Parameters
    ----------
    metrics
        `METRIC_COLUMNS`: those of ``metrics.tsv``, with intervals by resampling the new patients; and ``observed_events``,
        ``expected_events`` and ``observed_expected``, their ratio (`stratomics.evaluation.external.Expected`).
    calibration
        Predicted and observed survival by subtype, and of everybody as the one subtype of 1, as ``calibration.tsv`` has them, with
        ``baseline`` (``model``, or ``recalibrated``: learned from these very patients, so that it fits them) in the place of the
        repeat.
    added_value
        What subtypes and risk tell beyond the clinical columns, as ``added_value.tsv`` has it; no rows without covariates.
    verdict
        One row, see `stratomics.evaluation.external`.
    survival
        The baseline learned anew from these patients; None where that was not asked for, or could not be done.
    """

    metrics: pd.DataFrame
    calibration: pd.DataFrame
    added_value: pd.DataFrame
    verdict: pd.DataFrame
    survival: SurvivalModel | None = None

    @classmethod
    def empty(cls) -> Validation:
        """Give the tables without rows, of what was not judged."""
        calibration = ["baseline", *CALIBRATION_COLUMNS[1:]]
        added_value = ["prediction", *ADDED_VALUE_COLUMNS[1:]]
        verdict = ["prediction", *_BEFORE[1:], *EVIDENCE_COLUMNS, *_AFTER]
        metrics, *others = (pd.DataFrame(columns=own) for own in (METRIC_COLUMNS, calibration, added_value, verdict))
        return cls(metrics, others[0], others[1], others[2])


def validate(
    survival: SurvivalModel,
    horizons: list[float],
    predictions: pd.DataFrame,
    follow_up: pd.DataFrame,
    evaluation: Mapping[str, Any],
    *,
    name: str,
    seed: int,
    recalibrate: bool,
    checks: Checks,
) -> Validation | None:
    """Judge predictions.

    Parameters
    ----------
    survival
        Of the model.
    horizons
        Days at which the model tells survival.
    predictions
        Of the patients, see `stratomics.prediction.predict.Prediction`.
    follow_up
        ``time`` (days) and ``event`` by patient; whatever other columns it has are the clinic that there is.
    evaluation
        Of the config: ``horizon_days``, ``auc_days``, ``bootstrap``, ``permutations``; with covariates ``folds``, ``repeats``.
    name
        Of the prediction.
    seed
        Of the resampling and the permutations.
    recalibrate
        Whether to learn the baseline of survival anew.
    checks
        Gets a row where there is too little to judge by.

    Returns
    -------
    Validation or None
        None where fewer than `stratomics.evaluation.patterns.FEWEST_EVENTS` patients with the event were predicted.
    """
    table = predictions.set_index("patient").join(follow_up, how="inner")
    events = int(table["event"].sum())
    if events < FEWEST_EVENTS:
        message = (
            f"{count(len(table), 'patient')} with {count(events, 'event')} were predicted and followed: too few to judge by (at "
            f"least {FEWEST_EVENTS} events)"
        )
        checks.add("cohort", "prediction", "not_judged", events, message, action="warning")
        return None
    cohort = Cohort(name, (), table[follow_up.columns.tolist()].rename_axis("patient"))
    labels = table.reset_index()[["patient", "time", "event", "subtype", "n_subtypes", "risk", "risk_group"]].assign(
        fold=NEW
    )
    everybody = np.arange(cohort.n)
    split = Split(NEW, everybody, everybody[:0])
    horizon = min(float(evaluation["horizon_days"]), float(survival.times[-1]))
    times = time_grid(horizon, cohort.time, [split])
    measure = yardstick(cohort, [split], evaluation, times, seed=seed)
    predicted = _predicted(survival, table, measure.times)
    points = point_metrics(labels, predicted, measure)
    samples = replicate_metrics(labels, predicted, measure) if len(measure.weights) else {}
    figures = {metric: Figure(value, *_interval(metric, samples)) for metric, value in points.items()}
    again = _recalibrated(survival, table, checks) if recalibrate else None
    baselines = {MODEL: survival, **({RECALIBRATED: again} if again is not None else {})}
    groups = [labels, labels.assign(subtype=1, n_subtypes=1)] if labels["n_subtypes"].max() > 1 else [labels]
    tables = [
        calibration_table({which: own}, {NEW: _predicted(one, table, times)}, times, horizons)
        for which, one in baselines.items()
        for own in groups
    ]
    expected = _expected(survival, table, min(horizon, float(survival.followed.min())))
    added_value, design = beyond_clinic(cohort, labels, evaluation, seed=seed)
    permutations = int(evaluation["permutations"])
    p = _permutation_p(labels, design, permutations, seed)
    evidence = with_clinic(_evidence(name, labels, figures, p, permutations, horizon), added_value, p)
    found = external_verdict(evidence, expected, figures["calibration_slope"])
    return Validation(
        _metrics(figures, expected).assign(n=cohort.n, events=events),
        pd.concat(tables, ignore_index=True).rename(columns={"repeat": "baseline"}),
        added_value.rename(columns={"embedding": "prediction"}),
        pd.DataFrame([verdict_row(evidence, found)]).rename(columns={"embedding": "prediction"}),
        again,
    )


def _metrics(figures: Mapping[str, Figure], expected: Expected) -> pd.DataFrame:
    """Tabulate the figures, those of the events foretold behind the others."""
    nothing = (np.nan, np.nan)
    own = {
        "observed_events": (float(expected.observed), *nothing),
        "expected_events": (expected.expected, *nothing),
        "observed_expected": expected.ratio,
    }
    return pd.DataFrame(
        [(metric, *figure) for metric, figure in {**figures, **own}.items()], columns=METRIC_COLUMNS[:4]
    )


def _expected(survival: SurvivalModel, table: pd.DataFrame, days: float) -> Expected:
    """Count the events that the model foretells of patients for as long as each was followed."""
    time, event = (table[name].to_numpy(np.float64) for name in ("time", "event"))
    until, column = np.unique(np.minimum(time, days), return_inverse=True)
    own = _predicted(survival, table, until)[np.arange(len(table)), column]
    return expected_events(time, event, own, days)


def _predicted(survival: SurvivalModel, table: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Predict the survival of the patients of a table at some times [n, T]."""
    k = int(table["n_subtypes"].iloc[0])
    probabilities = table[[f"probability_{one}" for one in range(1, k + 1)]].to_numpy(np.float64)
    return survival.of_patients(table["risk"].to_numpy(np.float64), probabilities, times)[0]


def _interval(metric: str, samples: Mapping[str, np.ndarray]) -> tuple[float, float]:
    if metric in WITHOUT_INTERVAL or metric not in samples:
        return float("nan"), float("nan")
    return percentile_interval(samples[metric])


def _recalibrated(survival: SurvivalModel, table: pd.DataFrame, checks: Checks) -> SurvivalModel | None:
    """Learn the baseline anew: the hazard of a patient of risk 0, or the curve of every subtype."""
    time, event, risk = (table[name].to_numpy(np.float64) for name in ("time", "event", "risk"))
    subtype, k = table["subtype"].to_numpy(), int(table["n_subtypes"].iloc[0])
    everywhere = set(subtype) == set(range(1, k + 1))
    if survival.method == "subtype" and not everywhere:
        message = "not every subtype has patients with follow-up: the baseline could not be learned anew, that of the model is used"
        checks.add("cohort", "prediction", "not_recalibrated", len(set(subtype)), message, action="warning")
        return None
    message = (
        f"the baseline of survival was learned anew from {count(len(table), 'patient')} with {count(int(event.sum()), 'event')}: "
        f"the survival predicted of them fits them by construction, and is no test of the model"
    )
    checks.add("cohort", "prediction", "recalibrated", len(table), message, action="warning")
    if everywhere:
        return fit_survival(survival.method, time, event, subtype, k, risk)
    own = fit_survival(survival.method, time, event, np.ones(len(time), dtype=np.int64), 1, risk)
    return replace(survival, times=own.times, hazard=own.hazard, hazard_variance=own.hazard_variance)


def _evidence(
    name: str,
    labels: pd.DataFrame,
    figures: Mapping[str, Figure],
    p: Mapping[str, float],
    permutations: int,
    horizon: float,
) -> Evidence:
    """Collect what a verdict rests on; what one fit and one set of patients cannot say stays missing."""
    return Evidence(
        name,
        n=len(labels),
        events=int(labels["event"].sum()),
        n_subtypes=int(labels["n_subtypes"].iloc[0]),
        heldout_logrank_p=figures["logrank_p"].value,
        permutation_p=p["heldout_trend_z"],
        permutation_p_adjusted=p["heldout_trend_z"],
        permutation_p_logrank=p["heldout_logrank_p"],
        permutation_p_cindex=p["heldout_cindex"],
        permutation_p_cindex_subtype=p["heldout_cindex_subtype"],
        heldout_cindex=figures["cindex"],
        heldout_cindex_uno=figures["cindex_uno"].value,
        heldout_hazard_ratio=figures["hazard_ratio"],
        heldout_cindex_subtype=figures["cindex_subtype"],
        heldout_ibs=figures["ibs"].value,
        heldout_ibs_skill=figures["ibs_skill"].value,
        heldout_rmst_difference=figures["rmst_difference"],
        rmst_days=figures["rmst_days"].value,
        risk_group_hazard_ratio=figures["risk_group_hazard_ratio"],
        risk_group_cindex=figures["risk_group_cindex"],
        risk_group_logrank_p=figures["risk_group_logrank_p"].value,
        horizon_days=horizon,
        permutations=permutations,
        k_folds_again=1.0,  # the subtypes tested are those of the model
    )


def _permutation_p(labels: pd.DataFrame, design: np.ndarray | None, permutations: int, seed: int) -> dict[str, float]:
    """Give the p of each statistic of the permutation test; NaN where it does not exist.

    Follow-up goes to other patients, and with it the clinical columns, as at home.
    """
    own = {NEW: {name: labels[name].to_numpy() for name in ("subtype", "n_subtypes", "risk", "fold")}}
    time, event = labels["time"].to_numpy(), labels["event"].to_numpy()
    orders = (permuted_order(len(labels), b, seed) for b in range(permutations + 1))
    rows = pd.DataFrame(
        [
            heldout_statistics(own, time[order], event[order], None if design is None else design[order])
            for order in orders
        ]
    )
    found = {}
    for name in rows:
        values = rows[name].to_numpy(np.float64)
        usable = permutations > 0 and np.isfinite(values[0])
        p = westfall_young_min_p(values[:1], values[1:, None], STATISTICS[str(name)])[0][0] if usable else np.nan
        found[str(name)] = float(p)
    return found
