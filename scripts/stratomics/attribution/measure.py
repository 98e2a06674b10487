"""Attribute the scores of every split: of the patients it held out, or for the full fit of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stratomics.chain.fit import FittedChain
from stratomics.cohort.types import Cohort, Split
from stratomics.embedding.state import NetworkState
from stratomics.preprocess import FittedPreprocess
from stratomics.runtime import log

from .gradients import integrated_gradients
from .scores import TARGETS, ChainScores

#: Attributions miss what they must sum to by less than this share of it.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Attributed:
    """What the scores of the patients of one split rest on.

    Parameters
    ----------
    split
        The split.
    patients
        Positions of the patients, int64 [n]: held out, or of the full fit all.
    omics
        Names [O].
    features
        ``omics:feature`` of each input [P].
    widths
        Features of each omics, int64 [O].
    targets
        Those of `TARGETS` that have a gradient [T].
    reasons
        Why a target has none, by target.
    sums
        Attributions of each patient summed over an omics [T, n, O].
    change
        Score of each patient less that of the average patient [T, n].
    lengths
        Length of the input of each patient within an omics [n, O].
    magnitude
        Absolute attribution of each feature, mean over the patients [T, P].
    slope
        Attribution per standard deviation of each feature [T, P]: the coefficient, where the score is linear.
    completeness
        Largest difference of the sum of attributions from `change`, over the mean size of `change` [T].
    """

    split: Split
    patients: np.ndarray
    omics: tuple[str, ...]
    features: tuple[str, ...]
    widths: np.ndarray
    targets: tuple[str, ...]
    reasons: Mapping[str, str]
    sums: np.ndarray
    change: np.ndarray
    lengths: np.ndarray
    magnitude: np.ndarray
    slope: np.ndarray
    completeness: np.ndarray


def attribute_split(
    cohort: Cohort, split: Split, fitted: FittedPreprocess, network: NetworkState, chain: FittedChain
) -> Attributed:
    """Attribute the risk and the subtype score of the patients that a split held out.

    Parameters
    ----------
    cohort
        All patients.
    split
        A fold; of the full fit, which holds out none, its own patients are taken.
    fitted, network, chain
        Fitted on the training patients of the split.

    Returns
    -------
    Attributed
    """
    patients = split.held_out if len(split.held_out) else split.train
    # What an omics counts for patients who lack it is no question.
    patients = patients[cohort.complete[patients]]
    standard = fitted.transform(cohort)[patients]
    x = standard * fitted.weights
    scores = ChainScores(network, chain, fitted.weights)
    reasons = {target: reason for target in TARGETS if (reason := scores.differentiable(target))}
    targets = tuple(target for target in TARGETS if target not in reasons)
    if targets:
        attributions, change = integrated_gradients(scores.function(x, targets), x)
    else:
        attributions, change = np.zeros((0, *x.shape), np.float32), np.zeros((0, len(x)))
    starts = [block.start for block in fitted.blocks.values()]
    sums = np.add.reduceat(attributions, starts, axis=2, dtype=np.float64)
    squares = np.maximum((standard.astype(np.float64) ** 2).sum(axis=0), 1e-12)
    missed = np.abs(sums.sum(axis=2) - change).max(axis=1, initial=0.0)
    return Attributed(
        split=split,
        patients=patients,
        omics=tuple(fitted.blocks),
        features=tuple(fitted.features),
        widths=np.array([block.stop - block.start for block in fitted.blocks.values()]),
        targets=targets,
        reasons=reasons,
        sums=sums,
        change=change,
        lengths=np.sqrt(np.add.reduceat(x.astype(np.float64) ** 2, starts, axis=1)),
        magnitude=np.abs(attributions).mean(axis=1, dtype=np.float64),
        slope=np.einsum("tnp,np->tp", attributions, standard) / squares,
        completeness=missed / np.maximum(np.abs(change).mean(axis=1), 1e-12),
    )


def attribute_splits(
    cohort: Cohort,
    splits: Sequence[Split],
    fitted: Mapping[str, FittedPreprocess],
    networks: Mapping[str, NetworkState],
    chains: Mapping[str, FittedChain],
) -> list[Attributed]:
    """Attribute the scores of all patients, each under the chains that did not see it, and under the full fit.

    Parameters
    ----------
    cohort, splits
        The patients and the splits.
    fitted, networks, chains
        By split.

    Returns
    -------
    list of Attributed
        One per split, in their order.
    """
    found = []
    for split in splits:
        name = split.name
        one = attribute_split(cohort, split, fitted[name], networks[name], chains[name])
        worst = one.completeness.max(initial=0.0)
        log.info(
            "%s: attributions of %d patients sum to their scores within %.2g %%", name, len(one.patients), 100 * worst
        )
        if worst > TOLERANCE:
            log.warning("%s: attributions miss the score by up to %.2g %% of its mean size", name, 100 * worst)
        for target, reason in one.reasons.items():
            log.warning("%s: no attribution of the %s: %s", name, target, reason)
        found.append(one)
    return found
