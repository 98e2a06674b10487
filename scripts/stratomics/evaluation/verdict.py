"""The verdict on one embedding: four codes by stated rules, with their reasons, in words.

The rules; the first that applies holds. p is the permutation p of the held-out log-rank test for trend, one-sided: the higher
the subtype, the sooner the event; *adjusted* means over the embeddings of this cohort (Westfall and Young). Permutation
p-values count at .05 or less: with B permutations the smallest is 1 / (B + 1). HR is the hazard ratio per step of subtype, C
the concordance of the subtypes, not that of the continuous risk. All but stability rests on held-out figures, over the repeats;
apparent figures enter no rule.

================  =================================================================================================
separation        do the subtypes separate patients they never saw?
================  =================================================================================================
underpowered      fewer than 20 events
not_tested        no permutations
no_evidence       p, C or HR does not exist (folds that give everybody one label)
reversed          permutation p of the log-rank test, which knows no direction, <= .05, but C <= .5 or HR <= 1
underpowered      p > .05, fewer than 50 events, and the interval of C reaches .6 or does not exist
no_evidence       p > .05
undetermined      fewer than half of the folds chose the number of subtypes of the full fit: other subtypes were tested
suggestive        adjusted p > .05, C <= .5, or the interval of HR reaches 1
separates_little  HR < 1.5 and C < .55
separates         otherwise
================  =================================================================================================

================  =================================================================================================
added value       does the subtype add to the clinical covariates? delta is the gain in concordance; p is the larger of
                  the nominal p of the added likelihood ratio and its adjusted permutation p (where there is one)
================  =================================================================================================
not_tested        no covariates, or no comparison with them (neither delta nor p)
undetermined      delta does not exist
no_added_value    the upper limit of delta is below .02, unless p <= .05
undetermined      p does not exist, or separation is underpowered
no_added_value    p > .05, and separation is reversed or no_evidence
undetermined      p > .05: neither a gain nor its absence is shown
undetermined      separation is suggestive, reversed, no_evidence or undetermined: nothing may be added by subtypes that do
                  not separate
undetermined      more than 20 % of the patients lack a clinical covariate and are left out: the gain is that of the rest
undetermined      no permutations, and the lower limit of delta is not above 0
undetermined      the upper limit of delta is below 0: likelihood and ranking contradict each other
adds_little       delta < .02, whatever its sign: the likelihood gains, the ranking does not; or separates_little
adds              otherwise
================  =================================================================================================

================  =================================================================================================
stability         would other patients have given the same subtypes? (of the measures that exist)
================  =================================================================================================
not_tested        none of the measures exists
unstable          PAC > .4, adjusted Rand index between folds < .4, or more than 40 % of the patients ambiguous
moderate          unless PAC <= .2, adjusted Rand index between folds >= .65, and at most 20 % of the patients ambiguous
continuum         p of the subtypes against one Gaussian > .05: stable cut-points, but no gap between the subtypes
stable            otherwise
================  =================================================================================================

================  =================================================================================================
beside simpler    does the continuous risk rank unseen patients better than the comparators that know the same omics (not
                  those that know the clinic)? By the concordance of the risks and its p, adjusted over all comparisons
================  =================================================================================================
not_tested        no such comparator
simpler           the concordance of at least one of them is as high or higher
better            adjusted p <= .05 against each of them
as_good           otherwise: higher than each, but not shown to be better than each
================  =================================================================================================

Where the numbers come from. 20 and 50 events: with them a log-rank test of two equal groups finds, in 8 of 10 cohorts, hazard
ratios of 3.5 and 2.2 or more (Schoenfeld 1983). C .6: about what clinical variables alone reach in many cohorts. HR 1.5 and C
.55 are the same size for two equal groups, where C = 1/4 + HR / (2 HR + 2): of a hundred pairs of patients, ninety are ranked
as a coin would; a small group of high hazard has a lower C, more groups have a lower HR, so both must be small. Gain .02: about
what another draw of folds moves a concordance by. 20 % missing: beyond that this workflow drops a feature, too. Adjusted Rand
index .65: the lower bound of moderate recovery by Steinley (2004). PAC .2, ambiguous 20 %, and the second mark of each
measure: conventions of this workflow. PAC is the share of pairs of patients with a consensus strictly between .1 and .9 over
subsamples (Senbabaoglu et al. 2014). One Gaussian: SigClust (Liu et al. 2008).

Why the larger of two p: the permutation breaks the tie of the omics to survival and clinic alike, which guards against the
optimism of folds that share patients, but omics that know survival only through the clinic would pass it; those the
nominal likelihood ratio given the clinic stops. Neither guards against clinical variables that are modelled badly.

References
----------
Schoenfeld 1983, Biometrics 39, 499-503. Steinley 2004, Psychol. Methods 9, 386-396. Senbabaoglu, Michailidis & Li 2014, Sci. Rep.
4, 6207. Westfall & Young 1993, Resampling-based multiple testing. Liu, Hayes, Nobel & Marron 2008, J. Am. Stat. Assoc. 103,
1281-1293.
"""

from __future__ import annotations

import math

from . import wording
from .evidence import Evidence
from .findings import CODES, Finding, Verdict
from .sources import ALPHA
from .wording import interval, number, probability, share

FEW_EVENTS = 20
SOME_EVENTS = 50
WORTHWHILE_CINDEX = 0.6
LITTLE_HAZARD_RATIO = 1.5
LITTLE_CINDEX = 0.55
WORTHWHILE_GAIN = 0.02
MOST_MISSING = 0.2
FEWEST_FOLDS = 0.5
#: (stable up to, unstable beyond) for PAC and the ambiguous share; (stable from, unstable below) for the Rand index.
PAC_MARKS = (0.2, 0.4)
ARI_MARKS = (0.65, 0.4)
AMBIGUOUS_MARKS = (0.2, 0.4)


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
    separation = judge_separation(evidence)
    added_value = judge_added_value(evidence, separation.code)
    findings = (separation, added_value, _stability(evidence), _beside_simpler(evidence))
    return Verdict(
        dict(zip(CODES, findings, strict=True)),
        sentence=wording.sentence(evidence, *(found.code for found in findings), nominal=nominal_gain(evidence)),
        topics=wording.topics(evidence, *((found.code, found.reason) for found in findings)),
    )


def power_words(events: int) -> str:
    """Say how large an effect so many events can show."""
    detectable = number(wording.smallest_hazard_ratio(events), 1)
    return f"with {events} events a test finds, in 8 of 10 cohorts, hazard ratios of {detectable} or more between equal groups"


def judge_separation(e: Evidence, *, fixed: bool = False) -> Finding:
    """Apply the first table of rules.

    Parameters
    ----------
    e
        The evidence.
    fixed
        Whether nothing was fitted on these patients or on others of their cohort, so that the log-rank p holds as it is, and stands
        in for the permutation p where there are no permutations.
    """
    c, hazard_ratio = e.heldout_cindex_subtype, e.heldout_hazard_ratio
    power = power_words(e.events)
    if e.events < FEW_EVENTS:
        return Finding("underpowered", power)
    if e.permutations == 0 and not fixed:
        nominal = f"the nominal held-out log-rank p of {probability(e.heldout_logrank_p)} is too small too often"
        return Finding("not_tested", f"no permutation test was run, and {nominal}")
    if not all(map(math.isfinite, (e.permutation_p, c.value, hazard_ratio.value))):
        return Finding("no_evidence", "unseen patients could not be compared, as when all of them get the same label")
    tests = wording.test_words(e)
    if e.permutation_p_logrank <= ALPHA and (c.value <= 0.5 or hazard_ratio.value <= 1):
        differ = f"they differ (permutation p of the log-rank test {probability(e.permutation_p_logrank)})"
        return Finding("reversed", f"{differ}, but the event did not come sooner in the subtypes of higher risk")
    if e.permutation_p > ALPHA:
        if e.events < SOME_EVENTS and not c.high < WORTHWHILE_CINDEX:
            return Finding(
                "underpowered", f"{tests}; {power}, and a concordance of {WORTHWHILE_CINDEX} is not ruled out"
            )
        room = f"; a concordance up to {number(c.high)} is not ruled out" if c.high > 0.5 else ""
        return Finding("no_evidence", tests + room)
    if e.k_folds_again < FEWEST_FOLDS:
        chose = f"only {share(e.k_folds_again)} of the folds chose {e.n_subtypes} subtypes ({e.k_of_folds})"
        return Finding("undetermined", f"{chose}, so other subtypes were tested than those of the full fit; {tests}")
    if e.permutation_p_adjusted > ALPHA:
        return Finding("suggestive", f"{tests}, which could come from trying several embeddings")
    if c.value <= 0.5:
        return Finding("suggestive", f"{tests}, but the concordance is no better than chance")
    if hazard_ratio.low <= 1:
        return Finding("suggestive", f"{tests}, but the interval of the hazard ratio reaches 1")
    if hazard_ratio.value < LITTLE_HAZARD_RATIO and c.value < LITTLE_CINDEX:
        small = f"a hazard ratio below {LITTLE_HAZARD_RATIO} with a concordance below {LITTLE_CINDEX}"
        return Finding("separates_little", f"{tests}, but {small} is too small to tell patients apart")
    return Finding("separates", tests)


def _added_p(e: Evidence) -> tuple[float, str]:
    """Return the p that decides on added value, and what kind it is."""
    adjusted = e.added_permutation_p_adjusted
    if not math.isfinite(adjusted):
        return e.added_lr_p, "nominal"
    if math.isnan(e.added_lr_p) or adjusted >= e.added_lr_p:
        return adjusted, "adjusted permutation"
    return e.added_lr_p, "nominal (the larger)"


def nominal_gain(e: Evidence) -> bool:
    """Tell whether the p that decides on added value is nominal for want of a permutation test."""
    return _added_p(e)[1] == "nominal"


def judge_added_value(e: Evidence, separation: str) -> Finding:
    """Apply the second table of rules, given the code of the first."""
    if not e.covariates:
        return Finding("not_tested", "no clinical covariates are configured")
    p, kind = _added_p(e)
    delta = e.added_delta
    if all(map(math.isnan, (delta.value, e.added_lr_p))):
        return Finding("not_tested", "there is no comparison with the clinical variables")
    if math.isnan(delta.value):
        return Finding("undetermined", "the gain over the clinical variables could not be computed")
    figures = f"gain in concordance {interval(delta, 3, sign=True)}, {kind} likelihood-ratio p {probability(p)}"
    if e.clinical_missing > 0:
        figures += f"; {share(e.clinical_missing)} of the patients lack a clinical variable and are left out"
    if delta.high < WORTHWHILE_GAIN and not p <= ALPHA:
        return Finding("no_added_value", f"a gain of {WORTHWHILE_GAIN} is ruled out; {figures}")
    if separation == "underpowered":
        return Finding("undetermined", f"too few events; {figures}")
    if math.isnan(p):
        return Finding("undetermined", f"the likelihood ratio could not be computed; {figures}")
    if p > ALPHA and separation in ("reversed", "no_evidence"):
        reason = "subtypes that do not separate unseen patients have nothing to add"
        return Finding("no_added_value", f"{reason}; {figures}")
    if p > ALPHA:
        return Finding("undetermined", f"neither a gain nor its absence is shown; {figures}")
    if separation in ("suggestive", "reversed", "no_evidence", "undetermined"):
        return Finding("undetermined", f"subtypes whose separation is not established cannot be said to add; {figures}")
    if e.clinical_missing > MOST_MISSING:
        reason = "too many patients lack a clinical variable, and the gain is that of the rest"
        return Finding("undetermined", f"{reason}; {figures}")
    if not math.isfinite(e.added_permutation_p_adjusted) and not delta.low > 0:
        return Finding("undetermined", f"no permutation test was run, and the gain is not clear of 0; {figures}")
    if delta.high < 0:
        return Finding("undetermined", f"the likelihood gains but the ranking suffers; {figures}")
    if delta.value < WORTHWHILE_GAIN:
        reason = f"the likelihood gains, but the ranking less than the {WORTHWHILE_GAIN} that would matter"
        return Finding("adds_little", f"{reason}; {figures}")
    if separation == "separates_little":
        return Finding("adds_little", f"subtypes that separate little cannot add much; {figures}")
    return Finding("adds", figures)


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
    if not all(good for _, _, good, _ in known.values()):
        return Finding("moderate", reason)
    return Finding("continuum" if e.continuum_p > ALPHA else "stable", reason)


def _beside_simpler(e: Evidence) -> Finding:
    """Apply the fourth table of rules."""
    if not e.simpler_methods:
        return Finding("not_tested", "no comparator that knows the same omics")
    behind = e.simpler_behind.split(", ") if e.simpler_behind else []
    shown = (
        f"ours is shown to be better than {', '.join(behind)}" if behind else "ours is not shown to be better than any"
    )
    closest = (
        f"the concordance of our risk minus that of {e.simpler_best} is {interval(e.simpler_difference, 3, sign=True)}, "
        f"adjusted p {probability(e.simpler_p_adjusted)}"
    )
    if e.simpler_difference.value < 0 and e.simpler_p_adjusted <= ALPHA:
        shown = f"{e.simpler_best} is shown to be better than ours"
    if e.simpler_ahead:
        return Finding("simpler", f"{e.simpler_ahead}; {closest}; {shown}")
    if len(behind) == e.simpler_methods:
        return Finding("better", closest)
    return Finding("as_good", f"{closest}; {shown}")
