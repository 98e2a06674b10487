"""What was read, described: against brute force, lifelines and scikit-learn, with planted gaps, batches and outliers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_times
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from stratomics.cohort import build_cohort
from stratomics.cohort.simulate import simulate_cohort, simulated_cohort_config, write_simulated
from stratomics.cohort.types import Cohort
from stratomics.config import defaults
from stratomics.description import describe_cohort
from stratomics.description.batches import between_share, silhouette
from stratomics.description.columns import clinical_columns
from stratomics.description.combinations import omics_combinations
from stratomics.description.outliers import FAR, distances
from stratomics.preprocess import FittedPreprocess, fit_preprocess

SIMULATED: dict[str, Any] = {
    "patients": 150,
    "subtypes": 2,
    "effect": 1.6,
    "censoring": 0.3,
    "missing": 0.02,
    "lacking": 0.3,
    "omics": [
        {"name": "mrna", "features": 60, "values": "log_normal"},
        {"name": "mirna", "features": 40, "values": "counts"},
        {"name": "meth", "features": 50, "values": "beta"},
    ],
}
OMICS = [one["name"] for one in SIMULATED["omics"]]
Built = tuple[Cohort, pd.DataFrame, FittedPreprocess]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a cohort in which three patients in ten lack omics."""
    path = tmp_path_factory.mktemp("simulated")
    write_simulated(simulate_cohort("toy", {**defaults("simulate"), **SIMULATED}), path)
    return path


def build(folder: Path, patients: Any) -> tuple[Cohort, pd.DataFrame]:
    config = simulated_cohort_config({**defaults("simulate"), **SIMULATED}, folder, "toy") | {"patients": patients}
    return build_cohort(config, preprocess=defaults("preprocess"), evaluation={"folds": 3, "horizon_days": 1000})


@pytest.fixture(scope="module")
def built(folder: Path) -> Built:
    cohort, checks = build(folder, "any")
    return cohort, checks, fit_preprocess(cohort, np.arange(cohort.n), defaults("preprocess"))


@pytest.fixture(scope="module")
def described(built: Built) -> dict[str, pd.DataFrame]:
    return describe_cohort(*built, ["age", "stage"])


@pytest.mark.parametrize("patients", ["complete", {"at_least": 2}, "any"])
def test_combinations_are_those_of_the_tables(folder: Path, patients: Any) -> None:
    """Counted off the tables themselves: who has a row with at most a fifth missing, and a time above 0."""
    cohort, checks = build(folder, patients)
    config = simulated_cohort_config({**defaults("simulate"), **SIMULATED}, folder, "toy")
    columns = config["clinical"]
    clinical = pd.read_csv(columns["path"], sep="\t").set_index(columns["patient"])
    time = clinical[columns["time"]]
    usable = clinical.index[time.notna() & (time > 0) & clinical[columns["event"]].notna()]
    has = {}
    for one in config["omics"]:
        table = pd.read_csv(one["path"], sep="\t", index_col=0)
        has[one["name"]] = usable.isin(table.index[table.isna().mean(axis=1) <= 0.2])
    names = pd.DataFrame(has, index=usable).apply(lambda row: "+".join(name for name in OMICS if row[name]), axis=1)
    table = omics_combinations(checks, OMICS).set_index("omics")
    assert table["patients"].to_dict() == names.value_counts().to_dict()
    kept = names[usable.isin(cohort.patients)].value_counts()
    assert table.loc[table["kept"] > 0, "kept"].to_dict() == kept.to_dict()
    assert table["patients"].sum() == int(checks.set_index("check")["value"]["patients_usable"])
    assert table["patients"].is_monotonic_decreasing
    assert len(table) > 3


def test_gaps_count_who_has_the_omics(built: Built, described: dict[str, pd.DataFrame]) -> None:
    cohort, gaps = built[0], described["gaps"]
    for one in cohort.omics:
        values = one.values[one.present]
        for by, axis in (("feature", 0), ("patient", 1)):
            own = gaps[(gaps["omics"] == one.name) & (gaps["by"] == by)]
            expected = values.isna().mean(axis=axis).round(9).value_counts().sort_index()
            assert own["count"].tolist() == expected.tolist()
            np.testing.assert_allclose(own["share"], expected.index, atol=1e-8)
            assert set(own["of"]) == {values.shape[1 - axis]}


def test_histograms_hold_every_measurement(built: Built, described: dict[str, pd.DataFrame]) -> None:
    cohort, _, fitted = built
    for one, own in zip(cohort.omics, fitted.omics, strict=True):
        n = int(one.values[list(own.features)].notna().to_numpy().sum())
        rows = described["values"][described["values"]["omics"] == one.name]
        assert rows.groupby("step", sort=False)["count"].sum().to_dict() == dict.fromkeys(
            ("measured", "transformed", "standardised"), n
        )
        assert set(rows["transform"]) == {one.transform}
    counts = described["values"][(described["values"]["omics"] == "mirna")].groupby("step")["high"].max()
    assert counts["measured"] > 20 > counts["transformed"] > counts["standardised"]


def test_follow_up_agrees_with_lifelines_and_the_checks(built: Built, described: dict[str, pd.DataFrame]) -> None:
    cohort, checks, _ = built
    for curve, event in (("survival", cohort.event), ("follow_up", ~cohort.event)):
        own = described["follow_up"][described["follow_up"]["curve"] == curve]
        reference = KaplanMeierFitter().fit(cohort.time, event)
        np.testing.assert_allclose(own["survival"], reference.survival_function_["KM_estimate"], atol=1e-12)
        np.testing.assert_array_equal(own["at_risk"], reference.event_table["at_risk"])
    median = own.loc[own["survival"] <= 0.5, "time"].iloc[0]
    assert median == qth_survival_times(0.5, reference.survival_function_)
    assert f"{median:.4g}" == checks.set_index("check")["value"]["median_follow_up"]


def test_a_planted_batch_effect_is_seen_before_and_gone_after(described: dict[str, pd.DataFrame]) -> None:
    separation = described["separation"]
    assert set(separation["omics"]) == {"mirna"}  # the omics with batches
    at = separation.set_index("step")
    assert at["silhouette"]["transformed"] > 0.15
    assert at["silhouette"]["standardised_together"] > 0.15
    assert abs(at["silhouette"]["standardised"]) < 0.03
    assert at["between"]["transformed"] > 0.1
    assert at["between"]["standardised"] < 0.001


def test_components_and_silhouette_agree_with_scikit_learn(built: Built, described: dict[str, pd.DataFrame]) -> None:
    cohort, _, fitted = built
    mirna = cohort.omics[1]
    x = fitted.transform(cohort)[mirna.present][:, fitted.blocks["mirna"]].astype(np.float64)
    pca = PCA(10, svd_solver="full").fit(x)
    places, labels = pca.transform(x), mirna.batch[mirna.present]
    found = described["separation"].set_index("step")["silhouette"]["standardised"]
    assert found == pytest.approx(silhouette_score(places, labels), abs=1e-6)
    rows = described["components"]
    rows = rows[(rows["omics"] == "mirna") & (rows["step"] == "standardised")]
    assert rows["patient"].tolist() == cohort.patients[mirna.present].tolist()
    assert rows["level"].tolist() == labels.tolist()
    np.testing.assert_allclose(rows["pc1"].abs(), np.abs(places[:, 0]), atol=1e-5)
    np.testing.assert_allclose(rows["share_1"], pca.explained_variance_ratio_[0], atol=1e-6)


def test_groups_stand_in_where_there_are_no_batches(built: Built) -> None:
    cohort, checks, fitted = built
    groups = pd.Series(np.where(np.arange(cohort.n) % 3, "a", "b"), index=cohort.patients)
    found = describe_cohort(dataclasses.replace(cohort, groups=groups), checks, fitted, [])
    assert found["separation"].groupby("omics", sort=False)["by"].unique().map(list).to_dict() == {
        "mrna": ["groups"],
        "mirna": ["sequencer", "groups"],
        "meth": ["groups"],
    }
    assert set(found["components"].groupby("omics")["level"].agg(set)["mrna"]) == {"a", "b"}


def test_silhouette_and_variance_of_one_batch_are_not_known() -> None:
    places = np.random.default_rng(0).normal(size=(20, 3))
    for labels in (["a"] * 20, [str(i) for i in range(20)]):
        assert np.isnan(silhouette(places, np.array(labels)))
    assert np.isnan(between_share(places, np.array(["a"] * 20)))
    # By hand: two groups of the same size around -1 and 1, all variance between them but for the spread within.
    x = np.array([[-1.5], [-0.5], [0.5], [1.5]])
    assert between_share(x, np.array(["a", "a", "b", "b"])) == pytest.approx(1.0 / 1.25)


def test_a_patient_in_another_unit_is_named_and_others_are_not(built: Built) -> None:
    cohort, checks, _ = built
    values = cohort.omics[1].values.copy()
    spoilt = values.index[cohort.omics[1].present][5]
    values.loc[spoilt] *= 1000
    omics = (cohort.omics[0], dataclasses.replace(cohort.omics[1], values=values), cohort.omics[2])
    other = dataclasses.replace(cohort, omics=omics)
    fitted = fit_preprocess(other, np.arange(other.n), defaults("preprocess"))
    found = describe_cohort(other, checks, fitted, [])["distances"]
    assert found.loc[found["outlier"], ["omics", "patient"]].to_numpy().tolist() == [["mirna", spoilt]]
    # Who lacks an omics has no distance in it.
    assert found.groupby("omics")["patient"].size().to_dict() == {
        one.name: int(one.present.sum()) for one in other.omics
    }


def test_distances_are_those_of_the_rule() -> None:
    x = np.random.default_rng(1).normal(size=(50, 200))
    x[3] *= 3
    x[4, :150] = np.nan
    table = distances("mrna", np.array([f"P{i}" for i in range(50)]), x)
    expected = np.sqrt(np.nanmean(x**2, axis=1))
    np.testing.assert_allclose(table["distance"], expected)
    logs = np.log(expected)
    mad = np.median(np.abs(logs - np.median(logs)))
    np.testing.assert_allclose(table["z"], (logs - np.median(logs)) / (1.4826 * mad))
    assert (table["outlier"] == (table["z"] > FAR)).all()
    assert table["outlier"][3]
    assert distances("mrna", np.array(["a", "b"]), np.ones((2, 4)))["z"].tolist() == [0, 0]  # all alike


def test_clinical_columns_are_described_as_they_are_read() -> None:
    clinical = pd.DataFrame(
        {
            "time": 1.0,
            "event": 1,
            "age": [40.0, 60.0, np.nan, 50.0],
            "stage": ["Stage IIA", "Stage I", "Stage X", "Stage IIB"],
            "site": ["b", "a", "b", np.nan],
        }
    )
    table = clinical_columns(clinical, ["age", "stage"]).set_index("covariate")
    assert table["kind"].to_dict() == {"age": "numeric", "stage": "ordinal", "site": "categorical"}
    assert table["role"].to_dict() == {"age": "covariate", "stage": "covariate", "site": "annotation"}
    assert table["missing"].to_dict() == {"age": 1, "stage": 1, "site": 1}
    assert table.loc["age", ["low", "median", "high"]].tolist() == [40, 50, 60]
    assert table.loc["stage", "levels"] == "Stage I: 1; Stage II: 2"
    assert table.loc["site", "levels"] == "b: 2; a: 1"
