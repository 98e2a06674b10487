"""Attributions: completeness, a linear model by hand, the chain's own scores, and an omics that alone holds the subtypes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from stratomics.attribution import (
    attribute_split,
    attribute_splits,
    feature_attribution_table,
    integrated_gradients,
    omics_attribution_table,
)
from stratomics.attribution.scores import ChainScores
from stratomics.chain.fit import FittedChain, join_chains


def chains_of(result) -> dict[str, FittedChain]:
    return join_chains(result.prognostic, result.subtypes, result.risks, result.classified.models, True)


@pytest.fixture(scope="module")
def attributed(small_cohort, small_chain):
    result = small_chain["ae"]
    return attribute_splits(small_cohort, result.splits, result.fitted, result.embedding.models, chains_of(result))


def test_a_linear_score_is_attributed_by_its_coefficients():
    rng = np.random.default_rng(0)
    x, coef = rng.normal(size=(5, 7)).astype(np.float32), rng.normal(size=(7, 2)).astype(np.float32)
    found, change = integrated_gradients(lambda inputs: inputs @ torch.from_numpy(coef) + 3.0, x)
    np.testing.assert_allclose(found, coef.T[:, None, :] * x, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(change, (x @ coef).T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["tanh", "relu", "elu", "gelu"])
def test_attributions_sum_to_the_score(small_chain, activation):
    network = small_chain["ae"].embedding.models["full"]
    network = replace(network, sizes=tuple({**own, "activation": activation} for own in network.sizes))
    rng = np.random.default_rng(1)
    x = 2 * rng.normal(size=(20, network.sizes[0]["inputs"][0])).astype(np.float32)
    found, change = integrated_gradients(lambda inputs: network.torch_encode(inputs)[:, :2], x)
    missed = np.abs(found.sum(axis=2) - change).max(axis=1)
    assert (missed < 0.01 * np.abs(change).mean(axis=1)).all()


def test_the_scores_are_those_of_the_chain(small_cohort, small_chain):
    result = small_chain["vae"]
    chain, fitted = chains_of(result)["full"], result.fitted["full"]
    features = fitted.transform(small_cohort)
    x = features * fitted.weights
    scores = ChainScores(result.embedding.models["full"], chain, fitted.weights)
    labels = chain.label(result.embedding.latents["full"], features)
    inputs = torch.from_numpy(x)
    np.testing.assert_allclose(scores.risk(inputs), labels.risk, atol=1e-4)
    by_subtype = replace(chain, risk=replace(chain.risk, method="subtype"))
    np.testing.assert_allclose(
        ChainScores(scores.network, by_subtype, fitted.weights).risk(inputs),
        labels.probabilities @ chain.risk.log_risk,
        atol=1e-4,
    )
    chosen = scores.decision(inputs).argmax(dim=1).numpy() + 1
    assert (chosen == labels.subtype).mean() > 0.95
    assert np.allclose((scores.function(x)(inputs)[:, 1] > 0).numpy(), chosen == 2)


def test_held_out_patients_are_judged_once_per_repeat_and_the_axiom_holds(attributed, small_cohort):
    held = np.concatenate([one.patients for one in attributed if one.split.name != "full"])
    assert sorted(held) == list(range(small_cohort.n))
    assert max(one.completeness.max() for one in attributed) < 0.01
    assert not any(set(one.patients) & set(one.split.train) for one in attributed if one.split.name != "full")


def test_the_shares_of_the_omics_and_their_intervals(attributed, small_cohort):
    table = omics_attribution_table(attributed, bootstrap=200, seed=3)
    assert set(table["repeat"]) == {"r0", "all", "full"}
    assert (table["n"] == small_cohort.n).all()
    np.testing.assert_allclose(table.groupby(["target", "repeat"])["share"].sum(), 1.0)
    pd.testing.assert_series_equal(  # balanced blocks: half each, up to the patients
        table["expected"], pd.Series(0.5, index=table.index), check_names=False, atol=0.05
    )
    held = table[table["repeat"] == "all"]
    for low, high in (("ci_low", "ci_high"), ("fold_low", "fold_high")):
        assert held["share"].between(held[low], held[high]).all()
    full = next(one for one in attributed if one.split.name == "full")
    size = np.abs(full.sums[0]).mean(axis=0)
    own = table[(table["target"] == "risk") & (table["role"] == "apparent")]
    np.testing.assert_allclose(own["share"], size / size.sum())
    np.testing.assert_allclose(own["mean_absolute"], size)


def only_noise(one, rng):
    """The omics with every feature shuffled over the patients by itself: nothing in it belongs together."""
    values = rng.permuted(one.values.to_numpy(), axis=0)
    return replace(one, values=pd.DataFrame(values, index=one.values.index, columns=one.values.columns))


@pytest.mark.parametrize("informative", ["mrna", "mirna"])
def test_the_omics_that_alone_knows_the_subtypes_comes_out_on_top(small_cohort, small_settings, informative):
    from stratomics.chain.run import run_chain

    rng = np.random.default_rng(5)
    omics = tuple(one if one.name == informative else only_noise(one, rng) for one in small_cohort.omics)
    cohort = replace(small_cohort, omics=omics)
    # Trained for long enough to leave its random start, which weighs all features alike.
    embedding = {**small_settings["embeddings"][0], "epochs": 200, "patience": 40}
    result = run_chain(cohort, {**small_settings, "embeddings": [embedding]})["ae"]
    found = attribute_splits(cohort, result.splits, result.fitted, result.embedding.models, chains_of(result))
    table = omics_attribution_table(found, bootstrap=100, seed=0)
    own = table[(table["repeat"] == "all") & (table["omics"] == informative)].set_index("target")
    assert (own["ci_low"] > own["expected"]).all(), own
    features = feature_attribution_table(found)
    first = features[features["rank"] <= 20]
    assert (first.groupby("target")["omics"].agg(lambda names: (names == informative).mean()) > 0.6).all()


def test_the_features_and_the_way_they_point(attributed, small_chain):
    table = feature_attribution_table(attributed, top=5)
    assert (table.groupby(["target", "omics"]).size() == 5).all()
    for _, own in table.groupby("target"):
        assert own["rank"].iloc[0] == 1
        assert own["rank"].is_monotonic_increasing
        assert own["slope"].abs().is_monotonic_decreasing
    assert table[["share", "agreement"]].stack().between(0, 1).all()
    whole = feature_attribution_table(attributed, top=1000)
    np.testing.assert_allclose(whole.groupby("target")["share"].sum(), 1.0)
    # The slope is about the gradient at the average patient.
    full = next(one for one in attributed if one.split.name == "full")
    weights = small_chain["ae"].fitted["full"].weights
    scores = ChainScores(small_chain["ae"].embedding.models["full"], chains_of(small_chain["ae"])["full"], weights)
    average = torch.zeros((1, len(weights)), requires_grad=True)
    (gradient,) = torch.autograd.grad(scores.risk(average).sum(), average)
    assert np.corrcoef(gradient[0].numpy() * weights, full.slope[0])[0, 1] > 0.95


def test_a_classifier_without_a_gradient_is_skipped_with_a_reason(small_cohort, small_chain):
    result = small_chain["ae"]
    chain = chains_of(result)["full"]
    own = chain.classifier
    m = len(own.columns)
    machine = {
        "support": np.ones((2, m)),
        "dual": np.ones((1, 2)),
        "gamma": np.array([0.1]),
        "intercept": np.zeros(1),
    }
    rbf = replace(own, method="svm", setting={"kernel": "rbf", "C": 1.0}, machine=machine)
    full = next(split for split in result.splits if split.name == "full")
    one = attribute_split(
        small_cohort, full, result.fitted["full"], result.embedding.models["full"], replace(chain, classifier=rbf)
    )
    assert one.targets == ("risk",)
    table = omics_attribution_table([one], bootstrap=100, seed=0)
    missing = table[table["target"] == "subtype"]
    assert missing["share"].isna().all()
    assert missing["reason"].unique().tolist() == ["the classifier svm (kernel rbf, C 1.0) cannot be differentiated"]
    assert table.loc[table["target"] == "risk", "share"].notna().all()
    fitted, network = result.fitted["full"], result.embedding.models["full"]
    linear = replace(own, method="svm", machine={"weights": np.ones((1, m)), "intercept": np.zeros(1)})
    on_latents = replace(chain, classifier=linear)
    on_features = replace(on_latents, classifier=replace(linear, columns=np.arange(m)), on_latents=False)
    for one in (on_latents, on_features):
        assert ChainScores(network, one, fitted.weights).differentiable("subtype") == ""
