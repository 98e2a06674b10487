"""The verdict on one embedding: three codes by stated rules, with their reasons, in words.

The rules; the first that applies holds. p is the permutation p of the held-out log-rank test; *adjusted* means over the
embeddings of this cohort (Westfall and Young). Permutation p-values count at .05 or less: with B permutations the smallest is
1 / (B + 1). Separation and added value rest on held-out figures, medians over the repeats; apparent figures enter no rule.

==============  ===================================================================================================
separation      do the subtypes separate patients they never saw?
==============  ===================================================================================================
underpowered    fewer than 20 events
not_tested      no permutations
no_evidence     p, concordance or hazard ratio does not exist (folds that give everybody one label)
reversed        p <= .05, but concordance <= .5 or hazard ratio <= 1: not the direction that was foretold
separates       adjusted p <= .05 (and so concordance > .5 and hazard ratio > 1)
suggestive      p <= .05, but not adjusted
underpowered    fewer than 50 events, and the interval of the concordance reaches .6 or does not exist
no_evidence     otherwise
==============  ===================================================================================================

==============  ===================================================================================================
added value     does the subtype add to the clinical covariates? delta is the gain in concordance; p is the larger of the
                nominal p of the added likelihood ratio and its adjusted permutation p (where there is one)
==============  ===================================================================================================
not_tested      no covariates, or no comparison with them (neither delta nor p)
undetermined    delta does not exist
no_added_value  delta <= 0, unless separation is underpowered
undetermined    p does not exist
no_added_value  p > .05 and the upper limit of delta is below .02
undetermined    separation is underpowered
undetermined    p <= .05, but separation is suggestive, reversed or no_evidence: nothing may be added by subtypes that do
                not separate
adds_little     p <= .05 with permutations; without them, p <= .05 and the lower limit of delta above 0; but delta < .02
adds            the same, and delta >= .02
no_added_value  p > .05, and separation is reversed or no_evidence
undetermined    otherwise
==============  ===================================================================================================

==============  ===================================================================================================
stability       would other patients have given the same subtypes? (of the measures that exist)
==============  ===================================================================================================
not_tested      none of the measures exists
unstable        PAC > .4, adjusted Rand index between folds < .4, or more than 40 % of the patients ambiguous
stable          PAC <= .2, adjusted Rand index between folds >= .65, and at most 20 % of the patients ambiguous
moderate        otherwise
==============  ===================================================================================================

Where the numbers come from. 20 and 50 events: with them a log-rank test of two equal groups finds, in 8 of 10 cohorts, hazard
ratios of 3.5 and 2.2 or more (Schoenfeld 1983). Concordance .6: about what clinical variables alone reach in many cohorts. Gain
.02: about what another draw of folds moves a concordance by. Adjusted Rand index .65: the lower bound of moderate recovery by
Steinley (2004). PAC .2, ambiguous 20 %, and the second mark of each measure: conventions of this workflow. PAC is the share of
pairs of patients with a consensus strictly between .1 and .9 over subsamples (Senbabaoglu et al. 2014).

Why the larger of two p: the permutation breaks the tie of the omics to survival and clinic alike, which guards against the
optimism of folds that share patients, but omics that know survival only through the clinic would pass it; those the
nominal likelihood ratio given the clinic stops. Neither guards against clinical variables that are modelled badly.

References
----------
Schoenfeld 1983, Biometrics 39, 499-503. Steinley 2004, Psychol. Methods 9, 386-396. Senbabaoglu, Michailidis & Li 2014, Sci. Rep.
4, 6207. Westfall & Young 1993, Resampling-based multiple testing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import wording
from .evidence import Evidence
from .wording import number, probability, share

ALPHA = 0.05
FEW_EVENTS = 20
SOME_EVENTS = 50
WORTHWHILE_CINDEX = 0.6
WORTHWHILE_GAIN = 0.02
#: (stable up to, unstable beyond) for PAC and the ambiguous share; (stable from, unstable below) for the Rand index.
PAC_MARKS = (0.2, 0.4)
ARI_MARKS = (0.65, 0.4)
AMBIGUOUS_MARKS = (0.2, 0.4)

#: The parts of a verdict.
CODES = ["separation", "added_value", "stability"]
#: Columns of ``verdicts.tsv`` before the numbers, and after them.
VERDICT_COLUMNS = ["embedding", *CODES, "sentence"]
REASON_COLUMNS = [*(f"{part}_reason" for part in CODES), "paragraph"]


@dataclass(frozen=True)
class Finding:
    """A code and why it was given."""

    code: str
    reason: str


@dataclass(frozen=True)
class Verdict:
    """What the evidence on one embedding amounts to.

    Attributes
    ----------
    separation
        ``separates``, ``suggestive``, ``no_evidence``, ``reversed``, ``underpowered`` or ``not_tested``.
    added_value
        ``adds``, ``adds_little``, ``no_added_value``, ``undetermined`` or ``not_tested``.
    stability
        ``stable``, ``moderate``, ``unstable`` or ``not_tested``.
    sentence, paragraph
        The verdict in words, short and at length.
    """

    separation: Finding
    added_value: Finding
    stability: Finding
    sentence: str
    paragraph: str

    @property
    def codes(self) -> dict[str, str]:
        """The code of each part."""
        return {part: getattr(self, part).code for part in CODES}


def verdict(evidence: Evidence) -> Verdict:
    """Judge one embedding by the rules of this module.

    Parameters
    ----------
    evidence
        The numbers; NaN where there is none.

    Returns
    -------
    Verdict
    """
    separation = _separation(evidence)
    added_value = _added_value(evidence, separation.code)
    stability = _stability(evidence)
    codes = (separation.code, added_value.code, stability.code)
    nominal = _added_p(evidence)[1] == "nominal"
    return Verdict(
        separation,
        added_value,
        stability,
        sentence=wording.sentence(evidence, *codes, nominal=nominal),
        paragraph=wording.paragraph(evidence, *((f.code, f.reason) for f in (separation, added_value, stability))),
    )


def verdict_row(evidence: Evidence, found: Verdict) -> dict[str, object]:
    """Return the row of ``verdicts.tsv``: codes, sentence, every number used, reasons and paragraph."""
    return {
        "embedding": evidence.embedding,
        **found.codes,
        "sentence": found.sentence,
        **evidence.columns(),
        **{f"{part}_reason": getattr(found, part).reason for part in CODES},
        "paragraph": found.paragraph,
    }


def _separation(e: Evidence) -> Finding:
    """Apply the first table of rules."""
    detectable = number(wording.smallest_hazard_ratio(e.events), 1)
    power = f"with {e.events} events a test finds, in 8 of 10 cohorts, hazard ratios of {detectable} or more between equal groups"
    if e.events < FEW_EVENTS:
        return Finding("underpowered", power)
    if e.permutations == 0:
        nominal = f"the nominal held-out log-rank p of {probability(e.heldout_logrank_p)} is too small too often"
        return Finding("not_tested", f"no permutation test was run, and {nominal}")
    if not all(map(math.isfinite, (e.permutation_p, e.heldout_cindex.value, e.heldout_hazard_ratio.value))):
        return Finding("no_evidence", "unseen patients could not be compared, as when all of them get the same label")
    tests = wording.test_words(e)
    foretold = e.heldout_cindex.value > 0.5 and e.heldout_hazard_ratio.value > 1
    if e.permutation_p <= ALPHA and not foretold:
        direction = f"concordance {number(e.heldout_cindex.value)}, hazard ratio {number(e.heldout_hazard_ratio.value)}"
        return Finding(
            "reversed",
            f"they differ ({tests}), but a higher risk did not mean that the event came sooner ({direction})",
        )
    if e.permutation_p_adjusted <= ALPHA:
        return Finding("separates", tests)
    if e.permutation_p <= ALPHA:
        return Finding("suggestive", f"{tests}, which could come from trying several embeddings")
    if e.events < SOME_EVENTS and not e.heldout_cindex.high < WORTHWHILE_CINDEX:
        return Finding("underpowered", f"{tests}; {power}, and a concordance of {WORTHWHILE_CINDEX} is not ruled out")
    limit = e.heldout_cindex.high
    room = f"; a concordance up to {number(limit)} is not ruled out" if limit > 0.5 else ""
    return Finding("no_evidence", tests + room)


def _added_p(e: Evidence) -> tuple[float, str]:
    """Return the p that decides on added value, and what kind it is."""
    adjusted = e.added_permutation_p_adjusted
    if not math.isfinite(adjusted):
        return e.added_lr_p, "nominal"
    if math.isnan(e.added_lr_p) or adjusted >= e.added_lr_p:
        return adjusted, "adjusted permutation"
    return e.added_lr_p, "nominal (the larger)"


def _added_value(e: Evidence, separation: str) -> Finding:
    """Apply the second table of rules."""
    if not e.covariates:
        return Finding("not_tested", "no clinical covariates are configured")
    p, kind = _added_p(e)
    if all(map(math.isnan, (e.added_delta.value, e.added_lr_p))):
        return Finding("not_tested", "there is no comparison with the clinical variables")
    if math.isnan(e.added_delta.value):
        return Finding("undetermined", "the gain over the clinical variables could not be computed")
    figures = (
        f"gain in concordance {wording.interval(e.added_delta, 3, sign=True)}, "
        f"{kind} likelihood-ratio p {probability(p)}"
    )
    if e.added_delta.value <= 0 and separation != "underpowered":
        return Finding("no_added_value", f"the clinical variables alone rank the patients as well; {figures}")
    if math.isnan(p):
        return Finding("undetermined", f"the likelihood ratio could not be computed; {figures}")
    if p > ALPHA and e.added_delta.high < WORTHWHILE_GAIN:
        return Finding("no_added_value", f"a gain of {WORTHWHILE_GAIN} is ruled out; {figures}")
    if separation == "underpowered":
        return Finding("undetermined", f"too few events; {figures}")
    if p <= ALPHA and separation in ("suggestive", "reversed", "no_evidence"):
        return Finding("undetermined", f"subtypes whose separation is not established cannot be said to add; {figures}")
    if p <= ALPHA and (math.isfinite(e.added_permutation_p_adjusted) or e.added_delta.low > 0):
        if e.added_delta.value < WORTHWHILE_GAIN:
            return Finding("adds_little", f"{figures}, less than the {WORTHWHILE_GAIN} that would matter")
        return Finding("adds", figures)
    if p > ALPHA and separation in ("reversed", "no_evidence"):
        return Finding(
            "no_added_value", f"subtypes that do not separate unseen patients have nothing to add; {figures}"
        )
    return Finding("undetermined", f"neither a gain nor its absence is shown; {figures}")


def _stability(e: Evidence) -> Finding:
    """Apply the third table of rules."""
    known = {
        "PAC": (e.pac, number(e.pac), e.pac <= PAC_MARKS[0], e.pac > PAC_MARKS[1]),
        "adjusted Rand index between folds": (
            e.fold_ari,
            number(e.fold_ari),
            e.fold_ari >= ARI_MARKS[0],
            e.fold_ari < ARI_MARKS[1],
        ),
        "ambiguous patients": (
            e.ambiguous_share,
            share(e.ambiguous_share),
            e.ambiguous_share <= AMBIGUOUS_MARKS[0],
            e.ambiguous_share > AMBIGUOUS_MARKS[1],
        ),
    }
    known = {name: found for name, found in known.items() if math.isfinite(found[0])}
    if not known:
        return Finding("not_tested", "no measure of stability exists")
    reason = ", ".join(f"{name} {text}" for name, (_, text, _, _) in known.items())
    if any(bad for *_, bad in known.values()):
        return Finding("unstable", reason)
    return Finding("stable" if all(good for _, _, good, _ in known.values()) else "moderate", reason)
