"""Whether the features that mark a subtype in training patients mark it in patients the chain never saw.

Every fold has subtypes of its own. They are ordered by risk, so those of two folds with the same K are matched by their number; a
fold that chose another K than the full fit is left out, with the reason.

What this shows is that new patients who are given a label differ in the same features. It is no evidence that the subtypes exist:
the label of a held-out patient is told from the same omics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from stratomics.cohort.types import Cohort, Split, complete_patients
from stratomics.preprocess import FittedPreprocess
from stratomics.tables import FULL

from .markers import Differences, marker_rows, subtype_differences

REPLICATED_COLUMNS = ["folds", "trained", "held", "heldout_difference", "ci_low", "ci_high"]
FOLD_COLUMNS = [
    *("split", "n_subtypes", "omics", "subtype", "n_train", "n_held_out", "markers", "held", "held_share"),
    *("same_sign_all", "difference_train", "difference_held_out", "left_out"),
]  # fmt: skip


@dataclass(frozen=True)
class Markers:
    """Markers of the subtypes of one embedding, with what became of them in held-out patients.

    Parameters
    ----------
    markers
        ``markers.tsv``: the columns of `top_features`, then `REPLICATED_COLUMNS`: ``folds`` that could be compared, in how many of
        them it was a marker among the training patients (``trained``), in how many of these it was raised in held-out patients,
        too (``held``), and the standardised mean difference in held-out patients over all ``folds`` with its 95 % interval.
    folds
        ``marker_replication.tsv``, one row per fold, omics and subtype: the markers of the training patients of this fold alone,
        how many of them were raised in its held-out patients (``held``, ``held_share``), which share of all features of the omics
        had the same sign in both (``same_sign_all``), and the mean difference of the markers in both. A fold that cannot be
        compared has one row that says why (``left_out``).
    effects
        ``marker_effects.tsv.gz``: the same as `markers` of every feature under every subtype, without ranks.
    """

    markers: pd.DataFrame
    folds: pd.DataFrame
    effects: pd.DataFrame

    @property
    def replicated(self) -> tuple[int, int]:
        """Markers of the training patients of a fold that were raised in its held-out patients, too; and all looked at."""
        looked = self.folds[self.folds["held"].notna()]
        return int(looked["held"].sum()), int(looked["markers"].sum())


def replicate_markers(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    clusters: pd.DataFrame,
    predictions: pd.DataFrame,
    n_per_omics: int,
) -> Markers:
    """Find markers in the full fit and in the training patients of every fold, and look at them in the held-out patients.

    Parameters
    ----------
    cohort, splits
        The patients and the splits, ``full`` among them. Patients who lack an omics are left out.
    fitted
        Preprocessing by split, without clinical columns.
    clusters
        ``clusters.tsv``: split, patient, subtype of the training patients.
    predictions
        ``predictions.tsv``: split, patient, role, subtype.
    n_per_omics
        Most markers per subtype and omics.

    Returns
    -------
    Markers

    Notes
    -----
    The held-out difference of a repeat is the mean over its folds, weighted by the inverse of the variance of sampling (Hedges and
    Olkin 1985, Statistical Methods for Meta-Analysis). The variance of this mean is that of sampling or, where they differ by
    more, that of the folds. Repeats are averaged, and so are their variances: other folds of the same patients do not narrow
    the interval. It does not allow for the features having been picked by their difference in the full fit.
    """
    cohort, splits = complete_patients(cohort, splits)
    trained = {name: rows.set_index("patient")["subtype"] for name, rows in clusters.groupby("split")}
    unseen = predictions[predictions["role"] == "held_out"]
    told = {name: rows.set_index("patient")["subtype"] for name, rows in unseen.groupby("split")}
    whole = fitted[FULL]
    subtypes = np.unique(trained[FULL].to_numpy(np.int64))
    labels = trained[FULL].loc[cohort.patients].to_numpy(np.int64)
    full = subtype_differences(whole.transform(cohort), labels, subtypes)
    compared, rows = [], []
    for split in splits:
        if split.name == FULL:
            continue
        k = int(trained[split.name].max())
        if k != len(subtypes):
            why = f"{k} subtypes in this fold, {len(subtypes)} in the full fit"
            rows.append((split.name, k, *[np.nan] * (len(FOLD_COLUMNS) - 3), why))
            continue
        own = fitted[split.name]
        scores = own.transform(cohort)
        inside, outside = (
            subtype_differences(scores[where], label.loc[cohort.patients[where]].to_numpy(np.int64), subtypes)
            for where, label in ((split.train, trained[split.name]), (split.held_out, told[split.name]))
        )
        ranks = inside.of_omics(own.blocks, n_per_omics)
        rows += _fold_rows(split.name, own.blocks, inside, outside, ranks)
        places = pd.Index(own.features).get_indexer(pd.Index(whole.features))
        compared.append((split.repeat, *_at(places, ranks > 0, outside)))
    replicated = _replicated(compared, full.difference.shape)
    ranks = full.of_omics(whole.blocks, n_per_omics)
    index = pd.MultiIndex.from_product([[int(one) for one in subtypes], whole.features], names=["subtype", "feature"])
    table = pd.DataFrame({name: values.ravel() for name, values in replicated.items()}, index=index)
    omics = np.repeat(list(whole.blocks), [block.stop - block.start for block in whole.blocks.values()])
    effects = pd.DataFrame(
        {
            "feature": index.get_level_values("feature"),
            "omics": np.tile(omics, len(subtypes)),
            "subtype": index.get_level_values("subtype"),
            "difference": full.difference.ravel(),
            "t": full.t.ravel(),
        }
    )
    effects = pd.concat([effects, table.reset_index(drop=True)], axis=1)
    markers = marker_rows(full, ranks, whole.features, whole.blocks)
    return Markers(markers.join(table, on=["subtype", "feature"]), pd.DataFrame(rows, columns=FOLD_COLUMNS), effects)


def _at(places: np.ndarray, marks: np.ndarray, outside: Differences) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bring a fold to the features of the full fit [K, P]: was it a marker; held-out difference, and the variance of sampling.

    The last two are NaN where a feature was not measured in the fold, or a subtype has too few held-out patients.
    """
    difference = np.where(places >= 0, outside.difference[:, places], np.nan)
    n_in, n_out = outside.n_in[:, None], outside.n_out[:, None]
    with np.errstate(divide="ignore"):
        variance = 1 / n_in + 1 / n_out + difference**2 / (2 * (n_in + n_out - 2))
    return marks[:, places] & np.isfinite(difference), difference, np.where(np.isfinite(difference), variance, np.nan)


def _fold_rows(
    name: str, blocks: Mapping[str, slice], inside: Differences, outside: Differences, ranks: np.ndarray
) -> list[tuple[object, ...]]:
    """Return the rows of ``marker_replication.tsv`` of one fold."""
    rows: list[tuple[object, ...]] = []
    for omics, block in blocks.items():
        for k, subtype in enumerate(inside.subtypes):
            train, held_out = inside.difference[k, block], outside.difference[k, block]
            marks = ranks[k, block] > 0
            few = bool(np.isnan(held_out).any())
            n_train, n_held_out = int(inside.n_in[k]), int(outside.n_in[k])
            head = (name, len(inside.subtypes), omics, int(subtype), n_train, n_held_out, int(marks.sum()))
            of_train = float(train[marks].mean()) if marks.any() else np.nan
            if few or not marks.any():
                why = "fewer than 2 held-out patients in or outside it" if few else "no feature is raised in training"
                rows.append((*head, np.nan, np.nan, np.nan, of_train, np.nan, why))
                continue
            same = float((np.sign(train) == np.sign(held_out)).mean())
            held = int((held_out[marks] > 0).sum())
            rows.append((*head, held, held / marks.sum(), same, of_train, float(held_out[marks].mean()), ""))
    return rows


def _replicated(
    compared: Sequence[tuple[str | None, np.ndarray, np.ndarray, np.ndarray]], shape: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Sum up the folds: `REPLICATED_COLUMNS`, each [K, P]."""
    counts = {name: np.zeros(shape, dtype=np.int64) for name in ("folds", "trained", "held")}
    means, variances = [], []
    for _, marks, difference, _ in compared:
        counts["folds"] += np.isfinite(difference)
        counts["trained"] += marks
        counts["held"] += marks & (difference > 0)
    for repeat in dict.fromkeys(one[0] for one in compared):
        d, v = (np.array([one[place] for one in compared if one[0] == repeat]) for place in (2, 3))
        n = np.isfinite(d).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            w = 1 / v / np.nansum(1 / v, axis=0)
            mean = np.where(n > 0, np.nansum(w * d, axis=0), np.nan)
            spread = np.nansum(w**2 * (d - mean) ** 2, axis=0) * n / (n - 1)
            sampling = 1 / np.nansum(1 / v, axis=0)
        means.append(mean)
        variances.append(np.where(n > 0, np.fmax(spread, sampling), np.nan))
    middle, variance = (_mean_of_known(one, shape) for one in (means, variances))
    half = ndtri(0.975) * np.sqrt(variance)
    return {**counts, "heldout_difference": middle, "ci_low": middle - half, "ci_high": middle + half}


def _mean_of_known(values: Sequence[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Average over the repeats that have a value; NaN where none has."""
    stacked = np.array(values).reshape(-1, *shape)
    known = np.isfinite(stacked).sum(axis=0)
    return np.divide(np.nansum(stacked, axis=0), known, out=np.full(shape, np.nan), where=known > 0)
