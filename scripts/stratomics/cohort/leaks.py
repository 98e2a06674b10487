"""Find the outcome where it must not be: among the features, the covariates and the batches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from .checks import Checks, listing

#: Names of outcomes in public tables. One alone among the features is a warning, those of the config are a fault. EFS and TTP
#: alone are genes.
OUTCOME = re.compile(
    r"(os|dss|dfs|dfi|pfi|pfs|rfs)"
    r"|(os|dss|dfs|dfi|pfi|pfs|rfs|efs|ttp)[._ -]?(time|status|event|months|days|years|cr|censor(ed|ing)?)"
    r"|vital[._ ]?status"
    r"|(days|months|years|time)[._ ]to[._ ](death|last[._ ]?follow[._ -]?up|last[._ ]contact|recurrence|progression)"
    r"|survival([._ -]?(time|status|days|months))?|(is[._ ]?)?(dead|deceased|died|death)([._ ](event|status))?"
    r"|follow[._ -]?up([._ -]?(time|days|months))?|(overall[._ ]survival|disease[._ -]free|progression[._ -]free).*"
    r"|(new[._ ]tumor|tumor)[._ ](event|status).*",
    re.IGNORECASE,
)

#: A column correlated with the time, its logarithm, its rank or the event beyond this is a copy of it.
COPY = 0.98
#: From here on, a column is worth a look at its ranks.
LIKE = 0.7
#: So is one that rises (or falls) in this share of its steps from patient to patient, in the order of their times.
STEADY = 0.9
#: A column of more levels is judged as numbers only.
MOST_LEVELS = 10
#: Fewer patients in one of the two groups can agree by chance.
FEW = 8


def check_features(
    table: pd.DataFrame, time: pd.Series, event: pd.Series, outcome: Sequence[str], item: str, path: str, checks: Checks
) -> None:
    """Fault features that are the outcome, by their name or by their values.

    Parameters
    ----------
    table
        Patients of the cohort x features.
    time, event
        Of the same patients.
    outcome
        Columns of the clinical table that the config names as time and event.
    item, path
        Name and file of the omics.
    checks
        Gets the fault.
    """
    own = {name.lower() for name in outcome}
    named = [name for name in table.columns if name.lower() in own]
    others = [name for name in table.columns if name.lower() not in own and OUTCOME.fullmatch(name)]
    copies = copies_of_outcome(table, time, event)
    leaking = list(dict.fromkeys([*named, *(others if len(others) > 1 or named else []), *copies]))
    if leaking:
        shown = listing(
            (f"'{name}'" + (f" ({copies[name]})" if name in copies else "") for name in leaking), most=5, join=", "
        )
        checks.fault(
            f"{path}: the outcome is among the features of omics '{item}': {shown}. What is to be foretold must not be measured: "
            f"remove these features from the table (or rename them, where only the name is that of the outcome)."
        )
    elif others:
        message = f"feature '{others[0]}' of {path} has the name of an outcome: if it is one, remove it from the table"
        checks.add("omics", item, "outcome_name", others[0], message, action="warning", id=others[0])


def copies_of_outcome(table: pd.DataFrame, time: pd.Series, event: pd.Series) -> dict[str, str]:
    """Find numeric columns that follow time or event so closely that they must be made of it.

    Parameters
    ----------
    table
        Patients x columns, numbers; NaN where missing.
    time, event
        Of the same patients; NaN where not known.

    Returns
    -------
    dict of str
        By column: what it copies, in words.
    """
    usable = (time.notna() & event.notna()).to_numpy()
    days, died = time.to_numpy(float)[usable], event.to_numpy(float)[usable]
    targets = {"the time": days, "the order of the times": pd.Series(days).rank().to_numpy()}
    if (days > 0).all():
        targets["the logarithm of the time"] = np.log(days)
    if min((died == 0).sum(), (died == 1).sum()) >= FEW:
        targets["the event"] = died
    found: dict[str, str] = {}
    if usable.sum() < 2 * FEW:
        return found
    names, wanted = list(targets), np.array(list(targets.values()))
    ranks, in_order = targets["the order of the times"], np.argsort(days, kind="stable")
    for start in range(0, table.shape[1], 20_000):
        block = table.iloc[:, start : start + 20_000]
        values = block.to_numpy()[usable]
        r = np.abs(_correlation(values, wanted))
        for j in np.flatnonzero((r > LIKE).any(axis=0) | _steady(values[in_order])).tolist():
            i = int(r[:, j].argmax())
            if r[i, j] > COPY:
                found[str(block.columns[j])] = f"copies {names[i]}"
                continue
            ranked = block.iloc[:, [j]][usable].rank().to_numpy()  # its square or root copies no less
            if abs(_correlation(ranked, ranks[None, :])[0, 0]) > COPY:
                found[str(block.columns[j])] = "copies the order of the times"
    return found


def _steady(values: np.ndarray) -> np.ndarray:
    """Tell which columns rise, or fall, nearly always from row to row, however far."""
    up, down = (values[1:] > values[:-1]).sum(axis=0), (values[1:] < values[:-1]).sum(axis=0)
    return (up + down >= 2 * FEW) & (np.maximum(up, down) >= STEADY * (up + down))


def _correlation(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Pearson's correlation of every target [t, n] with every column [n, p], over the patients whose value is known."""
    known = ~np.isnan(values)
    result = np.zeros((len(targets), values.shape[1]))
    complete = known.all(axis=0)
    result[:, complete] = _correlation_of(values[:, complete], targets)
    for j in np.flatnonzero(~complete & (known.sum(axis=0) >= 2 * FEW)).tolist():
        rows = known[:, j]
        result[:, [j]] = _correlation_of(values[rows][:, [j]], targets[:, rows])
    return result


def _correlation_of(values: np.ndarray, targets: np.ndarray) -> np.ndarray:
    values = values - values.mean(axis=0)
    targets = targets - targets.mean(axis=1, keepdims=True)
    size = np.sqrt((targets**2).sum(axis=1))[:, None] * np.sqrt((values**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0, (targets.astype(values.dtype) @ values) / size, 0.0)


def covariate_leaks(cells: pd.Series, numbers: pd.Series | None, time: pd.Series, event: pd.Series) -> str | None:
    """Say in what way a clinical column repeats the outcome.

    Parameters
    ----------
    cells
        Text, NaN where not known.
    numbers
        The same as numbers, or None where it is not read so.
    time, event
        Of the same patients.

    Returns
    -------
    str or None
        In words: ``copies the time``; None where it does not.
    """
    if numbers is not None:
        copied = copies_of_outcome(numbers.to_frame(), time, event)
        if copied:
            return next(iter(copied.values()))
    usable = event.notna()
    known = usable & cells.notna()
    levels = cells[known].map(str)
    if levels.nunique() <= MOST_LEVELS and _same(levels, event[known]):
        return "says who has the event"
    timed = known & time.notna()
    if levels.nunique() <= MOST_LEVELS and _cut(levels[timed[known]], time[timed], event[timed]):
        return "is the time cut into groups"
    if _same(cells[usable].notna().map(str), event[usable]):
        return "is known for those with the event only, or for those without"
    return None


def _cut(levels: pd.Series, time: pd.Series, event: pd.Series) -> bool:
    """Tell whether the times of the levels (nearly) do not overlap, nor those of the patients with the event.

    Who came later to a study is followed for a shorter time: only the patients with the event then overlap.
    """
    sizes = levels.value_counts()
    levels = levels[levels.isin(sizes.index[sizes >= FEW])]
    time, event = time[levels.index], event[levels.index]
    middle = time.groupby(levels).median().sort_values()
    if len(middle) < 2:
        return False
    rank = levels.map({level: i for i, level in enumerate(middle.index)}).to_numpy()
    died = (event == 1).to_numpy()
    own = _in_place(rank, time.to_numpy())
    each = min(own[np.sort(rank) == i].mean() for i in range(len(middle)))
    return bool(each >= COPY and (not died.any() or _in_place(rank[died], time.to_numpy()[died]).mean() >= COPY))


def _in_place(rank: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Tell in the order of the times which patients have the rank that they would have, were the ranks a cut of the time."""
    # Of equal times the later rank comes first, so that ties, which a cut never divides, count against it.
    return rank[np.lexsort((-rank, time))] == np.sort(rank)


def _same(levels: pd.Series, event: pd.Series) -> bool:
    """Tell whether levels and event (nearly) determine each other."""
    table = pd.crosstab(levels, event)
    if table.shape[0] < 2 or table.shape[1] < 2 or table.sum(axis=0).min() < FEW:
        return False
    pure = table.max(axis=1).sum() / table.to_numpy().sum()
    by_level = table.idxmax(axis=1)
    return bool(pure >= COPY and by_level.nunique() == 2)


def outcome_names(columns: Sequence[str]) -> Iterator[str]:
    """Yield the columns that bear the name of an outcome."""
    yield from (column for column in columns if OUTCOME.fullmatch(column))
