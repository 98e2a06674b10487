"""The permutation null: the procedure of the chain itself, and honest p-values from it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from stratomics.catalogue import chain_settings, uses_survival
from stratomics.cohort import make_splits
from stratomics.embedding.splits import survival_studies
from stratomics.embedding.study import retrain
from stratomics.errors import ConfigError
from stratomics.evaluation.permutation import STATISTICS, permutation_tests, permute_survival, permuted_order
from stratomics.runtime import derive_seed


@pytest.fixture(scope="module")
def run(small_cohort, small_settings, small_chain):
    """Return a function that permutes the survival of the small cohort for one embedding."""

    def permute(permutations, embedding="ae", settings=small_settings, design=None, cohort=small_cohort, retrains=True):
        chain = small_chain[embedding]
        again = None
        own = next(one for one in settings["embeddings"] if one["name"] == embedding)
        if uses_survival(own) and retrains:
            study = survival_studies(cohort, chain.splits, chain.fitted, own, seed=settings["seed"])
            again = partial(retrain, study)
        return permute_survival(
            cohort,
            chain.splits,
            chain.fitted.__getitem__,
            chain.embedding.latents,
            chain_settings(own, settings),
            permutations,
            told=chain.embedding.told,
            retrain=again,
            design=design,
            seed=settings["seed"],
        )

    return permute


@pytest.mark.parametrize("embedding", ["ae", "late", "vae", "cox"])
def test_the_observed_order_gives_the_observed_figures(run, small_chain, embedding):
    """So the null is made by the very procedure that made the observed figures."""
    row = run([0], embedding).iloc[0]
    metrics = small_chain[embedding].metrics
    median = metrics[metrics["repeat"] == "median"].set_index("metric")
    assert row["heldout_logrank_p"] == pytest.approx(median.at["logrank_p", "held_out"], rel=1e-12)
    assert row["heldout_cindex"] == pytest.approx(median.at["cindex", "held_out"], rel=1e-12)
    assert row["heldout_cindex_subtype"] == pytest.approx(median.at["cindex_subtype", "held_out"], rel=1e-12)
    assert row["apparent_logrank_p"] == pytest.approx(median.at["logrank_p", "apparent"], rel=1e-12)


def test_a_permutation_is_running_the_chain_on_permuted_survival(run, small_cohort, small_settings, small_chain):
    """Permutation 2 by hand: the stages of the workflow on a cohort whose follow-up was shuffled."""
    from stratomics.chain.classify import classify_splits
    from stratomics.chain.cluster import cluster_splits
    from stratomics.chain.labels import heldout_labels
    from stratomics.chain.risk import fit_risk_splits
    from stratomics.chain.select import select_splits
    from stratomics.survival import concordance_harrell

    chain = small_chain["vae"]
    order = permuted_order(small_cohort.n, 2, small_settings["seed"])
    clinical = small_cohort.clinical.iloc[order].set_axis(small_cohort.patients)
    shuffled = replace(small_cohort, clinical=clinical)
    prognostic = select_splits(shuffled, chain.splits, chain.embedding.latents, small_settings["selection"])
    models, _, _ = cluster_splits(
        shuffled,
        chain.splits,
        chain.embedding.latents,
        prognostic,
        small_settings["subtypes"],
        seed=small_settings["seed"],
    )
    seed = small_settings["seed"]
    risks = fit_risk_splits(shuffled, chain.splits, chain.embedding.latents, models, small_settings["risk"], seed=seed)
    classified = classify_splits(
        shuffled,
        chain.splits,
        chain.fitted,
        chain.embedding.latents,
        prognostic,
        models,
        risks,
        small_settings["classifier"],
        seed=seed,
    )
    own = heldout_labels(classified.predictions, shuffled)["r0"]
    expected = concordance_harrell(own["time"], own["event"], own["risk"], fold=own["fold"].to_numpy())
    assert run([2], "vae").iloc[0]["heldout_cindex"] == pytest.approx(float(expected), rel=1e-12)


def test_a_permutation_does_not_depend_on_those_it_is_run_with(run):
    together, alone = run([0, 1, 2, 3]), run([3])
    pd.testing.assert_frame_equal(together.iloc[[3]].reset_index(drop=True), alone)


def test_orders_are_permutations_that_differ_and_repeat():
    orders = [permuted_order(50, b, seed=1) for b in range(20)]
    assert (orders[0] == np.arange(50)).all()
    assert all((np.sort(order) == np.arange(50)).all() for order in orders)
    assert len({tuple(order) for order in orders}) == 20
    assert (permuted_order(50, 7, seed=1) == orders[7]).all()
    assert (permuted_order(50, 7, seed=2) != orders[7]).any()


def test_survival_stays_within_the_groups_of_the_cohort(run, small_cohort):
    """Where everybody is alone in a group nobody can move, and every permutation is the observed order."""
    alone = replace(small_cohort, groups=pd.Series(small_cohort.patients, small_cohort.patients))
    table = run([0, 1], cohort=alone).drop(columns="permutation")
    pd.testing.assert_series_equal(table.loc[0], table.loc[1], check_names=False)


def test_added_value_is_tested_only_where_there_is_a_clinic(run, small_cohort):
    assert run([0, 1])[["added_lr_p", "added_lr_risk_p"]].isna().all(axis=None)
    design = np.column_stack([small_cohort.clinical["age"].to_numpy(float)])
    found = run([0, 1], design=np.nan_to_num(design - np.nanmean(design)))
    assert found["added_lr_p"].between(0, 1).all()


def test_networks_that_saw_survival_are_not_permuted_as_they_are(run):
    """Their latents know the observed order, so the null would be too easy to beat."""
    with pytest.raises(ConfigError, match="looked at survival"):
        run([0, 1], "cox", retrains=False)
    assert run([0], "cox", retrains=False)["heldout_cindex"].notna().all()


def test_a_permutation_of_networks_that_see_survival_is_training_them_on_it(run, small_cohort, small_settings):
    """Permutation 1 by hand: the whole chain, its networks too, on a cohort whose follow-up was shuffled."""
    from stratomics.chain.run import run_chain

    order = permuted_order(small_cohort.n, 1, small_settings["seed"])
    clinical = small_cohort.clinical.iloc[order].set_axis(small_cohort.patients)
    shuffled = replace(small_cohort, clinical=clinical)
    only = {**small_settings, "embeddings": [one for one in small_settings["embeddings"] if one["name"] == "cox"]}
    splits = make_splits(
        small_cohort.time,
        small_cohort.event,
        folds=small_settings["evaluation"]["folds"],
        repeats=1,
        seed=derive_seed(small_settings["seed"], "make_splits"),
    )
    metrics = run_chain(shuffled, only, splits=splits)["cox"].metrics
    median = metrics[metrics["repeat"] == "median"].set_index("metric")
    row = run([0, 1], "cox").iloc[1]
    assert row["heldout_cindex"] == pytest.approx(median.at["cindex", "held_out"], rel=1e-12)
    assert row["heldout_logrank_p"] == pytest.approx(median.at["logrank_p", "held_out"], rel=1e-12)


def test_a_chain_that_stops_is_the_least_extreme(run, small_settings):
    """No latent passes so strict a level: the chain ends there, and the permutation has no figures."""
    strict = {**small_settings, "selection": {**small_settings["selection"], "alpha": 1e-12, "if_none": "stop"}}
    found = run([1], settings=strict)
    assert found.drop(columns="permutation").isna().all(axis=None)


def table(**statistics):
    """Make permutations of two embeddings from arrays [2, B + 1] by statistic; those not given do not vary."""
    shape = next(iter(statistics.values()))
    values = {name: np.asarray(statistics.get(name, np.full(np.shape(shape), 0.5)), float) for name in STATISTICS}
    rows = [
        {"embedding": name, "permutation": b, **{statistic: values[statistic][e, b] for statistic in STATISTICS}}
        for e, name in enumerate(("ae", "vae"))
        for b in range(np.shape(shape)[1])
    ]
    return pd.DataFrame(rows)


def test_p_values_count_what_is_at_least_as_extreme():
    c = [[0.7, 0.5, 0.7, 0.4, 0.6], [0.5, 0.6, 0.6, 0.4, 0.9]]
    p = [[0.01, 0.5, 0.2, 0.01, 0.6], [0.04, 0.03, 0.5, 0.5, 0.02]]
    tests = permutation_tests(table(heldout_cindex=c, heldout_logrank_p=p)).set_index(["statistic", "embedding"])
    assert tests.at[("heldout_cindex", "ae"), "p"] == pytest.approx(2 / 5)  # itself and one tie
    assert tests.at[("heldout_cindex", "vae"), "p"] == pytest.approx(4 / 5)
    assert tests.at[("heldout_logrank_p", "ae"), "p"] == pytest.approx(2 / 5)
    assert tests.at[("heldout_logrank_p", "vae"), "p"] == pytest.approx(3 / 5)
    assert (tests["p_adjusted"] >= tests["p"]).all()
    assert tests.at[("heldout_logrank_p", "vae"), "null_share_below_05"] == pytest.approx(2 / 4)
    assert tests.at[("heldout_cindex", "ae"), "null_mean"] == pytest.approx(np.mean([0.5, 0.7, 0.4, 0.6]))
    assert (tests["permutations"] == 4).all()


def test_figures_that_do_not_exist_have_no_p():
    c = [[np.nan, 0.5, 0.7, 0.4, 0.6], [0.5, np.nan, 0.6, 0.4, 0.9]]
    tests = permutation_tests(table(heldout_cindex=c)).set_index(["statistic", "embedding"])
    assert np.isnan(tests.at[("heldout_cindex", "ae"), "p"])
    assert tests.at[("heldout_cindex", "vae"), "p"] == pytest.approx(3 / 5)


def test_without_permutations_there_are_no_rows():
    assert permutation_tests(table(heldout_cindex=[[0.6], [0.7]])).empty


def test_embeddings_may_have_fewer_permutations_but_leave_none_out():
    whole = table(heldout_cindex=[[0.6, 0.5, 0.55, 0.4], [0.7, 0.5, 0.6, 0.75]])
    last = whole[whole["embedding"] == whole["embedding"].iloc[-1]].index
    fewer = permutation_tests(whole.drop(last[-1])).query("statistic == 'heldout_cindex'").set_index("embedding")
    assert fewer["permutations"].tolist() == [3, 2]
    assert fewer["p"].tolist() == [1 / 4, 1 / 3]
    assert (fewer["p_adjusted"] >= fewer["p"]).all()
    with pytest.raises(ValueError, match="none left out"):
        permutation_tests(whole.drop(last[1]))
