"""``patterns.tsv``: the held-out figures of an embedding on the patients with every omics, and on those who lack some."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stratomics.chain.labels import heldout_labels
from stratomics.cohort.types import Cohort
from stratomics.runtime import derive_seed
from stratomics.survival import concordance_harrell

from .metrics import percentile_interval
from .repeats import median_of
from .yardstick import bootstrap_weights

#: With fewer events a concordance says nothing.
FEWEST_EVENTS = 10
COMPLETE = "every omics"
PATTERN_COLUMNS = ["patients", "n", "events", "metric", "held_out", "ci_low", "ci_high"]


def pattern_table(predictions: pd.DataFrame, cohort: Cohort, bootstrap: int, *, seed: int) -> pd.DataFrame:
    """Make ``patterns.tsv``.

    Every other table is of the patients with every omics, on whom all methods can be compared; this one says how well the
    embedding does on those whom only it can judge.

    Parameters
    ----------
    predictions
        Held-out labels of the embedding, of whoever lacks omics as the model tells them
        (`stratomics.chain.subsets.told_by_subsets`).
    cohort
        All patients.
    bootstrap
        Samples of the patients for the intervals.
    seed
        Seed of the run.

    Returns
    -------
    pandas.DataFrame
        ``patients`` (``every omics``, ``an omics missing``, ``without <omics>`` for each pattern, ``all``), ``n, events, metric``
        (``cindex`` of the risk, ``cindex_subtype`` of the labels), ``held_out`` (Harrell's C of pairs within a fold, median over
        the repeats) and ``ci_low, ci_high`` (95 %, by resampling these patients). Groups of fewer than `FEWEST_EVENTS` events
        have no figure. No rows where nobody lacks an omics.
    """
    rows = []
    labels = heldout_labels(predictions, cohort) if not cohort.complete.all() else {}
    for name, members in _groups(cohort) if labels else ():
        time, event = cohort.time[members], cohort.event[members]
        # Those with every omics are drawn as for metrics.tsv, so that their intervals are the same.
        draws = bootstrap_weights(len(time), bootstrap, derive_seed(seed, "evaluate_subtypes"))
        weights = np.vstack([np.ones(len(time)), draws])
        for metric in ("cindex", "cindex_subtype"):
            values = np.full((len(labels), len(weights)), np.nan)
            for row, own in enumerate(labels.values()):
                rank = own["risk"] if metric == "cindex" else own["subtype"] / own["n_subtypes"]
                if event.sum() >= FEWEST_EVENTS and np.isfinite(rank).all():
                    fold = own["fold"].to_numpy()[members]
                    values[row] = concordance_harrell(time, event, rank.to_numpy()[members], fold=fold, weights=weights)
            point, *samples = median_of(metric, values).tolist()
            interval = percentile_interval(np.array(samples))
            rows.append((name, len(time), int(event.sum()), metric, point, *interval))
    return pd.DataFrame(rows, columns=PATTERN_COLUMNS)


def _groups(cohort: Cohort) -> Iterator[tuple[str, np.ndarray]]:
    """Yield who is in each group: all with every omics, all without one, each pattern of theirs, and everybody."""
    complete = cohort.complete
    yield COMPLETE, complete
    yield "an omics missing", ~complete
    names = [one.name for one in cohort.omics]
    for pattern in np.unique(cohort.present[~complete], axis=0)[::-1]:
        absent = [name for name, there in zip(names, pattern, strict=True) if not there]
        yield f"without {' and '.join(absent)}", (cohort.present == pattern).all(axis=1)
    yield "all", np.ones(cohort.n, dtype=bool)
