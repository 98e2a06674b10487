"""Every table of what was read."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from stratomics.cohort.types import Cohort
from stratomics.preprocess import FittedPreprocess
from stratomics.preprocess.omics import batch_labels

from .batches import BATCH_COLUMNS, components
from .columns import clinical_columns
from .combinations import omics_combinations
from .follow_up import follow_up_curves
from .gaps import missing_shares
from .outliers import distances
from .states import STANDARDISED, steps_of
from .values import histograms

#: The groups of patients by which folds are drawn, where the config names a column.
GROUPS = "groups"


def describe_cohort(
    cohort: Cohort, checks: pd.DataFrame, fitted: FittedPreprocess, covariates: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Describe all patients of a cohort. Nothing that is fitted sees any of it.

    Parameters
    ----------
    cohort
        The patients, with covariates and annotations.
    checks
        ``checks.tsv``, ``value`` as text: what the intake counted is read off it, and not counted again.
    fitted
        Preprocessing of the split ``full``.
    covariates
        Columns of the clinical Cox model.

    Returns
    -------
    dict of pandas.DataFrame
        ``combinations`` (`omics_combinations`), ``gaps`` (`missing_shares`), ``values`` (`histograms`), ``follow_up``
        (`follow_up_curves`), ``components`` and ``separation`` (`components`), ``distances`` (`distances`), ``columns``
        (`clinical_columns`).
    """
    named = checks[checks["check"] == "batches"].set_index("item")["id"].astype(str)
    groups = batch_labels(cohort.groups, cohort.patients)
    shown, laid, apart, far = [], [], [], []
    for steps in steps_of(cohort, fitted):
        patients = cohort.patients.to_numpy()[steps.rows]
        labels = {} if steps.levels is None else {str(named.get(steps.name, "batch")): steps.levels}
        if groups is not None:
            labels.setdefault(GROUPS, groups[steps.rows])
        coordinates, separation = components(steps, patients, labels)
        shown.append(histograms(steps))
        laid.append(coordinates)
        apart.append(separation)
        far.append(distances(steps.name, patients, steps.values[STANDARDISED]))
    stacked = {"values": shown, "components": laid, "distances": far}
    stacked["separation"] = [one for one in apart if len(one)] or [pd.DataFrame(columns=BATCH_COLUMNS)]
    return {
        "combinations": omics_combinations(checks, [one.name for one in cohort.omics]),
        "gaps": missing_shares(cohort),
        "follow_up": follow_up_curves(cohort.time, cohort.event),
        "columns": clinical_columns(cohort.clinical, covariates),
        **{name: pd.concat(tables, ignore_index=True) for name, tables in stacked.items()},
    }
