"""Fit the preprocessing on training patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.measure import MIN_BATCH
from stratomics.cohort.types import Cohort, Omics
from stratomics.errors import DataError

from .filters import MIN_VARIED, differing_patients, missing_share, most_variable
from .impute import column_medians
from .model import FittedPreprocess
from .omics import FittedOmics, batch_labels, measured, transformed
from .scale import batch_rows, fit_scale
from .transforms import apply_normal_scores, fit_normal_scores

TRANSFORMS = ("none", "log2p1", "rank_normal")

#: Why a feature was dropped.
MISSING, CONSTANT, VARIANCE = "too many missing values", "near-constant", "low variance"


def fit_preprocess(cohort: Cohort, train: np.ndarray, settings: Mapping[str, Any]) -> FittedPreprocess:
    """Fit the preprocessing of every omics on training patients.

    Per omics, in this order: drop features with too many missing values, drop near-constant ones, transform, keep the most
    variable ones (variance on the transformed scale, within batches), standardise (within batches that have at least
    `MIN_BATCH` training patients, all together otherwise), clip, learn what fills missing values. Each omics is fitted on the
    training patients who have it: shares, medians and donors know nothing of the others.

    Parameters
    ----------
    cohort
        The patients.
    train
        Positions of the training patients; nothing of the others is looked at.
    settings
        ``preprocess`` of the config, complete (``stratomics.config.defaults("preprocess")``): `max_missing_feature`, the
        largest share of training patients that may miss a feature; `impute`, ``median`` or ``knn`` with `neighbours`;
        `max_features` per omics; `clip`, in standard deviations; `balance`, whether every omics gets the same total variance.

    Returns
    -------
    FittedPreprocess

    Raises
    ------
    DataError
        If an omics keeps no feature or its values do not suit its transform.
    """
    fitted, reports, dropped, faults = [], [], [], []
    for one in cohort.omics:
        try:
            omics, report, gone = _fit_omics(one, train, settings)
        except DataError as error:
            faults += error.faults
            continue
        fitted.append(omics)
        reports.append(report)
        dropped.append(gone)
    if faults:
        raise DataError(faults)
    return FittedPreprocess(
        omics=tuple(fitted),
        clip=float(settings["clip"]),
        neighbours=int(settings["neighbours"]),
        balance=bool(settings["balance"]),
        report=pd.concat(reports, ignore_index=True),
        dropped=pd.concat(dropped, ignore_index=True),
    )


def _fit_omics(
    one: Omics, train: np.ndarray, settings: Mapping[str, Any]
) -> tuple[FittedOmics, pd.DataFrame, pd.DataFrame]:
    """Fit one omics; return it with its rows of the report and of the dropped features."""
    if one.transform not in TRANSFORMS:
        raise DataError(f"omics {one.name}: found transform {one.transform!r}, allowed are {', '.join(TRANSFORMS)}.")
    train = train[one.present[train]]
    if len(train) == 0:
        raise DataError(
            f"omics {one.name}: none of the training patients has it. Use fewer folds, or leave this omics out."
        )
    values = measured(one.values)[train]
    if one.transform == "log2p1" and np.nanmin(values, initial=0.0) < 0:
        raise DataError(
            f"omics {one.name}: found a value of {np.nanmin(values):g}, but transform log2p1 takes values of at least 0. "
            "Use 'none' for data on a log scale or z-scores, or 'rank_normal' for heavy tails."
        )
    labels = batch_labels(one.batch, one.values.index)
    labels = None if labels is None else labels[train]
    levels = _large_batches(labels)
    rows = batch_rows(labels, levels, len(train))

    reason = np.full(values.shape[1], "", dtype=object)
    at_least = max(1, int(np.ceil(MIN_VARIED * len(train))))
    reason[differing_patients(values) < at_least] = CONSTANT
    reason[missing_share(values) > settings["max_missing_feature"]] = MISSING

    kept = np.flatnonzero(reason == "")
    knots, scores, moved = _fit_transform(values[:, kept], one.transform)
    mean, sd, within = fit_scale(moved, rows, len(levels))
    # What differs only between batches would be divided by a deviation of 0.
    flat = within <= 1e-8 * np.maximum(sd[0] ** 2, 1e-12)
    reason[kept[flat]] = CONSTANT
    chosen = most_variable(np.where(flat, 0.0, within), settings["max_features"]) & ~flat
    reason[kept[~chosen & ~flat]] = VARIANCE
    kept = kept[chosen]
    if len(kept) == 0:
        raise DataError(
            f"omics {one.name}: none of its {values.shape[1]} features is left (dropped: {_reasons(reason)}). "
            "Check the table, or relax max_missing_feature in preprocess."
        )

    omics = FittedOmics(
        name=one.name,
        transform=one.transform,
        features=tuple(one.values.columns[kept]),
        levels=levels,
        mean=mean[:, chosen].astype(np.float32),
        sd=sd[:, chosen].astype(np.float32),
        medians=np.zeros(len(kept), dtype=np.float32),
        knots=None if knots is None else knots[:, chosen],
        scores=None if scores is None else scores[:, chosen],
    )
    standard = omics.standardise(values[:, kept], labels, settings["clip"])
    donors = standard if settings["impute"] == "knn" else None
    omics = replace(omics, medians=column_medians(standard), donors=donors)
    return omics, *_account(one, reason)


def _fit_transform(values: np.ndarray, transform: str) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
    """Return the knots and scores (None where the transform has none) and the transformed training values."""
    if transform != "rank_normal":
        return None, None, transformed(values, transform)
    knots, scores = fit_normal_scores(values)
    return knots, scores, apply_normal_scores(values, knots, scores)


def _large_batches(labels: np.ndarray | None) -> tuple[str, ...]:
    """Return the batches that get a mean and a deviation of their own, sorted; an empty label is no batch."""
    if labels is None:
        return ()
    return tuple(sorted(level for level, count in Counter(labels).items() if level and count >= MIN_BATCH))


def _account(one: Omics, reason: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the report and those of the dropped features; an empty reason means kept."""
    steps = {"found": len(reason)}
    steps |= {why: int((reason == why).sum()) for why in (MISSING, CONSTANT, VARIANCE)}
    steps["kept"] = int((reason == "").sum())
    report = pd.DataFrame({"omics": one.name, "step": list(steps), "features": list(steps.values())})
    gone = reason != ""
    dropped = pd.DataFrame(
        {"feature": one.values.columns[gone].astype(str), "omics": one.name, "reason": reason[gone].astype(str)}
    )
    return report, dropped


def _reasons(reason: np.ndarray) -> str:
    """Return the counts of the reasons as text."""
    return ", ".join(f"{count} {why}" for why, count in sorted(Counter(reason).items()))
