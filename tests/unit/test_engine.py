"""The contract of every architecture and fusion operator: independence, honesty, committees, absent omics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stratomics.config import defaults
from stratomics.embedding import Views
from stratomics.embedding.batch import Batch, Shape
from stratomics.embedding.draws import leave_out
from stratomics.embedding.loop import Trained
from stratomics.embedding.member import Member
from stratomics.embedding.state import NetworkState
from stratomics.embedding.study import SUPERVISED, UNSUPERVISED, Study, recipes_of, retrain, studies_of
from stratomics.embedding.train import EmbeddingResult, train_embedding
from stratomics.runtime import derive_seed
from stratomics.tables import load_models, save_models

N, CPU = 44, torch.device("cpu")
#: Widths that are no multiples of 16, so that padding takes part everywhere.
SMALL: dict[str, Any] = {
    "hidden": [24, 10],
    "latent": 5,
    "epochs": 3,
    "patience": 3,
    "batch_size": 16,
    "committee": 3,
    "learning_rate": 0.01,
}
FUSIONS = [("joint", name) for name in ("attention", "concatenate", "maximum", "sum")]
EVERY = [("early", "concatenate"), ("late", "concatenate"), ("marginal", "concatenate"), *FUSIONS]


def settings(kind: str = "cox", architecture: str = "early", fusion: str = "concatenate", **changes: Any) -> dict:
    chosen = {**defaults(kind), **SMALL, "architecture": architecture, "fusion": fusion, **changes}
    return {**chosen, "supervised": {key: chosen[key] for key in chosen["supervised"]}}


def omics(widths: tuple[int, ...] = (60, 13, 21), *, lacking: float = 0.2, seed: int = 0) -> Views:
    """Patients with several omics, some of which they lack."""
    rng = np.random.default_rng(seed)
    ends = np.cumsum([0, *widths])
    features = rng.standard_normal((N, 4)) @ rng.standard_normal((4, ends[-1])) + rng.standard_normal((N, ends[-1]))
    blocks = {f"o{v}": slice(int(a), int(b)) for v, (a, b) in enumerate(zip(ends, ends[1:], strict=False))}
    present = rng.random((N, len(widths))) >= lacking
    present[~present.any(axis=1), 0] = True
    for has, block in zip(present.T, blocks.values(), strict=True):
        features[~has, block] = 0.0
    return Views(features.astype(np.float32), blocks, present if lacking else None)


def problem(lacking: float = 0.2) -> tuple[list[Views], list[np.ndarray], list[str]]:
    """Splits with different features and different numbers of training patients."""
    views = [omics(widths, lacking=lacking) for widths in ((60, 13, 21), (50, 18, 9), (33, 12, 40))]
    trains = [np.arange(N), np.setdiff1d(np.arange(N), np.arange(0, N, 4)), np.arange(5, 35)]
    return views, trains, ["s0", "s1", "s2"]


def follow_up(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.ceil(rng.exponential(20.0, N)), rng.random(N) < 0.6


def train(chosen: dict, views: list[Views], trains: list[np.ndarray], names: list[str], **more: Any) -> EmbeddingResult:
    more = {"outcome": follow_up(), **more}
    return train_embedding(chosen, views, trains, names, seed=1, device="cpu", **more)


def studies(chosen: dict, part: str = SUPERVISED) -> list[Study]:
    views, trains, names = problem()
    return studies_of(recipes_of(chosen)[part], views, trains, names, 1, follow_up())


def study_of(chosen: dict, part: str = SUPERVISED) -> Study:
    return studies(chosen, part)[-1]


def learned(result: EmbeddingResult) -> dict[str, bytes]:
    """Everything that was fitted, as bytes."""
    found = {f"told.{split}": told.coef.tobytes() + told.apart.tobytes() for split, told in result.told.items()}
    for split, model in result.models.items():
        found |= {f"{split}.{name}": array.tobytes() for name, array in model.to_arrays()[0].items()}
    return found


def bytes_of(one: Trained) -> list[bytes]:
    return [value.numpy().tobytes() for value in one.parameters.values()] + [one.codes.tobytes()]


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
def test_networks_read_back_encode_as_those_that_were_written(architecture: str, fusion: str, tmp_path: Path) -> None:
    """Whatever the names of the omics: a file holds them sorted."""
    views = omics(lacking=0.0)
    views = replace(views, blocks=dict(zip(("mrna", "mirna", "clinical"), views.blocks.values(), strict=True)))
    state = train(settings("cox", architecture, fusion), [views], [np.arange(N)], ["s0"]).models["s0"]
    save_models(tmp_path / "network", {"s0": state})
    again = load_models(tmp_path / "network", NetworkState)["s0"]
    assert list(again.blocks) == list(state.blocks)
    np.testing.assert_array_equal(again.encode(views.features), state.encode(views.features))


# Independence of the networks


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
def test_batch_equals_alone(architecture: str, fusion: str) -> None:
    chosen, (views, trains, names) = settings("cox", architecture, fusion), problem()
    together = train(chosen, views, trains, names)
    alone = train(chosen, views[2:], trains[2:], names[2:])
    np.testing.assert_allclose(together.latents["s2"], alone.latents["s2"], atol=1e-5)
    np.testing.assert_allclose(together.told["s2"].coef, alone.told["s2"].coef, atol=1e-5)
    np.testing.assert_allclose(together.told["s2"].apart, alone.told["s2"].apart, atol=1e-5)
    blocks = 3 if architecture in ("marginal", "late") else 1
    assert together.parts == {
        SUPERVISED: slice(0, 3 * 5 * blocks),
        UNSUPERVISED: slice(3 * 5 * blocks, (3 + 1) * 5 * blocks),
    }
    assert together.latents["s0"].shape == (N, 4 * 5 * blocks)


@pytest.mark.parametrize(("architecture", "divergence"), [("marginal", "kl"), ("joint", "kl"), ("joint", "mmd")])
def test_batch_equals_alone_for_networks_with_two_heads(architecture: str, divergence: str) -> None:
    chosen = settings("vae", architecture, warmup_epochs=2, divergence=divergence, survival=0.5)
    views, trains, names = problem()
    together, alone = train(chosen, views, trains, names), train(chosen, views[2:], trains[2:], names[2:])
    np.testing.assert_allclose(together.latents["s2"], alone.latents["s2"], atol=1e-5)
    np.testing.assert_allclose(together.told["s2"].coef, alone.told["s2"].coef, atol=1e-5)


@pytest.mark.parametrize("part", [SUPERVISED, UNSUPERVISED])
@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
def test_no_byte_depends_on_the_rest_of_the_batch_nor_on_threads(architecture: str, fusion: str, part: str) -> None:
    # With this many latents also the product with the hazard is large enough for the library to choose among its ways.
    study = study_of(settings("cox", architecture, fusion, latent=20), part)
    whole, _ = study.train(study.tasks[-4:], CPU, 1)
    some = study.tasks[-2:][::-1]
    fewer, _ = study.train(some, CPU, 2)
    by_task = {id(one.task): bytes_of(one) for one in whole}
    assert [one.task for one in fewer] == some
    assert all(bytes_of(one) == by_task[id(one.task)] for one in fewer)


def test_views_that_make_no_difference_are_one() -> None:
    """Early fusion of complete omics is an autoencoder of all features."""
    views, trains, names = problem(lacking=0.0)
    apart = train(settings("ae"), views, trains, names)
    fused = train(settings("ae"), [Views.single(own.features) for own in views], trains, names)
    assert learned(apart) == learned(fused)


# Honesty


@pytest.mark.parametrize(("architecture", "fusion"), EVERY)
def test_held_out_patients_change_nothing_that_is_fitted(architecture: str, fusion: str) -> None:
    chosen, (views, trains, names) = settings("cox", architecture, fusion), problem()
    views, trains, names = views[2:], trains[2:], names[2:]
    clean = train(chosen, views, trains, names)
    spoilt = []
    for own, fitted in zip(views, trains, strict=True):
        held = np.setdiff1d(np.arange(N), fitted)
        features, present = own.features.copy(), own.present.copy()
        features[held], present[held] = 1e3, True
        spoilt.append(replace(own, features=features, present=present))
    assert learned(train(chosen, spoilt, trains, names)) == learned(clean)


@pytest.mark.parametrize(("architecture", "fusion"), [("early", "concatenate"), ("joint", "attention")])
def test_survival_of_held_out_patients_changes_nothing(architecture: str, fusion: str) -> None:
    chosen, (views, trains, names) = settings("cox", architecture, fusion), problem()
    time, event = follow_up()
    clean = train(chosen, views[2:], trains[2:], names[2:])
    held = np.setdiff1d(np.arange(N), trains[2])
    other_time, other_event = time.copy(), event.copy()
    other_time[held], other_event[held] = 1e6 * np.arange(len(held)), ~event[held]
    dirty = train(chosen, views[2:], trains[2:], names[2:], outcome=(other_time, other_event))
    assert learned(dirty) == learned(clean)
    assert dirty.latents["s2"].tobytes() == clean.latents["s2"].tobytes()
    # That of a training patient does change what is learned.
    other_time[trains[2][0]] += 50.0
    assert learned(train(chosen, views[2:], trains[2:], names[2:], outcome=(other_time, ~event))) != learned(clean)


def test_networks_without_a_cox_term_need_no_survival() -> None:
    views, trains, names = problem()
    result = train(settings("dae"), views[:1], trains[:1], names[:1], outcome=None)
    assert result.told == {}
    assert list(result.parts) == [UNSUPERVISED]
    assert "hazard.weight" not in result.models["s0"].members[0]


# Committees


def test_a_network_does_not_know_the_patients_it_leaves_out() -> None:
    study = study_of(settings("cox"))
    task = study.tasks[4]
    (one,), _ = study.train([task], CPU, 1)
    time, event = (values.copy() for values in task.outcome)
    time[one.left_out], event[one.left_out] = 1e4, ~event[one.left_out]
    features = task.views.features.copy()
    features[one.left_out] *= -7.0
    spoilt = replace(task, outcome=(time, event), views=replace(task.views, features=features))
    (other,), _ = study.train([spoilt], CPU, 1)
    assert [v.numpy().tobytes() for v in one.parameters.values()] == [
        v.numpy().tobytes() for v in other.parameters.values()
    ]


@pytest.mark.parametrize("architecture", ["early", "marginal"])
def test_a_committee_tells_each_patient_by_the_network_that_left_it_out(architecture: str) -> None:
    chosen, (views, trains, names) = settings("cox", architecture), problem()
    result = train(chosen, views, trains, names)
    for own, fitted_on, name in zip(views, trains, names, strict=True):
        model, told = result.models[name], result.told[name]
        committee = [i for i, member in enumerate(model.members) if "hazard.weight" in member]
        assert committee == [0, 1, 2]
        assert len(model.members) == 4
        codes = np.split(model.encode(own.features, own.present)[:, result.parts[SUPERVISED]].astype(float), 3, axis=1)
        hazards = [model.members[i]["hazard.weight"][0] for i in committee]
        expected, times = np.full(len(fitted_on), np.nan), np.zeros(len(fitted_on))
        for i in committee:
            seed = derive_seed(1, "cox", "committee", name)
            fitted, left_out = leave_out(seed, len(fitted_on), i, 3)
            risk = (codes[i] @ hazards[i])[fitted_on]
            expected[left_out] = risk[left_out] - risk[fitted].mean()
            times[left_out] += 1
        assert (times == 1).all()
        np.testing.assert_allclose(told.apart, expected, atol=1e-5)
        np.testing.assert_allclose(told.coef, np.concatenate(hazards) / 3, atol=1e-7)


@pytest.mark.parametrize(("architecture", "fusion"), [("joint", "attention"), ("late", "concatenate")])
def test_training_again_with_the_observed_outcome_gives_the_observed_networks(architecture: str, fusion: str) -> None:
    chosen, (views, trains, names) = settings("cox", architecture, fusion), problem()
    result = train(chosen, views, trains, names)
    own, (time, event) = studies(chosen), follow_up()
    order = np.random.default_rng(0).permutation(N)
    outcomes = [(time, event), (time[order], event[order])]
    (latents, told), (others, other_told) = retrain(own, "s1", outcomes)
    part = result.parts[SUPERVISED]
    assert latents.tobytes() == np.ascontiguousarray(result.latents["s1"][:, part]).tobytes()
    assert told.coef.tobytes() == result.told["s1"].coef.tobytes()
    assert told.apart.tobytes() == result.told["s1"].apart.tobytes()
    assert not np.allclose(others, latents, atol=1e-3)
    assert not np.allclose(other_told.coef, told.coef, atol=1e-3)
    # A permutation comes out the same whichever others are trained with it.
    ((alone, _),) = retrain(own, "s1", outcomes[1:], threads=2)
    assert alone.tobytes() == others.tobytes()


@pytest.mark.parametrize(("architecture", "fusion"), EVERY[:4])
def test_a_network_from_a_file_is_given_the_omics_that_it_was_trained_on(
    architecture: str, fusion: str, tmp_path: Path
) -> None:
    """Whatever the names of the omics: files keep mappings in alphabetical order."""
    own = omics((20, 20, 20))
    own = replace(own, blocks=dict(zip(("mrna", "mirna", "meth"), own.blocks.values(), strict=True)))
    result = train(settings("dae", architecture, fusion), [own], [np.arange(N)], ["s"])
    save_models(tmp_path / "network.safetensors", {"s": result.models["s"].encoder()})
    again = load_models(tmp_path / "network.safetensors", NetworkState)["s"]
    np.testing.assert_allclose(again.encode(own.features, own.present), result.latents["s"], atol=1e-5)


# What an embedding may leave out


@pytest.mark.parametrize("architecture", ["early", "joint", "marginal", "late"])
def test_latents_of_networks_that_see_survival_are_bounded(architecture: str) -> None:
    """No patient's hazard runs away; the weights are made large enough for linear latents to leave the bounds."""
    views, trains, names = problem()
    for kind, bounded in (("cox", True), ("vae", False)):
        own = settings(kind, architecture, survival=0.3)
        recipe = recipes_of(own)[SUPERVISED]
        assert recipe.sizes([16] * 3).bounded == bounded
        if bounded:
            result = train(own, views[:1], trains[:1], names[:1])
            module = result.models["s0"].networks[0]
            with torch.no_grad():
                for head in module.heads:
                    head.weight.mul_(100.0)
            codes = result.models["s0"].encode(views[0].features, views[0].present)[:, : module.latents]
            assert 0.99 < np.abs(codes).max() <= 1.0


def test_without_reconstruction_there_is_no_decoder() -> None:
    views, trains, names = problem()
    result = train(settings("cox", "joint", reconstruction=0.0, unsupervised=False), views[:1], trains[:1], names[:1])
    assert list(result.parts) == [SUPERVISED]
    assert not any(name.startswith(("up", "apart", "writes")) for name in result.models["s0"].members[0])
    assert set(result.history.part) == {SUPERVISED}
    assert np.isfinite(result.told["s0"].apart).all()


# Patients who lack an omics


def test_every_patient_keeps_an_omics_when_some_are_hidden() -> None:
    study = study_of(settings("dae", modality_dropout=0.7), UNSUPERVISED)
    member = Member(study.tasks[0], study.recipe, CPU)
    shown = np.array([member.draw_epoch(16).shown for _ in range(40)])
    assert shown.any(axis=2).all()
    assert not (shown & ~member.present).any()
    many = member.present.sum(axis=1) == 3
    # Each stays with .3; of patients for whom all were drawn (.343) all stay.
    assert shown[:, many].mean() == pytest.approx(0.3 + 0.7**3, abs=0.05)


@pytest.mark.parametrize("corruption", ["masking", "gaussian"])
@pytest.mark.parametrize("hidden", [0.0, 0.4])
def test_what_a_patient_lacks_is_neither_seen_nor_asked_for(corruption: str, hidden: float) -> None:
    study = study_of(settings("dae", "early", modality_dropout=hidden, corruption=corruption), UNSUPERVISED)

    def trained_with(nonsense: float) -> tuple[float, list[bytes]]:
        batch = Batch(study.tasks, study.recipe, study.shape, CPU)
        losses, seen_of_absent = batch._losses, []

        def spy(parameters: Any, drawn: Any, *rest: Any) -> Any:
            absent = 1 - drawn.present
            seen_of_absent.extend(float((x.abs() * absent[..., v, None]).max()) for v, x in enumerate(drawn.inputs))
            return losses(parameters, drawn, *rest)

        batch._losses = spy
        batch.clean = [x + nonsense * (1 - batch.present[..., v, None]) for v, x in enumerate(batch.clean)]
        batch.train_epoch(0)
        return max(seen_of_absent), [parameter.numpy().tobytes() for parameter in batch.parameters]

    seen, parameters = trained_with(0.0)
    assert seen == 0.0
    assert trained_with(1e3)[1] == parameters  # the target of what they lack may be anything


@pytest.mark.parametrize(("architecture", "fusion"), EVERY[1:])
def test_branches_of_absent_omics_have_no_part(architecture: str, fusion: str) -> None:
    views, trains, names = problem()
    model = train(settings("ae", architecture, fusion), views[:1], trains[:1], names[:1]).models["s0"]
    own = views[0]
    features = own.features.copy()
    for has, block in zip(own.present.T, own.blocks.values(), strict=True):
        features[~has, block] = 55.0
    np.testing.assert_array_equal(model.encode(features, own.present), model.encode(own.features, own.present))
    assert not np.array_equal(model.encode(features), model.encode(own.features))


def test_absent_omics_do_not_count_in_the_error_of_validation() -> None:
    study = study_of(settings("ae", "joint"), UNSUPERVISED)
    batch = Batch(study.tasks, study.recipe, study.shape, CPU)
    _, before = batch.validate(0)
    there = batch.validation.present
    spoilt = [x + 1e3 * (1 - there[..., v, None]) for v, x in enumerate(batch.validation.target)]
    batch.validation = batch.validation._replace(target=spoilt)
    _, after = batch.validate(0)
    assert torch.equal(before.reconstruction, after.reconstruction)


@pytest.mark.parametrize(("architecture", "fusion"), [("early", "concatenate"), ("joint", "attention")])
def test_an_omics_that_no_training_patient_has_says_nothing(architecture: str, fusion: str) -> None:
    views, trains, names = problem()
    present, features, held = views[2].present.copy(), views[2].features.copy(), [0, 40]
    present[trains[2]] &= [True, True, False]
    present[trains[2], 0] = present[held] = True
    features[np.ix_(~present[:, 2], np.arange(45, 85))] = 0.0
    own = replace(views[2], features=features, present=present)
    result = train(settings("cox", architecture, fusion), [own], trains[2:], names[2:])
    assert np.isfinite(result.latents["s2"]).all()
    other = features.copy()
    other[held, 45:] = 3.0
    model = result.models["s2"]
    np.testing.assert_allclose(model.encode(other, present), model.encode(features, present), atol=1e-6)


def test_shape_holds_every_task() -> None:
    study = study_of(settings("cox"))
    members = [Member(task, study.recipe, CPU) for task in study.tasks]
    shape = Shape.of(study.tasks, study.recipe)
    assert shape.patients == max(member.n for member in members)
    assert shape.validation == max(len(member.validation_rows) for member in members)
    assert all((member.ranks <= shape.sizes.inputs).all() for member in members)
    assert all(width % 16 == 0 for width in (*shape.sizes.inputs, *shape.sizes.hidden, shape.sizes.latents))
