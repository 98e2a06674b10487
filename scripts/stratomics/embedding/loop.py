"""Train a batch of networks, each until its own validation loss stops falling or for a set number of epochs.

A network that has stopped leaves the stack, and the rest runs faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call

from .architecture import Architecture, Dropout
from .batch import PRECISION, Batch, Shape
from .member import Member, Task
from .recipe import Recipe
from .row_space import RowSpace


@dataclass
class Trained:
    """A network and how its training went.

    Parameters
    ----------
    task
        What was trained.
    network
        Its architecture, with its own sizes, on coordinates.
    spaces
        The coordinates of each view.
    fitted, left_out
        Positions of the patients it was fitted on, and of the other training patients.
    parameters
        By name, at the best epoch, on the coordinates.
    codes
        Latents of all patients, [n, L] float32.
    attention
        How much each view counts, [n, V]; None where the network does not weigh them.
    epoch, loss
        The best epoch (from 0; -1 if no loss was finite) and its validation loss.
    history
        Per epoch: train_loss, validation_loss, reconstruction, divergence, cox.
    """

    task: Task
    network: Architecture
    spaces: list[RowSpace]
    fitted: np.ndarray
    left_out: np.ndarray
    parameters: dict[str, Tensor] = field(default_factory=dict)
    codes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    attention: np.ndarray | None = None
    epoch: int = -1
    loss: float = math.inf
    history: list[tuple[float, ...]] = field(default_factory=list)

    @classmethod
    def before(cls, member: Member, task: Task) -> Trained:
        """Begin with a network that has not been trained."""
        return cls(task, member.network, member.spaces, member.fitted, member.validation_rows)

    @property
    def hazard(self) -> np.ndarray:
        """Log hazard per unit of each latent, float64 [L]."""
        return self.parameters["hazard.weight"][0].numpy().astype(np.float64)

    @torch.no_grad()
    def encode(self, member: Member) -> None:
        """Fill `codes` and `attention`, one network at a time so that they depend on no other."""
        views = [view.to(PRECISION) for view in member.everyone()]
        present = torch.from_numpy(self.task.views.has(np.arange(len(views[0]))).astype(np.float64))
        module = _Encoder(self.network)
        parameters = {f"network.{name}": value for name, value in self.parameters.items()}
        heads, weights = functional_call(module, parameters, (views, present))
        self.codes = heads.float().numpy()
        self.attention = None if weights is None else weights.numpy()


class _Encoder(torch.nn.Module):
    """What is asked of a trained network."""

    def __init__(self, network: Architecture) -> None:
        super().__init__()
        self.network = network

    def forward(self, views: Sequence[Tensor], present: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.network.encode(views, present, Dropout())[0], self.network.attention(views, present)


def train_batch(
    tasks: Sequence[Task],
    recipe: Recipe,
    shape: Shape,
    device: torch.device,
    report: Callable[[int], None],
) -> list[Trained]:
    """Train networks together.

    Parameters
    ----------
    tasks
        The networks.
    recipe, shape, device
        As for `Batch`.
    report
        Called with the number of networks that have just stopped.

    Returns
    -------
    list of Trained
        In the order of `tasks`. A network is that of the epoch with the lowest loss of its validation patients, and stops when
        that has not fallen for ``patience`` epochs; in a committee, which has other uses for those patients, it is that of the
        last epoch.
    """
    batch = Batch(tasks, recipe, shape, device)
    epochs, patience = recipe.epochs, int(recipe.settings["patience"])
    first_judged = epochs - 1 if recipe.committee else min(recipe.kind.warmup_epochs, epochs - 1)
    # Nobody reads the history of networks that are trained on other outcomes.
    unread = recipe.committee and len(batch.members) < len(batch.tasks)
    everyone = [Trained.before(batch.members[int(batch.owner[i])], task) for i, task in enumerate(batch.tasks)]
    running = everyone
    for epoch in range(epochs):
        train_loss = batch.train_epoch(epoch)
        if unread and epoch < first_judged:
            continue
        losses = torch.stack([train_loss, *_flat(batch.validate(epoch))]).cpu().numpy()
        losses[[i for i, there in enumerate(_there(recipe)) if not there]] = math.nan
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
                    one.parameters = dict(zip(batch.names, batch.best_parameters(i), strict=True))
                    one.encode(batch.members[int(batch.owner[i])])
            left = [i for i in range(len(running)) if not over[i]]
            batch.keep(left)
            running = [running[i] for i in left]
            report(sum(over))
        if not running:
            break
    position = {id(task): i for i, task in enumerate(tasks)}
    return sorted(everyone, key=lambda one: position[id(one.task)])


def _there(recipe: Recipe) -> tuple[bool, ...]:
    """Tell which entries of a row of the history the networks have."""
    return True, True, recipe.reconstruction > 0, recipe.kind.diverges, recipe.committee


def _flat(validated: tuple[Tensor, Sequence[Tensor]]) -> list[Tensor]:
    loss, parts = validated
    return [loss, *parts]
