"""Divide the networks of a run into batches: over the threads of a CPU, or by the memory of a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from stratomics.errors import StratomicsError
from stratomics.network_size import CPU_BATCH, OUTCOMES, numbers_in_training
from stratomics.runtime import log, parallel_map

from .batch import PRECISION, Shape
from .loop import Trained, train_batch
from .member import Task
from .recipe import Recipe

#: Share of the free memory of a GPU that one batch may plan to use.
GPU_SHARE = 0.7


def train_on_cpu(
    tasks: Sequence[Task],
    recipe: Recipe,
    shape: Shape,
    device: torch.device,
    report: Callable[[int], None],
    threads: int,
) -> tuple[list[Trained], int]:
    """Train batches of a few networks, on several threads at once.

    Parameters
    ----------
    tasks
        All networks.
    recipe, shape, device, report
        As for `train_batch`.
    threads
        Batches trained at once; results do not depend on it.

    Returns
    -------
    trained, batches
        The networks in the order of `tasks`, and how many batches were trained.
    """
    keys = {task.key for task in tasks}
    # Networks that share their draws do so within a batch.
    size = OUTCOMES if len(keys) < len(tasks) else min(CPU_BATCH, -(-len(tasks) // max(threads, 1)))
    batches = [tasks[start : start + size] for start in range(0, len(tasks), size)]

    def train(batch: Sequence[Task]) -> list[Trained]:
        torch.set_num_threads(1)  # a setting of each thread
        return train_batch(batch, recipe, shape, device, report)

    return [one for batch in parallel_map(train, batches, threads) for one in batch], len(batches)


def train_on_gpu(
    tasks: Sequence[Task],
    recipe: Recipe,
    shape: Shape,
    device: torch.device,
    report: Callable[[int], None],
) -> tuple[list[Trained], int]:
    """Train as many networks at once as fit in memory; where the estimate fails, halve the batch and go on.

    Parameters
    ----------
    tasks
        All networks.
    recipe, shape, device, report
        As for `train_batch`.

    Returns
    -------
    trained, batches
        The networks in the order of `tasks`, and how many batches were trained.

    Raises
    ------
    StratomicsError
        If not even one network fits.
    """
    free, _ = torch.cuda.mem_get_info(device)
    size = max(1, min(len(tasks), int(GPU_SHARE * free / _bytes_per_network(tasks, recipe, shape))))
    trained: list[Trained] = []
    chunks = 0
    while len(trained) < len(tasks):
        batch = tasks[len(trained) : len(trained) + size]
        stopped: list[int] = []
        try:
            trained += train_batch(batch, recipe, shape, device, stopped.append)
            report(sum(stopped))
            chunks += 1
            continue
        except torch.cuda.OutOfMemoryError:
            if len(batch) == 1:
                raise StratomicsError(
                    f"device: the GPU has too little free memory ({free / 2**20:.0f} MB) for one network. Set "
                    "`device: cpu`, or lower hidden or batch_size of the embedding."
                ) from None
        # Outside the handler, whose traceback would hold the tensors.
        size = len(batch) // 2
        log.warning("%d networks do not fit in the memory of the GPU: training %d at once", len(batch), size)
        torch.cuda.empty_cache()
    return trained, chunks


def _bytes_per_network(tasks: Sequence[Task], recipe: Recipe, shape: Shape) -> int:
    """Estimate the memory of one network in training, from above."""
    own = shape.sizes
    sizes = (sum(own.inputs), own.hidden, own.latents * len(own.inputs), own.heads)
    wide = max(task.views.features.shape[1] for task in tasks)
    numbers = numbers_in_training(*sizes, patients=shape.patients, rows=shape.rows)
    numbers += wide * sum(own.inputs) + (4 * shape.patients * wide if recipe.kind.corrupts else 0)
    return PRECISION.itemsize * numbers
