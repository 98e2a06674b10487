"""Patients with some of the omics only: told by classifiers of their own, and measured on patients that no fit has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from sklearn.metrics import adjusted_rand_score

from stratomics.chain.fit import join_chains
from stratomics.chain.risk import predicted_survival
from stratomics.chain.subsets import Given, SubsetClassifiers, fit_subsets, hide, measure_subsets, subsets_of
from stratomics.chain.survival import fit_survival
from stratomics.evaluation.subsets import subset_entries, subset_table
from stratomics.survival import concordance_harrell
from stratomics.tables import load_models, save_models


@pytest.fixture(scope="module")
def chains(small_chain):
    own = small_chain["vae"]
    return join_chains(own.prognostic, own.subtypes, own.risks, own.classified.models, True)


@pytest.fixture(scope="module")
def given(small_chain, chains):
    own = small_chain["vae"]
    return {
        split.name: Given(split, own.fitted[split.name], own.embedding.models[split.name], chains[split.name])
        for split in own.splits
    }


@pytest.fixture(scope="module")
def measured(small_cohort, small_settings, small_chain, chains):
    own = small_chain["vae"]
    return measure_subsets(
        small_cohort, own.splits, own.fitted, own.embedding.models, chains, small_settings["classifier"], seed=1
    )


def test_subsets_come_from_large_to_small_and_are_bounded():
    assert subsets_of(["a", "b", "c"]) == ["a+b+c", "a+b", "a+c", "b+c", "a", "b", "c"]
    many = subsets_of(list("abcdefgh"))
    assert len(many) == 1 + 8 + 8
    assert many[0] == "a+b+c+d+e+f+g+h"


def test_all_omics_say_what_the_chain_said(measured, small_chain):
    _, labels = measured
    own = labels[labels["omics"] == "mrna+mirna"].set_index(["split", "patient"])
    said = small_chain["vae"].classified.predictions
    said = said[said["role"] == "held_out"].set_index(["split", "patient"]).loc[own.index]
    assert (own["subtype"] == said["subtype"]).all()
    np.testing.assert_allclose(own["risk"], said["risk"], atol=1e-4)


def test_the_table_is_what_other_libraries_compute(measured, small_cohort):
    _, labels = measured
    table = subset_table(labels, small_cohort, 50, seed=1).set_index(["omics", "metric"])
    assert (table.loc["mrna+mirna"].loc[["agreement", "ari"], "held_out"] == 1.0).all()
    both = {name: own.set_index("patient") for name, own in labels.groupby("omics")}
    mine, wanted = both["mrna"], both["mrna+mirna"].loc[both["mrna"].index]
    assert table.at[("mrna", "agreement"), "held_out"] == pytest.approx((mine["subtype"] == wanted["subtype"]).mean())
    folds = [
        (len(own), adjusted_rand_score(own["subtype"], wanted.loc[own.index, "subtype"]))
        for _, own in mine.groupby("split")
    ]
    expected = np.average([index for _, index in folds], weights=[n for n, _ in folds])
    assert table.at[("mrna", "ari"), "held_out"] == pytest.approx(expected)
    risk = mine.loc[small_cohort.patients]
    c = concordance_harrell(small_cohort.time, small_cohort.event, risk["risk"], fold=risk["split"])
    assert table.at[("mrna", "cindex"), "held_out"] == pytest.approx(c)
    sure = mine[["probability_1", "probability_2"]].max(axis=1).mean()
    assert table.at[("mrna", "confidence"), "held_out"] == pytest.approx(sure)
    assert (table["ci_low"] <= table["held_out"]).all()
    assert (table["ci_high"] >= table["held_out"]).all()
    (first, *_) = subset_entries(table.reset_index())
    assert first["omics"] == ["mrna", "mirna"]
    assert first["agreement"] == [1.0, 1.0, 1.0]


def test_nothing_fitted_sees_the_omics_of_held_out_patients(small_cohort, small_settings, given):
    one = next(own for name, own in given.items() if name != "full")
    spoilt = replace(
        small_cohort,
        omics=tuple(replace(omics, values=omics.values.copy()) for omics in small_cohort.omics),
    )
    for omics in spoilt.omics:
        omics.values.iloc[one.split.held_out] = 1.0
    clean, _ = fit_subsets(small_cohort, one, small_settings["classifier"], seed=1)
    other, _ = fit_subsets(spoilt, one, small_settings["classifier"], seed=1)
    assert list(clean.models) == list(other.models) == ["mrna", "mirna"]
    for name, model in clean.models.items():
        for array, again in zip(model.to_arrays()[0].values(), other.models[name].to_arrays()[0].values(), strict=True):
            np.testing.assert_array_equal(array, again)


def test_hiding_an_omics_is_lacking_it(small_cohort, given, measured):
    """The classifiers learn from patients whose omics are hidden; they serve those who never had them."""
    full, own = measured[0], given["full"]
    mrna, mirna = small_cohort.omics
    without = mirna.values.copy()
    without.iloc[:] = np.nan
    lacking = replace(small_cohort, omics=(mrna, replace(mirna, values=without)))
    features, present = own.preprocess.transform(lacking), own.preprocess.present(lacking)
    everything = own.preprocess.transform(small_cohort), own.preprocess.present(small_cohort)
    seen, there = hide(own.preprocess, *everything, "mrna")
    np.testing.assert_array_equal(seen, features)
    np.testing.assert_array_equal(there, present)
    latents = own.network.encode(features * own.preprocess.weights, present)
    labels = full.label(own.chain, own.preprocess, latents, features, present)
    x = own.chain.subtypes.place(latents[:, np.flatnonzero(own.chain.prognostic["selected"])])
    np.testing.assert_array_equal(labels.probabilities, full.models["mrna"].predict_proba(x))
    # Whoever has all is told by the chain alone, also beside patients who lack some.
    mixed = np.concatenate([everything[0][:5], features[5:10]]), np.concatenate([everything[1][:5], present[5:10]])
    latents = own.network.encode(mixed[0] * own.preprocess.weights, mixed[1])
    among = full.label(own.chain, own.preprocess, latents, *mixed)
    np.testing.assert_array_equal(among.probabilities[:5], own.chain.label(latents[:5]).probabilities)
    np.testing.assert_allclose(among.probabilities[5:], labels.probabilities[5:10], atol=1e-6)


def test_without_a_classifier_the_chain_speaks(given, measured):
    own = given["full"]
    features = np.zeros((2, len(own.preprocess.features)), dtype=np.float32)
    latents, present = own.network.encode(features), np.array([[True, False], [False, False]])
    labels = SubsetClassifiers({}).label(own.chain, own.preprocess, latents, features, present)
    np.testing.assert_array_equal(labels.probabilities, own.chain.label(latents).probabilities)


def test_classifiers_read_back_say_the_same(measured, tmp_path):
    save_models(tmp_path / "a", {"full": measured[0]})
    again = load_models(tmp_path / "a", SubsetClassifiers)["full"]
    save_models(tmp_path / "b", {"full": again})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# Survival of the training patients, as the model keeps it


@pytest.fixture(scope="module")
def survival(small_cohort, small_chain):
    own = small_chain["vae"]
    predictions = own.classified.predictions
    risk = (
        predictions[predictions["split"] == "full"].set_index("patient").loc[small_cohort.patients, "risk"].to_numpy()
    )
    labels = own.subtypes["full"].labels
    fits = {
        method: fit_survival(method, small_cohort.time, small_cohort.event, labels, 2, risk)
        for method in ("ridge_cox", "subtype")
    }
    return fits, risk, labels


DAYS = np.array([100.0, 400.0, 900.0])


def test_curves_of_subtypes_are_those_of_lifelines(survival, small_cohort):
    fits, _, labels = survival
    found = fits["ridge_cox"].of_subtypes(DAYS)
    for k in (1, 2):
        rows = labels == k
        reference = KaplanMeierFitter().fit(small_cohort.time[rows], small_cohort.event[rows])
        np.testing.assert_allclose(found[0][k - 1], reference.survival_function_at_times(DAYS), atol=1e-9)
        band = reference.confidence_interval_.to_numpy()
        step = np.searchsorted(reference.timeline, DAYS, side="right") - 1
        np.testing.assert_allclose(np.column_stack([found[1][k - 1], found[2][k - 1]]), band[step], atol=1e-6)
    assert np.isnan(fits["ridge_cox"].of_subtypes([1e6])[0]).all()


@pytest.mark.parametrize("method", ["ridge_cox", "subtype"])
def test_survival_of_patients_is_what_was_evaluated(survival, small_cohort, small_chain, method):
    fits, risk, _ = survival
    assert fits["subtype"].hazard.size == 0
    own = small_chain["vae"]
    predictions = own.classified.predictions
    full = predictions[predictions["split"] == "full"].set_index("patient").loc[small_cohort.patients]
    wanted = predicted_survival(method, predictions, own.clusters, small_cohort, own.splits[:1], DAYS)["full"]
    chances = full[["probability_1", "probability_2"]].to_numpy()
    survival, low, high = fits[method].of_patients(risk, chances, DAYS)
    np.testing.assert_allclose(survival, wanted, atol=1e-6)
    assert ((low <= survival) & (survival <= high) & (low >= 0) & (high <= 1)).all()
    assert np.isnan(fits[method].of_patients(risk[:2], chances[:2], [1e6])[0]).all()


def test_the_interval_of_the_baseline_covers_it():
    """Of 200 samples from an exponential baseline, with the risks known; 95 % nominal."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        risk = rng.normal(size=150)
        death = rng.exponential(1000 / np.exp(risk))
        censored = rng.uniform(200, 3000, size=150)
        time, event = np.minimum(death, censored), death <= censored
        model = fit_survival("ridge_cox", time, event, 1 + (risk > 0), 2, risk)
        _, low, high = model.of_patients(np.zeros(1), np.zeros((1, 2)), [500.0])
        covered += bool(low[0, 0] <= np.exp(-0.5) <= high[0, 0])
    assert 180 <= covered <= 198
