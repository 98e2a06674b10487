"""Training on a GPU: the same embedding as on the CPU, and the same bytes every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from stratomics.embedding import schedule
from stratomics.embedding.train import train_embedding

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]

SETTINGS: dict[str, Any] = {
    "hidden": [64],
    "latent": 8,
    "activation": "tanh",
    "dropout": 0.2,
    "epochs": 40,
    "patience": 10,
    "batch_size": 32,
    "learning_rate": 1e-3,
    "weight_decay": 1.0,
    "restarts": 2,
    "validation": 0.15,
    "corruption": "masking",
    "corruption_level": 0.3,
    "divergence": "kl",
    "divergence_weight": 0.3,
    "warmup_epochs": 10,
}


def train(kind: str, device: str, **changes: Any) -> Any:
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((120, 10)) @ rng.standard_normal((10, 400)) + rng.standard_normal((120, 400))) / 3
    matrices = [x[:, : 400 - 30 * i].astype(np.float32) for i in range(3)]
    trains = [np.arange(120), np.arange(0, 120, 2), np.arange(20, 120)]
    settings = {**SETTINGS, "kind": kind, "name": kind, **changes}
    return train_embedding(settings, matrices, trains, ["full", "a", "b"], seed=1, device=device)


@pytest.mark.parametrize("kind", ["ae", "dae", "vae"])
def test_gpu_equals_cpu(kind: str) -> None:
    cpu, gpu = train(kind, "cpu"), train(kind, "cuda")
    assert gpu.info["device"] != "cpu"
    assert gpu.info["epochs"] == cpu.info["epochs"]
    for split, latents in cpu.latents.items():
        # Corrupted patients are projected in single precision, where the two differ in the last digit.
        np.testing.assert_allclose(gpu.latents[split], latents, atol=1e-3 if kind == "dae" else 1e-5)


@pytest.mark.parametrize("kind", ["ae", "dae", "vae"])
def test_gpu_repeats_its_bytes(kind: str) -> None:
    one, two = train(kind, "auto"), train(kind, "auto")
    assert all(one.latents[split].tobytes() == two.latents[split].tobytes() for split in one.latents)
    pd.testing.assert_frame_equal(one.history, two.history, check_exact=True)


def test_gpu_trains_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train("vae", "cuda")
    monkeypatch.setattr(schedule, "_bytes_per_network", lambda *_: torch.cuda.mem_get_info()[0] // 3)
    parts = train("vae", "cuda")
    assert parts.info["chunks"] > whole.info["chunks"]
    for split, latents in whole.latents.items():
        np.testing.assert_allclose(parts.latents[split], latents, atol=1e-5)
