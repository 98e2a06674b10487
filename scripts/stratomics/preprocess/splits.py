"""Fit the preprocessing of every split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.preprocess import FittedPreprocess, fit_preprocess
from stratomics.runtime import log, parallel_map
from stratomics.tables import stack_splits

from .clinical_view import fit_clinical_view


def preprocess_splits(
    cohort: Cohort, splits: Sequence[Split], settings: Mapping[str, Any], *, threads: int = 1
) -> tuple[dict[str, FittedPreprocess], pd.DataFrame, pd.DataFrame]:
    """Fit filters, imputation, transforms and scaling on the training patients of every split.

    Parameters
    ----------
    cohort
        All patients; those held out in a split are not looked at when it is fitted.
    splits
        ``full`` and the folds.
    settings
        ``preprocess`` of the config.
    threads
        Splits fitted at once.

    Returns
    -------
    fitted : dict of FittedPreprocess
        By split.
    report : pandas.DataFrame
        How many features each step dropped and how many were kept: ``split, omics, step, features``.
    dropped : pandas.DataFrame
        Every feature dropped and why: ``split, omics, feature, reason``.
    """
    models = parallel_map(lambda split: fit_preprocess(cohort, split.train, settings), splits, threads)
    fitted = {split.name: model for split, model in zip(splits, models, strict=True)}
    report = stack_splits({name: model.report for name, model in fitted.items()})
    return fitted, report, stack_splits({name: model.dropped for name, model in fitted.items()})


def with_clinical(
    cohort: Cohort, splits: Sequence[Split], fitted: Mapping[str, FittedPreprocess], covariates: Sequence[str]
) -> dict[str, FittedPreprocess]:
    """Put the clinical covariates beside the omics, for an embedding with ``clinical: true``.

    Parameters
    ----------
    cohort, splits, fitted
        The patients, the splits, and the preprocessing fitted on each.
    covariates
        Columns of the clinical table.

    Returns
    -------
    dict of FittedPreprocess
        By split: the same, with one more block at the end, fitted on the training patients of the split.

    Raises
    ------
    DataError
        If no covariate differs between the training patients of a split.
    """
    found = {}
    for split in splits:
        design = fit_clinical_view(cohort, split.train, covariates)
        for note in design.notes:
            log.info("clinical %s: %s", split.name, note)
        found[split.name] = replace(fitted[split.name], clinical=design)
    return found
