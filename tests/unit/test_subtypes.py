"""Clusters, the choice of K and the order of the labels: against scikit-learn and scikit-survival."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, silhouette_score
from sksurv.compare import compare_survival
from sksurv.util import Surv

from stratomics.catalogue import subtypes_settings
from stratomics.errors import ConfigError, DataError
from stratomics.subtypes import SubtypeModel, fit_subtypes
from stratomics.subtypes.choose_k import calinski_harabasz, choose_k, silhouettes
from stratomics.subtypes.methods import find_method, gaussian_mixture, kmeans, method_names
from stratomics.subtypes.order import observed_expected, order_by_risk
from stratomics.tables import load_arrays, save_arrays

SETTINGS = {
    "method": "kmeans",
    "n_subtypes": "auto",
    "range": [2, 5],
    "criterion": "mixture_bic",
    "min_share": 0.1,
    "restarts": 20,
}
METHODS = ["kmeans", "gaussian_mixture"]


def planted(sizes=(60, 50, 40), gap=5.0, width=5, seed=0):
    """Clusters whose hazard falls with their number: the first has the worst prognosis."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    centres = gap * rng.standard_normal((len(sizes), width))
    latents = centres[truth] + rng.standard_normal((len(truth), width))
    death = rng.exponential(2000.0 * np.exp(1.2 * (truth - 2)))
    censoring = rng.uniform(100, 4000, len(truth))
    return latents, np.ceil(np.minimum(death, censoring)), death <= censoring, truth


def inertia(z, centres):
    return ((z[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()


@pytest.mark.parametrize("k", [2, 3, 5])
def test_kmeans_is_as_good_as_that_of_sklearn(k):
    z = np.random.default_rng(k).standard_normal((120, 6))
    ours = kmeans.fit(z, k, seed=1, restarts=50)
    theirs = KMeans(k, n_init=50, random_state=0).fit(z)
    assert inertia(z, ours["centres"]) <= theirs.inertia_ * 1.005
    blobs, *_ = planted(sizes=(40,) * k, gap=8.0)
    theirs = KMeans(k, n_init=20, random_state=0).fit(blobs)
    fitted = kmeans.fit(blobs, k, seed=1, restarts=20)
    assert adjusted_rand_score(kmeans.assign(blobs, fitted), theirs.labels_) == 1.0
    assert inertia(blobs, fitted["centres"]) == pytest.approx(theirs.inertia_, rel=1e-9)


def test_kmeans_refills_empty_clusters(monkeypatch):
    z = np.repeat([[0.0], [1.0], [10.0]], [50, 50, 1], axis=0)
    coincident = np.zeros((1, 3, 1))  # the first takes all patients
    monkeypatch.setattr(kmeans, "seed_centres", lambda *_: coincident)
    fitted = kmeans.fit(z, 3, seed=0, restarts=1)
    assert sorted(np.round(fitted["centres"][:, 0], 9)) == [0.0, 1.0, 10.0]


def test_mixture_density_is_that_of_scipy():
    rng = np.random.default_rng(0)
    x, means, variances = rng.standard_normal((7, 3)), rng.standard_normal((1, 2, 3)), rng.uniform(0.2, 2, (1, 2, 3))
    weights = np.array([[0.3, 0.7]])
    ours = gaussian_mixture.log_density(x, weights, means, variances)
    for k in range(2):
        theirs = np.log(weights[0, k]) + multivariate_normal(means[0, k], np.diag(variances[0, k])).logpdf(x)
        np.testing.assert_allclose(ours[:, 0, k], theirs, rtol=1e-10)


def test_mixture_climbs_and_its_step_is_the_top_of_its_aim():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 3)) * [3.0, 1.0, 0.5]
    shares = rng.dirichlet(np.ones(3), size=(60, 4))
    pooled = x.var(axis=0)
    heights = [gaussian_mixture.climb(x, shares, pooled, i)[0] for i in range(1, 30)]
    assert (np.diff(heights, axis=0) > -1e-8).all()

    def aim(variances):  # expected log posterior of the first restart, given its shares
        own = shares[:, :1]
        prior = -0.5 * gaussian_mixture.PRIOR_PATIENTS * (np.log(variances) + pooled / variances).sum()
        return (own * gaussian_mixture.log_density(x, weights[:1], means[:1], variances)).sum() + prior

    weights, means, variances = gaussian_mixture.maximise(x, shares, pooled)
    for factor in (0.97, 1.03):
        assert aim(variances[:1] * factor) < aim(variances[:1])


def test_mixture_counts_copies_of_one_factor_once():
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1], 100)
    spread = rng.standard_normal(200)  # one factor without clusters, in eight latents
    copies = spread[:, None] + 0.1 * rng.standard_normal((200, 8))
    clustered = np.where(truth, 1.0, -1.0) + 0.2 * rng.standard_normal(200)
    latents = np.column_stack([copies, clustered])
    time, event = np.arange(1.0, 201.0), np.ones(200, bool)
    found = {m: fit_subtypes(latents, time, event, {**SETTINGS, "method": m, "n_subtypes": 2}, 0) for m in METHODS}
    assert adjusted_rand_score(found["gaussian_mixture"].labels, truth) > 0.95
    assert adjusted_rand_score(found["kmeans"].labels, truth) < 0.2  # what the canonical chain does, and why it matters


def test_mixture_has_no_degenerate_clusters():
    z = np.random.default_rng(0).standard_normal((80, 4))
    z[:2] = z[2]  # identical patients: an unbounded likelihood without the prior
    fitted = gaussian_mixture.fit(z, 5, seed=0, restarts=20)
    assert fitted["variances"].min() > 0.03


@pytest.mark.parametrize("k", [2, 4])
def test_criteria_are_those_of_sklearn(k):
    rng = np.random.default_rng(k)
    z = rng.standard_normal((90, 5))
    labels = rng.integers(0, k, 90)
    lonely = np.where(np.arange(90) == 4, k, labels)
    ours = silhouettes(z, [labels, lonely])
    np.testing.assert_allclose(ours, [silhouette_score(z, labels), silhouette_score(z, lonely)], rtol=1e-9)
    assert calinski_harabasz(z, labels) == pytest.approx(calinski_harabasz_score(z, labels), rel=1e-10)


def test_silhouette_does_not_depend_on_the_rows_held_at_once(monkeypatch):
    z = np.random.default_rng(0).standard_normal((50, 3))
    labels = np.arange(50) % 3
    whole = silhouettes(z, [labels])
    monkeypatch.setattr("stratomics.subtypes.choose_k.ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(silhouettes(z, [labels]), whole, rtol=1e-12)


def test_observed_and_expected_are_those_of_the_logrank_test():
    _, time, event, truth = planted()
    time = np.ceil(time / 200)  # many ties
    observed, expected = observed_expected(time, event, truth, 3)
    *_, stats, _ = compare_survival(Surv.from_arrays(event, time), truth, return_stats=True)
    np.testing.assert_allclose(observed, stats["observed"])
    np.testing.assert_allclose(expected, stats["expected"], rtol=1e-10)


def test_a_cluster_without_events_has_a_finite_risk_and_ties_are_settled():
    z = np.array([[0.0], [1.0], [2.0], [3.0]])
    subtype, log_risk = order_by_risk(z, np.ones(4), np.zeros(4, bool), np.array([1, 1, 0, 0]), 2)
    assert np.isfinite(log_risk).all()
    assert subtype.tolist() == [2, 1]  # equal risk and size: smaller latents first


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("criterion", ["mixture_bic", "silhouette", "calinski_harabasz"])
def test_planted_subtypes_are_found_and_ordered_by_risk(method, criterion):
    latents, time, event, truth = planted()
    model = fit_subtypes(latents, time, event, {**SETTINGS, "method": method, "criterion": criterion}, seed=0)
    assert model.n_subtypes == 3
    assert adjusted_rand_score(model.labels, truth) > 0.95
    assert [np.bincount(model.labels[truth == t]).argmax() for t in range(3)] == [3, 2, 1]
    assert (np.diff(model.log_risk) > 0).all()
    np.testing.assert_array_equal(model.assign(latents), model.labels)
    observed, expected = observed_expected(time, event, model.labels - 1, 3)
    np.testing.assert_allclose(model.log_risk, np.log((observed + 0.5) / (expected + 0.5)))
    table = model.k_table
    assert list(table.columns) == [
        "k", "mixture_bic", "silhouette", "calinski_harabasz", "smallest_share", "eligible", "chosen", "reason",
    ]  # fmt: skip
    assert table["k"].tolist() == [2, 3, 4, 5]
    assert table.loc[table["chosen"], "k"].tolist() == [3]
    assert table.loc[table["eligible"], criterion].idxmax() == table["chosen"].idxmax()


def test_a_larger_k_needs_very_strong_evidence():
    z = np.random.default_rng(0).standard_normal((150, 3))  # no clusters at all
    labellings = {k: kmeans.assign(z, kmeans.fit(z, k, seed=0, restarts=5)) for k in (2, 3, 4)}
    table = choose_k(z, labellings, {**SETTINGS, "criterion": "mixture_bic"})
    assert table.loc[table["chosen"], "k"].tolist() == [2]
    chain = np.repeat([[0.0, 0.0], [3.0, 3.0], [6.0, 0.0]], 50, axis=0) + np.random.default_rng(1).standard_normal(
        (150, 2)
    )
    labellings = {k: kmeans.assign(chain, kmeans.fit(chain, k, seed=0, restarts=5)) for k in (2, 3, 4)}
    table = choose_k(chain, labellings, {**SETTINGS, "criterion": "mixture_bic"})
    assert table.loc[table["chosen"], "k"].tolist() == [3]


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_patients_does_not_matter_and_seeds_repeat(method):
    latents, time, event, _ = planted(gap=1.0)
    settings = {**SETTINGS, "method": method}
    one = fit_subtypes(latents, time, event, settings, seed=5)
    shuffled = np.random.default_rng(1).permutation(len(latents))
    other = fit_subtypes(latents[shuffled], time[shuffled], event[shuffled], settings, seed=5)
    np.testing.assert_array_equal(other.labels, one.labels[shuffled])
    for name, array in one.to_arrays()[0].items():
        if name != "labels":
            assert array.tobytes() == other.to_arrays()[0][name].tobytes()


def test_labels_do_not_depend_on_the_common_unit_of_the_latents():
    latents, time, event, _ = planted(gap=1.0)
    one = fit_subtypes(latents, time, event, SETTINGS, seed=0)
    other = fit_subtypes(latents * 64.0, time, event, SETTINGS, seed=0)
    np.testing.assert_array_equal(one.labels, other.labels)


def test_latents_may_count_by_their_tie_to_survival_instead_of_their_scale():
    rng = np.random.default_rng(3)
    group = rng.random(200) < 0.5
    tied, loud = group * 1.0 + rng.normal(0, 0.15, 200), rng.normal(0, 20, 200)
    latents = np.column_stack([tied, loud, rng.normal(size=200)])
    time, event = rng.exponential(np.where(group, 1.0, 5.0)), np.ones(200, dtype=bool)
    two = {**SETTINGS, "n_subtypes": 2}

    def agreement(model):
        return abs(np.corrcoef(model.labels, group)[0, 1])

    strength = np.array([8.0, 0.5, 0.0])
    weighted = fit_subtypes(latents, time, event, two, 0, strength=strength)
    assert agreement(weighted) > 0.95
    assert agreement(fit_subtypes(latents, time, event, two, 0)) < 0.3
    scaled = fit_subtypes(latents * [64.0, 0.5, 2.0], time, event, two, 0, strength=strength)
    np.testing.assert_array_equal(scaled.labels, weighted.labels)
    np.testing.assert_array_equal(weighted.assign(latents), weighted.labels)
    assert (weighted.place(latents) ** 2).mean() == pytest.approx(1)
    assert (weighted.place(latents)[:, 2] == 0).all()


def test_a_latent_without_spread_does_not_blur_the_clusters():
    """Latents keep their scale: a network that hardly uses a latent says that it carries little."""
    latents, time, event, truth = planted()
    noise = 0.01 * np.random.default_rng(1).standard_normal((len(latents), 40))
    model = fit_subtypes(np.column_stack([latents, noise]), time, event, SETTINGS, seed=0)
    assert adjusted_rand_score(model.labels, truth) > 0.95


def test_k_is_chosen_without_survival():
    latents, time, event, _ = planted(gap=1.5)
    shuffled = np.random.default_rng(2).permutation(len(time))
    one = fit_subtypes(latents, time, event, SETTINGS, seed=0)
    other = fit_subtypes(latents, time[shuffled], event[shuffled], SETTINGS, seed=0)
    assert adjusted_rand_score(one.labels, other.labels) == 1.0


def test_small_clusters_are_not_eligible():
    latents, time, event, _ = planted(sizes=(80, 60, 5), gap=6.0)
    model = fit_subtypes(latents, time, event, SETTINGS, seed=0)
    assert model.n_subtypes == 2
    row = model.k_table.set_index("k").loc[3]
    assert row["smallest_share"] == pytest.approx(5 / 145)
    assert not row["eligible"]
    assert row["reason"] == "smallest cluster below 0.1 of the patients"


def test_fallback_when_no_k_is_eligible():
    z = np.random.default_rng(0).standard_normal((20, 2))
    groups = {2: np.r_[[0], np.ones(19, int)], 3: np.r_[[0, 0], [1, 1], np.full(16, 2)]}
    table = choose_k(z, groups, SETTINGS | {"min_share": 0.3})
    assert not table["eligible"].any()
    assert table.loc[table["chosen"], "k"].tolist() == [3]
    assert table["reason"].iloc[1].startswith("fallback: for every K")


def test_a_fixed_number_is_kept_and_reported():
    latents, time, event, _ = planted(sizes=(80, 60, 5), gap=6.0)
    model = fit_subtypes(latents, time, event, {**SETTINGS, "n_subtypes": 3}, seed=0)
    assert model.n_subtypes == 3
    assert model.k_table["reason"].tolist() == [
        "fixed by n_subtypes, although smallest cluster below 0.1 of the patients"
    ]
    assert np.isfinite(model.k_table["silhouette"]).all()


def test_too_few_patients():
    latents, time, event, _ = planted(sizes=(2, 2), gap=3.0)
    assert fit_subtypes(latents, time, event, {**SETTINGS, "min_share": 0.0}, seed=0).k_table["k"].max() == 3
    with pytest.raises(DataError, match=r"subtypes.n_subtypes: 4 cannot be met.*4 different profiles"):
        fit_subtypes(latents, time, event, {**SETTINGS, "n_subtypes": 4}, seed=0)


def test_unknown_method_lists_the_known():
    assert method_names() == ["gaussian_mixture", "kmeans"]
    with pytest.raises(ConfigError, match=r"'kmean' is not known. Use one of: gaussian_mixture, kmeans"):
        find_method("kmean")


@pytest.mark.parametrize("method", METHODS)
def test_round_trip_is_exact(method, tmp_path):
    latents, time, event, _ = planted(gap=1.0)
    model = fit_subtypes(latents, time, event, {**SETTINGS, "method": method}, seed=0)
    arrays, meta = model.to_arrays()
    save_arrays(tmp_path / "subtypes.safetensors", arrays, {"meta": json.dumps(meta)})
    arrays, header = load_arrays(tmp_path / "subtypes.safetensors")
    again = SubtypeModel.from_arrays(arrays, json.loads(header["meta"]))
    assert again.k_table.equals(model.k_table)
    assert (again.method, again.n_subtypes) == (model.method, model.n_subtypes)
    np.testing.assert_array_equal(again.log_risk, model.log_risk)
    np.testing.assert_array_equal(again.labels, model.labels)
    new = np.random.default_rng(9).standard_normal((500, 5)) * 3
    np.testing.assert_array_equal(again.assign(new), model.assign(new))


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("d", [1, 4])
def test_the_mixture_is_that_of_scikit_learn(k, d):
    from sklearn.mixture import GaussianMixture

    from stratomics.subtypes.mixture import TOLERANCE, tied_mixture_loglik

    rng = np.random.default_rng(10 * k + d)
    labels = rng.permutation(np.arange(150) % k)
    points = rng.normal(size=(150, d)) + 1.5 * rng.normal(size=(k, d))[labels]
    centres = np.array([points[labels == cluster].mean(axis=0) for cluster in range(k)])
    within = points - centres[labels]
    covariance = within.T @ within / len(points) + 1e-3 * np.eye(d)
    reference = GaussianMixture(
        k,
        covariance_type="tied",
        reg_covar=1e-3,
        weights_init=np.bincount(labels) / len(labels),
        means_init=centres,
        precisions_init=np.linalg.inv(covariance),
        max_iter=200,
        tol=TOLERANCE,
    ).fit(points)
    found = tied_mixture_loglik(points, labels, k, 1e-3)
    assert found == pytest.approx(reference.score(points) * len(points), rel=1e-9)


def test_the_short_way_finds_the_same_subtypes():
    """Without its report, as permutations run it, the clustering is the same."""
    z, time, event, _ = planted()
    settings = {
        "method": "kmeans",
        "n_subtypes": "auto",
        "range": [2, 4],
        "criterion": "mixture_bic",
        "min_share": 0.1,
        "restarts": 5,
    }
    whole, short = (fit_subtypes(z, time, event, settings, seed=3, report=report) for report in (True, False))
    assert whole.n_subtypes == short.n_subtypes
    assert (whole.labels == short.labels).all()
    assert (whole.log_risk == short.log_risk).all()
    assert short.k_table.empty


def test_latents_that_saw_survival_have_the_smallest_k_whatever_the_gaps() -> None:
    """Five clear groups: the criteria see them, and are not asked."""
    rng = np.random.default_rng(3)
    z = np.repeat(10.0 * rng.normal(size=(5, 4)), 30, axis=0) + rng.normal(size=(150, 4))
    labellings = {k: np.minimum(np.arange(150) // 30, k - 1) for k in (2, 3, 4, 5)}
    seen = subtypes_settings({"survival": 0.3}, SETTINGS)
    assert SETTINGS == subtypes_settings({"survival": 0.0}, SETTINGS)
    own = {**seen, "range": [2, 5], "min_share": 0.1, "n_subtypes": "auto"}
    table = choose_k(z, labellings, own)
    assert table.loc[table["chosen"], "k"].tolist() == [2]
    assert "saw survival" in table.loc[table["chosen"], "reason"].iloc[0]
    assert choose_k(z, labellings, {**own, "criterion": "mixture_bic"}).query("chosen")["k"].tolist() == [5]
    # One cluster of a tenth only: the next.
    small = {2: np.repeat([0, 1], [145, 5]), 3: np.arange(150) // 50}
    assert choose_k(z, small, own).query("chosen")["k"].tolist() == [3]
    time, event = np.arange(1.0, 151.0), np.ones(150, dtype=bool)
    models = [fit_subtypes(z, time, event, own, seed=0, report=report) for report in (True, False)]
    assert [model.n_subtypes for model in models] == [2, 2]
