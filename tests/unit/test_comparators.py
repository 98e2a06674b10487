"""Every comparator on a small cohort: the form of its results, no leakage, no dependence on threads, and what it finds."""

from __future__ import annotations

import copy
import dataclasses
import logging
import warnings

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines import CoxPHFitter, KaplanMeierFitter
from sklearn.decomposition import PCA
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.linear_model.coxph import BreslowEstimator
from sksurv.util import Surv

from stratomics.catalogue import comparators
from stratomics.cohort import Split
from stratomics.cohort.simulate import COVARIATES
from stratomics.comparators import PREDICTION_COLUMNS, comparator_names, fit_comparator
from stratomics.comparators.methods.elastic_net_cox import penalty_path
from stratomics.comparators.methods.random_survival_forest import coarsened
from stratomics.errors import ConfigError
from stratomics.preprocess import fit_clinical_design
from stratomics.preprocess.splits import preprocess_splits
from stratomics.projection import principal_components
from stratomics.survival import concordance_harrell, partial_loglik
from stratomics.survival.penalty import cross_validated_likelihood, inner_folds
from stratomics.survival.predicted import (
    MOST_STEPS,
    breslow_survival,
    read_steps,
    step_times,
    subtype_survival,
    time_grid,
)

NAMES = [
    "clinical",
    "elastic_net_cox",
    "pca",
    "random_embedding",
    "random_survival_forest",
    "ridge_cox",
    "single_omics",
]
WITH_SUBTYPES = ("pca", "random_embedding", "single_omics")
SPLIT = "r0f1"


def run(name, cohort, splits, settings, *, threads=1, seed=1):
    fitted, _, _ = preprocess_splits(cohort, splits, settings["preprocess"])
    return fit_comparator(name, cohort, splits, fitted, settings, list(COVARIATES), seed=seed, threads=threads)


def with_garbage(cohort, rows):
    """Replace omics, follow-up and covariates of some patients by nonsense."""
    rng = np.random.default_rng(5)
    omics = []
    for one in cohort.omics:
        values = one.values.copy()
        values.iloc[rows] = rng.lognormal(3.0, 4.0, size=(len(rows), values.shape[1])).astype(np.float32)
        omics.append(dataclasses.replace(one, values=values))
    clinical = cohort.clinical.copy()
    clinical.iloc[rows, 0] = rng.integers(1, 9999, len(rows)).astype(float)
    clinical.iloc[rows, 1] = rng.integers(0, 2, len(rows))
    for column, levels in (("stage", ["Stage V", "T1", "?"]), ("sex", ["none", "of", "these"]), ("age", [-1e6, 1e6])):
        clinical.iloc[rows, clinical.columns.get_loc(column)] = rng.choice(levels, len(rows))
    return dataclasses.replace(cohort, omics=tuple(omics), clinical=clinical)


@pytest.fixture(scope="module")
def splits(small_chain):
    return small_chain["ae"].splits


@pytest.fixture(scope="module")
def results(small_cohort, small_settings, splits):
    return {name: run(name, small_cohort, splits, small_settings) for name in NAMES}


@pytest.fixture(scope="module")
def spoilt_results(small_cohort, small_settings, splits):
    held_out = next(split for split in splits if split.name == SPLIT).held_out
    spoilt = with_garbage(small_cohort, held_out)
    return {name: run(name, spoilt, splits, small_settings) for name in NAMES}


def held_out_concordance(predictions, cohort):
    own = predictions[predictions["role"] == "held_out"].set_index("patient").loc[cohort.patients]
    return concordance_harrell(cohort.time, cohort.event, own["risk"].to_numpy(), fold=own["split"].to_numpy(str))


def test_the_registry_and_the_schema_agree():
    from pathlib import Path

    schema = yaml.safe_load((Path(__file__).parents[2] / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    assert comparator_names() == NAMES == sorted(schema["properties"]["comparators"]["items"]["enum"])


def test_an_unknown_comparator_is_refused(small_cohort, small_settings, splits):
    with pytest.raises(ConfigError, match="'oracle' is not known. Use any of: clinical, "):
        fit_comparator("oracle", small_cohort, splits, {}, small_settings, [], seed=0)


def test_a_comparator_that_reads_what_it_does_not_declare_is_told_so(small_cohort, splits):
    with pytest.raises(
        ConfigError, match=r"one reads 'embeddings' of the config without saying so.*READS = \('embeddings'"
    ):
        fit_comparator("pca", small_cohort, splits[:1], {}, {}, [], seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_form_of_the_results(results, small_cohort, splits, name):
    predictions, arrays = results[name]
    methods = ["mrna_only", "mirna_only"] if name == "single_omics" else [name]
    assert list(predictions.columns) == PREDICTION_COLUMNS
    assert list(predictions["method"].unique()) == methods
    expected = {"times", *(f"{method}/{split.name}" for method in methods for split in splits)}
    if comparators()[name].apart:
        expected |= {f"apart/{name}/{split.name}" for split in splits}
        assert all(np.isfinite(arrays[f"apart/{name}/{split.name}"]).sum() == len(split.train) for split in splits)
    assert set(arrays) == expected
    np.testing.assert_array_equal(arrays["times"], step_times(small_cohort.time, small_cohort.event, splits))
    assert np.isfinite(predictions["risk"]).all()
    for method in methods:
        for split in splits:
            own = predictions[(predictions["method"] == method) & (predictions["split"] == split.name)]
            assert list(own["patient"]) == list(small_cohort.patients)
            np.testing.assert_array_equal(np.flatnonzero(own["role"] == "held_out"), split.held_out)
            survival = arrays[f"{method}/{split.name}"]
            assert survival.dtype == np.float32
            assert survival.shape == (small_cohort.n, len(arrays["times"]))
            assert (survival >= 0).all()
            assert (survival <= 1).all()
            assert (np.diff(survival, axis=1) <= 0).all()
            # Who is said to be at higher risk is said to live shorter; curves of subtypes may cross.
            assert name in WITH_SUBTYPES or np.corrcoef(own["risk"], survival.mean(axis=1))[0, 1] < -0.5
    for column in ("subtype", "n_subtypes"):
        assert predictions[column].notna().all() if name in WITH_SUBTYPES else predictions[column].isna().all()


@pytest.mark.parametrize("name", NAMES)
def test_garbage_in_held_out_patients_changes_nothing_fitted(results, spoilt_results, small_cohort, splits, name):
    (before, survival), (after, survival_after) = results[name], spoilt_results[name]
    left, right = (table[(table["split"] == SPLIT) & (table["role"] == "train")] for table in (before, after))
    pd.testing.assert_frame_equal(left, right, check_exact=True)
    train = next(split for split in splits if split.name == SPLIT).train
    times = time_grid(1825, small_cohort.time, splits)
    apart = f"apart/{name}/{SPLIT}"
    if apart in survival:
        np.testing.assert_array_equal(survival[apart], survival_after[apart])
    for key in (key for key in survival if key.endswith(f"/{SPLIT}") and key != apart):
        # Kept at the deaths of all patients, for the splits that train on them; the curves of this split are the same.
        curves = (read_steps(found[key][train], found["times"], times) for found in (survival, survival_after))
        np.testing.assert_array_equal(*curves)
    # The garbage does reach the splits that train on it.
    for split in ("full", "r0f0"):
        assert not np.array_equal(*(t.loc[t["split"] == split, "risk"] for t in (before, after)))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "single_omics"])
def test_threads_do_not_matter(results, small_cohort, small_settings, splits, name):
    predictions, arrays = run(name, small_cohort, splits, small_settings, threads=3)
    pd.testing.assert_frame_equal(predictions, results[name][0], check_exact=True)
    for key, value in arrays.items():
        np.testing.assert_array_equal(value, results[name][1][key])


def test_the_seed_matters_where_there_is_chance(results, small_cohort, small_settings, splits):
    for name in ("random_embedding", "random_survival_forest"):
        other = run(name, small_cohort, splits[:1], small_settings, seed=2)[0]
        own = results[name][0]
        assert not np.array_equal(other["risk"], own.loc[own["split"] == "full", "risk"])


def test_planted_signal_is_found_on_patients_never_seen(results, small_cohort):
    for name, least in (("ridge_cox", 0.62), ("elastic_net_cox", 0.6), ("random_survival_forest", 0.62), ("pca", 0.6)):
        assert held_out_concordance(results[name][0], small_cohort) > least, name


def test_clinical_is_the_cox_model_of_the_design(results, small_cohort, splits):
    split = next(split for split in splits if split.name == SPLIT)
    design = fit_clinical_design(small_cohort.clinical, split.train, ["age", "sex", "stage"])
    assert design.n_main == 3
    assert set(design.columns[3:]) >= {"age (bend)", "stage=Stage II"}
    frame = pd.DataFrame(design.transform(small_cohort.clinical), columns=list(design.columns))
    follow_up = frame.assign(time=small_cohort.time, event=small_cohort.event.astype(int)).iloc[split.train]
    # Trends as they are; what goes beyond them has a penalty of the number of events. lifelines scales the columns to deviation 1
    # with n - 1, and its penalty counts n times.
    n, penalty = len(follow_up), np.where(np.arange(frame.shape[1]) < 3, 1e-4, follow_up["event"].sum())
    strength = penalty * (n - 1) / n**2
    other = CoxPHFitter(penalizer=strength).fit(
        follow_up, "time", "event", fit_options={"precision": 1e-12, "r_precision": 1e-14}
    )
    predictions = results["clinical"][0]
    own = predictions.loc[predictions["split"] == SPLIT, "risk"].to_numpy()
    np.testing.assert_allclose(own, frame.to_numpy() @ other.params_.to_numpy(), atol=1e-4)


def test_the_forest_is_that_of_scikit_survival(results, small_cohort, small_settings, splits):
    from sksurv.ensemble import RandomSurvivalForest

    from stratomics.runtime import derive_seed

    split = next(split for split in splits if split.name == SPLIT)
    fitted, _, _ = preprocess_splits(small_cohort, [split], small_settings["preprocess"])
    x = fitted[SPLIT].transform(small_cohort) * fitted[SPLIT].weights
    forest = RandomSurvivalForest(
        n_estimators=200,
        min_samples_leaf=15,
        min_samples_split=30,
        random_state=derive_seed(1, "fit_comparator", "random_survival_forest", SPLIT),
    ).fit(x[split.train], Surv.from_arrays(small_cohort.event[split.train], small_cohort.time[split.train]))
    predictions, arrays = results["random_survival_forest"]
    risk = predictions.loc[predictions["split"] == SPLIT, "risk"].to_numpy()
    np.testing.assert_allclose(np.exp(risk), forest.predict(x), rtol=1e-9)
    curve = forest.predict_survival_function(x[:1])[0]
    inside = [i for i, t in enumerate(arrays["times"]) if curve.domain[0] <= t <= curve.domain[1]]
    assert len(inside) > 20
    expected = [curve(arrays["times"][i]) for i in inside]
    np.testing.assert_allclose(arrays[f"random_survival_forest/{SPLIT}"][0, inside], expected, rtol=1e-5)


def test_times_of_the_forest_are_rounded_up_a_little():
    time = np.ceil(np.random.default_rng(0).exponential(1000, 600))
    rounded = coarsened(time)
    assert len(np.unique(rounded)) <= 100
    assert set(rounded) <= set(time)
    assert (rounded >= time).all()
    ranks = [np.searchsorted(np.sort(time), values, side="right") for values in (time, rounded)]
    assert (ranks[1] - ranks[0]).max() <= 12  # at most two hundredths of the patients
    np.testing.assert_array_equal(coarsened(time[:90]), time[:90])


def test_principal_components_are_those_of_the_training_patients():
    rng = np.random.default_rng(0)
    split = Split("r0f0", np.arange(0, 30), np.arange(30, 40))
    for width in (60, 12):  # more features than patients, and fewer
        x = rng.normal(size=(40, width)) * np.linspace(3, 1, width)
        own = principal_components(x, split.train, 5)
        other = PCA(5, svd_solver="full").fit(x[split.train]).transform(x)
        np.testing.assert_allclose(np.abs(own), np.abs(other), atol=1e-9)
        spoilt = x.copy()
        spoilt[split.held_out] = 1e3 * rng.normal(size=(10, width))
        np.testing.assert_array_equal(principal_components(spoilt, split.train, 5)[split.train], own[split.train])
    assert principal_components(x[:, :3], split.train, 5).shape == (40, 3)


def test_elastic_net_path_starts_where_no_feature_is_left(small_cohort):
    x = np.random.default_rng(0).normal(size=(small_cohort.n, 30))
    x -= x.mean(axis=0)
    time, event = small_cohort.time, small_cohort.event
    other = CoxnetSurvivalAnalysis(l1_ratio=0.5, n_alphas=5).fit(x, Surv.from_arrays(event, time))
    assert penalty_path(x, time, event)[0] == pytest.approx(other.alphas_[0], rel=1e-6)
    assert penalty_path(np.zeros_like(x), time, event).size == 0
    assert penalty_path(x, time, np.zeros_like(event)).size == 0


def test_inner_folds_and_their_likelihood(small_cohort):
    time, event = small_cohort.time, small_cohort.event
    folds = inner_folds(time, event, seed=0)
    assert len(folds) == 5
    np.testing.assert_array_equal(np.sort(np.concatenate([fold.held_out for fold in folds])), np.arange(len(time)))
    few = np.zeros_like(event)
    few[np.flatnonzero(event)[:3]] = True
    assert inner_folds(time, few, seed=0) == []

    risk = np.random.default_rng(0).normal(size=(2, len(time)))
    score = cross_validated_likelihood(lambda rows: risk, time, event, folds)
    by_hand = [
        sum(
            partial_loglik(one, time, event) - partial_loglik(one[fold.train], time[fold.train], event[fold.train])
            for fold in folds
        )
        for one in risk
    ]
    np.testing.assert_allclose(score, by_hand)


def test_breslow_survival_agrees_with_scikit_survival():
    rng = np.random.default_rng(0)
    time, event, risk = np.ceil(rng.exponential(50, 90)), rng.random(90) < 0.5, rng.normal(size=90)
    times = np.linspace(1, time.max(), 30)
    curves = BreslowEstimator().fit(risk, event, time).get_survival_function(risk[:4])
    own = breslow_survival(risk, time, event, risk[:4], times)
    np.testing.assert_allclose(own, [curve(times) for curve in curves], rtol=1e-10)
    shifted = breslow_survival(risk + 800, time, event, risk[:4] + 800, times)
    np.testing.assert_allclose(shifted, own, rtol=1e-9)
    assert (breslow_survival(risk, time, np.zeros(90, dtype=bool), risk, times) == 1).all()
    unknown = breslow_survival(risk, time, event, [np.nan, 0.0, 1e4], times)
    assert np.isnan(unknown[0]).all()
    assert np.isfinite(unknown[1:]).all()
    before = breslow_survival(risk, time, event, [1e4], [time[event].min() - 0.5])
    assert before[0, 0] == 1


def test_subtype_survival_mixes_the_curves_of_the_subtypes(small_chain, small_cohort, splits):
    chain = small_chain["ae"]
    times = time_grid(1825, small_cohort.time, splits)
    survival = subtype_survival(chain.classified.predictions, chain.clusters, small_cohort, splits, times)
    assert set(survival) == {split.name for split in splits}
    own = chain.clusters[chain.clusters["split"] == SPLIT].set_index("patient")["subtype"]
    follow_up = small_cohort.clinical.loc[own.index]
    curves = [
        KaplanMeierFitter()
        .fit(follow_up.loc[own == k, "time"], follow_up.loc[own == k, "event"])
        .survival_function_at_times(times)
        .to_numpy()
        for k in (1, 2)
    ]
    rows = chain.classified.predictions.query("split == @SPLIT")
    mixed = rows[["probability_1", "probability_2"]].to_numpy() @ np.array(curves)
    np.testing.assert_allclose(survival[SPLIT], mixed, atol=1e-6)
    absent = subtype_survival(rows, chain.clusters, small_cohort, splits, times)
    assert np.isnan(absent["full"]).all()


def test_time_grid_ends_where_every_training_set_is_followed():
    time = np.array([100.0, 200, 300, 5000])
    splits = [Split("full", np.arange(4), np.arange(0)), Split("r0f0", np.arange(3), np.array([3]))]
    np.testing.assert_allclose(time_grid(1825, time, splits), 300 * np.arange(1, 51) / 50)
    np.testing.assert_allclose(time_grid(100, time, splits)[[0, -1]], [2, 100])


def test_survival_kept_at_its_steps_is_that_of_any_horizon(small_cohort, splits):
    """So another horizon fits no comparator anew."""
    cohort, split = small_cohort, splits[0]
    risk = np.random.default_rng(0).normal(size=cohort.n)

    def predicted(times):
        train = split.train
        return breslow_survival(risk[train], cohort.time[train], cohort.event[train], risk, times)

    steps = step_times(cohort.time, cohort.event, splits)
    for horizon in (1, 400, 1825, 36525):
        times = time_grid(horizon, cohort.time, splits)
        np.testing.assert_array_equal(read_steps(predicted(steps), steps, times), predicted(times))


def test_no_more_steps_than_anybody_needs_are_kept():
    time = np.arange(1.0, 5001.0)
    steps = step_times(time, np.ones(5000), [Split("full", np.arange(4000), np.arange(0))])
    assert len(steps) == MOST_STEPS + 1
    assert steps[-1] == 4000  # where the training patients are no longer followed
    assert np.diff(steps).max() <= 14


def test_degenerate_cohorts_get_one_risk_and_a_line_in_the_log(small_cohort, small_settings, splits, caplog):
    caplog.set_level(logging.INFO, logger="stratomics")
    strict = copy.deepcopy(small_settings)
    strict["selection"] |= {"alpha": 1e-12, "if_none": "stop"}
    predictions, arrays = run("pca", small_cohort, splits[:2], strict)
    assert (predictions["risk"] == 0).all()
    assert (predictions["n_subtypes"] == 1).all()
    assert np.ptp(arrays["pca/full"], axis=0).max() == 0
    assert "no subtypes, every patient gets the same risk" in caplog.text

    alone = dataclasses.replace(small_cohort, omics=small_cohort.omics[:1])
    predictions, arrays = run("single_omics", alone, splits[:2], small_settings)
    assert predictions.empty
    assert list(predictions.columns) == PREDICTION_COLUMNS
    assert list(arrays) == ["times"]

    fitted, _, _ = preprocess_splits(small_cohort, splits[:1], small_settings["preprocess"])
    predictions, _ = fit_comparator("clinical", small_cohort, splits[:1], fitted, small_settings, [], seed=0, threads=1)
    assert (predictions["risk"] == 0).all()
    assert "no covariates" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["clinical", "ridge_cox", "elastic_net_cox", "random_survival_forest", "pca"],
)
def test_a_training_set_without_events_does_not_crash(small_cohort, small_settings, splits, name):
    clinical = small_cohort.clinical.copy()
    clinical.iloc[splits[1].train, clinical.columns.get_loc("event")] = 0
    censored = dataclasses.replace(small_cohort, clinical=clinical)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        predictions, arrays = run(name, censored, [splits[1]], small_settings)
    assert predictions["risk"].nunique() == 1
    assert (arrays[f"{name}/{splits[1].name}"] == 1).all()
