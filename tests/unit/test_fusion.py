"""What architectures and fusion operators are for: each on patients planted so that only it can do well."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import torch

from stratomics.config import defaults
from stratomics.embedding import Views, architectures, fusion
from stratomics.embedding.architecture import Sizes
from stratomics.embedding.architectures import find_architecture
from stratomics.embedding.fusion import find_fusion
from stratomics.embedding.train import EmbeddingResult, train_embedding

NAMES = ["attention", "concatenate", "maximum", "sum"]
N, V, H = 6, 3, 4
PRESENT = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]], dtype=np.float32)


def branches() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(V, N, H)).astype(np.float32)


def fused(name: str, values: np.ndarray) -> np.ndarray:
    torch.manual_seed(0)
    operator = find_fusion(name)(V, H)
    with torch.no_grad():
        return operator([torch.from_numpy(one) for one in values], torch.from_numpy(PRESENT)).numpy()


# The operators


@pytest.mark.parametrize("name", NAMES)
def test_operators_are_blind_to_views_that_a_patient_lacks(name: str) -> None:
    values = branches()
    other = values + 99.0 * (1 - PRESENT.T[:, :, None])
    np.testing.assert_array_equal(fused(name, other), fused(name, values))
    assert np.isfinite(fused(name, values)).all()
    assert find_fusion(name)(V, H).width == fused(name, values).shape[1]


def test_sum_is_scaled_to_the_number_of_views() -> None:
    shown = (branches() * PRESENT.T[:, :, None]).sum(axis=0)
    np.testing.assert_allclose(fused("sum", branches()), shown * 3 / PRESENT.sum(axis=1, keepdims=True), rtol=1e-6)


def test_maximum_is_over_the_views_that_are_there() -> None:
    values = branches() - 5.0  # below 0, so that an absent view would show as a 0
    expected = [values[PRESENT[i] == 1, i].max(axis=0) for i in range(N)]
    np.testing.assert_allclose(fused("maximum", values), expected, rtol=1e-6)


def test_concatenation_keeps_the_places_of_the_views() -> None:
    expected = np.hstack(list(branches() * PRESENT.T[:, :, None]))
    np.testing.assert_array_equal(fused("concatenate", branches()), expected)


def test_attention_is_a_mean_weighted_by_a_softmax_over_the_views_that_are_there() -> None:
    torch.manual_seed(0)
    operator, values = find_fusion("attention")(V, H), branches()
    with torch.no_grad():
        weights = operator.weights([torch.from_numpy(one) for one in values], torch.from_numpy(PRESENT)).numpy()
    layers = {name: parameter.detach().numpy() for name, parameter in operator.named_parameters()}
    scores = np.stack(
        [
            np.tanh(values[v] @ layers[f"hidden.{v}.weight"].T + layers[f"hidden.{v}.bias"])
            @ layers[f"score.{v}.weight"][0]
            + layers[f"score.{v}.bias"]
            for v in range(V)
        ],
        axis=1,
    )
    expected = np.exp(scores) * PRESENT
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert (weights[PRESENT == 0] == 0).all()
    np.testing.assert_allclose(fused("attention", values), np.einsum("vnh,nv->nh", values, expected), atol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "attention"])
def test_other_operators_weigh_nothing(name: str) -> None:
    operator = find_fusion(name)(V, H)
    assert operator.weights([torch.from_numpy(one) for one in branches()], torch.from_numpy(PRESENT)) is None


# Mechanisms


def views_of(parts: list[np.ndarray]) -> Views:
    ends = np.cumsum([0, *(part.shape[1] for part in parts)])
    x = np.hstack(parts)
    blocks = {f"o{v}": slice(int(a), int(b)) for v, (a, b) in enumerate(zip(ends, ends[1:], strict=False))}
    return Views(((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32), blocks)


def survival_of(risk: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    time = rng.exponential(np.exp(-risk))
    end = np.quantile(time, 0.8)
    return np.ceil(1000 * np.minimum(time, end)), time <= end


def supervised(
    views: Views, outcome: tuple[np.ndarray, np.ndarray], train: int, architecture: str, **changes: Any
) -> EmbeddingResult:
    """Train networks that know nothing but survival."""
    quick = {"hidden": [24, 10], "latent": 5, "committee": 2, "epochs": 30, "learning_rate": 0.01}
    alone = {
        "reconstruction": 0.0,
        "unsupervised": False,
        "survival": 1.0,
        "dropout": 0.0,
        "corruption_level": 0.0,
        "batch_size": 64,
    }
    chosen = {**defaults("cox"), **quick, **alone, "architecture": architecture, **changes}
    chosen["supervised"] = {key: chosen[key] for key in chosen["supervised"]}
    return train_embedding(chosen, [views], [np.arange(train)], ["a"], seed=1, outcome=outcome, device="cpu")


@pytest.mark.parametrize("which", [0, 1, 2])
def test_attention_follows_the_omics_that_survival_depends_on(which: int) -> None:
    rng = np.random.default_rng(which)
    signal, n = rng.normal(size=240), 240
    parts = [rng.normal(size=(n, 12)) for _ in range(3)]
    parts[which] += signal[:, None] * rng.choice([-1.0, 1.0], 12)
    views, lacks = views_of(parts), np.arange(200, 240)
    present = np.ones((n, 3), dtype=bool)
    present[lacks, (which + 1) % 3] = False
    features = views.features.copy()
    features[lacks, views.blocks[f"o{(which + 1) % 3}"]] = 0.0
    views = Views(features, views.blocks, present)
    outcome = survival_of(1.5 * signal, rng)
    weights = supervised(views, outcome, 200, "joint", fusion="attention", batch_size=128).attention["a"]
    assert weights.shape == (n, 3)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-9)
    assert (weights[~present] == 0).all()
    mean = weights[:200].mean(axis=0)
    assert mean.argmax() == which
    assert mean[which] > 1.1 * np.delete(mean, which).max()


def test_a_joint_network_finds_what_only_a_pair_of_omics_shows() -> None:
    """Survival depends on whether the signs of two omics agree; either alone says nothing, nor does their sum."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], (2, 400))
    parts = [one[:, None] * rng.choice([-1.0, 1.0], 6) + 0.5 * rng.normal(size=(400, 6)) for one in signs]
    pair = signs[0] * signs[1]
    views, outcome = views_of(parts), survival_of(1.5 * pair, rng)
    found = {}
    for architecture in ("joint", "marginal"):
        result = supervised(views, outcome, 300, architecture)
        risk = result.latents["a"].astype(np.float64) @ result.told["a"].coef
        found[architecture] = [
            np.corrcoef(risk[300:], pair[300:])[0, 1],
            np.corrcoef(result.told["a"].apart, pair[:300])[0, 1],
        ]
    assert min(found["joint"]) > 0.8
    assert max(np.abs(found["marginal"])) < 0.3


@pytest.mark.parametrize("kind", ["dae", "vae"])
def test_the_latents_of_an_omics_in_a_marginal_network_know_no_other(kind: str) -> None:
    rng = np.random.default_rng(0)
    views = views_of([rng.normal(size=(40, 9)), rng.normal(size=(40, 60))])
    chosen = {**defaults(kind), "hidden": [11], "latent": 5, "epochs": 3, "architecture": "marginal"}
    model = train_embedding(chosen, [views], [np.arange(40)], ["a"], seed=1, device="cpu").models["a"]
    other = views.features.copy()
    other[:, views.blocks["o1"]] = rng.normal(size=(40, 60))
    one, two = model.encode(views.features), model.encode(other)
    np.testing.assert_array_equal(one[:, :5], two[:, :5])
    assert (np.abs(one[:, 5:] - two[:, 5:]).max(axis=0) > 1e-3).all()


def test_only_branches_that_meet_are_tied_by_the_gradient() -> None:
    """d latent / d omics: block by block for marginal, full for early and joint."""
    views = [torch.randn(3, 7, requires_grad=True), torch.randn(3, 8, requires_grad=True)]
    for name, tied in (("marginal", False), ("early", True), ("joint", True)):
        network = find_architecture(name)(Sizes((7, 8), (6, 5), 2))
        z = network(views, torch.ones(3, 2), [], [], lambda heads, noise: heads[0])[1]
        assert z.shape[1] == network.latents
        (gradient,) = torch.autograd.grad(z[:, 0].sum(), views[1], allow_unused=True)
        assert (gradient is not None and bool(gradient.any())) is tied


# One file more

MEAN = '''\
"""The mean of the views that a patient has."""

import torch

from stratomics.embedding.fusion import Fusion


class Mean(Fusion):
    def forward(self, branches, present):
        shown = torch.stack(list(branches), dim=-1) * present[:, None, :]
        return shown.sum(dim=-1) / present.sum(dim=-1, keepdim=True).clamp(min=1.0)


FUSION = Mean
'''
LINEAR = '''\
"""No hidden layer: principal components by gradient descent."""

import torch
from torch import nn

from stratomics.embedding.architecture import Architecture


class Plain(Architecture):
    def __init__(self, sizes):
        super().__init__(sizes)
        self.reads = nn.ModuleList(nn.Linear(width, sizes.latents) for width in sizes.inputs)
        self.heads = nn.ModuleList(nn.Linear(sizes.latents, sizes.latents) for _ in range(sizes.heads))
        if sizes.decodes:
            self.writes = nn.ModuleList(nn.Linear(sizes.latents, width) for width in sizes.inputs)
        self.finish()

    def encode(self, views, present, dropout):
        x = sum(read(view) for read, view in zip(self.reads, views))
        return [head(x) for head in self.heads]

    def decode(self, z, dropout):
        return [write(z) for write in self.writes] if self.sizes.decodes else []


ARCHITECTURE = Plain
'''


@pytest.mark.parametrize(
    ("package", "text", "choice"),
    [
        (fusion, MEAN, {"architecture": "joint", "fusion": "toy"}),
        (architectures, LINEAR, {"architecture": "toy"}),
    ],
)
def test_one_file_adds_an_operator_or_an_architecture(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, package: Any, text: str, choice: dict[str, str]
) -> None:
    (tmp_path / "toy.py").write_text(text)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(60, 3))
    views = views_of([factors @ rng.normal(size=(3, width)) + 0.3 * rng.normal(size=(60, width)) for width in (20, 30)])
    chosen = {**defaults("cox"), "hidden": [24, 10], "latent": 5, "epochs": 30, "learning_rate": 0.01, **choice}
    chosen |= {"committee": 2, "dropout": 0.0, "batch_size": 32}
    chosen["supervised"] = {**{key: chosen[key] for key in chosen["supervised"]}, "epochs": 10}
    trains, outcome = [np.arange(60), np.arange(40)], survival_of(factors[:, 0], rng)
    common: dict[str, Any] = {"seed": 1, "outcome": outcome, "device": "cpu"}
    result = train_embedding(chosen, [views] * 2, trains, ["a", "b"], **common)
    history = result.history.query("split == 'a' and part == 'unsupervised'")
    assert history.reconstruction.min() < 0.6 < history.reconstruction.iloc[0]
    assert np.corrcoef(result.told["a"].apart, factors[:, 0])[0, 1] > 0.3
    alone = train_embedding(chosen, [views], trains[1:], ["b"], **common)
    np.testing.assert_allclose(result.latents["b"], alone.latents["b"], atol=1e-5)
    del sys.modules[f"{package.__name__}.toy"]
