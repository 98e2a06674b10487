"""Time and memory of training embeddings, on random patients of the size of a cohort.

Usage: ``python tests/benchmarks/train_speed.py --patients 326 --features 4400 --splits 11 --threads 1 2``.
Every run is a process of its own, so that its peak memory is its own too. ``--batch 1`` is a loop over the networks: what training
them side by side saves is the quotient of the two.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from stratomics import runtime  # noqa: E402, F401  (before numpy: one thread per operation)


def limit_batch(schedule: Any, size: int) -> None:
    """Train at most `size` networks at once, on a CPU and on a GPU."""
    import torch

    schedule.CPU_BATCH = size
    schedule._bytes_per_network = lambda *_: schedule.GPU_SHARE * torch.cuda.mem_get_info()[0] / (size + 0.5)


def measure(kind: str, threads: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train one embedding with the settings that the config schema gives it."""
    import numpy as np

    from stratomics.config import defaults
    from stratomics.embedding import Views, schedule
    from stratomics.embedding.train import train_embedding

    if options.batch:
        limit_batch(schedule, options.batch)
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((options.patients, 40)) @ rng.standard_normal((40, options.features))
    x = (factors / 8 + rng.standard_normal(factors.shape)).astype(np.float32)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    ends = np.linspace(0, options.features, options.omics + 1).astype(int).tolist()
    views = Views(x, {f"o{v}": slice(a, b) for v, (a, b) in enumerate(zip(ends, ends[1:], strict=False))})
    outcome = np.ceil(rng.exponential(np.exp(-factors[:, 0] / 40), options.patients) * 1000), rng.random(len(x)) < 0.4
    folds = rng.permutation(options.patients) % 5
    names = ["full", *(f"r{i // 5}f{i % 5}" for i in range(options.splits - 1))]
    trains = [np.arange(options.patients), *(np.flatnonzero(folds != i % 5) for i in range(options.splits - 1))]
    chosen = {"restarts": options.restarts, "architecture": options.architecture, "fusion": options.fusion}
    result = train_embedding(
        {**defaults(kind), **chosen},
        [views] * options.splits,
        trains,
        names,
        seed=0,
        outcome=outcome,
        device=options.device,
        threads=threads,
    )
    epochs = result.history.groupby(["split", "part", "restart"]).size().sum()
    return {**result.info, "threads": threads, "kind": kind, "network_epochs": int(epochs)}


def main() -> None:
    """Print one line per kind and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=326)
    parser.add_argument("--features", type=int, default=4400)
    parser.add_argument("--splits", type=int, default=11)
    parser.add_argument("--restarts", type=int, default=1)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--kinds", nargs="+", default=["ae", "dae", "vae", "cox"])
    parser.add_argument("--omics", type=int, default=3)
    parser.add_argument("--architecture", default="early")
    parser.add_argument("--batch", type=int, default=0, help="networks trained at once; 0: as in the workflow")
    parser.add_argument("--fusion", default="concatenate")
    parser.add_argument("--device", default="cpu", choices=["auto", "cpu", "cuda"])
    options = parser.parse_args()
    columns = ("kind", "threads", "device", "seconds", "peak_memory_mb", "models", "network_epochs", "parameters")
    print(*columns, sep="\t")
    context = multiprocessing.get_context("spawn")
    for kind in options.kinds:
        for threads in options.threads:
            with context.Pool(1) as pool:
                found = pool.apply(measure, (kind, threads, options))
            print(*(found[column] for column in columns), sep="\t", flush=True)


if __name__ == "__main__":
    main()
