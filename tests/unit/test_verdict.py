from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from stratomics.evaluation import verdict as rules
from stratomics.evaluation.evidence import EVIDENCE_COLUMNS, Evidence
from stratomics.evaluation.findings import REASON_COLUMNS, VERDICT_COLUMNS, verdict_row
from stratomics.evaluation.verdict import verdict
from stratomics.evaluation.wording import interval, number, probability, smallest_hazard_ratio
from stratomics.survival import concordance_harrell, logrank

ROOT = Path(__file__).resolve().parents[2]
NAN = float("nan")

#: A cohort with subtypes that hold in every respect; each situation below changes some of it.
GOOD = {
    "embedding": "vae",
    "n": 326,
    "events": 109,
    "embeddings": 3,
    "permutations": 200,
    "permutation_p": 0.005,
    "permutation_p_adjusted": 0.015,
    "permutation_p_cindex": 0.005,
    "permutation_p_logrank": 0.01,
    "permutation_p_cindex_subtype": 0.005,
    "heldout_cindex_subtype": 0.605,
    "heldout_cindex_subtype_low": 0.552,
    "heldout_cindex_subtype_high": 0.655,
    "heldout_logrank_p": 0.0003,
    "heldout_cindex": 0.643,
    "heldout_cindex_low": 0.585,
    "heldout_cindex_high": 0.701,
    "heldout_hazard_ratio": 2.11,
    "heldout_hazard_ratio_low": 1.51,
    "heldout_hazard_ratio_high": 3.11,
    "heldout_rmst_difference": 304.4,
    "heldout_rmst_difference_low": 91.3,
    "heldout_rmst_difference_high": 517.4,
    "horizon_days": 1825.0,
    "rmst_days": 1825.0,
    "risk_group_hazard_ratio": 1.9,
    "risk_group_hazard_ratio_low": 1.4,
    "risk_group_hazard_ratio_high": 2.7,
    "risk_group_cindex": 0.59,
    "risk_group_cindex_low": 0.54,
    "risk_group_cindex_high": 0.64,
    "apparent_cindex": 0.684,
    "apparent_cindex_subtype": 0.641,
    "apparent_hazard_ratio": 2.88,
    "apparent_logrank_p": 1.2e-8,
    "apparent_null_share": 0.62,
    "n_subtypes": 2,
    "smallest_subtype": 111.0,
    "covariates": True,
    "added_delta": 0.031,
    "added_delta_low": 0.006,
    "added_delta_high": 0.058,
    "added_lr_p": 0.0004,
    "added_permutation_p": 0.005,
    "added_permutation_p_adjusted": 0.01,
    "added_risk_delta": 0.035,
    "added_risk_delta_low": 0.008,
    "added_risk_delta_high": 0.061,
    "added_risk_lr_p": 0.0002,
    "added_risk_permutation_p": 0.005,
    "added_risk_permutation_p_adjusted": 0.005,
    "delta_vs_clinical": 0.012,
    "delta_vs_clinical_low": -0.05,
    "delta_vs_clinical_high": 0.07,
    "clinical_missing": 0.04,
    "k_folds_again": 0.9,
    "k_of_folds": "2 in 90 %, 3 in 10 %",
    "continuum_p": 0.01,
    "simpler_methods": 3,
    "simpler_best": "ridge_cox",
    "simpler_difference": 0.011,
    "simpler_difference_low": -0.02,
    "simpler_difference_high": 0.04,
    "simpler_p_adjusted": 0.7,
    "simpler_ahead": "",
    "simpler_behind": "pca, mrna_only",
    "pac": 0.12,
    "fold_ari": 0.71,
    "ambiguous_share": 0.08,
}
NOTHING = {  # what a cohort without any effect looks like
    "permutation_p": 0.42,
    "permutation_p_adjusted": 0.71,
    "permutation_p_cindex": 0.38,
    "permutation_p_logrank": 0.51,
    "permutation_p_cindex_subtype": 0.4,
    "heldout_cindex_subtype": 0.509,
    "heldout_cindex_subtype_low": 0.455,
    "heldout_cindex_subtype_high": 0.567,
    "heldout_logrank_p": 0.21,
    "heldout_cindex": 0.513,
    "heldout_cindex_low": 0.455,
    "heldout_cindex_high": 0.572,
    "heldout_hazard_ratio": 1.08,
    "heldout_hazard_ratio_low": 0.79,
    "heldout_hazard_ratio_high": 1.49,
    "heldout_rmst_difference": 20.0,
    "heldout_rmst_difference_low": -120.0,
    "heldout_rmst_difference_high": 160.0,
    "added_delta": 0.001,
    "added_delta_low": -0.012,
    "added_delta_high": 0.024,
    "added_lr_p": 0.31,
    "added_permutation_p": 0.4,
    "added_permutation_p_adjusted": 0.66,
}
NO_PERMUTATIONS = {
    "permutations": 0,
    "permutation_p": NAN,
    "permutation_p_adjusted": NAN,
    "permutation_p_cindex": NAN,
    "permutation_p_logrank": NAN,
    "permutation_p_cindex_subtype": NAN,
    "apparent_null_share": NAN,
    "added_permutation_p": NAN,
    "added_permutation_p_adjusted": NAN,
}
NOT_HELD_OUT = {name: NAN for name in GOOD if name.startswith("heldout_")}
NO_ADDED = {name: NAN for name in GOOD if name.startswith("added_")}

SITUATIONS = {
    "everything holds": (
        {},
        "separates",
        "adds",
        "stable",
        [
            *("+0.031 [+0.006 to +0.058]", "adjusted for 3 embeddings", "concordance of the subtypes 0.60 [0.55 to"),
            *("The continuous risk ranks unseen patients with a concordance of 0.64 [", "Within 60 months, unseen"),
            "4 % of the patients lack a clinical variable",
        ],
    ),
    "null cohort": (NOTHING, "no_evidence", "no_added_value", "stable", ["no evidence", "up to 0.57 is not ruled out"]),
    "null cohort, apparent figures huge": (
        NOTHING | {"apparent_cindex_subtype": 0.86, "apparent_logrank_p": 1e-12, "apparent_null_share": 0.94},
        "no_evidence",
        "no_added_value",
        "stable",
        ["tests nothing", "below 0.05 in 94 % of the runs", "0.35 more than on unseen ones"],
    ),
    "18 events, all else splendid": (
        {"events": 18},
        "underpowered",
        "undetermined",
        "stable",
        ["18 events", "too few events to tell", "hazard ratios of 3.7 or more"],
    ),
    "20 events, nothing found": (
        NOTHING | {"events": 20, "heldout_cindex_subtype_high": 0.68},
        "underpowered",
        "undetermined",
        "stable",
        ["hazard ratios of 3.5 or more", "a concordance of 0.6 is not ruled out"],
    ),
    "20 events, but clear": ({"events": 20}, "separates", "adds", "stable", []),
    "40 events, worthwhile values ruled out": (
        NOTHING | {"events": 40},
        "no_evidence",
        "no_added_value",
        "stable",
        [],
    ),
    "60 events, wide interval": (
        NOTHING | {"events": 60, "heldout_cindex_subtype_high": 0.66},
        "no_evidence",
        "no_added_value",
        "stable",
        ["up to 0.66 is not ruled out"],
    ),
    "few events without bootstrap": (
        NOTHING | {"events": 30, "heldout_cindex_subtype_low": NAN, "heldout_cindex_subtype_high": NAN},
        "underpowered",
        "undetermined",
        "stable",
        ["[no interval]"],
    ),
    "reversed in both": (
        {
            **{"heldout_cindex_subtype": 0.38, "heldout_hazard_ratio": 0.55, "heldout_rmst_difference": -304.4},
            **{"permutation_p": 1.0, "permutation_p_adjusted": 1.0},
        },
        "reversed",
        "undetermined",
        "stable",
        ["in the direction they foretell", "months shorter"],
    ),
    "small p, concordance just at chance": ({"heldout_cindex_subtype": 0.5}, "reversed", "undetermined", "stable", []),
    "small p, hazard ratio the wrong way": ({"heldout_hazard_ratio": 0.97}, "reversed", "undetermined", "stable", []),
    "wrong way by chance": (
        NOTHING | {"heldout_cindex_subtype": 0.46, "heldout_hazard_ratio": 0.9},
        "no_evidence",
        "no_added_value",
        "stable",
        [],
    ),
    "nominal permutation p only": (
        {"permutation_p": 0.03, "permutation_p_adjusted": 0.075},
        "suggestive",
        "undetermined",
        "stable",
        ["a hint, not more", "0.030", "0.075", "trying several embeddings"],
    ),
    "the smallest p of 19 permutations, one embedding": (
        {"embeddings": 1, "permutations": 19, "permutation_p": 1 / 20, "permutation_p_adjusted": 1 / 20},
        "separates",
        "adds",
        "stable",
        ["permutation p 0.050"],
    ),
    "no permutations": (
        NO_PERMUTATIONS,
        "not_tested",
        "adds",
        "stable",
        ["was not tested", "by a nominal test", "too small too often"],
    ),
    "no permutations, gain not clear of zero": (
        NO_PERMUTATIONS | {"added_delta_low": -0.004},
        "not_tested",
        "undetermined",
        "stable",
        ["not clear of 0"],
    ),
    "no permutations and 12 events": (NO_PERMUTATIONS | {"events": 12}, "underpowered", "undetermined", "stable", []),
    "folds with one label": (
        NOT_HELD_OUT
        | {"heldout_cindex_subtype": 0.5, "permutation_p": 1.0, "permutation_p_adjusted": 1.0}
        | {"permutation_p_logrank": 1.0}
        | {"added_delta": 0.0, "added_delta_low": 0.0, "added_delta_high": 0.0, "added_lr_p": NAN}
        | {"added_permutation_p": 1.0, "added_permutation_p_adjusted": 1.0},
        "no_evidence",
        "no_added_value",
        "stable",
        ["could not be compared"],
    ),
    "huge apparent, no held-out figures": (
        NOT_HELD_OUT | NO_PERMUTATIONS | NO_ADDED | {"apparent_cindex_subtype": 0.9, "apparent_logrank_p": 1e-15},
        "not_tested",
        "not_tested",
        "stable",
        ["tests nothing", "hazard ratio per step -"],
    ),
    "fallback": ({"fallback": True}, "separates", "adds", "stable", ["No latent passed the threshold", "a guess"]),
    "unstable but separating": (
        {"pac": 0.55, "fold_ari": 0.3, "ambiguous_share": 0.5},
        "separates",
        "adds",
        "unstable",
        ["boundaries are unstable", "the label of a single patient may change"],
    ),
    "one bad measure of stability": ({"fold_ari": 0.39}, "separates", "adds", "unstable", []),
    "one middling measure of stability": ({"pac": 0.3}, "separates", "adds", "moderate", []),
    "stability partly known": ({"fold_ari": NAN}, "separates", "adds", "stable", []),
    "stability not known": (
        {"pac": NAN, "fold_ari": NAN, "ambiguous_share": NAN},
        "separates",
        "adds",
        "not_tested",
        ["stability was not measured"],
    ),
    "only the clinic matters to survival": (
        NOTHING | {"added_delta": -0.002, "added_delta_low": -0.011, "added_delta_high": 0.006},
        "no_evidence",
        "no_added_value",
        "stable",
        ["No added value over the clinical variables was shown"],
    ),
    "subtypes repeat the stage": (
        {
            "added_delta": -0.001,
            "added_delta_low": -0.01,
            "added_delta_high": 0.008,
            "added_permutation_p_adjusted": 0.4,
        },
        "separates",
        "no_added_value",
        "stable",
        ["a gain of 0.02 is ruled out"],
    ),
    "a gain below zero by chance is no more ruled out than one above": (
        {
            **{"added_delta": -0.001, "added_delta_low": -0.03, "added_delta_high": 0.03},
            "added_permutation_p_adjusted": 0.2,
        },
        "separates",
        "undetermined",
        "stable",
        ["neither a gain nor its absence"],
    ),
    "gain neither shown nor ruled out": (
        {"added_delta": 0.015, "added_delta_low": -0.01, "added_delta_high": 0.04, "added_permutation_p_adjusted": 0.2},
        "separates",
        "undetermined",
        "stable",
        ["is undetermined"],
    ),
    "a sure but small gain": (
        {"added_delta": 0.004, "added_delta_low": 0.001, "added_delta_high": 0.009},
        "separates",
        "adds_little",
        "stable",
        ["less than the 0.02 that would matter"],
    ),
    "the likelihood gains, the ranking does not, by the sign of noise": (
        {"added_delta": -0.001, "added_delta_low": -0.006, "added_delta_high": 0.004, "added_lr_p": 1e-6},
        "separates",
        "adds_little",
        "stable",
        ["but less than would matter", "the likelihood gains, but the ranking less"],
    ),
    "likelihood and ranking contradict each other": (
        {"added_delta": -0.02, "added_delta_low": -0.03, "added_delta_high": -0.01},
        "separates",
        "undetermined",
        "stable",
        ["the likelihood gains but the ranking suffers"],
    ),
    "clinical variables often missing": (
        {"clinical_missing": 0.31},
        "separates",
        "undetermined",
        "stable",
        ["the gain is that of the rest", "31 % of the patients lack a clinical variable"],
    ),
    "clinical variables often missing, and nothing added": (
        {"clinical_missing": 0.31, "added_delta_high": 0.01, "added_lr_p": 0.4},
        "separates",
        "no_added_value",
        "stable",
        ["31 %"],
    ),
    "trivial sizes, precisely known": (
        {
            **{"heldout_cindex_subtype": 0.521, "heldout_hazard_ratio": 1.18, "heldout_hazard_ratio_low": 1.09},
            "heldout_hazard_ratio_high": 1.27,
        },
        "separates_little",
        "adds_little",
        "stable",
        ["too little to matter", "cannot add much", "too small to tell patients apart"],
    ),
    "hazard ratio 1.02, concordance .505, small p of the log-rank test": (
        {
            **{"heldout_cindex_subtype": 0.505, "heldout_hazard_ratio": 1.02, "heldout_hazard_ratio_low": 0.96},
            **{"heldout_hazard_ratio_high": 1.08, "permutation_p": 0.4, "permutation_p_adjusted": 0.6},
            **{"permutation_p_cindex_subtype": 0.4, "permutation_p_logrank": 0.005},
        },
        "no_evidence",
        "undetermined",
        "stable",
        ["There is no evidence"],
    ),
    "the interval of the hazard ratio reaches 1": (
        {"heldout_hazard_ratio_low": 0.98},
        "suggestive",
        "undetermined",
        "stable",
        ["the interval of the hazard ratio reaches 1"],
    ),
    "a small group of high hazard": ({"heldout_cindex_subtype": 0.54}, "separates", "adds", "stable", []),
    "three subtypes, where most folds chose two": (
        {"n_subtypes": 3, "k_folds_again": 1 / 6, "k_of_folds": "2 in 83 %, 3 in 17 %"},
        "undetermined",
        "undetermined",
        "stable",
        ["only 17 % of the folds chose 3 subtypes", "the folds chose other numbers of subtypes: 2 in 83 %, 3 in 17 %"],
    ),
    "half of the folds chose the number of subtypes": ({"k_folds_again": 0.5}, "separates", "adds", "stable", []),
    "a continuum cut at the same place": (
        {"continuum_p": 0.4},
        "separates",
        "adds",
        "continuum",
        ["boundaries are stable, but the subtypes are cut-points on a continuum", "one group without clusters 0.40"],
    ),
    "a continuum and unstable": (
        {"continuum_p": 0.4, "pac": 0.6},
        "separates",
        "adds",
        "unstable",
        ["unstable, and the subtypes are cut-points on a continuum"],
    ),
    "follow-up ends at day 400": (
        {"rmst_days": 400.0},
        "separates",
        "adds",
        "stable",
        ["Within 13 months (day 400, where the follow-up", "60 months were asked for"],
    ),
    "the risk cut into groups separates better": (
        {"risk_group_hazard_ratio": 2.6, "risk_group_cindex": 0.63},
        "separates",
        "adds",
        "stable",
        ["it separates unseen patients better than the subtypes do"],
    ),
    "nominal likelihood ratio small, permuted one not": (
        {"added_lr_p": 0.001, "added_permutation_p": 0.06, "added_permutation_p_adjusted": 0.11},
        "separates",
        "undetermined",
        "stable",
        [],
    ),
    "permuted likelihood ratio small, nominal one not: known through the clinic": (
        {"added_lr_p": 0.08, "added_delta_low": -0.003},
        "separates",
        "undetermined",
        "stable",
        ["nominal (the larger)"],
    ),
    "likelihood ratio small without separation": (
        NOTHING
        | {"added_delta": 0.02, "added_delta_high": 0.05, "added_lr_p": 0.02, "added_permutation_p_adjusted": 0.04},
        "no_evidence",
        "undetermined",
        "stable",
        ["whose separation is not established"],
    ),
    "no covariates": (NO_ADDED | {"covariates": False}, "separates", "not_tested", "stable", ["was not tested"]),
    "covariates without a clinical model": (NO_ADDED, "separates", "not_tested", "stable", ["no comparison with"]),
    "gain not computed": ({"added_delta": NAN}, "separates", "undetermined", "stable", ["could not be computed"]),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_situations(name):
    changes, separation, added_value, stability, phrases = SITUATIONS[name]
    found = verdict(Evidence.from_columns(GOOD | changes))
    assert (found.codes["separation"], found.codes["added_value"], found.codes["stability"]) == (
        separation,
        added_value,
        stability,
    )
    text = f"{found.sentence} {found.paragraph}"
    for phrase in phrases:
        assert phrase in text
    assert "significan" not in text.lower()
    assert "nan" not in re.findall(r"[a-z]+", text.lower())
    assert not set('\n\t"') & set(text)  # each is one field of a table
    plain_claim = found.sentence.startswith("The subtypes separate unseen patients (")
    assert plain_claim == (separation == "separates")
    assert (found.codes["stability"] == "stable") <= ("continuum" not in text)
    assert ("They add to the clinical variables" in found.sentence) == (added_value in ("adds", "adds_little"))


def test_the_rules_as_written_name_every_code_that_occurs_and_no_other():
    tables = re.findall(r"={10,}  =+\n(.*?)\n={10,}  =+\n(.*?)\n={10,}", rules.__doc__, flags=re.S)
    assert [head.split("  ")[0] for head, _ in tables] == ["separation", "added value", "stability", "beside simpler"]
    written = [set(re.findall(r"^(\w+)  ", body, flags=re.M)) for _, body in tables]
    occurring = [{situation[1 + part] for situation in SITUATIONS.values()} for part in range(3)]
    occurring.append({code for _, code, _ in SIMPLER.values()})
    assert written == occurring


#: Changes of the evidence, the code and what is said.
SIMPLER = {
    "no comparator": ({"simpler_methods": 0}, "not_tested", "not compared with simpler methods"),
    "higher than all, not shown for one": ({}, "as_good", "not shown to be better than every simpler method"),
    "shown for all": (
        {"simpler_behind": "ridge_cox, pca, mrna_only", "simpler_p_adjusted": 0.04},
        "better",
        "; shown to be better than every simpler method",
    ),
    "one just as high": (
        {"simpler_ahead": "ridge_cox", "simpler_difference": 0.0},
        "simpler",
        "a simpler method does as well or better (ridge_cox)",
    ),
    "one higher, and the p says so": (
        {"simpler_ahead": "ridge_cox, pca", "simpler_difference": -0.06, "simpler_p_adjusted": 0.001},
        "simpler",
        "(ridge_cox, pca)",
    ),
}


@pytest.mark.parametrize("name", SIMPLER)
def test_beside_simpler_methods(name):
    changes, code, phrase = SIMPLER[name]
    found = verdict(Evidence.from_columns(GOOD | changes))
    assert found.codes["beside_simpler"] == code
    assert phrase in found.sentence
    assert (code == "better") == ("; shown to be better" in found.sentence)
    worse = changes.get("simpler_difference", 1) < 0
    assert worse == ("ridge_cox is shown to be better than ours" in found.findings["beside_simpler"].reason)


@pytest.mark.parametrize(
    ("hazard_ratio", "c", "code"),
    [(1.49, 0.549, "separates_little"), (1.5, 0.549, "separates"), (1.49, 0.55, "separates")],
)
def test_both_sizes_must_be_small(hazard_ratio, c, code):
    sizes = {"heldout_hazard_ratio": hazard_ratio, "heldout_hazard_ratio_low": 1.2, "heldout_cindex_subtype": c}
    assert verdict(Evidence.from_columns(GOOD | sizes)).codes["separation"] == code


def test_the_two_marks_of_size_are_the_same_for_two_equal_groups():
    """Concordance of two equal groups whose hazards differ by the mark, against the function that computes it."""
    rng = np.random.default_rng(0)
    group = np.arange(3000) % 2
    time = rng.exponential(1 / rules.LITTLE_HAZARD_RATIO**group)
    found = concordance_harrell(time, np.ones(len(group), dtype=bool), group.astype(float))
    assert found == pytest.approx(rules.LITTLE_CINDEX, abs=0.01)


@pytest.mark.parametrize("missing", [0.2, 0.2001])
def test_the_share_of_missing_covariates_at_its_mark(missing):
    found = verdict(Evidence.from_columns(GOOD | {"clinical_missing": missing}))
    assert found.codes["added_value"] == ("adds" if missing <= 0.2 else "undetermined")


@pytest.mark.parametrize("code", ["not_tested", "no_evidence", "underpowered"])
def test_added_value_is_never_claimed_over_permutations_that_show_no_separation(code):
    """Whatever the figures of the gain: random evidence, no claim unless separation was shown or could not be tested."""
    rng = np.random.default_rng(0)
    base = {"not_tested": NO_PERMUTATIONS, "no_evidence": NOTHING, "underpowered": NOTHING | {"events": 15}}[code]
    claims = 0
    for _ in range(200):
        low, delta, high = np.sort(rng.normal(0.02, 0.02, 3))
        p = 10 ** rng.uniform(-5, 0)
        gain = {"added_delta": delta, "added_delta_low": low, "added_delta_high": high, "added_lr_p": p}
        if code != "not_tested":
            gain |= {"added_permutation_p": p, "added_permutation_p_adjusted": p}
        found = verdict(Evidence.from_columns(GOOD | base | gain))
        assert found.codes["separation"] == code
        claims += found.codes["added_value"] in ("adds", "adds_little")
        if found.codes["added_value"] in ("adds", "adds_little"):
            assert low > 0
            assert p <= 0.05
    assert (claims > 0) == (code == "not_tested")


@pytest.mark.parametrize("adjusted", [0.05, 0.0500001])
def test_the_level_itself_counts(adjusted):
    found = verdict(Evidence.from_columns(GOOD | {"permutation_p": 0.04, "permutation_p_adjusted": adjusted}))
    assert found.codes["separation"] == ("separates" if adjusted <= 0.05 else "suggestive")


def test_apparent_figures_enter_no_rule():
    """Whatever the full fit claims of its own patients, the codes and the sentence stay."""
    apparent = [name for name in GOOD if name.startswith("apparent_")]
    for base in (GOOD, GOOD | NOTHING, GOOD | NO_PERMUTATIONS):
        codes = set()
        for value in (1e-30, 0.4, 0.99, NAN):
            found = verdict(Evidence.from_columns(base | dict.fromkeys(apparent, value)))
            codes.add((*found.codes.values(), found.sentence))
        assert len(codes) == 1


@pytest.mark.parametrize("events", [20, 50])
def test_the_smallest_hazard_ratio_is_found_in_eight_of_ten_cohorts(events):
    """Schoenfeld's formula against the log-rank test itself, where a third of the patients have the event."""
    rng = np.random.default_rng(events)
    group = np.arange(3 * events) % 2
    rate = smallest_hazard_ratio(events) ** group
    found = []
    for _ in range(800):
        time = rng.exponential(1 / rate)
        end = np.sort(time)[events - 1]
        found.append(logrank(np.minimum(time, end), time <= end, group).p < 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.06)
    assert f"{smallest_hazard_ratio(events):.1f}" in rules.__doc__


def test_row_of_the_table_holds_codes_words_and_every_number():
    evidence = Evidence.from_columns(GOOD)
    row = verdict_row(evidence, verdict(evidence))
    assert list(row) == [*VERDICT_COLUMNS, *EVIDENCE_COLUMNS, *REASON_COLUMNS]
    assert {name: row[name] for name in GOOD} == GOOD
    assert Evidence.from_columns(row) == evidence


def test_formats():
    assert [number(v) for v in (0.634, 0.0, -0.001, NAN, float("inf"))] == ["0.63", "0.00", "0.00", "-", "-"]
    assert [probability(v) for v in (0.5, 0.0312, 0.0004, NAN)] == ["0.50", "0.031", "4e-04", "-"]
    assert interval((0.03, -0.01, 0.07), sign=True) == "+0.03 [-0.01 to +0.07]"
    assert interval((0.6, NAN, NAN)) == "0.60 [no interval]"
    assert interval((NAN, 0.1, 0.2)) == "-"


def test_the_report_states_the_rules_in_the_same_words():
    from docutils.core import publish_doctree

    rules_text = rules.__doc__.split("The rules; ")[1].split("References\n---")[0].strip()
    caption = (ROOT / "workflow" / "report" / "write_leaderboard.rst").read_text(encoding="utf-8")
    assert rules_text in caption
    tree = publish_doctree(rules_text, settings_overrides={"report_level": 2, "halt_level": 2})
    assert len(list(tree.findall(lambda node: node.tagname == "table"))) == 4
