"""The verdict on a model by patients of elsewhere: one fit, and one set of patients whom nothing was fitted on.

So p-values hold as they are: the exact permutation p, or without permutations that of the log-rank test. *Separation* and *added
value* are judged by the rules of `stratomics.evaluation.verdict`; for the latter a model of the clinical columns is made of the
new patients themselves, in folds. Stability and simpler methods are questions to a cohort in which networks are trained: they are
not asked here. Instead:

================  =================================================================================================
ranking           does the continuous risk rank these patients? C is its concordance, against one half
================  =================================================================================================
underpowered      fewer than 20 events
no_evidence       C does not exist, as when all patients get the same risk
reversed          the upper limit of C is below .5
underpowered      the lower limit of C is not above .5 or p > .05, fewer than 50 events, and the interval of C reaches .6
no_evidence       the lower limit of C is not above .5 or p > .05
ranks_little      C < .55
ranks             otherwise
================  =================================================================================================

================  =================================================================================================
calibration       do as many have the event as the model foretold, and do the risks differ as much as it says? O / E is the
                  number of events up to the horizon over the number expected of these patients, each followed as long as it
                  was; the slope is the log hazard per unit of the log risk, 1 where risks are as different as foretold
================  =================================================================================================
underpowered      fewer than 20 events
not_tested        O / E does not exist: the model tells no survival
too_high          the interval of O / E lies above 1, and O / E > 1.1: predicted survival is too high
too_low           the interval of O / E lies below 1, and O / E < 1 / 1.1: predicted survival is too low
too_extreme       the upper limit of the slope is below 1: the risks of patients differ less than foretold
too_alike         the lower limit of the slope is above 1: they differ more
undetermined      the interval of O / E reaches beyond 2 / 3 or 3 / 2, or that of the slope beyond 1 / 2 or 2 or does not exist
calibrated        otherwise: no disagreement that would matter
================  =================================================================================================

Where the numbers come from. Events and C: those of the home verdict. O / E is Poisson with mean 1 around a perfect model (Crowson,
Atkinson & Therneau 2016); its interval, exact (Garwood 1936), takes the model as known. 1.1, 2 / 3 and 3 / 2: conventions of this
workflow, as 1 / 2 and 2 of the slope; with 30 events or more an interval around 1 stays within 2 / 3 and 3 / 2.

References
----------
Crowson, Atkinson & Therneau 2016, Stat. Methods Med. Res. 25, 1692-1706. Garwood 1936, Biometrika 28, 437-442. van Houwelingen
2000, Stat. Med. 19, 3401-3415 (the slope).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2

from . import wording
from .evidence import Evidence
from .findings import EXTERNAL_CODES, Finding, Verdict
from .sources import ALPHA, Figure
from .verdict import (
    FEW_EVENTS,
    LITTLE_CINDEX,
    SOME_EVENTS,
    WORTHWHILE_CINDEX,
    judge_added_value,
    judge_separation,
    nominal_gain,
    power_words,
)
from .wording import capital, interval, number, probability

LITTLE_OFF = 1.1
#: An interval of O / E beyond this says too little.
FAR_OFF = 1.5
#: The same of the slope.
FAR_SLOPE = 2.0

_RANKING = {
    "ranks": "better than chance",
    "ranks_little": "better than chance, but too little to matter",
    "no_evidence": "no evidence that this is better than chance",
    "reversed": "worse than chance",
    "underpowered": "too few events to tell it from chance",
}
_CALIBRATION = {
    "calibrated": "Predicted survival is right as far as can be seen",
    "too_high": "Predicted survival is too high",
    "too_low": "Predicted survival is too low",
    "too_extreme": "The risks of patients differ less than the model says",
    "too_alike": "The risks of patients differ more than the model says",
    "undetermined": "Whether predicted survival is right is undetermined",
    "underpowered": "There are too few events to tell whether predicted survival is right",
    "not_tested": "Predicted survival could not be compared",
}


@dataclass(frozen=True)
class Expected:
    """Events that took place and events that were foretold, up to a day.

    Attributes
    ----------
    observed
        Events.
    expected
        The sum of the cumulative hazards that the model gave the patients for as long as each was followed.
    ratio
        Observed over expected with its 95 % interval.
    days
        Later events do not count.
    """

    observed: int
    expected: float
    ratio: Figure
    days: float


def expected_events(time: ArrayLike, event: ArrayLike, survival: ArrayLike, days: float) -> Expected:
    """Compare the events of patients with those that their predicted survival foretells.

    Parameters
    ----------
    time, event
        Follow-up [n], days.
    survival
        Predicted probability of each patient to be free of the event until the end of the follow-up, or until `days` [n].
    days
        Later events do not count.

    Returns
    -------
    Expected
        NaN where survival is not known.
    """
    observed = int((np.asarray(event).astype(bool) & (np.asarray(time, dtype=np.float64) <= days)).sum())
    expected = float(-np.log(np.maximum(survival, np.finfo(np.float64).tiny)).sum())
    if not (math.isfinite(expected) and expected > 0):
        return Expected(observed, math.nan, Figure(math.nan, math.nan, math.nan), days)
    low = float(chi2.ppf(0.025, 2 * observed)) / 2 if observed else 0.0
    high = float(chi2.ppf(0.975, 2 * (observed + 1))) / 2
    return Expected(observed, expected, Figure(*(count / expected for count in (observed, low, high))), days)


def external_verdict(evidence: Evidence, expected: Expected, slope: Figure) -> Verdict:
    """Judge the predictions of a model by the rules of this module.

    Parameters
    ----------
    evidence
        The numbers; NaN where there is none.
    expected
        Events and those foretold.
    slope
        Log hazard per unit of the log risk.

    Returns
    -------
    Verdict
        With the parts `EXTERNAL_CODES`.
    """
    known = evidence
    if not evidence.permutations:
        p = evidence.heldout_logrank_p
        known = replace(evidence, permutation_p=p, permutation_p_adjusted=p, permutation_p_logrank=p)
    separation = judge_separation(known, fixed=True)
    ranking, calibration = _ranking(known), _calibration(known, expected, slope)
    added = judge_added_value(known, separation.code)
    clauses = (
        wording.separation_clause(known, separation.code),
        f"{wording.risk_clause(known)}: {_RANKING[ranking.code]}",
        f"{_CALIBRATION[calibration.code]} ({_calibration_figures(expected, slope)})",
        capital(wording.added_clause(known, added.code, nominal=nominal_gain(known))),
    )
    topics = {
        "Subtypes": wording.of_subtypes(evidence, separation.code, separation.reason),
        "Risk": f"{clauses[1]}; {ranking.reason}.{wording.risk_groups(evidence)}",
        "Predicted survival": f"{_CALIBRATION[calibration.code]}: {calibration.reason}.",
        "Beyond the clinical variables": wording.beyond_clinic(evidence, added.code, added.reason),
    }
    findings = dict(zip(EXTERNAL_CODES, (separation, ranking, calibration, added), strict=True))
    return Verdict(findings, ". ".join(clauses) + ".", topics)


def _ranking(e: Evidence) -> Finding:
    """Apply the first table of rules."""
    c = e.heldout_cindex
    if e.events < FEW_EVENTS:
        return Finding("underpowered", power_words(e.events))
    if not math.isfinite(c.value):
        return Finding("no_evidence", "the patients could not be ranked, as when all of them get the same risk")
    p = f"permutation p {probability(e.permutation_p_cindex)}" if e.permutations else "no permutations"
    figures = f"{p}; 0.5 is chance"
    if c.high < 0.5:
        return Finding("reversed", figures)
    if not c.low > 0.5 or e.permutation_p_cindex > ALPHA:
        if e.events < SOME_EVENTS and not c.high < WORTHWHILE_CINDEX:
            room = f"a concordance of {WORTHWHILE_CINDEX} is not ruled out"
            return Finding("underpowered", f"{figures}; {e.events} events, and {room}")
        return Finding("no_evidence", figures)
    return Finding("ranks_little" if c.value < LITTLE_CINDEX else "ranks", figures)


def _calibration(e: Evidence, expected: Expected, slope: Figure) -> Finding:
    """Apply the second table of rules."""
    ratio = expected.ratio
    figures = _calibration_figures(expected, slope)
    if e.events < FEW_EVENTS:
        return Finding("underpowered", f"{e.events} events; {figures}")
    if not math.isfinite(ratio.value):
        return Finding("not_tested", "the model tells no survival of these patients within their follow-up")
    if ratio.low > 1 and ratio.value > LITTLE_OFF:
        return Finding("too_high", f"more events than foretold: {figures}")
    if ratio.high < 1 and ratio.value < 1 / LITTLE_OFF:
        return Finding("too_low", f"fewer events than foretold: {figures}")
    if slope.high < 1:
        return Finding("too_extreme", figures)
    if slope.low > 1:
        return Finding("too_alike", figures)
    sure = 1 / FAR_OFF <= ratio.low and ratio.high <= FAR_OFF and 1 / FAR_SLOPE <= slope.low and slope.high <= FAR_SLOPE
    if not sure:
        return Finding("undetermined", f"the figures are too uncertain: {figures}")
    return Finding("calibrated", f"no disagreement that would matter: {figures}")


def _calibration_figures(expected: Expected, slope: Figure) -> str:
    return (
        f"{expected.observed} events until day {expected.days:.0f} where {number(expected.expected, 1)} were foretold, ratio "
        f"{interval(expected.ratio)}; slope of the risk {interval(slope)}, 1 is right"
    )
