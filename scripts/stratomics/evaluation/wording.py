"""Say a verdict in plain words. Every clause follows from a code and from numbers, so equal evidence reads alike."""

from __future__ import annotations

import math

from .evidence import Evidence

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
    """Name the permutation p, and the p adjusted over the embeddings if there are several."""
    text = f"permutation p {probability(evidence.permutation_p)}"
    if evidence.embeddings > 1:
        text += f", {probability(evidence.permutation_p_adjusted)} adjusted for {evidence.embeddings} embeddings"
    return text


def _figures(evidence: Evidence) -> str:
    """Hazard ratio and concordance, held-out, with intervals."""
    hazard_ratio, c = interval(evidence.heldout_hazard_ratio), interval(evidence.heldout_cindex)
    return f"hazard ratio per step {hazard_ratio}, concordance {c}"


_SEPARATION = {
    "separates": "The subtypes separate unseen patients",
    "suggestive": "There is a hint, not more, that the subtypes separate unseen patients",
    "no_evidence": "There is no evidence that the subtypes separate unseen patients",
    "reversed": "The subtypes do not separate unseen patients in the direction they foretell",
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
    "moderate": "their boundaries are moderately stable",
    "unstable": "their boundaries are unstable",
    "not_tested": "their stability was not measured",
}


def sentence(evidence: Evidence, separation: str, added_value: str, stability: str, nominal: bool) -> str:
    """Say the verdict in one line.

    Parameters
    ----------
    evidence
        The numbers.
    separation, added_value, stability
        The codes.
    nominal
        Whether the p-value behind `added_value` is nominal.

    Returns
    -------
    str
        Two sentences.
    """
    test = f"; {test_words(evidence)}" if evidence.permutations and math.isfinite(evidence.permutation_p) else ""
    if separation == "underpowered":
        test = f"; {evidence.events} events{test}"
    added = _ADDED[added_value]
    if added_value in ("adds", "adds_little"):
        gain = interval(evidence.added_delta, 3, sign=True)
        added += f" (concordance {gain}{', by a nominal test' if nominal else ''})"
    rest = f"{added}; {_STABILITY[stability]}."
    return f"{_SEPARATION[separation]} ({_figures(evidence)}{test}). {rest[0].upper()}{rest[1:]}"


def _rmst(evidence: Evidence) -> str:
    """Months between the subtype of best and of worst prognosis."""
    days = evidence.heldout_rmst_difference
    if not math.isfinite(days.value):
        return ""
    difference, low, high = (value / DAYS_PER_MONTH for value in days)
    longer = "longer" if difference >= 0 else "shorter"
    if difference < 0:
        difference, low, high = -difference, -high, -low
    horizon = number(evidence.horizon_days / DAYS_PER_MONTH, 0)
    return (
        f" Over at most {horizon} months, unseen patients of the lowest-risk subtype stay "
        f"free of the event {interval((difference, low, high), 1)} months {longer} on average than those of the highest-risk "
        "subtype."
    )


def _apparent(evidence: Evidence) -> str:
    """Say how good the full fit looks on its own patients, and what that is worth."""
    e = evidence
    optimism = e.apparent_cindex - e.heldout_cindex.value
    text = f" On its own patients the full fit appears to reach a concordance of {number(e.apparent_cindex)}"
    if math.isfinite(optimism):
        text += f" ({number(abs(optimism))} {'more' if optimism >= 0 else 'less'} than on unseen ones)"
    text += (
        f" and a hazard ratio per step of {number(e.apparent_hazard_ratio)}; its apparent log-rank p of "
        f"{probability(e.apparent_logrank_p)} tests nothing"
    )
    if math.isfinite(e.apparent_null_share):
        text += f": with survival permuted, and nothing to find, it fell below 0.05 in {share(e.apparent_null_share)} of the runs"
    return text + "."


def _beyond_clinic(evidence: Evidence) -> str:
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
        text += f" On its own, the risk from the omics differs from the clinical model by {own} of concordance."
    return text


def paragraph(
    evidence: Evidence, separation: tuple[str, str], added_value: tuple[str, str], stability: tuple[str, str]
) -> str:
    """Say the verdict at length: how much, how certain, apparent beside held-out, beyond the clinic, how stable.

    Parameters
    ----------
    evidence
        The numbers.
    separation, added_value, stability
        Code and reason of each.

    Returns
    -------
    str
        One paragraph, without line breaks or tabs.
    """
    text = f"{_SEPARATION[separation[0]]}: {separation[1]}. On unseen patients: {_figures(evidence)}.{_rmst(evidence)}"
    if evidence.permutations:
        text += (
            f" The test compares with {evidence.permutations} runs in which survival was permuted against the omics; by the same "
            f"runs the concordance has p {probability(evidence.permutation_p_cindex)}."
        )
    text += _apparent(evidence)
    added = _ADDED[added_value[0]]
    text += f" {added[0].upper()}{added[1:]}: {added_value[1]}.{_beyond_clinic(evidence)}"
    firm = _STABILITY[stability[0]]
    text += f" {firm[0].upper()}{firm[1:]}: {stability[1]}."
    if separation[0] == "separates" and stability[0] == "unstable":
        text += " The groups hold on average; the label of a single patient may change with who else is in the cohort."
    if math.isfinite(evidence.smallest_subtype):
        text += f" The smallest of the {evidence.n_subtypes} subtypes has {evidence.smallest_subtype:.0f} of {evidence.n} patients."
    if evidence.fallback:
        text += (
            " No latent passed the threshold in the full fit and the best few were taken instead: treat the final subtypes as "
            "a guess."
        )
    return text
