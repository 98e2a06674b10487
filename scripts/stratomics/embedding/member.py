"""One network of a batch: its patients, its coordinates and its stream of random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .draws import dropout_scale, split_validation
from .kind import Kind
from .network import Layout
from .row_space import RowSpace


@dataclass(frozen=True)
class Task:
    """A network to be trained.

    Parameters
    ----------
    split, restart
        Which.
    features
        All patients x features of the split, [n, P] float32.
    train
        Positions of the training patients; no other row is read.
    seed
        Of this network alone.
    """

    split: str
    restart: int
    features: np.ndarray
    train: np.ndarray
    seed: int

    def held(self, settings: Mapping[str, Any]) -> int:
        """Return how many training patients decide when to stop."""
        n = len(self.train)
        return min(max(1, round(float(settings["validation"]) * n)), n - 2)

    def fitted(self, settings: Mapping[str, Any]) -> int:
        """Return how many training patients the weights are fitted on."""
        return len(self.train) - self.held(settings)

    def steps(self, settings: Mapping[str, Any]) -> int:
        """Return the number of minibatches in an epoch."""
        return -(-self.fitted(settings) // int(settings["batch_size"]))

    def layout(self, settings: Mapping[str, Any], kind: Kind, inputs: int) -> Layout:
        """Return the layers of this network for a number of coordinates."""
        hidden = tuple(int(width) for width in settings["hidden"])
        return Layout(inputs, hidden, int(settings["latent"]), len(kind.heads), str(settings["activation"]))


@dataclass
class Epoch:
    """What one network draws for one epoch; rows of `inputs`, `dropout` and `noise` follow the fitted patients.

    Parameters
    ----------
    order, weight
        Patients of each minibatch and their weights in its mean (which sum to 1), [steps, B]; padded with patient 0 at
        weight 0.
    inputs
        Coordinates of corrupted patients, [n, r]; None for kinds that corrupt nothing.
    dropout
        Multipliers, [n, H] per hidden layer.
    noise
        [n, L] each.
    """

    order: np.ndarray
    weight: np.ndarray
    inputs: Tensor | None
    dropout: list[np.ndarray]
    noise: Sequence[np.ndarray]


class Member:
    """A network with everything that is its own; nothing here knows of the others in the batch.

    Parameters
    ----------
    task
        What to train.
    kind, settings
        The embedding.
    device
        Where to keep what is used in every epoch.
    """

    def __init__(self, task: Task, kind: Kind, settings: Mapping[str, Any], device: torch.device) -> None:
        self.task, self.kind = task, kind
        self.steps = task.steps(settings)
        self.level = float(settings["dropout"])
        self.rng = np.random.default_rng(np.random.SeedSequence(task.seed))
        fitted, validation = split_validation(self.rng, len(task.train), task.held(settings))
        self.n = len(fitted)
        features = torch.from_numpy(task.features[task.train[fitted]])
        unseen = torch.from_numpy(task.features[task.train[validation]])
        self.space = RowSpace.fit(features)
        self.clean = self.space.coordinates(features)
        self.validation = self.space.coordinates(unseen)
        self.lost = float(self.space.lost(unseen).mean()) / self.space.rank
        self.layout = task.layout(settings, kind, self.space.rank)
        self.initial = self.layout.initialise(self.rng)
        self.validation_noise = kind.draw_noise(len(unseen), self.layout.latents, self.rng)
        self.on_device = self.space.to(device)
        self.features = features.to(device) if kind.corrupts else None

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
            inputs = self.on_device.coordinates(self.kind.corrupt(self.features, self.rng))
        widths = self.layout.dropped_widths() if self.level > 0 else []
        dropout = [dropout_scale(self.rng, (self.n, width), self.level) for width in widths]
        return Epoch(order, weight, inputs, dropout, self.kind.draw_noise(self.n, self.layout.latents, self.rng))
