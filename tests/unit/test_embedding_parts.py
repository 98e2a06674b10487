"""The pieces that training is made of, each against plain torch or numpy."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from stratomics.embedding.architecture import Dropout, Sizes, padded, stack_padded
from stratomics.embedding.architectures import find_architecture
from stratomics.embedding.draws import dropout_scale, keep_mask, leave_out, split_validation
from stratomics.embedding.kinds import find_kind, kind_names
from stratomics.embedding.kinds.vae import squared_mmd
from stratomics.embedding.optimiser import StackedAdamW
from stratomics.embedding.row_space import RowSpace
from stratomics.embedding.state import NetworkState
from stratomics.errors import ConfigError

CPU = torch.device("cpu")


# Row space


@pytest.mark.parametrize(("n", "width"), [(20, 90), (90, 20), (30, 30)])
def test_coordinates_keep_products_of_fitted_patients(n: int, width: int) -> None:
    x = torch.from_numpy(np.random.default_rng(0).standard_normal((n, width), dtype=np.float32))
    space = RowSpace.fit(x)
    z = space.coordinates(x)
    assert z.shape == (n, min(n, width))
    torch.testing.assert_close(z @ z.T * space.scale**2, x @ x.T, atol=1e-3, rtol=1e-4)
    assert float(z.square().mean()) == pytest.approx(1.0, abs=1e-5)


def test_coordinates_of_new_patients_lose_what_least_squares_cannot_reach() -> None:
    rng = np.random.default_rng(1)
    x, new = (rng.standard_normal((n, 60)).astype(np.float32) for n in (15, 4))
    space = RowSpace.fit(torch.from_numpy(x))
    residual = new - np.linalg.lstsq(x.T, new.T, rcond=None)[0].T @ x
    lost = space.lost(torch.from_numpy(new)).numpy() * space.scale**2
    np.testing.assert_allclose(lost, (residual**2).sum(axis=1), rtol=1e-4)


def test_repeated_and_empty_patients_span_fewer_directions() -> None:
    x = torch.randn(6, 40, generator=torch.Generator().manual_seed(0))
    assert RowSpace.fit(torch.cat([x, x, 2 * x])).rank == 6
    assert RowSpace.fit(torch.zeros(5, 40)).coordinates(torch.ones(2, 40)).isfinite().all()


def test_folding_moves_weights_to_features() -> None:
    x = torch.randn(12, 50, generator=torch.Generator().manual_seed(0))
    space = RowSpace.fit(x)
    weight, bias = torch.randn(12, 7), torch.randn(1, 12)
    torch.testing.assert_close(x @ space.fold_first(weight), space.coordinates(x) @ weight, atol=1e-4, rtol=1e-4)
    features = torch.randn(3, 7) @ space.fold_last(weight.T) + space.fold_last(bias)
    # Reconstructions lie in the span, and their coordinates are what the network put out.
    torch.testing.assert_close(space.lost(features), torch.zeros(3), atol=1e-3, rtol=0)


# Random numbers


def test_masks_drop_the_asked_share() -> None:
    rng = np.random.default_rng(0)
    assert keep_mask(rng, (1000, 500), 0.3).mean() == pytest.approx(0.7, abs=0.003)
    assert keep_mask(rng, (100, 10), 0.0).all()
    assert not keep_mask(rng, (100, 10), 1.0).any()
    scale = dropout_scale(rng, (1000, 500), 0.2)
    assert scale.mean() == pytest.approx(1.0, abs=0.005)
    assert set(np.unique(scale)) == {np.float32(0), np.float32(1.25)}


def test_validation_split_is_a_partition() -> None:
    fitted, held = split_validation(np.random.default_rng(0), 20, 3)
    assert len(held) == 3
    assert sorted([*fitted, *held]) == list(range(20))


def test_every_patient_is_left_out_once() -> None:
    drawn = [leave_out(7, 23, part, 5) for part in range(5)]
    assert sorted(np.concatenate([left for _, left in drawn])) == list(range(23))
    for fitted, left in drawn:
        assert sorted([*fitted, *left]) == list(range(23))
        assert len(left) in (4, 5)
    again = leave_out(8, 23, 0, 5)[1]
    assert again.tolist() != drawn[0][1].tolist()


# Network and optimiser


def modules(sizes: Sizes, parameters: list[np.ndarray]) -> tuple[nn.Sequential, list[nn.Linear], nn.Sequential]:
    """Build a network with early fusion from torch's own layers: trunk, heads, decoder."""
    activation = {"tanh": nn.Tanh(), "relu": nn.ReLU(), "elu": nn.ELU(), "gelu": nn.GELU(approximate="tanh")}
    linears = []
    for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)
        linears.append(linear)
    depth = len(sizes.hidden)
    trunk = nn.Sequential(*[m for linear in linears[:depth] for m in (linear, activation[sizes.activation])])
    up = [m for linear in linears[depth + sizes.heads :] for m in (linear, activation[sizes.activation])]
    return trunk, linears[depth : depth + sizes.heads], nn.Sequential(*up[:-1])


@pytest.mark.parametrize("activation", ["tanh", "relu", "elu", "gelu"])
def test_padded_stack_and_numpy_state_equal_torch_modules(activation: str) -> None:
    rng = np.random.default_rng(0)
    early = find_architecture("early")
    networks = [early(Sizes((inputs,), (11, 6), 3, 2, activation)) for inputs in (20, 33)]
    drawn = [[rng.normal(size=p.shape).astype(np.float32) / 4 for p in network.parameters()] for network in networks]
    common = early(Sizes((33,), (11, 6), 3, 2, activation).padded())
    stack = {
        name: stack_padded([own[i] for own in drawn], tuple(parameter.shape), CPU, torch.float32)
        for i, (name, parameter) in enumerate(common.named_parameters())
    }
    x = [rng.standard_normal((5, network.sizes.inputs[0])).astype(np.float32) for network in networks]

    def one(parameters: dict[str, torch.Tensor], view: torch.Tensor) -> tuple:
        arguments = ([view], torch.ones(5, 1), [], [], lambda heads, noise: heads[0])
        return functional_call(common, parameters, arguments)

    heads, latents, (out,), _ = vmap(one)(stack, stack_padded(x, (5, 48), CPU, torch.float32))
    assert latents.shape == (2, 5, 16)
    for i, network in enumerate(networks):
        width = network.sizes.inputs[0]
        trunk, (mean, spread), decoder = modules(network.sizes, drawn[i])
        hidden = trunk(torch.from_numpy(x[i]))
        torch.testing.assert_close(heads[0][i, :, :3], mean(hidden))
        torch.testing.assert_close(heads[1][i, :, :3], spread(hidden))
        torch.testing.assert_close(out[i, :, :width], decoder(mean(hidden)))
        assert not out[i, :, width:].any()
        assert not latents[i, :, 3:].any()
        arrays = {name: array for (name, _), array in zip(network.named_parameters(), drawn[i], strict=True)}
        state = NetworkState("vae", "early", (asdict(network.sizes),), {"omics": (0, width)}, (arrays,), (("omics",),))
        np.testing.assert_allclose(state.encode(x[i]), mean(hidden).detach(), atol=1e-5)
        np.testing.assert_allclose(state.reconstruct(x[i]), decoder(mean(hidden)).detach(), atol=1e-5)


def test_a_parameter_over_blocks_is_padded_block_by_block() -> None:
    array = np.arange(1.0, 13.0).reshape(2, 6)
    (found,) = stack_padded([array], (3, 8), CPU, torch.float64, tiles=2)
    expected = np.zeros((3, 8))
    expected[:2, :3], expected[:2, 4:7] = array[:, :3], array[:, 3:]
    np.testing.assert_array_equal(found.numpy(), expected)


def test_weights_start_as_wide_as_their_layer_asks() -> None:
    sizes = Sizes((200, 90), (60, 30), 5, activation="relu")
    network = find_architecture("early")(sizes)
    drawn = network.initialise(np.random.default_rng(0))
    for (name, parameter), array in zip(network.named_parameters(), drawn, strict=True):
        assert array.shape == tuple(parameter.shape)
        assert array.dtype == np.float32
        gain = 1.0 if name.startswith(("heads", "writes")) else np.sqrt(2.0)
        bound = gain * np.sqrt(6.0 / sum(array.shape)) if array.ndim == 2 else 0.0
        assert np.abs(array).max() == pytest.approx(bound, rel=0.05)
    assert [padded(width) for width in (1, 16, 17)] == [16, 16, 32]


def test_dropout_acts_on_every_hidden_layer_in_the_order_they_come() -> None:
    sizes = Sizes((9, 8), (7, 6), 2)
    assert find_architecture("early")(sizes).dropped_widths() == [7, 6, 6, 7]
    assert find_architecture("joint")(sizes).dropped_widths() == [7, 7, 6, 6, 7, 7]
    assert find_architecture("marginal")(sizes).dropped_widths() == [7, 6, 7, 6, 6, 7, 6, 7]
    once = Dropout([torch.full((1, 3), 2.0)])
    assert once(torch.ones(1, 3)).tolist() == [[2.0, 2.0, 2.0]]


def test_optimiser_equals_torch_for_networks_with_different_steps() -> None:
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(2, 5, 3, generator=generator), torch.randn(2, 3, generator=generator)]
    gradients = [[torch.randn(t.shape, generator=generator) for t in start] for _ in range(7)]
    stack = [t.clone() for t in start]
    ours = StackedAdamW(stack, learning_rate=0.05, weight_decay=0.3)
    theirs = [[nn.Parameter(t[m].clone()) for t in start] for m in range(2)]
    torchs = [
        torch.optim.AdamW([{"params": [w], "weight_decay": 0.3}, {"params": [b], "weight_decay": 0.0}], lr=0.05)
        for w, b in theirs
    ]
    for step, gradient in enumerate(gradients):
        busy = 1 if step % 3 == 2 else 2  # the second network has fewer minibatches
        ours.step(stack, [g[:busy] for g in gradient])
        for m in range(busy):
            for parameter, g in zip(theirs[m], gradient, strict=True):
                parameter.grad = g[m].clone()
            torchs[m].step()
    for m in range(2):
        for tensor, parameter in zip(stack, theirs[m], strict=True):
            torch.testing.assert_close(tensor[m], parameter.detach(), atol=1e-6, rtol=1e-6)


def test_optimiser_goes_on_after_networks_leave() -> None:
    generator = torch.Generator().manual_seed(0)
    start, gradient = torch.randn(3, 4, 2, generator=generator), torch.randn(3, 4, 2, generator=generator)
    whole, part = [start.clone()], [start.clone()]
    first, second = StackedAdamW(whole, 0.1, 0.1), StackedAdamW(part, 0.1, 0.1)
    first.step(whole, [gradient])
    second.step(part, [gradient])
    stay = torch.tensor([0, 2])
    part = [part[0][stay]]
    second.keep(stay)
    first.step(whole, [gradient])
    second.step(part, [gradient[stay]])
    torch.testing.assert_close(part[0], whole[0][stay], atol=0, rtol=0)


# Kinds


def test_kinds_are_the_files_of_the_folder() -> None:
    assert {"ae", "cox", "dae", "vae"} <= set(kind_names())
    with pytest.raises(ConfigError, match="'gan' is not known. Use one of: ae, cox, dae, vae"):
        find_kind({"kind": "gan"})


def vae(**settings: object) -> object:
    return find_kind(
        {"kind": "vae", "divergence": "kl", "divergence_weight": 0.5, "warmup_epochs": 10, "latent": 4, **settings}
    )


def test_kl_equals_torch_distributions() -> None:
    generator = torch.Generator().manual_seed(0)
    mean, log_variance = (torch.randn(8, 4, generator=generator) for _ in range(2))
    weight = torch.rand(8, generator=generator)
    weight /= weight.sum()
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(dim=-1)
    found = vae().divergence([mean, log_variance], mean, (), weight, mean.shape[-1])
    torch.testing.assert_close(found, (expected * weight).sum())


def test_vae_samples_its_posterior() -> None:
    kind, rng = vae(), np.random.default_rng(0)
    noise = [torch.from_numpy(one) for one in kind.draw_noise(20000, 4, rng)]
    heads = [torch.full((20000, 4), 2.0), torch.full((20000, 4), np.log(0.25))]
    z = kind.latent(heads, noise)
    assert float(z.mean()) == pytest.approx(2.0, abs=0.01)
    assert float(z.std()) == pytest.approx(0.5, abs=0.01)


def test_divergence_weight_warms_up() -> None:
    coordinates = torch.tensor([100.0, 50.0])
    kind = vae()
    torch.testing.assert_close(kind.divergence_weight(0, coordinates), torch.zeros(2))
    torch.testing.assert_close(kind.divergence_weight(5, coordinates), 0.25 * 2 / coordinates)
    torch.testing.assert_close(kind.divergence_weight(10, coordinates), 0.5 * 2 / coordinates)
    torch.testing.assert_close(kind.divergence_weight(99, coordinates), 0.5 * 2 / coordinates)
    torch.testing.assert_close(vae(warmup_epochs=0).divergence_weight(0, coordinates), 0.5 * 2 / coordinates)


@pytest.mark.parametrize("kernel", ["imq", "rbf"])
def test_mmd_equals_its_definition(kernel: str) -> None:
    rng = np.random.default_rng(0)
    z, prior = rng.normal(1.0, 1.0, (6, 4)), rng.standard_normal((6, 4))
    weight = np.array([0.3, 0.1, 0.2, 0.1, 0.3, 0.0])

    def similarity(a: np.ndarray, b: np.ndarray) -> float:
        d2, widths = ((a - b) ** 2).sum(), 2 * 4 * np.array([0.2, 0.5, 1.0, 2.0, 5.0])
        return float(np.mean(np.exp(-d2 / widths) if kernel == "rbf" else widths / (widths + d2)))

    def mean(a: np.ndarray, b: np.ndarray) -> float:
        return sum(weight[i] * weight[j] * similarity(a[i], b[j]) for i in range(6) for j in range(6))

    expected = mean(z, z) - 2 * mean(z, prior) + mean(prior, prior)
    pad = np.zeros((6, 12))  # padded latents are zero in both
    both = [torch.from_numpy(np.concatenate([one, pad], axis=1))[None] for one in (z, prior)]
    assert float(squared_mmd(*both, torch.from_numpy(weight)[None], 4, kernel)) == pytest.approx(expected, abs=1e-12)


def test_masking_keeps_the_expected_input() -> None:
    kind = find_kind({"kind": "dae", "corruption": "masking", "corruption_level": 0.4})
    clean = torch.randn(300, 200, generator=torch.Generator().manual_seed(0))
    before = clean.clone()
    spoilt = kind.corrupt(clean, np.random.default_rng(0))
    torch.testing.assert_close(clean, before, atol=0, rtol=0)
    kept = spoilt != 0
    assert float(kept.float().mean()) == pytest.approx(0.6, abs=0.01)
    torch.testing.assert_close(spoilt[kept] * 0.6, clean[kept])


def test_gaussian_noise_is_as_large_as_the_feature_asks() -> None:
    kind = find_kind({"kind": "dae", "corruption": "gaussian", "corruption_level": 0.5})
    scale = torch.tensor([0.1, 1.0, 3.0])
    clean = torch.randn(20000, 3, generator=torch.Generator().manual_seed(0)) * scale
    noise = kind.corrupt(clean, np.random.default_rng(0)) - clean
    torch.testing.assert_close(noise.std(dim=0), 0.5 * scale, rtol=0.03, atol=0)
