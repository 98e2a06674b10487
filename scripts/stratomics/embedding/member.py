"""One network of a batch: its patients, its coordinates and its stream of random numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .draws import dropout_scale, keep_mask, leave_out, split_validation
from .recipe import Recipe
from .row_space import RowSpace
from .views import Views


@dataclass(frozen=True)
class Task:
    """A network to be trained.

    Parameters
    ----------
    split, restart
        Which.
    views
        All patients, as the networks get them.
    train
        Positions of the training patients; no other row is learned from.
    seed, committee_seed
        Of the draws of this network, and of those that all restarts of a split share.
    outcome
        Follow-up of all patients, time [n] and event [n], for networks that look at it.
    permutation
        Which outcome. Networks of the same split and restart that differ in their outcome alone make the same draws.
    """

    split: str
    restart: int
    views: Views
    train: np.ndarray
    seed: int
    committee_seed: int = 0
    outcome: tuple[np.ndarray, np.ndarray] | None = None
    permutation: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What networks with the same draws have in common."""
        return self.split, self.restart

    def held(self, recipe: Recipe) -> int:
        """Return the largest number of training patients that the weights are not fitted on."""
        n = len(self.train)
        if recipe.committee:
            return -(-n // recipe.networks)
        return min(max(1, round(float(recipe.settings["validation"]) * n)), n - 2)

    def fitted(self, recipe: Recipe) -> int:
        """Return the largest number of training patients that the weights are fitted on."""
        n = len(self.train)
        return n - n // recipe.networks if recipe.committee else n - self.held(recipe)

    def steps(self, recipe: Recipe) -> int:
        """Return the number of minibatches in an epoch."""
        return -(-self.fitted(recipe) // int(recipe.settings["batch_size"]))


@dataclass
class Epoch:
    """What one network draws for one epoch; rows of all but `order` and `weight` follow the fitted patients.

    Parameters
    ----------
    order, weight
        Patients of each minibatch and their weights in its mean (which sum to 1), [steps, B]; padded with patient 0 at
        weight 0.
    inputs
        Coordinates of corrupted patients, [n, r_v] per view; None for kinds that corrupt nothing.
    shown
        Which views the encoder gets to see, [n, V].
    dropout
        Multipliers, [n, H] per hidden layer.
    noise
        [n, L] each.
    """

    order: np.ndarray
    weight: np.ndarray
    inputs: list[Tensor] | None
    shown: np.ndarray
    dropout: list[np.ndarray]
    noise: Sequence[np.ndarray]


class Member:
    """A network with everything that is its own; nothing here knows of the others in the batch.

    Parameters
    ----------
    task
        What to train.
    recipe
        The embedding.
    device
        Where to keep what is used in every epoch.
    """

    def __init__(self, task: Task, recipe: Recipe, device: torch.device) -> None:
        self.task, self.recipe = task, recipe
        self.steps = task.steps(recipe)
        self.level = float(recipe.settings["dropout"])
        only = task.views.complete or len(task.views.blocks) == 1
        self.hidden_share = 0.0 if only else float(recipe.settings["modality_dropout"])
        self.rng = np.random.default_rng(np.random.SeedSequence(task.seed))
        if recipe.committee:
            fitted, validation = leave_out(task.committee_seed, len(task.train), task.restart, recipe.networks)
        else:
            fitted, validation = split_validation(self.rng, len(task.train), task.held(recipe))
        self.n, self.fitted, self.validation_rows = len(fitted), task.train[fitted], task.train[validation]
        self.present, self.validation_present = (task.views.has(rows) for rows in (self.fitted, self.validation_rows))
        known = [torch.from_numpy(part) for part in task.views.of(self.fitted)]
        unseen = [torch.from_numpy(part) for part in task.views.of(self.validation_rows)]
        self.spaces = [
            RowSpace.fit(part[torch.from_numpy(has)]) for part, has in zip(known, self.present.T, strict=True)
        ]
        self.clean = self.coordinates(known)
        self.validation = self.coordinates(unseen)
        self.ranks = np.array([space.rank for space in self.spaces])
        # How much each view counts in the reconstruction: as much as it varies.
        size = np.array([space.scale**2 * space.rank for space in self.spaces])
        self.shares = size / size.sum()
        self.lost = self._lost(unseen)
        self.network = recipe.architecture(recipe.sizes(self.ranks.tolist()))
        self.widths = self.network.dropped_widths() if self.level > 0 else []
        self.initial = self.network.initialise(self.rng)
        self.validation_noise = recipe.kind.draw_noise(len(validation), self.network.latents, self.rng)
        self.on_device = [space.to(device) for space in self.spaces]
        corrupts = recipe.kind.corrupts
        self.features = torch.from_numpy(task.views.features[self.fitted]).to(device) if corrupts else None
        self.device = device

    def coordinates(self, views: Sequence[Tensor]) -> list[Tensor]:
        """Return the coordinates of patients, each view [n, p_v] -> [n, r_v]; those of a view that a patient lacks are 0."""
        return [space.coordinates(view) for space, view in zip(self.spaces, views, strict=True)]

    def everyone(self) -> list[Tensor]:
        """Return the coordinates of all patients of the cohort, [n, r_v] per view."""
        views = self.task.views
        return self.coordinates([torch.from_numpy(part) for part in views.of(np.arange(len(views.features)))])

    def _lost(self, unseen: Sequence[Tensor]) -> float:
        """Return the mean error of the validation patients outside the spans, which no network can reconstruct."""
        lost = np.stack([space.lost(view).numpy() for space, view in zip(self.spaces, unseen, strict=True)], axis=1)
        weights = self.shares * self.validation_present
        return float(((lost / self.ranks * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-12)).mean())

    def draw_epoch(self, batch_rows: int) -> Epoch:
        """Draw the order of the patients, the corruption, the dropout and the noise of one epoch.

        Parameters
        ----------
        batch_rows
            Rows of a minibatch of the stack, B.

        Returns
        -------
        Epoch
        """
        order = np.zeros((self.steps, batch_rows), dtype=np.int64)
        weight = np.zeros((self.steps, batch_rows), dtype=np.float32)
        for step, rows in enumerate(np.array_split(self.rng.permutation(self.n), self.steps)):
            order[step, : len(rows)] = rows
            weight[step, : len(rows)] = 1.0 / len(rows)
        inputs = None
        if self.features is not None:
            corrupted = self.recipe.kind.corrupt(self.features, self.rng)
            inputs = [
                space.coordinates(corrupted[:, block])
                for space, block in zip(self.on_device, self.task.views.blocks.values(), strict=True)
            ]
        dropout = [dropout_scale(self.rng, (self.n, width), self.level) for width in self.widths]
        noise = self.recipe.kind.draw_noise(self.n, self.network.latents, self.rng)
        return Epoch(order, weight, inputs, self._shown(), dropout, noise)

    def _shown(self) -> np.ndarray:
        """Draw which views are hidden in this epoch; every patient keeps at least one."""
        if self.hidden_share == 0.0:
            return self.present
        shown = self.present & keep_mask(self.rng, self.present.shape, self.hidden_share)
        return np.where(shown.any(axis=1, keepdims=True), shown, self.present)
