from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stratomics.evaluation.evidence import EVIDENCE_COLUMNS, Evidence, gather_evidence
from stratomics.evaluation.leaderboard import LEADERBOARD_COLUMNS, leaderboard, leaderboard_columns, leaderboard_row
from stratomics.evaluation.sources import EvidenceTables, Figure, only_row
from stratomics.evaluation.verdict import verdict

AUC_DAYS = [365, 1095]
DESIGN_COLUMNS = (
    "method kind n_subtypes apparent_logrank_p heldout_logrank_p permutation_p apparent_cindex heldout_cindex "
    "heldout_cindex_low heldout_cindex_high delta_vs_clinical"
).split()


def metrics_of(c, *, subtypes=2.0, apparent_c=0.7):
    """A ``metrics.tsv`` of two repeats; the second is .02 better than the first in everything."""
    values = {
        "logrank_p": (1e-6, 0.01),
        "hazard_ratio": (2.5, 1.6),
        "cindex": (apparent_c, c),
        "cindex_subtype": (apparent_c - 0.04, c - 0.04),
        "cindex_uno": (apparent_c - 0.01, c - 0.01),
        "n_subtypes": (subtypes, subtypes),
        "ibs": (0.15, 0.18),
        "ibs_skill": (0.2, 0.1),
        "auc_365": (0.8, 0.66),
        "auc_1095": (0.75, 0.64),
        "rmst_difference": (400.0, 200.0),
        "rmst_days": (1825.0, 900.0),
        "risk_group_hazard_ratio": (2.6, 1.8),
        "risk_group_cindex": (apparent_c - 0.02, c - 0.02),
        "risk_group_logrank_p": (1e-7, 0.002),
    }
    if np.isnan(subtypes):
        values |= dict.fromkeys(("logrank_p", "hazard_ratio", "rmst_difference"), (np.nan, np.nan))
    rows = []
    for repeat, shift in (("r0", -0.01), ("r1", 0.01), ("median", 0.0), ("min", -0.01), ("max", 0.01)):
        for metric, (apparent, held_out) in values.items():
            low, high = held_out - 0.05, held_out + 0.05
            rows.append((repeat, metric, apparent, held_out + shift, low + shift, high + shift, 300, 110))
    columns = ["repeat", "metric", "apparent", "held_out", "ci_low", "ci_high", "n", "events"]
    return pd.DataFrame(rows, columns=columns)


def comparator_table(**c_by_method):
    tables = [metrics_of(c, subtypes=2.0 if m == "pca" else np.nan).assign(method=m) for m, c in c_by_method.items()]
    return pd.concat(tables) if tables else metrics_of(0.5).assign(method="none").iloc[:0]


def made(comparators, **changes):
    metrics = {"vae": metrics_of(0.66), "ae": metrics_of(0.60)}
    evidence = {name: gather_evidence(EvidenceTables(name, own)) for name, own in metrics.items()}
    tested = {"permutation_p": 0.01, "permutation_p_adjusted": 0.02, "permutations": 99}
    evidence["vae"] = replace(evidence["vae"], **tested | changes)
    verdicts = {name: verdict(own) for name, own in evidence.items()}
    return leaderboard(evidence, verdicts, metrics, comparators, AUC_DAYS)


def test_columns_of_the_design_come_first_and_names_are_stable():
    assert LEADERBOARD_COLUMNS[: len(DESIGN_COLUMNS)] == DESIGN_COLUMNS
    assert leaderboard_columns(AUC_DAYS)[len(LEADERBOARD_COLUMNS) :] == [
        *("heldout_auc_365", "heldout_auc_1095"),
        *("separation", "added_value", "stability", "beside_simpler"),
    ]
    assert made(comparator_table()).columns.tolist() == leaderboard_columns(AUC_DAYS)


def test_embeddings_then_comparators_each_in_the_order_given():
    table = made(comparator_table(clinical=0.62, pca=0.59, mrna_only=0.64))
    assert table["method"].tolist() == ["vae", "ae", "clinical", "pca", "mrna_only"]
    assert table["kind"].tolist() == ["embedding"] * 2 + ["comparator"] * 3
    assert table["n_subtypes"].isna().tolist() == [False, False, True, False, True]
    assert table["n_subtypes"].dtype == "Int64"


def test_heldout_figures_are_the_median_and_nothing_better():
    row = made(comparator_table()).iloc[0]
    assert row["heldout_cindex"] == pytest.approx(0.66)
    assert row[["heldout_cindex_low", "heldout_cindex_high"]].tolist() == pytest.approx([0.61, 0.71])
    assert row["heldout_auc_365"] == pytest.approx(0.66)
    assert row["heldout_rmst_difference"] == pytest.approx(200)


def test_difference_to_the_clinic_is_paired_for_embeddings_and_of_medians_for_comparators():
    table = made(
        comparator_table(clinical=0.62, pca=0.59),
        delta_vs_clinical=Figure(0.037, -0.01, 0.08),  # not .66 - .62: pairs within repeats
    ).set_index("method")
    assert table.loc["vae", "delta_vs_clinical"] == 0.037
    assert table.loc["vae", ["delta_vs_clinical_low", "delta_vs_clinical_high"]].tolist() == [-0.01, 0.08]
    assert table.loc["pca", "delta_vs_clinical"] == pytest.approx(-0.03)
    assert np.isnan(table.loc["clinical", "delta_vs_clinical"])
    without = made(comparator_table(pca=0.59)).set_index("method")
    assert without["delta_vs_clinical"].isna().all()


def test_comparators_have_no_permutation_test_and_no_verdict():
    table = made(comparator_table(clinical=0.62)).set_index("method")
    assert table.loc["vae", ["permutation_p", "permutation_p_adjusted"]].tolist() == [0.01, 0.02]
    assert table.loc["vae", "stability"] == "not_tested"
    theirs = table.loc["clinical"]
    columns = ["permutation_p", "permutation_p_adjusted", "permutation_p_cindex", "separation", "added_value"]
    assert theirs[columns].isna().all()


def test_a_comparator_and_an_embedding_of_one_name_are_refused():
    with pytest.raises(ValueError, match="vae"):
        made(comparator_table(vae=0.6))


def test_a_row_of_a_table_without_the_newer_metrics():
    row = leaderboard_row("vae", metrics_of(0.6)[lambda t: t["metric"].isin(["cindex", "n_subtypes"])])
    assert list(row) == LEADERBOARD_COLUMNS
    assert row["heldout_cindex"] == pytest.approx(0.6)
    assert np.isnan(row["heldout_hazard_ratio"])


def tables():
    tests = pd.DataFrame(
        [
            ("vae", "apparent_logrank_p", 1e-6, 0.02, 0.02, 199, 0.7),
            ("vae", "heldout_logrank_p", 0.01, 0.02, 0.05, 199, 0.11),
            ("vae", "heldout_trend_z", 2.9, 0.015, 0.04, 199, np.nan),
            ("vae", "heldout_cindex_subtype", 0.62, 0.01, 0.03, 199, np.nan),
            ("vae", "heldout_cindex", 0.66, 0.005, 0.015, 199, np.nan),
            ("vae", "added_lr_p", 5.2, 0.03, 0.08, 199, np.nan),
            ("vae", "added_lr_risk_p", 5.2, 0.03, 0.08, 199, np.nan),
            ("ae", "heldout_logrank_p", 0.3, 0.5, 0.6, 199, 0.2),
        ],
        columns=["embedding", "statistic", "observed", "p", "p_adjusted", "permutations", "null_share_below_05"],
    )
    added = pd.DataFrame(
        [
            ("vae", "subtype", 0.01, -0.01, 0.03, 0.02, 0.14),
            ("vae", "risk", 0.02, 0.0, 0.04, 0.01, 0.14),
            ("ridge_cox", "risk", 0.02, 0.0, 0.04, 0.01, 0.14),
        ],
        columns=["embedding", "term", "delta", "ci_low", "ci_high", "lr_p", "clinical_missing"],
    )
    comparisons = pd.DataFrame(
        [
            ("vae", "clinical", "cindex", 0.04, -0.02, 0.09, 0.4),
            ("vae", "clinical", "ibs", -0.01, -0.03, 0.01, 0.5),
            ("vae", "pca", "cindex", 0.05, 0.01, 0.09, 0.01),
            ("vae", "ridge_cox", "cindex", -0.01, -0.04, 0.02, 0.6),
            ("vae", "mrna_only", "cindex", 0.02, -0.02, 0.06, 0.3),
            ("vae", "random_survival_forest", "cindex", -0.02, -0.05, 0.01, 0.5),
            ("vae", "ridge_cox_clinical", "cindex", -0.06, -0.09, -0.03, 0.01),
            ("vae", "vae+clinical", "cindex", -0.06, -0.09, -0.03, 0.01),
            ("ae", "pca", "cindex", -0.5, -0.6, -0.4, 0.01),
        ],
        columns=["embedding", "against", "metric", "difference", "ci_low", "ci_high", "p_adjusted"],
    )
    stability = pd.DataFrame(
        [
            ("pac", "2", 0.15),
            ("pac", "3", 0.4),
            ("pac_chosen", "2", 0.15),
            ("ari_folds_mean", "all", 0.61),
            ("ambiguous_share", "all", 0.09),
            ("k_folds", "2", 0.75),
            ("k_folds", "3", 0.25),
            ("k_folds_again", "2", 0.75),
            ("continuum_p", "2", 0.3),
            ("ari_subsamples_full_mean", "all", 0.7),
            ("k_chosen_again", "2", 0.8),
        ],
        columns=["measure", "item", "value"],
    )
    prognostic = pd.DataFrame(
        {
            "split": ["full", "full", "r0f0"],
            "latent": ["z1", "z2", "z1"],
            "selected": [True, False, True],
            "reason": ["p < 0.05", "p >= 0.05", "fallback: smallest p"],
        }
    )
    clusters = pd.DataFrame({"split": ["full"] * 5 + ["r0f0"], "subtype": [1, 1, 2, 1, 2, 3]})
    return {
        "tests": tests,
        "added_value": added,
        "comparisons": comparisons,
        "stability": stability,
        "prognostic": prognostic,
        "clusters": clusters,
    }


def gather(embedding="vae", **changes):
    known = {"embeddings": ["vae", "ae"], "covariates": ["age"], "horizon_days": 1825}
    return gather_evidence(EvidenceTables(embedding, metrics_of(0.66), **known | tables() | changes))


def test_evidence_takes_each_number_from_its_place():
    found = gather()
    assert (found.permutations, found.permutation_p, found.permutation_p_adjusted) == (199, 0.015, 0.04)
    assert (found.permutation_p_cindex, found.permutation_p_cindex_subtype) == (0.005, 0.01)
    assert found.permutation_p_logrank == 0.02
    assert found.heldout_cindex_subtype.value == pytest.approx(0.62)
    assert (found.k_folds_again, found.k_of_folds, found.continuum_p) == (0.75, "2 in 75 %, 3 in 25 %", 0.3)
    assert (found.rmst_days, found.clinical_missing) == (900, 0.14)
    assert (found.risk_group_hazard_ratio.value, found.risk_group_cindex.value) == pytest.approx((1.8, 0.64))
    assert found.apparent_null_share == 0.7
    assert (*found.added_delta, found.added_lr_p) == (0.01, -0.01, 0.03, 0.02)
    assert (found.added_permutation_p, found.added_permutation_p_adjusted) == (0.03, 0.08)
    assert found.added_risk_delta.value == 0.02
    assert found.delta_vs_clinical == (0.04, -0.02, 0.09)
    assert (found.pac, found.fold_ari, found.ambiguous_share) == (0.15, 0.61, 0.09)
    assert (found.smallest_subtype, found.fallback) == (2, False)  # of the full fit, not of the folds
    assert (found.heldout_rmst_difference.value, found.heldout_hazard_ratio.value) == (200, 1.6)
    assert (found.n, found.events, found.embeddings, found.covariates) == (300, 110, 2, True)


def test_simpler_methods_are_those_that_know_the_same_omics_and_not_the_clinic():
    found = gather()
    assert found.simpler_methods == 4
    assert (found.simpler_best, found.simpler_p_adjusted) == ("random_survival_forest", 0.5)
    assert found.simpler_difference == (-0.02, -0.05, 0.01)
    assert found.simpler_ahead == "random_survival_forest, ridge_cox"
    assert found.simpler_behind == "pca"


def test_each_number_is_declared_once_and_survives_its_table():
    found = gather()
    assert len(set(EVIDENCE_COLUMNS)) == len(EVIDENCE_COLUMNS)
    assert Evidence.from_columns({"embedding": "vae", **found.columns()}) == found
    assert set(found.columns()) == set(EVIDENCE_COLUMNS)
    never_read = [name for name, value in found.columns().items() if value != value]
    assert never_read == []
    for name in ("heldout_cindex", "simpler_ahead"):
        assert f"    {name}\n        " in str(Evidence.__doc__)


def test_evidence_without_the_optional_tables():
    empty = {name: tables()[name].iloc[:0] for name in ("tests", "added_value", "comparisons")}
    found = gather(**empty, covariates=[])
    assert found.permutations == 0
    assert np.isnan(
        [found.permutation_p, *found.added_delta, *found.delta_vs_clinical, found.apparent_null_share]
    ).all()
    assert not found.covariates
    assert verdict(found).codes["separation"] == "not_tested"


def test_a_fallback_in_the_full_fit_is_noticed():
    prognostic = tables()["prognostic"].assign(reason=["fallback: smallest p", "p >= 0.05", "p < 0.05"])
    assert gather(prognostic=prognostic).fallback


def test_two_rows_where_one_belongs_are_refused():
    doubled = pd.concat([tables()["tests"]] * 2)
    with pytest.raises(ValueError, match="2 rows"):
        gather(tests=doubled)
    assert only_row(doubled, embedding="nobody") == {}
