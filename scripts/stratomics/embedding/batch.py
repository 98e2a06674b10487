"""Train many networks side by side: one pass through stacked tensors moves all of them one step.

Networks are ordered by how many minibatches their patients make, so those still busy in a late minibatch of an epoch are
always the first k of the stack. Networks that differ in their outcome alone (permutations of survival) share one `Member`:
its patients and its draws are there once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap

from .architecture import Sizes, stack_padded
from .hazard import cox_loss
from .member import Epoch, Member, Task
from .optimiser import StackedAdamW
from .recipe import Recipe

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
        Most patients that a network is fitted on, and most that it is not.
    rows
        Rows of a minibatch.
    sizes
        With padded widths.
    """

    patients: int
    validation: int
    rows: int
    sizes: Sizes

    @classmethod
    def of(cls, tasks: Sequence[Task], recipe: Recipe) -> Shape:
        """Return the smallest shape that holds all tasks."""
        fitted = [task.fitted(recipe) for task in tasks]
        widths = [[min(width, n) for width in task.views.widths] for task, n in zip(tasks, fitted, strict=True)]
        return cls(
            patients=max(fitted),
            validation=max(task.held(recipe) for task in tasks),
            rows=max(math.ceil(n / task.steps(recipe)) for task, n in zip(tasks, fitted, strict=True)),
            sizes=recipe.sizes([max(own) for own in zip(*widths, strict=True)]).padded(),
        )


class Losses(NamedTuple):
    """The parts of the loss of each network, [M]."""

    reconstruction: Tensor
    divergence: Tensor
    cox: Tensor


class Drawn(NamedTuple):
    """What the members of a batch see in one pass; every tensor has the members [m] along its first axis, then patients."""

    inputs: list[Tensor]
    target: list[Tensor]
    shown: Tensor
    present: Tensor
    dropout: list[Tensor]
    noise: list[Tensor]

    def at(self, index: Tensor | tuple[Tensor, Tensor]) -> Drawn:
        """Pick out members, or patients of members."""
        return Drawn(
            inputs=[one[index] for one in self.inputs],
            target=[one[index] for one in self.target],
            shown=self.shown[index],
            present=self.present[index],
            dropout=[one[index] for one in self.dropout],
            noise=[one[index] for one in self.noise],
        )


class Batch:
    """A stack of networks in training.

    Parameters
    ----------
    tasks
        The networks.
    recipe
        The embedding.
    shape
        Common padded shape, at least as large as these tasks need.
    device
        Where to train.
    """

    def __init__(self, tasks: Sequence[Task], recipe: Recipe, shape: Shape, device: torch.device) -> None:
        self.recipe, self.shape, self.device = recipe, shape, device
        with torch.device("meta"):
            self.module = recipe.architecture(shape.sizes)
        self.names = [name for name, _ in self.module.named_parameters()]
        self.tasks = sorted(tasks, key=lambda task: -task.steps(recipe))
        first = {task.key: task for task in self.tasks}
        self.members = [Member(task, recipe, device) for task in first.values()]
        places = {key: i for i, key in enumerate(first)}
        self.owner = torch.tensor([places[task.key] for task in self.tasks], device=device)
        self._stack_patients()
        self._stack_networks()

    def _stack_patients(self) -> None:
        """Stack what stays the same over the epochs."""
        members, shape = self.members, self.shape
        self.ranks = self._stack([m.ranks for m in members], len(members[0].ranks))
        self.shares = self._stack([m.shares for m in members], len(members[0].ranks))
        self.lost = self._stack([np.array(m.lost) for m in members])
        self.clean = self._stack_views([m.clean for m in members], shape.patients)
        self.present = self._stack_present([m.present for m in members], shape.patients)
        held = [len(m.validation_rows) for m in members]
        self.validation_weight = self._stack([np.full(n, 1.0 / n) for n in held], shape.validation)
        unseen = self._stack_views([m.validation for m in members], shape.validation)
        there = self._stack_present([m.validation_present for m in members], shape.validation)
        noise = self._stack_noise([m.validation_noise for m in members], shape.validation)
        self.validation = Drawn(unseen, unseen, there, there, [], noise)
        # Follow-up belongs to networks, not to members.
        self.outcome = [self._stack_outcome([m.fitted for m in members], i, shape.patients) for i in (0, 1)]
        self.validation_outcome = [
            self._stack_outcome([m.validation_rows for m in members], i, shape.validation) for i in (0, 1)
        ]

    def _stack_networks(self) -> None:
        shapes, tiles = [tuple(p.shape) for p in self.module.parameters()], self.module.tiles()
        initial = [self.members[i].initial for i in self.owner.tolist()]
        self.parameters = [
            stack_padded([own[i] for own in initial], size, self.device, PRECISION, tiles.get(name, 1))
            for i, (name, size) in enumerate(zip(self.names, shapes, strict=True))
        ]
        self.best = [parameter.clone() for parameter in self.parameters]
        settings = self.recipe.settings
        self.optimiser = StackedAdamW(
            self.parameters, float(settings["learning_rate"]), float(settings["weight_decay"])
        )

    def _stack(self, arrays: Sequence[np.ndarray | Tensor], *shape: int) -> Tensor:
        return stack_padded(arrays, shape, self.device, PRECISION)

    def _stack_views(self, views: Sequence[Sequence[Tensor]], patients: int) -> list[Tensor]:
        widths = self.shape.sizes.inputs
        return [self._stack([own[v] for own in views], patients, width) for v, width in enumerate(widths)]

    def _stack_present(self, present: Sequence[np.ndarray], patients: int) -> Tensor:
        return self._stack([own.astype(np.float64) for own in present], patients, present[0].shape[1])

    def _stack_noise(self, noise: Sequence[Sequence[np.ndarray]], patients: int) -> list[Tensor]:
        blocks = self.module.latent_blocks
        return [
            stack_padded([own[i] for own in noise], (patients, self.module.latents), self.device, PRECISION, blocks)
            for i in range(len(noise[0]))
        ]

    def _stack_outcome(self, rows: Sequence[np.ndarray], which: int, patients: int) -> Tensor:
        """Stack time (0) or event (1) of each network, [M, patients]; zeros for networks that look at none."""
        own = [
            np.zeros(len(rows[i])) if task.outcome is None else task.outcome[which][rows[i]].astype(np.float64)
            for i, task in zip(self.owner.tolist(), self.tasks, strict=True)
        ]
        return self._stack(own, patients)

    def _losses(
        self,
        parameters: Sequence[Tensor],
        drawn: Drawn,
        weight: Tensor,
        outcome: Sequence[Tensor],
        owner: Tensor,
        sample: Callable[[Sequence[Tensor], Sequence[Tensor]], Tensor],
    ) -> Losses:
        """Return the parts of the loss of the first k networks, for patients that have been picked out ([k, B, ...])."""
        kind, names = self.recipe.kind, self.names
        tells, latents = self.recipe.committee, int(self.recipe.settings["latent"]) * self.module.latent_blocks

        def one(
            own: list[Tensor], drawn: Drawn, weight: Tensor, outcome: list[Tensor], ranks: Tensor, shares: Tensor
        ) -> Losses:
            arguments = (drawn.inputs, drawn.shown, drawn.dropout, drawn.noise, sample)
            heads, z, out, log_hazard = functional_call(self.module, dict(zip(names, own, strict=True)), arguments)
            zero = weight.sum() * 0.0
            reconstruction = zero
            if out:
                errors, known = torch.zeros_like(weight), torch.zeros_like(weight)
                for v, (there, guess) in enumerate(zip(drawn.target, out, strict=True)):
                    share = shares[v] * drawn.present[:, v]
                    errors = errors + share / ranks[v] * (guess - there).square().sum(dim=-1)
                    known = known + share
                reconstruction = (errors / known.clamp(min=1e-12) * weight).sum()
            divergence = kind.divergence(heads, z, drawn.noise, weight, latents)
            cox = cox_loss(log_hazard, outcome[0], outcome[1], weight) if tells else zero
            return Losses(reconstruction, zero if divergence is None else divergence, cox)

        return Losses(*vmap(one)(list(parameters), drawn, weight, list(outcome), self.ranks[owner], self.shares[owner]))

    def _total(self, losses: Losses, epoch: int, owner: Tensor) -> Tensor:
        scale = self.recipe.kind.divergence_weight(epoch, self.ranks[owner].sum(dim=1))
        return (
            self.recipe.reconstruction * losses.reconstruction
            + scale * losses.divergence
            + self.recipe.survival * losses.cox
        )

    def _draw(self) -> tuple[Drawn, Tensor, Tensor, list[int]]:
        """Draw an epoch of every member."""
        draws = [member.draw_epoch(self.shape.rows) for member in self.members]
        steps = [member.steps for member in self.members]
        patients, rows = self.shape.patients, self.shape.rows
        order = stack_padded([d.order for d in draws], (max(steps), rows), self.device, torch.int64)
        weight = self._stack([d.weight for d in draws], max(steps), rows)
        corrupted = [d.inputs for d in draws if d.inputs is not None]
        dropout = [
            self._stack([d.dropout[i] for d in draws], patients, width)
            for i, width in enumerate(self.module.dropped_widths() if draws[0].dropout else [])
        ]
        drawn = Drawn(
            inputs=self._stack_views(corrupted, patients) if corrupted else self.clean,
            target=self.clean,
            shown=self._stack_shown(draws),
            present=self.present,
            dropout=dropout,
            noise=self._stack_noise([d.noise for d in draws], patients),
        )
        return drawn, order, weight, steps

    def _stack_shown(self, draws: Sequence[Epoch]) -> Tensor:
        if all(member.hidden_share == 0.0 for member in self.members):
            return self.present
        return self._stack_present([d.shown for d in draws], self.shape.patients)

    def train_epoch(self, epoch: int) -> Tensor:
        """Move every network through its patients once; return the mean loss of its minibatches, [M]."""
        drawn, order, weight, steps = self._draw()
        owners = self.owner.tolist()
        taken = torch.tensor([steps[i] for i in owners], dtype=PRECISION, device=self.device)
        total = torch.zeros(len(owners), dtype=PRECISION, device=self.device)
        # What spoils patients may fill in what they lack.
        hides = not all(member.task.views.complete for member in self.members)
        for step in range(max(steps)):
            busy = sum(steps[i] > step for i in owners)
            owner = self.owner[:busy]
            who = order[owner, step]
            seen = drawn.at((owner[:, None], who))
            if hides:
                seen = seen._replace(inputs=[one * seen.shown[..., v, None] for v, one in enumerate(seen.inputs)])
            networks = torch.arange(busy, device=self.device)[:, None]
            leaves = [parameter[:busy].detach().requires_grad_() for parameter in self.parameters]
            follow_up = [one[networks, who] for one in self.outcome]
            sample = self.recipe.kind.latent
            losses = self._losses(leaves, seen, weight[owner, step], follow_up, owner, sample)
            loss = self._total(losses, epoch, owner)
            self.optimiser.step(self.parameters, torch.autograd.grad(loss.sum(), leaves))
            total[:busy] += loss.detach()
        return total / taken

    @torch.no_grad()
    def validate(self, epoch: int) -> tuple[Tensor, Losses]:
        """Judge every network on the patients it is not fitted on, encoded as they will be: no corruption, dropout or sampling.

        Parameters
        ----------
        epoch
            From 0; decides the weight of the divergence.

        Returns
        -------
        loss : Tensor
            [M].
        parts : Losses
            The reconstruction error counts what lies outside the span of the fitted patients, which no network can
            reconstruct.
        """
        owner = self.owner
        outcome, weight = self.validation_outcome, self.validation_weight[owner]
        losses = self._losses(
            self.parameters, self.validation.at(owner), weight, outcome, owner, lambda heads, noise: heads[0]
        )
        losses = losses._replace(reconstruction=losses.reconstruction + self.lost[owner])
        return self._total(losses, epoch, owner), losses

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
        """Return the parameters of one network at its best, by the order of the architecture, without padding."""
        shapes = [array.shape for array in self.members[int(self.owner[position])].initial]
        tiles = self.module.tiles()
        found = []
        for name, best, shape in zip(self.names, self.best, shapes, strict=True):
            own, blocks = best[position], tiles.get(name, 1)
            if blocks > 1:
                own = own.unflatten(-1, (blocks, -1))[..., : shape[-1] // blocks].flatten(-2)
            found.append(own[tuple(slice(size) for size in shape)].cpu().clone())
        return found

    def keep(self, positions: Sequence[int]) -> None:
        """Drop all networks but some from the stack.

        Parameters
        ----------
        positions
            Of those that stay, ascending.
        """
        stay = torch.tensor(positions, dtype=torch.int64, device=self.device)
        self.tasks = [self.tasks[i] for i in positions]
        old = self.owner[stay]
        kept = sorted(set(old.tolist()))
        self.members = [self.members[i] for i in kept]
        left = torch.tensor(kept, dtype=torch.int64, device=self.device)
        self.owner = torch.searchsorted(left, old)
        self._keep_members(left)
        self.outcome = [one[stay] for one in self.outcome]
        self.validation_outcome = [one[stay] for one in self.validation_outcome]
        self.parameters = [parameter[stay] for parameter in self.parameters]
        self.best = [parameter[stay] for parameter in self.best]
        self.optimiser.keep(stay)

    def _keep_members(self, left: Tensor) -> None:
        for name in ("ranks", "shares", "lost", "present", "validation_weight"):
            setattr(self, name, getattr(self, name)[left])
        self.clean = [one[left] for one in self.clean]
        self.validation = self.validation.at(left)
