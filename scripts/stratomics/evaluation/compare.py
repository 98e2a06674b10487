"""Ours against the comparators: paired differences on the same held-out patients.

Two questions, two intervals. Which procedure is better, trained on patients like these? The test by `resampled.procedure_test`
answers it, with its variation over folds. Which of the models at hand is better? The bootstrap of the held-out patients answers it:
every method is scored on the same draws, so that a difference is paired within each draw and each repeat.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from stratomics.cohort.types import Cohort, Split
from stratomics.errors import DataError
from stratomics.runtime import parallel_map
from stratomics.stability.agreement import adjusted_rand

from .metrics import MethodScores, metrics_table, percentile_interval, score_method
from .multiplicity import holm
from .resampled import procedure_test
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
    "models_ci_low",
    "models_ci_high",
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


class Comparison(NamedTuple):
    """The difference of two methods by one metric, ours minus theirs.

    Attributes
    ----------
    difference, ci_low, ci_high, p
        See `resampled.ProcedureTest`: for the procedures, trained on patients like these.
    models_ci_low, models_ci_high
        95 % interval of the same difference for the fitted models as they are, by resampling the patients.
    """

    difference: float
    ci_low: float
    ci_high: float
    p: float
    models_ci_low: float
    models_ci_high: float


def paired_difference(ours: MethodScores, theirs: MethodScores, metric: str) -> Comparison:
    """Compare two methods by one metric.

    Parameters
    ----------
    ours, theirs
        Scored in the same folds and on the same draws of the same patients.
    metric
        One of `COMPARED`.

    Returns
    -------
    Comparison
        The differences are taken within each fold, then averaged over the repeats. Missing where one of the two lacks the
        metric.
    """
    both = [(own[metric], theirs.folds[repeat][metric]) for repeat, own in ours.folds.items()]
    width = max(len(weights) for (_, weights), _ in both)
    differences, weights = np.full((len(both), width), np.nan), np.zeros((len(both), width))
    for row, ((own, counts), (other, _)) in enumerate(both):  # repeats may lack a fold in which nobody was held out
        differences[row, : len(own)], weights[row, : len(own)] = own - other, counts
    pairs = [own[metric] - theirs.replicates[repeat][metric] for repeat, own in ours.replicates.items()]
    replicates = np.mean(pairs, axis=0) if pairs else np.zeros(0)
    usable = replicates[np.isfinite(replicates)]
    tested = procedure_test(differences, weights, float(usable.var()) if usable.size else None)
    return Comparison(*tested, *percentile_interval(replicates))


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
        ``embedding, against, metric`` (``cindex``, ``ibs``), ``difference`` (ours minus theirs, mean over repeats), ``ci_low,
        ci_high`` (95 %) and ``p`` for the procedures, ``p_adjusted`` (Holm over all comparisons of the cohort by that metric),
        ``models_ci_low, models_ci_high`` (95 %) for the fitted models, see `Comparison`; ``n, events``. Missing values where one
        of the two lacks the metric; no rows without comparators.
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
        within each fold, as labels of different folds come from different fits, and averaged by the size of the folds. 1
        where both put everybody together (as in scikit-learn); NaN where one of the two has no subtypes.

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
    """Average the adjusted Rand index of two sets of labels over the folds; missing where a patient has no subtype."""
    if not (has_subtypes(a) and has_subtypes(b)):
        return float("nan")
    return adjusted_rand(a["subtype"], b["subtype"], a["fold"])
