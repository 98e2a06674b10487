"""Say how every covariate, annotation and batch was read, and warn of what hardly is what it is taken for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from .cells import advice_on, points_fault
from .checks import Checks, count, examples, listing
from .clinical import Clinical, known
from .covariates import MANY_LEVELS, Reading, describe_covariate, level_names
from .doubts import check_missing_words, check_numbers, check_quantities
from .leaks import covariate_leaks, outcome_names
from .levels import one_spelling
from .persons import same_course

#: More patients than this share with the time, event and covariates of another are no chance.
MAX_TWINS = 0.05
#: From this share on, what a model does about missing values matters more than the values.
MUCH_MISSING = 0.3


def check_covariates(
    clinical: Clinical,
    patients: list[str],
    covariates: Sequence[str],
    outcome: Sequence[str],
    batches: Mapping[str, str],
    checks: Checks,
) -> None:
    """Describe the covariates and annotations in the patients of the cohort, and fault those that repeat the outcome.

    Parameters
    ----------
    clinical
        The clinical table.
    patients
        Of the cohort.
    covariates
        Those that enter a model; the other columns of ``clinical.covariates`` are annotations.
    outcome
        Columns of time and event: naming them as covariates is a fault of its own.
    batches
        Column of the batch by name of the omics.
    checks
        Gets rows and faults.
    """
    time, event = clinical.time[patients], clinical.event[patients]
    for column, reading in clinical.readings.items():
        values = clinical.covariates.loc[patients, column]
        key = "covariates" if column in covariates else "annotations"
        _describe(column, key, values, clinical.cells.loc[patients, column], checks)
        _describe_merged(column, reading.merged, checks)
        _check_odd(column, key, reading, clinical.cells[column], clinical.path, checks)
        if values.isna().any():
            share = float(values.isna().mean())
            much = share > MUCH_MISSING and column in covariates
            message = f"patients of the cohort without {column}"
            if much:
                message = (
                    f"{share:.0%} of the patients have no {column}: the clinical model knows little of it, so the omics "
                    f"may seem to add what it would say"
                )
            action = "warning" if much else "note"
            checks.add(
                "clinical", "clinical", "covariate_missing", int(values.isna().sum()), message, action=action, id=column
            )
        if values.nunique() < 2:
            message = f"{column} does not vary between the patients of the cohort: it says nothing about survival"
            checks.add(
                "clinical", "clinical", "covariate_constant", values.nunique(), message, action="warning", id=column
            )
        if column in covariates and column not in outcome:
            numbers = values if values.dtype == np.float64 else None
            _check_leak(clinical, column, values, numbers, time, event, "clinical.covariates", checks)
    for item, column in batches.items():
        if column in clinical.cells:
            if column not in clinical.readings:
                _describe_merged(column, one_spelling(known(clinical.cells[column]))[1], checks)
            _check_leak(
                clinical,
                column,
                clinical.levels(column)[patients],
                None,
                time,
                event,
                f"batch of omics '{item}'",
                checks,
            )
    for column in outcome_names(list(covariates)):
        message = f"covariate {column} has the name of an outcome: covariates are what was known when follow-up began"
        checks.add("clinical", "clinical", "outcome_name", column, message, action="warning", id=column)


def check_twins(clinical: Clinical, patients: list[str], covariates: Sequence[str], checks: Checks) -> None:
    """Warn where many patients share time, event and every covariate with another.

    Parameters
    ----------
    clinical
        The clinical table.
    patients
        Of the cohort.
    covariates
        Those of the config.
    checks
        Gets the row.
    """
    columns = [column for column in covariates if column in clinical.covariates]
    twins = same_course(clinical.time[patients], clinical.event[patients], clinical.covariates.loc[patients, columns])
    if len(twins) > MAX_TWINS * len(patients):
        message = (
            f"{len(twins)} patients have the time, the event and every covariate of another ('{twins[0][1]}' and "
            f"'{twins[0][0]}'): if these are two samples of one person, one trains what is judged on the other"
        )
        checks.add("clinical", "clinical", "same_course", len(twins), message, action="warning")


def _check_leak(
    clinical: Clinical,
    column: str,
    values: pd.Series,
    numbers: pd.Series | None,
    time: pd.Series,
    event: pd.Series,
    where: str,
    checks: Checks,
) -> None:
    leak = covariate_leaks(values, numbers, time, event)
    if leak:
        checks.fault(
            f"{clinical.path}: column '{column}', which the config names as {where}, {leak}. The outcome must not be known to what "
            f"foretells it: remove the column from {where}."
        )


def _describe(column: str, key: str, values: pd.Series, cells: pd.Series, checks: Checks) -> None:
    """Add the row that says how a column was read, and those that doubt it."""
    kind, read = describe_covariate(values)
    n_missing = int(read.isna().sum())
    missing = f"; {n_missing} missing ({n_missing / max(1, len(read)):.1%})"
    if kind == "numeric":
        what = f"{read.nunique()} different numbers from {read.min():g} to {read.max():g}"
    else:
        names = level_names(values)
        sizes = read.map(names).value_counts() if names else read.value_counts()
        order = list(names.values()) if names else list(sizes.index)
        shown = ", ".join(f"{level} {sizes[level]}" for level in order[:8])
        what = f"{shown}{f', ... ({len(order)} levels)' if len(order) > 8 else ''}" or "no level"
    words = {"numeric": "numbers", "ordinal": "an order", "categorical": "categories"}[kind]
    message = f"{column} ({key}) is read as {words}: {what}{missing}"
    checks.add("clinical", "clinical", "read_as", kind, message, id=column)
    if kind == "numeric":
        check_numbers(column, read, checks)
        return
    levels = [str(level) for level in values.dropna().unique()]
    if values.dtype != np.float64:
        check_missing_words(column, cells, levels, checks)
    if kind == "categorical" and not check_quantities(column, levels, checks):
        if len(levels) > max(2, min(MANY_LEVELS, len(read) / 5)):
            found = f"{column} has {len(levels)} categories for {len(read)} patients"
            message = f"{found}: is it an id, free text, or a number with odd cells?"
            checks.add("clinical", "clinical", "many_categories", len(levels), message, action="warning", id=column)


def _describe_merged(column: str, merged: Mapping[str, str], checks: Checks) -> None:
    if merged:
        shown = listing((f"'{level}' counts as '{other}'" for level, other in merged.items()), most=5, join=", ")
        message = f"levels of {column} that differ only in case or blanks are one: {shown}"
        checks.add("clinical", "clinical", "levels_merged", len(merged), message, id=column)


def _check_odd(column: str, key: str, reading: Reading, text: pd.Series, path: str, checks: Checks) -> None:
    """Warn of cells that do not fit a column; fault commas, and points between thousands."""
    named = f"{path}: column '{column}', which the config names as clinical.{key},"
    if len(reading.commas):
        commas = [str(cell) for cell in reading.commas]
        checks.fault(
            f"{named} has {count(len(commas), 'number')} with a comma ({examples(commas)}). {advice_on(commas)}"
        )
    if words := points_fault(text.dropna()):
        checks.fault(f"{named} {words}")
    if len(reading.odd):
        words = "numbers" if reading.kind == "numeric" else "levels of an order"
        cells = ", ".join(f"'{cell}' (patient '{patient}')" for patient, cell in reading.odd.iloc[:5].items())
        more = f", and {len(reading.odd) - 5} more" if len(reading.odd) > 5 else ""
        message = (
            f"{column} holds {words}, but for {count(len(reading.odd), 'cell')}: {cells}{more}; "
            f"{'it counts' if len(reading.odd) == 1 else 'they count'} as missing"
        )
        checks.add("clinical", "clinical", "odd_cells", len(reading.odd), message, action="warning", id=column)
