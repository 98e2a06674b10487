"""Training on a GPU: the same embedding as on the CPU, and the same bytes every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stratomics.config import defaults
from stratomics.embedding import Views, schedule
from stratomics.embedding.train import train_embedding

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]

SETTINGS: dict[str, Any] = {
    "hidden": [64],
    "latent": 8,
    "epochs": 40,
    "patience": 10,
    "batch_size": 32,
    "restarts": 2,
    "weight_decay": 1.0,
    "divergence_weight": 0.3,
    "warmup_epochs": 10,
    "committee": 3,
    "supervised": {"hidden": [32], "latent": 4, "dropout": 0.3, "epochs": 12, "batch_size": 64, "weight_decay": 0.01},
}
#: Kinds with their architecture and fusion.
EVERY = [
    ("ae", "early", "concatenate"),
    ("dae", "early", "concatenate"),
    ("vae", "early", "concatenate"),
    ("cox", "early", "concatenate"),
    ("cox", "marginal", "concatenate"),
    ("vae", "joint", "maximum"),
    ("cox", "joint", "attention"),
]


def train(kind: str, device: str, architecture: str = "early", fusion: str = "concatenate") -> Any:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((120, 10)) @ rng.standard_normal((10, 400)) + rng.standard_normal((120, 400))) / 3
    present = rng.random((120, 2)) > 0.1
    present[~present.any(axis=1)] = True
    views = []
    for width in (400, 370, 340):
        own, blocks = x[:, :width].astype(np.float32), {"a": slice(0, 150), "b": slice(150, width)}
        for has, block in zip(present.T, blocks.values(), strict=True):
            own[~has, block] = 0.0
        views.append(Views(own, blocks, present))
    trains = [np.arange(120), np.arange(0, 120, 2), np.arange(20, 120)]
    outcome = np.ceil(rng.exponential(np.exp(-x[:, 0]), 120) * 1000), rng.random(120) < 0.6
    settings = {**defaults(kind), **SETTINGS, "architecture": architecture, "fusion": fusion}
    return train_embedding(settings, views, trains, ["full", "a", "b"], seed=1, outcome=outcome, device=device)


@pytest.mark.parametrize(("kind", "architecture", "fusion"), EVERY)
def test_gpu_equals_cpu(kind: str, architecture: str, fusion: str) -> None:
    cpu, gpu = (train(kind, device, architecture, fusion) for device in ("cpu", "cuda"))
    assert gpu.info["device"] != "cpu"
    assert gpu.info["epochs"] == cpu.info["epochs"]
    # Corrupted patients are projected in single precision, where the two differ in the last digit.
    close = 1e-5 if kind in ("ae", "vae") else 1e-3
    for split, latents in cpu.latents.items():
        np.testing.assert_allclose(gpu.latents[split], latents, atol=close)
    for split, told in cpu.told.items():
        np.testing.assert_allclose(gpu.told[split].coef, told.coef, atol=close)


@pytest.mark.parametrize(("kind", "architecture", "fusion"), EVERY)
def test_gpu_repeats_its_bytes(kind: str, architecture: str, fusion: str) -> None:
    one, two = (train(kind, "auto", architecture, fusion) for _ in range(2))
    assert all(one.latents[split].tobytes() == two.latents[split].tobytes() for split in one.latents)
    assert all(one.told[split].apart.tobytes() == two.told[split].apart.tobytes() for split in one.told)
    pd.testing.assert_frame_equal(one.history, two.history, check_exact=True)


def test_gpu_trains_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train("vae", "cuda")
    monkeypatch.setattr(schedule, "_bytes_per_network", lambda *_: torch.cuda.mem_get_info()[0] // 3)
    parts = train("vae", "cuda")
    assert parts.info["chunks"] > whole.info["chunks"]
    for split, latents in whole.latents.items():
        np.testing.assert_allclose(parts.latents[split], latents, atol=1e-5)
