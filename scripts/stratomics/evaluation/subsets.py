"""``omics_subsets.tsv``: how well patients are told who have some of the omics only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from stratomics.chain.labels import heldout_labels, heldout_rows
from stratomics.chain.subsets import OWN, PLUS
from stratomics.cohort.types import Cohort
from stratomics.runtime import derive_seed
from stratomics.stability.agreement import table_adjusted_rand
from stratomics.survival import concordance_harrell

from .metrics import percentile_interval
from .patterns import FEWEST_EVENTS
from .repeats import median_of
from .yardstick import bootstrap_weights

MEASURES = ("agreement", "ari", "confidence", "cindex")
SUBSET_COLUMNS = ["omics", "patients", "events", "metric", "held_out", "ci_low", "ci_high"]


def subset_table(predictions: pd.DataFrame, cohort: Cohort, bootstrap: int, *, seed: int) -> pd.DataFrame:
    """Make ``omics_subsets.tsv``.

    Parameters
    ----------
    predictions
        The labels of `stratomics.chain.subsets.fit_subsets`, of all folds.
    cohort
        The patients of whom it speaks: those with every omics, so that subsets differ in nothing else.
    bootstrap
        Samples of the patients for the intervals.
    seed
        Seed of the run; patients are drawn as for ``metrics.tsv``.

    Returns
    -------
    pandas.DataFrame
        ``omics`` (of the subset, all of them first), ``patients, events, metric``, ``held_out`` (median over the repeats) and
        ``ci_low, ci_high`` (95 %, by resampling patients). Metrics: ``agreement``, the share of patients who get the subtype
        that all omics give them by the same fold's model; ``ari``, the adjusted Rand index with those subtypes, mean over the
        folds weighted by their patients; ``confidence``, the mean probability of the subtype that is given, to be compared with
        ``agreement``; ``cindex``, Harrell's C of the risk, of pairs within a fold; missing with fewer than `FEWEST_EVENTS`
        events.
    """
    draws = bootstrap_weights(cohort.n, bootstrap, derive_seed(seed, "evaluate_subtypes"))
    weights = np.vstack([np.ones(cohort.n), draws])
    labels = {str(name): _labels(own, cohort) for name, own in predictions.groupby("omics", sort=False) if name != OWN}
    everything = next(iter(labels.values()))
    rows = []
    for name, repeats in labels.items():
        values = {metric: np.full((len(repeats), len(weights)), np.nan) for metric in MEASURES}
        for row, (own, all_omics) in enumerate(zip(repeats.values(), everything.values(), strict=True)):
            fold = own["fold"].to_numpy()
            found, wanted = (one["subtype"].to_numpy(np.int64) for one in (own, all_omics))
            sure = own["confidence"].to_numpy()
            values["confidence"][row] = weights @ sure / cohort.n
            values["agreement"][row] = weights @ (found == wanted) / cohort.n
            values["ari"][row] = _adjusted_rand(found, wanted, fold, weights)
            if cohort.n_events >= FEWEST_EVENTS:
                risk = own["risk"].to_numpy()
                values["cindex"][row] = concordance_harrell(cohort.time, cohort.event, risk, fold=fold, weights=weights)
        for metric, one in values.items():
            point, *samples = median_of(metric, one).tolist()
            interval = percentile_interval(np.array(samples))
            rows.append((name, cohort.n, cohort.n_events, metric, point, *interval))
    return pd.DataFrame(rows, columns=SUBSET_COLUMNS)


def _labels(predictions: pd.DataFrame, cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Pool the labels of each repeat (`heldout_labels`), with the probability of the subtype that is given: ``confidence``."""
    columns = [name for name in predictions.columns if name.startswith("probability_")]
    sure = {
        repeat: rows.set_index("patient")[columns].max(axis=1).reindex(cohort.patients).to_numpy(np.float64)
        for repeat, rows in heldout_rows(predictions).items()
    }
    return {name: own.assign(confidence=sure[name]) for name, own in heldout_labels(predictions, cohort).items()}


def _adjusted_rand(found: np.ndarray, wanted: np.ndarray, fold: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the index of each bootstrap sample [B], the mean over the folds: subtypes of two folds are not the same thing."""
    k = int(max(found.max(), wanted.max()))
    cells = ((found - 1) * k + wanted - 1)[:, None] == np.arange(k * k)
    folds = [own for own in np.unique(fold) if (fold == own).sum() > 1]
    tables = np.stack([(weights[:, fold == own] @ cells[fold == own]).reshape(-1, k, k) for own in folds])
    index, patients = table_adjusted_rand(tables), tables.sum(axis=(2, 3))
    return np.asarray(
        (np.nan_to_num(index) * patients).sum(axis=0) / np.where(np.isnan(index), 0.0, patients).sum(axis=0)
    )


def subset_entries(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Put ``omics_subsets.tsv`` into the form it has in ``model.json``: one entry per subset, NaN as None."""
    entries = []
    for name, own in table.groupby("omics", sort=False):
        first = own.iloc[0]
        entry: dict[str, Any] = {
            "omics": str(name).split(PLUS),
            "patients": int(first["patients"]),
            "events": int(first["events"]),
        }
        for row in own.to_dict("records"):
            numbers = (float(row[column]) for column in ("held_out", "ci_low", "ci_high"))
            entry[str(row["metric"])] = [None if math.isnan(one) else one for one in numbers]
        entries.append(entry)
    return entries
