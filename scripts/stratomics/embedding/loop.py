"""Train a batch of networks, each until its own validation loss stops falling.

A network that has stopped leaves the stack, and the rest runs faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from .batch import Batch, Shape
from .kind import Kind
from .member import Task
from .network import Layout
from .row_space import RowSpace


@dataclass
class Trained:
    """A network and how its training went.

    Parameters
    ----------
    task
        What was trained.
    space, layout
        Its coordinates, and its layers without padding.
    parameters
        Weight [in, out] and bias [1, out] of every layer, on the coordinates, at the best epoch.
    epoch, loss
        The best epoch (from 0; -1 if no loss was finite) and its validation loss.
    history
        Per epoch: train_loss, validation_loss, reconstruction, divergence.
    """

    task: Task
    space: RowSpace
    layout: Layout
    parameters: list[Tensor] = field(default_factory=list)
    epoch: int = -1
    loss: float = math.inf
    history: list[tuple[float, ...]] = field(default_factory=list)


def train_batch(
    tasks: Sequence[Task],
    kind: Kind,
    settings: Mapping[str, Any],
    shape: Shape,
    device: torch.device,
    report: Callable[[int], None],
) -> list[Trained]:
    """Train networks together, each until it has not improved for ``patience`` epochs.

    Parameters
    ----------
    tasks
        The networks.
    kind, settings, shape, device
        As for `Batch`.
    report
        Called with the number of networks that have just stopped.

    Returns
    -------
    list of Trained
        In the order of `tasks`.
    """
    batch = Batch(tasks, kind, settings, shape, device)
    epochs, patience = int(settings["epochs"]), int(settings["patience"])
    first_judged = min(kind.warmup_epochs, epochs - 1)
    everyone = [Trained(member.task, member.space, member.layout) for member in batch.members]
    running = everyone
    for epoch in range(epochs):
        train_loss = batch.train_epoch(epoch)
        losses = torch.stack([train_loss, *batch.validate(epoch)]).cpu().numpy()
        better = []
        for i, one in enumerate(running):
            one.history.append(tuple(losses[:, i].tolist()))
            if epoch >= first_judged and losses[1, i] < one.loss:
                one.epoch, one.loss = epoch, float(losses[1, i])
                better.append(i)
        batch.remember(better)

        over = [epoch == epochs - 1 or epoch - max(one.epoch, first_judged) >= patience for one in running]
        if any(over):
            for i, one in enumerate(running):
                if over[i]:
                    one.parameters = batch.best_parameters(i)
            left = [i for i in range(len(running)) if not over[i]]
            batch.keep(left)
            running = [running[i] for i in left]
            report(sum(over))
        if not running:
            break
    position = {id(task): i for i, task in enumerate(tasks)}
    return sorted(everyone, key=lambda one: position[id(one.task)])
