"""Make the tables of stability of one embedding's subtypes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stratomics.catalogue import SMALLEST
from stratomics.chain.labels import heldout_labels
from stratomics.chain.select import latent_strength
from stratomics.cohort.types import Cohort
from stratomics.runtime import derive_seed
from stratomics.subtypes import clustering_scale
from stratomics.tables import of_folds, of_full

from .agreement import adjusted_rand, pairwise_adjusted_rand
from .consensus import consensus_matrix, patient_consensus, proportion_ambiguous
from .continuum import continuum_p
from .resample import Resamples, Retrain, resample_subtypes, restart_subtypes

#: The item of a measure that has only one value.
ALL = "all"
#: At most so many subsamples are compared with each other, half a million pairs.
PAIRED = 1000

Rows = list[tuple[str, str, float]]


@dataclass(frozen=True)
class Stability:
    """How firmly the subtypes of the full fit stand.

    Parameters
    ----------
    measures
        ``stability.tsv``: ``measure, item, value``; see `measure_stability`.
    patients
        ``patient_stability.tsv``: ``patient, subtype, consensus_own, consensus_other, heldout_agreement, ambiguous``.
    consensus
        Consensus of every two patients over the subsamples at the K of the full fit, float32 [n, n], order of the cohort.
    frequency
        ``selection_frequency.tsv``: ``latent, selected`` (in the full fit), ``frequency`` (share of the subsamples; NaN for latents
        of networks that are trained anew in each).
    """

    measures: pd.DataFrame
    patients: pd.DataFrame
    consensus: np.ndarray
    frequency: pd.DataFrame


def measure_stability(
    cohort: Cohort,
    latents: np.ndarray,
    prognostic: pd.DataFrame,
    clusters: pd.DataFrame,
    predictions: pd.DataFrame,
    k_selection: pd.DataFrame,
    settings: Mapping[str, Any],
    selection: Mapping[str, Any],
    subtypes: Mapping[str, Any],
    *,
    seed: int,
    retrain: Retrain | None = None,
    threads: int = 1,
) -> Stability:
    """Measure how firmly the subtypes of the full fit stand.

    In each subsample the prognostic latents are selected and the patients clustered anew, and networks that look at survival
    are trained anew. Other networks are not: there the figures hold the instability of selection, choice of K and clustering.
    The folds, whose networks are their own, show that of the whole chain.

    Parameters
    ----------
    cohort
        The patients.
    latents
        Of the full fit, all patients [n, l].
    prognostic, clusters, predictions, k_selection
        The tables of the same names, all splits.
    settings, selection, subtypes
        The parts ``stability`` (``subsamples``, ``share``, ``ambiguous_below``), ``selection`` and ``subtypes`` of the config.
    seed
        Seed of the run.
    retrain
        As for `resample_subtypes`; None where no network looks at survival.
    threads
        Subsamples at once; results do not depend on it.

    Returns
    -------
    Stability
        Its measures (item ``all`` unless said otherwise; NaN where there is nothing to compute it from):

        - ``subsamples``, ``subsamples_failed``: how many could be clustered, and how many not.
        - ``pac`` (item: K): share of the pairs of patients with a consensus strictly between .1 and .9, at each K of
          ``subtypes.range`` and at that of the full fit; ``pac_chosen`` (item: K of the full fit).
        - ``k_chosen`` (item: K): share of the subsamples that chose this K; ``k_chosen_again`` (item: K of the full fit);
          ``k_folds`` (item: K): share of the folds of the cross-validation that chose it; ``k_folds_again`` (item: K of the
          full fit).
        - ``ari_subsamples_mean``, ``_q05``: adjusted Rand index between any two subsamples, on the patients both hold, each
          at the K it chose; mean and 5 % quantile. ``ari_subsamples_fixed_k_mean``: the same at the K of the full fit.
        - ``ari_subsamples_full_mean``, ``_q05``: between a subsample and the full fit, on the patients it holds.
        - ``ari_left_out_full_mean``: the same on those it left out, who are assigned to its clusters.
        - ``ari_folds_mean``, ``_min``, ``_max``: between the classifiers of any two folds, each labelling all patients.
        - ``ari_heldout_full`` (item: repeat, ``r0``, ...): between the held-out labels and those of the full fit, within
          each fold, mean weighted by patients.
        - ``ari_restarts_mean``: between clusterings of all patients from other starting points, at the K of the full fit;
          ``consensus_restarts``: share of the pairs of patients on which all of them agree.
        - ``continuum_p`` (item: K of the full fit): p of the K clusters against one Gaussian, see `continuum.continuum_p`; large
          where they are cut-points on a continuum. Missing where networks see survival: training makes gaps between the very
          patients that are looked at.
        - ``heldout_agreement_mean``: mean of that column over the patients who have it.
        - ``ambiguous_share``: share of ambiguous patients.

        Of a patient:

        - ``consensus_own``: mean consensus with the other members of the own subtype; ``consensus_other``: the largest such
          mean with another subtype.
        - ``heldout_agreement``: share of the repeats in which the held-out label is that of the full fit, among those in
          which the patient's fold has as many subtypes; NaN where none has.
        - ``ambiguous``: consensus_own below ``ambiguous_below`` or not above consensus_other, or not known.
    """
    full = of_full(clusters).set_index("patient")["subtype"]
    subtype = full.reindex(cohort.patients).to_numpy(np.int64)
    chosen = int(_chosen(of_full(k_selection))[0])
    own = of_full(prognostic)
    selected = own["selected"].to_numpy(bool)
    low, high = subtypes["range"]
    ks = sorted({chosen, *range(int(low), int(high) + 1)})
    seed = derive_seed(seed, "measure_stability")

    resamples = resample_subtypes(
        latents,
        cohort.time,
        cohort.event,
        ks,
        settings,
        selection,
        subtypes,
        seed=seed,
        retrain=retrain,
        threads=threads,
    )
    values, strength = latents[:, selected].astype(np.float64), latent_strength(own, subtypes)
    restarts = restart_subtypes(
        values, cohort.time, cohort.event, chosen, subtypes, strength=strength, seed=seed, threads=threads
    )
    consensus, measures = _of_subsamples(resamples, subtype, chosen, ks)
    measures += _of_folds(predictions, k_selection, cohort, subtype, chosen)
    measures += _of_restarts(restarts)
    mean, scale = clustering_scale(values, strength)
    alone = float("nan")
    if subtypes["criterion"] != SMALLEST:
        alone = continuum_p((values - mean) / scale, chosen, derive_seed(seed, "continuum"))
    measures.append(("continuum_p", str(chosen), alone))

    own_mean, other_mean = patient_consensus(consensus, subtype)
    patients = pd.DataFrame(
        {
            "patient": cohort.patients.to_numpy(),
            "subtype": subtype,
            "consensus_own": own_mean,
            "consensus_other": other_mean,
            "heldout_agreement": _heldout_agreement(predictions, cohort, subtype, chosen),
            # written so that a missing consensus counts as ambiguous: nothing speaks for the label
            "ambiguous": ~((own_mean >= float(settings["ambiguous_below"])) & ~(other_mean >= own_mean)),
        }
    )
    measures.append(("heldout_agreement_mean", ALL, _mean(patients["heldout_agreement"].to_numpy())))
    measures.append(("ambiguous_share", ALL, float(patients["ambiguous"].mean())))
    shares = resamples.selected.mean(axis=0) if len(resamples.selected) else np.full(len(own), np.nan)
    frequency = pd.DataFrame(
        {
            "latent": own["latent"].to_numpy(),
            "selected": selected,
            # Latents of networks trained anew have no counterpart to be counted.
            "frequency": np.where(np.arange(len(own)) < resamples.retrained, np.nan, shares),
        }
    )
    table = pd.DataFrame(measures, columns=["measure", "item", "value"])
    return Stability(table, patients, consensus.astype(np.float32), frequency)


def _of_subsamples(resamples: Resamples, subtype: np.ndarray, chosen: int, ks: list[int]) -> tuple[np.ndarray, Rows]:
    """Return the consensus at the chosen K, and the measures that come from the subsamples."""
    done = len(resamples.k_chosen)
    rows: Rows = [("subsamples", ALL, float(done)), ("subsamples_failed", ALL, float(resamples.failed))]
    for k in ks:
        consensus = consensus_matrix(resamples.labels_at[k])
        rows.append(("pac", str(k), proportion_ambiguous(consensus)))
        if k == chosen:
            of_chosen = consensus
    rows.append(("pac_chosen", str(chosen), proportion_ambiguous(of_chosen)))
    rows += [("k_chosen", str(k), _mean(resamples.k_chosen == k)) for k in sorted({*ks, *resamples.k_chosen.tolist()})]
    rows.append(("k_chosen_again", str(chosen), _mean(resamples.k_chosen == chosen)))

    held = np.where(resamples.held, resamples.labels, -1)
    left_out = np.where(resamples.held, -1, resamples.labels)
    pair = np.triu_indices(min(done, PAIRED), k=1)
    between = pairwise_adjusted_rand(held[:PAIRED])[pair]
    with_full = pairwise_adjusted_rand(held, subtype[None] - 1)[:, 0]
    rows += [
        ("ari_subsamples_mean", ALL, _mean(between)),
        ("ari_subsamples_q05", ALL, _quantile(between, 0.05)),
        ("ari_subsamples_fixed_k_mean", ALL, _mean(pairwise_adjusted_rand(resamples.labels_at[chosen][:PAIRED])[pair])),
        ("ari_subsamples_full_mean", ALL, _mean(with_full)),
        ("ari_subsamples_full_q05", ALL, _quantile(with_full, 0.05)),
        ("ari_left_out_full_mean", ALL, _mean(pairwise_adjusted_rand(left_out, subtype[None] - 1)[:, 0])),
    ]
    return of_chosen, rows


def _of_folds(
    predictions: pd.DataFrame, k_selection: pd.DataFrame, cohort: Cohort, subtype: np.ndarray, chosen: int
) -> Rows:
    """Return the measures that come from the cross-validation."""
    k_folds = _chosen(of_folds(k_selection))
    wide = of_folds(predictions).pivot(index="patient", columns="split", values="subtype").reindex(cohort.patients)
    labels = wide.fillna(0).to_numpy(np.int64).T - 1
    between = pairwise_adjusted_rand(labels)[np.triu_indices(len(labels), k=1)] if len(labels) else np.empty(0)
    rows: Rows = [("k_folds", str(k), _mean(k_folds == k)) for k in np.unique(k_folds)]
    rows += [
        ("k_folds_again", str(chosen), _mean(k_folds == chosen)),
        ("ari_folds_mean", ALL, _mean(between)),
        ("ari_folds_min", ALL, _quantile(between, 0.0)),
        ("ari_folds_max", ALL, _quantile(between, 1.0)),
    ]
    for repeat, own in heldout_labels(predictions, cohort).items():
        rows.append(("ari_heldout_full", repeat, adjusted_rand(own["subtype"], subtype, fold=own["fold"])))
    return rows


def _of_restarts(restarts: np.ndarray) -> Rows:
    """Return the measures that come from clustering all patients from other starting points."""
    between = pairwise_adjusted_rand(restarts)[np.triu_indices(len(restarts), k=1)] if len(restarts) else np.empty(0)
    pairs = consensus_matrix(restarts)[np.triu_indices(restarts.shape[1], k=1)]
    agreed = _mean((pairs == 0) | (pairs == 1)) if len(restarts) > 1 else float("nan")
    return [("ari_restarts_mean", ALL, _mean(between)), ("consensus_restarts", ALL, agreed)]


def _chosen(k_selection: pd.DataFrame) -> np.ndarray:
    """Return the number of subtypes that each split chose."""
    return k_selection.loc[k_selection["chosen"].astype(bool), "k"].to_numpy()


def _heldout_agreement(predictions: pd.DataFrame, cohort: Cohort, subtype: np.ndarray, chosen: int) -> np.ndarray:
    """Return the share of repeats in which the held-out label is the final one, among those of equal K."""
    right, counted = np.zeros(cohort.n), np.zeros(cohort.n)
    for own in heldout_labels(predictions, cohort).values():
        comparable = own["n_subtypes"].to_numpy(np.float64) == chosen
        right += comparable & (own["subtype"].to_numpy(np.float64) == subtype)
        counted += comparable
    return np.divide(right, counted, out=np.full(cohort.n, np.nan), where=counted > 0)


def _mean(values: np.ndarray) -> float:
    """Mean of the finite values; NaN where there is none."""
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else float("nan")


def _quantile(values: np.ndarray, q: float) -> float:
    """Quantile of the finite values; NaN where there is none."""
    values = values[np.isfinite(values)]
    return float(np.quantile(values, q)) if values.size else float("nan")
