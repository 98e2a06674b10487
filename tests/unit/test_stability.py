"""Consensus, agreement and the tables of stability: against naive loops, scikit-learn and planted subtypes."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from stratomics.catalogue import SMALLEST
from stratomics.cohort.types import Cohort, Omics
from stratomics.runtime import derive_seed
from stratomics.stability import (
    adjusted_rand,
    consensus_matrix,
    measure_stability,
    pairwise_adjusted_rand,
    patient_consensus,
    proportion_ambiguous,
)
from stratomics.stability.resample import draw_subsamples, resample_subtypes, restart_subtypes
from stratomics.subtypes import fit_subtypes, select_latents

SUBTYPES = {
    "method": "kmeans",
    "n_subtypes": "auto",
    "range": [2, 4],
    "criterion": "mixture_bic",
    "min_share": 0.1,
    "restarts": 5,
    "weights": "none",
}
SELECTION = {"alpha": 0.05, "correction": "none", "if_none": "best", "n_best": 5}
SETTINGS = {"subsamples": 30, "share": 0.8, "ambiguous_below": 0.7}


def random_labels(rng, rows, n, k, missing):
    labels = rng.integers(k, size=(rows, n))
    return np.where(rng.random((rows, n)) < missing, -1, labels)


def planted(gap, n=240, k=3, width=10, seed=0):
    """Round clusters at the corners of a polygon; the hazard rises from one to the next."""
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(n) % k)
    latents = rng.standard_normal((n, width)) * np.where(np.arange(width) < 4, 1.0, 0.6)
    latents[:, 0] += gap * np.cos(2 * np.pi * truth / k)
    latents[:, 1] += gap * np.sin(2 * np.pi * truth / k)
    latents[:, 2] += 0.3 * gap * truth
    death, left = 1000 * rng.exponential(size=n) / np.exp(1.2 * truth), rng.uniform(0, 3000, n)
    clinical = pd.DataFrame(
        {"time": np.maximum(np.minimum(death, left), 1.0), "event": (death <= left).astype(int)},
        index=pd.Index([f"p{i}" for i in range(n)], name="patient"),
    )
    values = pd.DataFrame(np.zeros((n, 1), np.float32), index=clinical.index, columns=["f"])
    return Cohort("planted", (Omics("x", values),), clinical), latents, truth


def full_fit(cohort, latents, subtypes=SUBTYPES, folds=()):
    """The tables of a full fit, and of folds whose classifiers say (labels, K) of everybody, each holding out a part."""
    prognostic = select_latents(latents, cohort.time, cohort.event, SELECTION).assign(split="full")
    selected = prognostic["selected"].to_numpy()
    model = fit_subtypes(latents[:, selected], cohort.time, cohort.event, subtypes, seed=1)
    clusters = pd.DataFrame({"split": "full", "patient": cohort.patients, "subtype": model.labels})
    parts = [clusters.assign(role="train", n_subtypes=model.n_subtypes)]
    tables = [model.k_table.assign(split="full")]
    for i, (labels, k) in enumerate(folds):
        role = np.where(np.arange(cohort.n) % 2 == i % 2, "held_out", "train")
        parts.append(
            pd.DataFrame({"split": f"r{i // 2}f{i % 2}", "patient": cohort.patients, "subtype": labels, "role": role})
        )
        parts[-1]["n_subtypes"] = k
        tables.append(pd.DataFrame({"split": f"r{i // 2}f{i % 2}", "k": [k], "chosen": True}))
    predictions = pd.concat(parts, ignore_index=True).assign(risk=0.0)
    return model, (prognostic, clusters, predictions, pd.concat(tables, ignore_index=True))


def scatter(points, labels):
    """Sum of squares within clusters."""
    return sum(((points[labels == one] - points[labels == one].mean(axis=0)) ** 2).sum() for one in np.unique(labels))


def stability_of(cohort, latents, *, subtypes=SUBTYPES, selection=SELECTION, settings=SETTINGS, folds=(), threads=1):
    model, tables = full_fit(cohort, latents, subtypes, folds)
    result = measure_stability(cohort, latents, *tables, settings, selection, subtypes, seed=3, threads=threads)
    return model, result, result.measures.set_index(["measure", "item"])["value"]


# agreement ----------------------------------------------------------------------------------------------------------


def test_adjusted_rand_against_scikit_learn():
    rng = np.random.default_rng(0)
    labels, others = random_labels(rng, 12, 40, 4, 0.3), random_labels(rng, 5, 40, 2, 0.1)
    labels[3] = (
        labels[2] + 1
    ) % 4  # not a missing label in sight: the same partition under other names where both hold
    found, crossed = pairwise_adjusted_rand(labels), pairwise_adjusted_rand(labels, others)
    for i, j in combinations(range(12), 2):
        both = (labels[i] >= 0) & (labels[j] >= 0)
        assert found[i, j] == pytest.approx(adjusted_rand_score(labels[i][both], labels[j][both]), abs=1e-12)
    for i in range(12):
        for j in range(5):
            both = (labels[i] >= 0) & (others[j] >= 0)
            assert crossed[i, j] == pytest.approx(adjusted_rand_score(labels[i][both], others[j][both]), abs=1e-12)
    np.testing.assert_allclose(np.diag(found), 1.0)
    np.testing.assert_allclose(found, found.T)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([0, 0, 0, 0], [0, 0, 0, 0]),
        ([0, 0, 0, 0], [0, 1, 2, 3]),
        ([0, 1, 2, 3], [3, 2, 1, 0]),
        ([0, 0, 1, 1], [0, 1, 0, 1]),
        ([0, 0, 0, 0], [0, 0, 1, 1]),
    ],
)
def test_adjusted_rand_at_the_edges(a, b):
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b))


def test_adjusted_rand_of_labels_of_any_type():
    a, b = np.array(["x", "x", "y", "y", None], dtype=object), np.array([1.0, 1.0, 2.0, np.nan, 2.0])
    assert adjusted_rand(a, b) == adjusted_rand_score([0, 0, 1], [0, 0, 1])
    assert np.isnan(adjusted_rand([1, np.nan], [np.nan, 1]))
    assert np.isnan(pairwise_adjusted_rand(np.array([[0, -1, -1]]), np.array([[0, 1, 1]]))).all()
    with pytest.raises(ValueError, match="same patients"):
        adjusted_rand([1, 2], [1, 2, 3])


def test_adjusted_rand_within_folds():
    # labels of the second fold have other names: as one labelling the agreement is hidden, fold by fold it is perfect
    final, fold = np.tile([1, 2], 20), np.repeat(["f0", "f1"], 20)
    found = np.where(fold == "f0", final, 3 - final)
    assert adjusted_rand(found, final) < 0.05
    assert adjusted_rand(found, final, fold=fold) == 1.0
    rng = np.random.default_rng(0)
    found, fold = rng.integers(2, size=40), np.repeat([0, 1], [30, 10])
    parts = [adjusted_rand_score(found[fold == one], final[fold == one]) for one in (0, 1)]
    assert adjusted_rand(found, final, fold=fold) == pytest.approx(0.75 * parts[0] + 0.25 * parts[1])


# consensus ----------------------------------------------------------------------------------------------------------


def test_blocks_of_labellings_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    labels, others = random_labels(rng, 13, 30, 3, 0.2), random_labels(rng, 11, 30, 5, 0.2)
    rand, consensus = pairwise_adjusted_rand(labels, others), consensus_matrix(labels)
    for module in ("agreement", "consensus"):
        monkeypatch.setattr(f"stratomics.stability.{module}.LABELLINGS_AT_ONCE", 4)
    np.testing.assert_array_equal(pairwise_adjusted_rand(labels, others), rand)
    np.testing.assert_array_equal(consensus_matrix(labels), consensus)


def test_consensus_and_its_ambiguity_against_a_loop():
    rng = np.random.default_rng(1)
    labels = random_labels(rng, 90, 25, 3, 0.2)
    labels[:, 0] = -1  # held nowhere
    labels[:, 2] = labels[:, 1]
    found = consensus_matrix(labels)
    ambiguous = []
    for i in range(25):
        for j in range(25):
            together = [row[i] == row[j] for row in labels if row[i] >= 0 and row[j] >= 0]
            expected = np.mean(together) if together else np.nan
            np.testing.assert_equal(found[i, j], expected)
            if i < j and together:
                ambiguous.append(0.1 < expected < 0.9)
    assert 0 < np.mean(ambiguous) < 1
    assert proportion_ambiguous(found) == pytest.approx(np.mean(ambiguous))
    assert np.isnan(proportion_ambiguous(np.full((3, 3), np.nan)))


def test_bounds_of_ambiguity_are_outside():
    pairs = np.array([[1, 0.1, 0.9], [0.1, 1, 0.5], [0.9, 0.5, 1]])
    assert proportion_ambiguous(pairs) == pytest.approx(1 / 3)


def test_patient_consensus_against_a_loop():
    rng = np.random.default_rng(2)
    consensus = consensus_matrix(random_labels(rng, 30, 20, 3, 0.3))
    consensus[4, 7] = consensus[7, 4] = np.nan
    subtype = np.array([1] * 9 + [2] * 10 + [4])  # one stands alone
    own, other = patient_consensus(consensus, subtype)
    for i in range(20):
        means = {}
        for label in (1, 2, 4):
            values = [consensus[i, j] for j in range(20) if j != i and subtype[j] == label]
            values = [value for value in values if not np.isnan(value)]
            means[label] = np.mean(values) if values else np.nan
        np.testing.assert_allclose(own[i], means.pop(subtype[i]))
        assert other[i] == pytest.approx(np.nanmax(list(means.values())))
    assert np.isnan(own[19])
    own, other = patient_consensus(consensus, np.ones(20, dtype=int))
    assert np.isfinite(own).all()
    assert np.isnan(other).all()


# subsamples ---------------------------------------------------------------------------------------------------------


def test_subsamples_are_stratified_and_extendable():
    event = np.arange(50) < 15
    held = draw_subsamples(event, 20, 0.8, seed=5)
    assert (held[:, event].sum(axis=1) == 12).all()
    assert (held[:, ~event].sum(axis=1) == 28).all()
    assert len({row.tobytes() for row in held}) == 20
    np.testing.assert_array_equal(draw_subsamples(event, 30, 0.8, seed=5)[:20], held)
    assert (draw_subsamples(event, 20, 0.8, seed=6) != held).any()
    assert draw_subsamples(np.ones(5, bool), 3, 0.01, seed=0).sum(axis=1).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("method", "weights"), [("kmeans", "cox"), ("gaussian_mixture", "none")])
def test_a_subsample_is_fitted_as_the_full_fit_is(method, weights):
    cohort, latents, _ = planted(gap=2.0)
    settings = {**SUBTYPES, "method": method, "weights": weights}
    few = {**SETTINGS, "subsamples": 3}
    found = resample_subtypes(latents, cohort.time, cohort.event, [2, 3], few, SELECTION, settings, seed=9)
    assert found.failed == 0
    for b in range(3):
        held = found.held[b]
        time, event = cohort.time[held], cohort.event[held]
        table = select_latents(latents[held], time, event, SELECTION)
        selected = table["selected"].to_numpy()
        np.testing.assert_array_equal(found.selected[b], selected)
        seed = derive_seed(9, "cluster", b)
        strength = table["z"].abs().to_numpy()[selected] if weights == "cox" else None
        model = fit_subtypes(latents[held][:, selected], time, event, settings, seed, strength=strength)
        assert found.k_chosen[b] == model.n_subtypes
        np.testing.assert_array_equal(found.labels[b, held] + 1, model.labels)
        np.testing.assert_array_equal(found.labels[b, ~held] + 1, model.assign(latents[~held][:, selected]))
        for k in (2, 3):
            assert (found.labels_at[k][b, ~held] == -1).all()
            one = {**settings, "n_subtypes": k}
            fixed = fit_subtypes(latents[held][:, selected], time, event, one, seed, strength=strength)
            # as good a partition, if not the same: the latter's patients were put into another order before
            points = latents[held][:, selected]
            assert scatter(points, found.labels_at[k][b, held]) < 1.1 * scatter(points, fixed.labels)


def test_subsamples_without_a_result_are_counted():
    cohort, latents, _ = planted(gap=0.0, k=1)
    stop = {**SELECTION, "alpha": 0.1, "if_none": "stop"}
    found = resample_subtypes(latents, cohort.time, cohort.event, [2], SETTINGS, stop, SUBTYPES, seed=0)
    assert 0 < found.failed < 30
    assert len(found.held) == len(found.labels) == len(found.labels_at[2]) == len(found.k_chosen) == 30 - found.failed
    assert found.selected.any(axis=1).all()


def test_nothing_can_be_clustered():
    cohort, latents, _ = planted(gap=0.0, k=1)
    never = {**SELECTION, "alpha": 1e-12, "if_none": "stop"}
    _, result, value = stability_of(cohort, latents, selection=never)
    assert value["subsamples_failed", "all"] == 30
    assert value.filter(like="ari_subsamples").isna().all()
    assert value["pac"].isna().all()
    assert np.isnan(result.consensus).all()
    assert result.patients["ambiguous"].all()
    assert result.frequency["frequency"].isna().all()


def test_restarts_use_other_seeds():
    cohort, latents, _ = planted(gap=1.0)
    one = {**SUBTYPES, "restarts": 1}
    labels = restart_subtypes(latents, cohort.time, cohort.event, 4, one, strength=None, seed=0)
    assert labels.shape == (20, cohort.n)
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    between = pairwise_adjusted_rand(labels)[np.triu_indices(20, 1)]
    assert between.min() < 0.95
    many = restart_subtypes(latents, cohort.time, cohort.event, 4, {**one, "restarts": 15}, strength=None, seed=0)
    assert pairwise_adjusted_rand(many)[np.triu_indices(20, 1)].mean() > between.mean()


# measures -----------------------------------------------------------------------------------------------------------


def test_clean_clusters_are_stable():
    cohort, latents, truth = planted(gap=6.0)
    model, result, value = stability_of(cohort, latents)
    assert adjusted_rand(model.labels, truth) == 1.0
    assert value["pac_chosen", "3"] == value["pac", "3"] < 0.01
    assert value["pac", "2"] > 0.05
    assert value["pac", "4"] > 0.05
    assert value["k_chosen_again", "3"] == 1.0
    assert value["k_chosen"].sum() == pytest.approx(1.0)
    for measure in ("ari_subsamples_mean", "ari_subsamples_full_q05", "ari_left_out_full_mean", "ari_restarts_mean"):
        assert value[measure, "all"] > 0.98
    assert value["consensus_restarts", "all"] == 1.0
    assert value["ambiguous_share", "all"] == 0
    assert (result.patients["consensus_own"] > 0.95).all()
    assert (result.patients["consensus_other"] < 0.05).all()


@pytest.mark.parametrize("method", ["kmeans", "gaussian_mixture"])
def test_noise_is_not_stable(method):
    cohort, latents, _ = planted(gap=0.0)
    few = {**SETTINGS, "subsamples": 16}
    _, _, value = stability_of(cohort, latents, subtypes={**SUBTYPES, "method": method}, settings=few)
    assert (value["pac"] > 0.35).all()
    assert value["ari_subsamples_mean", "all"] < 0.75


@pytest.mark.parametrize(("gap", "seed"), [(1.2, 0), (1.5, 0), (1.5, 1)])
def test_ambiguous_patients_are_mislabelled_more_often(gap, seed):
    cohort, latents, truth = planted(gap=gap, n=300, seed=seed)
    model, result, _ = stability_of(cohort, latents, subtypes={**SUBTYPES, "n_subtypes": 3})
    wrong, ambiguous = model.labels - 1 != truth, result.patients["ambiguous"].to_numpy()
    assert 0 < ambiguous.mean() < 0.6
    assert wrong[~ambiguous].mean() < 0.3
    assert wrong[ambiguous].mean() > 1.5 * wrong[~ambiguous].mean()


def test_tables(small_chain, small_cohort, small_settings):
    chain = small_chain["ae"]
    arguments = (
        *(small_cohort, chain.embedding.latents["full"], chain.prognostic, chain.clusters),
        *(chain.classified.predictions, chain.k_selection),
        *({**SETTINGS, "subsamples": 12}, small_settings["selection"], small_settings["subtypes"]),
    )
    result, again = (measure_stability(*arguments, seed=1, threads=threads) for threads in (1, 2))
    for one, two in zip(
        (result.measures, result.patients, result.frequency),
        (again.measures, again.patients, again.frequency),
        strict=True,
    ):
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    np.testing.assert_array_equal(result.consensus, again.consensus)
    assert (measure_stability(*arguments, seed=2).consensus != result.consensus).any()
    # Among patients whose survival the networks saw, no gap is looked for.
    saw = measure_stability(*arguments[:-1], {**arguments[-1], "criterion": SMALLEST}, seed=1)
    gaps = [one.measures.set_index("measure")["value"]["continuum_p"] for one in (result, saw)]
    assert np.isfinite(gaps).tolist() == [True, False]

    assert list(result.measures) == ["measure", "item", "value"]
    items = result.measures.groupby("measure", sort=False)["item"].agg(list).to_dict()
    # two subtypes are demanded here, yet consensus is measured over the range
    assert items["pac"] == ["2", "3", "4", "5"]
    assert items["pac_chosen"] == items["k_chosen_again"] == items["k_folds_again"] == ["2"]
    assert items["ari_heldout_full"] == ["r0"]
    assert not result.measures.duplicated(["measure", "item"]).any()
    assert result.measures["value"].notna().all()
    documented = measure_stability.__doc__ or ""
    for measure in items:
        assert measure in documented or measure.rsplit("_", 1)[-1] in ("q05", "min", "max")

    assert result.patients["patient"].tolist() == list(small_cohort.patients)
    full = chain.clusters[chain.clusters["split"] == "full"].set_index("patient")["subtype"]
    assert result.patients["subtype"].tolist() == full.reindex(small_cohort.patients).tolist()
    assert result.consensus.shape == (small_cohort.n, small_cohort.n)
    assert result.consensus.dtype == np.float32
    own = chain.prognostic[chain.prognostic["split"] == "full"]
    assert result.frequency["latent"].tolist() == own["latent"].tolist()
    assert result.frequency.loc[own["selected"].to_numpy(), "frequency"].mean() > 0.5


def test_held_out_labels_against_the_full_fit():
    cohort, latents, truth = planted(gap=6.0)
    few, right = {**SETTINGS, "subsamples": 4}, truth + 1
    wrong = np.where(np.arange(cohort.n) < 60, right % 3 + 1, right)
    folds = [(right, 3), (wrong, 3), (right, 3), (np.minimum(right, 2), 2)]
    model, result, value = stability_of(cohort, latents, settings=few, folds=folds)
    np.testing.assert_array_equal(model.labels, right)  # the hazard rises with the number
    even = np.arange(cohort.n) % 2 == 0
    # patients of even position are held out by the first fold of each repeat, always rightly labelled
    expected = np.where(even, 1.0, np.where(wrong == right, 1.0, 0.0))
    np.testing.assert_array_equal(result.patients["heldout_agreement"], expected)
    assert value["heldout_agreement_mean", "all"] == pytest.approx(expected.mean())
    assert value["k_folds_again", "3"] == 0.75
    assert (value["k_folds", "2"], value["k_folds", "3"]) == (0.25, 0.75)
    assert value["continuum_p", "3"] <= 0.05  # the groups were planted
    labels = [one for one, _ in folds]
    pairs = [adjusted_rand_score(a, b) for a, b in combinations(labels, 2)]
    assert value["ari_folds_mean", "all"] == pytest.approx(np.mean(pairs))
    assert value["ari_folds_min", "all"] == pytest.approx(np.min(pairs))
    assert value["ari_folds_max", "all"] == pytest.approx(np.max(pairs))
    for repeat, odd in (("r0", wrong), ("r1", np.minimum(right, 2))):
        parts = [1.0, adjusted_rand_score(odd[~even], right[~even])]
        assert value["ari_heldout_full", repeat] == pytest.approx(np.mean(parts))

    _, result, value = stability_of(cohort, latents, settings=few, folds=[(np.ones(cohort.n, int), 1)] * 2)
    assert result.patients["heldout_agreement"].isna().all()
    assert value["ari_heldout_full", "r0"] == 0
    assert np.isnan(value["heldout_agreement_mean", "all"])
    _, _, value = stability_of(cohort, latents, settings=few)  # no folds at all
    assert value[["ari_folds_mean", "k_folds_again"]].isna().all()
