"""Clinical variables against the subtypes: how columns are read, tests against R, tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import adjusted_rand_score
from statsmodels.stats.multitest import multipletests

from stratomics.cohort.covariates import describe_covariate, level_names
from stratomics.cohort.types import Cohort, Omics
from stratomics.evaluation.enrichment import (
    ENRICHMENT_COLUMNS,
    LEVEL_COLUMNS,
    associate_ranks,
    associate_table,
    cramers_v,
    measure_enrichment,
)
from stratomics.tables import read_table

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.mark.parametrize(
    ("cells", "ranks"),
    [
        (["Stage IIIA", "stage i", "IIIb", "Stage X", "Stage IV", "Stage 2C"], [3, 1, 3, np.nan, 4, 2]),
        (["Stage 0", "Stage II", "[Discrepancy]", "[Not Available]", "", None], [0, 2, *[np.nan] * 4]),
        (["G2", "g1", "GX", np.nan, "Grade III"], [2, 1, np.nan, np.nan, 3]),
        (["T2a", "T1", "TX", "pT4"], [2, 1, np.nan, 4]),
        (["N1mi", "N0 (i+)", "NX"], [1, 0, np.nan]),
        (["High Grade", "Low Grade", "not reported"], [3, 1, np.nan]),
    ],
)
def test_stage_and_grade_are_ranks(cells, ranks):
    kind, values = describe_covariate(pd.Series(cells, dtype=object))
    assert kind == "ordinal"
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, ranks)


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["61", "[Not Available]", "50.5", " 3 "], "numeric", [61, np.nan, 50.5, 3]),
        ([61.0, np.nan, 50.5, 3.0], "numeric", [61, np.nan, 50.5, 3]),
        ([1, 2, 3, 4], "numeric", [1, 2, 3, 4]),
        ([0.0, 1.0, np.nan], "categorical", ["0", "1", np.nan]),
        ([True, False, True], "categorical", ["True", "False", "True"]),
        (["MALE", " FEMALE ", "unknown"], "categorical", ["MALE", "FEMALE", np.nan]),
        (["Stage I", "recurrent"], "categorical", ["Stage I", "recurrent"]),
        (["Stage I", "G2"], "categorical", ["Stage I", "G2"]),
        ([np.nan, None, ""], "categorical", [np.nan] * 3),
        ([1.0, np.inf, 2.0, 3.0], "numeric", [1, np.nan, 2, 3]),
    ],
)
def test_other_columns_are_numbers_or_categories(cells, kind, expected):
    column = pd.Series(cells, index=pd.Index([f"p{i}" for i in range(len(cells))], name="patient"))
    found, values = describe_covariate(column)
    assert found == kind
    assert values.index.equals(column.index)
    pd.testing.assert_series_equal(values, pd.Series(expected, index=column.index, dtype=values.dtype))


def test_levels_have_names():
    assert level_names(pd.Series(["IIIb", "stage i", "Stage X"])) == {1.0: "Stage I", 3.0: "Stage III"}
    assert level_names(pd.Series(["G3", "G1"])) == {1.0: "G1", 3.0: "G3"}
    assert level_names(pd.Series(["low", "high"])) == {1.0: "low", 3.0: "high"}
    assert level_names(pd.Series([1, 2, 3])) == {}


def test_tables_against_r():
    tested = set()
    for row in read_table(DATA / "enrichment_tables.tsv").itertuples():
        counts = np.array(row.counts.split(","), dtype=int).reshape(row.rows, row.columns)
        found = associate_table(counts, seed=0)
        tested.add(found.test)
        assert found.statistic == pytest.approx(row.chi2, abs=1e-9)
        if found.test == "chi_square":
            assert found.p == pytest.approx(row.chi2_p, rel=1e-8)
        elif found.test == "fisher":
            assert found.p == pytest.approx(row.fisher_p, rel=1e-8)
        else:  # four standard errors of 9999 draws
            assert found.p == pytest.approx(
                row.fisher_p, abs=4 * np.sqrt(row.fisher_p * (1 - row.fisher_p) / 9999) + 2e-4
            )
            assert found == associate_table(counts, seed=0)
            if row.fisher_p < 1:
                assert found.p != associate_table(counts, seed=1).p
    assert tested == {"chi_square", "fisher", "fisher_monte_carlo"}


def test_ranks_against_r():
    for row in read_table(DATA / "enrichment_ranks.tsv", dtype={"values": str, "groups": str}).itertuples():
        values, groups = np.array(row.values.split(","), float), np.array(row.groups.split(","), int)
        found = associate_ranks(values, groups)
        assert (found.statistic, found.p) == pytest.approx((row.h, row.p), rel=1e-9)
        assert found.effect == pytest.approx(row.h * (len(values) + 1) / (len(values) ** 2 - 1))


def test_effect_sizes_run_from_none_to_one():
    assert cramers_v(0.0, 100, 3, 4) == 0.0
    perfect = np.diag([30, 40, 50])
    assert associate_table(perfect, 0).effect == pytest.approx(1.0)
    table = np.array([[300, 200, 100], [200, 200, 300]])
    assert associate_table(table, 0).effect < association(table, method="cramer")
    assert associate_table(100 * table, 0).effect == pytest.approx(association(100 * table, method="cramer"), rel=1e-3)
    # unlike the plain V, it does not grow with the number of levels where there is no association
    rng = np.random.default_rng(0)
    noise = [pd.crosstab(rng.integers(3, size=120), rng.integers(8, size=120)).to_numpy() for _ in range(50)]
    assert np.mean([associate_table(one, 0).effect for one in noise]) < 0.08
    assert np.mean([association(one, method="cramer") for one in noise]) > 0.2
    apart = np.repeat([1, 2], 200)
    assert 0.7 < associate_ranks(apart + np.linspace(0, 0.5, 400), apart).effect <= 1.0


@pytest.mark.parametrize("counts", [np.zeros((2, 2)), np.array([[3, 0], [4, 0]]), np.array([[3, 4]])])
def test_nothing_to_test(counts):
    found = associate_table(counts.astype(int), 0)
    assert found.test == "none"
    assert np.isnan([found.statistic, found.p, found.effect]).all()


def enrichment_cohort(n=120):
    """Stage follows the subtype, the rest does not; subtype 1, 2, 3 in turn."""
    rng = np.random.default_rng(0)
    patients = pd.Index([f"p{i}" for i in range(n)], name="patient")
    subtype = pd.Series(np.arange(n) % 3 + 1, index=patients)
    stage = np.array(["Stage I", "Stage IIB", "Stage III", "Stage IV"])[
        np.clip(subtype - 1 + rng.integers(2, size=n), 0, 3)
    ]
    clinical = pd.DataFrame(
        {
            "time": rng.uniform(10, 2000, n),
            "event": rng.integers(2, size=n),
            "age": np.where(np.arange(n) < 5, np.nan, rng.normal(60, 10, n).round()),
            "sex": rng.choice(["female", "male"], n),
            "stage": np.where(np.arange(n) % 10 == 0, None, stage),
            "site": rng.choice(["a", "b", "c"], n, p=[0.9, 0.08, 0.02]),
            "constant": "same",
            "unknown": np.nan,
        },
        index=patients,
    )
    values = pd.DataFrame(np.zeros((n, 1), np.float32), index=patients, columns=["f"])
    return Cohort("c", (Omics("x", values),), clinical), subtype


COVARIATES = ["age", "sex", "stage", "site", "constant", "unknown"]


@pytest.fixture(scope="module")
def enriched():
    cohort, subtype = enrichment_cohort()
    labels = {"ae": subtype, "vae": subtype.sample(frac=1, random_state=0), "one": subtype * 0 + 1}
    return cohort, labels, *measure_enrichment(cohort, labels, COVARIATES, seed=0)


def test_table_of_tests(enriched):
    cohort, labels, tests, _ = enriched
    assert list(tests) == ENRICHMENT_COLUMNS
    assert len(tests) == len(labels) * len(COVARIATES)
    ours = tests[tests["embedding"] == "ae"].set_index("covariate")
    assert ours["test"].to_dict() == {
        "age": "kruskal_wallis",
        "sex": "chi_square",
        "stage": "kruskal_wallis",
        "site": "fisher_monte_carlo",
        "constant": "none",
        "unknown": "none",
    }
    assert ours["kind"].to_dict() == {
        "age": "numeric",
        "sex": "categorical",
        "stage": "ordinal",
        "site": "categorical",
        "constant": "categorical",
        "unknown": "categorical",
    }
    assert (ours["n"] + ours["missing"] == cohort.n).all()
    assert ours["missing"].to_dict() == {"age": 5, "sex": 0, "stage": 12, "site": 0, "constant": 0, "unknown": cohort.n}
    assert ours.loc["stage", "q"] < 1e-6
    assert ours.loc["stage", "effect"] > 0.3
    assert (ours.drop("stage")["effect"].dropna() < 0.1).all()
    assert tests.loc[tests["embedding"] == "one", ["p", "q", "effect"]].isna().all(axis=None)
    known = tests["p"].notna()
    expected = multipletests(tests.loc[known, "p"], method="fdr_bh")[1]
    np.testing.assert_allclose(tests.loc[known, "q"], expected)
    assert tests.loc[~known, "q"].isna().all()
    # the order of the labels does not matter: they are matched by patient
    shuffled = {name: label.sample(frac=1, random_state=1) for name, label in labels.items()}
    pd.testing.assert_frame_equal(measure_enrichment(cohort, shuffled, COVARIATES, seed=0)[0], tests)


def test_table_of_levels(enriched):
    cohort, labels, _, levels = enriched
    assert list(levels) == LEVEL_COLUMNS
    ours = levels[levels["embedding"] == "ae"]
    stage = ours[ours["covariate"] == "stage"]
    assert stage["level"].unique().tolist() == ["Stage I", "Stage II", "Stage III", "Stage IV"]
    np.testing.assert_allclose(stage.groupby("subtype")["share"].sum(), 1.0)
    one = stage[(stage["subtype"] == 2) & (stage["level"] == "Stage II")].iloc[0]
    members = cohort.clinical.loc[labels["ae"] == 2, "stage"]
    assert one["n"] == (members == "Stage IIB").sum()
    assert one["share"] == pytest.approx((members == "Stage IIB").sum() / members.notna().sum())
    age = ours[(ours["covariate"] == "age") & (ours["subtype"] == 3)].set_index("level")
    members = cohort.clinical.loc[labels["ae"] == 3, "age"].dropna()
    np.testing.assert_allclose(age.loc[["q25", "median", "q75"], "value"], np.percentile(members, [25, 50, 75]))
    assert (age["n"] == len(members)).all()
    assert "unknown" not in set(levels["covariate"])


def test_without_covariates_there_are_headers():
    cohort, subtype = enrichment_cohort()
    tests, levels = measure_enrichment(cohort, {"ae": subtype}, [], seed=0)
    assert (list(tests), len(tests), list(levels), len(levels)) == (ENRICHMENT_COLUMNS, 0, LEVEL_COLUMNS, 0)


def test_faults_of_the_caller():
    cohort, subtype = enrichment_cohort()
    with pytest.raises(ValueError, match="no column grade"):
        measure_enrichment(cohort, {"ae": subtype}, ["grade"], seed=0)
    with pytest.raises(ValueError, match="2 patients have no subtype of embedding ae"):
        measure_enrichment(cohort, {"ae": subtype.iloc[2:]}, ["age"], seed=0)


def test_given_subtypes_are_compared_with_the_final_and_the_held_out_ones():
    """Held-out labels are the given ones in one fold, and in the other, with another K, unrelated to them."""
    cohort, subtype = enrichment_cohort()
    rng = np.random.default_rng(0)
    cohort.clinical["PAM50"] = subtype.map({1: "LumA", 2: "Her2", 3: "Basal"})
    fold = np.arange(cohort.n) % 2
    told = np.where(fold == 0, subtype, rng.integers(1, 5, cohort.n))
    rows = {"split": [f"r0f{one}" for one in fold], "patient": cohort.patients, "role": "held_out", "subtype": told}
    predictions = pd.DataFrame({**rows, "n_subtypes": np.where(fold == 0, 3, 4)})
    known = {"ae": subtype}
    tests, _ = measure_enrichment(cohort, known, ["PAM50", "age"], predictions={"ae": predictions}, seed=0)
    ours = tests.set_index("covariate")
    assert ours.loc["PAM50", ["effect", "ari"]].tolist() == pytest.approx([1, 1])
    one = fold == 1
    expected = (adjusted_rand_score(subtype[one], told[one]) * one.sum() + (~one).sum()) / cohort.n
    assert ours.loc["PAM50", "heldout_ari"] == pytest.approx(expected)
    table = pd.crosstab(fold * 10 + told, cohort.clinical["PAM50"]).to_numpy()
    chi2 = association(table, method="cramer") ** 2 * cohort.n * (min(table.shape) - 1)
    assert ours.loc["PAM50", "heldout_cramers_v"] == pytest.approx(cramers_v(chi2, cohort.n, *table.shape))
    assert 0.4 < ours.loc["PAM50", "heldout_cramers_v"] < 0.9
    assert ours.loc["age", ["ari", "heldout_ari", "heldout_cramers_v"]].isna().all()
