"""Train one embedding for every split and restart, and encode all patients with each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import torch

from stratomics.errors import DataError, StratomicsError
from stratomics.memory import peak_memory_mb
from stratomics.runtime import derive_seed, log, parallel_map

from .batch import Shape
from .device import device_name, given_gpus, repeatable, resolve_device
from .kind import Kind
from .kinds import find_kind
from .loop import Trained
from .member import Task
from .schedule import train_on_cpu, train_on_gpu
from .state import NetworkState

#: A latent is dead when its variance over the training patients is below this share of the variance of the prior
#: (Burda, Grosse & Salakhutdinov 2016, arXiv:1509.00519), or without a prior, of the liveliest latent.
DEAD = 0.01
#: Fewest training patients: two to fit, one to decide when to stop, and one to spare.
FEWEST = 4


@dataclass(frozen=True)
class EmbeddingResult:
    """What training one embedding on every split gave.

    Parameters
    ----------
    latents
        Per split, the codes of all patients (training or not), [n, L] float32.
    models
        Per split, the network that made them.
    history
        One row per split, restart and epoch: ``train_loss`` (mean over the minibatches, with dropout and corruption),
        ``validation_loss``, ``reconstruction`` and ``divergence`` of the validation patients, ``chosen`` (the epoch whose
        weights the restart keeps), ``kept`` (the restart that the split keeps). Reconstruction errors are relative: mean
        squared error per entry over the mean square of the fitted patients, 1 for a network that knows nothing.
    info
        JSON-able: ``device``, ``device_requested``, ``device_reason``, ``visible_devices`` (the GPUs given to
        the job), ``seconds``, ``peak_memory_mb`` (of the process, or of the GPU), ``models``, ``chunks``, ``parameters``
        (of the widest network), ``epochs`` (run, per split), ``dead_latents`` (positions, per split), ``torch``.
    """

    latents: dict[str, np.ndarray]
    models: dict[str, NetworkState]
    history: pd.DataFrame
    info: dict[str, Any]


def train_embedding(
    settings: Mapping[str, Any],
    matrices: Sequence[np.ndarray],
    trains: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    seed: int,
    device: str = "auto",
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> EmbeddingResult:
    """Train the networks of all splits and restarts side by side.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config, with all its hyper-parameters.
    matrices
        Per split, standardised features times block weights of all patients, [n, P_s] float32 without missing values.
    trains
        Per split, positions of the training patients; the rows of the others are only encoded.
    names
        Of the splits.
    seed
        Each network draws from its own generator, seeded by this, the kind, the split and the restart.
    device
        ``auto``, ``cpu`` or ``cuda``.
    threads
        Batches of networks trained at once on a CPU. No byte of the result depends on it.
    progress
        Called with the number of networks done and the number of all.

    Returns
    -------
    EmbeddingResult

    Raises
    ------
    ConfigError
        If the kind is unknown or a GPU is asked for and there is none.
    DataError
        If a matrix is not finite or a split has too few training patients.
    StratomicsError
        If the loss of a network is not finite.
    """
    started = time.monotonic()
    kind = find_kind(settings)
    where, reason = resolve_device(device)
    log.info("training on %s (%s)", device_name(where), reason)
    if given_gpus() is not None and where.type == "cpu" and device != "cpu":
        log.warning("this job was given GPU %s and does not use it: %s", given_gpus(), reason)
    tasks = _tasks(settings, matrices, trains, names, seed)
    shape = Shape.of(tasks, kind, settings)
    count, lock = [0], Lock()

    def report(stopped: int) -> None:
        with lock:
            count[0] += stopped
            if progress is not None:
                progress(count[0], len(tasks))

    with repeatable(where):
        if where.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
            trained, chunks = train_on_gpu(tasks, kind, settings, shape, where, report)
        else:
            trained, chunks = train_on_cpu(tasks, kind, settings, shape, where, report, threads)
        log.info(
            "trained %d networks in %d batches; peak memory %.0f MB of %s",
            len(tasks),
            chunks,
            _peak_memory_mb(where),
            "the GPU" if where.type == "cuda" else "the process",
        )
        _check_finite(trained)
        kept = _best_restarts(trained)
        folded = parallel_map(lambda name: _fold(kept[name], settings["kind"]), names, threads)
        codes = parallel_map(lambda i: folded[i].encode(matrices[i]), range(len(names)), threads)

    return EmbeddingResult(
        latents=dict(zip(names, codes, strict=True)),
        models=dict(zip(names, folded, strict=True)),
        history=_history(trained, kept),
        info={
            "device": device_name(where),
            "device_requested": device,
            "device_reason": reason,
            "visible_devices": given_gpus(),
            "seconds": round(time.monotonic() - started, 3),
            "peak_memory_mb": _peak_memory_mb(where),
            "models": len(tasks),
            "chunks": chunks,
            "parameters": max(one.layout.parameter_count() for one in trained),
            "epochs": {name: len(kept[name].history) for name in names},
            "dead_latents": {names[i]: _dead(codes[i][trains[i]], kind) for i in range(len(names))},
            "torch": torch.__version__,
        },
    )


def _tasks(
    settings: Mapping[str, Any],
    matrices: Sequence[np.ndarray],
    trains: Sequence[np.ndarray],
    names: Sequence[str],
    seed: int,
) -> list[Task]:
    """Check the input and list the networks, restarts of a split side by side."""
    if not names or not len(names) == len(matrices) == len(trains) == len(set(names)):
        raise ValueError(f"{len(matrices)} matrices, {len(trains)} training sets and {len(set(names))} different names")
    faults, tasks = [], []
    for name, matrix, train in zip(names, matrices, trains, strict=True):
        if len(train) < FEWEST:
            faults.append(
                f"split {name}: {len(train)} training patients are too few for an autoencoder, which needs {FEWEST}. "
                "Lower evaluation.folds or add patients."
            )
        elif not np.isfinite(matrix).all():
            rows = int((~np.isfinite(matrix).all(axis=1)).sum())
            faults.append(f"split {name}: {rows} patients have missing or infinite features after preprocessing.")
        for restart in range(int(settings["restarts"])):
            own = derive_seed(seed, settings["kind"], name, restart)
            tasks.append(Task(name, restart, np.asarray(matrix, dtype=np.float32), np.asarray(train), own))
    if faults:
        raise DataError(faults)
    return tasks


def _check_finite(trained: Sequence[Trained]) -> None:
    broken = [one for one in trained if one.epoch < 0]
    if broken:
        names = ", ".join(f"{one.task.split} (restart {one.task.restart})" for one in broken)
        raise StratomicsError(
            f"The loss of the network of {names} was never finite. Lower learning_rate of the embedding."
        )


def _best_restarts(trained: Sequence[Trained]) -> dict[str, Trained]:
    """Keep the restart with the lowest validation loss of each split."""
    kept: dict[str, Trained] = {}
    for one in trained:
        if one.task.split not in kept or one.loss < kept[one.task.split].loss:
            kept[one.task.split] = one
    return kept


def _fold(trained: Trained, kind: str) -> NetworkState:
    """Turn a network on coordinates into one on features, without the layers that only training needs."""
    torch.set_num_threads(1)
    layout, space = trained.layout, trained.space
    depth = len(layout.hidden)
    pairs = list(zip(trained.parameters[::2], trained.parameters[1::2], strict=True))
    pairs[0] = (space.fold_first(pairs[0][0]), pairs[0][1])
    pairs[-1] = (space.fold_last(pairs[-1][0]), space.fold_last(pairs[-1][1]))
    layers = [(np.ascontiguousarray(weight.numpy()), bias.numpy()[0].copy()) for weight, bias in pairs]
    return NetworkState(
        kind=kind,
        activation=layout.activation,
        encoder=tuple(layers[: depth + 1]),
        decoder=tuple(layers[depth + layout.heads :]),
    )


def _history(trained: Sequence[Trained], kept: Mapping[str, Trained]) -> pd.DataFrame:
    parts = []
    for one in trained:
        part = pd.DataFrame(one.history, columns=["train_loss", "validation_loss", "reconstruction", "divergence"])
        part.insert(0, "split", one.task.split)
        part.insert(1, "restart", one.task.restart)
        part.insert(2, "epoch", np.arange(1, len(part) + 1))
        part["chosen"] = np.arange(len(part)) == one.epoch
        part["kept"] = one is kept[one.task.split]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _dead(codes: np.ndarray, kind: Kind) -> list[int]:
    """Return the positions of the latents that hardly vary."""
    variance = codes.var(axis=0, dtype=np.float64)
    return [int(i) for i in np.flatnonzero(variance < DEAD * (kind.prior_variance or variance.max()))]


def _peak_memory_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    return round(peak_memory_mb(), 1)
