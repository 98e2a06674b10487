"""Run one comparator by its name."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.catalogue import comparators
from stratomics.chain.labels import heldout_rows
from stratomics.cohort.types import Cohort, Split
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import log
from stratomics.survival.concordance import concordance_harrell
from stratomics.survival.predicted import step_times

from .context import PREDICTION_COLUMNS, Context, Declared, MethodResult, on_patients
from .methods import find_comparator


def fit_comparator(
    name: str,
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    settings: Mapping[str, Any],
    covariates: Sequence[str],
    *,
    seed: int,
    threads: int = 1,
    device: str = "cpu",
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Fit a comparator on the training patients of every split, and predict all patients with each fit.

    Parameters
    ----------
    name
        A file of `methods`.
    cohort, splits, fitted
        The patients, the splits, and the preprocessing fitted on each.
    settings
        The config, or the part of it that the comparator says it reads (`stratomics.catalogue`).
    covariates
        Columns of the clinical table, for comparators that need any.
    seed
        Seed of the run.
    threads
        Splits fitted at once; results do not depend on it.
    device
        Where networks train: ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    predictions : pandas.DataFrame
        Of all methods of the comparator, see `MethodResult`; no rows if there is no method to run.
    survival : dict of numpy.ndarray
        ``times`` (days, [T]) and ``<method>/<split>`` (float32 [n, T], patients in the order of the cohort).

    Raises
    ------
    ConfigError
        If the comparator is unknown.
    """
    # Over the whole follow-up, so that another horizon fits nothing anew.
    times = step_times(cohort.time, cohort.event, splits)
    context = Context(cohort, splits, fitted, Declared(settings), covariates, times, seed, threads, device)
    comparator = find_comparator(name)
    usable = np.ones(cohort.n, dtype=bool)
    if "complete_patients" in comparators()[name].needs and not cohort.complete.all():
        usable = cohort.complete
        log.info("%s: fitted on, and says something of, the %d patients with every omics alone", name, usable.sum())
    # Here and not in the threads, which would undo each other's filters. What matters in the warnings of the libraries (not
    # converged, nothing selected) is found and logged by the comparators.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = on_patients(context, usable, comparator.run)
    if not results:
        log.info("%s: nothing to compare with here", name)
        return pd.DataFrame(columns=PREDICTION_COLUMNS), {"times": times}
    arrays = {"times": times}
    for result in results:
        arrays.update(result.arrays())
        log.info("%s: held-out concordance %.3f", result.method, _heldout_concordance(result, cohort))
    return pd.concat([result.predictions for result in results], ignore_index=True), arrays


def _heldout_concordance(result: MethodResult, cohort: Cohort) -> float:
    """Harrell's C of the held-out risks, pairs within a fold, median over repeats; for the log."""
    values = []
    known = result.predictions[result.predictions["risk"].notna()]
    for own in heldout_rows(known).values():
        at = cohort.patients.get_indexer(pd.Index(own["patient"]))
        risk, fold = own["risk"].to_numpy(), own["split"].to_numpy(str)
        values.append(concordance_harrell(cohort.time[at], cohort.event[at], risk, fold=fold))
    return float(np.median(values)) if values else float("nan")
