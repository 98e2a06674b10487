"""The chain as one object: what it says is what the jobs of the workflow say, stage by stage."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest

from stratomics.chain.fit import Chain
from stratomics.chain.labels import apparent_labels, final_labels, heldout_rows
from stratomics.chain.latent_risk import latent_risk
from stratomics.chain.risk import RiskModel, fit_risk, predicted_survival, risk_sources, risk_table
from stratomics.embedding import Told
from stratomics.subtypes import SubtypeModel
from stratomics.survival import concordance_harrell
from stratomics.survival.predicted import time_grid
from stratomics.survival.ridge_cox import ridge_cox_path
from stratomics.survival.stacking import stacking_weights

SPLIT = "r0f1"


@pytest.fixture(scope="module")
def world(small_chain, small_cohort):
    chain = small_chain["ae"]
    split = next(one for one in chain.splits if one.name == SPLIT)
    return chain, small_cohort, split, chain.embedding.latents[SPLIT]


def subtypes_of(labels) -> SubtypeModel:
    labels = np.asarray(labels)
    k = labels.max()
    empty = np.zeros(0)
    return SubtypeModel("kmeans", int(k), labels, np.arange(float(k)), pd.DataFrame(), empty, empty, empty, {})


def survival_of(risk, rng, censored=0.4):
    time = rng.exponential(1000 * np.exp(-risk))
    end = np.quantile(time, 1 - censored)
    return np.ceil(np.minimum(time, end)), time <= end


@pytest.mark.parametrize("predictors", ["latents", "features"])
def test_a_fitted_chain_labels_as_the_jobs_do(world, small_settings, predictors):
    from stratomics.chain.classify import classify_splits, feature_predictors

    chain, cohort, split, latents = world
    settings = copy.deepcopy(small_settings)
    settings["classifier"] |= {"predictors": predictors}
    jobs = classify_splits(
        *(cohort, [split], chain.fitted, chain.embedding.latents, chain.prognostic, chain.subtypes, chain.risks),
        settings["classifier"],
        seed=settings["seed"],
    ).predictions
    preprocess = chain.fitted[SPLIT]
    features = preprocess.transform(cohort)
    fitted = Chain.of(settings, settings["seed"]).fit(
        SPLIT,
        latents[split.train],
        cohort.time[split.train],
        cohort.event[split.train],
        feature_predictors(preprocess, features[split.train]),
    )
    labels = fitted.label(latents, features).of_split(split, cohort.patients)
    pd.testing.assert_frame_equal(labels, jobs, check_exact=True)
    if predictors == "latents":
        pd.testing.assert_frame_equal(fitted.label(latents).of_split(split, cohort.patients), jobs, check_exact=True)
    else:
        with pytest.raises(ValueError, match="none were given"):
            fitted.label(latents)


def test_the_risk_is_a_ridge_cox_model_of_the_standardised_latents(world, small_settings):
    chain, cohort, split, latents = world
    model = chain.risks[SPLIT]
    own = latents[split.train].astype(np.float64)
    z = (own - own.mean(axis=0)) / own.std(axis=0)
    time, event = cohort.time[split.train], cohort.event[split.train]
    direct = ridge_cox_path(z, time, event, z.shape[1] / model.variance)
    np.testing.assert_allclose(model.coef, direct.coef[0], atol=1e-6)
    rows = chain.classified.predictions.query("split == @SPLIT")
    np.testing.assert_allclose(rows["risk"], (latents - own.mean(axis=0)) / own.std(axis=0) @ direct.coef[0], atol=1e-5)
    table = risk_table(chain.risks)
    assert table.columns.tolist() == ["split", "latent", "coef", "variance", "omics", "share"]
    assert table["latent"].unique().tolist() == chain.prognostic["latent"].unique().tolist()


def test_many_weak_latents_rank_better_by_ridge_than_by_subtypes():
    """What the hard clusters and a threshold on p throw away."""
    rng = np.random.default_rng(4)
    latents = rng.normal(size=(500, 20))
    truth = latents @ np.full(20, 0.25)
    time, event = survival_of(truth, rng)
    train, new = np.arange(250), np.arange(250, 500)
    groups = subtypes_of(1 + (latents[train, 0] > 0))
    args = (latents[train], time[train], event[train], groups)
    ridge = fit_risk(*args, {"method": "ridge_cox"}, seed=0)
    shape = np.eye(2)[(latents[new, 0] > 0).astype(int)]
    c = concordance_harrell(time[new], event[new], ridge.risk(latents[new], shape))
    c_subtype = concordance_harrell(
        time[new], event[new], fit_risk(*args, {"method": "subtype"}, seed=0).risk(latents[new], shape)
    )
    assert c > c_subtype + 0.1
    assert c > 0.7


def test_risk_groups_are_of_equal_size_among_new_patients():
    rng = np.random.default_rng(2)
    latents = rng.normal(size=(1200, 30))
    time, event = survival_of(latents[:, 0], rng)
    train = np.arange(200)
    model = fit_risk(latents[train], time[train], event[train], subtypes_of(1 + train % 3), {"method": "ridge_cox"}, 0)
    groups = model.groups(model.risk(latents[200:], np.zeros((1000, 3))))
    np.testing.assert_allclose(np.bincount(groups, minlength=4)[1:] / 1000, 1 / 3, atol=0.08)
    apparent = model.groups(model.risk(latents[train], np.zeros((200, 3))))
    assert np.bincount(apparent, minlength=4)[2] < 60  # fitted risks spread further than those of unseen patients


def test_dead_latents_and_few_events_are_no_obstacle():
    rng = np.random.default_rng(0)
    latents = np.column_stack([rng.normal(size=40), np.full(40, 3.0)])
    event = np.zeros(40, dtype=bool)
    event[:3] = True
    model = fit_risk(
        latents, rng.exponential(size=40), event, subtypes_of(1 + np.arange(40) % 2), {"method": "ridge_cox"}, 0
    )
    risk = model.risk(np.array([[0.0, 3.0], [0.0, 99.0]]), np.zeros((2, 2)))
    assert np.isfinite(risk).all()
    assert risk[0] == risk[1]
    assert model.coef[1] == 0


def test_a_risk_model_comes_back_from_its_arrays(world):
    model = world[0].risks[SPLIT]
    again = RiskModel.from_arrays(*model.to_arrays())
    np.testing.assert_array_equal(again.coef, model.coef)
    assert (again.method, again.variance, again.converged) == (model.method, model.variance, model.converged)


def told_world(seed, *, known, other=0.8, n=300):
    """Patients with three latents of networks that look at survival, of which the first tells, and four of others."""
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(n, 7)) * [2, 1, 1, 5, 1, 1, 1] + 3
    own, ridge = (latents[:, 0] - 3) / 2, (latents[:, 3] - 3) / 5
    time, event = survival_of(known * own + other * ridge, rng)
    # Apart, the networks say the same as together, with noise, and as loudly.
    apart = 0.5 * own + 0.2 * rng.normal(size=n)
    return latents, time, event, Told(np.array([apart.std() / latents[:, 0].std(), 0.0, 0.0]), apart)


def test_what_networks_say_of_survival_is_weighed_by_what_they_say_of_patients_they_did_not_know():
    latents, time, event, told = told_world(0, known=0.8)
    found = latent_risk(latents, time, event, 0, told)
    values = (latents - latents.mean(axis=0)) / latents.std(axis=0)
    parts = [values[:, :3] @ found.coef[:3], values[:, 3:] @ found.coef[3:]]
    assert parts[0].std() == pytest.approx(found.weights[0])
    assert found.weights[1] > 0.3
    np.testing.assert_allclose(found.log_hazard(latents), sum(parts), atol=1e-9)
    assert found.coef[1] == found.coef[2] == 0  # taken as the networks say it
    assert np.corrcoef(parts[0], latents[:, 0])[0, 1] == pytest.approx(1.0)
    alone = latent_risk(latents[:, 3:], time, event, 0)
    assert np.corrcoef(parts[1], alone.log_hazard(latents[:, 3:]))[0, 1] == pytest.approx(1.0)
    assert abs(found.apart.mean()) < 1e-9
    assert concordance_harrell(time, event, found.apart) > 0.7


def test_networks_that_say_nothing_of_new_patients_count_nothing():
    latents, time, event, told = told_world(1, known=-0.6)
    found = latent_risk(latents, time, event, 0, told)
    assert found.weights[0] == 0
    assert not found.coef[:3].any()
    alone = latent_risk(latents[:, 3:], time, event, 0)
    assert np.corrcoef(found.log_hazard(latents), alone.log_hazard(latents[:, 3:]))[0, 1] == pytest.approx(1.0)


def test_networks_alone_are_taken_as_they_are():
    """Without reconstruction there are no other latents, and no ridge."""
    latents, time, event, told = told_world(2, known=0.8)
    found = latent_risk(latents[:, :3], time, event, 0, told)
    assert np.isnan(found.variance)
    assert found.weights.shape == (1,)
    assert found.weights[0] == pytest.approx(stacking_weights([told.apart], time, event)[0])
    assert np.corrcoef(found.log_hazard(latents[:, :3]), latents[:, 0])[0, 1] == pytest.approx(1.0)
    model = fit_risk(latents[:, :3], time, event, subtypes_of(1 + np.arange(300) % 3), {"method": "ridge_cox"}, 0, told)
    # Cut where risks of patients unknown to the networks lie.
    np.testing.assert_allclose(np.bincount(model.groups(found.apart)), [0, 100, 100, 100], atol=1)
    again = RiskModel.from_arrays(*model.to_arrays())
    np.testing.assert_array_equal(again.weights, model.weights)
    others = fit_risk(latents, time, event, subtypes_of(1 + np.arange(300) % 3), {"method": "ridge_cox"}, 0, told)
    unseen = fit_risk(latents, time, event, subtypes_of(1 + np.arange(300) % 3), {"method": "ridge_cox"}, 0)
    table = risk_sources({"full": model, "both": others, "none": unseen})
    assert table["source"].tolist() == ["networks", "networks", "ridge", "ridge"]
    assert table["weight"].tolist()[:3] == [model.weights[0], *others.weights]
    assert np.isnan(table["weight"].iloc[3])
    assert set(table["omics"]) == {"all"}


def test_survival_by_risk_falls_with_the_risk(world, small_settings):
    chain, cohort, split, _ = world
    times = time_grid(1825, cohort.time, chain.splits)
    predictions = chain.classified.predictions
    survival = predicted_survival("ridge_cox", predictions, chain.clusters, cohort, chain.splits, times)[SPLIT]
    risk = predictions.query("split == @SPLIT")["risk"].to_numpy()
    assert (np.diff(survival[np.argsort(risk)], axis=0) <= 1e-6).all()
    assert (np.diff(survival, axis=1) <= 1e-6).all()
    own = survival[split.train].mean(axis=0)[-1]
    assert own == pytest.approx((cohort.time[split.train] > times[-1]).mean(), abs=0.35)


def test_rows_are_pooled_by_repeat(world):
    chain, cohort, *_ = world
    predictions = chain.classified.predictions
    pooled = heldout_rows(predictions)
    assert [*pooled] == sorted({split.repeat for split in chain.splits if split.repeat})
    assert all(sorted(rows["patient"]) == sorted(cohort.patients) for rows in pooled.values())
    assert apparent_labels(predictions, None, cohort)["fold"].unique().tolist() == ["full"]
    assert final_labels(predictions, cohort)["split"].unique().tolist() == ["full"]
