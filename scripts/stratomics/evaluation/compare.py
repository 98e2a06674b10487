"""Ours against the comparators: paired differences on the same held-out patients.

Every method is scored on the same bootstrap draws of the patients, so a difference of two methods is paired within each draw
and within each repeat; repeats are summarised by their median, never merged.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.errors import DataError
from stratomics.runtime import parallel_map

from .metrics import MethodScores, metrics_table, percentile_interval, score_method
from .multiplicity import holm
from .scores import has_subtypes

#: What methods are compared by; above 0 the difference speaks for ours by the first, below 0 by the second.
COMPARED = ("cindex", "ibs")
COMPARISON_COLUMNS = [
    "embedding",
    "against",
    "metric",
    "difference",
    "ci_low",
    "ci_high",
    "p",
    "p_adjusted",
    "n",
    "events",
]
METRIC_COLUMNS = ["method", "repeat", "metric", "apparent", "held_out", "ci_low", "ci_high", "n", "events"]
AGREEMENT_COLUMNS = ["embedding_a", "embedding_b", "repeat", "ari"]
AGAIN = "Remove its result files and run again."


def require_same_patients(method: str, predictions: pd.DataFrame, cohort: Cohort, splits: Sequence[Split]) -> None:
    """Refuse a method that was trained, or is judged, on other patients than those of the splits.

    Parameters
    ----------
    method
        Its name, for the message.
    predictions
        ``split, patient, role`` (``train`` or ``held_out``).
    cohort, splits
        The patients, and who trains and who is held out in each split.

    Raises
    ------
    DataError
        If the method lacks a split, has one too many, or its training or held-out patients are not those of the split.
    """
    tables = {str(name): own for name, own in predictions.groupby("split", sort=False)}
    differ = sorted(set(tables) ^ {split.name for split in splits})
    if differ:
        raise DataError(f"'{method}' was made with other splits: '{differ[0]}' is in one of the two only. {AGAIN}")
    for split in splits:
        own = tables[split.name]
        for role, positions in (("train", split.train), ("held_out", split.held_out)):
            found, expected = own.loc[own["role"] == role, "patient"], cohort.patients[positions]
            if sorted(found) == sorted(expected):
                continue
            strange = sorted(set(found) ^ set(expected)) or sorted(found[found.duplicated()])
            raise DataError(
                f"'{method}' was made with other patients than the methods it is compared with: in split '{split.name}' it "
                f"has {len(found)} {role.replace('_', '-')} patients instead of {len(expected)}, and {len(set(strange))} "
                f"differ, for instance '{strange[0]}'. {AGAIN}"
            )


def score_methods(
    predictions: Mapping[str, pd.DataFrame],
    survival: Mapping[str, Mapping[str, np.ndarray]],
    times: np.ndarray,
    cohort: Cohort,
    splits: Sequence[Split],
    settings: Mapping[str, Any],
    seed: int,
    threads: int = 1,
    *,
    clusters: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, MethodScores]:
    """Score several methods on the same patients and the same bootstrap draws.

    Parameters
    ----------
    predictions
        By method: ``split, patient, role, risk, subtype, n_subtypes``.
    survival
        By method and split: predicted survival at `times` [n, T].
    times
        Days [T], the same for all methods.
    cohort, splits
        The patients and the splits.
    settings
        ``evaluation`` of the config.
    seed
        Seed of the run.
    threads
        Methods scored at once; results do not depend on it.
    clusters
        By method: ``split, patient, subtype`` of the training patients, for embeddings.

    Returns
    -------
    dict of MethodScores
        By method.

    Raises
    ------
    DataError
        If a method was trained or is judged on other patients, see `require_same_patients`, or its survival is predicted at
        other times.
    """
    for name, own in predictions.items():
        require_same_patients(name, own, cohort, splits)
        if any(values.shape != (cohort.n, len(times)) for values in survival[name].values()):
            raise DataError(
                f"'{name}' predicts the survival of other patients or at other times than the methods it is compared with. "
                f"{AGAIN}"
            )

    def score(name: str) -> MethodScores:
        own_clusters = None if clusters is None else clusters[name]
        own = predictions[name]
        return score_method(own, survival[name], times, cohort, splits, settings, seed, 1, own_clusters)

    return dict(zip(predictions, parallel_map(score, predictions, threads), strict=True))


def comparator_metrics(scores: Mapping[str, MethodScores]) -> pd.DataFrame:
    """Make ``comparator_metrics.tsv``: ``method``, then the columns of ``metrics.tsv``; no rows without comparators."""
    tables = [metrics_table(own).assign(method=name) for name, own in scores.items()]
    return pd.concat(tables, ignore_index=True)[METRIC_COLUMNS] if tables else pd.DataFrame(columns=METRIC_COLUMNS)


def bootstrap_p(replicates: np.ndarray) -> float:
    """Test a difference against zero by the level at which its percentile interval would reach zero.

    Parameters
    ----------
    replicates
        Of the difference [B].

    Returns
    -------
    float
        Two-sided; at least 2 / (B + 1), at most 1, and 1 where all replicates are zero. NaN when a tenth of them could not
        be computed, or there are none.

    Notes
    -----
    Nominal: the fitted methods stay as they are, so it asks whether these models differ on further patients of this kind, not
    whether the methods would differ when trained anew.

    References
    ----------
    Efron & Tibshirani 1993, An Introduction to the Bootstrap, section 15.4; Davison & Hinkley 1997, section 4.4 (the 1 added).
    """
    usable = replicates[np.isfinite(replicates)]
    if len(usable) == 0 or len(usable) < 0.9 * len(replicates):
        return float("nan")
    tail = min((usable <= 0).sum(), (usable >= 0).sum())
    return float(min(1.0, 2 * (1 + tail) / (len(usable) + 1)))


def paired_difference(ours: MethodScores, theirs: MethodScores, metric: str) -> tuple[float, float, float, float]:
    """Compare two methods by one metric.

    Parameters
    ----------
    ours, theirs
        Scored on the same draws of the same patients.
    metric
        A metric that has replicates.

    Returns
    -------
    difference, ci_low, ci_high, p : float
        Ours minus theirs: within each repeat (and draw), then the median over repeats.
    """
    points = [own[metric] - theirs.held_out[repeat][metric] for repeat, own in ours.held_out.items()]
    pairs = [own[metric] - theirs.replicates[repeat][metric] for repeat, own in ours.replicates.items()]
    replicates = np.median(pairs, axis=0) if pairs else np.zeros(0)
    return (float(np.median(points)), *percentile_interval(replicates), bootstrap_p(replicates))


def compare_methods(
    ours: Mapping[str, MethodScores], theirs: Mapping[str, MethodScores], cohort: Cohort
) -> pd.DataFrame:
    """Make ``comparisons.tsv``: every embedding against every comparator.

    Parameters
    ----------
    ours, theirs
        By name of the method.
    cohort
        For the numbers of patients and events.

    Returns
    -------
    pandas.DataFrame
        ``embedding, against, metric`` (``cindex``, ``ibs``), ``difference`` (ours minus theirs, median over repeats),
        ``ci_low, ci_high`` (95 %), ``p`` (`bootstrap_p`), ``p_adjusted`` (Holm over all comparisons of the cohort by that
        metric), ``n, events``. Missing values where one of the two lacks the metric; no rows without comparators.
    """
    rows = [
        (name, against, metric, *paired_difference(scores, other, metric))
        for name, scores in ours.items()
        for against, other in theirs.items()
        for metric in COMPARED
    ]
    table = pd.DataFrame(rows, columns=[c for c in COMPARISON_COLUMNS if c not in ("p_adjusted", "n", "events")])
    table["p_adjusted"] = np.nan
    for metric in COMPARED:
        own = table["metric"] == metric
        table.loc[own, "p_adjusted"] = holm(table.loc[own, "p"].to_numpy(np.float64))
    return table.assign(n=cohort.n, events=cohort.n_events)[COMPARISON_COLUMNS]


def agreement_table(
    full: Mapping[str, pd.DataFrame], held_out: Mapping[str, Mapping[str, pd.DataFrame]]
) -> pd.DataFrame:
    """Make ``agreement.tsv``: how far two embeddings put the same patients together.

    Parameters
    ----------
    full
        By embedding, from `stratomics.chain.labels.apparent_labels`.
    held_out
        By embedding and repeat, from `stratomics.chain.labels.heldout_labels`.

    Returns
    -------
    pandas.DataFrame
        ``embedding_a, embedding_b, repeat`` (``full``, ``r0``, ...), ``ari``: the adjusted Rand index. Held-out it is computed
        within each fold, as labels of different folds come from different fits, and averaged by the size of the folds. NaN
        where both put everybody together.

    References
    ----------
    Hubert & Arabie 1985, J. Classif. 2, 193-218.
    """
    rows = []
    for a, b in itertools.combinations(full, 2):
        rows.append((a, b, "full", _mean_rand(full[a], full[b])))
        rows += [(a, b, repeat, _mean_rand(own, held_out[b][repeat])) for repeat, own in held_out[a].items()]
    return pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)


def _mean_rand(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """Average the adjusted Rand index of two sets of labels over the folds that have one."""
    from sklearn.metrics import adjusted_rand_score

    if not (has_subtypes(a) and has_subtypes(b)):
        return float("nan")
    total, patients = 0.0, 0
    for _, rows in a.groupby("fold").indices.items():
        first, second = a["subtype"].to_numpy()[rows], b["subtype"].to_numpy()[rows]
        if np.ptp(first) == 0 and np.ptp(second) == 0:
            continue  # everybody together in both: no agreement about anything
        total += len(rows) * adjusted_rand_score(first, second)
        patients += len(rows)
    return total / patients if patients else float("nan")
