"""The risks of several omics in one: a weighted mean over the omics that a patient has.

References
----------
Stahlschmidt, Ulfenborg & Synnergren 2022, Brief. Bioinform. 23, bbab569 (late fusion: equal and weighted averaging, meta-learning).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .concordance import concordance_harrell
from .stacking import stacking_weights

#: Weighs risks: given the risk of each omics of the patients by models that did not know them [V, n], who has which omics
#: [V, n], time and event [n]; returns [V], none below 0.
Rule = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def equal(apart: np.ndarray, has: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Weigh every omics alike."""
    return np.ones(len(apart))


def concordance(apart: np.ndarray, has: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Weigh an omics by how far its concordance is above one half, among the patients who have it."""
    c = [
        concordance_harrell(time[own], event[own], one[own]) if event[own].any() else np.nan
        for one, own in zip(apart, has, strict=True)
    ]
    return np.maximum(np.nan_to_num(np.array(c, dtype=np.float64), nan=0.5) - 0.5, 0.0)


def stacked(apart: np.ndarray, has: np.ndarray, time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Weigh the omics by a Cox model of their risks (`stacking_weights`), among the patients who have all of them."""
    everything = has.all(axis=0)
    if not event[everything].any():
        return np.ones(len(apart))
    own = [one[everything] for one in apart]
    return stacking_weights(own, time[everything], event[everything], own_units=True)


RULES: dict[str, Rule] = {rule.__name__: rule for rule in (equal, concordance, stacked)}


def learn_shares(
    rule: str, apart: Sequence[np.ndarray], has: np.ndarray, time: np.ndarray, event: np.ndarray
) -> np.ndarray:
    """Learn how much the risk of each omics counts.

    Parameters
    ----------
    rule
        A key of `RULES`.
    apart
        Per omics, the log hazard of the training patients by models that did not know them [n]; anything where they lack it.
    has
        Who has which omics, bool [n, V].
    time, event
        Their follow-up [n].

    Returns
    -------
    numpy.ndarray
        [V], summing to 1. Log hazards are averaged as they are: one that hardly varies, since its omics says little, moves the mean
        little, however large its share. Equal where no omics tells anything.
    """
    weights = RULES[rule](np.stack(apart), has.T, time, event)
    shares: np.ndarray = (weights if weights.any() else np.ones(len(weights))) / (weights.sum() or len(weights))
    return shares


def mean_of_those_there(parts: Sequence[np.ndarray], has: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Average risks over the omics that a patient has; the shares of these then sum to 1.

    Parameters
    ----------
    parts
        Per omics, the risk of the patients times the share of the omics [n]; anything where they lack it.
    has
        Who has which omics, bool [n, V].
    shares
        [V], summing to 1.

    Returns
    -------
    numpy.ndarray
        [n]; 0, the average, for patients who have none of the omics that count.
    """
    total = np.sum([np.where(own, one, 0.0) for one, own in zip(parts, has.T, strict=True)], axis=0)
    shown = has @ shares
    mean: np.ndarray = np.divide(total, shown, out=np.zeros(len(shown)), where=shown > 0)
    return mean


def centred(risk: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Take the mean over the patients who have an omics (bool [n]) off its risk [n], which is 0 for the others."""
    return np.where(own, risk - (risk[own].mean() if own.any() else 0.0), 0.0)
