"""Late fusion: networks of an omics that know no other, a risk of each omics, and their mean over those that a patient has."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from stratomics.catalogue import chain_settings
from stratomics.chain.latent_risk import latent_risk
from stratomics.chain.risk import RiskModel, fit_risk, risk_table
from stratomics.chain.run import run_chain
from stratomics.cohort.types import Cohort
from stratomics.config import defaults
from stratomics.embedding import Views
from stratomics.embedding.splits import survival_studies
from stratomics.embedding.study import SUPERVISED, UNSUPERVISED, retrain
from stratomics.embedding.told import Told
from stratomics.embedding.train import EmbeddingResult, train_embedding
from stratomics.errors import ConfigError, DataError
from stratomics.evaluation.permutation import permute_survival
from stratomics.subtypes import SubtypeModel
from stratomics.survival import concordance_harrell
from stratomics.survival.averaging import RULES, learn_shares, mean_of_those_there
from stratomics.survival.stacking import stack, stacking_weights

N, NAMES = 240, ("a", "b", "c")


def survival_of(log_hazard: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    time, censoring = rng.exponential(1000 * np.exp(-log_hazard)), rng.exponential(1500, len(log_hazard))
    return np.ceil(np.minimum(time, censoring)), time <= censoring


def planted(effects: tuple[float, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, Told]:
    """Four latents of each of three omics, whose first tells survival with this effect; no network looks at it."""
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(N, 12)) + 0.5
    time, event = survival_of(latents[:, [0, 4, 8]] @ effects, rng)
    return latents, time, event, Told(np.zeros(0), np.zeros((3, 0)), np.repeat([0, 1, 2], 4), NAMES)


def lacking(latents: np.ndarray, told: Told, share: float = 0.3) -> np.ndarray:
    """Take omics from patients, and leave each one: their latents are then 0. Returns who has which, [n, V]."""
    has = np.random.default_rng(5).random((len(latents), 3)) >= share
    has[~has.any(axis=1), 0] = True
    latents *= has[:, told.owner]
    return has


# Networks

SMALL: dict[str, Any] = {"hidden": [9], "latent": 4, "epochs": 3, "batch_size": 16, "committee": 2}


def settings(kind: str) -> dict[str, Any]:
    chosen = {**defaults(kind), **SMALL, "architecture": "late"}
    return {**chosen, "supervised": {key: chosen[key] for key in chosen["supervised"]}}


def views(seed: int = 0) -> Views:
    rng = np.random.default_rng(seed)
    blocks = {"a": slice(0, 20), "b": slice(20, 28), "c": slice(28, 60)}
    present = rng.random((60, 3)) > 0.2
    present[~present.any(axis=1), 0] = True
    features = rng.normal(size=(60, 60)) * np.repeat(present, [20, 8, 32], axis=1)
    return Views(features.astype(np.float32), blocks, present)


def train(kind: str, own: Views, rows: np.ndarray) -> EmbeddingResult:
    rng = np.random.default_rng(3)
    outcome = survival_of(np.zeros(60), rng)
    return train_embedding(settings(kind), [own], [rows], ["s"], seed=1, outcome=outcome, device="cpu")


@pytest.mark.parametrize("kind", ["cox", "vae"])
def test_the_networks_of_an_omics_know_no_other(kind: str) -> None:
    own, rows = views(), np.arange(45)
    features, present = own.features.copy(), own.present.copy()
    rng = np.random.default_rng(9)
    present[:, 1] = rng.random(60) > 0.5
    features[:, 20:28] = rng.normal(size=(60, 8)) * present[:, [1]]
    one, two = train(kind, own, rows), train(kind, replace(own, features=features, present=present), rows)
    told, other = one.told["s"], two.told["s"]
    mine = told.owner != 1
    np.testing.assert_array_equal(one.latents["s"][:, mine], two.latents["s"][:, mine])
    assert not np.allclose(one.latents["s"][:, ~mine], two.latents["s"][:, ~mine])
    for v, ((_, said), (_, again)) in enumerate(zip(told.of_omics(), other.of_omics(), strict=True)):
        assert (said is None) is (kind == "vae")
        if said is not None and again is not None and v != 1:
            assert said.coef.tobytes() == again.coef.tobytes()
            assert said.apart.tobytes() == again.apart.tobytes()


def test_whose_a_latent_is_and_who_lacks_it() -> None:
    own, rows = views(), np.arange(45)
    result = train("cox", own, rows)
    told, model = result.told["s"], result.models["s"]
    assert told.omics == NAMES
    assert told.owner.tolist() == [0] * 8 + [1] * 8 + [2] * 8 + [0] * 4 + [1] * 4 + [2] * 4
    assert result.parts == {SUPERVISED: slice(0, 24), UNSUPERVISED: slice(24, 36)}
    assert model.sees == tuple((name,) for part in ("aabbcc", "abc") for name in part)
    assert set(result.history["omics"]) == set(NAMES)
    latents = result.latents["s"]
    for v, (columns, said) in enumerate(told.of_omics()):
        has = own.present[:, v]
        assert (latents[~has][:, columns] == 0).all()
        assert (latents[has][:, columns] != 0).all()
        # Each patient who has the omics is told by a network that did not know the patient; the others are not told.
        np.testing.assert_array_equal(said.apart != 0, has[rows])
    np.testing.assert_allclose(model.encode(own.features, own.present), latents, atol=1e-5)
    assert model.reconstruct(own.features).shape == own.features.shape
    again = Told.from_arrays(*told.to_arrays())
    assert again.omics == told.omics


def test_an_omics_of_too_few_training_patients_is_a_fault() -> None:
    own = views()
    present = own.present.copy()
    present[3:, 1] = False
    present[:3] = present[:, 0] = True
    with pytest.raises(
        DataError, match=r"split s: 3 training patients with the omics b are too few for a network of its own"
    ):
        train("cox", replace(own, present=present), np.arange(45))


# Weights


@pytest.mark.parametrize("rule", RULES)
def test_a_weighted_mean_prefers_the_omics_that_tells_survival(rule: str) -> None:
    latents, time, event, told = planted((0.0, 1.2, 0.0))
    found = latent_risk(latents, time, event, 0, told, rule)
    assert found.shares.sum() == pytest.approx(1.0)
    if rule == "equal":
        np.testing.assert_allclose(found.shares, 1 / 3)
    else:
        assert found.shares.argmax() == 1
    assert np.abs(found.coef).argmax() == 4
    assert concordance_harrell(time, event, found.log_hazard(latents)) > 0.75
    assert abs(found.apart.mean()) < 1e-9


def test_shares_by_concordance_are_its_excess_over_one_half() -> None:
    rng = np.random.default_rng(2)
    apart = [np.r_[rng.normal(size=N)] * scale for scale in (1.0, 30.0, 0.1)]
    time, event = survival_of(apart[0] * 0.8 + apart[1] / 30 * 0.4 - 8 * apart[2], rng)
    has = np.ones((N, 3), dtype=bool)
    has[:80, 1] = False
    shares = learn_shares("concordance", apart, has, time, event)
    excess = [
        concordance_harrell(time, event, apart[0]) - 0.5,
        concordance_harrell(time[80:], event[80:], apart[1][80:]) - 0.5,
        0.0,  # the third misleads
    ]
    np.testing.assert_allclose(shares, np.array(excess) / sum(excess))
    # Nothing but what misleads, or says nothing: alike.
    for worse, events in (([-apart[0], np.zeros(N), -apart[1]], event), (apart, np.zeros(N, dtype=bool))):
        np.testing.assert_allclose(learn_shares("concordance", worse, has, time, events), 1 / 3)
        np.testing.assert_allclose(learn_shares("equal", worse, has, time, events), 1 / 3)
    np.testing.assert_allclose(learn_shares("stacked", apart, has, time, np.zeros(N, dtype=bool)), 1 / 3)


def test_stacked_shares_are_learned_from_the_patients_who_have_every_omics() -> None:
    rng = np.random.default_rng(2)
    apart = rng.normal(size=(3, N)) * [[1.0], [0.5], [0.5]]
    time, event = survival_of(apart[0] + 0.2 * apart[1] + apart[2], rng)
    has = np.ones((N, 3), dtype=bool)
    has[:60, 0] = False
    shares = learn_shares("stacked", list(apart), has, time, event)
    weights = stacking_weights(list(apart[:, 60:]), time[60:], event[60:], own_units=True)
    np.testing.assert_allclose(shares, weights / weights.sum())
    assert shares[0] == pytest.approx(shares[2], abs=0.1)  # per unit, not per deviation
    assert shares[1] < shares[2]


def test_the_mean_is_over_the_omics_that_a_patient_has() -> None:
    shares, has = np.array([0.5, 0.3, 0.2]), np.array([[1, 1, 1], [1, 0, 1], [0, 0, 1], [0, 0, 0]], dtype=bool)
    parts = [share * np.full(4, value) for share, value in zip(shares, (2.0, 4.0, 10.0), strict=True)]
    np.testing.assert_allclose(mean_of_those_there(parts, has, shares), [4.2, 3.0 / 0.7, 10.0, 0.0])


@pytest.mark.parametrize("rule", RULES)
def test_the_risk_of_each_omics_is_that_of_it_alone_on_the_patients_who_have_it(rule: str) -> None:
    latents, time, event, told = planted((0.9, 0.5, 0.0), seed=1)
    has = lacking(latents, told)
    found = latent_risk(latents, time, event, 7, told, rule)
    own, risks, apart = [4 * v + np.arange(4) for v in range(3)], np.zeros((3, N)), np.zeros((3, N))
    for v, columns in enumerate(own):
        rows = has[:, v]
        alone = latent_risk(latents[np.ix_(rows, columns)], time[rows], event[rows], 7)
        risks[v, rows] = alone.log_hazard(latents[np.ix_(rows, columns)])
        apart[v, rows] = alone.apart - alone.apart.mean()
    shares = learn_shares(rule, list(apart), has, time, event)
    np.testing.assert_allclose(found.shares, shares)
    weighed = has * shares
    weighed /= np.where(weighed.any(axis=1), weighed.sum(axis=1), 1.0)[:, None]
    means = [(weighed * which.T).sum(axis=1) for which in (risks, apart)]
    _, (slope,), together = stack(means[:1], means[1:], time, event)
    np.testing.assert_allclose(found.log_hazard(latents), slope * means[0], atol=1e-9)
    np.testing.assert_allclose(found.apart, together, atol=1e-9)
    # Others change neither what is fitted nor what a patient is told.
    np.testing.assert_allclose(found.log_hazard(latents[3:5]), found.log_hazard(latents)[3:5])


def test_what_networks_say_and_the_ridge_of_the_other_latents_are_weighed_within_each_omics() -> None:
    latents, time, event, told = planted((0.9, 0.0, 0.0), seed=2)
    # The first latent of each omics is that of networks; those of b and c have learned their patients by heart.
    order = np.r_[[0, 4, 8], np.setdiff1d(np.arange(12), [0, 4, 8])]
    latents, rng = latents[:, order], np.random.default_rng(4)
    apart = np.stack([latents[:, 0] + 0.3 * rng.normal(size=N), *rng.normal(size=(2, N))])
    told = replace(told, coef=np.ones(3), apart=apart, owner=told.owner[order])
    found = latent_risk(latents, time, event, 0, told, "concordance")
    assert found.weights.shape == (3, 2)
    assert found.shares.argmax() == 0
    assert np.abs(found.coef).argmax() == 0
    for v, (columns, said) in enumerate(told.of_omics()):
        alone = latent_risk(latents[:, columns], time, event, 0, said)
        np.testing.assert_allclose(found.weights[v], alone.weights)
        if np.abs(alone.coef).any():
            part = (latents[:, columns] - found.mean[columns]) / found.scale[columns] @ found.coef[columns]
            assert np.corrcoef(part, alone.log_hazard(latents[:, columns]))[0, 1] == pytest.approx(1.0)


def test_an_omics_of_patients_without_events_says_nothing() -> None:
    latents, time, event, told = planted((0.9, 0.5, 0.0), seed=1)
    latents[event, 8:] = 0.0
    found = latent_risk(latents, time, event, 0, told, "concordance")
    assert found.shares[2] == 0
    assert not found.coef[8:].any()
    assert np.isfinite(found.log_hazard(latents)).all()


def test_the_model_of_a_late_risk_comes_back_and_says_what_each_omics_counts() -> None:
    latents, time, event, told = planted((0.9, 0.5, 0.0), seed=1)
    lacking(latents, told)
    none = np.zeros(0)
    halves = SubtypeModel("kmeans", 2, 1 + np.arange(N) % 2, np.zeros(2), None, none, none, none, {})
    model = fit_risk(latents, time, event, halves, {"method": "ridge_cox", "late": "stacked"}, 0, told)
    again = RiskModel.from_arrays(*model.to_arrays())
    np.testing.assert_array_equal(again.log_hazard(latents), model.log_hazard(latents))
    table = risk_table({"full": model})
    assert table.groupby("omics", sort=False)["share"].first().to_dict() == dict(zip(NAMES, model.shares, strict=True))


def test_permutations_of_networks_that_see_survival_train_those_of_every_omics(
    small_cohort: Cohort, small_settings: dict[str, Any]
) -> None:
    """The observed order gives the observed figures, and another order others."""
    own = {**settings("cox"), "name": "late", "late": {"weights": "concordance"}}
    chosen = {**small_settings, "embeddings": [own]}
    chain = run_chain(small_cohort, chosen)["late"]
    studies = survival_studies(small_cohort, chain.splits, chain.fitted, own, seed=chosen["seed"])
    assert [study.omics for study in studies] == ["mrna", "mirna"]
    parts = chain_settings(own, chosen)
    table = permute_survival(
        *(small_cohort, chain.splits, chain.fitted.__getitem__, chain.embedding.latents, parts, [0, 1]),
        told=chain.embedding.told,
        retrain=partial(retrain, studies),
        seed=chosen["seed"],
    )
    median = chain.metrics[chain.metrics["repeat"] == "median"].set_index("metric")["held_out"]
    assert table["heldout_cindex"][0] == pytest.approx(median["cindex"], rel=1e-12)
    assert table["heldout_logrank_p"][0] == pytest.approx(median["logrank_p"], rel=1e-12)
    assert abs(table["heldout_cindex"][1] - median["cindex"]) > 0.02
    with pytest.raises(ConfigError, match="looked at survival, and nothing was given to train them anew"):
        permute_survival(
            *(small_cohort, chain.splits, chain.fitted.__getitem__, chain.embedding.latents, parts, [1]),
            told=chain.embedding.told,
            seed=chosen["seed"],
        )
