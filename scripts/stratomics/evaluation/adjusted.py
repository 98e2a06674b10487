"""The held-out subtype beside every covariate of the clinic, in one Cox model: adjusted hazard ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from stratomics.cohort.types import Cohort
from stratomics.preprocess import ClinicalDesign
from stratomics.runtime import log
from stratomics.survival.cox import Z_95
from stratomics.survival.cox_multivariate import cox_multivariate

from .scores import has_subtypes

ADJUSTED_COLUMNS = [
    "embedding",
    "repeat",
    "term",
    "hazard_ratio",
    "ci_low",
    "ci_high",
    "p",
    "n",
    "events",
]
COMBINED = "combined"


def adjusted_hazard_ratios(
    labels: Mapping[str, Mapping[str, pd.DataFrame]], design: ClinicalDesign, x: np.ndarray, cohort: Cohort
) -> pd.DataFrame:
    """Make ``adjusted_hazard_ratios.tsv``.

    One Cox model per embedding and repeat, of the patients who have every covariate, stratified by fold since labels of different
    folds come from different fits. It holds the subtypes (each against subtype 1; where folds chose different numbers, "2 of 2"
    and "2 of 3" are terms of their own), the trend or the levels of every covariate, and the departures from the trends, which
    have no rows.

    Parameters
    ----------
    labels
        By embedding and repeat, the held-out labels (``subtype, n_subtypes, fold``) of all patients in the order of the cohort.
    design, x
        Covariates of all patients, see `stratomics.preprocess.design_of_known`.
    cohort
        For the follow-up.

    Returns
    -------
    pandas.DataFrame
        ``embedding, repeat, term, hazard_ratio, ci_low, ci_high`` (95 %), ``p`` (Wald), ``n, events``. The rows ``combined``
        hold the mean of the log hazard ratios over the repeats that have the term, with the mean of their variances: repeats
        share their patients, so many of them are not taken to know more than one. Missing where the model has no estimate; no
        rows without covariates or subtypes.
    """
    known = np.isfinite(x).all(axis=1)
    follow_up = cohort.time[known], cohort.event[known]
    units = design.units()
    rows = []
    for embedding, repeats in labels.items():
        found: dict[str, list[tuple[float, float]]] = {}
        for repeat, own in repeats.items():
            if not x.shape[1] or not has_subtypes(own) or not follow_up[1].any():
                continue
            subtypes, names = _subtype_columns(own[known])
            terms = [*names, *(name for name, _ in units)]
            scale = np.concatenate([np.ones(len(names)), [unit for _, unit in units]])
            fitted = _fit(np.hstack([subtypes, x[known]]), len(terms), *follow_up, own["fold"].to_numpy()[known])
            if fitted is None:
                log.info("%s %s: the adjusted Cox model has no estimate", embedding, repeat)
                fitted = (np.full(len(terms), np.nan), np.full(len(terms), np.nan))
            for term, coef, variance in zip(terms, fitted[0] * scale, fitted[1] * scale**2, strict=True):
                rows.append((embedding, repeat, term, *_ratio(coef, variance)))
                found.setdefault(term, []).append((coef, variance))
        for term, values in found.items():
            usable = np.array([value for value in values if np.isfinite(value).all()]).reshape(-1, 2)
            mean = usable.mean(axis=0) if len(usable) else np.full(2, np.nan)
            rows.append((embedding, COMBINED, term, *_ratio(*mean)))
    table = pd.DataFrame(rows, columns=ADJUSTED_COLUMNS[:-2])
    return table.assign(n=int(known.sum()), events=int(follow_up[1].sum()))


def _subtype_columns(labels: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Give a column per subtype but the first [n, k], for each number of subtypes, and their names."""
    subtype, number = labels["subtype"].to_numpy(), labels["n_subtypes"].to_numpy()
    pairs = [(k, level) for k in np.unique(number) for level in range(2, int(k) + 1)]
    columns = [((number == k) & (subtype == level)).astype(np.float64) for k, level in pairs]
    names = [f"subtype {level} of {k:.0f} (against 1)" for k, level in pairs]
    return np.array(columns).reshape(len(pairs), len(labels)).T, names


def _fit(
    x: np.ndarray, n_terms: int, time: np.ndarray, event: np.ndarray, fold: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit the first `n_terms` columns beside the others; without the others where that has no estimate."""
    for width in dict.fromkeys((x.shape[1], n_terms)):
        fitted = cox_multivariate(x[:, :width], time, event, strata=fold)
        if fitted.status == "ok":
            return fitted.coef[:n_terms], np.diag(fitted.cov)[:n_terms]
    return None


def _ratio(coef: float, variance: float) -> Sequence[float]:
    """Give hazard ratio, interval and p of a log hazard ratio."""
    se = np.sqrt(variance)
    p = float(chdtrc(1, (coef / se) ** 2)) if np.isfinite(coef) else float("nan")
    return float(np.exp(coef)), float(np.exp(coef - Z_95 * se)), float(np.exp(coef + Z_95 * se)), p
