"""Training whole embeddings: independence, honesty, repeatability, and whether the latents are worth having."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from torch import nn

from stratomics.config import defaults
from stratomics.embedding import NetworkState, Views, schedule
from stratomics.embedding.batch import Shape
from stratomics.embedding.device import resolve_device
from stratomics.embedding.draws import split_validation
from stratomics.embedding.kinds import find_kind
from stratomics.embedding.member import Member, Task
from stratomics.embedding.recipe import Recipe
from stratomics.embedding.train import train_embedding
from stratomics.errors import ConfigError, DataError, StratomicsError
from stratomics.runtime import derive_seed, log
from stratomics.tables import load_arrays, save_arrays

KINDS = ["ae", "dae", "vae"]
#: Settings of the size that users train with, and faster.
USUAL: dict[str, Any] = {"learning_rate": 2e-3, "weight_decay": 1.0, "divergence_weight": 0.3}
#: Quick networks for everything that does not depend on size.
SMALL = {"hidden": [24, 10], "latent": 4, "epochs": 12, "patience": 4, "batch_size": 16, "warmup_epochs": 3}

#: Networks with time and freedom enough to spread their latents.
LIVELY = {"hidden": [64], "latent": 8, "epochs": 60, "patience": 60, "learning_rate": 0.005, "weight_decay": 1e-4}


def settings(kind: str, **changes: Any) -> dict[str, Any]:
    return {**defaults(kind), **USUAL, **changes}


def planted(n: int, width: int, seed: int = 0, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Three clusters on a seventh of the features, a few shared factors of nuisance, and noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    markers = rng.standard_normal((3, width)) * (rng.random(width) < 0.15) * effect
    nuisance = rng.standard_normal((n, 6)) @ rng.standard_normal((6, width)) * 0.1
    x = markers[labels] + nuisance + rng.standard_normal((n, width))
    return ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32), labels


def problem(n: int = 70, width: int = 90, splits: int = 3) -> tuple[list[Views], list[np.ndarray], list[str]]:
    """Splits with different features and different numbers of training patients."""
    x, _ = planted(n, width)
    views = [Views.single(np.ascontiguousarray(x[:, : width - 11 * i])) for i in range(splits)]
    trains = [np.arange(n)] + [np.setdiff1d(np.arange(n), np.arange(i, n, 4 + i)) for i in range(1, splits)]
    return views, trains, [f"s{i}" for i in range(splits)]


def arrays_of(result: Any) -> dict[str, bytes]:
    return {
        f"{split}.{name}": array.tobytes()
        for split, model in result.models.items()
        for name, array in model.to_arrays()[0].items()
    }


# Independence of the networks


@pytest.mark.parametrize("kind", KINDS)
def test_batch_equals_alone_over_a_full_training(kind: str) -> None:
    views, trains, names = problem(n=110, width=300, splits=2)
    together = train_embedding(settings(kind), views, trains, names, seed=1, device="cpu")
    stopped = together.info["epochs"].values()
    assert min(stopped) < 150 or kind == "vae"  # early stopping took part
    for i, name in enumerate(names):
        alone = train_embedding(settings(kind), views[i : i + 1], trains[i : i + 1], [name], seed=1, device="cpu")
        np.testing.assert_allclose(together.latents[name], alone.latents[name], atol=1e-5)
        history = together.history[together.history.split == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(history, alone.history, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_threads_change_no_byte(kind: str) -> None:
    views, trains, names = problem(splits=5)
    one, two, again = (
        train_embedding(settings(kind, **SMALL), views, trains, names, seed=1, device="cpu", threads=threads)
        for threads in (1, 2, 2)
    )
    assert arrays_of(one) == arrays_of(two) == arrays_of(again)
    assert all(one.latents[name].tobytes() == two.latents[name].tobytes() for name in names)
    pd.testing.assert_frame_equal(one.history, two.history, check_exact=True)


def test_seed_and_split_name_decide_the_draws() -> None:
    views, trains, _ = problem(splits=1)
    runs = {
        (seed, name): train_embedding(settings("ae", **SMALL), views, trains, [name], seed=seed, device="cpu")
        for seed, name in ((1, "a"), (1, "b"), (2, "a"))
    }
    codes = [run.latents[name] for (_, name), run in runs.items()]
    assert not np.allclose(codes[0], codes[1])
    assert not np.allclose(codes[0], codes[2])


@pytest.mark.parametrize("kind", KINDS)
def test_one_network_equals_plain_torch(kind: str) -> None:
    """The same draws through nn.Linear, autograd and torch's AdamW, without stacking or padding."""
    chosen = settings(kind, **{**SMALL, "epochs": 6, "patience": 6, "warmup_epochs": 4})
    views, trains, names = problem(splits=2)
    ours = train_embedding(chosen, views, trains, names, seed=3, device="cpu")

    recipe = Recipe.of(chosen)
    task = Task("s1", 0, views[1], trains[1], derive_seed(3, kind, "s1", 0))
    member = Member(task, recipe, torch.device("cpu"))
    parameters = [nn.Parameter(torch.from_numpy(p).double()) for p in member.initial]
    weights, biases = parameters[::2], parameters[1::2]
    optimiser = torch.optim.AdamW(
        [{"params": weights, "weight_decay": chosen["weight_decay"]}, {"params": biases, "weight_decay": 0.0}],
        lr=chosen["learning_rate"],
    )
    (space,), (clean,) = member.spaces, [one.double() for one in member.clean]
    depth, heads, r = 2, len(recipe.kind.heads), space.rank
    for epoch in range(chosen["epochs"]):
        draws = member.draw_epoch(64)
        inputs = clean if draws.inputs is None else draws.inputs[0].double()
        assert (draws.inputs is not None) == (kind == "dae")
        for order, share in zip(draws.order, draws.weight, strict=True):
            rows = order[share > 0]
            masks = [torch.from_numpy(d[rows]).double() for d in draws.dropout]
            h = inputs[rows]
            for layer in range(depth):
                h = torch.tanh(h @ weights[layer].T + biases[layer]) * masks[layer]
            code = [h @ weights[depth + i].T + biases[depth + i] for i in range(heads)]
            loss = torch.zeros(())
            z = code[0]
            if kind == "vae":
                q = torch.distributions.Normal(code[0], (0.5 * code[1]).exp())
                z = q.mean + q.stddev * torch.from_numpy(draws.noise[0][rows])
                kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(dim=1).mean()
                loss = chosen["divergence_weight"] * min(1.0, epoch / 4) * 2.0 / r * kl
            for layer in range(depth):
                i = depth + heads + layer
                z = torch.tanh(z @ weights[i].T + biases[i]) * masks[depth + layer]
            out = z @ weights[-1].T + biases[-1]
            loss = loss + nn.functional.mse_loss(out, clean[rows])  # always the clean patients
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    last = ours.history[(ours.history.split == "s1")].iloc[-1]
    assert last.chosen, "the comparison is of the last epoch"
    found = ours.models["s1"].members[0]
    weight = space.fold_first(weights[0].detach().float().T).T
    np.testing.assert_allclose(found["reads.0.weight"], weight, atol=1e-6)
    weight = space.fold_last(weights[-1].detach().float().T).T
    np.testing.assert_allclose(found["writes.0.weight"], weight, atol=1e-6)


# Honesty


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_patients_leave_the_weights_alone(kind: str) -> None:
    views, trains, names = problem()
    spoilt = []
    for own, train in zip(views, trains, strict=True):
        features = own.features.copy()
        features[np.setdiff1d(np.arange(len(features)), train)] = 1e4
        spoilt.append(Views.single(features))
    clean, dirty = (
        train_embedding(settings(kind, **SMALL), which, trains, names, seed=1, device="cpu")
        for which in (views, spoilt)
    )
    assert arrays_of(clean) == arrays_of(dirty)


@pytest.mark.parametrize("kind", KINDS)
def test_early_stopping_returns_the_best_epoch(kind: str) -> None:
    x, _ = planted(90, 150)
    train = np.arange(80)
    chosen = settings(kind, hidden=[64], latent=16, epochs=80, patience=6, warmup_epochs=10, learning_rate=0.005)
    result = train_embedding(chosen, [Views.single(x)], [train], ["a"], seed=1, device="cpu")
    history = result.history
    best = history[history.chosen].iloc[0]
    assert history.chosen.sum() == 1
    first = 11 if kind == "vae" else 1  # epochs of the warm-up are not judged
    assert best.validation_loss == history[history.epoch >= first].validation_loss.min()
    assert len(history) == max(best.epoch, first) + 6 < 80
    # The error of the returned network, on the features, is the one that training saw at that epoch.
    rng = np.random.default_rng(np.random.SeedSequence(derive_seed(1, kind, "a", 0)))
    fitted, held = split_validation(rng, 80, 12)
    squared = (result.models["a"].reconstruct(x[held]) - x[held]) ** 2
    assert squared.mean() / (x[fitted] ** 2).mean() == pytest.approx(best.reconstruction, rel=1e-4)


def test_restart_with_the_lowest_validation_loss_is_kept() -> None:
    views, trains, names = problem(splits=2)
    result = train_embedding(settings("ae", **SMALL, restarts=3), views, trains, names, seed=1, device="cpu")
    history = result.history
    assert set(history.restart) == {0, 1, 2}
    chosen = history[history.chosen]
    assert len(chosen) == 6
    for name in names:
        own = chosen[chosen.split == name]
        assert own[own.kept].validation_loss.tolist() == [own.validation_loss.min()]
    assert result.info["models"] == 6
    # A split's networks do not depend on how many restarts there are.
    single = train_embedding(settings("ae", **SMALL), views, trains, names, seed=1, device="cpu")
    pd.testing.assert_frame_equal(
        single.history.drop(columns="kept"), history[history.restart == 0].drop(columns="kept").reset_index(drop=True)
    )


# What the kinds learn


def test_denoising_reconstructs_clean_patients() -> None:
    """At this level the corrupted patients have ten times the variance of the clean ones; the loss tells the target."""
    x, _ = planted(120, 40)
    chosen = settings("dae", **{**SMALL, "corruption_level": 0.9, "epochs": 1})
    corrupted = find_kind(chosen).corrupt(torch.from_numpy(x), np.random.default_rng(0))
    assert float(corrupted.square().mean()) > 8
    history = train_embedding(chosen, [Views.single(x)], [np.arange(120)], ["a"], seed=1, device="cpu").history
    assert history.train_loss[0] < 3


def test_divergence_shapes_the_latents() -> None:
    x, _ = planted(150, 200)
    variance, divergence = {}, {}
    for weight in (0.0, 1.0):
        chosen = settings("vae", **LIVELY, divergence_weight=weight)
        result = train_embedding(chosen, [Views.single(x)], [np.arange(150)], ["a"], seed=1, device="cpu")
        variance[weight] = result.latents["a"].var(axis=0)
        divergence[weight] = result.history.divergence.iloc[-1]
    assert divergence[1.0] < 0.5 * divergence[0.0]
    assert (variance[0.0] > 2).all()  # free to spread
    assert (variance[1.0] < 1.2).all()  # held near a standard normal distribution
    assert (variance[1.0] > 0.2).all()  # without collapse


def test_collapsed_latents_are_counted() -> None:
    x, _ = planted(150, 200)
    chosen = settings("vae", **LIVELY, divergence_weight=30.0)
    result = train_embedding(chosen, [Views.single(x)], [np.arange(150)], ["a"], seed=1, device="cpu")
    assert result.latents["a"].var(axis=0).max() < 0.01
    assert result.info["dead_latents"] == {"a": list(range(8))}


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_mmd_pulls_the_latents_to_the_prior(kernel: str) -> None:
    x, _ = planted(150, 200)
    chosen = settings("vae", **LIVELY, divergence="mmd", kernel=kernel)
    spread = {}
    for weight in (0.0, 10.0):
        result = train_embedding(
            {**chosen, "divergence_weight": weight}, [Views.single(x)], [np.arange(150)], ["a"], seed=1, device="cpu"
        )
        spread[weight] = result.latents["a"].var(axis=0).mean()
    assert 0.2 < spread[10.0] < 1.2
    assert spread[0.0] > 2


@pytest.mark.parametrize("kind", KINDS)
def test_latents_hold_the_planted_clusters(kind: str) -> None:
    x, labels = planted(250, 1250)
    train, new = np.arange(200), np.arange(200, 250)
    result = train_embedding(settings(kind), [Views.single(x)], [train], ["a"], seed=1, device="cpu")
    codes = {"pca": PCA(32, random_state=0).fit(x[train]).transform(x), kind: result.latents["a"]}
    ari = {}
    for name, z in codes.items():
        kmeans = KMeans(3, n_init=10, random_state=0).fit(z[train].astype(np.float64))
        ari[name] = adjusted_rand_score(labels[new], kmeans.predict(z[new].astype(np.float64)))
    assert ari["pca"] > 0.9
    assert ari[kind] > 0.9
    assert result.info["dead_latents"] == {"a": []}
    errors = {
        "pca": ((PCA(32, random_state=0).fit(x[train]).inverse_transform(codes["pca"]) - x)[new] ** 2).mean(),
        kind: ((result.models["a"].reconstruct(x[new]) - x[new]) ** 2).mean(),
    }
    assert errors[kind] < 1.05 * errors["pca"]


# States, edges and errors


def test_state_survives_a_file(tmp_path: Any) -> None:
    views, trains, names = problem(splits=1)
    result = train_embedding(settings("vae", **SMALL), views, trains, names, seed=1, device="cpu")
    arrays, meta = result.models["s0"].to_arrays()
    save_arrays(tmp_path / "network.safetensors", arrays)
    state = NetworkState.from_arrays(load_arrays(tmp_path / "network.safetensors")[0], meta)
    np.testing.assert_allclose(state.encode(views[0].features), result.latents["s0"], atol=1e-5)
    np.testing.assert_array_equal(state.encode(views[0].features), result.models["s0"].encode(views[0].features))
    assert result.latents["s0"].dtype == np.float32
    assert state.reconstruct(views[0].features).shape == views[0].features.shape


@pytest.mark.parametrize("kind", KINDS)
def test_tiny_and_flat_splits_train(kind: str) -> None:
    x, _ = planted(12, 30)
    flat = np.zeros_like(x)
    chosen = settings(kind, **{**SMALL, "latent": 20})
    trains = [np.arange(4), np.arange(7)]
    result = train_embedding(
        chosen, [Views.single(x), Views.single(flat)], trains, ["tiny", "flat"], seed=1, device="cpu"
    )
    assert all(np.isfinite(z).all() for z in result.latents.values())
    assert len(result.latents["tiny"]) == 12


def test_progress_counts_every_network() -> None:
    views, trains, names = problem(splits=3)
    seen: list[tuple[int, int]] = []
    train_embedding(
        settings("ae", **SMALL, restarts=2),
        views,
        trains,
        names,
        seed=1,
        device="cpu",
        threads=2,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (6, 6)
    assert sorted(seen) == seen


def test_faulty_input_is_told_all_at_once() -> None:
    views, trains, names = problem()
    views[1].features[3, 5] = np.nan
    trains[2] = np.arange(3)
    with pytest.raises(DataError) as error:
        train_embedding(settings("ae", **SMALL), views, trains, names, seed=1, device="cpu")
    assert len(error.value.faults) == 2
    assert "split s1: 1 patients have missing or infinite features" in error.value.faults[0]
    assert "split s2: 3 training patients are too few" in error.value.faults[1]


def test_diverging_training_is_told() -> None:
    views, trains, names = problem(splits=1)
    chosen = settings("ae", **{**SMALL, "activation": "relu", "learning_rate": 1e200})
    with pytest.raises(StratomicsError, match=r"s0 \(restart 0\) was never finite. Lower learning_rate"):
        train_embedding(chosen, views, trains, names, seed=1, device="cpu")


def test_absent_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="device: cuda asks for a GPU, but .*Set `device: auto` or `device: cpu`"):
        resolve_device("cuda")
    device, reason = resolve_device("auto")
    assert device.type == "cpu"
    assert "auto" in reason
    assert resolve_device("cpu")[0].type == "cpu"
    with pytest.raises(ConfigError, match="device: found 'tpu'. Use one of: auto, cpu, cuda"):
        resolve_device("tpu")


def test_a_given_gpu_that_is_not_used_is_told(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(log, "propagate", True)
    caplog.set_level("INFO", logger="stratomics")
    views, trains, names = problem(splits=1)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    given = train_embedding(settings("ae", **SMALL), views, trains, names, seed=1, device="auto")
    assert (given.info["device"], given.info["visible_devices"]) == ("cpu", "3")
    assert "this job was given GPU 3 and does not use it: device: auto, and" in caplog.text
    assert "peak memory" in caplog.text
    caplog.clear()
    for none in ("", "-1", "NoDevFiles"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", none)
        result = train_embedding(settings("ae", **SMALL), views, trains, names, seed=1, device="auto")
        assert result.info["visible_devices"] is None
    assert "was given GPU" not in caplog.text


def test_memory_of_a_gpu_bounds_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way a GPU divides its work, on the CPU: other batches, the same networks."""
    views, trains, names = problem(splits=5)
    chosen = settings("vae", **SMALL)
    recipe, device = Recipe.of(chosen), torch.device("cpu")
    tasks = [Task(*one, 0) for one in zip(names, [0] * 5, views, trains, strict=True)]
    shape = Shape.of(tasks, recipe)
    free = int(2.5 / schedule.GPU_SHARE * schedule._bytes_per_network(tasks, recipe, shape))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (free, free))
    done: list[int] = []
    trained, chunks = schedule.train_on_gpu(tasks, recipe, shape, device, done.append)
    assert (chunks, done) == (3, [2, 2, 1])
    expected, _ = schedule.train_on_cpu(tasks, recipe, shape, device, done.append, 1)
    for one, other in zip(trained, expected, strict=True):
        assert one.task is other.task
        assert all(torch.equal(a, b) for a, b in zip(one.parameters.values(), other.parameters.values(), strict=True))


def test_gpu_batches_are_halved_until_they_fit(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    sizes: list[int] = []

    def fake(batch: list[Task], *rest: Any) -> list[Task]:
        sizes.append(len(batch))
        if len(batch) > limit:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        rest[-1](len(batch))
        return list(batch)

    monkeypatch.setattr(schedule, "train_batch", fake)
    monkeypatch.setattr(schedule, "_bytes_per_network", lambda *_: 1)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda *_: (2**30, 2**30))
    done: list[int] = []
    limit, tasks = 3, list(range(10))
    trained, chunks = schedule.train_on_gpu(tasks, None, None, torch.device("cpu"), done.append)
    assert trained == tasks
    assert sizes == [10, 5, 2, 2, 2, 2, 2]
    assert chunks == len(done) == 5
    limit = 0
    with pytest.raises(StratomicsError, match="too little free memory .* for one network"):
        schedule.train_on_gpu(tasks, None, None, torch.device("cpu"), done.append)
