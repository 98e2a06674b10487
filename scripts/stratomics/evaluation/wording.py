"""Say a verdict in plain words. Every clause follows from a code and from numbers, so equal evidence reads alike."""

from __future__ import annotations

import math

from .evidence import Evidence
from .sources import ALPHA

DAYS_PER_MONTH = 365.25 / 12


def number(value: float, digits: int = 2, sign: bool = False) -> str:
    """Format for reading: fixed digits, with a plus if wanted; ``-`` where there is no number."""
    if not math.isfinite(value):
        return "-"
    rounded = round(value, digits) + 0.0  # no minus before a zero
    return f"{'+' if sign and rounded > 0 else ''}{rounded:.{digits}f}"


def probability(value: float) -> str:
    """Format a p-value: two digits where it is large, more where that matters."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"


def interval(figure: tuple[float, float, float], digits: int = 2, sign: bool = False) -> str:
    """Format a figure with its 95 % interval: ``0.63 [0.57 to 0.69]``."""
    value, low, high = figure
    if not math.isfinite(value):
        return "-"
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"{number(value, digits, sign)} [no interval]"
    return f"{number(value, digits, sign)} [{number(low, digits, sign)} to {number(high, digits, sign)}]"


def share(value: float) -> str:
    """Format a share as per cent."""
    return f"{100 * value:.0f} %" if math.isfinite(value) else "-"


def smallest_hazard_ratio(events: int) -> float:
    """Return the hazard ratio between two equal groups that a log-rank test at .05 finds in 8 of 10 cohorts of so many events.

    References
    ----------
    Schoenfeld 1983, Biometrics 39, 499-503: events = 4 (1.960 + 0.842)^2 / log(HR)^2.
    """
    return math.exp(2 * (1.959964 + 0.841621) / math.sqrt(events)) if events > 0 else math.inf


def test_words(evidence: Evidence) -> str:
    """Name the permutation p, and the p adjusted over the embeddings if there are several; without permutations the log-rank p."""
    if not evidence.permutations:
        return f"log-rank p {probability(evidence.heldout_logrank_p)}"
    text = f"permutation p {probability(evidence.permutation_p)}"
    if evidence.embeddings > 1:
        text += f", {probability(evidence.permutation_p_adjusted)} adjusted for {evidence.embeddings} embeddings"
    return text


def _figures(evidence: Evidence) -> str:
    """Hazard ratio and concordance of the subtypes, held-out, with intervals."""
    hazard_ratio, c = interval(evidence.heldout_hazard_ratio), interval(evidence.heldout_cindex_subtype)
    return f"hazard ratio per step {hazard_ratio}, concordance of the subtypes {c}"


_SEPARATION = {
    "separates": "The subtypes separate unseen patients",
    "separates_little": "The subtypes separate unseen patients too little to matter",
    "suggestive": "There is a hint, not more, that the subtypes separate unseen patients",
    "no_evidence": "There is no evidence that the subtypes separate unseen patients",
    "reversed": "The subtypes do not separate unseen patients in the direction they foretell",
    "undetermined": "Whether these subtypes separate unseen patients is undetermined",
    "underpowered": "There are too few events to tell whether the subtypes separate unseen patients",
    "not_tested": "Whether the subtypes separate unseen patients was not tested",
}
_ADDED = {
    "adds": "they add to the clinical variables",
    "adds_little": "they add to the clinical variables, but less than would matter",
    "no_added_value": "no added value over the clinical variables was shown",
    "undetermined": "whether they add to the clinical variables is undetermined",
    "not_tested": "added value over clinical variables was not tested",
}
_STABILITY = {
    "stable": "their boundaries are stable",
    "continuum": "their boundaries are stable",
    "moderate": "their boundaries are moderately stable",
    "unstable": "their boundaries are unstable",
    "not_tested": "their stability was not measured",
}
_SIMPLER = {
    "better": "shown to be better than every simpler method",
    "as_good": "not shown to be better than every simpler method",
    "simpler": "a simpler method does as well or better",
    "not_tested": "not compared with simpler methods",
}
#: Said with every statement about their stability where the subtypes are not told from one group.
CONTINUUM = "the subtypes are cut-points on a continuum"


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def _firm(evidence: Evidence, stability: str) -> str:
    """Say how stable the subtypes are, never without saying that there may be no gap between them."""
    if not evidence.continuum_p > ALPHA:
        return _STABILITY[stability]
    return f"{_STABILITY[stability]}, {'but' if stability == 'continuum' else 'and'} {CONTINUUM}"


def sentence(
    evidence: Evidence, separation: str, added_value: str, stability: str, beside_simpler: str, *, nominal: bool
) -> str:
    """Say the verdict in a few lines: what the subtypes do, then what the continuous risk does.

    Parameters
    ----------
    evidence
        The numbers.
    separation, added_value, stability, beside_simpler
        The codes.
    nominal
        Whether the p-value behind `added_value` is nominal.

    Returns
    -------
    str
        Three sentences.
    """
    rest = capital(f"{added_clause(evidence, added_value, nominal=nominal)}; {_firm(evidence, stability)}.")
    return f"{separation_clause(evidence, separation)}. {rest}{_risk(evidence, beside_simpler)}"


def separation_clause(evidence: Evidence, separation: str) -> str:
    """Say whether the subtypes separate, with the figures and the test."""
    test = f"; {test_words(evidence)}" if math.isfinite(evidence.permutation_p) else ""
    if separation == "underpowered":
        test = f"; {evidence.events} events{test}"
    if separation == "undetermined":
        test += f"; the folds chose other numbers of subtypes: {evidence.k_of_folds}"
    return f"{_SEPARATION[separation]} ({_figures(evidence)}{test})"


def added_clause(evidence: Evidence, added_value: str, *, nominal: bool) -> str:
    """Say whether the subtypes tell more than the clinic, with the gain where there is one."""
    added = _ADDED[added_value]
    if added_value in ("adds", "adds_little"):
        gain = interval(evidence.added_delta, 3, sign=True)
        added += f" (concordance {gain}{', by a nominal test' if nominal else ''})"
    return added


def _risk(evidence: Evidence, beside_simpler: str) -> str:
    """Say how well the continuous risk ranks unseen patients, and which simpler methods do as well."""
    if not math.isfinite(evidence.heldout_cindex.value):
        return ""
    beside = _SIMPLER[beside_simpler]
    if evidence.simpler_ahead:
        beside += f" ({evidence.simpler_ahead})"
    return f" {risk_clause(evidence)}; {beside}."


def risk_clause(evidence: Evidence) -> str:
    """Say how well the continuous risk ranks unseen patients."""
    return f"The continuous risk ranks unseen patients with a concordance of {interval(evidence.heldout_cindex)}"


def _rmst(evidence: Evidence) -> str:
    """Months between the subtype of best and of worst prognosis, up to where both are followed."""
    days = evidence.heldout_rmst_difference
    if not math.isfinite(days.value):
        return ""
    difference, low, high = (value / DAYS_PER_MONTH for value in days)
    longer = "longer" if difference >= 0 else "shorter"
    if difference < 0:
        difference, low, high = -difference, -high, -low
    ends = evidence.rmst_days if math.isfinite(evidence.rmst_days) else evidence.horizon_days
    span = f"Within {number(ends / DAYS_PER_MONTH, 0)} months"
    if ends < evidence.horizon_days:
        configured = number(evidence.horizon_days / DAYS_PER_MONTH, 0)
        span += f" (day {ends:.0f}, where the follow-up of one of the two ends; {configured} months were asked for)"
    return (
        f" {span}, unseen patients of the lowest-risk subtype stay free of the event "
        f"{interval((difference, low, high), 1)} months {longer} on average than those of the highest-risk subtype."
    )


def risk_groups(evidence: Evidence) -> str:
    """Set the subtypes beside cutting the risk into as many groups."""
    e = evidence
    groups, own = e.risk_group_cindex, e.heldout_cindex_subtype
    if not (math.isfinite(groups.value) and math.isfinite(own.value)):
        return ""
    better = groups.value > own.value and e.risk_group_hazard_ratio.value > e.heldout_hazard_ratio.value
    return (
        f" Cutting the continuous risk into as many groups instead gives a hazard ratio per step of "
        f"{interval(e.risk_group_hazard_ratio)} and a concordance of {interval(groups)}"
        + (": it separates unseen patients better than the subtypes do." if better else ".")
    )


def _apparent(evidence: Evidence) -> str:
    """Say how good the full fit looks on its own patients, and what that is worth."""
    e = evidence
    if not math.isfinite(e.apparent_cindex_subtype):
        return ""
    optimism = e.apparent_cindex_subtype - e.heldout_cindex_subtype.value
    text = f" On its own patients the full fit appears to reach a concordance of {number(e.apparent_cindex_subtype)}"
    if math.isfinite(optimism):
        text += f" ({number(abs(optimism))} {'more' if optimism >= 0 else 'less'} than on unseen ones)"
    text += (
        f" and a hazard ratio per step of {number(e.apparent_hazard_ratio)}; its apparent log-rank p of "
        f"{probability(e.apparent_logrank_p)} tests nothing"
    )
    if math.isfinite(e.apparent_null_share):
        text += f": with survival permuted, and nothing to find, it fell below 0.05 in {share(e.apparent_null_share)} of the runs"
    return text + "."


def _risk_beyond_clinic(evidence: Evidence) -> str:
    """Say what the continuous risk does beside, and instead of, the clinical variables."""
    e, text = evidence, ""
    if math.isfinite(e.added_risk_delta.value):
        gain = interval(e.added_risk_delta, 3, sign=True)
        text = f" With the continuous risk in place of the subtype the gain is {gain}, "
        if math.isfinite(e.added_risk_permutation_p_adjusted):
            text += f"adjusted permutation p {probability(e.added_risk_permutation_p_adjusted)}."
        else:
            text += f"nominal p {probability(e.added_risk_lr_p)}."
    if math.isfinite(e.delta_vs_clinical.value):
        own = interval(e.delta_vs_clinical, 3, sign=True)
        text += f" The risk alone, without the clinical variables, differs from them by {own} of concordance."
    return text


def of_subtypes(evidence: Evidence, code: str, reason: str) -> str:
    """Say at length whether the subtypes separate, how far and how certain, apparent beside held-out."""
    e = evidence
    text = f"{_SEPARATION[code]}: {reason}. On unseen patients: {_figures(e)}.{_rmst(e)}"
    if e.permutations:
        text += (
            f" The test compares with {e.permutations} runs in which survival was permuted against the omics; by the same "
            f"runs the concordance of the subtypes has p {probability(e.permutation_p_cindex_subtype)} and the log-rank test, "
            f"which knows no direction, p {probability(e.permutation_p_logrank)}."
        )
    return text + _apparent(e)


def beyond_clinic(evidence: Evidence, code: str, reason: str) -> str:
    """Say at length what subtypes and risk add to the clinic."""
    return f"{capital(_ADDED[code])}: {reason}.{_risk_beyond_clinic(evidence)}"


def _of_risk(evidence: Evidence, code: str, reason: str) -> str:
    """Say at length how the continuous risk ranks, beside simpler methods and beside the subtypes."""
    e = evidence
    text = f"{capital(_SIMPLER[code])}: {reason}."
    if math.isfinite(e.heldout_cindex.value):
        p = f", permutation p {probability(e.permutation_p_cindex)}" if e.permutations else ""
        text = f"{risk_clause(e)}{p}. {text}"
    return text + risk_groups(e)


def _of_stability(evidence: Evidence, code: str, reason: str, separation: str) -> str:
    """Say at length how firmly the subtypes stand."""
    e = evidence
    text = f"{capital(_firm(e, code))}: {reason}"
    if math.isfinite(e.continuum_p):
        text += f"; p against one group without clusters {probability(e.continuum_p)}"
    elif code != "not_tested":
        text += "; whether there are gaps between them, or they are cut-points on a continuum, is not known"
    text += "."
    if separation == "separates" and code == "unstable":
        text += " The groups hold on average; the label of a single patient may change with who else is in the cohort."
    if math.isfinite(e.smallest_subtype):
        text += f" The smallest of the {e.n_subtypes} subtypes has {e.smallest_subtype:.0f} of {e.n} patients."
    if e.fallback:
        text += (
            " No latent passed the threshold in the full fit and the best few were taken instead: treat the final subtypes as "
            "a guess."
        )
    return text


def topics(
    evidence: Evidence,
    separation: tuple[str, str],
    added_value: tuple[str, str],
    stability: tuple[str, str],
    beside_simpler: tuple[str, str],
) -> dict[str, str]:
    """Say the verdict at length: how much, how certain, apparent beside held-out, beyond the clinic, how stable.

    Parameters
    ----------
    evidence
        The numbers.
    separation, added_value, stability, beside_simpler
        Code and reason of each.

    Returns
    -------
    dict of str
        Sentences by topic, without line breaks or tabs.
    """
    return {
        "Subtypes": of_subtypes(evidence, *separation),
        "Risk": _of_risk(evidence, *beside_simpler),
        "Beyond the clinical variables": beyond_clinic(evidence, *added_value),
        "Stability": _of_stability(evidence, *stability, separation[0]),
    }
