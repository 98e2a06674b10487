"""Train many networks side by side: one pass through stacked tensors moves all of them one step.

Networks are ordered by how many minibatches their patients make, so those still busy in a late minibatch of an epoch are
always the first k of the stack.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .kind import Kind
from .member import Member, Task
from .network import Layout, decode, encode_heads, padded, stack_padded
from .optimiser import StackedAdamW

#: Precision of the networks. Training multiplies rounding errors: after some hundred steps in single precision, a network
#: padded to another width differs in the fifth digit of its codes, and may stop at another epoch. In double precision a
#: network trained in a batch, alone, on one thread or two, on a CPU or a GPU gives the same codes; on the few coordinates
#: of a `RowSpace` that costs twice the time of single precision, and still far less than single precision on all features.
PRECISION = torch.float64


@dataclass(frozen=True)
class Shape:
    """Common padded shape of all networks of a run, so that the way they are divided into batches changes no bit.

    Parameters
    ----------
    patients, validation
        Most patients that a network is fitted on, and most that decide when it stops.
    rows
        Rows of a minibatch.
    layout
        Layers with padded widths.
    """

    patients: int
    validation: int
    rows: int
    layout: Layout

    @classmethod
    def of(cls, tasks: Sequence[Task], kind: Kind, settings: Mapping[str, Any]) -> Shape:
        """Return the smallest shape that holds all tasks."""
        fitted = [task.fitted(settings) for task in tasks]
        inputs = max(min(task.features.shape[1], n) for task, n in zip(tasks, fitted, strict=True))
        own = tasks[0].layout(settings, kind, inputs)
        return cls(
            patients=max(fitted),
            validation=max(task.held(settings) for task in tasks),
            rows=max(math.ceil(n / task.steps(settings)) for task, n in zip(tasks, fitted, strict=True)),
            layout=Layout(
                padded(own.inputs),
                tuple(padded(width) for width in own.hidden),
                padded(own.latents),
                own.heads,
                own.activation,
            ),
        )


class Batch:
    """A stack of networks in training.

    Parameters
    ----------
    tasks
        The networks.
    kind, settings
        The embedding.
    shape
        Common padded shape, at least as large as these tasks need.
    device
        Where to train.
    """

    def __init__(
        self, tasks: Sequence[Task], kind: Kind, settings: Mapping[str, Any], shape: Shape, device: torch.device
    ) -> None:
        self.kind, self.shape, self.layout, self.device = kind, shape, shape.layout, device
        members = [Member(task, kind, settings, device) for task in tasks]
        self.members = sorted(members, key=lambda member: -member.steps)

        inputs, latents = self.layout.inputs, self.layout.latents
        self.clean = self._stack([m.clean for m in self.members], shape.patients, inputs)
        self.validation = self._stack([m.validation for m in self.members], shape.validation, inputs)
        held = [len(m.validation) for m in self.members]
        self.validation_weight = self._stack([np.full(n, 1.0 / n) for n in held], shape.validation)
        self.validation_noise = [
            self._stack([m.validation_noise[i] for m in self.members], shape.validation, latents)
            for i in range(len(self.members[0].validation_noise))
        ]
        self.coordinates = self._stack([np.array(m.space.rank) for m in self.members])
        self.lost = self._stack([np.array(m.lost) for m in self.members])

        shapes = self.layout.parameter_shapes()
        self.parameters = [self._stack([m.initial[i] for m in self.members], *size) for i, size in enumerate(shapes)]
        self.best = [parameter.clone() for parameter in self.parameters]
        self.optimiser = StackedAdamW(
            self.parameters, float(settings["learning_rate"]), float(settings["weight_decay"])
        )

    def _stack(self, arrays: Sequence[np.ndarray | Tensor], *shape: int) -> Tensor:
        return stack_padded(arrays, shape, self.device, PRECISION)

    def _objective(
        self,
        parameters: Sequence[Tensor],
        inputs: Tensor,
        target: Tensor,
        weight: Tensor,
        dropout: Sequence[Tensor],
        noise: Sequence[Tensor],
        *,
        training: bool,
    ) -> tuple[Tensor, Tensor | None]:
        """Return reconstruction error and divergence of the first k networks, [k] each."""
        k = len(inputs)
        heads = encode_heads(self.layout, parameters, inputs, dropout)
        latent = self.kind.latent(heads, noise)
        output = decode(self.layout, parameters, latent if training else heads[0], dropout)
        squared = (output - target).square().sum(dim=-1)
        reconstruction = (squared * weight).sum(dim=-1) / self.coordinates[:k]
        return reconstruction, self.kind.divergence(heads, latent, noise, weight)

    def train_epoch(self, epoch: int) -> Tensor:
        """Move every network through its patients once; return the mean loss of its minibatches, [M]."""
        draws = [member.draw_epoch(self.shape.rows) for member in self.members]
        steps = [member.steps for member in self.members]
        patients, rows = self.shape.patients, self.shape.rows
        order = stack_padded([d.order for d in draws], (steps[0], rows), self.device, torch.int64)
        weight = self._stack([d.weight for d in draws], steps[0], rows)
        corrupted = [d.inputs for d in draws if d.inputs is not None]
        inputs = self._stack(corrupted, patients, self.layout.inputs) if corrupted else self.clean
        widths = self.layout.dropped_widths() if draws[0].dropout else []
        dropout = [self._stack([d.dropout[i] for d in draws], patients, width) for i, width in enumerate(widths)]
        noise = [
            self._stack([d.noise[i] for d in draws], patients, self.layout.latents) for i in range(len(draws[0].noise))
        ]
        scale = self.kind.divergence_weight(epoch, self.coordinates)
        total = torch.zeros_like(self.coordinates)
        for step in range(steps[0]):
            busy = sum(count > step for count in steps)
            which, who = torch.arange(busy, device=self.device)[:, None], order[:busy, step]
            leaves = [parameter[:busy].detach().requires_grad_() for parameter in self.parameters]
            reconstruction, divergence = self._objective(
                leaves,
                inputs[which, who],
                self.clean[which, who],
                weight[:busy, step],
                [one[which, who] for one in dropout],
                [one[which, who] for one in noise],
                training=True,
            )
            loss = reconstruction if divergence is None else reconstruction + scale[:busy] * divergence
            self.optimiser.step(self.parameters, torch.autograd.grad(loss.sum(), leaves))
            total[:busy] += loss.detach()
        return total / torch.tensor(steps, dtype=PRECISION, device=self.device)

    @torch.no_grad()
    def validate(self, epoch: int) -> tuple[Tensor, Tensor, Tensor]:
        """Judge every network on its validation patients, encoded as they will be: no corruption, dropout or sampling.

        Parameters
        ----------
        epoch
            From 0; decides the weight of the divergence.

        Returns
        -------
        loss, reconstruction, divergence : Tensor
            [M] each; divergence is NaN for kinds without. The reconstruction error counts what lies outside the span of
            the fitted patients, which no network can reconstruct.
        """
        reconstruction, divergence = self._objective(
            self.parameters,
            self.validation,
            self.validation,
            self.validation_weight,
            (),
            self.validation_noise,
            training=False,
        )
        reconstruction = reconstruction + self.lost
        if divergence is None:
            return reconstruction, reconstruction, torch.full_like(reconstruction, math.nan)
        scale = self.kind.divergence_weight(epoch, self.coordinates)
        return reconstruction + scale * divergence, reconstruction, divergence

    def remember(self, positions: Sequence[int]) -> None:
        """Keep the present weights of some networks as their best.

        Parameters
        ----------
        positions
            In the stack.
        """
        chosen = torch.tensor(positions, dtype=torch.int64, device=self.device)
        for best, current in zip(self.best, self.parameters, strict=True):
            best[chosen] = current[chosen]

    def best_parameters(self, position: int) -> list[Tensor]:
        """Return weight [in, out] and bias [1, out] of every layer of one network at its best, without padding."""
        shapes = self.members[position].layout.parameter_shapes()
        return [best[position, :a, :b].float().cpu() for best, (a, b) in zip(self.best, shapes, strict=True)]

    def keep(self, positions: Sequence[int]) -> None:
        """Drop all networks but some from the stack.

        Parameters
        ----------
        positions
            Of those that stay, ascending.
        """
        stay = torch.tensor(positions, dtype=torch.int64, device=self.device)
        self.members = [self.members[i] for i in positions]
        for name in ("clean", "validation", "validation_weight", "coordinates", "lost"):
            setattr(self, name, getattr(self, name)[stay])
        self.validation_noise = [noise[stay] for noise in self.validation_noise]
        self.parameters = [parameter[stay] for parameter in self.parameters]
        self.best = [parameter[stay] for parameter in self.best]
        self.optimiser.keep(stay)
