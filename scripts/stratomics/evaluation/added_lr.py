"""The likelihood ratio: what a Cox model of the clinical covariates gains by the held-out subtype or risk.

The covariates are fitted to all patients, which is the best they can do. The p is nominal: held-out predictions depend on each
other through the training patients that folds share, and on survival that is unrelated to the omics they lean to the wrong side
(Hoefling & Tibshirani 2008). In 150 cohorts without any effect the ordinary two-sided test called 14 to 18 % significant at .05,
most of them for a risk that points the wrong way. A term that points the wrong way therefore counts as adding nothing, which
brought it to 3 to 6 %; the permutation of survival carries the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from stratomics.survival.likelihood_ratio import NestedCox

from .coarse import refine_levels
from .repeats import middle

Term = Literal["subtype", "risk"]
NAN = float("nan")


class AddedLR(NamedTuple):
    """Likelihood ratio of a held-out term beside the covariates; all NaN where the term or the fit does not exist."""

    chi2: float
    df: float
    p: float


def added_lr_risk(
    design: np.ndarray, time: np.ndarray, event: np.ndarray, risk: np.ndarray, fold: np.ndarray
) -> AddedLR:
    """Test what a held-out risk adds to clinical covariates.

    Parameters
    ----------
    design
        Clinical covariates of all patients [n, q]; those of two levels are refined (`coarse.refine_levels`).
    time, event
        Follow-up [n].
    risk
        Log relative hazard of each patient, from a fit that did not see the patient [n]. Centred within its fold, since only
        differences within a fold mean the same.
    fold
        Label [n].

    Returns
    -------
    AddedLR
        On one degree of freedom. Chi2 is 0 and p is 1 where the risk points the wrong way (a negative coefficient). A risk
        that does not vary, or repeats the covariates, has chi2 0, df 0 and p NaN.

    References
    ----------
    Tibshirani & Efron 2002, Stat. Appl. Genet. Mol. Biol. 1, 1; Hoefling & Tibshirani 2008, Ann. Appl. Stat. 2, 643-664.
    """
    term = within_fold(risk, fold, scale=False)
    gain = NestedCox.fit(refine_levels(design, term[:, None]), time, event).add(term)
    return _directed(AddedLR(gain.chi2, gain.df, gain.p), gain.coef[0])


def added_lr_subtype(
    design: np.ndarray, time: np.ndarray, event: np.ndarray, subtype: np.ndarray, n_subtypes: np.ndarray
) -> AddedLR:
    """Test what held-out subtypes add to clinical covariates.

    Each subtype has a coefficient of its own against subtype 1. Where folds chose different numbers of subtypes, each number
    has its own coefficients and its own baseline hazard, in the model with and in that without them: subtype 2 of 2 is not
    subtype 2 of 3.

    Parameters
    ----------
    design, time, event
        As for `added_lr_risk`.
    subtype
        Held-out label of each patient, 1 to the number of subtypes [n].
    n_subtypes
        Number of subtypes of the fold of each patient [n].

    Returns
    -------
    AddedLR
        Chi2 is 0 and p is 1 where the subtypes point the wrong way: a negative coefficient of the label as a number. With one
        subtype only chi2 is 0, df 0 and p NaN.
    """
    numbers = np.unique(n_subtypes)
    levels = [(n_subtypes == number) & (subtype == level) for number in numbers for level in range(2, int(number) + 1)]
    if not levels:
        return AddedLR(0.0, 0, NAN)
    terms = np.column_stack(levels).astype(np.float64)
    strata = n_subtypes if len(numbers) > 1 else None
    clinic = NestedCox.fit(refine_levels(design, terms), time, event, strata=strata)
    gain = clinic.add(terms)
    return _directed(AddedLR(gain.chi2, gain.df, gain.p), clinic.add(subtype / n_subtypes).coef[0])


def _directed(gain: AddedLR, coef: float) -> AddedLR:
    """Count a term that points the wrong way as adding nothing."""
    return AddedLR(0.0, gain.df, 1.0) if coef < 0 and gain.df > 0 else gain


def added_lr(
    design: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    labels: Mapping[str, Mapping[str, Any]] | Mapping[str, pd.DataFrame],
    term: Term,
) -> AddedLR:
    """Test what a held-out term adds to clinical covariates, in the repeat in the middle.

    Parameters
    ----------
    design, time, event
        As for `added_lr_risk`; in a permutation all three in the permuted order. Patients with a missing value in `design` are
        left out (`stratomics.preprocess.design_of_known`).
    labels
        By repeat, the columns of `stratomics.chain.labels.heldout_labels` (only ``risk, fold, subtype, n_subtypes`` are read),
        patients in the same order.
    term
        ``risk`` or ``subtype``.

    Returns
    -------
    AddedLR
        That of the repeat in the middle by p, whole (`repeats.middle`; a missing p counts as the largest).
    """
    known = np.isfinite(design).all(axis=1)
    gains = [_one_repeat(design[known], time[known], event[known], own, term, known) for own in labels.values()]
    return gains[middle([gain.p for gain in gains])]


def _one_repeat(
    design: np.ndarray,
    time: np.ndarray,
    event: np.ndarray,
    labels: Mapping[str, Any] | pd.DataFrame,
    term: Term,
    known: np.ndarray,
) -> AddedLR:
    """Give the likelihood ratio of one repeat; missing where the term is missing for some patient or nobody had the event."""
    names = ("risk",) if term == "risk" else ("subtype", "n_subtypes")
    values = [np.asarray(labels[name], dtype=np.float64)[known] for name in names]
    if not np.any(event) or not all(np.isfinite(value).all() for value in values):
        return AddedLR(NAN, NAN, NAN)
    if term == "risk":
        return added_lr_risk(design, time, event, values[0], np.asarray(labels["fold"])[known])
    return added_lr_subtype(design, time, event, *values)


def within_fold(values: np.ndarray, fold: np.ndarray, *, scale: bool) -> np.ndarray:
    """Centre values [n] within each fold, and scale them to deviation 1 if asked; those that do not vary become 0."""
    result = np.zeros(len(values))
    for label in np.unique(fold):
        members = fold == label
        own = values[members] - values[members].mean()
        spread = own.std()
        if spread > 1e-12 * np.abs(values[members]).max(initial=0):
            result[members] = own / spread if scale else own
    return result
