"""Groups of patients that may share more than their disease, such as those of one hospital."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .checks import Checks, count, listing
from .clinical import Clinical

#: The group of the patients of whom it is not known.
NOT_KNOWN = "not known"
#: A group with more than this share of the patients of an even fold makes that fold the larger one.
MUCH_OF_A_FOLD = 1.25
#: With fewer events than this among the patients that can change places, the permutation test finds little.
MIN_MOVABLE_EVENTS = 20


def patient_groups(
    clinical: Clinical, patients: list[str], column: str | None, folds: int, checks: Checks
) -> pd.Series | None:
    """Read the groups of the patients of a cohort, and say what they do to folds and permutations.

    Parameters
    ----------
    clinical
        The clinical table.
    patients
        Of the cohort.
    column
        ``clinical.groups`` of the config; None for none.
    folds
        ``evaluation.folds``.
    checks
        Gets rows and faults.

    Returns
    -------
    pandas.Series or None
        Text by patient. Those of whom it is not known are a group. None where the config names no column, or there is a fault.
    """
    if column is None or column not in clinical.cells:
        return None
    levels = clinical.levels(column)[patients]
    unknown = int(levels.isna().sum())
    groups = levels.fillna(NOT_KNOWN).astype(str).astype(object).rename("groups")
    sizes = groups.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    n, named = len(patients), f"{clinical.path}: column '{column}', which the config names as clinical.groups,"
    if len(sizes) == 1:
        found = f"is '{sizes.index[0]}'" if unknown < n else "is empty"
        checks.fault(
            f"{named} {found} for every patient of the cohort, so there is nothing to keep apart. Name a column with "
            f"several groups, or remove clinical.groups."
        )
        return None
    if len(sizes) > n / 2:
        checks.fault(
            f"{named} has {len(sizes)} groups for {n} patients, so most have nobody to change places with: it looks like an id "
            f"or a date. Name a column whose groups hold several patients (hospital, tissue source site), or remove "
            f"clinical.groups."
        )
        return None
    if len(sizes) < folds:
        shown = listing(sizes.index, most=5, join=", ")
        checks.fault(
            f"{named} has {len(sizes)} groups ({shown}), and evaluation.folds is {folds}. Groups stay whole, so each fold needs "
            f"at least one: use at most {len(sizes)} folds, or name a column with more groups."
        )
        return None
    _describe(column, groups, sizes, clinical.event[patients].to_numpy(), unknown, folds, checks)
    return groups


def _describe(
    column: str, groups: pd.Series, sizes: pd.Series, event: np.ndarray, unknown: int, folds: int, checks: Checks
) -> None:
    """Add the rows of ``checks.tsv``."""

    def add(check: str, value: object, message: str, action: str = "note") -> None:
        checks.add("clinical", "clinical", check, value, message, action=action, id=column)

    n = len(groups)
    shown = listing((f"{name}: {size}" for name, size in sizes.items()), most=8, join=", ")
    add("groups", len(sizes), f"groups by {column}, kept whole in folds and permuted within: {shown}")
    if unknown:
        add("groups_unknown", unknown, f"patients whose {column} is not known: together they are one group")
    if sizes.iloc[0] > MUCH_OF_A_FOLD * n / folds:
        message = (
            f"group {sizes.index[0]} of {column} has {sizes.iloc[0] / n:.0%} of the patients, and stays whole: the fold that holds "
            f"it out is larger than an even one ({1 / folds:.0%}) and trains on fewer. Fewer evaluation.folds, or a column "
            f"with smaller groups, would be more even"
        )
        add("groups_uneven", int(sizes.iloc[0]), message, "warning")
    movable = groups.map(sizes).to_numpy() > 1
    events = int(event[movable].sum())
    message = (
        f"{movable.sum()} of {n} patients, {events} of {int(event.sum())} events, share their {column} with another: only these "
        f"change places in the permutation test"
    )
    few = events < MIN_MOVABLE_EVENTS
    if few:
        message += f"; with fewer than {count(MIN_MOVABLE_EVENTS, 'event')} it finds little"
    add("groups_movable", int(movable.sum()), message, "warning" if few else "note")
