"""Repeated stratified folds: which patients a chain is fitted on, and which it never sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from stratomics.errors import DataError
from stratomics.runtime import derive_seed
from stratomics.tables import FULL

from .grouped_folds import grouped_folds
from .types import Split

#: Patterns of omics that fewer patients have count as one.
RARE = 10


def make_splits(
    time: np.ndarray,
    event: np.ndarray,
    *,
    folds: int,
    repeats: int,
    seed: int,
    groups: ArrayLike | None = None,
    present: ArrayLike | None = None,
) -> list[Split]:
    """Draw repeated K-fold splits, stratified by event and follow-up.

    Strata are the tertiles of follow-up among patients with the event and among those without. The patients of a stratum are
    shuffled and dealt to the folds in turn, each stratum going on where the last one stopped. So the folds differ by at most
    one patient in total, in each stratum, in events and in censored patients; small strata need no merging.

    Where patients lack an omics, this is done for each pattern of omics in turn, those who have every omics first: they are
    dealt as if the others were not there, so that what others do for them can be told on the same folds.

    Groups are kept whole: no patient is held out from a chain that trained on another of the group. The folds are then only as
    even as the groups allow (`grouped_folds`), and with few groups repeats may deal alike. The folds within a training set, by
    which penalties and classifiers are chosen, do not look at groups.

    Parameters
    ----------
    time
        Follow-up in days [n].
    event
        Whether it ended in the event [n].
    folds
        Folds of each repeat.
    repeats
        Times that the patients are dealt anew. A further repeat leaves the others as they are.
    seed
        Of the run.
    groups
        Group of each patient, such as the hospital [n]; None for none.
    present
        Which omics each patient has, bool [n, omics]; None where everybody has all.

    Returns
    -------
    list of Split
        ``full`` (everybody trains) first, then ``r0f0``, ``r0f1``, ... In each repeat every patient is held out once.

    Raises
    ------
    DataError
        When there are fewer than two events per fold (among the patients with every omics), so that a fold could be without;
        when there are fewer groups than folds, or the groups leave a fold with fewer than two events.
    """
    time, event = np.asarray(time, dtype=np.float64), np.asarray(event).astype(bool)
    pattern = np.zeros(len(time), dtype=np.int64) if present is None else omics_patterns(np.asarray(present))
    judged = int(event[pattern == 0].sum())
    if judged < 2 * folds:
        of = "" if not pattern.any() else " among the patients with every omics"
        raise DataError(
            f"evaluation.folds is {folds}, and the cohort has {judged} events{of}. Each fold needs at least 2: use "
            f"at most {judged // 2} folds."
        )
    everybody = np.arange(len(time), dtype=np.int64)
    strata = np.empty(len(time), dtype=np.int64)
    for own in np.unique(pattern):
        strata[pattern == own] = _strata(time[pattern == own], event[pattern == own])
    codes = None if groups is None else np.unique(np.asarray(groups).astype(str), return_inverse=True)[1]
    if codes is not None and codes.max() + 1 < folds:
        raise DataError(
            f"evaluation.folds is {folds}, and clinical.groups has {codes.max() + 1} groups, which stay whole: use at most "
            f"{codes.max() + 1} folds."
        )
    splits = [Split(FULL, everybody, np.empty(0, dtype=np.int64))]
    for repeat in range(repeats):
        rng = np.random.default_rng(np.random.SeedSequence([derive_seed(seed, "make_splits", repeat)]))
        if codes is None:
            # Those with every omics first, and their folds drawn before the others: they are dealt as if they were alone.
            fold_of = np.empty(len(time), dtype=np.int64)
            order, turn, dealt = None, everybody % folds, 0
            for own in np.unique(pattern):
                cells = [np.flatnonzero((pattern == own) & (strata == stratum)) for stratum in np.unique(strata)]
                members = np.concatenate([rng.permutation(cell) for cell in cells if len(cell)])
                order = rng.permutation(folds) if order is None else order
                fold_of[members] = order[turn[dealt : dealt + len(members)]]
                dealt += len(members)
        else:
            fold_of = grouped_folds(strata, codes, folds, rng, pattern)
            fewest = int(np.bincount(fold_of[event], minlength=folds).min())
            if fewest < 2:
                raise DataError(
                    f"clinical.groups leaves a fold of repeat {repeat} with {fewest} of the {int(event.sum())} events, since "
                    f"groups stay whole, and each fold needs at least 2: use fewer than {folds} evaluation.folds, or a column "
                    f"with smaller groups."
                )
        for fold in range(folds):
            held_out = fold_of == fold
            splits.append(Split(f"r{repeat}f{fold}", everybody[~held_out], everybody[held_out]))
    return splits


def omics_patterns(present: np.ndarray) -> np.ndarray:
    """Give a number to each pattern of omics that patients have.

    Parameters
    ----------
    present
        Which omics each patient has, bool [n, omics].

    Returns
    -------
    numpy.ndarray
        int64 [n]: 0 for every omics, then the others, the commonest first; those of fewer than `RARE` patients share the last.
    """
    found, code, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    order = np.lexsort((np.arange(len(found)), -counts, ~found.all(axis=1)))
    number = np.empty(len(found), dtype=np.int64)
    number[order] = np.arange(len(found)) + (0 if found.all(axis=1).any() else 1)
    few = (counts < RARE) & ~found.all(axis=1)
    if few.any():
        number[few] = number[few].min()
    return number[code.reshape(-1)]


def describe_folds(splits: Sequence[Split], event: np.ndarray) -> str:
    """Say how even folds are, and how many repeats deal alike.

    Parameters
    ----------
    splits
        From `make_splits`.
    event
        Whether follow-up ended in the event [n].

    Returns
    -------
    str
        Such as ``42 to 74 patients and 9 to 35 events per fold``.
    """
    folds = [split for split in splits if split.repeat is not None]
    sizes = [len(split.held_out) for split in folds]
    events = [int(event[split.held_out].sum()) for split in folds]
    said = f"{min(sizes)} to {max(sizes)} patients and {min(events)} to {max(events)} events per fold"
    deals: dict[str | None, set[tuple[int, ...]]] = {}
    for split in folds:
        deals.setdefault(split.repeat, set()).add(tuple(split.held_out.tolist()))
    different = len({frozenset(deal) for deal in deals.values()})
    if different < len(deals):
        said += f"; of {len(deals)} repeats only {different} differ, the others deal alike: their spread says less than it seems"
    return said


def splits_table(splits: Sequence[Split], patients: Sequence[str]) -> pd.DataFrame:
    """Write splits as a table.

    Parameters
    ----------
    splits
        From `make_splits`.
    patients
        Ids in the order of the cohort.

    Returns
    -------
    pandas.DataFrame
        Columns split, patient, role (``train`` or ``held_out``); one row per split and patient, in the order of both.
    """
    ids = np.asarray(patients, dtype=object)
    parts = []
    for split in splits:
        role = np.full(len(ids), "train", dtype=object)
        role[split.held_out] = "held_out"
        parts.append(pd.DataFrame({"split": split.name, "patient": ids, "role": role}))
    return pd.concat(parts, ignore_index=True)


def splits_from_table(table: pd.DataFrame, patients: Sequence[str]) -> list[Split]:
    """Read splits back from their table.

    Parameters
    ----------
    table
        As `splits_table` writes it.
    patients
        Ids in the order of the cohort.

    Returns
    -------
    list of Split
        In the order of the table.

    Raises
    ------
    DataError
        When a split does not list every patient of the cohort once, a role is neither ``train`` nor ``held_out``, or there is
        no ``full``.
    """
    index = pd.Index(patients)
    splits = []
    for name, part in table.groupby("split", sort=False):
        positions = index.get_indexer(pd.Index(part["patient"]))
        roles = part["role"].to_numpy()
        if len(positions) != len(index) or not np.array_equal(np.sort(positions), np.arange(len(index))):
            raise DataError(
                f"split '{name}' does not list the {len(index)} patients of the cohort, each once: it has "
                f"{len(positions)} rows, {int((positions < 0).sum())} of unknown patients. Remove splits.tsv and run again."
            )
        if not np.isin(roles, ["train", "held_out"]).all():
            strange = sorted({str(role) for role in roles} - {"train", "held_out"})
            raise DataError(
                f"split '{name}' has the role '{strange[0]}'; allowed are train and held_out. Remove splits.tsv and run again."
            )
        train, held_out = (np.sort(positions[roles == role]).astype(np.int64) for role in ("train", "held_out"))
        splits.append(Split(str(name), train, held_out))
    if FULL not in {split.name for split in splits}:
        raise DataError(
            f"splits.tsv has {len(splits)} splits and lacks 'full', the fit on all patients. Remove splits.tsv and run again."
        )
    return splits


def _strata(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Return the stratum of each patient: tertiles of follow-up of the censored patients 0-2 and of those with the event 3-5."""
    strata = np.empty(len(time), dtype=np.int64)
    for died in (False, True):
        members = np.flatnonzero(event == died)
        rank = np.argsort(np.argsort(time[members], kind="stable"), kind="stable")
        strata[members] = 3 * died + (3 * rank) // max(1, len(members))
    return strata
