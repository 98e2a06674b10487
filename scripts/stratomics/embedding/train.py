"""Train one embedding for every split and restart, and encode all patients with each."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import torch

from stratomics.errors import DataError
from stratomics.memory import peak_memory_mb
from stratomics.runtime import log, parallel_map

from .architectures import find_architecture
from .device import device_name, given_gpus, repeatable, resolve_device
from .kind import Kind
from .loop import Trained
from .state import NetworkState, fold, sizes_on_features
from .study import SUPERVISED, Outcome, Study, kept_networks, recipes_of, studies_of, told
from .told import Told
from .views import Views

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
        Per split, the networks that made them.
    history
        One row per split, network and epoch: ``part`` (of the latents), ``omics`` (that it is given; empty for all), ``restart``,
        ``epoch``, ``train_loss`` (mean over the minibatches, with dropout and corruption), ``validation_loss``,
        ``reconstruction``, ``divergence`` and ``cox`` of the patients that it is not fitted on, ``chosen`` (the epoch whose
        weights the network keeps), ``kept`` (whether the split keeps the network). Reconstruction errors are relative: mean
        squared error per entry over the mean square of the fitted patients, 1 for a network that knows nothing.
    info
        JSON-able: ``device``, ``device_requested``, ``device_reason``, ``visible_devices`` (the GPUs given to
        the job), ``seconds``, ``peak_memory_mb`` (of the process, or of the GPU), ``models``, ``chunks``, ``parameters``
        (of the widest network), ``epochs`` (run, per split), ``dead_latents`` (positions, per split), ``torch``.
    parts
        The columns of the latents that networks of one sort made.
    told
        Per split, what the networks say of survival, and in late fusion whose the latents are; empty where there is neither.
    attention
        Per split, how much each view of each patient counts, [n, V]; empty where the networks do not weigh views.
    """

    latents: dict[str, np.ndarray]
    models: dict[str, NetworkState]
    history: pd.DataFrame
    info: dict[str, Any]
    parts: dict[str, slice]
    told: dict[str, Told] = field(default_factory=dict)
    attention: dict[str, np.ndarray] = field(default_factory=dict)


def train_embedding(
    settings: Mapping[str, Any],
    views: Sequence[Views],
    trains: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    seed: int,
    outcome: Outcome | None = None,
    device: str = "auto",
    threads: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> EmbeddingResult:
    """Train the networks of all splits and restarts side by side.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config, with all its hyper-parameters.
    views
        Per split, standardised features times block weights of all patients.
    trains
        Per split, positions of the training patients; the rows of the others are only encoded.
    names
        Of the splits.
    seed
        Each network draws from its own generator, seeded by this, the kind, the split and the restart.
    outcome
        Follow-up of all patients, time (days) and event; only networks that know survival look at it, and only at that of the
        patients they are fitted on.
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
        If features are not finite or a split has too few training patients.
    StratomicsError
        If the loss of a network is not finite.
    """
    started = clock.monotonic()
    recipes = recipes_of(settings)
    where, reason = resolve_device(device)
    log.info("training on %s (%s)", device_name(where), reason)
    if given_gpus() is not None and where.type == "cpu" and device != "cpu":
        log.warning("this job was given GPU %s and does not use it: %s", given_gpus(), reason)
    late = find_architecture(settings["architecture"]).late
    _check(views, trains, names, late)
    studies = [
        (part, study)
        for part, recipe in recipes.items()
        for study in studies_of(recipe, views, trains, names, seed, outcome)
    ]
    count, lock, total = [0], Lock(), sum(len(study.tasks) for _, study in studies)

    def report(stopped: int) -> None:
        with lock:
            count[0] += stopped
            if progress is not None:
                progress(count[0], total)

    with repeatable(where):
        if where.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        trained: list[list[Trained]] = []
        batches = 0
        for _, study in studies:
            done, chunks = study.train(study.tasks, where, threads, report)
            trained.append(done)
            batches += chunks
        log.info(
            "trained %d networks in %d batches; peak memory %.0f MB of %s",
            total,
            batches,
            _peak_memory_mb(where),
            "the GPU" if where.type == "cuda" else "the process",
        )
        kept = [kept_networks(own, study.recipe) for own, (_, study) in zip(trained, studies, strict=True)]
        parallel = [[one for own in kept for one in own[name]] for name in names]
        given = [studies[0][1].recipe.views(own) for own in views]
        states = parallel_map(lambda both: _state(*both, settings), list(zip(parallel, given, strict=True)), threads)
    codes = {name: np.hstack([one.codes for one in own]) for name, own in zip(names, parallel, strict=True)}
    return EmbeddingResult(
        latents=codes,
        models=dict(zip(names, states, strict=True)),
        history=pd.concat(
            [
                _history(part, study.omics, own, left)
                for (part, study), own, left in zip(studies, trained, kept, strict=True)
            ],
            ignore_index=True,
        ),
        info={
            "device": device_name(where),
            "device_requested": device,
            "device_reason": reason,
            "visible_devices": given_gpus(),
            "seconds": round(clock.monotonic() - started, 3),
            "peak_memory_mb": _peak_memory_mb(where),
            "models": total,
            "chunks": batches,
            "parameters": max(_parameters(one) for own in trained for one in own),
            "epochs": {name: max(len(one.history) for one in own) for name, own in zip(names, parallel, strict=True)},
            "dead_latents": {
                name: [
                    int(width + i)
                    for width, one in _placed(own)
                    for i in _dead(one.codes[train], next(iter(recipes.values())).kind)
                ]
                for name, train, own in zip(names, trains, parallel, strict=True)
            },
            "torch": torch.__version__,
        },
        parts=_parts([(part, own[names[0]]) for (part, _), own in zip(studies, kept, strict=True)]),
        told=_told(studies, kept, dict(zip(names, trains, strict=True))),
        attention={
            name: np.mean([one.attention for one in own if one.attention is not None], axis=0)
            for name, own in zip(names, parallel, strict=True)
            if all(one.attention is not None for one in own)
        },
    )


def _check(views: Sequence[Views], trains: Sequence[np.ndarray], names: Sequence[str], late: bool) -> None:
    if not names or not len(names) == len(views) == len(trains) == len(set(names)):
        raise ValueError(f"{len(views)} matrices, {len(trains)} training sets and {len(set(names))} different names")
    faults = []
    for name, own, train in zip(names, views, trains, strict=True):
        if len(train) < FEWEST:
            faults.append(
                f"split {name}: {len(train)} training patients are too few for an autoencoder, which needs {FEWEST}. "
                "Lower evaluation.folds or add patients."
            )
        elif not np.isfinite(own.features).all():
            rows = int((~np.isfinite(own.features).all(axis=1)).sum())
            faults.append(f"split {name}: {rows} patients have missing or infinite features after preprocessing.")
        faults += [
            f"split {name}: {count} training patients with the omics {omics} are too few for a network of its own, which needs "
            f"{FEWEST}. Leave this omics out, or choose another architecture."
            for omics, count in zip(own.blocks, own.has(train).sum(axis=0), strict=True)
            if late and count < FEWEST <= len(train)
        ]
    if faults:
        raise DataError(faults)


def _state(networks: Sequence[Trained], views: Views, settings: Mapping[str, Any]) -> NetworkState:
    """Turn networks on coordinates into networks on features."""
    torch.set_num_threads(1)
    return NetworkState(
        kind=settings["kind"],
        architecture=settings["architecture"],
        sizes=tuple(sizes_on_features(one.network.sizes, one.task.views.widths) for one in networks),
        blocks={name: (block.start, block.stop) for name, block in views.blocks.items()},
        members=tuple(fold(one.parameters, one.spaces) for one in networks),
        sees=tuple(tuple(one.task.views.blocks) for one in networks),
    )


def _placed(networks: Sequence[Trained]) -> list[tuple[int, Trained]]:
    """Return each network with the column where its latents begin."""
    starts = np.cumsum([0, *(one.codes.shape[1] for one in networks)])
    return [(int(start), one) for start, one in zip(starts, networks, strict=False)]


def _parts(kept: Sequence[tuple[str, Sequence[Trained]]]) -> dict[str, slice]:
    parts: dict[str, slice] = {}
    start = 0
    for part, networks in kept:
        stop = start + sum(one.codes.shape[1] for one in networks)
        parts[part] = slice(parts[part].start if part in parts else start, stop)
        start = stop
    return parts


def _told(
    studies: Sequence[tuple[str, Study]],
    kept: Sequence[Mapping[str, Sequence[Trained]]],
    trains: Mapping[str, np.ndarray],
) -> dict[str, Told]:
    """Gather what the kept networks say of survival, and in late fusion whose their latents are."""
    omics = list(dict.fromkeys(study.omics for _, study in studies))
    late, found = studies[0][1].recipe.architecture.late, {}
    for name, train in trains.items():
        committees = [own[name] for (part, _), own in zip(studies, kept, strict=True) if part == SUPERVISED]
        own_told = told(committees, train) if committees else Told(np.zeros(0), np.zeros((len(omics), 0)))
        if late:
            widths = [sum(one.codes.shape[1] for one in own[name]) for own in kept]
            owner = np.repeat([omics.index(study.omics) for _, study in studies], widths)
            own_told = replace(own_told, owner=owner, omics=tuple(omics))
        if late or committees:
            found[name] = own_told
    return found


def _parameters(one: Trained) -> int:
    return sum(parameter.numel() for parameter in one.parameters.values())


def _history(part: str, omics: str, trained: Sequence[Trained], kept: Mapping[str, Sequence[Trained]]) -> pd.DataFrame:
    tables = []
    columns = ["train_loss", "validation_loss", "reconstruction", "divergence", "cox"]
    for one in trained:
        table = pd.DataFrame(one.history, columns=columns)
        table.insert(0, "split", one.task.split)
        table.insert(1, "part", part)
        table.insert(2, "omics", omics)
        table.insert(3, "restart", one.task.restart)
        table.insert(4, "epoch", np.arange(1, len(table) + 1))
        table["chosen"] = np.arange(len(table)) == one.epoch
        table["kept"] = any(one is other for other in kept[one.task.split])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _dead(codes: np.ndarray, kind: Kind) -> list[int]:
    """Return the positions of the latents that hardly vary."""
    variance = codes.var(axis=0, dtype=np.float64)
    return [int(i) for i in np.flatnonzero(variance < DEAD * (kind.prior_variance or variance.max()))]


def _peak_memory_mb(device: torch.device) -> float:
    if device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    return round(peak_memory_mb(), 1)
